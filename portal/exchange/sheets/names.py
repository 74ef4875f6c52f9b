"""What the sheets of a template are called."""

from __future__ import annotations

import re

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Table

GUIDE = "填表说明"
OPTIONS = "选项"
PROBLEMS = "问题清单"
OWN_SHEETS = (GUIDE, OPTIONS, PROBLEMS)


def main_sheet(model: type[Document]) -> str:
    """Return the name of the sheet that has one record a row."""
    return _allowed(model.kind.label)


def table_sheet(model: type[Document], table: Table) -> str:
    """Return the name of a table's sheet, told apart from the main sheet's and the template's own."""
    name = _allowed(table.about.label)
    return f"{name}（表）" if name in (main_sheet(model), *OWN_SHEETS) else name


def _allowed(name: str) -> str:
    """Drop what Excel does not allow in a sheet's name."""
    return re.sub(r"[\[\]:*?/\\']", "", name)[:28]
