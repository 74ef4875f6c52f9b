"""Values that bind from one day to another, each with its source."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Dated(BaseModel):
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


def _overlap(one: Any, other: Any) -> bool:
    latest = max(one.valid_from, other.valid_from)
    earliest_end = min(one.valid_to or date.max, other.valid_to or date.max)
    return bool(latest <= earliest_end)
