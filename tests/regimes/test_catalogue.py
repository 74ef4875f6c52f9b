"""The catalogue is whole: every duty is a check or says where it is kept, and nothing else is in the book."""

from __future__ import annotations

import re

import pytest

from portal.domain.rules.base import rules
from portal.domain.rules.elsewhere import ELSEWHERE
from portal.domain.rules.liability import ConsequenceTerms
from tests.conftest import ROOT
from tests.regimes.scenarios import regimes

FAMILIES = {"DEL": 16, "FIN": 15, "DEC": 20, "SPK": 5, "TEN": 21, "PUB": 19, "APP": 1}
CATALOGUE = {f"{family}-{number:02d}" for family, last in FAMILIES.items() for number in range(1, last + 1)}


def test_every_duty_of_the_catalogue_is_a_rule_or_says_where_it_is_kept() -> None:
    assert set(rules()) | set(ELSEWHERE) == CATALOGUE
    assert not set(rules()) & set(ELSEWHERE)


@pytest.mark.parametrize("rule_id", sorted(ELSEWHERE))
def test_what_is_kept_elsewhere_says_where(rule_id: str) -> None:
    one = ELSEWHERE[rule_id]
    assert one.title
    assert one.reason.endswith("。")
    assert (one.how == "enforced") == bool(one.where)
    if one.where:
        file, _, test = one.where.partition("::")
        assert re.search(rf"^def {test}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


def test_the_deadlines_whose_breach_is_quoted_are_rules() -> None:
    for regime in regimes().values():
        for terms, _ in regime.all_terms("PUB-18"):
            assert isinstance(terms, ConsequenceTerms)
            assert set(terms.duties) <= set(rules())
