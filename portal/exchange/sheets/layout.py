"""What a template's columns are and how a value is written into them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, get_args

from pydantic import BaseModel

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Field, declaration
from portal.domain.values import Type

PIECE = 16_000  # Excel holds 32,767 UTF-16 units in a cell; a rare character takes two of them.


@dataclass(frozen=True)
class Slot:
    """One column of a template: a field, or the piece of a field's long text."""

    field: Field
    piece: int = 0

    @property
    def header(self) -> str:
        """Return the header as written, with the unit of money."""
        label = f"{self.field.label}（元）" if self.field.type == Type.MONEY else self.field.label
        return f"{label}（续{self.piece}）" if self.piece else label


def value_of(owner: Any, field: Field) -> Any:
    """Return the field's value in a document or in the row of a table; None where its group is absent."""
    for name in field.path:
        if owner is None:
            return None
        owner = getattr(owner, name)
    return owner


def is_required(model: type[Document], field: Field) -> bool:
    """Tell whether every record must fill the field; a title that makes itself need not be filled."""
    own_title = model.names_itself()
    return field.required and field.group is None and not (field.path == ("title",) and own_title)


def slots(fields: tuple[Field, ...], owners: list[Any]) -> list[Slot]:
    """Return the columns; a field has more than one where a text is too long for one cell."""
    found: list[Slot] = []
    for one in fields:
        longest = max((len(text_of(one, value_of(owner, one))) for owner in owners), default=0)
        found.extend(Slot(one, piece) for piece in range(max(1, -(-longest // PIECE))))
    return found


def text_of(field: Field, value: Any) -> str:
    """Return the text that reads back as the same value."""
    if value is None:
        return ""
    if field.type == Type.MONEY:
        return f"{Decimal(value) / 100:.2f}"
    text = field.show(value)
    if field.type == Type.LINES and value and ("\n" in text or field.read(text) != value):
        # Marks such as “、” inside an entry would split it; a line break says that only lines count.
        return "\n".join(value) + "\n"
    # These two code points are no characters, and no spreadsheet opens a file that holds them.
    return text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")


def native_of(field: Field, value: Any) -> str | float | date | None:
    """Return the value as a spreadsheet's own number or date where it has one."""
    if value is None or value == ():
        return None
    match field.type:
        case Type.MONEY | Type.RATIO:
            return float(Decimal(value) / 100)
        case Type.COUNT:
            return float(value)
        case Type.DAY:
            day: date = value
            return day
        case _:
            return text_of(field, value)


def flat_rows(document: Document) -> Iterator[tuple[str, str]]:
    """Yield label and shown value of every single field that is filled, in the order of the declaration."""
    for field in declaration(type(document)).fields:
        if shown := field.show(value_of(document, field)):
            yield field.label, shown


_HOW = {
    Type.LINE: "一行文字，不超过 300 字。",
    Type.PROSE: "文字，可换行。",
    Type.MONEY: "金额，单位为元，最多两位小数；也可写明单位，如“1.2万元”。",
    Type.COUNT: "不小于 0 的整数，不带单位。",
    Type.RATIO: "数字，最多两位小数，如 92.30。",
    Type.DAY: "日期，如 2026-03-05 或 2026年3月5日。",
    Type.MONTH: "月份，如 2026年7月。",
    Type.PERIOD: "所属期，如 2026年第三季度、2026年7月、2026年。",
    Type.CLOCK: "时刻，如 15:30。",
    Type.YES_NO: "填“是”或“否”。",
    Type.LINES: "可填多条，单元格内一行一条（Alt+Enter 换行）。",
    Type.USCC: "18 位统一社会信用代码。",
}


def how_to_fill(field: Field, default: Any = None) -> str:
    """Say how the field is filled, from its type and its choices, and what a blank cell means."""
    blank = f"留空按“{shown}”处理。" if (shown := field.show(default)) else ""
    if field.choices is not None:
        return f"从下拉选项中选填：{'、'.join(one.label for one in field.choices)}。{blank}"
    return _HOW[field.type] + blank


def part_of(model: type[Document], name: str) -> type[BaseModel] | None:
    """Return the model of the group or of the table's rows that the field `name` holds, if it holds one."""
    queue = [model.model_fields[name].annotation] if name in model.model_fields else []
    while queue:
        one = queue.pop()
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
        queue.extend(get_args(one))
    return None


def default_of(model: type[Document], field: Field, table: str | None = None) -> Any:
    """Return what a blank cell of the field means; None where it means nothing."""
    owner: type[BaseModel] | None = model
    if table is not None or len(field.path) == 2:
        owner = part_of(model, table or field.path[0])
    info = owner.model_fields[field.path[-1]] if owner else None
    return None if info is None or info.is_required() else info.get_default(call_default_factory=False)


def requirement(model: type[Document], field: Field, *, in_table: bool) -> str:
    """Say whether the field must be filled, and when."""
    if is_required(model, field):
        return "每行必填" if in_table else "必填"
    if field.required and field.group:
        return f"填写“{field.group}”时必填"
    return "选填"
