"""A sheet that is a form: one column of labels, and beside each what was filled in.

A record of thirty fields lies in one row of a list, which nobody can print or
read. The desk's template therefore writes it downwards; here it is turned into
a list of one row, whose cells remember where they stand in the file.
"""

from __future__ import annotations

from dataclasses import replace

from portal.domain.values import fold
from portal.exchange.sheets.archive import Faults
from portal.exchange.sheets.books import Cell, Sheet
from portal.exchange.sheets.cells import as_text, is_blank
from portal.exchange.sheets.headers import Known, is_unit_header

LABEL = "栏目"
VALUE = "填写内容"
_SEARCHED_ROWS = 20


def turn(sheet: Sheet, known: Known) -> Sheet:
    """Return a form as a list with one row; any other sheet as it is."""
    head = form_head(sheet)
    if head is None:
        return sheet
    top, label, value = head
    labels: list[Cell] = []
    values: list[Cell] = []
    spots: list[tuple[int, int]] = []
    faults: Faults = {}
    for row in range(top + 1, len(sheet.rows)):
        name = sheet.at(row, label)
        place = sheet.origin(row, value)
        cell: Cell = sheet.at(*place) if place[0] == row else ""
        fault = sheet.faults.get((row, value))
        if is_blank(name) or not (_is_field(as_text(name), known) or not is_blank(cell) or fault):
            # A heading between the fields says nothing and asks nothing.
            continue
        if fault:
            faults[1, len(labels)] = fault
        labels.append(name)
        values.append(cell)
        spots.append((row, value))
    turned = [labels, values] if labels else []
    return replace(sheet, rows=turned, merges=(), faults=faults, spots=tuple(spots), label_column=label)


def _is_field(name: str, known: Known) -> bool:
    return known.match(name) is not None or is_unit_header(name)


def form_head(sheet: Sheet) -> tuple[int, int, int] | None:
    """Find the two headings of a form, which stand in one row, whatever stands around them."""
    for number, row in enumerate(sheet.rows[:_SEARCHED_ROWS]):
        texts = [fold(cell) if isinstance(cell, str) else "" for cell in row]
        if LABEL in texts and VALUE in texts:
            return number, texts.index(LABEL), texts.index(VALUE)
    return None
