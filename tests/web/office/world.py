"""An office with two units and people of every role, over a real database and the real app."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.apps import create_office_app
from portal.config import Settings
from portal.domain.regimes import Regime
from portal.domain.roles import COMMISSION_ROLES, Role
from portal.services.accounts.sessions import begin_session
from portal.store.db import db
from portal.store.tables import Account, AccountRole, Unit
from tests.databases import for_everybody

# What a page of the office says anew every second: its forms' tokens, and when the session runs out.
_CHANGING = re.compile(r'name="csrf_token" value="[^"]+"|content="[^"]*runs-out[^"]*"|data-runs-out="[^"]*"')


def steady(page: str) -> str:
    """Return a page without what differs from second to second, for comparing it with another."""
    return _CHANGING.sub("", page)


NAMES = {
    "editor": "方示九",
    "reviewer": "林示二",
    "unit_admin": "陈示一",
    "staff": "周示三",
    "group": "吴示四",
    "officer": "郑示五",
    "commission_admin": "冯示六",
    "filings": "褚示七",
    "intake": "示例乙",
    "intake_lead": "示例甲",
}
_numbers = count(1)


@dataclass
class World:
    """The app, its database, its units, and a clock that tests may set."""

    app: Flask
    session: Session
    unit: Unit
    other: Unit
    at: datetime
    people: dict[str, Account] = field(default_factory=dict)

    def account(self, *roles: str, unit: Unit | None = None, name: str | None = None) -> Account:
        """Return a new account with these roles, in `unit` (default: the first one; the commission's roles have none)."""
        commission = bool(COMMISSION_ROLES & {Role(one) for one in roles})
        with for_everybody(self.session):
            home = None if commission else unit or self.unit
            place, home_id = self.unit.jurisdiction_id, home.id if home else None
        made = Account(
            jurisdiction_id=place,
            unit_id=home_id,
            login=f"user{next(_numbers)}",
            name=name or NAMES[roles[0]],
            active=True,
            created_by="测试",
            created_at=self.at,
        )
        made.roles = [
            AccountRole(role=Role(one).value, granted_by="测试", granted_at=self.at) for one in roles
        ]
        with for_everybody(self.session):
            self.session.add(made)
            self.session.commit()
        return made

    def client(self, *roles: str, unit: Unit | None = None, account: Account | None = None) -> FlaskClient:
        """Return a browser in which somebody with these roles is signed in, with the second factor given."""
        who = account or self.account(*roles, unit=unit)
        with for_everybody(self.session):
            token = begin_session(
                self.session, who, stage="full", address="127.0.0.1", agent="测试", now=self.at
            )
            self.session.commit()
        browser = self.app.test_client()
        with browser.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        return browser

    def token(self, client: FlaskClient, page: str = "/") -> str:
        """Return a CSRF token for the browser's session."""
        text = client.get(page, follow_redirects=True).text
        found = re.search(r'name="csrf_token" value="([^"]+)"', text)
        assert found, f"no CSRF token on {page}"
        return found[1]

    def post(
        self, client: FlaskClient, url: str, data: dict[str, Any] | None = None, **more: Any
    ) -> TestResponse:
        """Post a form as a page of the office would."""
        return client.post(url, data={"csrf_token": self.token(client), **(data or {})}, **more)


def make_world(
    session: Session,
    regimes: dict[str, Regime],
    url: str,
    unit: Unit,
    other: Unit,
    folder: Path,
    at: datetime,
) -> World:
    """Return the world over a database that has both units."""
    world: World
    app = create_office_app(
        Settings(home=folder),
        regimes,
        secret=b"s" * 32,
        database_url=url,
        public_url="http://public.example",
        clock=lambda: world.at,
    )
    app.config["TESTING"] = True
    app.config["BOARD_PATIENCE"] = 60.0  # What a page shows must not hang on how busy the machine is.
    world = World(app, session, unit, other, at.astimezone(UTC))
    return world


__all__ = ["World", "db", "make_world"]
