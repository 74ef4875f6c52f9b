"""Where two texts differ, word by word, so that a reader sees the changed words in their sentence.

Comparing takes time that grows with the number of pairs of equal tokens, and a
document may be made of very long or very monotonous texts; so a page has a
`Budget`, and what is beyond it is shown as before and after, in excerpt.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

# Numbers and Latin words change as a whole; Chinese changes by the character.
_TOKEN = re.compile(r"[0-9][0-9.,:%]*|[A-Za-z]+|\s+|.", re.DOTALL)
_CONTEXT = 24  # Characters of unchanged text on either side of a change.
_SHORTEST_GAP = 16  # Leaving out less than this says less than showing it.
_LONGEST_WORD = 40
_EXCERPT = 300
_ALIKE = 0.35  # Texts with less in common are told apart as wholes.


@dataclass
class Budget:
    """How many pairs of equal tokens may still be met, and whether something was left out for that."""

    left: int = 100_000
    capped: bool = False

    def take(self, pairs: int) -> bool:
        """Tell whether that much may be compared, and count it."""
        if pairs > self.left:
            self.capped = True
            return False
        self.left -= pairs
        return True


@dataclass(frozen=True)
class Piece:
    """Part of a text: `same`, `del`, `ins`, or a `gap` where unchanged text is left out."""

    op: str
    text: str = ""


def wording(before: str, after: str, budget: Budget) -> tuple[Piece, ...]:
    """Return the text with what was taken out and what was put in, long unchanged stretches left out."""
    start = common_start(before, after)
    end = common_start(before[start:][::-1], after[start:][::-1])
    # A number is never cut in two: 12.50 → 12.80 is not 12.(5→8)0.
    for _ in range(_LONGEST_WORD):
        start -= 1 if start and _inside_word(before, after, start, start) else 0
        end -= 1 if end and _inside_word(before, after, len(before) - end, len(after) - end) else 0
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    middle = _between(old, new, budget)
    raw = [Piece("same", before[:start]), *middle, Piece("same", before[len(before) - end :] if end else "")]
    return tuple(_shortened([one for one in raw if one.text]))


def common_start(one: Sequence[object], other: Sequence[object]) -> int:
    """Return how many items both begin with."""
    most = min(len(one), len(other))
    if one[:most] == other[:most]:
        return most
    low, high = 0, most  # Slices compare at the speed of memory; items one by one do not.
    while high - low > 1:
        half = (low + high) // 2
        low, high = (half, high) if one[low:half] == other[low:half] else (low, half)
    return low


def _inside_word(before: str, after: str, in_before: int, in_after: int) -> bool:
    return any(
        0 < place < len(text) and _joined(text[place - 1]) and _joined(text[place])
        for text, place in ((before, in_before), (after, in_after))
    )


def _joined(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in ".,:%")


def _between(old: str, new: str, budget: Budget) -> list[Piece]:
    """Compare what is left when both ends that are alike are taken off."""
    if not old or not new:
        return [Piece("del", old), Piece("ins", new)]
    one, other = _TOKEN.findall(old), _TOKEN.findall(new)
    allowed = budget.take(equal_pairs(one, other))
    match = SequenceMatcher(None, one, other, autojunk=False) if allowed else None
    if match is None or match.ratio() < _ALIKE:
        budget.capped |= max(len(old), len(new)) > _EXCERPT
        return [Piece("del", excerpt(old)), Piece("ins", excerpt(new))]
    found: list[Piece] = []
    gone, come = "", ""
    codes = match.get_opcodes()
    for place, (op, i1, i2, j1, j2) in enumerate(codes):
        was, now = "".join(one[i1:i2]), "".join(other[j1:j2])
        # One character that happens to stay between two changes makes them harder to read.
        if op == "equal" and (len(was) > 1 or place in (0, len(codes) - 1)):
            found += [Piece("del", gone), Piece("ins", come), Piece("same", was)]
            gone = come = ""
        else:
            gone, come = gone + was, come + now
    return [*found, Piece("del", gone), Piece("ins", come)]


def equal_pairs(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """Return what comparing two sequences costs: how many pairs of equal items they have, and their length."""
    counts = Counter(other)
    return len(one) + sum(counts[item] for item in one)


def excerpt(text: str) -> str:
    """Return the text, or its beginning where it is long."""
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}……（共 {len(text)} 字）"


def _shortened(pieces: list[Piece]) -> list[Piece]:
    """Leave out the middle of long unchanged stretches."""
    found: list[Piece] = []
    for place, one in enumerate(pieces):
        head = _CONTEXT if place else 0
        tail = _CONTEXT if place < len(pieces) - 1 else 0
        if one.op != "same" or len(one.text) <= head + tail + _SHORTEST_GAP:
            found.append(one)
            continue
        end = len(one.text) - tail
        found += [Piece("same", one.text[:head]), Piece("gap"), Piece("same", one.text[end:])]
    return [one for one in found if one.text or one.op == "gap"]
