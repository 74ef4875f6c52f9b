"""The poster, as a browser gets it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from pypdf import PdfReader

from portal.domain.documents.base import Audience
from portal.exchange.posters import Press
from portal.services import publishing
from portal.services.checking import Book
from portal.site.pages import all_urls
from portal.site.snapshot import take_snapshot
from portal.store.tables import Unit, Version
from portal.web.office import posters
from tests.web.office.world import World


def publish(world: World, document: Any, unit: Unit | None = None) -> Version:
    draft = publishing.save_draft(
        world.session, unit=unit or world.unit, document=document, author="方示九", now=world.at
    )
    version = publishing.publish(
        world.session, draft, book=Book(world.session, {}), reason="首次公开", actor="林示二", now=world.at
    )
    world.session.commit()
    return version


URL = "/records/finance/2026Q3/1/poster.pdf"


def words(data: bytes) -> str:
    return "".join(
        "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).split()
    ).replace("\u200b", "")


def test_a_public_version_has_a_poster_that_leads_to_its_page(
    world: World, a_quarter: Any, regimes: Any
) -> None:
    version = publish(world, a_quarter("2026Q3"))
    answer = world.client("editor").get(URL)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == 'inline; filename="finance-2026Q3-v1.pdf"'
    said = words(answer.data)
    page = f"xiuzhou/u/{world.unit.slug}/finance/2026Q3-v1.html"
    assert f"http://public.example/{page}" in said
    assert version.digest in said
    assert "示例数据" in said
    assert "秀洲区" in said
    snapshot = take_snapshot(world.session, regimes, now=world.at)
    assert page in {one.path for one in all_urls(snapshot)}


def test_the_same_poster_is_the_same_bytes(world: World, a_quarter: Any) -> None:
    publish(world, a_quarter("2026Q3"))
    browser = world.client("reviewer")
    assert browser.get(URL).data == browser.get(URL).data


def test_what_is_for_the_staff_is_for_the_inner_board(world: World, a_quarter: Any) -> None:
    publish(world, a_quarter("2026Q3", audience=Audience.STAFF))
    said = words(world.client("editor").get(URL).data)
    assert "仅限本单位职工阅读" in said
    assert "http" not in said


def test_what_is_for_the_group_has_none(world: World, a_quarter: Any) -> None:
    publish(world, a_quarter("2026Q3", audience=Audience.LEADERSHIP_GROUP))
    answer = world.client("editor").get(URL)
    assert answer.status_code == 403
    assert "只向班子成员公开" in answer.text


def test_what_was_withdrawn_has_none(world: World, a_quarter: Any) -> None:
    version = publish(world, a_quarter("2026Q3"))
    publishing.withdraw(world.session, version, legal_ground="甲", reason="乙", approver="丙", now=world.at)
    world.session.commit()
    answer = world.client("editor").get(URL)
    assert answer.status_code == 410
    assert "已经撤回" in answer.text


def test_another_units_is_not_found(world: World, a_quarter: Any) -> None:
    publish(world, a_quarter("2026Q3", title="外人的标题"), world.other)
    foreign, missing = world.client("editor").get(URL), world.client("editor").get(URL.replace("Q3", "Q1"))
    assert foreign.status_code == 404
    assert "外人" not in foreign.text
    assert foreign.status_code == missing.status_code


@pytest.mark.parametrize("role", ["staff", "group", "officer"])
def test_only_the_desk_prints(world: World, a_quarter: Any, role: str) -> None:
    publish(world, a_quarter("2026Q3"))
    assert world.client(role).get(URL).status_code == 403


def test_without_a_font_it_is_said_what_to_install(
    world: World, a_quarter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(world, a_quarter("2026Q3"))
    monkeypatch.setattr(posters, "press", lambda: Press(system_fonts=False))
    answer = world.client("editor").get(URL)
    assert answer.status_code == 503
    assert "apt install fonts-noto-cjk" in answer.text
    assert posters.font_trouble() is not None
