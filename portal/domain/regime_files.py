"""Where a mistake lies in a regime file, and what to say of it."""

from __future__ import annotations

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


def quoted(broken: Exception) -> str:
    """Say where TOML itself is broken, in Chinese."""
    found = re.search(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", str(broken))
    if not found:
        return str(broken)
    where = f"第 {found[2]} 行第 {found[3]} 列" if found[2] else "文件末尾"
    return f"{where}（{found[1]}）"


def first_error(wrong: ValidationError) -> tuple[tuple[str | int, ...], str]:
    """Return the place and the Chinese message of the first mistake."""
    first: dict[str, Any] = dict(wrong.errors()[0])
    place = tuple(part for part in first["loc"] if part not in ("tuple[str, ...]", "bool", "tuple[str,...]"))
    return place, say(first)


def say(error: dict[str, Any]) -> str:
    """Say in Chinese what pydantic says in English."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    known = {
        "missing": "缺少这一项。请补上。",
        "extra_forbidden": "没有这一项。请检查拼写，或删去。",
        "string_pattern_mismatch": "格式不对，只能用小写字母、数字和下划线或连字符。",
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
