"""`portal users` and `portal mail`, as a person calls them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal.cli import main


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


@pytest.fixture
def instance(home: Path) -> Path:
    assert run("init").exit_code == 0
    return home


def test_the_first_administrator(instance: Path) -> None:
    done = run("users", "add", "Feng", "--name", "冯示六", "--role", "纪委监委管理员", "-j", "xiuzhou")
    assert done.exit_code == 0, done.output
    assert "http://127.0.0.1:8001/invitation/" in done.output
    listed = run("users", "list").output
    assert "feng" in listed
    assert "待接受邀请" in listed
    again = run("users", "invite", "feng")
    assert "/invitation/" in again.output
    assert run("users", "reset-second-factor", "feng").exit_code == 0
    assert "最后一位" in run("users", "disable", "feng").output


def test_what_is_wrong_is_told(instance: Path) -> None:
    call = ("users", "add", "x1", "--name", "冯示六", "-j", "xiuzhou")
    assert "不在可选范围" in run(*call, "--role", "皇帝").output
    assert "不能在这里授予" in run(*call, "--role", "填报人").output
    assert "没有账号“nobody”" in run("users", "enable", "nobody").output
    missing = run(*call, "--role", "单位管理员", "--unit", "没有的局")
    assert missing.exit_code == 1
    assert run("users", "list").output.startswith("没有账号")


def test_letters_that_wait_are_listed(instance: Path) -> None:
    assert "没有等待发送的邮件" in run("mail").output
    run(
        "users",
        "add",
        "feng",
        "--name",
        "冯示六",
        "--role",
        "officer",
        "-j",
        "xiuzhou",
        "--email",
        "f@example.gov.cn",
    )
    assert "f@example.gov.cn" in run("mail").output
    assert "/invitation/" in run("mail", "show", "1").output
    assert "PORTAL_MAIL_SERVER" in run("mail", "send").output
