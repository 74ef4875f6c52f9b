"""An instance as a whole: its guards, its settings, its damaged parts."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from portal.cli import main


@pytest.fixture
def portal(home: Path) -> Any:
    def run(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, list(words), catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


def test_dropped_guards_stop_every_command_until_somebody_looked(portal: Any, home: Path) -> None:
    portal("init")
    connection = sqlite3.connect(home / "portal.db")
    connection.execute("DROP TRIGGER version_no_update")
    connection.commit()
    connection.close()

    assert "version_no_update" in portal("sync", code=1).output
    assert "补上触发器 1 个" in portal("init", "--restore-guards").output
    portal("sync")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PORTAL_BASE_URL", "javascript:alert(1)", "不是以 http"),
        ("PORTAL_SEARCH_URL", "http://[", "不是以 http"),
        ("PORTAL_PORT", "八千", "PORTAL_"),
        ("PORTAL_REGIMES", "nowhere", "没有找到制度文件"),
    ],
)
def test_nonsense_in_the_settings_is_told(
    portal: Any, monkeypatch: Any, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    output = portal("init", code=1).output
    assert told in output
    assert "Traceback" not in output


def test_a_broken_manifest_or_index_is_mended_by_the_next_sync(portal: Any, home: Path) -> None:
    portal("init")
    portal("sync")
    manifest = (home / "site_build" / "current" / "manifest.json").resolve()
    manifest.write_text("{", encoding="utf-8")
    for file in (home / "search_index").rglob("*.seg"):
        file.write_bytes(b"")
    assert json.loads(portal("sync", "--json").stdout)["build"]


def test_a_file_that_is_no_database_is_told(portal: Any, home: Path) -> None:
    home.mkdir()
    (home / "portal.db").write_bytes(b"not a database at all, but long enough to look like one" * 40)
    assert "数据库文件已损坏" in portal("sync", code=1).output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("import",), "缺少"),
        (("nonsense",), "没有这个子命令"),
        (("sync", "--al"), "没有“--al”这个选项"),
        (("search", "x", "-y", "z"), "值不对"),
    ],
)
def test_a_wrong_call_is_told_in_chinese(portal: Any, words: tuple[str, ...], told: str) -> None:
    output = portal(*words, code=2).output
    assert told in output
    assert "Usage" not in output


def test_one_corrected_file_inside_a_build_is_judged_by_itself(
    portal: Any, home: Path, tmp_path: Path
) -> None:
    portal("init")
    head = "单位名称,项目名称,项目编号,预算金额\n"
    for amount, reason in (("10", "首次"), ("12", "预算调整")):
        file = tmp_path / "a.csv"
        file.write_text(head + f"示例水利局,清淤,示采1号,{amount}\n", encoding="utf-8")
        portal(
            "import",
            str(file),
            "-j",
            "jinhu",
            "-k",
            "tender",
            "--publish",
            "--create-units",
            "--reason",
            reason,
        )
    portal("sync")
    second = next((home / "site_build" / "current").resolve().rglob("*-v2.json"))
    assert "不一致 0 个" in portal("verify", str(second)).output
