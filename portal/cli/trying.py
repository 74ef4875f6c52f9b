"""What a fresh sample instance has for a try-out: accounts by invitation, keys that open sample reports."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.cli.opened import Opened
from portal.store.db import begin_write, make_engine

# In the order that `make_sample_keys` names: head, officer, second officer, officer of the superior commission.
_HOLDERS = ("demo-intake-lead", "demo-intake-1", "demo-intake-2", "demo-superior")


def make_try_out(instance: Opened, *, office_url: str | None, reports: Engine | None) -> list[str]:
    """Make accounts and keys as far as office and report host are opened; return what to tell whoever tries."""
    told: list[str] = []
    engine = make_engine(instance.url)
    try:
        if office_url is not None:
            told += _invite(instance, engine, office_url)
        if reports is not None:
            told += _keys(instance, engine, reports)
    finally:
        engine.dispose()
    return told


def _invite(instance: Opened, engine: Engine, office_url: str) -> list[str]:
    """Say how to take accounts up: nobody's password is ever set for them."""
    from portal.demo.people import invite_samples

    with Session(engine) as session:
        begin_write(session)
        links = invite_samples(session, address=f"{office_url}/invitation/{{}}", now=instance.now())
        session.commit()
    if not links:
        return []
    return [
        f"试用办公端：以下是“{links[0].unit}”（示例数据）的邀请链接，72 小时内有效，各能用一次。",
        *(f"  {one.role}（登录名 {one.login}）：{one.link}" for one in links),
        "  之后需要更多账号：portal users add，见 portal users --help。",
    ]


def _keys(instance: Opened, engine: Engine, reports: Engine) -> list[str]:
    from portal.cli.sample_keys import make_sample_keys
    from portal.services.accounts.entering import find_account

    accounts: dict[str, list[tuple[int, str]]] = {}
    with Session(engine) as session:
        for login in _HOLDERS:
            if (known := find_account(session, login)) is not None:
                accounts.setdefault(known.jurisdiction.slug, []).append((known.id, known.name))
    with Session(reports) as session:
        begin_write(session)
        made = make_sample_keys(
            instance.settings,
            instance.regimes,
            commissions={slug: regime.commission for slug, regime in instance.regimes.items()},
            today=_today(instance),
            accounts=accounts,
            reports=session,
        )
        session.commit()
    return made.lines()


def _today(instance: Opened) -> date:
    from portal.services.checking import SHANGHAI

    return instance.now().astimezone(SHANGHAI).date()
