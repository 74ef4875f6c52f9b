"""What every route of the report host works with: its keys, its database, its clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from flask import current_app, request
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.services.reports.challenges import Challenges
from portal.services.reports.intake import SHANGHAI, Refused
from portal.services.reports.keylists import KeyLists, SignedList, Tampered
from portal.services.reports.quotas import Quota
from portal.store.db import begin_write
from portal.web.report.load import Load

Signer = Callable[[date, bytes], str]


@dataclass
class Host:
    """The report host of one instance. `signer_of` returns who signs a jurisdiction's filing receipts, or None."""

    regimes: Mapping[str, Regime]
    engine: Engine
    key_lists: KeyLists
    signer_of: Callable[[str], Signer | None]
    challenges: Challenges
    question_key: bytes
    quota: Quota
    clock: Callable[[], datetime]
    public_url: str | None = None
    load: Load = field(default_factory=Load)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that reads."""
        with Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a session that waits for its turn to write, and commit at the end unless something is raised."""
        with Session(self.engine, expire_on_commit=False) as session:
            begin_write(session)
            yield session
            session.commit()


@dataclass(frozen=True)
class Open:
    """A jurisdiction that takes reports: its regime, its key list, who signs its receipts."""

    regime: Regime
    signed: SignedList
    sign: Signer
    day: date

    @property
    def slug(self) -> str:
        """The jurisdiction's part of addresses."""
        return self.regime.slug


def host() -> Host:
    """Return the host that answers."""
    found: Host = current_app.extensions["report"]
    return found


def now() -> datetime:
    """Return the instant by the host's clock."""
    return host().clock()


def address() -> str | None:
    """Return the asker's address, to be counted and forgotten."""
    return request.remote_addr


def regime_of(slug: str) -> Regime:
    """Return the regime, or refuse with 404."""
    found = host().regimes.get(slug)
    if found is None:
        raise Refused("no_such_place", "没有这个县区。请从公开网站的“举报”页面进入。", status=404)
    return found


def open_at(slug: str) -> Open:
    """Return the jurisdiction if it takes reports today; refuse with 404 or 503 otherwise."""
    here, regime, day = host(), regime_of(slug), now().astimezone(SHANGHAI).date()
    try:
        signed, sign = here.key_lists.current(slug), here.signer_of(slug)
    except Tampered:
        signed = sign = None
    if signed is None or sign is None or signed.list.valid_until < day:
        raise Refused(
            "closed",
            f"{regime.short}暂时不在网上接收举报。请拨打 12388，或来信、来访。",
            status=503,
        )
    return Open(regime, signed, sign, day)
