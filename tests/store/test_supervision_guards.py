"""What the commission did stays as it was done, whoever writes statements by hand: on both databases, in the same words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.store.db import make_engine
from tests.databases import new_database, replacing
from tests.store.two_units import make_world

pytestmark = pytest.mark.database


def once_more(table: str, columns: str) -> str:
    """Return what enters the rows again under new numbers: as `INSERT OR REPLACE` it would put them in place of the old."""
    return f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}"  # noqa: S608 - our own names.


ATTACKS = [
    *((replacing(one), "不能") for one in (
        "matter", "letter", "rectification", "relation_filing", "relation_mark", "supervision_step", "audit",
        "bulletin", "assessment", "outcome", "unit_event", "warning",
    )),
    ("DELETE FROM supervision_step", "办理步骤不能删除"),
    ("UPDATE audit SET words = '改写'", "操作日志不能修改"),
    ("UPDATE bulletin SET figures = '{}'", "已发的通报不能修改"),
    ("UPDATE letter SET body = '改写'", "不能修改"),
    ("UPDATE letter SET due = '2020-01-01'", "不能修改"),
    ("UPDATE matter SET told_at = NULL", "不能修改"),
    ("UPDATE warning SET state = 'calm'", "固定的预警状态不能修改"),
    ("DELETE FROM warning", "固定的预警状态不能删除"),
    (once_more("bulletin", "jurisdiction_id, period, number, figures, digest, words, issued_by, issued_at"), "通报不能覆盖"),
    (
        once_more(
            "assessment",
            "jurisdiction_id, unit_id, year, number, figures, suggestion, decision, words, decided_by, decided_at",
        ),
        "考核不能覆盖",
    ),
    ("UPDATE relation_filing SET uid = 'x'", "不能修改"),
    ("UPDATE relation_filing SET recorded_by = '别人'", "不能修改"),
    ("DELETE FROM relation_mark", "不能删除"),
    ("UPDATE relation_mark SET mark = 'x'", "不能修改"),
]  # fmt: skip


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = make_engine(new_database(tmp_path_factory.mktemp("guards")))
    make_world(engine)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(("statement", "told"), ATTACKS, ids=[one for one, _ in ATTACKS])
def test_no_statement_bends_what_was_done(planted: Engine, statement: str, told: str) -> None:
    with Session(planted) as session, pytest.raises(DBAPIError, match=told):
        session.execute(text(statement))
