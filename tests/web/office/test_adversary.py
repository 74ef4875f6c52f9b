"""What somebody of the unit, or a stranger, tries on purpose: each was possible once."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.domain.documents.base import Audience, Openness, kind_of
from portal.domain.documents.regulation import Regulation
from portal.domain.roles import Role
from portal.exchange.forms import entries_of
from portal.exchange.sheets import desk_template
from portal.services import attachments
from portal.services.accounts import keeping
from portal.services.desk import reviewing, writing
from portal.services.desk.reviewing import Statement
from portal.store.tables import Draft, DraftCopy, Version
from tests.services.desk.desk_world import Desk, rules
from tests.web.office.world import World

STATED = {"stated": [one.value for one in Statement]}


@pytest.fixture
def desk(world: World, session: Session) -> Desk:
    """The desk of the world's unit."""
    return Desk(session, world.unit, now=world.at - timedelta(hours=2))


def form(text: str) -> dict[str, str]:
    return {"title": "示例管理办法", "blocks-0-text": text}


def start(world: World, client: Any) -> str:
    answer = world.post(client, "/drafts/new/regulation", {"how": "blank"})
    return str(answer.location).rsplit("/", 1)[1]


def only_draft(session: Session) -> Draft:
    session.rollback()
    session.expire_all()
    return session.scalars(select(Draft)).one()


def refused(world: World, session: Session, writer: Any, reviewer: Any, uid: str, entries: Any) -> None:
    """Let one submit and the other try to approve: it is the other's own text."""
    revision = only_draft(session).revision
    answer = world.post(writer, f"/drafts/{uid}/submit", {**entries, "revision": revision})
    assert answer.status_code == 303
    revision = only_draft(session).revision
    data = {"revision": revision, "then": "publish", **STATED}
    answer = world.post(reviewer, f"/drafts/{uid}/approve", data)
    assert answer.status_code == 422
    assert "须由另一位审核人审核" in answer.text
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Version)) == 0


@pytest.mark.parametrize("gone", [False, True])
def test_a_kept_text_that_a_colleague_took_over_is_not_reviewed_by_who_wrote_it(
    world: World, session: Session, gone: bool
) -> None:
    both = world.client("editor", "reviewer")
    colleague = world.client(account=world.account("editor", name="戊示五"))
    uid = start(world, colleague)
    world.post(colleague, f"/drafts/{uid}", {**form("第一条　原来的。"), "revision": "1"})
    answer = world.post(both, f"/drafts/{uid}", {**form("第一条　审核人自己写的。"), "revision": "1"})
    assert answer.status_code == 409
    session.rollback()
    kept = session.scalars(select(DraftCopy)).one()
    if gone:
        world.post(colleague, f"/drafts/{uid}/discard", {"revision": "2"})
    answer = world.post(colleague, f"/drafts/{uid}/copies/{kept.id}", {"take": "mine", "revision": "2"})
    assert answer.status_code == 303
    uid = only_draft(session).uid
    refused(world, session, colleague, both, uid, form("第一条　审核人自己写的。"))


def test_a_workbook_that_a_colleague_took_over_is_not_reviewed_by_who_uploaded_it(
    world: World, session: Session
) -> None:
    both = world.client("editor", "reviewer")
    colleague = world.client(account=world.account("editor", name="戊示五"))
    data = desk_template(Regulation, world.unit.name, document=rules(), last=None, period="", choices={})
    answer = both.post(
        "/uploads/new/regulation",
        data={"csrf_token": world.token(both), "file": (io.BytesIO(data), "a.xlsx")},
    )
    answer = world.post(colleague, f"{answer.location}/take")
    assert answer.status_code == 303
    draft = only_draft(session)
    entries = entries_of(kind_of("regulation").model_validate_json(draft.content or b""))
    refused(world, session, colleague, both, draft.uid, entries)


def test_who_is_signed_in_gets_no_challenge_that_would_register_a_passkey(world: World) -> None:
    client = world.client("reviewer")
    token = world.token(client, "/account")
    answer = client.post("/sign-in/second/options", data={"csrf_token": token}, base_url="http://localhost")
    assert answer.status_code == 409
    assert b"challenge" not in answer.data


FEW: dict[str, Any] = {
    "audience": Audience.LEADERSHIP_GROUP,
    "openness": Openness.WITHHELD,
    "openness_basis": "政府信息公开条例第十六条",
}


def test_the_administrator_reads_nothing_of_what_is_for_others(
    world: World, session: Session, desk: Desk
) -> None:
    version = desk.published(rules(title="机密甲", **FEW))
    desk.published(rules(title="公开丙"))
    draft = desk.submit(desk.draft(rules(title="机密乙", **FEW)))
    returned = desk.submit(desk.draft(rules(title="机密丁", **FEW)))
    reviewing.give_back(
        desk.room,
        returned,
        revision=returned.revision,
        remark="机密意见",
        actor=desk.reviewer,
        now=desk.tick(),
    )
    session.commit()
    administrator, editor = world.client("unit_admin"), world.client("editor")
    for address in ("/", "/history", "/history.csv"):
        assert "机密" not in administrator.get(address).text, address
        assert "机密甲" in editor.get(address).text, address
    assert "公开丙" in administrator.get("/history").text
    poster = f"/records/regulation/{version.record.slug}/1/poster.pdf"
    for address in (
        f"/drafts/{draft.uid}/attachments",
        f"/drafts/{draft.uid}/attachments/{'a' * 64}",
        poster,
    ):
        assert administrator.get(address).status_code == 404, address


@pytest.mark.parametrize(
    ("role", "days", "kept"), [("editor", 9, 1), ("editor", 11, 0), ("reviewer", 1, 0), ("staff", 1, 0)]
)
def test_a_session_that_ran_out_gives_no_right_that_there_never_was(
    world: World, session: Session, desk: Desk, role: str, days: int, kept: int
) -> None:
    draft = desk.draft(rules())
    client = world.client(role)
    token = world.token(client, "/account")
    world.at += timedelta(days=days)
    answer = client.post(f"/drafts/{draft.uid}", data={"csrf_token": token, **form("第一条　别人写的。")})
    assert answer.status_code == 303
    session.rollback()
    assert session.scalar(select(func.count()).select_from(DraftCopy)) == kept


@pytest.mark.parametrize("address", ["/sign-in", "/forgot", "/drafts/x/autosave", "/uploads/new/finance"])
def test_a_stranger_s_form_is_not_taken_apart_beyond_what_signing_in_needs(
    world: World, address: str
) -> None:
    stranger = world.app.test_client()
    token = world.token(stranger, "/sign-in")
    answer = stranger.post(address, data={"csrf_token": token, "more": "a" * 70_000})
    assert answer.status_code == 413


def test_a_refused_file_does_not_stay_on_the_disk(world: World, session: Session, desk: Desk) -> None:
    draft = desk.draft(rules())
    editor = world.client("editor")
    token = world.token(editor)
    store = world.app.extensions["office"].files
    made = io.BytesIO()
    Image.new("RGB", (20, 20), (1, 2, 3)).save(made, "PNG")

    def send(revision: int) -> int:
        data = {
            "csrf_token": token,
            "revision": str(revision),
            "file": (io.BytesIO(made.getvalue()), "a.png"),
        }
        return int(editor.post(f"/drafts/{draft.uid}/attachments", data=data).status_code)

    def on_disk() -> int:
        return sum(one.is_file() for one in Path(store.name).rglob("*"))

    assert send(0) == 409
    session.rollback()
    assert attachments.sweep(session, store) == 1
    session.commit()
    assert on_disk() == 0
    assert send(0) == 409
    assert send(draft.revision) == 303  # What was refused may be added afterwards.
    session.rollback()
    assert attachments.sweep(session, store) == 0
    assert on_disk() == 1


def test_texts_kept_beside_a_draft_are_bounded_for_each_person(
    world: World, session: Session, desk: Desk
) -> None:
    draft = desk.draft(rules())
    for who in (desk.editor, desk.person("戊示五", Role.EDITOR)):
        for number in range(53):
            entries = {"title": str(number)}
            writing.keep(
                desk.room, draft.uid, entries, why="conflict", revision=1, actor=who, now=desk.tick()
            )
    session.commit()
    kept = desk.room.copies(draft.uid)
    assert len(kept) == 100
    assert '"52"' in kept[0].entries


@pytest.mark.parametrize(
    "address",
    ["/users/{}", "/users/{}/disable", "/account/sessions/{}/end", "/records/finance/x/{}/poster.pdf"],
)
def test_a_number_that_no_row_can_have_is_simply_not_found(world: World, address: str) -> None:
    world.app.testing = False
    client, place = world.client("unit_admin"), address.format("9" * 30)
    answer = world.post(client, place) if address.endswith(("disable", "end")) else client.get(place)
    assert answer.status_code == 404


def test_a_revision_that_no_draft_can_have_is_a_conflict(world: World, desk: Desk) -> None:
    world.app.testing = False
    draft = desk.submit(desk.draft(rules()))
    data = {"revision": "9" * 30, "then": "publish", **STATED}
    assert world.post(world.client("reviewer"), f"/drafts/{draft.uid}/approve", data).status_code == 409


@pytest.mark.parametrize("name", ["林示二（审核）、张示九", "林示二(审核)", "甲，乙"])
def test_nobody_s_name_says_on_a_public_page_that_another_has_reviewed(name: str) -> None:
    with pytest.raises(keeping.NotKept, match="只写本人姓名"):
        keeping.read_name(name)
    assert keeping.read_name("买买提·示例") == "买买提·示例"
