"""The dated values by which the commission supervises: `[[ladder]]`, `[[replies]]`, `[[warning]]`, `[[flags]]` … of a regime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from portal.domain.dated import Dated
from portal.domain.rules.terms import Length, Share, Yuan
from portal.domain.spelling import Named

Count = Annotated[int, Field(ge=0, le=1000)]


class LadderStage(Dated):
    """One stage of the ladder (SUP-08): what is sent when something is overdue.

    `after` counts working days from the deadline, below zero before it.
    """

    code: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    title: Annotated[str, Field(min_length=2)]
    letter: Annotated[str, Field(pattern=r"^[a-z_]+$")]  # See `portal.domain.supervision.letters.Kind`.
    after: Annotated[int, Field(ge=-60, le=400)]


class ReplyTerm(Dated):
    """Until when a letter of that kind is to be answered, or a matter explained.

    `basis` is what such a letter cites as the power to write it, as in force; blank where no text gives one.
    """

    code: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    within: Length
    basis: str = ""


def _within(points: int, most: int) -> None:
    """Refuse an item of which a single one brings more points than all together may."""
    if points > most:
        raise ValueError(f"每件 {points} 分，比最多的 {most} 分还多。请改正其中一个。")


def _each_once(what: str, *each: Sequence[str]) -> None:
    """Refuse a word that comes twice in one of the lists."""
    for words in each:
        if twice := next((one for one in words if words.count(one) > 1), None):
            at = words.index(twice, words.index(twice) + 1)
            raise ValueError(f"{what}第 {at + 1} 行与前面的一行重复。请删去一行，或者改成别的。")


class WarningItem(BaseModel):
    """One item of the formula: so many points for each, `most` at most."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Annotated[
        Literal["missing", "late", "red", "yellow", "overdue_matters", "flags", "neglect", "reports"],
        Named(
            ("至今未公开", "迟公开", "违规", "预警", "逾期事项和整改", "采购信号", "不管不问", "受理的举报")
        ),
        Field(title="计什么"),
    ]
    title: Annotated[str, Field(min_length=2, title="名称")]
    points: Annotated[int, Field(ge=0, le=100, title="每件几分")]
    most: Annotated[int, Field(ge=1, le=1000, title="最多几分")]

    @model_validator(mode="after")
    def _one_is_within_the_most(self) -> Self:
        _within(self.points, self.most)
        return self


class WarningTerms(Dated):
    """预警: a unit whose points reach `prevent` is in 预防, from `alert` on in 警示.

    Counted is over so many `quarters`, the one looked at included.
    """

    prevent: Annotated[int, Field(ge=1)]
    alert: Annotated[int, Field(ge=1)]
    quarters: Annotated[int, Field(ge=1, le=20)]
    items: Annotated[tuple[WarningItem, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _states_can_be_reached(self) -> Self:
        _each_once("计分项目", [one.title for one in self.items], [one.code for one in self.items])
        if self.alert <= self.prevent:
            raise ValueError(
                f"警示的分数（{self.alert}）须高于预防的分数（{self.prevent}），否则没有单位会是预防。请改正。"
            )
        if (total := sum(one.most for one in self.items)) < self.alert:
            raise ValueError(
                f"各项最多合计 {total} 分，达不到警示的 {self.alert} 分。请提高各项的封顶分，或者降低警示的分数。"
            )
        return self


class AssessmentItem(BaseModel):
    """One item of the yearly assessment: so many points off for each, `most` at most."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Annotated[
        Literal[
            "missing", "late", "index", "red", "yellow", "overdue_rectification", "outcomes", "inspections"
        ],
        Named(
            (
                "至今未公开",
                "迟公开",
                "规范指数",
                "违规",
                "预警",
                "逾期未销号的整改",
                "处理结果",
                "检查发现的问题",
            )
        ),
        Field(title="计什么"),
    ]
    title: Annotated[str, Field(min_length=2, title="名称")]
    points: Annotated[int, Field(ge=0, le=100, title="每件扣几分")]
    most: Annotated[int, Field(ge=1, le=100, title="最多扣几分")]

    @model_validator(mode="after")
    def _one_is_within_the_most(self) -> Self:
        _within(self.points, self.most)
        return self


class AssessmentGrade(BaseModel):
    """One grade of the yearly assessment: suggested from `least` points on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Annotated[str, Field(pattern=r"^[a-z_]+$", title="代码")]
    title: Annotated[str, Field(min_length=2, title="等次")]
    least: Annotated[int, Field(ge=0, le=100, title="从几分起")]


class AssessmentTerms(Dated):
    """年度考核 (SUP-14): a hundred points less what the items take off; the first grade that is reached is suggested.

    The item `index` counts once for each whole `index_step` by which the conduct index is below a hundred.
    """

    index_step: Annotated[int, Field(ge=1, le=100)]
    items: Annotated[tuple[AssessmentItem, ...], Field(min_length=1)]
    grades: Annotated[tuple[AssessmentGrade, ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _from_the_best_down_to_nothing(self) -> Self:
        _each_once("计分项目", [one.title for one in self.items], [one.code for one in self.items])
        _each_once("考核等次", [one.title for one in self.grades], [one.code for one in self.grades])
        least = [one.least for one in self.grades]
        if least != sorted(set(least), reverse=True) or least[-1] != 0:
            raise ValueError("考核等次须从高到低排列，分数各不相同，最后一档从 0 分起。请改正。")
        return self


class FlagTerms(Dated):
    """One red flag of procurement, with the values by which it is raised. `ocp` is the Open Contracting name."""

    code: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    title: Annotated[str, Field(min_length=2)]
    ocp: str | None = None
    share: Share | None = None
    days: Count | None = None
    count: Count | None = None
    months: Count | None = None
    amounts: tuple[Yuan, ...] = ()


class NeglectTerms(Dated):
    """不管不问: how many records of a chief's own supervision a quarter should have at least."""

    least: Count


class SmallCells(Dated):
    """The least number that is shown in public counts of people and outcomes.

    At least 3: “<2” could only be one person.
    """

    STRICTEST: ClassVar[int] = 20  # What no file can exceed: for a regime that says nothing at all.

    least: Annotated[int, Field(ge=3, le=STRICTEST)]


class ReminderTerms(Dated):
    """提醒: on which working days before a deadline the platform writes, then `after` so many past it and `every` so many.

    `times` is how often it writes past the deadline. Letters of the commission have the ladder instead.
    """

    before: tuple[Annotated[int, Field(ge=0, le=60)], ...]
    after: Annotated[int, Field(ge=1, le=60)]
    every: Annotated[int, Field(ge=1, le=60)]
    times: Annotated[int, Field(ge=0, le=100)]


class Bounds(Dated):
    """登记日期的界限: how far back and ahead what the office enters may reach; in days or months.

    The commission does not widen them for itself: they keep the past as it was, and are no entry of its own changes.
    """

    correct_within: Length  # A change of terms that was entered so lately may be put right from its own day.
    change_ahead: Length  # How far ahead a change of terms may be laid down.
    unit_back: Length  # How far back a unit's end may lie: obligations since then are wiped out by it.
    unit_ahead: Length
    days_off: Annotated[
        int, Field(ge=1, le=366)
    ]  # Of one year's notice, the weekends that it names included.

    @model_validator(mode="after")
    def _no_working_days(self) -> Self:
        for one in (self.correct_within, self.change_ahead, self.unit_back, self.unit_ahead):
            if one.unit == "workday":
                raise ValueError(f"“{one}”：登记日期的界限按日或者按月写，例如“30日”、“12个月”。请改正。")
        return self


class OpeningTerms(Dated):
    """How far back matters are opened by themselves, so that old history does not bury what is new.

    A finding counts whose record was published `within` that time, and a late publication of the last
    `late_quarters` quarters. What is missing today counts however old it is.
    """

    within: Length
    late_quarters: Annotated[int, Field(ge=1, le=40)]


class EffectTerm(Dated):
    """影响期: how long an outcome of that kind bears upon awards and promotion (SUP-05)."""

    code: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    lasts: Length
