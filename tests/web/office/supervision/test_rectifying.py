"""From the problem to 销号 at the office and at the unit's desk; outcomes; a bulk; who may do what."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.domain.rules.terms import Severity
from portal.domain.supervision.matters import Source
from portal.services import publishing
from portal.services.board.county import open_county
from portal.services.board.refreshing import refresh
from portal.services.checking import Book
from portal.services.supervision import opening
from portal.store.public import public_outcome_counts
from portal.store.tables import Letter, Mail, Matter, Outbox, Outcome, Rectification, SupervisionStep
from portal.web import chores_supervision
from tests.databases import for_everybody
from tests.web.office.world import World

LATER = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
ACCEPTANCE = {
    "do": "accept", "name": "卫示九", "body": "示例会计师事务所", "day": "2026年10月20日", "opinion": "账目已经补齐，公开到位",
}  # fmt: skip


def rows(world: World, table: Any) -> list[Any]:
    """Return every row of a table as it is now; the world's own session has nothing open afterwards."""
    world.session.rollback()
    with Session(world.session.get_bind(), expire_on_commit=False) as session:
        return list(session.scalars(select(table)))


def matter(world: World, regimes: dict[str, Regime]) -> str:
    slug = world.unit.slug
    world.session.rollback()
    with Session(world.session.get_bind()) as session:
        county = open_county(session, "xiuzhou", None)
        made = opening.open_matter(
            county, county.unit(slug), source=Source.MANUAL, cause="manual-1", title="账目公开不全",  # type: ignore[arg-type] # it is there.
            severity=Severity.YELLOW, items=[opening.NewItem("f1", title="账目公开不全", seen="缺三公经费")], now=world.at,
            regime=regimes["xiuzhou"],
        )  # fmt: skip
        session.commit()
        return made.uid


def revision(text: str) -> str:
    found = re.search(r'name="revision" value="(\d+)"', text)
    assert found
    return found[1]


def test_a_problem_is_mended_accepted_by_a_third_party_and_closes_its_matter(
    world: World, regimes: dict[str, Regime], a_quarter: Callable[..., Any]
) -> None:
    uid = matter(world, regimes)
    officer, editor = world.client("officer"), world.client("editor")
    draft = publishing.save_draft(
        world.session, unit=world.unit, document=a_quarter("2026Q2"), author="方示九", now=world.at
    )
    made = publishing.publish(
        world.session,
        draft,
        book=Book(world.session, {}),
        reason=publishing.FIRST,
        actor="林示二",
        now=world.at,
    )
    ref = made.record.index_no
    world.session.commit()
    assert "账目公开不全" in officer.get(f"/rectifying/new?matter={uid}").text
    begun = world.post(
        officer, "/rectifying/new", {"matter": uid, "problem": "三公经费没有公开", "due": "2026年11月20日"}
    )
    assert begun.status_code == 303, begun.text
    page = begun.headers["Location"]
    own = page.replace("/rectifying/", "/asked/rectifying/")
    assert rows(world, Matter)[0].state == "rectifying"
    assert rows(world, Matter)[0].told_at is not None

    shown = editor.get(own).text
    filled = {
        "measure": "补充公开",
        "leader": "陈示一",
        "person": "方示九",
        "evidence_refs": "没有这个号",
        "revision": revision(shown),
    }
    refused = world.post(editor, own, filled | {"do": "hand_in"})
    assert refused.status_code == 422
    assert "本单位没有索引号为没有这个号的记录" in refused.text
    assert "补充公开" in refused.text
    assert (
        world.post(
            editor, own, filled | {"evidence_refs": ref, "note": "已补录", "do": "hand_in"}
        ).status_code
        == 303
    )
    assert rows(world, Rectification)[0].state == "to_accept"
    assert "补充公开" in officer.get(page).text
    assert ref in officer.get(page).text

    known = ACCEPTANCE | {"revision": revision(officer.get(page).text)}
    for wrong in (
        {"name": "示例财政局"}, {"name": "陈示一"}, {"name": "方 示九"}, {"name": "郑示五"}, {"body": "示例财政局"},
        {"body": "示例财政局办公室"}, {"body": "中共 示例财政局党组"}, {"name": "示例财政局股长子示九"}, {"name": ""}, {"day": "2026年10月21日"}, {"opinion": " "},
    ):  # fmt: skip
        answer = world.post(officer, f"{page}/act", known | wrong)
        assert answer.status_code == 422, wrong
        field = next(iter(wrong))
        assert f'id="accept-{field}-err"' in answer.text, wrong
    assert rows(world, Rectification)[0].closed_on is None

    assert world.post(officer, f"{page}/act", known).status_code == 303
    closed = rows(world, Rectification)[0]
    assert (closed.state, closed.closed_on, closed.accepted_by) == (
        "closed",
        date(2026, 10, 20),
        "卫示九（示例会计师事务所）",
    )
    ended = rows(world, Matter)[0]
    assert (ended.state, ended.closed_as) == ("closed", "rectified")
    assert "验收通过" in editor.get(own).text
    assert world.post(officer, f"{page}/act", known).status_code == 409
    events = [one.event for one in rows(world, SupervisionStep) if one.rectification_id]
    assert events == ["rectify", "planned", "worked", "handed_in", "signed_off"] or "handed_in" in events

    told = list(csv.reader(io.StringIO(officer.get("/rectifying/export.csv").data.decode("utf-8-sig"))))
    assert told[1][1] == "三公经费没有公开"
    book = load_workbook(io.BytesIO(officer.get("/rectifying/export.xlsx").data))
    assert "三公经费没有公开" in [cell.value for row in book.worksheets[0] for cell in row]


def test_what_is_overdue_is_marked_told_once_and_may_be_put_off_with_a_reason(world: World) -> None:
    people = world.account("editor"), world.account("officer")
    for one, to in zip(people, ("fang@example.test", "zheng@example.test"), strict=True):
        one.email = to
    world.session.commit()
    officer = world.client(account=people[1])
    begun = world.post(
        officer, "/rectifying/new", {"unit": world.unit.slug, "problem": "=问题", "due": "2026年10月22日"}
    )
    page = begun.headers["Location"]
    engine, regimes = world.session.get_bind(), world.app.extensions["office"].regimes

    def alarm() -> int:
        return chores_supervision.alarm(engine, regimes, now=world.at, address="http://office.example")  # type: ignore[arg-type] # an engine.

    assert alarm() == 0
    world.at = datetime(2026, 10, 23, 4, 0, tzinfo=UTC)
    world.session.rollback()
    officer = world.client("officer")
    assert alarm() == 2
    assert alarm() == 0
    assert {one.recipient for one in rows(world, Mail)} == {"fang@example.test", "zheng@example.test"}
    assert all("问题" not in one.subject + one.body for one in rows(world, Mail))
    listed = officer.get("/rectifying/?state=overdue").text
    assert "逾期 1 项" in listed
    assert (
        "\"'=问题" in officer.get("/rectifying/export.csv").text
        or "'=问题" in officer.get("/rectifying/export.csv").text
    )

    known = {
        "do": "put_off",
        "revision": revision(officer.get(page).text),
        "due": "2026年10月22日",
        "words": "等待批复",
    }
    refused = world.post(officer, f"{page}/act", known)
    assert refused.status_code == 422
    assert "等待批复" in refused.text
    assert world.post(officer, f"{page}/act", known | {"due": "2026年11月2日"}).status_code == 303
    assert "没有逾期" in officer.get("/rectifying/").text


def test_an_outcome_has_its_time_of_effect_and_reaches_the_public_as_a_count(world: World) -> None:
    officer = world.client("officer")
    typed = {
        "unit": world.unit.slug, "kind": "admonition", "person": "蒋示八", "post": "副局长", "decided_on": "2026年10月12日",
        "document_no": "示纪〔2026〕8号", "basis": "示例办法第三条",
    }  # fmt: skip
    assert world.post(officer, "/outcomes/new", typed | {"decided_on": "2026年10月21日"}).status_code == 422
    nobody = world.post(officer, "/outcomes/new", typed | {"person": "", "post": ""})
    assert "“诫勉”是对个人的，请填写姓名。" in nobody.text
    kept = world.post(officer, "/outcomes/new", typed | {"basis": ""})
    assert kept.status_code == 422
    assert "蒋示八" in kept.text
    assert world.post(officer, "/outcomes/new", typed).status_code == 303
    row = rows(world, Outcome)[0]
    assert row.effect_until == date(2027, 4, 12)
    assert "同样的处理结果已经登记过" in world.post(officer, "/outcomes/new", typed).text
    listed = officer.get("/outcomes/").text
    assert "到2027年4月12日" in listed
    assert "影响期内" in listed
    with for_everybody(world.session):
        assert public_outcome_counts(world.session) == {"xiuzhou": {("admonition", 2026): 1}}
    owed = [one for one in rows(world, Outbox) if one.event == "outcome"]
    assert [(one.unit_id, one.record_id) for one in owed] == [(None, None)]
    assert world.post(officer, f"/outcomes/{row.id}/revoke", {"reason": ""}).status_code == 422
    assert world.post(officer, f"/outcomes/{row.id}/revoke", {"reason": "复议撤销"}).status_code == 303
    with for_everybody(world.session):
        world.session.rollback()
        assert public_outcome_counts(world.session) == {}


def test_a_bulk_is_shown_then_sent_once_and_told_to_the_units(
    world: World, regimes: dict[str, Regime]
) -> None:
    world.at = LATER
    officer = world.client("officer")
    with Session(world.session.get_bind()) as session:
        refresh(open_county(session, "xiuzhou", None), regimes["xiuzhou"], now=world.at)
        session.commit()
    ladder = officer.get("/letters/ladder").text
    assert "示例财政局" in ladder
    items = re.findall(r'name="item" value="(cell:[^"]+:finance:[^"]+)"', ladder)
    assert len(items) == 2
    shown = world.post(officer, "/letters/preview", {"stage": "remind", "item": items})
    assert "可以发 2 份" in shown.text
    assert rows(world, Letter) == []
    assert (
        world.post(
            officer, "/letters/send", {"stage": "remind", "item": items, "do": "plan", "day": "昨天"}
        ).status_code
        == 422
    )
    sent = world.post(officer, "/letters/send", {"stage": "remind", "item": items, "do": "issue"})
    assert sent.status_code == 303
    assert [(one.kind, one.state) for one in rows(world, Letter)] == [("reminder", "issued")] * 2
    again = world.post(officer, "/letters/send", {"stage": "remind", "item": items, "do": "issue"})
    assert "已发出 0 份，2 份没有发" in again.text
    assert "不再重复发" in again.text
    assert len(rows(world, Letter)) == 2
    assert "已经发过，等待" in officer.get("/letters/ladder").text


def test_an_inquiry_is_answered_late_and_closed(world: World) -> None:
    officer, reviewer = world.client("officer"), world.client("reviewer")
    typed = {
        "unit": world.unit.slug, "kind": "inquiry", "title": "关于就账目作出说明的函询", "addressee": "示例财政局",
        "body": "请逐项说明。", "basis": "", "signed_by": "示例", "due": "2026年10月21日", "do": "issue", "uid": "a" * 22,
    }  # fmt: skip
    assert world.post(officer, "/letters/new", typed | {"due": ""}).status_code == 422
    refused = world.post(officer, "/letters/new", typed | {"signed_by": ""})
    assert refused.status_code == 422
    assert "请填写批准签发的领导" in refused.text
    assert world.post(officer, "/letters/new", typed).status_code == 303
    assert world.post(officer, "/letters/new", typed).status_code == 303  # Sent twice: one letter.
    (letter,) = rows(world, Letter)
    assert letter.number == "秀纪函〔2026〕1号"
    world.at = datetime(2026, 10, 22, 0, 30, tzinfo=UTC)
    world.session.rollback()
    officer, reviewer = world.client("officer"), world.client("reviewer")
    assert "逾期未回复" in officer.get("/letters/?state=late").text
    own = f"/asked/letters/{letter.uid}"
    known = {"revision": revision(reviewer.get(own).text)}
    assert world.post(reviewer, f"{own}/reply", known | {"reply": " "}).status_code == 422
    assert world.post(reviewer, f"{own}/reply", known | {"reply": "逐项说明如下。"}).status_code == 303
    twice = world.post(reviewer, f"{own}/reply", known | {"reply": "再说一遍"})
    assert twice.status_code == 409
    assert "再说一遍" in twice.text
    page = officer.get(f"/letters/{letter.uid}").text
    assert "逐项说明如下" in page
    assert "迟回复" in page
    done = {"do": "close", "words": "说明属实", "revision": revision(page)}
    assert world.post(officer, f"/letters/{letter.uid}/act", done).status_code == 303
    assert rows(world, Letter)[0].state == "closed"
    world.session.rollback()


def test_only_officers_act(world: World) -> None:
    for role in ("commission_admin", "editor", "intake"):
        client = world.client(role)
        assert client.get("/outcomes/").status_code == (200 if role == "commission_admin" else 403)
        world.session.rollback()
        for path in (
            "/letters/new",
            "/letters/send",
            "/letters/preview",
            "/grants/exempt",
            "/grants/extend",
            "/rectifying/new",
            "/outcomes/new",
        ):
            assert world.post(client, path, {}).status_code == 403, (role, path)


def test_what_arrives_after_the_session_ran_out_is_kept(world: World) -> None:
    officer, who = world.client("officer"), world.account("editor")
    typed = {"unit": world.unit.slug, "problem": "账目公开不全", "due": "2026年12月31日"}
    assert world.post(officer, "/rectifying/new", typed).status_code == 303
    (entry,) = rows(world, Rectification)
    own, where = world.client(account=who), f"/asked/rectifying/{entry.uid}"
    data = {
        "csrf_token": world.token(own, where),
        "revision": str(entry.revision),
        "measure": "写了很久的措施。",
    }
    world.at += timedelta(hours=20)
    late = own.post(where, data={**data, "do": "save"})
    assert late.status_code == 303
    assert "kept=1" in late.location
    world.session.rollback()  # Its reading transaction could not write after the office has.
    again = world.client(account=who)
    shown = again.get(where).text
    assert "写了很久的措施。" in shown
    assert "上次退出时没有提交的内容还在" in shown
    world.session.rollback()
    assert "写了很久的措施。" not in world.client("reviewer").get(where).text
    kept = {"measure": "写了很久的措施。", "revision": revision(shown), "do": "save"}
    assert world.post(again, where, kept).status_code == 303
    assert "上次退出时没有提交的内容还在" not in again.get(where).text
