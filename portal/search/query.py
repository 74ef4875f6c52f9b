"""What a visitor typed, read into a plan. No text is ever a mistake.

Blanks mean "and"; “…” or "…" (also 「…」) is a phrase; a `-` before a word or
a phrase, after a blank, leaves out what contains it. Everything else is
plain text: there are no wildcards and no brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from portal.search import analysis

MAX_CHARACTERS = 300
MAX_NODES = 60
MAX_LITERALS = (
    6  # Each is verified in the texts themselves; a query must not keep the server busy with hundreds.
)

_QUOTE = '"“”„‟＂「」『』'
_PHRASE = re.compile(f"[{_QUOTE}]([^{_QUOTE}]+)[{_QUOTE}]")
_EXCLUSION = re.compile(rf"(?:(?<=\s)|^)[-－−](?:[{_QUOTE}]([^{_QUOTE}]+)[{_QUOTE}]|([^\s{_QUOTE}]+))")
_RUN = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]+")


@dataclass(frozen=True)
class Word:
    """The record has this term."""

    term: str


@dataclass(frozen=True)
class Literal:
    """The record has these primitives side by side."""

    parts: tuple[str, ...]


@dataclass(frozen=True)
class Every:
    """All of these hold."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Either:
    """One of these holds."""

    nodes: tuple[Node, ...]


Node = Word | Literal | Every | Either


@dataclass(frozen=True)
class Plan:
    """What to look for: first `strict`, then `literal`, then any of `loose`; never what is `excluded`.

    `exact` is the term of the whole query as a title.
    """

    strict: tuple[Node, ...] = ()
    literal: tuple[Node, ...] = ()
    loose: tuple[Node, ...] = ()
    excluded: tuple[Node, ...] = ()
    exact: str | None = None
    notice: str | None = None


def exact_term(text: str) -> str | None:
    """Return the term by which a whole title is found, or None when nothing in it can be searched."""
    parts = analysis.primitives(analysis.normal(text))
    return f"={blake2b(' '.join(parts).encode(), digest_size=12).hexdigest()}" if parts else None


def parse(query: str) -> Plan:
    """Read a query of any length and content."""
    exact = exact_term(query[:10_000])
    notice = None
    if len(query) > MAX_CHARACTERS:
        query = query[:MAX_CHARACTERS]
        notice = f"检索内容过长，只按前 {MAX_CHARACTERS} 个字符检索。请只写最关键的几个词。"
    excluded: list[Node] = []
    for found in _EXCLUSION.finditer(query):
        inside = _literal(found[1]) if found[1] else list(_plain(found[2], literally=False))
        if inside:
            excluded.append(_every(inside))
    rest = _EXCLUSION.sub(" ", query)
    phrases: list[Node] = [node for text in _PHRASE.findall(rest) for node in _literal(text)]
    plain = _PHRASE.sub(" ", rest)
    strict = (phrases + list(_plain(plain, literally=False)))[:MAX_NODES]
    literal = (phrases + list(_plain(plain, literally=True)))[:MAX_NODES]
    if not strict and exact is None:
        notice = "检索内容里没有可供检索的文字。请写上要查找的词，例如：预算公开。"
    elif not strict:
        notice = "只写了要排除的词。请同时写上要查找的词，例如：预算 -决算。"
    loose = [loosened for node in strict for loosened in _loosen(node)]
    kept: set[Literal] = set()
    return Plan(
        strict=_affordable(strict, kept),
        literal=_affordable(literal, kept),
        loose=_affordable(loose, kept),
        excluded=_affordable(excluded[:MAX_NODES], kept),
        exact=exact,
        notice=notice,
    )


def _affordable(nodes: Iterable[Node], kept: set[Literal]) -> tuple[Node, ...]:
    """Return the nodes, each once; literals beyond the first few need only have their primitives anywhere."""
    return tuple(dict.fromkeys(_afforded(node, kept) for node in nodes))


def _afforded(node: Node, kept: set[Literal]) -> Node:
    match node:
        case Literal(parts):
            if node in kept or len(kept) < MAX_LITERALS:
                kept.add(node)
                return node
            return Every(tuple(Word(part) for part in dict.fromkeys(parts)))
        case Every(nodes):
            return Every(tuple(_afforded(inner, kept) for inner in nodes))
        case Either(nodes):
            return Either(tuple(_afforded(inner, kept) for inner in nodes))
        case Word():
            return node


def _every(nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else Every(tuple(nodes))


def _literal(text: str) -> list[Node]:
    parts = analysis.primitives(analysis.normal(text))
    if not parts:
        return []
    return [Word(parts[0]) if len(parts) == 1 else Literal(tuple(parts))]


def _plain(text: str, *, literally: bool) -> Iterator[Node]:
    """Yield what must hold for text outside quotes: numbers of documents, amounts, then words."""
    folded = analysis.normal(text)
    for agency, year, number, start, end in analysis.find_doc_numbers(folded):
        yield Word(analysis.doc_number_term(agency, year, number))
        folded = folded[:start] + " " * (end - start) + folded[end:]
    for fen, marked, start, end in analysis.find_amounts(folded):
        written = _literal(folded[start:end])
        amount: Node = Word(analysis.amount_term(fen))
        # A bare number may as well be a code or a telephone number.
        yield amount if marked else Either((amount, *written))
        folded = folded[:start] + " " * (end - start) + folded[end:]
    for found in _RUN.finditer(folded):
        run = found[0]
        yield from _literal(run) if literally or run[0].isascii() else _han_run(run)


def _han_run(run: str) -> Iterator[Node]:
    """Yield words that the dictionary knows; what lies between them is looked for as it is written.

    Names of people and short names of offices are cut differently in each
    sentence; side by side they are the same characters everywhere.
    """
    unknown = ""
    for word in analysis.cut(run):
        if analysis.is_known(word):
            yield from _literal(unknown)
            unknown = ""
            yield _known(word)
        else:
            unknown += word
    yield from _literal(unknown)


def _known(word: str) -> Node:
    """Return the word, or all its shorter words when together they leave nothing of it out."""
    parts = tuple(dict.fromkeys(analysis.subwords(word)))
    covered: set[int] = set()
    for part in parts:
        at = word.find(part)
        covered.update(range(at, at + len(part)))
    if len(parts) < 2 or len(covered) < len(word):
        return Word(word)
    return Either((Word(word), Every(tuple(Word(part) for part in parts))))


def _loosen(node: Node) -> Iterator[Node]:
    """Yield the parts of which any one is better than no answer."""
    match node:
        case Word(term) if term[0] == "#":
            agency, year, number = term[1:].split("|")
            yield Word(term)
            yield Literal((year, number))
            yield from _plain(agency, literally=False)
        case Every(nodes) | Either(nodes):
            for inner in nodes:
                yield from _loosen(inner)
        case _:
            yield node


def words_of(nodes: tuple[Node, ...]) -> list[str]:
    """Return the terms that score, each once: words, and the primitives of literals."""
    found: dict[str, None] = {}
    for node in nodes:
        match node:
            case Word(term):
                found[term] = None
            case Literal(parts):
                found.update(dict.fromkeys(parts))
            case Every(inner) | Either(inner):
                found.update(dict.fromkeys(words_of(inner)))
    return list(found)


def literals_of(nodes: tuple[Node, ...]) -> list[Literal]:
    """Return the literals, each once."""
    found: dict[Literal, None] = {}
    for node in nodes:
        match node:
            case Literal():
                found[node] = None
            case Every(inner) | Either(inner):
                found.update(dict.fromkeys(literals_of(inner)))
            case Word():
                pass
    return list(found)
