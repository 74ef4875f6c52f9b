"""What only PostgreSQL has: guards in its own words, fences that are missed, writers in turn, two roles."""

# ruff: noqa: S608 - names in statements are the test's own.
from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, make_url, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from portal.cli import main
from portal.services import publishing
from portal.store import guards
from portal.store.db import begin_write, empty_journal, full_url, make_engine
from portal.store.guards import sqlite
from portal.store.guards.fences import POLICIES
from portal.store.guards.postgresql import FENCES, TRIGGERS
from portal.store.migrate import NeedsOwner, upgrade
from portal.store.tables import Jurisdiction, Outbox, Unit
from portal.sync import site_of
from tests import postgresql
from tests.conftest import NOON
from tests.databases import database_of, replacing
from tests.services.test_publishing import ATTACKS
from tests.store.two_units import TABLES

pytestmark = [
    pytest.mark.database,
    pytest.mark.skipif(not postgresql.WANTED, reason="about PostgreSQL; make test-postgresql"),
]


@pytest.fixture
def owner(engine: Engine) -> Iterator[Engine]:
    """The same database as its tables' owner."""
    made = make_engine(postgresql.owner_of(engine.url.render_as_string(hide_password=False)))
    yield made
    made.dispose()


# -- guards -------------------------------------------------------------------


def test_every_trigger_has_its_twin_with_the_same_words() -> None:
    assert set(TRIGGERS) == set(sqlite.STATEMENTS)
    for name, statement in sqlite.STATEMENTS.items():
        told = re.search(r"RAISE\(ABORT, '([^']+)'", statement)
        assert told is not None
        assert f"'{told[1]}'" in TRIGGERS[name].body
        for own in ("datetime(", "IS NOT OLD", "IS OLD", "RAISE(ABORT", "GLOB"):
            assert own not in TRIGGERS[name].body, name


def _in_postgresql(statement: str) -> str:
    """Return SQLite's attack as PostgreSQL lets one try it."""
    if found := re.fullmatch(r"INSERT OR REPLACE INTO (\w+) SELECT \* FROM \1( WHERE .+)?", statement):
        return replacing(found[1]).replace(f"FROM {found[1]}", f"FROM {found[1]}{found[2] or ''}", 1)
    statement = statement.replace("UPDATE OR REPLACE", "UPDATE").replace("x'00'", r"'\x00'")
    statement = statement.replace("sample = 0", "sample = false")
    statement = re.sub(r"'(\d{4}-01-01 00:00:00)'(?= FROM)", r"TIMESTAMP '\1'", statement)
    if "OR REPLACE" in statement:
        statement = (
            statement.replace("OR REPLACE ", "") + " ON CONFLICT (id) DO UPDATE SET number = EXCLUDED.number"
        )
    return statement


@pytest.mark.parametrize(
    ("statement", "told"),
    [(one, told) for one, told in ATTACKS if "zzzz" not in one],  # A column of instants takes no such word.
    ids=[one for one, _ in ATTACKS if "zzzz" not in one],
)
def test_the_same_attacks_meet_the_same_words(
    session: Session, unit: Unit, a_quarter: Any, publish_three: None, statement: str, told: str
) -> None:
    session.execute(
        text(
            "INSERT INTO record (id, jurisdiction_id, unit_id, kind, natural_key, slug, index_no, created_at)"
            f" VALUES (99, {unit.jurisdiction_id}, {unit.id}, 'decision', '键', '1999-0001', '伪造', '1999-01-01')"
        )
    )
    if told == "INSERTED":
        session.execute(text(_in_postgresql(statement)))
        return
    with pytest.raises(IntegrityError, match=told):
        session.execute(text(_in_postgresql(statement)))


@pytest.fixture
def publish_three(session: Session, unit: Unit, a_quarter: Any, clock: Any, regimes: Any) -> None:
    """Two versions of the third quarter's sort, and one that is withdrawn."""
    from portal.services.checking import Book

    made = []
    for period in ("2026Q2", "2026Q3", "2026Q1"):
        draft = publishing.save_draft(
            session, unit=unit, document=a_quarter(period), author="甲", now=clock()
        )
        made.append(
            publishing.publish(
                session, draft, book=Book(session, {}), reason="首次公开", actor="乙", now=clock()
            )
        )
    publishing.withdraw(session, made[-1], legal_ground="甲", reason="乙", approver="丙", now=clock())
    session.commit()


def test_no_table_is_emptied_even_by_its_owner(owner: Engine) -> None:
    for table in TABLES:
        with Session(owner) as session, pytest.raises(IntegrityError, match="数据表不能整体清空"):
            session.execute(text(f"TRUNCATE {table.name} CASCADE"))


def test_the_owner_is_fenced_too(owner: Engine, unit: Unit) -> None:
    with owner.connect() as connection:
        assert connection.execute(select(Unit.id)).all() == []


SPOILING = {
    "a trigger dropped": ("DROP TRIGGER version_no_delete ON version", "version_no_delete"),
    "a trigger switched off": ("ALTER TABLE record DISABLE TRIGGER record_no_update", "record_no_update"),
    "a trigger for one column": (
        (
            "DROP TRIGGER step_no_update ON step; CREATE TRIGGER step_no_update BEFORE UPDATE OF kind ON step"
            " FOR EACH ROW EXECUTE FUNCTION guard_step_no_update()"
        ),
        "step_no_update",
    ),
    "a function emptied": (
        (
            "CREATE OR REPLACE FUNCTION guard_outbox_no_delete() RETURNS trigger LANGUAGE plpgsql"
            " SET search_path TO public, pg_temp AS 'BEGIN RETURN OLD; END'"
        ),
        "outbox_no_delete",
    ),
    "a function that looks elsewhere": (
        "ALTER FUNCTION guard_version_in_order() SET search_path TO pg_temp, public",
        "version_in_order",
    ),
    "emptying allowed": ("DROP TRIGGER draft_no_truncate ON draft", "draft_no_truncate"),
    "no security": ("ALTER TABLE draft DISABLE ROW LEVEL SECURITY", "draft_rows"),
    "no force": ("ALTER TABLE member NO FORCE ROW LEVEL SECURITY", "member_rows"),
    "a question always answered with yes": (
        (
            "CREATE OR REPLACE FUNCTION acts_for(actor integer, its_unit integer) RETURNS boolean LANGUAGE plpgsql"
            " SET search_path TO public, pg_temp AS 'BEGIN RETURN true; END'"
        ),
        "acts_for",
    ),
    "a policy dropped": ("DROP POLICY tenant ON step", "step_rows"),
    "a policy widened": ("ALTER POLICY tenant ON upload USING (true)", "upload_rows"),
    "a check widened": ("ALTER POLICY tenant ON record WITH CHECK (true)", "record_rows"),
    "a policy too many": ("CREATE POLICY wide ON account FOR SELECT USING (true)", "account_rows"),
}


@pytest.mark.parametrize(("statement", "lost"), SPOILING.values(), ids=list(SPOILING))
def test_what_was_dropped_rewritten_or_widened_is_noticed_and_put_back_by_the_owner(
    session: Session, owner: Engine, statement: str, lost: str
) -> None:
    assert guards.missing(session) == []
    session.rollback()
    with Session(owner) as spoiler:
        spoiler.execute(text(statement))
        spoiler.commit()
    assert guards.missing(session) == [lost]
    with pytest.raises(DBAPIError):
        guards.restore(session)
    session.rollback()
    with Session(owner) as mending:
        begin_write(mending)
        assert guards.restore(mending) == [lost]
        mending.commit()
    assert guards.missing(session) == []


def test_every_table_has_its_fence_by_name() -> None:
    assert {f"{name}_{what}" for name in POLICIES for what in ("rows", "no_truncate")} | {"acts_for"} == set(
        FENCES
    )


# -- transactions -------------------------------------------------------------


def test_a_reader_sees_one_state_and_a_writer_the_newest(
    engine: Engine, session: Session, unit: Unit
) -> None:
    with Session(engine) as reader, Session(engine) as writer:
        assert reader.scalar(select(Unit.position).where(Unit.id == unit.id)) == 0
        begin_write(writer)
        writer.get_one(Unit, unit.id).position = 5
        writer.commit()
        assert reader.scalar(select(Unit.position).where(Unit.id == unit.id)) == 0
        begin_write(reader)
        assert reader.scalar(select(Unit.position).where(Unit.id == unit.id)) == 5


def test_writers_wait_for_one_another_and_then_see_what_was_written(
    engine: Engine, session: Session, unit: Unit
) -> None:
    """Twenty additions to what was read, by two at once: none is lost."""
    number = unit.id
    session.rollback()
    troubles: list[BaseException] = []

    def add() -> None:
        try:
            for _ in range(10):
                with Session(engine) as mine:
                    begin_write(mine)
                    mine.get_one(Unit, number).position += 1
                    mine.commit()
        except BaseException as trouble:  # noqa: BLE001, RUF100 - told below.
            troubles.append(trouble)

    both = [threading.Thread(target=add) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert troubles == []
    assert session.scalar(select(Unit.position).where(Unit.id == number)) == 20


def test_a_second_writer_is_told_when_it_has_waited_long_enough(
    engine: Engine, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.store import db

    monkeypatch.setattr(db, "_WRITES", db._WRITES.replace("'60s'", "'50ms'"))
    begin_write(session)
    with Session(engine) as second, pytest.raises(OperationalError, match="lock timeout"):
        begin_write(second)


def test_changes_are_numbered_in_the_order_of_their_commits(
    engine: Engine, session: Session, unit: Unit
) -> None:
    """A build asks for what came after the last number that it saw: no smaller one may come later."""
    county, number = unit.jurisdiction_id, unit.id
    session.rollback()
    with Session(engine) as first, Session(engine) as second:
        begin_write(first)
        first.add(Outbox(jurisdiction_id=county, unit_id=number, event="first", created_at=NOON))
        first.flush()
        waited = threading.Thread(target=begin_write, args=(second,))
        waited.start()
        first.commit()
        waited.join(60)
        second.add(Outbox(jurisdiction_id=county, unit_id=number, event="second", created_at=NOON))
        second.commit()
    events = session.scalars(select(Outbox.event).where(Outbox.unit_id == number).order_by(Outbox.id)).all()
    assert list(events)[-2:] == ["first", "second"]


def test_a_journal_that_cannot_be_emptied_is_said_to_be_so(session: Session) -> None:
    assert empty_journal(session) is False


# -- addresses, roles, commands -----------------------------------------------


@pytest.mark.parametrize("given", ["postgresql://a:b%40c@h/d", "postgresql+psycopg://a:b%40c@h/d"])
def test_an_address_gets_the_driver_and_keeps_its_password(given: str) -> None:
    assert full_url(given) == "postgresql+psycopg://a:b%40c@h/d"


def test_the_site_opens_the_database_with_its_password(home: Path, regimes: Any) -> None:
    from portal.config import Settings

    url = make_url(database_of(home)).set(password="p@ss/word").render_as_string(hide_password=False)  # noqa: S106 - of no account.
    engine = make_engine(url)
    with Session(engine) as session:
        site = site_of(session, Settings(), regimes, lambda _: None)  # type: ignore[arg-type,return-value] # no page is made.
        assert make_url(site.url).password == "p@ss/word"
        with Session(site.engine) as again:
            assert again.scalar(text("SELECT 1")) == 1


def test_the_role_of_the_platform_owns_nothing_and_may_only_read_and_write_rows(engine: Engine) -> None:
    with engine.connect() as connection:
        owned = connection.execute(
            text("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user")
        )
        assert owned.scalar() == 0
        granted = connection.execute(
            text(
                "SELECT DISTINCT privilege_type FROM information_schema.role_table_grants"
                " WHERE grantee = current_user"
            )
        )
        assert set(granted.scalars()) == {"SELECT", "INSERT", "UPDATE", "DELETE"}
        for statement in ("CREATE TABLE mine (id int)", "UPDATE alembic_version SET version_num = '0'"):
            with pytest.raises(DBAPIError), connection.begin_nested():
                connection.exec_driver_sql(statement)


def test_a_new_database_is_migrated_by_its_owner_and_refused_without_one(home: Path, empty: str) -> None:
    with pytest.raises(NeedsOwner, match="PORTAL_OWNER_DATABASE_URL"):
        upgrade(empty)
    upgrade(empty, owner=postgresql.owner_of(empty))
    upgrade(empty)
    with Session(make_engine(empty)) as session:
        assert guards.missing(session) == []
        assert session.scalars(select(Jurisdiction)).all() == []


@pytest.mark.parametrize("role", [postgresql.OWNER, "postgres"])
def test_a_role_that_could_step_over_the_fences_is_refused(home: Path, role: str) -> None:
    url = make_url(database_of(home)).set(username=role).render_as_string(hide_password=False)
    with pytest.raises(NeedsOwner, match="权限过大"):
        upgrade(url, owner=url)


@pytest.fixture
def empty(tmp_path: Path) -> str:
    """A database without any table."""
    return postgresql.empty_database(tmp_path / "empty")


@pytest.fixture
def portal() -> Callable[..., str]:
    def run(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(main, list(words), catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result.output

    return run


def test_init_migrates_and_grants(
    home: Path, empty: str, portal: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_DATABASE_URL", empty)
    monkeypatch.delenv("PORTAL_OWNER_DATABASE_URL")
    assert "PORTAL_OWNER_DATABASE_URL" in portal("init", code=1)
    monkeypatch.setenv("PORTAL_OWNER_DATABASE_URL", postgresql.owner_of(empty))
    assert "平台实例已就绪" in portal("init")
    monkeypatch.delenv("PORTAL_OWNER_DATABASE_URL")  # Afterwards no command needs it.
    portal("sync")
    assert not (home / "portal.db").exists()


def test_guards_are_put_back_by_the_owner_alone(
    home: Path, portal: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    portal("init")
    with Session(make_engine(postgresql.owner_of(database_of(home)))) as session:
        session.execute(text("ALTER TABLE draft NO FORCE ROW LEVEL SECURITY"))
        session.commit()
    assert "draft_rows" in portal("sync", code=1)
    with monkeypatch.context() as without:
        without.delenv("PORTAL_OWNER_DATABASE_URL")
        assert "PORTAL_OWNER_DATABASE_URL" in portal("init", "--restore-guards", code=1)
    assert "补上触发器 1 个：draft_rows" in portal("init", "--restore-guards")
    portal("sync")


def test_a_server_that_is_not_there_is_told(
    home: Path, portal: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PORTAL_DATABASE_URL", f"postgresql://nobody@/none?host={tmp_path}")
    assert "无法连接 PostgreSQL" in portal("sync", code=1)
