"""A project's page: its course with the periods of the law, its amounts, its bidders, and what it cites."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import pytest

from portal.apps import create_public_app
from portal.domain.documents import finance as f
from portal.domain.documents import tender as t
from portal.domain.documents.base import Document, Validity
from portal.domain.rules.tender_award import ContractingAndReport
from portal.domain.rules.terms import Off
from portal.domain.values import show_yuan
from portal.site.pages.kinds.tender.amounts import chain, known
from portal.site.pages.kinds.tender.timeline import WIDTH
from portal.site.snapshot import RecordView, Snapshot, Tombstone
from tests.site.sample import WAN, at, intent, meeting, project, quarter, record, snapshot, units

VOID = frozenset({"meta", "link", "input", "br", "hr", "img", "rect", "use", "path", "circle"})
FIRST = "首次公开"


class Tree(HTMLParser):
    """Builds elements from a page, so that a test can ask what stands in what."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.root = Element("page")
        self._open = [self.root]
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        new = SubElement(self._open[-1], tag, {name: value or "" for name, value in attrs})
        if tag not in VOID:
            self._open.append(new)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        SubElement(self._open[-1], tag, {name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        if any(one.tag == tag for one in self._open[1:]):
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        holder = self._open[-1]
        if len(holder):
            holder[-1].tail = (holder[-1].tail or "") + data
        else:
            holder.text = (holder.text or "") + data


def text(one: Element) -> str:
    return "".join(one.itertext()).strip()


def having(root: Element, tag: str, name: str) -> list[Element]:
    """Return the elements of a tag that have a class of that name."""
    return [one for one in root.iter(tag) if name in one.get("class", "").split()]


class Sheet:
    """One tender's page."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.main = next(Tree(html).root.iter("main"))

    @property
    def text(self) -> str:
        return text(self.main)

    @property
    def steps(self) -> dict[str, Element]:
        return {
            (one.text or ""): li
            for ol in having(self.main, "ol", "tl")
            for li in ol.iter("li")
            for one in li.findall("b")
        }

    def limits(self, step: str) -> dict[str, Element]:
        """Return the periods at a step by what they say."""
        return {text(one.findall("p")[0]): one for one in having(self.steps[step], "div", "lim")}

    def section(self, heading: str) -> Element:
        return next(
            one for one in self.main.iter("section") if any(text(h) == heading for h in one.findall("h2"))
        )

    def headings(self) -> list[str]:
        return [text(one) for one in self.main.iter("h2")]

    def links(self, part: Element) -> list[str]:
        return [one.get("href", "") for one in part.iter("a")]


def tick(limit: Element) -> int:
    """Return where the red tick stands."""
    (found,) = having(limit, "rect", "f-red")
    return int(found.get("x", "-1"))


def bar(limit: Element, name: str = "f-ink") -> int:
    (found,) = having(limit, "rect", name)
    return int(found.get("width", "-1"))


def ours(document: t.Tender) -> RecordView:
    return record(900, units()["zhujian"], (document, at(2026, 9, 2), FIRST), slug="own")


class Site:
    """One app that shows one snapshot after another."""

    def __init__(self) -> None:
        self._shown = snapshot()
        self._client = create_public_app(lambda: self._shown).test_client()

    def page(self, whole: Snapshot, name: str) -> Sheet:
        self._shown = whole
        answer = self._client.get(f"/xiuzhou/u/zhujian/tenders/{name}.html")
        assert answer.status_code == 200
        return Sheet(answer.text)


SITE = Site()


def show(document: t.Tender, *others: RecordView, of: Snapshot | None = None) -> Sheet:
    """Return the page of a tender of the housing bureau, beside other records."""
    return SITE.page(replace(of or snapshot(), records=(ours(document), *others)), "own")


def changed(document: t.Tender, **parts: Any) -> t.Tender:
    """Return a project with some fields of its parts changed (or whole fields, where no part is meant)."""
    update = {
        name: getattr(document, name).model_copy(update=value) if isinstance(value, dict) else value
        for name, value in parts.items()
    }
    return document.model_copy(update=update)


def without_result(**parts: Any) -> t.Tender:
    """Return a project that has come no further than its notice."""
    blank = {"bidders": (), "candidacy": None, "experts": (), "award": None, "contract": None}
    return changed(project(), **{**blank, **parts})


def under(rule: str, *, terms: tuple[Any, ...]) -> Snapshot:
    """Return the sample under a regime whose own file says this of a rule."""
    base = snapshot()
    areas = tuple(
        replace(one, regime=one.regime.model_copy(update={"rules": {**one.regime.rules, rule: terms}}))
        if one.slug == "xiuzhou"
        else one
        for one in base.jurisdictions
    )
    return replace(base, jurisdictions=areas)


def contracting(within: str) -> ContractingAndReport:
    return ContractingAndReport.model_validate(
        {
            "from": "2020-01-01",
            "within": within,
            "report": "15日",
            "severity": "red",
            "source": "示例本区采购办法第九条",
        }
    )


# The periods.


def test_a_period_says_its_length_in_words_and_cites_its_source() -> None:
    page = show(project())
    limits = page.limits("投标截止，开标")
    assert list(limits) == ["发出文件到截止不少于 20日"]
    assert "招标投标法第二十四条" in text(limits["发出文件到截止不少于 20日"])
    assert any(one.endswith("rules.html#TEN-03") for one in page.links(limits["发出文件到截止不少于 20日"]))
    assert "发出通知书后 30日以内" in page.limits("签订合同")


def test_bar_and_tick_are_drawn_to_scale() -> None:
    page = show(project())
    one = page.limits("签订合同")["发出通知书后 30日以内"]
    # 30 days after 6 August is 5 September, a Saturday: the period runs on to Monday, 32 days.
    scale = 40
    assert f"横条满格 {scale} 日" in page.text
    assert tick(one) == round((WIDTH - 2) * 32 / scale)
    assert bar(one) == round(WIDTH * 15 / scale)


def test_the_limit_of_the_regime_moves_the_tick() -> None:
    stated = show(project(), of=under("TEN-09", terms=(contracting("10日"),)))
    one = stated.limits("签订合同")["发出通知书后 10日以内"]
    assert "示例本区采购办法第九条" in text(one)
    assert tick(one) == round((WIDTH - 2) * 11 / 30)  # 16 August is a Sunday.
    assert "15 日，迟 4 日" in text(one)
    assert bar(one, "f-late") == round(WIDTH * 15 / 30)
    national = show(project()).limits("签订合同")["发出通知书后 30日以内"]
    assert "迟" not in text(national)
    assert tick(national) != tick(one)


def test_without_a_term_on_that_day_there_is_no_tick_and_no_word() -> None:
    off = Off.model_validate(
        {"from": "2020-01-01", "off": True, "source": "示例本区采购办法", "note": "本区不适用这一条。"}
    )
    page = show(project(), of=under("TEN-09", terms=(off,)))
    assert page.limits("签订合同") == {}
    assert not list(page.steps["签订合同"].iter("svg"))
    assert "报送招标投标情况" not in page.steps
    old = changed(
        project(),
        intent=None,
        notice={"issued_on": date(1999, 7, 6), "documents_from": date(1999, 7, 6)},
    )
    assert "发出文件到截止不少于 20日" not in show(old).text


@pytest.mark.parametrize("signed", [date(2026, 9, 7), date(2026, 9, 8)])
def test_a_late_contract_is_marked_and_a_timely_one_is_not(signed: date) -> None:
    page = show(changed(project(), contract={"signed_on": signed, "announced_on": None}))
    one = page.limits("签订合同")["发出通知书后 30日以内"]
    late = signed > date(2026, 9, 7)
    assert bool(having(one, "span", "m-late")) is late
    assert bool(having(one, "span", "m-ok")) is not late
    assert bool(having(one, "rect", "f-late")) is late
    assert ("33 日，迟 1 日" in text(one)) is late
    # The pill above says how many; the checks below say the same (the report was never filed).
    assert f"{3 if late else 2} 处不符合期限" in page.text


def test_marks_and_checks_never_disagree() -> None:
    """Whatever is marked late has a finding of that rule, and whatever is kept has none at that step."""
    page = show(changed(project(), notice={"bids_due": date(2026, 7, 20), "opened_on": date(2026, 7, 20)}))
    one = page.limits("投标截止，开标")["发出文件到截止不少于 20日"]
    assert "14 日，少 6 日" in text(one)
    assert "只有 14 日，不足 20日" in page.text
    ok = show(project())
    assert having(ok.limits("投标截止，开标")["发出文件到截止不少于 20日"], "span", "m-ok")
    assert "不足 20日" not in ok.text


def test_a_law_of_which_it_is_not_sure_that_it_binds_is_a_doubt_and_no_breach() -> None:
    unsure = changed(
        project(),
        compulsory=None,
        subject=None,
        notice={"bids_due": date(2026, 7, 20), "opened_on": date(2026, 7, 20)},
    )
    (one,) = show(unsure).limits("投标截止，开标").values()
    assert "（是否适用待核对）" in text(one)
    assert "14 日，待核对" in text(one)
    assert not having(one, "span", "m-late")


def test_how_the_first_day_counts_is_said() -> None:
    (one,) = show(project()).limits("发售文件").values()
    assert "发售不少于 5日（首日不计）" in text(one)
    assert "4 日，少 1 日" in text(one)
    assert "系统默认取值" in text(one)


def test_candidates_that_were_never_posted_are_said() -> None:
    page = show(changed(project(), candidacy=None))
    assert "没有公示的记录" in text(page.steps["候选人公示"])
    assert "没有登记日期" in text(page.steps["候选人公示"])


# The course.


def test_days_between_are_counted_and_the_order_is_that_of_time() -> None:
    page = show(project())
    assert list(page.steps)[:4] == ["公开采购意向", "发布公告", "发售文件", "投标截止，开标"]
    assert "距公开采购意向 35 日" in text(page.steps["发布公告"])
    assert "与发布公告同日" in text(page.steps["发售文件"])
    assert "距投标截止 1 日" in text(page.steps["收到评标报告"])


def test_steps_not_reached_are_dashed_and_the_next_one_is_named() -> None:
    page = show(
        without_result(
            notice={
                "issued_on": date(2026, 11, 10),
                "documents_from": date(2026, 11, 10),
                "documents_until": date(2026, 11, 16),
                "bids_due": date(2026, 12, 10),
                "opened_on": None,
            }
        )
    )
    assert page.steps["发布公告"].get("class") is None
    for name in ("投标截止", "候选人公示", "确定供应商", "签订合同", "验收"):
        assert page.steps[name].get("class") == "todo", name
        assert "未到" in text(page.steps[name])
    assert "下一步：投标截止，2026年12月10日" in page.text
    assert "没有登记日期" not in text(page.section("过程与法定期限"))


def test_an_open_contract_says_until_when() -> None:
    award = {"determined_on": date(2026, 11, 18), "notified_on": date(2026, 11, 19), "announced_on": None}
    page = show(changed(project(), award=award, contract=None))
    assert page.steps["签订合同"].get("class") == "todo"
    # 30 days after 19 November is 19 December, a Saturday.
    assert "最迟2026年12月21日" in text(page.steps["签订合同"])
    assert "期满日2026年12月19日为休息日，顺延至2026年12月21日" in text(page.steps["签订合同"])
    assert "休息日" not in text(page.steps["报送招标投标情况"])
    assert not having(page.steps["签订合同"], "span", "m-late")
    assert "确定中标人后 15日以内" in text(page.steps["报送招标投标情况"])
    assert "最迟2026年12月3日" in text(page.steps["报送招标投标情况"])


def test_a_passed_step_without_a_day_is_said() -> None:
    page = show(changed(project(), award={"notified_on": None}))
    assert "没有登记日期" in text(page.steps["发出中标通知书"])
    assert "未到" not in text(page.steps["发出中标通知书"])
    half = show(changed(project(), notice={"documents_from": None}))
    assert "起始日期未填" in text(half.steps["发售文件"])
    assert "至2026年7月10日" in text(half.steps["发售文件"])


def test_a_contract_past_its_end_without_acceptance_is_marked() -> None:
    def accepting(ends: date | None, *, accepted: t.Acceptance | None = None) -> Sheet:
        return show(changed(project(), contract={"ends_on": ends}, acceptance=accepted))

    said = "合同期限已过，未见验收记录"
    page = accepting(date(2026, 11, 21))
    assert [text(one) for one in having(page.steps["验收"], "span", "m-late")] == [said]
    assert "未到" not in text(page.steps["验收"])
    assert f"下一步：验收，{said}" in page.text
    for ends in (None, date(2026, 11, 22), date(2026, 12, 31)):
        assert said not in accepting(ends).text
        assert "未到" in text(accepting(ends).steps["验收"])
    done = t.Acceptance(accepted_on=date(2026, 11, 22), result="合格")
    assert said not in accepting(date(2026, 11, 1), accepted=done).text


def test_a_page_stays_the_same_from_day_to_day() -> None:
    """A missed step does not count its days: else every such page would be built anew every day."""
    one = show(project()).html
    later = replace(snapshot(), taken_at=snapshot().taken_at.replace(day=25))
    assert "期限已过，没有记录" in one
    assert show(project(), of=later).html == one


def test_an_earlier_version_is_seen_as_of_its_time() -> None:
    first = without_result()
    both = record(
        900,
        units()["zhujian"],
        (first, at(2026, 7, 6), FIRST),
        (project(), at(2026, 9, 2), "公告合同"),
        slug="own",
    )
    page = SITE.page(replace(snapshot(), records=(both,)), "own-v1")
    assert page.steps["签订合同"].get("class") == "todo"
    assert "1 处不符合期限" in page.text, "only the documents were offered too shortly by then"
    assert "已到：招标（采购）公告" in page.text


def test_an_earlier_version_keeps_its_own_findings_and_its_own_day() -> None:
    short = {"bids_due": date(2026, 7, 20), "opened_on": date(2026, 7, 20)}
    first = changed(project(), notice=short, contract=None)
    both = record(
        900,
        units()["zhujian"],
        (first, at(2026, 8, 6), FIRST),
        (project(), at(2026, 9, 2), "更正"),
        slug="own",
    )
    page = SITE.page(replace(snapshot(), records=(both,)), "own-v1")
    assert "14 日，少 6 日" in text(page.steps["投标截止，开标"]), (
        "what the next version mended is still seen here"
    )
    # On 2 September there was still time to sign.
    assert "最迟2026年9月7日" in text(page.steps["签订合同"])
    assert "期限已过" not in text(page.steps["签订合同"])


def test_a_plan_has_no_empty_timeline() -> None:
    page = show(intent())
    assert page.steps == {}
    assert "过程与法定期限" not in page.headings()
    assert not having(page.main, "ol", "tl")
    assert page.headings()[0] == "打算采购什么"
    assert "2026年12月" in text(next(page.main.iter("dl")))
    assert "不早于2026年11月27日" in page.text
    assert "目前只有采购意向" in page.text
    bare = show(t.Tender(title="示例办公家具采购", intent=t.Intent(budget=WAN)))
    assert "目前只有采购意向" in bare.text
    assert not having(bare.main, "ol", "tl")
    assert not [one for one in bare.main.iter("dl") if not len(one)], "no empty lists"


def test_a_tender_that_failed_says_so_and_expects_nothing() -> None:
    losers = tuple(
        t.Bidder(name=f"示例投标{mark}有限公司", outcome=t.Outcome.REJECTED, reason="没有按要求签字")
        for mark in "甲乙"
    )
    page = show(without_result(bidders=losers))
    assert "2 家都被否决或者撤回，没有产生中标（成交）供应商" in page.text
    assert "没有产生供应商" in page.text
    assert "签订合同" not in page.steps
    assert "下一步" not in page.text
    one_left = (*losers[:1], t.Bidder(name="示例投标丙有限公司"))
    assert "没有产生供应商" not in show(without_result(bidders=one_left)).text


def test_a_call_without_a_supplier_says_when_and_why() -> None:
    failure = t.Failure(
        kind=t.FailureKind.TOO_FEW,
        decided_on=date(2026, 9, 1),
        reason="递交投标文件的供应商只有两家，不足三家。",
        next_step="重新招标",
    )
    page = show(without_result(failure=failure))
    assert "2026年9月1日流标，没有产生中标（成交）供应商" in page.text
    told = text(page.section("流标"))
    assert "只有两家" in told
    assert "重新招标" in told
    assert "签订合同" not in page.steps
    assert "下一步" not in page.text
    awarded = show(changed(project(), failure=failure))
    assert "没有产生中标（成交）供应商" not in awarded.text
    assert "只有两家" in text(awarded.section("流标")), "what happened before stays readable"


def test_the_reason_for_a_closed_call_is_shown() -> None:
    reason = "示例规定第八条：只有少量潜在供应商可供选择。"
    invited = changed(project(), method=t.Method.INVITED_TENDER, method_reason=reason)
    told = text(show(invited).section("为什么不公开招标"))
    assert reason in told
    assert "没有写明" not in told
    other = changed(project(), method=t.Method.INQUIRY, method_reason=reason)
    assert reason in show(other).text


def test_an_abolished_project_expects_nothing() -> None:
    page = show(without_result(validity=Validity.ABOLISHED))
    assert "本项目已登记为“废止”" in page.text
    assert "确定供应商" not in page.steps
    assert "下一步" not in page.text


# Amounts and bidders.


def test_the_amounts_stand_in_order_on_one_scale() -> None:
    page = show(project(), payments(ours(project()).unit.slug))
    rows = [
        [text(cell) for cell in row if cell.tag in ("th", "td")] for row in page.section("金额").iter("tr")
    ]
    assert [row[:2] for row in rows[1:]] == [
        ["采购预算", "1,286.00"],
        ["最高限价", "1,286.00"],
        ["中标（成交）", "1,213.68"],
        ["合同", "1,213.68"],
        ["已公开付款", "364.10"],
    ]
    assert "比最高限价低 5.6%" in rows[3][2]
    drawn = [int(one.get("width", "")) for one in having(page.section("金额"), "rect", "f-ink")]
    assert drawn == [1000, 1000, 944, 944, 283]


def test_a_price_above_the_ceiling_is_not_called_a_saving() -> None:
    dear = changed(project(), award={"amount": 1300 * WAN})
    figures = text(next(show(dear).main.iter("dl")))
    assert "比限价高" in figures
    assert "1.1%" in figures
    assert "比限价低" not in figures


def test_cents_are_never_rounded_away() -> None:
    odd = changed(project(), award={"amount": 123_456_789_01}, contract={"amount": 123_456_789_01})
    drawn = chain(known(odd, None))
    assert drawn is not None
    assert drawn.unit == "元"
    assert drawn.links[-1].number == "123,456,789.01"
    assert chain(known(intent(), None)) is None


def test_who_bid_and_why_somebody_was_rejected() -> None:
    page = show(project())
    part = page.section("投标人")
    assert "5 家投标，1 家否决" in text(part)
    last = list(part.iter("tr"))[-1]
    assert "示例安装戊有限公司" in text(last)
    assert "报价超过最高限价" in text(last)
    assert show_yuan(1297 * WAN) in text(last)


def test_a_single_bidder_is_said_plainly() -> None:
    alone = changed(project(), bidders=project().bidders[:1])
    assert "只有一家投标" in text(show(alone).section("投标人"))
    asked = changed(
        alone,
        method=t.Method.SOLE_SOURCE,
        sole_source=t.SoleSource(
            reason="只有原厂能维护。", posted_on=date(2026, 7, 6), posted_until=date(2026, 7, 14)
        ),
    )
    page = show(asked)
    assert "只向一家采购" in text(page.section("供应商"))
    assert "只有原厂能维护。" in text(page.section("为什么只向一家采购"))
    assert "批准的决策记录" in text(page.section("为什么只向一家采购"))
    nobody = show(changed(project(), bidders=()))
    assert "没有登记投标人" in nobody.text


def test_an_invited_tender_without_a_reason_says_that_there_is_none() -> None:
    invited = changed(project(), method=t.Method.INVITED_TENDER, decision=None)
    part = text(show(invited).section("为什么不公开招标"))
    assert "没有写明采用邀请招标的理由" in part
    assert "没有登记由谁批准" in part
    assert "为什么不公开招标" not in show(project()).headings()


def test_an_objection_answered_late_is_marked() -> None:
    def asked(answered: date | None) -> Sheet:
        one = t.Objection(
            raised_on=date(2026, 8, 3), content="业绩不符。", suspended=True, answered_on=answered
        )
        return show(changed(project(), objections=(one,)))

    late = asked(date(2026, 8, 10)).section("异议与投诉")
    assert "收到异议后 3日以内" in text(late)
    assert "7 日，迟 4 日" in text(late)
    assert having(late, "span", "m-late")
    timely = asked(date(2026, 8, 6)).section("异议与投诉")
    assert having(timely, "span", "m-ok")
    assert not having(timely, "span", "m-late")
    assert "尚未答复" in text(asked(None).section("异议与投诉"))


# What the project cites, and what cites it.


def payments(unit: str, *, period: str = "2026Q3", number: int = 901) -> RecordView:
    return record(number, units()[unit], (quarter(period), at(2026, 10, 12), FIRST))


def test_decision_and_payments_of_the_same_unit_are_linked() -> None:
    page = show(
        project(),
        record(902, units()["zhujian"], (meeting(), at(2026, 6, 29), FIRST)),
        payments("zhujian"),
    )
    links = page.links(page.section("决策和付款"))
    ends = ("zhujian/decisions/902.html", "zhujian/finance/2026Q3.html")
    assert [one.rpartition("/u/")[2] for one in links] == list(ends)
    assert "3,641,000.00" in text(page.section("决策和付款"))
    assert "未公开或编号不符" not in page.text


def test_the_same_payment_under_another_projects_number_takes_nothing_away() -> None:
    """Only disclosures that cite the same project can tell its payment twice: others must not change its page."""
    told = quarter("2026Q2")
    other = tuple(one.model_copy(update={"tender": "别的项目-1"}) for one in quarter("2026Q3").payments)
    earlier = record(
        903,
        units()["zhujian"],
        (told.model_copy(update={"payments": other}), at(2026, 7, 12), FIRST),
    )
    page = show(project(), earlier, payments("zhujian"))
    assert "3,641,000.00" in text(page.section("决策和付款"))


def test_another_units_records_are_never_linked() -> None:
    page = show(
        project(),
        record(902, units()["caizheng"], (meeting(), at(2026, 6, 29), FIRST)),
        payments("caizheng"),
    )
    part = page.section("决策和付款")
    assert page.links(part) == []
    assert "示住建决〔2026〕17号（该决策记录未公开或编号不符）" in text(part)
    assert "没有写明本项目编号的付款" in text(part)
    assert "已公开付款" not in page.text


def test_a_withdrawn_decision_is_not_linked() -> None:
    gone = Tombstone("政府信息公开条例第十五条", "涉密。", "示例区办", False, None, at(2026, 7, 8))
    withdrawn = record(
        902, units()["zhujian"], (meeting(), at(2026, 6, 29), FIRST), slug="902", tombstones={1: gone}
    )
    page = show(project(), withdrawn)
    assert page.links(page.section("决策和付款")) == []
    assert "该决策记录未公开或编号不符" in page.text


def test_a_payment_to_somebody_else_or_told_twice() -> None:
    def paid(payee: str, *, period: str, number: int, statement: str = "quarterly") -> RecordView:
        base = quarter(period)
        one = base.payments[0].model_copy(update={"payee": payee})
        document: Document = base.model_copy(
            update={"payments": (one,), "statement": f.StatementType(statement)}
        )
        return record(number, units()["zhujian"], (document, at(2026, 10, 12), FIRST), slug=str(number))

    twice = show(
        project(),
        paid("示例建设甲有限公司", period="2026Q3", number=901),
        paid("示例建设甲有限公司", period="2026Q4", number=903),
    )
    assert "付款 1 笔，合计 3,641,000.00 元" in text(twice.section("决策和付款"))
    assert "不是中标（成交）供应商" not in twice.text
    other = show(project(), paid("示例商贸己有限公司", period="2026Q3", number=901))
    assert "不是中标（成交）供应商" in text(other.section("决策和付款"))


def test_sister_projects_of_the_same_unit_are_linked() -> None:
    def lot(number: int, unit: str) -> RecordView:
        one = changed(project(), parent_project="老旧小区改造", project_no=f"示招〔2026〕{number}号")
        return record(number, units()[unit], (one, at(2026, 9, 2), FIRST), slug=str(number))

    page = show(changed(project(), parent_project="老旧小区改造"), lot(910, "zhujian"), lot(911, "caizheng"))
    links = page.links(page.section("项目情况"))
    assert [one for one in links if one.endswith("910.html")]
    assert not [one for one in links if one.endswith("911.html")]


def test_changes_are_added_up_and_their_decisions_named() -> None:
    more = tuple(
        t.Variation(
            agreed_on=date(2026, 10, day), amount=6 * WAN, reason="增加。", decision="示住建决〔2026〕99号"
        )
        for day in (8, 20)
    )
    page = show(changed(project(), variations=more))
    assert "2 次，合计 120,000.00 元（合同价的 1.0%）" in text(page.section("合同"))
    assert "合同变更：示住建决〔2026〕99号（该决策记录未公开或编号不符）" in text(page.section("决策和付款"))
    assert text(page.section("决策和付款")).count("99号") == 1


@pytest.mark.parametrize(
    "bad", ["<script>alert(1)</script>", '"><img src=x onerror=alert(2)>', "关于“特殊”＆％"]
)
def test_hostile_text_stays_text(bad: str) -> None:
    dirty = changed(
        project(),
        decision=bad,
        parent_project=bad,
        award={"supplier": bad},
        contract={"no": bad},
        bidders=(t.Bidder(name=bad, outcome=t.Outcome.REJECTED, reason=bad),),
        notice={"media": bad},
    )
    page = show(dirty)
    assert not list(page.main.iter("script"))
    assert not list(page.main.iter("img"))
    assert bad in text(page.section("投标人"))


def test_everything_is_drawn_without_inline_style() -> None:
    page = show(project(), payments("zhujian"))
    assert not [one for one in page.main.iter() if "style" in one.attrib]
    assert all(one.get("aria-hidden") == "true" for one in page.main.iter("svg"))
