"""Somebody who holds places and memory of the host without using them keeps nobody out."""

from __future__ import annotations

import math
import socket
import threading
import time
from typing import Any

import pytest

from portal.domain.reports.codes import new_code
from portal.web.report import channels, returning, sealed
from portal.web.report.limits import Budget, Purse
from portal.web.report.serving import THREADS, ReportServer
from tests.web.report.world import PATIENCE, SLUG, Reporter, Wire, World, until

MIB = 1024 * 1024


def held(server: ReportServer, path: str, length: int) -> socket.socket:
    """Announce a body and send next to nothing of it."""
    line = socket.create_connection((server.host, server.port))
    line.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode() + b"{" * 10)
    return line


def channels_of(server: ReportServer) -> list[Any]:
    """Return the connections; in one go, for the server's own thread opens and ends them."""
    return list(server._server.active_channels.values())


def test_bodies_that_never_come_keep_nobody_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "_YOUNG", 0.0)
    budget = Budget({Purse.SHORT: 256 * 1024})
    with world.serving(budget=budget) as server:
        wire = Wire(server)
        lines = [held(server, f"/{SLUG}/write", 24 * MIB) for _ in range(2)]
        lines += [held(server, f"/{SLUG}/write", 16 * MIB)]
        lines += [held(server, f"/{SLUG}/reports", 2 * MIB) for _ in range(32)]
        lines += [held(server, f"/{SLUG}/reports", 256 * 1024)]
        until(lambda: {budget.left(one) for one in (Purse.SHORT, Purse.TEXTS, Purse.FORMS)} == {0})
        time.sleep(0.05)
        answers = [
            Reporter(world).send(wire).status_code,
            wire.post(f"/{SLUG}/follow", json={"lookup": "0" * 64}).status_code,
            wire.form(f"/{SLUG}/status", {"code": new_code()}).status_code,
            wire.form(f"/{SLUG}/write", {"what": "a" * 500_000}).status_code,
        ]
        assert answers == [201, 200, 200, 422]
        for line in lines:
            line.close()
        until(lambda: all(budget.left(one) == Budget().left(one) for one in (Purse.TEXTS, Purse.FORMS)))


def test_who_gave_way_is_told_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "_YOUNG", 0.0)
    with world.serving(budget=Budget({Purse.SHORT: 5_000})) as server:
        line = held(server, f"/{SLUG}/status", 5_000)
        until(lambda: server.budget.left(Purse.SHORT) == 0)
        time.sleep(0.05)
        assert Wire(server).form(f"/{SLUG}/status", {"code": new_code()}).status_code == 200
        line.sendall(b"a" * 4_990)
        assert line.recv(100).startswith(b"HTTP/1.1 503 ")
        line.close()
        until(lambda: server.budget.left(Purse.SHORT) == 5_000)


def test_what_has_just_begun_does_not_give_way(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "_YOUNG", 3600.0)  # Else it were no longer young on a machine that is busy.
    with world.serving(budget=Budget({Purse.SHORT: 5_000})) as server:
        line = held(server, f"/{SLUG}/status", 5_000)
        until(lambda: server.budget.left(Purse.SHORT) == 0)
        assert Wire(server).form(f"/{SLUG}/status", {"code": new_code()}).status_code == 503
        line.close()


def test_who_asks_and_never_reads_is_let_go(world: World) -> None:
    with world.serving() as server:
        server._server.next_channel_cleanup = math.inf  # Only when it is asked to, below.
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect((server.host, server.port))
        ask = f"GET /{SLUG}/write HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        line.sendall(ask * 600)

        def stuck() -> bool:
            return any(one.total_outbufs_len and not one.requests for one in channels_of(server))

        until(stuck)
        [last] = [one.last_activity for one in channels_of(server)]
        server._server.maintenance(last + 30)
        assert stuck()  # A telephone in a tunnel.
        server._server.maintenance(last + 300)
        until(lambda: not server._server.active_channels)
        line.close()


def test_questions_keep_no_report_waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    moment, waiting = threading.Event(), threading.Semaphore(0)

    def wait(_: float) -> None:
        waiting.release()
        moment.wait(2 * PATIENCE)

    for module in (sealed, returning):
        monkeypatch.setattr(module, "wait_for_beat", wait)
    with world.serving() as server:
        wire = Wire(server)
        ask = [
            lambda: wire.post(f"/{SLUG}/follow", json={"lookup": "0" * 64}),
            lambda: wire.form(f"/{SLUG}/status", {"code": new_code()}),
        ]
        crowd = [threading.Thread(target=one) for one in ask * THREADS]
        for one in crowd:
            one.start()
        try:
            for _ in range(THREADS):
                assert waiting.acquire(timeout=PATIENCE)
            answered: list[int] = []
            sender = threading.Thread(
                target=lambda: answered.append(Reporter(world).send(wire).status_code), daemon=True
            )
            sender.start()
            sender.join(PATIENCE)
            assert answered == [201]
        finally:
            moment.set()
            for one in crowd:
                one.join()
