"""`portal board`, as a user runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cli.test_compliance import portal  # noqa: F401 - a fixture, asked for by name.


def test_it_says_what_is_to_do_then_renews_and_hands_out(portal: Any, tmp_path: Path) -> None:  # noqa: F811 - the fixture.
    assert "还没有核对过。运行 portal board --refresh" in portal("board", "-j", "jinhu").output
    told = portal("board", "--refresh").output
    assert "重新核对了 2 个单位" in told
    assert "2 个单位：" in told
    assert "重新核对了 0 个单位" in portal("board", "--refresh", "-j", "jinhu").output
    file = tmp_path / "board.csv"
    portal("board", "-j", "jinhu", "--csv", str(file))
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    assert [one.split(",")[0] for one in lines] == ["单位", "示例水利局", "示例一镇"]
    assert "没有代码为“nowhere”的县区" in portal("board", "-j", "nowhere", code=1).output
    assert "须同时用 -j" in portal("board", "--csv", str(file), code=1).output
