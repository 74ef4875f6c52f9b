"""What the reporter's scripts ask of a page stands on the public site's page: every sentence, every part, every button."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from portal.apps import STATIC, create_public_app
from portal.domain.reports.words import Outcome, Reason, State
from portal.site.online import OnlineReports
from tests.site.sample import snapshot

SLUG = "jinhu"
PAGES = {"report-form": "write", "report-status": "status", "report-check": "check"}
# A reason may go without a place to turn to, a state without an explanation.
NEED_NOT_BE = {
    f"{kind}-{one.value}" for kind, codes in (("where", Reason), ("state-help", State)) for one in codes
}
OF_ROWS = {
    "file-name",
    "file-note",
    "file-remove",
    "holder-name",
    "summary-name",
    "summary-text",
    "reply-day",
    "reply-text",
    "reply-warning",
    "own-text",
    "attachment-name",
    "attachment-state",
    "attachment-retry",
}


def source_of(script: str) -> str:
    return (STATIC / "sealing" / f"{script}.js").read_text(encoding="utf-8")


def modules_of(script: str) -> set[str]:
    """Return the scripts that a script imports from its own folder, with all that those import."""
    found, left = set(), [script]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += re.findall(r'from "\./([a-z-]+)\.js"', source_of(one))
    return found


@pytest.fixture(scope="module", params=PAGES)
def page(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A driver and the page that loads it."""
    base = snapshot()
    reports = OnlineReports("https://report.example.test", "A" * 43 + "=", b"{}")
    places = tuple(replace(one, reports=reports) if one.slug == SLUG else one for one in base.jurisdictions)
    shown = replace(base, jurisdictions=places)
    client = create_public_app(lambda: shown, report_url=reports.host).test_client()
    html = client.get(f"/{SLUG}/report/{PAGES[request.param]}.html").text
    return request.param, html


def test_the_page_has_every_sentence(page: tuple[str, str]) -> None:
    script, html = page
    source = source_of(script)
    head = source[: source.index("\nimport ")]
    listed = head[head.rindex("// words") + len("// words") :].replace("//", " ")
    wanted = dict(
        re.findall(r"([a-z_0-9-]+)(?:\{([a-z,]+)\})?(?=[\s;]|$)", listed.split(";")[0].split("(")[0])
    )
    wanted |= dict(re.findall(r"([a-z_0-9-]+-[a-z_0-9-]+)(?:\{([a-z,]+)\})?(?=[\s;]|$)", listed))
    for kind, codes in (("state", State), ("reason", Reason), ("outcome", Outcome)):
        if f"{kind}-<code>" in listed:
            wanted |= {f"{kind}-{one.value}": "" for one in codes}
    there = dict(re.findall(r'<template data-words="([^"]+)">([^<]+)</template>', html))
    assert sorted(set(wanted) - set(there) - NEED_NOT_BE) == []
    # What is put into a sentence is what the script gives.
    for name, text in there.items():
        given = wanted.get(name)
        if given is not None:
            assert set(re.findall(r"\{(\w+)\}", text)) <= set(given.split(",")), name


def test_the_page_has_every_part_and_button(page: tuple[str, str]) -> None:
    script, html = page
    source = "".join(source_of(one) for one in modules_of(script) - {"codes"})  # It has a `part` of its own.
    if script != "report-form":  # What the form alone shows lies in modules that the others do not show.
        source = source_of(script)
    parts = set(re.findall(r'\b(?:part|say|reveal|fill)\("([a-z-]+)"', source)) - OF_ROWS
    assert sorted(one for one in parts if f'data-part="{one}"' not in html) == []
    acts = set(re.findall(r'\bact\("([a-z-]+)"', source))
    assert sorted(one for one in acts if f'data-act="{one}"' not in html) == []
    assert f"static/sealing/{script}.js" in html
    assert "static/sealing/late.js" in html


def test_the_page_speaks_of_what_is_done_on_it_and_keeps_it_from_other_ears(page: tuple[str, str]) -> None:
    script, html = page
    what = {"report-form": "加密", "report-status": "查询", "report-check": "核对"}[script]
    told = re.findall(r'data-part="failed".*?<h(\d)>(.*?)</h', html)
    assert told == [("2" if script == "report-check" else "3", f"现在不能在这里{what}")]
    assert f'<template data-words="failed-script">{what}用的程序' in html
    # What some browsers check the spelling of they send to their makers.
    assert 'id="report" spellcheck="false"' in html


def test_the_scripts_say_nothing_by_themselves() -> None:
    for file in (STATIC / "sealing").glob("*.js"):
        code = re.sub(r"(?m)^\s*(?://|\*|/\*).*$|\s//.*$", "", file.read_text(encoding="utf-8"))
        allowed = {"routing.js": 6, "sealing.js": 1, "page.js": 1, "ready.js": 1}.get(file.name, 0)
        found = re.findall(r"[^\n]*[\u4e00-\u9fff][^\n]*", code)
        assert len(found) <= allowed, f"{file.name}: {found}"


def test_nothing_is_kept_logged_or_put_into_an_address() -> None:
    forbidden = r"localStorage|sessionStorage|indexedDB|document\.cookie|console\.|document\.title|innerHTML|eval\(|sendBeacon"
    for file in (STATIC / "sealing").glob("*.js"):
        assert re.findall(forbidden, file.read_text(encoding="utf-8")) == [], file.name
