"""What is generated from rules, regimes and scenarios is up to date; `make rules` writes it anew."""

from __future__ import annotations

import json
import re
import tomllib

import jsonschema
import pytest

from portal.domain.catalogue import SCENARIOS
from portal.domain.rules.base import rules
from tests.regimes import coverage
from tests.regimes.mutation import OUT
from tests.regimes.scenarios import REGIMES, TODAY


def test_the_counts_of_scenarios_are_those_of_the_files() -> None:
    assert SCENARIOS.read_text(encoding="utf-8") == coverage.counts(), "run `make rules`"


def test_the_table_of_rules_is_that_of_the_code() -> None:
    assert coverage.TABLE.read_text(encoding="utf-8") == coverage.table(), "run `make rules`"


def test_the_schema_for_editors_is_that_of_the_code() -> None:
    assert coverage.SCHEMA.read_text(encoding="utf-8") == coverage.schema(), "run `make rules`"


def test_the_report_of_broken_conditions_lists_each_rule_once() -> None:
    listed = re.findall(r"^\| ([A-Z]{3}-\d\d) \|", OUT.read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == list(rules()), "run `make mutation`"


def test_the_table_changes_with_the_rules_and_not_with_the_calendar() -> None:
    assert str(TODAY) in coverage.table()


@pytest.mark.parametrize("file", sorted(REGIMES.glob("*.toml")), ids=lambda one: one.stem)
def test_every_regime_file_satisfies_the_schema(file: object) -> None:
    data = json.loads(json.dumps(tomllib.loads(file.read_text(encoding="utf-8")), default=str))  # type: ignore[attr-defined]
    jsonschema.Draft202012Validator(json.loads(coverage.schema())).validate(data)
