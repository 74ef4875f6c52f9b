"""Where a mistake lies in a regime file, and what to say of it."""

from __future__ import annotations

import difflib
import re
from typing import Any

from pydantic import ValidationError


class RegimeError(ValueError):
    """A regime file that cannot be used; the message names file, line, place and remedy."""


_HEADER = re.compile(r"^\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*([\w\"'-]+)\s*=")


def place_of(text: str, place: tuple[str | int, ...]) -> int | None:
    """Return the line (from 1) of a place such as ("rules", "DEC-02", 1, "quorum"); its header where it is missing."""
    names = [part for part in place if isinstance(part, str)]
    counts = [part for part in place if isinstance(part, int)]
    best: int | None = None
    if len(names) == 1 and not counts:
        return _key_line(text, names[0])
    for size in range(len(names), 0, -1):
        table = ".".join(names[:size])
        nth = counts[0] if counts else 0
        seen = -1
        inside = False
        for number, line in enumerate(text.splitlines(), start=1):
            if header := _HEADER.match(line):
                name = re.sub(r"[\"'\s]", "", header[1])
                seen += name == table
                inside = name == table and seen == nth
                if inside:
                    best = number
            elif inside and names[size:] and (key := _KEY.match(line)) and key[1].strip("\"'") == names[size]:
                return number
        if best:
            return best
    return best


def _key_line(text: str, name: str) -> int | None:
    header = None
    for number, line in enumerate(text.splitlines(), start=1):
        if (key := _KEY.match(line)) and key[1] == name and header is None:
            return number
        if found := _HEADER.match(line):
            header = number
            if re.sub(r"[\"'\s]", "", found[1]) == name:
                return number
    return None


_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')
_CHINESE = re.compile(r"[“”‘’＂＇＝［］｛｝，、。：；＃－　０-９]")
_DATE = re.compile(r"(?<![\w-])(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})(?![\d-])|年(\d{1,2})月(\d{1,2})日)")
_WORDS = re.compile(r"=\s*(True|TRUE|False|FALSE|是|否|yes|no|Yes|No)\s*$")
# What the TOML reader says, and what that means to somebody who edits the file.
_TOML = (
    ("Cannot overwrite a value", "这一项在同一段里写了两次。请删去一个；另有一段的，先写那一段的 [[标题]]。"),
    ("Duplicate inline table key", "花括号里同一项写了两次。请删去一个。"),
    ("Cannot declare", "这一段的标题写了两次。请合并；同类的多段都用两层方括号 [[标题]]。"),
    ("Cannot mutate immutable", "这一段的标题与前面的写法冲突。请合并；同类的多段都用两层方括号 [[标题]]。"),
    ("Cannot redefine", "这一段的标题写了两次。请合并；同类的多段都用两层方括号 [[标题]]。"),
    ("Illegal character '\\n'", "引号没有配对。请在文字末尾补上英文半角引号。"),
    ("Unterminated string", "引号没有配对。请在文字末尾补上英文半角引号。"),
    ("Expected ']", "标题的方括号没有配对。写成 [[rules.规则编号]]。"),
    ("Expected '='", "应写成“名称 = 值”，这里没有等号。"),
    ("Unclosed array", "方括号没有配对，或者两个值之间没有英文逗号。"),
    ("Unclosed inline table", "花括号没有配对，或者两项之间没有英文逗号；花括号里的内容要写在一行。"),
    ("Unescaped", "文字里的反斜杠要写成 \\\\。"),
    ("Invalid date", "没有这一天。日期写成 2027-01-01。"),
    ("Invalid initial character", "每行要以英文名称开头。注释前面写 #。"),
    ("Invalid statement", "每行要写成“名称 = 值”，注释前面写 #。"),
    ("Expected newline", "一行只写一项；文字要用英文半角引号括起来。"),
    (
        "Invalid value",
        "等号右边的值不对：文字要用英文半角引号括起来，日期写成 2027-01-01，是与否写 true、false。",
    ),
)


def toml_mistake(text: str, broken: Exception) -> tuple[int, str]:
    """Return the line on which TOML itself is broken, and what to do about it, in Chinese."""
    lines = text.splitlines() or [""]
    found = re.search(r"\(at line (\d+), column \d+\)", str(broken))
    number = min(int(found[1]), len(lines)) if found else len(lines)
    line = lines[number - 1]
    bare = _STRINGS.sub("", line)
    quote = re.search(r"[\"']", bare)
    outside = bare[: quote.start()] if quote else bare.split("#")[0]
    if _CHINESE.search(outside) or (quote and re.search(r"[”’＂＇]\s*[\]},]*\s*$", bare)):
        return number, "这一行用了中文标点或全角字符。引号、等号、括号、逗号和数字请改用英文半角。"
    if day := _DATE.search(outside):
        year, month, of_month = day[1], int(day[2] or day[4]), int(day[3] or day[5])
        if day[0] != f"{year}-{month:02d}-{of_month:02d}":
            return number, f"日期写成 2027-01-01 的样子，这里应是 {year}-{month:02d}-{of_month:02d}。"
        if "Expected newline" not in str(broken):
            return number, "没有这一天。日期写成 2027-01-01。"
    if word := _WORDS.search(outside):
        return number, f"“{word[1]}”应写成小写的 true 或 false。"
    said = str(broken)
    if _HEADER.match(line):
        said = said.replace("Cannot overwrite a value", "Cannot declare")
    known = next((told for says, told in _TOML if says in said), None)
    return number, known or "这一行不是可识别的写法。请对照上下各段改正。"


def first_error(wrong: ValidationError) -> tuple[tuple[str | int, ...], str]:
    """Return the place and the Chinese message of the first mistake; a misspelt word before all others."""
    errors: list[dict[str, Any]] = [dict(one) for one in wrong.errors()]
    for one in errors:
        lacking = [
            str(other["loc"][-1])
            for other in errors
            if other["type"] == "missing" and other["loc"][:-1] == one["loc"][:-1]
        ]
        if one["type"] == "extra_forbidden" and lacking:
            written = str(one["loc"][-1])
            meant = difflib.get_close_matches(written, lacking, 1, 0.5) or lacking
            return _place(one), (
                f"没有“{written}”这一项，又缺少“{'”“'.join(meant)}”。如是拼写有误，请改正；否则请删去前者、补上后者。"
            )
    return _place(errors[0]), say(errors[0])


def _place(error: dict[str, Any]) -> tuple[str | int, ...]:
    return tuple(part for part in error["loc"] if part not in ("tuple[str, ...]", "bool", "tuple[str,...]"))


def say(error: dict[str, Any]) -> str:
    """Say in Chinese what pydantic says in English."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    known = {
        "missing": "缺少这一项。请补上。",
        "extra_forbidden": "没有这一项。请检查拼写，或删去。",
        "string_pattern_mismatch": "格式不对，只能用小写字母、数字和下划线或连字符。",
        "too_short": "不能一行也没有。请至少写一行。",
        "string_too_short": "太短。请写明文件名和条款。",
    }
    if error["type"] in ("enum", "literal_error"):
        return f"“{error['input']}”不在可选值内。可用：{error['ctx']['expected'].replace(' or ', '、').replace(', ', '、')}。"
    if error["type"] in ("greater_than_equal", "less_than_equal"):
        least, most = error["ctx"].get("ge"), error["ctx"].get("le")
        return f"应不小于 {least}。" if least is not None else f"应不大于 {most}。"
    kind = error["type"].split("_")[0]
    types = {
        "date": "应是日期，例如 2026-01-01。",
        "int": "应是整数。",
        "string": "应是文字，用引号括起来。",
        "bool": "应是 true 或 false。",
        "tuple": "应是列表，用方括号括起来。",
    }
    return known.get(error["type"]) or types.get(kind) or "类型不对。请对照其他制度文件的同名项改正。"
