"""`portal import` as an office uses it: nothing doubled, nothing half taken in, every problem in its place."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import intake
from portal.cli import documents, main
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.documents.tender import Tender
from portal.exchange.sheets import Problem, template
from portal.store.db import make_engine
from portal.store.tables import Draft, Unit
from tests.databases import database_of

HEAD = "单位名称,项目名称,预算金额（万元）,预计采购时间\n"
ROW = "示例水利局,河道清淤工程,120.5,2026年7月\n"


def run(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, list(words), catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def take(home: Path, tmp_path: Path) -> Any:
    """Import rows (or bytes) into a county of two units; return what --json says."""
    run("init")
    roster = tmp_path / "roster.csv"
    roster.write_text("单位名称,单位类型,简称\n示例水利局,部门,水利局\n示例一镇,镇,一镇\n", encoding="utf-8")
    run("units", str(roster), "-j", "jinhu")

    def importing(
        content: str | bytes, *words: str, name: str = "a.csv", kind: str = "tender", code: int = 0
    ) -> Any:
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else (HEAD + content).encode())
        result = run("import", str(file), "-j", "jinhu", "-k", kind, *words, "--json", code=code)
        return json.loads(result.stdout)

    return importing


def rows_of(home: Path, table: type[Draft] | type[Unit]) -> int:
    engine = make_engine(database_of(home))
    try:
        with Session(engine) as session:
            return session.scalar(select(func.count()).select_from(table)) or 0
    finally:
        engine.dispose()


def filled(model: type[Any], **sheets: list[dict[str, Any]]) -> bytes:
    """Fill a template; the sheets are named by their titles."""
    made = openpyxl.load_workbook(io.BytesIO(template(model)))
    for title, rows in sheets.items():
        columns = {str(cell.value).lstrip("*").removesuffix("（元）"): cell.column for cell in made[title][1]}
        for number, row in enumerate(rows, start=2):
            for label, value in row.items():
                made[title].cell(number, columns[label], value)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_drafts_do_not_pile_up_when_a_file_is_imported_again(take: Any, home: Path) -> None:
    assert take(ROW)["drafts"] == 1
    again = take(ROW)
    assert (again["drafts"], again["unchanged"], rows_of(home, Draft)) == (0, 1, 1)
    changed = take(ROW.replace("120.5", "130"))
    assert (changed["drafts"], changed["unchanged"], rows_of(home, Draft)) == (1, 0, 1)
    assert take(ROW.replace("120.5", "140"), "--publish")["published"] == 1
    assert rows_of(home, Draft) == 0


def test_a_draft_that_a_publication_overtook_is_renewed_rather_than_called_unchanged(
    take: Any, home: Path
) -> None:
    take(ROW)
    engine = make_engine(database_of(home))
    with Session(engine) as session:
        session.scalars(select(Draft)).one().author = "示例经办人"
        session.commit()
    engine.dispose()
    assert take(ROW.replace("120.5", "130"), "--publish")["published"] == 1
    assert rows_of(home, Draft) == 1
    assert take(ROW)["drafts"] == 1
    assert rows_of(home, Draft) == 1
    run("publish", "1", "--reason", "改回原预算")


def test_a_unit_is_not_made_for_a_row_that_is_refused(take: Any, home: Path) -> None:
    head = "单位名称,项目名称,索引号,预计采购时间\n"
    content = (
        head
        + "示例水利局,甲,001/2026-7,2026年7月\n示例新局,乙,001/2026-7,2026年7月\n示例旧局,乙,,2026年7月\n"
    )

    answer = take(content.encode(), "--publish", "--create-units")

    assert (answer["published"], answer["rejected"]) == (2, 1)
    assert answer["units_added"] == ["示例旧局"]
    assert rows_of(home, Unit) == 3


def test_a_unit_that_only_a_draft_names_stays_unknown_to_the_public(take: Any, home: Path) -> None:
    take(ROW.replace("示例水利局", "示例新局"), "--create-units")
    run("sync")
    page = (home / "site_build" / "current" / "jinhu" / "units.html").read_text(encoding="utf-8")
    assert "示例一镇" in page
    assert "示例新局" not in page


def test_one_unit_in_two_spellings_is_told_as_filled_in_twice(take: Any) -> None:
    answer = take(ROW + ROW.replace("示例水利局", "水利局").replace("120.5", "8"), "--publish")
    assert (answer["published"], answer["rejected"]) == (1, 1)
    (problem,) = answer["errors"]
    assert problem["row"] == 3
    assert "第 2 行是同一单位（示例水利局）的同一条记录，重复填写" in problem["message"]
    assert "--reason" not in problem["remedy"]


def test_a_missing_and_an_unknown_unit_are_told_at_their_cell(take: Any) -> None:
    missing, unknown = take(ROW.replace("示例水利局", "") + ROW.replace("水利局", "渔业局"), code=1)["errors"]
    assert (missing["cell"], missing["column"]) == ("A2", "单位名称")
    assert "请在“单位”一栏填写" in missing["remedy"]
    assert (unknown["cell"], unknown["value"]) == ("A3", "示例渔业局")
    (none,) = take("项目名称,预计采购时间\n甲,2026年7月\n".encode(), code=1)["errors"]
    assert "请增加“单位”一栏" in none["remedy"]


@pytest.mark.parametrize(
    ("kind", "first", "second", "words"),
    [
        (
            "finance",
            "单位,所属期,收入合计,单位负责人,主管会计工作负责人,会计机构负责人\n水利局,2026年第三季度,1,甲,乙,丙\n",
            "单位,所属期,收入合计,单位负责人,主管会计工作负责人,会计机构负责人\n水利局,2026年第三季度,2,甲,乙,丙\n",
            "“所属期”（2026年第三季度）",
        ),
        (
            "tender",
            HEAD + ROW,
            HEAD + ROW.replace("120.5", "1"),
            "“项目名称”（河道清淤工程）、“采购意向·预计采购时间”（2026年7月）",
        ),
        (
            "tender",
            "单位,项目名称,项目编号,备注\n水利局,甲,示-1,一\n",
            "单位,项目名称,项目编号,备注\n水利局,甲,示-1,二\n",
            "“项目编号”（示-1）是否",
        ),
    ],
)
def test_a_changed_record_is_named_in_the_words_of_its_kind(
    take: Any, kind: str, first: str, second: str, words: str
) -> None:
    assert take(first.encode(), "--publish", kind=kind)["published"] == 1
    (problem,) = take(second.encode(), "--publish", kind=kind, code=1)["errors"]
    assert words in problem["remedy"]
    assert "--reason" in problem["remedy"]


def test_rows_without_a_record_hold_the_workbook_back_and_strict_says_so(take: Any, tmp_path: Path) -> None:
    main_row = {"记录编号": 1, "单位": "水利局", "所属期": "2026年第三季度"}
    data = filled(
        FinanceDisclosure,
        季度财务公开=[main_row],
        收入明细=[
            {"记录编号": 1, "项目": "拨款", "本期金额": 1},
            {"记录编号": 2, "项目": "其他", "本期金额": 1},
        ],
    )
    answer = take(data, "--publish", name="a.xlsx", kind="finance", code=1)
    assert (answer["published"], answer["rejected"]) == (0, 2)
    assert [one["sheet"] for one in answer["errors"]] == ["季度财务公开", "收入明细"]
    told = run("import", str(tmp_path / "a.xlsx"), "-j", "jinhu", "-k", "finance", "--publish", code=1).output
    assert "工作表" in told
    assert "收入明细" in told.split("问题 → 改法")[1]


def test_strict_fails_on_any_problem_although_every_row_is_good(take: Any) -> None:
    doubled = "单位,项目名称,预算金额,金额\n水利局,甲,1,\n".encode()
    answer = take(doubled, "--publish", "--strict", code=1)
    assert (answer["published"], answer["rejected"], len(answer["errors"])) == (1, 0, 1)


def test_problems_stand_in_the_order_of_the_workbook(take: Any) -> None:
    book = openpyxl.Workbook()
    for title, rows in (
        ("乙表", [["示例渔业局", "甲", 1], ["水利局", "乙", "x"]]),
        ("甲表", [["水利局", "丙", "x"], ["示例渔业局", "丁", 1]]),
    ):
        sheet = book.create_sheet(title)
        for row in [["单位", "项目名称", "预算金额"], *rows]:
            sheet.append(row)
    book.remove(book.worksheets[0])
    out = io.BytesIO()
    book.save(out)
    answer = take(out.getvalue(), "--publish", name="a.xlsx", code=1)
    assert [(one["sheet"], one["row"]) for one in answer["errors"]] == [
        ("乙表", 2),
        ("乙表", 3),
        ("甲表", 2),
        ("甲表", 3),
    ]


def test_each_import_keeps_its_own_marked_copy(take: Any, home: Path) -> None:
    bad = ROW.replace("7月", "13月")
    first, second = (take(bad, "--dry-run", code=1)["annotated"] for _ in range(2))
    assert first != second
    for one in (first, second):
        assert Path(one).is_file()
        assert Path(one).name.startswith("jinhu-tender-a-2")
    assert not list((home / "imports").glob(".*"))
    assert "仍会另存批注过的工作簿" in run("import", "--help").output


def test_a_planted_link_is_not_followed(home: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_text("原样", encoding="utf-8")
    folder = home / "imports"
    folder.mkdir(parents=True)
    for name in ("x.xlsx", "x-2.xlsx"):
        (folder / name).symlink_to(victim)
    target = documents._write_new(folder, "x", ".xlsx", b"new")
    assert (target.name, target.read_bytes()) == ("x-3.xlsx", b"new")
    assert victim.read_text(encoding="utf-8") == "原样"


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("=1+1.csv", "1+1.csv"),
        ("甲\n乙\x1b[31m.csv", "甲_乙_[31m.csv"),
        ("../../etc/甲.csv", "甲.csv"),
        ("\udcff.csv", "_.csv"),
        ("长" * 200 + ".xlsx", "长" * 40 + ".xlsx"),
        ("=.csv", "文件.csv"),
    ],
)
def test_file_names_are_made_safe(given: str, safe: str) -> None:
    assert intake.safe_name(given) == safe


def test_a_file_name_with_a_line_break_is_imported_under_a_safe_name(take: Any, home: Path) -> None:
    answer = take(ROW.replace("7月", "13月"), name="=甲\n乙.csv", code=1)
    assert answer["file"] == "甲_乙.csv"
    assert "\n" not in Path(answer["annotated"]).name


def test_causes_are_counted_by_column_and_kind_of_problem() -> None:
    def problem(row: int, column: str, value: str, message: str) -> Problem:
        return Problem("表", row, column, f"A{row}", value, message, "请改正。")

    report = intake.IntakeReport(
        "a.csv",
        errors=[
            problem(2, "预计采购时间", "2026年13月", "“2026年13月”的月份是 13，不存在。"),
            problem(3, "预计采购时间", "2026年14月", "“2026年14月”的月份是 14，不存在。"),
            problem(4, "*议题", "", "“议题”必须填写，现在是空的。"),
            problem(5, "", "甲", "与工作表“表”第 2 行是同一单位的同一条记录，重复填写。"),
            problem(6, "", "乙", "与工作表“表”第 4 行是同一单位的同一条记录，重复填写。"),
            problem(7, "", "", ""),
        ],
    )
    assert intake.causes(report) == [
        ("预计采购时间：“…”的月份是 …，不存在", 2),
        ("与工作表“表”第 … 行是同一单位的同一条记录，重复填写", 2),
        ("“议题”必须填写，现在是空的", 1),
        ("其他问题", 1),
    ]


def test_the_causes_of_real_problems_are_never_empty(take: Any, tmp_path: Path) -> None:
    take(ROW.replace("120.5", "“一点二”") + ROW.replace("示例水利局", "示例渔业局"), code=1)
    told = run("import", str(tmp_path / "a.csv"), "-j", "jinhu", "-k", "tender", code=1).output
    causes = told.split("原因汇总：")[1].splitlines()[0].split("；")
    assert len(causes) == 2
    assert all(len(one.rpartition(" ")[0].rpartition(" ")[0]) > 8 for one in causes)


def test_a_slow_file_holds_nobody_up(take: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a file is being read another command may write."""
    real = intake.read
    written = []

    def slow(*words: Any) -> intake.Source:
        engine = make_engine(database_of(home))
        with Session(engine) as session:
            session.scalars(select(Unit)).all()[0].position = 7
            session.commit()
        engine.dispose()
        written.append(True)
        return real(*words)

    monkeypatch.setattr(intake, "read", slow)
    assert take(ROW, "--publish")["published"] == 1
    assert written


def test_a_template_for_a_jurisdiction_offers_its_units(take: Any, tmp_path: Path) -> None:
    target = tmp_path / "模板.xlsx"
    run("template", "-k", "tender", "-o", str(target), "-j", "jinhu")
    book = openpyxl.load_workbook(target)
    options = {cell.value for row in book["选项"].iter_rows() for cell in row}
    assert {"示例水利局", "示例一镇"} <= options
    assert book["采购招标"]["B1"].value == "*单位"
    assert "必填" in book["采购招标"]["B1"].comment.text
    assert (
        "没有代码为“nowhere”的县区"
        in run("template", "-k", "tender", "-o", str(target), "-j", "nowhere", code=1).output
    )


def test_a_reading_needs_no_database() -> None:
    source = intake.read((HEAD + ROW).encode(), "a.csv", Tender)
    assert [one.unit_name for one in source.reading.entries] == ["示例水利局"]
