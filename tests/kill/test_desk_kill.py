"""kill -9 between any two statements of a publication, and two people at once: nothing lost, nothing doubled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal import worker
from portal.config import Settings
from portal.domain.regimes import Regime
from portal.services.desk.reviewing import Statement
from portal.store.db import make_engine
from portal.store.tables import Draft, Mail, Step, Version
from tests.kill.desk_killing import (
    LATER,
    PUBLISHED,
    WAITING,
    DeskInstance,
    dies_at,
    make_instance,
    standing,
)

pytestmark = pytest.mark.kill
MOST = 200  # More statements than any of these has; a test that needs more has lost its way.
STATED = [one.value for one in Statement]


@pytest.fixture
def instance(settings: Settings, regimes: dict[str, Regime]) -> DeskInstance:
    """An office with an editor and two reviewers."""
    return make_instance(settings, regimes)


def deaths(instance: DeskInstance, new: Callable[[int], str], work: Callable[[str], Any]) -> tuple[int, int]:
    """Kill `work` on a draft at its first statement, its second, … until it lives; return deaths before and after.

    After each death the draft is whole or published, never both and never neither; work done again finishes it.
    """
    before = after = 0
    uid = new(0)
    for number in range(1, MOST):
        if not dies_at(number, work(uid)):
            assert standing(instance, uid) == PUBLISHED
            return before, after
        found = standing(instance, uid)
        assert found in (WAITING, PUBLISHED), number
        if found == PUBLISHED:
            after += 1
            assert not dies_at(0, work(uid))  # Sent again by somebody who saw no answer.
            assert standing(instance, uid) == PUBLISHED
            uid = new(number)
        else:
            before += 1
    raise AssertionError("never finished")


def test_a_publication_killed_between_any_two_statements_is_whole_or_not_at_all(
    instance: DeskInstance,
) -> None:
    def work(uid: str) -> Callable[[Callable[[], None]], None]:
        def request(arm: Callable[[], None]) -> None:
            app = instance.app()
            client, token = instance.browser(app, "林示二")
            engine = make_engine(instance.url)
            with Session(engine) as session:
                revision = session.scalar(select(Draft.revision).where(Draft.uid == uid)) or 1
            arm()
            answer = client.post(f"/drafts/{uid}/publish", data={"csrf_token": token, "revision": revision})
            assert answer.status_code == 303, answer.text
            assert answer.location.endswith(f"/drafts/{uid}/published")

        return request

    before, after = deaths(instance, lambda number: instance.draft(f"示例办法{number}"), work)

    assert before > 10
    assert after > 0


def test_a_publication_at_its_time_killed_between_any_two_statements_is_done_once(
    instance: DeskInstance, regimes: dict[str, Regime]
) -> None:
    def work(_: str) -> Callable[[Callable[[], None]], None]:
        def look(arm: Callable[[], None]) -> None:
            engine = make_engine(instance.url)
            with Session(engine) as session:
                arm()
                worker.publish_due(session, regimes, now=LATER)

        return look

    before, after = deaths(
        instance, lambda number: instance.draft(f"示例办法{number}", at=timedelta(hours=1)), work
    )

    assert before > 10
    assert after > 0
    with instance.session() as session:
        held_back = select(func.count()).select_from(Mail).where(Mail.key.startswith("not-published:"))
        assert session.scalar(held_back) == 0


def at_once(
    app: Flask, instance: DeskInstance, *posts: tuple[str, str, dict[str, Any]]
) -> list[TestResponse]:
    """Send the forms at the same moment, each by its own person; return the answers in the same order."""
    answers: dict[int, TestResponse] = {}
    gate = threading.Barrier(len(posts))
    ready = [(instance.browser(app, who), url, data) for who, url, data in posts]

    def send(number: int) -> None:
        (client, token), url, data = ready[number]
        gate.wait()
        answers[number] = client.post(url, data={"csrf_token": token, **data})

    threads = [threading.Thread(target=send, args=(number,)) for number in range(len(posts))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return [answers[number] for number in range(len(posts))]


ROUNDS = 6


def test_the_same_publication_in_parallel_is_one_version(instance: DeskInstance) -> None:
    app = instance.app()
    for number in range(ROUNDS):
        uid = instance.draft(f"示例办法{number}")
        post = (f"/drafts/{uid}/publish", {"revision": instance.revision(uid)})
        answers = at_once(app, instance, *(("林示二", *post) for _ in range(4)))
        assert [one.status_code for one in answers] == [303] * 4
        assert len({one.location for one in answers}) == 1
        assert standing(instance, uid) == PUBLISHED


def test_two_reviewers_at_once_publish_one_version_and_one_approval_stands(instance: DeskInstance) -> None:
    app = instance.app()
    for number in range(ROUNDS):
        uid = instance.draft(f"示例办法{number}", state="submitted")
        data = {"revision": instance.revision(uid), "then": "publish", "stated": STATED}
        answers = at_once(
            app,
            instance,
            ("林示二", f"/drafts/{uid}/approve", data),
            ("陈示一", f"/drafts/{uid}/approve", data),
        )
        assert [one.status_code for one in answers] == [303, 303]
        assert standing(instance, uid) == PUBLISHED
        with instance.session() as session:
            approved = session.scalars(
                select(Step).where(Step.draft_uid == uid, Step.event == "approved")
            ).all()
            published = session.scalars(
                select(Step).where(Step.draft_uid == uid, Step.event == "published")
            ).one()
            version = session.get_one(Version, published.version_id)
        assert [one.actor for one in approved] == [published.actor]
        assert version.published_by == f"方示九（填报）、{published.actor}（审核）"


def test_one_approves_while_the_other_takes_it_back_and_one_of_them_is_told(instance: DeskInstance) -> None:
    app = instance.app()
    outcomes = set()
    for number in range(ROUNDS):
        uid = instance.draft(f"示例办法{number}", state="submitted")
        revision = instance.revision(uid)
        approved, recalled = at_once(
            app,
            instance,
            ("林示二", f"/drafts/{uid}/approve", {"revision": revision, "then": "", "stated": STATED}),
            ("方示九", f"/drafts/{uid}/recall", {"revision": revision}),
        )
        assert sorted([approved.status_code, recalled.status_code]) == [303, 409]
        loser = approved if approved.status_code == 409 else recalled
        assert "您的这一步没有执行" in loser.text
        with instance.session() as session:
            draft = session.scalars(select(Draft).where(Draft.uid == uid)).one()
            assert draft.state == ("approved" if approved.status_code == 303 else "draft")
            assert (draft.approved_digest is not None) == (draft.state == "approved")
            outcomes.add(draft.state)
    assert outcomes <= {"approved", "draft"}


def test_returned_and_published_at_once_is_one_of_both(instance: DeskInstance) -> None:
    app = instance.app()
    for number in range(ROUNDS):
        uid = instance.draft(f"示例办法{number}")
        revision = instance.revision(uid)
        published, returned = at_once(
            app,
            instance,
            ("林示二", f"/drafts/{uid}/publish", {"revision": revision}),
            ("陈示一", f"/drafts/{uid}/return", {"revision": revision, "remark": "请再核对"}),
        )
        if standing(instance, uid) == PUBLISHED:
            assert (published.status_code, returned.status_code) == (303, 303)
            assert returned.location == published.location  # Led to what the draft has become.
        else:
            assert (published.status_code, returned.status_code) == (409, 303)
            assert standing(instance, uid) == WAITING


def test_a_person_publishes_at_the_moment_when_the_platform_does(
    instance: DeskInstance, regimes: dict[str, Regime]
) -> None:
    app = instance.app()
    for number in range(ROUNDS):
        uid = instance.draft(f"示例办法{number}", at=timedelta(hours=1))
        revision = instance.revision(uid)  # As read before: the platform may be the faster one.
        engine = make_engine(instance.url)

        def platform(engine: Any = engine) -> None:
            with Session(engine) as session:
                worker.publish_due(session, regimes, now=LATER)

        beside = threading.Thread(target=platform)
        beside.start()
        answers = at_once(app, instance, ("林示二", f"/drafts/{uid}/publish", {"revision": revision}))
        beside.join()
        engine.dispose()
        assert all(one.status_code == 303 for one in answers)
        assert standing(instance, uid) == PUBLISHED
