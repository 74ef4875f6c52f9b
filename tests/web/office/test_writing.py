"""The form of a disclosure over HTTP: begun, saved, mended, merged, submitted; nothing typed is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal.domain.documents.base import kinds
from portal.domain.documents.finance import FinanceDisclosure
from portal.exchange.forms import MAX_CHARACTERS, entries_of, pieces
from portal.services import publishing
from portal.services.checking import Book
from portal.services.desk import writing
from portal.services.desk.rooms import Room
from portal.store.tables import Draft, DraftCopy, Step, Version
from tests.conftest import shipped
from tests.web.office.world import World


def begin(world: World, client: FlaskClient, kind: str = "finance", **more: str) -> str:
    answer = world.post(client, f"/drafts/new/{kind}", {"how": "blank", "period": "2026Q3", **more})
    assert answer.status_code == 303, answer.text
    return answer.location.rsplit("/", 1)[-1]


def save(
    world: World, client: FlaskClient, uid: str, data: dict[str, str], tail: str = "", **more: Any
) -> TestResponse:
    return world.post(client, f"/drafts/{uid}{tail}", {"revision": "1", "period": "2026Q3", **data}, **more)


def draft(world: World, uid: str) -> Draft:
    world.session.rollback()
    found = world.session.scalar(select(Draft).where(Draft.uid == uid))
    assert found
    world.session.refresh(found)
    return found


def typed(world: World, uid: str) -> dict[str, str]:
    return json.loads(draft(world, uid).entries or "{}")


def copies(world: World) -> list[DraftCopy]:
    world.session.rollback()
    return list(world.session.scalars(select(DraftCopy).order_by(DraftCopy.id)))


class Page(HTMLParser):
    """Every element with its attributes, and where texts of scripts would be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_a_form_is_begun_once_however_often_the_button_is_pressed(world: World) -> None:
    editor = world.client("editor")

    assert begin(world, editor) == begin(world, editor)

    assert world.session.scalar(select(func.count()).select_from(Draft)) == 1


def test_looking_at_the_ways_to_begin_begins_nothing(world: World) -> None:
    editor = world.client("editor")

    for address in ("/drafts/new/finance", "/drafts/new/finance?period=2026Q1", "/drafts/new/decision"):
        assert editor.get(address).status_code == 200
    assert "不是可识别的所属期" not in editor.get("/drafts/new/finance?period=x").text
    assert editor.get("/drafts/new/nonsense").status_code == 404
    assert world.session.scalar(select(func.count()).select_from(Draft)) == 0


def test_a_passed_deadline_is_told_and_bars_nothing(world: World) -> None:
    editor = world.client("editor")

    shown = editor.get("/drafts/new/finance?period=2026Q1").text

    assert re.search(r"已过期 \d+ 个工作日", shown)
    assert "仍可提交，公开后将标为迟公开" in shown
    assert "仍可提交" in editor.get(f"/drafts/{begin(world, editor, period='2026Q1')}").text


def test_no_way_chosen_a_wrong_period_and_a_nil_return_without_reason_are_told_beside_what_was_typed(
    world: World,
) -> None:
    editor = world.client("editor")

    answer = world.post(editor, "/drafts/new/finance", {"how": "nil", "period": "前年", "nil_reason": " "})

    assert answer.status_code == 422
    assert 'value="前年"' in answer.text
    assert "请写明本期为什么没有发生额" in answer.text
    assert world.post(editor, "/drafts/new/finance", {"period": "2026Q3"}).status_code == 422


def test_a_nil_return_is_a_document_at_once(world: World) -> None:
    editor = world.client("editor")

    uid = begin(world, editor, how="nil", nil_reason="本季没有收支")

    document = publishing.draft_document(draft(world, uid))
    assert isinstance(document, FinanceDisclosure)
    assert (document.nil, document.nil_reason, document.period) == (True, "本季没有收支", "2026Q3")


def published(world: World, document: Any) -> Version:
    made = publishing.save_draft(world.session, unit=world.unit, document=document, author="甲", now=world.at)
    version = publishing.publish(
        world.session, made, book=Book(world.session, shipped()), reason="首次公开", actor="乙",
        now=world.at + timedelta(seconds=1),
    )  # fmt: skip
    world.session.commit()
    return version


def test_the_last_quarter_is_taken_over_without_its_amounts(
    world: World, a_quarter: Callable[..., Any]
) -> None:
    published(world, a_quarter("2026Q2", legal_basis="条例第二十条", explanation="上季的话"))
    editor = world.client("editor")
    assert "沿用2026年第二季度" in editor.get("/drafts/new/finance?period=2026Q3").text

    uid = begin(world, editor, how="copy")

    found = typed(world, uid)
    assert found["expense-0-item"] == "办公费"
    assert found["period"] == "2026年第三季度"
    assert found["legal_basis"] == "条例第二十条"
    assert "123" not in json.dumps(found)
    assert "上季的话" not in json.dumps(found, ensure_ascii=False)


def test_what_is_public_already_is_corrected_not_begun_again(
    world: World, a_quarter: Callable[..., Any]
) -> None:
    version = published(world, a_quarter("2026Q3"))
    editor = world.client("editor")

    refused = world.post(editor, "/drafts/new/finance", {"how": "blank", "period": "2026Q3"})
    assert refused.status_code == 422
    assert "已经公开" in refused.text
    uids = [begin(world, editor, record="2026Q3") for _ in range(2)]

    assert uids[0] == uids[1]
    made = draft(world, uids[0])
    assert made.record_id == version.record_id
    assert publishing.draft_document(made) == a_quarter("2026Q3", index_no=version.record.index_no)
    shown = editor.get(f"/drafts/{uids[0]}").text
    assert "更正原因" in shown
    save(world, editor, uids[0], {**typed(world, uids[0]), "correction_reason": "漏记一笔"})
    assert draft(world, uids[0]).reason == "漏记一笔"
    assert world.post(editor, "/drafts/new/finance", {"record": "2020Q1"}).status_code == 404


def test_wrong_entries_are_saved_as_typed_and_told_above_and_beside(world: World) -> None:
    editor = world.client("editor")
    uid = begin(world, editor)

    answer = save(
        world,
        editor,
        uid,
        {"expense-0-item": "办公费", "expense-0-amount": "十二元", "opened_on": "2026-02-30"},
    )

    assert answer.status_code == 303
    assert typed(world, uid)["expense-0-amount"] == "十二元"
    assert draft(world, uid).content is None
    shown = editor.get(answer.location).text
    ids = {one.get("id") for _, one in Page(shown).found}
    links = [
        one["href"]
        for tag, one in Page(shown).found
        if tag == "a" and (one.get("href") or "").startswith("#f-")
    ]
    assert links == ["#f-expense-0-amount", "#f-opened_on"]
    assert {one[1:] for one in links if one} <= ids
    assert 'value="十二元"' in shown
    assert "支出明细第 1 行·本期金额：“十二元”不是可识别的金额" in shown
    assert "2 处待改" in shown


@pytest.mark.parametrize("code", list(kinds()))
def test_every_input_of_every_kind_is_labelled_described_and_escaped(world: World, code: str) -> None:
    editor = world.client("editor")
    uid = begin(world, editor, code)
    model = kinds()[code]
    evil = "\"><script>alert('x')</script>{{ 7*7 }}"
    known = pieces(model)
    names = [
        *known.fields,
        *(f"{t.name}-{n}-{c.path[0]}" for t in known.tables.values() for c in t.fields for n in (0, 1)),
    ]

    answer = world.post(editor, f"/drafts/{uid}", {"revision": "1", **dict.fromkeys(names, evil)})
    shown = editor.get(answer.location).text

    page = Page(shown)
    assert [one.get("src") for tag, one in page.found if tag == "script"] == ["/assets/desk.js"]
    ids = [one["id"] for _, one in page.found if one.get("id")]
    inputs = {
        one["name"]: one
        for tag, one in page.found
        if tag in ("input", "select", "textarea") and one.get("id")
    }
    labels = {one.get("for") for tag, one in page.found if tag == "label"}
    for name in names:
        one = inputs[name]
        assert one["id"] in labels
        for described in (one["aria-describedby"] or "").split():
            assert described in ids
        assert one.get("value", evil) == evil
    assert len(ids) == len(set(ids))
    assert not [one for _, one in page.found for name in one if name.startswith("on") or name == "style"]
    autosaved = save(
        world, editor, uid, dict.fromkeys(names, evil), "/autosave", headers={"Accept": "application/json"}
    )
    assert autosaved.status_code == 200 or autosaved.status_code == 409
    assert autosaved.mimetype == "application/json"


def test_nothing_but_the_declared_inputs_can_be_set(world: World) -> None:
    editor = world.client("editor")
    uid = begin(world, editor)
    before = draft(world, uid)
    kept = (before.id, before.unit_id, before.record_id, before.kind, before.state, before.created_at)

    save(world, editor, uid, {
        "id": "99", "unit_id": str(world.other.id), "record_id": "1", "kind": "tender", "state": "approved",
        "author": "冒名", "approved_by_id": "1", "publish_at": "2026-01-01", "expense-0-id": "1", "uid": "x",
    })  # fmt: skip

    after = draft(world, uid)
    assert (after.id, after.unit_id, after.record_id, after.kind, after.state, after.created_at) == kept
    assert (after.author, after.approved_by_id, after.publish_at) == ("方示九", None, None)
    assert set(typed(world, uid)) == {"period"}


def test_rows_come_and_go_by_buttons(world: World) -> None:
    editor = world.client("editor")
    uid = begin(world, editor)
    rows = {"expense-0-item": "甲", "expense-1-item": "乙"}

    added = save(world, editor, uid, {**rows, "do": "add:expense"})
    assert added.location.endswith("#f-expense-2")
    assert 'name="expense-2-item"' in editor.get(added.location).text
    inserted = save(world, editor, uid, {**rows, "do": "insert:expense:1", "revision": "2"})
    assert inserted.location.endswith("#f-expense-1")
    found = typed(world, uid)
    assert (found["expense-0-item"], found["expense-1-item"], found["expense-2-item"]) == ("甲", "", "乙")
    save(world, editor, uid, {**rows, "do": "remove:expense:0", "revision": "3"})
    assert typed(world, uid)["expense-0-item"] == "乙"
    for odd in (
        "remove:expense:x",
        "remove:nothing:0",
        "insert:expense",
        "add:",
        "add:__class__",
        "remove:expense:99999",
    ):
        assert (
            save(
                world, editor, uid, {**rows, "do": odd, "revision": str(draft(world, uid).revision)}
            ).status_code
            == 303
        )


def test_cells_of_a_spreadsheet_are_pasted_behind_the_rows(world: World) -> None:
    editor = world.client("editor")
    uid = begin(world, editor)

    answer = save(world, editor, uid, {
        "expense-0-item": "甲", "expense-0-amount": "1",
        "paste:expense": "项目\t本期金额（万元）\r\n办公费\t1,286.50\r\n差旅费\t二\r\n合计\t1288.5\r\n",
    })  # fmt: skip

    found = typed(world, uid)
    assert (found["expense-1-item"], found["expense-1-amount"]) == ("办公费", "12865000.00")
    assert found["expense-2-amount"] == "二"
    shown = editor.get(answer.location).text
    assert "已粘贴 2 行" in shown
    assert "合计行" in shown


def test_two_people_write_one_draft_and_choose_field_by_field(world: World) -> None:
    fang, lin = world.client("editor"), world.client("editor", account=world.account("editor", name="林示二"))
    uid = begin(world, fang)
    save(world, lin, uid, {"explanation": "林的说明", "unit_head": "林写的", "feedback": "同样"})

    answer = save(world, fang, uid, {"explanation": "方的<说明>", "unit_head": "方写的", "feedback": "同样"})

    assert answer.status_code == 409
    for word in ("方的&lt;说明&gt;", "林的说明", "方写的", "林写的", "您填写的", "对方已保存的"):
        assert word in answer.text
    assert "同样" not in answer.text
    (copy,) = copies(world)
    merged = world.post(fang, f"/drafts/{uid}/copies/{copy.id}", {
        "revision": "2", "take": "some", "pick:explanation": "mine", "pick:unit_head": "theirs",
    })  # fmt: skip
    assert merged.status_code == 303
    found = typed(world, uid)
    assert (found["explanation"], found["unit_head"], found["feedback"]) == ("方的<说明>", "林写的", "同样")
    assert ["conflict" in one.why for one in copies(world)] == [False, False]  # Decided on; both still there.
    assert "林的说明" in copies(world)[1].entries
    assert "没有并入" not in fang.get(f"/drafts/{uid}").text
    assert fang.get(f"/drafts/{uid}/copies").text.count("/copies/") == 2


def test_a_choice_that_is_itself_outrun_is_asked_again(world: World) -> None:
    fang, lin = world.client("editor"), world.client("editor")
    uid = begin(world, fang)
    save(world, lin, uid, {"explanation": "一"})
    save(world, fang, uid, {"explanation": "二"})
    save(world, lin, uid, {"explanation": "三", "revision": "2"})

    answer = world.post(
        fang, f"/drafts/{uid}/copies/{copies(world)[0].id}", {"revision": "2", "take": "mine"}
    )

    assert answer.status_code == 409
    assert typed(world, uid)["explanation"] == "三"
    assert [json.loads(one.entries)["explanation"] for one in copies(world)] == ["二", "二"]


def test_autosave_answers_with_revision_and_what_is_wrong_and_leaves_one_step(world: World) -> None:
    editor = world.client("editor")
    uid = begin(world, editor)
    json_only = {"headers": {"Accept": "application/json"}}

    for number in range(1, 6):
        said = save(
            world,
            editor,
            uid,
            {"opened_on": f"{number} 月", "revision": str(number)},
            "/autosave",
            **json_only,
        )
        assert said.status_code == 200
        assert said.json
        assert said.json["revision"] == number + 1
    assert said.json["saved_at"] == "12:00"
    assert said.json["seconds"] > 3000
    assert [one["name"] for one in said.json["problems"]] == ["opened_on"]
    assert said.json["count"] == 1
    events = list(world.session.scalars(select(Step.event).where(Step.draft_uid == uid).order_by(Step.id)))
    assert events == ["created", "changed"]
    stale = save(world, editor, uid, {"opened_on": "旧页", "revision": "2"}, "/autosave", **json_only)
    assert stale.status_code == 409
    assert stale.json
    assert "已另外保存" in stale.json["error"]
    assert editor.get(stale.json["url"]).status_code == 200
    assert "旧页" in copies(world)[0].entries


def test_what_arrives_after_the_session_ran_out_is_kept_and_found_again(world: World) -> None:
    account = world.account("editor")
    editor = world.client("editor", account=account)
    uid = begin(world, editor)
    token = world.token(editor)
    world.at += timedelta(hours=2)

    answer = editor.post(
        f"/drafts/{uid}",
        data={"csrf_token": token, "revision": "1", "period": "2026Q3", "explanation": "写了很久"},
    )

    assert answer.status_code == 303
    assert "sign-in" in answer.location
    assert "写了很久" not in (draft(world, uid).entries or "")
    assert [(one.why, one.author) for one in copies(world)] == [("expired", "方示九")]
    again = world.client("editor", account=account)
    shown = again.get(f"/drafts/{uid}").text
    assert "登录过期后提交" in shown
    assert "写了很久" in again.get(re.search(r'href="(/drafts/[^"]+/copies/\d+)"', shown)[1]).text  # type: ignore[index]


def test_what_is_typed_into_a_draft_that_was_thrown_away_meanwhile_becomes_a_new_one(world: World) -> None:
    fang, lin = world.client("editor"), world.client("editor")
    uid = begin(world, fang)
    assert world.post(lin, f"/drafts/{uid}/discard", {"revision": "1"}).status_code == 303

    answer = save(world, fang, uid, {"explanation": "白写了吗"})

    assert answer.status_code == 303
    shown = fang.get(answer.location)
    assert "白写了吗" in shown.text
    made = world.post(fang, answer.location, {})
    assert made.status_code == 303
    assert typed(world, made.location.rsplit("/", 1)[-1])["explanation"] == "白写了吗"


def test_what_belongs_to_another_unit_is_not_there_and_nothing_is_kept_of_it(world: World) -> None:
    uid = begin(world, world.client("editor"))
    stranger = world.client("editor", unit=world.other)

    for tail in ("", "/autosave", "/submit", "/discard", "/copies/1"):
        assert save(world, stranger, uid, {"explanation": "侵入"}, tail).status_code == 404
    for tail in ("", "/discard", "/copies", "/copies/1"):
        assert stranger.get(f"/drafts/{uid}{tail}").status_code == 404
    assert copies(world) == []
    assert "侵入" not in (draft(world, uid).entries or "")


def test_without_the_token_nothing_is_saved(world: World) -> None:
    editor = world.client("editor")
    uid = begin(world, editor)

    for tail in ("", "/autosave", "/submit", "/discard"):
        assert (
            editor.post(f"/drafts/{uid}{tail}", data={"revision": "1", "explanation": "伪造"}).status_code
            == 400
        )
    assert draft(world, uid).revision == 1


def test_more_than_a_form_holds_is_refused_in_chinese(world: World) -> None:
    editor = world.client("editor")
    uid = begin(world, editor)

    answer = save(world, editor, uid, {"explanation": "a" * (MAX_CHARACTERS + 1)})

    assert answer.status_code == 413
    assert "超过一份公开内容的上限" in answer.text
    assert draft(world, uid).revision == 1


def test_a_draft_with_errors_is_not_submitted_and_what_was_typed_is_saved(world: World) -> None:
    editor = world.client("editor")
    uid = begin(world, editor)

    answer = save(world, editor, uid, {"opened_on": "昨天", "explanation": "先存"}, "/submit")

    assert answer.status_code == 422
    assert "还有栏目没有填好" in answer.text
    assert 'value="昨天"' in answer.text
    assert typed(world, uid)["explanation"] == "先存"
    assert draft(world, uid).state == "draft"


def test_a_good_draft_is_submitted_and_then_stands_still(world: World, a_quarter: Callable[..., Any]) -> None:
    editor = world.client("editor")
    uid = begin(world, editor)
    entries = entries_of(a_quarter())

    assert save(world, editor, uid, entries, "/submit").status_code == 303

    found = draft(world, uid)
    assert (found.state, found.title) == ("submitted", "2026Q3 财务公开")
    late = save(world, editor, uid, {**entries, "explanation": "送审后又写"})
    assert late.status_code == 409
    assert "送审后又写" not in (draft(world, uid).entries or "")
    assert "送审后又写" in copies(world)[0].entries
    assert world.post(editor, f"/drafts/{uid}/discard", {"revision": "3"}).status_code == 409


def test_personal_data_is_told_beside_its_field_with_a_way_to_mask_it(
    world: World, a_quarter: Callable[..., Any]
) -> None:
    editor = world.client("editor")
    uid = begin(world, editor)
    entries = entries_of(a_quarter(explanation="退还11010519491231002X"))

    save(world, editor, uid, entries)
    shown = editor.get(f"/drafts/{uid}").text

    beside = re.search(r'id="f-explanation-said".*?</div>\s*<textarea', shown, re.DOTALL)
    assert beside
    assert "个人信息已经遮盖" in beside[0]
    assert "110***********1234" in beside[0]
    refused = save(world, editor, uid, {**entries, "revision": "2"}, "/submit")
    assert refused.status_code == 422
    assert draft(world, uid).state == "draft"


def test_a_finding_without_a_field_stands_above_the_form(world: World, a_quarter: Callable[..., Any]) -> None:
    editor = world.client("editor")
    uid = begin(world, editor, period="2026Q1")

    world.post(editor, f"/drafts/{uid}", {"revision": "1", **entries_of(a_quarter("2026Q1"))})

    shown = editor.get(f"/drafts/{uid}").text
    assert "季度财务按期公开" in shown


def test_a_draft_that_came_with_a_file_opens_in_the_form(world: World, a_quarter: Callable[..., Any]) -> None:
    made = publishing.save_draft(
        world.session, unit=world.unit, document=a_quarter(), author="甲", now=world.at
    )
    world.session.commit()
    editor = world.client("editor")

    shown = editor.get(f"/drafts/{made.uid}").text
    assert 'value="办公费"' in shown
    same = world.post(editor, f"/drafts/{made.uid}", {"revision": "1", **entries_of(a_quarter())})
    assert same.status_code == 303
    assert draft(world, made.uid).revision == 1


def test_only_editors_write(world: World) -> None:
    uid = begin(world, world.client("editor"))

    for role in ("reviewer", "unit_admin", "staff", "group", "officer"):
        who = world.client(role)
        assert who.get(f"/drafts/{uid}").status_code == 403
        assert world.post(who, f"/drafts/{uid}", {"revision": "1"}).status_code == 403


def test_a_returned_draft_shows_why_and_may_be_changed(world: World) -> None:
    editor = world.client("editor")
    uid = begin(world, editor)
    room = Room(world.session, world.unit.id)
    found = draft(world, uid)
    found.state = "returned"
    room.write_down(writing.Event.RETURNED, actor=None, now=world.at, draft=found, remark="请补<凭证号>")
    world.session.commit()

    shown = editor.get(f"/drafts/{uid}").text

    assert "请补&lt;凭证号&gt;" in shown
    assert save(world, editor, uid, {"explanation": "补好"}).status_code == 303
    assert typed(world, uid)["explanation"] == "补好"


def test_what_is_wrong_alike_in_a_column_is_one_line_of_the_summary() -> None:
    from portal.exchange.forms import FormProblem
    from portal.web.office.writing_page import summary

    def missing(row: int, column: str = "本期金额") -> FormProblem:
        return FormProblem(
            f"expense-{row - 1}-x", f"支出明细第 {row} 行·{column}", "", "是空的。", "请补填。"
        )

    told = list(summary([missing(1), missing(2, "项目"), missing(3), missing(4), missing(5), missing(9)]))

    assert told == [
        ("f-expense-0-x", "支出明细第 1、3 至 5、9 行·本期金额：是空的。请补填。"),
        ("f-expense-1-x", "支出明细第 2 行·项目：是空的。请补填。"),
    ]


def test_a_second_window_of_the_same_person_is_no_stranger(world: World) -> None:
    account = world.account("editor")
    uid = begin(world, world.client(account=account))
    first, second = world.client(account=account), world.client(account=account)
    stale = str(draft(world, uid).revision)
    assert save(world, first, uid, {"explanation": "先存"}).status_code == 303

    answer = save(world, second, uid, {"explanation": "后存", "revision": stale})

    assert answer.status_code == 409
    assert "您在另一个窗口或另一台设备上保存过这份草稿" in answer.text
    assert "请选“对方已保存的”" in answer.text


def test_why_nothing_happened_this_quarter_is_not_called_optional(world: World) -> None:
    text = world.client("editor").get("/drafts/new/finance").text
    assert "选择“本期无发生额”的必须填写" in text
    assert '无发生额的原因<span class="opt">' not in text


def test_a_quarter_that_is_not_over_is_told_before_it_is_filled(world: World) -> None:
    editor = world.client("editor")
    told = "2026年12月31日结束，可以先填，数字齐全后再送审"
    assert told in editor.get("/drafts/new/finance?period=2026Q4").text
    uid = begin(world, editor, period="2026年第四季度")
    assert told in editor.get(f"/drafts/{uid}").text
    assert "本期还没有结束" not in editor.get("/drafts/new/finance?period=2026Q3").text


def test_a_decision_says_when_there_is_nobody_to_choose(world: World) -> None:
    editor = world.client("editor")
    uid = begin(world, editor, "decision")
    assert "班子名单里当日没有在任成员" in editor.get(f"/drafts/{uid}").text
    quarter = begin(world, editor)
    assert "班子名单里当日没有在任成员" not in editor.get(f"/drafts/{quarter}").text


def test_how_a_narrow_column_is_filled_stands_above_its_table(world: World) -> None:
    editor = world.client("editor")
    uid = begin(world, editor)
    assert "层级：1 为大类，2 为明细。" in editor.get(f"/drafts/{uid}").text
