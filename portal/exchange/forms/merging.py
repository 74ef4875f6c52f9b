"""Two people's entries of one form: where they differ, and one form made from both."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from portal.domain.documents.base import Document
from portal.exchange.forms.entries import Entries, put_rows, rows_of, shown, text_of, without_table
from portal.exchange.forms.layout import layout
from portal.exchange.forms.names import cell_name, field_name, pieces
from portal.exchange.sheets.layout import default_of


@dataclass(frozen=True)
class Difference:
    """One thing that two forms say differently, as a reader is shown it; blank where nothing is typed.

    `name` is an input, or a table where the two have different numbers of rows: then the whole table is meant.
    """

    name: str
    label: str
    mine: str
    theirs: str


def differences(
    model: type[Document], mine: Mapping[str, str], theirs: Mapping[str, str]
) -> tuple[Difference, ...]:
    """Return where two forms differ, in the order of the form."""
    found: list[Difference] = []
    for section in layout(model):
        for item in section.items:
            if item.table:
                found += _of_table(model, item.name, mine, theirs)
                continue
            for one in item.fields:
                name = field_name(one.path)
                start = text_of(one, default_of(model, one))
                ours, others = mine.get(name, "") or start, theirs.get(name, "") or start
                if ours.strip() != others.strip():
                    found.append(Difference(name, one.label, shown(one, ours), shown(one, others)))
    return tuple(found)


def _of_table(
    model: type[Document], name: str, mine: Mapping[str, str], theirs: Mapping[str, str]
) -> list[Difference]:
    table = pieces(model).tables[name]
    ours, others = _filled(model, mine, name), _filled(model, theirs, name)
    if len(ours) != len(others):
        return [Difference(name, table.about.label, _told(model, name, ours), _told(model, name, others))]
    found = []
    for number, (own, other) in enumerate(zip(ours, others, strict=True)):
        for one in table.fields:
            column = one.path[0]
            first, second = own.get(column, ""), other.get(column, "")
            if first.strip() != second.strip():
                label = f"{table.about.label}第 {number + 1} 行·{one.about.label}"
                where = cell_name(name, number, column)
                found.append(Difference(where, label, shown(one, first), shown(one, second)))
    return found


def _filled(model: type[Document], entries: Mapping[str, str], table: str) -> list[dict[str, str]]:
    return [row for row in rows_of(model, entries, table) if any(text.strip() for text in row.values())]


def _told(model: type[Document], table: str, rows: list[dict[str, str]]) -> str:
    """Tell a table's rows in lines, a line for each."""
    fields = pieces(model).tables[table].fields
    lines = (
        "，".join(f"{shown(one, row[one.path[0]])}" for one in fields if row.get(one.path[0], "").strip())
        for row in rows
    )
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1)) or "（没有行）"


def merged(
    model: type[Document], mine: Mapping[str, str], theirs: Mapping[str, str], keep_mine: Collection[str]
) -> Entries:
    """Return `theirs`, but for the differences named in `keep_mine` what `mine` says."""
    found: Entries = dict(theirs)
    known = pieces(model)
    for table in known.tables:
        rows = _filled(model, theirs, table)
        own = _filled(model, mine, table)
        if len(rows) != len(own):
            rows = own if table in keep_mine else rows
        else:
            rows = [
                {
                    one.path[0]: (ours if cell_name(table, number, one.path[0]) in keep_mine else row).get(
                        one.path[0], ""
                    )
                    for one in known.tables[table].fields
                }
                for number, (row, ours) in enumerate(zip(rows, own, strict=True))
            ]
        found = without_table(found, table)
        put_rows(found, model, table, rows)
    for name in known.fields:
        if name in keep_mine:
            found[name] = mine.get(name, "")
    return {name: text for name, text in found.items() if text or name not in known.fields}
