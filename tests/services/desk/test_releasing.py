"""Publishing once, correcting openly, withdrawing by law."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.domain.canonical import read_publication
from portal.domain.documents.base import Audience
from portal.domain.drafting import State
from portal.domain.roles import Role
from portal.services import publishing
from portal.services.desk import releasing, reviewing
from portal.services.desk.claims import NotReady, Refused, readiness
from portal.store.tables import Draft, DraftCopy, Outbox, Step, Upload, Version
from tests.services.desk.desk_world import Desk, rules


def count(desk: Desk, table: type) -> int:
    return desk.session.scalar(select(func.count()).select_from(table)) or 0


def correction(desk: Desk, version: Version, text: str, reason: str = "补全第一条") -> Draft:
    draft = releasing.start_correction(desk.room, version.record, actor=desk.editor, now=desk.tick())
    draft.reason = reason
    desk.change(draft, rules(text=text))
    return draft


def test_only_what_is_approved_is_published(desk: Desk) -> None:
    draft = desk.submit(desk.draft(rules()))
    with pytest.raises(Refused, match="“待审核”"):
        desk.publish(draft)
    desk.session.rollback()
    assert count(desk, Version) == 0


def test_a_correction_starts_from_the_version_in_force_once(desk: Desk) -> None:
    first = desk.published(rules())
    draft = releasing.start_correction(desk.room, first.record, actor=desk.editor, now=desk.tick())
    again = releasing.start_correction(desk.room, first.record, actor=desk.reviewer, now=desk.tick())

    assert again is draft
    assert publishing.draft_document(draft).title == "示例管理办法"
    assert (draft.based_on, draft.record_id) == (1, first.record_id)


def test_a_correction_without_a_reason_is_refused_at_its_field(desk: Desk) -> None:
    draft = correction(desk, desk.published(rules()), "第一条　完整。", reason="")
    with pytest.raises(NotReady) as refused:
        desk.submit(draft)
    assert [one.field for one in refused.value.readiness.missing] == ["reason"]


def test_both_versions_stay_and_the_reason_stands_beside_the_new_one(desk: Desk) -> None:
    first = desk.published(rules())
    second = desk.publish(desk.approve(desk.submit(correction(desk, first, "第一条　完整。"))))

    assert (second.number, second.reason, second.record_id) == (2, "补全第一条", first.record_id)
    assert "第一条　内容。".encode() in (first.payload or b"")


def test_nothing_changed_is_no_correction(desk: Desk) -> None:
    draft = releasing.start_correction(
        desk.room, desk.published(rules()).record, actor=desk.editor, now=desk.tick()
    )
    draft.reason = "更正"
    with pytest.raises(NotReady, match="完全相同"):
        desk.submit(draft)


@pytest.mark.parametrize("stage", ["draft", "submitted", "approved"])
def test_a_version_that_came_out_meanwhile_is_never_undone_silently(desk: Desk, stage: str) -> None:
    first = desk.published(rules())
    mine = correction(desk, first, "第一条　我的内容。")
    if stage != "draft":
        desk.submit(mine)
    if stage == "approved":
        desk.approve(mine)
    theirs = publishing.save_draft(
        desk.session,
        unit=desk.unit,
        document=rules(text="第一条　别人的内容。"),
        author="导入",
        now=desk.tick(),
    )
    publishing.publish(
        desk.session, theirs, book=desk.book(), reason="另行更正", actor="命令行", now=desk.tick()
    )
    desk.session.commit()

    step: Any = {"draft": desk.submit, "submitted": desk.approve, "approved": desk.publish}[stage]
    with pytest.raises(Refused, match="第 2 版"):
        step(mine)
    desk.session.rollback()
    assert "我的内容".encode() in (mine.content or b"")

    # Even a fresh save does not pass for having looked at the other version.
    desk.change(mine, rules(text="第一条　我的新内容。"))
    assert readiness(desk.room, mine, book=desk.book(), now=desk.now).overtaken
    reviewing.take_as_basis(
        desk.room, mine, revision=mine.revision, reason="合并两处更正", actor=desk.editor, now=desk.tick()
    )
    desk.session.commit()
    assert State(mine.state) is State.DRAFT
    third = desk.publish(desk.approve(desk.submit(mine)))
    assert (third.number, third.reason) == (3, "合并两处更正")


def test_a_first_draft_whose_record_was_published_meanwhile_becomes_a_correction_knowingly(
    desk: Desk,
) -> None:
    mine = desk.draft(rules(text="第一条　我的内容。"))
    desk.published(rules(text="第一条　同事的内容。"))
    with pytest.raises(Refused, match="已公开了第 1 版"):
        desk.submit(mine)
    desk.session.rollback()
    with pytest.raises(Refused, match="请写明更正了什么"):
        reviewing.take_as_basis(
            desk.room, mine, revision=mine.revision, reason="首次公开", actor=desk.editor, now=desk.tick()
        )
    desk.session.rollback()
    reviewing.take_as_basis(
        desk.room, mine, revision=mine.revision, reason="内容更全", actor=desk.editor, now=desk.tick()
    )
    assert desk.publish(desk.approve(desk.submit(mine))).number == 2


def test_the_rule_book_is_asked_again_at_the_moment_of_publishing(desk: Desk, a_quarter: Any) -> None:
    draft = desk.approve(desk.submit(desk.draft(a_quarter())))
    # The bytes are what was approved; only the book has changed its mind.
    book = desk.book()

    class Strict(type(book)):  # type: ignore[misc]  # The real book, which sees one more breach.
        def test(self, unit: Any, document: Any, *, now: Any) -> Any:
            return super().test(unit, document.model_copy(update={"closing": 1}), now=now)

    with pytest.raises(NotReady):
        releasing.publish(
            desk.room,
            draft,
            revision=draft.revision,
            book=Strict(desk.session, book._regimes),
            actor=desk.reviewer,
            now=desk.tick(),
        )
    desk.session.rollback()
    assert count(desk, Version) == 0
    assert desk.room.draft(draft.uid) is not None


def test_version_outbox_and_step_stand_or_fall_together(desk: Desk) -> None:
    draft = desk.approve(desk.submit(desk.draft(rules())))
    owed = count(desk, Outbox)
    releasing.publish(
        desk.room, draft, revision=draft.revision, book=desk.book(), actor=desk.reviewer, now=desk.tick()
    )
    assert count(desk, Outbox) == owed + 1
    desk.session.rollback()
    assert (count(desk, Version), count(desk, Outbox), count(desk, Draft)) == (0, owed, 1)
    assert "published" not in dict(desk.events(draft.uid))


def withdraw(desk: Desk, version: Version, **more: Any) -> None:
    given: dict[str, Any] = {
        "legal_ground": "政府信息公开条例第十五条",
        "reason": "涉及第三方商业秘密",
        "approver": "陈示一",
        "review_on": date(2027, 3, 1),
        "actor": desk.reviewer,
        "second": desk.person("吴示四", Role.GROUP),
        "now": desk.tick(),
    } | more
    releasing.withdraw(desk.room, version, **given)
    desk.session.commit()


def test_nobody_seconds_himself(desk: Desk) -> None:
    version = desk.published(rules())
    with pytest.raises(Refused, match="复核人须是您以外的人"):
        withdraw(desk, version, second=desk.reviewer)


def test_a_withdrawal_leaves_its_tombstone_and_its_step(desk: Desk) -> None:
    version = desk.published(rules())
    withdraw(desk, version)
    assert version.withdrawal is not None
    assert version.payload is not None
    step = desk.room.steps(record_id=version.record_id)[0]
    assert (step.event, step.actor, step.remark) == (
        "withdrawn",
        "林示二",
        "第 1 版，批准人陈示一，复核人吴示四",
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"approver": "林 示二"}, "您以外的人"),
        ({"review_on": None}, "请填写复核日期"),
        ({"review_on": date(2026, 10, 20)}, "今天以后"),
        ({"legal_ground": " "}, "法律依据不能为空"),
        ({"reason": ""}, "撤回原因不能为空"),
        ({"destroy": True, "confirmation": "330411001"}, "原样填写"),
    ],
)
def test_a_withdrawal_that_lacks_something_is_refused(desk: Desk, more: dict[str, Any], words: str) -> None:
    version = desk.published(rules())
    with pytest.raises((Refused, publishing.NotPublishable), match=words):
        withdraw(desk, version, **more)
    desk.session.rollback()
    assert desk.session.get_one(Version, version.id).withdrawal is None


def test_destruction_takes_the_content_and_everything_typed_for_it(desk: Desk) -> None:
    canary = "金丝雀七三一"
    draft = desk.draft(rules(title=f"{canary}办法", text=f"第一条　{canary}。"))
    uid = draft.uid
    desk.session.add(
        DraftCopy(
            unit_id=desk.unit.id, draft_uid=uid, author="方示九", why="conflict", revision=1, entries=canary,
            saved_at=desk.now,
        )
    )  # fmt: skip
    desk.session.add(
        Upload(
            uid="u" * 22, unit_id=desk.unit.id, draft_uid=uid, kind="regulation", filename="a.xlsx",
            data=canary.encode(), annotated=None, report="{}", uploaded_at=desk.now,
        )
    )  # fmt: skip
    version = desk.publish(desk.approve(desk.submit(draft)))
    waiting = releasing.start_correction(desk.room, version.record, actor=desk.editor, now=desk.tick())

    withdraw(desk, version, destroy=True, review_on=None, confirmation=version.record.index_no)

    assert (version.payload, version.salt) == (None, None)
    assert desk.room.draft(waiting.uid) is None
    assert (count(desk, DraftCopy), count(desk, Upload), count(desk, Draft)) == (0, 0, 0)
    said = desk.session.scalars(select(Step).where(Step.event == "withdrawn")).one()
    assert canary not in said.title + said.remark


def test_what_was_withdrawn_is_neither_corrected_nor_published_again(desk: Desk) -> None:
    version = desk.published(rules())
    waiting = correction(desk, version, "第一条　完整。")
    withdraw(desk, version)
    with pytest.raises(NotReady, match="已依法撤回，不能再次公开"):
        desk.submit(waiting)
    desk.session.rollback()
    desk.session.delete(waiting)
    desk.session.commit()
    with pytest.raises(Refused, match="不能更正"):
        releasing.start_correction(desk.room, version.record, actor=desk.editor, now=desk.tick())


def test_a_narrower_audience_is_a_withdrawal_and_no_correction(desk: Desk) -> None:
    first = desk.published(rules())
    draft = releasing.start_correction(desk.room, first.record, actor=desk.editor, now=desk.tick())
    draft.reason = "缩小范围"
    desk.change(draft, rules(audience=Audience.STAFF))
    with pytest.raises(NotReady, match="不能直接缩小公开范围"):
        desk.submit(draft)


def test_the_index_number_is_kept_through_a_correction(desk: Desk) -> None:
    first = desk.published(rules())
    second = desk.publish(desk.approve(desk.submit(correction(desk, first, "第一条　完整。"))))
    assert second.payload is not None
    assert read_publication(second.payload)[0]["index_no"] == first.record.index_no
