"""Whoever adds a module to the office says whether it may reach the sealed reports."""

from __future__ import annotations

import tomllib
from pathlib import Path

import portal

ROOT = Path(portal.__file__).parent.parent
MAY_REACH = {"home", "cases"}  # The counts on the first page, and the cases themselves.


def test_every_office_module_is_kept_away_from_reports_or_named_here() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    kept = next(one for one in contracts if "portal.services.reports" in one.get("forbidden_modules", ()))
    office = ROOT / "portal" / "web" / "office"
    found = {one.stem for one in office.glob("*.py")} | {
        one.parent.name for one in office.glob("*/__init__.py")
    }
    wanted = {f"portal.web.office.{one}" for one in found - MAY_REACH - {"__init__"}}
    assert wanted - set(kept["source_modules"]) == set()
