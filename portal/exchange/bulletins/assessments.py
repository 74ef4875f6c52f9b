"""Assessment sheets on paper, and the list of all units as a workbook and CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from portal.domain.supervision.assessment import Sheet
from portal.domain.values import Type, show_day, show_period
from portal.exchange.bulletins.paper import typesetter
from portal.exchange.bulletins.tables import Table
from portal.exchange.workbook import Value

LAYOUT = Path(__file__).with_name("assessment.typ")


@dataclass(frozen=True)
class Decided:
    """What the commission decided on a sheet: the grade's name, why, by whom and when."""

    grade: str
    words: str
    by: str
    day: date
    number: int


def assessment_pdf(sheet: Sheet, decided: Decided | None) -> bytes:
    """Return one unit's sheet as PDF/UA-1, or raise `CannotPrint`."""
    return typesetter().typeset(LAYOUT, laid_out(sheet, decided))


def laid_out(sheet: Sheet, decided: Decided | None) -> dict[str, Any]:
    """Return what the layout sets, all as texts."""
    total, held = sheet.total, sheet.held
    day = decided.day if decided else sheet.on
    return {
        "title": f"{sheet.year}年度权力公开考核表",
        "commission": sheet.commission,
        "unit": sheet.name,
        "sample": sheet.sample,
        "on": show_day(sheet.on),
        "date": [day.year, day.month, day.day],
        "points": f"{sheet.points}",
        "suggestion": sheet.suggestion.title,
        "index": sheet.index_text,
        "quarters": [
            [show_period(one.quarter), *map(str, (one.on_time, one.late, one.missing, one.waiting)), one.share.text]
            for one in sheet.quarters
        ] + [["全年", *map(str, (total.on_time, total.late, total.missing, total.waiting)), total.share.text]],
        "gaps": list(sheet.gaps),
        "rules": [f"{name} {count}处" for name, count in sheet.rules],
        "held": held_lines(sheet),
        "parts": [
            [one.title, f"{one.count}", f"{one.points}", f"{one.most}", f"{one.off}"] for one in sheet.parts
        ],
        "grades": "，".join(f"{one.title}{one.least}分以上" for one in sheet.grades if one.least),
        "source": sheet.source,
        "default": sheet.default,
        "decided": [decided.grade, decided.words, decided.by, show_day(decided.day)] if decided else [],
        "inspected": held.inspected,
        "digest": sheet.digest(),
    }  # fmt: skip


def held_lines(sheet: Sheet) -> list[list[str]]:
    """Return what the commission itself recorded, in words: name and text."""
    held = sheet.held

    def listed(some: Sequence[tuple[str, int]], each: str) -> str:
        return "、".join(f"{name}{count}{each}" for name, count in some) or "无"

    return [
        ["监督事项", f"本年立{held.matters_opened}项，其中尚未办结{held.matters_open}项"],
        ["整改", f"本年到期{held.to_rectify}项，已销号{held.rectified}项，逾期未销号{held.overdue}项"],
        ["文书", listed(held.letters, "份")],
        ["检查", f"抽查{held.inspected}件，发现问题{held.problems}件"],
        ["处理结果", listed(held.outcomes, "人次")],
    ]


def assessments_table(year: int, lines: Sequence[tuple[Sheet, Decided | None]]) -> tuple[Table, ...]:
    """Return the list of all units of a year, and how the points are counted."""
    columns: tuple[tuple[str, Type], ...] = (
        ("单位", Type.LINE),
        ("按期", Type.COUNT),
        ("逾期完成", Type.COUNT),
        ("至今未完成", Type.COUNT),
        ("规范指数", Type.RATIO),
        ("违规", Type.COUNT),
        ("预警", Type.COUNT),
        ("逾期未销号", Type.COUNT),
        ("处理结果", Type.COUNT),
        ("检查发现问题", Type.COUNT),
        ("考核分", Type.COUNT),
        ("建议等次", Type.LINE),
        ("决定等次", Type.LINE),
        ("理由", Type.PROSE),
        ("决定人", Type.LINE),
        ("决定日期", Type.DAY),
    )
    rows = tuple(_row(sheet, decided) for sheet, decided in lines)
    method = [
        ("考核分", "100 分减去各项扣分，各项按件扣分，有最高限。只是建议，由纪委监委决定。"),
        *(
            (part.title, f"每件扣 {part.points} 分，最多扣 {part.most} 分")
            for sheet, _ in lines[:1]
            for part in sheet.parts
        ),
        *((one.title, f"{one.least} 分起") for sheet, _ in lines[:1] for one in sheet.grades),
        *(("依据", sheet.source) for sheet, _ in lines[:1]),
        *(("统计日", sheet.on.isoformat()) for sheet, _ in lines[:1]),
    ]
    told = Table("口径说明", (("项目", Type.LINE), ("说明", Type.PROSE)), tuple(method))
    return Table(f"{year}年度考核", columns, rows), told


def _row(sheet: Sheet, decided: Decided | None) -> tuple[Value, ...]:
    total = sheet.total
    index = round(100 * sheet.passed / sheet.applicable, 4) if sheet.applicable else None
    return (
        sheet.name, total.on_time, total.late, total.missing, index, sheet.red, sheet.yellow, sheet.held.overdue,
        sum(count for _, count in sheet.held.outcomes), sheet.held.problems, sheet.points, sheet.suggestion.title,
        decided.grade if decided else "", decided.words if decided else "", decided.by if decided else "",
        decided.day if decided else None,
    )  # fmt: skip
