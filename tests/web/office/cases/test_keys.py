"""How the keys stand: for the administrator, from the signed list, with what ends soon; for nobody else."""

from __future__ import annotations

from datetime import timedelta

from tests.web.office.cases.bureau import SLUG, Bureau


def test_holders_and_what_ends_are_told(bureau: Bureau) -> None:
    admin = bureau.world.client("commission_admin")
    shown = admin.get("/reports/keys").text
    assert f"第 {bureau.key_list.serial} 号清单" in shown
    assert all(one.name in shown for one in bureau.key_list.holders)
    assert "到期" not in shown
    bureau.world.at = bureau.world.at + timedelta(days=20_000)
    late = bureau.world.client("commission_admin").get("/reports/keys").text
    assert "密钥清单已于" in late
    assert "portal keys publish" in late


def test_a_list_that_was_changed_is_told(bureau: Bureau) -> None:
    (file,) = (bureau.lists.folder / SLUG).glob("*.json")
    file.write_bytes(file.read_bytes().replace("示例甲".encode(), "示例丁".encode()))
    answer = bureau.world.client("commission_admin").get("/reports/keys")
    assert answer.status_code == 200
    assert "不能继续" in answer.text


def test_others_may_not_look(bureau: Bureau) -> None:
    for role in ("officer", "intake_lead", "unit_admin"):
        assert bureau.world.client(role).get("/reports/keys").status_code == 403, role
