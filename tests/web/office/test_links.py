"""What a page of the office links to is there, and its reader may open it; what a refusal points at stands on its page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from portal.domain.regimes import Regime
from portal.domain.roles import Action, Role, allowed
from portal.web.guards import OPEN, declared
from tests.web.office.cases.bureau import open_bureau
from tests.web.office.planted import Planted, plant
from tests.web.office.test_sweep import address, routes, values_of
from tests.web.office.world import World

_LINK = re.compile(r'<a [^>]*?href="(/[^"#]*)')
_FILE = re.compile(r"\.(?:csv|xlsx|xls|pdf|zip|svg|png|json)$|/files/|^/(?:static|assets)/")
_SUMMARY = re.compile(r'<div class="err-sum".*?</div>', re.DOTALL)


@pytest.fixture
def planted(
    world: World, regimes: dict[str, Regime], a_quarter: Callable[..., Any], tmp_path: Path
) -> Iterator[Planted]:
    """A unit with rows of every sort, and a commission that has a report."""
    bureau = open_bureau(world, tmp_path)
    yield plant(world, world.unit, "自家甲", 10_000, regimes, a_quarter)
    bureau.engine.dispose()


def found_from(world: World, client: FlaskClient, start: str) -> dict[str, str]:
    """Follow the links, from each sort of page a few of every sort; return what cannot be opened, and where it stands."""
    addresses = world.app.url_map.bind("127.0.0.1")
    wrong: dict[str, str] = {}
    seen, left, taken = {start}, [(start, "")], Counter[tuple[str, str]]()
    while left:
        path, source = left.pop(0)
        answer = client.get(path, follow_redirects=True)
        if answer.status_code != 200:
            wrong[path] = f"{answer.status_code}, linked on {source}"
            continue
        for link in map(unescape, _LINK.findall(answer.text if answer.mimetype == "text/html" else "")):
            bare = link.partition("?")[0]
            if bare in seen or _FILE.search(bare):
                continue
            sort = (addresses.match(path.partition("?")[0])[0], addresses.match(bare)[0])
            taken[sort] += 1
            if taken[sort] <= 3:
                seen.add(bare)
                left.append((link, path))
    return wrong


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize(
    "role",
    [
        "commission_admin",
        "unit_admin",
        pytest.param("officer", marks=pytest.mark.thorough),
        pytest.param("reviewer", marks=pytest.mark.thorough),
    ],
)
def test_who_reads_a_page_may_open_what_it_links_to(world: World, role: str) -> None:
    assert found_from(world, world.client(role), "/") == {}


def test_what_a_refusal_points_at_stands_on_the_page(world: World, planted: Planted) -> None:
    united = {
        "way": "unite",
        "units": [world.unit.slug, world.other.slug],
        "on": "2026-12-01",
        "source": "示例编〔2026〕3号",
    }
    lost, summaries = [], 0
    for role in (Role.OFFICER, Role.COMMISSION_ADMIN, Role.FILINGS, Role.UNIT_ADMIN):
        client = world.client(role.value)
        token = world.token(client)
        for rule, method in routes(world):
            wanted = declared(world.app.view_functions[rule.endpoint])
            if (
                method != "POST"
                or wanted in (OPEN, Action.OWN_ACCOUNT)
                or not allowed({role}, Action(wanted))
            ):
                continue
            url = address(world, rule, next(values_of(planted, rule)))
            for form in ({}, united) if rule.endpoint == "county_ends.preview" else ({},):
                answer = client.post(url, data={"csrf_token": token, "revision": "1", **form})
                for summary in _SUMMARY.findall(answer.text if answer.mimetype == "text/html" else ""):
                    summaries += 1
                    there = set(re.findall(r' id="([^"]+)"', answer.text))
                    lost += [
                        (url, one) for one in re.findall(r'href="#([^"]+)"', summary) if one not in there
                    ]
    assert lost == []
    assert summaries > 10


def test_no_file_is_asked_for_in_the_browsers_own_language(world: World) -> None:
    client = world.client("commission_admin")
    for page in ("/units/upload", "/units/groups/upload"):
        asked = re.findall(r'<div class="up-pick"><input [^>]*type="file" required', client.get(page).text)
        assert len(asked) == 1, page
