"""Nothing that a reporter writes is on disk, in a log or in an answer to somebody else, whatever happens on the way."""

from __future__ import annotations

import http.client
import logging
import math
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from sqlalchemy.orm import Session

from portal.services.reports.sealing import open_body, open_grants, seal_attachment
from portal.store.reports.db import open_reports
from portal.store.reports.tables import SealedReport
from portal.web.report.limits import Budget, Purse
from portal.web.serving import OfficeServer
from tests.web.report.traces import files_opened_to_write, traces
from tests.web.report.world import (
    CANARY,
    PATIENCE,
    SLUG,
    TEXT,
    Reporter,
    Wire,
    World,
    make_world,
    multipart,
    until,
)

pytestmark = pytest.mark.sqlite

ROOT = Path(__file__).resolve().parents[3]
FILLED = {
    "real_name": "yes",
    "reporter_name": f"方示九{CANARY}",
    "reporter_phone": "000",
    "unit": "示例县住房局",
    "categories": "speak_last",
    "what": TEXT,
    "truth": "yes",
}
SIX_MEGABYTES = CANARY.encode() * (6 * 1024 * 1024 // len(CANARY.encode()))
LONG_TEXT = CANARY * (700 * 1024 // len(CANARY.encode()))


@pytest.fixture
def wire(world: World) -> Iterator[Wire]:
    with world.serving() as server:
        yield Wire(server)


def own(noted: list[str], home: Path) -> list[str]:
    """Leave out the report host's own key: made at the first start."""
    return [one for one in noted if str(home / "report.key") not in one]


def test_the_watch_sees_what_an_ordinary_server_writes(tmp_path: Path) -> None:
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: str(len(request.files["f"].read())), methods=["POST"])
    server = OfficeServer(("127.0.0.1", 0))
    threading.Thread(target=server.run, args=(app,), daemon=True).start()
    kind, body = multipart({}, {"f": ("f", SIX_MEGABYTES)})
    with files_opened_to_write() as noted:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        connection.request("POST", "/", body, {"Content-Type": kind})
        assert int(connection.getresponse().read()) == len(SIX_MEGABYTES)
        connection.close()
    server.close()
    assert noted, "neither Waitress nor Werkzeug wrote a temporary file: the watch is blind"


def test_large_forms_are_never_a_file(world: World, wire: Wire, tmp_path: Path) -> None:
    with files_opened_to_write() as noted:
        filed = wire.form(f"/{SLUG}/write", FILLED, {"files": ("a.bin", SIX_MEGABYTES)})
        long = wire.form(f"/{SLUG}/write", {**FILLED, "what": LONG_TEXT})
        code = re.search(r'<p class="code">(.*?)</p>', filed.text)
        assert code
        typed = re.sub(r"<[^>]+>", "", code[1])
        message = wire.form(
            f"/{SLUG}/status/message", {"code": typed, "message": TEXT}, {"files": ("b.bin", SIX_MEGABYTES)}
        )
        checked = wire.form(f"/{SLUG}/check", {"proof": LONG_TEXT})
    assert (filed.status_code, long.status_code, message.status_code) == (200, 422, 200)
    assert "最多 20000 个字" in long.text
    assert LONG_TEXT in long.text
    assert checked.status_code == 422
    assert own(noted, tmp_path) == []
    world.engine.dispose()
    assert traces(CANARY, tmp_path) == []
    assert traces(typed, tmp_path) == []


def test_what_raises_is_logged_by_its_type_alone(
    world: World, wire: Wire, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("portal", "waitress", "werkzeug", "flask", "portal.web"):
        caplog.set_level(logging.DEBUG, name)

    def breaks(*_: Any) -> str:
        raise RuntimeError(f"cannot sign {CANARY}")

    world.app.extensions["report"].signer_of = lambda _: breaks

    form = wire.form(f"/{SLUG}/write", FILLED, {"files": ("a.bin", SIX_MEGABYTES)})
    sealed = Reporter(world).send(wire)

    assert (form.status_code, sealed.status_code) == (500, 500)
    assert "没有完成" in form.text
    assert sealed.json["error"] == "failed"
    assert not world.rows(SealedReport)
    told = caplog.text + "".join(capfd.readouterr())
    assert len(re.findall(r"error [0-9a-f]{8}: RuntimeError", told)) == 2
    for secret in (CANARY, "127.0.0.1", "cannot sign", "方示九", "Python-urllib"):
        assert secret not in told
    assert CANARY not in form.text


def test_no_request_leaves_a_line_in_any_log(
    world: World, wire: Wire, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("portal", "waitress", "werkzeug", "flask", "portal.web"):
        caplog.set_level(logging.DEBUG, name)
    agent = {"User-Agent": "Canary/7.7"}
    answers = [
        wire.ask("GET", f"/{SLUG}/write", headers=agent),
        wire.ask("GET", f"/{SLUG}/nothing-{SLUG}", headers=agent),
        wire.ask("DELETE", f"/{SLUG}/reports", headers=agent),
        wire.form(f"/{SLUG}/write", FILLED),
        Reporter(world).send(wire),
        wire.post(f"/{SLUG}/follow", json={"lookup": "0" * 64}),
    ]
    with socket.create_connection((wire.server.host, wire.server.port)) as line:
        line.sendall(b"NONSENSE \xff\xfe canary7.7\r\n\r\n")
        broken = b"".join(iter(lambda: line.recv(4096), b""))
    with socket.create_connection((wire.server.host, wire.server.port)) as line:
        line.sendall(
            b"POST /jinhu/write HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n" + CANARY.encode()
        )
    until(lambda: not wire.server._server.active_channels)  # Whatever it says of the last one, it has said.
    assert "格式不对".encode() in broken
    assert b"waitress" not in broken
    assert all("Set-Cookie" not in one.headers for one in answers)
    assert caplog.text == ""
    assert "".join(capfd.readouterr()) == ""


def test_no_core_is_dumped(wire: Wire) -> None:
    assert wire.get("/").status_code == 200
    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)


# --- what may come, and how much of it at a time ---


def raw(wire: Wire, head: str, body: bytes = b"") -> bytes:
    """Send bytes as they are and return all that comes back."""
    with socket.create_connection((wire.server.host, wire.server.port), timeout=PATIENCE) as line:
        line.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        out = b""
        while b"\r\n\r\n" not in out or len(out.partition(b"\r\n\r\n")[2]) < _length(out):
            got = line.recv(65536)
            if not got:
                break
            out += got
        return out


def _length(out: bytes) -> int:
    found = re.search(rb"Content-Length: (\d+)", out)
    return int(found[1]) if found else 1


def test_a_body_too_large_is_refused_in_words_without_being_kept(world: World, wire: Wire) -> None:
    with files_opened_to_write() as noted:
        form = wire.form(f"/{SLUG}/write", FILLED, {"files": ("a", bytes(25 * 1024 * 1024))})
        part = wire.ask("POST", f"/{SLUG}/parts", bytes(13 * 1024 * 1024))
        report = wire.ask("POST", f"/{SLUG}/reports", b"[" * (2 * 1024 * 1024 + 1))
        lookup = wire.ask("POST", f"/{SLUG}/follow", b" " * 5000)
        get = wire.ask("GET", "/", b"x" * 5000)
    assert [one.status_code for one in (form, part, report, lookup, get)] == [413] * 5
    assert "附件" in form.text
    assert part.json["error"] == "too_large"
    assert wire.server.budget.left(Purse.FILES) == Budget().left(Purse.FILES)
    assert noted == []


def test_a_body_that_could_never_be_is_refused_at_once(wire: Wire) -> None:
    answer = raw(wire, f"POST /{SLUG}/parts HTTP/1.1\nHost: x\nContent-Length: 99999999999")
    assert b" 413 " in answer
    assert b"Connection: close" in answer
    chunked = raw(
        wire, f"POST /{SLUG}/follow HTTP/1.1\nHost: x\nTransfer-Encoding: chunked", b"5\r\nabcde\r\n"
    )
    assert b" 411 " in chunked
    # Nobody talks the host into a refusal, or out of one, by a header.
    told = raw(wire, "GET / HTTP/1.1\nHost: x\nX-Portal-Refused: 503")
    assert b" 200 " in told


def test_each_purse_pays_for_its_own(world: World) -> None:
    budget = Budget({Purse.FILES: 1_000_000, Purse.FORMS: 100_000})
    reporter = Reporter(world)
    with world.serving(budget=budget) as server:
        wire = Wire(server)
        reporter.send(wire)
        sealed = seal_attachment(reporter.sealed().case_key, 1, bytes(1_500_000), "video/mp4")
        fields = {"lookup": reporter.sealed().lookup, "kind": "attachment", "id": "a" * 32}
        full = wire.form(f"/{SLUG}/parts", fields, {"sealed": ("s", sealed)})
        form = wire.form(f"/{SLUG}/write", FILLED, {"files": ("a", bytes(300_000))})
        text = Reporter(world).send(wire)
        small = wire.form(f"/{SLUG}/write", FILLED)
    assert (full.status_code, full.json["error"]) == (503, "busy")
    assert int(full.headers["Retry-After"]) > 0
    assert form.status_code == 503
    assert "半分钟" in form.text
    assert (text.status_code, small.status_code) == (201, 200)
    assert (budget.left(Purse.FILES), budget.left(Purse.FORMS)) == (1_000_000, 100_000)


def test_who_goes_away_in_the_middle_gives_the_memory_back(world: World, wire: Wire) -> None:
    whole = Budget().left(Purse.FILES)
    lines = []
    for _ in range(5):
        line = socket.create_connection((wire.server.host, wire.server.port))
        line.sendall(f"POST /{SLUG}/parts HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n".encode())
        line.sendall(bytes(100_000))
        lines.append(line)
    until(lambda: wire.server.budget.left(Purse.FILES) == whole - 45_000_000)
    for line in lines:
        line.close()
    until(lambda: wire.server.budget.left(Purse.FILES) == whole)


# --- a process of its own ---


class Process:
    """The command `portal report-host` over a home with keys."""

    def __init__(self, home: Path, temporary: Path) -> None:
        temporary.mkdir(exist_ok=True)
        self.log = (home.parent / "log").open("wb")
        environment = {
            **os.environ,
            "PORTAL_HOME": str(home),
            "TMPDIR": str(temporary),
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-c", "from portal.cli import main; main()"]
        self.child = subprocess.Popen(
            [*command, "report-host", "--port", "0"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        assert self.child.stdout is not None
        told = self.child.stdout.readline()
        found = re.search(r"http://([\d.]+):(\d+)", told)
        assert found, told
        self.host, self.port = found[1], int(found[2])

    def files(self) -> set[str]:
        """Return what it has open."""
        found = set()
        for one in Path(f"/proc/{self.child.pid}/fd").iterdir():
            try:
                found.add(str(one.readlink()))
            except OSError:
                continue
        return found

    def kill(self) -> None:
        self.child.send_signal(signal.SIGKILL)
        self.child.wait(PATIENCE)
        self.log.close()
        if self.child.stdout:
            self.child.stdout.close()


@pytest.fixture
def process(tmp_path: Path, regimes: Any) -> Iterator[tuple[Process, World]]:
    home = tmp_path / "home"
    home.mkdir()
    world = make_world(home, regimes)
    started = Process(home, tmp_path / "tmp")
    yield started, world
    if started.child.poll() is None:
        started.kill()
    world.engine.dispose()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_six_megabytes_in_a_process_of_its_own_leave_no_trace(
    process: tuple[Process, World], tmp_path: Path
) -> None:
    started, _ = process
    wire, seen, stop = Wire(started), set[str](), threading.Event()  # type: ignore[arg-type] # has host and port.

    def watch() -> None:
        while not stop.is_set():
            seen.update(started.files())
            seen.update(str(one) for one in (tmp_path / "tmp").rglob("*"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        answer = wire.form(f"/{SLUG}/write", FILLED, {"files": ("a.bin", SIX_MEGABYTES)})
        # Half a body, then silence, then death.
        line = socket.create_connection((started.host, started.port))
        kind, body = multipart(FILLED, {"files": ("a.bin", SIX_MEGABYTES)})
        head = (
            f"POST /{SLUG}/write HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}"
        )
        line.sendall(head.encode() + b"\r\n\r\n" + body[: len(body) // 2])
        time.sleep(0.3)
    finally:
        stop.set()
        watcher.join()
    started.kill()
    line.close()
    assert answer.status_code == 200
    regular = {one for one in seen if one.startswith("/") and not one.startswith(("/dev/", "/proc/"))}
    home = str(tmp_path / "home")
    assert not [one for one in regular if "deleted" in one or str(tmp_path / "tmp") in one], regular
    ours = {one for one in regular if one.startswith(str(tmp_path))}
    # Its database and log, and what it only reads: seen where the watch looks at just that moment.
    read = ("report.key", "report_terms.json", "key_lists", "receipt_keys")
    known = (f"{home}/reports.db", f"{tmp_path}/log", *(f"{home}/{one}" for one in read))
    assert not [one for one in ours if one != home and not one.startswith(known)]
    assert traces(CANARY, tmp_path) == []
    code = re.search(r'<p class="code">(.*?)</p>', answer.text)
    assert code
    assert traces(re.sub(r"<[^>]+>", "", code[1]), tmp_path) == []
    assert traces(re.sub(r"<[^>]+>|-", "", code[1]), tmp_path) == []


def test_killed_in_the_middle_every_report_is_whole_and_what_was_told_is_there(
    process: tuple[Process, World],
) -> None:
    started, world = process
    wire = Wire(started)  # type: ignore[arg-type] # has host and port.
    reporters = [Reporter(world) for _ in range(40)]
    for one in reporters:
        one.sealed()
    told: list[str] = []

    def send(reporter: Reporter) -> None:
        try:
            answer = reporter.send(wire)
        except (OSError, http.client.HTTPException):
            return
        if answer.status_code == 201:
            told.append(reporter.sealed().lookup)
            if len(told) >= 12:  # Of two at once neither may see the twelfth.
                started.child.send_signal(signal.SIGKILL)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, reporters))
    started.kill()

    engine = open_reports(f"sqlite:///{world.settings.reports_database}")
    with Session(engine) as session:
        assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        rows = session.query(SealedReport).all()
        assert set(told) <= {row.lookup for row in rows}
        assert len(told) >= 12
        for row in rows:
            case = open_grants(row.grants or b"", world.identities["示例甲"])
            assert case
            assert open_body(row.body or b"", case).commitment == row.commitment
    engine.dispose()


# --- who asks, and who only waits ---


def prices(wire: Wire, address: str, times: int) -> list[int]:
    return [wire.get(f"/{SLUG}/start", **{"X-Forwarded-For": address}).json["bits"] for _ in range(times)]


def test_the_price_follows_the_address_that_the_named_proxy_tells(world: World) -> None:
    with world.serving(proxy="127.0.0.1") as server:
        wire = Wire(server)
        assert prices(wire, "203.0.113.9", 12)[-1] > 12
        assert prices(wire, "203.0.113.10", 1) == [12]


def test_an_address_that_somebody_makes_up_counts_for_nothing(wire: Wire) -> None:
    told = [prices(wire, f"203.0.113.{n}", 1)[0] for n in range(12)]
    assert told[-1] > 12


def test_who_only_waits_or_drips_is_let_go_and_who_sends_is_not(wire: Wire) -> None:
    server = wire.server._server
    server.next_channel_cleanup = math.inf  # Only when it is asked to, below.
    address = (wire.server.host, wire.server.port)
    head = f"POST /{SLUG}/parts HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n".encode()
    quiet, half, drips, sends = (socket.create_connection(address, timeout=PATIENCE) for _ in range(4))
    half.sendall(b"GET / HTTP/1.1\r\n")
    drips.sendall(head + b"x")
    sends.sendall(head + bytes(5_000_000))
    until(lambda: len(server.active_channels) == 4)
    until(
        lambda: any(
            (one.request and one.request.body_bytes_received == 5_000_000) for one in _channels(server)
        )
    )

    server._let_go(time.time() + 60, patience=20)

    for one in (quiet, half, drips):
        assert one.recv(10) == b""
        one.close()
    # The other end hears of it a moment before the server has put everything away.
    until(lambda: len(server.active_channels) == 1)
    until(lambda: wire.server.budget.left(Purse.FILES) == Budget().left(Purse.FILES) - 9_000_000)
    sends.close()


def _channels(server: Any) -> list[Any]:
    return list(server.active_channels.values())
