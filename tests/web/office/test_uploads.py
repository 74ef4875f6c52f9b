"""The unit's template and the upload of a filled one, through the app."""

from __future__ import annotations

import io
import json
import re
import threading
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.domain.documents.base import kinds
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.drafting import State
from portal.services.desk import uploads
from portal.services.desk.uploads import forget_old
from portal.services.publishing import draft_document, save_draft
from portal.store.tables import Draft, DraftCopy, Step, Upload, Version
from tests.web.office.world import World, steady

NAME = "三季度财务.xlsx"


def template(client: FlaskClient, kind: str = "finance", query: str = "") -> openpyxl.Workbook:
    answer = client.get(f"/uploads/new/{kind}/template.xlsx{query}")
    assert answer.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(answer.data))


def fill(book: openpyxl.Workbook, sheet: str, **labels: Any) -> None:
    """Fill a form: the cell beside each label."""
    rows = {str(row[0].value or "").lstrip("*").split("（元）")[0]: row[1] for row in book[sheet].iter_rows()}
    for label, value in labels.items():
        rows[label].value = value


def add(book: openpyxl.Workbook, sheet: str, row: int, **labels: Any) -> None:
    """Fill cells of a table's row (as Excel counts) by their headers."""
    target = book[sheet]
    heads = {str(cell.value or "").lstrip("*").split("（元）")[0]: cell.column for cell in target[3]}
    for label, value in labels.items():
        target.cell(row, heads[label]).value = value


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def a_quarter_of_work(client: FlaskClient) -> openpyxl.Workbook:
    book = template(client, query="?period=2026Q3")
    fill(book, "季度财务公开", 收入合计=0, 支出合计=3000, 期初余额=5000, 期末余额=2000)
    fill(book, "季度财务公开", 单位负责人="吴示四", 主管会计工作负责人="林示二", 会计机构负责人="方示九")
    add(book, "支出明细", 4, 项目="办公费", 本期金额=1000)
    add(book, "支出明细", 5, 项目="差旅费", 本期金额=2000)
    return book


def upload(
    world: World, client: FlaskClient, data: bytes, name: str = NAME, *, kind: str = "finance", **more: str
) -> TestResponse:
    return world.post(
        client,
        f"/uploads/new/{kind}",
        {"file": (io.BytesIO(data), name), **more},
        content_type="multipart/form-data",
    )


def drafts(world: World) -> list[Draft]:
    world.session.rollback()  # See what the app has committed meanwhile.
    return list(world.session.scalars(select(Draft).order_by(Draft.id)))


def test_the_filled_template_becomes_a_draft_and_nothing_is_published(world: World) -> None:
    client = world.client("editor")

    answer = upload(world, client, saved(a_quarter_of_work(client)))
    assert answer.status_code == 303
    assert drafts(world) == []
    shown = client.get(answer.location)
    assert "共 11 行，11 行无误" in shown.text
    assert "逐格读取无误" in shown.text

    taken = world.post(client, f"{answer.location}/take")
    assert taken.status_code == 303
    (draft,) = drafts(world)
    document = draft_document(draft)
    assert isinstance(document, FinanceDisclosure)
    assert [(one.item, one.amount) for one in document.expense] == [("办公费", 1000_00), ("差旅费", 2000_00)]
    assert document.closing == 2000_00
    step = world.session.scalar(select(Step).where(Step.draft_uid == draft.uid))
    assert step is not None
    assert (step.event, step.actor) == ("created", "方示九")
    assert world.session.scalar(select(Version)) is None


def test_taking_twice_makes_one_draft(world: World) -> None:
    client = world.client("editor")
    place = upload(world, client, saved(a_quarter_of_work(client))).location

    first, second = (world.post(client, f"{place}/take") for _ in range(2))

    assert (first.status_code, second.status_code) == (303, 303)
    assert len(drafts(world)) == 1
    assert drafts(world)[0].revision == 1


def test_a_wrong_workbook_is_told_cell_by_cell_and_comes_back_annotated(world: World) -> None:
    client = world.client("editor")
    book = a_quarter_of_work(client)
    add(book, "支出明细", 4, 项目="办公费", 本期金额="约1060元左右")
    add(book, "支出明细", 6, 项目="培训费", 本期金额="1 200.00 ")
    add(book, "支出明细", 7, 项目="合计", 本期金额=4265)

    place = upload(world, client, saved(book)).location
    text = client.get(place).text

    column = next(
        cell.column_letter for cell in book["支出明细"][3] if str(cell.value).startswith("*本期金额")
    )
    assert f">{column}4<" in text
    assert "约1060元左右" in text
    assert "如果本意是 1060.00，请直接填 1060.00" in text
    assert "有 1 处需要修改" in text
    copy = openpyxl.load_workbook(io.BytesIO(client.get(f"{place}/annotated.xlsx").data))
    assert copy.sheetnames[0] == "问题清单"
    assert copy["支出明细"][f"{column}4"].comment is not None
    # The annotated copy, mended, is a workbook that can be uploaded as it is.
    copy["支出明细"][f"{column}4"].value = 1060
    copy["支出明细"][f"{column}7"].value = 4260
    fill(copy, "季度财务公开", 支出合计=4260, 期末余额=740)
    again = client.get(upload(world, client, saved(copy)).location).text
    assert "逐格读取无误" in again


def test_a_total_that_does_not_add_up_is_told_with_the_difference(world: World) -> None:
    client = world.client("editor")
    book = a_quarter_of_work(client)
    add(book, "支出明细", 6, 项目="合计", 本期金额=3005)
    text = client.get(upload(world, client, saved(book)).location).text
    assert "合计 3,005.00 元与各行相加 3,000.00 元不符" in text
    assert "相差 5.00 元" in text


def test_personal_data_is_told_with_the_cell_in_which_it_stands(world: World) -> None:
    client = world.client("editor")
    book = a_quarter_of_work(client)
    add(book, "支出明细", 5, 项目="付给110101199003070011的差旅费")
    text = client.get(upload(world, client, saved(book)).location).text
    assert "公民身份号码" in text or "身份证" in text
    assert 'href="#c-%E6%94%AF%E5%87%BA%E6%98%8E%E7%BB%86-A5"' in text


def test_personal_data_is_told_although_another_cell_is_wrong(world: World) -> None:
    client = world.client("editor")
    book = a_quarter_of_work(client)
    add(book, "支出明细", 4, 本期金额="很多")
    add(book, "支出明细", 5, 项目="付给110101199003070011的差旅费")
    text = client.get(upload(world, client, saved(book)).location).text
    assert "有 2 处需要修改" in text
    assert 'href="#c-%E6%94%AF%E5%87%BA%E6%98%8E%E7%BB%86-A5"' in text


def test_another_units_rows_are_refused_in_plain_words(world: World) -> None:
    client = world.client("editor")
    data = "单位,所属期,支出合计\n示例住建局,2026Q3,100\n示例财政局,2026Q2,100\n".encode()
    place = upload(world, client, data, "表.csv").location
    assert "您只能上传本单位（示例财政局）的内容" in client.get(place).text
    world.post(client, f"{place}/take")
    assert [one.title for one in drafts(world)] == ["2026年第二季度财务公开"]


def test_several_records_in_one_file_become_several_drafts(world: World) -> None:
    client = world.client("editor")
    data = json.dumps([{"项目名称": "示例项目甲"}, {"项目名称": "示例项目乙"}]).encode()
    place = upload(world, client, data, "项目.json", kind="tender").location
    world.post(client, f"{place}/take")
    assert [one.title for one in drafts(world)] == ["示例项目甲", "示例项目乙"]
    assert "示例项目乙" in client.get(place).text


def a_draft(world: World, spent: int = 100, **more: Any) -> Draft:
    document = FinanceDisclosure(period="2026Q3", expense_total=spent, **more)
    made = save_draft(world.session, unit=world.unit, document=document, author="林示二", now=world.at)
    world.session.commit()
    return made


def test_an_existing_draft_of_the_record_is_told_and_left_alone(world: World) -> None:
    before = a_draft(world)
    client = world.client("editor")
    place = upload(world, client, saved(a_quarter_of_work(client))).location
    assert "本单位已有这一条的草稿（林示二" in client.get(place).text

    world.post(client, f"{place}/take")

    (after,) = drafts(world)
    assert (after.revision, after.author) == (1, before.author)


def test_an_existing_draft_is_replaced_only_when_asked_and_its_content_is_kept(world: World) -> None:
    before = a_draft(world)
    client = world.client("editor")
    place = upload(world, client, saved(a_quarter_of_work(client))).location

    answer = world.post(client, f"{place}/take", {"replace": f"{before.uid}:1"})

    assert answer.status_code == 303
    (after,) = drafts(world)
    assert (after.revision, after.author) == (2, "方示九")
    copy = world.session.scalar(select(DraftCopy))
    assert copy is not None
    assert (copy.why, copy.draft_uid) == ("replaced", after.uid)
    assert json.loads(copy.entries)["period"] == "2026年第三季度"
    assert "100" in client.get(f"/drafts/{after.uid}/copies/{copy.id}").text


def test_a_draft_that_somebody_changed_meanwhile_is_not_written_over(world: World) -> None:
    draft = a_draft(world)
    client = world.client("editor")
    place = upload(world, client, saved(a_quarter_of_work(client)), draft=draft.uid).location
    world.session.rollback()
    draft.revision = 2
    world.session.commit()

    answer = world.post(client, f"{place}/take")

    assert answer.status_code == 409
    assert "修改过" in answer.text
    assert [(one.author, one.revision) for one in drafts(world)] == [("林示二", 2)]


@pytest.mark.parametrize("state", [State.SUBMITTED, State.APPROVED])
def test_a_draft_under_review_takes_no_upload(world: World, state: State) -> None:
    draft = a_draft(world)
    draft.state = state.value
    world.session.commit()
    client = world.client("editor")
    place = upload(world, client, saved(a_quarter_of_work(client)), draft=draft.uid).location
    assert world.post(client, f"{place}/take").status_code == 409
    assert drafts(world)[0].revision == 1


def test_the_template_of_a_draft_holds_what_the_draft_holds(world: World) -> None:
    draft = a_draft(world, 777_00)
    client = world.client("editor")
    place = upload(
        world, client, saved(template(client, query=f"?draft={draft.uid}")), draft=draft.uid
    ).location
    world.post(client, f"{place}/take")
    assert draft_document(drafts(world)[0]) == FinanceDisclosure(period="2026Q3", expense_total=777_00)


def test_an_upload_of_another_unit_answers_like_one_that_does_not_exist(world: World) -> None:
    client = world.client("editor")
    place = upload(world, client, saved(a_quarter_of_work(client))).location
    stranger = world.client("editor", unit=world.other)
    missing = "/uploads/" + "x" * 22
    for tail in ("", "/annotated.xlsx"):
        foreign, none = stranger.get(place + tail), stranger.get(missing + tail)
        assert (foreign.status_code, steady(foreign.text)) == (404, steady(none.text))
    assert world.post(stranger, f"{place}/take").status_code == 404
    assert upload(world, stranger, b"x", draft=a_draft(world).uid).status_code == 404


@pytest.mark.parametrize(("role", "status"), [("reviewer", 200), ("unit_admin", 403), ("staff", 403)])
def test_who_may_see_an_upload(world: World, role: str, status: int) -> None:
    client = world.client("editor")
    place = upload(world, client, saved(a_quarter_of_work(client))).location
    other = world.client(role)
    assert other.get(place).status_code == status
    assert world.post(other, f"{place}/take").status_code == 403
    assert drafts(world) == []


def test_without_a_file_the_page_says_so(world: World) -> None:
    client = world.client("editor")
    answer = world.post(client, "/uploads/new/finance", {}, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "还没有选择文件" in answer.text


def test_an_unfilled_template_gives_nothing_to_take(world: World) -> None:
    client = world.client("editor")
    answer = upload(world, client, saved(template(client, "regulation")), kind="regulation")
    text = client.get(answer.location).text
    assert "必须填写" in text
    assert world.post(client, f"{answer.location}/take").status_code == 422


@pytest.mark.parametrize("kind", list(kinds()))
def test_every_kind_has_its_page_and_templates(world: World, kind: str) -> None:
    client = world.client("editor")
    assert "选择文件" in client.get(f"/uploads/new/{kind}").text
    assert template(client, kind, "?many=1").sheetnames
    assert "填表说明" in template(client, kind).sheetnames


def test_uploads_are_thrown_away_after_a_week_and_drafts_stay(world: World) -> None:
    client = world.client("editor")
    place = upload(world, client, saved(a_quarter_of_work(client))).location
    world.post(client, f"{place}/take")
    assert forget_old(world.session, now=world.at + timedelta(days=6)) == 0
    assert forget_old(world.session, now=world.at + timedelta(days=8)) == 1
    world.session.commit()
    assert world.session.scalar(select(Upload)) is None
    assert len(drafts(world)) == 1
    assert client.get(place).status_code == 404


def test_what_a_cell_says_is_shown_as_text(world: World) -> None:
    client = world.client("editor")
    book = a_quarter_of_work(client)
    add(book, "支出明细", 4, 本期金额="<script>alert(1)</script>")
    text = client.get(upload(world, client, saved(book)).location).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_taking_in_parallel_makes_one_draft(world: World) -> None:
    account = world.account("editor")
    clients = [world.client(account=account) for _ in range(4)]
    place = upload(world, clients[0], saved(a_quarter_of_work(clients[0]))).location
    tokens = [world.token(one) for one in clients]
    begin = threading.Barrier(len(clients))
    statuses: list[int] = []

    def press(client: FlaskClient, token: str) -> None:
        begin.wait()
        statuses.append(client.post(f"{place}/take", data={"csrf_token": token}).status_code)

    threads = [threading.Thread(target=press, args=one) for one in zip(clients, tokens, strict=True)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert statuses == [303] * 4
    assert len(drafts(world)) == 1
    world.session.rollback()
    assert len(list(world.session.scalars(select(Step)))) == 1


def test_a_unit_keeps_a_bounded_number_of_uploads(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "KEPT_FILES", 2)
    client = world.client("editor")
    data = "所属期,支出合计\n2026Q3,100\n".encode()
    places = [upload(world, client, data, "表.csv").location for _ in range(3)]
    assert [client.get(one).status_code for one in places] == [404, 200, 200]


def test_attachments_of_the_draft_stay_and_a_file_names_none_of_its_own(world: World) -> None:
    known = {"digest": "a" * 64, "name": "示例附件.pdf", "media_type": "application/pdf", "size": 3}
    draft = a_draft(world, attachments=[known])
    client = world.client("editor")
    named = {"period": "2026Q3", "expense_total": 5, "attachments": [{**known, "digest": "b" * 64}]}
    for given in ({"draft": draft.uid}, {}):
        data = json.dumps({**named, "period": "2026Q3" if given else "2026Q2"}).encode()
        place = upload(world, client, data, "表.json", **given).location
        assert world.post(client, f"{place}/take").status_code == 303
    filled, fresh = (draft_document(one) for one in drafts(world))
    assert [one.digest for one in filled.attachments] == ["a" * 64]
    assert fresh.attachments == ()


def test_the_workbook_of_another_kind_is_refused_with_where_it_belongs(world: World) -> None:
    client = world.client("editor")
    answer = upload(world, client, saved(a_quarter_of_work(client)), kind="tender")
    assert answer.status_code == 422
    assert "这是“季度财务公开”的工作簿" in answer.text


def test_what_the_public_will_read_is_told_before_submitting(world: World) -> None:
    client = world.client("editor")
    book = a_quarter_of_work(client)
    fill(book, "季度财务公开", 三公经费合计=10)
    add(book, "支出明细", 4, 项目="办公费", 本期金额="约1060元左右")
    text = client.get(upload(world, client, saved(book)).location).text
    assert "系统还会核对合计、日期和审批程序" in text


def test_a_row_can_be_added_to_what_came_with_a_file(world: World) -> None:
    client = world.client("editor")
    place = upload(world, client, saved(a_quarter_of_work(client))).location
    address = world.post(client, f"{place}/take").location
    found = re.findall(
        r'<input id="f-[^"]*" name="([^"]+)" type="text" value="([^"]*)"', client.get(address).text
    )
    typed = {name: text for name, text in found if "__" not in name}

    answer = world.post(client, address, {**typed, "revision": "1", "do": "add:expense"})

    assert answer.location == f"{address}#f-expense-2"
    assert 'name="expense-2-item"' in client.get(address).text


def test_a_template_is_named_after_its_period(world: World) -> None:
    answer = world.client("editor").get("/uploads/new/finance/template.xlsx?period=2026Q3")
    assert quote("，2026年第三季度）.xlsx") in answer.headers["Content-Disposition"]
