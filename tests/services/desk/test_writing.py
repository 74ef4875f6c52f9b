"""Drafts at the desk: nothing typed is lost, whoever is faster; every change that counts leaves one step."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from portal.domain.attached import with_attached
from portal.domain.documents.attachment import Attachment, MediaType
from portal.domain.documents.decision import DecisionRecord
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.drafting import Event, State
from portal.domain.roles import Role
from portal.services import publishing, rosters
from portal.services.checking import Book
from portal.services.desk import linking, starting, writing
from portal.services.desk.rooms import Actor, Room
from portal.services.publishing import Conflict
from portal.store.db import begin_write
from portal.store.tables import Account, Draft, DraftCopy, Jurisdiction, Member, Step, Unit
from tests.conftest import NOON, shipped
from tests.databases import for_everybody


@pytest.fixture
def room(session: Session, unit: Unit) -> Room:
    return Room(session, unit.id)


def somebody(session: Session, unit: Unit, name: str) -> Actor:
    account = Account(
        jurisdiction_id=unit.jurisdiction_id, unit_id=unit.id, login=name, name=name, created_by="测试", created_at=NOON
    )  # fmt: skip
    session.add(account)
    session.flush()
    return Actor(account.id, name, frozenset({Role.EDITOR}))


@pytest.fixture
def fang(session: Session, unit: Unit) -> Actor:
    return somebody(session, unit, "方示九")


@pytest.fixture
def lin(session: Session, unit: Unit) -> Actor:
    return somebody(session, unit, "林示二")


@pytest.fixture
def draft(room: Room, fang: Actor) -> Draft:
    return writing.start(
        room, "finance", entries={"period": "2026Q3"}, document=None, title="甲", actor=fang, now=NOON
    )


def put(
    room: Room,
    draft: Draft,
    who: Actor,
    revision: int,
    *,
    at: datetime = NOON,
    document: Any = None,
    **typed: str,
) -> bool:
    return writing.save(
        room, draft, entries={"period": "2026Q3", **typed}, document=document, title="甲", revision=revision, actor=who, now=at
    )  # fmt: skip


def events(room: Room, draft: Draft) -> list[str]:
    return [one.event for one in reversed(room.steps(draft_uid=draft.uid))]


def test_saving_goes_on_all_the_time_and_leaves_one_step_for_each_person_between_changes_of_state(
    room: Room, draft: Draft, fang: Actor, lin: Actor
) -> None:
    for number in range(5):
        assert put(room, draft, fang, draft.revision, explanation=str(number))
    assert put(room, draft, lin, draft.revision, explanation="乙")
    assert put(room, draft, fang, draft.revision, explanation="丙")
    assert events(room, draft) == ["created", "changed", "changed"]

    room.write_down(Event.RETURNED, actor=lin, now=NOON, draft=draft)
    assert put(room, draft, fang, draft.revision, explanation="丁")
    assert events(room, draft) == ["created", "changed", "changed", "returned", "changed"]


def test_what_changes_nothing_counts_for_nothing(room: Room, draft: Draft, fang: Actor) -> None:
    assert not put(room, draft, fang, draft.revision)

    assert draft.revision == 1
    assert events(room, draft) == ["created"]


def test_an_answer_that_got_lost_is_no_conflict(room: Room, draft: Draft, fang: Actor) -> None:
    put(room, draft, fang, 1, explanation="甲")

    assert not put(room, draft, fang, 1, explanation="甲")

    assert draft.revision == 2
    assert room.copies(draft.uid) == []


def test_whoever_is_slower_finds_both_texts_kept(room: Room, draft: Draft, fang: Actor, lin: Actor) -> None:
    put(room, draft, lin, 1, explanation="林的说明")

    for _ in range(2):  # Sent twice, kept once.
        with pytest.raises(writing.Stale, match="林示二") as stale:
            put(room, draft, fang, 1, explanation="方的说明")

    assert "林的说明" in (draft.entries or "")
    (copy,) = room.copies(draft.uid)
    assert stale.value.copy is copy
    assert (copy.author, copy.why, copy.revision) == ("方示九", "conflict", 1)
    assert "方的说明" in copy.entries


@pytest.mark.parametrize("state", [State.SUBMITTED, State.APPROVED])
def test_what_is_submitted_or_approved_stands_still_and_the_text_is_kept(
    room: Room, draft: Draft, fang: Actor, state: State
) -> None:
    draft.state = state.value
    room.session.flush()

    with pytest.raises(writing.NotEditable, match=state.label):
        put(room, draft, fang, 1, explanation="迟到的话")
    with pytest.raises(writing.NotEditable):
        writing.discard(room, draft, revision=1, actor=fang, now=NOON)

    assert "迟到的话" not in (draft.entries or "")
    assert "迟到的话" in room.copies(draft.uid)[0].entries


def test_what_was_returned_may_be_changed(room: Room, draft: Draft, fang: Actor) -> None:
    draft.state = State.RETURNED.value
    room.session.flush()

    assert put(room, draft, fang, 1, explanation="改")


def test_a_document_is_kept_as_content_and_goes_when_it_is_none_any_more(
    room: Room, draft: Draft, fang: Actor, a_quarter: Any
) -> None:
    put(room, draft, fang, 1, document=a_quarter(), explanation="甲")
    assert draft.content
    assert publishing.draft_document(draft) == a_quarter()

    put(room, draft, fang, 2, expense_total="甲")
    assert draft.content is None


def test_a_kept_text_takes_the_place_of_the_draft_and_the_other_way_round(
    room: Room, draft: Draft, fang: Actor, lin: Actor
) -> None:
    put(room, draft, lin, 1, explanation="林")
    with pytest.raises(writing.Stale):
        put(room, draft, fang, 1, explanation="方")

    writing.replace(
        room, draft, entries={"explanation": "方"}, before={"explanation": "林"}, document=None, title="甲",
        revision=2, actor=fang, now=NOON,
    )  # fmt: skip

    assert draft.entries == '{"explanation":"方"}'
    assert [one.why for one in room.copies(draft.uid)] == ["replaced", "conflict"]


def test_a_draft_thrown_away_leaves_its_step_and_a_stale_page_throws_nothing_away(
    room: Room, draft: Draft, fang: Actor
) -> None:
    put(room, draft, fang, 1, explanation="甲")
    with pytest.raises(Conflict):
        writing.discard(room, draft, revision=1, actor=fang, now=NOON)

    writing.discard(room, draft, revision=2, actor=fang, now=NOON)

    assert room.draft(draft.uid) is None
    assert events(room, draft)[-1] == "discarded"


def test_two_who_write_at_once_over_two_connections_both_keep_their_words(
    engine: Engine, unit: Unit, session: Session
) -> None:
    fang, lin = somebody(session, unit, "方示九"), somebody(session, unit, "林示二")
    begun = writing.start(
        Room(session, unit.id), "finance", entries={}, document=None, title="甲", actor=fang, now=NOON
    )
    session.commit()
    with Session(engine) as first, Session(engine) as second:
        begin_write(first)
        ours = Room(first, unit.id)
        mine = ours.draft(begun.uid)
        assert mine
        put(ours, mine, fang, 1, explanation="方")
        first.commit()
        begin_write(second)
        theirs = Room(second, unit.id)
        other = theirs.draft(begun.uid)
        assert other
        with pytest.raises(writing.Stale):
            put(theirs, other, lin, 1, explanation="林")
        second.commit()
    session.rollback()
    assert "方" in (session.scalar(select(Draft.entries)) or "")
    assert "林" in (session.scalar(select(DraftCopy.entries)) or "")


def test_what_is_not_committed_leaves_no_trace(engine: Engine, unit: Unit, session: Session) -> None:
    fang = somebody(session, unit, "方示九")
    begun = writing.start(
        Room(session, unit.id), "finance", entries={}, document=None, title="甲", actor=fang, now=NOON
    )
    session.commit()
    with Session(engine) as broken:
        begin_write(broken)
        room = Room(broken, unit.id)
        draft = room.draft(begun.uid)
        assert draft
        put(room, draft, fang, 1, explanation="方")  # The server dies here.
    session.rollback()
    assert session.scalar(select(Draft.revision)) == 1
    assert session.scalar(select(func.count()).select_from(Step)) == 1


def published(room: Room, document: Any, reason: str = "首次公开") -> Any:
    draft = publishing.save_draft(room.session, unit=room.unit, document=document, author="甲", now=NOON)
    return publishing.publish(
        room.session, draft, book=Book(room.session, shipped()), reason=reason, actor="乙", now=NOON + timedelta(hours=1)
    )  # fmt: skip


def test_a_correction_is_begun_once(room: Room, fang: Actor, a_quarter: Any) -> None:
    version = published(room, a_quarter())
    assert starting.in_force(room, version.record) is version

    first, second = (
        writing.start(
            room, "finance", entries={}, document=a_quarter(), title="甲", actor=fang, now=NOON, record=version.record
        )
        for _ in range(2)
    )  # fmt: skip

    assert first is second
    assert first.record_id == version.record_id


def test_a_withdrawn_record_is_not_corrected(room: Room, a_quarter: Any) -> None:
    version = published(room, a_quarter())
    publishing.withdraw(room.session, version, legal_ground="条例", reason="误公开", approver="甲", now=NOON)

    assert starting.in_force(room, version.record) is None
    assert starting.predecessor(room, "finance", "2026Q4") is None


def test_the_predecessor_is_the_newest_quarter_before(room: Room, a_quarter: Any) -> None:
    for period in ("2025Q4", "2026Q2"):
        published(room, a_quarter(period))
    published(room, a_quarter("2025", title="甲", statement="final_accounts", approved_on=date(2026, 3, 1)))

    found = starting.predecessor(room, "finance", "2026Q3")

    assert found
    assert found.period == "2026Q2"
    assert isinstance(found.document, FinanceDisclosure)
    assert starting.predecessor(room, "finance", "2025Q4") is None
    assert starting.predecessor(room, "regulation", "2025Q4") is None


def test_what_is_there_of_a_period_is_found_among_drafts_and_records(
    room: Room, draft: Draft, a_quarter: Any
) -> None:
    published(room, a_quarter("2026Q2"))

    assert starting.same_period(room, "finance", "2026Q3") == ([draft], [])
    drafts, records = starting.same_period(room, "finance", "2026Q2")
    assert drafts == []
    assert [one.slug for one in records] == ["2026Q2"]


def test_a_passed_deadline_is_told_in_days_and_one_kept_is_not(
    room: Room, county: Jurisdiction, a_quarter: Any
) -> None:
    regime = shipped()[county.slug]

    late = starting.deadline(room, regime, "finance", "2026Q1", now=NOON)

    assert late
    assert late.status.wanting
    assert late.days > 0
    assert starting.deadline(room, regime, "finance", "2026Q4", now=NOON).status.open  # type: ignore[union-attr]
    assert starting.deadline(room, regime, "decision", "2026Q1", now=NOON) is None
    assert starting.deadline(room, None, "finance", "2026Q1", now=NOON) is None


def test_the_units_own_records_and_people_can_be_chosen_and_no_others(
    room: Room, session: Session, county: Jurisdiction, unit: Unit, fang: Actor, draft: Draft
) -> None:
    with for_everybody(session):
        other = rosters.put_unit(
            session, county, rosters.RosterLine(name="示例水利局", type="bureau"), now=NOON
        )
    decision = {
        "title": "修缮<示例>", "decision_no": "示决〔2026〕1号", "meeting_type": "party_group", "category": "large_fund",
        "held_on": "2026-05-01", "presider": "甲", "should_attend": 3, "attendees": [{"name": "甲", "post": "局长", "presence": "present"}], "vote_method": "oral", "result": "adopted",
    }  # fmt: skip
    document = DecisionRecord.model_validate(decision)
    publishing.save_draft(session, unit=unit, document=document, author="甲", now=NOON)
    foreign = document.model_copy(update={"decision_no": "别单位〔2026〕9号"})
    with for_everybody(session):
        publishing.save_draft(session, unit=other, document=foreign, author="甲", now=NOON)
    for name, since, until in (
        ("方示九", date(2020, 1, 1), date(2025, 1, 1)),
        ("林示二", date(2026, 1, 1), None),
    ):
        session.add(
            Member(
                unit_id=unit.id, name=name, post="副局长", role="deputy", since=since, until=until, recorded_by="甲", recorded_at=NOON
            )
        )  # fmt: skip
    session.flush()

    found = linking.options(room, shipped()[county.slug], on=date(2026, 5, 1))

    assert [one.value for one in found["decision"]] == ["示决〔2026〕1号"]
    assert found["decision"][0].label == "示决〔2026〕1号　修缮<示例>（2026年5月1日，尚未公开）"
    assert [(one.value, one.label) for one in found["member"]] == [("林示二", "林示二（副局长）")]
    assert any(one.value for one in found["domain"])
    assert found["plan"] == found["tender"] == ()
    assert linking.options(room, None, on=date(2026, 5, 1))["domain"] == ()


def test_what_does_not_make_a_document_cannot_be_submitted_and_what_does_can(
    room: Room, draft: Draft, fang: Actor, a_quarter: Any
) -> None:
    book = Book(room.session, shipped())
    with pytest.raises(writing.NotReady, match="没有填好"):
        writing.submit(room, draft, revision=1, actor=fang, now=NOON, book=book)
    put(room, draft, fang, 1, document=a_quarter(), explanation="甲")
    with pytest.raises(Conflict):
        writing.submit(room, draft, revision=1, actor=fang, now=NOON, book=book)

    writing.submit(room, draft, revision=2, actor=fang, now=NOON, book=book)

    assert (draft.state, draft.submitted_by_id) == ("submitted", fang.id)
    assert events(room, draft)[-1] == "submitted"


def test_personal_data_stops_the_way_to_the_reviewers(
    room: Room, draft: Draft, fang: Actor, a_quarter: Any
) -> None:
    number = "11010519491231002X"
    put(room, draft, fang, 1, document=a_quarter(explanation=f"退还{number}"), explanation="甲")

    with pytest.raises(writing.NotReady) as refusal:
        writing.submit(room, draft, revision=2, actor=fang, now=NOON, book=Book(room.session, shipped()))

    assert [(one.rule, one.place) for one in refusal.value.findings] == [("PUB-17", "/explanation")]
    assert draft.state == "draft"


def test_a_draft_keeps_its_attachments_while_its_form_is_saved(
    room: Room, draft: Draft, fang: Actor, a_quarter: Any
) -> None:
    file = Attachment(name="凭证.pdf", digest="a" * 64, size=3, media_type=MediaType.PDF)
    draft.entries = json.dumps(with_attached({"period": "2026Q3"}, [file]))
    room.session.flush()

    assert put(room, draft, fang, 1, document=a_quarter(), explanation="甲")
    assert publishing.draft_document(draft).attachments == (file,)
    assert put(room, draft, fang, 2, opened_on="昨天")
    assert draft.content is None
    assert put(room, draft, fang, 3, document=a_quarter(), explanation="乙")

    assert publishing.draft_document(draft).attachments == (file,)
    assert not put(room, draft, fang, 4, document=a_quarter(), explanation="乙")
