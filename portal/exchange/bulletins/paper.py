"""A bulletin on paper: in the form of a 通报 (GB/T 9704), with its tables and drawings as annexes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from portal.domain.supervision.bulletin import Figures
from portal.domain.supervision.bulletin_words import METHOD, gap_word, place_word, sections_of, title_of
from portal.domain.values import show_day, show_period
from portal.exchange.bulletins.typesetting import Typesetter

LAYOUT = Path(__file__).with_name("bulletin.typ")
_NUMBERS = "一二三四五六七八九十"


@dataclass(frozen=True)
class Printed:
    """What is printed: the figures, and of an issued one its number, the commission's words and the day."""

    figures: Figures
    number: int | None = None
    words: str = ""
    day: date | None = None


@cache
def typesetter() -> Typesetter:
    """Return the one of the process: it looks for fonts once."""
    return Typesetter()


def bulletin_pdf(printed: Printed) -> bytes:
    """Return the bulletin as PDF/UA-1, or raise `CannotPrint`. The same figures always give the same bytes."""
    return typesetter().typeset(LAYOUT, laid_out(printed))


def laid_out(printed: Printed) -> dict[str, Any]:
    """Return what the layout sets, all as texts and plain numbers."""
    figures = printed.figures
    day = printed.day or figures.on
    quarter = show_period(figures.quarter)
    sections = [[one.heading, list(one.text)] for one in sections_of(figures)]
    if words := [one.strip() for one in printed.words.splitlines() if one.strip()]:
        sections.append(["工作要求", words])
    return {
        "title": title_of(figures),
        "commission": figures.commission,
        "document_no": figures.document_no or (f"{quarter}第{printed.number}号" if printed.number else ""),
        "number": f"{quarter}第{printed.number}号" if printed.number else "",
        "issued": printed.number is not None,
        "sample": figures.sample,
        "day": show_day(day),
        "on": show_day(figures.on),
        "date": [day.year, day.month, day.day],
        "digest": figures.digest(),
        "sections": [
            [f"{_NUMBERS[place]}、{heading}", text] for place, (heading, text) in enumerate(sections)
        ],
        "annexes": _annexes(figures),
    }


def _annexes(figures: Figures) -> list[dict[str, Any]]:
    """Return the annexes that have rows: heading, drawing (or none), columns with their alignment, rows."""
    total = figures.total
    duties = [*figures.of_quarter, total, *(one for one in figures.duties if one.standing)]
    found = [
        _annex(
            "各项义务的完成情况",
            "事项 到期# 按期# 逾期# 未完成# 按期率# 期限未满# 其他#",
            [
                [one.title, one.due, one.on_time, one.late, one.missing, one.share.text, one.waiting,
                 one.exempt + one.not_applicable + one.unclear + one.withdrawn]
                for one in duties
            ],
            note="“合计”以下是长期义务，看统计日的情况。“其他”是豁免、不适用、待核对和已撤回，不计入按期率。",
            strong=len(figures.of_quarter),
            bars={
                "said": "各项到期事项中按期、逾期、未完成的比例",
                "keys": ["按期", "逾期完成", "至今未完成"],
                "rows": [[one.title, one.on_time, one.late, one.missing] for one in figures.of_quarter if one.due],
            },
        ),
        _annex(
            "覆盖率",
            "项目 已做到# 应做到# 比例# 原文要求# 豁免#",
            [
                [one.title, one.share.part, one.share.of, one.share.text, one.aim.text if one.aim else "—", one.exempt]
                for one in figures.coverage
            ],
        ),
        _annex(
            "排名",
            "名次# 单位 规范指数# 按期率# 到期# 逾期# 未完成#",
            [
                [place_word(one), one.name, one.index_text, one.share.text, one.due, one.late, one.missing]
                for one in figures.ranking
            ],
            note="先比规范指数，再比本季度按期率，都相同的名次并列。",
        ),
        _annex(
            "至今未完成清单",
            "单位 事项 所属期 到期日 情况",
            [
                [one.name, one.title, one.period, show_day(one.due) if one.due else "—", gap_word(one) or f"未{one.act}"]
                for one in figures.missing
            ],
        ),
        _annex(
            "逾期完成清单",
            "单位 事项 所属期 到期日 完成日期 情况",
            [
                [one.name, one.title, one.period, show_day(one.due) if one.due else "—",
                 show_day(one.done_on) if one.done_on else "—", gap_word(one)]
                for one in figures.late
            ],
        ),
        _annex(
            "问题分类",
            "规则 编号 违规# 预警# 其中本季度# 涉及单位#",
            [
                [one.title, one.rule, one.block + one.red, one.yellow, one.fresh, one.units]
                for one in figures.findings
            ],
        ),
        _annex(
            "趋势",
            "季度 到期# 按期# 逾期# 未完成# 按期率# 季度财务按期率#",
            [
                [show_period(one.quarter), one.share.of, one.on_time, one.late, one.missing, one.share.text, one.finance.text]
                for one in figures.trend
            ],
            columns_drawn={
                "said": "各季度的按期率",
                "rows": [[f"{one.quarter[:4]}年{one.quarter[5]}季", one.share.hundredths if one.share.of else None, one.share.text]
                         for one in figures.trend],
            },
        ),
        _annex("口径说明", "项目 说明", [list(one) for one in METHOD]),
    ]  # fmt: skip
    kept = [one for one in found if one["rows"]]
    for number, one in enumerate(kept, start=1):
        one["number"] = number
    return kept


def _annex(heading: str, columns: str, rows: list[list[Any]], **more: Any) -> dict[str, Any]:
    """Return one annex; a column whose name ends in # holds numbers."""
    names = columns.split()
    return {
        "heading": heading,
        "columns": [one.removesuffix("#") for one in names],
        "numeric": [one.endswith("#") for one in names],
        "rows": [[f"{cell}" for cell in row] for row in rows],
        "note": "",
        "strong": -1,
        "bars": None,
        "columns_drawn": None,
        **more,
    }
