"""A jurisdiction's regime (制度): its own rules as dated data, read from `content/regimes/*.toml`.

This first form holds who the jurisdiction is, which domains its chiefs may not
hold, what it describes of itself, and the days within which units publish.
"""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from portal.domain.calendar import Due, add_workdays, quarter_end
from portal.domain.documents.base import kinds


class RegimeError(ValueError):
    """A regime file that cannot be used; the message names file, place and remedy."""


class _Dated(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    label: str
    valid_from: Annotated[date, Field(alias="from")]
    valid_to: Annotated[date | None, Field(alias="to")] = None
    source: Annotated[str, Field(min_length=2)]
    default: bool = (
        False  # True: the source gives no such value; the system's own choice, open to the commission.
    )
    note: str | None = None

    def in_force(self, day: date) -> bool:
        """Tell whether the value binds on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class RestrictedDomain(_Dated):
    """One domain that the chief may not hold directly."""

    code: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    aliases: tuple[str, ...] = ()


def _known_kind(code: str) -> str:
    if code not in kinds():
        raise ValueError(f"没有“{code}”这一类公开内容。可用：{'、'.join(kinds())}。")
    return code


class Duty(_Dated):
    """One thing that units must publish, and within how many days of what."""

    kind: Annotated[str, AfterValidator(_known_kind)]
    trigger: Literal["quarter_end", "adopted", "held", "determined"]
    workdays: Annotated[int, Field(ge=1, le=366)]
    severity: Literal["block", "red", "yellow", "info"] = "red"


class Mechanism(BaseModel):
    """One arrangement that the jurisdiction describes, in the portal's own words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    text: str
    source: Annotated[str, Field(min_length=2)]


class Regime(BaseModel):
    """Everything that one regime file says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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
    duties: tuple[Duty, ...] = ()
    report_channels: tuple[str, ...] = ()
    open_roster: bool = False  # True: an imported file may bring units that the roster does not have yet.

    @model_validator(mode="after")
    def _one_value_a_day(self) -> Regime:
        values: tuple[tuple[tuple[RestrictedDomain | Duty, ...], str], ...]
        values = ((self.domains, "code"), (self.duties, "kind"))
        for rows, name in values:
            for place, one in enumerate(rows):
                for other in rows[place + 1 :]:
                    if getattr(one, name) == getattr(other, name) and _overlap(one, other):
                        raise ValueError(
                            f"“{one.label}”有两个取值的施行日期重叠（{one.valid_from} 与 {other.valid_from}）。"
                            "请给较早的一个填写 to（终止日期）。"
                        )
        return self

    def domains_on(self, day: date) -> tuple[RestrictedDomain, ...]:
        """Return the domains that the chief may not hold on `day`, in the file's order."""
        return tuple(one for one in self.domains if one.in_force(day))

    def duty(self, kind: str, day: date) -> Duty | None:
        """Return what `kind` asks of units on `day`."""
        return next((one for one in self.duties if one.kind == kind and one.in_force(day)), None)

    def finance_due(self, period: str) -> Due | None:
        """Return until when the quarter's finances must be public, or None where nothing is asked."""
        end = quarter_end(period)
        duty = self.duty("finance", end)
        return add_workdays(end, duty.workdays) if duty else None


def _overlap(one: _Dated, other: _Dated) -> bool:
    latest = max(one.valid_from, other.valid_from)
    earliest_end = min(one.valid_to or date.max, other.valid_to or date.max)
    return latest <= earliest_end


def read_regime(file: Path) -> Regime:
    """Read one regime file, or raise `RegimeError` naming the file, the place and the remedy."""
    try:
        regime = Regime.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except UnicodeDecodeError as broken:
        raise RegimeError(f"制度文件 {file.name} 不是 UTF-8 编码。请用 UTF-8 重新保存。") from broken
    except tomllib.TOMLDecodeError as broken:
        raise RegimeError(f"制度文件 {file.name} 的格式不对：{broken}。请按 TOML 格式改正该行。") from broken
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
        raise RegimeError(f"制度文件 {file.name}{f' 的“{place}”' if place else ''}：{_say(first)}") from wrong
    if regime.slug != file.stem:
        raise RegimeError(f"制度文件 {file.name} 的 slug 是“{regime.slug}”，应与文件名一致。")
    return regime


def _say(error: Any) -> str:
    """Say in Chinese what pydantic says in English."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    known = {
        "missing": "缺少这一项。请补上。",
        "extra_forbidden": "没有这一项。请检查拼写，或删去。",
        "string_pattern_mismatch": "格式不对，只能用小写字母、数字和下划线或连字符。",
        "string_too_short": "太短。请写明文件名和条款。",
    }
    kind = error["type"].split("_")[0]
    types = {
        "date": "应是日期，例如 2026-01-01。",
        "int": "应是整数。",
        "string": "应是文字，用引号括起来。",
        "literal": "不在可选值内。",
    }
    return known.get(error["type"]) or types.get(kind) or "类型不对。请对照其他制度文件的同名项改正。"


def read_regimes(folder: Path) -> dict[str, Regime]:
    """Read every regime file of a folder, in display order."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise RegimeError(f"没有找到制度文件：{folder} 中应有 *.toml。")
    return {
        one.slug: one for one in sorted((read_regime(file) for file in files), key=lambda one: one.position)
    }
