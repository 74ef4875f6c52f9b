"""Reads the jurists' scenario files and runs them: given (regime, day, context, document) expect findings.

A file in `tests/regimes/<jurisdiction>/` speaks of that jurisdiction; one in
`national/` is run in every jurisdiction that has no terms of its own for any of
the scenario's rules. See `tests/regimes/README.md` for the format.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from portal.domain.documents.base import Document, kind_of
from portal.domain.regime_reading import read_regimes
from portal.domain.regimes import Regime
from portal.domain.rules.base import rules
from portal.domain.rules.check import Report, State, check
from portal.domain.rules.dossier import Context, Dossier, Entry
from portal.domain.units import UnitFacts, UnitType
from portal.domain.values import read_amount

HERE = Path(__file__).resolve().parent
REGIMES = HERE.parent.parent / "content" / "regimes"
FIVE = ("erqi", "tongling", "xian", "xiuzhou", "jinhu")
KINDS = {
    "plan": "delegation",
    "previous_plan": "delegation",
    "finance": "finance",
    "previous_finance": "finance",
    "decision": "decision",
    "adopting": "decision",
    "tender": "tender",
    "works_tender": "tender",
    "regulation": "regulation",
    "annual_report": "annual_report",
}
_KNOWN = {
    "name", "rules", "document", "change", "remove", "given", "also", "complete", "previous", "published",
    "on", "unit", "founded", "expect", "unclear", "not_applicable", "regimes", "follows",
}  # fmt: skip
_MONEY = re.compile(r"-?[\d,]+(\.\d+)?(元|万元)")


@dataclass(frozen=True)
class Scenario:
    """One scenario in one jurisdiction."""

    name: str
    file: str
    jurisdiction: str
    rules: tuple[str, ...]
    data: dict[str, Any] = field(hash=False)

    @property
    def id(self) -> str:
        """What pytest calls it."""
        return f"{self.jurisdiction}:{'+'.join(self.rules) or 'all'}:{self.name}"

    @property
    def outcome(self) -> str:
        """Tell whether it is a scenario that fails, passes, stays unclear or is not concerned."""
        for word in ("not_applicable", "unclear"):
            if self.data.get(word):
                return word
        return "fails" if self.data["expect"] else "passes"


class BadScenario(ValueError):
    """A scenario file that cannot be run; says which and why."""


@cache
def regimes() -> dict[str, Regime]:
    """The regimes that ship."""
    return read_regimes(REGIMES)


@cache
def bases(jurisdiction: str) -> dict[str, dict[str, Any]]:
    """Return the clean documents that scenarios start from, in the jurisdiction's own words."""
    common = tomllib.loads((HERE / "bases.toml").read_text(encoding="utf-8"))
    own = tomllib.loads((HERE / jurisdiction / "bases.toml").read_text(encoding="utf-8"))
    words = own.pop("words")
    own.pop("unit", None)
    found: dict[str, dict[str, Any]] = _worded({**common, **own}, words)
    return found


@cache
def settings(jurisdiction: str) -> dict[str, Any]:
    """Return the jurisdiction's own words, and the type of unit that its scenarios speak of."""
    found: dict[str, Any] = tomllib.loads((HERE / jurisdiction / "bases.toml").read_text(encoding="utf-8"))
    return found


def _worded(value: Any, words: dict[str, str]) -> Any:
    if isinstance(value, str):
        for key, word in words.items():
            value = value.replace(f"{{{key}}}", word)
        return value
    if isinstance(value, dict):
        return {key: _worded(one, words) for key, one in value.items()}
    return [_worded(one, words) for one in value] if isinstance(value, list) else value


def _amounts(value: Any) -> Any:
    if isinstance(value, str) and _MONEY.fullmatch(value):
        return read_amount(value)
    if isinstance(value, dict):
        return {key: _amounts(one) for key, one in value.items()}
    return [_amounts(one) for one in value] if isinstance(value, list) else value


def build(jurisdiction: str, asked: Any) -> Document:
    """Return the document that a scenario names (a base, or a table with `base`, `change` and `remove`)."""
    wish = {"base": asked} if isinstance(asked, str) else dict(asked)
    if wish["base"] not in bases(jurisdiction):
        raise BadScenario(f"没有名为 {wish['base']} 的基准文书")
    data = copy.deepcopy(bases(jurisdiction)[wish["base"]])
    for place in wish.get("remove", []):
        *way, last = place.strip("/").split("/")
        holder = _walk(data, way)
        holder.pop(int(last) if isinstance(holder, list) else last)
    words = settings(jurisdiction)["words"]
    for place, value in wish.get("change", {}).items():
        *way, last = place.strip("/").split("/")
        holder = _walk(data, way)
        value = _worded(value, words)
        if isinstance(holder, list):
            if last == "-":
                holder.append(value)
            else:
                holder[int(last)] = value
        else:
            holder[last] = value
    kind = KINDS.get(wish["base"]) or wish["base"]
    return kind_of(wish.get("kind", kind)).model_validate(_amounts(data))


def _walk(data: Any, way: list[str]) -> Any:
    for part in way:
        data = data[int(part)] if isinstance(data, list) else data.setdefault(part, {})
    return data


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Return every scenario of every file, expanded by jurisdiction."""
    return tuple(
        one
        for folder in ("national", *FIVE)
        for file in sorted((HERE / folder).glob("*.toml"))
        for one in _of(file)
    )


def _of(file: Path) -> Iterator[Scenario]:
    if file.name == "bases.toml":
        return
    place = f"{file.parent.name}/{file.name}"
    for data in tomllib.loads(file.read_text(encoding="utf-8")).get("scenario", []):
        name = data.get("name", "?")
        if wrong := set(data) - _KNOWN:
            raise BadScenario(f"{place}“{name}”：没有 {'、'.join(sorted(wrong))} 这样的栏目")
        if missing := {"name", "document"} - set(data):
            raise BadScenario(f"{place}“{name}”：缺少 {'、'.join(sorted(missing))}")
        if not any(word in data for word in ("expect", "unclear", "not_applicable")):
            raise BadScenario(f"{place}“{name}”：缺少 expect")
        data.setdefault("expect", [])
        wanted = tuple(data.get("rules", ()))
        for rule_id in (*wanted, *(one["rule"] for one in data["expect"]), *data.get("unclear", ())):
            if rule_id not in rules():
                raise BadScenario(f"{place}“{name}”：没有编号为 {rule_id} 的规则")
        if file.parent.name != "national":
            yield Scenario(name, place, file.parent.name, wanted, data)
            continue
        for slug in data.get("regimes", FIVE):
            if not any(rule_id in regimes()[slug].rules for rule_id in wanted):
                yield Scenario(name, place, slug, wanted, data)


def prepare(scenario: Scenario) -> tuple[Document, Context]:
    """Return what a scenario tests, and in which context."""
    data, slug = scenario.data, scenario.jurisdiction
    asked = data["document"]
    wish = {"base": asked} if isinstance(asked, str) else dict(asked)
    wish["change"] = {**wish.get("change", {}), **data.get("change", {})}
    wish["remove"] = [*wish.get("remove", []), *data.get("remove", [])]
    document = build(slug, wish)
    given = data.get("given", ["plan", "previous_plan", "adopting", "previous_finance"])
    entries = [build(slug, one) for one in (*given, *data.get("also", []))]
    key = (document.kind.code, document.natural_key())
    dossier = Dossier(
        tuple(Entry(one, one.issued_on) for one in entries if (one.kind.code, one.natural_key()) != key),
        complete=data.get("complete", True),
    )
    return document, Context(
        regime=regimes()[slug],
        unit=UnitFacts(
            "示例单位", UnitType(data.get("unit", settings(slug)["unit"])), founded_on=data.get("founded")
        ),
        on=data.get("on", date(2026, 11, 20)),
        dossier=dossier,
        published_on=data.get("published"),
        previous=build(slug, data["previous"]) if "previous" in data else None,
    )


def run(scenario: Scenario) -> Report:
    """Run one scenario and return the report."""
    document, context = prepare(scenario)
    return check(document, context, only=scenario.rules or None)


def disagreements(scenario: Scenario, report: Report) -> list[str]:
    """Return what came otherwise than the scenario expects."""
    told: list[str] = []
    expected = list(scenario.data["expect"])
    for finding in report.findings:
        match = next((one for one in expected if _agrees(one, finding)), None)
        if match is None:
            told.append(f"未料到：{finding.rule} {finding.place} [{finding.severity.value}] {finding.seen}")
        else:
            expected.remove(match)
    told += [f"未出现：{one}" for one in expected]
    unclear = {one.rule.id for one in report.by_state(State.UNCLEAR)}
    if unclear != set(scenario.data.get("unclear", [])):
        told.append(f"待核对的是 {sorted(unclear)}")
    ran = {one.rule.id for one in report.checks}
    if scenario.data.get("not_applicable"):
        told += [f"{one} 不应适用" for one in scenario.rules if one in ran]
    else:
        told += [f"{one} 没有被核对" for one in scenario.rules if one not in ran]
    return told


def _agrees(wanted: dict[str, Any], finding: Any) -> bool:
    return (
        wanted["rule"] == finding.rule
        and wanted.get("at", finding.place) == finding.place
        and wanted.get("severity", finding.severity.value) == finding.severity.value
        and wanted.get("says", "") in finding.seen + finding.remedy
    )
