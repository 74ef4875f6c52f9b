"""Sampling for 巡查 and 四责联审 that anybody can do again: by SHA-256 of the seed and each record's index number.

The recipe, as docs/inspections.md gives it: within each unit and kind, sort the index numbers by the SHA-256 of
seed, line feed, index number; take the first so many. Nothing else goes into it: not the order in which records
are read, not the number of other strata. Who knows the seed and the list of the population draws the same sample.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from portal.domain.values import Choice


class InspectionKind(Choice):
    """检查种类."""

    PATROL = "patrol", "巡查"
    JOINT = "joint", "四责联审"
    STATIONED = "stationed", "驻点检查"
    SPECIAL = "special", "专项检查"


class InspectionState(Choice):
    """检查状态."""

    PLANNED = "planned", "待抽样"
    DRAWN = "drawn", "检查中"
    CLOSED = "closed", "已结束"


class LookedAt(Choice):
    """抽查结果 of one record."""

    RIGHT = "right", "符合"
    WRONG = "wrong", "有问题"
    LACKING = "lacking", "材料不足"


class Candidate(NamedTuple):
    """One record that may be drawn: its unit's slug, its kind, its index number (unique in the jurisdiction)."""

    unit: str
    kind: str
    ref: str


def rank(seed: str, ref: str) -> str:
    """Return what a record is sorted by: SHA-256 in hexadecimal of the seed, a line feed and the index number."""
    return hashlib.sha256(f"{seed}\n{ref}".encode()).hexdigest()


def draw(population: Iterable[Candidate], *, seed: str, each: Mapping[str, int]) -> list[Candidate]:
    """Return the sample: of every unit and kind `each[kind]` records, all where there are fewer.

    In order of unit, kind and rank. The order of `population` and what is in it twice do not matter.
    """
    strata: dict[tuple[str, str], set[Candidate]] = {}
    for one in population:
        strata.setdefault((one.unit, one.kind), set()).add(one)
    drawn: list[Candidate] = []
    for (_, kind), members in sorted(strata.items()):
        ranked = sorted(members, key=lambda one: (rank(seed, one.ref), one.ref))
        drawn += ranked[: max(0, each.get(kind, 0))]
    return drawn


def digest_of(population: Iterable[Candidate]) -> str:
    """Return the population's digest: SHA-256 of its sorted lines “unit, tab, kind, tab, index number, line feed”."""
    lines = sorted({f"{one.unit}\t{one.kind}\t{one.ref}\n" for one in population})
    return hashlib.sha256("".join(lines).encode()).hexdigest()


class Redrawn(NamedTuple):
    """What drawing again found, for the list that was frozen and for what is published today."""

    digest_equal: bool  # The frozen list is the one whose digest was written down.
    sample_equal: bool  # Drawn again from the frozen list, the sample is the same.
    missing: tuple[str, ...]  # In the sample as it was kept, not in the one drawn again.
    unexpected: tuple[str, ...]  # The other way round.
    added: tuple[str, ...]  # Published since (within the plan's period and units).
    gone: tuple[str, ...]  # No longer published since: withdrawn.


def redraw(
    frozen: Iterable[Candidate],
    *,
    digest: str,
    seed: str,
    each: Mapping[str, int],
    kept: Iterable[str],
    today: Iterable[Candidate],
) -> Redrawn:
    """Draw again and compare with what was kept, and tell how the population has changed since."""
    then, now = set(frozen), {one.ref for one in today}
    again, before = {one.ref for one in draw(then, seed=seed, each=each)}, set(kept)
    refs = {one.ref for one in then}
    return Redrawn(
        digest_of(then) == digest,
        again == before,
        tuple(sorted(before - again)),
        tuple(sorted(again - before)),
        tuple(sorted(now - refs)),
        tuple(sorted(refs - now)),
    )
