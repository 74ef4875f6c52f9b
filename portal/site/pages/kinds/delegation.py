"""授权分工方案: the domains in the regime's order, and the sign-off bands as scales."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.documents.base import Document
from portal.domain.documents.delegation import Approver, Assignment, DelegationPlan, SignOffBand
from portal.domain.regimes import RestrictedDomain
from portal.domain.values import fold
from portal.site.pages.declared import places
from portal.site.pages.kinds.figures import short
from portal.site.pages.shell import Context
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot

LEVELS = {
    Approver.OFFICE: 1,
    Approver.DEPUTY: 2,
    Approver.DEPUTY_WITH_CONSENT: 3,
    Approver.CHIEF: 4,
    Approver.COLLECTIVE: 5,
}


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
    """One band of a scale: its range in words, who decides, and how high that stands (1 to 5)."""

    span: str
    level: int
    band: SignOffBand


@dataclass(frozen=True)
class Scale:
    """The bands of one domain, one type of expense and one sort of payer, lowest first."""

    domain: str
    about: str
    steps: tuple[Step, ...]


def scales(plan: DelegationPlan) -> list[Scale]:
    """Group the bands into scales, in the order in which they first appear."""
    groups: dict[tuple[str, str, str], list[SignOffBand]] = {}
    for band in plan.bands:
        groups.setdefault((band.domain, band.expense_type.label, band.applies_to.label), []).append(band)
    return [
        Scale(
            domain,
            f"{expense}，{payer}",
            tuple(
                Step(_span(band), LEVELS[band.approver], band)
                for band in sorted(bands, key=lambda b: b.lower)
            ),
        )
        for (domain, expense, payer), bands in groups.items()
    ]


def _span(band: SignOffBand) -> str:
    if band.upper is None:
        return f"{short(band.lower)}及以上" if band.lower else "不分金额"
    return f"{short(band.lower)}至不满{short(band.upper)}" if band.lower else f"不满{short(band.upper)}"


def names(domain: RestrictedDomain) -> set[str]:
    """Return every folded name of a domain."""
    return {fold(name) for name in (domain.label, *domain.aliases)}


def held(plan: DelegationPlan, domain: RestrictedDomain) -> list[Assignment]:
    """Return who holds a restricted domain by the plan."""
    wanted = names(domain)
    return [one for one in plan.assignments if fold(one.domain) in wanted]


def view(snapshot: Snapshot, area: JurisdictionView, record: RecordView, plan: Document) -> Context:
    """Return the plan's restricted domains, its other assignments, and what nobody holds."""
    assert isinstance(plan, DelegationPlan)  # noqa: S101 - the registry pairs view and model.
    restricted = area.regime.domains_on(plan.effective_from)
    listed = [(domain, held(plan, domain)) for domain in restricted]
    inside = {id(one) for _, found in listed for one in found}
    decision = snapshot_decision(snapshot, record, plan.adopting_decision)
    return {
        "shown": SHOWN,
        "restricted": [(domain.label, found) for domain, found in listed],
        "others": [one for one in plan.assignments if id(one) not in inside],
        "open": [domain.label for domain, found in listed if not found],
        "scales": scales(plan),
        "chief_names": {one.name for one in plan.chiefs},
        "decision": decision,
        "substitutes": any(one.substitute or one.substitute_post for one in plan.assignments),
        "rotations": any(one.rotation_due for one in plan.assignments),
        "offices": any(one.office for one in plan.assignments),
    }


def snapshot_decision(snapshot: Snapshot, record: RecordView, number: str | None) -> RecordView | None:
    """Return the decision of that number in the same jurisdiction."""
    return by_number(snapshot, "decision", "decision_no").get((record.unit.jurisdiction, number or ""))


def by_number(snapshot: Snapshot, kind: str, name: str) -> dict[tuple[str, str], RecordView]:
    """Return the records of a kind by jurisdiction and the number that other records cite."""
    key = ("by_number", kind, name)
    if key not in snapshot.derived:
        snapshot.derived[key] = {
            (one.unit.jurisdiction, getattr(one.document, name)): one
            for one in snapshot.records
            if one.kind.code == kind and one.document and getattr(one.document, name)
        }
    found: dict[tuple[str, str], RecordView] = snapshot.derived[key]
    return found
