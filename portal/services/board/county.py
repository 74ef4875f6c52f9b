"""The accessor of one jurisdiction's rows: the commission reads and writes them through a `County` and no other way."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.domain.roles import Action, allowed
from portal.domain.supervision.matters import Source
from portal.services.desk.rooms import Actor
from portal.store.tables import Account, Audit, Base, Jurisdiction, Matter, Record, Unit
from portal.store.tenancy import bind_county

Row = TypeVar("Row", bound=Base)


class County:
    """One jurisdiction's rows, as long as one request or chore lasts.

    Whatever is asked for by an address from outside is looked for among this jurisdiction's rows only.
    `actor` is None where the platform acts by itself.
    """

    def __init__(self, session: Session, jurisdiction: Jurisdiction, actor: Actor | None) -> None:
        """Bind the session to the jurisdiction."""
        bind_county(session, jurisdiction.id)
        self.session, self.id, self.slug, self.actor = session, jurisdiction.id, jurisdiction.slug, actor

    @property
    def name_of_actor(self) -> str:
        """The name under which things are written down."""
        return self.actor.name if self.actor else "平台（定时）"

    @property
    def account_id(self) -> int | None:
        """The account that acts."""
        return self.actor.id if self.actor else None

    @property
    def sees_hits(self) -> bool:
        """Tell whether whoever acts may know that a filing (特定关系人报备) was hit: those who supervise, and the platform."""
        return self.actor is None or allowed(self.actor.roles, Action.SUPERVISE)

    def rows(self, table: type[Row]) -> Select[Row]:
        """Return the query of a table's rows of this jurisdiction; every table of the commission has the column.

        Matters that came from filings are there for those alone who `sees_hits`.
        """
        query = select(table).where(table.jurisdiction_id == self.id)  # type: ignore[attr-defined] # as said.
        if issubclass(table, Matter) and not self.sees_hits:
            query = query.where(Matter.source != Source.RELATION.value)
        return query

    def one(self, table: type[Row], uid: str) -> Row | None:
        """Return the row of that address."""
        query = self.rows(table).where(table.uid == uid)  # type: ignore[attr-defined] # likewise.
        return self.session.scalars(query).first()

    def units(self) -> list[Unit]:
        """Return the roster in its own order, abolished units included."""
        return list(self.session.scalars(self.rows(Unit).order_by(Unit.position, Unit.id)))

    def unit(self, slug: str) -> Unit | None:
        """Return the unit of that address."""
        return self.session.scalar(self.rows(Unit).where(Unit.slug == slug))

    def unit_of(self, number: int) -> Unit | None:
        """Return the unit of that number, as the jurisdiction's own rows name it."""
        return self.session.scalar(self.rows(Unit).where(Unit.id == number))

    def record(self, ref: str) -> Record | None:
        """Return the record with that index number."""
        return self.session.scalar(self.rows(Record).where(Record.index_no == ref))

    def officers(self, roles: Iterable[str]) -> list[Account]:
        """Return the commission's active accounts that have one of these roles."""
        wanted = frozenset(roles)
        found = self.session.scalars(
            self.rows(Account).where(Account.unit_id.is_(None), Account.active).order_by(Account.id)
        )
        return [one for one in found if wanted & {each.role for each in one.roles}]

    def write_down(
        self,
        action: str,
        *,
        now: datetime,
        object: str,  # noqa: A002 - the log's own word.
        words: str = "",
        unit_id: int | None = None,
        detail: dict[str, Any] | None = None,
    ) -> Audit:
        """Enter something into the jurisdiction's log (操作日志). `object` is a table's name and an address."""
        row = Audit(
            jurisdiction_id=self.id,
            unit_id=unit_id,
            account_id=self.account_id,
            actor=self.name_of_actor,
            action=action,
            object=object,
            words=words,
            detail=json.dumps(detail or {}, ensure_ascii=False, sort_keys=True),
            at=now,
        )
        self.session.add(row)
        self.session.flush()
        return row


def open_county(session: Session, slug: str, actor: Actor | None) -> County:
    """Return the jurisdiction of that slug as its commission sees it."""
    found = session.scalar(select(Jurisdiction).where(Jurisdiction.slug == slug))
    if found is None:
        raise LookupError(slug)
    return County(session, found, actor)
