"""Sentences that the program makes, cut so that no amount and no day in them is torn apart at the end of a line."""

from __future__ import annotations

import re
from typing import NamedTuple

# Days, months and quarters; numbers with the unit that gives them their sense. Short by their making: whatever a
# unit wrote into a sentence must never become one stretch that is wider than a phone.
_KEPT = re.compile(
    r"\d{4}年(?:\d{1,2}月(?:\d{1,2}日)?|第[一二三四]季度)?|\d{4}-\d\d-\d\d"
    r"|-?\d(?:[\d,]{0,18}\d)?(?:\.\d{1,4})? ?(?:亿元|万元|元|个工作日|个月|%)"
)


class Phrase(NamedTuple):
    """Part of a sentence; `kept` on one line."""

    text: str
    kept: bool = False


def phrases(sentence: str) -> tuple[Phrase, ...]:
    """Return a sentence in parts that read the same when put together."""
    found: list[Phrase] = []
    end = 0
    for one in _KEPT.finditer(sentence):
        found += [Phrase(sentence[end : one.start()]), Phrase(one[0], kept=True)]
        end = one.end()
    found.append(Phrase(sentence[end:]))
    return tuple(one for one in found if one.text)
