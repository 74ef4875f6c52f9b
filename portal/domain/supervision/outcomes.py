"""处理结果: what came of a matter for a unit or a person. Never public but as counts (J20, E15, SUP-03)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.domain.values import Choice


class Kind(Choice):
    """种类."""

    CRITICISM = "criticism", "批评教育"
    CHECK = "check", "责令检查"
    REMINDER_TALK = "reminder_talk", "谈话提醒"
    ADMONITION = "admonition", "诫勉"
    NOTICE = "notice", "通报批评"
    NO_AWARDS = "no_awards", "取消评优资格"
    MOVED = "moved", "调离岗位"
    REMOVED = "removed", "免职"
    PARTY_PUNISHMENT = "party_punishment", "党纪处分"
    POST_PUNISHMENT = "post_punishment", "政务处分"
    TRANSFERRED = "transferred", "移送司法机关"
    CLARIFIED = "clarified", "澄清正名"


# What only a person can meet with; a unit as such is criticised, checked, or loses its award.
PERSONAL = frozenset(
    {
        Kind.REMINDER_TALK,
        Kind.ADMONITION,
        Kind.MOVED,
        Kind.REMOVED,
        Kind.PARTY_PUNISHMENT,
        Kind.POST_PUNISHMENT,
        Kind.TRANSFERRED,
    }
)


@dataclass(frozen=True)
class PublicTable:
    """What the public sees: kinds × years as they are printed, the newest year first, and totals by year.

    A number between 0 and `least` is “<least”; where any cell is, there are no totals, for it could be worked out.
    """

    least: int
    years: tuple[int, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]  # A kind's label, and its cells.
    totals: tuple[str, ...]

    def identity(self) -> str:
        """Return text that changes whenever anything of it changes."""
        return repr(self)


def public_table(counts: Mapping[tuple[str, int], int], least: int) -> PublicTable | None:
    """Return the table of counts by kind and year as the public may see it; None where there is nothing at all."""
    known = {key: number for key, number in counts.items() if number > 0}
    if not known:
        return None
    years = tuple(sorted({year for _, year in known}, reverse=True))
    kinds = [one for one in Kind if any(kind == one.value for kind, _ in known)]
    rows = tuple(
        (one.label, tuple(_cell(known.get((one.value, year), 0), least) for year in years)) for one in kinds
    )
    hidden = any(number < least for number in known.values())
    totals = tuple(str(sum(number for (_, when), number in known.items() if when == year)) for year in years)
    return PublicTable(least, years, rows, () if hidden else totals)


def _cell(number: int, least: int) -> str:
    return f"<{least}" if 0 < number < least else str(number)
