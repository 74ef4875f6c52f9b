"""What the unit has published: lists, versions, beginning a correction, withdrawing with everything the law asks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.domain.documents.base import Audience
from portal.services.accounts.factors import enrol_totp, new_secret
from portal.services.accounts.passwords import set_password
from portal.services.desk import releasing
from portal.store.tables import Account, Version
from tests.services.desk.desk_world import Desk, rules
from tests.web.office.world import World

SECRET = "四季分明的山谷清风"
GIVEN = {
    "legal_ground": "政府信息公开条例第十五条",
    "reason": "涉及第三方商业秘密",
    "approver": "陈示一",
    "review_on": "2027-03-01",
    "second_login": "fuhe",
    "second_password": SECRET,
}


@pytest.fixture
def colleague(world: World) -> Account:
    """Somebody of the leadership group who seconds what others withdraw."""
    made = world.account("group", name="吴示四")
    made.login = "fuhe"
    set_password(world.session, made, SECRET, now=world.at)
    world.session.commit()
    return made


@pytest.fixture
def desk(world: World, session: Session) -> Desk:
    """The desk of the world's unit."""
    return Desk(session, world.unit, now=world.at - timedelta(hours=2))


@pytest.fixture
def reviewer(world: World, desk: Desk) -> FlaskClient:
    """The browser of the person who reviews."""
    return world.client(account=desk.people[desk.reviewer.name])


@pytest.fixture
def editor(world: World, desk: Desk) -> FlaskClient:
    """The browser of the person who writes."""
    return world.client(account=desk.people[desk.editor.name])


def at(version: Version) -> str:
    return f"/records/{version.record.kind}/{version.record.slug}"


def test_the_list_is_by_kind_and_year(desk: Desk, reviewer: FlaskClient, a_quarter: Any) -> None:
    desk.published(rules())
    desk.published(a_quarter())
    everything = reviewer.get("/records/").text
    assert "示例管理办法" in everything
    assert "2026Q3 财务公开" in everything
    only = reviewer.get("/records/?kind=finance&year=2026").text
    assert "示例管理办法" not in only
    assert "2026Q3 财务公开" in only
    assert reviewer.get("/records/?kind=nonsense&year=9999&page=-5").status_code == 200


def test_a_record_shows_its_versions_who_answers_for_them_and_what_changed(
    desk: Desk, reviewer: FlaskClient
) -> None:
    first = desk.published(rules(text="第一条　一万元。"))
    draft = releasing.start_correction(desk.room, first.record, actor=desk.editor, now=desk.tick())
    draft.reason = "数字有误"
    desk.change(draft, rules(text="第一条　二万元。"))
    desk.publish(desk.approve(desk.submit(draft)))
    page = reviewer.get(at(first)).text
    for words in (
        "第 2 版",
        "数字有误",
        "方示九（填报）、林示二（审核）",
        "第 1 版到第 2 版的差别",
        "-v1.html",
        "-v2.html",
    ):
        assert words in page


def test_a_correction_is_begun_once_however_often_it_is_asked_for(
    world: World, desk: Desk, editor: FlaskClient
) -> None:
    first = desk.published(rules())
    where = {world.post(editor, f"{at(first)}/correct").location for _ in range(2)}
    assert len(where) == 1
    desk.session.rollback()
    assert len(desk.room.drafts()) == 1
    assert "有一份更正草稿正在办理" in editor.get(at(first)).text


def test_a_withdrawal_goes_through_its_form(
    world: World, desk: Desk, reviewer: FlaskClient, colleague: Account
) -> None:
    version = desk.published(rules())
    form = reviewer.get(f"{at(version)}/1/withdraw").text
    assert "须是您（林示二）以外的人" in form
    answer = world.post(reviewer, f"{at(version)}/1/withdraw", GIVEN)
    assert answer.status_code == 303
    page = reviewer.get(answer.location).text
    assert "批准人：陈示一" in page
    assert "批准人陈示一，复核人吴示四" in page
    again = world.post(reviewer, f"{at(version)}/1/withdraw", GIVEN)
    assert again.status_code == 422
    assert "已于此前撤回" in again.text


@pytest.mark.parametrize(
    ("more", "words", "field"),
    [
        ({"approver": "林示二"}, "您以外的人", "approver"),
        ({"review_on": "2026-13-01"}, "复核日期", "review_on"),
        ({"review_on": ""}, "请填写复核日期", "review_on"),
        ({"destroy": "1", "confirmation": "x"}, "原样填写", "confirmation"),
        ({"legal_ground": ""}, "请填写法律依据", "legal_ground"),
        ({"reason": "身份证号330411199001011237有误"}, "撤回原因里有", "reason"),
    ],
)
def test_a_withdrawal_that_lacks_something_keeps_what_was_typed(
    world: World,
    desk: Desk,
    reviewer: FlaskClient,
    colleague: Account,
    more: dict[str, str],
    words: str,
    field: str,
) -> None:
    version = desk.published(rules())
    answer = world.post(reviewer, f"{at(version)}/1/withdraw", GIVEN | more)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'href="#{field}"' in answer.text
    if "reason" not in more:
        assert "涉及第三方商业秘密" in answer.text
    desk.session.rollback()
    assert desk.session.get_one(Version, version.id).withdrawal is None


def test_destruction_needs_the_index_number_typed(
    world: World, desk: Desk, reviewer: FlaskClient, colleague: Account
) -> None:
    version = desk.published(rules(title="金丝雀办法", text="第一条　金丝雀。"))
    number, url = version.record.index_no, at(version)
    given = GIVEN | {"destroy": "1", "confirmation": number, "review_on": ""}
    answer = world.post(reviewer, f"{url}/1/withdraw", given)
    assert answer.status_code == 303
    desk.session.rollback()
    desk.session.expire_all()
    assert desk.session.get_one(Version, version.id).payload is None
    assert "内容已销毁" in reviewer.get(url).text


def test_an_editor_does_not_withdraw(world: World, desk: Desk, editor: FlaskClient) -> None:
    version = desk.published(rules())
    assert editor.get(f"{at(version)}/1/withdraw").status_code == 403
    assert world.post(editor, f"{at(version)}/1/withdraw", GIVEN).status_code == 403


def test_what_is_for_the_leadership_group_is_not_in_the_administrator_s_list(
    world: World, desk: Desk
) -> None:
    version = desk.published(rules("班子内部的办法", audience=Audience.LEADERSHIP_GROUP))
    admin, group_admin = world.client("unit_admin"), world.client("unit_admin", "group")
    assert "班子内部的办法" not in admin.get("/records/").text
    missing = admin.get("/records/regulation/2026-0999")
    found = admin.get(at(version))
    assert found.status_code == missing.status_code == 404
    assert "班子内部的办法" in group_admin.get("/records/").text
    assert group_admin.get(at(version)).status_code == 200


def test_the_public_addresses_are_only_given_where_the_public_may_go(
    desk: Desk, reviewer: FlaskClient
) -> None:
    version = desk.published(rules(audience=Audience.STAFF))
    page = reviewer.get(at(version)).text
    assert "public.example/xiuzhou" not in page
    assert "只对本单位职工公开" in page


def test_everything_that_a_withdrawal_lacks_is_told_at_once(
    world: World, desk: Desk, reviewer: FlaskClient
) -> None:
    version = desk.published(rules())
    empty = dict.fromkeys(GIVEN, "")
    answer = world.post(reviewer, f"{at(version)}/1/withdraw", empty)
    assert answer.status_code == 422
    for words in ("请填写法律依据", "请填写撤回原因", "请填写批准人", "请填写复核日期"):
        assert words in answer.text
    destroyed = world.post(reviewer, f"{at(version)}/1/withdraw", {**empty, "destroy": "1"})
    assert "请填写复核日期" not in destroyed.text


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"second_password": "不是这个密码呀"}, "账号或密码不对"),
        ({"second_login": "nobody"}, "账号或密码不对"),
        ({"second_password": ""}, "由复核人输入本人的密码"),
        ({"second_login": "self"}, "复核人须是您以外的人"),
        ({"second_login": "editor"}, "这个账号不能复核"),
        ({"second_login": "foreign"}, "这个账号不能复核"),
        ({"second_login": "coded"}, "验证码不对或已用过"),
    ],
)
def test_nobody_withdraws_alone(
    world: World, desk: Desk, reviewer: FlaskClient, colleague: Account, more: dict[str, str], words: str
) -> None:
    own = desk.people[desk.reviewer.name]
    coded = world.account("unit_admin")
    others = {
        "self": own,
        "editor": world.account("editor"),
        "foreign": world.account("reviewer", unit=world.other),
        "coded": coded,
    }
    for login, one in others.items():
        one.login = login
        set_password(world.session, one, SECRET, now=world.at)
    enrol_totp(world.session, coded, new_secret(), step=0, key=b"s" * 32)
    world.session.commit()
    version = desk.published(rules())

    answer = world.post(reviewer, f"{at(version)}/1/withdraw", GIVEN | more)

    assert answer.status_code == 422
    assert words in answer.text
    assert SECRET not in answer.text
    desk.session.rollback()
    desk.session.expire_all()
    assert desk.session.get_one(Version, version.id).withdrawal is None


def test_guessing_at_a_second_person_s_password_is_slowed_down(
    world: World, desk: Desk, reviewer: FlaskClient, colleague: Account
) -> None:
    version = desk.published(rules())
    for _ in range(5):
        world.post(reviewer, f"{at(version)}/1/withdraw", GIVEN | {"second_password": "猜一猜猜一猜猜一猜"})
    answer = world.post(reviewer, f"{at(version)}/1/withdraw", GIVEN)
    assert "再试" in answer.text
    desk.session.rollback()
    assert desk.session.get_one(Version, version.id).withdrawal is None


def test_a_code_seconds_once(world: World, desk: Desk, reviewer: FlaskClient, colleague: Account) -> None:
    secret = new_secret()
    enrol_totp(world.session, colleague, secret, step=0, key=b"s" * 32)
    world.session.commit()
    first, second = desk.published(rules()), desk.published(rules("另一个办法"))
    given = GIVEN | {"second_code": pyotp.TOTP(secret).at(world.at)}

    assert world.post(reviewer, f"{at(first)}/1/withdraw", given).status_code == 303
    again = world.post(reviewer, f"{at(second)}/1/withdraw", given)

    assert again.status_code == 422
    assert "已用过" in again.text
