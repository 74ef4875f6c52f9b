"""What a record's page shows of a correction: values, words within texts, rows, paragraphs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from portal.domain.comparing import Change, differences, named_rows, row_name, show
from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Field, Table, declaration
from portal.domain.documents.regulation import Block, Regulation
from portal.domain.values import Type
from portal.site.pages.wording import Budget, Piece, common_start, equal_pairs, excerpt, wording

MOST_VALUES, MOST_ROWS, MOST_PASSAGES = 200, 40, 80
_SHORT = 24  # Up to here two values are read faster side by side than as one with marks.
_WORDS = (Type.LINE, Type.PROSE, Type.LINES)
_NUMBERS = (Type.MONEY, Type.COUNT, Type.RATIO)
_MOST_PAIRS, _LIKENESS = (
    64,
    20,
)  # How many paragraphs are matched by likeness, and what one pair of them costs.
_BODY = "blocks"  # The paragraphs of a regulation have no names; they are compared as a text.


@dataclass(frozen=True)
class Reworded:
    """A text that was changed; `pieces` is the text with what went and what came."""

    label: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Rows:
    """The rows of one table that came, went or moved. `shown` has (True: came, cells) for each that is listed."""

    label: str
    heads: tuple[tuple[str, bool], ...]
    shown: tuple[tuple[bool, tuple[str, ...]], ...]
    added: int
    removed: int
    moved: tuple[tuple[str, int, int], ...]  # Name, row before, row after.
    movers: int


@dataclass(frozen=True)
class Passage:
    """One paragraph of a regulation: `same` (for its place), `changed`, `added` or `removed`.

    Or `count` paragraphs that did not change (`gap`) or changed too much to be compared (`cut`).
    """

    op: str
    number: str = ""
    pieces: tuple[Piece, ...] = ()
    heading: bool = False
    count: int = 0


@dataclass(frozen=True)
class Comparison:
    """Everything that differs between two versions, cut to what can be read, and how much there is."""

    values: tuple[Change, ...]
    texts: tuple[Reworded, ...]
    rows: tuple[Rows, ...]
    body: tuple[Passage, ...]
    total: int
    cut: bool  # Something is shown in part only.

    @property
    def deltas(self) -> bool:
        """Tell whether any amount differs by a sum."""
        return any(one.delta for one in self.values)

    @property
    def amounts_only(self) -> bool:
        """Tell whether all values are amounts."""
        return all(one.amount for one in self.values)


def compare(before: Document, after: Document) -> Comparison:
    """Return what differs between two versions of a record."""
    budget = Budget()
    rows = tuple(
        found
        for table in declaration(type(after)).all_tables
        if not (isinstance(after, Regulation) and table.name == _BODY)
        and (found := _rows(table, getattr(before, table.name), getattr(after, table.name)))
    )
    values: list[Change] = []
    texts: list[Reworded] = []
    for one in differences(before, after, whole_rows=False):
        if one.words and one.before and one.after and max(len(one.before), len(one.after)) > _SHORT:
            if len(texts) < MOST_VALUES:
                texts.append(Reworded(one.label, wording(one.before, one.after, budget)))
            else:
                budget.capped = True
        else:
            values.append(one)
    body, changed = (
        _body(before.blocks, after.blocks, budget)
        if isinstance(before, Regulation) and isinstance(after, Regulation)
        else ((), 0)
    )
    shown = tuple(_cut(one) for one in values[:MOST_VALUES])
    return Comparison(
        values=shown,
        texts=tuple(texts),
        rows=rows,
        body=body[:MOST_PASSAGES],
        total=len(values) + len(texts) + changed + sum(one.added + one.removed + one.movers for one in rows),
        cut=budget.capped
        or len(values) > MOST_VALUES
        or len(body) > MOST_PASSAGES
        or any(len(one.shown) < one.added + one.removed or len(one.moved) < one.movers for one in rows),
    )


def _cut(one: Change) -> Change:
    return Change(
        one.label, excerpt(one.before), excerpt(one.after), one.delta, one.long, one.amount, one.words
    )


def _rows(table: Table, before: Sequence[Any], after: Sequence[Any]) -> Rows | None:
    """Return which rows came, went, or stand in another order than before."""
    old = {key or str(number): (number, row) for key, number, row in named_rows(table, before)}
    new = {key or str(number): (number, row) for key, number, row in named_rows(table, after)}
    came = [row for key, (_, row) in new.items() if key not in old]
    went = [row for key, (_, row) in old.items() if key not in new]
    moved = _moved([(key, old[key][0], number) for key, (number, _) in new.items() if key in old])
    if not (came or went or moved):
        return None
    listed = [(True, row) for row in came[:MOST_ROWS]] + [(False, row) for row in went[:MOST_ROWS]]
    columns = [field for field in table.fields if any(_text(field, row) for _, row in listed)]
    return Rows(
        label=table.about.label,
        heads=tuple((field.about.label, field.type in _NUMBERS) for field in columns),
        shown=tuple((fresh, tuple(excerpt(_text(field, row)) for field in columns)) for fresh, row in listed),
        added=len(came),
        removed=len(went),
        moved=tuple((row_name(key, now), was, now) for key, was, now in moved[:MOST_ROWS]),
        movers=len(moved),
    )


def _text(field: Field, row: Any) -> str:
    return show(field, getattr(row, field.path[0]))


def _moved(places: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Return the fewest rows (key, place before, place after) whose moving explains the new order.

    The others are a longest run of rows that kept their order.
    """
    tails: list[int] = []
    at: list[int] = []  # For each length of run, where in `places` the best one ends.
    before: list[int] = []
    for place, (_, was, _) in enumerate(places):
        length = bisect_left(tails, was)
        before.append(at[length - 1] if length else -1)
        tails[length:] = [was, *tails[length + 1 :]]
        at[length:] = [place, *at[length + 1 :]]
    kept: set[int] = set()
    place = at[-1] if at else -1
    while place >= 0:
        kept.add(place)
        place = before[place]
    return [one for place, one in enumerate(places) if place not in kept]


def _body(
    before: tuple[Block, ...], after: tuple[Block, ...], budget: Budget
) -> tuple[tuple[Passage, ...], int]:
    """Return the changed paragraphs, each with the one before and after it, and how many they are."""
    start = common_start(before, after)
    end = common_start(before[start:][::-1], after[start:][::-1])
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if not old and not new:
        return (), 0
    head, tail = list(after[:start]), list(after[len(after) - end :] if end else ())
    keys, new_keys = [_key(one) for one in old], [_key(one) for one in new]
    if not budget.take(equal_pairs(keys, new_keys)):
        # Too much for comparing: what is there now, in its place; the rest is in both versions' texts.
        return (*_context(head, last=True), Passage("cut", count=len(new)), *_context(tail, first=True)), max(
            len(old), len(new)
        )
    found = list(_context(head, last=True))
    changed = 0
    codes = SequenceMatcher(None, keys, new_keys, autojunk=False)
    for op, i1, i2, j1, j2 in codes.get_opcodes():
        if op == "equal":
            found += _context(new[j1:j2], first=True, last=True)
            continue
        for was, now in _paired(old[i1:i2], new[j1:j2], budget):
            changed += 1
            if was and now:
                number = now.number if was.number == now.number else None
                found.append(Passage("changed", number or "", _reworded(was, now, budget), _is_heading(now)))
            elif one := was or now:
                op_name = "added" if now else "removed"
                piece = Piece("ins" if now else "del", excerpt(one.text))
                found.append(Passage(op_name, one.number or "", (piece,), _is_heading(one)))
    found += _context(tail, first=True)
    return tuple(found), changed


def _reworded(was: Block, now: Block, budget: Budget) -> tuple[Piece, ...]:
    """Return what changed in a paragraph, its number in front where that changed as well."""
    number = (
        (Piece("del", was.number or ""), Piece("ins", now.number or "")) if was.number != now.number else ()
    )
    return (*(one for one in number if one.text), *wording(was.text, now.text, budget))


def _paired(
    old: Sequence[Block], new: Sequence[Block], budget: Budget
) -> list[tuple[Block | None, Block | None]]:
    """Match paragraphs of a changed stretch that are alike; the others came or went."""
    if len(old) * len(new) > _MOST_PAIRS or not budget.take(_LIKENESS * len(old) * len(new)):
        return list(zip_longest(old, new))
    found: list[tuple[Block | None, Block | None]] = []
    begin = 0
    for one in old:
        likeness = [
            SequenceMatcher(None, one.text[:200], other.text[:200], autojunk=False).quick_ratio()
            for other in new[begin:]
        ]
        best = max(range(len(likeness)), key=likeness.__getitem__, default=0)
        if likeness and likeness[best] >= 0.5:
            found += [(None, other) for other in new[begin : begin + best]]
            found.append((one, new[begin + best]))
            begin += best + 1
        else:
            found.append((one, None))
    return found + [(None, other) for other in new[begin:]]


def _context(blocks: Sequence[Block], *, first: bool = False, last: bool = False) -> list[Passage]:
    """Return the paragraphs next to a change, and a gap for what lies between."""
    shown = {0} if first and blocks else set()
    if last and blocks:
        shown.add(len(blocks) - 1)
    places = sorted(shown)
    found: list[Passage] = []
    reached = 0 if first else -1
    for place in places:
        if place > max(reached, 0):
            found.append(Passage("gap", count=place - max(reached, 0)))
        found.append(_as_it_was(blocks[place]))
        reached = place + 1
    if blocks and reached < len(blocks):
        found.append(Passage("gap", count=len(blocks) - max(reached, 0)))
    return found


def _as_it_was(block: Block) -> Passage:
    text = block.text if len(block.text) <= 60 else f"{block.text[:60]}……"
    return Passage("same", block.number or "", (Piece("same", text),), _is_heading(block))


def _key(block: Block) -> tuple[str, int, str, str]:
    return block.type.value, block.level, block.number or "", block.text


def _is_heading(block: Block) -> bool:
    return block.type.value in ("heading", "annex")
