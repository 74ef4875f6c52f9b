"""Every route × role × method × own, foreign and missing: foreign answers byte for byte like missing, and changes nothing.

A new route is covered the day it is written: the addresses come from the app itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal.domain.regimes import Regime
from portal.domain.roles import COMMISSION_ROLES, Action, Role, allowed
from portal.web.guards import OPEN, declared
from tests.web.office.cases.bureau import open_bureau
from tests.web.office.planted import Planted, plant, rows_of
from tests.web.office.world import World, steady

OWN, FOREIGN = "自家甲", "外人乙"
MISSING = {
    "uid": ("missing-draft-000000",),
    "number": (987_654,),
    "digest": ("f" * 64,),
    "slug": ("2019Q4",),
    "kind": ("finance",),
    "token": ("no-such-token",),
    "report": ("rp" + "0" * 24,),
    "n": (987_654,),
}


@pytest.fixture
def planted(
    world: World, regimes: dict[str, Regime], a_quarter: Callable[..., Any], tmp_path: Path
) -> Iterator[tuple[Planted, Planted]]:
    """Both units, with rows of every sort; and the commission has a report."""
    bureau = open_bureau(world, tmp_path)
    reports = (bureau.file(),)
    yield (
        replace(plant(world, world.unit, OWN, 10_000, regimes, a_quarter), reports=reports),
        replace(plant(world, world.other, FOREIGN, 20_000, regimes, a_quarter), reports=reports),
    )
    bureau.engine.dispose()


def values_of(planted: Planted, rule: Rule) -> Iterator[dict[str, Any]]:
    """Yield every set of a unit's values that the address may name."""
    names = sorted(rule.arguments)
    if {"kind", "slug"} <= set(names):
        rest = [one for one in names if one not in ("kind", "slug")]
        for (kind, slug), *others in product(planted.slugs, *(candidates(planted, one) for one in rest)):
            yield {"kind": kind, "slug": slug, **dict(zip(rest, others, strict=True))}
        return
    for chosen in product(*(candidates(planted, one) for one in names)):
        yield dict(zip(names, chosen, strict=True))


def candidates(planted: Planted, name: str) -> tuple[Any, ...]:
    """Return what an argument of that name may stand for."""
    return {
        "uid": planted.drafts + planted.uploads + planted.matters,
        "number": (*planted.members, *planted.accounts, *planted.copies, 1),
        "digest": planted.digests,
        "report": planted.reports,
        "n": (1,),
        "kind": ("finance",),
        "year": (2026,),
        "quarter": ("2026Q3",),
        "period": ("2026Q3",),
        "duty": ("finance",),
    }.get(name, MISSING.get(name, ("x",)))


def routes(world: World) -> list[tuple[Rule, str]]:
    """Return every address of the office with each of its methods."""
    return [
        (rule, method)
        for rule in world.app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})
    ]


def address(world: World, rule: Rule, values: dict[str, Any]) -> str:
    with world.app.test_request_context(base_url="http://127.0.0.1"):
        return str(world.app.url_map.bind("127.0.0.1").build(rule.endpoint, values))


def ask(world: World, client: FlaskClient, method: str, url: str, token: str) -> TestResponse:
    if method == "GET":
        return client.get(url)
    return client.open(
        url, method=method, data={"csrf_token": token, "revision": "1", "remark": "请补充", "confirm": "1"}
    )


def words(answer: TestResponse) -> str:
    """Return an answer as text, whatever it is: workbooks and posters are no UTF-8."""
    return answer.get_data().decode(errors="replace")


def seen(answer: TestResponse, values: dict[str, Any]) -> tuple[int, str, dict[str, str]]:
    """Return what somebody sees of an answer, without what differs from answer to answer by its nature."""
    text = steady(words(answer))
    for value in values.values():  # An address that was asked for may stand in a redirect or a form.
        text = re.sub(rf"(?<=/){re.escape(str(value))}(?![\w-])", "·", text)
    kept = {
        name: value
        for name, value in answer.headers.items()
        if name not in ("Date", "Set-Cookie", "Content-Length")
    }
    return answer.status_code, text, kept


def roles() -> list[Role]:
    return [one for one in Role if one not in COMMISSION_ROLES]


@pytest.mark.parametrize("role", roles(), ids=lambda one: one.value)
def test_what_belongs_to_another_unit_answers_like_what_does_not_exist(
    world: World, planted: tuple[Planted, Planted], role: Role
) -> None:
    _, foreign = planted
    before = rows_of(world.session, world.other)
    client = world.client(role.value)
    token = world.token(client)
    for rule, method in routes(world):
        if not rule.arguments:
            continue
        nothing = {name: MISSING[name][0] for name in rule.arguments if name in MISSING}
        if set(nothing) != set(rule.arguments):
            continue
        wanted = seen(ask(world, client, method, address(world, rule, nothing), token), nothing)
        for values in values_of(foreign, rule):
            if (
                "uid" not in values
                and "slug" not in values
                and "digest" not in values
                and "number" not in values
                and "report" not in values
            ):
                continue
            if values.get("number") == 1 and "slug" not in values:
                continue  # The first of anything is nobody's in particular.
            answer = ask(world, client, method, address(world, rule, values), token)
            where = f"{role.value} {method} {rule.rule} {values}"
            assert seen(answer, values) == wanted, where
            assert FOREIGN not in words(answer), where
    assert rows_of(world.session, world.other) == before


@pytest.mark.parametrize("role", [*Role, None], ids=lambda one: one.value if one else "nobody")
def test_only_who_may_gets_past_the_door(
    world: World, planted: tuple[Planted, Planted], role: Role | None
) -> None:
    own, _ = planted
    client = world.client(role.value) if role else world.app.test_client()
    token = world.token(client)
    for rule, method in routes(world):
        wanted = declared(world.app.view_functions[rule.endpoint])
        if wanted == OPEN:
            continue
        assert isinstance(wanted, Action), f"{rule.rule} says nothing"
        if rule.endpoint == "signing_in.sign_out":
            continue
        values = next(values_of(own, rule), {}) if rule.arguments else {}
        answer = ask(world, client, method, address(world, rule, values), token)
        where = f"{role} {method} {rule.rule}"
        if role is None:
            assert answer.status_code in (303, 401), where
        elif not allowed({role}, wanted):
            assert answer.status_code == 403, where
        else:
            assert answer.status_code not in (403, 500), where


@pytest.mark.parametrize("role", roles(), ids=lambda one: one.value)
def test_no_page_shows_a_word_of_another_unit(
    world: World, planted: tuple[Planted, Planted], role: Role
) -> None:
    own, _ = planted
    client = world.client(role.value)
    shown = 0
    for rule, method in routes(world):
        if method != "GET":
            continue
        for values in values_of(own, rule) if rule.arguments else ({},):
            answer = client.get(address(world, rule, values))
            assert FOREIGN not in words(answer), f"{rule.rule} {values}"
            shown += OWN in words(answer)
    if role in (Role.EDITOR, Role.REVIEWER, Role.UNIT_ADMIN):
        assert shown  # Else the test looks at nothing.
