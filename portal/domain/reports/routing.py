"""Who can open a report (docs/sealing.md, section 3): those whom it concerns are left out before it is sealed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from portal.domain.reports.keylist import Holder, HolderRank, KeyList

# Blanks, the dots between the parts of a name as input methods write them, and what cannot be seen.
_IGNORED = re.compile(
    r"[\s.\u00b7\u2022\u2027\u2219\u22c5\u30fb\u00ad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u2800\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
# Radicals that stand for a whole character, as texts copied out of PDF files have them; NFKC leaves them as they are.
_RADICALS = str.maketrans(
    "⺒⺠⺩⺬⺮⺶⻁⻄⻅⻆⻉⻋⻑⻓⻔⻗⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻮⻯⻰⻱",
    "巳民王示竹羊虎西见角贝车長长门雨青韦页风飞食马骨鬼鱼鸟卤麦黄黾斉齐齿竜龙龜",
)
# The committee to which the head of its commission belongs: 县委 and the like, not that of a town or a department.
_COMMITTEE = re.compile(r"[县区市旗]委(?:员会)?(?:常委会?|常务委员会)?$")
HEAD_POSTS = (
    "纪委书记",
    "纪律检查委员会书记",
    "监委主任",
    "监察委主任",
    "监察委员会主任",
    "纪委监委主要负责人",
)
"""Posts that name the head of a commission, however the rest of the post reads."""


class NoRecipient(ValueError):
    """Nobody is left who may open the report; the message says in Chinese where to go instead."""


class Named(Protocol):
    """A person named in a report."""

    @property
    def name(self) -> str:
        """The person's name."""

    @property
    def unit(self) -> str:
        """The unit, perhaps empty."""

    @property
    def post(self) -> str:
        """The post, perhaps empty."""


@dataclass(frozen=True)
class Person:
    """A person named, outside a `ReportContent`."""

    name: str
    unit: str = ""
    post: str = ""


@dataclass(frozen=True)
class Route:
    """To whom a report is sealed, and who was left out (ids)."""

    openers: tuple[Holder, ...]
    left_out: tuple[str, ...]
    kind: Literal["own", "superior"]
    opening: int  # Always the list's: that fewer must turn their keys would tell who was named.

    @property
    def places(self) -> int:
        """How many of the slots each of those who open takes: of the superior commission one opens alone."""
        return self.opening if self.kind == "superior" else 1


def folded_name(text: str) -> str:
    """Fold a name for comparing: NFKC, whole characters for radicals, lower case, without blanks, dots and the unseen."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text).translate(_RADICALS)).lower()


def mentioned(key_list: KeyList, text: str) -> tuple[Holder, ...]:
    """Return the holders whose name (two characters or more) stands in `text`."""
    inside = folded_name(text)
    return tuple(
        holder for holder in key_list.holders if len(name := folded_name(holder.name)) >= 2 and name in inside
    )


def choose_route(
    key_list: KeyList,
    *,
    day: date,
    unit: str,
    persons: Sequence[Named],
    ticked: Collection[str] = (),
    text: str = "",
    cleared: Collection[str] = (),
) -> Route:
    """Return who opens a report on `unit` and `persons`.

    `ticked` are the ids of holders whom the reporter says it concerns, `cleared` of those whose name stands in the
    text although it does not concern them. Raises `NoRecipient`.
    """
    left_out = _left_out(key_list, unit=unit, persons=persons, ticked=ticked, text=text, cleared=cleared)
    ready = [holder for holder in key_list.holders_on(day) if holder.id not in left_out]
    own = tuple(holder for holder in ready if holder.rank is not HolderRank.SUPERIOR)
    superior = tuple(holder for holder in ready if holder.rank is HolderRank.SUPERIOR)
    ids = tuple(holder.id for holder in key_list.holders if holder.id in left_out)
    head = any(holder.rank is HolderRank.HEAD and holder.id in left_out for holder in key_list.holders)
    if not head and not _concerns_commission(key_list, unit, persons) and len(own) >= key_list.opening:
        return Route(own, ids, "own", key_list.opening)
    if not superior:
        raise NoRecipient(
            f"这件举报涉及{key_list.name}的负责人或接收举报的人员，应由上一级纪委监委接收，"
            "但本站现在没有上一级纪委监委的密钥。内容没有提交。请拨打 12388，或向上一级纪委监委来信、来访。"
        )
    return Route(superior, ids, "superior", key_list.opening)


def _left_out(
    key_list: KeyList,
    *,
    unit: str,
    persons: Sequence[Named],
    ticked: Collection[str],
    text: str,
    cleared: Collection[str],
) -> set[str]:
    names = {folded_name(person.name) for person in persons} - {""}
    units = _units(unit, persons)
    in_text = {holder.id for holder in mentioned(key_list, text)} - {*cleared}
    return {
        holder.id
        for holder in key_list.holders
        if folded_name(holder.name) in names
        or holder.id in ticked
        or holder.id in in_text
        or (holder.unit is not None and folded_name(holder.unit) in units)
    }


def _units(unit: str, persons: Sequence[Named]) -> set[str]:
    return {folded_name(one) for one in (unit, *(person.unit for person in persons))} - {""}


def _concerns_commission(key_list: KeyList, unit: str, persons: Sequence[Named]) -> bool:
    """Tell whether the commission itself, or its head by post, is what the report is about."""
    own = {folded_name(name) for name in key_list.own_names} - {""}
    # A room of the commission, or its group at a department, is the commission.
    if any(name in one for one in _units(unit, persons) for name in own):
        return True
    return any(
        (not (its := folded_name(person.unit)) or _COMMITTEE.search(its))
        and any(post in folded_name(person.post) for post in HEAD_POSTS)
        for person in persons
    )
