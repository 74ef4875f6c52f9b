"""`portal verify`: evidence that was blanked, deleted, exchanged or changed is found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from portal.cli import main
from portal.site.build import current_build

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


@pytest.fixture
def build(home: Path, tmp_path: Path) -> Path:
    file = tmp_path / "意向.csv"
    file.write_text(ROWS, encoding="utf-8")
    run("init")
    run("import", str(file), "-j", "jinhu", "-k", "tender", "--publish", "--create-units")
    run("sync")
    made = current_build(home / "site_build")
    assert made is not None
    return made


def problems(path: Path) -> list[str]:
    """Return the lines on stderr of a run that finds something."""
    return [line for line in run("verify", str(path), code=1).stderr.splitlines() if "说明：" not in line]


def relist(build: Path) -> None:
    """Make the list fit the changed files, as somebody who covers a change up would."""
    manifest = json.loads((build / "manifest.json").read_text(encoding="utf-8"))
    pages = {name: build / name for name in manifest["pages"] if (build / name).is_file()}
    manifest["pages"] = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in pages.items()}
    (build / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_an_untouched_site_is_as_published_from_wherever_one_looks(
    build: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run("verify", str(build)).output
    assert "记录文件一致 6 个" in whole
    assert "不一致 0 个" in whole
    assert hashlib.sha256((build / "manifest.json").read_bytes()).hexdigest() in whole
    assert "不一致 0 个" in run("verify", str(home / "site_build")).output
    assert "记录文件一致 1 个" in run("verify", str(build / FOLDER / "2026-0001.json")).output
    monkeypatch.chdir(build / "jinhu" / "u")
    assert "记录文件一致 6 个" in run("verify", ".").output


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
def test_blanked_evidence_is_no_lawful_withdrawal(build: Path, blanked: str) -> None:
    file = build / FOLDER / "2026-0001-v1.json"
    digest = json.loads(file.read_bytes())["digest"]
    file.write_text(blanked.replace("%s", digest), encoding="utf-8")
    relist(build)
    (build / FOLDER / "2026-0001.json").write_bytes(file.read_bytes())
    relist(build)
    assert any("2026-0001-v1.json" in line for line in problems(build))
    assert len(problems(file)) == 1


def test_a_lawful_withdrawal_is_counted_apart(build: Path) -> None:
    index_no = json.loads((build / FOLDER / "2026-0001.json").read_bytes())["content"]["index_no"]
    words = ("-j", "jinhu", "--ground", "某法某条", "--reason", "误公开", "--approver", "示例机关")
    run("withdraw", index_no, *words)
    run("sync")
    now = current_build(build.parent.parent)
    assert now is not None
    assert "记录文件一致 4 个，已依法撤回、不含内容 2 个，不一致 0 个" in run("verify", str(now)).output


def test_deleted_changed_and_added_files_are_told(build: Path) -> None:
    (build / FOLDER / "2026-0002.json").unlink()
    page = build / FOLDER / "2026-0001.html"
    page.write_text(page.read_text(encoding="utf-8").replace("河道清淤工程", "河道工程"), encoding="utf-8")
    (build / "jinhu" / "new.html").write_text("x", encoding="utf-8")
    told = "\n".join(problems(build))
    assert "2026-0002.json：清单中有，文件却不存在" in told
    assert "2026-0001.html：与清单中的 SHA-256 不一致" in told
    assert "new.html：清单中没有这个文件" in told
    assert len(told.splitlines()) == 3
    assert "2026-0002.json" in "\n".join(problems(build / FOLDER))


def test_an_exchanged_record_is_found_even_when_the_list_was_made_to_fit(build: Path) -> None:
    mine, theirs = build / FOLDER, build / "jinhu/u/shililinyeju/tenders"
    for name in ("2026-0001.json", "2026-0001-v1.json"):
        (mine / name).write_bytes((theirs / name).read_bytes())
    relist(build)
    told = problems(build)
    assert all("所在位置的单位是“shilishuiliju”，内容中却是“shililinyeju”" in line for line in told)
    assert len(told) == 2


def test_a_record_exchanged_within_its_unit_is_found(build: Path) -> None:
    folder = build / FOLDER
    (folder / "2026-0001.json").write_bytes((folder / "2026-0002.json").read_bytes())
    relist(build)
    assert "不是同一内容" in problems(build)[0]
    (folder / "2026-0001-v2.json").write_bytes((folder / "2026-0001-v1.json").read_bytes())
    assert any("文件名是第 2 版，内容却是第 1 版" in line for line in problems(build))


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


def test_folders_and_links_in_the_place_of_records_are_told(build: Path, tmp_path: Path) -> None:
    (build / FOLDER / "x.json").mkdir()
    assert any("x.json：是文件夹" in line for line in problems(build))
    elsewhere = tmp_path / "other.html"
    page = build / FOLDER / "2026-0001.html"
    page.rename(elsewhere)
    page.symlink_to(elsewhere)
    assert any("2026-0001.html：是符号链接" in line for line in problems(build))


@pytest.mark.parametrize("content", ["{}", "[", '{"pages":{"../../x":"00"}}', '{"pages":{"a.html":1}}'])
def test_a_broken_list_is_told(build: Path, content: str) -> None:
    (build / "manifest.json").write_text(content, encoding="utf-8")
    assert any("manifest.json" in line for line in problems(build))


def test_a_site_whose_list_is_gone_cannot_be_called_whole(build: Path) -> None:
    (build / "manifest.json").unlink()
    assert "没有 manifest.json" in problems(build)[0]


def test_downloaded_records_alone_are_checked_each_by_itself(build: Path, tmp_path: Path) -> None:
    target: Any = tmp_path / "下载" / FOLDER
    target.mkdir(parents=True)
    (target / "2026-0001.json").write_bytes((build / FOLDER / "2026-0001.json").read_bytes())
    assert "看不出有没有文件被删除" in run("verify", str(tmp_path / "下载")).stderr
