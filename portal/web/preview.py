"""What a draft will look like: the public site's own page, over a snapshot in which the draft is published already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Flask
from jinja2 import Environment
from markupsafe import Markup
from sqlalchemy.orm import Session

from portal.domain.canonical import publication
from portal.domain.documents.base import Document
from portal.domain.regimes import Regime
from portal.site import pages
from portal.site.pages.record import record_page
from portal.site.rows import unit_view
from portal.site.snapshot import OpenSnapshot, RecordView, Snapshot, UnitView, VersionView, open_snapshot
from portal.store.tables import Record, Unit
from portal.web.headers import content_policy, security_headers
from portal.web.public.output import QuickContext, QuickTemplate
from portal.web.public.rendering import Rendering

UNKNOWN = "发布时编排"  # Where the index number will stand: another publication may take the next one first.
# The link that leads past all of a page stays its first: readers by keyboard and by ear expect it there.
_SKIP = 'class="govuk-skip-link">跳到正文</a>'


@dataclass(frozen=True)
class Planned:
    """What would be published: the document, as which record's next version, with what said beside it."""

    document: Document
    record: Record | None
    number: int
    reason: str
    signed: str


class _Inert(Rendering):
    """Renders with styles from this host, links to the public site, and none to what is not there yet."""

    public_url: str | None = None
    own: str = "\0"  # How the addresses of the previewed record's files begin.
    existing: frozenset[str] = frozenset()

    def linking(self, _prefix: str) -> Callable[[str], str]:
        """Return what makes a link of a site path."""

        def link(path: str) -> str:
            if path.startswith("static/"):
                return f"/{path}"
            if self.public_url is None or (path.startswith(self.own) and path not in self.existing):
                return "#main"
            return f"{self.public_url}/{path}"

        return link


def templates_of(app: Flask) -> Environment:
    """Return the public site's templates, made once for an office app."""
    found: Environment | None = app.extensions.get("preview_templates")
    if found is None:
        public = Flask("portal.web", template_folder=app.template_folder)
        env = public.jinja_env
        env.trim_blocks = env.lstrip_blocks = True
        env.template_class, env.context_class = QuickTemplate, QuickContext
        found = app.extensions["preview_templates"] = env
    return found


def preview_page(
    session: Session,
    regimes: Mapping[str, Regime],
    templates: Environment,
    *,
    unit: Unit,
    planned: Planned,
    public_url: str | None,
    banner: Markup,
    now: datetime,
) -> str:
    """Return the record's public page as it would be if the draft were published at `now`, under a banner.

    Nothing is written. The rule book's results, the deadlines and what changed are worked out as on the site.
    Raises `LookupError` where the unit's jurisdiction has no regime file, and so no pages.
    """
    snapshot, record = _with(session, regimes, unit, planned, now)
    area = snapshot.jurisdiction(unit.jurisdiction.slug)
    context = record_page(snapshot, area, record, None) if area else None
    if area is None or context is None:
        raise LookupError(unit.jurisdiction.slug)
    context["digest_groups"] = ["发布时", "生成"]
    rendering = _Inert(templates, search_url=None, base_url=None)
    rendering.public_url = public_url
    rendering.own = record.path.removesuffix(".html")
    rendering.existing = frozenset(
        pages.paths.record_path(record, one.number) for one in record.versions if one.id
    )
    html = rendering.page(snapshot, "record.html", context, up="")
    return _framed(html, banner)


def preview_headers() -> dict[str, str]:
    """Return the headers of the public site, and those that keep a preview out of every cache and index."""
    return {
        **security_headers(content_policy()),
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex, nofollow",
    }


def _framed(html: str, banner: Markup) -> str:
    head = '<meta name="robots" content="noindex, nofollow">\n<link rel="stylesheet" href="/assets/preview.css">\n</head>'
    html = html.replace("</head>", head, 1)
    before, skip, after = html.partition(_SKIP)
    return f"{before}{skip}\n{banner}{after}"


def _with(
    session: Session, regimes: Mapping[str, Regime], unit: Unit, planned: Planned, now: datetime
) -> tuple[Snapshot, RecordView]:
    """Return the public picture of the unit's county with the planned version in it, and that version's record."""
    jurisdiction = unit.jurisdiction.slug
    snapshot = open_snapshot(session, regimes, now=now, only=[jurisdiction])
    place = snapshot.unit(jurisdiction, unit.slug)
    if place is None:  # A unit that has published nothing yet may be unknown to the public.
        place = unit_view(unit, jurisdiction)
        views = tuple(
            replace(one, units=(*one.units, place)) if one.slug == jurisdiction else one
            for one in snapshot.jurisdictions
        )
        snapshot = replace(snapshot, jurisdictions=views)
    known, faults = snapshot.read(place)
    before = next((one for one in known if planned.record and one.id == planned.record.id), None)
    record = _planned_record(place, planned, before, now)
    others = [one for one in known if one is not before]

    def read(other: UnitView) -> tuple[list[RecordView], list[str]]:
        if other.id != place.id:
            return snapshot.read(other)
        in_order = sorted([*others, record], key=lambda one: (one.kind.code, one.id))
        return in_order, faults

    overlaid: OpenSnapshot = replace(snapshot, read=read)
    return overlaid, record


def _planned_record(
    place: UnitView, planned: Planned, before: RecordView | None, now: datetime
) -> RecordView:
    document, kept = planned.document, planned.record
    index_no = kept.index_no if kept else document.index_no or UNKNOWN
    if index_no != UNKNOWN:  # The words that stand for a number are not to be judged as one.
        document = document.model_copy(update={"index_no": index_no})
    payload = publication(
        document,
        jurisdiction=place.jurisdiction,
        unit=place.slug,
        unit_name=place.name,
        index_no=index_no,
        number=planned.number,
        reason=planned.reason,
        published_at=now,
    )
    version = VersionView(
        id=0,
        number=planned.number,
        document=document,
        payload=payload,
        salt=b"\0" * 32,
        digest="",
        reason=planned.reason,
        published_by=planned.signed,
        published_at=now,
        unit_name=place.name,
        tombstone=None,
    )
    return RecordView(
        id=kept.id if kept else 0,
        unit=place,
        kind=document.kind,
        slug=kept.slug if kept else document.slug() or f"{now.year}-0000",
        index_no=index_no,
        versions=(*(before.versions if before else ()), version),
    )
