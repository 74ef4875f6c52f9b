"""What the pages of letters share: signs, days and moments, a letter's PDF, and which letter was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from flask import Response, abort, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.regimes import Regime
from portal.domain.supervision.letters import Kind, State
from portal.domain.values import read_day
from portal.exchange.letters import CannotPrint, LetterPress, Sheet
from portal.services.board.county import County
from portal.services.board.marks import short_period
from portal.services.board.reading import quarters_of
from portal.services.checking import SHANGHAI
from portal.services.supervision import lettering, letters
from portal.services.supervision.letter_words import NotIssued
from portal.services.supervision.reasons import Reason, from_records
from portal.web.office.house import now, office, today_of

CRUMB = "文书"
MORNING = "09:00"
SIGNS = {
    State.DRAFT: ("note", "plain"),
    State.PLANNED: ("wait", "plain"),
    State.ISSUED: ("wait", "ochre"),
    State.ANSWERED: ("note", "plain"),
    State.CLOSED: ("ok", "green"),
    State.RECALLED: ("dash", "plain"),
}


@cache
def press() -> LetterPress:
    """Return the one press of the process: it looks for fonts once."""
    return LetterPress()


def printed(letter: Any, regime: Regime) -> ResponseReturnValue:
    """Return a letter as PDF: the same bytes for the same letter."""
    state = State(letter.state)
    mark = {
        State.DRAFT: "（拟稿，未发出）",
        State.PLANNED: "（定时发出，未发出）",
        State.RECALLED: "（已撤回）",
    }.get(state, "")
    day = (letter.issued_at or letter.send_at or letter.created_at).astimezone(SHANGHAI).date()
    sheet = Sheet(
        commission=regime.commission,
        kind=Kind(letter.kind).label,
        number=letter.number or "",
        title=letter.title,
        addressee=letter.addressee,
        body=tuple(line for line in letter.body.split("\n") if line.strip()),
        basis=letter.basis.rstrip("。"),
        reply_by=letter.due,
        day=day,
        mark=mark,
        sample=letter.unit.sample,
    )
    try:
        data = press().print_letter(sheet)
    except CannotPrint as trouble:
        abort(503, str(trouble))
    return Response(
        data,
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="letter-{letter.uid}.pdf"'},
    )


class Asked:
    """Which letter was asked for: unit, kind, duty and periods, or a matter."""

    def __init__(self, here: County, typed: Mapping[str, str]) -> None:
        self.matter = lettering.matter(here, typed.get("matter", ""))
        self.unit = self.matter.unit if self.matter else here.unit(typed.get("unit", ""))
        self.kind = next((one for one in Kind if one.value == typed.get("kind", "")), None)
        self.duty = typed.get("duty", "")
        self.periods = tuple(one for one in typed.get("period", "").split(",") if one)

    def reasons(self, here: County, regime: Regime) -> list[Reason]:
        """Return what the unit owes of it; of a duty without a period, what is overdue."""
        if self.unit is None or not self.duty:
            return []
        return [
            one
            for one in from_records(here, regime, [self.unit], now=now())[self.unit.id]
            if one.duty.code == self.duty
            and (one.period in self.periods if self.periods else one.overdue > 0)
        ]

    def kept(self) -> dict[str, str]:
        """Return what the form keeps of it."""
        return {
            "unit": self.unit.slug if self.unit else "",
            "duty": self.duty,
            "period": ",".join(self.periods),
            "matter": self.matter.uid if self.matter else "",
            "uid": request.form.get("uid") or letters.new_uid(),
        }


def unit_address() -> str:
    """Return where a unit reads what the commission sent it."""
    return f"{office().own_url}/asked/letters/"


def rectifying_address() -> str:
    """Return where a unit reads what it is to mend."""
    return f"{office().own_url}/asked/rectifying/"


def number(name: str) -> int:
    """Return a whole number of the form; -1 where it is none."""
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def crumbs() -> list[tuple[str, str]]:
    """Return the way to a page of letters."""
    return [(CRUMB, url_for("letters.listing"))]


def quarter_choices(here: County) -> list[tuple[str, str]]:
    """Return the quarters that a list may be narrowed to, the newest first."""
    found = [(one, short_period(one)) for one in reversed(quarters_of(here))]
    return [("", "全部季度"), *found]


def shown(state: str) -> tuple[str, str, str]:
    """Return sign, word and tone of a state."""
    one = State(state)
    return SIGNS[one][0], one.label, SIGNS[one][1]


def read_moment(day: str, time: str) -> datetime:
    """Return the moment that day and time name, or raise `NotIssued` by field."""
    errors: dict[str, str] = {}
    found = None
    try:
        found = read_day(day)
    except ValueError as wrong:
        errors["day"] = f"发出日期：{wrong}" if day else "定时发出要填写日期。"
    try:
        hour = datetime.strptime(time.strip() or MORNING, "%H:%M").time()  # noqa: DTZ007 - a time of day alone.
    except ValueError:
        errors["time"] = "发出时间请写成 09:00 的样子。"
    if found is not None and not errors:
        moment = datetime.combine(found, hour, SHANGHAI)
        if moment <= now():
            errors["day"] = "发出时间已经过去。请改为以后的时间，或者立即发出。"
        elif (found - today_of()).days > 366:  # Technical: a slip of the year; nothing is derived from it.
            errors["day"] = "发出日期须在一年以内。"
        else:
            return moment
    raise NotIssued(errors)
