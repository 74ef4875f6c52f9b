"""Web forms in and out, derived wholly from the declarations of the kinds of disclosure.

Entries = dict[str, str]: what was typed, right or wrong, by input name
(`period`, `contract.amount`, `expense-0-item`). Nothing typed is refused here
but what no person types: see `TooMuch`.
"""

from portal.exchange.forms.copying import copied
from portal.exchange.forms.entries import (
    MAX_CHARACTERS,
    MAX_ROWS,
    Entries,
    TooMuch,
    dumped,
    entries_of,
    loaded,
    plain,
    taken,
)
from portal.exchange.forms.layout import Section, layout
from portal.exchange.forms.merging import Difference, differences, merged
from portal.exchange.forms.names import cell_name, name_of, pieces
from portal.exchange.forms.pasting import Pasted, pasted
from portal.exchange.forms.reading import FormProblem, FormReading, read_entries
from portal.exchange.forms.rows import with_row, with_rows, without_row

__all__ = [
    "MAX_CHARACTERS",
    "MAX_ROWS",
    "Difference",
    "Entries",
    "FormProblem",
    "FormReading",
    "Pasted",
    "Section",
    "TooMuch",
    "cell_name",
    "copied",
    "differences",
    "dumped",
    "entries_of",
    "layout",
    "loaded",
    "merged",
    "name_of",
    "pasted",
    "pieces",
    "plain",
    "read_entries",
    "taken",
    "with_row",
    "with_rows",
    "without_row",
]
