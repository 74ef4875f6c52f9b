"""Turns lines into rows, drops what a website or a mirror left in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from portal.exchange.regulations.patterns import GLOSSES, LINES, STRETCHES, Debris
from portal.exchange.regulations.results import Notes
from portal.exchange.regulations.rows import Row

_EDGE = 12  # Rows from either end of the file that count as its edge.
_LONGEST_DEBRIS = 200
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def rows_of(lines: list[str], notes: Notes) -> list[Row]:
    """Return the lines with something in them, visible characters only, in simplified Chinese."""
    plain: list[tuple[int, str]] = []
    for number, line in enumerate(lines, start=1):
        text = unicodedata.normalize("NFC", line)
        for code in sorted(set(_INVISIBLE.findall(text))):
            notes.remove(number, f"U+{ord(code):04X}", "看不见的控制字符")
        text = _INVISIBLE.sub("", text)
        text = re.sub(r"\s+", " ", text)
        if text.strip():
            plain.append((number, text))
    return [row.trimmed() for row in _simplified(plain, notes)]


def _simplified(plain: list[tuple[int, str]], notes: Notes) -> Iterator[Row]:
    converted = [(line, raw, _convert(raw)) for line, raw in plain]
    changed = [old for _, raw, text in converted for old, new in zip(raw, text, strict=True) if old != new]
    han = sum("\u3400" <= one <= "\u9fff" for _, raw in plain for one in raw)
    # Converting a simplified text would spoil words such as 显著, so a few hits are left alone.
    if len(changed) < 5 or len(changed) < han * 0.02:
        return iter(Row.of(line, raw) for line, raw in plain)
    notes.ask(
        plain[0][0],
        "".join(dict.fromkeys(changed))[:20],
        f"原文为繁体字，已转换为简体字（共 {len(changed)} 处）。请核对人名、地名和一繁对多简的字。",
    )
    return iter(Row.of(line, text, raw) for line, raw, text in converted)


def _convert(text: str) -> str:
    """Convert to simplified characters, one for one, so that every place stays findable."""
    result = str(_converter().convert(text))
    if len(result) == len(text):
        return result
    single = [str(_converter().convert(one)) for one in text]
    return "".join(new if len(new) == 1 else old for old, new in zip(text, single, strict=True))


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def without_debris(rows: list[Row], notes: Notes) -> tuple[list[Row], list[str]]:
    """Return the rows that are text, and the file names that a document library wrote around it."""
    kept: list[Row] = []
    stems: list[str] = []
    for place, row in enumerate(rows):
        edge = place < _EDGE or place >= len(rows) - _EDGE
        found = _debris(row, edge=edge)
        if found is None:
            kept.append(row)
            continue
        notes.remove(row.line, row.raw, found.reason)
        _keep_web_date(row, found, notes)
        if found.reason == "文库网站的文件名行" and (stem := _stem(row.text)) not in stems:
            stems.append(stem)
    return list(_without_stretches(kept, GLOSSES + STRETCHES, notes)), stems


def _debris(row: Row, *, edge: bool) -> Debris | None:
    text = row.text[: _LONGEST_DEBRIS * 2]
    # Glosses stand between the characters of debris, too.
    for gloss in GLOSSES:
        text = gloss.pattern.sub("", text)
    if len(text) > _LONGEST_DEBRIS:
        return None
    return next((one for one in LINES if (edge or not one.edge) and one.pattern.fullmatch(text)), None)


def _keep_web_date(row: Row, found: Debris, notes: Notes) -> None:
    if found.name == "counter" and (day := re.search(r"\d{4}[-年./]\d{1,2}[-月./]\d{1,2}", row.text)):
        notes.ask(
            row.line, day[0], f"网页标注的发布时间是 {day[0]}，没有用作成文日期。请对照原件确认成文日期。"
        )


def _stem(name: str) -> str:
    """关于…的意见.docx → 关于…的意见, without the year that such sites put in front."""
    stem = re.sub(r"\.\w+?(?:_第\d+页)?$", "", name)
    return re.sub(r"^20\d\d年?(?=\D)", "", stem).strip()


def _without_stretches(rows: list[Row], table: tuple[Debris, ...], notes: Notes) -> Iterator[Row]:
    named = 0
    for place, row in enumerate(rows):
        for debris in table:
            if debris.edge and place < len(rows) - 3:
                continue
            spans = [found.span() for found in debris.pattern.finditer(row.text)]
            if not spans:
                continue
            _note_stretches(row, spans, debris, notes)
            named += "自然人" in debris.reason
            row = row.without(spans).trimmed()
        if row.text:
            yield row
    if named:
        last = rows[-1].line
        notes.ask(
            last, "", f"已从正文中去除作者、编辑等自然人署名 {named} 处（见去除清单）。请确认不需要公开。"
        )


def _note_stretches(row: Row, spans: Iterable[tuple[int, int]], debris: Debris, notes: Notes) -> None:
    """List a line's stretches of one pattern together: one entry that a person can take in."""
    by_line: dict[int, list[str]] = {}
    for start, end in spans:
        by_line.setdefault(row.line_at(start), []).append(row.raw[start:end].strip())
    for line, texts in by_line.items():
        count = f"（{len(texts)} 处）" if len(texts) > 1 else ""
        notes.remove(line, " ".join(texts), debris.reason + count)
