"""不管不问, taken up by the office itself: worked out first, and written only where something changes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.services.board.county import open_county
from portal.services.supervision.neglecting import (
    attend,
    needs_taking_up,
    quarter_to_take_up,
    take_up_neglect,
)
from portal.store.db import begin_write


def take_up(engine: Engine, slug: str, regime: Regime, *, now: datetime) -> int:
    """Take up the newest quarter that has ended for one jurisdiction; return how many units' matters changed.

    Units whose data are not due yet are passed over; a jurisdiction that this instance does not have has none.
    """
    quarter = quarter_to_take_up(now)
    with Session(engine) as session:
        try:
            county = open_county(session, slug, None)
        except LookupError:
            return 0
        attended = attend(county, regime, quarter=quarter, now=now)
        if not needs_taking_up(county, attended):
            return 0
    with Session(engine) as session:
        begin_write(session)
        changed = take_up_neglect(
            open_county(session, slug, None), regime, quarter=quarter, now=now, attended=attended
        )
        session.commit()
    return changed
