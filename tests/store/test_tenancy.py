"""One unit's session meets two units' rows: nothing foreign is seen, nothing foreign is written, by any way in."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from sqlalchemy import Table, create_engine, select, text
from sqlalchemy.exc import DBAPIError, InvalidRequestError, SAWarning
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError

from portal.domain.documents.base import Audience
from portal.services.desk.rooms import Room
from portal.store.db import begin_write, make_engine
from portal.store.guards.fences import POLICIES
from portal.store.tables import Account, Base, Draft, Record
from portal.store.tenancy import (
    CLOSED,
    SETTING,
    AnotherTenant,
    bind_county,
    bind_tenant,
    open_gate,
    tenant_of,
)
from tests import postgresql
from tests.conftest import ROOT
from tests.databases import new_database
from tests.store.paths import PATHS, Probe, texts_of
from tests.store.two_units import (
    COMMISSIONS,
    MODELS,
    OPEN,
    OWN_TABLES,
    PLANTED,
    TABLES,
    World,
    canary,
    make_world,
    reference,
)

pytestmark = pytest.mark.database
fenced = pytest.mark.skipif(not postgresql.WANTED, reason="row-level security is PostgreSQL's alone")

AT_THE_GATE = {
    "account",
    "account_role",
    "passkey",
    "recovery_code",
    "link_token",
    "login_session",
    "sign_in",
    "mail",
    "unit",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return new_database(tmp_path_factory.mktemp("two_units"))


@pytest.fixture(scope="module")
def world(address: str) -> Iterator[World]:
    engine = make_engine(address)
    made = make_world(engine)
    if postgresql.WANTED:  # What the planner knows of the rows is a way in too.
        owner = make_engine(postgresql.owner_of(address)).execution_options(isolation_level="AUTOCOMMIT")
        with owner.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
    yield made
    engine.dispose()


@pytest.fixture
def office(address: str, world: World) -> Iterator[Callable[[], Session]]:
    """Opens sessions as the office does: nobody's until they are bound."""
    engine = make_engine(address, closed=True)
    yield lambda: Session(engine)
    engine.dispose()


@pytest.fixture(scope="module")
def served(address: str, world: World) -> Iterator[Callable[[], Session]]:
    """Opens such sessions one after the other on one connection: a new one for each of thousands would take minutes."""
    engine = create_engine(address, execution_options=CLOSED, pool_size=1, max_overflow=0, pool_timeout=5)
    yield lambda: Session(engine)
    engine.dispose()


def everything(session: Session) -> dict[str, list[Any]]:
    return {table.name: list(session.execute(select(table))) for table in PLANTED}


def test_every_table_has_canaries_of_both_units_and_a_fence(world: World) -> None:
    assert {one.name for one in Base.metadata.sorted_tables} - OPEN == set(world.rows) - OPEN
    assert set(POLICIES) == set(Base.metadata.tables)
    with Session(world.engine) as session:
        told = repr(everything(session))
        for table in PLANTED:
            assert {world.own_row(table), world.foreign_row(table)} <= set(
                session.scalars(select(table.c.id))
            )
    missing = [one for one in texts_of(world, PLANTED) if one not in told]
    assert missing == []


def test_every_table_reaches_its_unit() -> None:
    """A table that neither bears a unit nor belongs to a row that does could not be fenced."""
    reached = {"unit"}
    for _ in TABLES:
        reached |= {
            table.name
            for table in TABLES
            if any(
                (key := reference(c)) is not None and key.column.table.name in reached for c in table.columns
            )
        }
    assert {one.name for one in TABLES} == reached


def try_on(session: Session, world: World, table: Table, way: Callable[[Probe], Any]) -> tuple[str, bool]:
    """Return what a way told, error texts included, and whether it went through."""
    try:
        return repr(way(Probe(session, world, table, MODELS[table.name]))), True
    except (DBAPIError, psycopg.Error, StaleDataError, InvalidRequestError, SAWarning) as refused:
        return str(getattr(refused, "orig", refused)), False


@fenced
@pytest.mark.parametrize("way", PATHS.values(), ids=list(PATHS))
def test_no_way_leads_to_another_units_rows(
    served: Callable[[], Session], world: World, way: Callable[[Probe], Any]
) -> None:
    foreign = texts_of(world, TABLES)
    with Session(world.engine) as everybody:
        before = world.belongings(everybody.connection())
    for table in TABLES:
        with served() as session:
            open_gate(session)
            list(session.scalars(select(Account)))
            bind_tenant(session, world.own)
            told, through = try_on(session, world, table, way)
            for text_ in foreign:
                assert text_ not in told, f"{table.name}: {told}"
            if through:
                session.connection().exec_driver_sql(f"SET LOCAL {SETTING} = 'all'")
                assert world.belongings(session.connection()) == before, table.name
    with Session(world.engine) as everybody:
        assert world.belongings(everybody.connection()) == before


@fenced
def test_the_probes_can_fail(address: str, world: World) -> None:
    """Without a tenant, on an open engine, most ways do lead there: they are real ones."""
    engine = create_engine(address, pool_size=1, max_overflow=0, pool_timeout=5)
    foreign, led = texts_of(world, TABLES), 0
    with Session(engine) as session:
        before = world.belongings(session.connection())
    for way in PATHS.values():
        for table in TABLES:
            with Session(engine) as session:
                try:
                    told, through = try_on(session, world, table, way)
                except AssertionError:
                    led += 1
                    break
                if any(one in told for one in foreign):
                    led += 1
                    break
                if through and world.belongings(session.connection()) != before:
                    led += 1
                    break
    engine.dispose()
    assert led >= 50, led


@fenced
def test_a_units_own_rows_are_seen_and_written(office: Callable[[], Session], world: World) -> None:
    with office() as session:
        bind_tenant(session, world.own)
        for table in TABLES:
            assert session.scalars(select(table.c.id)).all() == [world.own_row(table)], table.name
        for name in ("draft", "member", "attachment", "upload", "draft_copy", "mail", "account"):
            table = Base.metadata.tables[name]
            probe = Probe(session, world, table, MODELS[name])
            changed = session.execute(
                table.update().where(table.c.id == world.own_row(table)).values({probe.words.name: "改"})
            )
            assert changed.rowcount == 1, name


@fenced
def test_a_unit_sees_nothing_of_what_is_the_commissions(office: Callable[[], Session], world: World) -> None:
    with office() as session:
        bind_tenant(session, world.own)
        for table in OWN_TABLES:
            assert session.execute(select(table)).all() == [], table.name
            values = {c.name: None for c in table.columns if c.name != "id"}
            with pytest.raises(DBAPIError), session.begin_nested():
                session.execute(table.insert().values(**values))
            assert (
                session.execute(
                    table.update().values(unit_id=world.own) if "unit_id" in table.c else table.delete()
                ).rowcount
                == 0
            )  # type: ignore[attr-defined] # of a statement that changes rows.


@fenced
def test_what_a_unit_was_not_told_of_is_not_seen(office: Callable[[], Session], world: World) -> None:
    matter, letter = Base.metadata.tables["matter"], Base.metadata.tables["letter"]
    rectification, step = Base.metadata.tables["rectification"], Base.metadata.tables["supervision_step"]
    with Session(world.engine) as everybody:
        hidden = []
        for table, values in (
            (matter, {"told_at": None, "uid": "雀隐一", "round": 2}),
            (letter, {"issued_at": None, "uid": "雀隐二", "number": None}),
            (rectification, {"shared": False, "uid": "雀隐三"}),
            (step, {"shared": False}),
        ):
            row = everybody.execute(select(table).where(table.c.id == world.own_row(table))).mappings().one()
            made = table.insert().values(
                **{key: value for key, value in {**row, **values}.items() if key != "id"}
            )
            hidden.append((table, everybody.execute(made.returning(table.c.id)).scalar_one()))
        everybody.flush()
        with office() as session:
            bind_tenant(session, world.own)
            for table, number in hidden:
                assert number not in session.scalars(select(table.c.id)).all(), table.name
        everybody.rollback()


@fenced
def test_the_commission_sees_its_county_and_no_units_desk(
    office: Callable[[], Session], world: World
) -> None:
    jurisdiction = Base.metadata.tables["jurisdiction"]
    units_alone = {"draft", "draft_copy", "step", "upload", "attachment", "member"}
    with office() as session:
        rows = session.execute(select(jurisdiction.c.slug, jurisdiction.c.id))
        slugs = {row.slug: row.id for row in rows}
        bind_county(session, slugs["xiuzhou"])
        seen = everything(session)
        for name in COMMISSIONS | {
            "matter",
            "letter",
            "rectification",
            "supervision_step",
            "unit",
            "record",
            "version",
        }:
            assert len(seen[name]) == 2, name
        assert {name for name in units_alone if seen[name]} == set()
        with pytest.raises(AnotherTenant):
            bind_tenant(session, world.own)
    with office() as session:
        bind_county(session, slugs["erqi"])
        assert {name for name, rows in everything(session).items() if rows} == set()


@fenced
def test_the_commission_publishes_nothing_and_signs_in_for_nobody_of_a_unit(
    office: Callable[[], Session], world: World
) -> None:
    copies = {}
    with Session(world.engine) as everybody:
        unit = Base.metadata.tables["unit"]
        place = everybody.scalars(select(unit.c.jurisdiction_id).where(unit.c.id == world.own)).one()
        for name in ("version", "account_role", "passkey", "link_token", "login_session", "sign_in"):
            one = everybody.execute(select(Base.metadata.tables[name]).limit(1)).mappings().one()
            copies[name] = dict(one) | {"id": 990}
    copies["version"]["number"] = 2
    copies["account_role"]["role"] = "reviewer"
    for name, values in copies.items():
        table = Base.metadata.tables[name]
        with office() as session:
            bind_county(session, place)
            begin_write(session)
            with pytest.raises(DBAPIError, match="row-level security"):
                session.execute(table.insert().values(**values))
    with office() as session:
        bind_county(session, place)
        for name in ("passkey", "recovery_code", "link_token", "login_session"):
            assert session.execute(select(Base.metadata.tables[name])).all() == [], name
        assert (
            len(session.execute(select(Base.metadata.tables["sign_in"])).all()) == 2
        )  # The log tells of them.
        update = Base.metadata.tables["withdrawal"].update().values(reason="改写")
        assert session.connection().execute(update).rowcount == 0


@fenced
def test_a_session_of_nobody_sees_nothing_of_any_unit(office: Callable[[], Session], world: World) -> None:
    with office() as session:
        assert {name for name, rows in everything(session).items() if rows} == set()
        begin_write(session)
        assert {name for name, rows in everything(session).items() if rows} == set()
        for table in TABLES:
            values = {"id": 990, **{c.name: None for c in table.columns if c.name != "id"}}
            with pytest.raises(DBAPIError), session.begin_nested():
                session.execute(table.insert().values(**values))


@fenced
def test_a_connection_without_a_session_sees_nothing(world: World) -> None:
    with world.engine.connect() as connection:
        for table in TABLES:
            assert connection.execute(select(table)).all() == [], table.name


@fenced
def test_the_gate_shows_accounts_and_nothing_else(office: Callable[[], Session], world: World) -> None:
    with office() as session:
        open_gate(session)
        assert {name for name, rows in everything(session).items() if rows} == AT_THE_GATE
        assert len(session.scalars(select(Account)).all()) == 2
        bind_tenant(session, world.own)
        open_gate(session)  # Opens nothing any more.
        assert [one.unit_id for one in session.scalars(select(Account))] == [world.own]


@fenced
def test_what_was_seen_at_the_gate_is_read_anew(office: Callable[[], Session], world: World) -> None:
    accounts = Base.metadata.tables["account"]
    with office() as session:
        open_gate(session)
        theirs = session.get_one(Account, world.foreign_row(accounts))
        mine = session.get_one(Account, world.own_row(accounts))
        bind_tenant(session, world.own)
        assert mine.name == canary("甲", accounts, accounts.c.name)
        with pytest.raises(ObjectDeletedError):
            assert theirs.name
        assert session.get(Account, world.foreign_row(accounts)) is None


@fenced
def test_the_binding_outlives_savepoints_and_does_not_outlive_the_session(address: str, world: World) -> None:
    """One connection serves them all, as a pool's does."""
    engine = create_engine(address, execution_options=CLOSED, pool_size=1, max_overflow=0, pool_timeout=5)
    drafts = Base.metadata.tables["draft"]
    try:
        with Session(engine) as session:
            session.execute(select(drafts))
            nested = session.begin_nested()
            bind_tenant(session, world.own)
            assert len(session.execute(select(drafts)).all()) == 1
            nested.rollback()
            assert len(session.execute(select(drafts)).all()) == 1
            session.commit()
            assert len(session.execute(select(drafts)).all()) == 1
            session.execute(text(f"SET {SETTING} = 'all'"))  # For the whole connection, by hand.
            session.commit()
        with Session(engine) as another:
            assert another.execute(select(drafts)).all() == []
        with engine.connect() as bare:
            assert bare.execute(select(drafts)).all() == []
    finally:
        engine.dispose()


@fenced
def test_the_known_limit_sql_that_names_its_own_unit_is_believed(
    office: Callable[[], Session], world: World
) -> None:
    """The fences catch what was forgotten; they do not hold somebody who can run SQL of his own making."""
    with office() as session:
        bind_tenant(session, world.own)
        session.execute(text(f"SET LOCAL {SETTING} = '{world.foreign}'"))
        assert len(session.execute(select(Base.metadata.tables["draft"])).all()) == 1


def test_the_tenant_of_a_session_never_changes(world: World) -> None:
    with Session(world.engine) as session:
        assert tenant_of(session) is None
        bind_tenant(session, world.own)
        bind_tenant(session, world.own)
        with pytest.raises(AnotherTenant):
            bind_tenant(session, world.foreign)
        session.rollback()
        with pytest.raises(AnotherTenant):
            Room(session, world.foreign)
        assert tenant_of(session) == world.own


# -- the closed accessors, with either database -------------------------------

WRITERS = {"write_down"}  # They take rows, not addresses; what they write is the room's own.


def foreign_words(world: World, session: Session) -> dict[str, list[Any]]:
    """Return what a stranger may know of the other unit, by the parameter that takes it."""
    session.info.clear()
    rows = {
        table.name: session.execute(select(table).where(table.c.id == world.foreign_row(table)))
        .mappings()
        .one()
        for table in TABLES
    }
    session.expunge_all()
    numbers = [row["id"] for row in rows.values()]
    known = {
        "uid": [rows["draft"]["uid"], rows["upload"]["uid"]],
        "draft_uid": [rows["draft"]["uid"], rows["step"]["draft_uid"], rows["draft_copy"]["draft_uid"]],
        "number": numbers,
        "record_id": [rows["record"]["id"]],
        "version_id": [rows["version"]["id"]],
        "account_id": [rows["account"]["id"]],
        "kind": [rows["record"]["kind"]],
        "slug": [rows["record"]["slug"]],
        "digest": [rows["attachment"]["digest"], rows["version"]["digest"]],
        "key": [rows["mail"]["key"]],
        "on": [date(2026, 6, 1)],
        "audiences": [tuple(Audience)],
        "year": [2026],
        "withdrawn": [True],
        "gone_too": [True],
        "record": [session.get(Record, rows["record"]["id"])],
        "draft": [session.get(Draft, rows["draft"]["id"])],
        "limit": [100],
        "offset": [0],
    }
    session.expunge_all()
    session.rollback()
    return known


def accessors() -> list[str]:
    return [
        name
        for name, member in vars(Room).items()
        if not name.startswith("_") and name not in WRITERS and callable(member)
    ]


@pytest.mark.parametrize("name", accessors())
def test_a_rooms_accessor_does_not_find_what_is_foreign(world: World, name: str) -> None:
    accessor = getattr(Room, name)
    parameters = [one for one in inspect.signature(accessor).parameters.values() if one.name != "self"]
    with Session(world.engine) as session:
        known = foreign_words(world, session)
        room = Room(session, world.own)
        # What every optional parameter leaves out, and each foreign value of the others.
        unknown = [one.name for one in parameters if one.name not in known]
        assert unknown == [], f"say what is foreign for {unknown}"
        longest = max((len(known[one.name]) for one in parameters), default=1)
        for turn in range(longest):
            given = {one.name: known[one.name][turn % len(known[one.name])] for one in parameters}
            positional = dict(given)
            found = accessor(room, **positional)
            rows = found if isinstance(found, (list, tuple)) else [found]
            for row in rows:
                if row is not None and hasattr(row, "__mapper__"):
                    told = repr({c.key: getattr(row, c.key) for c in type(row).__mapper__.column_attrs})
                    leaked = [
                        one for one in texts_of(world, TABLES) if one in told and one not in given.values()
                    ]
                    assert leaked == [], f"{name}({given}): {told}"


@pytest.mark.parametrize(
    "name", ["draft", "copy", "record", "version", "upload", "attachment", "member", "account"]
)
def test_what_is_foreign_is_answered_like_what_does_not_exist(world: World, name: str) -> None:
    accessor = getattr(Room, name)
    parameters = [one for one in inspect.signature(accessor).parameters if one != "self"]
    with Session(world.engine) as session:
        known = foreign_words(world, session)
        own_number = world.own_row(Base.metadata.tables[{"copy": "draft_copy"}.get(name, name)])
        for turn in range(max(len(known[one]) for one in parameters)):
            given = {one: known[one][turn % len(known[one])] for one in parameters}
            if given.get("number") == own_number and "slug" not in given:
                continue  # The same number in another table; here it is one's own.
            assert accessor(Room(session, world.own), **given) is None, given


def test_the_rooms_own_rows_are_found(world: World) -> None:
    """The probes above would be worth nothing if nothing were ever found."""
    with Session(world.engine) as session:
        room = Room(session, world.own)
        assert [one.unit_id for one in room.drafts()] == [world.own]
        assert room.unit.id == world.own
        for rows in (room.records(), room.steps(), room.members(), room.accounts()):
            assert [one.unit_id for one in rows] == [world.own]


def test_the_office_reaches_rows_through_rooms_alone() -> None:
    found = []
    for file in sorted((ROOT / "portal" / "web" / "office").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [one.name for one in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [f"{node.module}.{one.name}" for one in node.names]
            found += [
                f"{file.relative_to(ROOT)}: {name}"
                for name in names
                if name.startswith(("sqlalchemy", "portal.store.tables"))
            ]
    assert found == []
