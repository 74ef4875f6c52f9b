"""What one build has to do in a jurisdiction, and what it may take over from the one before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.site.areas import AreaState
from portal.site.parts import UnitState, unit_changed
from portal.site.served import Site, TopState, basis_of
from portal.site.snapshot import JurisdictionView, Snapshot, UnitView
from portal.store.public import changes_since


@dataclass(frozen=True)
class Plan:
    """What is to be done in one jurisdiction: which units, given which states of the last build."""

    view: JurisdictionView
    basis: str
    last: AreaState | None  # As it was, whatever it rests on: what stays when something goes wrong.
    usable: bool
    units: tuple[UnitView, ...]
    states: Mapping[int, UnitState]
    taken_back: frozenset[int | None] = frozenset()  # Units of which something must not stay as it was.

    def from_old(self, unit: UnitView) -> UnitState | None:
        """Return what a unit's tree may take over from: a unit that failed may have stayed as another basis left it."""
        old = self.states.get(unit.id) if self.usable else None
        return old if old and self.basis and old.basis == self.basis else None

    def before(self, site: Site, unit: UnitView) -> UnitState | None:
        """Return what a unit showed before, where that may be shown on."""
        if self.last is None or unit.id in self.taken_back or unit.id not in self.last.units:
            return None
        state = site.state(self.last.units[unit.id].id)
        return state if isinstance(state, UnitState) and state.whole_in(site.store) else None


def plan_of(
    site: Site,
    session: Session,
    snapshot: Snapshot,
    view: JurisdictionView,
    last: TopState | None,
    *,
    full: bool,
) -> Plan:
    """Return what a build has to do in a jurisdiction, by what changed since the last one; `full`: everything."""
    basis = basis_of(site, snapshot, view)
    known = site.state(last.areas[view.slug].id) if last and view.slug in last.areas else None
    area = known if isinstance(known, AreaState) else None
    changes = changes_since(session, view.slug, area.change) if area else []
    gone = frozenset(one.unit_id for one in changes if one.event in ("withdrawn", "destroyed"))
    if area is None or area.basis != basis or full:
        return Plan(view, basis or "", area, False, view.units, {}, gone)
    touched = {one.unit_id for one in changes}
    states: dict[int, UnitState] = {}
    dirty: list[UnitView] = []
    for unit in view.units:
        tree = area.units.get(unit.id)
        state = site.state(tree.id) if tree else None
        if isinstance(state, UnitState) and state.whole_in(site.store):
            states[unit.id] = state
        if (
            unit.id not in states
            or unit.id in touched
            or unit_changed(unit, states[unit.id])
            or states[unit.id].failures
            or states[unit.id].faults
        ):
            dirty.append(unit)
    return Plan(view, basis or "", area, True, tuple(dirty), states, gone)
