"""单位沿革: what became of a unit, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.domain.values import Choice, show_day


class Fate(Choice):
    """One kind of event in a unit's life."""

    FOUNDED = "founded", "设立"
    RENAMED = "renamed", "更名"
    MERGED = "merged", "并入"
    ABSORBED = "absorbed", "接收并入"
    ABOLISHED = "abolished", "撤销"
    RESTORED = "restored", "恢复"


ENDS = frozenset({Fate.MERGED, Fate.ABOLISHED})


@dataclass(frozen=True)
class UnitStep:
    """One step of a unit's history. `other` is the unit into which, or from which: its name and its address."""

    fate: Fate
    on: date
    words: str
    source: str
    other: str = ""
    other_slug: str = ""
    other_number: int | None = None

    @property
    def begins(self) -> str:
        """The words in front of the other unit's name."""
        return {Fate.MERGED: "并入", Fate.ABSORBED: "由"}.get(self.fate, self.words or self.fate.label)

    @property
    def ends(self) -> str:
        """The words behind it."""
        return "并入" if self.fate is Fate.ABSORBED else ""

    def said(self) -> str:
        """Return the step in one line, without its source."""
        return f"{show_day(self.on)}{self.begins}{self.other}{self.ends}"


def fate_of(code: str) -> Fate | None:
    """Return the event of that code; None for one that this program does not know."""
    return next((one for one in Fate if one.value == code), None)
