"""Text to search terms. The same text gives the same terms on both sides, in whatever way it is written.

A text is *folded* character by character: width and compatibility forms
(NFKC), case, accents, traditional to simplified. Thousands separators are
then dropped. Four sorts of terms are read from the folded text:

* primitives: every single Chinese character, every run of Latin letters,
  every run of digits: `水`, `budget`, `2026`;
* words of two and more characters, as jieba's search mode cuts them: `财政局`;
* document numbers, whatever their brackets: `#嘉委办|2011|20`, once for each
  ending of the agency's name, because running text has no space before it;
* amounts of money in fen: `¥1213680000`.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from typing import Any

VERSION = 1  # Raised whenever the same text would give other terms.
LONGEST_TERM = 64

_PRIMITIVE = re.compile(r"[a-z]+|[0-9]+|[^\W_]")
_HAN = "\u3007\u3400-\u9fff\U00020000-\U0003ffff"
_NOT_HAN = re.compile(f"[^{_HAN}]+")
_THOUSANDS = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])")
_AGENCY_LENGTH = 12
_DOC_NO = re.compile(
    r"[〔\[(【{〈《<]\s?((?:19|20)[0-9]{2})\s?年?[〕\])】}〉》>]\s?第?\s?0*([0-9]{1,5})(?![0-9.])(?:\s?号)?"
)
_AGENCY = re.compile(f"[a-z{_HAN}]")
_UNITS = {
    "万亿": 10**12,
    "亿": 10**8,
    "千万": 10**7,
    "百万": 10**6,
    "十万": 10**5,
    "万": 10**4,
    "千": 1000,
    "百": 100,
}
_MONEY = re.compile(
    rf"(?<![a-z0-9.])([0-9]{{1,14}})(\.[0-9]{{1,8}})?(?![0-9.])(?:\s?({'|'.join(_UNITS)}))?(?:\s?(元|圆|块))?"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A term, the ordinal of its first primitive, and its half-open range in the original text."""

    text: str
    position: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Normal:
    """A folded text, and for each of its characters the place of the original one."""

    text: str
    places: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the range in the original text of a non-empty range in the folded one."""
        return self.places[start], self.places[end - 1] + 1


@cache
def _jieba() -> Any:
    import rjieba

    return rjieba


@cache
def _to_simplified() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def signature() -> str:
    """Return what the terms depend on. An index made under another signature should be rebuilt."""
    parts = (f"{name} {version(name)}" for name in ("rjieba", "opencc"))
    return " ".join((str(VERSION), *parts, "unicode", unicodedata.unidata_version))


class _Folding(dict[int, str]):
    """Code point to folded text, worked out at first sight.

    Only the basic plane is kept: a visitor who sends every character there is
    must not fill the memory.
    """

    def __missing__(self, point: int) -> str:
        folded = _fold_character(chr(point))
        if point < 0x10000:
            self[point] = folded
        return folded


def _fold_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf":
        return ""  # Zero-width characters and joiners: nothing that a reader sees.
    if category[0] in "CZ":
        return " "
    spread = unicodedata.normalize("NFKD", character.casefold())
    bare = "".join(part for part in spread if not unicodedata.combining(part))
    folded = unicodedata.normalize("NFKC", bare).casefold()
    if not folded.isascii():
        folded = str(_to_simplified().convert(folded))
    return folded


_FOLDING = _Folding()


def fold(text: str) -> str:
    """Return the text with width, case, accents and traditional forms folded away."""
    return text.translate(_FOLDING)


def normal(text: str) -> str:
    """Return the folded text without thousands separators: 12,136,800 is 12136800."""
    return _THOUSANDS.sub(lambda found: found[0].replace(",", ""), fold(text))


def normal_with_places(text: str) -> Normal:
    """Return what `normal` returns, with the way back to the original characters."""
    pieces = [_FOLDING[point] for point in map(ord, text)]
    folded = "".join(pieces)
    places: Sequence[int] = range(len(text))
    if len(folded) != len(text) or max(map(len, pieces), default=0) > 1:
        places = [place for place, piece in enumerate(pieces) for _ in piece]
    dropped = {
        at
        for found in _THOUSANDS.finditer(folded)
        for at in range(found.start(), found.end())
        if folded[at] == ","
    }
    if dropped:
        kept = [at for at in range(len(folded)) if at not in dropped]
        return Normal("".join(folded[at] for at in kept), [places[at] for at in kept])
    return Normal(folded, places)


def primitives(normal_text: str) -> list[str]:
    """Return the primitives of a text that is folded already."""
    return [part[:LONGEST_TERM] for part in _PRIMITIVE.findall(normal_text)]


def literal_pattern(parts: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern that finds the primitives side by side in a folded text.

    A little punctuation may stand between them, so that a line break or a
    bracket of another form does not hide a phrase. Runs of letters and of
    digits match whole.
    """
    if not parts:
        raise ValueError("a literal has at least one primitive")
    body = []
    for part in parts:
        if part[0].isascii():
            kind = "[0-9]" if part[0].isdigit() else "[a-z]"
            tail = "" if len(part) < LONGEST_TERM else f"{kind}*"
            body.append(f"(?<!{kind}){re.escape(part)}{tail}(?!{kind})")
        else:
            body.append(re.escape(part))
    return re.compile(r"[\W_]{0,3}".join(body))


def subwords(word: str) -> list[str]:
    """Return the shorter words that search mode finds inside a word."""
    return [part for part in _jieba().cut_for_search(word) if len(part) > 1 and part != word]


def cut(run: str) -> list[str]:
    """Cut a run of Chinese characters into words, side by side, none left out."""
    return list(_jieba().cut(run))


def is_known(word: str) -> bool:
    """Return whether the word is in the dictionary, so that it is cut alike wherever it stands."""
    return len(word) > 1 and bool(_jieba().has_word(word))


def has_han(text: str) -> bool:
    """Return whether the text starts with a Chinese character."""
    return bool(text) and not _NOT_HAN.match(text)


def _words(normal_text: str) -> Iterator[tuple[str, int]]:
    """Yield each word and its place."""
    for word, start, _end in _jieba().tokenize(_blanked(normal_text), "search"):
        if len(word) > 1 and word[0] != " ":
            yield word[:LONGEST_TERM], start


def _blanked(normal_text: str) -> str:
    """Return the text with blanks for what is not Chinese, so that it cannot sway the cutting."""
    return _NOT_HAN.sub(lambda found: " " * len(found[0]), normal_text)


def find_doc_numbers(normal_text: str) -> Iterator[tuple[str, str, str, int, int]]:
    """Yield (agency's letters, year, number without zeros, start, end)."""
    for found in _DOC_NO.finditer(normal_text):
        end = found.start()
        if end and normal_text[end - 1] == " ":
            end -= 1
        start = end
        while start and end - start < _AGENCY_LENGTH and _AGENCY.match(normal_text, start - 1):
            start -= 1
        yield normal_text[start:end], found[1], found[2], start, found.end()


def doc_number_term(agency: str, year: str, number: str) -> str:
    """Return the one term that every way of writing the document number gives."""
    return f"#{agency}|{year}|{number}"


def find_amounts(normal_text: str) -> Iterator[tuple[int, bool, int, int]]:
    """Yield (fen, whether a unit of money is written, start, end) for numbers that may be money.

    A bare whole number counts from five digits on: years and ordinals stay out.
    """
    for found in _MONEY.finditer(normal_text):
        whole, fraction, unit, yuan = found.groups()
        marked = bool(unit or yuan)
        if not (marked or fraction or len(whole) >= 5):
            continue
        fen = Decimal(whole + (fraction or "")) * _UNITS.get(unit or "", 1) * 100
        if fen == fen.to_integral_value():
            yield int(fen), marked, found.start(), found.end()


def amount_term(fen: int) -> str:
    """Return the term of an amount."""
    return f"¥{fen}"


def _doc_number_terms(agency: str, year: str, number: str) -> Iterator[tuple[str, int]]:
    """Yield every term of a document number, and how many letters of the agency's name it leaves out."""
    for skipped in range(len(agency) + 1):
        ending = agency[skipped:]
        yield doc_number_term(ending, year, number), skipped
        if len(ending) > 1 and not ending.isascii():
            yield ending, skipped


def terms(text: str) -> Counter[str]:
    """Return every term of the text with its number of occurrences: what is indexed."""
    folded = normal(text)
    found = Counter(primitives(folded))
    words = _jieba().cut_for_search(_blanked(folded))
    found.update(word[:LONGEST_TERM] for word in words if len(word) > 1 and word[0] != " ")
    for agency, year, number, _, _ in find_doc_numbers(folded):
        found.update(term for term, _ in _doc_number_terms(agency, year, number))
    found.update(amount_term(fen) for fen, _, _, _ in find_amounts(folded))
    return found


def tokens(text: str, only: Container[str] | None = None) -> list[Token]:
    """Return the terms of `terms(text)`, each with its position and place, in order.

    With `only`, terms that are not in it are left out.
    """
    folded = normal_with_places(text)
    made: list[tuple[str, int, int]] = []
    starts: list[int] = []
    for found in _PRIMITIVE.finditer(folded.text):
        starts.append(found.start())
        made.append((found[0][:LONGEST_TERM], found.start(), found.end()))
    made += [(word, start, start + len(word)) for word, start in _words(folded.text)]
    for agency, year, number, start, end in find_doc_numbers(folded.text):
        for term, skipped in _doc_number_terms(agency, year, number):
            made.append((term, start + skipped, end if term[0] == "#" else start + len(agency)))
    made += [(amount_term(fen), start, end) for fen, _, start, end in find_amounts(folded.text)]
    wanted = [
        Token(term, bisect_right(starts, start) - 1, *folded.span(start, end))
        for term, start, end in made
        if only is None or term in only
    ]
    return sorted(wanted, key=lambda token: (token.start, token.end, token.text))
