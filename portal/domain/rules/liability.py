"""公开责任: what the law says where a deadline for disclosure was missed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from portal.domain.documents.base import Document
from portal.domain.documents.finance import FinanceDisclosure, StatementType
from portal.domain.rules.base import Rule, Seen, Sights, rule
from portal.domain.rules.check import rules_for
from portal.domain.rules.dossier import Context
from portal.domain.rules.terms import Terms


class ConsequenceTerms(Terms):
    """Which rules a delay breaks, and what the law says of it."""

    duties: Annotated[tuple[str, ...], Field(min_length=1, title="所指的公开期限（规则编号）")]
    unit: Annotated[str, Field(min_length=4, title="单位的责任")]
    person: Annotated[str | None, Field(title="工作人员的责任")] = None
    budget: Annotated[str | None, Field(title="预算、决算另有规定")] = None


def _binding(document: Document, context: Context, terms: ConsequenceTerms) -> Iterator[tuple[Rule, Terms]]:
    """Yield the deadlines that bind the document."""
    for one in rules_for(type(document)):
        if one.id not in terms.duties or one.each:
            continue
        day = (one.day(document) if one.day else document.binding_day()) or context.on
        its = context.regime.terms(one.id, day, context.unit.type)
        if its and (one.when is None or one.when(document, context, its)):
            yield one, its


@rule(
    "PUB-18",
    "公开责任",
    why="依法公开是责任：该公开不公开，法律规定了由谁督促、怎样追究。",
    terms=ConsequenceTerms,
    when=lambda one, context, terms: any(_binding(one, context, terms)),
)
def answerable(document: Document, context: Context, terms: ConsequenceTerms) -> Sights:
    """公开责任 (政府信息公开条例 53; 公职人员政务处分法 38; 预算法 92): what the law says where a deadline was missed."""
    missed = [
        f"“{one.title}”（{one.id}）"
        for one, its in _binding(document, context, terms)
        if any(isinstance(sight, Seen) for sight in one.check(document, context, its))
    ]
    if not missed:
        return
    yearly = isinstance(document, FinanceDisclosure) and document.statement in (
        StatementType.BUDGET,
        StatementType.FINAL_ACCOUNTS,
    )
    quoted = "；".join(one for one in (terms.unit, terms.person, terms.budget if yearly else None) if one)
    yield Seen(
        "",
        f"没有做到{'、'.join(missed)}。有关规定：{quoted}。",
        "请尽快公开、补正，并在“公开说明”中写明原因。是否追究责任，由有权机关依法查明情况后决定；本提示不是处理结论。",
    )
