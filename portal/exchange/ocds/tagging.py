"""What a release says that is new: its tags, by comparison with the open version before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.domain.values import Json

# Follow from the award; that they change with it is no news about the tender.
_BY_THE_AWARD = ("status", "awardPeriod")


@dataclass(frozen=True)
class Stages:
    """The sections of one release and which stages the project tells about."""

    planned: bool
    begun: bool
    planning: Json
    tender: Json
    awards: list[Json]
    contracts: list[Json]

    @property
    def implementation(self) -> Json:
        """What is told of the contract's execution."""
        found: Json = _only(self.contracts).get("implementation", {})
        return found


def _only(listed: list[Json]) -> Json:
    return listed[0] if listed else {}


def _without(section: Mapping[str, Any], *names: str) -> Json:
    return {name: value for name, value in section.items() if name not in names}


def tags(now: Stages, before: Stages | None) -> list[str]:
    """Return the tags in the order of the codelist; there is always at least one.

    Only 澄清或修改 and 变更签证 are amendments in law; whatever else differs is an
    update. Where nothing differs that OCDS has a place for, the furthest stage that
    the project has reached counts as updated.
    """
    found = [
        *_planning_tags(now, before),
        *_tender_tags(now, before),
        *_award_tags(now, before),
        *_contract_tags(now, before),
    ]
    return found or [_furthest(now)]


def _planning_tags(now: Stages, before: Stages | None) -> list[str]:
    if not now.planned:
        return []
    if before is None or not before.planned:
        return ["planning"]
    planned_otherwise = not now.begun and not before.begun and now.tender != before.tender
    return ["planningUpdate"] if now.planning != before.planning or planned_otherwise else []


def _tender_tags(now: Stages, before: Stages | None) -> list[str]:
    found = []
    if now.begun and (before is None or not before.begun):
        found.append("tender")
    elif now.begun and before is not None:
        if now.tender.get("amendments") != before.tender.get("amendments"):
            found.append("tenderAmendment")
        known = ("amendments", *_BY_THE_AWARD)
        if _without(now.tender, *known) != _without(before.tender, *known):
            found.append("tenderUpdate")
    if _turned(now.tender, before.tender if before else {}, "cancelled"):
        found.append("tenderCancellation")
    return found


def _award_tags(now: Stages, before: Stages | None) -> list[str]:
    mine, old = _only(now.awards), _only(before.awards) if before else {}
    if not mine:
        return []
    if _turned(mine, old, "cancelled"):
        return ["awardCancellation"] if old else ["award", "awardCancellation"]
    if not old:
        return ["award"]
    return ["awardUpdate"] if mine != old else []


def _contract_tags(now: Stages, before: Stages | None) -> list[str]:
    mine, old = _only(now.contracts), _only(before.contracts) if before else {}
    found = []
    if mine and not old:
        found.append("contract")
    elif mine.get("status") == "cancelled":
        return ["contractUpdate"] if mine != old else []
    elif mine:
        if mine.get("amendments") != old.get("amendments"):
            found.append("contractAmendment")
        apart = ("amendments", "implementation")
        ended = ("status",) if _turned(mine, old, "terminated") else ()
        if _without(mine, *apart, *ended) != _without(old, *apart, *ended):
            found.append("contractUpdate")
    known = before.implementation if before else {}
    if now.implementation and now.implementation != known:
        found.append("implementationUpdate" if known else "implementation")
    if _turned(mine, old, "terminated"):
        found.append("contractTermination")
    return found


def _turned(mine: Mapping[str, Any], old: Mapping[str, Any], status: str) -> bool:
    return mine.get("status") == status != old.get("status")


def _furthest(now: Stages) -> str:
    if now.implementation:
        return "implementationUpdate"
    if now.contracts:
        return "contractUpdate"
    if now.awards:
        return "awardUpdate"
    return "tenderUpdate" if now.begun else "planningUpdate"
