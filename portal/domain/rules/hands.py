"""经手与分管: who holds what by the plan, and whose expense a payment is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from portal.domain.documents.delegation import DelegationPlan, Payer
from portal.domain.documents.finance import Payment
from portal.domain.rules.bands import domain_key
from portal.domain.rules.dossier import Context
from portal.domain.rules.terms import Terms
from portal.domain.values import fold


class PaymentTerms(Terms):
    """`domain` is under whose hand expenses fall where a payment names no domain, and beside the one it names."""

    domain: Annotated[str | None, Field(title="支出归口的分管事项")] = None


@dataclass(frozen=True)
class Hands:
    """Who holds what by a plan, in folded names."""

    chiefs: frozenset[str]
    holders: dict[str, frozenset[str]]
    substitutes: dict[str, frozenset[str]]


def people(text: str) -> frozenset[str]:
    """Return the folded names that a field holds: one, or several with 、 or a comma between."""
    folded = fold(text)
    for mark in ("、", ";", "/"):
        folded = folded.replace(mark, ",")
    return frozenset(folded.split(",")) - {""}


def hands_of(plan: DelegationPlan, context: Context) -> Hands:
    """Return who holds what by a plan of the dossier, worked out once."""
    derived = context.dossier.derived
    key = ("payments.hands", id(plan))
    if key not in derived:
        chiefs = frozenset(fold(one.name) for one in plan.chiefs)
        holders: dict[str, frozenset[str]] = {}
        substitutes: dict[str, frozenset[str]] = {}
        for one in plan.assignments:
            domain = domain_key(context, one.domain, plan.effective_from)
            holders[domain] = holders.get(domain, frozenset()) | (people(one.deputy) - chiefs)
            second = people(one.substitute) if one.substitute else frozenset()
            substitutes[domain] = substitutes.get(domain, frozenset()) | (second - chiefs)
        derived[key] = Hands(chiefs, holders, substitutes)
    return derived[key]  # type: ignore[return-value]


def domains_of(payment: Payment, context: Context, terms: PaymentTerms) -> list[str]:
    """Return the domains under which a payment falls, its own first."""
    named = (one for one in (payment.domain, terms.domain) if one)
    return list(dict.fromkeys(domain_key(context, one, payment.paid_on) for one in named))


def holders_of(payment: Payment, hands: Hands, context: Context, terms: PaymentTerms) -> frozenset[str]:
    """Return the deputies who hold the domains under which a payment falls."""
    return frozenset().union(
        *(hands.holders.get(one, frozenset()) for one in domains_of(payment, context, terms))
    )


def payer_of(payment: Payment, context: Context, terms: PaymentTerms) -> Payer:
    """Return whose expense it is: by the plan's names where they tell, whatever the row is labelled."""
    plan = context.plan_on(payment.paid_on)
    if plan is None:
        return payment.applies_to
    hands, handlers = hands_of(plan, context), people(payment.handler)
    if handlers & hands.chiefs:
        return Payer.CHIEF_OWN
    if handlers & holders_of(payment, hands, context, terms):
        return Payer.DEPUTY_OWN
    return payment.applies_to
