"""A resident `portal sync`: watches the outbox and pays it within a second of each publication.

It keeps compiled templates, states of the last build and versions that it has
read, so that a correction costs little more than the pages that show it.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from typing import Any, Protocol, Self

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain.regimes import Regime
from portal.services.checking import Book
from portal.services.desk import scheduling
from portal.services.desk.rooms import Room
from portal.services.desk.telling import tell_published
from portal.services.running.overlay import refresh
from portal.site.rows import forget
from portal.site.served import Site
from portal.site.snapshot import SHANGHAI
from portal.store.db import begin_write
from portal.store.public import latest_change
from portal.sync import Busy, CannotWrite, ForkFailed, MakeApp, SyncReport, pay, site_of

REMEMBERED = 20_000  # Versions kept in memory, about 12 KB each.
_PAUSE = 30.0  # Seconds until the next try after something went wrong.
_PATIENCE = 5.0  # Seconds to wait for another process that is writing, before looking whether to stop.
_log = logging.getLogger(__name__)


class Stop(Protocol):
    """Says when to stop; `threading.Event` is one."""

    def is_set(self) -> bool:
        """Tell whether it is time."""

    def wait(self, timeout: float) -> object:
        """Wait so many seconds, or until it is time."""


class Signalled:
    """Set by Ctrl+C or by a service manager's stop, for as long as it is entered; the second one acts at once.

    A `threading.Event` would not do: setting one in the thread that waits for it may block for ever.
    """

    def __init__(self) -> None:
        """Listen only once entered."""
        self._set = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        """Take the signals over."""
        self._mouth, self._ear = os.pipe()[::-1]
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back."""
        self._give_back()
        os.close(self._mouth)
        os.close(self._ear)

    def _heard(self, *_: object) -> None:
        self._set = True
        os.write(self._mouth, b".")
        self._give_back()

    def _give_back(self) -> None:
        while self._before:
            signal.signal(*self._before.popitem())

    def is_set(self) -> bool:
        """Tell whether a signal came."""
        return self._set

    def wait(self, timeout: float) -> object:
        """Wait so many seconds, or until a signal comes."""
        return select.select([self._ear], [], [], timeout)[0]


class WithParent(Signalled):
    """Set by a signal, or when the process that started this one is gone, however it ended."""

    def __init__(self, parent: int) -> None:
        """Know whose child this is: by now that process may be gone, and this one somebody else's."""
        super().__init__()
        self._parent = parent

    def is_set(self) -> bool:
        """Tell whether a signal came, or the parent went."""
        return super().is_set() or os.getppid() != self._parent


def _clock() -> datetime:
    return datetime.now(UTC)


def work(
    session: Session,
    settings: Settings,
    regimes: Mapping[str, Regime],
    make_app: MakeApp,
    *,
    every: float,
    jobs: int = 0,
    tell: Callable[[str], None],
    stop: Stop | None = None,
    clock: Callable[[], datetime] = _clock,
    pause: float = _PAUSE,
) -> None:
    """Pay whatever is owed, then look again `every` seconds until `stop` (Ctrl+C, SIGTERM) is set; `tell` hears what was done.

    A build that has begun is finished first. What goes wrong is told and tried again after `pause`
    seconds: a full disk, a busy lock or a fault in the program must not end the process.
    """
    site = site_of(session, settings, regimes, make_app, jobs=jobs)
    site.parsed = {}
    with ExitStack() as signals:
        stop = stop or Signalled()
        if isinstance(stop, Signalled):
            signals.enter_context(stop)
        watch = _Watch(session, settings, site, tell, clock, pause)
        while not stop.is_set():
            stop.wait(watch.look() or every)
    tell("已停止。")


class _Watch:
    """Looks whether there is anything to do, and does it."""

    def __init__(
        self,
        session: Session,
        settings: Settings,
        site: Site,
        tell: Callable[[str], None],
        clock: Callable[[], datetime],
        pause: float,
    ) -> None:
        self._session, self._settings, self._site = session, settings, site
        self._tell, self._clock, self._pause = tell, clock, pause
        self._seen: object = None  # What was found the last time that all was done.
        self._again: float | None = None  # When to try a failed page once more, whatever changed.
        self._trouble = ""

    def look(self) -> float | None:
        """Do what is to be done; return the seconds to wait if not the usual."""
        try:
            self._pass()
        except Busy as stopped:  # It has waited already.
            self._tell_once(str(stopped))
            return None
        except (CannotWrite, ForkFailed) as stopped:
            told = str(stopped)
        except DBAPIError as stopped:
            told = f"数据库操作未完成（{stopped.orig}）。已发布的内容没有丢失。"
        except Exception as wrong:  # Whatever it is: who publishes next must not find nobody here.
            _log.exception("同步中断")
            told = f"程序出错（{type(wrong).__name__}: {wrong}）。网站仍是上一次生成的内容，请把日志交给维护人员。"
        else:
            self._trouble = ""
            return None
        with suppress(SQLAlchemyError):
            self._session.rollback()
        self._tell_once(f"{told}（每 {self._pause:.0f} 秒再试一次）")
        return self._pause

    def _tell_once(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._tell(trouble)
            self._trouble = trouble

    def _pass(self) -> None:
        now = self._clock()
        address = self._settings.office_url or f"http://{self._settings.host}:{self._settings.office_port}"
        refresh(self._site.regimes, self._session)
        self._session.rollback()
        for line in publish_due(self._session, self._site.regimes, now=now, address=address.rstrip("/")):
            self._tell(line)
        change, day = latest_change(self._session), now.astimezone(SHANGHAI).date()
        self._session.rollback()
        second = self._again is not None and time.monotonic() >= self._again
        if (change, day, self._site.store.current()) == self._seen and not second:
            return
        began = time.monotonic()
        report = pay(self._session, self._settings, self._site, now=now, wait=_PATIENCE)
        if self._site.parsed is not None:
            forget(self._site.parsed, REMEMBERED)
        # Not what is served now: somebody may have removed it since.
        self._seen = (
            change,
            day,
            report.build.folder.resolve() if report.build else self._site.store.current(),
        )
        failed = report.build is not None and bool(report.build.failures)
        self._again = time.monotonic() + self._pause if failed and not second else None
        _report(report, time.monotonic() - began, self._tell)


def publish_due(
    session: Session, regimes: Mapping[str, Regime], *, now: datetime, address: str = ""
) -> list[str]:
    """Publish the drafts whose time has come, each in a transaction of its own; return what is to be told.

    A kill between any two steps leaves a draft either waiting, and then the next pass publishes it, or
    published and gone. One that cannot be published is held back with the reason and stops no other.
    A database that is busy or out of reach goes up: nothing is decided then, and the next pass tries again.
    """
    waiting = scheduling.due(session, now=now)
    session.rollback()
    told = []
    for one in waiting:
        # A session of its own: what one unit's rows are read with is never used for another's.
        with Session(session.get_bind()) as own:
            try:
                begin_write(own)
                room = Room(own, one.unit_id)
                version = scheduling.publish_due(room, one.uid, book=Book(own, regimes), now=now)
                if version is not None:
                    tell_published(room, version, draft_uid=one.uid, address=address, now=now)
                own.commit()
            except OperationalError:
                raise
            except Exception as refusal:  # Whatever it is, the drafts behind this one must not wait for it.
                own.rollback()
                told.append(_hold_back(own, one, refusal, now))
            else:
                if version is not None:
                    told.append(f"定时发布：索引号 {version.record.index_no} 第 {version.number} 版。")
    return told


def _hold_back(session: Session, one: scheduling.Due, refusal: Exception, now: datetime) -> str:
    known = isinstance(refusal, ValueError)
    if not known:
        _log.error("定时发布出错", exc_info=refusal)
    why = str(refusal) if known else "平台出错，没有发布成功。请重新发布；多次出现请联系平台管理员。"
    begin_write(session)
    scheduling.hold_back(Room(session, one.unit_id), one.uid, why=why, now=now)
    session.commit()
    return "注意：一件定时发布没有完成，已退回“已通过”并通知审核人。"


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
