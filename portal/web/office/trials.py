"""Trying a file: what it gives, what is wrong with it cell by cell, what the rules say; nothing is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import declaration
from portal.domain.rules.base import Finding
from portal.domain.rules.terms import Severity
from portal.exchange.forms import dumped, entries_of
from portal.exchange.sheets import (
    Entry,
    Excerpt,
    Problem,
    Reading,
    UnreadableFile,
    Where,
    admit,
    annotate,
    excerpts,
    read_documents,
)
from portal.exchange.sheets.admission import MAX_RECORDS, MAX_ROWS
from portal.services.checking import Book
from portal.services.desk.rooms import Room
from portal.services.desk.uploads import is_own

# What stands in a cell whatever else is missing; other rules would take offence at what could not be read.
_TOLD_EARLY = frozenset({"PUB-17"})
MAX_LISTED = 300  # Problems on one page.
MAX_MARKED = 2_000  # Problems in the annotated workbook: each is a comment, and takes its time to write.


# What the page of an upload shows, before anything was read.
NOTHING: Mapping[str, Any] = {
    "rows": 0, "sound": 0, "mend": 0, "look": 0, "rejected": 0, "more": 0,
    "problems": [], "notes": [], "excerpts": [], "documents": [],
}  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """What came of a file: the name to keep it under, its good documents, the report, the annotated copy."""

    name: str
    documents: tuple[Document, ...]
    report: Mapping[str, Any]
    annotated: bytes | None


def try_file(
    room: Room, data: bytes, filename: str, model: type[Document], *, book: Book, now: datetime
) -> Trial:
    """Read a file and test what it gives, as if it were published now.

    Raises `UnreadableFile` when the file as a whole cannot be used.
    """
    admitted = admit(data, filename)
    reading = read_documents(data, admitted.name, model, max_rows=MAX_ROWS)
    if len(reading.entries) > MAX_RECORDS:
        raise UnreadableFile(
            f"文件里有 {len(reading.entries)} 条记录，一次最多上传 {MAX_RECORDS} 条。请分成几个文件上传。"
        )
    good = [one for one in reading.entries if is_own(room, one.unit_name)]
    foreign = [_not_ours(room, one) for one in reading.entries if not is_own(room, one.unit_name)]
    problems = reading.in_order([*reading.problems, *foreign])
    book.expect(room.unit, [one.document for one in good])
    sights = [sight for number, one in enumerate(good) for sight in _sights(room, book, number, one, now)]
    for one in reading.partial:
        if is_own(room, one.unit_name):
            found = _sights(room, book, -1, one, now)
            sights += [sight for sight in found if sight.finding.rule in _TOLD_EARLY]
    marked = [*problems, *(one.as_problem() for one in sights if one.finding.severity == Severity.BLOCK)]
    marked = reading.in_order(marked)
    annotated = annotate(data, admitted.name, marked[:MAX_MARKED]) if marked else None
    pieces = excerpts(data, admitted.name, model, reading, [(one.sheet, one.cell) for one in marked])
    report = _report(reading, problems, sights, pieces, (*admitted.notes, *reading.notes))
    if len(marked) > MAX_MARKED:
        report["notes"].append(f"问题太多，批注工作簿只标出前 {MAX_MARKED:,} 处；改好后重新上传，再看其余。")
    report["documents"] = [{"title": one.document.title, "sheet": one.sheet, "row": one.row} for one in good]
    return Trial(admitted.name, tuple(one.document for one in good), report, annotated)


def _not_ours(room: Room, entry: Entry) -> Problem:
    return Problem(
        entry.sheet,
        entry.row,
        entry.unit_column,
        entry.unit_cell or f"{entry.row}:{entry.row}",
        entry.unit_name or "",
        f"这一条写的单位是“{entry.unit_name}”，您只能上传本单位（{room.unit.name}）的内容。",
        f"确实是本单位的，请改为“{room.unit.name}”；是别的单位的，请删去，由该单位自己上传。",
    )


@dataclass(frozen=True)
class _Sight:
    """One finding of the rules, the document that it is about, and where that stood."""

    number: int
    finding: Finding
    where: Where
    label: str

    def as_problem(self) -> Problem:
        one = self.finding
        return Problem(
            self.where.sheet,
            self.where.row,
            self.where.column,
            self.where.cell,
            self.where.value,
            one.seen,
            one.remedy,
        )


def _sights(room: Room, book: Book, number: int, entry: Entry, now: datetime) -> list[_Sight]:
    report = book.test(room.unit, entry.document, now=now)
    found = []
    for one in report.findings if report else []:
        where = entry.where(one.place) if entry.where else Where(entry.sheet, entry.row, "", "", "")
        place = tuple(int(part) if part.isdigit() else part for part in one.place.split("/")[1:])
        label = declaration(type(entry.document)).label_of(place) if place else ""
        found.append(_Sight(number, one, where, label))
    return found


def _report(
    reading: Reading,
    problems: Sequence[Problem],
    sights: Sequence[_Sight],
    pieces: Sequence[Excerpt],
    notes: Sequence[str],
) -> dict[str, Any]:
    rows: list[dict[str, Any]] = [{**one.as_dict(), "kind": "cell"} for one in problems]
    for one in sights:
        grave = one.finding.severity == Severity.BLOCK
        rows.append(
            {
                **one.as_problem().as_dict(),
                "kind": "rule" if grave else "look",
                "column": one.where.column or one.label,
                "rule": one.finding.rule,
                "title": one.finding.title,
                "severity": one.finding.severity.value,
                "source": one.finding.source,
                "document": one.number,
            }
        )
    order = {name: number for number, name in enumerate(reading.sheets)}
    rows.sort(key=lambda one: (one["kind"] == "look", order.get(one["sheet"], 99), one["row"] or 0))
    bad = {(one["sheet"], one["row"]) for one in rows if one["kind"] != "look" and one["row"]}
    return {
        "rows": len(reading.rows | bad),
        "sound": len(reading.rows - bad),
        "mend": sum(one["kind"] != "look" for one in rows),
        "look": sum(one["kind"] == "look" for one in rows),
        "rejected": reading.rejected,
        "problems": rows[:MAX_LISTED],
        "more": max(0, len(rows) - MAX_LISTED),
        "notes": list(notes),
        "excerpts": [_piece(one) for one in pieces],
    }


def _piece(one: Excerpt) -> dict[str, Any]:
    return {
        "sheet": one.sheet,
        "columns": [list(column) for column in one.columns],
        "rows": [
            [number, [[cell.text, cell.bad, cell.number, cell.name] for cell in cells]]
            for number, cells in one.rows
        ],
        "left_out": one.left_out,
    }


def as_typed(document: Document) -> str:
    """Return a document as a form's entries, to be kept beside the draft that held it."""
    return dumped(entries_of(document))
