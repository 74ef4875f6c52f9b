"""分档: a unit's own table of amount bands, and the decision on which a large sum must rest.

The bands of one domain, one type of expense and one sort of payer form a table;
each band is half-open [lower, upper). No rules here: `signoff`, `payments` and
`small_purchase` ask from which amount a table sends a matter to whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.domain.documents.decision import Result
from portal.domain.documents.delegation import Approver, DelegationPlan, ExpenseType, Payer, SignOffBand
from portal.domain.rules.base import Seen, Sights, Unclear
from portal.domain.rules.dossier import Context
from portal.domain.values import Choice, fold, show_day, show_yuan


class AtLimit(Choice):
    """On which side of a limit the number itself falls (民法典 1259: 以上、以下 include it, 超过 does not)."""

    ABOVE = "above", "从严，按达到限额办理"
    WITHIN = "within", "按限额以内办理"

    def first_above(self, limit: int) -> int:
        """Return the lowest amount, in fen, that is no longer within the limit."""
        return limit if self is AtLimit.ABOVE else limit + 1


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
    return derived[key]  # type: ignore[return-value]


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
    decision = context.dossier.decision(number)
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
    if decision.amount is not None and decision.amount < amount:
        yield Seen(
            place,
            f"{what}金额 {show_yuan(amount)} 元，超过“{number}”研究同意的 {show_yuan(decision.amount)} 元。",
            "请核对金额；如记录无误，超出部分须重新提交班子集体研究。",
        )
