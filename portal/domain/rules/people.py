"""谁是谁: one person is one person, however a record writes the name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from portal.domain.remembered import remembered
from portal.domain.values import fold

_BRACKETED = re.compile(r"[(\[{<〔【〈《「『].*?(?:[)\]}>〕】〉》」』]|$)")
_MARKS = ":;,.、。·*'\"“”‘’-—_()[]{}<>〔〕【】〈〉《》「」『』"
_LIST = re.compile(r"[、,，;；/和兼]")
_ADDRESS = "同志"
_SHORTEST = 2  # No name has fewer characters: what would leave less is part of the name.
# What may be said of somebody before or after the name: 党组书记、局长. Not every ending: 王某明局长 is no 王某.
_TITLE = re.compile(
    "(?:(?:党组|党委|党工委|党总支|党支部|支部|纪委|纪检组|行政|常务|第一|代理|副|总|街道|[、,/])*"
    "(?:[局镇乡县区市省村院校所处科部股站队厅司行社组馆园矿厂会董事]+长|书记|主任|主席|经理|正职|副职|负责人|委员|同志|先生|女士))+"
)


class Named(Protocol):
    """A row that names somebody and the post."""

    @property
    def name(self) -> str: ...

    @property
    def post(self) -> str: ...


@remembered(65536)  # The same few names recur in every meeting of a unit.
def person(text: str, post: str = "") -> str:
    """Return the name by which a person is compared: folded, without what stands in brackets, 同志 and the own post."""
    folded = fold(text)
    name = _BRACKETED.sub("", folded).strip(_MARKS) or folded.strip(_MARKS)
    parts = [_ADDRESS, *sorted({fold(one) for one in (post, *_LIST.split(post))} - {""}, key=len)[::-1]]
    while shorter := next((one for part in parts if (one := _without(name, part)) != name), None):
        name = shorter
    return name


def _without(name: str, part: str) -> str:
    for rest in (name.removesuffix(part), name.removeprefix(part)):
        if _SHORTEST <= len(rest) < len(name):
            return rest
    return name


def names_of(rows: Sequence[Named]) -> tuple[str, ...]:
    """Return each row's person, in order. Namesakes stay apart where each carries a note of its own in brackets."""
    names = [person(one.name, one.post) for one in rows]
    if len(set(names)) == len(names):
        return tuple(names)
    written = [fold(one.name) for one in rows]
    times, same = Counter(names), Counter(written)
    bare = {name for name, text in zip(names, written, strict=True) if not _BRACKETED.search(text)}
    return tuple(
        text if times[name] > 1 and same[text] == 1 and name not in bare else name
        for name, text in zip(names, written, strict=True)
    )


def whose(text: str, names: Collection[str]) -> str:
    """Return which of the names a text means (甲某局长, 局长甲某 and 甲某同志 mean 甲某), else the text's own name."""
    if (written := fold(text)) in names:
        return written
    name = person(text)
    if name in names:
        return name
    return max((one for one in names if _titled(name, one)), key=len, default=name)


def _titled(text: str, name: str) -> bool:
    if text.startswith(name):
        return bool(_TITLE.fullmatch(text.removeprefix(name)))
    return text.endswith(name) and bool(_TITLE.fullmatch(text.removesuffix(name)))


@dataclass(frozen=True)
class Roll:
    """Whom a record can mean: the names, and the posts that one person alone holds."""

    names: frozenset[str]
    posts: dict[str, str]

    @classmethod
    def of(cls, rows: Sequence[Named]) -> Roll:
        """Return the roll of a table."""
        return cls.entered((name, one.post) for name, one in zip(names_of(rows), rows, strict=True))

    @classmethod
    def entered(cls, people: Iterable[tuple[str, str]]) -> Roll:
        """Return the roll of these names, each with a post."""
        holders: dict[str, set[str]] = {}
        names = set()
        for name, post in people:
            names.add(name)
            holders.setdefault(fold(post), set()).add(name)
        return cls(
            frozenset(names), {post: next(iter(held)) for post, held in holders.items() if len(held) == 1}
        )

    def who(self, text: str) -> str:
        """Return the person that a text means: by name, else by a post that one person alone holds."""
        found = whose(text, self.names)
        return found if found in self.names else self.posts.get(found, found)
