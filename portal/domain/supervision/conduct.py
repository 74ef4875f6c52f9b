"""How one unit stands before the public, flat: what a bulletin counts and what the site publishes as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import TypeAdapter

from portal.domain.documents.regulation import Area
from portal.domain.obligations import Case, Cell, Counts, Index, Standing, duty_of, rates
from portal.domain.obligations.duties import Status
from portal.domain.obligations.index import Checked
from portal.domain.obligations.rates import state_of
from portal.domain.values import show_day, show_period

_AREAS = {one.value: one.label for one in Area}


@dataclass(frozen=True)
class Kept:
    """One duty of one period: `Cell` without what only a page needs. `refs` are the records that it rests on."""

    duty: str
    period: str
    status: Status
    word: str
    due: date | None = None
    original: date | None = None
    provisional: bool = False
    done_on: date | None = None
    days: int = 0
    day_unit: str = ""
    withdrawn: bool = False
    counts: Counts | None = None
    newest: bool = False  # The last one of its duty: of a standing duty, how the unit stands today.
    titles: tuple[str, ...] = ()  # Of single events: what is wanting, and when it came if it did.
    refs: tuple[str, ...] = ()

    @property
    def period_name(self) -> str:
        """What a reader calls the period."""
        return period_name(self.duty, self.period)


@dataclass(frozen=True)
class Sighting:
    """One finding in a record in force: its rule, how grave, in which record, and when that one was published."""

    rule: str
    severity: str
    ref: str
    published_on: date | None
    changed_on: date | None


@dataclass(frozen=True)
class Conduct:
    """One unit on one day, as far as it is public.

    `here` tells whether it exists on that day. `passed` and `applicable` are the weights of its index, `items`
    how it stands with each of the index's items; `coverage` is done, wanting, exempt or blank by the rate's code.
    """

    slug: str
    name: str
    type: str
    here: bool
    kept: tuple[Kept, ...]
    passed: int
    applicable: int
    items: tuple[tuple[str, bool | None], ...]
    coverage: tuple[tuple[str, str], ...]
    sightings: tuple[Sighting, ...]


def conduct_of(
    case: Case, found: Standing, index: Index, checked: Checked, *, refs: Mapping[str, str] | None = None
) -> Conduct:
    """Return a unit's conduct. `refs` leads from the evidence's references to index numbers, where they differ."""
    names = refs or {}
    return Conduct(
        slug=case.unit.slug,
        name=case.unit.name,
        type=case.unit.type.value,
        here=case.exists_on(case.today),
        kept=tuple(
            _flat(cell, names, newest=cell is cells[-1]) for cells in found.cells.values() for cell in cells
        ),
        passed=index.passed,
        applicable=index.applicable,
        items=tuple((one.item.code, one.passed) for one in index.items),
        coverage=tuple((one.item.code, state_of(one)) for one in rates([case])),
        sightings=tuple(
            Sighting(
                seen.rule,
                seen.severity.value,
                names.get(record.ref, record.ref),
                record.published_on,
                record.changed_on,
            )
            for record, report in checked
            for seen in report.findings
        ),
    )


_CONDUCT = TypeAdapter(Conduct)


def kept_text(one: Conduct) -> str:
    """Return a unit's conduct as text (JSON), to be kept; `read_kept` gives it back as it was."""
    return _CONDUCT.dump_json(one).decode()


def read_kept(text: str) -> Conduct:
    """Return the conduct that `kept_text` wrote down, or raise `ValueError` where the text is something else."""
    return _CONDUCT.validate_json(text)


def _flat(cell: Cell, names: Mapping[str, str], *, newest: bool) -> Kept:
    return Kept(
        duty=cell.duty.code,
        period=cell.period,
        status=cell.status,
        word=cell.word,
        due=cell.due.day if cell.due else None,
        original=cell.original.day if cell.original else None,
        provisional=cell.provisional,
        done_on=cell.done_on,
        days=cell.days,
        day_unit=cell.day_unit,
        withdrawn=cell.withdrawn,
        counts=cell.counts,
        newest=newest,
        titles=tuple(one.what for one in cell.evidence) if cell.counts and cell.status.wanting else (),
        refs=tuple(names.get(one.ref, one.ref) for one in cell.evidence if one.ref),
    )


def period_name(duty: str, period: str) -> str:
    """Return what a reader calls a period: 2026年第三季度, 2026年度, or what a standing duty is about."""
    if duty == "supporting":
        return _AREAS.get(period, period)
    if len(period) in (4, 6) and period[:4].isdigit():
        return show_period(period)
    if duty in ("plan", "filing"):
        return f"{show_day(date.fromisoformat(period))}起执行" if period else "现行方案"
    if duty == "budget" and period[:4].isdigit():
        return show_period(period[:4]) + ("预算" if period.endswith("budget") else "决算")
    return period


def as_data(one: Conduct) -> dict[str, Any]:
    """Return a unit's conduct as the site publishes it; the fields are named in `FIELDS`."""
    return {
        "unit": one.slug,
        "name": one.name,
        "type": one.type,
        "exists": one.here,
        "index": {"passed": one.passed, "applicable": one.applicable, "items": dict(one.items)},
        "coverage": dict(one.coverage),
        "duties": [_kept_data(each) for each in one.kept],
        "findings": [
            {
                "rule": each.rule,
                "severity": each.severity,
                "record": each.ref,
                "published_on": _day(each.published_on),
                "changed_on": _day(each.changed_on),
            }
            for each in one.sightings
        ],
    }


def _kept_data(one: Kept) -> dict[str, Any]:
    found: dict[str, Any] = {
        "duty": one.duty,
        "title": duty_of(one.duty).title,
        "period": one.period,
        "status": one.status.value,
        "word": one.word,
        "due": _day(one.due),
        "original_due": _day(one.original),
        "provisional": one.provisional,
        "done_on": _day(one.done_on),
        "days": one.days,
        "day_unit": one.day_unit,
        "withdrawn": one.withdrawn,
        "newest": one.newest,
        "records": list(one.refs),
    }
    if one.counts:
        counts = one.counts
        found["counts"] = {
            "on_time": counts.on_time,
            "late": counts.late,
            "open": counts.open,
            "overdue": counts.overdue,
            "unclear": counts.unclear,
        }
    return found


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


FIELDS: tuple[tuple[str, str, str], ...] = (
    ("calendar", "工作日历", "逐年列出：off 是放假的周一至周五，work 是上班的周六、周日，noticed 表示放假安排已经公布"),
    ("unit", "单位代码", "单位网址中的代码"),
    ("exists", "单位存续", "统计日单位是否存在；撤销或尚未成立的为 false"),
    ("index.passed", "指数得分权重", "规范指数中符合的项目权重之和"),
    ("index.applicable", "指数适用权重", "规范指数中适用的项目权重之和；指数等于得分权重除以适用权重再乘一百，为 0 的没有指数"),
    ("index.items", "指数各项", "true 符合，false 不符合，null 不适用"),
    ("coverage", "覆盖情况", "done 已完成，wanting 未完成，exempt 豁免，空白为不在统计范围"),
    ("duties.duty", "义务代码", "见 status.json 的 duties"),
    ("duties.period", "所属期", "季度、年度、方案的执行日期或者配套制度的类别"),
    ("duties.status", "状态", "、".join(f"{one.value} {one.label}" for one in Status)),
    ("duties.word", "状态说明", "页面上的说法"),
    ("duties.due", "到期日", "实际适用的到期日，已计入批准的延期"),
    ("duties.original_due", "原到期日", "按规定计算的到期日"),
    ("duties.provisional", "暂定", "到期日所在年份的放假安排尚未公布，到期日可能变动"),
    ("duties.done_on", "完成日期", "首次公开、备案或者报告的日期"),
    ("duties.days", "逾期天数", "迟公开或者至今未公开的天数"),
    ("duties.day_unit", "天数单位", "个工作日或者日"),
    ("duties.withdrawn", "已撤回", "内容已依法撤回"),
    ("duties.newest", "最近一项", "该项义务中最近的一项；对长期义务，就是现在的情况"),
    ("duties.records", "依据", "所依据的公开内容的索引号"),
    ("duties.counts", "按件计数", "按件计算的义务：on_time 按期，late 迟，open 尚未公开（其中 overdue 已过期），unclear 待核对"),
    ("exemptions", "豁免", "登记的豁免：义务、所属期、原因、批准人、起止日期、登记日期和撤销日期"),
    ("extensions", "延期", "登记的延期：义务、所属期、新的到期日、原因、批准人和登记日期"),
    ("findings.rule", "规则编号", "见规则页"),
    ("findings.severity", "等级", "block、red 为违规，yellow 为预警，info 为提示"),
    ("findings.record", "索引号", "所在的公开内容"),
    ("findings.published_on", "首次公开日期", "该件公开内容第一版的日期"),
    ("findings.changed_on", "最新一版日期", "该件公开内容最新一版的日期"),
)  # fmt: skip
"""Name, Chinese title and description of the fields of `as_data`: the dictionary that is published with it."""
