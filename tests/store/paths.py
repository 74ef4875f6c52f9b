"""The ways in which a program may try another unit's rows; each tells what it got to see.

`probe` has the session, bound to one unit, one table with its class, and the numbers of a row of its own and of
a foreign one. A way that is refused raises; what it does see or write is looked at by the tests.
"""

# ruff: noqa: S608 - statements put together by hand are what is tried here.
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    Table,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    inspect,
    literal,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import (
    Session,
    aliased,
    joinedload,
    make_transient_to_detached,
    selectinload,
    subqueryload,
)
from sqlalchemy.types import Integer

from portal.store.tables import Account
from tests.store.two_units import OPEN, World, canary, has_words, reference


@dataclass(frozen=True)
class Probe:
    """One try on one table."""

    session: Session
    world: World
    table: Table
    model: Any

    @property
    def own(self) -> int:
        """The number of a row of one's own."""
        return self.world.own_row(self.table)

    @property
    def foreign(self) -> int:
        """The number of another unit's row."""
        return self.world.foreign_row(self.table)

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    @property
    def words(self) -> Column[Any]:
        """A column with a canary in it."""
        return [one for one in self.table.columns if has_words(one)][-1]  # The first are addresses.

    def plain(self, rows: Any) -> Any:
        """Return rows as they are, objects as their columns."""
        return [self.seen(one) if hasattr(one, "__mapper__") else tuple(one) for one in rows]

    def seen(self, one: Any) -> Any:
        """Return what an object says."""
        if one is None:
            return None
        return {c.key: getattr(one, c.key) for c in inspect(type(one)).column_attrs}

    def stub(self) -> Any:
        """Return an object that claims to be the foreign row."""
        made = self.model(id=self.foreign)
        make_transient_to_detached(made)
        self.session.add(made)
        return made

    def row(self, **changed: Any) -> dict[str, Any]:
        """Return the values of a row like one's own."""
        found = self.session.execute(select(self.table).where(self.table.c.id == self.own)).mappings().one()
        return {name: value for name, value in found.items() if name != "id"} | changed

    def turned(self) -> dict[str, Any]:
        """Return each reference of the row, turned to the other unit's."""
        return {
            c.name: self.world.rows[key.column.table.name][self.world.foreign]
            for c in self.table.columns
            if (key := reference(c)) is not None and key.column.table.name not in OPEN
        }


PATHS: dict[str, Callable[[Probe], Any]] = {}


def path(made: Callable[[Probe], Any]) -> Callable[[Probe], Any]:
    PATHS[made.__name__] = made
    return made


# -- reading ------------------------------------------------------------------


@path
def orm_get(p: Probe) -> Any:
    return p.seen(p.session.get(p.model, p.foreign))


@path
def orm_select(p: Probe) -> Any:
    return p.plain(p.session.scalars(select(p.model)))


@path
def orm_select_by_number(p: Probe) -> Any:
    return p.plain(p.session.scalars(select(p.model).where(p.model.id == p.foreign)))


@path
def orm_query(p: Probe) -> Any:
    return p.plain(p.session.query(p.model).all())


def _relations(p: Probe) -> list[str]:
    return [one.key for one in inspect(p.model).relationships]


def _related(p: Probe, objects: list[Any]) -> Any:
    found = []
    for one in objects:
        for key in _relations(p):
            value = getattr(one, key)
            found += [p.seen(each) for each in (value if isinstance(value, list) else [value])]
    return found


@path
def relationship_of_what_is_seen(p: Probe) -> Any:
    return _related(p, list(p.session.scalars(select(p.model))))


@path
def relationship_of_a_stub(p: Probe) -> Any:
    return _related(p, [p.stub()])


@path
def joined_load(p: Probe) -> Any:
    options = [joinedload(getattr(p.model, key)) for key in _relations(p)]
    return _related(p, list(p.session.scalars(select(p.model).options(*options)).unique()))


@path
def selectin_load(p: Probe) -> Any:
    options = [selectinload(getattr(p.model, key)) for key in _relations(p)]
    return _related(p, list(p.session.scalars(select(p.model).options(*options))))


@path
def subquery_load(p: Probe) -> Any:
    options = [subqueryload(getattr(p.model, key)) for key in _relations(p)]
    return _related(p, list(p.session.scalars(select(p.model).options(*options))))


@path
def identity_map(p: Probe) -> Any:
    p.stub()
    return p.seen(p.session.get(p.model, p.foreign))


@path
def refresh(p: Probe) -> Any:
    made = p.stub()
    p.session.refresh(made)
    return p.seen(made)


@path
def expired_attributes(p: Probe) -> Any:
    made = p.stub()
    p.session.expire(made)
    return p.seen(made)


@path
def core_select(p: Probe) -> Any:
    return p.plain(p.session.execute(select(p.table)))


@path
def core_select_by_number(p: Probe) -> Any:
    return p.plain(p.session.execute(select(p.table).where(p.table.c.id == p.foreign)))


@path
def textual(p: Probe) -> Any:
    return p.plain(p.session.execute(text(f"SELECT * FROM {p.name}")))


@path
def whole_rows(p: Probe) -> Any:
    return p.plain(p.session.execute(text(f"SELECT {p.name}::text, to_jsonb({p.name}) FROM {p.name}")))


@path
def table_command(p: Probe) -> Any:
    return p.plain(p.session.execute(text(f"TABLE {p.name}")))


@path
def driver_sql(p: Probe) -> Any:
    return p.plain(p.session.connection().exec_driver_sql(f"SELECT * FROM {p.name}"))


@path
def raw_cursor(p: Probe) -> Any:
    with p.session.connection().connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {p.name}")
        return cursor.fetchall()


@path
def counting(p: Probe) -> Any:
    # Numbers, and one's own row is the only one.
    number, highest, all_words = p.session.execute(
        select(func.count(), func.max(p.table.c.id), func.string_agg(cast(p.words, p.words.type), ","))
    ).one()
    assert number == 1
    assert highest == p.own
    return all_words


@path
def grouping(p: Probe) -> Any:
    return p.plain(p.session.execute(select(p.words, func.count()).group_by(p.words)))


@path
def existence(p: Probe) -> Any:
    assert p.session.scalar(select(exists().where(p.table.c.id == p.foreign))) is False
    there = exists().where(p.words.like("雀乙%"))
    assert p.session.scalar(select(there)) is False


@path
def self_join(p: Probe) -> Any:
    other = aliased(p.table)
    joined = select(p.table, other).join(other, literal(True))
    return p.plain(p.session.execute(joined))


@path
def join_with_the_open_register(p: Probe) -> Any:
    counties = text(f"SELECT {p.name}.* FROM jurisdiction LEFT JOIN {p.name} ON true")
    return p.plain(p.session.execute(counties))


@path
def union(p: Probe) -> Any:
    return p.plain(
        p.session.execute(
            union_all(select(p.table), select(p.table).where(p.table.c.id == p.foreign)),
        )
    )


@path
def common_table(p: Probe) -> Any:
    all_rows = select(p.table).cte("everything")
    return p.plain(p.session.execute(select(all_rows)))


@path
def recursive_table(p: Probe) -> Any:
    return p.plain(
        p.session.execute(
            text(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
                f" SELECT (SELECT max({p.words.name}) FROM {p.name} WHERE id = i) FROM n"
            )
        )
    )


@path
def scalar_subquery(p: Probe) -> Any:
    one = select(p.words).where(p.table.c.id == p.foreign).scalar_subquery()
    return p.session.scalar(select(one))


@path
def lateral(p: Probe) -> Any:
    query = f"SELECT x.* FROM (VALUES ({p.foreign})) v(i), LATERAL (SELECT * FROM {p.name} WHERE id = v.i) x"
    return p.plain(p.session.execute(text(query)))


@path
def window(p: Probe) -> Any:
    seen = func.string_agg(p.words, literal("|")).over()
    return p.plain(p.session.execute(select(seen, func.lag(p.words).over(order_by=p.table.c.id))))


@path
def sample_of_the_table(p: Probe) -> Any:
    return p.plain(p.session.execute(text(f"SELECT * FROM {p.name} TABLESAMPLE SYSTEM (100)")))


@path
def locking(p: Probe) -> Any:
    return p.plain(p.session.execute(select(p.table).with_for_update()))


@path
def locking_the_table(p: Probe) -> Any:
    p.session.execute(text(f"LOCK TABLE {p.name} IN ROW SHARE MODE"))
    return p.plain(p.session.execute(select(p.table)))


@path
def copy_out(p: Probe) -> Any:
    with (
        p.session.connection().connection.cursor() as cursor,
        cursor.copy(f"COPY {p.name} TO STDOUT") as copy,
    ):
        return [bytes(one).decode() for one in copy]


@path
def copy_out_of_a_query(p: Probe) -> Any:
    query = f"COPY (SELECT * FROM {p.name} WHERE id = {p.foreign}) TO STDOUT"
    with p.session.connection().connection.cursor() as cursor, cursor.copy(query) as copy:
        return [bytes(one).decode() for one in copy]


@path
def declared_cursor(p: Probe) -> Any:
    p.session.execute(text(f"DECLARE c CURSOR FOR SELECT * FROM {p.name}"))
    return p.plain(p.session.execute(text("FETCH ALL FROM c")))


@path
def streaming(p: Probe) -> Any:
    return p.plain(p.session.execute(select(p.table), execution_options={"yield_per": 1}))


@path
def guessing_numbers(p: Probe) -> Any:
    found = [p.session.get(p.model, number) for number in range(1, 60)]
    return [p.seen(one) for one in found if one is not None]


@path
def errors_that_quote_values(p: Probe) -> Any:
    return p.plain(p.session.execute(select(p.table.c.id).where(cast(p.words, Integer) == 1)))


@path
def division_as_a_signal(p: Probe) -> Any:
    divisor = case((p.words.like("雀乙%"), 0), else_=1)
    return p.plain(p.session.execute(select(literal(1) / divisor).where(p.table.c.id == p.foreign)))


@path
def a_view_of_ones_own(p: Probe) -> Any:
    p.session.execute(text(f"CREATE TEMP VIEW peep AS SELECT * FROM {p.name}"))
    return p.plain(p.session.execute(text("SELECT * FROM peep")))


@path
def a_function_of_ones_own(p: Probe) -> Any:
    p.session.execute(
        text(
            f"CREATE FUNCTION pg_temp.peep() RETURNS SETOF {p.name} LANGUAGE sql SECURITY DEFINER"
            f" AS 'SELECT * FROM public.{p.name}'"
        )
    )
    return p.plain(p.session.execute(text("SELECT * FROM pg_temp.peep()")))


@path
def dynamic_sql(p: Probe) -> Any:
    p.session.execute(
        text(
            f"DO $$ DECLARE found text; BEGIN EXECUTE 'SELECT string_agg({p.words.name}, '','') FROM {p.name}'"
            " INTO found; PERFORM set_config('peep.found', coalesce(found, ''), true); END $$"
        )
    )
    return p.session.scalar(text("SELECT current_setting('peep.found')"))


@path
def prepared_statement(p: Probe) -> Any:
    p.session.execute(text(f"PREPARE peep_{p.name} AS SELECT * FROM {p.name}"))
    try:
        return p.plain(p.session.execute(text(f"EXECUTE peep_{p.name}")))
    finally:
        p.session.execute(text(f"DEALLOCATE peep_{p.name}"))


@path
def statistics(p: Probe) -> Any:
    columns = "most_common_vals::text, histogram_bounds::text"
    return p.plain(p.session.execute(text(f"SELECT {columns} FROM pg_stats WHERE tablename = '{p.name}'")))


@path
def the_catalogue_itself(p: Probe) -> Any:
    return p.plain(p.session.execute(text("SELECT stavalues1::text FROM pg_statistic")))


@path
def security_switched_off(p: Probe) -> Any:
    p.session.execute(text("SET LOCAL row_security = off"))
    return p.plain(p.session.execute(text(f"SELECT * FROM {p.name}")))


@path
def after_a_savepoint(p: Probe) -> Any:
    nested = p.session.begin_nested()
    p.session.execute(select(p.table))
    nested.rollback()
    return p.plain(p.session.execute(select(p.table)))


@path
def in_the_next_transaction(p: Probe) -> Any:
    p.session.rollback()
    first = p.plain(p.session.execute(select(p.table)))
    p.session.commit()
    return first + p.plain(p.session.execute(select(p.table)))


@path
def accounts_seen_at_the_gate(p: Probe) -> Any:
    """What was loaded before the session was bound does not stay in sight."""
    return [p.seen(one) for one in p.session.identity_map.values() if isinstance(one, Account)]


# -- writing ------------------------------------------------------------------


def _other(p: Probe, value: str = "改") -> dict[str, Any]:
    return {p.words.name: value}


def _wild(p: Probe) -> dict[str, Any]:
    """Return values for a row that is the other unit's in every reference."""
    return p.row(**p.turned(), **_other(p))


@path
def core_insert(p: Probe) -> Any:
    p.session.execute(insert(p.table).values(**_wild(p)))


@path
def orm_insert(p: Probe) -> Any:
    p.session.add(p.model(**_wild(p)))
    p.session.flush()


@path
def insert_of_a_guessed_number(p: Probe) -> Any:
    p.session.execute(insert(p.table).values(id=p.foreign, **p.row(**_other(p))))


@path
def insert_with_one_foreign_reference(p: Probe) -> Any:
    """Each reference alone, the others being one's own."""
    accepted = []
    for name, number in p.turned().items():
        nested = p.session.begin_nested()
        fresh = {c.name: f"新{name}"[:20] for c in p.table.columns if c.unique}
        try:
            p.session.execute(insert(p.table).values(**p.row(**{name: number}, **fresh)))
        except Exception:  # noqa: BLE001, PERF203, RUF100 - refused, by whatever it was.
            nested.rollback()
        else:
            accepted.append(name)
    assert accepted == [], f"{p.name} takes a foreign {accepted}"


@path
def move_by_each_reference(p: Probe) -> Any:
    accepted = []
    for name, number in p.turned().items():
        nested = p.session.begin_nested()
        try:
            changed = p.session.execute(
                update(p.table).where(p.table.c.id == p.own).values({name: number})
            ).rowcount
        except Exception:  # noqa: BLE001, PERF203, RUF100 - likewise.
            nested.rollback()
        else:
            accepted += [name] * changed
    assert accepted == [], f"{p.name} moves by {accepted}"


@path
def orm_move(p: Probe) -> Any:
    mine = p.session.get_one(p.model, p.own)
    for name, number in p.turned().items():
        setattr(mine, name, number)
    p.session.flush()


@path
def core_update(p: Probe) -> Any:
    assert p.session.execute(update(p.table).where(p.table.c.id == p.foreign).values(_other(p))).rowcount == 0


@path
def core_update_of_everything(p: Probe) -> Any:
    p.session.execute(update(p.table).values({p.words.name: p.words}))


@path
def orm_update(p: Probe) -> Any:
    p.session.execute(update(p.model).where(p.model.id == p.foreign).values(_other(p)))


@path
def orm_bulk_update(p: Probe) -> Any:
    p.session.execute(update(p.model), [{"id": p.foreign, **_other(p)}])


@path
def bulk_update_mappings(p: Probe) -> Any:
    p.session.bulk_update_mappings(inspect(p.model), [{"id": p.foreign, **_other(p)}])


@path
def executemany_update(p: Probe) -> Any:
    statement = update(p.table).where(p.table.c.id == bindparam("which")).values(_other(p))
    p.session.connection().execute(statement, [{"which": p.foreign}, {"which": p.foreign}])


@path
def query_update(p: Probe) -> Any:
    p.session.query(p.model).filter(p.model.id == p.foreign).update(_other(p))


@path
def stub_update(p: Probe) -> Any:
    made = p.stub()
    setattr(made, p.words.name, "改")
    p.session.flush()


@path
def merge_of_a_stub(p: Probe) -> Any:
    return p.seen(p.session.merge(p.model(id=p.foreign, **_other(p)))) and p.session.flush()


@path
def textual_update(p: Probe) -> Any:
    p.session.execute(text(f"UPDATE {p.name} SET {p.words.name} = '改' WHERE id = {p.foreign}"))


@path
def update_with_a_subquery(p: Probe) -> Any:
    taken = select(p.words).where(p.table.c.id == p.foreign).scalar_subquery()
    returned = (
        update(p.table)
        .where(p.table.c.id == p.own)
        .values({p.words.name: func.coalesce(taken, p.words)})
        .returning(p.table)
    )
    return p.plain(p.session.execute(returned))


@path
def update_from_a_join(p: Probe) -> Any:
    name = p.words.name
    statement = (
        f"UPDATE {p.name} SET {name} = o.{name} FROM {p.name} o WHERE o.id = {p.foreign} RETURNING o.*"
    )
    return p.plain(p.session.execute(text(statement)))


@path
def update_returning(p: Probe) -> Any:
    return p.plain(
        p.session.execute(
            update(p.table).where(p.table.c.id == p.foreign).values(_other(p)).returning(p.table)
        )
    )


@path
def core_delete(p: Probe) -> Any:
    assert p.session.execute(delete(p.table).where(p.table.c.id == p.foreign)).rowcount == 0


@path
def delete_of_everything(p: Probe) -> Any:
    p.session.execute(delete(p.table))


@path
def delete_returning(p: Probe) -> Any:
    return p.plain(p.session.execute(delete(p.table).where(p.table.c.id == p.foreign).returning(p.table)))


@path
def orm_delete(p: Probe) -> Any:
    p.session.delete(p.stub())
    p.session.flush()


@path
def query_delete(p: Probe) -> Any:
    p.session.query(p.model).filter(p.model.id == p.foreign).delete()


@path
def upsert(p: Probe) -> Any:
    statement = postgresql.insert(p.table).values(id=p.foreign, **p.row())
    changed = statement.on_conflict_do_update(index_elements=["id"], set_=_other(p)).returning(p.table)
    return p.plain(p.session.execute(changed))


@path
def upsert_that_does_nothing(p: Probe) -> Any:
    statement = postgresql.insert(p.table).values(id=p.foreign, **p.row()).on_conflict_do_nothing()
    return p.plain(p.session.execute(statement.returning(p.table)))


@path
def insert_of_a_selection(p: Probe) -> Any:
    names = [c.name for c in p.table.columns if c.name != "id"]
    chosen = select(*(p.table.c[name] for name in names)).where(p.table.c.id == p.foreign)
    statement = insert(p.table).from_select(names, chosen).returning(p.table)
    return p.plain(p.session.execute(statement))


@path
def sql_merge(p: Probe) -> Any:
    name = p.words.name
    p.session.execute(
        text(
            f"MERGE INTO {p.name} t USING (VALUES ({p.foreign})) v(i) ON t.id = v.i"
            f" WHEN MATCHED THEN UPDATE SET {name} = '改'"
        )
    )


@path
def copy_in(p: Probe) -> Any:
    names = ", ".join(c.name for c in p.table.columns if c.name != "id")
    with (
        p.session.connection().connection.cursor() as cursor,
        cursor.copy(f"COPY {p.name} ({names}) FROM STDIN") as copy,
    ):
        copy.write_row(tuple(_wild(p).values()))
    raise AssertionError("rows came in beside the policies")


def _refused(p: Probe, statement: str) -> Any:
    p.session.execute(text(statement))
    raise AssertionError(f"allowed: {statement}")


@path
def truncate(p: Probe) -> Any:
    return _refused(p, f"TRUNCATE {p.name} CASCADE")


@path
def dropping_the_policy(p: Probe) -> Any:
    return _refused(p, f"DROP POLICY tenant ON {p.name}")


@path
def adding_a_policy(p: Probe) -> Any:
    return _refused(p, f"CREATE POLICY wide ON {p.name} USING (true)")


@path
def disabling_security(p: Probe) -> Any:
    return _refused(p, f"ALTER TABLE {p.name} DISABLE ROW LEVEL SECURITY")


@path
def disabling_triggers(p: Probe) -> Any:
    return _refused(p, f"ALTER TABLE {p.name} DISABLE TRIGGER ALL")


@path
def becoming_the_owner(p: Probe) -> Any:
    return _refused(p, "SET LOCAL ROLE portal_owner")


@path
def playing_a_replica(p: Probe) -> Any:
    return _refused(p, "SET LOCAL session_replication_role = replica")


@path
def standing_in_for_a_table(p: Probe) -> Any:
    """A temporary table of a guarded name does not blind the guards: they look in `public` alone."""
    p.session.execute(text("CREATE TEMP TABLE version (LIKE public.version) ON COMMIT DROP"))
    return _refused(p, "DELETE FROM public.record")


def texts_of(world: World, tables: list[Table]) -> list[str]:
    """Return every canary of the other unit."""
    return [canary("乙", table, column) for table in tables for column in table.columns if has_words(column)]
