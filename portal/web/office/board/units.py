"""One unit of the board, and what a unit addressed to the commission alone."""

from __future__ import annotations

from fractions import Fraction

from flask import abort, url_for
from flask.typing import ResponseReturnValue

from portal.domain.documents.base import kind_of, kinds
from portal.domain.documents.declaration import declaration
from portal.domain.obligations import duty_of
from portal.domain.roles import Action
from portal.domain.rules.terms import Severity
from portal.domain.supervision.conduct import period_name
from portal.domain.units import facts_of
from portal.domain.values import show_day
from portal.exchange.grids import Cell, Grid
from portal.services.board.drilling import Paper, Whole, addressed_to_us, whole
from portal.services.board.screens import Row, is_gone
from portal.site.pages.paths import record_path
from portal.site.rows import unit_view
from portal.site.snapshot import RecordView
from portal.web.guards import may
from portal.web.office.board.counter import Opened, bp, handed, opened
from portal.web.office.house import now, office, page
from portal.web.office.showing import content_of, link_to, show_moment

_TONES = {Severity.BLOCK: "missing", Severity.RED: "missing", Severity.YELLOW: "late"}


@bp.get("/u/<unit>")
@may(Action.VIEW_BOARD)
def unit(unit: str) -> ResponseReturnValue:
    """Show everything that the board knows of one unit."""
    here, found = _found(unit)
    links = _Links(here, found)
    row = found.row
    return page(
        "office/board/unit.html",
        title=found.unit.name,
        crumbs=[("公开情况", url_for("board.show"))],
        whole=found,
        unit_type=facts_of(found.unit).type.label,
        gone=is_gone(found.unit, here.today),
        index=Row(found.unit, (), _index(found)).index_text,
        as_of=show_moment(row.computed_at) if row else None,
        stale=here.waiting,
        day=show_day,
        link_to=links.to,
        kind_name=lambda code: kind_of(code).kind.short if code in kinds() else code,
        place_of=_place_of,
        duty_title=lambda code: duty_of(code).title,
        period=period_name,
        public_page=links.page("index"),
        rules_page=f"{office().public_url}/{here.county.slug}/rules.html" if office().public_url else None,
        matters=link_to("matters.queue", unit=unit),
        export=lambda what, ending: url_for("board.export_unit", unit=unit, what=what, ending=ending),
    )


@bp.get("/u/<unit>/export/<what>/<ending>")
@may(Action.VIEW_BOARD)
def export_unit(unit: str, what: str, ending: str) -> ResponseReturnValue:
    """Hand out a unit's duties, or the findings in its records."""
    if ending not in ("csv", "xlsx") or what not in ("duties", "findings"):
        abort(404)
    here, found = _found(unit)
    rows = _duty_rows(found) if what == "duties" else _finding_rows(found)
    heads = _DUTY_HEADS if what == "duties" else _FINDING_HEADS
    title = "公开义务" if what == "duties" else "核对发现"
    notes = [
        ("内容", f"{found.unit.name}：{title}"),
        ("导出时间", show_moment(now())),
        ("数据截至", show_day(here.today)),
        (
            "依据",
            "每一项的依据写在行内。" if what == "findings" else f"{here.regime.name}的制度参数（期限和义务）",
        ),
        (
            "方法",
            "平台按现行有效的记录逐条核对，包括只向本单位职工、班子成员或纪委监委公开的记录；是否构成问题，由纪委监委认定。",
        ),
    ]
    return handed(Grid(title, heads, rows, notes), ending, f"board-{found.unit.slug}-{what}")


@bp.get("/u/<unit>/<kind>/<slug>")
@may(Action.VIEW_BOARD)
def record(unit: str, kind: str, slug: str) -> ResponseReturnValue:
    """Show what a unit published for the commission alone."""
    here = opened()
    who = here.county.unit(unit)
    found = addressed_to_us(here.county, who, kind, slug) if who else None
    if who is None or found is None:
        abort(404)
    row, version, document = found
    return page(
        "office/board/record.html",
        title=document.title,
        crumbs=[
            ("公开情况", url_for("board.show")),
            (who.name, url_for("board.unit", unit=unit)),
        ],
        content=content_of(document),
        index_no=row.index_no,
        number=version.number,
        reason=version.reason,
        signed=version.published_by,
        published_at=show_moment(version.published_at),
        digest=version.digest,
    )


class _Links:
    """Where records of one unit are read."""

    def __init__(self, here: Opened, found: Whole) -> None:
        self._view = unit_view(found.unit, here.county.slug)
        self._unit, self._base = found.unit.slug, office().public_url

    def page(self, name: str) -> str | None:
        """Return a page of the unit on the public site."""
        return f"{self._base}/{self._view.jurisdiction}/u/{self._unit}/{name}.html" if self._base else None

    def to(self, paper: Paper | None) -> str | None:
        """Return where a record is read: on the public site, or here if it is for the commission; None otherwise."""
        if paper is None or paper.kind not in kinds():
            return None
        if paper.own:
            return url_for("board.record", unit=self._unit, kind=paper.kind, slug=paper.slug)
        if not paper.public or self._base is None:
            return None
        view = RecordView(0, self._view, kind_of(paper.kind).kind, paper.slug, paper.ref, ())
        return f"{self._base}/{record_path(view)}"


def _found(slug: str) -> tuple[Opened, Whole]:
    here = opened()
    who = here.county.unit(slug)
    if who is None:
        abort(404)
    return here, whole(here.county, who)


def _index(found: Whole) -> Fraction | None:
    row = found.row
    return Fraction(100 * row.index_passed, row.index_applicable) if row and row.index_applicable else None


def _place_of(kind: str, place: str) -> str:
    """Return a finding's place in the words of the form; blank for the whole record."""
    if not place or kind not in kinds():
        return ""
    parts = tuple(int(part) if part.isdigit() else part for part in place.split("/")[1:])
    return declaration(kind_of(kind)).label_of(parts) if parts else ""


_DUTY_HEADS = [
    ("义务", 18), ("期", 20), ("情况", 16), ("到期日", 16), ("原到期日", 16), ("完成日", 16), ("说明", 50),
    ("依据的记录", 50),
]  # fmt: skip
_FINDING_HEADS = [
    ("规则", 10), ("规则名称", 28), ("程度", 10), ("记录", 40), ("类别", 14), ("公开范围", 14), ("公开日", 16),
    ("位置", 20), ("看到的情况", 60), ("怎样改正", 50), ("依据", 50),
]  # fmt: skip


def _duty_rows(found: Whole) -> list[list[Cell]]:
    return [
        [
            Cell(duty.title),
            Cell(one.name),
            Cell(
                f"{one.mark.word}（暂定）" if one.mark.provisional else one.mark.word,
                {"nil": "ok"}.get(one.mark.state, one.mark.state),
            ),
            Cell(show_day(one.due) if one.due else ""),
            Cell(show_day(one.original) if one.original and one.original != one.due else ""),
            Cell(show_day(one.done_on) if one.done_on else ""),
            Cell(one.mark.told),
            Cell("；".join(f"{seen.paper.ref} {seen.what}" if seen.paper else seen.what for seen in one.evidence)),
        ]
        for duty, lines in found.duties
        for one in lines
    ]  # fmt: skip


def _finding_rows(found: Whole) -> list[list[Cell]]:
    return [
        [
            Cell(ruled.rule),
            Cell(ruled.title),
            Cell(sight.severity.label, _TONES.get(sight.severity, "")),
            Cell(sight.finding.title),
            Cell(kind_of(sight.finding.kind).kind.short if sight.finding.kind in kinds() else sight.finding.kind),
            Cell(sight.paper.audience.label if sight.paper else ""),
            Cell(show_day(sight.finding.day) if sight.finding.day else ""),
            Cell(_place_of(sight.finding.kind, sight.finding.place)),
            Cell(sight.finding.seen),
            Cell(sight.finding.remedy),
            Cell(sight.finding.basis),
        ]
        for ruled in found.findings
        for sight in ruled.sights
    ]  # fmt: skip
