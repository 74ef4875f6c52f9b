"""The choices that a commission may make otherwise: the first day, and the amount itself."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.documents.base import Document
from portal.domain.regimes import Regime
from portal.domain.rules.check import check
from portal.domain.rules.dossier import Context
from portal.domain.units import UnitFacts, UnitType
from tests.regimes.scenarios import build, regimes


def with_choice(slug: str, rule_id: str, **choice: object) -> Regime:
    regime = regimes()[slug]
    entry, _ = regime.all_terms(rule_id)[-1]
    return regime.model_copy(update={"rules": {**regime.rules, rule_id: (entry.model_copy(update=choice),)}})


def places(regime: Regime, document: Document, rule_id: str, unit: UnitType = UnitType.BUREAU) -> list[str]:
    context = Context(regime=regime, unit=UnitFacts("示例单位", unit), on=date(2026, 11, 20))
    return [one.place for one in check(document, context, only=[rule_id]).findings]


@pytest.mark.parametrize(
    ("rule_id", "base", "change", "place"),
    [
        ("TEN-04", "works_tender", {"/notice/documents_until": date(2026, 3, 20)}, "/notice/documents_until"),
        ("TEN-06", "works_tender", {"/candidacy/posted_until": date(2026, 4, 12)}, "/candidacy/posted_until"),
        (
            "TEN-14",
            "tender",
            {
                "/method": "sole_source",
                "/intent/budget": "4000000元",
                "/sole_source": {
                    "reason": "唯一",
                    "posted_on": date(2026, 7, 1),
                    "posted_until": date(2026, 7, 7),
                },
            },
            "/sole_source/posted_until",
        ),
    ],
)
def test_where_the_first_day_counts_a_notice_one_day_shorter_is_long_enough(
    rule_id: str, base: str, change: dict[str, object], place: str
) -> None:
    document = build("erqi", {"base": base, "change": change})
    assert places(regimes()["erqi"], document, rule_id) == [place]
    assert places(with_choice("erqi", rule_id, first_day_counts=True), document, rule_id) == []


def test_the_limit_itself_may_be_left_to_the_town() -> None:
    change = dict.fromkeys(
        ("/intent/budget", "/notice/ceiling", "/award/amount", "/contract/amount"), "100000元"
    )
    town = build(
        "jinhu", {"base": "works_tender", "change": {**change, "/notice/venue": "township_assets_center"}}
    )
    beyond = build(
        "jinhu",
        {
            "base": "works_tender",
            "change": {**change, "/award/amount": "100000.01元", "/notice/venue": "township_assets_center"},
        },
    )
    regime = with_choice("jinhu", "TEN-18", limit_is_above=False)
    assert places(regime, town, "TEN-18", UnitType.TOWNSHIP) == []
    assert places(regime, beyond, "TEN-18", UnitType.TOWNSHIP) == ["/notice/venue"]
