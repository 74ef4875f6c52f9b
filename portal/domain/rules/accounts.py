"""勾稽关系: what a finance disclosure states must add up, within itself and with the period before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from portal.domain.calendar import period_end, previous_quarter
from portal.domain.documents.finance import FinanceDisclosure, FundLine, Money, PublicFund, StatementType
from portal.domain.remembered import remembered
from portal.domain.rules.base import Seen, Sights, Unclear, pointer, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.terms import Severity, Terms
from portal.domain.values import fold, show_period, show_yuan

_name = remembered(4096)(fold)  # The same few hundred items come back in every statement.

Row = Money | FundLine
COLUMNS = (
    ("budget", "全年预算"),
    ("amount", "本期金额"),
    ("cumulative", "本年累计"),
    ("last_year", "上年同期"),
)


class Arithmetic(Terms):
    """What counts as 三公经费, and how grave the lesser sights are; sums that do not hold take the rule's own word."""

    public_funds: Annotated[tuple[PublicFund, ...], Field(title="三公经费包括", min_length=1)]
    against_previous: Annotated[Severity, Field(title="与上期已公开的数字接不上")]
    overspent: Annotated[Severity, Field(title="专项资金使用多于到账")]
    negative: Annotated[Severity, Field(title="金额为负而没有说明")]
    uncounted: Annotated[Severity, Field(title="有金额而批次、辆数或人次为零")]


@rule(
    "FIN-10",
    "勾稽关系",
    FinanceDisclosure,
    why="账算不平，说明有数字写错、漏写或者改动过，群众就没法相信其余的数字。",
    terms=Arithmetic,
)
def books_balance(document: FinanceDisclosure, context: Context, terms: Arithmetic) -> Sights:
    """勾稽关系 (会计法 13, 17): every sum that the statement gives holds, and it goes on from the period before."""
    yield from _nothing_happened(document)
    yield from _balance(document)
    for table, label, total in (
        ("income", "收入", document.income_total),
        ("expense", "支出", document.expense_total),
    ):
        yield from _sums(getattr(document, table), table, label, total)
    yield from _public_funds(document, terms)
    yield from _township(document)
    yield from _goes_on(document, context, terms)
    yield from _oddities(document, terms)


def _yuan(fen: int) -> str:
    return f"{show_yuan(fen)} 元"


def _nothing_happened(document: FinanceDisclosure) -> Sights:
    """A nil statement states no movement of money."""
    if not document.nil:
        return
    stated = [
        ("收入合计", document.income_total),
        ("支出合计", document.expense_total),
        ("三公经费合计", document.public_funds_total),
        ("政府采购支出", document.procurement_total),
        *((one.item, one.amount) for one in (*document.income, *document.expense)),
        *((one.fund.label, one.amount) for one in (*document.public_funds, *document.township_funds)),
        *((one.purpose, one.amount) for one in document.payments),
    ]
    moved = [f"{label} {_yuan(amount)}" for label, amount in stated if amount]
    if moved:
        yield Seen(
            "/nil",
            f"注明本期无发生额，却填有：{'、'.join(moved)}。",
            "请核对账簿：本期确有收支的，取消“本期无发生额”；确无收支的，更正这些金额。",
        )


def _balance(document: FinanceDisclosure) -> Sights:
    """期初 + 收入 − 支出 = 期末. A nil statement need not repeat that income and expense are zero."""
    idle = 0 if document.nil else None
    income = idle if document.income_total is None else document.income_total
    expense = idle if document.expense_total is None else document.expense_total
    opening, closing = document.opening, document.closing
    whole = {"期初余额": opening, "收入合计": income, "支出合计": expense, "期末余额": closing}
    planned = document.statement == StatementType.BUDGET
    needed = ("收入合计", "支出合计") if planned else tuple(whole)
    missing = [label for label in needed if whole[label] is None]
    if missing and not document.nil:
        yield Unclear(f"没有填写{'、'.join(missing)}，收支是否平衡无法核对。")
    if opening is None or income is None or expense is None or closing is None:
        return
    due = opening + income - expense
    if due != closing:
        yield Seen(
            "/closing",
            f"期初余额 {_yuan(opening)}，加收入 {_yuan(income)}，减支出 {_yuan(expense)}，应余 {_yuan(due)}，"
            f"期末余额填的是 {_yuan(closing)}，相差 {_yuan(abs(due - closing))}。",
            "请对照账簿核对期初、收入、支出、期末四个数，更正填错的一项。",
        )


def _parents(rows: Sequence[Money]) -> list[int | None]:
    """Return for each line the place of the heading that it stands under, by their levels."""
    headings: list[int] = []
    found: list[int | None] = []
    for place, row in enumerate(rows):
        while headings and rows[headings[-1]].level >= row.level:
            headings.pop()
        found.append(headings[-1] if headings else None)
        headings.append(place)
    return found


def _sums(rows: Sequence[Money], table: str, label: str, total: int | None) -> Sights:
    """The lines of a table add up to its total, and the lines under a heading to the heading."""
    if not rows:
        if total:
            yield Unclear(f"{label}合计 {_yuan(total)} 没有明细，无法核对。")
        return
    under: dict[int, list[int]] = defaultdict(list)
    top = 0
    for place, heading in enumerate(_parents(rows)):
        if heading is None:
            top += rows[place].amount
        else:
            under[heading].append(place)
    if total is not None and top != total:
        yield Seen(
            pointer(f"{table}_total"),
            f"{label}各大类相加是 {_yuan(top)}，{label}合计填的是 {_yuan(total)}，相差 {_yuan(abs(top - total))}。",
            f"请对照账簿核对{label}各大类和合计，补上漏列的项目，或者更正填错的金额。",
        )
    for place, parts in under.items():
        yield from _heading(rows, table, place, parts)


def _heading(rows: Sequence[Money], table: str, heading: int, places: list[int]) -> Sights:
    for column, label in COLUMNS:
        stated = getattr(rows[heading], column)
        parts = [getattr(rows[place], column) for place in places]
        if stated is None or None in parts:
            continue
        if stated != sum(parts):
            yield Seen(
                pointer(table, heading, column),
                f"“{rows[heading].item}”的{label}填的是 {_yuan(stated)}，其下 {len(parts)} 项明细相加是 {_yuan(sum(parts))}，"
                f"相差 {_yuan(abs(stated - sum(parts)))}。",
                "请对照账簿更正填错的金额；明细没有列全的，请补上缺少的明细。",
            )


def _public_funds(document: FinanceDisclosure, terms: Arithmetic) -> Sights:
    """三公经费: each line once; what belongs to them adds up to their total."""
    rows, total = document.public_funds, document.public_funds_total
    known: set[PublicFund] = set()
    for place, row in enumerate(rows):
        if row.fund in known:
            yield Seen(
                pointer("public_funds", place),
                f"三公经费中“{row.fund.label}”列了不止一行。",
                "请合并成一行；填错类别的，请改正类别。",
            )
        known.add(row.fund)
    counted = [row.amount for row in rows if row.fund in terms.public_funds]
    if total is None:
        if counted:
            yield Unclear("三公经费有明细而没有填写合计，无法核对。")
        return
    if not counted:
        if total:
            yield Unclear(f"三公经费合计 {_yuan(total)} 没有明细，无法核对。")
        return
    if sum(counted) != total:
        yield Seen(
            "/public_funds_total",
            f"三公经费各行相加是 {_yuan(sum(counted))}，合计填的是 {_yuan(total)}，相差 {_yuan(abs(sum(counted) - total))}。",
            f"请核对各行和合计。三公经费只含{'、'.join(one.label for one in terms.public_funds)}，其他费用不计入合计。",
        )


def _township(document: FinanceDisclosure) -> Sights:
    """The same expense is the same amount in both tables."""
    for place, row in enumerate(document.township_funds):
        for other in document.public_funds:
            if other.fund != row.fund:
                continue
            for column, label in COLUMNS:
                here, there = getattr(row, column), getattr(other, column)
                if here is not None and there is not None and here != there:
                    yield Seen(
                        pointer("township_funds", place, column),
                        f"“{row.fund.label}”的{label}，三项费用表填 {_yuan(here)}，三公经费表填 {_yuan(there)}。",
                        "同一项费用两处应当一致。请对照账簿更正填错的一处。",
                    )


@dataclass
class _Line:
    """What a statement says of one item, in all its lines of that name."""

    table: str
    row: int
    label: str
    amount: int = 0
    cumulative: int | None = 0


def _lines(document: FinanceDisclosure) -> dict[tuple[str, ...], _Line]:
    """Return every item by its table and the headings that it stands under."""
    found: dict[tuple[str, ...], _Line] = {}
    for key, place, label, row in _keyed(document):
        line = found.get(key)
        if line is None:
            line = found[key] = _Line(key[0], place, label)
        line.amount += row.amount
        known = line.cumulative is not None and row.cumulative is not None
        line.cumulative = line.cumulative + row.cumulative if known else None  # type: ignore[operator]  # `known` says that neither is None.
    return found


def _keyed(document: FinanceDisclosure) -> Iterator[tuple[tuple[str, ...], int, str, Row]]:
    for table in ("income", "expense"):
        rows: tuple[Money, ...] = getattr(document, table)
        keys: list[tuple[str, ...]] = []
        for place, heading in enumerate(_parents(rows)):
            above = (table,) if heading is None else keys[heading]
            keys.append((*above, _name(rows[place].item)))
            yield keys[-1], place, rows[place].item, rows[place]
    for table in ("public_funds", "township_funds"):
        funds: tuple[FundLine, ...] = getattr(document, table)
        for place, row in enumerate(funds):
            yield (table, row.fund.value), place, row.fund.label, row


def _before(period: str) -> str:
    """Return the quarter, month or year before."""
    if "Q" in period:
        return previous_quarter(period)
    year, month = int(period[:4]), int(period[5:] or 0)
    if not month:
        return str(year - 1)
    return f"{year}-{month - 1:02d}" if month > 1 else f"{year - 1}-12"


def _goes_on(document: FinanceDisclosure, context: Context, terms: Arithmetic) -> Sights:
    """本期期初 = 上期期末; 本年累计 = 上期累计 + 本期, from nothing at the start of a year."""
    if document.statement == StatementType.BUDGET:
        return
    yearly = len(document.period) == len("2026")
    lines = (
        {} if yearly else {key: one for key, one in _lines(document).items() if one.cumulative is not None}
    )
    if document.period.endswith(("Q1", "-01")):
        for one in lines.values():
            yield from _cumulates(one, 0, "今年第一期", None)
        lines = {}
    if document.opening is None and not lines:
        return
    before = _before(document.period)
    previous = context.dossier.disclosure(before, document.statement)
    if previous is None and context.unit.founded_on and context.unit.founded_on > period_end(before):
        for one in lines.values():
            yield from _cumulates(one, 0, "单位成立后第一期", None)
        return
    if previous is None:
        yield Unclear(f"没有找到{show_period(before)}的公开内容，期初余额和本年累计无法与上期核对。")
        return
    yield from _opens(document, previous, terms)
    known = _lines(previous)
    for key, one in lines.items():
        earlier = known[key].cumulative if key in known else 0
        if earlier is None:
            yield Unclear(f"{show_period(before)}没有填写“{one.label}”的本年累计，本期累计无法核对。")
        elif key not in known and one.cumulative != one.amount:
            yield Unclear(f"{show_period(before)}的公开内容中没有“{one.label}”，本期累计无法核对。")
        else:
            yield from _cumulates(one, earlier, show_period(before), terms.against_previous)


def _opens(document: FinanceDisclosure, previous: FinanceDisclosure, terms: Arithmetic) -> Sights:
    before = show_period(previous.period)
    if document.opening is None:
        return
    if previous.closing is None:
        yield Unclear(f"{before}没有填写期末余额，本期期初余额无法核对。")
    elif previous.closing != document.opening:
        yield Seen(
            "/opening",
            f"{before}期末余额是 {_yuan(previous.closing)}，本期期初余额填的是 {_yuan(document.opening)}，"
            f"相差 {_yuan(abs(previous.closing - document.opening))}。",
            f"请对照账簿核对：本期填错的，请更正；{before}公开有误的，请发布更正；因账务调整产生差额的，请写明原因。",
            terms.against_previous,
        )


def _cumulates(one: _Line, earlier: int, since: str, severity: Severity | None) -> Sights:
    if one.cumulative is None or one.cumulative == earlier + one.amount:
        return
    began = f"{since}累计 {_yuan(earlier)}，加本期" if severity else f"本期是{since}，本期金额"
    yield Seen(
        pointer(one.table, one.row, "cumulative"),
        f"“{one.label}”{began} {_yuan(one.amount)}，本年累计应为 {_yuan(earlier + one.amount)}，填的是 {_yuan(one.cumulative)}。",
        "请对照账簿核对本期金额和本年累计，更正填错的一处；以前公开有误的，请发布更正。",
        severity,
    )


def _oddities(document: FinanceDisclosure, terms: Arithmetic) -> Sights:
    """What adds up but asks for a second look."""
    for place, special in enumerate(document.special_funds):
        if special.used > special.received:
            yield Seen(
                pointer("special_funds", place, "used"),
                f"专项“{special.name}”到账 {_yuan(special.received)}，已使用 {_yuan(special.used)}，"
                f"多用 {_yuan(special.used - special.received)}。",
                "请核对金额。使用了以前到账的资金或者垫付的，请在情况说明中写明来源。",
                terms.overspent,
            )
    for table in ("public_funds", "township_funds"):
        for place, row in enumerate(getattr(document, table)):
            if row.amount > 0 and (row.times == 0 or row.people == 0):
                column = "times" if row.times == 0 else "people"
                yield Seen(
                    pointer(table, place, column),
                    f"“{row.fund.label}”支出 {_yuan(row.amount)}，{'批次或辆数' if column == 'times' else '人次'}填的是 0。",
                    "请核对台账，填写实际的批次、辆数或人次。",
                    terms.uncounted,
                )
    yield from _negative(document, terms)


def _negative(document: FinanceDisclosure, terms: Arithmetic) -> Sights:
    for name, label in (
        ("opening", "期初余额"),
        ("income_total", "收入合计"),
        ("expense_total", "支出合计"),
        ("closing", "期末余额"),
        ("procurement_total", "政府采购支出"),
    ):
        yield from _below_zero((name,), label, getattr(document, name), document.explanation, terms)
    for table in ("income", "expense", "public_funds", "township_funds"):
        for place, row in enumerate(getattr(document, table)):
            label = row.fund.label if isinstance(row, FundLine) else row.item
            yield from _below_zero((table, place, "amount"), label, row.amount, row.explanation, terms)
    for place, special in enumerate(document.special_funds):
        for name in ("received", "used"):
            where = ("special_funds", place, name)
            yield from _below_zero(where, special.name, getattr(special, name), document.explanation, terms)


def _below_zero(
    where: tuple[str | int, ...], label: str, amount: int | None, explained: str | None, terms: Arithmetic
) -> Sights:
    if amount is not None and amount < 0 and not explained:
        yield Seen(
            pointer(*where),
            f"“{label}”填的是负数（{_yuan(amount)}），没有说明。",
            "请核对金额。属于退款或者红字冲销的，请在说明中写明；填错的，请更正。",
            terms.negative,
        )
