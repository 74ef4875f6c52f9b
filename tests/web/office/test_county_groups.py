"""The commission brings many units' groups by one file: looked at first, written as shown, refused with a remedy."""

from __future__ import annotations

import io
import re
from itertools import product
from typing import Any

from openpyxl import Workbook, load_workbook
from sqlalchemy import select

from portal.store.tables import Audit, Mail, Member
from tests.databases import for_everybody
from tests.web.office.world import World

HEAD = "单位名称,姓名,职务,身份,任职日期,离任日期\n"
A = "示例财政局,张示一,局长,行政正职,2020-01-01,\n"
B = "示例财政局,李示二,副局长,副职,2021-05-01,\n"
C = "示例住建局,王示三,局长,行政正职,2022-01-01,\n"


def hidden(text: str, name: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]*)"', text)


def upload(world: World, client: Any, data: str | bytes, name: str = "名单.csv", **form: str) -> Any:
    content = data.encode() if isinstance(data, str) else data
    form = {"csrf_token": world.token(client), **form}
    return client.post("/units/groups/upload", data={**form, "file": (io.BytesIO(content), name)})


def parcel(shown: Any) -> dict[str, str]:
    return {"parcel": hidden(shown.text, "parcel")[0], "basis": hidden(shown.text, "basis")[0]}


def book(*rows: list[Any], merge: str = "") -> bytes:
    made, out = Workbook(), io.BytesIO()
    for row in rows:
        made.active.append(row)
    if merge:
        made.active.merge_cells(merge)
    made.save(out)
    return out.getvalue()


def members(world: World) -> list[tuple[str, str, str | None]]:
    with for_everybody(world.session):
        world.session.rollback()
        found = world.session.scalars(select(Member).order_by(Member.id)).all()
        return [(one.name, one.post, one.until.isoformat() if one.until else None) for one in found]


def test_a_file_is_shown_then_written_and_the_unit_reads_who_did_it(world: World) -> None:
    client = world.client("commission_admin")
    assert "没有名单" in client.get("/units/groups?state=lacking").text

    shown = upload(world, client, HEAD + A + B + C)

    assert shown.status_code == 200
    assert "还没有写入" in shown.text
    assert members(world) == []
    form = parcel(shown)
    answer = world.post(client, "/units/groups/import", form, follow_redirects=True)
    assert "班子名单已更新：2 个单位，登记 3 人。" in answer.text
    assert len(members(world)) == 3
    assert world.post(client, "/units/groups/import", form).status_code == 303  # The same once more: nothing.
    assert len(members(world)) == 3
    with for_everybody(world.session):
        assert len(world.session.scalars(select(Audit)).all()) == 2
    assert "导入班子名单：示例财政局，登记 2 人" in client.get("/audit").text
    desk = world.client("unit_admin")
    assert "导入本单位名单：登记 2 人" in desk.get("/people/").text
    assert "有出入的请在本页改正" in desk.get("/people/").text
    assert "纪委监委导入：登记：张示一" in desk.get("/history?event=member").text
    assert "请告诉单位管理员" in world.client("editor").get("/people/").text


def test_units_are_written_to_that_their_group_was_brought_with_counts_and_nobodys_name(
    world: World,
) -> None:
    keeper, other = world.account("unit_admin"), world.account("editor", unit=world.other)
    gone = world.account("unit_admin", unit=world.other)
    with for_everybody(world.session):
        keeper.email, other.email, gone.email = "chen@example.test", "fang@example.test", "gone@example.test"
        gone.active = False
        world.session.commit()
    client = world.client("commission_admin")

    def bring(rows: str) -> None:
        form = parcel(upload(world, client, HEAD + rows))
        for _ in range(2):  # Twice the same writes once.
            assert world.post(client, "/units/groups/import", form).status_code == 303

    def mails() -> list[Mail]:
        world.session.rollback()
        with for_everybody(world.session):
            found = list(world.session.scalars(select(Mail).order_by(Mail.id)))
            for one in found:
                world.session.expunge(one)
            world.session.rollback()
        return found

    bring(A + B + C)
    # Where nobody keeps the group, those who fill in hear of it.
    assert sorted(one.recipient for one in mails()) == ["chen@example.test", "fang@example.test"]
    told = next(one for one in mails() if one.recipient == "chen@example.test")
    assert "登记 2 人" in told.body
    assert "/people/" in told.body
    assert all(name not in told.subject + told.body for name in ("张示一", "李示二", "局长", "示例财政局"))
    bring("示例财政局,李示二,副局长,副职,2021-05-01,2026-10-01\n")
    assert [one.recipient for one in mails()[2:]] == ["chen@example.test"]
    assert "离任 1 人" in mails()[2].body


def test_an_ended_term_is_refused_with_what_to_do_instead(world: World) -> None:
    client = world.client("commission_admin")
    ended = "示例财政局,李示二,副局长,副职,2021-05-01,2026-06-30\n"
    world.post(client, "/units/groups/import", parcel(upload(world, client, HEAD + A + ended)))
    again = upload(world, client, HEAD + "示例财政局,李示二,副局长,副职,2021-05-01,至今\n")
    assert again.status_code == 422
    assert "文件不能把它改回在任" in again.text
    assert "重新任职的，另写一行新的任职起始日期，须在2026年6月30日以后" in again.text
    assert "截止日期登记错了的，请该单位的管理员在“班子名单”里改正" in again.text
    early = upload(world, client, HEAD + "示例财政局,李示二,副局长,副职,2026-05-01,\n")
    assert early.status_code == 422
    assert "重新任职的，任职起始日期须在2026年6月30日以后" in early.text
    assert not hidden(early.text, "parcel")
    right = upload(world, client, HEAD + "示例财政局,李示二,副局长,副职,2026-07-01,\n")
    assert world.post(client, "/units/groups/import", parcel(right)).status_code == 303
    assert [one[2] for one in members(world) if one[0] == "李示二"] == ["2026-06-30", None]


def test_a_whole_list_shows_who_leaves_and_wants_a_day(world: World) -> None:
    client = world.client("commission_admin")
    world.post(client, "/units/groups/import", parcel(upload(world, client, HEAD + A + B + C)))
    for day, said in (("", "请填写"), ("2026年13月1日", "月份"), ("2026年10月21日", "不能晚于今天")):
        wrong = upload(world, client, HEAD + A, way="whole", last_day=day)
        assert wrong.status_code == 422
        assert said in wrong.text
        assert re.search(r'value="whole" checked', wrong.text)
        assert f'value="{day}"' in wrong.text

    shown = upload(world, client, HEAD + A, way="whole", last_day="2026年10月19日")

    assert "未列入的在任人员任职到2026年10月19日" in shown.text
    assert "李示二" in shown.text
    world.post(client, "/units/groups/import", parcel(shown))
    assert members(world) == [
        ("张示一", "局长", None),
        ("李示二", "副局长", "2026-10-19"),
        ("王示三", "局长", None),
    ]


def test_a_stale_preview_is_shown_again_and_a_touched_one_refused(world: World) -> None:
    client = world.client("commission_admin")
    form = parcel(upload(world, client, HEAD + A + C))
    entered = {"name": "周示六", "post": "副局长", "role": "deputy", "since": "2024年1月1日"}
    assert world.post(world.client("unit_admin"), "/people/new", entered).status_code == 303

    again = world.post(client, "/units/groups/import", form)

    assert again.status_code == 409
    assert "有了变动，没有写入" in again.text
    assert [one[0] for one in members(world)] == ["周示六"]
    assert world.post(client, "/units/groups/import", parcel(again)).status_code == 303
    assert len(members(world)) == 3
    of_units = client.post(
        "/units/upload",
        data={
            "csrf_token": world.token(client),
            "file": (io.BytesIO("单位名称,单位类型\n示例农业局,部门\n".encode()), "名册.csv"),
        },
    )
    for bad in ("", "AA" + form["parcel"], hidden(of_units.text, "parcel")[0]):
        answer = world.post(client, "/units/groups/import", {**form, "parcel": bad})
        assert answer.status_code == 422
        assert "请重新上传" in answer.text


def test_what_is_downloaded_says_no_change_and_the_blank_one_shows_how(world: World) -> None:
    client = world.client("commission_admin")
    past = "示例财政局,钱示七,副局长,副职,2015-01-01,2018-12-31\n"
    world.post(client, "/units/groups/import", parcel(upload(world, client, HEAD + A + B + C + past)))
    for end, more in product(("csv", "xlsx"), ("", "?past=1")):
        sent = client.get(f"/units/groups.{end}{more}").get_data()
        shown = upload(world, client, sent, f"名单.{end}", way="whole", last_day="2026年10月20日")
        assert shown.status_code == 200
        assert "没有变化：文件与现在的名单一致" in shown.text
        assert ("钱示七" in shown.text) == bool(more)
        assert not hidden(shown.text, "parcel")
    blank = client.get("/units/groups/template.xlsx").get_data()
    first, how = load_workbook(io.BytesIO(blank)).worksheets
    assert [one.value for one in first[2]][:3] == ["【示例】某某局", None, "张示例"]
    assert how.title == "填写说明"
    assert "没有班子成员" in upload(world, client, blank, "空白.xlsx").text
    assert (
        load_workbook(
            io.BytesIO(client.get("/units/groups/template.xlsx?of=lacking").get_data())
        ).active.max_row
        == 2
    )  # Nothing is missing any more.


COLUMNS = ["单位", "姓名", "职务", "身份", "任职日期"]
ONE = ["示例财政局", "张示一", "局长", "正职", "2020-01-01"]


def test_files_as_people_send_them_are_read(world: World) -> None:
    client = world.client("commission_admin")
    merged = book(COLUMNS, ONE, [None, "李示二", "副局长", "副职", "2021-01-01"], merge="A2:A3")
    for data, name in (
        ((HEAD + A + B).encode("gb18030"), "名单.csv"),
        ((HEAD + A + B).encode("utf-16"), "名单.csv"),
        ((HEAD + A + B).replace(",", "\t").encode(), "名单.tsv"),
        (merged, "名单.xlsx"),
    ):
        shown = upload(world, client, data, name)
        assert shown.status_code == 200, (name, shown.text)
        assert "<b>2</b>" in shown.text


def test_files_that_cannot_be_read_say_why_and_what_to_do(world: World) -> None:
    client = world.client("commission_admin")
    many = HEAD + A * 5001
    cases: list[tuple[str | bytes, str, str]] = [
        ("", "名单.csv", "文件是空的"),
        ("\n\n", "名单.csv", "文件是空的"),
        (HEAD, "名单.csv", "没有班子成员"),
        ("姓名,电话\n甲,1\n", "名单.csv", "没有找到表头"),
        (HEAD.replace("身份", "身份证号") + A, "名单.csv", "不收个人信息"),
        (many, "名单.csv", "超过 5000 行"),
        ((HEAD + A).encode() + b"\0\0", "名单.csv", "无法识别"),
        (book(COLUMNS, ["示例财政局", '="张"&"示一"', "局长", "正职", "2020-01-01"]), "名单.xlsx", "第 2 行第 2 列（公式没有算出结果）"),
        (book(COLUMNS, ONE), "名单.xlsm", "有宏"),
        (b"PK\x03\x04" + b"\0" * 40, "名单.xlsx", "内容却是"),
        (b"%PDF-1.7", "名单.pdf", "不能读取"),
        ('{"a": 1}', "名单.json", "请上传 Excel"),
        (HEAD + "示例财政局,13812345678,局长,行政正职,2020-01-01,\n", "名单.csv", "手机号码"),
        (HEAD + '示例财政局,"=cmd|""/c calc""",局长,什么,2020-01-01,\n', "名单.csv", "不在可选范围内"),
    ]  # fmt: skip
    for data, name, said in cases:
        answer = upload(world, client, data, name)
        assert answer.status_code == 422, said
        assert said in answer.text, said
        assert "13812345678" not in answer.text
        assert not hidden(answer.text, "parcel")
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    answer = client.post(
        "/units/groups/upload",
        data=head + bytes(20 * 2**20) + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 413
    assert "文件超过 2 MB，没有读取" in answer.text
    none = client.post("/units/groups/upload", data={"csrf_token": world.token(client), "way": "part"})
    assert none.status_code == 422
    assert "还没有选择文件" in none.text
    assert members(world) == []


def test_only_the_commissions_administrator_brings_groups(world: World) -> None:
    form = parcel(upload(world, world.client("commission_admin"), HEAD + A))
    for role in ("officer", "filings", "intake", "unit_admin", "editor"):
        client = world.client(role)
        for address in ("", ".csv", ".xlsx", "/template.xlsx", "/upload"):
            assert client.get(f"/units/groups{address}").status_code in (403, 404), (role, address)
        assert world.post(client, "/units/groups/import", form).status_code in (403, 404), role
    assert members(world) == []
