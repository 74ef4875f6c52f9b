"""Templates, filled templates and CSV out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date
from typing import Any

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Field, declaration
from portal.domain.values import MAX_FEN, Type
from portal.exchange.sheets import names
from portal.exchange.sheets.headers import RECORD_KEY, UNIT
from portal.exchange.sheets.layout import (
    PIECE,
    Slot,
    default_of,
    how_to_fill,
    is_required,
    native_of,
    requirement,
    slots,
    text_of,
    value_of,
)

_LAST_ROW = 1000  # Drop-downs and checks reach this far; rows beyond are read all the same.
FORMULA = re.compile(r"[=+\-@\t\r＝＋－＠']")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_WIDTHS = {
    Type.LINE: 24, Type.PROSE: 40, Type.LINES: 36, Type.MONEY: 18, Type.USCC: 22, Type.DAY: 14, Type.PERIOD: 18,
}  # fmt: skip


def template(model: type[Document], *, unit_names: Sequence[str] = ()) -> bytes:
    """Return an empty workbook to fill: one record a row, one sheet a table, and how to fill it."""
    return _Book(model, unit_names).write([])


def to_xlsx(unit_name: str, document: Document) -> bytes:
    """Return one record in the template's form.

    Read back, it gives the same document; only a group in which nothing is
    filled is read as absent, since a sheet has nothing to show for it.
    """
    return _Book(type(document), (unit_name,) if unit_name else ()).write([(unit_name, document)])


def to_csv(document_rows: Iterable[tuple[str, Document]], model: type[Document]) -> bytes:
    """Return the single fields of many records as UTF-8 CSV with a byte order mark.

    Tables do not fit a flat file and are left to the workbook. A text that a
    spreadsheet would run as a formula gets an apostrophe in front, which
    reading takes away; numbers stay numbers.
    """
    fields = declaration(model).fields
    head: list[str] = [UNIT, *(Slot(one).header for one in fields)]
    rows = (
        [unit_name, *(text_of(one, value_of(document, one)) for one in fields)]
        for unit_name, document in document_rows
    )
    return csv_of([head, *rows])


def csv_of(rows: Iterable[Sequence[str | float]]) -> bytes:
    """Return rows as UTF-8 CSV with a byte order mark; no text in them is run as a formula, numbers stay numbers."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([safe_text(one) if isinstance(one, str) else one for one in row])
    return out.getvalue().encode("utf-8-sig")


def safe_text(text: str) -> str:
    """Keep a spreadsheet from running a CSV cell as a formula."""
    return f"'{text}" if FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


@dataclass
class Options:
    """The hidden sheet that holds the entries of every drop-down: Excel's own list ends at 255 characters."""

    sheet: Any
    lists: dict[Hashable, str] = dataclass_field(default_factory=dict)

    def formula(self, key: Hashable, entries: Sequence[str]) -> str:
        """Return the range of the entries, which are written once for each key."""
        from xlsxwriter.utility import xl_col_to_name

        if key not in self.lists:
            column = len(self.lists)
            for row, entry in enumerate(entries):
                self.sheet.write_string(row, column, entry)
            letters = xl_col_to_name(column, col_abs=True)
            self.lists[key] = f"='{names.OPTIONS}'!{letters}$1:{letters}${len(entries)}"
        return self.lists[key]


def add_formats(book: Any, *, bordered: bool = False) -> dict[str, Any]:
    """Return a workbook's formats of cells, by the type of the field; texts have "text" and "quoted"."""
    border = {"border": 1, "border_color": "#E0D6C6"} if bordered else {}
    words = {"num_format": "@", "text_wrap": True, "valign": "top", **border}

    def number(form: str) -> Any:
        return book.add_format({"num_format": form, "valign": "top", **border})

    return {
        "text": book.add_format(words),
        "quoted": book.add_format({**words, "quote_prefix": True}),
        Type.MONEY: number("#,##0.00"),
        Type.RATIO: number("0.00"),
        Type.COUNT: number("0"),
        Type.DAY: number("yyyy-mm-dd"),
    }


class _Book:
    """Writes one workbook for one kind."""

    def __init__(self, model: type[Document], unit_names: Sequence[str]) -> None:
        from xlsxwriter import Workbook  # Slow to load, and only needed to write one.

        self._model = model
        self._declared = declaration(model)
        self._units = list(unit_names)
        self._out = io.BytesIO()
        self._book = Workbook(self._out, {"in_memory": True, "strings_to_formulas": False})
        add = self._book.add_format
        common = {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1}
        self._head = add({**common, "bg_color": "#E7ECF2"})
        self._must = add({**common, "bg_color": "#F8D7B0"})
        self._formats = add_formats(self._book)

    def write(self, records: list[tuple[str, Document]]) -> bytes:
        main = self._book.add_worksheet(names.main_sheet(self._model))
        tables = [
            (one, self._book.add_worksheet(names.table_sheet(self._model, one)))
            for one in self._declared.tables
        ]
        guide = self._book.add_worksheet(names.GUIDE)
        self._options = Options(self._book.add_worksheet(names.OPTIONS))
        self._options.sheet.hide()

        documents = [document for _, document in records]
        keys = [str(number) for number in range(1, len(records) + 1)]
        lead = [(key, unit) for key, (unit, _) in zip(keys, records, strict=True)]
        self._sheet(main, [RECORD_KEY, UNIT], self._declared.fields, lead, documents)
        if self._units:
            listed = {
                "validate": "list",
                "source": self._options.formula("units", self._units),
                "error_type": "warning",
            }
            main.data_validation(
                1, 1, _LAST_ROW, 1, {**listed, **check_words("单位", "请从列表中选择单位。")}
            )
        for table, sheet in tables:
            owned = [
                (key, row)
                for key, one in zip(keys, documents, strict=True)
                for row in getattr(one, table.name)
            ]
            self._sheet(
                sheet,
                [RECORD_KEY],
                table.fields,
                [(key,) for key, _ in owned],
                [row for _, row in owned],
                table=table.name,
            )
        self._guide(guide)
        main.activate()
        self._book.close()
        return self._out.getvalue()

    def _sheet(
        self,
        sheet: Any,
        lead: list[str],
        fields: tuple[Field, ...],
        leading: Sequence[Sequence[str]],
        owners: list[Any],
        table: str | None = None,
    ) -> None:
        for index, name in enumerate(lead):
            sheet.write_string(0, index, name if name == RECORD_KEY else f"*{name}", self._must)
            sheet.set_column(index, index, 12 if name == RECORD_KEY else 24, self._formats["text"])
            must, how, _ = self._lead(name, in_table=table is not None)
            sheet.write_comment(0, index, f"{must}。{how}", {"x_scale": 2})
        columns = slots(fields, owners)
        for index, slot in enumerate(columns, start=len(lead)):
            self._column(sheet, index, slot, table)
        for row, (texts, owner) in enumerate(zip(leading, owners, strict=True), start=1):
            for index, text in enumerate(texts):
                self._text(sheet, row, index, text)
            for index, slot in enumerate(columns, start=len(lead)):
                self._value(sheet, row, index, slot, value_of(owner, slot.field))
        sheet.set_row(0, 36)
        sheet.freeze_panes(1, len(lead))

    def _lead(self, name: str, *, in_table: bool) -> tuple[str, str, str]:
        """Return when a leading column must be filled, how, and an example."""
        if name == UNIT:
            how = "填写名册中的单位全称或简称；有下拉选项的从中选取。"
            return "必填（导入时另外指定了单位的可留空）", how, "示例县财政局"
        if in_table:
            how = f"填写“{names.main_sheet(self._model)}”表中的编号，这一行就归属到那条记录。"
            return "每行必填", how, "1"
        return (
            "填写了其他工作表的必填",
            "给每条记录编一个号（如 1、2、3）；其他工作表用同一编号对应到这条记录。",
            "1",
        )

    def _column(self, sheet: Any, index: int, slot: Slot, table: str | None) -> None:
        field = slot.field
        how = how_to_fill(field, default_of(self._model, field, table))
        must = is_required(self._model, field) and not slot.piece
        sheet.write_string(
            0, index, f"*{slot.header}" if must else slot.header, self._must if must else self._head
        )
        width = max(_WIDTHS.get(field.type, 16), min(36, 2 * len(slot.header) + 3))
        sheet.set_column(index, index, width, self._formats.get(field.type, self._formats["text"]))
        if slot.piece:
            return
        about = field.about
        parts = [f"{requirement(self._model, field, in_table=table is not None)}。{how}", about.help]
        parts += [
            f"依据：{about.source}" if about.source else "",
            f"示例：{about.example}" if about.example else "",
        ]
        sheet.write_comment(
            0, index, "\n".join(part for part in parts if part), {"x_scale": 2, "y_scale": 1.5}
        )
        if rule := self._rule(field):
            sheet.data_validation(1, index, _LAST_ROW, index, {**rule, **check_words(field.label, how)})

    def _rule(self, field: Field) -> dict[str, Any] | None:
        """Return Excel's own check of the column; amounts only warn, since “1.2万元” is read too."""
        if field.choices is not None:
            source = self._options.formula(field.choices, [one.label for one in field.choices])
            return {"validate": "list", "source": source}
        match field.type:
            case Type.YES_NO:
                return {"validate": "list", "source": ["是", "否"]}
            case Type.DAY:
                span = {"minimum": date(1949, 10, 1), "maximum": date(2199, 12, 31)}
                return {"validate": "date", "criteria": "between", **span, "error_type": "warning"}
            case Type.MONEY:
                span_of_money = {"minimum": -MAX_FEN // 100, "maximum": MAX_FEN // 100}
                return {
                    "validate": "decimal",
                    "criteria": "between",
                    **span_of_money,
                    "error_type": "warning",
                }
            case Type.COUNT:
                return {"validate": "integer", "criteria": "between", "minimum": 0, "maximum": 10**9}
            case Type.RATIO:
                return {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 10**5}
            case _:
                return None

    def _value(self, sheet: Any, row: int, index: int, slot: Slot, value: Any) -> None:
        native = native_of(slot.field, value)
        if native is None:
            return
        cell_format = self._formats.get(slot.field.type)
        if isinstance(native, date):
            sheet.write_datetime(row, index, native, cell_format)
        elif isinstance(native, float):
            sheet.write_number(row, index, native, cell_format)
        else:
            begin = slot.piece * PIECE
            self._text(sheet, row, index, native[begin : begin + PIECE])

    def _text(self, sheet: Any, row: int, index: int, text: str) -> None:
        if text:
            # A text cell is never run; the quote prefix keeps it so when a person edits it later.
            sheet.write_string(row, index, text, self._formats["quoted" if FORMULA.match(text) else "text"])

    def _guide(self, sheet: Any) -> None:
        kind = self._model.kind
        wrap = self._book.add_format({"text_wrap": True, "valign": "top", "border": 1})
        title = self._book.add_format({"bold": True, "font_size": 14})
        lines = [
            f"{kind.label}填表说明",
            kind.purpose,
            f"“{names.main_sheet(self._model)}”表一行填一条记录；其余各表填该记录的明细，用“{RECORD_KEY}”与主表对应。",
            "带 * 且底色为橙色的列必填。请勿改动表头；不需要的列可以留空。",
        ]
        for row, line in enumerate(lines):
            sheet.write_string(row, 0, line, title if row == 0 else None)
        for index, (name, width) in enumerate(
            (
                ("工作表", 20),
                ("栏目", 30),
                ("是否必填", 20),
                ("填写方法", 50),
                ("说明", 40),
                ("依据", 34),
                ("示例", 34),
            )
        ):
            sheet.write_string(5, index, name, self._head)
            sheet.set_column(index, index, width)
        for row, texts in enumerate(self._guide_rows(), start=6):
            for index, text in enumerate(texts):
                sheet.write_string(row, index, text, wrap)
        sheet.freeze_panes(6, 0)

    def _guide_rows(self) -> Iterable[Sequence[str]]:
        for sheet_name, fields, table in self._all_fields():
            in_table = table is not None
            for name in (RECORD_KEY,) if in_table else (RECORD_KEY, UNIT):
                must, how, example = self._lead(name, in_table=in_table)
                yield sheet_name, name, must, how, "", "", example
            for one in fields:
                about = one.about
                how = how_to_fill(one, default_of(self._model, one, table))
                must = requirement(self._model, one, in_table=in_table)
                yield sheet_name, one.label, must, how, about.help, about.source, about.example

    def _all_fields(self) -> Iterable[tuple[str, tuple[Field, ...], str | None]]:
        yield names.main_sheet(self._model), self._declared.fields, None
        for table in self._declared.tables:
            yield names.table_sheet(self._model, table), table.fields, table.name


def check_words(title: str, message: str) -> dict[str, str]:
    """Return the texts of a check within Excel's limits of 32 and 255 characters."""
    return {"error_title": title[:32], "error_message": message[:255]}
