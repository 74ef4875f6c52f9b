"""A file → documents and problems, wholly by the declaration of the kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain

from portal.domain.documents.base import Document, kinds
from portal.domain.documents.declaration import Declaration, Table, declaration
from portal.domain.values import fold
from portal.exchange.sheets import names
from portal.exchange.sheets.archive import MAX_ROWS, refuse
from portal.exchange.sheets.books import Cell, Sheet, form_of, open_sheets
from portal.exchange.sheets.cells import as_text, is_blank
from portal.exchange.sheets.drafts import Draft, draft_row, finish, key_of_draft, pared, problem_at
from portal.exchange.sheets.foreign import Sort, Sorter
from portal.exchange.sheets.forms import form_head, turn
from portal.exchange.sheets.headers import (
    RECORD_KEY,
    Header,
    count_known,
    find_header,
    known_columns,
    known_fields,
)
from portal.exchange.sheets.places import where
from portal.exchange.sheets.records import read_records
from portal.exchange.sheets.results import Entry, Problem, Reading, cell_name
from portal.exchange.sheets.sums import tell_wrong_units, wrong_totals

_TOTALS = ("合计", "总计", "小计", "共计", "合计数")


def read_documents(data: bytes, filename: str, model: type[Document], *, max_rows: int = MAX_ROWS) -> Reading:
    """Read every document of one kind out of an xlsx, xls, csv, tsv or json file.

    `max_rows` bounds the rows that hold something (for JSON: the records).

    Raises `UnreadableFile` when the file as a whole cannot be used. A row that
    cannot be used gives problems instead of a document, and never stops the others.
    """
    form = form_of(data, filename)
    if form == "json":
        return read_records(data, model, max_records=max_rows)
    known = known_fields(model)
    sheets = open_sheets(data, filename, form, lambda cells: count_known(known, cells))
    filled = sum(any(cell != "" for cell in row) for sheet in sheets for row in sheet.rows)
    if filled > max_rows:
        raise refuse(f"文件超过 {max_rows:,} 行，一次读不了这么多", "请分成几个文件，分别上传")
    _refuse_other_kind(model, sheets)
    return _Reader(model).read(sheets)


def _refuse_other_kind(model: type[Document], sheets: list[Sheet]) -> None:
    """Refuse a filled template of another kind: read as this one, it would give a page of senseless complaints."""
    there = {fold(one.name): one for one in sheets if not one.hidden}
    if fold(names.main_sheet(model)) in there:
        return
    for other in kinds().values():
        main = there.get(fold(names.main_sheet(other)))
        tables = (names.table_sheet(other, table) for table in declaration(other).tables)
        if main and (form_head(main) or any(fold(one) in there for one in tables)):
            raise refuse(
                f"这是“{other.kind.label}”的工作簿，这里要的是“{model.kind.label}”",
                f"请换成“{model.kind.label}”的工作簿；要交这一份的，请到“{other.kind.label}”那里上传",
            )


@dataclass
class _Reader:
    model: type[Document]
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    rejected: int = 0
    rows: set[tuple[str, int]] = field(default_factory=set)
    headers: dict[str, tuple[int, Mapping[int, str]]] = field(default_factory=dict)
    partial: list[Entry] = field(default_factory=list)

    @property
    def _declared(self) -> Declaration:
        return declaration(self.model)

    def read(self, sheets: list[Sheet]) -> Reading:
        tables = self._table_sheets(sheets)
        mains = self._main_sheets(sheets, tables)
        drafts = [
            draft for sheet, header in mains for draft in self._drafts(sheet, header, several=len(mains) > 1)
        ]
        orphans = self._join(drafts, tables)
        tell_wrong_units(chain(drafts, *(rows for one in drafts for rows in one.children.values())))
        if orphans:
            self._hold_back(drafts, orphans)
        entries = self._finish(drafts)
        self.problems.extend(orphans)
        order = tuple(sheet.name for sheet in sheets)
        reading = Reading(
            tuple(entries),
            (),
            self.rejected,
            tuple(self.notes),
            order,
            frozenset(self.rows),
            dict(self.headers),
            tuple(self.partial),
        )
        return replace(reading, problems=tuple(reading.in_order(self.problems)))

    def _table_sheets(self, sheets: list[Sheet]) -> dict[str, Sheet]:
        """Return the sheets that carry the kind's tables, by the table's name."""
        by_title = {fold(names.table_sheet(self.model, table)): table.name for table in self._declared.tables}
        found = {
            by_title[fold(one.name)]: one for one in sheets if fold(one.name) in by_title and not one.hidden
        }
        main = fold(names.main_sheet(self.model))
        # One flat sheet may happen to bear a table's name; the tables of a template stand beside its main sheet.
        return found if any(fold(one.name) == main for one in sheets) else {}

    def _main_sheets(self, sheets: list[Sheet], tables: dict[str, Sheet]) -> list[tuple[Sheet, Header]]:
        found: list[tuple[Sheet, Header]] = []
        left: list[str] = []
        for given in sheets:
            if given.name in names.OWN_SHEETS or any(given is one for one in tables.values()):
                continue
            sheet = turn(given, known_fields(self.model))
            header = find_header(sheet, known_fields(self.model), keyed=bool(tables))
            if header and not sheet.hidden:
                found.append((sheet, header))
            elif any(not is_blank(cell) for row in sheet.rows for cell in row):
                left.append(f"“{sheet.name}”（{'已隐藏' if sheet.hidden else '没有可识别的表头'}）")
        main = fold(names.main_sheet(self.model))
        if own := [one for one in found if fold(one[0].name) == main]:
            left.extend(f"“{sheet.name}”（不是主表）" for sheet, _ in found if fold(sheet.name) != main)
            found = own
        if not found:
            raise self._no_header()
        if left:
            self.notes.append(f"未读取的工作表：{'、'.join(left)}。")
        return found

    def _no_header(self) -> Exception:
        required = [one.label for one in self._declared.fields if one.required and not one.group]
        others = [one.label for one in self._declared.fields if one.label not in required]
        wanted = "、".join([*required, *others][:12])
        return refuse(
            f"在前 20 行里没有找到“{self.model.kind.label}”的表头（已查找：{wanted} 等栏目名称及其别名）",
            "请确认选对了公开内容的类别，并保留一行栏目名称作表头；也可下载模板填写",
        )

    def _drafts(self, sheet: Sheet, header: Header, *, several: bool) -> Iterator[Draft]:
        self._remember(sheet, header)
        prefix = f"工作表“{sheet.name}”：" if several else ""
        self.notes.extend(prefix + note for note in header.notes)
        self._say_repeated(sheet, header)
        sorter = Sorter(self.model, header)
        for number in self._data_rows(sheet, header):
            verdict = sorter.sort(number + 1, sheet.rows[number])
            if verdict.sort == Sort.RECORD:
                yield draft_row(sheet, header, number)
                continue
            self.rejected += 1
            value = as_text(sheet.at(number, verdict.column))
            name = header.names[verdict.column]
            self.problems.append(
                problem_at(sheet, number, verdict.column, name, value, verdict.message, verdict.remedy)
            )

    def _remember(self, sheet: Sheet, header: Header) -> None:
        if sheet.spots is None:
            self.headers[sheet.name] = header.row + 1, header.names

    def _say_repeated(self, sheet: Sheet, header: Header) -> None:
        for later, first in header.repeated:
            top, left = sheet.spot(header.row, first.index)
            message = (
                f"“{later.header}”与“{first.header}”（{cell_name(top + 1, left)}）都对应“{later.field.label}”，"
                "同一栏出现了两列。"
            )
            remedy = "请只保留一列，或把另一列改为它本来的栏目名称。"
            self.problems.append(
                problem_at(sheet, header.row, later.index, later.header, later.header, message, remedy)
            )

    def _data_rows(self, sheet: Sheet, header: Header, totals: list[int] | None = None) -> Iterator[int]:
        for number in range(header.row + 1, len(sheet.rows)):
            row = sheet.rows[number]
            used = [one.index for one in header.columns] + [one.index for one, _ in header.repeated]
            faulty = any((number, index) in sheet.faults for index in used)
            filled = [(index, cell) for index, cell in enumerate(row) if not is_blank(cell)]
            if not filled and not faulty:
                continue
            first = next(
                (as_text(cell) for index, cell in filled if isinstance(cell, str) and index != header.key), ""
            )
            if fold(first).strip(":") in _TOTALS:
                self.notes.append(
                    f"工作表“{sheet.name}”第 {number + 1} 行是{fold(first).strip(':')}行，未作为记录导入。"
                )
                if totals is not None and fold(first).strip(":") != "小计":
                    totals.append(number)
                continue
            if not faulty and self._only_prefilled(header, filled):
                continue
            self._count(sheet, header, number)
            yield number

    def _count(self, sheet: Sheet, header: Header, number: int) -> None:
        if sheet.spots is None:
            self.rows.add((sheet.name, number + 1))
            return
        filled = [index for index in header.names if not is_blank(sheet.at(number, index))]
        self.rows |= {(sheet.name, sheet.spot(number, index)[0] + 1) for index in filled}

    def _only_prefilled(self, header: Header, filled: list[tuple[int, Cell]]) -> bool:
        """Tell whether nothing but a running number stands in the row, as in a form that was not filled up."""
        used = {one.index for one in (*header.columns, *(one for one, _ in header.repeated))}
        used |= {index for index in (header.unit, header.key) if index is not None}
        return not any(index in used for index, _ in filled) and all(
            isinstance(cell, int | float) or str(cell).strip().isdigit() for _, cell in filled
        )

    def _join(self, drafts: list[Draft], tables: dict[str, Sheet]) -> list[Problem]:
        """Hang the rows of the table sheets on their records; return the problems of rows without one."""
        if not tables:
            return []
        by_key: dict[str, Draft] = {}
        for draft in drafts:
            draft.children = {name: [] for name in tables}
            if draft.key and draft.key in by_key:
                self._say_same_key(by_key[draft.key], draft)
            elif draft.key:
                by_key[draft.key] = draft
        # Where there is but one record, a row that names none can belong to no other.
        only = drafts[0] if len(drafts) == 1 else None
        orphans: list[Problem] = []
        for table in self._declared.tables:
            if table.name in tables:
                orphans.extend(self._join_table(tables[table.name], table, by_key, only))
        return orphans

    def _say_same_key(self, first: Draft, second: Draft) -> None:
        """Neither of two records with one number is known to be whole: the rows may belong to either."""
        for draft, other in ((first, second), (second, first)):
            if draft is second or not any(RECORD_KEY in one.message for one in draft.problems):
                draft.problems.append(
                    draft.whole(
                        f"{RECORD_KEY}“{draft.key}”与第 {other.row + 1} 行重复，无法判断各表的行属于哪一条。",
                        f"请改用不同的{RECORD_KEY}，并同步修改其他工作表。",
                    )
                )

    def _hold_back(self, drafts: list[Draft], orphans: list[Problem]) -> None:
        """Let no record through while rows are left over: each of them may be missing from any record.

        A record published without its own rows would tell the public less than the unit wrote.
        """
        self.rejected += sum(one.row is not None for one in orphans)
        places = [f"“{one.sheet}”表" + (f"第 {one.row} 行" if one.row else "") for one in orphans]
        shown = "、".join(places[:3]) + (" 等" if len(places) > 3 else "")
        for draft in drafts:
            if not draft.failed():
                draft.problems.append(
                    draft.whole(
                        f"本文件有未归属的明细行（{shown}），这一条可能缺少明细，暂不导入。",
                        "请先改正那些明细行。",
                    )
                )

    def _join_table(
        self, sheet: Sheet, table: Table, by_key: dict[str, Draft], only: Draft | None
    ) -> Iterator[Problem]:
        header = find_header(sheet, known_columns(self.model, table.name), keyed=True)
        if header is None:
            if any(not is_blank(cell) for row in sheet.rows for cell in row):
                yield Problem(
                    sheet.name, None, "", "", "",
                    f"工作表“{sheet.name}”没有可识别的表头，其中的内容未导入。",
                    f"请保留模板中的表头（{RECORD_KEY}、{'、'.join(one.about.label for one in table.fields[:5])} 等）。",
                )  # fmt: skip
            return
        header.unit = None
        self._remember(sheet, header)
        self._say_repeated(sheet, header)
        self.notes.extend(f"工作表“{sheet.name}”：{note}" for note in header.notes if "单位名称" not in note)
        totals: list[int] = []
        rows: list[Draft] = []
        for number in self._data_rows(sheet, header, totals):
            row = draft_row(sheet, header, number)
            rows.append(row)
            if owner := by_key.get(row.key) or (None if row.key else only):
                owner.children[table.name].append(row)
                continue
            index = header.key if header.key is not None else 0
            message, remedy = (
                (f"{RECORD_KEY}“{row.key}”在“{names.main_sheet(self.model)}”表中不存在。", "请改为该表中已有的编号。")
                if row.key
                else (f"没有填写{RECORD_KEY}，无法判断这一行属于哪条记录。", f"请填写“{names.main_sheet(self.model)}”表中的编号。")
            )  # fmt: skip
            yield problem_at(sheet, number, index, RECORD_KEY, row.key, message, remedy)
        if only is not None and len(totals) == 1:
            above = [one for one in rows if one.row < totals[0]]
            self.problems.extend(wrong_totals(sheet, header, totals[0], above))

    def _finish(self, drafts: list[Draft]) -> list[Entry]:
        entries: list[Entry] = []
        seen: dict[tuple[str, str], Draft] = {}
        for draft in drafts:
            document = finish(draft, self.model)
            # A second row of the same record is told even where the first one has to be mended.
            key = document.natural_key() if document else key_of_draft(draft, self.model)
            if key:
                first = seen.setdefault((fold(draft.unit or ""), key), draft)
                if first is not draft:
                    draft.problems.append(
                        draft.whole(
                            f"与工作表“{first.sheet.name}”第 {first.row + 1} 行是同一单位的同一条记录，重复填写。",
                            "请核对后只保留一行；确属不同事项的，请补填编号或改写名称以示区别。",
                        )
                    )
            self.problems.extend(draft.problems)
            self.problems.extend(
                one for rows in draft.children.values() for row in rows for one in row.problems
            )
            if document is None or draft.problems:
                self.rejected += 1
                if rest := pared(draft, self.model):
                    self.partial.append(_entry(*rest))
            else:
                entries.append(_entry(draft, document))
        return entries


def _entry(draft: Draft, document: Document) -> Entry:
    header = draft.header
    column = header.names.get(header.unit, "") if header.unit is not None else ""
    at = draft.sheet.name, draft.row + 1
    return Entry(document, draft.unit, *at, column, draft.unit_cell, partial(where, draft))
