"""Paying the outbox: what it owes, what it notices although nobody owes it, and what it must leave behind."""

# ruff: noqa: S608 - the statements are the test's own.
from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal import apps
from portal.config import Settings
from portal.domain.calendar import Span
from portal.domain.documents.regulation import Block, Regulation
from portal.domain.regimes import Regime
from portal.domain.remembered import forget_texts
from portal.domain.rules.people import person
from portal.domain.values import fold
from portal.search import SearchIndex
from portal.services import publishing
from portal.services.checking import Book
from portal.site.served import current_build
from portal.store.db import make_engine
from portal.store.public import latest_change
from portal.store.tables import Unit, Version
from portal.sync import SyncReport, pay, site_of, sync
from tests.conftest import shipped
from tests.databases import bytes_sql, database_of, tamper
from tests.site.sites import on_disk

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
Run = Callable[..., SyncReport]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def run(session: Session, settings: Settings, regimes: dict[str, Regime]) -> Run:
    def run(*, now: datetime = NOON, rules: dict[str, Regime] | None = None, **how: Any) -> SyncReport:
        return sync(session, settings, rules or regimes, apps.create_public_app, now=now, **how)

    return run


def publish(session: Session, unit: Unit, title: str, clock: Any) -> Version:
    document = Regulation(title=title, blocks=(Block(text=f"{title}的内容。"),), issued_on=date(2026, 1, 5))
    draft = publishing.save_draft(session, unit=unit, document=document, author="甲", now=clock())
    version = publishing.publish(
        session, draft, book=Book(session, shipped()), reason="首次公开", actor="乙", now=clock()
    )
    session.commit()
    return version


def test_nothing_owed_means_nothing_done(session: Session, unit: Unit, run: Run, clock: Any) -> None:
    publish(session, unit, "甲办法", clock)
    assert run().indexed == 1
    again = run()
    assert (again.build, again.indexed, again.paid) == (None, 0, 0)


def test_a_new_day_and_a_changed_rule_reach_the_site_without_any_publication(
    session: Session, unit: Unit, run: Run, clock: Any, regimes: dict[str, Regime], settings: Settings
) -> None:
    publish(session, unit, "甲办法", clock)
    run()
    assert run(now=NOON + timedelta(hours=1)).build is None
    assert run(now=NOON + timedelta(days=1)).build is not None
    changed = {**regimes, "xiuzhou": regimes["xiuzhou"].model_copy(update={"motto": "改过的一句话"})}
    assert run(now=NOON + timedelta(days=1), rules=changed).build is not None
    own = changed["xiuzhou"].rules["FIN-06"][0]
    stricter = own.model_copy(update={"within": Span(10, "workday")})
    rules = {**changed["xiuzhou"].rules, "FIN-06": (stricter,)}
    changed = {**changed, "xiuzhou": changed["xiuzhou"].model_copy(update={"rules": rules})}
    assert run(now=NOON + timedelta(days=1), rules=changed).build is not None
    assert run(now=NOON + timedelta(days=1), rules=changed).build is None


def test_a_change_that_somebody_marked_as_paid_is_noticed_and_shown(
    session: Session, unit: Unit, run: Run, clock: Any, tmp_path: Path, settings: Settings
) -> None:
    publish(session, unit, "甲办法", clock)
    run()
    publish(session, unit, "乙办法", clock)
    tamper(
        tmp_path,
        "UPDATE outbox SET indexed_at = '2026-11-02 00:00:00' WHERE indexed_at IS NULL",
        "UPDATE outbox SET built_at = '2026-11-02 00:00:00' WHERE built_at IS NULL",
    )

    assert run().build is not None

    index = SearchIndex(settings.index_folder)
    assert index.search("乙办法").total >= 1
    index.close()


def test_a_withdrawn_text_leaves_index_site_and_the_build_before(
    session: Session, unit: Unit, run: Run, clock: Any, settings: Settings
) -> None:
    canary = "误公开的一段话示例"
    version = publish(session, unit, canary, clock)
    run()
    publish(session, unit, "甲办法", clock)
    run()
    publishing.withdraw(
        session, version, legal_ground="条例第十五条", reason="误公开", approver="示例机关", now=clock()
    )
    session.commit()
    run()

    for file in [*settings.site_folder.rglob("*"), *settings.index_folder.rglob("*")]:
        if file.is_file():
            assert canary.encode() not in file.read_bytes(), file


NO_DOCUMENT = b'{"schema":5}'


@pytest.mark.parametrize(
    "spoiled",
    [
        f"UPDATE version SET payload = {bytes_sql(b'[]')} WHERE id = 1",
        f"UPDATE version SET payload = {bytes_sql(NO_DOCUMENT)} WHERE id = 1",
        "UPDATE version SET audience = 'public' WHERE id = 1; UPDATE version SET digest = 'x' WHERE id = 1",
        pytest.param("UPDATE version SET published_at = 'garbage' WHERE id = 1", marks=pytest.mark.sqlite),
        "UPDATE version SET published_at = '1999-01-02 00:00:00' WHERE id = 1",
        "UPDATE record SET slug = '../../../x' WHERE id = 1",
        "UPDATE record SET kind = 'decision' WHERE id = 1",
        "UPDATE record SET unit_id = 2 WHERE id = 1",
    ],
)
def test_a_spoiled_row_is_named_and_never_shown_and_stops_nothing(
    session: Session, unit: Unit, run: Run, clock: Any, tmp_path: Path, settings: Settings, spoiled: str
) -> None:
    """Somebody with the disk drops the guards and spoils one record; the other is built and searched."""
    from portal.services import rosters

    rosters.put_unit(
        session, unit.jurisdiction, rosters.RosterLine(name="示例住建局", type="bureau"), now=clock()
    )
    publish(session, unit, "甲办法", clock)
    publish(session, unit, "乙办法", clock)
    session.rollback()
    tamper(tmp_path, spoiled, dropping=("version_no_update", "record_no_update"))
    session.expire_all()

    report = run()

    assert len(report.faults) == 1, report.faults
    assert report.build is not None
    assert report.build.failures == ()
    build = current_build(settings.site_folder)
    assert build is not None
    names = [one for one in on_disk(build) if re.search(r"/u/[^/]+/[^/]+/.*\.json$", one)]
    assert all("2026-0002" in name for name in names)
    assert names


def test_what_is_published_while_the_site_is_built_does_not_stop_the_paying(
    session: Session, unit: Unit, run: Run, clock: Any, settings: Settings
) -> None:
    """The other publication comes from another process, in the middle of the build: it is owed, and paid by the next run."""
    run(jobs=1)
    publish(session, unit, "甲办法", clock)
    session.rollback()
    engine = make_engine(database_of(settings.home))
    late: list[int] = []

    def publish_meanwhile(_: int) -> None:
        if not late:
            late.append(1)
            with Session(engine) as other:
                publish(other, other.get_one(Unit, unit.id), "乙办法", clock)

    assert run(progress=publish_meanwhile, jobs=1).paid == 1
    engine.dispose()
    assert run(jobs=1).paid == 1
    assert run(jobs=1).build is None


@pytest.mark.parametrize("by_another", [True, False])
def test_what_the_law_destroyed_leaves_the_memory_of_a_long_running_process(
    session: Session,
    unit: Unit,
    run: Run,
    clock: Any,
    settings: Settings,
    regimes: dict[str, Regime],
    by_another: bool,
) -> None:
    canary = "误公开的一段话示例"
    site = site_of(session, settings, regimes, apps.create_public_app, jobs=1)
    site.parsed = {}
    version = publish(session, unit, canary, clock)
    publish(session, unit, "甲办法", clock)
    pay(session, settings, site, now=NOON)
    assert any(canary.encode() in (one.payload or b"") for one in site.parsed.values())
    publishing.withdraw(
        session,
        version,
        legal_ground="条例第十五条",
        reason="误公开",
        approver="示例机关",
        now=clock(),
        destroy=True,
    )
    session.commit()
    if by_another:
        assert run().paid
    pay(session, settings, site, now=NOON)
    assert not any(canary.encode() in (one.payload or b"") for one in site.parsed.values())
    assert site.seen == latest_change(session)
    held = list(site.parsed)
    publish(session, unit, "乙办法", clock)
    pay(session, settings, site, now=NOON)
    assert set(held) < set(site.parsed), "there is nothing more to forget"


def test_what_was_worked_out_from_texts_is_forgotten_at_once() -> None:
    for known in (fold, person):
        known("误公开的一段话示例")
        assert known.cache_info().currsize > 0  # type: ignore[attr-defined]  # It remembers.
    forget_texts()
    for known in (fold, person):
        assert known.cache_info().currsize == 0  # type: ignore[attr-defined]  # Likewise.
