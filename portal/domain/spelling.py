"""Dated entries as a regime file spells them, and single values as a person types them.

An entry in memory holds fen, fractions and spans; a file says 5000, "2/3" and "20个工作日". What a person changes is
kept in the file's spelling, so that it is validated by the very models that read the file.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from portal.domain.calendar import Span
from portal.domain.regime_files import say
from portal.domain.values import Choice, show_yuan

_YES, _NO = "是", "否"


@dataclass(frozen=True)
class Named:
    """Stands beside a `Literal` in a model: what its words are called, in the order of the words."""

    labels: tuple[str, ...]


@dataclass(frozen=True)
class Shape:
    """What a field holds: its plain type, whether it is a list, an amount, and whether it may be left out."""

    core: Any
    many: bool
    yuan: bool
    optional: bool
    labels: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return the columns of a list whose entries have values of their own (分档, 计分项目); none for any other."""
        if not (self.many and isinstance(self.core, type) and issubclass(self.core, BaseModel)):
            return ()
        return tuple(
            Column(name, info.title or name, shape_of(info), info.is_required())
            for name, info in self.core.model_fields.items()
        )

    @property
    def simple(self) -> bool:
        """Tell whether the value can be typed into one line."""
        return self.core in (bool, int, str, Span, Fraction) or bool(self.options)

    @property
    def options(self) -> list[tuple[str, str]]:
        """Return what there is to choose from: value and label; nothing where it is typed freely."""
        if self.core is bool and not self.many:
            return [("true", _YES), ("false", _NO)]
        if get_origin(self.core) is Literal:
            words = get_args(self.core)
            return list(zip(words, self.labels or words, strict=True))
        if isinstance(self.core, type) and issubclass(self.core, Choice):
            return [(one.value, one.label) for one in self.core]
        return []

    @property
    def hint(self) -> str:
        """Say how the value is written."""
        if self.many:
            return "多项之间用顿号“、”隔开。" + (
                f"可写：{'、'.join(label for _, label in self.options)}。" if self.options else ""
            )
        if self.core is Span:
            return "写成“20个工作日”、“30日”或“6个月”。"
        if self.core is Fraction:
            return "写成“2/3”或“20%”。"
        return "单位为元，例如 5000。" if self.yuan else "写整数。" if self.core is int else ""


@dataclass(frozen=True)
class Column:
    """One value of an entry of a list."""

    name: str
    label: str
    shape: Shape
    required: bool


def shape_of(info: FieldInfo) -> Shape:
    """Return the shape of a model's field."""
    yuan = "yuan" in info.metadata
    labels = next((one.labels for one in info.metadata if isinstance(one, Named)), ())
    core, optional, many = info.annotation, False, False
    while True:
        origin = get_origin(core)
        if origin is Annotated:
            core, *marks = get_args(core)
            yuan = yuan or "yuan" in marks
        elif origin in (Union, types.UnionType) and type(None) in get_args(core):
            core, optional = next(one for one in get_args(core) if one is not type(None)), True
        elif origin is tuple and not many:
            core, many = get_args(core)[0], True
        else:
            return Shape(core, many, yuan, optional, labels)


def spelt(entry: BaseModel) -> dict[str, Any]:
    """Return an entry as a file says it; what the file would leave out is left out."""
    found = {}
    for name, info in type(entry).model_fields.items():
        value = getattr(entry, name)
        if value is not None:
            found[info.alias or name] = _spelt(value, yuan=shape_of(info).yuan)
    return found


def _spelt(value: Any, *, yuan: bool) -> Any:
    match value:
        case BaseModel():
            return spelt(value)
        case tuple() | list():
            return [_spelt(one, yuan=yuan) for one in value]
        case bool():
            return value
        case Fraction():
            return f"{value.numerator}/{value.denominator}"
        case Span():
            return str(value)
        case Choice():
            return value.value
        case int() if yuan:
            return f"{value // 100}.{value % 100:02d}"
        case _:
            return value.isoformat() if hasattr(value, "isoformat") else value


def typed(value: Any, shape: Shape) -> str:
    """Return a value as it stands in a form."""
    if value is None:
        return ""
    if shape.many:
        return "、".join(one.label if isinstance(one, Choice) else _typed(one, shape) for one in value)
    return _typed(value, shape)


def _typed(value: Any, shape: Shape) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Choice():
            return str(value.value)
        case int() if shape.yuan:
            return show_yuan(value).replace(",", "")
        case Fraction():
            return f"{value.numerator}/{value.denominator}"
        case _:
            return str(value)


def typed_rows(value: Any, shape: Shape) -> tuple[dict[str, str], ...]:
    """Return a list with columns as it stands in a form, row by row."""
    return tuple(
        {one.name: typed(getattr(entry, one.name), one.shape) for one in shape.columns} for entry in value
    )


def shown_row(row: Mapping[str, str], shape: Shape) -> str:
    """Return a row as it is typed in one line, for people: what is left out is left out."""
    told = []
    for one in shape.columns:
        text = row.get(one.name, "").strip()
        if not text or (not one.required and text == "false"):
            continue
        if one.shape.yuan and re.fullmatch(r"\d+(\.\d{1,2})?", text):
            text = f"{show_yuan(int(Decimal(text) * 100))} 元"
        label = dict(one.shape.options).get(text, text)
        told.append(f"{one.label} {label}")
    return "，".join(told)


@dataclass(frozen=True)
class RowMistake:
    """What is wrong with a row: its place (from 0), its column (none: the whole row), and the words."""

    row: int
    column: str
    words: str


def read_rows(
    rows: Sequence[Mapping[str, str]], shape: Shape
) -> tuple[list[dict[str, Any]], list[RowMistake]]:
    """Return typed rows in the file's spelling, and everything that is wrong; blank rows are left out.

    Each row is read by the very model that reads it from a file.
    """
    read: list[dict[str, Any]] = []
    wrong: list[RowMistake] = []
    for number, row in enumerate(rows):
        if not any(row.get(one.name, "").strip() for one in shape.columns if one.shape.core is not bool):
            continue
        content: dict[str, Any] = {}
        mistakes: list[RowMistake] = []
        for one in shape.columns:
            text = row.get(one.name, "")
            try:
                if text.strip() or one.required:
                    content[one.name] = read_typed(text, one.shape)
            except ValueError as told:
                mistakes.append(RowMistake(number, one.name, f"第 {number + 1} 行“{one.label}”：{told}"))
        if not mistakes:
            mistakes += _refused(number, content, shape)
        read.append(content)
        wrong += mistakes
    return read, wrong


def _refused(number: int, content: Mapping[str, Any], shape: Shape) -> Iterator[RowMistake]:
    """Yield what the model says of a row."""
    labels = {one.name: one.label for one in shape.columns}
    try:
        shape.core.model_validate(content)
    except ValidationError as wrong:
        for error in wrong.errors():
            name = str(error["loc"][0]) if error["loc"] else ""
            where = f"“{labels[name]}”" if name in labels else ""
            yield RowMistake(
                number, name if name in labels else "", f"第 {number + 1} 行{where}：{say(dict(error))}"
            )


def shown(value: Any, shape: Shape) -> str:
    """Return a value as people read it."""
    if value is None or value == ():
        return "没有"
    if shape.many:
        return "、".join(shown(one, Shape(shape.core, False, shape.yuan, False)) for one in value)
    match value:
        case bool():
            return _YES if value else _NO
        case Choice():
            return value.label
        case int() if shape.yuan:
            return f"{show_yuan(value)} 元"
        case Fraction():
            return f"{value.numerator}/{value.denominator}"
        case _:
            return str(value)


def read_typed(text: str, shape: Shape) -> Any:
    """Return what was typed in the file's spelling, or raise `ValueError` in Chinese; None for a blank."""
    plain = text.strip()
    if shape.many and shape.options:
        return list(_chosen(plain, shape.options))
    if shape.many:
        return [
            _read(one.strip(), shape)
            for one in re.split(r"[、;；\n]" if not shape.yuan else r"[、;；\s]", plain)
            if one.strip()
        ]
    if not plain:
        if shape.optional:
            return None
        raise ValueError("没有填写。请填写一个取值。")
    return _read(plain, shape)


def _chosen(text: str, options: list[tuple[str, str]]) -> Iterator[str]:
    """Yield what was chosen. A label may itself hold the mark that stands between two."""
    rest = text
    while rest := rest.strip("、;；\n "):
        fitting = [(label, value) for value, label in options if rest.startswith(label)]
        if not fitting:
            raise ValueError(f"“{rest[:20]}”不在可选值内。可用：{'、'.join(label for _, label in options)}。")
        label, value = max(fitting, key=lambda one: len(one[0]))
        yield value
        rest = rest[len(label) :]


def _read(text: str, shape: Shape) -> Any:
    if shape.options:
        for value, label in shape.options:
            if text in (value, label):
                return value == "true" if shape.core is bool else value
        raise ValueError(f"“{text}”不在可选值内。可用：{'、'.join(label for _, label in shape.options)}。")
    if shape.yuan:
        return text.replace(",", "").replace("，", "").removesuffix("元").strip()
    if shape.core is int:
        if not re.fullmatch(r"-?\d{1,6}", text):
            raise ValueError(f"“{text}”不是整数。请写成例如 5。")
        return int(text)
    if shape.core is bool:
        raise ValueError("请选择是或否。")
    return text
