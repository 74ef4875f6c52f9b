"""Documents read lately: the same as read anew, never more than there is room for, never what was destroyed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.domain.canonical import read_publication
from portal.domain.documents.base import Document
from portal.domain.regimes import Regime
from portal.services import publishing
from portal.services.checking import Book, records_of
from portal.services.recalling import RECALL, Recall
from portal.store.tables import Unit, Version
from tests.conftest import NOON


@pytest.fixture
def publish(session: Session, unit: Unit, regimes: dict[str, Regime]) -> Any:
    def run(document: Document, *, reason: str = publishing.FIRST, now: datetime = NOON) -> Version:
        draft = publishing.save_draft(session, unit=unit, document=document, author="甲", now=now)
        book = Book(session, regimes)
        made = publishing.publish(session, draft, book=book, reason=reason, actor="乙", now=now)
        session.commit()
        return made

    return run


def test_a_document_is_read_once_and_says_what_its_payload_says(publish: Any, a_quarter: Any) -> None:
    version, recall = publish(a_quarter()), Recall()
    first = recall.document(version)
    assert first == read_publication(version.payload)[1]
    assert recall.document(version) is first


def test_every_version_is_known_by_itself(publish: Any, a_quarter: Any) -> None:
    first = publish(a_quarter())
    second = publish(a_quarter().model_copy(update={"remark": "更正后的备注。"}), reason="更正备注。")
    recall = Recall()
    assert recall.document(first) != recall.document(second)
    assert recall.document(second) == read_publication(second.payload)[1]


def test_what_was_asked_for_longest_ago_goes_first(publish: Any, a_quarter: Any) -> None:
    first = publish(a_quarter())
    second, third = (
        publish(a_quarter().model_copy(update={"remark": f"更正后的备注{n}。"}), reason=f"更正备注{n}。")
        for n in "二三"
    )
    recall = Recall(room=sum(len(one.payload or b"") for one in (first, third)))
    for one in (first, second, first, third):
        recall.document(one)
    assert [one.digest in recall for one in (first, second, third)] == [True, False, True]
    tight = Recall(room=1)
    assert tight.document(first) is not None
    assert first.digest not in tight


def test_what_is_destroyed_is_kept_no_longer(
    session: Session, unit: Unit, publish: Any, a_quarter: Any
) -> None:
    version = publish(a_quarter())
    assert records_of(session, unit)
    assert version.digest in RECALL
    publishing.withdraw(
        session, version, legal_ground="甲", reason="乙", approver="丙", now=NOON, destroy=True
    )
    session.commit()
    assert version.digest not in RECALL
    assert not records_of(session, unit)


def test_what_another_process_destroyed_goes_at_the_next_look(
    session: Session, unit: Unit, publish: Any, a_quarter: Any
) -> None:
    version = publish(a_quarter())
    elsewhere = RECALL.document(version)
    assert elsewhere is not None
    size = len(version.payload or b"")
    publishing.withdraw(
        session, version, legal_ground="甲", reason="乙", approver="丙", now=NOON, destroy=True
    )
    session.commit()
    RECALL._known[version.digest] = (elsewhere, size)  # As the other process still has it.
    RECALL._taken += size
    assert RECALL.document(version) is None
    assert version.digest not in RECALL
