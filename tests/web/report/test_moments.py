"""What is stored of a report tells its day and nothing closer, whichever way it came."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from portal.store.reports.tables import ReportsBase, SpentChallenge
from tests.web.report.test_memory import FILLED
from tests.web.report.world import SLUG, Reporter, World

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_no_stored_moment_tells_the_hour(world: World) -> None:
    client = world.app.test_client()
    assert Reporter(world).send(client).status_code == 201
    page = client.get(f"/{SLUG}/write").text
    once = page.partition('name="once" value="')[2].partition('"')[0]
    assert client.post(f"/{SLUG}/write", data={**FILLED, "once": once}).status_code == 200
    found = [
        value.astimezone(SHANGHAI)
        for mapper in ReportsBase.registry.mappers
        for row in world.rows(mapper.class_)
        for value in vars(row).values()
        if isinstance(value, datetime)
    ]
    assert len(world.rows(SpentChallenge)) == 2
    assert found
    assert {one.time().isoformat() for one in found} == {"00:00:00"}


def test_what_was_spent_is_forgotten_with_the_next_form(world: World) -> None:
    client = world.app.test_client()
    assert Reporter(world).send(client).status_code == 201
    world.at += timedelta(days=2)
    assert client.post(f"/{SLUG}/write", data={**FILLED, "once": "a" * 32}).status_code == 200
    assert len(world.rows(SpentChallenge)) == 1


def test_the_browser_is_asked_to_keep_nothing_that_was_typed(world: World) -> None:
    client, reporter = world.app.test_client(), Reporter(world)
    reporter.send(client)
    case = client.post(f"/{SLUG}/status", data={"code": reporter.code}).text
    pages = [case, *(client.get(f"/{SLUG}/{one}").text for one in ("write", "status", "check"))]
    forms = [found for page in pages for found in re.findall(r"<form[^>]*>.*?</form>", page, re.DOTALL)]
    typed = [one for one in forms if re.search(r"<textarea|<input (?!type=\"hidden\")", one)]
    assert len(typed) == 4
    # Some browsers send what they check the spelling of to their makers.
    for wanted in ('autocomplete="off"', 'spellcheck="false"'):
        assert all(wanted in one.partition(">")[0] for one in typed)
