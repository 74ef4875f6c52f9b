"""Figures that read well and cannot be meant: amounts in the wrong unit, totals that do not add up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from statistics import median

from portal.domain.values import Type, show_yuan
from portal.exchange.sheets.books import Sheet
from portal.exchange.sheets.cells import SCALE_NAMES, as_text, is_blank, read_cell
from portal.exchange.sheets.drafts import Draft, problem_at
from portal.exchange.sheets.headers import Column, Header
from portal.exchange.sheets.hints import in_unit
from portal.exchange.sheets.results import Problem

# A bare number under 万元 is taken for yuan when it is as large as a county's whole budget (a hundred
# hundred-millions), or, from ten hundred-millions on, some hundred times what its column usually holds.
_CERTAIN = 10**12
_DOUBTFUL = 10**11
_TIMES = 500
_ENOUGH = 3  # Fewer other amounts say nothing about what is usual.


def tell_wrong_units(rows: Iterable[Draft]) -> None:
    """Add a problem to every row whose bare number in a column of 万元 is far too large to be 万元.

    Whoever means it writes the unit into the cell, which is read as written.
    """
    amounts: dict[tuple[str, int], list[tuple[Draft, Column, int]]] = defaultdict(list)
    for row in rows:
        for column in row.header.columns:
            if column.field.type == Type.MONEY and column.scale > 100:
                fen = _bare_amount(row, column)
                if fen is not None:
                    amounts[row.sheet.name, column.index].append((row, column, fen))
    for found in amounts.values():
        for row, column, fen in found:
            others = (
                [abs(other) for one, _, other in found if one is not row] if abs(fen) >= _DOUBTFUL else []
            )
            if _is_absurd(abs(fen), others):
                _tell(row, column, fen)


def _bare_amount(row: Draft, column: Column) -> int | None:
    text = as_text(row.sheet.at(row.row, column.index))
    if any(sign in text for sign in "元万亿"):
        return None
    path = column.field.path
    holder = row.data.get(path[0]) if len(path) == 2 else row.data
    value = holder.get(path[-1]) if isinstance(holder, dict) else None
    return value if isinstance(value, int) else None


def _is_absurd(fen: int, others: list[int]) -> bool:
    if fen >= _CERTAIN:
        return True
    return len(others) >= _ENOUGH and fen >= _TIMES * max(1, median(others))


def _tell(row: Draft, column: Column, fen: int) -> None:
    unit = SCALE_NAMES[column.scale]
    shown = as_text(row.sheet.at(row.row, column.index)).strip()
    meant = in_unit(fen // column.scale * 100, column.scale)
    row.problems.append(
        row.at(
            column,
            shown,
            f"这一列的单位是{unit}，{shown} {unit}合 {show_yuan(fen)} 元，大得不合常理。",
            f"本意是 {shown} 元的，请填 {meant}；确实是 {shown} {unit}的，请在格内写明“{shown}{unit}”。",
        )
    )


def wrong_totals(
    sheet: Sheet, header: Header, number: int, above: list[Draft], *, level: str = "level"
) -> Iterator[Problem]:
    """Yield the amounts of a totals row (0-based `number`) that the rows above it do not add up to.

    Where lines have levels, the lines of either level may be what was added up.
    """
    for column in header.columns:
        cell = sheet.at(number, column.index)
        if column.field.type != Type.MONEY or is_blank(cell):
            continue
        try:
            told = read_cell(column.field, cell, scale=column.scale)
        except ValueError:
            continue
        name = column.field.path[-1]
        lines = [(one.data.get(level), one.data.get(name)) for one in above]
        if any(column.field.path in one.bad for one in above) or not lines:
            continue
        sums = {sum(fen or 0 for _, fen in lines)}
        for wanted in {rank for rank, _ in lines if rank is not None}:
            sums.add(sum(fen or 0 for rank, fen in lines if (rank or 1) == wanted))
        if told in sums:
            continue
        right = min(sums, key=lambda one: abs(one - told))
        yield problem_at(
            sheet,
            number,
            column.index,
            column.header,
            as_text(cell),
            f"合计 {show_yuan(told)} 元与各行相加 {show_yuan(right)} 元不符。",
            f"相差 {show_yuan(abs(told - right))} 元，请核对各行；各行无误的，合计应填 {in_unit(right, column.scale)}。",
        )
