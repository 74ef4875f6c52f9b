"""Keeping users: invitations, roles, what nobody may do, what the form cannot say."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from portal.services.accounts import factors, passwords
from portal.store.tables import Account, Mail, Step
from tests.web.office.world import World


def fresh(world: World, account: Account) -> Account:
    world.session.rollback()
    world.session.refresh(account)
    return account


def made(world: World, login: str) -> Account | None:
    world.session.rollback()
    return world.session.scalar(select(Account).where(Account.login == login))


FORM = {"login": "new-one", "name": "林示二", "email": "", "roles": ["editor", "reviewer"]}


def test_who_has_no_mail_address_gets_a_link_shown_once(world: World) -> None:
    admin = world.client("unit_admin")
    answer = world.post(admin, "/users/invite", FORM)
    link = re.search(r"<code>http://[^/]+(/invitation/[^<]+)</code>", answer.text)
    assert link
    assert "/invitation/" not in admin.get("/users").text
    assert "林示二" in world.app.test_client().get(link[1]).text
    account = made(world, "new-one")
    assert account is not None
    assert {one.role for one in account.roles} == {"editor", "reviewer"}
    step = world.session.scalar(select(Step).where(Step.event == "account"))
    assert step is not None
    assert (step.unit_id, step.title) == (world.unit.id, "林示二")


def test_who_has_one_gets_a_letter(world: World) -> None:
    answer = world.post(world.client("unit_admin"), "/users/invite", {**FORM, "email": "lin@example.gov.cn"})
    assert answer.status_code == 303
    world.session.rollback()
    letter = world.session.scalars(select(Mail)).one()
    assert letter.recipient == "lin@example.gov.cn"
    assert "/invitation/" in letter.body


@pytest.mark.parametrize("role", ["officer", "commission_admin", "root"])
def test_a_unit_gives_no_role_of_the_commission(world: World, role: str) -> None:
    admin = world.client("unit_admin")
    assert world.post(admin, "/users/invite", {**FORM, "roles": ["editor", role]}).status_code == 422
    assert made(world, "new-one") is None
    other = world.account("editor")
    assert world.post(admin, f"/users/{other.id}/roles", {"roles": ["editor", role]}).status_code == 422
    assert [one.role for one in fresh(world, other).roles] == ["editor"]


def test_no_field_moves_an_account_or_gives_it_a_password(world: World) -> None:
    more = {
        "unit": str(world.other.id), "unit_id": str(world.other.id), "jurisdiction_id": "99", "active": "",
        "password_hash": "x", "created_by": "somebody", "id": "4242", "totp_secret": "x",
    }  # fmt: skip
    admin = world.client("unit_admin")
    world.post(admin, "/users/invite", {**FORM, **more})
    account = made(world, "new-one")
    assert account is not None
    assert (account.unit_id, account.password_hash, account.active) == (world.unit.id, None, True)
    assert (account.created_by, account.jurisdiction_id) == ("陈示一", world.unit.jurisdiction_id)
    world.post(admin, f"/users/{account.id}/roles", {"roles": ["staff"], **more})
    assert fresh(world, account).unit_id == world.unit.id


def test_nobody_changes_or_ends_himself(world: World) -> None:
    account = world.account("unit_admin")
    admin = world.client(account=account)
    for what in ("roles", "disable", "reset-factor", "invite"):
        answer = world.post(admin, f"/users/{account.id}/{what}", {"roles": ["editor"]})
        assert answer.status_code == 422, what
    assert [one.role for one in fresh(world, account).roles] == ["unit_admin"]
    assert account.active


def test_a_foreign_account_is_not_found(world: World) -> None:
    foreign = world.account("editor", unit=world.other)
    admin = world.client("unit_admin")
    for what in ("roles", "disable", "enable", "reset-factor", "invite"):
        assert world.post(admin, f"/users/{foreign.id}/{what}", {"roles": ["staff"]}).status_code == 404
    assert fresh(world, foreign).active


def test_a_lost_factor_is_reset_and_written_down(world: World) -> None:
    account = world.account("reviewer")
    factors.enrol_totp(world.session, account, factors.new_secret(), step=0, key=b"s" * 32)
    world.session.commit()
    browser = world.client(account=account)
    world.post(world.client("unit_admin"), f"/users/{account.id}/reset-factor")
    assert fresh(world, account).totp_secret is None
    assert browser.get("/").location.startswith("/sign-in")
    assert world.session.scalars(select(Step.remark)).all() == ["已重设第二步验证"]


def test_disabling_and_enabling(world: World) -> None:
    account = world.account("editor")
    browser, admin = world.client(account=account), world.client("unit_admin")
    world.post(admin, f"/users/{account.id}/disable")
    assert not fresh(world, account).active
    assert browser.get("/").location.startswith("/sign-in")
    assert world.post(admin, f"/users/{account.id}/invite").status_code == 422
    world.post(admin, f"/users/{account.id}/enable")
    assert fresh(world, account).active
    assert browser.get("/").location.startswith("/sign-in")


def test_names_are_text_wherever_they_stand(world: World) -> None:
    admin = world.client("unit_admin")
    nasty = "<script>alert`1`</script>"
    answer = world.post(admin, "/users/invite", {**FORM, "name": nasty})
    account = made(world, "new-one")
    assert account is not None
    for text in (answer.text, admin.get("/users").text, admin.get(f"/users/{account.id}").text):
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text
    wrong = world.post(admin, "/users/invite", {**FORM, "login": '"><img src=x>', "email": "<b>@x"})
    assert wrong.status_code == 422
    assert "<img src=x" not in wrong.text
    assert "林示二" in wrong.text


def test_the_commission_invites_its_officers_and_the_first_administrator_of_a_unit(world: World) -> None:
    admin = world.client("commission_admin")
    form = {"name": "郑示五", "login": "zheng", "email": "", "roles": ["officer"]}
    assert world.post(admin, "/commission/users/invite", form).status_code == 200
    officer = made(world, "zheng")
    assert officer is not None
    assert (officer.unit_id, officer.jurisdiction_id) == (None, world.unit.jurisdiction_id)
    form = {**form, "login": "first", "unit": str(world.other.id), "roles": ["officer", "editor"]}
    world.post(admin, "/commission/users/invite", form)
    first = made(world, "first")
    assert first is not None
    assert (first.unit_id, [one.role for one in first.roles]) == (world.other.id, ["unit_admin"])
    editor = world.account("editor")
    assert admin.get(f"/commission/users/{editor.id}").status_code == 404
    assert world.post(admin, f"/commission/users/{first.id}/roles", {"roles": ["editor"]}).status_code == 422
    wrong = {**form, "login": "second", "unit": "987654"}
    assert world.post(admin, "/commission/users/invite", wrong).status_code == 422


def test_the_account_page_asks_for_the_password_before_it_changes_anything(world: World) -> None:
    account = world.account("editor")
    passwords.set_password(world.session, account, "三月的雨落在青石板上", now=world.at)
    account.email = "old@example.gov.cn"
    world.session.commit()
    browser, other = world.client(account=account), world.client(account=account)
    new = {"password": "另一句足够长的话语呢", "again": "另一句足够长的话语呢"}
    assert world.post(browser, "/account/password", {**new, "current": "x"}).status_code == 422
    assert other.get("/account").status_code == 200
    assert (
        world.post(browser, "/account/password", {**new, "current": "三月的雨落在青石板上"}).status_code
        == 303
    )
    assert browser.get("/account").status_code == 200
    assert other.get("/account").status_code == 303
    details = {
        "name": "方示九",
        "email": "new@example.gov.cn",
        "current": new["password"],
        "roles": "unit_admin",
        "login": "x",
    }
    assert world.post(browser, "/account/details", details).status_code == 303
    world.session.rollback()
    to = [one.recipient for one in world.session.scalars(select(Mail).order_by(Mail.id))]
    assert to == ["old@example.gov.cn", "old@example.gov.cn", "new@example.gov.cn"]
    assert [one.role for one in fresh(world, account).roles] == ["editor"]
    assert account.login != "x"
    assert "密码不对" in browser.get("/account/history").text


def test_other_devices_are_signed_out_one_or_all(world: World) -> None:
    account = world.account("editor")
    here, there, third = (world.client(account=account) for _ in range(3))
    numbers = re.findall(r"/account/sessions/(\d+)/end\"", here.get("/account").text)
    assert len(numbers) == 2
    stranger = world.client("editor")
    assert world.post(stranger, f"/account/sessions/{numbers[0]}/end").status_code == 404
    world.post(here, f"/account/sessions/{numbers[0]}/end")
    assert sorted(one.get("/account").status_code for one in (there, third)) == [200, 303]
    world.post(here, "/account/sessions/end-others")
    assert {one.get("/account").status_code for one in (there, third)} == {303}
    assert here.get("/account").status_code == 200
