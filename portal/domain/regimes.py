"""A jurisdiction's regime (制度): its own rules as dated data, read from `content/regimes/*.toml`.

`national.toml` holds the statutes. Every jurisdiction inherits them and may
lay down its own terms for a rule, which then take the place of the national
ones on the days on which they bind, or take a rule out of force.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from portal.domain.calendar import OFFICIAL, Calendar, Due, YearNotice, entered, quarter_end
from portal.domain.dated import refuse_overlaps
from portal.domain.regime_sections import (
    Counting,
    Coverage,
    IndexItem,
    Intake,
    Keeping,
    Mechanism,
    RestrictedDomain,
    Year,
)
from portal.domain.rules.terms import Off, Terms
from portal.domain.supervision.terms import (
    AssessmentTerms,
    Bounds,
    EffectTerm,
    FlagTerms,
    LadderStage,
    NeglectTerms,
    OpeningTerms,
    ReminderTerms,
    ReplyTerm,
    SmallCells,
    WarningTerms,
)
from portal.domain.units import UnitType
from portal.domain.values import fold

NATIONAL = "national"
# The sections by which the commission supervises, and what each is called.
SUPERVISION = {
    "ladder": "督办阶梯",
    "replies": "回复期限",
    "warning": "预警办法",
    "flags": "异常信号",
    "neglect": "不管不问的情形",
    "small_cells": "小数目的遮盖",
    "effects": "影响期",
    "assessment": "年度考核",
    "opening": "自动立项的范围",
    "reminders": "到期提醒",
    "bounds": "登记日期的界限",
}


class Rulebook(BaseModel):
    """The dated terms of one file: national, or a jurisdiction's own."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    rules: dict[str, tuple[Terms, ...]] = {}
    counting: tuple[Counting, ...] = ()
    years: tuple[Year, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    index: tuple[IndexItem, ...] = ()
    intake: tuple[Intake, ...] = ()
    keeping: tuple[Keeping, ...] = ()
    ladder: tuple[LadderStage, ...] = ()
    replies: tuple[ReplyTerm, ...] = ()
    warning: tuple[WarningTerms, ...] = ()
    flags: tuple[FlagTerms, ...] = ()
    neglect: tuple[NeglectTerms, ...] = ()
    small_cells: tuple[SmallCells, ...] = ()
    effects: tuple[EffectTerm, ...] = ()
    assessment: tuple[AssessmentTerms, ...] = ()
    opening: tuple[OpeningTerms, ...] = ()
    reminders: tuple[ReminderTerms, ...] = ()
    bounds: tuple[Bounds, ...] = ()

    @model_validator(mode="after")
    def _one_value_a_day(self) -> Rulebook:
        refuse_overlaps((one, "日数计算") for one in self.counting)
        refuse_overlaps((one, "举报办理期限") for one in self.intake)
        refuse_overlaps((one, "举报保存期限") for one in self.keeping)
        for section, name in SUPERVISION.items():
            refuse_overlaps((one, getattr(one, "code", name)) for one in getattr(self, section))
        refuse_overlaps((one, one.code) for one in self.coverage)
        refuse_overlaps((one, one.code) for one in self.index)
        years = [one.year for one in self.years]
        if twice := next((one for one in years if years.count(one) > 1), None):
            raise ValueError(f"{twice} 年的放假安排写了两段。请合成一段。")
        return self

    def identity(self) -> str:
        """Return text that changes whenever anything in the file changes, the values of its rules included."""
        plain = self.model_dump_json(exclude={"rules"})
        terms = (
            f"{rule_id}{one.model_dump_json()}"
            for rule_id in sorted(self.rules)
            for one in self.rules[rule_id]
        )
        return "\n".join((plain, *terms))

    def own_terms(self, rule_id: str, day: date, unit_type: UnitType) -> Terms | None:
        """Return what this file itself says of a rule on `day` for units of that type."""
        for one in self.rules.get(rule_id, ()):
            if one.in_force(day) and one.binds(unit_type):
                return one
        return None


class National(Rulebook):
    """`national.toml`: what binds everywhere."""

    slug: str = NATIONAL
    name: str


@dataclass
class _Memo:
    """Answers that a regime gave before: the same questions come for every document."""

    terms: dict[tuple[str, date, UnitType], Terms | None] = field(default_factory=dict)
    domains: dict[date, dict[str, RestrictedDomain]] = field(default_factory=dict)
    calendars: dict[bool, Calendar] = field(default_factory=dict)
    identity: str = ""


class Regime(Rulebook):
    """Everything that one jurisdiction's file says, and what it inherits."""

    slug: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,30}$")]
    position: int
    name: str
    short: str
    province: str
    commission: str
    rule_name: str  # What the jurisdiction calls its rule: 五个不直接分管, 四不直接分管 …
    motto: str
    summary: str
    intro: tuple[str, ...]
    mechanisms: tuple[Mechanism, ...] = ()
    domains: tuple[RestrictedDomain, ...] = ()
    report_channels: tuple[str, ...] = ()
    # 政府网站标识码 of the site that shows the jurisdiction: ten digits, or bm and eight for a ministry.
    site_id_code: Annotated[str | None, Field(pattern=r"^(bm|[0-9]{2})[0-9]{8}$")] = None
    open_roster: bool = False  # True: an imported file may bring units that the roster does not have yet.
    national: Annotated[National | None, Field(exclude=True, repr=False)] = None

    @cached_property
    def _memo(self) -> _Memo:
        return _Memo()

    @model_validator(mode="after")
    def _one_domain_a_day(self) -> Regime:
        refuse_overlaps((one, one.code) for one in self.domains)
        refuse_overlaps((one, name) for one in self.domains for name in sorted(one.names))
        return self

    def identity(self) -> str:
        """Return text that changes whenever anything that binds here changes."""
        if not self._memo.identity:
            self._memo.identity = super().identity() + (self.national.identity() if self.national else "")
        return self._memo.identity

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy that shares no remembered answers with the original."""
        copy = super().model_copy(update=update, deep=deep)
        copy.__dict__.pop("_memo", None)
        return copy

    def domains_on(self, day: date) -> tuple[RestrictedDomain, ...]:
        """Return the domains that the chief may not hold on `day`, in the file's order."""
        return tuple(one for one in self.domains if one.in_force(day))

    def domain(self, text: str, day: date) -> RestrictedDomain | None:
        """Return the domain in force on `day` that a document calls `text`."""
        known = self._memo.domains
        if day not in known:
            known[day] = {name: one for one in self.domains_on(day) for name in one.names}
        return known[day].get(fold(text))

    def terms(self, rule_id: str, day: date, unit_type: UnitType = UnitType.BUREAU) -> Terms | None:
        """Return the terms by which a rule binds units of that type on `day`, or None where it does not bind."""
        key = (rule_id, day, unit_type)
        known = self._memo.terms
        if key not in known:
            found = self.entry(rule_id, day, unit_type)
            known[key] = None if isinstance(found, Off) else found
        return known[key]

    def entry(self, rule_id: str, day: date, unit_type: UnitType) -> Terms | None:
        """Return the entry that decides on a rule on `day`: the file's own, else the national one; maybe `Off`."""
        own = self.own_terms(rule_id, day, unit_type)
        return own or (self.national.own_terms(rule_id, day, unit_type) if self.national else None)

    def entries_on(self, rule_id: str, day: date) -> tuple[Terms, ...]:
        """Return the entries that decide on a rule on `day` for units of any type, `Off` ones included."""
        found = (self.entry(rule_id, day, unit_type) for unit_type in UnitType)
        return tuple({id(one): one for one in found if one}.values())

    def all_terms(self, rule_id: str) -> list[tuple[Terms, bool]]:
        """Return every entry that can bind here, the file's own first; True where it is inherited."""
        own = [(one, False) for one in self.rules.get(rule_id, ())]
        return own + [(one, True) for one in (self.national.rules.get(rule_id, ()) if self.national else ())]

    def calendar_on(self, day: date) -> Calendar:
        """Return the calendar by which periods that begin on `day` are counted."""
        stated = [*self.counting, *(self.national.counting if self.national else ())]
        roll = next((one.roll for one in stated if one.in_force(day)), OFFICIAL.roll)
        known = self._memo.calendars
        if roll not in known:
            years = {one.year: one for one in (*(self.national.years if self.national else ()), *self.years)}
            notices = (
                YearNotice(one.year, frozenset(one.off), frozenset(one.work)) for one in years.values()
            )
            known[roll] = entered(notices, roll=roll)
        return known[roll]

    def coverage_on(self, day: date) -> tuple[Coverage, ...]:
        """Return the coverage rates of `day`: the file's own, else the national ones."""
        return self._section("coverage", day)

    def index_on(self, day: date) -> tuple[IndexItem, ...]:
        """Return the items of the conduct index of `day`: the file's own, else the national ones."""
        return self._section("index", day)

    def intake_on(self, day: date) -> Intake | None:
        """Return the clocks of reports that come in on `day`: the file's own, else the national ones."""
        return next(iter(self._section("intake", day)), None)

    def keeping_on(self, day: date) -> Keeping | None:
        """Return how long reports that end on `day` are kept: by the file's own terms, else the national ones."""
        return next(iter(self._section("keeping", day)), None)

    def ladder_on(self, day: date) -> tuple[LadderStage, ...]:
        """Return the stages of the ladder (提醒、督办、约谈、问责), the mildest first (SUP-08)."""
        return tuple(sorted(self._section("ladder", day), key=lambda one: one.after))

    def reply_on(self, code: str, day: date) -> ReplyTerm | None:
        """Return until when a letter of that kind, sent on `day`, is to be answered (SUP-04, SUP-06)."""
        return next((one for one in self._section("replies", day) if one.code == code), None)

    def warning_on(self, day: date) -> WarningTerms | None:
        """Return the formula of the early-warning states on `day`."""
        return next(iter(self._section("warning", day)), None)

    def flags_on(self, day: date) -> tuple[FlagTerms, ...]:
        """Return the red flags of procurement in force on `day`."""
        return self._section("flags", day)

    def neglect_on(self, day: date) -> NeglectTerms | None:
        """Return what counts as a chief's own supervision on `day` (不管不问)."""
        return next(iter(self._section("neglect", day)), None)

    def effect_on(self, code: str, day: date) -> EffectTerm | None:
        """Return how long an outcome of that kind that is decided on `day` has effect (SUP-05)."""
        return next((one for one in self._section("effects", day) if one.code == code), None)

    def least_shown(self, day: date) -> int:
        """Return the least number of persons or outcomes that is shown in public; smaller ones become “<n”."""
        if found := next(iter(self._section("small_cells", day)), None):
            return int(found.least)
        # A day on which nothing is said is no reason to show more: what is said of any other day counts, at its strictest.
        said = [*self.small_cells, *(self.national.small_cells if self.national else ())]
        return max((one.least for one in said), default=SmallCells.STRICTEST)

    def opening_on(self, day: date) -> OpeningTerms | None:
        """Return how far back matters are opened by themselves on `day`."""
        return next(iter(self._section("opening", day)), None)

    def reminders_on(self, day: date) -> ReminderTerms | None:
        """Return on which days the platform reminds of a deadline by itself."""
        return next(iter(self._section("reminders", day)), None)

    def bounds_on(self, day: date) -> Bounds | None:
        """Return how far back and ahead what the office enters on `day` may reach."""
        return next(iter(self._section("bounds", day)), None)

    def assessment_on(self, day: date) -> AssessmentTerms | None:
        """Return the formula of the yearly assessment on `day` (SUP-14)."""
        return next(iter(self._section("assessment", day)), None)

    def _section(self, name: str, day: date) -> tuple[Any, ...]:
        """Return a section's entries in force on `day`: the file's own, else the national ones."""
        for book in (self, self.national):
            if found := tuple(one for one in getattr(book, name, ()) if one.in_force(day)):
                return found
        return ()

    def finance_due(self, period: str, unit_type: UnitType = UnitType.BUREAU) -> Due | None:
        """Return until when the quarter's finances must be public, or None where nothing is asked (FIN-06)."""
        end = quarter_end(period)
        terms = self.terms("FIN-06", end, unit_type)
        within = getattr(terms, "within", None)
        return self.calendar_on(end).due(end, within) if within else None


def refuse_gaps(entries: Sequence[Terms], beneath: Sequence[Terms] = ()) -> None:
    """Refuse days between two entries of one rule on which nothing binds a type of unit that both bind.

    `beneath` are the national entries: where they bind throughout, there is no gap.
    """
    for one in entries:
        last = one.valid_to
        for unit_type in UnitType if last else ():
            after = [
                (other.valid_from, at)
                for at, other in enumerate(entries)
                if one.binds(unit_type) and other.binds(unit_type) and last and other.valid_from > last
            ]
            if not after or not last:
                continue
            following, at = min(after)
            if not _bound(beneath, unit_type, last + timedelta(days=1), following):
                raise Gap(
                    at,
                    f"{last} 之后、{following} 之前没有取值。"
                    "请改 to 或 from；确实不施行的，写一段 off = true。",
                )


class Gap(ValueError):
    """Days without a value; `at` is the place of the entry that follows them."""

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at = at


def _bound(entries: Sequence[Terms], unit_type: UnitType, first: date, until: date) -> bool:
    """Tell whether some entry binds on each day from `first` until before `until`."""
    for one in sorted(entries, key=lambda one: one.valid_from):
        if first < until and one.binds(unit_type) and one.in_force(first):
            first = min(until, one.valid_to + timedelta(days=1)) if one.valid_to else until
    return first >= until
