"""授权分工方案: the domains in the regime's order, what the plan changed, and the sign-off bands as scales."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from portal.domain.documents.base import Document, Validity
from portal.domain.documents.delegation import Approver, Assignment, DelegationPlan, SignOffBand
from portal.domain.documents.regulation import Area, Regulation
from portal.domain.regime_sections import RestrictedDomain
from portal.domain.rules import dossier
from portal.domain.rules.delegation_terms import Rotation
from portal.domain.units import facts_of
from portal.domain.values import fold
from portal.site.findings import dossier_of
from portal.site.pages import charts
from portal.site.pages.declared import places
from portal.site.pages.kinds.succession import (
    Place,
    changes,
    decider,
    exact,
    place_of,
    span_of,
    tenures,
    unchanged,
)
from portal.site.pages.shell import Context
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot, UnitView

LEVELS = {
    Approver.OFFICE: 1,
    Approver.DEPUTY: 2,
    Approver.DEPUTY_WITH_CONSENT: 3,
    Approver.CHIEF: 4,
    Approver.COLLECTIVE: 5,
}
# The texts of a unit that stand behind its plan.
_BEHIND = (Area.DIVISION, Area.ROTATION, Area.FINANCE)

READS: tuple[str, ...] = (
    "delegation",
    "regulation",
)  # The plans before and after it, and the texts behind it.
SHOWN = places(
    "adopted_on adopted_by adopting_decision effective_from effective_to filed_on filing_no limits_filed_on"
    " limits_filing_no finance_assistant finance_assistant_post previous_plan change_reason negative_list"
    " exemption_reason exemption_approver exemption_until supervision_phone",
    chiefs="name post acting acting_since duty",
    assignments="domain deputy post role substitute substitute_post office scope limit above_limit held_since"
    " rotation_due reporting consent_record",
    bands="domain expense_type applies_to lower upper approver chain needs_collective needs_chief_consent filed_with"
    " effective_from",
)


@dataclass(frozen=True)
class Step:
    """One band of a scale: its range and who decides in words, and how high that stands (1 to 5)."""

    span: str
    exact: str
    decider: str
    level: int
    band: SignOffBand


@dataclass(frozen=True)
class Scale:
    """The bands of one domain, one type of expense and one sort of payer, lowest first.

    `filed` and `since` are what all of its bands have in common; None where they differ.
    """

    domain: str
    about: str
    steps: tuple[Step, ...]
    drawing: charts.BandScale | None
    filed: str | None
    since: date | None


def scales(plan: DelegationPlan) -> list[Scale]:
    """Group the bands into scales, in the order in which they first appear."""
    groups: dict[tuple[str, str, str], list[SignOffBand]] = {}
    for band in plan.bands:
        groups.setdefault((band.domain, band.expense_type.label, band.applies_to.label), []).append(band)
    return [
        _scale(domain, f"{expense}，{payer}", sorted(bands, key=lambda one: one.lower))
        for (domain, expense, payer), bands in groups.items()
    ]


def _scale(domain: str, about: str, bands: list[SignOffBand]) -> Scale:
    steps = tuple(Step(span_of(one), exact(one), decider(one), LEVELS[one.approver], one) for one in bands)
    drawn = charts.scale_bands(
        [
            charts.Band(one.band.lower, one.band.upper, one.span, one.band.approver.label, one.level)
            for one in steps
        ],
        title=f"{domain}的签批权限（{about}）",
    )
    filed, since = {one.filed_with for one in bands}, {one.effective_from for one in bands}
    return Scale(
        domain,
        about,
        steps,
        drawn,
        filed.pop() if len(filed) == 1 else None,
        since.pop() if len(since) == 1 else None,
    )


def names(domain: RestrictedDomain) -> set[str]:
    """Return every folded name of a domain."""
    return {fold(name) for name in (domain.label, *domain.aliases)}


def held(plan: DelegationPlan, domain: RestrictedDomain) -> list[Assignment]:
    """Return who holds a restricted domain by the plan."""
    wanted = names(domain)
    return [one for one in plan.assignments if fold(one.domain) in wanted]


def view(snapshot: Snapshot, area: JurisdictionView, record: RecordView, plan: Document) -> Context:
    """Return the plan's domains with who holds them since when, what it changed, and what stands before and after it."""
    assert isinstance(plan, DelegationPlan)  # noqa: S101 - the registry pairs view and model.
    restricted = area.regime.domains_on(plan.effective_from)
    listed = [(domain, held(plan, domain)) for domain in restricted]
    inside = {id(one) for _, found in listed for one in found}
    unit = facts_of(record.unit)
    where = dossier.Context(area.regime, unit, snapshot.today, dossier_of(snapshot, record.unit))
    terms = area.regime.terms("DEL-09", plan.effective_from, unit.type)
    held_for = {id(row): one for row, one in zip(plan.assignments, tenures(plan, where), strict=True)}
    place = place_of(snapshot, record, plan)
    offices = any(one.office for one in plan.assignments)
    return {
        "shown": SHOWN,
        "restricted": [(domain.label, found) for domain, found in listed],
        "others": [one for one in plan.assignments if id(one) not in inside],
        "scales": scales(plan),
        "chief_names": {one.name for one in plan.chiefs},
        "decision": cited(snapshot, record.unit, "decision", "decision_no").get(
            fold(plan.adopting_decision or "")
        ),
        "substitutes": any(one.substitute or one.substitute_post for one in plan.assignments),
        "above": any(one.above_limit for one in plan.assignments),
        "rotations": any(one.due for one in held_for.values()),
        "tenure": lambda row: held_for[id(row)],
        "soonest": min(
            ((one.due, row) for row in plan.assignments if (one := held_for[id(row)]).due and not one.over),
            key=lambda pair: pair[0] or date.max,
            default=None,
        ),
        "longest": terms.within if isinstance(terms, Rotation) else None,
        "offices": offices,
        "reporting": _reporting(plan),
        "texts": texts_behind(snapshot, record.unit, plan.effective_from),
        **_succession(area, plan, place),
    }


def _succession(area: JurisdictionView, plan: DelegationPlan, place: Place) -> Context:
    before = place.previous.document if place.previous else None
    found = changes(plan, before, area.regime) if isinstance(before, DelegationPlan) else []
    return {
        "place": place,
        "moved": found,
        "kept": unchanged(plan, found, area.regime) if before else [],
        "said_lapsed": plan.validity is not Validity.IN_FORCE,
    }


def _reporting(plan: DelegationPlan) -> list[tuple[str, str]]:
    """Return what is to be reported, and by which domains; the same words are said once."""
    by_text: dict[str, list[str]] = {}
    for one in plan.assignments:
        if one.reporting:
            by_text.setdefault(one.reporting, []).append(f"{one.domain}（{one.deputy}）")
    if len(by_text) == 1 and all(one.reporting for one in plan.assignments):
        return [("各项分管工作", next(iter(by_text)))]
    return [("、".join(who), text) for text, who in by_text.items()]


def texts_behind(snapshot: Snapshot, unit: UnitView, day: date) -> list[RecordView]:
    """Return the unit's own texts on dividing work, rotating and signing that were in force on `day`."""
    found = [
        (_BEHIND.index(one.document.area), one.id, one)
        for one in snapshot.records_of(unit, "regulation")
        if isinstance(one.document, Regulation)
        and one.document.area in _BEHIND
        and one.document.validity is Validity.IN_FORCE
        and not (one.document.effective_to and one.document.effective_to < day)
    ]
    return [one for _, _, one in sorted(found, key=lambda row: row[:2])]


def cited(snapshot: Snapshot, unit: UnitView, kind: str, name: str) -> dict[str, RecordView]:
    """Return a unit's readable records of a kind by the number (folded) that others cite.

    Where two have the same number nobody can say which is meant: neither is returned.
    """
    key = ("cited", unit.id, kind, name)
    if key not in snapshot.derived:
        rows = [
            (fold(number), one)
            for one in snapshot.records_of(unit, kind)
            if one.document and (number := getattr(one.document, name))
        ]
        times = Counter(number for number, _ in rows)
        snapshot.derived[key] = {number: one for number, one in rows if times[number] == 1}
    found: dict[str, RecordView] = snapshot.derived[key]
    return found
