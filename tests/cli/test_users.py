"""`portal users` and `portal mail`, run as an administrator runs them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.cli import main
from portal.services.accounts.links import Purpose, look_up, use_link
from portal.services.accounts.people import find_account, set_password
from portal.services.accounts.sessions import begin_session
from portal.store.db import make_engine, sqlite_url
from portal.store.tables import LoginSession, Mail
from tests.services.accounts.people_of import PASSWORD
from tests.web.postbox import Box, open_box

SECRET = re.compile(r"^(http\S+)/(invitation|reset)/(\S+)$", re.MULTILINE)


@pytest.fixture
def portal(home: Path) -> Any:
    def run(*words: str, code: int = 0, typed: str | None = None) -> Result:
        result = CliRunner().invoke(main, list(words), catch_exceptions=False, input=typed)
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.fixture
def instance(portal: Any, home: Path, tmp_path: Path) -> Any:
    portal("init")
    roster = tmp_path / "roster.csv"
    roster.write_text("单位名称,单位类型,简称,单位代码\n示例水利局,部门,水利局,001\n", encoding="gbk")
    portal("units", str(roster), "-j", "jinhu")
    return portal


@pytest.fixture
def engine(home: Path, instance: Any) -> Any:
    engine = make_engine(sqlite_url(home / "portal.db"))
    yield engine
    engine.dispose()


def add(portal: Any, *more: str, login: str = "fang", code: int = 0) -> Result:
    answer: Result = portal("users", "add", "方示九", "--login", login, "-j", "jinhu", *more, code=code)
    return answer


def link_of(result: Result) -> tuple[str, str, str]:
    found = SECRET.search(result.output)
    assert found, result.output
    return found[1], found[2], found[3]


def test_the_first_administrator_gets_a_link_that_works_once(instance: Any, engine: Engine) -> None:
    told = add(
        instance, "--unit", "水利局", "--role", "unit_admin", "--role", "填报人", "--email", "f@example.cn"
    )
    assert "示例水利局，填报人、单位管理员" in told.output
    assert "72 小时内有效，只能用一次" in told.output
    base, path, token = link_of(told)
    assert (base, path) == ("http://127.0.0.1:8001", "invitation")
    with Session(engine) as session:
        account = use_link(session, token, Purpose.INVITATION, now=datetime.now(UTC))
        assert account is not None
        assert (account.login, account.email, account.created_by) == ("fang", "f@example.cn", "命令行")
        assert use_link(session, token, Purpose.INVITATION, now=datetime.now(UTC)) is None


def test_the_link_leads_to_the_office_s_own_address(instance: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_OFFICE_URL", "https://office.example.cn/")
    assert link_of(add(instance, "--commission", "--role", "officer"))[0] == "https://office.example.cn"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--role", "editor"), 2, "--unit 单位 或 --commission"),
        (("--commission", "--unit", "水利局", "--role", "officer"), 2, "--unit 单位 或 --commission"),
        (("--unit", "水利局"), 2, "缺少"),
        (("--unit", "水利局", "--role", "king"), 2, "没有“king”这个角色"),
        (("--unit", "火利局", "--role", "editor"), 1, "水利局"),
        (("--unit", "水利局", "--role", "officer"), 1, "单位的账号不能有“纪委监委工作人员”"),
        (("--commission", "--role", "editor"), 1, "纪委监委的账号不能有“填报人”"),
        (("--unit", "水利局", "--role", "editor", "--email", "nothing"), 1, "不是可用的邮箱地址"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    instance: Any, engine: Engine, words: tuple[str, ...], code: int, told: str
) -> None:
    result = add(instance, *words, code=code)
    assert told in result.output
    assert "http" not in result.output
    with Session(engine) as session:
        assert find_account(session, "fang") is None


def test_a_login_is_given_once(instance: Any) -> None:
    add(instance, "--unit", "水利局", "--role", "editor")
    assert "已有人使用" in add(instance, "--commission", "--role", "officer", login="ＦＡＮＧ", code=1).output


def test_accounts_are_listed_with_their_state(instance: Any) -> None:
    assert "没有账号" in instance("users", "list").output
    add(instance, "--unit", "水利局", "--role", "editor")
    add(instance, "--commission", "--role", "officer", login="zheng")
    instance("users", "disable", "ZHENG")
    told = instance("users", "list", "-j", "jinhu").output
    assert re.search(r"fang\s+方示九\s+示例水利局\s+待接受邀请\s+未设\s+填报人", told)
    assert re.search(r"zheng\s+方示九\s+纪委监委\s+已停用\s+未设\s+纪委监委工作人员", told)
    assert "zheng" not in instance("users", "list", "-j", "jinhu", "--unit", "001").output
    assert "没有账号" in instance("users", "list", "-j", "xiuzhou").output
    assert "同时给出 -j" in instance("users", "list", "--unit", "001", code=2).output
    assert "没有代码为" in instance("users", "list", "-j", "nowhere", code=1).output
    instance("users", "enable", "zheng")
    assert "已停用" not in instance("users", "list").output


def test_the_command_line_may_do_what_the_pages_refuse_and_ends_sessions(
    instance: Any, engine: Engine
) -> None:
    add(instance, "--unit", "水利局", "--role", "unit_admin")
    for words in (
        ("roles", "fang", "--role", "editor"),
        ("reset-second-factor", "fang", "--yes"),
        ("disable", "fang"),
    ):
        with Session(engine) as session:
            account = find_account(session, "fang")
            assert account is not None
            begin_session(session, account, stage="full", address="", agent="", now=datetime.now(UTC))
            session.commit()
        instance("users", *words)
        with Session(engine) as session:
            assert all(one.ended_at for one in session.query(LoginSession)), words


def test_a_reset_of_the_second_factor_is_asked_about(instance: Any) -> None:
    add(instance, "--unit", "水利局", "--role", "reviewer")
    assert "没有改动" in instance("users", "reset-second-factor", "fang", code=1, typed="n\n").output
    assert "已解除" in instance("users", "reset-second-factor", "fang", typed="y\n").output


def test_a_new_link_replaces_the_old_one_and_becomes_a_reset_once_there_is_a_password(
    instance: Any, engine: Engine
) -> None:
    _, _, first = link_of(add(instance, "--unit", "水利局", "--role", "editor"))
    _, path, second = link_of(instance("users", "invite", "FANG"))
    assert path == "invitation"
    with Session(engine) as session:
        assert look_up(session, first, Purpose.INVITATION, now=datetime.now(UTC)) is None
        account = look_up(session, second, Purpose.INVITATION, now=datetime.now(UTC))
        assert account is not None
        set_password(session, account, PASSWORD, now=datetime.now(UTC), keep_session=None)
        session.commit()
    told = instance("users", "invite", "fang")
    assert link_of(told)[1] == "reset"
    assert "1 小时内有效" in told.output
    instance("users", "disable", "fang")
    assert "已停用" in instance("users", "invite", "fang", code=1).output


@pytest.mark.parametrize("words", [("invite",), ("disable",), ("enable",), ("roles", "--role", "editor")])
def test_an_unknown_login_is_refused(instance: Any, words: tuple[str, ...]) -> None:
    assert "没有登录名为“nobody”的账号" in instance("users", words[0], "nobody", *words[1:], code=1).output


def put_letter(engine: Engine, recipient: str = "f@example.cn") -> None:
    at = datetime(2026, 10, 20, 4, 0, tzinfo=UTC)
    with Session(engine) as session:
        session.add(
            Mail(
                key=recipient, recipient=recipient, subject="邀请", body="正文", created_at=at, next_try_at=at
            )
        )
        session.commit()


def test_without_a_mail_server_letters_wait_and_are_shown(instance: Any, engine: Engine) -> None:
    assert "没有等待寄出的信件" in instance("mail").output
    put_letter(engine)
    told = instance("mail").output
    assert re.search(r"2026-10-20 12:00\s+f@example.cn\s+邀请\s+待寄", told)
    assert "不会丢失" in told
    assert "PORTAL_MAIL_SERVER" in instance("mail", "send", code=1).output
    assert "f@example.cn" in instance("mail").output


def test_with_a_mail_server_they_go_out(
    instance: Any, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_letter(engine)
    put_letter(engine, "odd\nBcc: x@example.cn")
    box = Box()
    with open_box(box) as port:
        for name, value in {"SERVER": "127.0.0.1", "PORT": str(port), "TLS": "none"}.items():
            monkeypatch.setenv(f"PORTAL_MAIL_{name}", value)
        assert "寄出 1 封，未寄出 1 封" in instance("mail", "send", code=1).output
        assert "寄出 0 封，未寄出 0 封" in instance("mail", "send").output
        assert "不再自动重试" in instance("mail").output
        assert "未寄出 1 封" in instance("mail", "send", "--again", code=1).output
    assert [to for to, _ in box.taken] == [["f@example.cn"]]
