"""Chores that go through many things: one that goes wrong is told, left alone for a while, and stops no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta

_log = logging.getLogger(__name__)
AN_HOUR = timedelta(hours=1)


class Alone:
    """Remembers what went wrong and when, as long as a process lasts."""

    def __init__(self) -> None:
        """Begin with nothing wrong."""
        self._wrong: dict[Hashable, datetime] = {}

    def do(
        self, thing: Hashable, deed: Callable[[], int | None], *, now: datetime, again: timedelta = AN_HOUR
    ) -> int:
        """Do it and return its number; 0 where it went wrong, or did less than `again` ago. Never raises."""
        if thing in self._wrong and now - self._wrong[thing] < again:
            return 0
        self._wrong.pop(thing, None)
        try:
            return deed() or 0
        except Exception:
            self._wrong[thing] = now
            _log.exception("例行事项没有完成，稍后再试：%s", thing)
            return 0
