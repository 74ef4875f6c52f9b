"""Building: every page by the exporter equals a plain Freezer's, one bad page or row never stops the rest."""

# ruff: noqa: S608 - names in statements are the test's own.
from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_frozen import Freezer
from sqlalchemy.orm import Session

from portal import apps
from portal.domain.documents.base import Audience
from portal.domain.documents.regulation import Block, Regulation
from portal.domain.regimes import Regime
from portal.services import publishing, rosters
from portal.services.checking import Book
from portal.site import parts
from portal.site.build import build_site
from portal.site.manifests import MANIFEST, files_of
from portal.site.pages import all_urls
from portal.site.precompress import compressed
from portal.site.snapshot import Snapshot, take_snapshot
from portal.site.trees import UnsafePath, check_path
from portal.store.tables import Jurisdiction, Unit
from tests.conftest import NOON, shipped
from tests.databases import bytes_sql, tamper
from tests.site.sites import on_disk, site_over

TITLES = (
    "甲办法",
    "../../../etc/passwd",
    "<script>alert(1)</script>",
    "长" * 90,
    "é" + "合" * 10,
    "e\u0301" + "合" * 10,
    "x" * 299,
)


@pytest.fixture
def publish_titles(session: Session, unit: Unit, a_quarter: Any, clock: Callable[[], Any]) -> None:
    documents = [Regulation(title=title, blocks=(Block(text="第一条　内容。" * 40),)) for title in TITLES]
    for number, document in enumerate(
        [*documents, a_quarter("2026Q2"), a_quarter("2026Q1", audience=Audience.STAFF)]
    ):
        if number == 5:
            continue  # NFC makes it the same title as the one before: the same record, not a merged file.
        draft = publishing.save_draft(session, unit=unit, document=document, author="甲", now=clock())
        publishing.publish(
            session, draft, book=Book(session, shipped()), reason="首次公开", actor="乙", now=clock()
        )
    session.commit()


@pytest.fixture
def snapshot(session: Session, publish_titles: None, regimes: dict[str, Regime]) -> Snapshot:
    return take_snapshot(session, regimes, now=NOON)


def test_every_page_is_byte_for_byte_what_plain_frozen_flask_makes(
    session: Session, snapshot: Snapshot, tmp_path: Path
) -> None:
    """The oracle reads the whole county and knows nothing of trees, processes or takeovers."""
    report = build_site(site_over(session, tmp_path / "site"), now=NOON)
    assert report.failures == ()

    oracle = apps.create_public_app(lambda: snapshot)
    oracle.config.update(FREEZER_DESTINATION=str(tmp_path / "plain"), FREEZER_IGNORE_MIMETYPE_WARNINGS=True)
    freezer = Freezer(oracle, with_no_argument_rules=False, log_url_for=False)
    freezer.register_generator(lambda: iter([f"/{page.path}" for page in all_urls(snapshot)]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # The oracle is asked for URLs, not endpoints, and warns about that.
        freezer.freeze()

    ours, plain = on_disk(report.folder), on_disk(tmp_path / "plain")
    assert sorted(ours) == sorted(plain)
    assert [path for path in ours if ours[path] != plain[path]] == []


def test_several_processes_build_what_one_builds(
    session: Session, county: Jurisdiction, publish_titles: None, tmp_path: Path
) -> None:
    for name in ("示例一局", "示例二局", "示例三局", "示例四镇"):
        rosters.put_unit(session, county, rosters.RosterLine(name=name, type="bureau"), now=NOON)
    session.commit()
    one = build_site(site_over(session, tmp_path / "one", jobs=1), now=NOON)
    many = build_site(site_over(session, tmp_path / "many", jobs=3), now=NOON)
    assert on_disk(one.folder) == on_disk(many.folder)
    assert (many.units, many.failures) == (5, ())


def test_no_file_is_named_by_a_user_and_none_lies_outside(
    session: Session, publish_titles: None, tmp_path: Path
) -> None:
    report = build_site(site_over(session, tmp_path / "site"), now=NOON)
    paths = list(on_disk(report.folder))
    assert all(path.isascii() for path in paths)
    assert len([path for path in paths if path.endswith(".json") and "/regulations/" in path]) >= 6
    assert {one.name for one in tmp_path.iterdir()} <= {"site", "portal.db", "portal.db-wal", "portal.db-shm"}


def test_what_is_for_the_staff_is_nowhere_in_the_site(
    session: Session, publish_titles: None, tmp_path: Path
) -> None:
    report = build_site(site_over(session, tmp_path / "site"), now=NOON)
    for path, content in on_disk(report.folder).items():
        assert "2026Q1" not in path
        assert "2026Q1 财务公开".encode() not in content


def breaking(path: str) -> Callable[..., Flask]:
    """Return a factory of apps in which the page at `path` cannot be made."""

    def make_app(snapshot: Any) -> Flask:
        app = apps.create_public_app(snapshot)
        victim = next(page for page in all_urls(snapshot()) if page.path == path)
        endpoint = f"public.{victim.endpoint}"
        original = app.view_functions[endpoint]

        def break_one(**values: Any) -> Any:
            if values == dict(victim.values):
                raise RuntimeError("坏掉的一页")
            return original(**values)

        app.view_functions[endpoint] = break_one
        return app

    return make_app


def test_one_bad_page_is_reported_replaced_stops_nothing_and_is_tried_again(
    session: Session, publish_titles: None, tmp_path: Path
) -> None:
    whole = build_site(site_over(session, tmp_path / "whole"), now=NOON)
    path = next(one for one in on_disk(whole.folder) if one.endswith("finance/2026Q2.html"))

    broken = site_over(session, tmp_path / "site", make_app=breaking(path))
    report = build_site(broken, now=NOON)

    assert [(one.path, "坏掉的一页" in one.reason) for one in report.failures] == [(path, True)]
    assert "本页暂时无法显示" in (report.folder / path).read_text(encoding="utf-8")
    assert report.pages == whole.pages
    assert json.loads((report.folder / MANIFEST).read_text(encoding="utf-8"))["failed"] == [path]

    mended = build_site(site_over(session, tmp_path / "site"), now=NOON)
    assert mended.failures == ()
    assert on_disk(mended.folder) == on_disk(whole.folder)


def test_a_fault_in_one_jurisdiction_never_touches_another(
    session: Session, publish_titles: None, tmp_path: Path, clock: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """One county's own pages cannot be worked out any more: it stays as it was, the others go on."""
    site = site_over(session, tmp_path / "site")
    first = on_disk(build_site(site, now=NOON).folder)
    line = rosters.RosterLine(name="示例统计局", type="bureau")
    for slug in ("xiuzhou", "jinhu"):
        rosters.put_unit(session, rosters.find_jurisdiction(session, slug), line, now=NOON)
    session.commit()
    real = parts.pages.area_urls

    def area_urls(snapshot: Any, view: Any) -> Any:
        if view.slug == "xiuzhou":
            raise RuntimeError("这个县区的页面坏了")
        return real(snapshot, view)

    monkeypatch.setattr(parts.pages, "area_urls", area_urls)
    report = build_site(site, now=NOON)
    after = on_disk(report.folder)
    assert [one.path for one in report.failures] == ["xiuzhou/"]
    assert after["xiuzhou/units.html"] == first["xiuzhou/units.html"]
    assert "示例统计局".encode() in after["jinhu/units.html"]

    monkeypatch.undo()
    mended = build_site(site, now=NOON)
    assert mended.failures == ()
    assert "示例统计局".encode() in on_disk(mended.folder)["xiuzhou/units.html"]


def test_a_row_that_cannot_be_read_is_named_and_the_others_are_built(
    session: Session, publish_titles: None, regimes: dict[str, Regime], tmp_path: Path
) -> None:
    """Somebody with the disk drops the triggers and spoils a row: the county's site still builds."""
    session.rollback()
    tamper(
        tmp_path,
        f"UPDATE version SET payload = {bytes_sql(b'{}')} WHERE id = 3",
        dropping=("version_no_update",),
    )

    snapshot = take_snapshot(session, regimes, now=NOON)

    assert len(snapshot.faults) == 1
    assert "330411001/" in snapshot.faults[0]
    report = build_site(site_over(session, tmp_path / "site"), now=NOON)
    assert report.failures == ()
    assert report.faults == snapshot.faults
    assert len(snapshot.records) == 6


@pytest.mark.sqlite  # PostgreSQL takes no day that is none.
def test_a_unit_whose_own_row_is_spoiled_is_named_and_the_others_are_built(
    session: Session, county: Jurisdiction, publish_titles: None, tmp_path: Path
) -> None:
    rosters.put_unit(session, county, rosters.RosterLine(name="示例统计局", type="bureau"), now=NOON)
    session.commit()
    connection = sqlite3.connect(tmp_path / "portal.db")
    connection.execute("UPDATE unit SET founded_on = 'x' WHERE name = '示例统计局'")
    connection.commit()
    connection.close()
    session.expire_all()

    report = build_site(site_over(session, tmp_path / "site"), now=NOON)

    assert len(report.faults) == 1
    assert "单位登记第 2 号无法读取" in report.faults[0]
    assert len([one for one in on_disk(report.folder) if "/regulations/" in one]) > 6


def test_the_manifests_name_every_file_with_its_digest(
    session: Session, publish_titles: None, tmp_path: Path
) -> None:
    report = build_site(site_over(session, tmp_path / "site", compress=compressed), now=NOON)
    files = on_disk(report.folder, manifests=True)
    own = hashlib.sha256(files[MANIFEST]).hexdigest()
    assert dict(files_of(report.folder)) == {
        path: own if path == MANIFEST else hashlib.sha256(content).hexdigest()
        for path, content in files.items()
    }
    assert any(path.endswith(".html.br") for path in files)
    assert any(path.endswith(".html.gz") for path in files)
    for path, content in files.items():
        if path.endswith(".html.gz"):
            assert gzip.decompress(content) == files[path.removesuffix(".gz")]


def test_a_changed_manifest_is_noticed_by_the_one_above_it(
    session: Session, publish_titles: None, tmp_path: Path
) -> None:
    report = build_site(site_over(session, tmp_path / "site"), now=NOON)
    manifest = next(report.folder.glob("xiuzhou/u/*/finance/" + MANIFEST))
    manifest.write_bytes(manifest.read_bytes().replace(b'"files"', b'"files" '))
    with pytest.raises(ValueError, match="与上一级清单的记载不一致"):
        list(files_of(report.folder))


@pytest.mark.parametrize(
    "path", ["../x.html", "a/../../x", "/etc/passwd", "a//b", "中文.html", "a\\b", "a%2e", "", "a" * 121]
)
def test_paths_that_are_not_plain_are_refused(path: str) -> None:
    with pytest.raises(UnsafePath):
        check_path(path)


@pytest.fixture
def served(session: Session, publish_titles: None, tmp_path: Path) -> Path:
    build_site(site_over(session, tmp_path / "site"), now=NOON)
    return tmp_path / "site"


def test_the_folder_itself_leads_any_static_server_to_the_site(served: Path) -> None:
    assert "url=current/index.html" in (served / "index.html").read_text(encoding="utf-8")
    assert (served / "current" / "index.html").is_file()
