"""Where in a file a piece of a document stood, told by its JSON pointer (RFC 6901)."""

from __future__ import annotations

from portal.exchange.sheets.cells import as_text
from portal.exchange.sheets.drafts import Draft
from portal.exchange.sheets.results import Where, cell_name, shorten


def where(draft: Draft, pointer: str) -> Where:
    """Return the cell of a field, the row of a table's row, else what the record itself stands in."""
    parts = [_part(one) for one in pointer.split("/")[1:]]
    owner, inner = draft, parts
    if parts and parts[0] in draft.children:
        rows = draft.children[str(parts[0])]
        if len(parts) > 1 and isinstance(parts[1], int) and parts[1] < len(rows):
            owner, inner = rows[parts[1]], parts[2:]
        elif rows:
            return Where(rows[0].sheet.name, None, "", "", "")
    path = tuple(str(one) for one in inner)
    column = owner.header.column_of(path[:2]) or owner.header.column_of(path[:1])
    if column is not None:
        top, left = owner.sheet.spot(owner.row, column.index)
        value = shorten(as_text(owner.sheet.at(owner.row, column.index)), 200)
        return Where(owner.sheet.name, top + 1, column.header, cell_name(top + 1, left), value)
    if owner.sheet.spots is not None:
        return Where(owner.sheet.name, None, "", "", "")
    return Where(owner.sheet.name, owner.row + 1, "", f"{owner.row + 1}:{owner.row + 1}", "")


def _part(text: str) -> str | int:
    return int(text) if text.isdigit() and len(text) < 7 else text.replace("~1", "/").replace("~0", "~")
