"""A resident `portal sync`: watches the outbox and pays it within a second of each publication.

It keeps compiled templates, states of the last build and versions that it has
read, so that a correction costs little more than the pages that show it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from threading import Event

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain.regimes import Regime
from portal.site.rows import forget
from portal.site.snapshot import SHANGHAI
from portal.store.public import latest_change
from portal.sync import Busy, CannotWrite, ForkFailed, MakeApp, SyncReport, pay, site_of

REMEMBERED = 20_000  # Versions kept in memory, about 12 KB each.
_PAUSE = 30.0  # Seconds until the next try after something went wrong.


def work(
    session: Session,
    settings: Settings,
    regimes: Mapping[str, Regime],
    make_app: MakeApp,
    *,
    every: float,
    jobs: int = 0,
    tell: Callable[[str], None],
    stop: Event | None = None,
) -> None:
    """Pay whatever is owed, then look again `every` seconds until `stop` is set; `tell` hears what was done.

    What goes wrong is told and tried again later: a full disk or a busy lock must not end the process.
    """
    stop = stop or Event()
    site = site_of(session, settings, regimes, make_app, jobs=jobs)
    site.parsed = {}
    seen: tuple[int, object] | None = None
    while not stop.is_set():
        pause = every
        try:
            now = datetime.now(UTC)
            state = (latest_change(session), now.astimezone(SHANGHAI).date())
            session.rollback()
            if state != seen:
                began = time.monotonic()
                report = pay(session, settings, site, now=now)
                forget(site.parsed, REMEMBERED)
                seen = state
                _report(report, time.monotonic() - began, tell)
        except (Busy, CannotWrite, ForkFailed, OperationalError) as stopped:
            session.rollback()
            tell(f"{stopped}（{_PAUSE:.0f} 秒后再试）")
            pause = _PAUSE
        stop.wait(pause)


def _report(report: SyncReport, seconds: float, tell: Callable[[str], None]) -> None:
    if report.build:
        tell(
            f"{report.build.name}：{report.paid} 项变化，生成 {report.build.rendered} 页，"
            f"{report.build.seconds * 1000:.0f} 毫秒上线，共 {seconds * 1000:.0f} 毫秒。"
        )
        for failure in report.build.failures:
            tell(f"注意：页面 {failure.path} 未能生成（{failure.reason}），其余页面不受影响。")
    for fault in report.faults:
        tell(f"注意：{fault}")
