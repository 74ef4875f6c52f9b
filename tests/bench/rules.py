"""Measures the rule book: 100,000 documents checked on one core, against the bare parse of the same documents."""

from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path

from portal.domain.canonical import canonical, document_json
from portal.domain.documents.base import Document
from portal.domain.documents.delegation import Approver, Assignment, Chief, DelegationPlan, SignOffBand
from portal.domain.regime_reading import read_regimes
from portal.domain.rules.check import check, rules_for
from portal.domain.rules.unit_file import PublishedDocument, context_of, unit_dossier
from portal.domain.units import UnitFacts
from tests.bench.corpus import MEMBERS, documents

REGIMES = Path(__file__).resolve().parents[2] / "content" / "regimes"
PER_UNIT = 100
ON = date(2026, 11, 20)


def plan() -> DelegationPlan:
    """Return the delegation plan that the other documents of a unit are held against."""
    since = date(2025, 1, 1)
    domains = ("财务", "干部人事", "工程建设", "行政审批", "物资（服务）采购")
    bands = [
        band
        for domain in ("财务", "工程建设", "物资（服务）采购")
        for band in (
            SignOffBand(
                domain=domain, lower=0, upper=500_000, approver=Approver.DEPUTY, chain=("经办", "审核")
            ),
            SignOffBand(domain=domain, lower=500_000, approver=Approver.COLLECTIVE, chain=("经办", "班子")),
        )
    ]
    return DelegationPlan(
        title="班子成员分工方案（2025年）",
        adopted_on=since - timedelta(days=9),
        effective_from=since,
        chiefs=(Chief(name=MEMBERS[0], post="主要负责人"),),
        assignments=tuple(
            Assignment(domain=domain, deputy=name, post="副职", held_since=since)
            for domain, name in zip(domains, MEMBERS[1:], strict=False)
        ),
        bands=tuple(bands),
    )


def check_all(count: int) -> dict[str, float]:
    """Parse and check `count` documents of units of a hundred; return the seconds of each and what came out."""
    regime = read_regimes(REGIMES)["erqi"]
    parse = tested = 0.0
    found = checks = done = 0
    while done < count:
        facts = UnitFacts(f"示例{done}局")
        given: list[Document] = [plan(), *documents(done // PER_UNIT, PER_UNIT - 1)]
        raw = [(type(one), canonical(document_json(one))) for one in given]
        began = time.perf_counter()
        parsed = [kind.model_validate_json(text) for kind, text in raw]
        parse += time.perf_counter() - began
        began = time.perf_counter()
        records = [PublishedDocument(one, ON - timedelta(days=20)) for one in parsed]
        dossier = unit_dossier(records, complete=True)
        for one in records:
            report = check(one.document, context_of(regime, facts, dossier, one, on=ON))
            found += len(report.findings)
            checks += len(report.checks)
        tested += time.perf_counter() - began
        done += len(given)
    return {
        "documents": done,
        "parse": parse,
        "check": tested,
        "seconds": tested,
        "findings": found,
        "checks": checks,
    }


def rules_in_play() -> int:
    """Return how many rules look at the kinds that are measured."""
    kinds = {DelegationPlan, *(type(one) for one in documents(0, 20))}
    return len({one.id for kind in kinds for one in rules_for(kind)})
