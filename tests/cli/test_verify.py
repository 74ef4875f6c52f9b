"""`portal verify`: evidence that was blanked, deleted, exchanged or changed is found."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from portal.cli import main
from portal.cli.opened import Opened
from portal.site.served import current_build
from tests.conftest import NOON
from tests.databases import copy_database, set_database

ROWS = (
    "单位名称,项目名称,预算金额（万元）,预计采购时间\n"
    "示例水利局,河道清淤工程,120.5,2026年7月\n"
    "示例水利局,泵站维修,8,2026年8月\n"
    "示例林业局,苗木采购,12,2026年8月\n"
)
FOLDER = "jinhu/u/shilishuiliju/tenders"


def run(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, list(words), catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with three published records and its site; each test works on a copy."""
    folder = tmp_path_factory.mktemp("instance")
    file = folder / "意向.csv"
    file.write_text(ROWS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name in [one for one in os.environ if one.startswith("PORTAL_")]:
            patch.delenv(name)
        set_database(patch, folder / "home")
        patch.setattr(
            Opened, "now", lambda _: NOON
        )  # A record is numbered by the year in which it is published.
        run("init")
        run("import", str(file), "-j", "jinhu", "-k", "tender", "--publish", "--create-units")
        run("sync")
    return folder / "home"


@pytest.fixture
def build(home: Path, instance: Path) -> Path:
    """The site of three records, as its store shows it."""
    shutil.copytree(instance, home, symlinks=True)
    copy_database(instance, home)
    made = current_build(home / "site_build")
    assert made is not None
    return made


@pytest.fixture
def copy(build: Path, tmp_path: Path) -> Path:
    """A copy of it as somebody carries it away: real folders, no links."""
    return shutil.copytree(build, tmp_path / "副本" / "site")


def problems(path: Path) -> list[str]:
    """Return the lines on stderr of a run that finds something."""
    return [line for line in run("verify", str(path), code=1).stderr.splitlines() if "说明：" not in line]


def relist(folder: Path) -> str:
    """Make the lists fit the changed files, as somebody who covers a change up would; return the top one's digest."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    there = {name: folder / name for name in manifest["files"] if (folder / name).is_file()}
    manifest["files"] = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in there.items()}
    manifest["trees"] = {name: relist(folder / name) for name in manifest["trees"]}
    content = json.dumps(manifest).encode()
    (folder / "manifest.json").write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def forge(copy: Path) -> Path:
    """Change a page and let its own folder's list vouch for it, but not the lists above."""
    page = next((copy / FOLDER).glob("2026-0001.html"))
    page.write_text("改过的内容", encoding="utf-8")
    manifest = json.loads((copy / FOLDER / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"][page.name] = hashlib.sha256(page.read_bytes()).hexdigest()
    (copy / FOLDER / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return page


def test_a_forged_list_on_the_way_down_is_found_whatever_is_asked_for(copy: Path) -> None:
    page = forge(copy)
    for asked in (page, page.parent, page.parent.parent, copy):
        assert any("与上一级清单的记载不一致" in one or "已被改动" in one for one in problems(asked)), asked


def test_a_list_that_is_missing_between_two_is_told(copy: Path) -> None:
    page = forge(copy)
    (page.parent.parent / "manifest.json").unlink()
    for asked in (page, page.parent):
        assert problems(asked), asked


def test_an_untouched_site_is_as_published_from_wherever_one_looks(
    build: Path, copy: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = hashlib.sha256((build / "manifest.json").read_bytes()).hexdigest()
    for whole in (build, home / "site_build", home / "site_build" / "current", copy):
        told = run("verify", str(whole)).output
        assert "记录文件一致 6 个" in told, whole
        assert "不一致 0 个" in told
        assert own in told
    for folder in (build, home / "site_build" / "current", copy):
        assert "记录文件一致 1 个" in run("verify", str(folder / FOLDER / "2026-0001.json")).output
        unit = run("verify", str(folder / FOLDER)).output
        assert "记录文件一致 4 个" in unit
        assert "不一致 0 个" in unit
        monkeypatch.chdir(folder / "jinhu" / "u")
        here = run("verify", ".").output
        assert "记录文件一致 6 个" in here
        assert "不一致 0 个" in here


def test_every_file_of_the_site_is_counted_once(copy: Path) -> None:
    there = [one for one in copy.rglob("*") if one.is_file()]
    assert (
        f"清单内文件 {len(there) - 1} 个" in run("verify", str(copy)).output
    )  # The top list itself is in no list.
    assert any(one.name.endswith(".html.br") for one in there)


@pytest.mark.parametrize(
    "blanked",
    [
        '{"digest":"%s","content":null}',
        '{"digest":"%s","salt":"","content":{}}',
        '{"digest":"%s"}',
        '{"digest":"%s","withdrawn":{"legal_ground":" "},"version":1}',
        '{"digest":"%s","withdrawn":true,"version":1}',
        '{"digest":"","withdrawn":{"legal_ground":"某法"},"version":1}',
        "{}",
        "[]",
        "",
    ],
)
def test_blanked_evidence_is_no_lawful_withdrawal(copy: Path, blanked: str) -> None:
    file = copy / FOLDER / "2026-0001-v1.json"
    digest = json.loads(file.read_bytes())["digest"]
    file.write_text(blanked.replace("%s", digest), encoding="utf-8")
    relist(copy)
    (copy / FOLDER / "2026-0001.json").write_bytes(file.read_bytes())
    relist(copy)
    assert any("2026-0001-v1.json" in line for line in problems(copy))
    assert len(problems(file)) == 1


def test_a_lawful_withdrawal_is_counted_apart(build: Path) -> None:
    index_no = json.loads((build / FOLDER / "2026-0001.json").read_bytes())["content"]["index_no"]
    words = ("-j", "jinhu", "--ground", "某法某条", "--reason", "误公开", "--approver", "示例机关")
    run("withdraw", index_no, *words)
    run("sync")
    now = current_build(build.parent.parent)
    assert now is not None
    assert "记录文件一致 4 个，已依法撤回、不含内容 2 个，不一致 0 个" in run("verify", str(now)).output


def test_deleted_changed_and_added_files_are_told(copy: Path) -> None:
    (copy / FOLDER / "2026-0002.json").unlink()
    page = copy / FOLDER / "2026-0001.html"
    page.write_text(page.read_text(encoding="utf-8").replace("河道清淤工程", "河道工程"), encoding="utf-8")
    (copy / "jinhu" / "new.html").write_text("x", encoding="utf-8")
    told = "\n".join(problems(copy))
    assert "2026-0002.json：清单中有，文件却不存在" in told
    assert "2026-0001.html：与清单中的 SHA-256 不一致" in told
    assert "new.html：清单中没有这个文件" in told
    assert len(told.splitlines()) == 3
    assert "2026-0002.json" in "\n".join(problems(copy / FOLDER))
    assert len(problems(copy / FOLDER / "2026-0001.html")) == 1


def test_an_exchanged_record_is_found_even_when_the_list_was_made_to_fit(copy: Path) -> None:
    mine, theirs = copy / FOLDER, copy / "jinhu/u/shililinyeju/tenders"
    for name in ("2026-0001.json", "2026-0001-v1.json"):
        (mine / name).write_bytes((theirs / name).read_bytes())
    relist(copy)
    told = problems(copy)
    assert all("所在位置的单位是“shilishuiliju”，内容中却是“shililinyeju”" in line for line in told)
    assert len(told) == 2


def test_a_record_exchanged_within_its_unit_is_found(copy: Path) -> None:
    folder = copy / FOLDER
    (folder / "2026-0001.json").write_bytes((folder / "2026-0002.json").read_bytes())
    relist(copy)
    assert "不是同一内容" in problems(copy)[0]
    (folder / "2026-0001-v2.json").write_bytes((folder / "2026-0001-v1.json").read_bytes())
    assert any("文件名是第 2 版，内容却是第 1 版" in line for line in problems(copy))


def change(text: str) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(b'"digest"', text.encode() + b',"digest"', 1)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (change('"content":{"document":{}}'), "两个“content”"),
        (lambda data: data.replace(b'"title"', b'"title":"x","title"', 1), "两个“title”"),
        (change('"note":1'), "平台不会写入的内容（note）"),
        (change('"withdrawn":{"legal_ground":"x"},"version":1'), "却仍带有内容"),
        (lambda _: b"[" * 200_000, "嵌套过深"),
        (lambda data: data.replace(b"120500000", b"NaN"), "NaN"),
        (lambda data: data.replace(b"120500000", b"120500001"), "内容与指纹不一致"),
        (lambda _: bytes(range(256)), "文件已损坏"),
    ],
)
def test_a_file_that_is_not_as_written_is_told(
    build: Path, tmp_path: Path, edit: Callable[[bytes], bytes], told: str
) -> None:
    copy = tmp_path / "copy.json"
    copy.write_bytes(edit((build / FOLDER / "2026-0001.json").read_bytes()))
    assert told in problems(copy)[0]


def test_folders_and_links_in_the_place_of_records_are_told(copy: Path, tmp_path: Path) -> None:
    (copy / FOLDER / "x.json").mkdir()
    (copy / FOLDER / "x.json" / "y.html").write_bytes(b"")
    assert any("y.html：清单中没有这个文件" in line for line in problems(copy))
    elsewhere = tmp_path / "other.html"
    page = copy / FOLDER / "2026-0001.html"
    page.rename(elsewhere)
    page.symlink_to(elsewhere)
    assert any("2026-0001.html：是符号链接" in line for line in problems(copy))


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        "[",
        "[" * 100_000,
        '{"files":{"../../x":"00"}}',
        '{"files":{"a.html":1}}',
        '{"files":[],"trees":{"..":"0"}}',
    ],
)
def test_a_broken_list_is_told(copy: Path, content: str) -> None:
    (copy / "manifest.json").write_text(content, encoding="utf-8")
    assert any("manifest.json" in line for line in problems(copy))


def test_a_site_whose_list_is_gone_cannot_be_called_whole(copy: Path) -> None:
    (copy / "manifest.json").unlink()
    assert "没有 manifest.json" in problems(copy)[0]


def test_lists_vouch_for_each_other(copy: Path) -> None:
    """Changing a record and its own folder's list is not enough."""
    page = copy / FOLDER / "2026-0001.html"
    page.write_text(page.read_text(encoding="utf-8").replace("河道清淤工程", "河道工程"), encoding="utf-8")
    relist(copy / FOLDER)
    assert [line.partition("：")[0] for line in problems(copy)] == [str(copy / FOLDER / "manifest.json")]
    (copy / FOLDER / "manifest.json").unlink()
    assert any("清单缺失" in line for line in problems(copy))


def test_what_a_host_adds_at_the_top_is_a_note_and_anywhere_else_a_problem(copy: Path) -> None:
    (copy / "CNAME").write_text("example.org", encoding="utf-8")
    (copy / ".well-known").mkdir()
    (copy / ".well-known" / "security.txt").write_text("x", encoding="utf-8")
    (copy / "baidu_verify_codeva-x.html").write_text("x", encoding="utf-8")
    told = run("verify", str(copy))
    assert ".well-known、CNAME、baidu_verify_codeva-x.html，不属于网站内容" in told.stderr
    (copy / "jinhu" / "CNAME").write_text("example.org", encoding="utf-8")
    (copy / "bonus.html").write_text("x", encoding="utf-8")
    assert len(problems(copy)) == 2


def test_a_copy_that_was_not_finished_is_told(copy: Path) -> None:
    (copy / "carrying.json").write_text("{}", encoding="utf-8")
    assert "没有做完" in problems(copy)[0]


def test_links_out_of_the_site_and_links_in_circles_are_told_and_not_followed(
    copy: Path, build: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "外面"
    outside.mkdir()
    (outside / "secret.html").write_text("x", encoding="utf-8")
    for site in (copy, build):
        (site / "jinhu" / "u" / "planted").symlink_to(outside, target_is_directory=True)
        (site / "jinhu" / "u" / "circle").symlink_to("..", target_is_directory=True)
        told = problems(site)
        assert any("planted：是符号链接，通向网站之外" in line for line in told)
        assert any("circle：是符号链接，兜圈子" in line for line in told)
        assert len(told) == 2


def test_a_unit_s_folder_exchanged_for_another_s_is_told(build: Path) -> None:
    mine, theirs = build / "jinhu/u/shilishuiliju", build / "jinhu/u/shililinyeju"
    target = theirs.readlink()
    mine.unlink()
    mine.symlink_to(target, target_is_directory=True)
    assert any("shilishuiliju/manifest.json：与清单中的 SHA-256 不一致" in line for line in problems(build))


def test_an_old_tree_of_the_store_is_judged_by_itself(build: Path) -> None:
    folder = (build / FOLDER).resolve()
    assert "不一致 0 个" in run("verify", str(folder)).output
    run("rename-unit", "示例水利局", "示例水务局", "-j", "jinhu")
    run("sync")
    if folder.exists():
        assert "不一致 0 个" in run("verify", str(folder)).output


def test_downloaded_records_alone_are_checked_each_by_itself(build: Path, tmp_path: Path) -> None:
    target: Any = tmp_path / "下载" / FOLDER
    target.mkdir(parents=True)
    (target / "2026-0001.json").write_bytes((build / FOLDER / "2026-0001.json").read_bytes())
    assert "看不出有没有文件被删除" in run("verify", str(tmp_path / "下载")).stderr
