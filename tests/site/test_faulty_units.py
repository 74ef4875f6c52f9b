"""A unit or a county whose pages cannot be made: it stays as it was, unless something had to go."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.apps import create_public_app
from portal.services import publishing
from portal.site import parts
from portal.site.build import build_site
from portal.site.freezer import FAULT, Failure, SiteFreezer
from portal.site.served import Site, is_current
from portal.site.trees import STATE
from portal.store.tables import Jurisdiction
from tests.site.sites import on_disk
from tests.site.troubled import LATER, World


@pytest.fixture
def world(session: Session, county: Jurisdiction, tmp_path: Path) -> World:
    made = World(session, county, tmp_path / "site")
    for place in range(4):
        made.publish(unit=f"u{place}")
    return made


# Faults in a unit


@pytest.fixture
def broken_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The unit u1 cannot be made any more."""
    real = parts.build_unit

    def build_unit(*given: Any) -> Any:
        if given[3].slug == "u1":
            raise RuntimeError("坏掉的单位")
        return real(*given)

    monkeypatch.setattr("portal.site.build.build_unit", build_unit)


def test_a_unit_that_fails_shows_what_it_showed_and_is_tried_again(
    world: World, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.build()
    request.getfixturevalue("broken_unit")
    page = "xiuzhou/u/u1/regulations/2026-0001.html"
    for full, now in ((True, LATER), (False, LATER + timedelta(days=1)), (False, LATER)):
        world.publish(unit="u1")
        report = build_site(world.site(), full=full, now=now)
        assert [one.path for one in report.failures] == ["xiuzhou/u/u1/index.html"]
        assert (report.folder / page).read_bytes() == first[page]
        assert not is_current(world.site(), now=LATER)
    monkeypatch.undo()
    assert len([one for one in world.build() if one.startswith("xiuzhou/u/u1/regulations/2026-0004")]) > 1


def test_what_was_withdrawn_does_not_stay_because_its_unit_fails(
    world: World, request: pytest.FixtureRequest
) -> None:
    canary = "误公开的一段话示例"
    version = world.publish(canary, unit="u1")
    world.build()
    request.getfixturevalue("broken_unit")
    publishing.withdraw(
        world.session, version, legal_ground="条例第十五条", reason="误公开", approver="示例机关", now=LATER
    )
    world.session.commit()
    report = build_site(world.site(), now=LATER, keep=1)
    assert "本页暂时无法显示" in (report.folder / "xiuzhou/u/u1/index.html").read_text(encoding="utf-8")
    for file in [*world.folder.rglob("*")]:
        if file.is_file() and file.parent.name != STATE:
            assert canary.encode() not in file.read_bytes(), file


def test_what_was_withdrawn_does_not_stay_because_its_county_fails(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = "误公开的一段话示例"
    version = world.publish(canary, unit="u1")
    world.build()
    publishing.withdraw(
        world.session, version, legal_ground="条例第十五条", reason="误公开", approver="示例机关", now=LATER
    )
    world.session.commit()

    def area_urls(*_: Any) -> Any:
        raise RuntimeError("这个县区的页面坏了")

    monkeypatch.setattr("portal.site.parts.pages.area_urls", area_urls)
    report = build_site(world.site(), now=LATER, keep=1)
    files = on_disk(report.folder)
    assert "本页暂时无法显示" in files["xiuzhou/index.html"].decode()
    assert "xiuzhou/u/u2/index.html" in files
    assert not [path for path, content in files.items() if canary.encode() in content]
    assert not is_current(world.site(), now=LATER)
    monkeypatch.undo()
    assert "xiuzhou/units.html" in world.build()


def test_a_unit_that_failed_once_takes_over_nothing_of_the_program_before(
    world: World, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def site(folder: Path | None = None, *, year: str) -> Site:
        app = partial(create_public_app, base_url=f"https://{year}.example")
        return world.site(folder, program=year, make_app=app)

    build_site(site(year="2025"), now=LATER)
    request.getfixturevalue("broken_unit")
    report = build_site(site(year="2026"), now=LATER)
    assert [one.path for one in report.failures] == ["xiuzhou/u/u1/index.html"]
    monkeypatch.undo()
    mended = build_site(site(year="2026"), now=LATER)
    clean = build_site(site(world.folder.with_name("clean"), year="2026"), now=LATER)
    assert on_disk(mended.folder) == on_disk(clean.folder)


@pytest.mark.parametrize(
    "path",
    [
        "xiuzhou/u/u1/regulations/index.html",
        "xiuzhou/u/u1/regulations/feed.xml",
        "xiuzhou/u/u1/regulations/data.csv",
        "xiuzhou/u/u1/regulations/2026-0001-v1.csv",
        "xiuzhou/u/u1/index.html",
        "en/xiuzhou/u/u1/regulations/index.html",
        "xiuzhou/regulations.html",
        "en/xiuzhou/status.html",
        "index.html",
    ],
)
def test_a_page_that_failed_once_is_mended_by_the_next_build(
    world: World, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    real = SiteFreezer.content
    failed: list[str] = []

    def content(self: SiteFreezer, page: Any) -> bytes:
        if page.path == path and not failed:
            failed.append(path)
            self.failures.append(Failure(path, "MemoryError: "))
            return FAULT.encode()
        return real(self, page)

    monkeypatch.setattr(SiteFreezer, "content", content)
    assert [one.path for one in build_site(world.site(jobs=1), now=LATER).failures] == [path]
    again = build_site(world.site(jobs=1), now=LATER)
    assert failed == [path]
    assert not again.failures
    assert on_disk(again.folder) == world.clean(world.folder.with_name("clean"))
    assert is_current(world.site(), now=LATER)
