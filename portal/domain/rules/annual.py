"""政府信息公开工作年度报告: in time, whole, and with figures that agree with each other (政府信息公开条例 49, 50)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated

from pydantic import Field

from portal.domain.documents.annual import AnnualReport, Cases, Requests
from portal.domain.rules.base import Seen, Sights, Unclear, pointer, rule
from portal.domain.rules.deadlines import Deadline, lateness
from portal.domain.rules.dossier import Context
from portal.domain.values import Choice, show_period


class Section(Choice):
    """What a report must tell."""

    DISCLOSED = "disclosed", "主动公开情况"
    REQUESTS = "requests", "收到和处理申请的情况"
    CASES = "cases", "行政复议和行政诉讼情况"
    PROBLEMS = "problems", "存在的主要问题"
    IMPROVEMENTS = "improvements", "改进情况"
    ASSESSMENT = "assessment", "工作考核、社会评议和责任追究结果"
    FEES = "fees", "信息处理费收取情况"


class AnnualTerms(Deadline):
    """Until when a year's report is due, and what it must tell."""

    sections: Annotated[tuple[Section, ...], Field(title="报告须写明")]


_SUMS = ("granted", "partly", "refused", "unavailable", "unprocessed", "other")
_BY_GROUND = ("refused", "unavailable", "unprocessed", "other")
_CASES = ("reviews", "direct_suits", "suits_after_review")
_ENDINGS = ("upheld", "corrected", "other", "pending")
_LABELS = {
    "refused": "不予公开",
    "unavailable": "无法提供",
    "unprocessed": "不予处理",
    "other": "其他处理",
    "reviews": "行政复议",
    "direct_suits": "未经复议直接起诉",
    "suits_after_review": "复议后起诉",
}


@rule(
    "PUB-04",
    "年度报告按期、完整、数字相符",
    AnnualReport,
    why="年度报告让群众看到一年里公开了多少、拒绝了多少、为什么拒绝。",
    terms=AnnualTerms,
)
def annual_report(report: AnnualReport, context: Context, terms: AnnualTerms) -> Sights:
    """年度报告 (政府信息公开条例 49, 50): public in time, nothing left out, and what came in was settled or carried over."""
    if report.period != str(report.year()):
        yield Seen(
            "/period",
            f"报告年度写的是“{show_period(report.period)}”，不是完整的一年。",
            f"年度报告按年编制，请改为“{report.year()}年”。",
        )
    what = f"{report.year()}年政府信息公开工作年度报告"
    yield from lateness(context, terms, report.binding_day(), what, "报告年度结束", place="/period")
    for section in terms.sections:
        place = _MISSING[section](report)
        if place:
            yield Seen(
                place,
                f"年度报告没有写明{section.label}。",
                f"请补充{section.label}；没有发生的，数量填 0，文字写“无”，不要留空。",
            )
    if report.requests:
        yield from _settled(report.requests)
        yield from _carried_over(report.requests)
        yield from _by_ground(report, report.requests)
    for name in _CASES:
        cases: Cases | None = getattr(report, name)
        if cases:
            yield from _ended(name, cases)
    yield from _from_last_year(report, context)


def _no_cases(report: AnnualReport) -> str:
    for name in _CASES:
        cases = getattr(report, name)
        if cases is None or cases.total is None:
            return pointer(name, "total") if cases else pointer(name)
    return ""


def _no_requests(report: AnnualReport) -> str:
    for name in ("received", "carried_in", *_SUMS, "carried_out"):
        if report.requests is None:
            return "/requests"
        if getattr(report.requests, name) is None:
            return pointer("requests", name)
    return ""


# Where a section is wanting; blank where it is there.
_MISSING: dict[Section, Callable[[AnnualReport], str]] = {
    Section.DISCLOSED: lambda one: "" if one.disclosed is not None or one.activities else "/disclosed",
    Section.REQUESTS: _no_requests,
    Section.CASES: _no_cases,
    Section.PROBLEMS: lambda one: "" if one.problems else "/problems",
    Section.IMPROVEMENTS: lambda one: "" if one.improvements else "/improvements",
    Section.ASSESSMENT: lambda one: "" if one.assessment else "/assessment",
    Section.FEES: lambda one: "" if one.fees is not None else "/fees",
}


def _sum(holder: Requests | Cases, names: tuple[str, ...]) -> int | None:
    """Return the sum of the named figures, or None where one is blank: blank is not zero."""
    figures = [getattr(holder, name) for name in names]
    return None if None in figures else sum(figures)


def _settled(requests: Requests) -> Iterator[Seen]:
    total = _sum(requests, _SUMS)
    if total is not None and requests.settled is not None and total != requests.settled:
        yield Seen(
            "/requests/settled",
            f"各项办理结果相加是 {total} 件，办理结果总计写的是 {requests.settled} 件。",
            "请对照申请登记台账核对各项件数，改正写错的一项。",
        )


def _carried_over(requests: Requests) -> Iterator[Seen]:
    came = _sum(requests, ("received", "carried_in"))
    settled = requests.settled if requests.settled is not None else _sum(requests, _SUMS)
    left = requests.carried_out
    if came is None or settled is None or left is None or came == settled + left:
        return
    yield Seen(
        "/requests/carried_out",
        f"本年新收 {requests.received} 件加上年结转 {requests.carried_in} 件是 {came} 件，"
        f"办结 {settled} 件加结转下年度 {left} 件是 {settled + left} 件，相差 {abs(came - settled - left)} 件。",
        "新收加结转应等于办结加结转下年度。请对照申请登记台账核对后改正。",
    )


def _by_ground(report: AnnualReport, requests: Requests) -> Iterator[Seen]:
    if not report.reasons:
        return
    found = dict.fromkeys(_BY_GROUND, 0)
    for row in report.reasons:
        found[row.ground.value.partition("_")[0]] += row.count
    for name, total in found.items():
        stated = getattr(requests, name)
        if stated is not None and stated != total:
            yield Seen(
                pointer("requests", name),
                f"{_LABELS[name]}写的是 {stated} 件，分项相加是 {total} 件。",
                "请核对办理结果分项，改正写错的一项。",
            )


def _ended(name: str, cases: Cases) -> Iterator[Seen]:
    total = _sum(cases, _ENDINGS)
    if total is not None and cases.total is not None and total != cases.total:
        yield Seen(
            pointer(name, "total"),
            f"{_LABELS[name]}各种结果相加是 {total} 件，总计写的是 {cases.total} 件。",
            "请核对案件登记，改正写错的一项。",
        )


def _from_last_year(report: AnnualReport, context: Context) -> Iterator[Seen | Unclear]:
    """What last year carried over is what this year begins with."""
    carried = report.requests.carried_in if report.requests else None
    if carried is None:
        return
    last = str(report.year() - 1)
    before = next((one for one in context.dossier.of(AnnualReport) if one.period == last), None)
    left = before.requests.carried_out if before and before.requests else None
    if left is not None and left != carried:
        yield Seen(
            "/requests/carried_in",
            f"上年结转写的是 {carried} 件，{last}年的年度报告写的是结转下年度 {left} 件。",
            "两年的数字应当相同。请核对台账，改正写错的一年。",
        )
