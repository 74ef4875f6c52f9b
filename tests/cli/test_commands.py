"""The `portal` command, run as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from portal.cli import main
from portal.site.served import current_build
from tests.databases import existing, set_database

CSV = (
    "单位名称,项目名称,预算金额（万元）,预计采购时间,采购需求概况\n"
    "示例水利局,河道清淤工程,120.5,2026年7月,清淤三公里\n"
    "示例水利局,泵站维修,8,2026年13月,更换水泵\n"
    "示例林业局,苗木采购,“1,2万”,2026年8月,苗木\n"
)


@pytest.fixture
def portal(home: Path) -> Any:
    def run(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, list(words), catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.fixture
def with_units(portal: Any, tmp_path: Path) -> Any:
    portal("init")
    roster = tmp_path / "roster.csv"
    roster.write_text(
        "单位名称,单位类型,简称,单位代码\n示例水利局,部门,水利局,001\n示例一镇,镇（街道）,一镇,101\n",
        encoding="gbk",
    )
    portal("units", str(roster), "-j", "jinhu")
    return portal


def json_of(result: Result) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def write(folder: Path, name: str, content: str | bytes) -> str:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(file)


def test_init_makes_an_empty_instance_in_its_own_folder_and_may_be_repeated(portal: Any, home: Path) -> None:
    assert "二七区" in portal("init").output
    assert existing(home)
    portal("init")


def test_two_instances_never_touch_each_other(
    portal: Any, home: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    portal("init")
    file = write(tmp_path, "a.csv", CSV.splitlines()[0] + "\n" + CSV.splitlines()[1] + "\n")
    set_database(monkeypatch, tmp_path / "other")
    portal("init")
    portal("import", file, "-j", "jinhu", "-k", "tender", "--publish", "--create-units")
    set_database(monkeypatch, home)

    assert (
        json_of(
            portal("import", file, "-j", "jinhu", "-k", "tender", "--create-units", "--dry-run", "--json")
        )["unchanged"]
        == 0
    )


def test_a_command_without_an_instance_says_how_to_make_one(portal: Any) -> None:
    assert "portal init" in portal("sync", code=1).output


def test_import_publishes_the_good_rows_and_explains_the_rest(
    with_units: Any, tmp_path: Path, home: Path
) -> None:
    file = write(tmp_path, "意向.csv", CSV)

    first = json_of(with_units("import", file, "-j", "jinhu", "-k", "tender", "--publish", "--json"))

    assert (first["published"], first["unchanged"], first["rejected"]) == (1, 0, 2)
    bad = {(one["row"], one["cell"]) for one in first["errors"]}
    assert (3, "D3") in bad
    assert any("月份是 13" in one["message"] for one in first["errors"])
    assert Path(first["annotated"]).is_file()
    again = json_of(with_units("import", file, "-j", "jinhu", "-k", "tender", "--publish", "--json"))
    assert (again["published"], again["unchanged"], again["rejected"]) == (0, 1, 2)
    assert with_units("import", file, "-j", "jinhu", "-k", "tender", "--publish", "--strict", code=1).output


def test_gbk_is_accepted(with_units: Any, tmp_path: Path) -> None:
    good = "\n".join(CSV.splitlines()[:2]).encode("gbk")
    file = write(tmp_path, "gbk.csv", good)
    assert (
        json_of(with_units("import", file, "-j", "jinhu", "-k", "tender", "--publish", "--json"))["published"]
        == 1
    )


def test_a_changed_row_is_a_correction_and_needs_a_reason(with_units: Any, tmp_path: Path) -> None:
    rows = CSV.splitlines()[:2]
    file = write(tmp_path, "a.csv", "\n".join(rows))
    with_units("import", file, "-j", "jinhu", "-k", "tender", "--publish")
    changed = write(tmp_path, "b.csv", "\n".join(rows).replace("120.5", "130.5"))

    refused = json_of(
        with_units("import", changed, "-j", "jinhu", "-k", "tender", "--publish", "--json", code=1)
    )
    assert "--reason" in refused["errors"][0]["remedy"]
    done = json_of(
        with_units(
            "import", changed, "-j", "jinhu", "-k", "tender", "--publish", "--reason", "预算调整", "--json"
        )
    )
    assert done["published"] == 1


def test_dry_run_writes_nothing(with_units: Any, tmp_path: Path) -> None:
    file = write(tmp_path, "a.csv", "\n".join(CSV.splitlines()[:2]))
    assert (
        "试运行" in with_units("import", file, "-j", "jinhu", "-k", "tender", "--publish", "--dry-run").output
    )
    assert (
        json_of(with_units("import", file, "-j", "jinhu", "-k", "tender", "--publish", "--json"))["published"]
        == 1
    )


def test_drafts_wait_until_they_are_published(with_units: Any, tmp_path: Path) -> None:
    file = write(tmp_path, "a.csv", "\n".join(CSV.splitlines()[:2]))
    with_units("import", file, "-j", "jinhu", "-k", "tender")
    assert "河道清淤工程" in with_units("drafts").output
    with_units("sync")
    assert json_of(with_units("search", "河道清淤", "--json"))["total"] == 0
    assert "编号为 99 的草稿" in with_units("publish", "1", "99", code=1).output
    with_units("publish", "1")
    with_units("sync")
    assert json_of(with_units("search", "河道清淤", "--json"))["total"] == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-j", "nowhere", "-k", "tender"), "没有代码为“nowhere”的县区"),
        (("-j", "jinhu", "-k", "budget"), "没有“budget”这一类公开内容"),
        (("-j", "jinhu", "-k", "tender", "-u", "示例渔业局"), "单位名册中没有“示例渔业局”"),
    ],
)
def test_unknown_names_are_told_with_the_known_ones(
    with_units: Any, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    file = write(tmp_path, "a.csv", CSV)
    assert told in with_units("import", file, *words, code=1).output


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("空.xlsx", b"", "空文件"),
        ("假.xlsx", b"%PDF-1.7\n%....", "假.xlsx"),
        ("假.csv", bytes(range(256)) * 20, "假.csv"),
        ("坏.json", b'{"title": ', "坏.json"),
    ],
)
def test_files_that_are_not_what_they_say_are_refused_whole(
    with_units: Any, tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    output = with_units(
        "import", write(tmp_path, name, content), "-j", "jinhu", "-k", "tender", "--publish", code=1
    ).output
    assert told in output
    assert "Traceback" not in output
    assert "没有草稿" in with_units("drafts").output


def test_a_missing_file_is_told(with_units: Any) -> None:
    assert "找不到文件" in with_units("import", "没有.xlsx", "-j", "jinhu", "-k", "tender", code=1).output


def test_a_used_index_number_is_refused_and_nothing_half_written(with_units: Any, tmp_path: Path) -> None:
    header = "单位名称,项目名称,索引号,预计采购时间\n"
    file = write(
        tmp_path,
        "a.csv",
        header + "示例水利局,甲项目,001/2026-00007,2026年7月\n示例一镇,乙项目,001/2026-00007,2026年7月\n",
    )
    answer = json_of(with_units("import", file, "-j", "jinhu", "-k", "tender", "--publish", "--json"))
    assert (answer["published"], answer["rejected"]) == (1, 1)
    assert "索引号“001/2026-00007”已被“示例水利局”" in answer["errors"][0]["message"]


def test_a_withdrawn_record_leaves_search_and_shows_its_tombstone(
    with_units: Any, tmp_path: Path, home: Path
) -> None:
    file = write(tmp_path, "a.csv", "\n".join(CSV.splitlines()[:2]))
    with_units("import", file, "-j", "jinhu", "-k", "tender", "--publish")
    with_units("sync")
    page = "jinhu/u/shuiliju/tenders/2026-0001.html"
    build = current_build(home / "site_build")
    assert build is not None
    assert "河道清淤工程" in (build / page).read_text(encoding="utf-8")

    words = (
        "-j",
        "jinhu",
        "--ground",
        "个人信息保护法第四十七条",
        "--reason",
        "误公开",
        "--approver",
        "示例机关",
    )
    with_units("withdraw", "001/2026-00001", *words, "--destroy", "--yes")
    with_units("sync")

    build = current_build(home / "site_build")
    assert build is not None
    text = (build / page).read_text(encoding="utf-8")
    assert "个人信息保护法第四十七条" in text
    assert json_of(with_units("search", "河道清淤", "--json"))["total"] == 0
    for left in [*home.rglob("*")]:
        if left.is_file():
            assert "河道清淤工程".encode() not in left.read_bytes(), left
    refused = json_of(with_units("import", file, "-j", "jinhu", "-k", "tender", "--publish", "--json"))
    assert refused["published"] in (0, 1)


def test_verify_finds_a_changed_figure(with_units: Any, tmp_path: Path, home: Path) -> None:
    file = write(tmp_path, "a.csv", "\n".join(CSV.splitlines()[:2]))
    with_units("import", file, "-j", "jinhu", "-k", "tender", "--publish")
    with_units("sync")
    build = current_build(home / "site_build")
    assert build is not None
    assert "不一致 0 个" in with_units("verify", str(build)).output
    copy = tmp_path / "copy.json"
    original = (build / "jinhu/u/shuiliju/tenders/2026-0001.json").read_bytes()
    copy.write_bytes(original.replace(b"120500000", b"120500001"))
    assert copy.read_bytes() != original
    assert "内容与指纹不一致" in with_units("verify", str(copy), code=1).output


def test_templates_and_schemas_come_from_the_declarations(portal: Any, tmp_path: Path) -> None:
    target = tmp_path / "模板.xlsx"
    portal("template", "-k", "finance", "-o", str(target))
    assert target.stat().st_size > 5000
    assert json.loads(portal("schema", "-k", "decision").stdout)["properties"]["title"]["title"] == "议题"
    assert "季度财务公开" in portal("kinds").output


def test_the_roster_file_is_checked_line_by_line(portal: Any, tmp_path: Path) -> None:
    portal("init")
    for content, told in (
        ("单位名称,单位类型\n示例局,部门\n示例局,部门\n", "与第 2 行重复"),
        ("单位名称,单位类型\n示例局,衙门\n", "不在可选范围内"),
        ("名称,类型\n示例局,部门\n", "须有“单位名称”"),
        ("单位名称,单位类型,统一社会信用代码\n示例局,部门,123\n", "不是 18 位"),
    ):
        assert told in portal("units", write(tmp_path, "r.csv", content), "-j", "erqi", code=1).output
    assert "名册还是空的" in portal("units", "-j", "erqi").output
