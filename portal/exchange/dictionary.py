"""The field dictionary (字段说明) of a kind, made from its declaration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Field, declaration
from portal.domain.values import Type
from portal.exchange.bulk import BulkTable, bulk_tables
from portal.exchange.editions import header
from portal.exchange.sheets.layout import requirement

TYPES = {
    Type.LINE: "一行文字",
    Type.PROSE: "文字，可分段",
    Type.MONEY: "金额",
    Type.COUNT: "整数",
    Type.RATIO: "两位小数",
    Type.DAY: "日期",
    Type.MONTH: "月份",
    Type.PERIOD: "所属期",
    Type.CLOCK: "时刻",
    Type.YES_NO: "是或否",
    Type.CHOICE: "选项",
    Type.LINES: "多条文字",
    Type.USCC: "统一社会信用代码",
}
_IN_JSON = {
    Type.MONEY: "整数，单位为分",
    Type.COUNT: "整数",
    Type.RATIO: "整数，单位为百分之一",
    Type.DAY: "文本，如 2026-03-05",
    Type.MONTH: "文本，如 2026-03",
    Type.PERIOD: "文本，如 2026Q1、2026-03、2026",
    Type.CLOCK: "文本，如 09:30",
    Type.YES_NO: "true 或 false",
    Type.CHOICE: "选项代码",
    Type.LINES: "文本数组",
}
_TEXT_IN_JSON = "文本"


@dataclass(frozen=True)
class DictionaryRow:
    """One field: where it stands, what it is called, what it holds and which law asks for it.

    `table` is blank for a document's single fields; `name` is the field's place
    in the JSON below `content.document` or below the table's row; `header` is
    its header in CSV and XLSX; `choices` has the code and the label of each option.
    """

    file: str  # The bulk CSV that has it, without the suffix.
    table: str
    table_label: str
    name: str
    header: str
    label: str
    type: str
    unit: str
    in_json: str
    required: str
    explanation: str
    source: str
    example: str
    choices: tuple[tuple[str, str], ...]


def dictionary(model: type[Document]) -> tuple[DictionaryRow, ...]:
    """Return every field of the kind, in the order of its declaration, the tables' after the single ones."""
    return tuple(_rows(model))


def _rows(model: type[Document]) -> Iterator[DictionaryRow]:
    files = bulk_tables(model)
    for one in declaration(model).fields:
        yield _row(model, files[0], one)
    for bulk in files[1:]:
        assert bulk.table is not None  # noqa: S101 - only the first file has no table.
        for one in bulk.table.fields:
            yield _row(model, bulk, one)


def _row(model: type[Document], bulk: BulkTable, field: Field) -> DictionaryRow:
    table = bulk.table
    return DictionaryRow(
        file=bulk.name,
        table=table.name if table else "",
        table_label=table.about.label if table else "",
        name=".".join(field.path),
        header=header(field),
        label=field.label,
        type=TYPES[field.type],
        unit="元" if field.type == Type.MONEY else "",
        in_json=_IN_JSON.get(field.type, _TEXT_IN_JSON),
        required=requirement(model, field, in_table=table is not None),
        explanation=field.about.help,
        source=field.about.source,
        example=field.about.example,
        choices=tuple((one.value, one.label) for one in field.choices) if field.choices else (),
    )
