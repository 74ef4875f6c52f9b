"""What Waitress does with bytes before the app sees them: in memory only, paid from a purse, never logged.

Waitress reads a whole body before it calls the app. Here it asks first whether such a body may come at all; what is
refused is read and forgotten, so that a browser hears why, and the app gives the answer.
"""

from __future__ import annotations

import logging
import secrets
import socket
import time
import weakref
from contextlib import suppress
from io import BytesIO
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask

from portal.web.report.limits import LONGEST_FORM, Budget, Purse, is_lookup, limit_of

_MOST_DRAINED = 2 * LONGEST_FORM  # Bytes that are read and forgotten for the sake of an answer.
_HEAD_TIME = 20.0  # Seconds in which the head of a request is there, or a quiet connection asks again.
_GRACE, _SLOWEST = 30.0, 4096  # Seconds, and bytes a second after them, that a body takes at least.
_READING = 3  # Times the patience, in which somebody takes a part of an answer that waits.
_YOUNG, _SWIFT = (
    3.0,
    10.0,
)  # Seconds: what is younger, or will be whole in less, keeps its place in a full purse.
_REFUSED = "X_PORTAL_REFUSED"


class _Silence:
    """Stands where Waitress logs: its words hold addresses, paths and headers. Only an error's type goes on."""

    _log = logging.getLogger("portal.report")

    def exception(self, *_: Any, **__: Any) -> None:
        import sys

        kind = sys.exc_info()[0]
        self._log.error("error %s: %s while serving", secrets.token_hex(4), kind.__name__ if kind else "?")

    def log(self, *_: Any, **__: Any) -> None:
        """Say nothing."""

    debug = info = warning = error = log


_SILENCE = _Silence()


class _Nowhere:
    """A body that is read and forgotten. Waitress asks the same of it as of its own receivers."""

    error = None

    def __init__(self, length: int) -> None:
        self._left, self.completed = length, length == 0

    def __len__(self) -> int:
        return 0

    def received(self, data: bytes) -> int:
        taken = min(self._left, len(data))
        self._left -= taken
        self.completed = self._left == 0
        return taken

    def getfile(self) -> BytesIO:
        return BytesIO()

    def getbuf(self) -> BytesIO:
        return BytesIO()


class _Parser(HTTPRequestParser):  # type: ignore[misc] # Waitress ships no types.
    """Takes a body only as far as its route allows and the purse has room."""

    budget: Budget
    in_flight: dict[
        int, weakref.ref[_Parser]
    ]  # Of one server: whose bodies were paid and are not given back.
    purse: Purse | None = None
    taken = 0
    # Waitress's own, named here for the type checker.
    chunked: bool
    content_length: int
    expect_continue: bool

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.began = time.time()

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        self.headers.pop(_REFUSED, None)
        if self.chunked:
            return self._refuse(411, at_once=True)
        if not self.content_length:
            return None
        limit = limit_of(self.command, self.path)
        if self.content_length > limit.longest:
            return self._refuse(413, at_once=self.content_length > _MOST_DRAINED)
        purse = limit.purse_for(self.content_length)
        if not self.budget.take(purse, self.content_length):
            self._make_room(purse)
            if not self.budget.take(purse, self.content_length):
                return self._refuse(503)
        self.purse, self.taken = purse, self.content_length
        self.in_flight[id(self)] = weakref.ref(self)
        return None

    def _make_room(self, purse: Purse) -> None:
        """Let those bodies go that take longest: a few that never come would keep everybody else out."""
        now, chosen, room = time.time(), [], self.budget.left(purse)
        # One list made at once: other threads give back at any time.
        found = [one for made in list(self.in_flight.values()) if (one := made()) is not None]
        slow = [one for one in found if one.purse is purse and not one.completed and one.lasts(now) > _SWIFT]
        for one in sorted(slow, key=lambda one: one.lasts(now), reverse=True):
            if room >= self.content_length:
                break
            chosen.append(one)
            room += one.taken
        if room >= self.content_length:
            for one in chosen:
                one.give_way()

    def lasts(self, now: float) -> float:
        """Return how many seconds the body takes in all, if it goes on as it did; 0 for what has just begun."""
        passed = now - self.began
        return passed * self.content_length / max(1, self.body_bytes_received) if passed > _YOUNG else 0.0

    def give_way(self) -> None:
        """Forget what came of the body and read the rest for the sake of an answer."""
        self.content_length -= self.body_bytes_received
        self._refuse(503)
        self.release()

    def _refuse(self, status: int, *, at_once: bool = False) -> None:
        """Let the app answer in place of the body; who waits to be asked for the body is answered at once."""
        at_once = at_once or self.expect_continue
        self.body_rcv = None if at_once else _Nowhere(self.content_length)
        self.content_length, self.chunked, self.expect_continue = 0, False, False
        self.headers["CONTENT_LENGTH"] = "0"
        self.headers[_REFUSED] = str(status)
        if at_once:
            self.headers["CONNECTION"] = "close"

    def received(self, data: bytes) -> int:
        return int(super().received(data))

    def too_slow(self, now: float) -> bool:
        """Tell whether the rest is not worth waiting for."""
        passed = now - self.began
        if not self.headers_finished:
            return passed > _HEAD_TIME
        return passed > _GRACE and self.body_bytes_received < (passed - _GRACE) * _SLOWEST

    def close(self) -> None:
        super().close()
        self.release()

    def release(self) -> None:
        """Give back what was taken; once."""
        taken, self.taken = self.taken, 0
        if taken and self.purse is not None:
            self.in_flight.pop(id(self), None)
            self.budget.give_back(self.purse, taken)

    def __del__(self) -> None:
        # A connection that ended in the middle leaves its request to nobody else.
        self.release()


_SAID = {
    400: "请求的格式不对，没有接收。",
    431: "请求的头部太长，没有接收。",
    501: "不支持这种传输方式，没有接收。",
}


class _ErrorTask(ErrorTask):  # type: ignore[misc] # Waitress ships no types.
    """Answers what cannot be read as a request."""

    logger = _SILENCE

    def execute(self) -> None:
        code = self.request.error.code
        body = _SAID.get(code, "出了故障，没有接收。").encode()
        self.status = f"{code} {self.request.error.reason}"
        self.response_headers += [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Cache-Control", "no-store"),
        ]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Task(WSGITask):  # type: ignore[misc] # likewise.
    logger = _SILENCE


class _Channel(HTTPChannel):  # type: ignore[misc] # likewise.
    logger = _SILENCE
    task_class = _Task
    error_task_class = _ErrorTask


class _Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc] # likewise.
    logger = queue_logger = _SILENCE


class QuietServer(TcpWSGIServer):  # type: ignore[misc] # likewise.
    """Waitress with a budget, without a log, and without patience for connections that only wait."""

    logger = _SILENCE

    def __init__(self, application: Any, *, budget: Budget, adjustments: Any) -> None:
        """Open the port of `adjustments`; raise `OSError` where it is taken."""
        parser = type("Parser", (_Parser,), {"budget": budget, "in_flight": {}})
        self.channel_class = type("Channel", (_Channel,), {"parser_class": parser})
        dispatcher, self._lookups = _Dispatcher(), _Dispatcher()
        for one in (dispatcher, self._lookups):
            one.set_thread_count(adjustments.threads)
        try:
            super().__init__(
                application, dispatcher=dispatcher, adj=adjustments, sockinfo=adjustments.listen[0]
            )
        except OSError:
            dispatcher.shutdown(timeout=1)
            self.close()
            raise

    def add_task(self, channel: Any) -> None:
        """Let who asks for a case wait in a line of its own: asking costs nothing, and holds a thread until its moment."""
        asked = channel.requests[0]
        ours = not asked.error and is_lookup(asked.command, asked.path)
        (self._lookups if ours else self.task_dispatcher).add_task(channel)

    def close(self) -> None:
        """Stop answering."""
        self._lookups.shutdown(timeout=0)
        super().close()

    def readable(self) -> bool:
        """Before nobody else is let in, let go of those who only wait."""
        if len(self._map) >= self.adj.connection_limit * 9 // 10:
            self._let_go(time.time(), patience=1.0)
        return bool(super().readable())

    def maintenance(self, now: float) -> None:
        """Let go of connections that wait, or send more slowly than a telephone would."""
        self._let_go(now, patience=_HEAD_TIME)

    def _let_go(self, now: float, *, patience: float) -> None:
        for channel in list(self.active_channels.values()):
            if channel.requests:
                continue
            if channel.total_outbufs_len:
                # Whoever asks and never reads would hold the place for ever; the socket is never ready to be written.
                if channel.last_activity < now - patience * _READING:
                    _hang_up(channel)
                continue
            partial = channel.request
            if partial.too_slow(now) if partial is not None else channel.last_activity < now - patience:
                channel.will_close = True


def _hang_up(channel: _Channel) -> None:
    channel.will_close = True
    with suppress(OSError):
        channel.socket.shutdown(socket.SHUT_RDWR)
