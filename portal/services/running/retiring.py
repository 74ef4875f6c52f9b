"""What follows when a unit's last day has come: nobody signs in for it any more, and nothing is published in its name.

Done by the office's chores, unit by unit, in transactions of their own: a county's session sees no unit's drafts.
Idempotent; drafts stay where they are, for whoever reads the unit's files later.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.drafting import Event, State
from portal.domain.values import show_day
from portal.services.accounts import links
from portal.services.accounts.letters import write_letter
from portal.services.accounts.sessions import end_sessions
from portal.services.desk.claims import claim
from portal.services.desk.rooms import Room
from portal.services.running.units import today_of
from portal.store.tables import Account, Draft, Unit


def to_retire(session: Session, *, now: datetime) -> list[int]:
    """Return the numbers of the ended units that still have accounts or drafts with a time. Two small queries."""
    ended = select(Unit.id).where(Unit.abolished_on <= today_of(now))
    with_accounts = session.scalars(
        select(Account.unit_id).where(Account.unit_id.in_(ended), Account.active).distinct()
    ).all()
    with_times = session.scalars(
        select(Draft.unit_id)
        .where(Draft.unit_id.in_(ended), Draft.publish_at.is_not(None), Draft.state == State.APPROVED.value)
        .distinct()
    ).all()
    return sorted({one for one in (*with_accounts, *with_times) if one is not None})


def retire(room: Room, *, now: datetime) -> tuple[int, int]:
    """Disable the accounts of an ended unit, told by mail, and take the times from its drafts; return how many of each."""
    unit = room.unit
    if unit.abolished_on is None or unit.abolished_on > today_of(now):
        return 0, 0
    why = f"{unit.name}自{show_day(unit.abolished_on)}撤销或并入其他单位"
    accounts = room.session.scalars(
        select(Account).where(Account.unit_id == unit.id, Account.active).order_by(Account.id)
    ).all()
    for account in accounts:
        write_letter(
            room.session,
            account,
            subject="账号已停用",
            body=f"{why}，您的账号“{account.login}”已停用。已填写的内容没有丢失。如果到新单位继续填报，请由新单位的管理员邀请。",
            now=now,
        )
        account.active, account.disabled_at = False, now
        end_sessions(room.session, account, reason="disabled", now=now)
        links.void_links(room.session, account, now=now)
        room.write_down(
            Event.ACCOUNT, actor=None, now=now, title=account.name, remark=f"平台：停用账号，{why}"
        )
    drafts = room.session.scalars(
        select(Draft).where(
            Draft.unit_id == unit.id,
            Draft.publish_at.is_not(None),
            Draft.state == State.APPROVED.value,
        )
    ).all()
    for draft in drafts:
        claim(room, draft, draft.revision)
        draft.publish_at = None
        room.write_down(
            Event.NOT_PUBLISHED, actor=None, now=now, draft=draft, remark=f"{why}，没有按时发布。草稿保留。"
        )
    room.session.flush()
    return len(accounts), len(drafts)
