"""The key ceremony as people run it: `portal keys` and `portal verify-receipt`, in a fresh home."""

from __future__ import annotations

import base64
import json
import os
import stat
from datetime import date, timedelta
from pathlib import Path

import pyrage
import pytest
from click.testing import CliRunner, Result

from portal.cli import main
from portal.cli.key_files import today
from portal.domain.reports.codes import new_code
from portal.domain.reports.content import ReportContent
from portal.domain.reports.keylist import HolderKey
from portal.domain.reports.routing import choose_route
from portal.services.reports import age, keyring, sealing
from portal.services.reports.filing import commitment_of, sign_receipt
from portal.services.reports.keylists import KeyLists, sign_list
from portal.services.reports.routing_keys import routing_keys
from tests.light_keys import LightPassphrases

SECRET = "correct horse battery staple"


@pytest.fixture(autouse=True)
def _light(monkeypatch: pytest.MonkeyPatch) -> None:
    # The real price of a passphrase is paid in tests/services/test_sealing.py and by the sample keys.
    monkeypatch.setattr(keyring, "passphrase", LightPassphrases)


def run(*words: str | Path, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], input=typed)


def done(*words: str | Path, typed: str | None = None) -> str:
    result = run(*words, typed=typed)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*words: str | Path, typed: str | None = None) -> str:
    result = run(*words, typed=typed)
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    assert "Error" not in result.output
    return result.output


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret.txt"
    file.write_text(SECRET + "\n")
    return file


def recipients(count: int) -> list[tuple[str, str]]:
    return [age.new_identity() for _ in range(count)]


def add(name: str, key: str, *more: str) -> str:
    return done("keys", "holders", "add", "-j", "jinhu", "--name", name, "--key", key, *more)


def ids() -> dict[str, str]:
    """Return the holders of the waiting or published list: name → id."""
    lines = done("keys", "holders", "-j", "jinhu").splitlines()
    return {line.split()[1]: line.split()[0] for line in lines if line.startswith("h")}


@pytest.fixture
def begun(home: Path, tmp_path: Path, secret: Path) -> Path:
    """Return the root key file of a jurisdiction whose keys were made."""
    root = tmp_path / "usb" / "root.key"
    told = done("keys", "init", "-j", "jinhu", "--root-key", root, "--passphrase-file", secret)
    assert "分开保管" in told
    return root


def test_a_whole_ceremony_with_rotation_grace_and_revocation(begun: Path, home: Path, secret: Path) -> None:
    lists = KeyLists(home / "key_lists")
    people = recipients(5)
    publish = ("keys", "publish", "-j", "jinhu", "--root-key", begun, "--passphrase-file", secret)
    assert "须有 1 位以上" in refused(*publish)
    add("示例甲", people[0][1], "--rank", "head", "--post", "纪委书记")
    add("示例乙", people[1][1], "--post", "信访室主任", "--unit", "示例县教育局")
    assert "没有上一级机关" in done(*publish)
    assert lists.acceptable("jinhu", 1, today())
    add("示例丙", people[2][1], "--rank", "上一级机关")
    told = done(*publish, "--opening", "2", "--valid-days", "100", "--accept-previous-days", "7")
    assert "上一份清单接收至" in told
    second = lists.current("jinhu")
    assert second is not None
    assert (second.list.serial, second.list.opening) == (2, 2)
    assert second.list.valid_until == today() + timedelta(100)
    assert "金湖县监察委员会" in second.list.own_names

    number = ids()["示例乙"]
    told = done("keys", "rotate", "-j", "jinhu", number, "--key", people[3][1])
    assert "换用新公钥" in told
    assert "有修改尚未公布" in done("keys", "status", "-j", "jinhu")
    done(*publish)
    third = lists.current("jinhu")
    assert third is not None
    holder = third.list.holder(number)
    assert holder is not None
    assert holder.key_on(today()) == people[3][1]
    assert third.list.opening == 2, "what was set stays"
    assert lists.acceptable("jinhu", 2, today() + timedelta(14))
    assert not lists.acceptable("jinhu", 2, today() + timedelta(15))
    assert not lists.acceptable("jinhu", 1, today() + timedelta(8)), "its own grace of seven days ended"

    # A report sealed now opens with two keys, the new one among them; the old one is worth nothing for it.
    content = ReportContent(jurisdiction="jinhu", unit="示例局", categories=("late",), what="示例" * 15)  # type: ignore[arg-type]
    route = choose_route(third.list, day=today(), unit=content.unit, persons=())
    sealed = sealing.seal_report(third.list, content, day=today(), code=new_code(), route=route)
    halves = sealing.turn(sealed.grants, people[0][0])
    case = sealing.open_halves(halves, people[3][0])
    assert case is not None
    assert sealing.open_halves(halves, people[1][0]) is None
    assert sealing.open_body(sealed.body, case).content.unit == "示例局"

    add("示例丁", people[4][1])
    done("keys", "revoke", "-j", "jinhu", number)
    assert "不能再给宽限" in refused(*publish, "--accept-previous-days", "3")
    assert "立即停用" in done(*publish)
    assert not lists.acceptable("jinhu", 3, today())
    assert lists.acceptable("jinhu", 4, today())
    done("keys", "holders", "remove", "-j", "jinhu", ids()["示例丁"])
    done("keys", "publish", "-j", "jinhu", "--root-key", begun, "--passphrase-file", secret, "--opening", "1")
    assert lists.acceptable("jinhu", 4, today())
    assert not lists.acceptable("jinhu", 3, today()), "what one list revoked, a later one does not bring back"
    assert not list((home / "key_drafts").glob("*"))


def test_the_root_key_may_stay_on_another_machine(home: Path, tmp_path: Path, secret: Path) -> None:
    offline = tmp_path / "offline"
    told = done("keys", "root", "-j", "jinhu", "--out", offline / "root.key", "--passphrase-file", secret)
    public = told.split("根密钥的公钥：")[1].split()[0]
    done("keys", "init", "-j", "jinhu", "--root-public", public)
    add("示例甲", recipients(1)[0][1])
    draft = tmp_path / "next.json"
    done("keys", "draft", "-j", "jinhu", draft)
    sign = ("keys", "sign", draft, "--root-key", offline / "root.key", "--passphrase-file", secret)
    assert "已取消" in refused(*sign, typed="n\n")
    told = done(*sign, typed="y\n")
    assert "age1" in told, "who signs sees the keys"
    assert "不会覆盖" in refused(*sign, "--yes")
    signed = tmp_path / "next.json.signed.json"
    assert "不能再改" in refused("keys", "publish", signed, "--opening", "1")
    done("keys", "publish", signed)
    assert "下一份应是 2" in refused("keys", "publish", signed)
    assert (home / "key_lists" / "jinhu" / "1.json").read_bytes() == signed.read_bytes()
    changed = tmp_path / "changed.json"
    changed.write_text(signed.read_text().replace("示例甲", "示例乙"))
    assert "被改动过" in refused("keys", "publish", changed)


def test_key_files_are_for_their_user_alone_and_age_opens_them(
    begun: Path, home: Path, tmp_path: Path, secret: Path
) -> None:
    mine = tmp_path / "mine.key"
    told = done("keys", "create", "--out", mine, "--passphrase-file", secret)
    recipient = told.split("公钥：")[1].split()[0]
    for file in (begun, mine, home / "receipt_keys" / "jinhu.key", home / "routing_keys" / "jinhu.key"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert b"AGE-SECRET-KEY" not in mine.read_bytes()
    assert mine.read_bytes().startswith(b"-----BEGIN AGE ENCRYPTED FILE-----\n")
    text = pyrage.passphrase.decrypt(mine.read_bytes(), SECRET).decode()
    identity = next(line for line in text.splitlines() if not line.startswith("#"))
    assert age.recipient_of(identity) == recipient
    assert "不会覆盖" in refused("keys", "create", "--out", mine, "--passphrase-file", secret)


def test_a_passphrase_is_asked_twice_or_read_from_a_descriptor(tmp_path: Path) -> None:
    mine = tmp_path / "mine.key"
    assert "两次输入的口令不同" in refused("keys", "create", "--out", mine, typed=f"{SECRET}\n{SECRET}!\n")
    assert "口令太短" in refused("keys", "create", "--out", mine, typed="short\nshort\n")
    assert "太简单" in refused("keys", "create", "--out", mine, typed="a" * 20 + "\n")
    assert not mine.exists()
    reading, writing = os.pipe()
    os.write(writing, SECRET.encode())
    os.close(writing)
    told = run("keys", "create", "--out", mine, "--passphrase-fd", str(reading))
    assert told.exit_code == 0
    assert SECRET not in told.output
    assert keyring.read_officer_key(mine.read_bytes(), SECRET)
    assert "没有打开的文件描述符" in refused("keys", "create", "--out", mine, "--passphrase-fd", "99")


def test_what_is_wrong_is_told(begun: Path, home: Path, tmp_path: Path, secret: Path) -> None:
    (_, key), (_, other) = recipients(2)
    assert "没有县区“nowhere”" in refused("keys", "init", "-j", "nowhere", "--root-public", "x")
    assert "二者选一" in refused("keys", "init", "-j", "xiuzhou")
    assert "44 个字符" in refused("keys", "init", "-j", "xiuzhou", "--root-public", "abc")
    assert not (home / "receipt_keys" / "xiuzhou.key").exists()
    again = ("keys", "init", "-j", "jinhu", "--root-key", tmp_path / "x", "--passphrase-file", secret)
    assert "已建立密钥" in refused(*again)
    holder = ("keys", "holders", "add", "-j", "jinhu", "--name", "示例甲")
    assert "抄错一个字符" in refused(*holder, "--key", key[:-1] + ("q" if key[-1] != "q" else "p"))
    assert "请用 --key" in refused(*holder)
    assert "不在可选范围" in refused(*holder, "--key", key, "--rank", "皇帝")
    assert "请用 --name" in refused("keys", "holders", "add", "-j", "jinhu", "--key", key)
    assert "没有在办公端登记" in refused(*holder, "--holder", "habcdef")
    done(*holder, "--key", key)
    assert "已登记在 示例甲" in refused(*holder, "--key", key)
    assert "没有编号" in refused("keys", "revoke", "-j", "jinhu", "hnobody")
    assert "没有编号" in refused("keys", "rotate", "-j", "jinhu", "hnobody", "--key", other)
    assert "请给出持钥人的编号" in refused("keys", "rotate", "-j", "jinhu")
    assert "还没有建立密钥" in refused("keys", "holders", "-j", "xiuzhou")
    publish = ("keys", "publish", "-j", "jinhu", "--root-key", begun)
    assert "口令不对" in refused(*publish, typed="wrong words entirely\n")
    assert "没有这个文件" in refused(
        "keys", "publish", "-j", "jinhu", "--root-key", tmp_path / "none", typed="x\n"
    )
    assert "请给出已签名的文件" in refused("keys", "publish", "-j", "jinhu")
    foreign = tmp_path / "foreign.key"
    keyring.make_root(foreign, "xiuzhou", SECRET)
    told = refused("keys", "publish", "-j", "jinhu", "--root-key", foreign, "--passphrase-file", secret)
    assert "另一个县区" in told
    alike = tmp_path / "alike.key"
    keyring.make_root(alike, "jinhu", SECRET)
    told = refused("keys", "publish", "-j", "jinhu", "--root-key", alike, "--passphrase-file", secret)
    assert "不是本机构的根密钥" in told
    assert not (home / "key_lists" / "jinhu" / "1.json").exists()
    (home / "key_drafts" / "jinhu.json").write_text("{}")
    assert "草稿文件已损坏" in refused("keys", "holders", "-j", "jinhu")
    assert "不是日期" in refused("keys", "status", "--on", "tomorrow")


def test_status_warns_before_an_end_and_fails_after_it(begun: Path, home: Path, secret: Path) -> None:
    add("示例甲", recipients(1)[0][1], "--rank", "head", "--days", "200")
    add("示例乙", recipients(1)[0][1], "--rank", "superior")
    assert "还没有公布" in done("keys", "status")
    done("keys", "publish", "-j", "jinhu", "--root-key", begun, "--passphrase-file", secret)
    assert "一切正常" in done("keys", "status", "-j", "jinhu")
    soon, late = today() + timedelta(175), today() + timedelta(201)
    assert "还有 25 天" in done("keys", "status", "--on", soon.isoformat())
    result = run("keys", "status", "--on", late.isoformat(), "--json")
    assert result.exit_code == 1
    held = json.loads(result.output)[0]
    assert any("已于" in line for line in held["errors"])
    assert held["days_left"] == 365 - 201
    assert {row["rank"] for row in held["holders"]} == {"head", "superior"}
    result = run("keys", "status", "--on", (today() + timedelta(366)).isoformat())
    assert result.exit_code == 1
    assert "密钥清单已于" in result.output
    (home / "receipt_keys" / "jinhu.key").chmod(0o644)
    result = run("keys", "status")
    assert result.exit_code == 1
    assert "chmod 600" in result.output
    (home / "receipt_keys" / "jinhu.key").unlink()
    assert run("keys", "status").exit_code == 1
    keyring.make_receipt_key(home / "receipt_keys", "jinhu")
    assert "收件凭证密钥与清单中的公钥不同" in run("keys", "status").output


def test_a_list_changed_on_disk_is_told_and_never_passed_over(begun: Path, home: Path, secret: Path) -> None:
    add("示例甲", recipients(1)[0][1])
    done("keys", "publish", "-j", "jinhu", "--root-key", begun, "--passphrase-file", secret)
    file = home / "key_lists" / "jinhu" / "1.json"
    file.write_text(file.read_text().replace("示例甲", "示例乙"))
    result = run("keys", "status")
    assert result.exit_code == 1
    assert "被改动过" in result.output
    assert "被改动过" in refused("keys", "holders", "-j", "jinhu")


def test_the_offices_own_key_is_renewed_and_the_old_one_still_reads(
    begun: Path, home: Path, secret: Path
) -> None:
    add("示例甲", recipients(1)[0][1])
    publish = ("keys", "publish", "-j", "jinhu", "--root-key", begun, "--passphrase-file", secret)
    done(*publish)
    lists = KeyLists(home / "key_lists")
    first = lists.current("jinhu")
    assert first is not None
    older = sealing.seal_routing(first.list.routing_key, ["h1"], "own")
    done("keys", "rotate", "-j", "jinhu", "--routing")
    done(*publish)
    second = lists.current("jinhu")
    assert second is not None
    assert second.list.routing_key != first.list.routing_key
    newer = sealing.seal_routing(second.list.routing_key, ["h2"], "own")
    keys = keyring.read_routing_keys(home / "routing_keys", "jinhu")
    assert [sealing.read_routing(newer, key) is not None for key in keys] == [True, False]
    assert [sealing.read_routing(older, key) is not None for key in keys] == [False, True]
    for file in (home / "routing_keys").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    read_by_the_office = routing_keys(home / "routing_keys")("jinhu")
    assert [*read_by_the_office] == [*keys]
    assert "错误" not in done("keys", "status")


def test_an_account_of_the_office_is_tied_to_its_key(begun: Path, home: Path, secret: Path) -> None:
    done("init")
    done("users", "add", "feng", "--name", "冯示六", "--role", "intake", "-j", "jinhu")
    (_, key), (_, other) = recipients(2)
    add_feng = ("keys", "holders", "add", "-j", "jinhu", "--account", "feng", "--post", "信访室主任")
    assert "没有在办公端登记公钥" in refused(*add_feng)
    assert "冯示六" in done(*add_feng, "--key", key)
    assert "没有账号" in refused("keys", "holders", "add", "-j", "jinhu", "--account", "nobody", "--key", key)
    done("keys", "publish", "-j", "jinhu", "--root-key", begun, "--passphrase-file", secret)

    from sqlalchemy.orm import Session

    from portal.store.db import begin_write, sqlite_url
    from portal.store.reports.db import open_reports
    from portal.store.reports.tables import KeyHolder

    engine = open_reports(sqlite_url(home / "reports.db"))
    with Session(engine) as session:
        begin_write(session)
        row = session.query(KeyHolder).one()
        assert (row.name, row.post, row.rank) == ("冯示六", "信访室主任", "officer")
        row.registered, row.registered_on = other, today()
        number = row.id
        session.commit()
    engine.dispose()
    assert ids() == {"冯示六": number}
    assert "登记了新公钥" in done("keys", "status")
    done("keys", "rotate", "-j", "jinhu", number)
    done("keys", "publish", "-j", "jinhu", "--root-key", begun, "--passphrase-file", secret)
    current = KeyLists(home / "key_lists").current("jinhu")
    assert current is not None
    assert current.list.holders[0].keys == (
        HolderKey(recipient=other, since=today(), until=today() + timedelta(365)),
    )


@pytest.fixture
def receipt(begun: Path, home: Path, secret: Path, tmp_path: Path) -> Path:
    add("示例甲", recipients(1)[0][1])
    done("keys", "publish", "-j", "jinhu", "--root-key", begun, "--passphrase-file", secret)
    signer = keyring.read_receipt_key(home / "receipt_keys", "jinhu")
    commitment = commitment_of(b"s" * 32, "示例内容")
    note = sign_receipt(signer.private, signer.name, "jinhu", date(2026, 11, 22), commitment)
    file = tmp_path / "receipt.txt"
    file.write_text(note)
    return file


def test_a_receipt_is_verified(receipt: Path, home: Path, tmp_path: Path) -> None:
    assert "2026-11-22" in done("verify-receipt", receipt)
    assert "有效" in done("verify-receipt", receipt, "-j", "jinhu")
    public = keyring.read_receipt_key(home / "receipt_keys", "jinhu").public
    assert "有效" in done("verify-receipt", receipt, "--key", public.key)
    raw = base64.b64encode(b"\x01" + base64.b64decode(public.key)).decode()
    vkey = f"{public.name}+{public.hash.hex()}+{raw}"
    assert "有效" in done("verify-receipt", receipt, "--key", vkey)
    assert "抄错" in refused("verify-receipt", receipt, "--key", vkey.replace(public.hash.hex(), "00000000"))
    content = tmp_path / "content.json"
    content.write_text("示例内容\n")
    salt = base64.b64encode(b"s" * 32).decode()
    with_content = ("verify-receipt", receipt, "--content", content)
    assert "内容与凭证相符" in done(*with_content, "--salt", salt)
    assert "须同时有" in refused(*with_content)
    assert "内容与凭证不符" in refused(*with_content, "--salt", base64.b64encode(b"t" * 32).decode())
    assert "随机数不对" in refused(*with_content, "--salt", "abc")
    saved = tmp_path / "saved.json"
    saved.write_text(json.dumps({"receipt": receipt.read_text(), "salt": salt, "content": "示例内容"}))
    assert "内容与凭证相符" in done("verify-receipt", saved)


def test_a_receipt_that_shows_nothing_is_refused(receipt: Path, tmp_path: Path) -> None:
    text = receipt.read_text()
    for changed, told in (
        (text.replace("2026-11-22", "2026-11-21"), "改动过"),
        (text.replace("\njinhu\n", "\nxiuzhou\n"), "没有可用来核对的密钥清单"),
        (text.replace("\n\n", "\n"), "缺少正文和签名之间的空行"),
        ("", "没有可用来核对的密钥清单"),
        ("{}", "没有收件凭证"),
        ("{", "不是收件凭证"),
        ("a\n../../etc\nb\n", "没有可用来核对的密钥清单"),
    ):
        file = tmp_path / "changed.txt"
        file.write_text(changed)
        assert told in refused("verify-receipt", file), changed
    file.write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in refused("verify-receipt", file)
    assert "没有这个文件" in refused("verify-receipt", tmp_path / "none")
    other = keyring.make_receipt_key(tmp_path / "other", "jinhu")
    assert "没有“jinhu/receipts”这把密钥的签名" in refused("verify-receipt", receipt, "--key", other.key)
    assert "只能给出一个" in refused("verify-receipt", receipt, "--key", other.key, "-j", "jinhu")


def test_publishing_never_overwrites(begun: Path, home: Path, secret: Path) -> None:
    add("示例甲", recipients(1)[0][1])
    done("keys", "publish", "-j", "jinhu", "--root-key", begun, "--passphrase-file", secret)
    lists = KeyLists(home / "key_lists")
    current = lists.current("jinhu")
    assert current is not None
    raw = sign_list(current.list, keyring.read_root(begun, "jinhu", SECRET))
    with pytest.raises(ValueError, match="下一份应是 2"):
        lists.publish(raw)
    assert sorted(one.name for one in (home / "key_lists" / "jinhu").iterdir()) == ["1.json", "root.pub"]
