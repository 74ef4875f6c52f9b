"""沿用上期: what a new period takes over from the last: labels, lines and people, never what happened in it."""

from __future__ import annotations

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Table, declaration
from portal.domain.values import Type, show_period
from portal.exchange.forms.entries import Entries, put_rows, text_of
from portal.exchange.forms.names import field_name
from portal.exchange.sheets.lasting import is_of_one_period, lasts, lasts_in_row
from portal.exchange.sheets.layout import value_of


def copied(document: Document, *, period: str) -> Entries:
    """Return the entries of a new form for `period` that starts from the document of another period.

    Taken over: words, choices, people, the lines of tables and how they are nested. Never taken over: amounts,
    counts, dates, yes-or-no statements, explanations, numbers of papers, linked records; nor rows that tell of
    single dealings (large payments) or explain something.
    """
    model = type(document)
    declared = declaration(model)
    entries: Entries = {}
    for one in declared.fields:
        if one.type == Type.PERIOD and len(one.path) == 1:
            entries[field_name(one.path)] = show_period(period)
        elif lasts(one) and (text := text_of(one, value_of(document, one))):
            entries[field_name(one.path)] = text
    if not model.names_itself():
        entries["title"] = document.title
    for table in declared.tables:
        if not is_of_one_period(table):
            put_rows(entries, model, table.name, _lines(document, table))
    return entries


def _lines(document: Document, table: Table) -> list[dict[str, str]]:
    kept = [one for one in table.fields if lasts_in_row(one)]
    rows = (
        {one.path[0]: text_of(one, getattr(row, one.path[0])) for one in kept}
        for row in getattr(document, table.name)
    )
    return [row for row in rows if any(row.values())]
