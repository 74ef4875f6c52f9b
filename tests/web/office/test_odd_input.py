"""What no browser of ours sends: the commission's forms answer it with words, never with a fault of the server."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from portal.domain.regimes import Regime
from portal.domain.supervision.letters import Kind
from tests.web.office.closer import opened_world, published, quarter, signed_in
from tests.web.office.test_inspections import PLAN
from tests.web.office.test_minutes import TYPED
from tests.web.office.world import World

pytestmark = pytest.mark.database
ENDLESS = "9" * 5000  # Python refuses to read so many digits.


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, regimes: dict[str, Regime]) -> Iterator[World]:
    for made in opened_world(tmp_path_factory.mktemp("odd"), regimes):
        for period in ("2026Q1", "2026Q2"):
            published(made, made.unit, quarter(period))
        yield made


@pytest.fixture(scope="module")
def officer(world: World) -> FlaskClient:
    return signed_in(world, "officer")


def matter_of(world: World) -> str:
    """Enter a matter; return its address."""
    officer = signed_in(world, "officer")
    data = {"unit": world.unit.slug, "title": "示例事项", "seen": "示例情况", "severity": "yellow"}
    answer = world.post(officer, "/matters/new", data)
    assert answer.status_code == 303, answer.text
    uid: str = answer.location.rsplit("/", 1)[1]
    return uid


def test_a_number_without_end_is_no_number(world: World, officer: FlaskClient) -> None:
    plan = {"kind": "joint", "name": "示例检查", "each-finance": ENDLESS, "units": [world.unit.slug]}
    answer = world.post(officer, "/inspections/new", plan)
    assert answer.status_code == 422
    assert "之间的整数" in answer.text
    digest = re.search(r'name="digest" value="(\w+)"', officer.get("/bulletins/2026Q2").text)
    assert digest
    data = {"digest": digest[1], "newest": ENDLESS}
    assert world.post(officer, "/bulletins/2026Q2/issue", data).status_code == 422


FORMS = {
    "/matters/new": {"title": "示例两次", "seen": "示例情况", "severity": "yellow"},
    "/rectifying/new": {"problem": "示例问题", "due": "2027年3月31日"},
    "/inspections/new": PLAN,
    "/minutes/new": TYPED,
}


@pytest.mark.parametrize("address", FORMS)
def test_a_form_that_is_sent_twice_makes_one_thing(world: World, officer: FlaskClient, address: str) -> None:
    data: dict[str, Any] = {**FORMS[address], "unit": world.unit.slug, "units": [world.unit.slug]}

    def uid() -> str:
        found = re.search(r'name="uid" value="([\w-]{22})"', officer.get(address).text)
        assert found, "the form brings along what it makes"
        return found[1]

    token = uid()
    refused = world.post(officer, address, {"uid": token})
    assert refused.status_code == 422
    assert f'value="{token}"' in refused.text, "a form that comes back is still the same"
    first, again = (world.post(officer, address, {**data, "uid": token}) for _ in range(2))
    assert (first.status_code, again.status_code) == (303, 303), first.text
    assert first.location == again.location
    other = world.post(officer, address, {**data, "uid": uid()})
    assert other.location not in (None, first.location), "another form makes another"
    assert world.post(officer, address, {**data, "uid": "../x"}).status_code == 303, (
        "no address of ours is a new one"
    )


def test_a_letter_about_a_matter_needs_no_unit_beside_it(world: World, officer: FlaskClient) -> None:
    data = {"matter": matter_of(world), "kind": Kind.REMINDER.value, "title": "", "body": "我写的正文"}
    answer = world.post(officer, "/letters/new", data)
    assert answer.status_code == 422
    assert "我写的正文" in answer.text
    assert "示例事项" in answer.text  # What it is about is still said.


@pytest.mark.parametrize("address", ["/units/import", "/units/groups/import"])
@pytest.mark.parametrize("parcel", ["eA==.汉字", "汉字.x", "", "eA==."])
def test_a_parcel_that_is_not_ours_is_refused(world: World, address: str, parcel: str) -> None:
    keeper = signed_in(world, "commission_admin")
    answer = world.post(keeper, address, {"parcel": parcel})
    assert answer.status_code == 422
    assert "请重新上传" in answer.text


def test_no_form_of_the_commission_takes_a_character_that_no_database_keeps(
    world: World, officer: FlaskClient
) -> None:
    for address, data in (
        ("/outcomes/new", {"matter": "a\0b"}),
        ("/letters/new", {"unit": "a\0b"}),
        ("/rectifying/new", {"problem\0": "x"}),
        ("/matters/bulk", {"pick": "a\0b:1", "deed": "dismiss"}),
    ):
        assert world.post(officer, address, data).status_code == 400, address
    file = {"file": (io.BytesIO(b"a\0b"), "示例.csv")}  # What stands in a file is another matter.
    keeper = signed_in(world, "commission_admin")
    assert world.post(keeper, "/units/upload", file, content_type="multipart/form-data").status_code == 422
