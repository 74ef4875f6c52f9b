"""The catalogue of the English edition: a gettext file, read once, and how its messages are filled.

A message may hold places, `{total}`. In a translation, `{total:unit|units}` chooses
by whether the value is 1, and `{label:lower}` writes the value's first letter small.
Messages in the context `made` are sentences that the program makes: they are found
again in what a page is about to say. Those in the context `joined` are pieces of an
expression that joins texts, where they need other blanks than alone. There the names of places tell what fits:
`{n}` a number, `{place}` the name of a place, `{day}`, `{month}`, `{period}`, `{count}` (一 to 十), `{known}` the name of a kind
of disclosure, a duty or a rule, `{rest}` anything. Any other fits words up to the end of
their clause. What is found there is translated in its turn, or shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from portal.domain.documents.base import kinds
from portal.domain.obligations import DUTIES
from portal.domain.rules.base import rules

FILE = Path(__file__).resolve().parents[2] / "translations" / "en" / "LC_MESSAGES" / "messages.po"
MADE, JOINED = "made", "joined"
WIDE = re.compile("[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_PLACE = re.compile(r"\{([a-z_]+)(\d*)(?::([^{}|]*)(?:\|([^{}]*))?)?\}")
_TYPES = {
    "n": r"\d[\d,.]*",
    "day": r"\d{4}年\d{1,2}月\d{1,2}日",
    "month": r"\d{4}年\d{1,2}月",
    "period": r"\d{4}年(?:第[一二三四]季度|\d{1,2}月)?",
    "count": r"[零一二三四五六七八九十]",
    "place": r"[^。；\n]+?[区县市旗省级]",
    "rest": r"(?s:.+)",
}
_ANYTHING = r"[^。；\n]+?"
_MARKS = str.maketrans({
    "，": ", ", "、": ", ", "。": ". ", "：": ": ", "；": "; ", "？": "? ", "！": "! ",
    "（": " (", "）": ")", "　": " · ", "《": "“", "》": "”",
})  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A place in a translation: which value stands there, its sort, and what to do with it."""

    name: str
    sort: str = ""
    one: str | None = None  # With `many`: chosen where the value is 1. Alone: how to write it (`lower`).
    many: str | None = None


Part = str | Place


def parts_of(text: str) -> Iterator[Part]:
    """Yield the words and places of a message in their order."""
    end = 0
    for found in _PLACE.finditer(text):
        if found.start() > end:
            yield text[end : found.start()]
        yield Place(found[1] + found[2], found[1], found[3], found[4])
        end = found.end()
    if end < len(text):
        yield text[end:]


def normal(text: str) -> str:
    """Return a text as it stands in the catalogue: ASCII blanks run together, none at its ends."""
    return re.sub(r"[ \t\r\n]+", " ", text).strip(" ")


def punctuation(text: str) -> str:
    """Write Chinese marks as English ones."""
    return text.translate(_MARKS)


@dataclass(frozen=True)
class Pattern:
    """A sentence that the program makes: how to know it again, and its translation."""

    known: re.Pattern[str]
    sorts: Mapping[str, str]
    parts: tuple[Part, ...]
    weight: int  # How much of it is fixed: the most telling pattern is tried first.


@cache
def _known() -> str:
    """Return what fits the name of a kind, a duty or a rule; the longest first."""
    names = {name for model in kinds().values() for name in (model.kind.label, model.kind.short)}
    names |= {one.title for one in DUTIES} | {one.title for one in rules().values()}
    return "|".join(map(re.escape, sorted(names, key=lambda one: (-len(one), one))))


def pattern_of(message: str, translation: str) -> Pattern:
    """Make the pattern of a message; raise `ValueError` where its translation has a place that it lacks."""
    written, sorts, weight = "", {}, 0
    for part in parts_of(message):
        if isinstance(part, str):
            written += re.escape(part)
            weight += 4 * len(part)
        else:
            fits = _known() if part.sort == "known" else _TYPES.get(part.sort, _ANYTHING)
            written += f"(?P<{part.name}>{fits})"
            sorts[part.name] = part.sort
            weight += part.sort in _TYPES or part.sort == "known"
    check_places(message, translation)
    return Pattern(re.compile(written), sorts, tuple(parts_of(translation)), weight)


def check_places(message: str, translation: str) -> None:
    """Raise `ValueError` where a translation uses a place that the message does not have."""
    known = {part.name for part in parts_of(message) if isinstance(part, Place)}
    used = {part.name for part in parts_of(translation) if isinstance(part, Place)}
    if used - known:
        raise ValueError(
            f"{message!r}: the translation has {sorted(used - known)}, the message {sorted(known)}"
        )


@dataclass(frozen=True)
class Catalog:
    """Messages with their translations: those looked up as a whole, and the patterns, most telling first."""

    messages: Mapping[str, str]
    patterns: tuple[Pattern, ...]

    joined: Mapping[str, str]

    def find(self, message: str, *, joined: bool = False) -> str | None:
        """Return the translation of a message; of one that is joined to other texts, its own where it has one."""
        key = normal(message)
        return self.joined.get(key, self.messages.get(key)) if joined else self.messages.get(key)


def catalog_from(entries: Mapping[tuple[str, str | None], str]) -> Catalog:
    """Make a catalogue from translations by message and context."""
    messages: dict[str, str] = {}
    joined: dict[str, str] = {}
    patterns: list[Pattern] = []
    for (message, context), translation in entries.items():
        if context == MADE and any(isinstance(part, Place) for part in parts_of(message)):
            patterns.append(pattern_of(message, translation))
        else:
            check_places(message, translation)
            (joined if context == JOINED else messages)[normal(message)] = translation
    patterns.sort(key=lambda one: (-one.weight, one.known.pattern))
    return Catalog(messages, tuple(patterns), joined)


@cache
def entries(file: Path = FILE) -> Mapping[tuple[str, str | None], str]:
    """Read the translations of a file by message and context; those without one, or marked fuzzy, are left out."""
    with file.open("rb") as stream:
        read = read_po(stream, locale="en", abort_invalid=True)
    return {
        (str(one.id), one.context or None): str(one.string)
        for one in read
        if one.id and one.string and not one.fuzzy
    }


@cache
def shipped() -> Catalog:
    """Return the catalogue that ships with the program."""
    return catalog_from(entries())
