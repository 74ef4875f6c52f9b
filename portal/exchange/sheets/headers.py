"""Which column is which field: headers compared as a person would, by the kind's declaration."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Field, declaration
from portal.domain.values import Type, fold
from portal.exchange.sheets.books import Cell, Sheet
from portal.exchange.sheets.cells import SCALE_NAMES, SCALES, as_text, is_blank, unit_of_money

RECORD_KEY = "记录编号"
UNIT = "单位"
RESULT = "核对结果"
UNIT_HEADERS = ("单位", "单位名称", "发布机构", "采购单位", "采购人", "客户名称", "填报单位")
_SEARCHED_ROWS = 20
_WAN = 10**6
_UNIT_TAIL = re.compile(r"^(.+?)[(\[【/:]?(?:单位:?)?(亿元|万元|千元|元)[)\]】]?$")
_REMARK_TAIL = re.compile(r"^(.+?)[(\[【](?:必填|选填|可选|填写到月|填写到日|是/否|是或否)[)\]】]$")
_CONTINUED = re.compile(r"^(.+)\(续(\d{1,2})\)$")


@dataclass(frozen=True)
class Match:
    """What a header means: the field, the fen of a bare number under it, and which piece of a long text."""

    field: Field
    scale: int | None = None
    wan_alias: bool = False
    piece: int = 0


@dataclass(frozen=True)
class Known:
    """The names under which a kind (or a table) knows its fields."""

    names: dict[str, tuple[Field, bool]]
    ambiguous: dict[str, tuple[str, ...]]

    def match(self, header: str) -> Match | None:
        """Return what the header means, or None."""
        name = _bare(header)
        if found := self.names.get(name):
            return Match(found[0], wan_alias=found[1])
        if (continued := _CONTINUED.match(name)) and (found := self.names.get(_bare(continued[1]))):
            return Match(found[0], piece=int(continued[2]))
        if remark := _REMARK_TAIL.match(name):
            return self.match(remark[1])
        unit = _UNIT_TAIL.match(name)
        if unit and (found := self.names.get(unit[1])) and found[0].type == Type.MONEY:
            return Match(found[0], scale=SCALES[unit[2]])
        return None


def _bare(header: str) -> str:
    """Fold a header and drop the marks of a required column."""
    return re.sub(r"^[*★※#]+|[*★※::]+$", "", fold(header))


@cache
def known_fields(model: type[Document]) -> Known:
    """Return the names of a kind's single fields."""
    return _known(declaration(model).fields)


@cache
def known_columns(model: type[Document], table: str) -> Known:
    """Return the names of the columns of one of the kind's tables."""
    return _known(declaration(model).table(table).fields)


@cache
def every_name(model: type[Document]) -> frozenset[str]:
    """Return every header that the kind and its tables know, and the unit's and the key's."""
    declared = declaration(model)
    names = {_bare(one) for one in (*UNIT_HEADERS, RECORD_KEY, RESULT, "序号")}
    for known in (known_fields(model), *(known_columns(model, table.name) for table in declared.tables)):
        names |= known.names.keys() | known.ambiguous.keys()
    return frozenset(names)


def is_header_name(model: type[Document], text: str) -> bool:
    """Tell whether a cell's text is nothing but the name of a column."""
    return _bare(text) in every_name(model) or known_fields(model).match(text) is not None


def _known(fields: Iterable[Field]) -> Known:
    """Gather the names in four tiers; a lower tier never takes a name from a higher one."""
    tiers: list[dict[str, list[tuple[Field, bool]]]] = [defaultdict(list) for _ in range(4)]
    for one in fields:
        aliases = [(name, False) for name in one.about.aliases] + [
            (name, True) for name in one.about.wan_aliases
        ]
        tiers[0][_bare(one.label)].append((one, False))
        if one.group:
            tiers[1][_bare(one.about.label)].append((one, False))
            for name, wan in aliases:
                tiers[0][_bare(f"{one.group}·{name}")].append((one, wan))
        for name, wan in aliases:
            tiers[3 if one.group else 2][_bare(name)].append((one, wan))
    names: dict[str, tuple[Field, bool]] = {}
    ambiguous: dict[str, tuple[str, ...]] = {}
    for tier in tiers:
        for name, found in tier.items():
            if name in names or name in ambiguous:
                continue
            if len({one.path for one, _ in found}) == 1:
                names[name] = found[0]
            else:
                ambiguous[name] = tuple(one.label for one, _ in found)
    return Known(names, ambiguous)


@dataclass(frozen=True)
class Column:
    """A column of the file that carries a field."""

    index: int
    header: str
    field: Field
    scale: int
    piece: int = 0


@dataclass
class Header:
    """The header row of a sheet, understood. `row` is 0-based."""

    row: int
    columns: list[Column] = field(default_factory=list)
    repeated: list[tuple[Column, Column]] = field(default_factory=list)  # (the later, the first)
    unit: int | None = None
    key: int | None = None
    names: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def column_of(self, path: tuple[str | int, ...]) -> Column | None:
        """Return the column that carries the field at `path`."""
        return next((one for one in self.columns if one.field.path == path), None)


def count_known(known: Known, cells: Iterable[str]) -> int:
    """Count the cells that are headers: what the search for a header row and for a delimiter goes by."""
    paths = set()
    for cell in cells:
        if len(cell) < 80 and (found := known.match(cell)):
            paths.add((found.field.path, found.piece))
    return len(paths)


def find_header(sheet: Sheet, known: Known, *, keyed: bool) -> Header | None:
    """Find and understand the header among the first rows; None where there is none.

    `keyed` says that 记录编号 joins this sheet with others.
    """
    best: tuple[int, int, int, dict[int, str]] | None = None
    for number in range(min(_SEARCHED_ROWS, len(sheet.rows))):
        names = _names(sheet, known, number)
        score = count_known(known, names.values())
        helped = sum(_bare(name) in map(fold, (*UNIT_HEADERS, RECORD_KEY)) for name in names.values())
        if score and _enough(known, score, helped, names) and (best is None or score + helped > best[0]):
            best = (score + helped, score, number, names)
    if best is None:
        return None
    return _understand(sheet, known, best[2], best[3], keyed=keyed)


def _enough(known: Known, score: int, helped: int, names: dict[int, str]) -> bool:
    """Two known headers, or a lone column that is one of the kind's required fields."""
    if score + helped >= 2:
        return True
    only = known.match(next(iter(names.values())))
    return len(names) == 1 and only is not None and only.field.required


def _names(sheet: Sheet, known: Known, number: int) -> dict[int, str]:
    """Return the header texts of a row by column.

    A cell merged from above shows the upper cell's text; under a group's cell
    the name is “组·标签” where the kind knows it so.
    """
    names = {}
    width = max(len(sheet.rows[number]), len(sheet.rows[number - 1]) if number else 0)
    for index in range(width):
        top, left = sheet.origin(number, index)
        if left != index:
            continue
        own = _text(sheet.at(top, left))
        if not own:
            continue
        above = _text(sheet.at(*sheet.origin(number - 1, index))) if number and top == number else ""
        joined = f"{above}·{own}"
        names[index] = joined if above and known.match(joined) else own
    return names


def _text(cell: Cell) -> str:
    return "" if is_blank(cell) else re.sub(r"\s*\n\s*", "", as_text(cell)).strip()


def _understand(sheet: Sheet, known: Known, row: int, names: dict[int, str], *, keyed: bool) -> Header:
    header = Header(row=row, names=names)
    general = _unit_above(sheet, row)
    matched = {index: known.match(name) for index, name in names.items()}
    _find_key(header, matched, keyed=keyed)
    first: dict[tuple[tuple[str, ...], int], Column] = {}
    unused = []
    for index, name in names.items():
        match = matched[index]
        if _is_unit(name) and (header.unit is None or match is None):
            header.unit = index if header.unit is None else header.unit
            if match is None:
                continue
        if index == header.key and match is None:
            continue
        if match is None:
            unused.append(name)
            continue
        column = Column(index, name, match.field, _scale(match, general), match.piece)
        place = (match.field.path, match.piece)
        if place in first:
            header.repeated.append((column, first[place]))
        else:
            first[place] = column
            header.columns.append(column)
    _say(header, known, unused, general)
    return header


def _find_key(header: Header, matched: dict[int, Match | None], *, keyed: bool) -> None:
    """Choose the joining column; its name may at the same time be another name of a field.

    Only where no other column carries that field does the column carry it too.
    """
    if not keyed:
        return
    header.key = next((index for index, name in header.names.items() if _bare(name) == RECORD_KEY), None)
    if header.key is not None and (own := matched[header.key]):
        others = [one for index, one in matched.items() if index != header.key and one]
        if any(one.field.path == own.field.path for one in others):
            matched[header.key] = None


def _is_unit(name: str) -> bool:
    return _bare(name) in [fold(one) for one in UNIT_HEADERS]


def is_unit_header(name: str) -> bool:
    """Tell whether a header is one of those under which files name the unit."""
    return _is_unit(name)


def _unit_above(sheet: Sheet, row: int) -> int | None:
    """Return the unit of money that a line above the header names (“单位：万元”)."""
    for number in range(row):
        for cell in sheet.rows[number]:
            if isinstance(cell, str) and (scale := unit_of_money(cell)):
                return scale
    return None


def _scale(match: Match, general: int | None) -> int:
    if match.scale is not None:
        return match.scale
    if match.wan_alias:
        return _WAN
    return general or 100


def _say(header: Header, known: Known, unused: list[str], general: int | None) -> None:
    mapped = [f"{one.header}→{one.field.label}" for one in header.columns if not _says_label(one)]
    if mapped:
        header.notes.append(f"表头对应：{'、'.join(mapped)}。")
    if header.unit is not None and _bare(header.names[header.unit]) != UNIT:
        header.notes.append(f"“{header.names[header.unit]}”列用作单位名称。")
    for scale, name in SCALE_NAMES.items():
        assumed = [one.header for one in header.columns if one.scale == scale and not _says_unit(one, name)]
        if assumed:
            source = "（表头上方注明了单位）" if general == scale else ""
            header.notes.append(
                f"{'、'.join(assumed)}：只写数字的按{name}计{source}，单元格内写明单位的以单元格为准。"
            )
    for name in unused:
        if options := known.ambiguous.get(_bare(name)):
            header.notes.append(
                f"“{name}”可能指{'或'.join(f'“{one}”' for one in options)}，未采用；请写全名。"
            )
    rest = [
        name for name in unused if _bare(name) not in known.ambiguous and _bare(name) not in ("序号", RESULT)
    ]
    if rest:
        header.notes.append(f"未采用的列：{'、'.join(rest)}。")


def _says_label(column: Column) -> bool:
    """Tell whether the header is the field's label, but for marks and the unit of money."""
    label = _bare(column.field.label)
    name = _bare(column.header)
    unit = _UNIT_TAIL.match(name)
    return label == name or (unit is not None and unit[1] == label) or column.piece > 0


def _says_unit(column: Column, name: str) -> bool:
    """Tell whether nothing is assumed about the column's unit: no money, or the header names it."""
    unit = _UNIT_TAIL.match(_bare(column.header))
    return column.field.type != Type.MONEY or (unit is not None and unit[2] == name)
