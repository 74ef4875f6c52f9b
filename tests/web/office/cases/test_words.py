"""The closed lists that the templates write out are those of the domain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader

from portal.domain.reports import acts, words

FOLDER = Path(__file__).parents[4] / "templates"


@pytest.mark.parametrize(
    ("name", "closed"),
    [
        ("STATES", words.State),
        ("CHANNELS", words.Channel),
        ("SEALED_BY", words.SealedBy),
        ("TRACKS", words.Track),
        ("CATEGORIES", words.Category),
        ("KNOWN_FROM", words.KnownFrom),
        ("REASONS", words.Reason),
        ("DESTINATIONS", acts.Destination),
        ("OUTCOMES", words.Outcome),
        ("RECUSALS", words.Recusal),
        ("CLARIFICATIONS", words.Clarification),
        ("PROTECTIONS", words.Protection),
    ],
)
def test_the_titles_in_the_templates_are_those_of_the_domain(name: str, closed: Any) -> None:
    page = Environment(loader=FileSystemLoader(FOLDER), autoescape=True).get_template(
        "office/cases/_words.html"
    )
    assert getattr(page.module, name) == [(one.value, one.label) for one in closed]
