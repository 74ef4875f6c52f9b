"""Publication at a time: by the worker's own function, once, whatever happens between two steps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal import worker
from portal.domain.drafting import State
from portal.services import publishing, rosters
from portal.services.desk import releasing, reviewing, scheduling
from portal.services.desk.claims import Refused
from portal.store.tables import Account, AccountRole, Draft, Mail, Version
from tests.conftest import shipped
from tests.services.desk.desk_world import Desk, rules


def scheduled(desk: Desk, title: str = "示例管理办法", *, hours: float = 1) -> Draft:
    draft = desk.approve(desk.submit(desk.draft(rules(title))))
    scheduling.schedule(
        desk.room,
        draft,
        revision=draft.revision,
        publish_at=desk.now + timedelta(hours=hours),
        actor=desk.reviewer,
        now=desk.now,
    )
    desk.session.commit()
    return draft


def run(desk: Desk) -> list[str]:
    with Session(desk.session.get_bind()) as own:
        return worker.publish_due(own, shipped(), now=desk.now)


def versions(desk: Desk) -> int:
    desk.session.rollback()
    return desk.session.scalar(select(func.count()).select_from(Version)) or 0


def test_a_wall_clock_in_china_is_an_instant() -> None:
    assert scheduling.read_moment("2026年11月2日", "8:30").astimezone(UTC) == datetime(
        2026, 11, 2, 0, 30, tzinfo=UTC
    )
    assert scheduling.show_moment(datetime(2026, 11, 2, 0, 30, tzinfo=UTC)) == "2026年11月2日 08:30"
    with pytest.raises(ValueError, match=r"[\u4e00-\u9fff]"):
        scheduling.read_moment("2026-11-02", "25:00")


def test_nothing_is_published_before_its_time_and_once_after_it(desk: Desk) -> None:
    uid = scheduled(desk).uid
    assert run(desk) == []
    assert versions(desk) == 0
    desk.tick(hours=2)
    assert len(run(desk)) == 1
    assert run(desk) == []
    assert versions(desk) == 1
    assert desk.events(uid)[-2:] == [("scheduled", "林示二"), ("published", "平台（定时）")]
    version = desk.room.published_from(uid)
    assert version is not None
    assert version.published_by == "方示九（填报）、林示二（审核）"
    assert version.published_at == desk.now


@pytest.mark.parametrize("how", ["disabled", "no reviewer any more"])
def test_what_somebody_approved_who_may_not_any_more_waits_for_another(desk: Desk, how: str) -> None:
    uid = scheduled(desk).uid
    reviewer = desk.session.get_one(Account, desk.reviewer.id)
    if how == "disabled":
        reviewer.active = False
    else:
        reviewer.roles = [AccountRole(role="staff", granted_by="测试", granted_at=desk.now)]
    desk.session.commit()
    desk.tick(hours=2)
    run(desk)
    assert versions(desk) == 0
    assert desk.events(uid)[-1] == ("not_published", "平台（定时）")
    draft = desk.room.draft(uid)
    assert draft is not None
    assert draft.publish_at is None


def test_whoever_wrote_it_hears_when_it_was_published(desk: Desk) -> None:
    desk.session.get_one(Account, desk.editor.id).email = "fang@example.org"
    scheduled(desk)
    desk.tick(hours=2)
    run(desk)
    run(desk)
    letters = list(desk.session.scalars(select(Mail).where(Mail.key.startswith("published:"))))
    assert [one.recipient for one in letters] == ["fang@example.org"]


@pytest.mark.parametrize(
    ("ahead", "words"), [(timedelta(0), "晚于现在"), (timedelta(days=181), "最远可定到")]
)
def test_a_time_that_is_past_or_too_far_off_is_refused(desk: Desk, ahead: timedelta, words: str) -> None:
    draft = desk.approve(desk.submit(desk.draft(rules())))
    with pytest.raises(Refused, match=words):
        scheduling.schedule(
            desk.room,
            draft,
            revision=draft.revision,
            publish_at=desk.now + ahead,
            actor=desk.reviewer,
            now=desk.now,
        )


@pytest.mark.parametrize("how", ["unscheduled", "recalled", "returned"])
def test_what_was_taken_back_is_not_published(desk: Desk, how: str) -> None:
    draft = scheduled(desk)
    room, given = desk.room, {"revision": draft.revision, "now": desk.tick()}
    if how == "unscheduled":
        scheduling.unschedule(room, draft, actor=desk.reviewer, **given)  # type: ignore[arg-type]  # Two types in one.
    elif how == "recalled":
        reviewing.recall(room, draft, actor=desk.editor, **given)  # type: ignore[arg-type]  # Likewise.
    else:
        reviewing.give_back(room, draft, remark="再核对", actor=desk.reviewer, **given)  # type: ignore[arg-type]  # Likewise.
    desk.session.commit()
    desk.tick(hours=2)
    assert run(desk) == []
    assert versions(desk) == 0
    assert draft.publish_at is None


def test_one_that_fails_is_held_back_with_its_reason_and_stops_no_other(desk: Desk) -> None:
    failing, fine = scheduled(desk, "示例甲办法"), scheduled(desk, "示例乙办法").uid
    theirs = publishing.save_draft(
        desk.session,
        unit=desk.unit,
        document=rules("示例甲办法", "第一条　别人的。"),
        author="甲",
        now=desk.tick(),
    )
    publishing.publish(
        desk.session, theirs, book=desk.book(), reason="首次公开", actor="命令行", now=desk.tick()
    )
    desk.session.commit()
    desk.tick(hours=2)

    told = run(desk)

    assert [line.startswith("注意") for line in told] == [True, False]
    assert versions(desk) == 2
    assert desk.room.published_from(fine) is not None
    desk.session.refresh(failing)
    assert (State(failing.state), failing.publish_at) == (State.APPROVED, None)
    step = desk.room.steps(draft_uid=failing.uid)[0]
    assert step.event == "not_published"
    assert "已公开了第 1 版" in step.remark
    letter = desk.session.scalars(select(Mail).where(Mail.key.startswith("not-published:"))).one()
    assert letter.recipient.endswith("@example.org")
    assert "示例甲办法" not in letter.subject + letter.body
    assert run(desk) == []
    assert desk.session.scalars(select(Mail).where(Mail.key.startswith("not-published:"))).one() is letter


def test_a_fault_of_the_program_holds_one_back_and_not_all(desk: Desk, monkeypatch: Any) -> None:
    first, second = scheduled(desk, "示例甲办法").uid, scheduled(desk, "示例乙办法").uid
    real = releasing.publish

    def broken(room: Any, draft: Draft, **more: Any) -> Version:
        if draft.uid == first:
            real(room, draft, **more)
            raise KeyError("坏了")
        return real(room, draft, **more)

    monkeypatch.setattr(releasing, "publish", broken)
    desk.tick(hours=2)
    run(desk)
    desk.session.rollback()
    assert desk.room.published_from(first) is None
    assert desk.room.published_from(second) is not None
    assert "平台出错" in desk.room.steps(draft_uid=first)[0].remark


def test_two_units_are_published_by_one_pass_with_a_session_each(desk: Desk) -> None:
    line = rosters.RosterLine(name="示例住建局", type="bureau", code="330411002")
    other_unit = rosters.put_unit(desk.session, desk.unit.jurisdiction, line, now=desk.now)
    desk.session.commit()
    with Session(desk.session.get_bind(), expire_on_commit=False) as theirs:
        other = Desk(theirs, theirs.merge(other_unit))
        other.person("王示七")
        mine, their = scheduled(desk).uid, scheduled(other, "另一单位办法").uid
        desk.tick(hours=3)
        assert len(run(desk)) == 2
        theirs.rollback()
        desk.session.rollback()
        assert desk.room.published_from(mine) is not None
        assert other.room.published_from(their) is not None
        assert desk.room.published_from(their) is None


@pytest.mark.sqlite
def test_asking_each_second_reads_an_index_and_no_contents(desk: Desk) -> None:
    """The question is put every second, over drafts of any size: it must not walk through them."""
    question = "SELECT unit_id, uid FROM draft WHERE publish_at <= '2026-10-20' AND state = 'approved' ORDER BY publish_at, id"
    explain = "EXPLAIN QUERY PLAN"
    if desk.session.get_bind().dialect.name == "postgresql":
        desk.session.execute(text("SET LOCAL enable_seqscan = off"))  # So few rows would be walked through.
        explain = "EXPLAIN"
    plan = desk.session.execute(text(f"{explain} {question}")).all()
    assert any("ix_draft_publish_at" in str(row) for row in plan), plan
