"""The real files beside the checkout, imported as a county would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from portal.cli import main


@pytest.fixture
def portal(home: Path) -> Any:
    def run(*words: str, code: int | None = 0) -> str:
        result = CliRunner().invoke(main, list(words), catch_exceptions=False)
        assert code is None or result.exit_code == code, result.output
        return result.stdout

    return run


def test_the_procurement_intents_of_2026(portal: Any, real_files: Path) -> None:
    file = str(real_files / "data" / "procurement_intents_2026.xlsx")
    portal("init")
    words = ("import", file, "--jurisdiction", "shandong", "--kind", "tender")

    first = json.loads(portal(*words, "--publish", "--json"))

    assert (first["published"], first["unchanged"], first["rejected"]) == (45, 0, 34)
    assert len(first["errors"]) == 34
    assert all(one["row"] and one["cell"] and one["message"] and one["remedy"] for one in first["errors"])
    assert sum("重复的表头" in one["message"] for one in first["errors"]) == 13
    assert len(first["units_added"]) == 15
    annotated = openpyxl.load_workbook(first["annotated"])
    assert len(annotated.sheetnames) >= 2

    second = json.loads(portal(*words, "--publish", "--json"))
    assert (second["published"], second["unchanged"], second["rejected"]) == (0, 45, 34)
    portal(*words, "--publish", "--strict", code=1)

    portal("sync")
    found = json.loads(portal("search", "水利", "--json"))
    assert found["total"] >= 10
    assert "山东省水利厅" in {one["unit"] for one in found["results"]}
    assert all(one["url"].endswith(".html") for one in found["results"])
    region = json.loads(portal("search", "本级", "--json"))["results"]
    assert "<mark>本级</mark>" in region[0]["snippet"]


def test_the_five_documents_become_regulations_that_search_finds(portal: Any, real_files: Path) -> None:
    portal("init")
    pairs = zip(
        sorted((real_files / "seeds").glob("*.txt")),
        ("erqi", "tongling", "xian", "xiuzhou", "jinhu"),
        strict=True,
    )
    for file, jurisdiction in pairs:
        words = ("import", str(file), "-j", jurisdiction, "-k", "regulation", "--publish", "--json")
        report = json.loads(portal(*words))
        assert report["published"] == 1, report
        assert report["doubts"]
        assert json.loads(portal(*words))["unchanged"] == 1
    portal("sync")
    last = json.loads(portal("search", "末位表态", "--json"))
    assert last["total"] >= 3
    assert {one["kind"] for one in last["results"]} == {"regulation"}
    number = json.loads(portal("search", "嘉委办[2011]20号", "--json"))
    assert [one["jurisdiction"] for one in number["results"]] == ["秀洲区"]
