"""Two units, each with a row that bears a canary in every table: what one may never see or touch of the other.

The tables and columns come from the metadata: a new table has its canary the day it is written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, Connection, Engine, ForeignKey, Table
from sqlalchemy.orm import Session

from portal.services import rosters
from portal.store.tables import Base, Instant
from tests.conftest import NOON, shipped

OPEN = {"jurisdiction", "regime_change"}  # Everybody's to know; every other table has rows of units.
# The commission's own: no unit sees any row of them, not even those about itself.
COMMISSIONS = {
    "assessment",
    "audit",
    "board_cell",
    "board_conduct",
    "board_finding",
    "board_unit",
    "bulletin",
    "inspection",
    "inspection_item",
    "outcome",
    "own_record",
    "relation_filing",
    "relation_mark",
    "warning",
}
PLANTED = [one for one in Base.metadata.sorted_tables if one.name not in OPEN]
# What guards want before others, where no foreign key says so.
PLANTED.sort(key=lambda one: one.name == "destruction")
TABLES = [one for one in PLANTED if one.name not in COMMISSIONS]
OWN_TABLES = [one for one in PLANTED if one.name in COMMISSIONS]
MODELS = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}
_LATE = ("valid_until", "until", "new_due", "expires_at")
_NEEDED = {"version.payload", "version.salt", "matter.told_at", "letter.issued_at"}


def reference(column: Column[Any]) -> ForeignKey | None:
    """Return what a column points to."""
    return next(iter(column.foreign_keys), None)


def python_type(column: Column[Any]) -> type:
    """Return what a column holds, seen from Python."""
    return datetime if isinstance(column.type, Instant) else column.type.python_type


def has_words(column: Column[Any]) -> bool:
    """Tell whether a column bears a canary."""
    free = column.name != "draft_uid" and not column.foreign_keys and not column.nullable
    return free and python_type(column) is str


def canary(unit: str, table: Table, column: Column[Any]) -> str:
    """Return a text that stands nowhere else."""
    length = getattr(column.type, "length", None) or 100
    return f"雀{unit}{table.name[:6]}{column.name[:6]}"[: length - 1] + "啾"


@dataclass
class World:
    """Two units of one county and the numbers of their rows by table."""

    engine: Engine
    own: int
    foreign: int
    rows: dict[str, dict[int, int]] = field(default_factory=dict)

    def own_row(self, table: Table) -> int:
        """Return the number of the own unit's row."""
        return self.rows[table.name][self.own]

    def foreign_row(self, table: Table) -> int:
        """Return the number of the other's."""
        return self.rows[table.name][self.foreign]

    def belongings(self, connection: Connection) -> dict[str, list[Any]]:
        """Return every row that is the other unit's or points to something of its. On PostgreSQL, in one question."""
        found: dict[str, list[Any]] = {}
        rows = dict(list(connection.exec_driver_sql(_ALL_ROWS)))
        for table in PLANTED:
            keys = [
                (column.name, self.rows[key.column.table.name][self.foreign])
                for column in table.columns
                if (key := reference(column)) is not None and key.column.table.name not in OPEN
            ]
            found[table.name] = [
                row
                for row in rows[table.name] or ()
                if row["id"] == self.foreign_row(table) or any(row[name] == theirs for name, theirs in keys)
            ]
        return found


_ALL_ROWS = " UNION ALL ".join(
    f"SELECT '{one.name}', (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.id) FROM {one.name} t)"  # noqa: S608 - our tables.
    for one in PLANTED
)


def make_world(engine: Engine) -> World:
    """Plant the two units' rows as the commission's commands would: with everything in sight."""
    with Session(engine) as session:
        rosters.init_jurisdictions(session, shipped().values(), now=NOON)
        county = rosters.find_jurisdiction(session, "xiuzhou")
        county_id = county.id
        session.flush()
        world = World(engine, 0, 0)
        numbers: dict[str, int] = {}
        for unit in "甲乙":
            planted: dict[str, int] = {"jurisdiction": county_id}
            for table in PLANTED:
                values = {c.name: _value(unit, table, c, planted) for c in table.columns if c.name != "id"}
                planted[table.name] = session.execute(
                    table.insert().values(**values).returning(table.c.id)
                ).scalar_one()
            numbers[unit] = planted["unit"]
            for name, number in planted.items():
                world.rows.setdefault(name, {})[planted["unit"]] = number
        session.commit()
    world.own, world.foreign = numbers["甲"], numbers["乙"]
    return world


def _value(unit: str, table: Table, column: Column[Any], planted: dict[str, int]) -> Any:
    name = f"{table.name}.{column.name}"
    if (key := reference(column)) is not None:
        return planted[key.column.table.name]
    if column.name == "draft_uid":  # An address, not a number: no foreign key says so.
        drafts = Base.metadata.tables["draft"]
        return canary(unit, drafts, drafts.c.uid)
    if column.nullable and name not in _NEEDED:
        return None
    kind = python_type(column)
    if kind is bool:
        return True
    if kind is int:
        return 1
    if kind is bytes:
        return canary(unit, table, column).encode()
    if kind is date:
        return date(2026, 12, 31) if column.name in _LATE else date(2026, 1, 1)
    if kind is datetime:
        return datetime(2026, 10 if column.name in _LATE else 1, 2, tzinfo=UTC)
    return canary(unit, table, column)
