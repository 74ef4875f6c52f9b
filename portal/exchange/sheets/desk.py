"""The template that a unit fills at its desk: one record, as a form that can be printed and read downwards."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Field, Table, declaration
from portal.domain.values import MAX_FEN, Type
from portal.exchange.sheets import names
from portal.exchange.sheets.forms import LABEL, VALUE
from portal.exchange.sheets.headers import UNIT
from portal.exchange.sheets.lasting import is_of_one_period, lasts, lasts_in_row
from portal.exchange.sheets.layout import (
    PIECE,
    Slot,
    default_of,
    how_to_fill,
    is_required,
    native_of,
    slots,
    value_of,
)
from portal.exchange.sheets.writing import FORMULA, Options, add_formats, check_words

Choices = Mapping[tuple[str, ...], Sequence[str]]

_FREE_ROWS = 30  # Rows that are ruled for filling in; more may be written below.
_LAST_ROW = 1000  # Drop-downs and checks reach this far.
_HEAD_ROW = 2  # 0-based: title and hint stand above the headers of a table.
_A4 = 9
_ONE_LINE = 62  # Characters of a step that fit across the guide.
_WIDTHS = {
    Type.LINE: 20, Type.PROSE: 34, Type.LINES: 26, Type.MONEY: 17, Type.USCC: 22, Type.DAY: 13, Type.PERIOD: 16,
}  # fmt: skip


def desk_template(
    model: type[Document],
    unit_name: str,
    *,
    document: Document | None = None,
    last: Document | None = None,
    period: str = "",
    choices: Choices | None = None,
) -> bytes:
    """Return a workbook for one record of one unit.

    `document` is written as it stands; of `last`, the record of an earlier
    period, only labels, lines and people are carried over, never an amount, a
    date or a number of a file. `period` is the period that the new record is
    about. `choices` are offered as drop-downs, by the path of a field (from the
    document, or table and column); what is typed besides them is accepted.
    """
    return _Desk(model, unit_name, choices or {}).write(document, last, period)


class _Desk:
    def __init__(self, model: type[Document], unit_name: str, choices: Choices) -> None:
        from xlsxwriter import Workbook  # Slow to load, and only needed to write one.

        self._model, self._unit, self._choices = model, unit_name, choices
        self._declared = declaration(model)
        self._out = io.BytesIO()
        self._book = Workbook(self._out, {"in_memory": True, "strings_to_formulas": False})
        self._formats = add_formats(self._book, bordered=True)
        add = self._book.add_format
        head = {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "border_color": "#8A7F70"}
        self._head = add({**head, "bg_color": "#F3EDE2"})
        self._must = add({**head, "bg_color": "#F8D7B0"})
        self._label = add({"text_wrap": True, "valign": "top", "border": 1, "border_color": "#E0D6C6"})
        self._must_label = add(
            {
                "text_wrap": True,
                "valign": "top",
                "border": 1,
                "border_color": "#E0D6C6",
                "bold": True,
                "bg_color": "#F8D7B0",
            }
        )
        self._section = add({"bold": True, "font_size": 12, "bottom": 1, "valign": "bottom"})
        self._title = add({"bold": True, "font_size": 16})
        self._hint = add({"font_color": "#6A6257", "text_wrap": True, "valign": "top"})
        self._step = add({"font_size": 12, "text_wrap": True, "valign": "top"})
        self._small = add({"font_color": "#6A6257", "text_wrap": True, "valign": "top", "border": 1, "border_color": "#E0D6C6"})  # fmt: skip

    def write(self, document: Document | None, last: Document | None, period: str) -> bytes:
        guide = self._book.add_worksheet(names.GUIDE)
        main = self._book.add_worksheet(names.main_sheet(self._model))
        tables = [
            (one, self._book.add_worksheet(names.table_sheet(self._model, one)))
            for one in self._declared.tables
        ]
        self._options = Options(self._book.add_worksheet(names.OPTIONS))
        self._options.sheet.hide()
        self._form(main, document, last, period)
        for table, sheet in tables:
            self._table(sheet, table, document, last)
        self._guide(guide, carried=last is not None and document is None)
        for sheet in (guide, main, *(one for _, one in tables)):
            _print_well(sheet, self._unit)
        main.activate()
        main.set_first_sheet()
        self._book.close()
        return self._out.getvalue()

    def _form(self, sheet: Any, document: Document | None, last: Document | None, period: str) -> None:
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 1, 46)
        sheet.set_column(2, 2, 62)
        sheet.write_string(0, 0, f"{self._unit}　{self._model.kind.label}", self._title)
        hint = "只填中间一列；带 * 的橙色栏目必填，其余没有的留空。明细填在后面的工作表里。"
        sheet.write_string(1, 0, hint)
        for index, name in enumerate((LABEL, VALUE, "怎样填")):
            sheet.write_string(2, index, name, self._head)
        sheet.freeze_panes(3, 1)
        self._form_row(sheet, 3, UNIT, self._unit, "已填好，不用改。", must=True)
        row = 4
        for title, fields in self._sections():
            sheet.set_row(row, 26)
            for index in range(3):
                sheet.write_string(row, index, title if index == 0 else "", self._section)
            row += 1
            for slot in slots(tuple(fields), [document] if document else []):
                self._form_slot(sheet, row, slot)
                self._value(sheet, row, 1, slot, self._given(slot.field, document, last, period))
                row += 1

    def _form_row(self, sheet: Any, row: int, label: str, text: str, how: str, *, must: bool) -> None:
        sheet.write_string(row, 0, f"*{label}" if must else label, self._must_label if must else self._label)
        sheet.write_string(row, 1, text, self._formats["text"])
        sheet.write_string(row, 2, how, self._small)

    def _form_slot(self, sheet: Any, row: int, slot: Slot) -> None:
        field, header = slot.field, slot.header
        must = is_required(self._model, field) and not slot.piece
        sheet.write_string(
            row, 0, f"*{header}" if must else header, self._must_label if must else self._label
        )
        sheet.write_string(row, 2, self._explain(field, None), self._small)
        if rule := self._rule(field, field.path):
            sheet.data_validation(row, 1, row, 1, rule)

    def _explain(self, field: Field, table: str | None) -> str:
        how = how_to_fill(field, default_of(self._model, field, table))
        about = field.about
        parts = [about.help, how, f"例：{about.example}" if about.example else ""]
        return "".join(one if one.endswith("。") or not one else f"{one}。" for one in parts)

    def _sections(self) -> Iterator[tuple[str, list[Field]]]:
        """Yield the fields in the order in which a person fills them: what must be, what the matter is, what is formal."""
        head = frozenset(Document.model_fields)
        must = [one for one in self._declared.fields if is_required(self._model, one)]
        rest = [one for one in self._declared.fields if one not in must]
        own = [one for one in rest if one.path[0] not in head and one.group is None]
        formal = [one for one in rest if one.path[0] in head]
        yield "必填内容", must
        if own:
            yield "基本内容（有的填，没有的留空）", own
        for group in dict.fromkeys(one.group for one in rest if one.group):
            yield f"{group}（到了这一步再填）", [one for one in rest if one.group == group]
        yield "公开属性与审查（多数可以留空）", formal

    def _given(self, field: Field, document: Document | None, last: Document | None, period: str) -> Any:
        if document is not None:
            return value_of(document, field)
        if field.path == ("period",) and period:
            return period
        return value_of(last, field) if last is not None and lasts(field) else None

    def _table(self, sheet: Any, table: Table, document: Document | None, last: Document | None) -> None:
        head_row = _HEAD_ROW
        sheet.write_string(0, 0, table.about.label, self._title)
        need = "必须填写" if table.required else "没有的，这张表可以空着"
        hint = f"一行填一条，{need}。{table.about.help}"
        sheet.write_string(1, 0, hint)
        source = document or (None if is_of_one_period(table) else last)
        rows = list(getattr(source, table.name)) if source else []
        for index, slot in enumerate(slots(table.fields, rows if document else [])):
            field = slot.field
            self._column(sheet, head_row, index, slot, table, last_row=head_row + len(rows) + _FREE_ROWS)
            for number, owner in enumerate(rows):
                carried = document is not None or lasts_in_row(field)
                value = value_of(owner, field) if carried else None
                self._value(sheet, head_row + 1 + number, index, slot, value)
            for number in range(len(rows), len(rows) + _FREE_ROWS):
                sheet.write_blank(head_row + 1 + number, index, None, self._format(field))
        sheet.set_row(head_row, 36)
        sheet.freeze_panes(head_row + 1, 1)
        sheet.repeat_rows(head_row)

    def _column(
        self, sheet: Any, head_row: int, index: int, slot: Slot, table: Table, *, last_row: int
    ) -> None:
        field, header = slot.field, slot.header
        must = is_required(self._model, field) and not slot.piece
        sheet.write_string(
            head_row, index, f"*{header}" if must else header, self._must if must else self._head
        )
        width = max(_WIDTHS.get(field.type, 14), min(30, 2 * len(header) + 3))
        sheet.set_column(index, index, width)
        text = ("必填。" if must else "") + self._explain(field, table.name)
        sheet.write_comment(head_row, index, text, {"x_scale": 2, "y_scale": 1.4})
        if rule := self._rule(field, (table.name, *field.path)):
            sheet.data_validation(head_row + 1, index, max(last_row, _LAST_ROW), index, rule)

    def _rule(self, field: Field, path: tuple[str, ...]) -> dict[str, Any] | None:
        """Return Excel's own check of a cell; where a person may well mean something else it only warns."""
        words = check_words(field.label, how_to_fill(field))
        if listed := [one for one in self._choices.get(path, ()) if one]:
            source = self._options.formula(path, listed)
            return {"validate": "list", "source": source, "error_type": "information", "show_error": False, **words}  # fmt: skip
        if field.choices is not None:
            source = self._options.formula(field.choices, [one.label for one in field.choices])
            return {"validate": "list", "source": source, **words}
        warn = {"error_type": "warning", **words}
        match field.type:
            case Type.YES_NO:
                return {"validate": "list", "source": ["是", "否"], **words}
            case Type.DAY:
                span = {"minimum": date(1949, 10, 1), "maximum": date(2199, 12, 31)}
                return {"validate": "date", "criteria": "between", **span, **warn}
            case Type.MONEY:
                limit = MAX_FEN // 100
                return {
                    "validate": "decimal",
                    "criteria": "between",
                    "minimum": -limit,
                    "maximum": limit,
                    **warn,
                }
            case Type.COUNT:
                return {
                    "validate": "integer",
                    "criteria": "between",
                    "minimum": 0,
                    "maximum": 10**9,
                    **warn,
                }
            case _:
                return None

    def _format(self, field: Field) -> Any:
        return self._formats.get(field.type, self._formats["text"])

    def _value(self, sheet: Any, row: int, index: int, slot: Slot, value: Any) -> None:
        field = slot.field
        native = native_of(field, value)
        if native is None:
            sheet.write_blank(row, index, None, self._format(field))
        elif isinstance(native, date):
            sheet.write_datetime(row, index, native, self._format(field))
        elif isinstance(native, float):
            sheet.write_number(row, index, native, self._format(field))
        else:
            # A text cell is never run; the quote prefix keeps it so when a person edits it later.
            begin = slot.piece * PIECE
            text = native[begin : begin + PIECE]
            sheet.write_string(row, index, text, self._formats["quoted" if FORMULA.match(text) else "text"])

    def _guide(self, sheet: Any, *, carried: bool) -> None:
        kind = self._model.kind
        main = names.main_sheet(self._model)
        sheet.set_column(0, 0, 22)
        sheet.set_column(1, 1, 26)
        sheet.set_column(2, 2, 12)
        sheet.set_column(3, 3, 84)
        sheet.write_string(0, 0, f"{kind.label}填表说明", self._title)
        sheet.write_string(1, 0, f"{self._unit}。{kind.purpose}")
        steps = [
            f"一、先填“{main}”表：只填中间“{VALUE}”一列。橙色带 * 的必填，其余没有的留空。",
            *(
                [f"二、再填后面的明细表（{self._sheets()}）：一行一条，没有的整张空着。"]
                if self._declared.tables
                else []
            ),
            "三、金额按元填，只写数字；要按万元填，就在格里写明，例如“1.2万元”。日期写成 2026-03-05 或 2026年3月5日。",
            "四、有下拉箭头的格，点箭头选；名单里没有的可以直接写。可以从旧表复制，建议用“选择性粘贴→数值”。",
            "五、保存为 .xlsx，回到网页点“上传”。系统先试读，哪一格有问题、怎样改，都会逐格列出；试读不会发布任何内容。",
            "六、合计行不用填，填了系统会核对。可以增加列、调换列的顺序，不要改栏目名称。",
        ]
        if carried:
            steps.insert(
                1, "　　项目名称、人员等已照上一期填好，金额和日期须填本期的；没有了的行请整行删去。"
            )
        row = 3
        for text in steps:
            sheet.merge_range(row, 0, row, 3, text, self._step)
            sheet.set_row(row, 20 if len(text) <= _ONE_LINE else 38)
            row += 1
        row += 1
        for index, name in enumerate(("工作表", LABEL, "是否必填", "怎样填")):
            sheet.write_string(row, index, name, self._head)
        sheet.repeat_rows(row)
        for texts in self._guide_rows():
            row += 1
            for index, text in enumerate(texts):
                sheet.write_string(row, index, text, self._label)

    def _sheets(self) -> str:
        labels = [names.table_sheet(self._model, one) for one in self._declared.tables]
        return "、".join(labels[:4]) + (" 等" if len(labels) > 4 else "")

    def _guide_rows(self) -> Iterator[tuple[str, str, str, str]]:
        for _, fields in self._sections():
            for field in fields:
                must = "必填" if is_required(self._model, field) else "有的填"
                yield names.main_sheet(self._model), field.label, must, self._guide_text(field, None)
        for table in self._declared.tables:
            for field in table.fields:
                must = "每行必填" if is_required(self._model, field) else "有的填"
                yield (
                    names.table_sheet(self._model, table),
                    field.label,
                    must,
                    self._guide_text(field, table.name),
                )

    def _guide_text(self, field: Field, table: str | None) -> str:
        source = f"（依据：{field.about.source}）" if field.about.source else ""
        return self._explain(field, table) + source


def _print_well(sheet: Any, unit_name: str) -> None:
    """Lay the sheet out for A4 across, as wide as the page; a unit prints what it files."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.set_footer(f"&L{unit_name.replace('&', '&&')}&C&A&R第 &P 页，共 &N 页")
