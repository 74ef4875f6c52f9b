"""What the commission's board does by itself: planned letters, alarms about overdue rectification, word of answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.domain.calendar import previous_quarter, quarter_of
from portal.domain.regimes import Regime
from portal.services.board.county import open_county
from portal.services.checking import SHANGHAI
from portal.services.supervision import (
    bulletins,
    in_public,
    kept_views,
    lettering,
    planning,
    rectifying_letters,
    telling_officers,
    warnings,
)
from portal.services.supervision.in_public import Views
from portal.store.db import begin_write
from portal.web.chores_alone import Alone
from portal.web.program import program


def send_planned(
    engine: Engine, regimes: Mapping[str, Regime], *, now: datetime, address: str, alone: Alone | None = None
) -> int:
    """Issue the planned letters whose time has come, each in a transaction of its own; return how many went out.

    One whose reason is gone is called off, with a step that says why. `alone` remembers those that went wrong.
    """
    alone = alone or Alone()
    with Session(engine) as session:
        waiting = lettering.planned(session, now)
    return sum(
        alone.do(f"letter {uid}", partial(_send, engine, regimes[slug], uid, now, address), now=now)
        for slug, uid in waiting
        if slug in regimes
    )


def _send(engine: Engine, regime: Regime, uid: str, now: datetime, address: str) -> int:
    with Session(engine) as session:
        begin_write(session)
        county = open_county(session, regime.slug, None)
        letter = lettering.find(county, uid)
        sent = False
        if letter is not None and letter.send_at is not None and letter.send_at <= now:
            sent = planning.send_planned(county, regime, letter, address=f"{address}/asked/letters/", now=now)
        session.commit()
    return int(sent)


def alarm(
    engine: Engine, regimes: Mapping[str, Regime], *, now: datetime, address: str, alone: Alone | None = None
) -> int:
    """Write about rectification that is overdue, to the units and to the officers; once for each deadline.

    Nobody is written to before the morning, nor on a day off. Returns how many letters are new. `alone` remembers
    the jurisdictions with which it went wrong.
    """
    alone, moment = alone or Alone(), now.astimezone(SHANGHAI)
    return sum(
        alone.do(f"overdue {slug}", partial(_alarm, engine, slug, now, address), now=now)
        for slug, regime in regimes.items()
        if _at_work(regime, moment)
    )


def _alarm(engine: Engine, slug: str, now: datetime, address: str) -> int:
    today = now.astimezone(SHANGHAI).date()
    with Session(engine) as session:
        if not lettering.has_overdue(session, slug, today):
            return 0
    with Session(engine) as session:
        begin_write(session)
        county = open_county(session, slug, None)
        count = rectifying_letters.alarm_units(
            county, today=today, address=f"{address}/asked/rectifying/", now=now
        )
        told = rectifying_letters.alarms_of_officers(county, today=today)
        session.commit()
    with Session(engine) as session:  # Of its own: letters to the commission belong to no unit.
        begin_write(session)
        count += rectifying_letters.write_to_officers(
            session, told, address=f"{address}/rectifying/?state=overdue", now=now
        )
        session.commit()
    return count


def keep_warnings(engine: Engine, slug: str, regime: Regime, *, now: datetime) -> int:
    """Keep the early-warning states of the quarter that ended last, if nobody has; return of how many units.

    Worked out first, and written after: that takes seconds for which nobody else should wait.
    """
    with Session(engine) as session:
        county = open_county(session, slug, None)
        quarter = warnings.waits_to_be_kept(county, regime, now)
        if quarter is None:
            return 0
        gathered = {
            unit.id: score for unit, score in warnings.gather(county, regime, quarter=quarter, now=now)
        }
    with Session(engine) as session:
        begin_write(session)
        county = open_county(session, slug, None)
        if warnings.waits_to_be_kept(county, regime, now) != quarter:
            return 0
        count = warnings.keep(county, regime, quarter=quarter, now=now, gathered=gathered)
        session.commit()
    return count


def keep_views(engine: Engine, views: Views, slug: str, regime: Regime, *, on: date) -> None:
    """Work out the public's views that the newest bulletin counts from, of today and as compared, and keep them.

    Worked out first, and written after, as the states of warnings are. A page after a start finds them there.
    """
    quarter = previous_quarter(quarter_of(on))
    with Session(engine) as session:
        county = open_county(session, slug, None)
        today = in_public.seen(views, county, regime, on=on, program=program())
        then = bulletins.seen_before(views, county, regime, quarter, today, program=program())
        both = {"": today, quarter: then} if then else {"": today}
        unkept = kept_views.unkept(county, both, program=program())
    if unkept.nothing:
        return
    with Session(engine) as session:
        begin_write(session)
        kept_views.keep(open_county(session, slug, None), unkept)
        session.commit()


def newest_step(engine: Engine) -> int:
    """Return a number that moves on with each step of any matter, letter or rectification."""
    with Session(engine) as session:
        return telling_officers.newest_step(session)


def tell_of_answers(
    engine: Engine, regimes: Mapping[str, Regime], *, now: datetime, address: str, alone: Alone | None = None
) -> int:
    """Write to officers that units have answered; within the hours in which letters are written. Returns how many."""
    alone, moment = alone or Alone(), now.astimezone(SHANGHAI)
    return sum(
        alone.do(f"answers {slug}", partial(_tell, engine, slug, now, address), now=now)
        for slug, regime in regimes.items()
        if _at_work(regime, moment)
    )


def _tell(engine: Engine, slug: str, now: datetime, address: str) -> int:
    with Session(engine) as session:
        last = telling_officers.last_letters(session)
    with Session(engine) as session:
        try:
            county = open_county(session, slug, None)
        except LookupError:
            return 0  # A regime file without its county in the database.
        told = telling_officers.letters_due(county, last, now=now)
    if not told:
        return 0
    with Session(engine) as session:  # Of its own: letters to the commission belong to no unit.
        begin_write(session)
        count = telling_officers.write(session, told, address=f"{address}/commission/", now=now)
        session.commit()
    return count


def _at_work(regime: Regime, moment: datetime) -> bool:
    """Tell whether people are written to: not before the morning, nor on a day off."""
    day = moment.date()
    return moment.hour >= rectifying_letters.MORNING and regime.calendar_on(day).is_workday(day)
