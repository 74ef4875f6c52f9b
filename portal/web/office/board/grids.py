"""A screen of the board as a table to hand out: its rows in its order, its words, its tones."""

from __future__ import annotations

from portal.exchange.grids import Cell, Grid
from portal.services.board.marks import Mark
from portal.services.board.screens import Row, Screen

_TONES = {"nil": "ok", "waiting": "", "gone": "note", "blank": "none"}


def grid_of(screen: Screen, title: str, notes: list[tuple[str, str]]) -> Grid:
    """Return a screen as a table to hand out: its rows in its order, its words, its tones."""
    heads = [("单位", 26), ("类型", 12), ("欠缺", 8), ("违规", 8), ("预警", 8), ("规范指数", 10)]
    for one in screen.heads:
        under = f"（{one.under}{'，暂定' if one.provisional else ''}）" if one.under else ""
        heads.append((one.title + under, 18))
    return Grid(title, heads, [_export_row(row) for row in screen.rows], notes)


def _export_row(row: Row) -> list[Cell]:
    name = f"{row.unit.name}（已撤销）" if row.gone else row.unit.name
    index: Cell = Cell("—", "none") if row.index is None else Cell(float(row.index_text))
    return [
        Cell(name),
        Cell(row.type.label),
        Cell(row.gaps, "missing" if row.missing else "late" if row.late else ""),
        Cell(row.grave, "missing" if row.grave else ""),
        Cell(row.warned, "late" if row.warned else ""),
        index,
        *(_export_mark(one) for one in row.marks),
    ]


def _export_mark(mark: Mark) -> Cell:
    word = f"{mark.word}（暂定）" if mark.provisional else mark.word
    remark = mark.told if mark.state not in ("ok", "none", "blank") else ""
    return Cell(word, _TONES.get(mark.state, mark.state), remark)
