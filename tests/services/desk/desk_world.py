"""A unit's desk over a real database: people, drafts on their way, and each step by its service."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from portal.domain.canonical import canonical, document_json
from portal.domain.documents.base import Document
from portal.domain.documents.regulation import Block, Regulation
from portal.domain.drafting import Event
from portal.domain.roles import Role
from portal.services.checking import Book
from portal.services.desk import releasing, reviewing
from portal.services.desk.rooms import Actor, Room
from portal.store.tables import Account, AccountRole, Draft, Unit, Version
from tests.conftest import NOON, shipped

_numbers = count(1)
ALL = tuple(reviewing.Statement)


def rules(title: str = "示例管理办法", text: str = "第一条　内容。", **more: Any) -> Regulation:
    """A small document that no rule objects to."""
    return Regulation(title=title, blocks=(Block(text=text),), **more)


@dataclass
class Desk:
    """One unit's desk. Its clock moves a minute with every step."""

    session: Session
    unit: Unit
    now: datetime = NOON
    people: dict[str, Account] = field(default_factory=dict)

    @property
    def room(self) -> Room:
        return Room(self.session, self.unit.id)

    def book(self) -> Book:
        return Book(self.session, shipped())

    def tick(self, **how: float) -> datetime:
        self.now += timedelta(**(how or {"minutes": 1}))
        return self.now

    def person(self, name: str, *roles: Role) -> Actor:
        """Return who acts; the account is made when the name is first heard."""
        if name not in self.people:
            made = Account(
                jurisdiction_id=self.unit.jurisdiction_id,
                unit_id=self.unit.id,
                login=f"desk{next(_numbers)}",
                name=name,
                email=f"{next(_numbers)}@example.org",
                created_by="测试",
                created_at=self.now,
            )
            made.roles = [
                AccountRole(role=one.value, granted_by="测试", granted_at=self.now) for one in roles
            ]
            self.session.add(made)
            self.session.commit()
            self.people[name] = made
        account = self.people[name]
        return Actor(account.id, account.name, frozenset(Role(one.role) for one in account.roles))

    @property
    def editor(self) -> Actor:
        return self.person("方示九", Role.EDITOR)

    @property
    def reviewer(self) -> Actor:
        return self.person("林示二", Role.REVIEWER)

    def draft(self, document: Document | None, *, by: Actor | None = None, **more: Any) -> Draft:
        """Return a new draft, written down as the form does it."""
        who, at = by or self.editor, self.tick()
        made = Draft(
            uid=secrets.token_urlsafe(16),
            unit_id=self.unit.id,
            kind=document.kind.code if document else "regulation",
            title=document.title if document else "",
            content=canonical(document_json(document)) if document else None,
            entries=None if document else "{}",
            author=who.name,
            author_id=who.id,
            created_at=at,
            updated_at=at,
            **more,
        )
        self.session.add(made)
        self.session.flush()
        self.room.write_down(Event.CREATED, actor=who, now=at, draft=made)
        self.session.commit()
        return made

    def change(self, draft: Draft, document: Document, *, by: Actor | None = None) -> None:
        """Change a draft's content as the form does it."""
        who = by or self.editor
        draft.content, draft.title = canonical(document_json(document)), document.title
        draft.author, draft.author_id = who.name, who.id
        draft.revision += 1
        draft.updated_at = self.tick()
        self.room.write_down(Event.CHANGED, actor=who, now=self.now, draft=draft)
        self.session.commit()

    def submit(self, draft: Draft, *, by: Actor | None = None) -> Draft:
        reviewing.submit(
            self.room,
            draft,
            revision=draft.revision,
            actor=by or self.editor,
            now=self.tick(),
            book=self.book(),
        )
        self.session.commit()
        return draft

    def approve(self, draft: Draft, *, by: Actor | None = None, stated: Any = ALL) -> Draft:
        reviewing.approve(
            self.room,
            draft,
            revision=draft.revision,
            stated=stated,
            actor=by or self.reviewer,
            now=self.tick(),
            book=self.book(),
        )
        self.session.commit()
        return draft

    def publish(self, draft: Draft, *, by: Actor | None = None) -> Version:
        version = releasing.publish(
            self.room,
            draft,
            revision=draft.revision,
            book=self.book(),
            actor=by or self.reviewer,
            now=self.tick(),
        )
        self.session.commit()
        return version

    def published(self, document: Document) -> Version:
        """Return a version that went the whole way."""
        return self.publish(self.approve(self.submit(self.draft(document))))

    def events(self, draft_uid: str) -> list[tuple[str, str]]:
        return [(one.event, one.actor) for one in reversed(self.room.steps(draft_uid=draft_uid))]
