"""季度财务公开: headline figures, execution against the budget, the unit's quarters side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portal.domain.documents.base import Document
from portal.domain.documents.finance import FinanceDisclosure, FundLine, Money, StatementType, Table
from portal.site.pages.charts import Bars, Measure, Share, bars, share
from portal.site.pages.declared import places
from portal.site.pages.kinds import quarters
from portal.site.pages.kinds.figures import Amount, headlines, rate, show_tenths, tenths
from portal.site.pages.shell import Context
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot, UnitView

OUTLINE = quarters.outline
READS: tuple[str, ...] = ("finance",)  # The quarters before and after it.
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


# What the period of a statement is called where it is no quarter.
_HEADLINES = {
    StatementType.MONTHLY: ("本月收入", "本月支出"),
    StatementType.BUDGET: ("收入预算", "支出预算"),
    StatementType.FINAL_ACCOUNTS: ("全年收入", "全年支出"),
}
_COLUMNS = {
    StatementType.MONTHLY: "本月",
    StatementType.BUDGET: "本年预算",
    StatementType.FINAL_ACCOUNTS: "本年决算",
}


@dataclass(frozen=True)
class Bullet:
    """An in-row bullet, in percent of its width: the budget as a track, what is spent of it, and the time passed.

    What goes beyond the budget runs from the end of the track to `end`.
    """

    track: float
    bar: float
    over: bool
    end: float
    tick: float | None
    rate: str


def view(snapshot: Snapshot, _: JurisdictionView, record: RecordView, document: Document) -> Context:
    """Return what the page draws and adds up for display."""
    assert isinstance(document, FinanceDisclosure)  # noqa: S101 - the registry pairs view and model.
    passed, empty = elapsed(document.period), _said_empty(document)
    course = quarters.course(snapshot, record, document)
    changes = quarters.changes(snapshot, record, document)
    total = _total(document)
    lines = [*document.expense, *([total] if total else [])]
    drawn = bullets(lines, passed)
    return {
        "shown": SHOWN,
        "figures": figures(document),
        "execution": _execution(total, passed, drawn[-1] if total else None),
        "passed": passed,
        "bullets": drawn,
        "span": _span(document),
        "now": _COLUMNS.get(document.statement, "本期"),
        "plan": document.statement == StatementType.BUDGET,
        "course": quarters.table(course) if len(course) > 1 else [],
        "money_trend": quarters.money_trend(course, changes),
        "funds_trend": quarters.public_funds_trend(course),
        "township_trend": quarters.township_trend(course),
        "against": changes,
        "funds_bars": fund_bars(document, document.public_funds, passed, "三公经费"),
        "township_bars": fund_bars(document, document.township_funds, passed, "三项费用"),
        "income_share": _share(document.income, "收入构成"),
        "expense_share": None if any(drawn) else _share(document.expense, "支出构成"),
        "levels": _columns(document),
        "totals": {"income": _sums(document.income), "expense": _sums(document.expense)},
        "decisions": _cited(
            _by_number(snapshot, record.unit, "decision", "decision_no"),
            [*(one.decision for one in document.payments), *(one.decision for one in document.special_funds)],
        ),
        "tenders": _cited(
            _by_number(snapshot, record.unit, "tender", "project_no"),
            [one.tender for one in document.payments],
        ),
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


def elapsed(period: str) -> int | None:
    """Return how much of the year has passed at a period's end, in percent; None for a whole year."""
    if "Q" in period:
        return int(period[5]) * 25
    return (int(period[5:]) * 200 + 12) // 24 if "-" in period else None


def _span(document: FinanceDisclosure) -> str:
    """Return the months that the year's running total covers, in words."""
    period = document.period
    last = int(period[5]) * 3 if "Q" in period else int(period[5:]) if "-" in period else 12
    return "全年" if last == 12 else f"1—{last}月" if last > 1 else "1月"


def _cited(known: dict[str, RecordView], numbers: Iterable[str | None]) -> dict[str, RecordView]:
    """Return those records that a number leads to."""
    return {number: known[number] for number in numbers if number in known}


def _by_number(snapshot: Snapshot, unit: UnitView, kind: str, name: str) -> dict[str, RecordView]:
    """Return the unit's own records of a kind by the number that its payments cite."""
    key = ("numbered", unit.id, kind)
    if key not in snapshot.derived:
        pairs = ((getattr(one.document, name, None), one) for one in snapshot.records_of(unit, kind))
        snapshot.derived[key] = {number: one for number, one in pairs if number}
    found: dict[str, RecordView] = snapshot.derived[key]
    return found


def figures(document: FinanceDisclosure) -> list[tuple[str, Amount, str]]:
    """Return the four headline amounts in one unit; none for a nil return that leaves them blank."""
    values = (document.opening, document.income_total, document.expense_total, document.closing)
    if document.nil and all(value is None for value in values):
        return []
    income, expense = _HEADLINES.get(document.statement, ("本期收入", "本期支出"))
    rows = zip(("期初余额", income, expense, "期末余额"), headlines(values), values, strict=True)
    plan = document.statement == StatementType.BUDGET
    # A plan has no balances to give: blank is right there, and not something left out.
    return [
        (label, amount, "")
        for place, (label, amount, value) in enumerate(rows)
        if not (plan and value is None and place in (0, 3))
    ]


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


def _total(document: FinanceDisclosure) -> Money | None:
    """Return the year's budget and what is spent of it, where the totals of level 1 give them."""
    tops = [line for line in document.expense if line.level == 1]
    if not tops or any(line.budget is None or line.cumulative is None for line in tops):
        return None
    budget = sum(line.budget or 0 for line in tops)
    if budget <= 0:
        return None
    return Money(item="合计", budget=budget, amount=0, cumulative=sum(line.cumulative or 0 for line in tops))


def _execution(total: Money | None, passed: int | None, drawn: Bullet | None) -> Context | None:
    """Return the execution of the whole budget in words, and how far it is before or behind the time."""
    if total is None or drawn is None or total.budget is None or total.cumulative is None:
        return None
    budget, spent = headlines([total.budget, total.cumulative])
    ahead = tenths(total.cumulative, total.budget) - (passed or 0) * 10
    words = f"{'快' if ahead > 0 else '慢'}{show_tenths(abs(ahead))}个百分点" if ahead else "与时间进度一致"
    return {
        "budget": f"{budget.number}{budget.unit}",
        "spent": f"{spent.number}{spent.unit}",
        "rate": drawn.rate,
        "pace": words if passed else "",
        "bullet": drawn,
    }


def bullets(lines: Sequence[Money], passed: int | None) -> list[Bullet | None]:
    """Return the bullets of a table's lines on one scale, which goes beyond the budget only as far as some line does.

    A line spent more than twice over ends at the edge; its rate says how far it went.
    """
    done = [
        tenths(max(line.cumulative, 0), line.budget)
        if line.budget and line.budget > 0 and line.cumulative is not None
        else None
        for line in lines
    ]
    full = min(max([one for one in done if one is not None], default=0), 2000)
    full = max(full, 1000)

    def share_of(count: int) -> float:
        return round(100 * min(count, full) / full, 1)

    return [
        None
        if one is None
        else Bullet(
            track=share_of(1000),
            bar=share_of(min(one, 1000)),
            over=one > 1000,
            end=share_of(one),
            tick=share_of(passed * 10) if passed else None,
            rate=rate(line.cumulative or 0, line.budget),
        )
        for line, one in zip(lines, done, strict=True)
    ]


@dataclass(frozen=True)
class FundBars:
    """The bars of a table of funds, and what they stand for."""

    heading: str
    note: str
    drawing: Bars


def fund_bars(
    document: FinanceDisclosure, lines: Sequence[FundLine], passed: int | None, what: str
) -> FundBars | None:
    """Draw what is spent of each fund's budget against the time passed; without budgets, against the year before."""
    year = document.statement in (StatementType.BUDGET, StatementType.FINAL_ACCOUNTS)
    first = year or document.period.endswith(("Q1", "-01"))
    spent = [one.amount if one.cumulative is None and first else one.cumulative for one in lines]
    against = [
        one for one, value in zip(lines, spent, strict=True) if one.budget is not None and value is not None
    ]
    planned = document.statement == StatementType.BUDGET
    if against and len(against) == len(lines) and not planned:
        rows = [
            Measure(one.fund.label, value, one.budget, (one.budget or 0) * (passed or 0) // 100)
            for one, value in zip(lines, spent, strict=True)
        ]
        heading = f"{what}：{_span(document)}执行"
        said = "右侧为执行数和全年预算，浅条为预算" + (f"，竖线为时间进度{passed}%" if passed else "")
        drawing = bars(rows, title=heading, tick="按时间进度应为")
    else:
        rows = [Measure(one.fund.label, one.amount, tick=one.last_year) for one in lines]
        heading = f"{what}：{'全年' if year else '本期'}金额"
        said = "竖线为上年同期" if any(one.last_year for one in lines) else ""
        drawing = bars(rows, title=heading, tick="上年同期")
    if drawing is None:
        return None
    return FundBars(heading, "。".join([f"单位：{drawing.unit}", said]).rstrip("。"), drawing)


def _share(lines: Sequence[Money], title: str) -> Share | None:
    """Draw what the total is made of, unless one line is nearly all of it: the table says so at a glance."""
    tops = [(line.item, line.amount) for line in lines if line.level == 1]
    if tops and max(fen for _, fen in tops) * 20 > sum(fen for _, fen in tops) * 19:
        return None
    return share(tops, title=title)


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
