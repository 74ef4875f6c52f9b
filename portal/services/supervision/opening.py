"""From what is seen to what is to be done: findings of one cause are one matter (监督事项) of a unit.

    take_up(county, regime, unit, *, now) -> int        matters that changed
    open_matter(county, unit, *, source, cause, title, severity, items, now, regime) -> Matter
    mark_gone(county, unit, *, source, cause, still, now) -> int

Flushes in the caller's transaction. Called again with nothing new, all three change nothing. A sight that has been
dealt with once (its matter is closed and it is still to be seen) opens nothing again; one that had gone and comes
back, or a new one, opens the next round.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from portal.domain.regimes import Regime
from portal.domain.rules.terms import Severity
from portal.domain.supervision.matters import ClosedAs, Event, Source, State
from portal.domain.units import facts_of
from portal.services.board.county import County
from portal.services.supervision.matters import day_of, touch, write_step
from portal.services.supervision.sights import NewItem as NewItem
from portal.services.supervision.sights import sights_of
from portal.store.tables import Matter, MatterItem, Unit

NAMED = 3  # Items that a step names one by one; of more it gives the number.
SIGHTED = (Source.RULE, Source.DUTY)  # What `take_up` keeps; other sources bring their own.


@dataclass
class _Cause:
    """What is known of one cause of a unit: its rounds, the last last, and their items."""

    rounds: list[Matter]
    items: dict[int, list[MatterItem]]

    @property
    def open(self) -> Matter | None:
        """The round that is not closed."""
        return next((one for one in reversed(self.rounds) if State(one.state).open), None)

    def standing(self) -> dict[str, tuple[Matter, MatterItem]]:
        """Return what was seen and has not gone, by fingerprint, whether its round is closed or not."""
        return {
            item.fingerprint: (one, item)
            for one in self.rounds
            for item in self.items.get(one.id, ())
            if item.gone_on is None
        }


def take_up(county: County, regime: Regime, unit: Unit, *, now: datetime) -> int:
    """Compare what the board sees of a unit with its matters; return how many were opened or changed."""
    seen = sights_of(county, regime, unit, today=day_of(now))
    known = _known(county, unit, SIGHTED)
    changed = 0
    for key in sorted({*seen, *known}):
        sight, cause = seen.get(key), known.get(key) or _Cause([], {})
        done = _gone(county, cause, sight.items.keys() if sight else (), now)
        if sight is not None:
            done |= _refresh(cause, sight.items.values(), sight.severity, now)
            fresh = [one for one in sight.fresh if one.fingerprint not in cause.standing()]
            if fresh:
                _add(county, unit, cause, key, sight.title, sight.severity, fresh, now)
                done = True
        changed += done
    return changed


def open_matter(
    county: County,
    unit: Unit,
    *,
    source: Source,
    cause: str,
    title: str,
    severity: Severity,
    items: Sequence[NewItem],
    now: datetime,
    regime: Regime | None = None,
) -> Matter:
    """Add to the open matter of that cause, or open one (its next round where there were some).

    Items that stand already, in a closed round too, are not added again; where that leaves none of those given,
    the last round is returned as it is. Without a `basis` an item gets that of the rule that `cause` names.
    """
    known = _known(county, unit, (source,)).get((source.value, cause)) or _Cause([], {})
    standing = known.standing()
    fresh = [one for one in items if one.fingerprint not in standing]
    if items and not fresh:
        return known.open or known.rounds[-1]
    if not items and known.open is not None:
        return known.open
    basis = _basis(regime, cause, unit, now)
    fresh = [one if one.basis else replace(one, basis=basis) for one in fresh]
    return _add(county, unit, known, (source.value, cause), title, severity, fresh, now)


def of_cause(county: County, unit: Unit, source: Source, cause: str) -> Matter | None:
    """Return the newest matter of a cause, where there is one."""
    known = _known(county, unit, (source,)).get((source.value, cause))
    return known.rounds[-1] if known else None


def mark_gone(
    county: County, unit: Unit, *, source: Source, cause: str, still: Collection[str], now: datetime
) -> int:
    """Mark the items of a cause that are not among `still` (fingerprints) as gone; return 1 where any has.

    A matter of which nothing is left and that nobody has asked about is closed as 已自行改正.
    """
    known = _known(county, unit, (source,)).get((source.value, cause))
    return int(known is not None and _gone(county, known, still, now))


def _known(county: County, unit: Unit, sources: Iterable[Source]) -> dict[tuple[str, str], _Cause]:
    values = [one.value for one in sources]
    of_unit = county.rows(Matter).where(Matter.unit_id == unit.id, Matter.source.in_(values))
    found: dict[tuple[str, str], _Cause] = {}
    for one in county.session.scalars(of_unit.order_by(Matter.round, Matter.id)):
        found.setdefault((one.source, one.cause), _Cause([], {})).rounds.append(one)
    if not found:
        return found
    ours = {one.id: cause for cause in found.values() for one in cause.rounds}
    items = county.rows(MatterItem).where(MatterItem.unit_id == unit.id).order_by(MatterItem.id)
    for item in county.session.scalars(items):
        if cause := ours.get(item.matter_id):
            cause.items.setdefault(item.matter_id, []).append(item)
    return found


def _add(
    county: County,
    unit: Unit,
    cause: _Cause,
    key: tuple[str, str],
    title: str,
    severity: Severity,
    fresh: Sequence[NewItem],
    now: datetime,
) -> Matter:
    matter = cause.open
    event = Event.ADDED if matter else Event.OPENED
    if matter is None:
        matter = _opened(
            county, unit, key, title, severity, 1 + max((one.round for one in cause.rounds), default=0), now
        )
        cause.rounds.append(matter)
    else:
        matter.severity = _graver(Severity(matter.severity), severity).value
        touch(matter, now)
    of_matter = {one.fingerprint: one for one in cause.items.setdefault(matter.id, [])}
    for one in fresh:
        if known := of_matter.get(one.fingerprint):
            known.gone_on = None
            _copy(known, one)
            continue
        item = MatterItem(
            jurisdiction_id=county.id, unit_id=unit.id, matter_id=matter.id, fingerprint=one.fingerprint,
            ref=one.ref, kind=one.kind, slug=one.slug, title=one.title, period=one.period, seen=one.seen,
            remedy=one.remedy, basis=one.basis, first_seen=day_of(now),
        )  # fmt: skip
        county.session.add(item)
        cause.items[matter.id].append(item)
    county.session.flush()
    words = _named([one.seen or one.title for one in fresh]) or title
    write_step(county, event=event, words=words, matter=matter, shared=matter.told_at is not None, now=now)
    return matter


def _opened(
    county: County,
    unit: Unit,
    key: tuple[str, str],
    title: str,
    severity: Severity,
    number: int,
    now: datetime,
) -> Matter:
    matter = Matter(
        uid=secrets.token_urlsafe(16),
        jurisdiction_id=county.id,
        unit_id=unit.id,
        source=key[0],
        cause=key[1],
        round=number,
        title=title,
        severity=severity.value,
        state=State.NEW.value,
        owner="",
        stage="",
        opened_on=day_of(now),
        revision=1,
        created_at=now,
        updated_at=now,
    )
    county.session.add(matter)
    county.session.flush()
    return matter


def _gone(county: County, cause: _Cause, still: Collection[str], now: datetime) -> bool:
    """Mark what is not seen any more, round by round; a matter that nobody asked about closes itself."""
    changed = False
    for matter in cause.rounds:
        items = cause.items.get(matter.id, [])
        gone = [one for one in items if one.gone_on is None and one.fingerprint not in still]
        if not gone:
            continue
        changed = True
        for one in gone:
            one.gone_on = day_of(now)
        touch(matter, now)
        county.session.flush()
        all_gone = all(one.gone_on is not None for one in items)
        told = matter.told_at is not None
        words = _named([one.seen or one.title for one in gone])
        if all_gone and State(matter.state).open:
            words += "。所列问题已经全部改正"
        write_step(county, event=Event.GONE, words=words, matter=matter, shared=told, now=now)
        if all_gone and not told and matter.state == State.NEW.value:
            _close_by_itself(county, matter, now)
    return changed


def _close_by_itself(county: County, matter: Matter, now: datetime) -> None:
    matter.state, matter.closed_as = State.CLOSED.value, ClosedAs.CORRECTED.value
    matter.closed_on, matter.due = day_of(now), None
    county.session.flush()
    write_step(
        county, event=Event.CLOSED, words=f"{ClosedAs.CORRECTED.label}：问询之前单位已经改正，平台自动办结",
        matter=matter, shared=False, now=now,
    )  # fmt: skip


def _refresh(cause: _Cause, items: Iterable[NewItem], severity: Severity, now: datetime) -> bool:
    """Let the words of what still stands follow what is seen today: 未公开 becomes 迟. Closed rounds stay as they were."""
    standing, matter, changed = cause.standing(), cause.open, False
    for one in items:
        found = standing.get(one.fingerprint)
        if found and State(found[0].state).open:
            changed |= _copy(found[1], one)
    if matter is not None and cause.items.get(matter.id) and matter.severity != severity.value:
        matter.severity, changed = severity.value, True
    if changed and matter is not None:
        touch(matter, now)
    return changed


def _copy(item: MatterItem, new: NewItem) -> bool:
    changed = False
    for name in ("ref", "kind", "slug", "title", "period", "seen", "remedy", "basis"):
        if getattr(item, name) != getattr(new, name):
            setattr(item, name, getattr(new, name))
            changed = True
    return changed


def _graver(one: Severity, other: Severity) -> Severity:
    return min(one, other, key=lambda each: each.rank)


def _named(words: Sequence[str]) -> str:
    told = "；".join(one.rstrip("。") for one in words[:NAMED])
    return f"{told} 等 {len(words)} 项" if len(words) > NAMED else told


def _basis(regime: Regime | None, cause: str, unit: Unit, now: datetime) -> str:
    terms = regime.terms(cause, day_of(now), facts_of(unit).type) if regime else None
    return terms.source if terms else ""
