"""What the office does by itself, in a thread of its own: reminders, letters, throwing away old uploads.

Each chore is small and idempotent; one that fails is told and tried again, and never stops the others
or a request. Several offices over one database do nothing twice: letters are claimed, reminders have keys.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.services.checking import SHANGHAI
from portal.services.desk import reminding, uploads
from portal.services.desk.rooms import Room
from portal.store.db import begin_write
from portal.store.tables import Unit
from portal.web.posting import Sender, send_due

_log = logging.getLogger(__name__)
_EVERY = 2.0  # Seconds between looks: a letter that somebody waits for goes out at once.
_HOURLY = timedelta(hours=1)


@dataclass
class Chores:
    """The chores of one instance; `look` does what is due."""

    engine: Engine
    regimes: Mapping[str, Regime]
    sender: Sender | None  # Without one, letters wait.
    address: str  # The office's, for links in letters.
    clock: Callable[[], datetime]
    _reminded: dict[int, tuple[date, int]] = field(
        default_factory=dict
    )  # By unit: day and hour of the last look.
    _swept: datetime | None = None

    def look(self) -> None:
        """Do what is due; what goes wrong with one chore is logged and leaves the others alone."""
        for chore in (self._post, self._remind, self._sweep):
            try:
                chore()
            except Exception:
                _log.exception("办公端的例行事项没有完成，稍后再试")

    def run(self, stop: threading.Event) -> None:
        """Look again and again until `stop` is set."""
        while not stop.wait(_EVERY):
            self.look()

    def _post(self) -> None:
        if self.sender is not None:
            with Session(self.engine) as session:
                send_due(session, self.sender, now=self.clock(), limit=20, clock=self.clock)

    def _remind(self) -> None:
        """Write the reminders of one unit: a look at all of them would keep everybody else from writing for seconds."""
        now = self.clock()
        hour = (now.astimezone(SHANGHAI).date(), now.astimezone(SHANGHAI).hour)
        with Session(self.engine) as session:
            units = [
                (one.id, one.jurisdiction.slug) for one in session.scalars(select(Unit).order_by(Unit.id))
            ]
        for unit_id, county in units:
            regime = self.regimes.get(county)
            if regime is None or self._reminded.get(unit_id) == hour:
                continue
            self._reminded[unit_id] = hour
            with Session(self.engine) as session:
                begin_write(session)
                reminding.remind_unit(Room(session, unit_id), regime, now=now, address=self.address)
                session.commit()
            return

    def _sweep(self) -> None:
        now = self.clock()
        if self._swept is not None and now - self._swept < _HOURLY:
            return
        self._swept = now
        with Session(self.engine) as session:
            begin_write(session)
            uploads.forget_old(session, now=now)
            session.commit()
