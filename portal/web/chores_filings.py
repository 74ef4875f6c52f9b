"""The chore that holds suppliers against sealed filings, as soon as either becomes known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.services.board.county import open_county
from portal.services.supervision import filing_matches
from portal.store.db import begin_write
from portal.web.chores_alone import Alone
from portal.web.filing_seals import FilingSeals


class Matching:
    """Remembers up to where everything was checked; a process that starts anew goes on from the log."""

    def __init__(self, seals: FilingSeals) -> None:
        """Keep by what filings are marked."""
        self.seals = seals
        self._since: dict[str, filing_matches.Since] = {}  # By jurisdiction.
        self._alone = Alone()

    def look(self, engine: Engine, regimes: Mapping[str, Regime], *, now: datetime) -> None:
        """Check what is new. What goes wrong with one jurisdiction is told, and tried again an hour later."""
        for slug, regime in regimes.items():
            self._alone.do(f"filings {slug}", partial(self._look_at, engine, slug, regime, now), now=now)

    def _look_at(self, engine: Engine, slug: str, regime: Regime, now: datetime) -> None:
        sealer = self.seals.of(slug)
        if sealer is None:
            return
        with Session(engine) as session:
            try:
                county = open_county(session, slug, None)
            except LookupError:
                return
            since = self._since.get(slug) or filing_matches.since_of(county)
            found = filing_matches.look(county, sealer, since=since)
            if found.projects:
                begin_write(session)
                filing_matches.store(county, regime, found, now=now)
                session.commit()
            self._since[slug] = found.until
