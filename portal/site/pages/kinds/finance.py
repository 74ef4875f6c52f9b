"""季度财务公开: headline figures, execution against the budget, the last eight quarters."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.calendar import quarters
from portal.domain.documents.base import Document
from portal.domain.documents.finance import FinanceDisclosure, Money, Table
from portal.domain.values import show_yuan
from portal.site.pages.declared import places
from portal.site.pages.kinds.delegation import by_number
from portal.site.pages.kinds.figures import UNFILLED, Amount, Bar, bars, headlines, rate
from portal.site.pages.shell import Context
from portal.site.pages.status import finance_of
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot

BULLET = 96  # Pixels of a full in-row bullet.

SHOWN = places(
    "period statement nil nil_reason opening income_total expense_total closing public_funds_total"
    " township_endorsed_by township_endorsed_on township_filed_on township_filing_no procurement_total"
    " explanation unit_head finance_head accounting_head village_supervisor approved_on opened_on opened_until"
    " feedback",
    income="item level budget amount cumulative last_year source explanation",
    expense="item level budget amount cumulative last_year source explanation",
    public_funds="fund budget amount cumulative last_year times people explanation",
    township_funds="fund budget amount cumulative last_year times people explanation",
    special_funds="name source received used purpose decision",
    payments="paid_on purpose payee domain expense_type amount handler applies_to witness office_reviewer approver"
    " consent countersigner settled_by signed_in_person collective decision tender chain",
    empty_tables="table reason",
    voucher_checks="checked_on checker scope found corrected",
    deputy_reports="domain deputy reported_on reported_to summary",
)


@dataclass(frozen=True)
class Bullet:
    """An in-row bullet: how far a line is executed, against how much of the year has passed."""

    width: int
    tick: int
    rate: str


def view(snapshot: Snapshot, _: JurisdictionView, record: RecordView, document: Document) -> Context:
    """Return what the page draws and adds up for display."""
    assert isinstance(document, FinanceDisclosure)  # noqa: S101 - the registry pairs view and model.
    passed = int(document.period[5]) * 25 if "Q" in document.period else None
    empty = _said_empty(document)
    return {
        "shown": SHOWN,
        "figures": figures(document),
        "execution": _execution(document, passed),
        "passed": passed,
        "tick": round(BULLET * (passed or 0) / 100),
        "bullet": lambda line: _bullet(line, passed),
        "trend": trend(snapshot, record, document),
        "levels": _columns(document),
        "totals": {"income": _sums(document.income), "expense": _sums(document.expense)},
        "decisions": by_number(snapshot, "decision", "decision_no"),
        "tenders": by_number(snapshot, "tender", "project_no"),
        "signers": [
            (label, name)
            for label, name in (
                ("单位负责人", document.unit_head),
                ("主管会计工作负责人", document.finance_head),
                ("会计机构负责人", document.accounting_head),
                ("村务监督委员会", document.village_supervisor),
            )
            if name
        ],
        "empty": empty,
        "other_empty": [
            (one.table.label, one.reason)
            for one in document.empty_tables
            if empty.get(one.table.value) != one.reason
            and not (document.nil and one.reason == document.nil_reason)
        ],
    }


def figures(document: FinanceDisclosure) -> list[tuple[str, Amount, str]]:
    """Return the four headline amounts in one unit; none for a nil return that leaves them blank."""
    values = (document.opening, document.income_total, document.expense_total, document.closing)
    if document.nil and all(value is None for value in values):
        return []
    labels = ("期初余额", "本期收入", "本期支出", "期末余额")
    return [(label, amount, "") for label, amount in zip(labels, headlines(values), strict=True)]


def _said_empty(document: FinanceDisclosure) -> dict[str, str]:
    """Return the reasons of the tables that the page shows as empty."""
    blank = {
        Table.INCOME: not document.income and not document.nil,
        Table.EXPENSE: not document.expense and not document.nil,
        Table.PUBLIC_FUNDS: not document.public_funds and not document.nil,
        Table.PAYMENTS: not document.payments and not document.nil,
        Table.SPECIAL_FUNDS: not document.special_funds and not document.nil,
        Table.PROCUREMENT: document.procurement_total is None and not document.nil,
    }
    return {one.table.value: one.reason for one in document.empty_tables if blank[one.table]}


def _execution(document: FinanceDisclosure, passed: int | None) -> Context | None:
    """Return the year's budget, what is spent of it and the rate, where the totals of level 1 give them."""
    tops = [line for line in document.expense if line.level == 1]
    if not tops or any(line.budget is None or line.cumulative is None for line in tops):
        return None
    budget = sum(line.budget or 0 for line in tops)
    spent = sum(line.cumulative or 0 for line in tops)
    if budget <= 0:
        return None
    amounts = headlines([budget, spent])
    return {
        "budget": f"{amounts[0].number}{amounts[0].unit}",
        "spent": f"{amounts[1].number}{amounts[1].unit}",
        "rate": rate(spent, budget),
        "bullet": _bullet(Money(item="合计", budget=budget, amount=0, cumulative=spent), passed),
    }


def _bullet(line: Money, passed: int | None) -> Bullet | None:
    if not line.budget or line.budget < 0 or line.cumulative is None:
        return None
    width = min(max(round(BULLET * line.cumulative / line.budget), 0), BULLET)
    return Bullet(width, round(BULLET * (passed or 0) / 100), rate(line.cumulative, line.budget))


def _sums(lines: tuple[Money, ...]) -> dict[str, int | None]:
    """Add up each column over the lines of level 1; None where one of them leaves it blank."""
    tops = [line for line in lines if line.level == 1]
    found: dict[str, int | None] = {}
    for column in ("budget", "cumulative", "last_year"):
        values = [getattr(line, column) for line in tops]
        found[column] = None if not values or None in values else sum(values)
    return found


def _columns(document: FinanceDisclosure) -> dict[str, dict[str, bool]]:
    """Say which optional columns each table of lines has anything in."""
    tables = {"income": document.income, "expense": document.expense}
    found = {
        name: {
            column: any(getattr(row, column) is not None for row in rows)
            for column in ("budget", "cumulative", "last_year", "source")
        }
        for name, rows in tables.items()
    }
    for name, funds in (("public_funds", document.public_funds), ("township_funds", document.township_funds)):
        found[name] = {
            column: any(getattr(row, column) is not None for row in funds)
            for column in ("budget", "cumulative", "last_year", "times", "people")
        }
    return found


@dataclass(frozen=True)
class Trend:
    """The last eight quarters of expense: bars, and the same as a table by year (in words where blank)."""

    bars: list[Bar]
    years: list[tuple[str, list[str]]]
    current: str


def trend(snapshot: Snapshot, record: RecordView, document: FinanceDisclosure) -> Trend | None:
    """Return the trend up to this quarter, or None where no earlier quarter is public."""
    if "Q" not in document.period:
        return None
    known = {
        period: one.document.expense_total
        for period, one in finance_of(snapshot, record.unit).items()
        if period <= document.period and isinstance(one.document, FinanceDisclosure)
    }
    known[document.period] = document.expense_total
    span = quarters(min(known), document.period)[-8:]
    values = [(_short(period), spent) for period in span if (spent := known.get(period)) is not None]
    if len(values) < 2:
        return None
    years = sorted({period[:4] for period in span})

    def spent_in(period: str) -> str:
        if period not in known or period not in span:
            return "—"
        spent = known[period]
        return UNFILLED if spent is None else show_yuan(spent)

    return Trend(
        bars(values, current=_short(document.period)),
        [(year, [spent_in(f"{year}Q{number}") for number in (1, 2, 3, 4)]) for year in years],
        document.period,
    )


def _short(period: str) -> str:
    return f"{period[2:4]}{'一二三四'[int(period[5]) - 1]}"
