"""Terms (规则取值): what a regime file says of one rule from one day to another.

Each rule declares its own model beside its check; the words that a file may use
for amounts, shares and lengths of time are here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from portal.domain.calendar import Span, read_span
from portal.domain.units import UnitType
from portal.domain.values import MAX_FEN, Choice, show_yuan


class Severity(Choice):
    """How grave a finding is."""

    BLOCK = "block", "不得发布"
    RED = "red", "违规"
    YELLOW = "yellow", "预警"
    INFO = "info", "提示"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


def _fen(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("应是金额，单位为元，例如 5000。")  # noqa: TRY004 - pydantic turns only this into a message.
    try:
        fen = Decimal(str(value)) * 100
        whole = fen == fen.to_integral_value()
    except (ArithmeticError, ValueError) as wrong:
        raise ValueError("应是金额，单位为元，例如 5000。") from wrong
    if not whole or not 0 <= fen <= MAX_FEN:
        raise ValueError("金额最多精确到分，不能为负，也不能超过十万亿元。")
    return int(fen)


def _share(value: object) -> object:
    found = re.fullmatch(r"(\d{1,4})/(\d{1,4})|(\d{1,3})%", value) if isinstance(value, str) else None
    if not found or (found[2] and int(found[2]) == 0):
        raise ValueError('应是比例，写成 "2/3" 或 "20%"。')
    share = Fraction(int(found[3]), 100) if found[3] else Fraction(int(found[1]), int(found[2]))
    if not 0 < share <= 1:
        raise ValueError(f"“{value}”不是大于 0、不超过 1 的比例。")
    return share


def _span(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError('应是期限，写成 "20个工作日"、"30日" 或 "6个月"。')  # noqa: TRY004 - likewise.
    return read_span(value)


# Written in yuan in a regime file, kept in fen.
Yuan = Annotated[
    int,
    BeforeValidator(_fen),
    WithJsonSchema({"type": ["number", "string"], "description": "金额，单位为元，例如 5000。"}),
    "yuan",
]
Share = Annotated[
    Fraction,
    BeforeValidator(_share),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": r"^\d+/\d+$|^\d+%$", "description": '比例，例如 "2/3"。'}),
]
Length = Annotated[
    Span,
    BeforeValidator(_span),
    PlainSerializer(str),
    WithJsonSchema({
        "type": "string",
        "pattern": r"^\d+(个工作日|日|个月)$",
        "description": "期限，例如“20个工作日”、“30日”、“6个月”。",
    }),
]  # fmt: skip


@dataclass(frozen=True)
class Parameter:
    """One value of a rule as the rules page shows it."""

    label: str
    text: str
    default: bool  # The source does not give it: 本区未规定，系统默认.


class Terms(BaseModel):
    """What every entry says: since when, on whose word, how grave. Rules add their own values.

    `default` is true where the source gives none of this, or names the values
    that it does not give. `readings` holds both readings where the source can be
    read in two ways; the stricter one binds until the commission decides.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)

    valid_from: Annotated[date, Field(alias="from", title="施行日期")]
    valid_to: Annotated[date | None, Field(alias="to", title="终止日期")] = None
    source: Annotated[str, Field(min_length=4, title="出处")]
    severity: Annotated[Severity, Field(title="严重程度")]
    with_explanation: Annotated[bool | None, Field(title="附公开说明可发布")] = None
    unit_types: Annotated[tuple[UnitType, ...], Field(title="适用单位")] = ()
    default: Annotated[bool | tuple[str, ...], Field(title="系统默认")] = False
    readings: Annotated[tuple[str, ...], Field(title="两种读法")] = ()
    note: Annotated[str | None, Field(title="说明")] = None

    @model_validator(mode="after")
    def _whole(self) -> Terms:
        if self.valid_to and self.valid_to < self.valid_from:
            raise ValueError(
                f"终止日期 to（{self.valid_to}）早于施行日期 from（{self.valid_from}）。请改正。"
            )
        if (self.severity == Severity.BLOCK) != (self.with_explanation is not None):
            raise ValueError(
                "severity 是 block 的须写明 with_explanation（true：附公开说明可以发布；false：改正后才能发布），其他的不写。"
            )
        if isinstance(self.default, tuple):
            known = self.values()
            for name in self.default:
                if name not in known and name not in ("from", "severity"):
                    raise ValueError(
                        f"default 中的“{name}”不是这条规则的取值。可写：{'、'.join([*known, 'from', 'severity'])}。"
                    )
        if self.readings and not self.default:
            raise ValueError("写了 readings（原文有两种读法）的，取值是系统选定的，须同时写 default。")
        if len(self.readings) == 1:
            raise ValueError("readings 至少写两种读法。")
        return self

    @classmethod
    def values(cls) -> list[str]:
        """Return the names of the rule's own values."""
        return [name for name in cls.model_fields if name not in Terms.model_fields]

    @classmethod
    def file_name(cls, name: str) -> str:
        """Return what a field is called in the file."""
        return cls.model_fields[name].alias or name

    def in_force(self, day: date) -> bool:
        """Tell whether these terms bind on `day`."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def binds(self, unit_type: UnitType) -> bool:
        """Tell whether these terms bind units of that type."""
        return not self.unit_types or unit_type in self.unit_types

    def is_default(self, name: str) -> bool:
        """Tell whether the system, not the source, chose the value of that name."""
        return self.default if isinstance(self.default, bool) else name in self.default

    def parameters(self) -> list[Parameter]:
        """Return the rule's own values, labelled, as a citizen reads them."""
        found = []
        for name in self.values():
            info = type(self).model_fields[name]
            value = getattr(self, name)
            if value is None or value == ():
                continue
            yuan = "yuan" in info.metadata
            found.append(Parameter(info.title or name, _show(value, yuan=yuan), self.is_default(name)))
        return found


# What an entry that binds nobody cannot say: how grave a breach is, and how it reads.
_IDLE = ("severity", "with_explanation", "readings")


class Off(Terms):
    """An entry that takes a national rule out of force in one jurisdiction, saying why."""

    model_config = ConfigDict(json_schema_extra=lambda schema: _without(schema, _IDLE))

    severity: Severity = Severity.INFO
    off: Literal[True]
    note: Annotated[str, Field(min_length=4, title="说明")]

    @model_validator(mode="before")
    @classmethod
    def _only_off(cls, data: Any) -> Any:
        if strange := [name for name in _IDLE if isinstance(data, dict) and name in data]:
            raise ValueError(f"写了 off = true 的一段不施行，不写 {strange[0]}。请删去。")
        return data


def _without(schema: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        schema["properties"].pop(name, None)
    schema["required"] = [name for name in schema["required"] if name not in names]


def _show(value: Any, *, yuan: bool) -> str:
    match value:
        case bool():
            return "是" if value else "否"
        case Choice():
            return value.label
        case Fraction():
            return _CHINESE_SHARES.get(value) or f"{value.numerator}/{value.denominator}"
        case int() if yuan:
            return f"{show_yuan(value)} 元"
        case tuple() | list():
            return "、".join(_show(one, yuan=yuan) for one in value)
        case _:
            return str(value)


_CHINESE_SHARES = {
    Fraction(1, 2): "二分之一",
    Fraction(2, 3): "三分之二",
    Fraction(1, 5): "百分之二十",
    Fraction(1, 10): "百分之十",
}
