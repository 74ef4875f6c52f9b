"""Many small workbooks of few shapes, quickly and always with the same bytes.

XlsxWriter makes a workbook of each shape once: its styles, widths, frozen
headers and everything else that a workbook must hold are XlsxWriter's. A file
is then that shape with rows put in, which is fifteen times as fast; a site has
tens of thousands of them.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from portal.domain.values import Type
from portal.exchange.characters import writable
from portal.exchange.sheets.writing import safe_text

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Value = str | float | int | date | None
Row = tuple[Sequence[Value], Sequence[Type]]  # The cells of a row, and what each of them holds.


@dataclass(frozen=True)
class Column:
    """One column: its header and what its cells hold."""

    header: str
    type: Type


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name and columns. Where a column's cells are of mixed types, all of them stand left."""

    name: str
    columns: tuple[Column, ...]
    mixed: bool = False


@dataclass(frozen=True, eq=False)
class Shape:
    """The sheets of a workbook without their rows. Keep it: what it costs is paid once for each object."""

    sheets: tuple[Sheet, ...]


_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 - any fixed moment: the content says when it was published.
_DAY_ZERO = date(1899, 12, 30).toordinal()
_NUMERIC = {Type.MONEY: "#,##0.00", Type.RATIO: "0.00", Type.COUNT: "0", Type.DAY: "yyyy-mm-dd"}
_WIDTHS = {
    Type.PROSE: 56, Type.LINES: 36, Type.MONEY: 18, Type.USCC: 22, Type.DAY: 13, Type.COUNT: 10,
    Type.RATIO: 10, Type.YES_NO: 10, Type.CLOCK: 10, Type.MONTH: 13, Type.PERIOD: 18,
}  # fmt: skip
_TEXT, _QUOTED = "text", "quoted"
_STYLES = (_TEXT, _QUOTED, *_NUMERIC)  # The order of the sample cells in `_draw`.


@dataclass(frozen=True)
class _Part:
    """One sheet's XML around its rows, the numbers of its styles, and the letters of its columns."""

    path: str
    front: str
    back: str
    styles: dict[str, str]
    letters: tuple[str, ...]


def workbook(shape: Shape, rows: Sequence[Sequence[Row]]) -> bytes:
    """Return an .xlsx file of the shape; `rows` has the rows of every sheet, in the same order.

    Headers are frozen. Texts are texts whatever they look like: no cell is ever
    a formula. None leaves the cell blank. A text must fit a cell (32,767).
    """
    out = io.BytesIO(_packed(shape, tuple(bool(own) for own in rows)))
    with zipfile.ZipFile(out, "a") as book:
        for part, own in zip(_parts(shape), rows, strict=True):
            if own:
                text = f"{part.front}{_rows(part, own)}{part.back}"
                book.writestr(_entry(part.path), text.encode(), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _rows(part: _Part, rows: Sequence[Row]) -> str:
    pieces: list[str] = []
    add = pieces.append
    for number, (values, types) in enumerate(rows, start=2):
        add(f'<row r="{number}">')
        for letter, value, kind in zip(part.letters, values, types, strict=True):
            if value is None or value == "":
                continue
            if isinstance(value, str):
                style = part.styles[_TEXT if safe_text(value) == value else _QUOTED]
                add(
                    f'<c r="{letter}{number}" s="{style}" t="inlineStr">'
                    f'<is><t xml:space="preserve">{_text(value)}</t></is></c>'
                )
            else:
                shown = value.toordinal() - _DAY_ZERO if isinstance(value, date) else value
                add(f'<c r="{letter}{number}" s="{part.styles[kind]}"><v>{shown!r}</v></c>')
        add("</row>")
    return "".join(pieces)


# What a reader of OOXML takes for an escaped character (ECMA-376 part 1, 22.9.2.19, ST_Xstring).
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


def _text(value: str) -> str:
    value = writable(value)
    if "_x" in value:
        value = _LOOKS_ESCAPED.sub("_x005F_", value)
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _entry(path: str) -> zipfile.ZipInfo:
    """Return an entry without a clock: 1980-01-01, the first day that the format knows."""
    return zipfile.ZipInfo(path)


@lru_cache(maxsize=256)
def _packed(shape: Shape, filled: tuple[bool, ...]) -> bytes:
    """Return the finished parts of every workbook of the shape in which the same sheets have rows."""
    parts = _parts(shape)
    later = {one.path for one, given in zip(parts, filled, strict=True) if given}
    own = {one.path: f"{one.front}{one.back}".encode() for one in parts}
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_draw(shape))) as drawn, zipfile.ZipFile(out, "w") as book:
        for name in drawn.namelist():
            if name not in later:
                book.writestr(_entry(name), own.get(name) or drawn.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


@lru_cache(maxsize=64)
def _parts(shape: Shape) -> tuple[_Part, ...]:
    """Take the sample row out of every sheet of a drawn workbook, keeping the styles that it shows."""
    found = []
    with zipfile.ZipFile(io.BytesIO(_draw(shape))) as drawn:
        for number, sheet in enumerate(shape.sheets, start=1):
            path = f"xl/worksheets/sheet{number}.xml"
            # The dimension counts the sample row; it is optional, and readers find the end by themselves.
            text = re.sub('<dimension ref="[^"]*"/>', "", drawn.read(path).decode())
            front, sample, back = re.split(r'(<row r="2".*?</row>)', text, maxsplit=1, flags=re.DOTALL)
            numbers = re.findall(r' s="(\d+)"', sample)
            styles = dict(zip(_STYLES, numbers, strict=True))
            letters = tuple(xl_col_to_name(place) for place in range(len(sheet.columns)))
            found.append(_Part(path, front, back, styles, letters))
    return tuple(found)


@lru_cache(maxsize=64)
def _draw(shape: Shape) -> bytes:
    """Return a workbook of the shape whose second rows hold one blank cell of each style."""
    out = io.BytesIO()
    # Constant memory writes texts into the cells themselves, so that no table of texts has to be kept.
    book = xlsxwriter.Workbook(out, {"in_memory": True, "constant_memory": True})
    book.set_properties({"created": _CREATED})
    head = book.add_format(
        {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "bg_color": "#E7ECF2"}
    )
    common = {"text_wrap": True, "valign": "top"}
    styles: dict[str, dict[str, object]] = {
        _TEXT: {"num_format": "@", **common},
        _QUOTED: {"num_format": "@", "quote_prefix": True, **common},
        **{kind: {"num_format": pattern, "valign": "top"} for kind, pattern in _NUMERIC.items()},
    }
    plain = [book.add_format(styles[name]) for name in _STYLES]
    left = [book.add_format({**styles[name], "align": "left"}) for name in _STYLES]
    for one in shape.sheets:
        sheet = book.add_worksheet(one.name)
        for index, column in enumerate(one.columns):
            sheet.write_string(0, index, column.header, head)
            width = _WIDTHS.get(column.type, 24)
            sheet.set_column(index, index, max(width, min(30, 2 * len(column.header) + 2)))
        for index, form in enumerate(left if one.mixed else plain):
            sheet.write_blank(1, index, None, form)
        sheet.freeze_panes(1, 0)
        # Codes of 18 digits are texts on purpose: no warning triangle in every cell.
        sheet.ignore_errors({"number_stored_as_text": f"A1:{xl_col_to_name(len(one.columns))}1048576"})
    book.close()
    return out.getvalue()
