"""Alarms: a letter in the morning to whoever has reports that are due or overdue. It says nothing but that.

One letter a day and person at most, whatever number of reports there are, and its key holds no report's id: who reads
the table of letters learns that somebody had work to do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.services.checking import SHANGHAI
from portal.services.desk.letters import write_letter
from portal.services.reports import holders
from portal.services.reports.desk import Desk
from portal.services.reports.eyes import Eyes, Viewer
from portal.services.reports.reading import rows

MORNING = 8  # The hour in China before which nobody is written to.
_SUBJECT = "【阳光权力公开平台】有事项到期，请登录办理"
_FOOT = "此信由阳光权力公开平台自动发出，请勿回复。信中不含办理内容，请登录后查看。"


@dataclass(frozen=True)
class Alarm:
    """What one person has to hurry with: how many are near, how many overdue."""

    viewer: Viewer
    email: str | None
    near: int
    late: int


def alarms(
    reports: Session,
    main: Session,
    eyes: Eyes,
    *,
    regime_of: Callable[[str], Regime | None],
    now: datetime,
) -> list[Alarm]:
    """Return who has something due: the lead by all that he sees, others by what is assigned to them or to nobody."""
    found = []
    for account in holders.accounts(main):
        viewer = holders.viewer_of(account)
        desk = Desk(reports, eyes, eyes.look(reports, viewer), now, regime_of, frozenset)
        due = [one for one in rows(desk) if viewer.leads or one.mine or not one.handlers]
        near, late = sum(one.near for one in due), sum(one.late for one in due)
        if near or late:
            found.append(Alarm(viewer, account.email, near, late))
    return found


def write_alarms(main: Session, found: list[Alarm], *, address: str, now: datetime) -> int:
    """Put today's letters on their way and return how many are new; the caller commits."""
    local = now.astimezone(SHANGHAI)
    if local.hour < MORNING:
        return 0
    return sum(_write(main, one, local.date(), address, now) for one in found if one.email)


def _write(main: Session, alarm: Alarm, day: date, address: str, now: datetime) -> bool:
    stage = "late" if alarm.late else "near"
    text = (
        "您经办的事项中，有的已经超过期限。" if alarm.late else "您经办的事项中，有的将在三个工作日内到期。"
    )
    letter = write_letter(
        main,
        unit_id=None,
        key=f"office-due:{alarm.viewer.account_id}:{stage}:{day.isoformat()}",
        to=alarm.email or "",
        subject=_SUBJECT,
        body=f"{text}请登录后查看。\n\n登录：{address}\n\n{_FOOT}\n",
        now=now,
    )
    return letter is not None
