"""A copy of the site that `portal publish-site` carried away is whole, and what is done to it afterwards is told."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal.cli import main
from portal.cli.opened import Opened
from tests.conftest import NOON

ROWS = (
    "单位名称,项目名称,预算金额（万元）,预计采购时间\n"
    "示例水利局,河道清淤工程,120.5,2026年7月\n"
    "示例林业局,苗木采购,12,2026年8月\n"
)
FOLDER = "jinhu/u/shilishuiliju/tenders"
RECORD = f"{FOLDER}/2026-0001.json"
EARLIER = f"{FOLDER}/2026-0001-v1.json"
PAGE = f"{FOLDER}/2026-0001.html"


def run(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, list(words), catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def problems(copy: Path) -> list[str]:
    """Return what a run that ends with status 1 says on standard error, one line a problem; notes are none."""
    return [line for line in run("verify", str(copy), code=1).stderr.splitlines() if "说明：" not in line]


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with two published records and its site."""
    folder = tmp_path_factory.mktemp("instance")
    file = folder / "意向.csv"
    file.write_text(ROWS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name in [one for one in os.environ if one.startswith("PORTAL_")]:
            patch.delenv(name)
        patch.setenv("PORTAL_HOME", str(folder / "home"))
        patch.setattr(
            Opened, "now", lambda _: NOON
        )  # A record is numbered by the year in which it is published.
        run("init")
        run("import", str(file), "-j", "jinhu", "-k", "tender", "--publish", "--create-units")
        run("sync")
    return folder / "home"


@pytest.fixture
def copy(instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The site as the command carries it away; each test has its own."""
    monkeypatch.setenv("PORTAL_HOME", str(instance))
    carried = tmp_path / "副本" / "site"
    said = run("publish-site", str(carried)).output
    # Without the instance it came from: whoever has the copy has nothing else.
    monkeypatch.setenv("PORTAL_HOME", str(tmp_path / "empty"))
    assert hashlib.sha256((carried / "manifest.json").read_bytes()).hexdigest() in said
    return carried


def test_a_carried_copy_is_whole_and_its_own_digest_is_the_one_that_was_printed(copy: Path) -> None:
    files = [one for one in copy.rglob("*") if one.is_file()]

    told = run("verify", str(copy))

    assert hashlib.sha256((copy / "manifest.json").read_bytes()).hexdigest() in told.output
    assert f"清单内文件 {len(files) - 1} 个" in told.output  # The top list itself is in no list.
    assert "记录文件一致 4 个，已依法撤回、不含内容 0 个，不一致 0 个" in told.output


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}.br", RECORD, "static/theme.css", "jinhu/index.html"])
def test_an_altered_file_is_told_by_its_name(copy: Path, path: str) -> None:
    (copy / path).write_bytes((copy / path).read_bytes() + b" ")

    told = problems(copy)

    assert told[0] == f"{copy / path}：与清单中的 SHA-256 不一致，文件已被改动"
    # Of a record it is told as well that its newest version says something else; of nothing else is anything told.
    assert all(line.startswith(f"{copy / path}：") for line in told)


def test_one_altered_figure_in_a_record_is_told_twice_by_the_list_and_by_its_own_digest(copy: Path) -> None:
    file = copy / EARLIER
    data = file.read_bytes()
    assert data.count(b"120500000") == 1
    file.write_bytes(data.replace(b"120500000", b"120500001"))

    told = problems(copy)

    assert f"{file}：内容与指纹不一致，文件已被改动" in told
    assert any(line.startswith(f"{file}：与清单中的 SHA-256 不一致") for line in told)


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}.gz", RECORD, EARLIER, "index.html"])
def test_a_removed_file_is_told_by_its_name(copy: Path, path: str) -> None:
    (copy / path).unlink()

    assert problems(copy) == [f"{copy / path}：清单中有，文件却不存在，已被删除"]


def test_a_removed_list_is_told_as_what_can_no_longer_be_checked(copy: Path) -> None:
    for folder in ("jinhu/u/shilishuiliju", ""):
        manifest = copy / folder / "manifest.json"
        manifest.unlink()
        assert [
            line
            for line in problems(copy)
            if line.startswith(f"{manifest}：") or "没有 manifest.json" in line
        ]


@pytest.mark.parametrize("path", [f"{FOLDER}/2026-0009.html", "jinhu/u/new/index.html", "bonus.html"])
def test_an_added_file_is_told_by_its_name(copy: Path, path: str) -> None:
    (copy / path).parent.mkdir(exist_ok=True)
    (copy / path).write_text("多出来的", encoding="utf-8")

    assert problems(copy) == [f"{copy / path}：清单中没有这个文件，是后来放进去的"]


def test_an_added_record_with_true_digests_is_told(copy: Path) -> None:
    added = copy / FOLDER / "2026-0009.json"
    added.write_bytes((copy / RECORD).read_bytes())

    assert f"{added}：清单中没有这个文件，是后来放进去的" in problems(copy)


def test_all_three_at_once_are_told_and_carrying_it_again_mends_them(
    copy: Path, instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (copy / PAGE).write_text("改过", encoding="utf-8")
    (copy / EARLIER).unlink()
    (copy / FOLDER / "x.html").write_text("多出来的", encoding="utf-8")
    told = problems(copy)
    assert len(told) == 3
    assert {line.partition("：")[0] for line in told} == {
        str(copy / one) for one in (PAGE, EARLIER, f"{FOLDER}/x.html")
    }

    monkeypatch.setenv("PORTAL_HOME", str(instance))
    run("publish-site", str(copy), "--all")

    assert problems(copy) == [f"{copy / FOLDER / 'x.html'}：清单中没有这个文件，是后来放进去的"]
    (copy / FOLDER / "x.html").unlink()
    assert "不一致 0 个" in run("verify", str(copy)).output
