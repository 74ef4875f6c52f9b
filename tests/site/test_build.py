"""Building: every page by the exporter equals a plain Freezer's, one bad page or row never stops the rest."""

from __future__ import annotations

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
from portal.services import publishing
from portal.services.checking import Book
from portal.site.build import MANIFEST, UnsafePath, build_site, check_path, current_build
from portal.site.pages import all_urls
from portal.site.snapshot import Snapshot, take_snapshot
from portal.store.tables import Unit
from tests.conftest import NOON, shipped

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


def build(app: Flask, snapshot: Snapshot, folder: Path) -> Any:
    return build_site(app, lambda: all_urls(snapshot), folder, change=snapshot.change, now=NOON)


def test_every_page_is_byte_for_byte_what_plain_frozen_flask_makes(
    snapshot: Snapshot, tmp_path: Path
) -> None:
    report = build(apps.create_public_app(lambda: snapshot), snapshot, tmp_path / "site")
    assert report.failures == ()

    oracle = apps.create_public_app(lambda: snapshot)
    oracle.config.update(FREEZER_DESTINATION=str(tmp_path / "plain"), FREEZER_IGNORE_MIMETYPE_WARNINGS=True)
    freezer = Freezer(oracle, with_no_argument_rules=False, log_url_for=False)
    freezer.register_generator(lambda: iter([f"/{page.path}" for page in all_urls(snapshot)]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # The oracle is asked for URLs, not endpoints, and warns about that.
        freezer.freeze()

    def files(folder: Path) -> dict[str, bytes]:
        return {
            one.relative_to(folder).as_posix(): one.read_bytes() for one in folder.rglob("*") if one.is_file()
        }

    ours = files(report.folder)
    ours.pop(MANIFEST)
    assert ours == files(tmp_path / "plain")


def test_no_file_is_named_by_a_user_and_none_lies_outside(snapshot: Snapshot, tmp_path: Path) -> None:
    report = build(apps.create_public_app(lambda: snapshot), snapshot, tmp_path / "site")
    paths = [one.relative_to(report.folder).as_posix() for one in report.folder.rglob("*") if one.is_file()]
    assert all(path.isascii() for path in paths)
    assert len([path for path in paths if path.endswith(".json") and "/regulations/" in path]) >= 6
    assert {one.name for one in tmp_path.iterdir()} <= {"site", "portal.db", "portal.db-wal", "portal.db-shm"}


def test_what_is_for_the_staff_is_nowhere_in_the_site(snapshot: Snapshot, tmp_path: Path) -> None:
    report = build(apps.create_public_app(lambda: snapshot), snapshot, tmp_path / "site")
    assert not list(report.folder.rglob("2026Q1*"))
    for file in report.folder.rglob("*.html"):
        assert "2026Q1 财务公开" not in file.read_text(encoding="utf-8")


def test_one_bad_page_is_reported_replaced_and_stops_nothing(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = apps.create_public_app(lambda: snapshot)
    whole = build(apps.create_public_app(lambda: snapshot), snapshot, tmp_path / "whole")
    victim = next(page for page in all_urls(snapshot) if page.path.endswith("finance/2026Q2.html"))
    endpoint = f"public.{victim.endpoint}"
    original = app.view_functions[endpoint]

    def break_one(**values: Any) -> Any:
        if values == dict(victim.values):
            raise RuntimeError("坏掉的一页")
        return original(**values)

    monkeypatch.setitem(app.view_functions, endpoint, break_one)
    report = build(app, snapshot, tmp_path / "site")

    assert [(one.path, "坏掉的一页" in one.reason) for one in report.failures] == [(victim.path, True)]
    assert "本页暂时无法显示" in (report.folder / victim.path).read_text(encoding="utf-8")
    assert report.pages == whole.pages
    assert json.loads((report.folder / MANIFEST).read_text(encoding="utf-8"))["failed"] == [victim.path]


def test_a_row_that_cannot_be_read_is_named_and_the_others_are_built(
    session: Session, publish_titles: None, regimes: dict[str, Regime], tmp_path: Path
) -> None:
    """Somebody with the disk drops the triggers and spoils a row: the county's site still builds."""
    connection = sqlite3.connect(tmp_path / "portal.db")
    connection.execute("DROP TRIGGER version_no_update")
    connection.execute("UPDATE version SET payload = x'7B7D' WHERE id = 3")
    connection.commit()
    connection.close()

    snapshot = take_snapshot(session, regimes, now=NOON)

    assert len(snapshot.faults) == 1
    assert "330411001/" in snapshot.faults[0]
    report = build(apps.create_public_app(lambda: snapshot), snapshot, tmp_path / "site")
    assert report.failures == ()
    assert len(snapshot.records) == 6


def test_the_manifest_names_every_file_with_its_digest(snapshot: Snapshot, tmp_path: Path) -> None:
    build(apps.create_public_app(lambda: snapshot), snapshot, tmp_path / "site")
    current = current_build(tmp_path / "site")
    assert current is not None
    manifest = json.loads((current / MANIFEST).read_text(encoding="utf-8"))
    for path, digest in manifest["pages"].items():
        assert hashlib.sha256((current / path).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize(
    "path", ["../x.html", "a/../../x", "/etc/passwd", "a//b", "中文.html", "a\\b", "a%2e", "", "a" * 121]
)
def test_paths_that_are_not_plain_are_refused(path: str) -> None:
    with pytest.raises(UnsafePath):
        check_path(path)


@pytest.fixture
def served(tmp_path: Path, snapshot: Snapshot) -> Path:
    build(apps.create_public_app(lambda: snapshot), snapshot, tmp_path / "site")
    return tmp_path / "site"


def test_the_folder_itself_leads_any_static_server_to_the_site(served: Path) -> None:
    assert "url=current/index.html" in (served / "index.html").read_text(encoding="utf-8")
    assert (served / "current" / "index.html").is_file()
