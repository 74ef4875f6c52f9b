"""Prints letters: the same bytes for the same letter, every text set as it stands."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from portal.domain.values import show_day
from portal.exchange.posters.press import Press

# In order of preference for the body: the standard asks for 仿宋; where the server has none, 宋 stands in.
_BODY = ("FangSong_GB2312", "FangSong", "STFangsong", "Zhuque Fangsong (technical preview)")


@dataclass(frozen=True)
class Sheet:
    """One letter. `mark` is what stands across the head of one that is not in force (拟稿, 已撤回), else blank."""

    commission: str
    kind: str
    number: str
    title: str
    addressee: str
    body: tuple[str, ...]
    basis: str
    reply_by: date | None
    day: date
    mark: str = ""
    sample: bool = False


class LetterPress(Press):
    """Prints letters with the fonts, and the refusals, of the one press."""

    layout = Path(__file__).with_name("letter.typ")
    what = "文书"

    def print_letter(self, sheet: Sheet) -> bytes:
        """Return the letter as PDF/UA-1, or raise `CannotPrint`."""
        day = sheet.day
        data = asdict(sheet) | {
            "day": [day.year, day.month, day.day],
            "dated": show_day(day),
            "reply_by": show_day(sheet.reply_by) if sheet.reply_by else "",
            "fang": self._fang,
        }
        printed: bytes = self._set(data, "pdf", pdf_standards="ua-1", timestamp=0)
        return printed

    @cached_property
    def _fang(self) -> str:
        known = set(self._fonts.families())
        return next((one for one in _BODY if self._shows(one, known)), "")
