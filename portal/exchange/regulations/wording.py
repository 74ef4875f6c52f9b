"""Punctuation that was flattened, quotes that lost their partner, words that a copying site replaced."""

from __future__ import annotations

import re

from portal.exchange.regulations.patterns import HAN, SUSPECTS
from portal.exchange.regulations.results import Notes
from portal.exchange.regulations.rows import Row

_WIDE = dict(zip(",;:?!()", "，；：？！（）", strict=True))
_NEXT_TO = re.compile(rf"[{HAN}“”‘’《》〈〉〔〕【】（），。；：！？、――…％%]")
_PAIRS = {"“": "”", "‘": "’", "《": "》", "（": "）", "〔": "〕", "【": "】"}
_NAMES = {"“": "双引号", "‘": "单引号", "《": "书名号", "（": "括号", "〔": "六角括号", "【": "方括号"}
_CLOSERS = {close: opener for opener, close in _PAIRS.items()}


def full_width(rows: list[Row], notes: Notes) -> list[Row]:
    """Return the rows with Chinese punctuation between Chinese characters; say so once."""
    result = [row.with_text(_wide(row.text)) for row in rows]
    changed = [
        (old.line, sum(a != b for a, b in zip(old.text, new.text, strict=True)))
        for old, new in zip(rows, result, strict=True)
    ]
    if total := sum(count for _, count in changed):
        first = next(line for line, count in changed if count)
        notes.ask(first, "", f"汉字之间的半角标点已统一改为全角（共 {total} 处），文字没有改动。请确认。")
    return result


def _wide(text: str) -> str:
    characters = list(text)
    for at, one in enumerate(characters):
        before = characters[at - 1] if at else ""
        after = text[at + 1] if at + 1 < len(text) else ""
        beside_han = bool(_NEXT_TO.match(before) or _NEXT_TO.match(after))
        if one in _WIDE and (beside_han or (one in "()" and _around_han(text, at))):
            characters[at] = _WIDE[one]
        # A dot after a digit is a decimal point or a numbering mark.
        elif one == "." and _NEXT_TO.match(before) and (not after or _NEXT_TO.match(after)):
            characters[at] = "。"
    straight = [at for at, one in enumerate(characters) if one == '"']
    if straight and len(straight) % 2 == 0:
        for place, at in enumerate(straight):
            characters[at] = "“”"[place % 2]
    return "".join(characters)


def _around_han(text: str, at: int) -> bool:
    """Say whether the parenthesis at `at` belongs to a Chinese number or date, such as (2011年) or 万元(1)."""
    stretch = text[at : at + 12] if text[at] == "(" else text[max(0, at - 11) : at + 1]
    return bool(re.search(rf"[{HAN}]", stretch))


def ask_about_pairs(rows: list[Row], notes: Notes) -> None:
    """Ask about every quote or bracket without its partner: one question for each source line and sign."""
    for row in rows:
        lonely: dict[tuple[int, str], list[int]] = {}
        for at, sign in _lonely(row.text):
            lonely.setdefault((row.line_at(at), sign), []).append(at)
        for (line, sign), places in lonely.items():
            shown = "；".join(row.text[max(0, at - 4) : at + 8] for at in places)
            notes.ask(
                line,
                shown,
                f"{_NAMES[sign]}不成对，共 {len(places)} 处。请对照原件补上或删去，程序没有改动。",
            )


def _lonely(text: str) -> list[tuple[int, str]]:
    """Return where a sign has no partner, with the opening sign that it belongs to."""
    result: list[tuple[int, str]] = []
    waiting: dict[str, list[int]] = {opener: [] for opener in _PAIRS}
    for at, one in enumerate(text):
        if one in _PAIRS:
            # Brackets nest; a quote inside the same quote means that the first was never closed.
            if one in "“‘《" and waiting[one]:
                result.append((waiting[one].pop(), one))
            waiting[one].append(at)
        elif one in _CLOSERS:
            opener = _CLOSERS[one]
            if waiting[opener]:
                waiting[opener].pop()
            else:
                result.append((at, opener))
        elif one == '"':
            result.append((at, "“"))
    result += [(at, opener) for opener, places in waiting.items() for at in places]
    return sorted(result)


def ask_about_words(rows: list[Row], notes: Notes) -> None:
    """Ask about words that look replaced or misread, with the likely reading; nothing is changed."""
    for row in rows:
        for suspect in SUSPECTS:
            places: dict[tuple[int, str, str], list[int]] = {}
            for found in suspect.pattern.finditer(row.text):
                reading = (
                    found.expand(suspect.suggestion) if "\\" in suspect.suggestion else suspect.suggestion
                )
                key = (row.line_at(found.start()), found.group(), reading)
                places.setdefault(key, []).append(found.start())
            for (line, word, reading), starts in places.items():
                count = f"（{len(starts)} 处）" if len(starts) > 1 else ""
                shown = "；".join(row.text[max(0, at - 6) : at + len(word) + 6] for at in starts)
                notes.ask(line, shown, f"“{word}”疑为“{reading}”之误{count}，未改动。请对照原件确认。")
