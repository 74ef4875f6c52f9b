"""Every flag of a jurisdiction in one go: time grows with the number of purchases, not with its square."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from portal.domain.documents.tender import Tender
from portal.domain.regimes import Regime
from portal.domain.supervision.flags import course, groups, single
from portal.domain.supervision.flags.base import (
    COUNTY,
    GROUP,
    ONE,
    Directory,
    Flag,
    Gap,
    Purchase,
    Raised,
    Untold,
    context_for,
)
from portal.domain.supervision.terms import FlagTerms
from portal.domain.units import UnitFacts

_CHECKS = (course, groups, single)  # Imported so that their checks are entered.
_EXAMPLES = 5  # Records that a gap names.


@dataclass(frozen=True)
class UnitPurchases:
    """One unit and its purchases in force: index number, address, content."""

    unit: UnitFacts
    records: tuple[tuple[str, str, Tender], ...]


@dataclass(frozen=True)
class Survey:
    """What was found: flags, newest first; gaps; how many records were read, and the flags that are in force."""

    flags: tuple[Flag, ...]
    gaps: tuple[Gap, ...]
    records: int
    terms: tuple[FlagTerms, ...]

    def counts(self) -> dict[str, int]:
        """Return how many flags each unit has, by its address."""
        return dict(Counter(one.unit for one in self.flags))


class _Tally:
    """Collects what the checks say."""

    def __init__(self) -> None:
        self.flags: list[Flag] = []
        self._gaps: dict[tuple[str, str, str], list[tuple[str, str, str]]] = defaultdict(list)
        self._missed: Counter[tuple[str, str, str]] = Counter()

    def add(self, code: str, sight: Raised | Untold, purchase: Purchase | None, unit: str) -> None:
        if isinstance(sight, Untold):
            name = code, unit, sight.reason
            self._missed[name] += 1
            if purchase and len(self._gaps[name]) < _EXAMPLES:
                self._gaps[name].append((purchase.ref, purchase.slug, purchase.tender.title))
            return
        key = sight.key or (purchase.ref if purchase else "")
        day = sight.day or (purchase.day if purchase else None)
        self.flags.append(Flag(code, unit, key, sight.seen, sight.supplier, day, sight.data))

    def gaps(self) -> tuple[Gap, ...]:
        return tuple(
            Gap(code, unit, reason, count, tuple(self._gaps[code, unit, reason]))
            for (code, unit, reason), count in self._missed.items()
        )


def survey(units: Iterable[UnitPurchases], regime: Regime, on: date) -> Survey:
    """Return the flags of every unit by the terms in force on `on`."""
    units = tuple(units)
    terms = regime.flags_on(on)
    directory = Directory(tender for one in units for _, _, tender in one.records)
    tally, everything = _Tally(), []
    for unit in units:
        context = context_for(regime, unit.unit, on)
        purchases = [
            Purchase(ref, slug, tender, directory, context)
            for ref, slug, tender in unit.records
            if not tender.failed()
        ]
        everything += purchases
        _of_unit(purchases, terms, tally, unit.unit.slug)
    by_ref = {one.ref: one.context.unit.slug for one in everything}
    for one in terms:
        if check := COUNTY.get(one.code):
            for sight in check(everything, one):
                owner = by_ref[sight.data[-1].ref] if isinstance(sight, Raised) else ""
                tally.add(one.code, sight, None, owner)
    flags = sorted(
        tally.flags, key=lambda one: (one.day or date.min, one.unit, one.code, one.key), reverse=True
    )
    return Survey(tuple(flags), tally.gaps(), len(everything), terms)


def _of_unit(purchases: Sequence[Purchase], terms: Sequence[FlagTerms], tally: _Tally, unit: str) -> None:
    for one in terms:
        if check := ONE.get(one.code):
            for purchase in purchases:
                for sight in check(purchase, one):
                    tally.add(one.code, sight, purchase, unit)
        elif group := GROUP.get(one.code):
            for sight in group(list(purchases), one):
                tally.add(one.code, sight, None, unit)
