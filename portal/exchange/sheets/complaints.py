"""pydantic's errors in Chinese: what is wrong and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from portal.exchange.sheets.results import split_advice

Place = tuple[str | int, ...]

_NUMBER = ("不是整数。", "请只填整数，不带单位和小数。")
_DATE = ("不是可识别的日期。", "请写成“2026年3月5日”或“2026-03-05”的样子。")
_TEXT = ("应是文字。", "请改为文字内容。")
_YES_NO = ("应填“是”或“否”。", "请改为“是”或“否”。")
_LIST = ("应是一张表（若干行）。", "请按模板中对应的工作表逐行填写。")
_GROUP = ("应是一组栏目。", "请按模板逐栏填写。")
_CHOICE = ("不在可选范围内。", "请从模板的下拉选项中选填。")
_FALLBACK = ("填写的内容不符合要求。", "请对照“填表说明”核对此处后重新填写。")

TRANSLATIONS: dict[str, tuple[str, str]] = {
    "missing": ("必须填写，现在是空的。", "请补填此处。"),
    "extra_forbidden": ("不是本类公开内容的栏目。", "请删除，或改用模板中的栏目名称。"),
    "string_type": _TEXT,
    "string_sub_type": _TEXT,
    "string_unicode": ("含有无法识别的字符。", "请删除乱码后重新填写。"),
    "string_too_short": ("必须填写，现在是空的。", "请补填此处。"),
    "string_too_long": ("超过 {max_length} 字。", "请精简到 {max_length} 字以内。"),
    "string_pattern_mismatch": ("写法不符合要求。", "请按“填表说明”中的示例改写。"),
    "int_type": _NUMBER,
    "int_parsing": _NUMBER,
    "int_parsing_size": ("数值过大。", "请核对数值和单位。"),
    "int_from_float": _NUMBER,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": ("不是有效的数。", "请核对后重新填写。"),
    "greater_than_equal": ("早于或小于允许的最小值（{ge}）。", "请核对后填写不小于 {ge} 的内容。"),
    "greater_than": ("早于或小于允许的范围（须大于 {gt}）。", "请核对后重新填写。"),
    "less_than_equal": ("晚于或大于允许的最大值（{le}）。", "请核对后填写不大于 {le} 的内容。"),
    "less_than": ("晚于或大于允许的范围（须小于 {lt}）。", "请核对后重新填写。"),
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": ("日期后带有时刻。", "请只保留日期。"),
    "enum": _CHOICE,
    "literal_error": _CHOICE,
    "bool_type": _YES_NO,
    "bool_parsing": _YES_NO,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "iterable_type": _LIST,
    "too_long": ("超过 {max_length} 条。", "请精简到 {max_length} 条以内。"),
    "too_short": ("不足 {min_length} 条。", "请补充到 {min_length} 条以上。"),
    "model_type": _GROUP,
    "model_attributes_type": _GROUP,
    "dict_type": _GROUP,
    "none_required": ("此处应为空。", "请删除此处内容。"),
    "recursion_loop": ("内容自相引用。", "请删除自相引用的部分。"),
}


@dataclass(frozen=True)
class Complaint:
    """One error of a document: its place in the model and the Chinese text."""

    place: Place
    missing: bool
    value: str
    message: str
    remedy: str


def complaints(error: ValidationError) -> Iterator[Complaint]:
    """Translate every error; no English of the library's ever comes through."""
    for one in error.errors(include_url=False):
        kind = one["type"]
        message, remedy = translate(kind, one.get("ctx") or {})
        given = one.get("input")
        shown = (
            "" if kind == "missing" or isinstance(given, dict | list | tuple) or given is None else str(given)
        )
        place = tuple(part for part in one["loc"] if isinstance(part, str | int))
        yield Complaint(place, kind == "missing", shown, message, remedy)


def translate(kind: str, context: dict[str, Any]) -> tuple[str, str]:
    """Return what is wrong and how to mend it for one of pydantic's error types."""
    if kind in ("value_error", "assertion_error"):
        text = str(context.get("error", ""))
        return split_advice(text) if re.search("[\u4e00-\u9fff]", text) else _FALLBACK
    message, remedy = TRANSLATIONS.get(kind, _FALLBACK)
    try:
        return message.format(**context), remedy.format(**context)
    except (KeyError, IndexError):
        return _FALLBACK
