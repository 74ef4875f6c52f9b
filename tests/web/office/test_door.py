"""The office's door: who gets in, with which session, and what everybody else is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.web.guards import declared
from tests.web.office.world import World


def test_every_route_says_for_whom_it_is(world: World) -> None:
    silent = [
        endpoint
        for endpoint, view in world.app.view_functions.items()
        if endpoint != "static" and declared(view) is None
    ]
    assert silent == []


def test_who_is_not_signed_in_is_led_to_the_sign_in_and_back(world: World) -> None:
    answer = world.app.test_client().get("/")
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/")


def test_who_is_signed_in_gets_the_page_uncached(world: World) -> None:
    answer = world.client("editor").get("/")
    assert answer.status_code == 200
    assert "示例财政局" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("hours", [1.01, 12.01])
def test_a_session_ends_by_itself(world: World, hours: float) -> None:
    browser = world.client("editor")
    steps = int(hours * 2) or 1
    for _ in range(steps - 1):  # Somebody at work: looked at in between, it does not run idle.
        world.at += timedelta(hours=hours / steps) if hours > 2 else timedelta()
        browser.get("/")
    world.at += timedelta(hours=hours if hours < 2 else hours / steps + 0.01)
    assert browser.get("/").status_code == 303


def test_a_post_without_the_token_changes_nothing_and_is_told(world: World) -> None:
    browser = world.client("editor")
    answer = browser.post("/sign-out")
    assert answer.status_code == 400
    assert "为安全起见没有执行" in answer.text
    assert browser.get("/").status_code == 200


def test_a_foreign_host_name_is_refused(world: World) -> None:
    answer = world.client("editor").get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.text


def test_an_unknown_address_is_told_in_chinese(world: World) -> None:
    answer = world.client("editor").get("/nothing-here")
    assert answer.status_code == 404
    assert "没有找到" in answer.text
    assert "nothing-here" not in answer.text
