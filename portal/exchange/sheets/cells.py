"""One cell → one value of a field, without ever losing a cent."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from portal.domain import values
from portal.domain.documents.declaration import Field
from portal.domain.values import Type
from portal.exchange.sheets.archive import UNCALCULATED
from portal.exchange.sheets.books import Cell

ERROR_TEXTS = {
    "#REF!": "引用的单元格已不存在",
    "#DIV/0!": "除数为零",
    "#VALUE!": "参与计算的内容不是数字",
    "#NAME?": "公式名称写错",
    "#N/A": "没有查到对应的值",
    "#NUM!": "计算结果超出范围",
    "#NULL!": "区域写法有误",
    "#SPILL!": "结果区域被占用",
    "#CALC!": "公式无法计算",
}
_EXACT = 10**15  # Excel keeps 15 digits: a longer number in a numeric cell has lost its tail.
# Floats such as 0.1+0.2 differ from the cent by far less than this; a real third decimal by far more.
_DUST = Decimal("0.0001")


def is_blank(cell: Cell) -> bool:
    """Tell whether a person would see nothing in the cell."""
    return isinstance(cell, str) and not values.fold(cell)


def as_text(cell: Cell) -> str:
    """Return the cell as a person would write it: whole numbers without decimals, dates in ISO form."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, int | float):
        return _number_text(cell)
    if isinstance(cell, datetime):
        return (
            cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ", timespec="seconds")
        )
    if isinstance(cell, time):
        return cell.isoformat(timespec="minutes")
    if isinstance(cell, timedelta):
        minutes = round(cell.total_seconds() / 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    return cell.isoformat() if isinstance(cell, date) else cell


def _number_text(number: float) -> str:
    if not math.isfinite(number):
        return str(number)
    return f"{Decimal(format(number, '.15g')).normalize():f}"


def read_cell(field: Field, cell: Cell, *, scale: int = 100, fault: str | None = None) -> Any:
    """Return the field's value, or raise `ValueError` in Chinese.

    `scale` is the fen in one unit of a bare number; `fault` is the error that
    the workbook holds in place of a value.
    """
    if fault is None and isinstance(cell, str) and cell.strip().upper() in ERROR_TEXTS:
        fault = cell.strip().upper()
    if fault == UNCALCULATED:
        raise ValueError("单元格是公式，但没有保存计算结果。请在 Excel 中打开并保存一次，或把公式改为数值。")
    if fault is not None:
        why = ERROR_TEXTS.get(fault, "公式出错")
        raise ValueError(f"单元格是公式错误 {fault}（{why}）。请改正公式，或直接填写数值。")
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _read_number(field, cell, scale)
    if field.type == Type.MONTH and isinstance(cell, date):
        return f"{cell.year}-{cell.month:02d}"
    if field.type == Type.PERIOD and isinstance(cell, date):
        return f"{cell.year}-{cell.month:02d}"
    if field.type == Type.DAY and isinstance(cell, datetime):
        return cell.date()
    text = as_text(cell)
    if field.type == Type.LINES and "\n" in text:
        # Where the writer broke the lines, other marks belong to the entries.
        return tuple(line.strip() for line in text.split("\n") if line.strip())
    return field.read(text, scale=scale)


def _read_number(field: Field, number: float, scale: int) -> Any:
    if not math.isfinite(number):
        raise ValueError("单元格不是有效的数。请核对后重新填写。")
    if field.type == Type.MONEY:
        exact = Decimal(format(number, ".15g")) * scale
        nearest = exact.to_integral_value()
        if abs(exact - nearest) < _DUST and abs(nearest) <= values.MAX_FEN:
            return int(nearest)
        return field.read(_number_text(number), scale=scale)
    if field.type in (Type.LINE, Type.PROSE, Type.USCC, Type.LINES) and abs(number) >= _EXACT:
        raise ValueError(
            "这一格被 Excel 存成了数字，第 15 位以后的数字已经丢失。请把单元格格式设为“文本”后重新填写。"
        )
    if field.type == Type.DAY and 15_000 <= number <= 110_000 and number == int(number):
        # A date whose cell lost its date format: Excel's own day number.
        return date(1899, 12, 30) + timedelta(days=int(number))
    if field.type == Type.RATIO:
        exact = Decimal(format(number, ".15g")) * 100
        if abs(exact - exact.to_integral_value()) < _DUST:
            return field.read(f"{exact.to_integral_value() / 100:f}")
    return field.read(_number_text(number), scale=scale)


def unit_of_money(text: str) -> int | None:
    """Return the fen of the unit that a line such as “单位：万元” names, else None."""
    found = re.search(r"单位[::](?:人民币)?(亿元|万元|千元|元|分)", values.fold(text))
    return SCALES[found[1]] if found else None


SCALES = {"亿元": 10**10, "万元": 10**6, "千元": 10**5, "元": 100, "分": 1}
SCALE_NAMES = {scale: name for name, scale in SCALES.items()}
