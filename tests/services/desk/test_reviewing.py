"""Draft → submitted → returned or approved: by whom, on what conditions, and what is left of it."""

from __future__ import annotations

from typing import Any

import pytest

from portal.domain.documents.base import Audience, Openness
from portal.domain.drafting import State
from portal.domain.roles import Role
from portal.services.desk import releasing, reviewing
from portal.services.desk.claims import NotReady, Refused, readiness
from portal.services.publishing import Conflict
from portal.store.tables import Version
from tests.services.desk.desk_world import ALL, Desk, rules


def test_a_disclosure_goes_from_one_person_to_another_and_both_names_stay(desk: Desk) -> None:
    draft = desk.submit(desk.draft(rules()))
    uid = draft.uid
    version = desk.publish(desk.approve(draft))

    assert version.published_by == "方示九（填报）、林示二（审核）"
    assert desk.events(uid) == [
        ("created", "方示九"),
        ("submitted", "方示九"),
        ("approved", "林示二"),
        ("published", "林示二"),
    ]
    assert desk.room.draft(uid) is None
    assert desk.room.published_from(uid) is version


def test_what_makes_no_document_yet_is_not_submitted_and_says_so(desk: Desk) -> None:
    draft = desk.draft(None)
    with pytest.raises(NotReady, match="还没有填写完整") as refused:
        desk.submit(draft)
    desk.session.rollback()
    assert refused.value.readiness.document is None
    assert State(draft.state) is State.DRAFT


def test_a_finding_that_blocks_stops_the_submission_until_it_is_explained(desk: Desk, a_quarter: Any) -> None:
    wrong = a_quarter().model_copy(update={"closing": 1})
    draft = desk.draft(wrong)
    with pytest.raises(NotReady) as refused:
        desk.submit(draft)
    desk.session.rollback()
    assert [one.rule for one in refused.value.readiness.blocking]

    if all(one.with_explanation for one in refused.value.readiness.blocking):
        explained = wrong.model_copy(
            update={
                "public_explanation": "本季度结余与上年结转口径调整有关，已在三季度会议上说明并于下月更正。"
            }
        )
        desk.change(draft, explained)
        assert State(desk.submit(draft).state) is State.SUBMITTED


def test_openness_against_audience_is_named_with_its_field(desk: Desk) -> None:
    draft = desk.draft(rules(openness=Openness.WITHHELD, openness_basis="政府信息公开条例第十六条"))
    found = readiness(desk.room, draft, book=desk.book(), now=desk.now)
    assert [one.field for one in found.missing] == ["openness"]
    desk.change(draft, rules(openness=Openness.ON_REQUEST, audience=Audience.STAFF))
    found = readiness(desk.room, draft, book=desk.book(), now=desk.now)
    assert [one.field for one in found.missing] == ["openness_basis"]


@pytest.mark.parametrize("how", ["created", "changed", "submitted"])
def test_nobody_reviews_what_they_wrote(desk: Desk, how: str) -> None:
    both = desk.person("丁示四", Role.EDITOR, Role.REVIEWER)
    draft = desk.draft(rules(), by=both if how == "created" else None)
    if how == "changed":
        desk.change(draft, rules(text="第一条　改过的内容。"), by=both)
    if how == "created":
        desk.change(draft, rules(text="第一条　改过的内容。"))
    desk.submit(draft, by=both if how == "submitted" else None)

    with pytest.raises(Refused, match="须由另一位审核人审核"):
        desk.approve(draft, by=both)
    desk.session.rollback()
    assert State(draft.state) is State.SUBMITTED
    assert State(desk.approve(draft).state) is State.APPROVED


def test_an_editor_does_not_review(desk: Desk) -> None:
    draft = desk.submit(desk.draft(rules()))
    with pytest.raises(Refused, match="只有本单位的审核人"):
        desk.approve(draft, by=desk.person("周示三", Role.EDITOR))


@pytest.mark.parametrize("left_out", ALL)
def test_every_statement_is_asked_for(desk: Desk, left_out: reviewing.Statement) -> None:
    draft = desk.submit(desk.draft(rules()))
    with pytest.raises(Refused, match=left_out.label[:6]):
        desk.approve(draft, stated=[one for one in ALL if one is not left_out])
    desk.session.rollback()
    assert State(draft.state) is State.SUBMITTED


def test_returning_needs_a_remark_and_keeps_it(desk: Desk) -> None:
    draft = desk.submit(desk.draft(rules()))
    with pytest.raises(Refused, match="请写明意见"):
        reviewing.give_back(
            desk.room, draft, revision=draft.revision, remark="  ", actor=desk.reviewer, now=desk.tick()
        )
    reviewing.give_back(
        desk.room,
        draft,
        revision=draft.revision,
        remark="第一条请补文号",
        actor=desk.reviewer,
        now=desk.tick(),
    )
    desk.session.commit()
    assert State(draft.state) is State.RETURNED
    assert desk.room.steps(draft_uid=draft.uid)[0].remark == "第一条请补文号"
    assert State(desk.submit(draft).state) is State.SUBMITTED


def test_whoever_saw_an_older_revision_changes_nothing(desk: Desk) -> None:
    draft = desk.submit(desk.draft(rules()))
    seen = draft.revision
    reviewing.recall(desk.room, draft, revision=seen, actor=desk.editor, now=desk.tick())
    desk.session.commit()
    for step in (
        lambda: reviewing.approve(
            desk.room, draft, revision=seen, stated=ALL, actor=desk.reviewer, now=desk.now, book=desk.book()
        ),
        lambda: reviewing.give_back(
            desk.room, draft, revision=seen, remark="改", actor=desk.reviewer, now=desk.now
        ),
        lambda: releasing.publish(
            desk.room, draft, revision=seen, book=desk.book(), actor=desk.reviewer, now=desk.now
        ),
    ):
        with pytest.raises(Conflict, match="没有执行"):
            step()
        desk.session.rollback()
    assert State(draft.state) is State.DRAFT


def test_submitting_twice_is_submitting_once(desk: Desk) -> None:
    draft = desk.draft(rules())
    seen = draft.revision
    for _ in range(2):
        reviewing.submit(
            desk.room, draft, revision=seen, actor=desk.editor, now=desk.tick(), book=desk.book()
        )
        desk.session.commit()
    assert [one for one, _ in desk.events(draft.uid)] == ["created", "submitted"]


def test_what_is_changed_after_the_approval_is_not_published(desk: Desk) -> None:
    draft = desk.approve(desk.submit(desk.draft(rules())))
    desk.change(
        draft, rules(text="第一条　审核以后塞进来的内容。")
    )  # As if a form forgot to take the state back.
    with pytest.raises(Refused, match="审核通过之后又改动过"):
        desk.publish(draft)
    desk.session.rollback()
    assert desk.session.query(Version).count() == 0


def test_the_reason_of_a_correction_changed_after_the_approval_is_not_published(desk: Desk) -> None:
    first = desk.published(rules())
    draft = releasing.start_correction(desk.room, first.record, actor=desk.editor, now=desk.tick())
    draft.reason = "补全第一条"
    desk.change(draft, rules(text="第一条　完整的内容。"))
    desk.approve(desk.submit(draft))
    draft.reason = "别的原因"
    desk.session.commit()
    with pytest.raises(Refused, match="审核通过之后又改动过"):
        desk.publish(draft)
