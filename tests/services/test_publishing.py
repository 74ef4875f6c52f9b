"""Publishing: versions, corrections, withdrawals, and what the database itself refuses."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.domain.canonical import canonical, read_publication
from portal.domain.documents.base import Audience, Document, Openness
from portal.domain.documents.regulation import Block, Regulation
from portal.services import publishing, rosters
from portal.services.checking import Book
from portal.store import guards, public
from portal.store.db import begin_write, empty_journal
from portal.store.tables import Draft, Jurisdiction, Outbox, Record, Unit, Version
from tests.conftest import shipped

Publish = Callable[..., Version]


@pytest.fixture
def publish(session: Session, unit: Unit, clock: Callable[[], datetime]) -> Publish:
    def run(document: Document, *, reason: str = "首次公开", owner: Unit | None = None) -> Version:
        draft = publishing.save_draft(
            session, unit=owner or unit, document=document, author="甲", now=clock()
        )
        version = publishing.publish(
            session, draft, book=Book(session, shipped()), reason=reason, actor="乙", now=clock()
        )
        session.commit()
        return version

    return run


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_publishing_writes_version_and_outbox_together_and_uses_up_the_draft(
    session: Session, publish: Publish, a_quarter: Any
) -> None:
    version = publish(a_quarter())

    assert (version.number, version.record.slug) == (1, "2026Q3")
    assert version.record.index_no == "330411001/2026-00001"
    assert count(session, Outbox) == 2  # The unit itself, and the version.
    assert count(session, Draft) == 0


def test_the_digest_covers_salt_head_and_content(publish: Publish, a_quarter: Any) -> None:
    version = publish(a_quarter())
    assert version.salt is not None
    assert version.payload is not None

    head, document = read_publication(version.payload)

    assert version.digest == hashlib.sha256(version.salt + version.payload).hexdigest()
    assert head["published_at"].endswith("Z")
    assert head["version"] == 1
    assert document.index_no == version.record.index_no
    assert canonical(json.loads(version.payload)) == version.payload


def test_nothing_is_visible_when_the_caller_rolls_back(
    session: Session, unit: Unit, a_quarter: Any, clock: Any
) -> None:
    draft = publishing.save_draft(session, unit=unit, document=a_quarter(), author="甲", now=clock())
    session.commit()
    publishing.publish(
        session, draft, book=Book(session, shipped()), reason="首次公开", actor="乙", now=clock()
    )
    session.rollback()

    assert count(session, Version) == count(session, Record) == 0
    assert count(session, Draft) == 1


def test_a_correction_is_the_next_version_and_the_old_one_stays(
    session: Session, unit: Unit, publish: Publish, a_quarter: Any
) -> None:
    first = publish(a_quarter())
    second = publish(a_quarter(spent=22_345_00), reason="漏记办公费 1 万元")

    assert second.record_id == first.record_id
    assert second.number == 2
    assert [one.number for one in public.public_versions(session, unit=unit.id)] == [1, 2]


def test_the_same_content_again_is_refused_as_unchanged(publish: Publish, a_quarter: Any) -> None:
    publish(a_quarter())
    with pytest.raises(publishing.Unchanged, match="完全相同"):
        publish(a_quarter(), reason="再发一次")


def test_index_numbers_count_up_and_a_used_one_is_refused_by_name(
    publish: Publish, session: Session, county: Jurisdiction, a_quarter: Any, clock: Any
) -> None:
    publish(a_quarter("2026Q2"))
    assert publish(a_quarter("2026Q3")).record.index_no == "330411001/2026-00002"
    other = rosters.put_unit(
        session, county, rosters.RosterLine(name="示例住建局", type="bureau"), now=clock()
    )

    with pytest.raises(publishing.NotPublishable, match="已被“示例财政局”的季度财务公开使用"):
        publish(a_quarter("2026Q1", index_no="330411001/2026-00002"), owner=other)


def test_nobody_takes_a_number_that_another_unit_would_be_given(
    publish: Publish, session: Session, county: Jurisdiction, a_quarter: Any, clock: Any
) -> None:
    line = rosters.RosterLine(name="示例住建局", type="bureau", code="330411002")
    other = rosters.put_unit(session, county, line, now=clock())
    for taken in ("330411002/2026-99999", "330411002/2026-zzzzz", "330411002/2026-00001"):
        with pytest.raises(publishing.NotPublishable, match="不是本单位的代码"):
            publish(a_quarter("2026Q1", index_no=taken))
    assert publish(a_quarter("2026Q1", index_no="330411001/2026-00007")).record.index_no.endswith("-00007")
    assert publish(a_quarter("2026Q2", index_no="K01-2026-3")).record.index_no == "K01-2026-3"
    for number in ("1", "2"):
        version = publish(a_quarter(f"2026Q{number}"), owner=other)
        assert version.record.index_no == f"330411002/2026-0000{number}"


def test_records_without_a_period_get_a_running_number_as_address(publish: Publish) -> None:
    body = (Block(text="第一条　内容。"),)
    first = publish(Regulation(title="甲办法", blocks=body, issued_on=date(2026, 1, 5)))
    second = publish(Regulation(title="../../乙办法", blocks=body, issued_on=date(2026, 2, 5)))

    assert (first.record.slug, second.record.slug) == ("2026-0001", "2026-0002")


def test_what_is_not_for_everybody_never_passes_the_public_accessor(
    session: Session, unit: Unit, publish: Publish, a_quarter: Any
) -> None:
    publish(a_quarter("2026Q1"))
    for number, audience in enumerate(
        (Audience.STAFF, Audience.LEADERSHIP_GROUP, Audience.COMMISSION), start=2
    ):
        publish(a_quarter(f"2026Q{number}", audience=audience, openness=Openness.PROACTIVE))

    assert [one.slug for one in public.public_versions(session, unit=unit.id)] == ["2026Q1"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"openness": Openness.WITHHELD}, "不能面向社会公开"),
        ({"openness": Openness.ON_REQUEST, "audience": Audience.STAFF}, "须填写依据"),
    ],
)
def test_openness_and_audience_must_agree(
    publish: Publish, a_quarter: Any, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(publishing.NotPublishable, match=words):
        publish(a_quarter(**fields))


def test_the_audience_of_something_published_is_not_narrowed_quietly(
    publish: Publish, a_quarter: Any
) -> None:
    publish(a_quarter())
    with pytest.raises(publishing.NotPublishable, match="请先依法撤回"):
        publish(a_quarter(audience=Audience.STAFF), reason="改为内部公开")


def test_a_publication_needs_a_reason(publish: Publish, a_quarter: Any) -> None:
    with pytest.raises(publishing.NotPublishable, match="发布原因不能为空"):
        publish(a_quarter(), reason="  ")


COPY = "record_id, number + {n}, audience, payload, salt, digest, reason, published_by, {at} FROM version"
ATTACKS = [
    ("DELETE FROM version", "不能删除，只能依法撤回"),
    ("UPDATE version SET reason = '改写'", "不能修改"),
    ("UPDATE version SET payload = x'00'", "不能修改"),
    ("UPDATE version SET payload = NULL, salt = NULL", "不能修改"),
    ("UPDATE version SET published_at = '2020-01-01 00:00:00'", "不能修改"),
    ("UPDATE OR REPLACE version SET id = id + 1", "不能修改"),
    (
        f"INSERT OR REPLACE INTO version SELECT 1, {COPY.format(n=1, at='published_at')} WHERE id = 2",
        "不能覆盖",
    ),
    (f"INSERT INTO version SELECT 90, {COPY.format(n=5, at='published_at')} WHERE id = 1", "须连续"),
    (f"INSERT INTO version SELECT 90, {COPY.format(n=1, at='published_at')} WHERE id = 2", "INSERTED"),
    (
        f"INSERT INTO version SELECT 90, {COPY.format(n=1, at=repr('2001-01-01 00:00:00'))} WHERE id = 2",
        "不得早于",
    ),
    (
        f"INSERT INTO version SELECT 90, {COPY.format(n=1, at=repr('9999-01-01 00:00:00'))} WHERE id = 2",
        "不得在将来",
    ),
    (f"INSERT INTO version SELECT 90, {COPY.format(n=1, at=repr('zzzz'))} WHERE id = 2", "不得在将来"),
    ("DELETE FROM withdrawal", "撤回记录不能删除"),
    ("UPDATE withdrawal SET reason = 'x'", "撤回记录不能修改"),
    ("INSERT OR REPLACE INTO withdrawal SELECT * FROM withdrawal", "撤回记录不能覆盖"),
    ("INSERT INTO destruction VALUES (1, 2, '甲', '乙', '2026-01-01')", "只有已撤回"),
    ("DELETE FROM record", "已公开的记录不能删除"),
    ("UPDATE record SET slug = 'x' WHERE id = 1", "不能修改"),
    ("UPDATE record SET index_no = 'x' WHERE id = 1", "不能修改"),
    ("UPDATE record SET natural_key = 'x' WHERE id = 1", "不能修改"),
    ("UPDATE record SET id = 77 WHERE id = 1", "不能修改"),
    ("INSERT OR REPLACE INTO record SELECT * FROM record WHERE id = 1", "记录或索引号已存在"),
    # A fresh row that takes a published row's place by colliding with it.
    ("UPDATE OR REPLACE record SET id = 1 WHERE id = 99", "不能修改"),
    (
        "UPDATE OR REPLACE record SET index_no = (SELECT index_no FROM record WHERE id = 1) WHERE id = 99",
        "不能修改",
    ),
    ("DELETE FROM unit", "单位不能删除"),
    ("UPDATE unit SET slug = 'x'", "不能修改"),
    ("UPDATE unit SET sample = 0, created_at = '1999-01-01'", "不能修改"),
    ("INSERT OR REPLACE INTO unit SELECT * FROM unit", "已存在"),
    ("UPDATE jurisdiction SET slug = 'x' WHERE id = 1", "不能修改"),
    ("DELETE FROM jurisdiction", "县区不能删除"),
    ("INSERT OR REPLACE INTO jurisdiction SELECT * FROM jurisdiction", "已存在"),
    ("DELETE FROM outbox", "变更记录不能删除"),
    ("UPDATE outbox SET event = 'x'", "只能由未同步"),
]


@pytest.mark.sqlite
@pytest.mark.parametrize(("statement", "told"), ATTACKS, ids=[statement for statement, _ in ATTACKS])
@pytest.mark.parametrize("pragmas", ["ON", "OFF"])
def test_the_database_itself_refuses_to_touch_what_is_published(
    session: Session,
    publish: Publish,
    a_quarter: Any,
    clock: Any,
    tmp_path: Path,
    statement: str,
    told: str,
    pragmas: str,
) -> None:
    """Another program on the same file, with or without our pragmas: each guard answers with its own words."""
    publish(a_quarter("2026Q2"))
    publish(a_quarter("2026Q3"))
    third = publish(a_quarter("2026Q1"))
    publishing.withdraw(session, third, legal_ground="甲", reason="乙", approver="丙", now=clock())
    session.commit()
    session.close()
    connection = sqlite3.connect(tmp_path / "portal.db", isolation_level=None)
    try:
        for pragma in ("foreign_keys", "recursive_triggers"):
            connection.execute(f"PRAGMA {pragma}={pragmas}")
            assert connection.execute(f"PRAGMA {pragma}").fetchone() == (1 if pragmas == "ON" else 0,)
        connection.execute(
            "INSERT INTO record VALUES (99, 4, 1, 'decision', '键', '1999-0001', '伪造', '1999-01-01')"
        )
        if told == "INSERTED":
            connection.execute(statement)  # The one honest insert: the guards do not refuse everything.
        else:
            with pytest.raises(sqlite3.IntegrityError, match=told):
                connection.execute(statement)
    finally:
        connection.close()


@pytest.mark.sqlite
def test_guards_that_were_dropped_or_rewritten_are_noticed_and_put_back(
    session: Session, tmp_path: Path
) -> None:
    assert guards.missing(session) == []
    session.rollback()
    connection = sqlite3.connect(tmp_path / "portal.db", isolation_level=None)
    connection.execute("DROP TRIGGER version_no_delete")
    connection.execute("DROP TRIGGER record_no_update")
    connection.execute("CREATE TRIGGER record_no_update BEFORE UPDATE ON record BEGIN SELECT 1; END")
    connection.close()
    assert guards.missing(session) == ["version_no_delete", "record_no_update"]
    session.rollback()
    begin_write(session)
    guards.restore(session)
    session.commit()
    assert guards.missing(session) == []


def test_a_withdrawal_leaves_a_tombstone_and_the_older_version_does_not_come_back(
    session: Session, unit: Unit, publish: Publish, a_quarter: Any, clock: Any
) -> None:
    publish(a_quarter())
    second = publish(a_quarter(spent=1_00), reason="更正")
    publishing.withdraw(
        session,
        second,
        legal_ground="政府信息公开条例第十五条",
        reason="涉及第三方",
        approver="示例财政局",
        now=clock(),
    )
    session.commit()

    versions = public.public_versions(session, unit=unit.id)
    assert [one.withdrawn_at is not None for one in versions] == [False, True]
    assert versions[1].payload is not None
    for statement in ("DELETE FROM withdrawal", "UPDATE withdrawal SET reason = 'x'"):
        with pytest.raises(IntegrityError):
            session.execute(text(statement))
        session.rollback()
    with pytest.raises(publishing.NotPublishable, match="不能重复撤回"):
        publishing.withdraw(session, second, legal_ground="甲", reason="乙", approver="丙", now=clock())


@pytest.mark.sqlite
def test_lawful_destruction_erases_payload_and_salt_and_every_trace_on_disk(
    session: Session, publish: Publish, clock: Any, tmp_path: Path
) -> None:
    canary = "泄露的身份证号码示例一二三四五六七八九"
    version = publish(Regulation(title=canary, blocks=(Block(text=canary),), issued_on=date(2026, 1, 5)))
    digest = version.digest
    publishing.withdraw(
        session,
        version,
        legal_ground="个人信息保护法第四十七条",
        reason="误公开个人信息",
        approver="示例区纪委监委",
        destroy=True,
        review_on=date(2027, 1, 5),
        now=clock(),
    )
    session.commit()
    assert version.payload is None
    assert version.salt is None
    assert version.digest == digest
    session.close()
    empty_journal(session)

    files = list(tmp_path.glob("portal.db*"))
    assert files
    for file in files:
        assert canary.encode() not in file.read_bytes()


def test_a_draft_changed_by_two_people_keeps_the_first_and_tells_the_second(
    session: Session, unit: Unit, a_quarter: Any, clock: Any
) -> None:
    draft = publishing.save_draft(session, unit=unit, document=a_quarter(), author="甲", now=clock())
    publishing.change_draft(
        session, draft, document=a_quarter(spent=5_00), author="乙", revision=1, now=clock()
    )
    with pytest.raises(publishing.Conflict, match="已由“乙”修改过"):
        publishing.change_draft(
            session, draft, document=a_quarter(spent=6_00), author="甲", revision=1, now=clock()
        )


def test_an_old_draft_does_not_undo_a_correction(
    session: Session, unit: Unit, publish: Publish, a_quarter: Any, clock: Any
) -> None:
    publish(a_quarter())
    stale = publishing.save_draft(
        session, unit=unit, document=a_quarter(spent=7_00), author="甲", now=clock()
    )
    publish(a_quarter(spent=9_00), reason="更正办公费")
    with pytest.raises(publishing.NotPublishable, match="早于已公开的第 2 版"):
        publishing.publish(
            session, stale, book=Book(session, shipped()), reason="再更正", actor="乙", now=clock()
        )


def test_a_correction_without_a_reason_of_its_own_is_refused(publish: Publish, a_quarter: Any) -> None:
    publish(a_quarter())
    with pytest.raises(publishing.NotPublishable, match="写明更正了什么"):
        publish(a_quarter(spent=9_00), reason=publishing.FIRST)


def test_what_was_withdrawn_does_not_come_back_and_may_be_destroyed_later(
    session: Session, unit: Unit, publish: Publish, a_quarter: Any, clock: Any
) -> None:
    first = publish(a_quarter())
    draft = publishing.save_draft(
        session, unit=unit, document=a_quarter(spent=2_00), author="甲", now=clock(), record=first.record
    )
    with pytest.raises(publishing.NotPublishable, match="尚未撤回"):
        publishing.destroy_content(session, first, legal_ground="甲", approver="乙", now=clock())
    publishing.withdraw(session, first, legal_ground="甲", reason="乙", approver="丙", now=clock())
    with pytest.raises(publishing.NotPublishable, match="已依法撤回，不能再次公开"):
        publishing.publish(
            session, draft, book=Book(session, shipped()), reason="更正", actor="乙", now=clock()
        )

    publishing.destroy_content(session, first, legal_ground="甲", approver="乙", now=clock())
    session.commit()

    assert first.payload is None
    assert count(session, Draft) == 0
    with pytest.raises(publishing.NotPublishable, match="已经销毁"):
        publishing.destroy_content(session, first, legal_ground="甲", approver="乙", now=clock())


def test_a_unit_that_only_a_draft_named_stays_unknown_to_the_public(
    session: Session, county: Jurisdiction, publish: Publish, a_quarter: Any, clock: Any
) -> None:
    line = rosters.RosterLine(name="示例专班", type="bureau", listed=False)
    hidden = rosters.put_unit(session, county, line, now=clock())
    session.commit()
    assert hidden.name not in {one.name for one in public.public_units(session)}
    publish(a_quarter(audience=Audience.STAFF), owner=hidden)
    assert hidden.name not in {one.name for one in public.public_units(session)}
    publish(a_quarter("2026Q2"), owner=hidden)
    assert hidden.name in {one.name for one in public.public_units(session)}
