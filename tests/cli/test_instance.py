"""An instance as a whole: its guards, its settings, its damaged parts."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from filelock import FileLock

from portal.cli import main
from portal.cli.opened import Opened
from tests import postgresql
from tests.conftest import NOON
from tests.databases import tamper
from tests.site.disks import small_disk


@pytest.fixture
def portal(home: Path) -> Any:
    def run(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, list(words), catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


def test_dropped_guards_stop_every_command_until_somebody_looked(portal: Any, home: Path) -> None:
    portal("init")
    tamper(home, dropping=("version_no_update",))

    assert "version_no_update" in portal("sync", code=1).output
    assert "补上触发器 1 个" in portal("init", "--restore-guards").output
    portal("sync")


@pytest.mark.skipif(postgresql.WANTED, reason="about the SQLite file")
def test_the_database_is_closed_to_the_machine_s_other_users(portal: Any, home: Path) -> None:
    before = os.umask(0o022)
    try:
        portal("init")
        database = home / "portal.db"
        assert database.stat().st_mode & 0o077 == 0
        database.chmod(0o664)  # As an older one may be, with a group that was let in on purpose.
        portal("sync")
        assert database.stat().st_mode & 0o777 == 0o660
    finally:
        os.umask(before)


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


ROW = "单位名称,项目名称,项目编号,预算金额\n示例水利局,清淤,示采{}号,10\n"


def publish(portal: Any, folder: Path, number: int) -> None:
    file = folder / "a.csv"
    file.write_text(ROW.format(number), encoding="utf-8")
    portal("import", str(file), "-j", "jinhu", "-k", "tender", "--publish", "--create-units")


@pytest.mark.parametrize("command", ["sync", "build"])
@pytest.mark.parametrize("trouble", ["full", "read-only", "in the way"])
def test_a_site_that_cannot_be_written_is_told_and_stays_and_the_next_run_recovers(
    portal: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str, command: str
) -> None:
    site = home / "site_build"
    monkeypatch.setattr(
        Opened, "now", lambda _: NOON
    )  # A record is numbered by the year in which it is published.
    portal("init")
    with small_disk(site, megabytes=64) as disk:
        publish(portal, tmp_path, 1)
        portal("sync")
        before = (site / "current").readlink()
        publish(portal, tmp_path, 2)
        trees, aside = site / "trees", site / "aside"
        if trouble == "full":
            disk.fill()
        elif trouble == "read-only":
            disk.read_only(on=True)
        else:
            trees.rename(aside)
            trees.write_bytes(b"")
        output = portal(command, code=1).output
        told = {"full": "磁盘已满", "read-only": "文件夹是只读的", "in the way": "已有一个同名的文件"}
        assert told[trouble] in output
        assert "网站仍是上一次生成的内容" in output
        assert "Traceback" not in output
        assert not re.search("[Nn]o space|[Rr]ead-only|[Ff]ile exists|Not a dir", output)
        assert (site / "current").readlink() == before
        if trouble == "full":
            disk.free()
        elif trouble == "read-only":
            disk.read_only(on=False)
        else:
            trees.unlink()
            aside.rename(trees)
        assert json.loads(portal(command, "--json").stdout)["build"]
        assert (site / "current" / "jinhu" / "u" / "shilishuiliju" / "tenders" / "2026-0002.html").is_file()
        assert json.loads(portal(command, "--json").stdout)["build"] is None


# Whoosh drops its half-written files unclosed when the disk is full; the collector tells of each.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_full_disk_under_the_search_index_is_told_and_the_next_run_recovers(
    portal: Any, home: Path, tmp_path: Path
) -> None:
    portal("init")
    publish(portal, tmp_path, 1)
    with small_disk(home / "search_index", megabytes=8) as disk:
        portal("sync")
        publish(portal, tmp_path, 2)
        disk.fill()
        output = portal("sync", code=1).output
        assert "磁盘已满" in output
        assert "Traceback" not in output
        disk.free()
        portal("sync")
        assert "示采2号" in portal("search", "示采2号").output or "清淤" in portal("search", "清淤").output


def test_whoever_comes_second_is_told_to_wait(
    portal: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal("init")
    monkeypatch.setattr("portal.sync.FileLock", lambda file, **_: FileLock(file, timeout=0.1))
    with FileLock(home / "portal.lock"):
        output = portal("build", code=1).output
    assert "另一个同步进程正在运行" in output
    portal("build")


def test_a_broken_manifest_or_index_is_mended_by_the_next_sync(portal: Any, home: Path) -> None:
    portal("init")
    portal("sync")
    manifest = (home / "site_build" / "current" / "manifest.json").resolve()
    manifest.write_text("{", encoding="utf-8")
    for file in (home / "search_index").rglob("*.seg"):
        file.write_bytes(b"")
    assert json.loads(portal("sync", "--json").stdout)["build"]


@pytest.mark.sqlite
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
    second = next((home / "site_build" / "current").glob("jinhu/u/*/*/*-v2.json"))
    assert "不一致 0 个" in portal("verify", str(second)).output


def test_a_search_index_that_others_may_write_is_told(portal: Any, home: Path, tmp_path: Path) -> None:
    portal("init")
    portal("sync")
    publish(portal, tmp_path, 1)
    (home / "search_index").chmod(0o777)
    output = portal("sync", code=1).output
    assert "可以被其他用户改写" in output
    assert "Traceback" not in output
    (home / "search_index").chmod(0o755)
    portal("sync", "--all")
