"""Every scenario of every jurisdiction, and that each rule has scenarios that pass and that fail."""

from __future__ import annotations

from collections import defaultdict

import pytest

from portal.domain.rules.base import rules
from portal.domain.rules.terms import Off
from tests.regimes.scenarios import FIVE, Scenario, disagreements, regimes, run, scenarios


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda one: one.id)
def test_the_rule_book_says_what_the_scenario_expects(scenario: Scenario) -> None:
    told = disagreements(scenario, run(scenario))
    assert not told, f"{scenario.file}“{scenario.name}”：\n" + "\n".join(told)


def test_each_rule_has_a_scenario_that_passes_and_one_that_fails_wherever_it_binds() -> None:
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    for scenario in scenarios():
        for rule_id in scenario.rules:
            seen[rule_id, scenario.jurisdiction].add(scenario.outcome)
    wanting = [
        f"{rule_id} {slug} 缺 {'、'.join(sorted({'passes', 'fails'} - seen[rule_id, slug]))}"
        for rule_id in rules()
        for slug in FIVE
        if any(not isinstance(entry, Off) for entry, _ in regimes()[slug].all_terms(rule_id)[:1])
        and not {"passes", "fails"} <= seen[rule_id, slug]
    ]
    assert not wanting, "\n".join(wanting)
