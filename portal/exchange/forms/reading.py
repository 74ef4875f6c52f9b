"""Entries → document, with a problem for every input that stands in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import ValidationError

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Field, declaration
from portal.domain.values import Type, fold
from portal.exchange.forms.entries import rows_of, shown, text_of
from portal.exchange.forms.layout import order_of
from portal.exchange.forms.names import cell_name, name_of, pieces
from portal.exchange.sheets.complaints import Complaint, Place, complaints
from portal.exchange.sheets.layout import default_of
from portal.exchange.sheets.results import shorten, split_advice

_ELSEWHERE = ("模板", "填表说明", "导入", "Excel", "单元格")  # Words of files, not of a form.
_MEND = "请对照此处的说明改正。"


@dataclass(frozen=True)
class FormProblem:
    """One thing to mend. `name` is the input (see `name_of`), `label` what the reader knows it by."""

    name: str
    label: str
    value: str
    message: str
    remedy: str

    def as_dict(self) -> dict[str, str]:
        """Return the problem as plain data."""
        return {
            "name": self.name,
            "label": self.label,
            "value": self.value,
            "message": self.message,
            "remedy": self.remedy,
        }


@dataclass(frozen=True)
class FormReading:
    """What the entries of a form make: a document, or problems in the order of the form.

    `rows` says for each table in which row of the form each row of the document stands.
    """

    model: type[Document]
    document: Document | None
    problems: tuple[FormProblem, ...]
    rows: Mapping[str, tuple[int, ...]]

    def name_of(self, pointer: str) -> str | None:
        """Return the input that a finding's JSON pointer concerns; see `names.name_of`."""
        return name_of(self.model, pointer, self.rows)


@dataclass
class _Course:
    """A reading under way: what was read, what could not be."""

    model: type[Document]
    data: dict[str, Any] = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)
    rows: dict[str, tuple[int, ...]] = field(default_factory=dict)
    problems: list[FormProblem] = field(default_factory=list)

    def read(self, one: Field, name: str, label: str, text: str, into: dict[str, Any]) -> None:
        try:
            into[one.path[-1]] = read_text(one, text)
        except ValueError as wrong:
            message, remedy = split_advice(str(wrong))
            self.bad.add(name)
            self.problems.append(problem(name, label, shown(one, text), message, remedy))


def problem(name: str, label: str, value: str, message: str, remedy: str) -> FormProblem:
    """Return a problem; advice that speaks of files becomes advice for a form."""
    if any(one in remedy for one in _ELSEWHERE):
        remedy = _MEND
    return FormProblem(name, label, shorten(value, 200), message, remedy)


def read_text(one: Field, text: str) -> Any:
    """Turn typed text into the field's value, or raise `ValueError` in Chinese."""
    if one.type == Type.LINES and "\n" in text:
        # Where the writer broke the lines, other marks belong to the entries.
        return tuple(line.strip() for line in text.split("\n") if line.strip())
    return one.read(text)


def is_blank(text: str) -> bool:
    """Tell whether a person would see nothing in the input."""
    return not fold(text)


def read_entries(model: type[Document], entries: Mapping[str, str]) -> FormReading:
    """Read what was typed. Blank inputs mean what the declaration gives for them; blank rows are left out."""
    course = _Course(model)
    _read_fields(course, entries)
    for table in pieces(model).tables:
        _read_table(course, entries, table)
    document: Document | None = None
    try:
        document = model.model_validate(course.data)
    except ValidationError as error:
        _complain(course, entries, list(complaints(error)))
    if course.problems:
        order = order_of(model)
        course.problems.sort(key=lambda one: _in_form(one, order))
        document = None
    return FormReading(model, document, tuple(course.problems), course.rows)


def _read_fields(course: _Course, entries: Mapping[str, str]) -> None:
    known = pieces(course.model).fields
    filled = {name: text for name in known if not is_blank(text := entries.get(name, ""))}
    present = {
        known[name].path[0]
        for name, text in filled.items()
        if not _is_default(course.model, known[name], None, text)
    }
    for name, text in filled.items():
        one = known[name]
        if len(one.path) == 1:
            course.read(one, name, one.label, text, course.data)
        elif one.path[0] in present:
            # A group in which nothing is typed but what stood there from the start is absent.
            course.read(one, name, one.label, text, course.data.setdefault(one.path[0], {}))


def _read_table(course: _Course, entries: Mapping[str, str], table: str) -> None:
    declared = pieces(course.model).tables[table]
    rows: list[dict[str, Any]] = []
    places: list[int] = []
    for number, row in enumerate(rows_of(course.model, entries, table)):
        filled = [
            one
            for one in declared.fields
            if not is_blank(text := row.get(one.path[0], ""))
            and not _is_default(course.model, one, table, text)
        ]
        if not filled:
            continue
        data: dict[str, Any] = {}
        for one in declared.fields:
            text = row.get(one.path[0], "")
            if not is_blank(text):
                label = f"{declared.about.label}第 {number + 1} 行·{one.about.label}"
                course.read(one, cell_name(table, number, one.path[0]), label, text, data)
        rows.append(data)
        places.append(number)
    if rows or not declared.required:
        course.data[table] = rows  # A table that must be there is not there without a row.
    course.rows[table] = tuple(places)


@cache
def _default_text(model: type[Document], one: Field, table: str | None) -> str:
    """Return the text that an untouched input of the field shows."""
    return text_of(one, default_of(model, one, table))


def _is_default(model: type[Document], one: Field, table: str | None, text: str) -> bool:
    return text.strip() == _default_text(model, one, table)


def _complain(course: _Course, entries: Mapping[str, str], found: list[Complaint]) -> None:
    failed = bool(course.problems) or any(one.place != ("title",) for one in found)
    for one in found:
        if one.place == ("title",) and one.missing and course.model.names_itself() and failed:
            continue  # The title follows from what is missing or wrong elsewhere.
        name = _name_at(course, one.place)
        if name in course.bad:
            continue
        label = declaration(course.model).label_of(_as_typed(course, one.place))
        value = one.value or entries.get(name, "")
        course.problems.append(problem(name, label, value, one.message, one.remedy))


def _name_at(course: _Course, place: Place) -> str:
    pointer = "".join(f"/{part}" for part in place)
    return name_of(course.model, pointer, course.rows) or ""


def _as_typed(course: _Course, place: Place) -> Place:
    """Return an error's place with the row as the form counts it."""
    if len(place) > 1 and isinstance(place[1], int) and place[0] in course.rows:
        rows = course.rows[str(place[0])]
        return (place[0], rows[place[1]] if place[1] < len(rows) else place[1], *place[2:])
    return place


def _in_form(problem: FormProblem, order: Mapping[str, int]) -> tuple[int, int, int]:
    """Return where the problem's input stands in the form: what it is in, then its row, then its column."""
    whole, _, rest = problem.name.partition("-")
    row, _, column = rest.partition("-")
    end = len(order)
    within = order.get(f"{whole}-{column}", 0) if column else 0
    return order.get(whole, end), int(row) if row.isdecimal() else -1, within
