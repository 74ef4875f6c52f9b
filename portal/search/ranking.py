"""Which records answer a plan, in which order, and what they could be narrowed to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from portal.search.engine import Card, View
from portal.search.entries import Facet
from portal.search.query import Either, Every, Literal, Node, Plan, Word, literals_of, words_of

EXACT_TITLE = 1000.0  # Above whatever words can add up to.
LITERAL_BONUS = 3.0

PARTIAL = "没有找到同时含有全部词语的内容，以下是含有其中部分词语的结果。"


@dataclass(frozen=True)
class Filters:
    """What the reader has narrowed the answer to; None is no narrowing."""

    jurisdiction: str | None = None
    unit: str | None = None
    kind: str | None = None
    year: int | None = None

    def any(self) -> bool:
        """Return whether there is any narrowing."""
        return (self.jurisdiction, self.unit, self.kind, self.year) != (None, None, None, None)

    def keep(self, card: Card, *, but: str = "") -> bool:
        """Return whether the record stays, with the filter named `but` left aside."""
        return (
            (self.jurisdiction is None or but == "jurisdiction" or card.jurisdiction == self.jurisdiction)
            and (self.unit is None or but == "unit" or card.unit == self.unit)
            and (self.kind is None or but == "kind" or card.kind == self.kind)
            and (self.year is None or but == "year" or card.year == self.year)
        )


def find(view: View, plan: Plan) -> tuple[dict[int, float], str | None]:
    """Return every matching record with its score, and a notice when only parts of the query match."""
    exact = view.scores(plan.exact) if plan.exact else {}
    excluded: set[int] = set()
    for node in plan.excluded:
        excluded |= _matching(view, node)
    notice = None
    found: set[int] = set()
    for nodes in (plan.strict, plan.literal):
        found = _intersection(_matching(view, node) for node in nodes) - excluded
        if found:
            break
    if not found and not exact and plan.loose:
        for node in plan.loose:
            found |= _matching(view, node)
        found -= excluded
        notice = PARTIAL if found else None
    found |= exact.keys()
    return _scored(view, plan, found, exact), notice


def _intersection(sets: Iterable[set[int]]) -> set[int]:
    kept: set[int] | None = None
    for held in sets:
        kept = held if kept is None else kept & held
        if not kept:
            return set()
    return kept or set()


def _matching(view: View, node: Node) -> set[int]:
    match node:
        case Word(term):
            return set(view.scores(term))
        case Literal(parts):
            return set(view.literal(parts))
        case Every(nodes):
            return _intersection(_matching(view, inner) for inner in nodes)
        case Either(nodes):
            return set().union(*(_matching(view, inner) for inner in nodes))


def _scored(view: View, plan: Plan, found: set[int], exact: Mapping[int, float]) -> dict[int, float]:
    scores = dict.fromkeys(found, 0.0)
    for term in words_of(plan.strict + plan.loose):
        held = view.scores(term)
        if len(held) < len(found):
            for number in held.keys() & found:
                scores[number] += held[number]
        else:
            for number in found:
                scores[number] += held.get(number, 0.0)
    for literal in literals_of(plan.strict):
        for number in view.literal(literal.parts) & found:
            scores[number] += LITERAL_BONUS
    for number in exact:
        scores[number] += EXACT_TITLE
    return scores


def in_order(view: View, scores: Mapping[int, float], numbers: Iterable[int]) -> list[int]:
    """Return the records by score, then newest first, then by key."""
    cards = view.cards
    return sorted(
        numbers, key=lambda number: (-round(scores[number], 6), -cards[number].day, cards[number].key)
    )


def facets(view: View, numbers: Iterable[int], filters: Filters) -> dict[str, tuple[Facet, ...]]:
    """Count the values of each facet over the whole answer, under the other facets' filters.

    A jurisdiction is labelled by its code: what it is called is not the index's business.
    """
    cards = [view.cards[number] for number in numbers]
    return {
        "jurisdiction": _named(
            (card.jurisdiction, card.jurisdiction, card.day)
            for card in cards
            if filters.keep(card, but="jurisdiction")
        ),
        "kind": _named(
            (card.kind, card.kind_label, card.day) for card in cards if filters.keep(card, but="kind")
        ),
        "unit": _named(
            (card.unit, card.unit_name, card.day) for card in cards if filters.keep(card, but="unit")
        ),
        "year": _years(card.year for card in cards if filters.keep(card, but="year")),
    }


def _named(seen: Iterable[tuple[str, str, int]]) -> tuple[Facet, ...]:
    """Return the most frequent first. A renamed unit goes by the name on its newest record."""
    counts: Counter[str] = Counter()
    labels: dict[str, tuple[int, str]] = {}
    for value, label, day in seen:
        counts[value] += 1
        labels[value] = max(labels.get(value, (0, "")), (day, label))
    made = [Facet(value, labels[value][1], count) for value, count in counts.items()]
    return tuple(sorted(made, key=lambda facet: (-facet.records, str(facet.value))))


def _years(seen: Iterable[int | None]) -> tuple[Facet, ...]:
    counts = Counter(year for year in seen if year is not None)
    return tuple(Facet(year, f"{year}年", counts[year]) for year in sorted(counts, reverse=True))
