"""What the office does by itself, in a thread of its own: reminders, letters, the board, throwing away old uploads.

Each chore is small and idempotent; one that fails is told and tried again, and never stops the others
or a request. Several offices over one database do nothing twice: letters are claimed, reminders have keys.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.services.board.computing import newest_change
from portal.services.board.county import open_county
from portal.services.board.refreshing import Computed, compute_some, store
from portal.services.checking import SHANGHAI
from portal.services.desk import reminding, uploads
from portal.services.desk.rooms import Room
from portal.services.reports import retention, telling
from portal.services.reports.eyes import Eyes
from portal.services.running import handing_on, retiring
from portal.services.running.overlay import newest_of, refresh
from portal.services.supervision.in_public import Views
from portal.store.db import begin_write, empty_journal
from portal.store.tables import Unit
from portal.web import chores_neglect, chores_supervision
from portal.web.chores_alone import Alone
from portal.web.chores_filings import Matching
from portal.web.posting import Sender, send_due

_log = logging.getLogger(__name__)
_EVERY = 2.0  # Seconds between looks: a letter that somebody waits for goes out at once.
_HOURLY = timedelta(hours=1)
_SOON = timedelta(minutes=1)  # Until a board that could not be read is looked at again.
_UNITS, _AWHILE = (
    20,
    0.5,
)  # Units of a county's board that one look renews, and seconds that it takes for them.
_State = tuple[int, date, str]  # The newest change of a county, the day in China, the identity of its regime.


@dataclass
class Chores:
    """The chores of one instance; `look` does what is due."""

    engine: Engine
    regimes: Mapping[str, Regime]
    sender: Sender | None  # Without one, letters wait.
    address: str  # The office's, for links in letters.
    clock: Callable[[], datetime]
    reports: Engine | None = None  # Of the sealed reports' own database.
    eyes: Eyes | None = None  # Who sees which report: nobody else is written to about it.
    matching: Matching | None = None  # Without one, nothing is held against filings.
    views: Views | None = (
        None  # The office's views of what is public: kept fresh, so that no page works them out.
    )
    report_terms: Path | None = None  # Where the report host reads what was changed of its clocks.
    _reminded: dict[int, tuple[date, int]] = field(
        default_factory=dict
    )  # By unit: day and hour of the last look.
    _handed: int | None = None  # The newest change that the report host was told of.
    _viewed: dict[str, _State] = field(default_factory=dict)  # By county: the state of the view.
    _settled: dict[str, _State] = field(default_factory=dict)  # By county: the state of which all rows are.
    _stuck: dict[int, _State] = field(
        default_factory=dict
    )  # By unit: the state at which its rows could not be stored.
    _swept: datetime | None = None
    _kept: datetime | None = None
    _journal_full: bool = False
    _alarmed: tuple[date, int] | None = None  # Day and hour of the last look.
    _supervised: tuple[date, int] | None = None  # Likewise, at what is to be rectified.
    _watched: dict[str, date] = field(default_factory=dict)  # By jurisdiction: likewise, at early warnings.
    _answered: tuple[tuple[date, int], int] | None = None  # Hour and newest step of the last look at answers.
    _alone: Alone = field(default_factory=Alone)  # What went wrong with one thing of many.
    _attended: dict[str, date] = field(default_factory=dict)  # By jurisdiction: the day of the last look.

    def look(self) -> None:
        """Do what is due; what goes wrong with one chore is logged and leaves the others alone."""
        for chore in (
            self._post,
            self._remind,
            self._sweep,
            self._keep,
            self._alarm,
            self._retire,
            self._renew,
            self._view,
            self._watch,
            self._supervise,
            self._attend,
            self._match,
            self._hand_on,
        ):
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
            refresh(self.regimes, session)
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

    def _hand_on(self) -> None:
        """Let the report host know what was changed of its clocks."""
        if self.report_terms is None:
            return
        with Session(self.engine) as session:
            newest = newest_of(session)
            if newest != self._handed or not self.report_terms.exists():
                handing_on.hand_on(session, self.regimes, self.report_terms)
                self._handed = newest

    def _renew(self) -> None:
        """Renew some units of each county's board; working them out keeps nobody from writing, storing one is short."""
        now = self.clock()
        for slug, regime in list(self.regimes.items()):
            self._alone.do(f"board {slug}", partial(self._renew_one, slug, regime, now), now=now, again=_SOON)

    def _renew_one(self, slug: str, regime: Regime, now: datetime) -> None:
        with Session(self.engine) as session:
            try:
                here = open_county(session, slug, None)
            except LookupError:
                return  # A regime file without its county in the database: nothing to look at yet.
            state = (newest_change(here), now.astimezone(SHANGHAI).date(), regime.identity())
            if self._settled.get(slug) == state:
                return
            stuck = {unit for unit, known in self._stuck.items() if known == state}
            done, waiting = compute_some(here, regime, now=now, most=_UNITS, seconds=_AWHILE, but=stuck)
        for one in done:
            try:
                self._store(slug, one)
            except Exception:
                self._stuck[one.unit_id] = state  # Tried again when something has moved.
                _log.exception("单位 %s 的公开情况没有更新", one.unit_id)
        if not done and not waiting:
            self._settled[slug] = state

    def _view(self) -> None:
        """Work out what bulletins count from and keep it, once a county's board is renewed; one county a look."""
        if self.views is None:
            return
        for slug in sorted(self._settled):
            regime = self.regimes.get(slug)
            state = self._settled[slug]
            if regime is None or self._viewed.get(slug) == state:
                continue
            self._viewed[slug] = state
            chores_supervision.keep_views(self.engine, self.views, slug, regime, on=state[1])
            return

    def _watch(self) -> None:
        """Keep the early-warning states of a quarter, once a day and one county at a time, when its board is renewed."""
        now = self.clock()
        today = now.astimezone(SHANGHAI).date()
        for slug, state in sorted(self._settled.items()):
            regime = self.regimes.get(slug)
            if regime is None or state[1] != today or self._watched.get(slug) == today:
                continue
            self._alone.do(f"warnings {slug}", partial(self._watch_one, slug, regime, now), now=now)
            if self._watched.get(slug) == today:
                return

    def _watch_one(self, slug: str, regime: Regime, now: datetime) -> None:
        chores_supervision.keep_warnings(self.engine, slug, regime, now=now)
        self._watched[slug] = now.astimezone(SHANGHAI).date()

    def _store(self, slug: str, computed: Computed) -> None:
        with Session(self.engine) as session:
            begin_write(session)
            store(open_county(session, slug, None), computed)
            session.commit()

    def _sweep(self) -> None:
        now = self.clock()
        if self._swept is not None and now - self._swept < _HOURLY:
            return
        self._swept = now
        with Session(self.engine) as session:
            begin_write(session)
            uploads.forget_old(session, now=now)
            session.commit()

    def _retire(self) -> None:
        """Close the accounts of units whose last day has come, and take the times from their drafts."""
        now = self.clock()
        with Session(self.engine) as session:
            ended = retiring.to_retire(session, now=now)
        for unit_id in ended:
            self._alone.do(f"unit {unit_id}", partial(self._retire_one, unit_id, now), now=now)

    def _retire_one(self, unit_id: int, now: datetime) -> None:
        with Session(self.engine) as session:
            begin_write(session)
            retiring.retire(Room(session, unit_id), now=now)
            session.commit()

    def _keep(self) -> None:
        """Destroy what was reported once its term has ended, in the journal too."""
        now = self.clock()
        if self.reports is None or (self._kept is not None and now - self._kept < _HOURLY):
            return
        self._kept = now
        with Session(self.reports) as session:
            begin_write(session)
            gone = retention.sweep(session, now=now)
            session.commit()
            if gone or self._journal_full:
                self._journal_full = not empty_journal(
                    session
                )  # Somebody was reading: tried again next time.

    def _alarm(self) -> None:
        """Write to those who have reports that are due; once an hour, for a key or an address may have come late."""
        now = self.clock()
        hour = (now.astimezone(SHANGHAI).date(), now.astimezone(SHANGHAI).hour)
        if self.reports is None or self.eyes is None or self._alarmed == hour:
            return
        self._alarmed = hour
        with Session(self.reports) as reports, Session(self.engine) as main:
            found = telling.alarms(reports, main, self.eyes, regime_of=self.regimes.get, now=now)
            begin_write(main)
            telling.write_alarms(main, found, address=self.address, now=now)
            main.commit()

    def _supervise(self) -> None:
        """Issue the commission's letters whose time has come; tell of overdue rectification, and of answers."""
        now = self.clock()
        chores_supervision.send_planned(
            self.engine, self.regimes, now=now, address=self.address, alone=self._alone
        )
        hour = (now.astimezone(SHANGHAI).date(), now.astimezone(SHANGHAI).hour)
        if self._supervised != hour:
            self._supervised = hour
            chores_supervision.alarm(
                self.engine, self.regimes, now=now, address=self.address, alone=self._alone
            )
        state = (hour, chores_supervision.newest_step(self.engine))
        if self._answered != state:
            self._answered = state
            chores_supervision.tell_of_answers(
                self.engine, self.regimes, now=now, address=self.address, alone=self._alone
            )

    def _attend(self) -> None:
        """Look once a day, one county at a time, whose chief has left no record of supervision (不管不问)."""
        now = self.clock()
        today = now.astimezone(SHANGHAI).date()
        for county, regime in sorted(self.regimes.items()):
            if self._attended.get(county) == today:
                continue
            self._alone.do(f"neglect {county}", partial(self._attend_one, county, regime, now), now=now)
            if self._attended.get(county) == today:
                return

    def _attend_one(self, county: str, regime: Regime, now: datetime) -> None:
        chores_neglect.take_up(self.engine, county, regime, now=now)
        self._attended[county] = now.astimezone(SHANGHAI).date()

    def _match(self) -> None:
        """Hold suppliers that became known against the filings, and new filings against suppliers."""
        if self.matching is not None:
            self.matching.look(self.engine, self.regimes, now=self.clock())
