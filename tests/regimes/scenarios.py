"""Reads the jurists' scenario files and runs them: given (regime, day, context, document) expect findings.

A file in `tests/regimes/<jurisdiction>/` speaks of that jurisdiction; one in
`national/` is run in every jurisdiction that has no terms of its own in force on
the scenario's day for any of the scenario's rules. See `tests/regimes/README.md` for the format.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from portal.domain.documents.base import Document, kind_of
from portal.domain.regime_files import say, toml_mistake
from portal.domain.regime_reading import read_regimes
from portal.domain.regimes import Regime
from portal.domain.rules.base import rules
from portal.domain.rules.check import Report, State, check
from portal.domain.rules.dossier import Context, Dossier, Entry
from portal.domain.rules.terms import Severity
from portal.domain.units import UnitFacts, UnitType
from portal.domain.values import read_amount

HERE = Path(__file__).resolve().parent
REGIMES = HERE.parent.parent / "content" / "regimes"
TODAY = date(2026, 11, 20)  # The day of a scenario that names none.
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
_TYPES: dict[str, tuple[type, str]] = {
    **dict.fromkeys(("name", "follows", "unit"), (str, "文字")),
    **dict.fromkeys(("rules", "remove", "given", "also", "expect", "unclear", "regimes"), (list, "列表")),
    **dict.fromkeys(("on", "published", "founded"), (date, "日期")),
    **dict.fromkeys(("complete", "not_applicable"), (bool, "true 或 false")),
    "change": (dict, "{ … }"),
}
_EXPECTED = {"rule", "at", "severity", "says"}
_WISH = {"base", "kind", "change", "remove"}
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
    """A scenario that cannot be run; says in Chinese which file and scenario, and why."""


@cache
def regimes() -> dict[str, Regime]:
    """The regimes that ship."""
    return read_regimes(REGIMES)


def with_folder(known: Mapping[str, Regime]) -> tuple[str, ...]:
    """Return the jurisdictions whose folder has clean documents to start from, in display order."""
    return tuple(slug for slug in known if (HERE / slug / "bases.toml").is_file())


FIVE = with_folder(regimes())


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
    if isinstance(asked, str):
        return _clean(jurisdiction, asked)
    if not isinstance(asked, dict) or "base" not in asked or (strange := sorted(set(asked) - _WISH)):
        known = "、".join(sorted(_WISH))
        raise BadScenario(
            f"文书写成基准文书的名称，或 {{ base = …, change = …, remove = … }}，可写 {known}"
            + (f"，没有 {'、'.join(strange)}" if isinstance(asked, dict) and "base" in asked else "")
        )
    base = asked["base"]
    if not isinstance(asked.get("change", {}), dict) or not isinstance(asked.get("remove", []), list):
        raise BadScenario("change 应是 { … }，remove 应是列表")
    data = copy.deepcopy(_base(jurisdiction, base))
    words = settings(jurisdiction)["words"]
    for place in asked.get("remove", []):
        _remove(data, place)
    for place, value in asked.get("change", {}).items():
        _put(data, place, _worded(value, words))
    return _made(asked.get("kind", KINDS.get(base) or base), data)


@cache
def _clean(jurisdiction: str, name: str) -> Document:
    return _made(KINDS.get(name) or name, _base(jurisdiction, name))


def _base(jurisdiction: str, name: str) -> dict[str, Any]:
    known = bases(jurisdiction)
    if not isinstance(name, str) or name not in known:
        raise BadScenario(f"没有名为“{name}”的基准文书。可用：{'、'.join(known)}")
    return known[name]


def _made(kind: str, data: dict[str, Any]) -> Document:
    try:
        return kind_of(kind).model_validate(_amounts(data))
    except ValidationError as wrong:
        first = dict(wrong.errors()[0])
        place = "".join(f"/{part}" for part in first["loc"])
        raise BadScenario(f"改出来的文书不成立，{place}：{say(first)}") from None
    except ValueError as wrong:
        raise BadScenario(str(wrong)) from wrong


def _remove(data: Any, place: str) -> None:
    *way, last = _parts(place)
    holder = _walk(data, way, place)
    if isinstance(holder, list):
        holder.pop(_row(holder, last, place))
    elif isinstance(holder, dict) and last in holder:
        del holder[last]
    else:
        raise BadScenario(f"remove 的“{place}”不在基准文书中")


def _put(data: Any, place: str, value: Any) -> None:
    *way, last = _parts(place)
    holder = _walk(data, way, place)
    if isinstance(holder, list) and last == "-":
        holder.append(value)
    elif isinstance(holder, list):
        holder[_row(holder, last, place)] = value
    elif isinstance(holder, dict):
        holder[last] = value
    else:
        raise BadScenario(f"“{place}”：“{'/'.join(way)}”下面没有栏目")


def _walk(data: Any, way: list[str], place: str) -> Any:
    for part in way:
        if isinstance(data, list):
            data = data[_row(data, part, place)]
        elif isinstance(data, dict):
            data = data.setdefault(part, {})
        else:
            raise BadScenario(f"“{place}”：“{part}”的上一级没有栏目")
    return data


def _parts(place: Any) -> list[str]:
    if not isinstance(place, str) or not place.startswith("/") or place.endswith("/"):
        raise BadScenario(f"“{place}”不是位置。写成 /栏目 或 /列表/行号（从 0 起）/栏目")
    return place[1:].split("/")


def _row(rows: list[Any], number: str, place: str) -> int:
    if not number.isascii() or not number.isdigit() or int(number) >= len(rows):
        raise BadScenario(f"“{place}”：没有第 {number} 行，行号从 0 到 {len(rows) - 1}，加一行写 -")
    return int(number)


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
    text = file.read_text(encoding="utf-8-sig")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        line, message = toml_mistake(text, broken)
        raise BadScenario(f"{place} 第 {line} 行：{message}") from broken
    if (strange := sorted(set(data) - {"scenario"})) or not isinstance(data.get("scenario"), list):
        raise BadScenario(f"{place}：每段写成 [[scenario]]{'，没有 ' if strange else ''}{'、'.join(strange)}")
    for one in data["scenario"]:
        name = one.get("name", "?")
        if wrong := _mistake(one, file.parent.name):
            raise BadScenario(f"{place}“{name}”：{wrong}")
        one.setdefault("expect", [])
        wanted = tuple(one.get("rules", ()))
        if file.parent.name != "national":
            yield Scenario(name, place, file.parent.name, wanted, one)
            continue
        for slug in one.get("regimes", FIVE):
            if not _has_own(slug, wanted, one):
                yield Scenario(name, place, slug, wanted, one)


def _has_own(slug: str, wanted: tuple[str, ...], data: dict[str, Any]) -> bool:
    """Tell whether the jurisdiction's own words on the scenario's day take the place of the national ones."""
    day, unit_type = data.get("on", TODAY), UnitType(data.get("unit", settings(slug)["unit"]))
    return any(regimes()[slug].own_terms(rule_id, day, unit_type) for rule_id in wanted)


def _mistake(data: dict[str, Any], folder: str) -> str | None:
    """Say what is wrong with a scenario as written, or None."""
    if strange := sorted(set(data) - _KNOWN):
        return f"没有 {'、'.join(strange)} 这样的栏目"
    if missing := sorted({"name", "document"} - set(data)):
        return f"缺少 {'、'.join(missing)}"
    if not any(word in data for word in ("expect", "unclear", "not_applicable")):
        return "缺少 expect"
    for word, (kind, told) in _TYPES.items():
        if word in data and not isinstance(data[word], kind):
            return f"{word} 应是{told}"
    if "unit" in data and data["unit"] not in {one.value for one in UnitType}:
        return f"没有“{data['unit']}”这种单位。可用：{'、'.join(one.value for one in UnitType)}"
    if "regimes" in data and folder != "national":
        return "regimes 只能写在 national/ 里的情形中"
    if strange := [one for one in data.get("regimes", ()) if one not in FIVE]:
        return f"regimes 中没有“{strange[0]}”。可用：{'、'.join(FIVE)}"
    return _wrong_expectation(data)


def _wrong_expectation(data: dict[str, Any]) -> str | None:
    for one in data.get("expect", ()):
        if not isinstance(one, dict) or "rule" not in one:
            return "expect 的每一项写成 { rule = …, at = …, severity = …, says = … }，rule 必写"
        if strange := sorted(set(one) - _EXPECTED):
            return f"expect 中没有 {'、'.join(strange)} 这样的栏目。可用：rule、at、severity、says"
        if one.get("severity", "red") not in {known.value for known in Severity}:
            return f"expect 中没有“{one['severity']}”这种严重程度。可用：block、red、yellow、info"
    named = [
        *data.get("rules", ()),
        *(one["rule"] for one in data.get("expect", ())),
        *data.get("unclear", ()),
    ]
    if unknown := [rule_id for rule_id in named if rule_id not in rules()]:
        return f"没有编号为 {unknown[0]} 的规则"
    return None


def prepare(scenario: Scenario) -> tuple[Document, Context]:
    """Return what a scenario tests, and in which context."""
    try:
        return _prepare(scenario)
    except BadScenario as wrong:
        raise BadScenario(f"{scenario.file}“{scenario.name}”（{scenario.jurisdiction}）：{wrong}") from None


def _prepare(scenario: Scenario) -> tuple[Document, Context]:
    data, slug = scenario.data, scenario.jurisdiction
    asked = data["document"]
    wish = dict(asked) if isinstance(asked, dict) else {"base": asked}
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
        on=data.get("on", TODAY),
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
