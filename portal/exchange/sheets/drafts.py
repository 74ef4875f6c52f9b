"""A row on its way to a document: values read cell by cell, then checked as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Declaration, declaration
from portal.domain.values import clean_text
from portal.exchange.sheets.books import Cell, Sheet
from portal.exchange.sheets.cells import as_text, is_blank, read_cell
from portal.exchange.sheets.complaints import Complaint, Place, complaints
from portal.exchange.sheets.headers import Column, Header
from portal.exchange.sheets.hints import likely
from portal.exchange.sheets.keys import key_of
from portal.exchange.sheets.results import Problem, cell_name, shorten, split_advice


@dataclass
class Draft:
    """One row: what was read, what could not be, and where each field stands."""

    sheet: Sheet
    header: Header
    row: int  # 0-based.
    data: dict[str, Any] = field(default_factory=dict)
    bad: set[tuple[str, ...]] = field(default_factory=set)
    wrong: set[tuple[str, ...]] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    unit: str | None = None
    unit_cell: str = ""
    key: str = ""
    children: dict[str, list[Draft]] = field(default_factory=dict)

    def at(self, column: Column, value: str, message: str, remedy: str) -> Problem:
        """Return a problem of one cell."""
        return problem_at(self.sheet, self.row, column.index, column.header, value, message, remedy)

    def whole(self, message: str, remedy: str) -> Problem:
        """Return a problem of the whole row."""
        number = self.row + 1
        if self.sheet.spots is not None:
            return Problem(self.sheet.name, None, "", "", "", message, remedy)
        return Problem(self.sheet.name, number, "", f"{number}:{number}", "", message, remedy)

    def failed(self) -> bool:
        """Tell whether the row or one of its table rows has a problem."""
        return bool(self.problems) or any(one.problems for rows in self.children.values() for one in rows)


def problem_at(
    sheet: Sheet, row: int, index: int, header: str, value: str, message: str, remedy: str
) -> Problem:
    """Return a problem of the cell at the 0-based row and column."""
    top, left = sheet.spot(row, index)
    cell = cell_name(top + 1, left)
    return Problem(sheet.name, top + 1, header, cell, shorten(value, 200), message, remedy)


def draft_row(sheet: Sheet, header: Header, row: int) -> Draft:
    """Read every cell of a row; a cell that cannot be read becomes a problem of its own."""
    draft = Draft(sheet, header, row)
    for column in header.columns:
        if column.piece == 0:
            _read_into(draft, column)
    for later, first in header.repeated:
        _compare(draft, later, first)
    _read_unit(draft)
    if header.key is not None:
        draft.key = as_text(sheet.at(*sheet.origin(row, header.key))).strip()
    return draft


def _read_into(draft: Draft, column: Column) -> None:
    joining = column.index in (draft.header.key, draft.header.unit)
    place = draft.sheet.origin(draft.row, column.index) if joining else (draft.row, column.index)
    cell = draft.sheet.at(*place)
    fault = draft.sheet.faults.get(place)
    path = column.field.path
    if not joining and _is_shared(draft.sheet, draft.row, column.index):
        shown = as_text(draft.sheet.at(*draft.sheet.origin(draft.row, column.index)))
        message = "此处是合并单元格，分不清内容属于其中哪一行。"
        draft.problems.append(draft.at(column, shown, message, "请取消合并并逐行填写。"))
        draft.bad.add(path)
        if len(path) == 2:
            draft.data.setdefault(path[0], {})
        return
    if is_blank(cell) and fault is None:
        return
    try:
        value = read_cell(column.field, _whole_text(draft, column, cell), scale=column.scale, fault=fault)
    except ValueError as wrong:
        message, remedy = split_advice(str(wrong))
        if fault is None:
            remedy = likely(column.field, as_text(cell), scale=column.scale) + remedy
        draft.problems.append(draft.at(column, fault or as_text(cell), message, remedy))
        draft.bad.add(path)
        if len(path) == 2:
            draft.data.setdefault(path[0], {})
        return
    if len(path) == 2:
        draft.data.setdefault(path[0], {})[path[1]] = value
    else:
        draft.data[path[0]] = value


def _is_shared(sheet: Sheet, row: int, index: int) -> bool:
    """Tell whether the cell is merged over several rows and shows something."""
    merge = sheet.merge_at(row, index)
    return merge is not None and merge[1][0] > merge[0][0] and not is_blank(sheet.at(*merge[0]))


def _whole_text(draft: Draft, column: Column, cell: Cell) -> Cell:
    """Join a long text with its continuation columns: one Excel cell holds 32,767 characters."""
    pieces = [one for one in draft.header.columns if one.piece and one.field.path == column.field.path]
    if not pieces:
        return cell
    rest = (draft.sheet.at(draft.row, one.index) for one in sorted(pieces, key=lambda one: one.piece))
    return as_text(cell) + "".join(as_text(one) for one in rest)


def _compare(draft: Draft, later: Column, first: Column) -> None:
    cells = [draft.sheet.at(draft.row, one.index) for one in (first, later)]
    if is_blank(cells[1]) or as_text(cells[0]).strip() == as_text(cells[1]).strip():
        return
    message = f"“{later.header}”与“{first.header}”是同一栏，两处内容不一致。"
    problem = draft.at(later, as_text(cells[1]), message, "请核对后只保留一列。")
    draft.problems.append(problem)
    draft.bad.add(later.field.path)


def _read_unit(draft: Draft) -> None:
    index = draft.header.unit
    if index is None:
        return
    # A unit that stands once for several merged rows belongs to each of them.
    top, left = draft.sheet.spot(draft.row, index)
    draft.unit_cell = cell_name(top + 1, left)
    cell = draft.sheet.at(*draft.sheet.origin(draft.row, index))
    text = as_text(cell)
    try:
        draft.unit = " ".join(str(clean_text(text)).split()) or None
    except ValueError as wrong:
        message, remedy = split_advice(str(wrong))
        name = draft.header.names[index]
        draft.problems.append(problem_at(draft.sheet, draft.row, index, name, text, message, remedy))


def key_of_draft(draft: Draft, model: type[Document]) -> str | None:
    """Return the record's natural key although some of its cells may be wrong; None where it is not known."""
    return key_of(model, draft.data, draft.bad | draft.wrong)


def finish(draft: Draft, model: type[Document]) -> Document | None:
    """Check the row and its table rows as one document; problems are added to the drafts they belong to."""
    declared = declaration(model)
    data = {**draft.data, **{name: [one.data for one in rows] for name, rows in draft.children.items()}}
    try:
        document = model.model_validate(data)
    except ValidationError as error:
        _blame(draft, declared, _relevant(list(complaints(error)), draft, model))
        return None
    return None if draft.failed() else document


def pared(draft: Draft, model: type[Document]) -> tuple[Draft, Document] | None:
    """Return what is left of a row that is no document, without all that is wrong in it, where that makes one.

    It is never published: it only lets the rest of what is wrong be told at once.
    """
    children = {name: [row for row in rows if not row.problems] for name, rows in draft.children.items()}
    data = {**draft.data, **{name: [one.data for one in rows] for name, rows in children.items()}}
    for path in draft.wrong:
        holder = data.get(path[0]) if len(path) == 2 else data
        if isinstance(holder, dict):
            holder.pop(path[-1], None)
    try:
        document = model.model_validate(data)
    except ValidationError:
        return None
    return replace(draft, children=children, problems=[]), document


def _relevant(found: list[Complaint], draft: Draft, model: type[Document]) -> list[Complaint]:
    """Leave out what only follows from another problem: a bad cell's own absence, a title made from it."""
    kept = [one for one in found if not _already(one.place, draft)]
    if model.names_itself():
        others = [one for one in kept if one.place != ("title",)]
        if others or draft.failed():
            return others
    return kept


def _already(place: Place, draft: Draft) -> bool:
    owner, inner = _owner(place, draft)
    return any(inner[: len(path)] == path for path in owner.bad)


def _owner(place: Place, draft: Draft) -> tuple[Draft, Place]:
    """Return the draft that an error's place is in, and the place within it."""
    if len(place) >= 2 and isinstance(place[1], int) and place[0] in draft.children:
        return draft.children[str(place[0])][place[1]], place[2:]
    return draft, place


def _label(place: Place, owner: Draft, draft: Draft, column: Column | None, declared: Declaration) -> str:
    """Name the field as its own column does: which row of a table is meant, the cell tells already."""
    if column is not None:
        return column.field.label
    if owner is draft:
        return declared.label_of(place)
    fields = declared.table(str(place[0])).fields
    own = [one.about.label for one in fields if one.path == place[2:3]]
    return own[0] if own else declared.label_of(place[:1])


def _blame(draft: Draft, declared: Declaration, found: list[Complaint]) -> None:
    absent: dict[int, tuple[Draft, list[str]]] = {}
    for one in found:
        owner, inner = _owner(one.place, draft)
        column = owner.header.column_of(inner[:2]) or owner.header.column_of(inner[:1])
        label = _label(one.place, owner, draft, column, declared)
        if column is not None:
            value = one.value or as_text(owner.sheet.at(owner.row, column.index))
            owner.problems.append(owner.at(column, value, f"“{label}”{one.message}", one.remedy))
        elif one.missing:
            absent.setdefault(id(owner), (owner, []))[1].append(label)
        elif inner:
            owner.problems.append(owner.whole(f"“{label}”{one.message}", one.remedy))
        else:
            owner.problems.append(owner.whole(one.message, one.remedy))
        if owner is draft and inner:
            draft.wrong.add(tuple(part for part in inner[:2] if isinstance(part, str)))
    for owner, labels in absent.values():
        tables = {table.about.label for table in declared.tables}
        remedy = "请补上这些列并逐行填写；可下载模板对照。"
        if tables & set(labels):
            remedy = "其中有须逐行填写的表格，请下载模板填写后导入。"
        owner.problems.append(owner.whole(f"缺少必填内容：{'、'.join(labels)}（表中没有对应的列）。", remedy))
