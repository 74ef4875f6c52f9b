"""A bulletin's tables: the same rows on the sheets of the workbook, in the CSV and on paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.domain.supervision.bulletin import DutyLine, Figures, Gap, Share
from portal.domain.supervision.bulletin_words import METHOD, place_word
from portal.domain.values import Type, show_period
from portal.exchange.workbook import Value


@dataclass(frozen=True)
class Table:
    """One table: the name of its sheet, its columns with what they hold, its rows."""

    name: str
    columns: tuple[tuple[str, Type], ...]
    rows: tuple[tuple[Value, ...], ...]


_TEXT, _COUNT, _RATIO, _DAY = Type.LINE, Type.COUNT, Type.RATIO, Type.DAY


def tables_of(figures: Figures) -> tuple[Table, ...]:
    """Return all tables, in the order of the sheets."""
    return tuple(make(figures) for make in _MAKERS)


def _overall(figures: Figures) -> Table:
    lines = [*figures.of_quarter, figures.total, *(one for one in figures.duties if one.standing)]
    return Table(
        "总表",
        (
            ("事项", _TEXT),
            ("范围", _TEXT),
            ("单位", _TEXT),
            ("到期", _COUNT),
            ("按期", _COUNT),
            ("其中无发生额", _COUNT),
            ("逾期完成", _COUNT),
            ("至今未完成", _COUNT),
            ("按期率（%）", _RATIO),
            ("期限未满", _COUNT),
            ("豁免", _COUNT),
            ("不适用", _COUNT),
            ("待核对", _COUNT),
            ("已撤回", _COUNT),
        ),
        tuple(_duty(one) for one in lines),
    )


def _duty(one: DutyLine) -> tuple[Value, ...]:
    return (
        one.title, "截至统计日" if one.standing else "本季度", one.each, one.due, one.on_time, one.nil, one.late,
        one.missing, _percent(one.share), one.waiting, one.exempt, one.not_applicable, one.unclear, one.withdrawn,
    )  # fmt: skip


def _coverage(figures: Figures) -> Table:
    rows: list[tuple[Value, ...]] = [
        (one.title, one.done, one.share.of, _percent(one.share), _percent(one.aim) if one.aim else None,
         one.exempt, "、".join(one.wanting))
        for one in figures.coverage
    ]  # fmt: skip
    mean = figures.average[0] / figures.average[1] if figures.average else None
    rows.append(
        ("规范指数（平均）", figures.indexed, figures.units, round(mean, 4) if mean is not None else None, None, None, "")
    )  # fmt: skip
    rows.append(
        ("整改率（本级掌握）", figures.own.rectified, figures.own.to_rectify, _percent(figures.own.share), None, None, "")
    )  # fmt: skip
    return Table(
        "覆盖率和指数",
        (
            ("项目", _TEXT),
            ("已做到", _COUNT),
            ("应做到", _COUNT),
            ("比例（%）或平均数", _RATIO),
            ("原文要求（%）", _RATIO),
            ("豁免", _COUNT),
            ("尚未做到的单位", Type.PROSE),
        ),
        tuple(rows),
    )


def _ranking(figures: Figures) -> Table:
    return Table(
        "排名",
        (
            ("名次", _COUNT),
            ("单位", _TEXT),
            ("规范指数", _RATIO),
            ("符合权重", _COUNT),
            ("适用权重", _COUNT),
            ("本季度按期率（%）", _RATIO),
            ("到期", _COUNT),
            ("按期", _COUNT),
            ("逾期完成", _COUNT),
            ("至今未完成", _COUNT),
            ("说明", _TEXT),
        ),
        tuple(
            (one.rank, one.name, _percent(one.index), one.passed, one.applicable, _percent(one.share), one.due,
             one.on_time, one.late, one.missing, "" if one.rank is not None else place_word(one))
            for one in figures.ranking
        ),
    )  # fmt: skip


_GAP_COLUMNS = (
    ("单位", _TEXT),
    ("事项", _TEXT),
    ("所属期", _TEXT),
    ("件数", _COUNT),
    ("到期日", _DAY),
)


def _gap(one: Gap) -> tuple[Value, ...]:
    return one.name, one.title, one.period, one.count, one.due


def _late(figures: Figures) -> Table:
    return Table(
        "迟公开",
        (*_GAP_COLUMNS, ("完成日期", _DAY), ("逾期", _COUNT), ("天数单位", _TEXT), ("内容", Type.PROSE)),
        tuple(
            (*_gap(one), one.done_on, one.days or None, one.day_unit, "、".join(one.titles))
            for one in figures.late
        ),
    )


def _missing(figures: Figures) -> Table:
    return Table(
        "未公开",
        (*_GAP_COLUMNS, ("已逾期", _COUNT), ("天数单位", _TEXT), ("内容", Type.PROSE)),
        tuple((*_gap(one), one.days or None, one.day_unit, "、".join(one.titles)) for one in figures.missing),
    )


def _findings(figures: Figures) -> Table:
    return Table(
        "问题分类",
        (
            ("规则编号", _TEXT),
            ("规则", _TEXT),
            ("不得发布", _COUNT),
            ("违规", _COUNT),
            ("预警", _COUNT),
            ("合计", _COUNT),
            ("其中本季度", _COUNT),
            ("涉及单位", _COUNT),
        ),
        tuple(
            (one.rule, one.title, one.block, one.red, one.yellow, one.total, one.fresh, one.units)
            for one in figures.findings
        ),
    )


def _trend(figures: Figures) -> Table:
    return Table(
        "趋势",
        (
            ("季度", _TEXT),
            ("到期", _COUNT),
            ("按期", _COUNT),
            ("逾期完成", _COUNT),
            ("至今未完成", _COUNT),
            ("按期率（%）", _RATIO),
            ("季度财务到期", _COUNT),
            ("季度财务按期", _COUNT),
            ("季度财务按期率（%）", _RATIO),
        ),
        tuple(
            (show_period(one.quarter), one.share.of, one.on_time, one.late, one.missing, _percent(one.share),
             one.finance.of, one.finance.part, _percent(one.finance))
            for one in figures.trend
        ),
    )  # fmt: skip


def _method(figures: Figures) -> Table:
    told = (
        ("统计日", f"{figures.on.isoformat()}（当日结束时）"),
        ("季度", show_period(figures.quarter)),
        ("数据指纹", f"SHA-256 {figures.digest()}"),
    )
    return Table("口径说明", (("项目", _TEXT), ("说明", Type.PROSE)), (*told, *METHOD))


_MAKERS: tuple[Callable[[Figures], Table], ...] = (
    _overall, _coverage, _ranking, _late, _missing, _findings, _trend, _method,
)  # fmt: skip


def _percent(share: Share) -> float | None:
    """Return a percentage with as many digits as a reader may want to calculate with."""
    return None if share.value is None else round(float(100 * share.value), 4)
