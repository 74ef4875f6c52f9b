"""升级阶梯 (SUP-08): which stage something overdue has reached, and what a letter is about. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from portal.domain.supervision.letters import Kind
from portal.domain.supervision.terms import LadderStage

if TYPE_CHECKING:
    from portal.domain.calendar import Calendar
    from portal.domain.regimes import Regime

OWN = "kind:"  # In front of a kind that is no stage of the ladder, where a stage is remembered.
Cell = tuple[str, str, str]  # A duty's code, its period, and the deadline as 2026-10-15.

# The character by which a number (文号) tells a kind of letter, after that of the place. A plain reminder has none.
_MARKS = {
    Kind.SUPERVISE: "纪督",
    Kind.TALK: "纪约",
    Kind.ACCOUNTABILITY: "纪问",
    Kind.INQUIRY: "纪函",
    Kind.DISCIPLINE_ADVICE: "纪建",
    Kind.SUPERVISION_ADVICE: "监建",
    Kind.RECTIFY: "纪改",
}


@dataclass(frozen=True)
class About:
    """What a letter is about: the ladder's stage, and the duties and periods with the deadline that was missed.

    The same is not sent twice: a stage of one deadline comes once.
    """

    stage: str = ""
    cells: tuple[Cell, ...] = ()

    def text(self) -> str:
        """Return it as it is stored."""
        if not self.stage and not self.cells:
            return ""
        return json.dumps({"stage": self.stage, "cells": [list(one) for one in self.cells]})

    @staticmethod
    def read(text: str) -> About:
        """Return what `text` wrote."""
        if not text:
            return About()
        found = json.loads(text)
        return About(found["stage"], tuple((one[0], one[1], one[2]) for one in found["cells"]))


def overdue_days(calendar: Calendar, due: date, today: date) -> int:
    """Return how many working days have passed since the deadline; below zero what is left of them."""
    if today < due:
        return -calendar.workdays_between(today, due)
    return calendar.workdays_between(due, today)


def ladder_stage(regime: Regime, due: date, today: date) -> LadderStage | None:
    """Return the stage of the ladder in force today that a deadline has reached; None where it has reached none."""
    passed = overdue_days(regime.calendar_on(due), due, today)
    reached = [one for one in regime.ladder_on(today) if one.after <= passed]
    return reached[-1] if reached else None


def next_stage(
    regime: Regime, due: date, today: date, *, sent: LadderStage | None, sent_on: date | None
) -> LadderStage | None:
    """Return the stage whose letter is to be sent next, or None where none is yet.

    Nobody skips a stage: the letter of each says that those before it were in vain. Between two letters lies as much
    time as between their stages, however long ago the deadline was. What comes before a deadline is not made up for.
    """
    calendar = regime.calendar_on(due)
    passed = overdue_days(calendar, due, today)
    open_ = [
        one
        for one in regime.ladder_on(today)
        if one.after <= passed and (one.after > 0 or passed <= 0) and (sent is None or one.after > sent.after)
    ]
    if not open_:
        return None
    # Before the deadline the nearest stage, after it the mildest one that was not sent.
    found = open_[0] if passed > 0 else open_[-1]
    if sent is None or sent_on is None or overdue_days(calendar, sent_on, today) >= found.after - sent.after:
        return found
    return None


def stage_order(regime: Regime, code: str, today: date) -> int:
    """Return how far up the ladder a stage is: 1 for the mildest, 0 for none or an unknown one."""
    codes = [one.code for one in regime.ladder_on(today)]
    return codes.index(code) + 1 if code in codes else 0


def number_prefix(place: str, kind: Kind, year: int) -> str | None:
    """Return what a year's numbers of a kind begin with: 秀纪督〔2026〕; None where the kind has no numbers."""
    mark = _MARKS.get(kind)
    return f"{place[:1]}{mark}〔{year}〕" if mark else None
