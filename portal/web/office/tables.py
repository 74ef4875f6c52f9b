"""Tables that people take along: CSV and XLSX of the same rows, with names that browsers keep."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from flask import Response

from portal.domain.values import Type
from portal.exchange.sheets.writing import csv_of
from portal.exchange.workbook import XLSX_TYPE, Column, Shape, Sheet, workbook

_SHORT = 20  # Characters of a text that stands on one line of a narrow column.


def csv_file(
    name: str, headers: Sequence[str], rows: Sequence[Sequence[str | int]], *, plain: str = "table"
) -> Response:
    """Send rows as CSV in UTF-8 with a byte order mark; a cell that would run as a formula is quoted."""
    return sent(csv_of([headers, *rows]), "text/csv", f"{name}.csv", plain=plain)


def xlsx_file(
    name: str,
    sheet: str,
    headers: Sequence[str],
    rows: Sequence[Sequence[str | int]],
) -> Response:
    """Send rows as a workbook of one sheet. Whole numbers stay numbers."""
    types = [_type([row[place] for row in rows]) for place in range(len(headers))]
    columns = tuple(Column(label, kind) for label, kind in zip(headers, types, strict=True))
    made = workbook(Shape((Sheet(sheet, columns),)), [[(tuple(row), tuple(types)) for row in rows]])
    return sent(made, XLSX_TYPE, f"{name}.xlsx")


def _type(cells: Sequence[str | int]) -> Type:
    """Return what a column holds, which gives its width: whole numbers, short texts, or sentences."""
    if cells and all(isinstance(one, int) for one in cells):
        return Type.COUNT
    return Type.LINE if all(len(str(one)) <= _SHORT for one in cells) else Type.PROSE


def sent(data: bytes, mimetype: str, name: str, *, plain: str = "table") -> Response:
    """Send a file to be saved under `name`; a browser that reads ASCII alone saves it as `plain`."""
    return Response(data, mimetype=mimetype, headers={"Content-Disposition": saved_as(name, plain=plain)})


def saved_as(name: str, *, plain: str) -> str:
    """Return the header that has a file saved under `name`; `plain` is ASCII and without an ending."""
    ending = name.rsplit(".", 1)[-1]
    return f"attachment; filename={plain}.{ending}; filename*=UTF-8''{quote(name, safe='')}"
