"""A database put back from a backup, trees that were lost, names that run on: the site is whole again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portal.site.build import build_site
from portal.site.served import TopState, is_current
from portal.site.trees import Store
from portal.store.tables import Version
from tests.databases import copy_database
from tests.site.sites import on_disk, site_over
from tests.site.test_incremental import county

pytestmark = pytest.mark.database


@pytest.mark.parametrize("restarted", [False, True], ids=["running on", "after a restart"])
def test_what_a_restored_database_lacks_or_destroys_does_not_stay(tmp_path: Path, restarted: bool) -> None:
    """Numbers of changes are used again after a restore: they say nothing about what the site shows."""
    with county(tmp_path) as made:
        for number in range(4):
            made.do("new", number * 6)
        build_site(made.site, now=made.now)
        made.session.rollback()
        made.engine.dispose()
        copy_database(tmp_path, tmp_path / "backup")
        for number in range(4, 8):
            made.do("new", number * 6)
        build_site(made.site, now=made.now)
        made.session.close()
        made.engine.dispose()
        copy_database(tmp_path / "backup", tmp_path)
        if restarted:
            name = made.site.store.current()
            assert name is not None
            state = made.site.store.kept(name.name)
            assert isinstance(state, TopState)
            made.site.store.keep(name.name, replace(state, boot="another run of the machine"))
        made.restart(0)
        made.now += timedelta(hours=1)
        made.do("withdraw", 0)
        assert made.session.get(Version, 1).payload is None  # type: ignore[union-attr] # it is there.

        report = build_site(made.site, now=made.now)
        clean = build_site(site_over(made.session, tmp_path / "clean", program="test"), now=made.now)

        assert on_disk(report.folder) == on_disk(clean.folder)
        for file in (tmp_path / "site").rglob("*.html"):
            assert "第1号内容" not in file.read_text(encoding="utf-8"), file


def test_lost_english_pages_are_noticed_and_made_again(tmp_path: Path) -> None:
    with county(tmp_path) as made:
        made.do("new", 0)
        whole = on_disk(build_site(made.site, now=made.now).folder)
        for tree in (tmp_path / "site" / "trees").glob("en.xiuzhou*"):
            shutil.rmtree(tree)
        made.restart(0)

        assert not is_current(made.site, now=made.now)
        assert on_disk(build_site(made.site, now=made.now).folder) == whole


def test_names_of_builds_run_on_past_four_digits(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.prepare()
    now = datetime(2026, 11, 22, tzinfo=UTC)
    for number in ("9999", "10000"):
        (tmp_path / "builds" / f"20991231T000000Z-{number}").mkdir()
    assert store.free_name(now) == "20991231T000000Z-10001"
