"""JSON records in: the model's own form, or Chinese labels as keys."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Field, declaration
from portal.domain.values import Type, fold
from portal.exchange.sheets.archive import MAX_ROWS, refuse
from portal.exchange.sheets.books import decode
from portal.exchange.sheets.cells import read_cell
from portal.exchange.sheets.complaints import complaints
from portal.exchange.sheets.headers import UNIT_HEADERS, Known, known_columns, known_fields
from portal.exchange.sheets.keys import key_of
from portal.exchange.sheets.results import (
    Entry,
    Problem,
    Reading,
    UnreadableFile,
    Where,
    shorten,
    split_advice,
)

SHEET = "JSON"
_MAX_DEPTH = 12  # A document needs five levels; twelve leaves room for any envelope.
_HEAD = ("kind", "schema_version")


_MAX_OBJECTS = 500_000
_STRUCTURE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+|[\[\]{}]', re.DOTALL)  # Strings whole, and brackets.


class _Duplicate(ValueError):
    """A key stands twice in one object."""


def load(data: bytes) -> Any:
    """Parse JSON strictly: no key twice, no NaN, no deep nesting."""
    text = decode(data)
    _check_depth(text)
    try:
        return json.loads(
            text.lstrip("\ufeff"), object_pairs_hook=_object, parse_constant=_constant, parse_float=Decimal
        )
    except _Duplicate as twice:
        raise refuse(f"JSON 中同一处出现了两个“{twice}”", "请只保留一个后再上传") from twice
    except json.JSONDecodeError as broken:
        raise refuse(
            f"不是完整的 JSON 文本（第 {broken.lineno} 行第 {broken.colno} 个字符处出错）",
            "请检查引号、逗号和括号是否成对",
        ) from broken
    except (ValueError, RecursionError) as broken:
        raise refuse("JSON 中有无效的数（NaN、Infinity 或位数过多）", "请改为普通数字后再上传") from broken


def _check_depth(text: str) -> None:
    depth, objects, records = 0, 0, 0
    for found in _STRUCTURE.finditer(text):
        sign = found[0][0]
        if sign in "[{":
            # Records stand at the top, in a list or in {"records": [...]}; deeper objects are rows of tables.
            objects += sign == "{"
            records += sign == "{" and depth <= 2
            depth += 1
            if depth > _MAX_DEPTH:
                raise refuse(f"JSON 嵌套超过 {_MAX_DEPTH} 层", "请按模板的结构导出后再上传")
            if records > MAX_ROWS + 1 or objects > _MAX_OBJECTS:
                raise _too_many()
        elif sign in "]}":
            depth -= 1


def _too_many(limit: int = MAX_ROWS) -> UnreadableFile:
    return refuse(f"JSON 中超过 {limit:,} 条记录，一次导入不了这么多", "请分成几个文件，分别导入")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Duplicate(shorten(key))
        found[key] = value
    return found


def _constant(name: str) -> Any:
    raise ValueError(name)


def split_records(content: Any, *, limit: int = MAX_ROWS) -> list[Any]:
    """Return the records of one object, a list, or {"records": [...]}."""
    if isinstance(content, dict) and isinstance(content.get("records"), list):
        content = content["records"]
    records = content if isinstance(content, list) else [content]
    if len(records) > limit:
        raise _too_many(limit)
    if not records or not any(isinstance(one, dict) for one in records):
        raise refuse("JSON 中没有记录", '应为一个对象、一个列表，或 {"records": [...]}')
    return records


def read_records(data: bytes, model: type[Document], *, max_records: int = MAX_ROWS) -> Reading:
    """Read every record, at most `max_records`; a record's `row` is its ordinal, from 1."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    rejected = 0
    labelled = False
    seen: dict[tuple[str, str], int] = {}
    number = 0
    for number, content in enumerate(split_records(load(data), limit=max_records), start=1):
        record = _Record(model, number)
        document = record.read(content)
        labelled |= record.labelled
        key = document.natural_key() if document else key_of(model, record.data, record.unread())
        if key:
            first = seen.setdefault((fold(record.unit or ""), key), number)
            if first != number:
                record.complain(
                    (), "", f"与第 {first} 条是同一单位的同一条记录，重复填写。", "请核对后只保留一条。"
                )
        problems.extend(record.problems)
        if document is None or record.problems:
            rejected += 1
        else:
            entries.append(Entry(document, record.unit, SHEET, number, where=record.where))
    notes = (
        ["以中文栏目名为键的金额按元计（键名注明万元的按万元计）；以英文字段名为键的金额按分计。"]
        if labelled
        else []
    )
    return Reading(
        tuple(entries),
        tuple(problems),
        rejected,
        tuple(notes),
        (SHEET,),
        rows=frozenset((SHEET, one + 1) for one in range(number)),
    )


@dataclass
class _Record:
    model: type[Document]
    number: int
    unit: str | None = None
    labelled: bool = False
    problems: list[Problem] = field(default_factory=list)
    bad: set[tuple[str | int, ...]] = field(default_factory=set)
    data: dict[str, Any] = field(default_factory=dict)

    def where(self, pointer: str) -> Where:
        """Return which record and which of its fields a JSON pointer means."""
        place = tuple(int(one) if one.isdigit() else one for one in pointer.split("/")[1:])
        label = declaration(self.model).label_of(place) if place else ""
        return Where(SHEET, self.number, label, "", "")

    def unread(self) -> set[tuple[str, ...]]:
        """Return the paths of single fields that are missing or wrong."""
        return {tuple(part for part in path if isinstance(part, str)) for path in self.bad if path}

    def complain(
        self, place: tuple[str | int, ...], value: str, message: str, remedy: str, label: str = ""
    ) -> None:
        """Add a problem; a place within the record is named by its label."""
        name = label or (declaration(self.model).label_of(place) if place else "")
        cell = "" if name else f"{self.number}:{self.number}"
        self.problems.append(Problem(SHEET, self.number, name, cell, shorten(value, 200), message, remedy))

    def read(self, content: Any) -> Document | None:
        """Return the document, or None with problems."""
        if not isinstance(content, dict):
            self.complain((), "", f"第 {self.number} 条不是对象。", "请写成 {栏目: 内容} 的形式。")
            return None
        if isinstance(content.get("document"), dict):
            self._take_unit(content.get("unit"))
            content = content["document"]
        self.data = data = self._document(content)
        try:
            document = self.model.model_validate(data)
        except ValidationError as error:
            for one in complaints(error):
                if not any(one.place[: len(path)] == path for path in self.bad):
                    named = f"“{declaration(self.model).label_of(one.place)}”" if one.place else ""
                    self.complain(one.place, one.value, f"{named}{one.message}", one.remedy)
            self.bad |= {one.place for one in complaints(error)}
            return None
        return None if self.problems else document

    def _take_unit(self, name: Any) -> None:
        if isinstance(name, str) and name.strip():
            self.unit = " ".join(name.split())

    def _document(self, content: dict[str, Any]) -> dict[str, Any]:
        declared = declaration(self.model)
        groups = {one.group: one.path[0] for one in declared.fields if one.group}
        tables = {fold(key): table for table in declared.tables for key in (table.name, table.about.label)}
        known = known_fields(self.model)
        data: dict[str, Any] = {}
        for key, value in content.items():
            if key in _HEAD:
                self._check_head(key, value)
            elif fold(key) in tables and isinstance(value, list):
                table = tables[fold(key)]
                columns = known_columns(self.model, table.name)
                self._put(data, (table.name,), [
                    self._part(row, table.fields, columns, (table.name, index)) for index, row in enumerate(value)
                ], key)  # fmt: skip
            elif isinstance(value, dict) and (key in groups or key in groups.values()):
                name = groups.get(key, key)
                fields = [one for one in declared.fields if one.path[0] == name and one.group]
                merged = self._part(value, fields, known, (name,))
                self._put(
                    data,
                    (name,),
                    {**data.get(name, {}), **merged},
                    key,
                    again=isinstance(data.get(name), dict),
                )
            elif key in self.model.model_fields:
                self._put(data, (key,), _plain(value), key)
            else:
                self._labelled(data, known, key, value, ())
        return data

    def _part(self, value: Any, fields: Iterable[Field], known: Known, place: tuple[str | int, ...]) -> Any:
        """Read a group or a row of a table, whose keys are names or labels."""
        if not isinstance(value, dict):
            return _plain(value)
        own = {one.path[-1] for one in fields}
        data: dict[str, Any] = {}
        for key, inner in value.items():
            if key in own:
                data[key] = _plain(inner)
            else:
                self._labelled(data, known, key, inner, place)
        return data

    def _labelled(
        self, data: dict[str, Any], known: Known, key: str, value: Any, place: tuple[str | int, ...]
    ) -> None:
        """Read a value under a Chinese label as the same text would be read in a cell."""
        match = known.match(key)
        if match is None:
            if not place and fold(key) in (*(fold(one) for one in UNIT_HEADERS), "unit", "unit_name"):
                self._take_unit(value)
            else:
                self.complain(
                    (), "", f"没有“{shorten(key)}”这一栏。", "请删除，或改用模板中的栏目名称。", shorten(key)
                )
            return
        self.labelled = True
        if value is None or value == "":
            return
        path = match.field.path
        whole = path if not place or path[0] == place[0] else (*place, *path)
        scale = match.scale or (1_000_000 if match.wan_alias else 100)
        try:
            read = _read(match.field, value, scale)
        except ValueError as wrong:
            message, remedy = split_advice(str(wrong))
            self.complain(whole, str(value), message, remedy)
            self.bad.add(whole)
            return
        if len(path) == 2 and not place:
            group = data.setdefault(path[0], {})
            if isinstance(group, dict):
                self._put(group, path[1:], read, key)
        else:
            self._put(data, path[-1:], read, key)

    def _put(
        self, data: dict[str, Any], path: tuple[str, ...], value: Any, key: str, *, again: bool = False
    ) -> None:
        if path[0] in data and not again:
            self.complain(
                (),
                "",
                f"“{shorten(key)}”这一栏填了两次（名称不同，指的是同一栏）。",
                "请只保留一处。",
                shorten(key),
            )
            return
        data[path[0]] = value

    def _check_head(self, key: str, value: Any) -> None:
        if key == "kind" and value not in (self.model.kind.code, self.model.kind.label):
            self.complain(
                (),
                str(value),
                f"这一条不是“{self.model.kind.label}”。",
                "请选对公开内容的类别后再导入。",
                "kind",
            )


def _plain(value: Any) -> Any:
    """Give pydantic whole numbers as integers: money is integer fen and read strictly."""
    if isinstance(value, Decimal):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value


def _read(one: Field, value: Any, scale: int) -> Any:
    if isinstance(value, list) and one.type == Type.LINES and all(isinstance(line, str) for line in value):
        return tuple(value)
    if isinstance(value, dict | list):
        raise ValueError(  # noqa: TRY004 - the caller collects ValueError as the officer's mistake.
            "应是单个内容，不是列表或对象。请改为一段文字或一个数。"
        )
    if isinstance(value, bool | str):
        return read_cell(one, value, scale=scale)
    return one.read(format(value, "f") if isinstance(value, Decimal) else str(value), scale=scale)
