"""An office over an instance of its own, whose process dies at a chosen statement of one request."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.orm import Session

from portal.apps import create_office_app
from portal.config import Settings
from portal.domain.regimes import Regime
from portal.domain.roles import Role
from portal.services.accounts.sessions import begin_session
from portal.services.desk import scheduling
from portal.store.db import make_engine
from portal.store.tables import Account, Draft, Outbox, Step, Unit, Version
from tests.databases import database_of
from tests.kill.killing import NOW
from tests.services.desk.desk_world import Desk, rules

LATER = NOW + timedelta(hours=3)  # The office's clock.


@dataclass
class DeskInstance:
    """Where the office's data lies, and the people of its one unit, by name, each with a session's token."""

    settings: Settings
    regimes: dict[str, Regime]
    tokens: dict[str, str]

    @property
    def url(self) -> str:
        return database_of(self.settings.home)

    def draft(self, title: str, *, state: str = "approved", at: timedelta | None = None) -> str:
        """Return the address of a new draft on its way."""
        engine = make_engine(self.url)
        with Session(engine, expire_on_commit=False) as session:
            desk = desk_of(session)
            made = desk.draft(rules(title))
            if state != "draft":
                desk.submit(made)
            if state == "approved":
                desk.approve(made)
            if at is not None:
                scheduling.schedule(
                    desk.room,
                    made,
                    revision=made.revision,
                    publish_at=NOW + at,
                    actor=desk.reviewer,
                    now=desk.now,
                )
                session.commit()
        engine.dispose()
        return made.uid

    def revision(self, uid: str) -> int:
        with self.session() as session:
            return session.scalars(select(Draft.revision).where(Draft.uid == uid)).one()

    def session(self) -> Session:
        return Session(make_engine(self.url))

    def app(self) -> Flask:
        made = create_office_app(
            self.settings,
            self.regimes,
            secret=b"s" * 32,
            database_url=self.url,
            public_url="http://public.example",
            clock=lambda: LATER,
        )
        made.config["TESTING"] = True
        return made

    def browser(self, app: Flask, who: str) -> tuple[FlaskClient, str]:
        """Return a browser in which somebody is signed in, and a token for its forms."""
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = self.tokens[who], True
        found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/").text)
        assert found
        return client, found[1]


def desk_of(session: Session) -> Desk:
    """Return the desk of the first unit, with whoever has an account there already."""
    unit = session.scalars(select(Unit).where(Unit.slug == "u1")).one()
    desk = Desk(session, unit, now=NOW)
    desk.people = {one.name: one for one in session.scalars(select(Account))}
    return desk


def make_instance(settings: Settings, regimes: dict[str, Regime]) -> DeskInstance:
    """Give the first unit an editor and two reviewers, all signed in."""
    engine = make_engine(database_of(settings.home))
    tokens = {}
    with Session(engine) as session:
        desk = desk_of(session)
        people = (desk.editor, desk.reviewer, desk.person("陈示一", Role.REVIEWER))
        for who in people:
            account = session.get_one(Account, who.id)
            tokens[who.name] = begin_session(
                session, account, stage="full", address="127.0.0.1", agent="测试", now=LATER
            )
        session.commit()
    engine.dispose()
    return DeskInstance(settings, regimes, tokens)


def dies_at(number: int, work: Callable[[Callable[[], None]], None]) -> bool:
    """Run `work` in a process of its own that kills itself at the given statement; tell whether it was killed.

    `work` gets what arms the counting. Statements are counted from there; a commit counts twice: before and after.
    """

    def apart() -> None:
        seen = 0
        armed = False

        def tick(*_: object, **__: object) -> None:
            nonlocal seen
            seen += armed
            if armed and seen == number:
                os.kill(os.getpid(), signal.SIGKILL)

        def after_commit(connection: object) -> None:
            tick()

        event.listen(Engine, "before_cursor_execute", tick)
        event.listen(Engine, "commit", tick)
        event.listen(Session, "after_commit", after_commit)

        def arm() -> None:
            nonlocal armed
            armed = True

        work(arm)

    child = multiprocessing.get_context("fork").Process(target=apart)
    child.start()
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL), child.exitcode
    return child.exitcode == -signal.SIGKILL


def standing(instance: DeskInstance, uid: str) -> tuple[int, int, int]:
    """Return how often the draft stands there, was published, and how many outbox rows are owed for it."""
    engine = make_engine(instance.url)
    with Session(engine) as session:
        drafts = session.scalar(select(func.count()).where(Draft.uid == uid)) or 0
        steps = session.scalars(select(Step).where(Step.draft_uid == uid, Step.event == "published")).all()
        versions = [one.version_id for one in steps]
        records = [one.record_id for one in steps]
        owed = (
            session.scalar(select(func.count()).select_from(Outbox).where(Outbox.record_id.in_(records))) or 0
        )
        assert len(set(versions)) == len(versions)
        total = session.scalar(select(func.count()).select_from(Version)) or 0
        told = session.scalar(select(func.count()).select_from(Step).where(Step.event == "published")) or 0
        assert total == told  # No version without its step, no step without its version.
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
    engine.dispose()
    return drafts, len(steps), owed


WAITING, PUBLISHED = (1, 0, 0), (0, 1, 1)

__all__ = [
    "PUBLISHED",
    "WAITING",
    "DeskInstance",
    "desk_of",
    "dies_at",
    "make_instance",
    "standing",
]
