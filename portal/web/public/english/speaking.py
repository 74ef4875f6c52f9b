"""What the English edition says of values: the program's words in English, everything else as it is.

What units wrote is never changed. It is known by where it comes from: an attribute
of a record, a document or a unit (`Content`), whatever it says. Other texts are
changed only where the catalogue has the whole of them. What stays Chinese is marked
as Chinese, so that a screen reader reads it aloud as such.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

from flask_babel import format_date
from markupsafe import Markup, escape

from portal.domain.calendar import Span
from portal.domain.documents.about import Part as DocumentPart
from portal.domain.fates import UnitStep
from portal.domain.regime_sections import Counting, Coverage, IndexItem, Mechanism, RestrictedDomain
from portal.domain.regimes import Rulebook
from portal.domain.rules.terms import Terms
from portal.domain.values import show_yuan
from portal.exchange.dictionary import DictionaryRow
from portal.site.cards import Card, Withdrawal
from portal.site.pages.summary import Holder, PlanLine
from portal.site.views import RecordView, Tombstone, UnitView, VersionView
from portal.web.public.english.catalog import HAN, WIDE, Catalog, Part, Pattern, Place, punctuation

CONTENT = (
    *(
        DocumentPart,
        UnitView,
        UnitStep,
        RecordView,
        VersionView,
        Tombstone,
        Card,
        Withdrawal,
        PlanLine,
        Holder,
    ),
    *(DictionaryRow, Mechanism, Counting, Terms),  # Columns of the data files, and the regime's own texts.
)
REGIME = (Rulebook, RestrictedDomain, Coverage, IndexItem)
OURS = {  # What the program itself says there.
    *((Card, name) for name in ("note", "planned", "stage")),
    *((DictionaryRow, name) for name in ("type", "in_json", "required")),
}
WRITTEN = frozenset(("reason", "approver", "ground", "unit_name"))  # Content in rows made for a page, too.
COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
CHINESE_COUNTS = "零一二三四五六七八九十"
KEPT = 20_000  # Sayings remembered: the words of a county's boards, not every name in it.


class Content(str):
    """A text that a unit wrote."""

    __slots__ = ()


class Given(str):
    """A text of a jurisdiction's regime: in English only where the catalogue has the whole of it."""

    __slots__ = ()


class Said(NamedTuple):
    """A piece of what is said: in English, or left in Chinese."""

    text: str
    chinese: bool = False


def mark_as(kind: type[str], value: Any) -> Any:
    """Mark a text, or every text in rows of texts, by where it comes from."""
    if type(value) is str:
        return kind(value)
    if type(value) in (tuple, list) and value and type(value[0]) in (str, tuple, list):
        return type(value)(mark_as(kind, one) for one in value)
    return value


_ORIGINS: dict[type, type[str] | None] = {}


def origin(owner: type) -> type[str] | None:
    """Return what the texts of a class are: content, of the regime, or (None) the program's."""
    if owner not in _ORIGINS:
        _ORIGINS[owner] = (
            Content if issubclass(owner, CONTENT) else Given if issubclass(owner, REGIME) else None
        )
    return _ORIGINS[owner]


def read_value(owner: object, name: str, value: Any) -> Any:
    """Return an attribute as templates see it: marked by where it comes from."""
    if type(value) not in (str, tuple, list):
        return value
    kind = origin(type(owner))
    if kind is None:
        return mark_as(Content, value) if name in WRITTEN and isinstance(owner, dict) else value
    if (type(owner), name) in OURS:
        return value
    return mark_as(Content if name == "aliases" else kind, value)  # Other Chinese names of a matter.


class Speaker:
    """Says values in English; one for each environment."""

    def __init__(self, catalog: Catalog) -> None:
        """Speak by a catalogue."""
        self.catalog = catalog
        self._known: dict[str, tuple[Said, ...] | None] = {}

    @property
    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters that differ from those of the Chinese edition."""
        return {
            "en": self.text,
            "en_plain": self.plain,
            "en_lower": lower,
            "en_kept": lambda value: self.text(mark_as(Content, value)),
            "join": self.join,
            "day": show_day,
            "month": show_month,
            "period": show_period,
            "short": show_short,
        }

    def text(self, value: Any) -> Any:
        """Return what stands in a page for a value; texts that stay Chinese are marked as such."""
        if isinstance(value, Span):
            value = str(value)
        if not isinstance(value, str) or isinstance(value, Markup) or not WIDE.search(value):
            return value
        said = self.said(value)
        if said is None:
            return chinese(value)
        if any(one.chinese for one in said):
            return Markup().join(chinese(one.text) if one.chinese else escape(one.text) for one in said)
        return "".join(one.text for one in said)

    def plain(self, value: Any) -> Any:
        """Return what stands in an attribute or a title: text alone."""
        if isinstance(value, Markup):
            return value.striptags() if "<" in value else value
        if not isinstance(value, str) or not WIDE.search(value):
            return value
        said = self.said(value)
        return value if said is None else "".join(one.text for one in said)

    def join(self, value: Iterable[Any], d: str = "", attribute: str | None = None) -> Any:
        """Join what each value says."""
        read = [getattr(one, attribute) for one in value] if attribute else list(value)
        return escape(punctuation(d)).join(escape(self.text(one)) for one in read)

    def said(self, value: str) -> tuple[Said, ...] | None:
        """Return what is said for a text, by where it comes from; None where it stays as it is."""
        if isinstance(value, Content):
            return None
        if isinstance(value, Given):
            found = self.catalog.find(value)
            return None if found is None else (Said(found),)
        return self.say(value)

    @property
    def left(self) -> list[str]:
        """What was shown wholly or partly in Chinese, beside content that was known as such."""
        return [value for value, said in self._known.items() if not said or any(one.chinese for one in said)]

    def say(self, value: str) -> tuple[Said, ...] | None:
        """Return what a text of the program's says in English, or None where it is not the program's."""
        if value not in self._known:
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[value] = self._say(value)
        return self._known[value]

    def _say(self, value: str) -> tuple[Said, ...] | None:
        if (found := self.catalog.find(value)) is not None:
            return (Said(found),)
        if (day := show_known(value)) is not None:
            return (Said(day),)
        for pattern in self.catalog.patterns:
            if matched := pattern.known.fullmatch(value):
                return tuple(self._fill(pattern, matched))
        if not HAN.search(value):
            return (Said(punctuation(value)),)
        return self._listed(value)

    def _listed(self, value: str) -> tuple[Said, ...] | None:
        """Say a list: of words that are all the program's (、), or of clauses (；)."""
        if words := self._words(value.split("、")):
            return (Said(", ".join(words)),)
        clauses = value.split("；")
        said = [self._say(one) for one in clauses] if len(clauses) > 1 else []
        return tuple(_joined("; ", clauses, said)) if any(said) else None

    def _words(self, pieces: list[str]) -> list[str] | None:
        """Say the words of a list, some of which may hold a 、 themselves; None unless all are the program's."""
        found: list[str] = []
        at = 0
        while at < len(pieces) > 1:
            for end in (at + 2, at + 1):
                said = self.catalog.find("、".join(pieces[at:end])) if end <= len(pieces) else None
                if said is None and end == at + 1:
                    known = self._say(pieces[at]) or ()
                    said = "".join(one.text for one in known) if _whole(known) else None
                if said is not None:
                    found.append(said)
                    at = end
                    break
            else:
                return None
        return found

    def _fill(self, pattern: Pattern, matched: re.Match[str]) -> Iterable[Said]:
        for part in pattern.parts:
            yield from self._part(part, pattern, matched)

    def _part(self, part: Part, pattern: Pattern, matched: re.Match[str]) -> Iterable[Said]:
        if isinstance(part, str):
            yield Said(part)
            return
        value = matched[part.name]
        if part.many is not None:
            yield Said(part.one or "") if value in ("1", "一") else Said(part.many)
            return
        sort = pattern.sorts[part.name]
        if sort == "n":
            yield Said(value)
        elif sort == "count":
            word = COUNTS[CHINESE_COUNTS.index(value)]
            yield Said(word if part.one == "lower" else word.capitalize())
        else:
            said = self._say(value) if WIDE.search(value) else (Said(value),)
            for one in said or (Said(value, chinese=True),):
                yield Said(lower(one.text), one.chinese) if part.one == "lower" and not one.chinese else one


def _whole(said: tuple[Said, ...]) -> bool:
    return bool(said) and not any(one.chinese for one in said)


def _joined(mark: str, pieces: list[str], said: list[tuple[Said, ...] | None]) -> Iterable[Said]:
    for place, (piece, words) in enumerate(zip(pieces, said, strict=True)):
        if place:
            yield Said(mark)
        yield from words or (Said(piece, chinese=True),)


def chinese(text: str) -> Markup:
    """Mark a text as Chinese."""
    return Markup('<span lang="zh-Hans">{}</span>').format(str(text))


def lower(value: Any) -> Any:
    """Write the first letter small, unless the word is a name or all capitals (CNY, Q3)."""
    if not isinstance(value, str) or not re.match(r"[A-Z][a-z]", value):
        return value
    small = value[0].lower() + value[1:]
    return Markup(small) if isinstance(value, Markup) else small  # noqa: S704 - one letter changed.


def show_day(day: date) -> str:
    """Return 5 March 2026."""
    return str(format_date(day, "d MMMM y"))


def show_month(month: str) -> str:
    """Return July 2026 for 2026-07."""
    return str(format_date(date(int(month[:4]), int(month[5:7]), 1), "MMMM y"))


def show_period(period: str) -> str:
    """Return Q3 2026, July 2026 or 2026."""
    if "Q" in period:
        return f"{period[4:]} {period[:4]}"
    return show_month(period) if "-" in period else period


def show_short(fen: int) -> str:
    """Return an amount of yuan in full, CNY 12,860,000: English has no word for 万, and nothing is rounded."""
    return f"CNY {show_yuan(fen).removesuffix('.00')}"


_KNOWN = re.compile(r"(\d{4})年(?:(\d{1,2})月(?:(\d{1,2})日)?|第([一二三四])季度)?")
_WAN = re.compile(r"(-?)([\d,]+)(?:\.(\d{2,6}))?(万?)元")


def show_known(text: str) -> str | None:
    """Return a Chinese date, period or amount as English has it; None for other texts."""
    if found := _KNOWN.fullmatch(text):
        year, month, day, quarter = found.groups()
        try:
            if day:
                return show_day(date(int(year), int(month), int(day)))
            if month:
                return show_month(f"{year}-{int(month):02d}")
        except ValueError:  # There is no such day: whatever it is, it is not ours to read.
            return None
        return f"Q{'一二三四'.index(quarter) + 1} {year}" if quarter else year
    if found := _WAN.fullmatch(text.replace(" ", "")):
        size = 1_000_000 if found[4] else 100
        decimals = (found[3] or "0").ljust(6, "0")
        fen = int(found[2].replace(",", "")) * size + int(decimals) * size // 10**6
        return show_short(-fen if found[1] else fen)
    return None


__all__ = ["Content", "Place", "Speaker", "chinese", "read_value"]
