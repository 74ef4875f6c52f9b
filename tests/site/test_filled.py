"""Nothing that a unit fills in is lost on its page, and nothing that it leaves blank is made up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from typing import Any

import pytest

from portal.apps import create_public_app
from portal.domain.comparing import changed_cells, differences
from portal.domain.documents import decision as d
from portal.domain.documents import finance as f
from portal.domain.documents import tender as t
from portal.domain.documents.base import Document, kinds
from portal.domain.documents.finance import FinanceDisclosure, Payment
from portal.domain.values import Type, show_yuan
from portal.site.pages.kinds.figures import headlines
from tests.site.filled import OWN, Path, alone, build, fields, texts
from tests.site.sample import WAN, meeting, project, quarter

MODELS = list(kinds().values())
# How deep a heading or a line of accounts stands is seen from its place on the page, not read as a number.
DRAWN = {("blocks", "level"), ("income", "level"), ("expense", "level")}


class Site:
    """Shows one document at a time."""

    def __init__(self) -> None:
        self._shown: Document | None = None
        self._client = create_public_app(self._snapshot).test_client()

    def _snapshot(self) -> Any:
        assert self._shown is not None
        return alone(self._shown)

    def main(self, document: Document) -> str:
        """Return the page's own part as HTML, without the digest and the size, which change with everything."""
        self._shown = document
        answer = self._client.get(f"/xiuzhou/u/zhujian/{document.kind.path}/1.html")
        assert answer.status_code == 200
        page = answer.text[answer.text.index("<main") : answer.text.index("</main>")]
        page = re.sub(r'<section class="box">.*?</section>', "", page, flags=re.DOTALL)
        return unescape(re.sub(r'<section class="no-print"><h2>下载.*?</section>', "", page, flags=re.DOTALL))


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


def said(page: str, text: str) -> bool:
    """Tell whether a page says a text; a number must stand by itself."""
    return re.search(rf"(?<![\d,.]){re.escape(text)}(?![\d,]|\.\d)", page) is not None


def lost(page: str, values: dict[Path, Any], model: type[Document]) -> Iterator[Path]:
    """Yield every place whose value the page does not say."""
    known = dict(fields(model))
    for place, value in values.items():
        if place in OWN | DRAWN or place not in known:
            continue
        if not all(any(said(page, one) for one in ways) for ways in texts(known[place], value)):
            yield place


@pytest.mark.parametrize("model", MODELS, ids=[one.kind.code for one in MODELS])
def test_every_filled_field_is_on_the_page(site: Site, model: type[Document]) -> None:
    document, values = build(model)
    assert not list(lost(site.main(document), values, model))


def test_every_filled_field_of_a_return_with_figures_is_on_the_page(site: Site) -> None:
    document, values = build(FinanceDisclosure, nil=False)
    assert not list(lost(site.main(document), values, FinanceDisclosure))


@pytest.mark.parametrize("model", MODELS, ids=[one.kind.code for one in MODELS])
def test_a_field_that_stands_alone_is_on_the_page(site: Site, model: type[Document]) -> None:
    gone = []
    for place, _ in fields(model):
        document, values = build(model, only=place, **({"nil": False} if place != ("nil",) else {}))
        gone += [(place, one) for one in lost(site.main(document), {place: values[place]}, model)]
    assert not gone


@pytest.mark.parametrize("model", MODELS, ids=[one.kind.code for one in MODELS])
def test_every_choice_and_every_yes_or_no_shows(site: Site, model: type[Document]) -> None:
    alike = []
    for place, field in fields(model):
        options: list[Any] = (
            [True, False]
            if field.type is Type.YES_NO
            else list(field.choices or ())
            if place not in OWN
            else []
        )
        pages = {site.main(build(model, **{"__".join(place): one})[0]) for one in options}
        if len(pages) != len(options):
            alike.append(place)
    assert not alike


def test_what_no_template_draws_is_listed_at_the_end(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.site.pages.kinds import finance

    hidden = {("feedback",), ("payments", "amount"), ("payments", "approver")}
    monkeypatch.setattr(finance, "SHOWN", finance.SHOWN - hidden)
    page = site.main(quarter("2026Q3"))
    rest = page[page.index("<h2>其他登记事项</h2>") :]
    assert "<dt>意见反馈渠道</dt>" in rest
    assert (
        '<th scope="col">支付日期</th><th scope="col" class="num">金额</th><th scope="col">审批人</th>'
        in rest
    )
    assert "3,641,000.00 元" in rest


def test_the_sample_leaves_nothing_over(site: Site) -> None:
    for document in (quarter("2026Q3"), meeting(), project()):
        assert "其他登记事项" not in site.main(document)


# What was left blank is called blank.


def test_blank_totals_are_called_blank(site: Site) -> None:
    names = ("opening", "income_total", "expense_total", "closing")
    page = site.main(quarter("2026Q3").model_copy(update=dict.fromkeys(names)))
    figures = re.search(r'<dl class="figs">.*?</dl>', page, re.DOTALL)
    assert figures
    assert figures[0].count("未填") == 4
    assert "0.00" not in figures[0]
    totals = re.findall(r'<tr class="total"[^>]*>.*?</tr>', page, re.DOTALL)
    assert sum("未填" in one for one in totals) == 2
    one_blank = site.main(quarter("2026Q3").model_copy(update={"closing": None}))
    figures = re.search(r'<dl class="figs">.*?</dl>', one_blank, re.DOTALL)
    assert figures
    assert figures[0].count("未填") == 1


def test_blank_votes_are_called_blank(site: Site) -> None:
    names = ("votes_for", "votes_against", "votes_abstain", "void_ballots")
    counted = site.main(meeting())
    assert "<dt>反对</dt><dd>0</dd>" in counted
    assert 'class="cells"' in counted
    blank = site.main(
        meeting().model_copy(
            update={**dict.fromkeys(names), "vote_method": d.VoteMethod.SECRET_BALLOT, "statements": ()}
        )
    )
    for label in ("赞成", "反对", "弃权", "废票"):
        assert f"<dt>{label}</dt><dd>未填</dd>" in blank
    assert 'class="cells"' not in blank
    partly = site.main(meeting().model_copy(update={"votes_against": None}))
    assert "<dt>赞成</dt><dd>6</dd></div><div><dt>反对</dt><dd>未填</dd>" in partly
    assert 'class="cells"' not in partly


def test_a_blank_outcome_is_no_defeat(site: Site) -> None:
    bidders = (t.Bidder(name="示例投标甲有限公司"),)
    page = site.main(project().model_copy(update={"bidders": bidders}))
    row = page[page.index("示例投标甲有限公司") :].partition("</tr>")[0]
    assert "未填" in row
    assert "未中标" not in row


@pytest.mark.parametrize(
    ("signed", "word"), [(None, "本人签字：未填"), (True, ">本人签字<"), (False, ">非本人签字<")]
)
def test_who_signed_is_said_as_filled(site: Site, signed: bool | None, word: str) -> None:
    paid = Payment(
        paid_on=date(2026, 9, 1),
        purpose="购置",
        amount=1,
        handler="谢示六",
        approver="林示二",
        signed_in_person=signed,
    )
    page = site.main(quarter("2026Q3").model_copy(update={"payments": (paid,)}))
    assert word in page


def test_every_place_that_a_view_names_exists() -> None:
    from portal.site.pages.kinds import decision, delegation, finance, regulation, tender

    for code, view in (
        ("decision", decision),
        ("delegation", delegation),
        ("finance", finance),
        ("regulation", regulation),
        ("tender", tender),
    ):
        known = {place for place, _ in fields(kinds()[code])}
        assert known >= view.SHOWN


# The figures of a finance page, each in its row.


def rows(page: str) -> dict[str, list[list[str]]]:
    """Return the cells of every table's rows by the table's heading."""
    found: dict[str, list[list[str]]] = {}
    for part in page.split("<h2>")[1:]:
        heading = part.partition("</h2>")[0]
        for row in re.findall(r"<tr[ >].*?</tr>", part, re.DOTALL):
            cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
            found.setdefault(heading, []).append(
                [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell)).strip() for cell in cells]
            )
    return found


def row_of(table: list[list[str]], name: str) -> list[str]:
    """Return the row whose first cell, or second after a date, begins with a name."""
    return next(row for row in table if any(cell.startswith(name) for cell in row[:2]))


def test_every_amount_stands_in_its_row(site: Site) -> None:
    cents = iter(range(1_000_003, 10**9, 7_654_321))
    amounts: dict[str, int] = {}

    def fen(name: str) -> int:
        amounts[name] = next(cents)
        return amounts[name]

    def line(item: str, level: int) -> f.Money:
        names = ("budget", "amount", "cumulative", "last_year")
        return f.Money(item=item, level=level, **{name: fen(f"{item}.{name}") for name in names})

    def fund(which: f.PublicFund) -> f.FundLine:
        names = ("budget", "amount", "cumulative", "last_year")
        return f.FundLine(fund=which, **{name: fen(f"{which}.{name}") for name in names})

    document = f.FinanceDisclosure(
        period="2026Q3",
        **{name: fen(name) for name in ("opening", "income_total", "expense_total", "closing")},
        income=(line("甲项收入", 1), line("乙项收入", 2)),
        expense=(line("甲项支出", 1), line("乙项支出", 2)),
        public_funds_total=fen("public_funds_total"),
        public_funds=(fund(f.PublicFund.OFFICIAL_RECEPTION),),
        township_funds=(fund(f.PublicFund.INVESTMENT_PROMOTION),),
        procurement_total=fen("procurement_total"),
        special_funds=(f.SpecialFund(name="甲专项", received=fen("received"), used=fen("used")),),
        payments=(
            f.Payment(
                paid_on=date(2026, 9, 1), purpose="甲支付", amount=fen("甲支付"), handler="甲", approver="乙"
            ),
            f.Payment(
                paid_on=date(2026, 9, 2), purpose="乙支付", amount=fen("乙支付"), handler="甲", approver="乙"
            ),
        ),
    )
    page = site.main(document)
    tables = rows(page)
    wanted = {name: show_yuan(value) for name, value in amounts.items()}

    for heading, names in (("收入", ("甲项收入", "乙项收入")), ("预算与执行", ("甲项支出", "乙项支出"))):
        for name in names:
            cells = row_of(tables[heading], name)
            assert cells[1:5] == [
                wanted[f"{name}.{one}"] for one in ("budget", "amount", "cumulative", "last_year")
            ]
    for heading, total, top in (
        ("收入", "income_total", "甲项收入"),
        ("预算与执行", "expense_total", "甲项支出"),
    ):
        assert row_of(tables[heading], "合计")[1:5] == [
            wanted[f"{top}.budget"],
            wanted[total],
            wanted[f"{top}.cumulative"],
            wanted[f"{top}.last_year"],
        ]
    for heading, which in (
        ("三公经费", f.PublicFund.OFFICIAL_RECEPTION),
        ("三项费用单列", f.PublicFund.INVESTMENT_PROMOTION),
    ):
        cells = row_of(tables[heading], which.label)
        assert cells[1:5] == [
            wanted[f"{which}.{one}"] for one in ("budget", "amount", "cumulative", "last_year")
        ]
    assert wanted["public_funds_total"] in row_of(tables["三公经费"], "合计")
    for name in ("甲支付", "乙支付"):
        assert row_of(tables["大额支出"], name)[2] == wanted[name]
    assert row_of(tables["专项资金"], "甲专项")[1:3] == [wanted["received"], wanted["used"]]
    assert f'<dt>政府采购支出</dt><dd class="nw">{wanted["procurement_total"]} 元</dd>' in page
    figures = re.findall(
        r'<dt>([^<]+)</dt><dd><span class="v[^>]*>([^<]+)</span><span class="u">元</span>', page
    )
    assert figures == [
        ("期初余额", wanted["opening"]),
        ("本期收入", wanted["income_total"]),
        ("本期支出", wanted["expense_total"]),
        ("期末余额", wanted["closing"]),
    ]


def test_a_row_of_amounts_has_one_unit() -> None:
    assert {one.unit for one in headlines([2_400 * WAN, 762_10_05, None])} == {"元", ""}
    assert [one.number for one in headlines([2_400 * WAN, 0, 5_000_00])] == ["2,400.00", "0.00", "0.50"]
    assert {one.unit for one in headlines([999_99, 0])} == {"元"}


def test_the_page_keeps_one_unit_where_the_totals_differ_in_fineness(site: Site) -> None:
    page = site.main(quarter("2026Q3").model_copy(update={"opening": 1200 * WAN, "closing": 1_234_567_89}))
    figures = re.search(r'<dl class="figs">.*?</dl>', page, re.DOTALL)
    assert figures
    assert set(re.findall(r'<span class="u">(.*?)</span>', figures[0])) == {"元"}


def test_the_same_text_is_not_said_twice(site: Site) -> None:
    text = "本季收支平稳，没有超出预算的项目。"
    both = quarter("2026Q3").model_copy(update={"abstract": text, "explanation": text})
    assert site.main(both).count(text) == 1
    apart = both.model_copy(update={"explanation": "另有说明。"})
    assert "另有说明。" in site.main(apart)


def test_changed_figures_come_before_changed_directory_elements() -> None:
    before = quarter("2026Q3")
    after = before.model_copy(
        update={
            "issued_on": date(2026, 10, 20),
            "release_reviewed_on": date(2026, 10, 21),
            "feedback": "000-7654321（示例）",
            "closing": 1,
        }
    )
    assert [one.label for one in differences(before, after)] == [
        "期末余额",
        "意见反馈渠道",
        "成文日期",
        "公开审查日期",
    ]
    assert "closing" in {place[0] for place in changed_cells(before, after)}
