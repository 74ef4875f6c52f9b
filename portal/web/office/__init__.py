"""The office: where units write, review and publish. Signed-in people only; never exported, never cached."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator

from flask import Blueprint

MODULES = (
    "signing_in",
    "account",
    "users",
    "home",
    "writing",
    "uploads",
    "attachments",
    "reviewing",
    "published",
    "reading",
    "people",
    "posters",
    "history",
    "cases",
    "board",
    "matters",
    "asked",
    "letters",
    "letters_many",
    "asked_letters",
    "rectifying",
    "asked_rectifying",
    "granting",
    "outcomes",
    "flags",
    "neglect",
    "minutes",
    "filings",
    "inspections",
    "warnings",
    "bulletins",
    "assessing",
    "county_groups",
    "county_units",
    "county_ends",
    "county_terms",
    "county_years",
    "audit",
)


def blueprints() -> Iterator[Blueprint]:
    """Yield the blueprint of every module."""
    for name in MODULES:
        if importlib.util.find_spec(f"{__name__}.{name}"):
            yield importlib.import_module(f"{__name__}.{name}").bp
