"""Reviewing and publishing over HTTP: what each person sees and may do, and what each button comes to."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.domain.documents.base import Audience
from portal.domain.documents.regulation import Block, Regulation
from portal.domain.drafting import State
from portal.services.desk import releasing
from portal.services.desk.reviewing import Statement
from portal.store.tables import Draft, Mail, Version
from tests.services.desk.desk_world import Desk, rules
from tests.web.office.world import World

STATED = {"stated": [one.value for one in Statement]}
XSS = '<script>alert("x")</script>'


@pytest.fixture
def desk(world: World, session: Session) -> Desk:
    """The desk of the world's unit: drafts are put there by the services, everything else goes through pages."""
    return Desk(session, world.unit, now=world.at - timedelta(hours=2))


@pytest.fixture
def editor(world: World, desk: Desk) -> FlaskClient:
    """The browser of the person who writes."""
    return world.client(account=desk.people[desk.editor.name])


@pytest.fixture
def reviewer(world: World, desk: Desk) -> FlaskClient:
    """The browser of the person who reviews."""
    return world.client(account=desk.people[desk.reviewer.name])


@pytest.fixture
def post(world: World, desk: Desk) -> Callable[..., TestResponse]:
    """Posts a form of a draft's page, with the revision that the page showed."""

    def send(client: FlaskClient, draft: Draft | str, what: str, **data: Any) -> TestResponse:
        uid = draft if isinstance(draft, str) else draft.uid
        shown = client.get(f"/drafts/{uid}/review")
        found = re.search(r'name="revision" value="(\d+)"', shown.text)
        given = {"revision": found[1] if found else "1", **data}
        answer = world.post(client, f"/drafts/{uid}/{what}", given)
        desk.session.rollback()
        return answer

    return send


def versions(desk: Desk) -> int:
    desk.session.rollback()
    return desk.session.scalar(select(func.count()).select_from(Version)) or 0


def test_the_reviewer_sees_what_is_to_be_published_and_publishes_it(
    desk: Desk, reviewer: FlaskClient, post: Any
) -> None:
    draft = desk.submit(desk.draft(rules(text="第一条　办公用房按标准配置。")))
    uid = draft.uid
    page = reviewer.get(f"/drafts/{uid}/review").text
    for words in (
        "第一条　办公用房按标准配置。",
        "公开范围",
        "所有人在公开网站上可以看到",
        "方示九",
        "通过并发布",
        "退回修改",
    ):
        assert words in page

    answer = post(reviewer, draft, "approve", then="publish", **STATED)

    assert answer.status_code == 303
    assert answer.location.endswith(f"/drafts/{uid}/published")
    done = reviewer.get(answer.location).text
    assert "公开网站一分钟内更新" in done
    assert "http://public.example/xiuzhou/u/" in done
    assert "-v1.html" in done
    assert versions(desk) == 1


def test_publishing_asks_for_every_statement_and_keeps_what_was_ticked(
    desk: Desk, reviewer: FlaskClient, post: Any
) -> None:
    draft = desk.submit(desk.draft(rules()))
    answer = post(reviewer, draft, "approve", then="publish", stated=["openness"])
    assert answer.status_code == 422
    assert "请先逐项确认" in answer.text
    assert re.search(r'value="openness" checked', answer.text)
    assert not re.search(r'value="secrecy" checked', answer.text)
    assert versions(desk) == 0


def test_returning_without_a_remark_says_so_and_with_one_reaches_the_writer(
    desk: Desk, reviewer: FlaskClient, editor: FlaskClient, post: Any
) -> None:
    draft = desk.submit(desk.draft(rules()))
    answer = post(reviewer, draft, "return", remark=" ")
    assert answer.status_code == 422
    assert 'href="#remark"' in answer.text

    assert post(reviewer, draft, "return", remark=f"请补文号 {XSS}").status_code == 303
    page = editor.get(f"/drafts/{draft.uid}/review").text
    assert "已退回" in page
    assert "请补文号" in page
    assert XSS not in page


@pytest.mark.parametrize("who", ["editor", "unit_admin", "staff", "group"])
def test_who_is_no_reviewer_gets_past_no_button(world: World, desk: Desk, who: str) -> None:
    draft = desk.submit(desk.draft(rules()))
    client = world.client(who)
    if who in ("editor", "unit_admin"):
        page = client.get(f"/drafts/{draft.uid}/review").text
        assert "通过并发布" not in page
    for what in ("approve", "publish", "schedule", "unschedule", "return"):
        answer = world.post(client, f"/drafts/{draft.uid}/{what}", {"revision": draft.revision, **STATED})
        assert answer.status_code == 403, what
    assert versions(desk) == 0


def test_the_writer_who_is_also_a_reviewer_is_told_why_somebody_else_must(world: World, desk: Desk) -> None:
    account = world.account("editor", "reviewer", name="丁示四")
    client = world.client(account=account)
    draft = desk.draft(rules())
    draft.author_id, draft.author = account.id, account.name
    desk.session.commit()
    desk.submit(draft)
    page = client.get(f"/drafts/{draft.uid}/review").text
    assert "须由另一位审核人审核" in page
    assert "通过并发布" not in page
    answer = world.post(
        client, f"/drafts/{draft.uid}/approve", {"revision": draft.revision, "then": "publish", **STATED}
    )
    assert answer.status_code == 422
    assert versions(desk) == 0


def test_the_same_publication_sent_twice_is_one_version_and_leads_there(
    world: World, desk: Desk, reviewer: FlaskClient
) -> None:
    draft = desk.approve(desk.submit(desk.draft(rules())))
    uid, data = draft.uid, {"revision": draft.revision}
    answers = [world.post(reviewer, f"/drafts/{uid}/publish", data) for _ in range(3)]
    assert {one.status_code for one in answers} == {303}
    assert {one.location for one in answers} == {answers[0].location}
    assert versions(desk) == 1
    for address in ("review", "preview"):
        again = reviewer.get(f"/drafts/{uid}/{address}")
        assert again.status_code == 303
        assert again.location == answers[0].location


def test_a_step_over_an_older_revision_is_a_conflict_with_everything_still_there(
    world: World, desk: Desk, reviewer: FlaskClient
) -> None:
    draft = desk.submit(desk.draft(rules()))
    seen = draft.revision
    desk.change(draft, rules(text="第一条　后来改的。"))
    answer = world.post(
        reviewer, f"/drafts/{draft.uid}/return", {"revision": seen, "remark": "我写了很久的意见"}
    )
    assert answer.status_code == 409
    assert "我写了很久的意见" in answer.text
    assert "没有执行" in answer.text


def test_a_time_is_set_in_china_s_wall_clock_shown_and_taken_back(
    desk: Desk, reviewer: FlaskClient, post: Any
) -> None:
    draft = desk.submit(desk.draft(rules()))
    answer = post(reviewer, draft, "approve", then="schedule", day="2026-11-02", clock="08:30", **STATED)
    assert answer.status_code == 303
    assert "2026年11月2日 08:30" in reviewer.get(answer.location).text
    desk.session.refresh(draft)
    assert draft.publish_at is not None
    assert draft.publish_at.isoformat().startswith("2026-11-02T00:30")

    assert post(reviewer, draft, "unschedule").status_code == 303
    desk.session.refresh(draft)
    assert (draft.publish_at, State(draft.state)) == (None, State.APPROVED)


@pytest.mark.parametrize(
    ("day", "clock", "words"),
    [
        ("", "08:30", "须填写日期和时间"),
        ("2026-02-30", "08:30", "定时发布的时间"),
        ("2026-11-02", "99:99", "定时发布的时间"),
        ("2026-10-19", "08:30", "须晚于现在"),
        ("2027-10-19", "08:30", "最远可定到"),
    ],
)
def test_a_time_that_is_none_changes_nothing_and_stays_in_the_form(
    desk: Desk, reviewer: FlaskClient, post: Any, day: str, clock: str, words: str
) -> None:
    draft = desk.submit(desk.draft(rules()))
    answer = post(reviewer, draft, "approve", then="schedule", day=day, clock=clock, **STATED)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{day}"' in answer.text
    desk.session.refresh(draft)
    assert State(draft.state) is State.SUBMITTED  # Not half of what was asked for.


def test_the_writer_takes_a_submission_back(desk: Desk, editor: FlaskClient, post: Any) -> None:
    draft = desk.approve(desk.submit(desk.draft(rules())))
    assert post(editor, draft, "recall").status_code == 303
    desk.session.refresh(draft)
    assert (State(draft.state), draft.approved_digest) == (State.DRAFT, None)


def test_a_draft_overtaken_by_another_version_shows_both_and_the_way_out(
    desk: Desk, editor: FlaskClient, reviewer: FlaskClient, post: Any
) -> None:
    mine = desk.draft(rules(text="第一条　我的说法。"))
    desk.published(rules(text="第一条　同事的说法。"))
    page = editor.get(f"/drafts/{mine.uid}/review").text
    assert "您填写期间，此件已公开了第 1 版" in page
    assert "<del>" in page
    assert "我的" in page

    assert post(editor, mine, "basis", reason=" ").status_code == 422
    assert post(editor, mine, "basis", reason="说法更准确").status_code == 303
    desk.session.refresh(mine)
    desk.submit(mine)
    assert post(reviewer, mine, "approve", then="publish", **STATED).status_code == 303
    assert versions(desk) == 2


def test_the_preview_is_the_public_page_under_a_banner_and_nowhere_kept(
    desk: Desk, reviewer: FlaskClient
) -> None:
    draft = desk.submit(desk.draft(rules(text=f"第一条　{XSS}内容。", abstract="概述文字")))
    answer = reviewer.get(f"/drafts/{draft.uid}/preview")

    assert answer.status_code == 200
    assert "预览，还没有公开" in answer.text
    assert 'class="preview-bar"' in answer.text
    assert (
        answer.text.index("govuk-skip-link")
        < answer.text.index('class="preview-bar"')
        < answer.text.index("<main")
    )
    assert "发布时编排" in answer.text
    assert "索引号“发布时编排”" not in answer.text  # No breach of the page that will be published.
    assert "概述文字" in answer.text
    assert "方示九（填报）" not in answer.text or "发布人" in answer.text
    assert XSS not in answer.text
    assert 'href="/static/theme.css"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    links = set(re.findall(r'(?:href|src|action)="([^"]*)"', answer.text))
    own = {
        one
        for one in links
        if not one.startswith(
            ("#", "http://public.example/", "/static/", "/assets/", "http://public.example")
        )
    }
    assert own <= {f"/drafts/{draft.uid}/review"}
    assert versions(desk) == 0


def test_the_preview_of_a_correction_shows_what_changes(desk: Desk, reviewer: FlaskClient) -> None:
    first = desk.published(rules(text="第一条　一万元。"))
    draft = releasing.start_correction(desk.room, first.record, actor=desk.editor, now=desk.tick())
    draft.reason = "数字有误"
    desk.change(draft, rules(text="第一条　二万元。"))
    page = reviewer.get(f"/drafts/{draft.uid}/preview").text
    assert "与第 1 版的差别" in page
    assert "数字有误" in page
    assert "第 2 版" in page
    assert f"http://public.example/xiuzhou/u/{desk.unit.slug}/regulations/{first.record.slug}-v1.html" in page


@pytest.mark.parametrize("audience", [Audience.STAFF, Audience.LEADERSHIP_GROUP, Audience.COMMISSION])
def test_the_preview_of_what_is_for_few_says_for_whom(
    desk: Desk, reviewer: FlaskClient, audience: Audience
) -> None:
    draft = desk.draft(rules(audience=audience))
    page = reviewer.get(f"/drafts/{draft.uid}/preview").text
    assert f"只对{audience.label}公开" in page
    assert "不进入公开网站" in page


def test_every_kind_can_be_previewed_as_the_site_shows_it(
    desk: Desk, reviewer: FlaskClient, a_quarter: Any
) -> None:
    draft = desk.draft(a_quarter())
    page = reviewer.get(f"/drafts/{draft.uid}/preview")
    assert page.status_code == 200
    assert "办公费" in page.text
    assert "123.45" in page.text or "12,345.00" in page.text


def test_an_unfinished_draft_has_no_preview_yet_and_says_so(desk: Desk, editor: FlaskClient) -> None:
    draft = desk.draft(None)
    answer = editor.get(f"/drafts/{draft.uid}/preview")
    assert answer.status_code == 422
    assert "还没有填写完整" in answer.text


def test_a_draft_for_the_leadership_group_is_no_business_of_the_administrator(
    world: World, desk: Desk
) -> None:
    draft = desk.draft(rules(audience=Audience.LEADERSHIP_GROUP))
    client = world.client("unit_admin")
    for what in ("review", "preview"):
        assert client.get(f"/drafts/{draft.uid}/{what}").status_code == 404
    staff = desk.draft(rules("职工可见的办法", audience=Audience.STAFF))
    assert client.get(f"/drafts/{staff.uid}/review").status_code == 200


def test_what_somebody_types_comes_back_as_text_everywhere(
    desk: Desk, reviewer: FlaskClient, post: Any
) -> None:
    document = Regulation(
        title=XSS, blocks=(Block(text=XSS),), remark=XSS, abstract=XSS, secrecy_reviewer=XSS
    )
    draft = desk.submit(desk.draft(document))
    uid = draft.uid
    assert XSS not in reviewer.get(f"/drafts/{uid}/review").text
    post(reviewer, draft, "approve", then="publish", **STATED)
    version = desk.room.published_from(uid)
    assert version is not None
    for url in (f"/drafts/{uid}/published", "/records/", f"/records/regulation/{version.record.slug}"):
        answer = reviewer.get(url)
        assert answer.status_code == 200
        assert XSS not in answer.text


def test_the_writer_hears_of_a_return_and_of_the_publication_without_a_word_of_the_content(
    desk: Desk, reviewer: FlaskClient, post: Any
) -> None:
    draft = desk.submit(desk.draft(rules("金丝雀办法")))
    post(reviewer, draft, "return", remark="请补文号")
    desk.submit(draft)
    post(reviewer, draft, "approve", then="publish", **STATED)
    letters = desk.session.scalars(select(Mail).order_by(Mail.id)).all()
    assert [one.recipient for one in letters] == [desk.people["方示九"].email] * 2
    assert "退回" in letters[0].subject
    assert "已经发布" in letters[1].subject
    for one in letters:
        assert "金丝雀" not in one.subject + one.body
        assert "请补文号" not in one.subject + one.body
