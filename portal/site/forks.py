"""Spreads work over forked processes that all look at the same state of the database.

Every process opens the database itself. The caller holds writers back until all
have begun their reading transactions (`ready` is called then).
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol


class ForkFailed(RuntimeError):
    """A process of the build ended without an answer."""


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Let the garbage collector sleep: pages leave few rings, and looking for them takes a tenth of the time.

    Whoever does much calls `gc.collect` now and then: what was there before is not looked at.
    """
    was_on = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_on:
            gc.enable()


class Hand(Protocol):
    """One process's means to work."""

    def work(self, task: Any) -> Any:
        """Do one task and return its result; both must be fit for pickling."""


@dataclass(frozen=True)
class Wrong:
    """A task that failed, and why."""

    told: str
    trace: str


@dataclass(frozen=True)
class Stopped:
    """The disk refused: no fault of the task, and every other one would meet it too."""

    number: int
    told: str
    file: str

    def error(self) -> OSError:
        """Return the error as it was met."""
        return OSError(self.number, self.told, self.file or None)


Begin = Callable[[], AbstractContextManager[Hand]]


def spread(
    begin: Begin, tasks: Sequence[Any], *, jobs: int, ready: Callable[[], None]
) -> Generator[tuple[int, Any]]:
    """Yield the place of each task with its result (or `Wrong`) as they are done, by `jobs` processes.

    Raise `ForkFailed` when a process ends without an answer, `OSError` when the disk refuses.
    """
    context = multiprocessing.get_context("fork")
    pairs = [context.Pipe() for _ in range(min(jobs, len(tasks)))]
    gc.collect()
    gc.freeze()  # Otherwise the collector's marks would copy the parent's memory into every process.
    started = []
    whole = False
    try:
        for _, own in pairs:
            others = [one for pair in pairs for one in pair if one is not own]
            child = context.Process(target=_serve, args=(begin, own, others), daemon=True)
            try:
                child.start()
            except OSError as refused:
                raise ForkFailed(_TOLD) from refused
            started.append(child)
        for _, theirs in pairs:
            theirs.close()
        hands = [mine for mine, _ in pairs]
        for hand in hands:
            _answer(hand)
        ready()
        yield from _give_out(hands, tasks)
        whole = True
    finally:
        gc.unfreeze()
        for mine, theirs in pairs:
            mine.close()
            theirs.close()
        for child in started:
            if not whole:
                child.kill()  # What it is at work on will not be used.
            child.join(timeout=10)
            if child.is_alive():
                child.kill()
                child.join()


_TOLD = (
    "生成页面的一个进程意外结束或无法启动（可能是内存不足被系统终止）。网站仍是上一次生成的内容；"
    "请用 --jobs 1 重试，或增加内存。"
)


def _give_out(hands: list[Connection], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    waiting = list(reversed(range(len(tasks))))
    busy: dict[Connection, int] = {}
    for hand in hands:
        if waiting:
            busy[hand] = waiting.pop()
            _ask(hand, tasks[busy[hand]])
    while busy:
        for ready in wait(list(busy)):
            assert isinstance(ready, Connection)  # noqa: S101 - nothing else was waited for.
            hand = ready
            result = _answer(hand)
            if isinstance(result, Stopped):
                raise result.error()
            place = busy.pop(hand)
            if waiting:
                busy[hand] = waiting.pop()
                _ask(hand, tasks[busy[hand]])
            yield place, result


def _ask(hand: Connection, task: Any) -> None:
    try:
        hand.send(task)
    except ConnectionError as gone:
        raise ForkFailed(_TOLD) from gone


def _answer(hand: Connection) -> Any:
    try:
        return hand.recv()
    except (EOFError, ConnectionError) as gone:
        raise ForkFailed(_TOLD) from gone


def attempt(hand: Hand, task: Any) -> Any:
    """Do one task. What goes wrong with it comes back as `Wrong`; where the disk refuses, raise `OSError`."""
    try:
        return hand.work(task)
    except OSError:
        raise
    except Exception as wrong:
        return Wrong(f"{type(wrong).__name__}: {wrong}".partition("\n")[0], traceback.format_exc())


def _serve(begin: Begin, pipe: Connection, inherited: list[Connection]) -> None:
    """Run in the child: work until the parent hangs up, then leave without the parent's clean-up."""
    code = 1
    try:
        # Ctrl+C and a service manager's stop reach every process: the parent decides, and hangs up.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for one in inherited:
            one.close()  # Else nobody would see a brother go, nor a child its parent.
        with collector_at_rest(), begin() as hand:
            pipe.send("ready")
            while True:
                pipe.send(_told_of(hand, pipe.recv()))
    except (EOFError, ConnectionError):
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _told_of(hand: Hand, task: Any) -> Any:
    try:
        return attempt(hand, task)
    except OSError as refused:
        return Stopped(refused.errno or 0, refused.strerror or str(refused), str(refused.filename or ""))
