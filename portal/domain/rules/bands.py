"""分档: a unit's own table of amount bands, and the decision on which a large sum must rest.

The bands of one domain, one type of expense and one sort of payer form a table;
each band is half-open [lower, upper). No rules here: `signoff`, `payments` and
`small_purchase` ask from which amount a table sends a matter to whom.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar, cast

from portal.domain.documents.decision import DecisionRecord, Result
from portal.domain.documents.delegation import Approver, DelegationPlan, ExpenseType, Payer, SignOffBand
from portal.domain.documents.finance import FinanceDisclosure, Payment, StatementType
from portal.domain.rules.base import Seen, Sights, Unclear
from portal.domain.rules.dossier import Context, Dossier
from portal.domain.values import Choice, fold, show_day, show_yuan

T = TypeVar("T")


class AtLimit(Choice):
    """On which side of a limit the number itself falls (民法典 1259: 以上、以下 include it, 超过 does not)."""

    ABOVE = "above", "从严，按达到限额办理"
    WITHIN = "within", "按限额以内办理"

    def first_above(self, limit: int) -> int:
        """Return the lowest amount, in fen, that is no longer within the limit."""
        return limit if self is AtLimit.ABOVE else limit + 1


class Window(Choice):
    """Within which time payments for one purpose count as one."""

    DAY = "day", "同一天"
    MONTH = "month", "同一月"
    QUARTER = "quarter", "同一季度"

    def first_day(self, day: date) -> date:
        """Return the first day of the window in which `day` falls."""
        match self:
            case Window.DAY:
                return day
            case Window.MONTH:
                return day.replace(day=1)
            case Window.QUARTER:
                return day.replace(month=day.month - (day.month - 1) % 3, day=1)


@dataclass(frozen=True)
class Table:
    """The bands of one domain, one type of expense and one sort of payer, from one day on."""

    domain: str  # The restricted domain's code, else the folded text.
    label: str
    restricted: bool
    expense_type: ExpenseType
    payer: Payer
    since: date
    rows: tuple[tuple[int, SignOffBand], ...]  # Place in the plan and band, lowest first.

    @property
    def name(self) -> str:
        """Return what the table is about, for a reader."""
        return f"“{self.label}·{self.expense_type.label}·{self.payer.label}”"

    def at(self, amount: int) -> SignOffBand | None:
        """Return the band that covers `amount`; of several, the strictest."""
        found = [
            band
            for _, band in self.rows
            if band.lower <= amount and (band.upper is None or amount < band.upper)
        ]
        return max(found, key=strictness, default=None)

    def collective_from(self) -> int | None:
        """Return the lowest amount that the table sends to the group."""
        return min((band.lower for _, band in self.rows if level(band) == Approver.COLLECTIVE), default=None)


_LEVELS = (
    Approver.OFFICE,
    Approver.DEPUTY,
    Approver.DEPUTY_WITH_CONSENT,
    Approver.CHIEF,
    Approver.COLLECTIVE,
)


def level(band: SignOffBand) -> Approver:
    """Return who decides in a band, the ticks for consent and for the group counted."""
    if band.needs_collective:
        return Approver.COLLECTIVE
    if band.needs_chief_consent and band.approver == Approver.DEPUTY:
        return Approver.DEPUTY_WITH_CONSENT
    return band.approver


def strictness(band: SignOffBand) -> int:
    """Return the higher number for the higher level of approval."""
    return _LEVELS.index(level(band))


def domain_key(context: Context, text: str, day: date) -> str:
    """Return the code of the restricted domain that `text` names, else the folded text."""
    found = context.domain(text, day)
    return found.code if found else fold(text)


def tables_of(plan: DelegationPlan, context: Context) -> tuple[Table, ...]:
    """Return a plan's tables, in the order in which they first appear."""
    groups: dict[tuple[str, ExpenseType, Payer, date], list[tuple[int, SignOffBand]]] = {}
    for place, band in enumerate(plan.bands):
        key = domain_key(context, band.domain, plan.effective_from)
        since = band.effective_from or plan.effective_from
        groups.setdefault((key, band.expense_type, band.applies_to, since), []).append((place, band))
    return tuple(
        Table(
            domain=domain,
            label=rows[0][1].domain,
            restricted=context.domain(rows[0][1].domain, plan.effective_from) is not None,
            expense_type=expense_type,
            payer=payer,
            since=since,
            rows=tuple(sorted(rows, key=lambda row: row[1].lower)),
        )
        for (domain, expense_type, payer, since), rows in groups.items()
    )


def known_tables(plan: DelegationPlan, context: Context) -> tuple[Table, ...]:
    """Return the tables of a plan of the dossier, worked out once."""
    derived = context.dossier.derived
    key = ("signoff.tables", id(plan))
    if key not in derived:
        derived[key] = tables_of(plan, context)
    return derived[key]  # type: ignore[return-value]  # `derived` holds anything; this key only this.


def table_for(
    plan: DelegationPlan,
    context: Context,
    day: date,
    *,
    domains: Sequence[str],
    expense_type: ExpenseType,
    payer: Payer,
) -> Table | None:
    """Return the table in force on `day`: of the first domain that has one, the own type before 全部支出."""
    running = [one for one in known_tables(plan, context) if one.payer == payer and one.since <= day]
    for domain in domains:
        for wanted in (expense_type, ExpenseType.ANY):
            found = [one for one in running if one.domain == domain and one.expense_type == wanted]
            if found:
                return max(found, key=lambda one: one.since)
    return None


def decided(
    context: Context, number: str, amount: int, before: date | None, what: str, *, place: str
) -> Sights:
    """Yield what is wrong with the decision on which something rests: missing, late, not adopted, too small."""
    named = _named(context.dossier, number)
    if len(named) > 1:
        yield from _of_one_number(named, number, what, place)
        return
    decision = named[0] if named else None
    if decision is None:
        if not context.dossier.complete:
            yield Unclear(f"手头没有集体决策记录“{number}”，无法核对{what}是否经过集体研究。")
            return
        yield Seen(
            place,
            f"{what}所依据的集体决策记录“{number}”查不到。",
            "请核对决策编号；编号无误的，请先录入并公开该次集体决策记录。",
        )
        return
    if decision.result != Result.ADOPTED:
        yield Seen(
            place,
            f"{what}所依据的“{number}”表决结果是“{decision.result.label}”，不是通过。",
            "请核对记录；如记录无误，没有通过的事项不得执行，请说明情况并提交班子重新研究。",
        )
    if before and decision.held_on > before:
        yield Seen(
            place,
            f"{what}在{show_day(before)}，集体研究（“{number}”）在{show_day(decision.held_on)}，是事后补议。",
            "请核对日期；如记录无误，请在“公开说明”中写明先办后议的原因，今后先研究后办理。",
        )
    if decision.amount is None:
        if amount > 0:
            yield Unclear(f"决策记录“{number}”没有写明金额，无法核对{what}的 {show_yuan(amount)} 元。")
    elif decision.amount < amount:
        yield Seen(
            place,
            f"{what}金额 {show_yuan(amount)} 元，超过“{number}”研究同意的 {show_yuan(decision.amount)} 元。",
            "请核对金额；如记录无误，超出部分须重新提交班子集体研究。",
        )


def _named(dossier: Dossier, number: str) -> list[DecisionRecord]:
    """Return every decision of that number (or index number), worked out once."""
    known: dict[str, list[DecisionRecord]] | None = dossier.derived.get("bands.decisions")  # type: ignore[assignment]  # likewise: one key, one type.
    if known is None:
        known = {}
        for one in dossier.of(DecisionRecord):
            for name in {fold(name) for name in (one.decision_no, one.index_no) if name}:
                known.setdefault(name, []).append(one)
        dossier.derived["bands.decisions"] = known
    return known.get(fold(number), [])


def _of_one_number(named: Sequence[DecisionRecord], number: str, what: str, place: str) -> Sights:
    """A number of several records tells of none of them; least of all where one was not adopted."""
    each = "、".join(f"{show_day(one.held_on)}“{one.title}”（{one.result.label}）" for one in named)
    seen = f"编号“{number}”有 {len(named)} 份集体决策记录：{each}，无法确定{what}依据的是哪一份。"
    if all(one.result == Result.ADOPTED for one in named):
        yield Unclear(seen)
    else:
        yield Seen(place, seen, "请核对决策编号，更正重号的记录，写明实际依据的是哪一份。")


def overdrawn(payment: Payment, context: Context) -> Sights:
    """Yield whether what was paid on one decision, this payment and those before it, is more than it allows.

    Payments before it are the disclosure's own and those of the unit's earlier disclosures of the same type.
    """
    named = _named(context.dossier, payment.decision) if payment.decision else []
    if len(named) != 1 or payment.amount <= 0:
        return
    running = per_disclosure(context, "bands.paid", lambda one: _running(one, context))
    allowed, (times, total) = named[0].amount, running[id(payment)]
    if allowed is not None and payment.amount <= allowed < total:
        yield Seen(
            "/decision",
            f"“{payment.purpose}”{show_yuan(payment.amount)} 元依据“{payment.decision}”支付，"
            f"至{show_day(payment.paid_on)}依据它已经支付 {times} 笔、累计 {show_yuan(total)} 元，"
            f"超过研究同意的 {show_yuan(allowed)} 元。",
            "请核对决策编号和金额；如记录无误，超出部分须重新提交班子集体研究。",
        )


def per_disclosure(
    context: Context, key: object, work: Callable[[FinanceDisclosure], dict[int, T]]
) -> dict[int, T]:
    """Return what `work` makes of the disclosure being tested, worked out once for all its rows."""
    known = context.dossier.derived.get(key)
    if not isinstance(known, tuple) or known[0] is not context.document:
        known = context.document, work(cast(FinanceDisclosure, context.document))
        context.dossier.derived[key] = known
    found: dict[int, T] = known[1]
    return found


def _running(document: FinanceDisclosure, context: Context) -> dict[int, tuple[int, int]]:
    """Return, for each payment of a disclosure, how many were paid on its decision by then, and how much."""
    times, sums = Counter[int](), Counter[int]()
    for (statement, period, decision), (number, paid) in _paid(context.dossier).items():
        alike = statement == document.statement and len(period) == len(document.period)
        if alike and period < document.period:
            times[decision] += number
            sums[decision] += paid
    found = {}
    for one in sorted(document.payments, key=lambda one: one.paid_on):
        if one.decision and len(named := _named(context.dossier, one.decision)) == 1:
            times[id(named[0])] += 1
            sums[id(named[0])] += one.amount
            found[id(one)] = (times[id(named[0])], sums[id(named[0])])
    return found


_Paid = tuple[StatementType, str, int]


def _paid(dossier: Dossier) -> dict[_Paid, tuple[int, int]]:
    """Return how many payments each disclosure has on each decision, and their sum; worked out once."""
    known: dict[_Paid, tuple[int, int]] | None = dossier.derived.get("bands.paid.before")  # type: ignore[assignment]  # likewise: one key, one type.
    if known is None:
        known = {}
        for document in dossier.of(FinanceDisclosure):
            for one in document.payments:
                if one.decision and len(named := _named(dossier, one.decision)) == 1:
                    key = (document.statement, document.period, id(named[0]))
                    number, paid = known.get(key, (0, 0))
                    known[key] = (number + 1, paid + one.amount)
        dossier.derived["bands.paid.before"] = known
    return known
