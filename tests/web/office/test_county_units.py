"""The commission keeps its roster: files are shown before they are written, endings before they are done."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

from openpyxl import load_workbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.services.desk.rooms import Room
from portal.services.running import retiring
from portal.site.snapshot import take_snapshot
from portal.store.tables import (
    Account,
    Audit,
    LoginSession,
    Mail,
    Matter,
    MatterItem,
    Outbox,
    Rectification,
    Unit,
    UnitEvent,
)
from portal.web import chores_supervision
from tests.databases import for_everybody
from tests.web.office.world import World

HEAD = "单位名称,单位类型,简称,单位代码,统一社会信用代码,曾用名,成立日期,撤销日期,网址代码\n"


def hidden(text: str, name: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]*)"', text)


def upload(world: World, client: Any, text: str, name: str = "名册.csv") -> Any:
    return client.post(
        "/units/upload",
        data={"csrf_token": world.token(client), "file": (io.BytesIO(text.encode()), name)},
    )


def units(world: World) -> dict[str, Unit]:
    with for_everybody(world.session):
        world.session.rollback()
        return {one.name: one for one in world.session.scalars(select(Unit))}


def test_a_file_is_shown_before_it_is_written_and_written_once(world: World) -> None:
    client = world.client("commission_admin")
    file = (
        HEAD
        + "示例财政局,部门,,330411009,,,,,\n示例住建局,部门,,,,,,,\n示例农业局,部门,农业局,,,,2020-01-01,,\n"
    )

    shown = upload(world, client, file)

    assert shown.status_code == 200
    assert "330411001" in shown.text
    assert "330411009" in shown.text
    assert set(units(world)) == {"示例财政局", "示例住建局"}
    form = {"parcel": hidden(shown.text, "parcel")[0], "basis": hidden(shown.text, "basis")[0]}
    assert world.post(client, "/units/import", form).status_code == 303
    found = units(world)
    assert found["示例财政局"].code == "330411009"
    assert found["示例农业局"].founded_on is not None
    with for_everybody(world.session):
        entered = world.session.scalar(select(func.count()).select_from(Audit))
    assert world.post(client, "/units/import", form).status_code == 303  # The same once more: nothing.
    with for_everybody(world.session):
        assert world.session.scalar(select(func.count()).select_from(Audit)) == entered == 2


WRONG_ROWS = [
    ("示例新局,什么,,,,,,,", "单位类型", "不在可选范围内"),
    ("示例新局,部门,,,123,,,,", "统一社会信用代码", "18"),
    ("示例新局,部门,,330411001,,,,,", "", "已经属于“示例财政局”"),
    ("示例新局,部门,,,,示例住建局,,,", "", "示例住建局"),
    ("示例财政局,部门,,,,,,2026-10-01,", "", "撤销"),
    ("示例新局,部门,,,,,2026年13月,,", "成立日期", "2026年13月"),
    ("示例新局,部门,新局,,,,,,\n示例旧局,部门,新局,,,,,,", "", "与第 2 行相同"),
    # One unit would be written into another under the name of a new one.
    ("示例财政局,部门,,,,示例新局,,,\n示例新局,镇（街道）,,,,,,,", "", "在第 2 行是另一个单位"),
    ("示例新局,部门,,,,示例旧局,,,\n示例旧局,部门,,,,,,,", "", "在第 2 行是另一个单位"),
    ("示例新局,部门,住建局,,,,,,", "", "已经是“示例住建局”"),
]


def test_a_wrong_row_is_named_with_line_column_and_remedy(world: World) -> None:
    client = world.client("commission_admin")
    for row, column, said in WRONG_ROWS:
        shown = upload(world, client, HEAD + row + "\n")
        assert shown.status_code == 422
        assert "第 2 行" in shown.text
        assert column in shown.text
        assert said in shown.text
        assert not hidden(shown.text, "parcel")


def test_a_parcel_that_was_touched_is_refused_and_an_older_roster_is_looked_at_again(world: World) -> None:
    client = world.client("commission_admin")
    shown = upload(world, client, HEAD + "示例农业局,部门,,,,,,,\n")
    parcel, basis = hidden(shown.text, "parcel")[0], hidden(shown.text, "basis")[0]

    assert world.post(client, "/units/import", {"parcel": "AA" + parcel, "basis": basis}).status_code == 422
    assert world.post(client, "/units/import", {"parcel": "", "basis": basis}).status_code == 422
    added = {"name": "示例商务局", "type": "bureau"}
    assert world.post(client, "/units/new", added).status_code == 303
    again = world.post(client, "/units/import", {"parcel": parcel, "basis": basis})
    assert again.status_code == 409
    assert "没有写入" in again.text
    assert "示例农业局" not in units(world)


def test_what_is_downloaded_can_be_read_again(world: World) -> None:
    client = world.client("commission_admin")
    text = client.get("/units.csv").get_data().decode("utf-8-sig")
    assert upload(world, client, text).status_code == 200
    book = client.get("/units.xlsx").get_data()
    assert [one.value for one in next(load_workbook(io.BytesIO(book)).active.rows)][:2] == [
        "单位名称",
        "单位类型",
    ]
    shown = client.post(
        "/units/upload", data={"csrf_token": world.token(client), "file": (io.BytesIO(book), "名册.xlsx")}
    )
    assert shown.status_code == 200
    assert "文件与名册一致" in shown.text


def test_a_new_name_is_a_step_of_the_history_and_the_old_one_is_found(world: World) -> None:
    client = world.client("commission_admin")
    slug = world.unit.slug
    seen = hidden(client.get(f"/units/of/{slug}/edit").text, "seen")[0]
    form = {
        "name": "示例财政和审计局",
        "type": "bureau",
        "code": "330411001",
        "on": "2026年10月1日",
        "seen": seen,
    }

    assert (
        "依据的文件" in world.post(client, f"/units/of/{slug}/edit", form).text
    )  # Without its document it is refused.
    assert (
        world.post(client, f"/units/of/{slug}/edit", {**form, "source": "示例编〔2026〕3号"}).status_code
        == 303
    )

    assert "由“示例财政局”更名为“示例财政和审计局”" in client.get(f"/units/of/{slug}").text
    assert "示例财政和审计局" in client.get("/units?text=示例财政局").text
    stale = world.post(
        client, f"/units/of/{slug}/edit", {**form, "name": "另一个名称", "source": "示例编〔2026〕4号"}
    )
    assert stale.status_code == 409
    assert "另一个名称" in stale.text  # What was typed is there still.


def ending(way: str = "merge", **more: Any) -> dict[str, Any]:
    return {"way": way, "on": "2026年10月20日", "source": "示例编〔2026〕1号", **more}


def test_a_merger_in_mid_year_from_the_preview_to_the_public_page(
    world: World, regimes: dict[str, Regime]
) -> None:
    client, editor = world.client("commission_admin"), world.client("editor")
    form = ending(units=[world.unit.slug], into=world.other.slug)

    shown = world.post(client, "/units/ends/preview", form)

    assert shown.status_code == 200
    assert "不再计算" in shown.text
    assert units(world)["示例财政局"].abolished_on is None
    seen = hidden(shown.text, "seen")
    assert world.post(client, "/units/ends", {**form, "seen": seen}).status_code == 303
    world.session.rollback()
    with for_everybody(world.session):
        steps = world.session.scalars(select(UnitEvent).order_by(UnitEvent.id)).all()
        assert [(one.kind, one.unit_id, one.other_id) for one in steps] == [
            ("merged", world.unit.id, world.other.id),
            ("absorbed", world.other.id, world.unit.id),
        ]
        assert (
            world.session.scalar(
                select(func.count()).select_from(Outbox).where(Outbox.event == "unit_changed")
            )
            == 2
        )
        view = take_snapshot(world.session, regimes, now=world.at).jurisdiction("xiuzhou")
        assert view is not None
        gone, other = view.units
        assert gone.end is not None
        assert gone.end.other == "示例住建局"
        assert other.history[0].other == "示例财政局"
        assert other.end is None
        ended = retiring.to_retire(world.session, now=world.at)
        assert ended == [world.unit.id]
        world.session.rollback()
        with Session(world.session.get_bind()) as own:
            assert retiring.retire(Room(own, world.unit.id), now=world.at) == (1, 0)
            own.commit()
        world.session.rollback()
        assert retiring.to_retire(world.session, now=world.at) == []
        account = world.session.scalar(select(Account).where(Account.unit_id == world.unit.id))
        assert account is not None
        assert not account.active
        open_ones = select(LoginSession).where(
            LoginSession.account_id == account.id, LoginSession.ended_at.is_(None)
        )
        assert world.session.scalars(open_ones).first() is None
    assert editor.get("/").status_code == 303
    assert "已并入" in client.get("/units").text
    invite = client.get("/commission/users/invite").text
    assert "示例住建局" in invite
    assert "示例财政局" not in invite  # Nobody is invited to a unit that has ended.
    assert world.post(client, "/units/ends/preview", form).status_code == 422  # It has ended already.


def test_a_matter_that_is_handed_over_goes_on_at_the_successor(world: World) -> None:
    with for_everybody(world.session):
        common = {"jurisdiction_id": world.unit.jurisdiction_id, "unit_id": world.unit.id}
        first, second = (
            Matter(
                **common, uid=uid * 22, source="rule", cause=f"FIN-0{number}", title=f"示例事项{uid}", severity="red",
                state=state, opened_on=world.at.date(), created_at=world.at, updated_at=world.at,
            )
            for number, (uid, state) in enumerate((("a", "asked"), ("b", "rectifying")))
        )  # fmt: skip
        world.session.add_all([first, second])
        world.session.flush()
        world.session.add(
            MatterItem(
                **common, matter_id=first.id, fingerprint="f" * 64, ref="示例索引-1", kind="finance", slug="2026Q1",
                title="示例财务公开", period="2026Q1", seen="合计不符", remedy="请更正", basis="示例依据",
                first_seen=world.at.date(),
            )
        )  # fmt: skip
        world.session.commit()
    client, form = world.client("commission_admin"), ending(units=[world.unit.slug], into=world.other.slug)
    seen = hidden(world.post(client, "/units/ends/preview", form).text, "seen")
    assert world.post(client, "/units/ends", {**form, "seen": seen}).status_code == 303
    for uid in "ab":
        url = f"/units/of/{world.unit.slug}/matters/{uid * 22}/hand-over"
        assert world.post(client, url, {"to": world.other.slug}).status_code == 303
    again = world.post(
        client, f"/units/of/{world.unit.slug}/matters/{'a' * 22}/hand-over", {"to": world.other.slug}
    )
    assert again.status_code == 404  # It is closed.
    world.session.rollback()
    with for_everybody(world.session):
        known = {one.title + str(one.unit_id): one for one in world.session.scalars(select(Matter))}
        old, other = known[f"示例事项a{world.unit.id}"], known[f"示例事项b{world.unit.id}"]
        new = known[f"示例事项a{world.other.id}"]
        assert (old.state, old.closed_as, other.state) == ("closed", "handled", "closed")
        assert (new.state, new.severity, new.source) == ("new", "red", "manual")
        (item,) = world.session.scalars(select(MatterItem).where(MatterItem.matter_id == new.id))
        assert (item.ref, item.seen, item.kind) == ("示例索引-1", "合计不符", "")
        assert item.title == "示例财政局：示例财务公开"
        uid = new.uid
        world.session.rollback()
    told = world.client("officer").get(f"/matters/{uid}").text
    assert "由示例财政局移交" in told
    assert "示例事项a" not in world.client("editor", unit=world.other).get("/asked/matters").text


def test_what_is_said_to_an_ending_is_told_whole_or_refused(world: World) -> None:
    client = world.client("commission_admin")
    form = ending(units=[world.unit.slug], into=world.other.slug, words="并" * 501)
    long = world.post(client, "/units/ends/preview", form)
    assert long.status_code == 422
    assert "说明有 501 个字，最多 500 个字。请精简。" in long.text
    assert "并" * 501 in long.text


def test_a_hit_of_a_filing_that_is_handed_over_stays_one_of_which_nobody_is_told(world: World) -> None:
    with for_everybody(world.session):
        world.session.add(
            Matter(
                jurisdiction_id=world.unit.jurisdiction_id, unit_id=world.unit.id, uid="r" * 22, source="relation",
                cause="示例", title="采购结果与报备相符：示例项目", severity="red", state="new", opened_on=world.at.date(),
                created_at=world.at, updated_at=world.at,
            )
        )  # fmt: skip
        world.session.commit()
    both, form = (
        world.client("commission_admin", "officer"),
        ending(units=[world.unit.slug], into=world.other.slug),
    )
    seen = hidden(world.post(both, "/units/ends/preview", form).text, "seen")
    assert world.post(both, "/units/ends", {**form, "seen": seen}).status_code == 303
    url = f"/units/of/{world.unit.slug}/matters/{'r' * 22}/hand-over"
    assert world.post(both, url, {"to": world.other.slug}).status_code == 303
    world.session.rollback()
    with for_everybody(world.session):
        (uid,) = world.session.scalars(select(Matter.uid).where(Matter.unit_id == world.other.id))
        world.session.rollback()
    asked = {"deed": "ask", "revision": "1", "words": "请说明。", "due": "2026年12月20日"}
    assert world.post(both, f"/matters/{uid}", asked).status_code == 422
    assert world.client("commission_admin").get(f"/matters/{uid}").status_code == 404


def merged(world: World, client: Any) -> None:
    form = ending(units=[world.unit.slug], into=world.other.slug)
    seen = hidden(world.post(client, "/units/ends/preview", form).text, "seen")
    assert world.post(client, "/units/ends", {**form, "seen": seen}).status_code == 303


def entries(world: World) -> dict[tuple[str, bool], Rectification]:
    """Return the register by problem, and whether at the successor."""
    world.session.rollback()
    with for_everybody(world.session):
        rows = world.session.scalars(select(Rectification).order_by(Rectification.id)).all()
        found = {(one.problem, one.unit_id == world.other.id): one for one in rows}
        for one in rows:
            world.session.expunge(one)
        world.session.rollback()
    return found


def test_what_is_being_mended_goes_on_at_the_successor_until_its_own_day(world: World) -> None:
    with for_everybody(world.session):
        common = {
            "jurisdiction_id": world.unit.jurisdiction_id, "unit_id": world.unit.id, "created_at": world.at,
            "updated_at": world.at,
        }  # fmt: skip
        matter = Matter(
            **common, uid="m" * 22, source="rule", cause="FIN-01", title="示例事项", severity="red", state="rectifying",
            opened_on=world.at.date(), told_at=world.at, due=date(2026, 10, 22), owner="郑示五",
        )  # fmt: skip
        world.session.add(matter)
        world.session.flush()
        of_register = common | {"origin": "manual", "due": date(2026, 10, 22), "created_by": "郑示五"}
        world.session.add_all([
            Rectification(
                **of_register, uid="r" * 22, matter_id=matter.id, problem="账目不全", state="working",
                measure="补齐账目", leader="蒋示八", person="方示九", evidence_refs="示例索引-1",
            ),
            Rectification(**of_register, uid="s" * 22, problem="没有制度", state="not_started"),
        ])  # fmt: skip
        world.session.commit()
    client, officer = world.client("commission_admin"), world.client("officer")
    reader = world.account("editor", unit=world.other, name="钱示十")
    with for_everybody(world.session):
        reader.email = "qian@example.test"
        world.session.commit()
    editor = world.client(account=reader)
    place = f"/units/of/{world.unit.slug}"
    moves = (f"{place}/matters/{'m' * 22}/hand-over", f"{place}/rectifying/{'s' * 22}/hand-over")
    assert world.post(client, moves[1], {"to": world.other.slug}).status_code == 422  # It has not ended.
    merged(world, client)
    with_its_matter = f"{place}/rectifying/{'r' * 22}/hand-over"
    refused = world.post(client, with_its_matter, {"to": world.other.slug})
    assert refused.status_code == 422
    assert "随那件事项一并移交" in refused.text
    for one in moves:
        assert world.post(officer, one, {"to": world.other.slug}).status_code == 403
        assert world.post(client, one, {"to": world.other.slug}).status_code == 303
        assert world.post(client, one, {"to": world.other.slug}).status_code == 404  # Once is enough.

    found = entries(world)
    assert {key: one.state for key, one in found.items()} == {
        ("账目不全", False): "handed_over", ("没有制度", False): "handed_over",
        ("账目不全", True): "working", ("没有制度", True): "not_started",
    }  # fmt: skip
    mine = found["账目不全", True]
    assert (mine.due, mine.measure, mine.leader) == (date(2026, 10, 22), "补齐账目", "蒋示八")
    with for_everybody(world.session):
        new = world.session.scalar(select(Matter).where(Matter.unit_id == world.other.id))
        assert new is not None
        assert (new.id, new.state, new.due, new.owner) == (
            mine.matter_id,
            "rectifying",
            date(2026, 10, 22),
            "郑示五",
        )
        old = world.session.scalar(select(Matter).where(Matter.unit_id == world.unit.id))
        assert (old.state, old.closed_as) == ("closed", "handled")  # type: ignore[union-attr] # it is there.
        logged = world.session.scalars(
            select(Audit.words).where(Audit.action == "rectification.handed_over")
        ).all()
        assert sorted(logged) == [
            "示例财政局的整改事项移交示例住建局：没有制度",
            "示例财政局的整改事项移交示例住建局：账目不全",
        ]
        told = world.session.scalars(select(Mail.recipient).where(Mail.key.startswith("rectify:"))).all()
        assert told == ["qian@example.test"] * 2
        world.session.rollback()
    gone = officer.get(f"/rectifying/{'r' * 22}").text
    assert f"/rectifying/{mine.uid}" in gone
    assert "已移交" in gone
    assert 'value="put_off"' not in gone
    assert "没有未办结的" in client.get(place).text
    assert "已移交 2 项" in officer.get("/rectifying/").text

    own = f"/asked/rectifying/{mine.uid}"
    shown = editor.get(own).text
    assert "由示例财政局移交" in shown
    assert "补齐账目" in shown
    filled = {
        "measure": "补齐账目", "leader": "钱示十一", "person": "钱示十二", "evidence": "已补齐", "evidence_refs": "示例索引-1",
        "revision": hidden(shown, "revision")[0], "do": "hand_in",
    }  # fmt: skip
    assert world.post(editor, own, filled).status_code == 303
    acceptance = {
        "do": "accept", "name": "卫示九", "body": "示例财政局", "day": "2026年10月20日", "opinion": "已补齐",
        "revision": hidden(officer.get(f"/rectifying/{mine.uid}").text, "revision")[0],
    }  # fmt: skip
    refused = world.post(officer, f"/rectifying/{mine.uid}/act", acceptance)
    assert "验收单位不能是整改单位自己" in refused.text  # Its predecessor is the unit too.
    accepted = acceptance | {"body": "示例会计师事务所"}
    assert world.post(officer, f"/rectifying/{mine.uid}/act", accepted).status_code == 303
    with for_everybody(world.session):
        closed = world.session.scalar(select(Matter).where(Matter.unit_id == world.other.id))
        assert closed.closed_as == "rectified"  # type: ignore[union-attr] # likewise.
        world.session.rollback()

    world.at = datetime(2026, 10, 23, 4, 0, tzinfo=UTC)
    late = found["没有制度", True].uid
    rung = chores_supervision.alarm(
        world.session.get_bind(), world.app.extensions["office"].regimes, now=world.at, address="http://office.example"
    )  # type: ignore[arg-type] # an engine.  # fmt: skip
    assert rung == 1
    with for_everybody(world.session):
        (mail,) = world.session.scalars(select(Mail).where(Mail.key.contains(":overdue:"))).all()
        assert mail.key.startswith(f"rectify:{late}:")
        assert mail.recipient == "qian@example.test"
        world.session.rollback()


def test_what_was_handed_over_by_mistake_comes_back(world: World) -> None:
    with for_everybody(world.session):
        world.session.add(
            Rectification(
                jurisdiction_id=world.unit.jurisdiction_id, unit_id=world.unit.id, uid="s" * 22, problem="没有制度",
                origin="manual", due=date(2026, 10, 22), state="working", created_by="郑示五", created_at=world.at,
                updated_at=world.at,
            )
        )  # fmt: skip
        world.session.commit()
    client, officer, place = (
        world.client("commission_admin"),
        world.client("officer"),
        f"/units/of/{world.unit.slug}",
    )
    merged(world, client)
    world.post(client, f"{place}/rectifying/{'s' * 22}/hand-over", {"to": world.other.slug})

    def reopen() -> Any:
        revision = str(entries(world)["没有制度", False].revision)
        form = {"do": "reopen", "words": "并入登记错了", "revision": revision}
        return world.post(officer, f"/rectifying/{'s' * 22}/act", form)

    refused = reopen()
    assert refused.status_code == 422
    assert "在接收单位名下继续整改" in refused.text
    right = {
        "words": "登记错了单位",
        "source": "示例编〔2026〕2号",
        "seen": hidden(client.get(place).text, "seen")[0],
    }
    assert world.post(client, f"{place}/restore", right).status_code == 303
    assert reopen().status_code == 303
    assert {key[1]: one.state for key, one in entries(world).items()} == {
        False: "working",
        True: "handed_over",
    }


def test_two_units_become_a_new_one_and_what_changed_meanwhile_is_shown_again(world: World) -> None:
    client = world.client("commission_admin")
    form = ending(
        "unite", units=[world.unit.slug, world.other.slug], new_name="示例财建局", new_type="bureau"
    )
    shown = world.post(client, "/units/ends/preview", form)
    assert shown.status_code == 200
    seen = hidden(shown.text, "seen")
    assert world.post(client, "/units/ends", {**form, "seen": ["x", "y"]}).status_code == 409
    assert set(units(world)) == {"示例财政局", "示例住建局"}
    assert world.post(client, "/units/ends", {**form, "seen": seen}).status_code == 303
    found = units(world)
    assert (
        found["示例财建局"].founded_on == found["示例财政局"].abolished_on == found["示例住建局"].abolished_on
    )


WRONG_ENDINGS: list[tuple[dict[str, Any], str]] = [
    ({"units": []}, "请选择要撤销或并入的单位"),
    ({"into": ""}, "请选择并入哪个单位"),
    ({"into": "own"}, "不能并入自己"),
    ({"on": "明天"}, "施行日期"),
    ({"on": "2029年1月1日"}, "最远"),
    ({"source": ""}, "依据"),
    ({"way": "unite"}, "单位全称"),
]


def test_an_ending_that_cannot_be_is_refused_with_the_reason(world: World) -> None:
    client = world.client("commission_admin")
    for change, said in WRONG_ENDINGS:
        form = ending(units=[world.unit.slug], into=world.other.slug) | change
        if form["into"] == "own":
            form["into"] = world.unit.slug
        answer = world.post(client, "/units/ends/preview", form)
        assert answer.status_code == 422
        assert said in answer.text
        assert form["source"] in answer.text


def test_an_ending_years_ago_does_not_wipe_out_what_was_owed(world: World) -> None:
    client = world.client("commission_admin")
    form = {"way": "abolish", "units": world.unit.slug, "on": "2019年1月1日", "source": "示例编发〔2019〕1号"}
    answer = world.post(client, "/units/ends/preview", form)
    assert answer.status_code == 422
    assert "最早可写到" in answer.text


def test_a_mistaken_ending_is_put_right_by_a_further_step(world: World) -> None:
    client = world.client("commission_admin")
    slug = world.unit.slug
    form = ending("abolish", units=[slug])
    seen = hidden(world.post(client, "/units/ends/preview", form).text, "seen")
    world.post(client, "/units/ends", {**form, "seen": seen})
    seen_now = hidden(client.get(f"/units/of/{slug}").text, "seen")[0]

    refused = world.post(
        client, f"/units/of/{slug}/restore", {"seen": seen_now, "words": "", "source": "示例编〔2026〕2号"}
    )
    assert refused.status_code == 422
    right = {"seen": seen_now, "words": "登记错了单位", "source": "示例编〔2026〕2号"}
    assert world.post(client, f"/units/of/{slug}/restore", right).status_code == 303
    assert world.post(client, f"/units/of/{slug}/restore", right).status_code == 409

    assert units(world)["示例财政局"].abolished_on is None
    with for_everybody(world.session):
        assert [one.kind for one in world.session.scalars(select(UnitEvent).order_by(UnitEvent.id))] == [
            "abolished",
            "restored",
        ]


def test_who_is_signed_in_for_a_unit_that_ended_today_is_out_at_once(world: World) -> None:
    reviewer, client = world.client("reviewer"), world.client("commission_admin")
    assert reviewer.get("/asked").status_code == 200
    form = {
        "way": "abolish",
        "units": world.unit.slug,
        "on": "2026年10月20日",
        "source": "示例编发〔2026〕1号",
    }
    seen = hidden(world.post(client, "/units/ends/preview", form).text, "seen")
    assert world.post(client, "/units/ends", {**form, "seen": seen}).status_code == 303
    assert reviewer.get("/asked").status_code == 303


def test_a_unit_that_ends_later_keeps_its_accounts_until_then(world: World) -> None:
    client = world.client("commission_admin")
    world.account("editor")
    form = ending("abolish", units=[world.unit.slug], on="2026年10月25日")
    seen = hidden(world.post(client, "/units/ends/preview", form).text, "seen")
    world.post(client, "/units/ends", {**form, "seen": seen})
    assert "将撤销" in client.get("/units").text
    world.session.rollback()
    with for_everybody(world.session):
        assert retiring.to_retire(world.session, now=world.at) == []
        assert retiring.to_retire(world.session, now=world.at + timedelta(days=5)) == [world.unit.id]


def test_only_the_commissions_administrator_keeps_the_roster(world: World) -> None:
    clients = [world.client(one) for one in ("officer", "filings", "intake", "unit_admin")]
    for client, address in product(
        clients,
        ("/units", "/units.csv", "/units/new", "/units/ends/new", f"/units/of/{world.unit.slug}"),
    ):
        assert client.get(address).status_code in (403, 404), address


def test_another_jurisdictions_unit_is_not_found(world: World) -> None:
    client = world.client("commission_admin")
    assert client.get("/units/of/no-such-unit").status_code == 404
