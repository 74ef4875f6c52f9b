"""The attachments of a draft at the desk: added, told of, removed, fetched; never by another unit."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from portal.domain.attached import ENTRY, attached, with_attached
from portal.domain.documents.attachment import Attachment, MediaType
from portal.exchange.forms import entries_of
from portal.services import publishing
from portal.services.attachments import attached_to, sweep
from portal.services.checking import Book
from portal.services.desk import starting, writing
from portal.services.desk.claims import readiness
from portal.services.desk.rooms import Actor, Room
from portal.store.tables import Draft
from tests.exchange import attachment_files as made
from tests.web.office.world import World, steady


@pytest.fixture
def draft(world: World, a_quarter: Callable[..., Any]) -> Draft:
    """A draft of the first unit."""
    one = publishing.save_draft(
        world.session, unit=world.unit, document=a_quarter(), author="方示九", now=world.at
    )
    world.session.commit()
    return one


def add(
    world: World, client: Any, draft: Draft, data: bytes, name: str = "验收.pdf", **more: Any
) -> TestResponse:
    world.session.rollback()  # Else it shows the state of its last look.
    world.session.refresh(draft)
    fields = {
        "csrf_token": world.token(client),
        "revision": str(draft.revision),
        "file": FileStorage(io.BytesIO(data), filename=name),
        **more,
    }
    boundary, body = encode_multipart(fields)  # In memory: the client forgets to close a file of its own.
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(f"/drafts/{draft.uid}/attachments", data=body, content_type=kind)


def files_of(world: World, draft: Draft) -> tuple[Attachment, ...]:
    world.session.rollback()
    world.session.refresh(draft)
    return attached_to(draft)


def test_a_file_is_added_shown_fetched_and_removed(world: World, draft: Draft) -> None:
    client = world.client("editor")
    answer = add(world, client, draft, made.plain_pdf(), "../资料/验收.pdf", description="第三方出具")
    assert answer.status_code == 303
    (one,) = files_of(world, draft)
    assert (one.name, one.description, draft.revision) == ("验收.pdf", "第三方出具", 2)

    page = client.get(answer.location).text
    assert "已添加“验收.pdf”" in page
    assert "已去除" in page
    assert "第三方出具" in page
    assert "没有发现" in page
    fetched = client.get(f"/drafts/{draft.uid}/attachments/{one.digest}")
    assert hashlib.sha256(fetched.data).hexdigest() == one.digest
    assert b"SecretAuthor" not in fetched.data
    assert fetched.headers["Content-Disposition"].startswith("attachment")
    assert fetched.headers["X-Content-Type-Options"] == "nosniff"
    assert fetched.content_type == "application/pdf"

    gone = world.post(client, f"/drafts/{draft.uid}/attachments/{one.digest}/remove", {"revision": "2"})
    assert gone.status_code == 303
    assert files_of(world, draft) == ()
    assert client.get(f"/drafts/{draft.uid}/attachments/{one.digest}").status_code == 404
    remarks = [step.remark for step in Room(world.session, world.unit.id).steps(draft_uid=draft.uid)]
    assert remarks == ["删去附件“验收.pdf”", "添加附件“验收.pdf”"]


def test_what_was_typed_into_the_form_carries_the_files_too(world: World, draft: Draft) -> None:
    draft.entries, draft.content = '{"title": "还没写完"}', None
    world.session.commit()
    client = world.client("editor")
    add(world, client, draft, made.plain_pdf())
    (one,) = files_of(world, draft)
    assert draft.entries is not None
    assert '"title": "还没写完"' in draft.entries
    world.post(client, f"/drafts/{draft.uid}/attachments/{one.digest}/remove", {"revision": "2"})
    assert files_of(world, draft) == ()
    assert draft.entries == '{"title": "还没写完"}'


def test_nobody_slips_files_in_by_a_form() -> None:
    one = Attachment(name="a.pdf", digest="a" * 64, size=1, media_type=MediaType.PDF)
    forged = {"title": "x", ENTRY: '[{"name": "b.pdf"}]'}
    entries = with_attached(forged, (one,))
    assert attached(entries) == (one,)
    assert with_attached(forged, ()) == {"title": "x"}
    assert attached(forged) == ()


@pytest.mark.parametrize(
    ("data", "name", "told"),
    [
        (b"", "空.pdf", "0 字节"),
        (b"MZ program", "报告.pdf", "程序"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "<b>图</b>.png", "SVG"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "旧.docx", "旧版 Office"),
        (bytes(21 * 2**20), "大.pdf", "20 MB"),
    ],
)
def test_what_cannot_be_taken_is_told_with_what_was_typed_still_there(
    world: World, draft: Draft, data: bytes, name: str, told: str
) -> None:
    answer = add(world, world.client("editor"), draft, data, name, description="说明还在")
    assert answer.status_code == 422
    assert told in answer.text
    assert "说明还在" in answer.text
    assert 'href="#file"' in answer.text
    assert "<b>图</b>" not in answer.text
    assert files_of(world, draft) == ()
    assert draft.revision == 1


def test_far_too_much_is_refused_before_it_is_read(world: World, draft: Draft) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    answer = world.client("editor").post(
        f"/drafts/{draft.uid}/attachments",
        data=head + bytes(30 * 2**20) + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 413
    assert "内容太大" in answer.text


def test_no_file_is_told(world: World, draft: Draft) -> None:
    answer = world.post(world.client("editor"), f"/drafts/{draft.uid}/attachments", {"revision": "1"})
    assert answer.status_code == 422
    assert "没有选择文件" in answer.text


def test_personal_data_is_told_at_once_and_masked(world: World, draft: Draft) -> None:
    client = world.client("editor")
    add(world, client, draft, made.word("联系手机 13812345678"), "名单.docx")
    page = client.get(f"/drafts/{draft.uid}/attachments").text
    assert "有个人信息" in page
    assert "手机号码" in page
    assert "不能公开" in page
    assert "13812345678" not in page


def test_a_picture_is_told_to_be_unchecked(world: World, draft: Draft) -> None:
    client = world.client("editor")
    add(world, client, draft, made.photo(), "现场.jpeg")
    assert "没有可检查的文字" in client.get(f"/drafts/{draft.uid}/attachments").text
    assert files_of(world, draft)[0].name == "现场.jpg"


def test_the_same_file_and_the_same_name_are_not_taken_twice(world: World, draft: Draft) -> None:
    client = world.client("editor")
    data = made.plain_pdf()
    add(world, client, draft, data)
    again = add(world, client, draft, data, "另一个名.pdf")
    assert again.status_code == 422
    assert "已经在附件中" in again.text
    other = add(world, client, draft, made.plain_pdf("Other"))
    assert other.status_code == 422
    assert "内容不同" in other.text
    assert len(files_of(world, draft)) == 1


def test_a_draft_that_somebody_changed_meanwhile_is_a_conflict(world: World, draft: Draft) -> None:
    client = world.client("editor")
    stale = add(world, client, draft, made.plain_pdf(), revision="0")
    assert stale.status_code == 409
    assert "修改过" in stale.text
    assert files_of(world, draft) == ()
    add(world, client, draft, made.plain_pdf())
    (one,) = files_of(world, draft)
    answer = world.post(client, f"/drafts/{draft.uid}/attachments/{one.digest}/remove", {"revision": "1"})
    assert answer.status_code == 409
    assert files_of(world, draft) == (one,)


@pytest.mark.parametrize("state", ["submitted", "approved"])
def test_what_is_being_reviewed_keeps_its_files(world: World, draft: Draft, state: str) -> None:
    client = world.client("editor")
    add(world, client, draft, made.plain_pdf())
    (one,) = files_of(world, draft)
    draft.state = state
    world.session.commit()
    assert 'type="file"' not in client.get(f"/drafts/{draft.uid}/attachments").text
    assert add(world, client, draft, made.word(), "二.docx").status_code == 422
    refused = world.post(client, f"/drafts/{draft.uid}/attachments/{one.digest}/remove", {"revision": "2"})
    assert refused.status_code == 422
    assert files_of(world, draft) == (one,)


def test_another_unit_finds_what_is_not_there(world: World, draft: Draft) -> None:
    add(world, world.client("editor"), draft, made.plain_pdf())
    (one,) = files_of(world, draft)
    stranger = world.client("editor", unit=world.other)
    for path in (f"/drafts/{draft.uid}/attachments", f"/drafts/{draft.uid}/attachments/{one.digest}"):
        nothing = stranger.get(path.replace(draft.uid, "missing-draft-000000"))
        found = stranger.get(path)
        assert (found.status_code, steady(found.text)) == (404, steady(nothing.text))
    assert add(world, stranger, draft, made.word()).status_code == 404
    gone = world.post(stranger, f"/drafts/{draft.uid}/attachments/{one.digest}/remove", {"revision": "2"})
    assert gone.status_code == 404
    assert files_of(world, draft) == (one,)


@pytest.mark.parametrize("role", ["staff", "group", "officer"])
def test_who_has_no_desk_has_no_files(world: World, draft: Draft, role: str) -> None:
    assert world.client(role).get(f"/drafts/{draft.uid}/attachments").status_code == 403


def test_a_reviewer_reads_and_does_not_change(world: World, draft: Draft) -> None:
    add(world, world.client("editor"), draft, made.plain_pdf())
    (one,) = files_of(world, draft)
    reviewer = world.client("reviewer")
    assert reviewer.get(f"/drafts/{draft.uid}/attachments/{one.digest}").status_code == 200
    assert 'type="file"' not in reviewer.get(f"/drafts/{draft.uid}/attachments").text
    assert add(world, reviewer, draft, made.word()).status_code == 403


def test_content_that_the_store_lost_is_told(world: World, draft: Draft) -> None:
    client = world.client("editor")
    add(world, client, draft, made.plain_pdf())
    (one,) = files_of(world, draft)
    world.app.extensions["office"].files.delete(one.digest)
    answer = client.get(f"/drafts/{draft.uid}/attachments/{one.digest}")
    assert answer.status_code == 503
    assert "暂时不能下载" in answer.text


def test_without_the_token_nothing_is_added(world: World, draft: Draft) -> None:
    client = world.client("editor")
    answer = client.post(
        f"/drafts/{draft.uid}/attachments",
        data={"revision": "1", "file": (io.BytesIO(made.plain_pdf()), "a.pdf")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 400
    assert files_of(world, draft) == ()


def test_saving_the_form_keeps_the_files_and_leads_to_them(world: World, draft: Draft) -> None:
    client = world.client("editor")
    add(world, client, draft, made.plain_pdf())
    (one,) = files_of(world, draft)
    typed = entries_of(publishing.draft_document(draft))
    forged = with_attached({}, (Attachment(name="b.pdf", digest="b" * 64, size=1, media_type=MediaType.PDF),))
    fields = {**typed, **forged, "title": "改过的标题", "revision": "2", "do": "attachments"}
    answer = world.post(client, f"/drafts/{draft.uid}", fields)
    assert (answer.status_code, answer.location) == (303, f"/drafts/{draft.uid}/attachments")
    assert files_of(world, draft) == (one,)
    document = publishing.draft_document(draft)
    assert (document.title, document.attachments) == ("改过的标题", (one,))
    again = world.post(client, f"/drafts/{draft.uid}", {**typed, "title": "改过的标题", "revision": "3"})
    assert again.status_code == 303
    world.session.rollback()
    world.session.refresh(draft)
    assert draft.revision == 3  # The same once more is no change.


def test_a_draft_that_is_thrown_away_lets_its_files_go(world: World, draft: Draft) -> None:
    client = world.client("editor")
    add(world, client, draft, made.plain_pdf())
    (one,) = files_of(world, draft)
    room = Room(world.session, world.unit.id)
    who = Actor(world.account("editor").id, "方示九", frozenset())
    writing.discard(room, draft, revision=draft.revision, actor=who, now=world.at)
    world.session.commit()
    assert room.attachment(one.digest) is None
    files = world.app.extensions["office"].files
    assert sweep(world.session, files) == 1
    assert not files.exists(one.digest)


def test_a_correction_begins_with_the_files_of_the_version(world: World, draft: Draft) -> None:
    client = world.client("editor")
    add(world, client, draft, made.plain_pdf())
    (one,) = files_of(world, draft)
    publishing.publish(
        world.session, draft, book=Book(world.session, {}), reason=publishing.FIRST, actor="林示二", now=world.at
    )  # fmt: skip
    world.session.commit()
    room = Room(world.session, world.unit.id)
    (record,) = room.records()
    version = starting.in_force(room, record)
    assert version is not None
    document = starting.document_of(version)
    who = Actor(world.account("editor").id, "方示九", frozenset())
    correction = writing.start(
        room, record.kind, entries=entries_of(document), document=document, title=document.title, actor=who,
        now=world.at, record=record,
    )  # fmt: skip
    assert attached_to(correction) == (one,)


def test_personal_data_in_a_file_stands_in_the_way_of_a_review(world: World, draft: Draft) -> None:
    add(world, world.client("editor"), draft, made.word("联系手机 13812345678"), "名单.docx")
    world.session.rollback()
    found = readiness(Room(world.session, world.unit.id), draft, book=Book(world.session, {}), now=world.at)
    assert not found.ready
    assert ["名单.docx" in one.message for one in found.missing] == [True]
