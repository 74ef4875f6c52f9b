"""A unit's delegation plan in force."""

from __future__ import annotations

from portal.domain.documents.delegation import DelegationPlan
from portal.site.snapshot import RecordView, Snapshot, UnitView


def plan_order(record: RecordView) -> tuple[str, int]:
    """Sort plans by the day from which they run."""
    since = getattr(record.document, "effective_from", None)
    return (since.isoformat() if since else "", record.id)


def current_plan(snapshot: Snapshot, unit: UnitView) -> tuple[RecordView, DelegationPlan] | None:
    """Return the unit's delegation plan in force: the newest that has begun, else the newest."""
    key = ("plan", unit.id)
    if key not in snapshot.derived:
        plans = [
            one for one in snapshot.records_of(unit, "delegation") if isinstance(one.document, DelegationPlan)
        ]
        plans.sort(key=plan_order)
        begun = [one for one in plans if plan_order(one)[0] <= snapshot.today.isoformat()]
        best = (begun or plans)[-1] if plans else None
        snapshot.derived[key] = (best, best.document) if best else None
    found: tuple[RecordView, DelegationPlan] | None = snapshot.derived[key]
    return found
