"""The pages without JavaScript, as a browser without any would use them, over real HTTP."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.domain.reports.codes import derive, read_code
from portal.services.reports.filing import commitment_of
from portal.services.reports.keyring import read_routing_key
from portal.services.reports.sealing import (
    open_attachment,
    open_body,
    open_grants,
    open_message,
    open_said,
    read_routing,
    seal_reply,
)
from portal.store.reports.tables import ReportPart, SealedReport
from tests.web.report.world import CANARY, SLUG, TEXT, TODAY, Answer, Reporter, Wire, World, multipart

pytestmark = pytest.mark.database

FILLED = {
    "real_name": "no",
    "unit": "示例县住房局",
    "categories": "speak_last",
    "what": TEXT,
    "truth": "yes",
    "once": "0" * 32,
}
JPEG = (
    b"\xff\xd8\xff\xe1\x00\x0cExif\0\0GPSX\xff\xdb\x00\x03\x01\xff\xda\x00\x02" + b"\x12" * 4000 + b"\xff\xd9"
)


@pytest.fixture
def wire(world: World) -> Iterator[Wire]:
    with world.serving() as server:
        yield Wire(server)


def write(wire: Wire, files: dict[str, tuple[str, bytes]] | None = None, **changes: str) -> Answer:
    fields = {name: value for name, value in {**FILLED, **changes}.items() if value != "-"}
    return wire.form(f"/{SLUG}/write", fields, files)


def code_on(answer: Answer) -> str:
    found = re.search(r'<p class="code">(.*?)</p>', answer.text)
    assert found, answer.text
    return re.sub(r"<[^>]+>|-", "", found[1])


def proof_on(answer: Answer) -> Any:
    found = re.search(r'<textarea class="mono"[^>]*>(.*?)</textarea>', answer.text, re.DOTALL)
    assert found
    return json.loads(html.unescape(found[1]))


def look(wire: Wire, code: str, path: str = "status", **more: str) -> Answer:
    return wire.form(f"/{SLUG}/{path}", {"code": code, **more})


def opened(world: World, name: str) -> Any:
    (row,) = world.rows(SealedReport)
    return open_grants(row.grants, world.identities[name])


def test_what_is_written_reaches_those_who_may_open_it_and_nobody_else(world: World, wire: Wire) -> None:
    answer = write(
        wire,
        person_name="示例乙",
        person_unit="示例县住房局",
        person_post="局长",
        when="2026年11月2日",
        record_index="示-1",
        record_title="示例",
    )

    assert answer.status_code == 200, answer.text
    (row,) = world.rows(SealedReport)
    assert (row.sealed_by, row.channel) == ("server", "form")
    code = code_on(answer)
    assert derive(code).lookup == row.lookup
    case = opened(world, "示例甲")
    assert opened(world, "示例丙") == case
    assert opened(world, "示例乙") is None  # Named.
    assert opened(world, "示例上") is None
    body = open_body(row.body, case)
    assert (body.content.what, body.content.unit) == (TEXT, "示例县住房局")
    assert body.content.record is not None
    assert body.commitment == row.commitment
    routing = read_routing(row.routing, read_routing_key(world.settings.routing_keys_folder, SLUG))
    assert routing is not None
    assert len(routing.holders) == 2
    assert "示例甲" in answer.text
    assert re.search(r"不能打开的人</dt><dd><span class=\"nw\">示例乙", answer.text)
    assert "2026年12月14日" in answer.text


def test_the_receipt_proves_what_was_written(world: World, wire: Wire) -> None:
    proof = proof_on(write(wire))

    (row,) = world.rows(SealedReport)
    assert commitment_of(base64.b64decode(proof["salt"]), proof["content"]) == row.commitment
    assert TEXT in json.loads(proof["content"])["what"]

    good = wire.form(f"/{SLUG}/check", {"proof": json.dumps(proof)})
    assert "签名有效" in good.text
    assert "内容相符" in good.text
    alone = wire.form(f"/{SLUG}/check", {"proof": proof["receipt"].replace("\n", "\r\n")})
    assert "签名有效" in alone.text
    assert "没有附上内容" in alone.text
    other = wire.form(f"/{SLUG}/check", {"proof": json.dumps({**proof, "content": "{}"})})
    assert "内容不符" in other.text
    changed = wire.form(f"/{SLUG}/check", {"proof": proof["receipt"].replace("2026-11-23", "2026-11-22")})
    assert changed.status_code == 422
    assert "签名有效" not in changed.text
    assert_tied(changed.text)
    filed = wire.form(f"/{SLUG}/check", {"proof": ""}, {"proof_file": ("p.json", json.dumps(proof).encode())})
    assert "内容相符" in filed.text
    # A receipt of an earlier key list stays good.
    from portal.services.reports.keyring import make_receipt_key

    world.publish(receipt_key=make_receipt_key(world.settings.home / "new", SLUG))
    assert "签名有效" in wire.form(f"/{SLUG}/check", {"proof": json.dumps(proof)}).text
    assert wire.form(f"/{SLUG}/check", {"proof": "[" * 9000}).status_code == 422
    assert wire.form("/xian/check", {"proof": json.dumps(proof)}).status_code == 422


@pytest.mark.parametrize(
    ("changes", "target", "words"),
    [
        ({"real_name": "-"}, "real_name-no", "实名还是匿名"),
        ({"unit": ""}, "f-unit", "被反映单位"),
        ({"what": "太短"}, "f-what", "至少 20 个字"),
        ({"categories": "-"}, "categories-finance", "至少选一项"),
        ({"categories": "nonsense"}, "categories-finance", "请"),
        ({"truth": "-"}, "truth-yes", "请确认"),
        ({"real_name": "yes", "reporter_name": "方示九"}, "f-reporter_phone", "联系电话"),
        ({"real_name": "yes", "reporter_phone": "138"}, "f-reporter_name", "姓名"),
        ({"person_unit": "某单位"}, "person_name-1", "姓名"),
        ({"person_name": "示例甲"}, "-", ""),  # The head is named: to the superior commission, nothing wrong.
    ],
)
def test_what_is_missing_is_told_and_everything_typed_is_kept(
    world: World, wire: Wire, changes: dict[str, str], target: str, words: str
) -> None:
    answer = write(wire, **{"consequence": "损失很大", **changes})
    if target == "-":
        assert answer.status_code == 200
        assert opened(world, "示例上")
        return
    assert answer.status_code == 422
    assert f'<a href="#{target}">' in answer.text
    assert f'id="{target}"' in answer.text
    summary = answer.text.partition('class="problems"')[2].partition("</div>")[0]
    assert words in summary
    assert "重新选择" in summary
    assert "损失很大</textarea>" in answer.text
    assert_tied(answer.text)
    assert not world.rows(SealedReport)


def assert_tied(text: str) -> None:
    """What is wrong is read aloud with the field, or the group of fields, that it stands at."""
    told = re.findall(r'class="error" id="([^"]+)"', text)
    assert told
    described = " ".join(re.findall(r'aria-describedby="([^"]+)"', text)).split()
    assert set(told) <= set(described)


def test_when_nobody_is_left_it_is_refused_before_anything_is_stored(world: World, wire: Wire) -> None:
    world.publish(holders=tuple(one for one in world.key_list.holders if one.rank != "superior"))
    answer = write(wire, person_name="示例甲")
    assert answer.status_code == 422
    assert "12388" in answer.text
    assert not world.rows(SealedReport)


@pytest.mark.sqlite
def test_who_is_mentioned_is_left_out_unless_the_writer_says_otherwise(world: World, wire: Wire) -> None:
    officer = next(one for one in world.key_list.holders if one.name == "示例乙")
    text = TEXT + "已经向示例 乙当面说过。"
    write(wire, what=text)
    assert opened(world, "示例乙") is None
    with Session(world.engine) as session:
        session.connection().exec_driver_sql("DROP TRIGGER report_step_no_delete")
        session.connection().exec_driver_sql("DELETE FROM report_step")
        session.connection().exec_driver_sql("DELETE FROM sealed_report")
        session.commit()
    write(wire, what=text, cleared=officer.id, once="1" * 32)
    assert opened(world, "示例乙") is not None


def test_attachments_lose_their_metadata_and_their_names(world: World, wire: Wire) -> None:
    answer = write(wire, {"files": ("张三的手机照片.jpg", JPEG)})
    assert answer.status_code == 200, answer.text
    case = opened(world, "示例甲")
    (part,) = world.rows(ReportPart)
    found = open_attachment(part.sealed, case)
    assert found is not None
    assert b"GPSX" not in found.data
    assert "张三" not in found.name
    (row,) = world.rows(SealedReport)
    assert open_body(row.body, case).content.attachments == 1
    assert proof_on(answer)["content"] == open_body(row.body, case).text


@pytest.mark.parametrize(
    ("file", "words"),
    [(("a.jpg", JPEG[:60]), "图片"), (("a.bin", b""), "空"), (("a.bin", b"x" * 13_000_000), "附件太长")],
)
def test_a_file_that_cannot_be_taken_is_told(
    world: World, wire: Wire, file: tuple[str, bytes], words: str
) -> None:
    answer = write(wire, {"files": file})
    assert answer.status_code == 422
    assert words in answer.text
    assert TEXT in answer.text
    assert not world.rows(SealedReport)


def test_a_page_that_is_loaded_again_files_nothing_twice(world: World, wire: Wire) -> None:
    assert write(wire).status_code == 200
    again = write(wire)
    assert (again.status_code, len(world.rows(SealedReport))) == (409, 1)
    assert "已经提交过" in again.text
    assert not re.search(r'class="code"', again.text)


def test_under_a_flood_a_question_is_asked_and_everything_is_kept(world: World, wire: Wire) -> None:
    for n in range(5):
        assert write(wire, once=f"{n:032x}").status_code == 200
    asked = write(wire, once="f" * 32)
    assert asked.status_code == 422
    assert TEXT in asked.text
    token = re.search(r'name="question" value="([^"]+)"', asked.text)
    words = re.search(r"小问题：(\w)(加|减)(\w)等于几", asked.text)
    assert token
    assert words
    digits = "零一二三四五六七八九"
    one, other = digits.index(words[1]), digits.index(words[3])
    right = one + other if words[2] == "加" else one - other

    assert write(wire, once="f" * 32, question=token[1], answer=str(right + 1)).status_code == 422
    # A slip elsewhere does not ask a second question.
    slip = write(wire, once="f" * 32, question=token[1], answer=str(right), unit="")
    assert f'value="{token[1]}"' in slip.text
    assert f'value="{right}"' in slip.text
    assert write(wire, once="f" * 32, question=token[1], answer=str(right)).status_code == 200
    spent = write(wire, once="e" * 32, question=token[1], answer=str(right))
    assert spent.status_code == 422
    assert len(world.rows(SealedReport)) == 6


@pytest.mark.sqlite
def test_a_slip_in_the_code_is_told_without_a_lookup(world: World, wire: Wire) -> None:
    code = code_on(write(wire))
    world.engine.dispose()
    world.settings.reports_database.rename(world.settings.home / "away.db")
    slip = ("Z" if code[0] != "Z" else "Y") + code[1:]
    for typed in (slip, code[:-1], "", "中文"):
        answer = look(wire, typed)
        assert answer.status_code == 422
        assert "查询码" in answer.text
        assert typed not in answer.text or not typed
        assert_tied(answer.text)


def test_variants_of_the_code_are_taken(wire: Wire) -> None:
    code = code_on(write(wire))
    for typed in (
        code.lower(),
        "-".join(code[at : at + 4] for at in range(0, 25, 4)),
        " ".join(code),
        code.translate({ord(one): ord(one) + 0xFEE0 for one in code}),
        code.replace("0", "O").replace("1", "l"),
    ):
        assert "已收到" in look(wire, typed).text


def test_found_or_not_a_page_is_of_one_length(wire: Wire) -> None:
    code = code_on(write(wire))
    found, unknown = look(wire, code), look(wire, Reporter.__dataclass_fields__["code"].default_factory())  # type: ignore[misc]
    assert (found.status_code, unknown.status_code) == (200, 200)
    assert len(found.data) == len(unknown.data) == 65_536
    assert "已收到" in found.text
    assert "没有找到" in unknown.text
    assert code not in unknown.text


def test_the_dialogue_goes_both_ways(world: World, wire: Wire) -> None:
    code = code_on(write(wire))
    (row,) = world.rows(SealedReport)
    case = opened(world, "示例甲")
    genuine = open_body(row.body, case).reply_key
    with Session(world.engine) as session:
        for n, (key, text) in enumerate([(genuine, "请补充会议地点。"), (b"x" * 32, "请到某处来。")], 1):
            one, two = seal_reply(row.case_key, row.reporter_key, text, reply_key=key)
            session.add(
                ReportPart(
                    report_id=row.id,
                    n=n,
                    token=f"{n:032x}",
                    side="commission",
                    kind="reply",
                    day=TODAY,
                    size=len(one),
                    sealed=one,
                    for_reporter=two,
                    account_id=1,
                )
            )
        session.commit()
    seen = look(wire, code)
    assert "请补充会议地点。" in seen.text
    assert seen.text.count("核对值不对") == 1
    assert len(seen.data) == 65_536

    added = wire.form(
        f"/{SLUG}/status/message",
        {"code": code, "message": f"地点在三楼。{CANARY}", "once": "a" * 32},
        {"files": ("x.pdf", b"%PDF" + b"1" * 600_000)},
    )
    again = look(wire, code, "status/message", message=f"地点在三楼。{CANARY}", once="a" * 32)

    assert (added.status_code, again.status_code) == (200, 200)
    assert "已加密保存" in added.text
    mine = [one for one in world.rows(ReportPart) if one.side == "reporter"]
    assert [one.kind for one in mine] == ["message", "attachment"]
    said = open_said(mine[0].sealed, case, reply_key=derive(read_code(code)).reply)
    assert said is not None
    assert said.genuine
    assert open_message(mine[0].sealed, case) == f"地点在三楼。{CANARY}"
    assert "补交了一个附件" in again.text
    assert CANARY not in again.text.partition("</html>")[0]


def test_a_query_code_pasted_into_a_message_is_not_sent(world: World, wire: Wire) -> None:
    code = code_on(write(wire))
    answer = look(wire, code, "status/message", message=f"我的查询码是 {code}")
    assert answer.status_code == 422
    assert "查询码只能由您自己保存" in answer.text
    assert not world.rows(ReportPart)


def test_a_swapped_case_key_is_noticed(world: World, wire: Wire) -> None:
    code = code_on(write(wire))
    with Session(world.engine) as session:
        session.query(SealedReport).one().case_key = Reporter(world).sealed().case_key
        session.commit()
    assert "可能被人替换过" in look(wire, code).text
    answer = look(wire, code, "status/message", message="补充一句说明")
    assert answer.status_code == 422
    # There is no form to lead to any more; what was typed can be copied.
    assert 'href="#message"' not in answer.text
    assert "补充一句说明</textarea>" in answer.text
    assert not world.rows(ReportPart)


def test_a_late_clock_is_said(world: World, wire: Wire) -> None:
    code = code_on(write(wire))
    assert "2026年12月14日" in look(wire, code).text
    world.at = world.at.replace(month=12, day=20)
    assert "已过期" in look(wire, code).text
    with Session(world.engine) as session:
        row = session.query(SealedReport).one()
        row.state, row.reason, row.told_on = "not_accepted", "litigation", date(2026, 12, 1)
        session.commit()
    seen = look(wire, code).text
    assert "不予受理" in seen
    assert "诉讼" in seen
    assert "已过期" not in seen


def test_the_form_is_opened_for_a_record_and_escapes_what_it_is_given(world: World) -> None:
    client = world.app.test_client()
    shown = client.get(f"/{SLUG}/write?item=%22%3E%3Cscript%3E&title=%E6%A0%87%E9%A2%98&unit=示例局").text
    assert "&#34;&gt;&lt;script&gt;" in shown
    assert "<script" not in shown
    assert 'value="示例局"' in shown
    refused = client.post(f"/{SLUG}/write", data={"what": "</textarea><script>1</script>"}).text
    assert "<script" not in refused


def test_every_page_is_closed_to_scripts_and_to_strangers(world: World, wire: Wire) -> None:
    pages = [
        wire.get("/"),
        wire.get(f"/{SLUG}/write"),
        wire.get(f"/{SLUG}/status"),
        wire.get(f"/{SLUG}/check"),
        wire.get("/nothing/here"),
        wire.get("/xian/write"),
        wire.ask("PUT", f"/{SLUG}/write"),
        write(wire),
    ]
    for one in pages:
        policy = one.headers["Content-Security-Policy"]
        assert "script-src" not in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert one.headers["Cache-Control"] == "no-store"
        assert one.headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in one.headers
        assert "Access-Control-Allow-Origin" not in one.headers
        assert "Server" not in one.headers
        assert not re.search(r"<script|style=|\son\w+=", one.text)
        assert re.search(r"[\u4e00-\u9fff]", one.text)
    assert [one.status_code for one in pages] == [200, 200, 200, 200, 404, 503, 405, 200]


def test_a_form_in_plain_encoding_is_taken_too(world: World, wire: Wire) -> None:
    from urllib.parse import urlencode

    body = urlencode(FILLED).encode()
    answer = wire.ask("POST", f"/{SLUG}/write", body, {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 200
    assert multipart  # The other encoding is what the other tests send.
