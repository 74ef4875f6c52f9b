"""The dated sections of a regime's file: domains, counting, holidays, coverage, the index, clocks of reports, arrangements."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from portal.domain.dated import Dated
from portal.domain.documents.regulation import Area
from portal.domain.rules.base import rules
from portal.domain.rules.terms import Length, Share
from portal.domain.values import fold


class RestrictedDomain(Dated):
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


class Counting(Dated):
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


class Coverage(Dated):
    """One coverage rate (DEL-15): plans in force, sign-off limits set, supporting rules published.

    `areas` are the supporting rules that a unit should have; without any, one rule text of
    its own is enough. `aim` is the share that the source names.
    """

    code: Literal["plans", "limits", "supporting"]
    title: Annotated[str, Field(min_length=2)]
    areas: tuple[Area, ...] = ()
    aim: Share | None = None


class IndexItem(Dated):
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


class Intake(Dated):
    """The clocks of reports (检举控告) that come in from that day."""

    acknowledge: Length  # To tell a real-name reporter whether the report is accepted (RPT-01).
    feedback: Length  # After closing: to tell the result (RPT-02).
    route: Length  # To send on what belongs to a higher or lower body (RPT-07).
    petition_acknowledge: Length  # 信访事项, not accusations (RPT-15).
    petition_close: Length
    petition_extension: Length
    petition_review: Length  # After the answer: until when a review may be asked for.


class Keeping(Dated):
    """How long what was reported is kept once the matter has ended."""

    closed: Length  # After closing, until the content is erased.
    unaccepted: Length  # After refusing or sending on, likewise.


class Mechanism(BaseModel):
    """One arrangement that the jurisdiction describes, in the portal's own words."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    title: str
    text: str
    source: Annotated[str, Field(min_length=2)]
