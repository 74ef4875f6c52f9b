"""The county's units: plainly fictional names, each decided by its number alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.demo.models import DemoUnit

MOST = 2000  # The banks of names give so many without a repetition.
STEM = "shilixian-"  # What the address of every unit of the county begins with.
# Of every ten units four are bureaus, two towns, three villages, one an institution.
_TURN = (
    "bureau",
    "bureau",
    "township",
    "village",
    "bureau",
    "institution",
    "township",
    "village",
    "bureau",
    "village",
)


def roster(texts: Mapping[str, Any], count: int) -> tuple[DemoUnit, ...]:
    """Return the first `count` units: a longer roster begins with a shorter one. At most `MOST`."""
    if not 1 <= count <= MOST:
        raise ValueError(f"count must be 1 to {MOST}")
    turns = dict.fromkeys(_TURN, 0)
    found = []
    for place in range(count):
        kind = _TURN[place % len(_TURN)]
        name, short = _name(texts["names"], kind, turns[kind])
        turns[kind] += 1
        found.append(
            DemoUnit(
                slug=f"{STEM}{place + 1:04d}",
                name=name,
                short=short,
                type=kind,
                code=f"示县{place + 1:04d}",
                founded_on=None,
                position=place + 1,
            )
        )
    return tuple(found)


def _name(names: Mapping[str, Any], kind: str, number: int) -> tuple[str, str]:
    """Return full and short name of the unit that is the `number`th of its type."""
    if kind == "bureau":
        core, branch = _branch(names, "bureaus", number)
        return (
            (f"示例{core}局{branch}分局", f"示{core}{branch}") if branch else (f"示例{core}局", f"示{core}")
        )
    if kind == "institution":
        core, branch = _branch(names, "institutions", number)
        return f"示例{core}中心{branch and branch + '分中心'}", f"示{core}中心{branch}"
    place = _place(names, number)
    if kind == "township":
        ending = names["town_endings"][number % len(names["town_endings"])]
        return f"示例{place}{ending}", f"示{place}{ending[0]}"
    return f"示例{place}村", f"示{place}村"


def _branch(names: Mapping[str, Any], bank: str, number: int) -> tuple[str, str]:
    again, place = divmod(number, len(names[bank]))
    return names[bank][place], names["branches"][again - 1] if again else ""


def _place(names: Mapping[str, Any], number: int) -> str:
    """Return a place name; each number its own, neighbours unlike."""
    first, second = names["first"], names["second"]
    return f"{first[number % len(first)]}{second[(number + number // len(first)) % len(second)]}"
