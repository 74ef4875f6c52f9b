"""What a reading gives back: documents, and problems that say where and how to mend."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field

from portal.domain.documents.base import Document


class UnreadableFile(ValueError):
    """The whole file cannot be used; the message says in Chinese what is wrong and how to mend it."""


@dataclass(frozen=True)
class Problem:
    """One thing to mend.

    `row` is 1-based, as Excel shows it (for JSON: the ordinal of the record);
    `column` is the header, blank when the whole row is meant; `cell` is like
    `G8`, or `8:8` for a whole row.
    """

    sheet: str
    row: int | None
    column: str
    cell: str
    value: str
    message: str
    remedy: str

    def as_dict(self) -> dict[str, str | int | None]:
        """Return the problem as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Where:
    """Where something stood: as in `Problem`; `row` is None where a whole sheet is meant."""

    sheet: str
    row: int | None
    column: str
    cell: str
    value: str


@dataclass(frozen=True)
class Entry:
    """One document that was read, whose it is, and where it stood.

    `unit_column` and `unit_cell` are the header and the cell of the unit's name,
    blank where the file has no such column. `where` finds the cell of a piece of
    the document by its JSON pointer.
    """

    document: Document
    unit_name: str | None
    sheet: str
    row: int
    unit_column: str = ""
    unit_cell: str = ""
    where: Callable[[str], Where] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Reading:
    """Everything that a file gave.

    `rejected` counts the data rows of main sheets (or JSON records) that gave
    no document, and the rows of table sheets that belong to no record; `notes`
    say how headers were understood, which unit of money was assumed, and what
    was left out. `sheets` are the names of all sheets in the workbook's order,
    which is also the order of `problems`. `rows` are the places of every row that
    was read (for a form: of its filled fields; for JSON: of records); `headers` has the headers of each sheet that was read,
    with the 1-based row in which they stand, by 0-based column. `partial` is what
    is left of rejected records without what is wrong: only for telling more of it.
    """

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    rejected: int
    notes: tuple[str, ...]
    sheets: tuple[str, ...] = ()
    rows: frozenset[tuple[str, int]] = frozenset()
    headers: Mapping[str, tuple[int, Mapping[int, str]]] = field(default_factory=dict)
    partial: tuple[Entry, ...] = ()

    def in_order(self, problems: Iterable[Problem]) -> list[Problem]:
        """Return problems as they stand in the workbook: by sheet, then by row."""
        order = {name: number for number, name in enumerate(self.sheets)}
        return sorted(problems, key=lambda one: (order.get(one.sheet, 0), one.row or 0))


def column_letters(index: int) -> str:
    """Return Excel's name of the 0-based column."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def cell_name(row: int, index: int) -> str:
    """Return the name of a cell from its 1-based row and 0-based column."""
    return f"{column_letters(index)}{row}"


def column_index(letters: str) -> int:
    """Return the 0-based column of Excel's column name."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def shorten(value: str, limit: int = 60) -> str:
    """Cut a long value for use in a message."""
    return value if len(value) <= limit else f"{value[:limit]}…"


def split_advice(text: str) -> tuple[str, str]:
    """Split a domain message into what is wrong and how to mend it."""
    head, stop, rest = text.partition("。")
    if stop and rest:
        return head + stop, rest
    head, mark, rest = text.partition("；请")
    if mark:
        return head + "。", "请" + rest
    return text, "请按“填表说明”改正此处。"
