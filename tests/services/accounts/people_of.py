"""Accounts for tests, made as the services make them."""

from __future__ import annotations

from itertools import count

from sqlalchemy.orm import Session

from portal.domain.roles import Role
from portal.services.accounts.people import create_account
from portal.store.tables import Account, Unit
from tests.conftest import NOON

PASSWORD = "春眠不觉晓，处处蚊子咬"
_numbers = count(1)


def an_account(
    session: Session, unit: Unit | None, *roles: Role, login: str | None = None, **more: object
) -> Account:
    """Return a new account of the unit (or, without one, of no unit in the first jurisdiction)."""
    from portal.store.tables import Jurisdiction

    county = unit.jurisdiction if unit else session.query(Jurisdiction).first()
    assert county is not None
    return create_account(
        session,
        jurisdiction=county,
        unit=unit,
        login=login or f"shiyong{next(_numbers)}",
        name=str(more.get("name", "方示九")),
        email=more.get("email"),  # type: ignore[arg-type] # text or nothing.
        roles=roles or (Role.EDITOR,),
        by="测试",
        now=NOON,
    )
