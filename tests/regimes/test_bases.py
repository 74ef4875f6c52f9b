"""The clean documents that scenarios start from break no rule of any jurisdiction."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.rules.check import check
from portal.domain.rules.dossier import Context, Dossier, Entry
from portal.domain.units import UnitFacts, UnitType
from tests.regimes.scenarios import FIVE, KINDS, bases, build, regimes, settings


@pytest.mark.parametrize("jurisdiction", FIVE)
@pytest.mark.parametrize(
    "name",
    ["plan", "finance", "decision", "adopting", "tender", "works_tender", "regulation", "annual_report"],
)
def test_a_clean_document_has_no_findings(jurisdiction: str, name: str) -> None:
    everything = {one: build(jurisdiction, one) for one in bases(jurisdiction) if one in KINDS}
    document = everything[name]
    others = tuple(Entry(one, one.issued_on) for key, one in everything.items() if key != name)
    context = Context(
        regime=regimes()[jurisdiction],
        unit=UnitFacts("示例单位", UnitType(settings(jurisdiction)["unit"])),
        on=date(2026, 11, 20),
        dossier=Dossier(others, complete=True),
        published_on=document.release_reviewed_on,
    )
    report = check(document, context)
    assert not report.findings, "\n".join(f"{one.rule} {one.place} {one.seen}" for one in report.findings)
    assert report.checks
