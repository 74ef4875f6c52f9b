"""What ties a record's page to the unit's other records: the numbers that one of them cites and another bears.

A page may show another record only where both have a tie in common, or where
the other's kind is in the view's `READS`. Builds rest on it: when a record
changes, the pages that may show it are made again, and no others.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from portal.domain.documents.base import Document
from portal.domain.documents.decision import DecisionRecord
from portal.domain.documents.declaration import declaration
from portal.domain.values import fold
from portal.site.views import RecordView

# The fields in which documents bear or cite numbers, whatever the kind.
_NUMBERS = frozenset(
    [
        "doc_no",
        "decision_no",
        "decision",
        "adopting_decision",
        "correction_of",
        "project_no",
        "parent_project",
        "tender",
    ]
)


def ties_of(record: RecordView) -> frozenset[str]:
    """Return the ties of a record in all its versions: an older version's page shows what that version cited."""
    found = {fold(record.index_no)}
    for version in record.versions:
        if version.document is not None:
            found.update(fold(one) for one in _numbers(version.document))
    return frozenset(found)


@cache
def _places(model: type[Document]) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
    """Return where a kind keeps numbers: single fields, and for each table its columns."""
    said = declaration(model)
    single = tuple(one.path[0] for one in said.fields if len(one.path) == 1 and one.path[0] in _NUMBERS)
    tables = (
        (table.name, tuple(one.path[0] for one in table.fields if one.path[-1] in _NUMBERS))
        for table in said.tables
    )
    return single, tuple((name, columns) for name, columns in tables if columns)


def _numbers(document: Document) -> Iterator[str]:
    single, tables = _places(type(document))
    for name in single:
        if text := getattr(document, name):
            yield text
    for table, columns in tables:
        for row in getattr(document, table):
            for column in columns:
                if text := getattr(row, column):
                    yield text
    if isinstance(document, DecisionRecord):
        yield document.title  # A matter that was put off comes back under its title.
