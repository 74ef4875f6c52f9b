"""A jurisdiction's regime (制度): its own rules as dated data, read from `content/regimes/*.toml`.

`national.toml` holds the statutes. Every jurisdiction inherits them and may
lay down its own terms for a rule, which then take the place of the national
ones on the days on which they bind, or take a rule out of force.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from portal.domain.calendar import OFFICIAL, Calendar, Due, YearNotice, entered, quarter_end
from portal.domain.documents.regulation import Area
from portal.domain.rules.base import rules
from portal.domain.rules.terms import Length, Off, Share, Terms
from portal.domain.units import UnitType
from portal.domain.values import fold

NATIONAL = "national"


class _Dated(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)

    valid_from: Annotated[date, Field(alias="from")]
    valid_to: Annotated[date | None, Field(alias="to")] = None
    source: Annotated[str, Field(min_length=2)]
    default: bool = (
        False  # True: the source gives no such value; the system's own choice, open to the commission.
    )
    readings: tuple[str, ...] = ()  # Both readings, where the source can be read in two ways.
    note: str | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_to and self.valid_to < self.valid_from:
            raise ValueError(
                f"终止日期 to（{self.valid_to}）早于施行日期 from（{self.valid_from}）。请改正。"
            )
        return self

    def in_force(self, day: date) -> bool:
        """Tell whether the value binds on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class RestrictedDomain(_Dated):
    """One domain that the chief may not hold directly."""

    label: str
    code: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Every name under which documents know the domain, folded: 财务 is also called 财务工作 and 财务管理."""
        return frozenset(
            fold(one + tail) for one in (self.label, *self.aliases) for tail in ("", "工作", "管理")
        )


class Counting(_Dated):
    """How days are counted: whether a period that ends on a day off runs on."""

    roll: bool


class Year(BaseModel):
    """One year's holiday notice, entered before the library knows it (调休)."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    year: Annotated[int, Field(ge=2000, le=2199)]
    source: Annotated[str, Field(min_length=4)]
    off: tuple[date, ...]
    work: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _of_that_year(self) -> Year:
        for day in (*self.off, *self.work):
            if day.year != self.year:
                raise ValueError(f"{day} 不在 {self.year} 年内。请改正。")
        if both := sorted(set(self.off) & set(self.work)):
            raise ValueError(f"{both[0]} 同时列为放假和上班。请改正。")
        return self


class Coverage(_Dated):
    """One coverage rate (DEL-15): plans in force, sign-off limits set, supporting rules published.

    `areas` are the supporting rules that a unit should have; without any, one rule text of
    its own is enough. `aim` is the share that the source names.
    """

    code: Literal["plans", "limits", "supporting"]
    title: Annotated[str, Field(min_length=2)]
    areas: tuple[Area, ...] = ()
    aim: Share | None = None


class IndexItem(_Dated):
    """One item of the conduct index (规范指数): the rules that must find nothing, or the duty that must be kept."""

    code: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    title: Annotated[str, Field(min_length=2)]
    rules: tuple[str, ...] = ()
    duty: str | None = None
    weight: Annotated[int, Field(ge=1, le=100)]
    within: Length  # How far back records and deadlines count.

    @model_validator(mode="after")
    def _one_measure(self) -> IndexItem:
        if bool(self.rules) == bool(self.duty):
            raise ValueError("每个指数项目须写 rules（规则编号）或 duty（义务代码）中的一种。请改正。")
        known = rules()
        if strange := [one for one in self.rules if one not in known]:
            raise ValueError(f"没有编号为“{strange[0]}”的规则。可用：{'、'.join(known)}。请检查编号。")
        if self.duty:
            from portal.domain.obligations.duties import (
                duty_of,  # Duties build on regimes: asked for only here.
            )

            duty_of(self.duty)
        return self


class Mechanism(BaseModel):
    """One arrangement that the jurisdiction describes, in the portal's own words."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    title: str
    text: str
    source: Annotated[str, Field(min_length=2)]


class Rulebook(BaseModel):
    """The dated terms of one file: national, or a jurisdiction's own."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    rules: dict[str, tuple[Terms, ...]] = {}
    counting: tuple[Counting, ...] = ()
    years: tuple[Year, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    index: tuple[IndexItem, ...] = ()

    @model_validator(mode="after")
    def _one_value_a_day(self) -> Rulebook:
        refuse_overlaps((one, "日数计算") for one in self.counting)
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
        own = tuple(one for one in self.coverage if one.in_force(day))
        return own or tuple(
            one for one in (self.national.coverage if self.national else ()) if one.in_force(day)
        )

    def index_on(self, day: date) -> tuple[IndexItem, ...]:
        """Return the items of the conduct index of `day`: the file's own, else the national ones."""
        own = tuple(one for one in self.index if one.in_force(day))
        return own or tuple(
            one for one in (self.national.index if self.national else ()) if one.in_force(day)
        )

    def finance_due(self, period: str, unit_type: UnitType = UnitType.BUREAU) -> Due | None:
        """Return until when the quarter's finances must be public, or None where nothing is asked (FIN-06)."""
        end = quarter_end(period)
        terms = self.terms("FIN-06", end, unit_type)
        within = getattr(terms, "within", None)
        return self.calendar_on(end).due(end, within) if within else None


def refuse_overlaps(rows: Iterable[tuple[Any, str]]) -> None:
    """Refuse two values of the same name that bind the same unit on the same day."""
    known: dict[str, list[Any]] = {}
    for one, name in rows:
        for other in known.get(name, []):
            types = getattr(one, "unit_types", ()), getattr(other, "unit_types", ())
            apart = types[0] and types[1] and not set(types[0]) & set(types[1])
            if _overlap(one, other) and not apart:
                raise ValueError(
                    f"“{getattr(one, 'label', name)}”有两个取值的施行日期重叠（{other.valid_from} 与 {one.valid_from}）。"
                    "请给较早的一个填写 to（终止日期）。"
                )
        known.setdefault(name, []).append(one)


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


def _overlap(one: Any, other: Any) -> bool:
    latest = max(one.valid_from, other.valid_from)
    earliest_end = min(one.valid_to or date.max, other.valid_to or date.max)
    return bool(latest <= earliest_end)
