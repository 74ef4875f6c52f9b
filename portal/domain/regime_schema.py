"""JSON Schema of a regime file, so that an editor can complete and check it while it is written."""

from __future__ import annotations

from typing import Any

from portal.domain.regime_sections import Counting, Mechanism, RestrictedDomain, Year
from portal.domain.regimes import Regime
from portal.domain.rules.base import rules
from portal.domain.rules.terms import Off


def regime_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12) of `content/regimes/*.toml`, with every rule and its values."""
    defs: dict[str, Any] = {}

    def refer(model: Any, name: str) -> dict[str, str]:
        made = model.model_json_schema(ref_template="#/$defs/{model}", mode="validation")
        defs.update(made.pop("$defs", {}))
        defs[name] = made
        return {"$ref": f"#/$defs/{name}"}

    off = refer(Off, "Off")
    entries = {}
    for one in rules().values():
        own = refer(one.terms, f"{one.id}")
        defs[one.id] = {**defs[one.id], "title": f"{one.id} {one.title}", "description": one.why}
        entries[one.id] = {
            "type": "array",
            "description": f"{one.title}。{one.why}",
            "items": {
                "if": {"required": ["off"]},
                "then": off,
                "else": own,
            },
        }
    plain = {
        name: {"type": kind}
        for name, kind in (
            ("slug", "string"),
            ("position", "integer"),
            ("name", "string"),
            ("short", "string"),
            ("province", "string"),
            ("commission", "string"),
            ("rule_name", "string"),
            ("motto", "string"),
            ("summary", "string"),
            ("open_roster", "boolean"),
        )
    }
    whole = Regime.model_json_schema(ref_template="#/$defs/{model}")
    defs.update({name: made for name, made in whole.get("$defs", {}).items() if name not in defs})
    others = {
        name: value
        for name, value in whole["properties"].items()
        if name not in {*plain, "rules", "domains", "mechanisms", "counting", "years"}
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "制度文件",
        "description": "一个县区的规定：每个取值都有施行日期（from）和出处（source）。",
        "type": "object",
        "required": ["slug", "name"],
        "additionalProperties": False,
        "properties": {
            **plain,
            **others,
            "intro": {"type": "array", "items": {"type": "string"}},
            "report_channels": {"type": "array", "items": {"type": "string"}},
            "mechanisms": {"type": "array", "items": refer(Mechanism, "Mechanism")},
            "domains": {"type": "array", "items": refer(RestrictedDomain, "RestrictedDomain")},
            "counting": {"type": "array", "items": refer(Counting, "Counting")},
            "years": {"type": "array", "items": refer(Year, "Year")},
            "rules": {"type": "object", "additionalProperties": False, "properties": entries},
        },
        "$defs": defs,
    }
