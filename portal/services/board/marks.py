"""One cell of the board as a person reads it: a sign, a short word, and the whole sentence behind it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from portal.domain.obligations import Status, duty_of
from portal.domain.values import show_day

STATES = {
    Status.ON_TIME: "ok",
    Status.NIL: "nil",
    Status.LATE: "late",
    Status.MISSING: "missing",
    Status.EXEMPT: "none",
    Status.NOT_APPLICABLE: "none",
    Status.UNCLEAR: "note",
}
GRAVITY = ("missing", "late", "note", "waiting", "gone", "nil", "ok", "none", "blank")


class Stored(Protocol):
    """What of a stored cell is shown; rows of a query and `BoardCell` itself both have it."""

    @property
    def duty(self) -> str: ...
    @property
    def period(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def word(self) -> str: ...
    @property
    def due(self) -> date | None: ...
    @property
    def original(self) -> date | None: ...
    @property
    def provisional(self) -> bool: ...
    @property
    def days(self) -> int: ...
    @property
    def day_unit(self) -> str: ...
    @property
    def done_on(self) -> date | None: ...
    @property
    def withdrawn(self) -> bool: ...
    @property
    def note(self) -> str: ...
    @property
    def afterthought(self) -> str: ...
    @property
    def counts(self) -> str: ...


@dataclass(frozen=True)
class Mark:
    """A cell: `state` chooses sign and colour, `word` is short, `told` the sentence; `status` blank where there is no cell.

    `days` is how long it was or is late; `anchor` leads to the cell's place on the unit's page.
    """

    state: str
    word: str
    told: str = ""
    status: str = ""
    provisional: bool = False
    days: int = 0
    anchor: str = ""

    @property
    def gap(self) -> bool:
        """Tell whether something is wanting."""
        return self.state in ("missing", "late")

    @property
    def grave(self) -> int:
        """0 for the gravest."""
        return GRAVITY.index(self.state)


NOT_APPLICABLE = Mark("none", "不适用", "没有这项义务", Status.NOT_APPLICABLE.value)
NOTHING = Mark("blank", "—", "这一期没有要在期限内完成的事项")
UNREADABLE = Mark("note", "无法核对", "单位已存的公开记录读不出来，没有结论", "unreadable")


def anchor(duty: str, period: str) -> str:
    """Return the place of a cell on its unit's page; made of the duty's code and the period, both plain."""
    return "-".join(one for one in (duty, period) if one)


def mark_of(cell: Stored) -> Mark:
    """Return a stored cell as pages show it."""
    status = Status(cell.status)
    state, word = STATES.get(status, "waiting"), _word(cell, status)
    if cell.withdrawn and status.kept:
        state, word = "gone", "已撤回"
    parts = [*_when(cell, status), cell.note, cell.afterthought, "内容已依法撤回" if cell.withdrawn else ""]
    return Mark(
        state,
        word,
        "；".join(one for one in parts if one),
        status.value,
        bool(cell.provisional),
        cell.days,
        anchor(cell.duty, cell.period),
    )


def _word(cell: Stored, status: Status) -> str:
    if not cell.counts:
        return cell.word.replace(" 个工作日", " 工作日")
    counts = json.loads(cell.counts)
    act = duty_of(cell.duty).act
    match status:
        case Status.MISSING:
            return f"{counts['overdue']} 件未{act}"
        case Status.LATE:
            return f"{counts['late']} 件迟"
        case _:
            return cell.word


def _when(cell: Stored, status: Status) -> list[str]:
    """Say when it was done or until when it is due, and that the day is not final."""
    if cell.counts:
        return []
    act = duty_of(cell.duty).act
    until = f"{show_day(cell.due)}{'（暂定）' if cell.provisional else ''}到期" if cell.due else ""
    moved = f"原定{show_day(cell.original)}" if cell.original and cell.due != cell.original else ""
    late = f"迟 {cell.days} {cell.day_unit}" if status == Status.LATE else ""
    done = f"{show_day(cell.done_on)}{act}" if cell.done_on else ""
    if status == Status.MISSING and until:
        late = f"已逾期 {cell.days} {cell.day_unit}"
    if status == Status.NIL:
        late = "本期无发生额"
    return [done, until if status not in (Status.EXEMPT, Status.NOT_APPLICABLE) else "", moved, late]


def current(marks: Sequence[Mark], *, each: str, act: str) -> Mark:
    """Return how a standing duty stands today: what is missing of it, else its newest cell.

    What was late years ago and is done does not stand against the unit today; its own page tells of it.
    """
    missing = [one for one in marks if one.state == "missing"]
    if len(missing) > 1:
        told = "；".join(one.told for one in missing if one.told)
        return Mark(
            "missing", f"{len(missing)} {each}未{act}", told, "missing", days=max(one.days for one in missing)
        )
    return missing[0] if missing else marks[-1]


def short_period(period: str) -> str:
    """Return a quarter or year as a column's head: 2026年三季度, 2026年度."""
    if len(period) == len("2026Q3") and period[4] == "Q":
        return f"{period[:4]}年{'一二三四'[int(period[5]) - 1]}季度"
    return f"{period[:4]}年度" if period[:4].isdigit() else period
