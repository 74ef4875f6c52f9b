"""A roster's file between being shown and being written: its cells, and how the form carries them, marked as ours."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import zlib
from collections.abc import Sequence
from typing import Any

from portal.exchange.sheets.books import form_of, open_sheets
from portal.exchange.sheets.cells import as_text
from portal.services.rosters import COLUMNS, RosterError
from portal.web.office.house import office

MOST = 2 * 1024 * 1024  # Bytes of a roster file: 2000 rows take a tenth of it.


def read_cells(data: bytes, filename: str) -> list[list[str]]:
    """Return the cells of a file, of the first sheet that has the header."""

    def recognised(row: list[str]) -> int:
        return sum(one.strip().lstrip("*") in COLUMNS for one in row)

    found = open_sheets(data, filename, form_of(data, filename), recognised)
    tables = [[[_plain(cell) for cell in row] for row in one.rows] for one in found if one.rows]
    if not tables:
        raise RosterError("文件是空的。请填好后再上传。")
    table = next((one for one in tables if recognised(one[0])), tables[0])
    while table and not any(table[-1]):
        table.pop()
    return table


def _plain(cell: Any) -> str:
    """Return a cell's text, without what downloads put in front of a formula."""
    text = as_text(cell).strip()
    return text[1:] if text[:1] == "'" else text


def pack(table: Sequence[Sequence[str]], purpose: str = "roster") -> str:
    """Return the file's cells as the form carries them to the confirmation: nothing lies on the server meanwhile.

    What is packed for one purpose is not taken for another.
    """
    packed = zlib.compress(json.dumps(table, ensure_ascii=False).encode(), 9)
    return base64.b64encode(packed).decode() + "." + _mark(packed, purpose)


def _mark(packed: bytes, purpose: str) -> str:
    return hmac.new(office().secret, f"{purpose}\0".encode() + packed, hashlib.sha256).hexdigest()


def unpack(text: str, purpose: str = "roster") -> list[list[str]]:
    """Return the cells again; raise `RosterError` where they are not what was shown."""
    packed, _, mark = text.partition(".")
    try:
        data = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError) as broken:
        raise RosterError("核对的内容不完整。请重新上传。") from broken
    if not hmac.compare_digest(mark.encode(), _mark(data, purpose).encode()):
        raise RosterError("核对的内容不完整或已过期。请重新上传。")
    table: list[list[str]] = json.loads(zlib.decompressobj().decompress(data, 16 * MOST))
    return table
