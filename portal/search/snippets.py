"""The lines under a hit: where the query was found, escaped and marked."""

from __future__ import annotations

import re
import unicodedata
from html import escape

from portal.search import analysis
from portal.search.entries import Html
from portal.search.query import Plan, literals_of, words_of

LENGTH = 90
LEAD = 16  # Characters before the first mark, so that it is read in its sentence.
MOST_TEXT = 200_000  # Beyond this the marks are not looked for.


class Marker:
    """Finds what a plan asked for in any text."""

    def __init__(self, plan: Plan) -> None:
        """Take the words and the literals of the query; its exclusions are never marked."""
        wanted = plan.strict + plan.loose
        self._terms = frozenset(
            term for node in wanted for term in words_of((node,)) if not literals_of((node,))
        )
        self._patterns = [
            analysis.literal_pattern(literal.parts) for literal in literals_of(wanted + plan.literal)
        ]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the ranges to mark, in order, none touching another."""
        text = text[:MOST_TEXT]
        found = {(token.start, token.end) for token in analysis.tokens(text, only=self._terms)}
        if self._patterns:
            folded = analysis.normal_with_places(text)
            for pattern in self._patterns:
                found.update(folded.span(*match.span()) for match in pattern.finditer(folded.text))
        return _joined(sorted(found))

    def title(self, text: str) -> Html:
        """Return the whole text with its marks."""
        return _html(text, self.spans(text), 0, len(text))

    def snippet(self, text: str) -> Html:
        """Return about 90 characters around the best matches, or the beginning when there are none."""
        spans = self.spans(text)
        start = _best_start(text, spans)
        end = min(len(text), start + LENGTH)
        start = max(0, min(start, end - LENGTH))
        for mark_start, mark_end in spans:  # A mark is never cut in two, unless it is a snippet by itself.
            if mark_start < end < mark_end <= end + LENGTH:
                end = mark_end
        shown = _html(text, spans, start, end)
        return Html(f"{'…' if start else ''}{shown}{'…' if end < len(text) else ''}")


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _best_start(text: str, spans: list[tuple[int, int]]) -> int:
    """Return where the window with the most different marked words starts."""
    best, best_worth = 0, (0, 0)
    for first, (start, _) in enumerate(spans[:2000]):
        inside = []
        for other in spans[first : first + LENGTH]:
            if other[1] > start + LENGTH - LEAD:
                break
            inside.append(text[other[0] : other[1]])
        worth = (len(set(inside)), sum(map(len, inside)))
        if worth > best_worth:
            best, best_worth = max(0, start - LEAD), worth
    return best


def _html(text: str, spans: list[tuple[int, int]], start: int, end: int) -> Html:
    pieces: list[str] = []
    at = start
    for mark_start, mark_end in spans:
        mark_start, mark_end = max(mark_start, start), min(mark_end, end)
        if mark_start >= mark_end:
            continue
        pieces += (_clean(text[at:mark_start]), f"<mark>{_clean(text[mark_start:mark_end])}</mark>")
        at = mark_end
    pieces.append(_clean(text[at:end]))
    return Html("".join(pieces))


def _clean(text: str) -> str:
    """Escape; blanks and control characters become single spaces, and what cannot be encoded is left out."""
    spaced = "".join(
        " "
        if (category := unicodedata.category(character)) == "Cc"
        else ""
        if category == "Cs"
        else character
        for character in text
    )
    return escape(re.sub(r"\s+", " ", spaced))
