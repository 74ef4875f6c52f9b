"""法定期限: the periods that the rule book tested on a project, each with its source and what came of it.

Nothing here knows a number of days: a period is read from the terms by which the
record's own checks were made, and whether it was kept is what those checks say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, TypeVar

from portal.domain.calendar import Calendar, Span, add_months
from portal.domain.documents.tender import Clarification, Objection, ObjectionKind, Tender
from portal.domain.rules.base import Rule
from portal.domain.rules.check import Report, rules_for
from portal.domain.rules.dossier import Context
from portal.domain.rules.sole_source import SoleSourcing
from portal.domain.rules.tender_award import AfterContract, Contracting, ContractingAndReport
from portal.domain.rules.tender_award import Within as AfterAward
from portal.domain.rules.tender_ends import Ahead as IntentAhead
from portal.domain.rules.tender_ends import Remedies
from portal.domain.rules.tender_law import (
    final_due,
    in_scope,
    lasted,
    must_be_tendered,
    procured,
    tendered,
)
from portal.domain.rules.tender_periods import Ahead, Answer, BidPeriod, Offer, Posting
from portal.domain.rules.terms import Terms
from portal.domain.values import show_day
from portal.site.pages.phrases import Phrase, phrases
from portal.site.pages.standings import rolled_on

_T = TypeVar("_T", bound=Terms)

UNITS = {"workday": "个工作日", "day": "日", "month": "日"}


@dataclass(frozen=True)
class Limit:
    """One period of the law at one step.

    `days` and `length` are natural days from the period's start: to what was done, and to the limit
    (None where there is nothing to draw). `state` names the mark, `word` stands beside it.
    `due` says until when (or not before when) a step is due that is still open.
    """

    rule: str
    text: str
    source: str
    state: str
    word: str
    days: int | None = None
    length: int | None = None
    due: str = ""
    doubt: bool = False  # The record does not tell whether the law binds.
    default: bool = False  # The system, not the source, gives the length.
    rolled: tuple[Phrase, ...] = ()  # That the limit moved on from a day off.


class Periods:
    """Answers which periods bind the steps of one project; empty where the rules could not be tested."""

    def __init__(self, tender: Tender, context: Context, report: Report | None) -> None:
        """Take the project, where and when it is looked at, and what its checks said."""
        self.tender, self.context = tender, context
        self._terms = {one.rule.id: one.terms for one in report.checks} if report else {}
        self._found = {(one.rule, one.place) for one in report.findings} if report else set()

    def found(self, rule: str, place: str) -> bool:
        """Tell whether a rule found something at a place."""
        return (rule, place) in self._found

    def _of(self, rule: str, kind: type[_T]) -> _T | None:
        terms = self._terms.get(rule)
        return terms if isinstance(terms, kind) else None

    def _of_row(self, rule: str, row: Any, kind: type[_T]) -> _T | None:
        """Return the terms that bind one row of a table; rows of different days may have different ones."""
        one = _rule(rule)
        if rule not in self._terms or one is None:
            return None
        day = (one.day(row) if one.day else self.tender.binding_day()) or self.context.on
        terms = self.context.regime.terms(rule, day, self.context.unit.type)
        if not isinstance(terms, kind) or (one.when and not one.when(row, self.context, terms)):
            return None
        return terms

    def intent(self) -> Iterator[Limit]:
        """意向公开到采购开始."""
        intent, terms = self.tender.intent, self._of("TEN-15", IntentAhead)
        start = self.tender.starts_on or (self.tender.notice.issued_on if self.tender.notice else None)
        if terms and intent is None and self.found("TEN-15", "/intent"):
            yield self._missing("TEN-15", terms, f"早于采购活动 {terms.at_least}", "没有公开意向的记录")
        if terms and intent and intent.published_on:
            yield self._least(
                "TEN-15", terms, terms.at_least, "at_least", "意向公开到采购开始不少于",
                intent.published_on, start, "/intent/published_on",
                certain=in_scope(self.tender, self.context),
            )  # fmt: skip

    def offer(self) -> Iterator[Limit]:
        """文件发售期."""
        notice, terms = self.tender.notice, self._of("TEN-04", Offer)
        if notice is None or terms is None:
            return
        bought = procured(self.tender, self.context)
        name = "purchases" if bought and terms.purchases else "tenders"
        span = terms.purchases if bought and terms.purchases else terms.tenders
        open_question = bought is None and terms.purchases not in (None, terms.tenders)
        yield self._least(
            "TEN-04", terms, span, name, "发售不少于",
            notice.documents_from or notice.issued_on, notice.documents_until, "/notice/documents_until",
            certain=not open_question, first_day_counts=terms.first_day_counts,
        )  # fmt: skip

    def bids(self) -> Iterator[Limit]:
        """投标准备时间."""
        notice, terms = self.tender.notice, self._of("TEN-03", BidPeriod)
        if notice and terms:
            binds = must_be_tendered(self.tender, self.context) or (
                terms.purchases and procured(self.tender, self.context)
            )
            yield self._least(
                "TEN-03", terms, terms.at_least, "at_least", "发出文件到截止不少于",
                notice.documents_from or notice.issued_on, final_due(self.tender), "/notice/bids_due",
                certain=bool(binds),
            )  # fmt: skip

    def clarification(self, place: int, row: Clarification) -> Iterator[Limit]:
        """澄清或修改到投标截止."""
        terms, due = self._of_row("TEN-05", row, Ahead), final_due(self.tender)
        if terms and due:
            yield self._least(
                "TEN-05", terms, terms.at_least, "at_least", "到投标截止不少于",
                row.issued_on, due, f"/clarifications/{place}/issued_on",
            )  # fmt: skip

    def sole_source(self) -> Iterator[Limit]:
        """单一来源公示期."""
        posted, terms = self.tender.sole_source, self._of("TEN-14", SoleSourcing)
        if posted and terms:
            yield self._least(
                "TEN-14", terms, terms.at_least, "at_least", "公示不少于",
                posted.posted_on, posted.posted_until, "/sole_source/posted_until",
                first_day_counts=terms.first_day_counts,
            )  # fmt: skip

    def candidacy(self) -> Iterator[Limit]:
        """候选人公示: how soon, and for how long."""
        notice, terms = self.tender.candidacy, self._of("TEN-06", Posting)
        if terms is None:
            return
        certain = must_be_tendered(self.tender, self.context)
        if self.found("TEN-06", "/candidacy"):
            yield self._missing("TEN-06", terms, f"公示不少于 {terms.at_least}", "没有公示的记录")
        if notice and notice.report_on:
            yield self._within(
                "TEN-06", terms, terms.within, "within", "收到评标报告", notice.report_on,
                notice.posted_on, "/candidacy/posted_on", certain=certain,
            )  # fmt: skip
        if notice and notice.posted_on:
            yield self._least(
                "TEN-06", terms, terms.at_least, "at_least", "公示不少于",
                notice.posted_on, notice.posted_until, "/candidacy/posted_until",
                certain=certain, first_day_counts=terms.first_day_counts,
            )  # fmt: skip

    def determined(self) -> Iterator[Limit]:
        """确定供应商: not while the candidates are still posted."""
        if (terms := self._of("TEN-06", Posting)) and self.found("TEN-06", "/award/determined_on"):
            yield self._missing("TEN-06", terms, "候选人公示结束以后", "公示没有结束")

    def notified(self) -> Iterator[Limit]:
        """发出通知书."""
        yield from self._after_award("/award/notified_on", duty="")

    def announced(self) -> Iterator[Limit]:
        """结果公告."""
        yield from self._after_award("/award/announced_on", duty="tender")

    def _after_award(self, place: str, *, duty: str) -> Iterator[Limit]:
        award, terms = self.tender.award, self._of("TEN-10", AfterAward)
        if award and terms:
            yield self._within(
                "TEN-10", terms, terms.within, "within", "确定供应商", award.determined_on,
                award.announced_on if duty else award.notified_on, place,
                certain=procured(self.tender, self.context), duty=duty,
            )  # fmt: skip

    def report(self) -> Iterator[Limit]:
        """招标投标情况书面报告."""
        award, terms = self.tender.award, self._of("TEN-09", ContractingAndReport)
        must = must_be_tendered(self.tender, self.context)
        if award and terms and must is not False:
            yield self._within(
                "TEN-09", terms, terms.report, "report", "确定中标人", award.determined_on,
                award.report_filed_on, "/award/report_filed_on", certain=must,
            )  # fmt: skip

    def contract(self) -> Iterator[Limit]:
        """签订合同: by the law that governs the project; by both where that is not told and they differ."""
        award = self.tender.award
        seen: set[str] = set()
        for rule, governs in (("TEN-09", tendered), ("TEN-13", procured)):
            terms = self._of(rule, Contracting)
            if award is None or terms is None or str(terms.within) in seen:
                continue
            seen.add(str(terms.within))
            signed = self.tender.contract.signed_on if self.tender.contract else None
            place = "/contract/signed_on" if signed else "/contract"
            if award.notified_on:
                yield self._within(
                    rule, terms, terms.within, "within", "发出通知书", award.notified_on, signed, place,
                    certain=governs(self.tender, self.context),
                )  # fmt: skip
            elif self.found(rule, place):
                yield self._missing(rule, terms, "确定供应商以后", "早于确定供应商")

    def contract_announced(self) -> Iterator[Limit]:
        """合同公告."""
        yield from self._after_contract("announce", "/contract/announced_on")

    def contract_filed(self) -> Iterator[Limit]:
        """合同备案."""
        yield from self._after_contract("file", "/contract/filed_on")

    def _after_contract(self, name: str, place: str) -> Iterator[Limit]:
        contract, terms = self.tender.contract, self._of("TEN-12", AfterContract)
        span = terms and (terms.announce if name == "announce" else terms.file)
        if contract and terms and span:
            yield self._within(
                "TEN-12", terms, span, name, "签订合同", contract.signed_on,
                contract.announced_on if name == "announce" else contract.filed_on, place,
                certain=procured(self.tender, self.context),
            )  # fmt: skip

    def objection(self, place: int, row: Objection) -> Iterator[Limit]:
        """答复异议、质疑，处理投诉."""
        where = f"/objections/{place}/answered_on"
        if terms := self._of_row("TEN-08", row, Answer):
            yield self._within(
                "TEN-08", terms, terms.within, "within", "收到异议", row.raised_on, row.answered_on, where,
                certain=must_be_tendered(self.tender, self.context),
            )  # fmt: skip
        if remedies := self._of_row("TEN-16", row, Remedies):
            query = row.kind == ObjectionKind.QUERY
            yield self._within(
                "TEN-16", remedies, remedies.answer if query else remedies.decide,
                "answer" if query else "decide", f"收到{row.kind.label}", row.raised_on, row.answered_on,
                where, certain=procured(self.tender, self.context),
            )  # fmt: skip

    # What a period looks like.

    def _missing(self, rule: str, terms: Terms, text: str, word: str) -> Limit:
        return Limit(rule, text, terms.source, "late", word)

    def _least(
        self,
        rule: str,
        terms: Terms,
        span: Span,
        name: str,
        text: str,
        first: date,
        done: date | None,
        place: str,
        *,
        certain: bool | None = True,
        first_day_counts: bool | None = None,
    ) -> Limit:
        """Return a period of at least `span`; `first_day_counts` where the terms say how the first day counts."""
        start = first - timedelta(days=1) if first_day_counts else first
        calendar = self.context.calendar(first)
        last = _reached(calendar, start, span)
        state, word, due = "waiting", "", ""
        if done is None:
            due = f"不早于{show_day(last)}"
        else:
            spent = _days(calendar, start, done, span)
            enough = lasted(self.context, first, done, span, first_day_counts=bool(first_day_counts))
            if self.found(rule, place):
                short = _days(calendar, done, last, span)
                state, word = "late", spent if enough else f"{spent}，少 {short}"
            elif enough:
                state, word = "ok", spent
            else:
                word = f"{spent}，待核对"
        text = f"{text} {span}"
        if first_day_counts is not None:
            text += "（首日计入）" if first_day_counts else "（首日不计）"
            name = "first_day_counts" if terms.is_default("first_day_counts") else name
        return self._limit(rule, terms, name, text, start, last, done, state, word, due, certain=certain)

    def _within(
        self,
        rule: str,
        terms: Terms,
        span: Span,
        name: str,
        since: str,
        first: date,
        done: date | None,
        place: str,
        *,
        certain: bool | None = True,
        duty: str = "",
    ) -> Limit:
        calendar = self.context.calendar(first)
        binding = self.context.binding(first, span, duty, self.tender.natural_key() if duty else "")
        late = binding.late(calendar, span, done or self.context.on)
        unit = UNITS[span.unit]
        wrong = self.found(rule, place)
        state, word, due = "waiting", "", f"最迟{show_day(binding.due.day)}"
        if binding.due.provisional:
            due += "（暂定）"
        if done is None:
            if late:  # For how many days is not said: the page must not change with every day.
                state, word = ("late", "期限已过，没有记录") if wrong else ("waiting", "期限已过，待核对")
        elif done < first:
            state, word = ("late" if wrong else "waiting"), f"早于{since}"
        elif late:
            spent = _days(calendar, first, done, span)
            state, word = ("late", f"{spent}，迟 {late} {unit}") if wrong else ("waiting", f"{spent}，待核对")
        else:
            state, word = "ok", _days(calendar, first, done, span)
        text = f"{since}后 {span}以内"
        if binding.moved or binding.exempt:
            text += f"；{binding.moved or binding.exempt}"
        limit = self._limit(
            rule, terms, name, text, first, binding.due.day, done, state, word, due, certain=certain
        )
        return replace(limit, rolled=() if binding.exempt else phrases(rolled_on(binding.due, done)))

    def _limit(
        self,
        rule: str,
        terms: Terms,
        name: str,
        text: str,
        start: date,
        last: date,
        done: date | None,
        state: str,
        word: str,
        due: str,
        *,
        certain: bool | None,
    ) -> Limit:
        return Limit(
            rule,
            text,
            terms.source,
            state,
            word,
            (done - start).days if done else None,
            (last - start).days,
            due,
            doubt=not certain,
            default=terms.is_default(name),
        )


def _rule(rule_id: str) -> Rule | None:
    return next((one for one in rules_for(Tender) if one.id == rule_id), None)


def _reached(calendar: Calendar, start: date, span: Span) -> date:
    """Return the day on which something shown since `start` was open for the whole span."""
    if span.unit == "workday":
        return calendar.add_workdays(start, span.count).day
    return add_months(start, span.count) if span.unit == "month" else start + timedelta(days=span.count)


def _days(calendar: Calendar, start: date, until: date, span: Span) -> str:
    """Write the time from one day to another as the span counts it."""
    unit = "workday" if span.unit == "workday" else "day"
    return f"{calendar.elapsed(start, until, unit)} {UNITS[span.unit]}"
