"""A matter from its finding to its end, by the commission's pages and the unit's; in bulk; two officers at once."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.domain.rules.terms import Severity
from portal.domain.supervision.matters import Source
from portal.services import publishing
from portal.services.board.county import open_county
from portal.services.checking import SHANGHAI, Book
from portal.services.supervision import opening
from portal.store.tables import Account, Audit, Mail, Unit
from portal.web import chores_supervision
from tests.web.office.matters_world import answer, do, finding, matter_of, missing, steps, take_up
from tests.web.office.world import World, steady


@pytest.fixture
def one(world: World, regimes: dict[str, Regime]) -> str:
    """A matter of the first unit, of two findings."""
    return take_up(
        world,
        regimes,
        world.unit,
        finding(world.unit, "主要领导第二位发言"),
        finding(world.unit, "没有记录表决"),
    )[0]


def account(world: World, role: str, name: str | None = None) -> Account:
    """Return a new account; the world's reading transaction ends first, or it could not write after the office has."""
    world.session.rollback()
    return world.account(role, name=name)


def client(world: World, role: str, *, account: Account | None = None) -> FlaskClient:
    """Return a browser, likewise."""
    world.session.rollback()
    return world.client(role, account=account)


def mails(world: World) -> list[Mail]:
    with Session(world.session.get_bind(), expire_on_commit=False) as own:
        return list(own.scalars(select(Mail).order_by(Mail.id)))


def with_mail(world: World, role: str) -> FlaskClient:
    who = account(world, role)
    who.email = f"{role}@示例.example"
    world.session.commit()
    return client(world, role, account=who)


def test_a_finding_is_asked_about_explained_accepted_and_closed(
    world: World, one: str, regimes: dict[str, Regime], a_quarter: Callable[..., Any]
) -> None:
    world.session.rollback()
    draft = publishing.save_draft(
        world.session, unit=world.unit, document=a_quarter("2026Q2"), author="方示九", now=world.at
    )
    version = publishing.publish(
        world.session,
        draft,
        now=world.at,
        reason="首次公开",
        actor="林示二",
        book=Book(world.session, {}),
    )
    own = version.record.index_no
    world.session.commit()
    officer, reviewer, editor = (
        client(world, "officer"),
        client(world, "reviewer"),
        with_mail(world, "editor"),
    )
    queue = officer.get("/matters").text
    assert "示例财政局" in queue or "财政局" in queue
    assert "待处理 <span>1</span>" in queue
    assert reviewer.get("/asked").text.count("/asked/") == 0  # Not told yet.
    assert "纪委监委的监督事项" not in reviewer.get("/").text

    done = do(world, officer, one, "ask", words="请说明表决和发言的情况。")
    assert done.status_code == 303
    matter = matter_of(world, one)
    assert (matter.state, matter.due) == ("asked", date(2026, 11, 3))  # Ten working days.
    (mail,) = mails(world)
    assert mail.recipient == "editor@示例.example"
    assert "发言" not in mail.subject + mail.body
    assert f"/asked/{one}" in mail.body
    home = editor.get("/").text
    assert "1 件待说明" in home
    assert "2026年11月3日" in home
    asked = editor.get(f"/asked/{one}").text
    assert "请说明表决和发言的情况。" in asked
    assert "主要领导第二位发言" in asked
    assert "纪委监委" in asked
    assert "郑示五" not in asked

    refused = answer(world, editor, one, "当时记录不全。", "没有这个索引号")
    assert refused.status_code == 422
    assert "没有索引号为“没有这个索引号”的记录" in refused.text
    assert "当时记录不全。" in refused.text
    assert answer(world, editor, one, "当时记录不全，已经补正。", own).status_code == 303
    assert matter_of(world, one).state == "explained"
    page = officer.get(f"/matters/{one}").text
    assert "当时记录不全，已经补正。" in page
    assert f">{own}</a>" in page
    assert "http://public.example/xiuzhou/" in page

    assert do(world, officer, one, "accept", words="理由成立。").status_code == 303
    assert do(world, officer, one, "note", words="内部备忘，不外传").status_code == 303
    assert do(world, officer, one, "close", words="已补正。", closed_as="explained").status_code == 303
    assert [event for event, _, _ in steps(world, one)] == [
        "opened",
        "asked",
        "answered",
        "accepted",
        "noted",
        "closed",
    ]
    told = editor.get(f"/asked/{one}").text
    assert "理由成立。" in told
    assert "内部备忘" not in told
    assert "已经办结" in editor.get("/asked").text
    with Session(world.session.get_bind()) as session:
        entered = session.scalars(select(Audit.action).order_by(Audit.id)).all()
    assert entered == ["matter.told", "matter.asked", "matter.accepted", "matter.noted", "matter.closed"]


def test_rectification_return_and_reopening(world: World, one: str) -> None:
    officer, editor = client(world, "officer"), client(world, "editor")
    do(world, officer, one, "ask", words="请说明。")
    answer(world, editor, one, "不清楚。")
    assert do(world, officer, one, "send_back", words="请补充日期。", due="2026年11月10日").status_code == 303
    assert "请补充日期。" in editor.get(f"/asked/{one}").text
    answer(world, editor, one, "10月8日。")
    assert do(world, officer, one, "rectify", words="请补正记录。", due="2026年12月1日").status_code == 303
    assert matter_of(world, one).state == "rectifying"
    assert "请补正记录。" in editor.get(f"/asked/{one}").text
    assert "整改台账" in officer.get(f"/matters/{one}").text
    assert "请补正记录。" in officer.get("/rectifying/").text
    wrong = answer(world, editor, one, "还要再说。")
    assert wrong.status_code in (409, 422)
    assert do(world, officer, one, "close", words="整改到位。", closed_as="rectified").status_code == 303
    assert do(world, officer, one, "reopen", words="又有反映。").status_code == 303
    assert matter_of(world, one).state == "new"


def test_what_cannot_be_done_is_said_and_what_was_typed_stays(world: World, one: str) -> None:
    officer = client(world, "officer")
    before = steps(world, one)
    for deed, values, told in (
        ("ask", {"words": "请说明", "due": "二月三十"}, "不是可识别的日期"),
        ("ask", {"words": "请说明", "due": "2026年10月19日"}, "早于今天"),
        ("ask", {"words": " "}, "请写明要求单位说明什么"),
        ("rectify", {"words": "请整改"}, "请填写期限"),
        ("close", {"words": "不是问题"}, "请选择办结方式"),
        ("accept", {"words": "成立"}, "不能直接转为"),
        ("assign", {"owner": "987654"}, "请从名单中选择"),
    ):  # fmt: skip
        refused = do(world, officer, one, deed, **values)
        assert refused.status_code == 422, deed
        assert told in refused.text, deed
        assert values.get("words", "").strip() in refused.text, deed
    assert steps(world, one) == before
    assert matter_of(world, one).state == "new"


def test_two_officers_at_once_the_second_sees_what_the_first_did(world: World, one: str) -> None:
    first, second = (
        client(world, "officer"),
        client(world, "officer", account=account(world, "officer", "钱示六")),
    )
    revision = matter_of(world, one).revision
    do(world, first, one, "ask", words="请说明发言顺序。")
    late = world.post(
        second, f"/matters/{one}",
        {"deed": "rectify", "revision": str(revision), "seen": "1", "words": "请立即整改记录。", "due": "2026年12月1日"},
    )  # fmt: skip
    assert late.status_code == 409
    assert "刚刚被其他人办理过" in late.text
    assert "请说明发言顺序。" in late.text.split("所列问题")[0]
    assert "请立即整改记录。" in late.text
    assert matter_of(world, one).state == "asked"
    # An explanation typed while the commission did something else is not lost either.
    editor = client(world, "editor")
    do(world, first, one, "due", due="2026年12月8日")
    stale = answer(world, editor, one, "我们的说明。", seen="1")
    assert stale.status_code == 409
    assert "我们的说明。" in stale.text
    assert matter_of(world, one).state == "asked"


def test_of_two_posts_at_the_same_moment_one_is_done_and_the_other_told(world: World, one: str) -> None:
    browsers = [client(world, "officer"), client(world, "officer")]
    revision, tokens = str(matter_of(world, one).revision), [world.token(each) for each in browsers]

    def post(number: int) -> int:
        data = {
            "csrf_token": tokens[number],
            "deed": "ask",
            "revision": revision,
            "seen": "1",
            "words": "请说明。",
        }
        return browsers[number].post(f"/matters/{one}", data=data).status_code

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(post, range(2))) == [303, 409]
    assert [event for event, _, _ in steps(world, one)] == ["opened", "asked"]


def test_a_unit_sees_nothing_of_what_it_was_not_told_or_what_is_anothers(
    world: World, one: str, regimes: dict[str, Regime]
) -> None:
    (foreign,) = take_up(world, regimes, world.other, finding(world.other, "外人乙的会议"))
    officer, editor = client(world, "officer"), client(world, "editor")
    do(world, officer, foreign, "ask", words="外人乙请说明。")
    do(world, officer, one, "assign", owner=str(account(world, "officer").id))

    def seen(uid: str, method: str) -> tuple[int, str]:
        token = {"csrf_token": world.token(editor), "words": "说明", "seen": "1"}
        got = editor.get(f"/asked/{uid}") if method == "GET" else editor.post(f"/asked/{uid}", data=token)
        return got.status_code, steady(got.text.replace(uid, ""))

    for method in ("GET", "POST"):
        nothing = seen("A" * 22, method)
        assert nothing[0] == 404
        assert seen(one, method) == nothing  # Not told of.
        assert seen(foreign, method) == nothing
    assert "外人乙" not in editor.get("/asked").text
    assert editor.get("/matters").status_code == 403
    assert officer.get("/asked").status_code == 403
    assert client(world, "officer").get(f"/matters/{'A' * 22}").status_code == 404
    admin = client(world, "commission_admin")
    assert admin.get(f"/matters/{one}").status_code == 200  # Reads, and has no forms.
    assert 'name="deed"' not in admin.get(f"/matters/{one}").text
    assert do(world, admin, one, "note", words="x").status_code == 403
    assert client(world, "unit_admin").get(f"/asked/{one}").status_code == 404


def test_what_a_filing_hit_is_never_told(world: World) -> None:
    with Session(world.session.get_bind()) as own:
        board = open_county(own, "xiuzhou", None)
        made = opening.open_matter(
            board, own.get_one(Unit, world.unit.id), source=Source.RELATION, cause="示例索引-7", title="供应商与报备有关联",
            severity=Severity.RED, items=[opening.NewItem(fingerprint="甲", seen="命中")], now=world.at,
        )  # fmt: skip
        uid = made.uid
        own.commit()
    officer, editor = client(world, "officer"), client(world, "editor")
    for deed in ("ask", "rectify"):
        refused = do(world, officer, uid, deed, words="请说明", due="2026年12月1日")
        assert refused.status_code == 422
        assert "不能告知单位" in refused.text
    assert matter_of(world, uid).told_at is None
    assert 'value="ask"' not in officer.get(f"/matters/{uid}").text
    assert editor.get(f"/asked/{uid}").status_code == 404


def test_bulk_does_each_wholly_or_not_at_all_and_tells_of_each(
    world: World, one: str, regimes: dict[str, Regime]
) -> None:
    uids = [
        one,
        *take_up(
            world, regimes, world.other, missing(world.other), finding(world.other, "附件缺失", rule="FIN-01")
        ),
    ]
    officer = client(world, "officer")
    picks = [f"{uid}:{matter_of(world, uid).revision}" for uid in uids]
    do(world, officer, one, "note", words="先看过")  # Moved on since the page was opened.
    told = world.post(officer, "/matters/bulk", {"pick": picks, "deed": "ask", "ask_words": "请说明情况。"})
    assert told.status_code == 200
    assert "办成 2 件" in told.text
    assert "没有办 1 件" in told.text
    assert "刚刚被其他人办理过" in told.text
    assert [matter_of(world, uid).state for uid in uids] == ["new", "asked", "asked"]
    picks = [f"{uid}:{matter_of(world, uid).revision}" for uid in uids]
    again = world.post(officer, "/matters/bulk", {"pick": picks, "deed": "ask", "ask_words": "请再说明。"})
    assert "办成 1 件" in again.text
    assert [len([each for each in steps(world, uid) if each[0] == "asked"]) for uid in uids] == [1, 1, 1]
    mine = account(world, "officer", "孙示七")
    picks = [f"{uid}:{matter_of(world, uid).revision}" for uid in uids]
    world.post(officer, "/matters/bulk", {"pick": picks, "deed": "assign", "owner": str(mine.id)})
    picks = [f"{uid}:{matter_of(world, uid).revision}" for uid in uids]
    world.post(officer, "/matters/bulk", {"pick": picks, "deed": "due", "new_due": "2026年12月25日"})
    assert {matter_of(world, uid).due for uid in uids} == {date(2026, 12, 25)}
    assert "共 3 件" in client(world, "officer", account=mine).get("/matters?owner=me").text
    picks = [f"{uid}:{matter_of(world, uid).revision}" for uid in uids]
    world.post(officer, "/matters/bulk", {"pick": picks, "deed": "dismiss", "dismiss_words": "重复。"})
    assert {matter_of(world, uid).closed_as for uid in uids} == {"dismissed"}


def test_bulk_without_anything_ticked_or_with_a_wrong_day_keeps_what_was_typed(
    world: World, one: str
) -> None:
    officer = client(world, "officer")
    nothing = world.post(officer, "/matters/bulk", {"deed": "ask", "ask_words": "请说明这件事。"})
    assert nothing.status_code == 422
    assert "请说明这件事。" in nothing.text
    for deed, words, said in (
        ("ask", "", "请写明要求单位说明什么"),
        ("dismiss", "由" * 4001, "最多 4000 字"),
    ):
        refused = world.post(
            officer, "/matters/bulk", {"pick": [f"{one}:1"], "deed": deed, f"{deed}_words": words}
        )
        assert refused.status_code == 422
        assert said in refused.text
        assert words in refused.text
        assert f'value="{one}:1" checked' in refused.text
    wrong = world.post(officer, "/matters/bulk", {"pick": [f"{one}:1"], "deed": "due", "new_due": "下周"})
    assert wrong.status_code == 422
    assert 'value="下周"' in wrong.text
    assert 'id="bulk-due-due" aria-invalid="true" aria-describedby="bulk-due-due-err"' in wrong.text
    assert '<p class="err" id="bulk-due-due-err">' in wrong.text
    assert f'value="{one}:1" checked' in wrong.text


def test_the_queue_narrows_sorts_and_exports(world: World, one: str, regimes: dict[str, Regime]) -> None:
    duty, rule = take_up(
        world,
        regimes,
        world.other,
        missing(world.other),
        finding(world.other, "=1+1", rule="FIN-01", severity="yellow"),
    )
    officer = client(world, "officer")
    do(world, officer, duty, "ask", words="请说明。")
    world.at += timedelta(days=30)
    officer = client(world, "officer")
    for address, count in (
        ("", 3), ("?source=rule", 2), ("?source=duty", 1), ("?cause=rule:DEC-01", 1), ("?unit=" + world.other.slug, 2),
        ("?type=township", 0), ("?owner=none", 3), ("?owner=me", 0), ("?overdue=1", 1), ("?period=2026年第二季度", 1),
        ("?period=2026Q2", 1), ("?period=2025", 0), ("?state=asked", 1), ("?state=closed", 0), ("?state=", 3),
        ("?state=nonsense&sort=nonsense&page=99", 3), ("?period=%25", 0),
    ):  # fmt: skip
        assert f"共 {count} 件" in officer.get(f"/matters{address}").text, address
    text = officer.get("/matters").text
    assert text.index(duty) < text.index(one) < text.index(rule)  # Overdue, then grave, then the rest.
    assert "逾期未说明" in text
    by_unit = officer.get("/matters?sort=unit").text
    assert by_unit.index(one) < by_unit.index(duty)
    sent = officer.get("/matters.csv?source=rule")
    assert sent.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(sent.data.decode("utf-8-sig"))))
    assert [row["最近一项"] for row in rows] == ["没有记录表决", "'=1+1"] or [
        row["最近一项"] for row in rows
    ][1] == "'=1+1"
    book = openpyxl.load_workbook(io.BytesIO(officer.get("/matters.xlsx").data))
    sheet = book["监督事项"]
    assert sheet.max_row == 4
    assert sheet["L4"].value == "=1+1"
    assert sheet["L4"].data_type == "s"


def test_an_officer_enters_a_matter_by_hand(world: World, one: str) -> None:
    officer = client(world, "officer")
    values = {
        "unit": world.unit.slug,
        "title": "食堂采购没有集体研究",
        "severity": "red",
        "seen": "巡察时发现。",
        "ref": "别的",
    }
    refused = world.post(officer, "/matters/new", values)
    assert refused.status_code == 422
    assert "食堂采购没有集体研究" in refused.text
    made = world.post(officer, "/matters/new", {**values, "ref": ""}, follow_redirects=True)
    assert "人工登记" in made.text
    assert "巡察时发现。" in made.text
    assert "共 2 件" in officer.get("/matters").text


def test_a_unit_that_has_ended_is_asked_nothing(world: World, one: str) -> None:
    world.session.rollback()
    world.unit.abolished_on = world.at.date()
    world.session.commit()
    refused = do(world, client(world, "officer"), one, "ask", words="请说明表决的情况。")
    assert refused.status_code == 422
    assert "单位已经撤销，不再发文。" in refused.text
    assert "请说明表决的情况。" in refused.text
    assert matter_of(world, one).told_at is None


def test_an_answer_that_arrives_after_the_session_ran_out_is_kept(world: World, one: str) -> None:
    officer = client(world, "officer")
    who = account(world, "editor")
    editor = client(world, "editor", account=who)
    do(world, officer, one, "ask", words="请说明。")
    token = world.token(editor, f"/asked/{one}")
    world.at += timedelta(hours=20)
    late = editor.post(
        f"/asked/{one}", data={"csrf_token": token, "words": "写了很久的说明。", "refs": "", "seen": "1"}
    )
    assert late.status_code == 303
    assert "kept=1" in late.location
    assert "asked" in late.location
    page = client(world, "editor", account=who).get(f"/asked/{one}").text
    assert "写了很久的说明。" in page
    assert "写了很久的说明。" not in client(world, "reviewer").get(f"/asked/{one}").text


def test_the_home_says_what_waits_and_what_was_done_about_the_last_quarter(
    world: World, regimes: dict[str, Regime]
) -> None:
    world.at = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
    unit, other = world.unit, world.other
    (asked,) = take_up(world, regimes, unit, missing(unit), missing(unit, "2026Q3"))
    (mended,) = take_up(world, regimes, other, missing(other))
    officer, editor = client(world, "officer"), client(world, "editor")
    untouched = officer.get("/commission/").text
    assert "文书，单位已经回复" not in untouched
    assert re.search(r"其中还没有处理 2</a>", untouched)
    assert "没有发过" in untouched

    chosen = officer.get(f"/letters/new?matter={asked}").text  # What it is about goes on to the next page.
    assert f'name="matter" value="{asked}"' in chosen
    assert f"发给{unit.name}" in chosen
    assert "请选择文书种类。" in officer.get(f"/letters/new?matter={asked}&kind=").text
    drafted = officer.get(f"/letters/new?matter={asked}&kind=inquiry").text
    assert "未按期公开问题作出说明的函询" in drafted
    assert "FIN-06" not in drafted  # A rule's number is this platform's own: a letter quotes the source.
    form = {"matter": asked, "kind": "inquiry", "title": "示例函询", "addressee": "示例财政局", "body": "请说明。",
            "due": "2026年12月1日", "signed_by": "示例", "do": "issue"}  # fmt: skip
    letter = world.post(officer, "/letters/new", form).location
    do(world, officer, mended, "rectify", words="请补充公开。", due="2026年12月1日")
    received = letter.replace("/letters/", "/asked/letters/")
    seen = re.search(r'name="revision" value="(\d+)"', editor.get(received).text)
    world.post(editor, f"{received}/reply", {"reply": "已经补充。", "revision": seen[1] if seen else ""})
    text = officer.get("/commission/").text
    assert "1 份文书，单位已经回复，等候办理" in text
    before = text[text.index('id="before"') :]
    before = before[: before.index("</section>")]
    assert "2026年第二季度" in before
    links = re.findall(r'href="([^"]+)">[^<]*? (\d+)(?: [件份项])?</a>', before)
    assert {one.partition("?")[0] for one, _ in links} == {"/matters", "/letters/", "/rectifying/"}
    for address, count in links:
        found = officer.get(html.unescape(address)).text
        assert re.search(rf"(共|筛选出) (<span class=\"nw\">)?{count} [件份项个]", found), address
    assert "示例函询" in officer.get("/letters/?period=2026Q2").text
    assert "示例函询" not in officer.get("/letters/?period=2025Q4").text

    world.at = datetime(2026, 12, 3, 1, 0, tzinfo=UTC)  # The day of the rectification is past.
    assert "1 项整改逾期没有销号" in client(world, "officer").get("/commission/").text


def test_officers_hear_that_a_unit_has_answered_and_of_nothing_else(
    world: World, regimes: dict[str, Regime], one: str
) -> None:
    officer, editor = with_mail(world, "officer"), client(world, "editor")
    second = account(world, "officer", name="吴示六")
    second.email = "second@示例.example"
    world.session.commit()
    engine = world.session.get_bind()

    def told(at: datetime) -> list[str]:
        before = {each.id for each in mails(world)}
        address = "http://office.example"
        chores_supervision.tell_of_answers(engine, regimes, now=at, address=address)  # type: ignore[arg-type] # an engine.
        return [each.recipient for each in mails(world) if each.id not in before]

    do(world, officer, one, "ask", words="请说明发言顺序。")
    assert told(world.at) == []
    answer(world, editor, one, "会议记录有误。")
    monday = world.at.astimezone(SHANGHAI) + timedelta(hours=1)
    assert told(monday.replace(hour=7)) == []  # Nobody is woken,
    assert told(datetime(2026, 10, 25, 2, 0, tzinfo=UTC)) == []  # nor on a Sunday.
    assert told(monday) == ["officer@示例.example"]  # Whoever asked, as nobody is in charge.
    assert told(monday + timedelta(hours=1)) == []
    letter = mails(world)[-1]
    assert "说明 1 件" in letter.body
    for word in ("发言", "会议", world.unit.name, one):
        assert word not in letter.subject + letter.body

    do(world, officer, one, "send_back", words="请补充。", due="2026年11月10日")
    do(world, officer, one, "assign", owner=str(second.id))
    world.at += timedelta(hours=26)
    officer, editor = client(world, "officer"), client(world, "editor")
    answer(world, editor, one, "已补充。")
    assert told(world.at + timedelta(hours=1)) == ["second@示例.example"]
    do(world, officer, one, "accept", words="成立。")
    assert told(world.at + timedelta(hours=3)) == []


def test_what_is_found_after_the_unit_was_asked_is_marked_and_not_asked(
    world: World, regimes: dict[str, Regime], one: str
) -> None:
    officer, editor = client(world, "officer"), client(world, "editor")
    do(world, officer, one, "ask", words="请说明。")
    assert "问询后新发现" not in editor.get(f"/asked/{one}").text
    found = [finding(world.unit, mark) for mark in ("主要领导第二位发言", "没有记录表决", "没有写明回避")]
    take_up(world, regimes, world.unit, *found)
    mark = '没有写明回避<span class="tag">问询后新发现</span>'
    for text in (editor.get(f"/asked/{one}").text, officer.get(f"/matters/{one}").text):
        assert mark in text
        assert text.count('<span class="tag">问询后新发现') == 1
        assert "不算逾期" in text
    assert matter_of(world, one).due == date(2026, 11, 3)  # As it was asked.
    answer(world, editor, one, "已经核实。")
    do(world, officer, one, "send_back", words="新发现的也请说明。", due="2026年11月10日")
    assert "问询后新发现" not in editor.get(f"/asked/{one}").text
