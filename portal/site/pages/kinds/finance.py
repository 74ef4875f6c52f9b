"""季度财务公开: headline figures, execution against the budget, the last eight quarters."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.calendar import quarters
from portal.domain.documents.base import Document
from portal.domain.documents.finance import FinanceDisclosure, Money
from portal.site.pages.kinds.delegation import by_number
from portal.site.pages.kinds.figures import Bar, bars, headline, rate
from portal.site.pages.shell import Context
from portal.site.pages.status import finance_of
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot

BULLET = 96  # Pixels of a full in-row bullet.


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
    return {
        "figures": [
            (label, headline(value), "")
            for label, value in (
                ("期初余额", document.opening),
                ("本期收入", document.income_total),
                ("本期支出", document.expense_total),
                ("期末余额", document.closing),
            )
        ],
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
        "empty": {one.table.value: one.reason for one in document.empty_tables},
    }


def _execution(document: FinanceDisclosure, passed: int | None) -> Context | None:
    """Return the year's budget, what is spent of it and the rate, where the totals of level 1 give them."""
    tops = [line for line in document.expense if line.level == 1]
    if not tops or any(line.budget is None or line.cumulative is None for line in tops):
        return None
    budget = sum(line.budget or 0 for line in tops)
    spent = sum(line.cumulative or 0 for line in tops)
    if budget <= 0:
        return None
    return {
        "budget": budget,
        "spent": spent,
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
    """The last eight quarters of expense: bars, and the same as a table by year."""

    bars: list[Bar]
    years: list[tuple[str, list[int | None]]]
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
    if len(known) < 2:
        return None
    span = quarters(min(known), document.period)[-8:]
    values = [(_short(period), known[period]) for period in span if period in known]
    years = sorted({period[:4] for period in span})
    return Trend(
        bars(values, current=_short(document.period)),
        [
            (year, [known.get(f"{year}Q{q}") if f"{year}Q{q}" in span else None for q in (1, 2, 3, 4)])
            for year in years
        ],
        document.period,
    )


def _short(period: str) -> str:
    return f"{period[2:4]}{'一二三四'[int(period[5]) - 1]}"
