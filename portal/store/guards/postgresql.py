"""The guards as PostgreSQL's triggers, and the fences between units.

The triggers are made from SQLite's: the same names, conditions and words, in the other dialect. So they cannot
drift apart. Each looks at every unit's rows, whoever asks, and finds tables by their names in `public` alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Connection, text

from portal.store.guards import sqlite
from portal.store.guards.fences import ACTS_FOR, POLICIES
from portal.store.tenancy import SETTING, SYSTEM

_TOMORROW = "(now() AT TIME ZONE 'UTC' + interval '1 day')"
_DIALECT = (
    (r"datetime\('now', '\+1 day'\)", _TOMORROW),
    (r"datetime\((NEW\.\w+)\) IS NULL", r"\1 IS NULL"),
    (r"(SELECT MAX\(published_at\) [^)]+\)), ''", r"\1, '-infinity'"),
    (r"IS NOT (OLD\.)", r"IS DISTINCT FROM \1"),
    (r"IS (OLD\.)", r"IS NOT DISTINCT FROM \1"),
)
_SHAPE = re.compile(
    r"CREATE TRIGGER (?P<name>\w+) BEFORE (?P<event>\w+) ON (?P<table>\w+)\s+(?:WHEN (?P<when>.+?)\s+)?"
    r"BEGIN SELECT RAISE\(ABORT, '(?P<told>[^']+)'\);\s*END;",
    re.DOTALL,
)
_ROW, _BEFORE = 1, 2  # As `pg_trigger.tgtype` counts them.
_EVENTS = {"INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}
_CONFIG = (
    "search_path=public, pg_temp",
)  # Where a function looks for names: a temporary table cannot stand in.


@dataclass(frozen=True)
class Trigger:
    """One trigger and the function that it calls."""

    name: str
    event: str
    table: str
    body: str

    @property
    def kind(self) -> int:
        """How PostgreSQL's catalogue writes down when it fires."""
        return _BEFORE | _EVENTS[self.event] | (0 if self.event == "TRUNCATE" else _ROW)

    def statements(self) -> tuple[str, ...]:
        """Return what makes it, in place of what bears its name."""
        each = "STATEMENT" if self.event == "TRUNCATE" else "ROW"
        return (
            f"DROP TRIGGER IF EXISTS {self.name} ON {self.table}",
            f"DROP FUNCTION IF EXISTS guard_{self.name}() CASCADE",
            (
                f"CREATE FUNCTION guard_{self.name}() RETURNS trigger LANGUAGE plpgsql "
                f"SET search_path TO public, pg_temp AS $guard${self.body}$guard$"
            ),
            (
                f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table} "
                f"FOR EACH {each} EXECUTE FUNCTION guard_{self.name}()"
            ),
        )


def _refuse(told: str, when: str | None, *, row: str) -> str:
    # The code of a broken constraint: programs meet the same error as on SQLite.
    refusal = f"RAISE EXCEPTION USING MESSAGE = '{told}', ERRCODE = 'check_violation';"
    if when is None:
        return f"BEGIN {refusal} END"
    if "SELECT" not in when:
        return f"BEGIN IF {when} THEN {refusal} END IF; RETURN {row}; END"
    # A collision with another unit's row is one all the same. Where it is raised, the setting goes with the statement.
    return (
        f"DECLARE who text := current_setting('{SETTING}', true); broken boolean;"
        f" BEGIN PERFORM set_config('{SETTING}', '{SYSTEM}', true); broken := {when};"
        f" PERFORM set_config('{SETTING}', COALESCE(who, ''), true);"
        f" IF broken THEN {refusal} END IF; RETURN {row}; END"
    )


def _twin(statement: str) -> Trigger:
    found = _SHAPE.fullmatch(statement)
    assert found is not None, statement  # noqa: S101 - the guards all have this shape; a test makes each.
    when = found["when"]
    for pattern, own in _DIALECT:
        when = re.sub(pattern, own, when) if when else when
    body = _refuse(found["told"], when, row="OLD" if found["event"] == "DELETE" else "NEW")
    return Trigger(found["name"], found["event"], found["table"], body)


def _never_emptied(table: str) -> Trigger:
    return Trigger(f"{table}_no_truncate", "TRUNCATE", table, _refuse("数据表不能整体清空", None, row="NULL"))


_ACTS = (
    f"DECLARE who text := current_setting('{SETTING}', true); found boolean;"  # noqa: S608 - our own names.
    f" BEGIN PERFORM set_config('{SETTING}', '{SYSTEM}', true);"
    " SELECT account.unit_id IS NULL OR account.unit_id = its_unit INTO found FROM account WHERE account.id = actor;"
    f" PERFORM set_config('{SETTING}', COALESCE(who, ''), true); RETURN COALESCE(found, false); END"
)

TRIGGERS = {name: _twin(statement) for name, statement in sqlite.STATEMENTS.items()}
_EMPTYING = {one.name: one for one in map(_never_emptied, POLICIES)}
_FENCED = {f"{table}_rows": table for table in POLICIES}
FENCES = (ACTS_FOR, *_EMPTYING, *_FENCED)  # What only PostgreSQL has.


def missing(connection: Connection) -> list[str]:
    """Return the guards that the database has lost or that were rewritten, switched off or widened."""
    found = _triggers(connection)
    wanted = {**TRIGGERS, **_EMPTYING}
    lost = [name for name, one in wanted.items() if found.get(name) != (one.table, one.kind, one.body)]
    fences = _fences(connection)
    lost += [name for name, table in _FENCED.items() if fences.get(table) != _wanted(table)]
    return lost if _bodies(connection) == [_ACTS] else [ACTS_FOR, *lost]  # Policies rest upon it.


def put(connection: Connection, name: str) -> None:
    """Put one guard in its place, as the tables' owner; nothing where its table is yet to come."""
    if name == ACTS_FOR:
        connection.exec_driver_sql(
            f"CREATE OR REPLACE FUNCTION {name}(actor integer, its_unit integer) RETURNS boolean LANGUAGE plpgsql"
            f" SET search_path TO public, pg_temp AS $acts${_ACTS}$acts$"
        )
        return
    table = _FENCED.get(name)
    trigger = TRIGGERS.get(name) or _EMPTYING.get(name)
    if not _has(connection, trigger.table if trigger else str(table)):
        return
    statements = trigger.statements() if trigger else _fence(connection, str(table))
    for statement in statements:
        connection.exec_driver_sql(statement)


def trespassing(connection: Connection) -> bool:
    """Tell whether the role that is connected could step over the fences: it owns tables, or they do not bind it."""
    query = (
        "SELECT (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) OR EXISTS ("
        "SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')"
        " AND pg_has_role(current_user, relowner, 'MEMBER'))"
    )
    return bool(connection.exec_driver_sql(query).scalar())


def _has(connection: Connection, table: str) -> bool:
    return (
        connection.execute(text("SELECT to_regclass(:name)"), {"name": f"public.{table}"}).scalar()
        is not None
    )


def _bodies(connection: Connection) -> list[str]:
    """Return what the function that policies ask does; more than one answer is one too many."""
    query = text(
        "SELECT prosrc FROM pg_proc WHERE proname = :name AND pronamespace = 'public'::regnamespace"
        " AND proconfig @> CAST(:config AS text[])"
    )
    return list(connection.execute(query, {"name": ACTS_FOR, "config": list(_CONFIG)}).scalars())


def _triggers(connection: Connection) -> dict[str, tuple[str, int, str]]:
    rows = connection.execute(
        text(
            "SELECT t.tgname, c.relname, t.tgtype, p.prosrc FROM pg_trigger t"
            " JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
            " JOIN pg_language l ON l.oid = p.prolang"
            " WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')"
            " AND t.tgqual IS NULL AND cardinality(t.tgattr::int2[]) = 0 AND l.lanname = 'plpgsql'"
            " AND p.proconfig @> CAST(:config AS text[])"
        ),
        {"config": list(_CONFIG)},
    )
    return {row.tgname: (row.relname, row.tgtype, row.prosrc) for row in rows}


Fence = frozenset[tuple[str, ...]]


def _fences(connection: Connection) -> dict[str, Fence]:
    """Return the policies of every table that binds even its owner by them."""
    rows = connection.exec_driver_sql(
        "SELECT c.relname, p.policyname, p.permissive, p.roles::text AS roles, p.cmd, p.qual, p.with_check"
        " FROM pg_class c JOIN pg_policies p ON p.tablename = c.relname AND p.schemaname = 'public'"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity AND c.relforcerowsecurity"
    )
    found: dict[str, set[tuple[str, ...]]] = {}
    for row in rows:
        policy = (
            row.policyname,
            row.permissive,
            row.roles,
            row.cmd,
            _plain(row.qual),
            _plain(row.with_check),
        )
        found.setdefault(row.relname, set()).add(policy)
    return {table: frozenset(policies) for table, policies in found.items()}


def _wanted(table: str) -> Fence:
    return frozenset(
        (one.name, "PERMISSIVE", "{public}", one.command, _plain(one.sees), _plain(one.writes))
        for one in POLICIES[table]
    )


def _fence(connection: Connection, table: str) -> tuple[str, ...]:
    query = text("SELECT policyname FROM pg_policies WHERE schemaname = 'public' AND tablename = :name")
    standing = connection.execute(query, {"name": table}).scalars().all()
    return (
        *(f'DROP POLICY "{name}" ON {table}' for name in standing),
        *(one.sql(table) for one in POLICIES[table]),
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
    )


def _plain(expression: str | None) -> str:
    """Return an expression without what PostgreSQL adds to it when it prints it."""
    return re.sub(
        r"\s+|[()]|::text|AScurrent_setting", "", re.sub(r"AS current_setting", "", expression or "")
    )
