"""Letters at once: to whom, once, and with nothing of the content in them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.drafting import Event, State
from portal.domain.roles import Role
from portal.services import publishing
from portal.services.checking import Book
from portal.services.desk.rooms import Actor, Room
from portal.services.desk.telling import tell_published, tell_returned, tell_submitted
from portal.store.tables import Account, AccountRole, Draft, Mail, Unit

NOW = datetime(2026, 10, 22, 4, 0, tzinfo=UTC)
ADDRESS = "https://office.example"


@pytest.fixture
def people(session: Session, unit: Unit) -> dict[str, Account]:
    made = {}
    for name, roles, email, active in (
        ("editor", ("editor",), "bian@example.cn", True),
        ("both", ("editor", "reviewer"), "both@example.cn", True),
        ("reviewer", ("reviewer",), "shen@example.cn", True),
        ("silent", ("reviewer",), None, True),
        ("gone", ("reviewer",), "gone@example.cn", False),
        ("keeper", ("unit_admin",), "keeper@example.cn", True),
    ):
        account = Account(
            jurisdiction_id=unit.jurisdiction_id, unit_id=unit.id, login=name, name=name, email=email,
            active=active, created_by="甲", created_at=NOW,
        )  # fmt: skip
        account.roles = [AccountRole(role=one, granted_by="甲", granted_at=NOW) for one in roles]
        session.add(account)
        made[name] = account
    session.commit()
    return made


def actor(account: Account) -> Actor:
    return Actor(account.id, account.name, frozenset(Role(one.role) for one in account.roles))


@pytest.fixture
def draft(session: Session, unit: Unit, people: dict[str, Account], a_quarter: Any) -> Draft:
    made = publishing.save_draft(
        session, unit=unit, document=a_quarter("2026Q3", title="金丝雀标题"), author="editor", now=NOW
    )
    made.state, made.author_id = State.SUBMITTED.value, people["editor"].id
    made.submitted_by_id = people["both"].id
    room = Room(session, unit.id)
    room.write_down(Event.CREATED, actor=actor(people["editor"]), now=NOW, draft=made)
    room.write_down(Event.SUBMITTED, actor=actor(people["both"]), now=NOW, draft=made)
    return made


def told(session: Session) -> dict[str, str]:
    return {one.recipient: one.subject + one.body for one in session.scalars(select(Mail))}


def test_what_is_submitted_is_told_to_those_who_may_review_it_once(
    session: Session, unit: Unit, draft: Draft
) -> None:
    room = Room(session, unit.id)
    assert tell_submitted(room, draft, address=ADDRESS, now=NOW) == 1
    assert tell_submitted(room, draft, address=ADDRESS, now=NOW) == 0
    assert set(told(session)) == {"shen@example.cn"}
    draft.revision += 1
    assert tell_submitted(room, draft, address=ADDRESS, now=NOW) == 1


def test_what_came_back_is_told_to_whoever_submitted_it(session: Session, unit: Unit, draft: Draft) -> None:
    draft.state, draft.submitted_by_id = State.RETURNED.value, None
    assert tell_returned(Room(session, unit.id), draft, address=ADDRESS, now=NOW) == 1
    assert set(told(session)) == {"both@example.cn"}


def test_what_is_published_is_told_to_who_wrote_it_and_not_to_who_published_it(
    session: Session, unit: Unit, draft: Draft, people: dict[str, Account]
) -> None:
    room, uid = Room(session, unit.id), draft.uid
    room.write_down(Event.PUBLISHED, actor=actor(people["both"]), now=NOW, draft=draft)
    version = publishing.publish(
        session, draft, book=Book(session, {}), reason="首次公开", actor="both", now=NOW
    )
    assert tell_published(room, version, draft_uid=uid, address=ADDRESS, now=NOW) == 1
    assert tell_published(room, version, draft_uid=uid, address=ADDRESS, now=NOW) == 0
    letters = told(session)
    assert set(letters) == {"bian@example.cn"}
    assert version.record.index_no in letters["bian@example.cn"]


def test_no_letter_tells_a_title(session: Session, unit: Unit, draft: Draft) -> None:
    room = Room(session, unit.id)
    tell_submitted(room, draft, address=ADDRESS, now=NOW)
    tell_returned(room, draft, address=ADDRESS, now=NOW)
    assert len(told(session)) == 2
    for text in told(session).values():
        assert "金丝雀" not in text
        assert ADDRESS in text
