"""Forty characters, sent by every path that a report takes, stand nowhere afterwards: on no disk, in no log, in no database.

Real processes in folders of their own; a fault is put into the middle of a request, a process is killed in the middle
of a body and in the middle of a transaction. What the processes opened for writing is known from Python itself.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from io import BytesIO
from itertools import count
from pathlib import Path
from threading import Thread
from urllib.parse import quote, urlsplit

import pytest
from PIL import Image

from portal.domain.reports.codes import derive, new_code, shown
from portal.services.reports import sealing
from tests.bench.watch import family
from tests.reports import plain_form
from tests.reports.citizen import (
    TIMEOUT,
    Line,
    add_part,
    content_of,
    file_report,
    follow,
    sealed_filing,
    solve,
    start,
    today,
)
from tests.reports.county import JURISDICTION, County, Running, made_county
from tests.reports.pages import encoded
from tests.reports.searching import Canary, traces
from tests.reports.watched import BREAKABLE

pytestmark = [pytest.mark.sqlite, pytest.mark.xdist_group("canary")]


_numbers = count(1)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> County:
    return made_county(tmp_path_factory.mktemp("canary"))


@pytest.fixture(scope="module")
def host(county: County) -> Iterator[Running]:
    with county.host() as found:
        yield found


@pytest.fixture
def line(host: Running) -> Iterator[Line]:
    """A citizen at an address of their own: a question is asked where one address sends form after form."""
    with closing(Line(host.address, f"127.0.1.{next(_numbers)}")) as found:
        yield found


def story(canary: Canary) -> str:
    return f"局长没有听完意见就先表态，{canary.text}，会后补的会议记录。"


def nowhere(county: County, host: Running | None, *canaries: Canary) -> None:
    """Find none of them in any file, nor in what the processes hold open; and no file that was not to be written."""
    pids = family(host.pid) if host and host.process.poll() is None else []
    assert traces(canaries, county.places(), pids) == []
    assert list((county.folder / "tmp").iterdir()) == []
    assert list((county.folder / "work").iterdir()) == []
    if host:
        known = {str(county.home / name) for name in ("reports.db", "report.key")}
        odd = [
            line
            for line in host.opened_for_writing()
            if not line.startswith("held") and not re.match(r"\d+ ", line) and line.split("'")[1] not in known
        ]
        assert odd == []


def secret(code: str) -> list[Canary]:
    """A query code as canaries: as it is kept, and as it is shown."""
    return [Canary(code, ("utf-8",)), Canary(shown(code), ("utf-8",))]


def test_a_canary_left_by_a_process_of_the_county_is_found(county: County, host: Running) -> None:
    """Else that nothing is found would mean nothing: in each of the places, and in a log."""
    canary = Canary.fresh()
    for number, place in enumerate(county.places()):
        file = place / f"planted{number}"
        file.write_text(story(canary), encoding="gbk" if number % 2 else "utf-8")
        assert [one for one in traces([canary], county.places(), [host.pid]) if str(file) in one]
        file.unlink()
    assert traces([canary], county.places(), [host.pid]) == []


def test_sealed_report_and_parts(county: County, host: Running, line: Line) -> None:
    canary = Canary.fresh()
    filing, answer = file_report(
        line, JURISDICTION, content_of(JURISDICTION, story(canary), amount=canary.text)
    )
    assert answer.status == 201
    message = sealing.seal_message(filing.sent["case_key"], story(canary))
    assert add_part(line, JURISDICTION, filing.lookup, "message", message).status == 201
    data = story(canary).encode() * 8_000
    for size in (len(data) // 50, len(data)):
        sealed = sealing.seal_attachment(filing.sent["case_key"], 1, data[:size], "text/plain")
        assert add_part(line, JURISDICTION, filing.lookup, "attachment", sealed).status == 201
    assert follow(line, JURISDICTION, filing.lookup).json["found"]
    nowhere(county, host, canary, *secret(filing.code))


def test_without_scripts_with_files(county: County, host: Running, line: Line) -> None:
    canary = Canary.fresh()
    data = story(canary).encode() * (6 * 1024 * 1024 // len(story(canary).encode()))
    files = [
        ("files", f"{canary.text}.txt", "text/plain", data),
        ("files", "照片.jpg", "image/jpeg", picture(canary)),
    ]
    sent = plain_form.send(
        line, JURISDICTION, story(canary), files=files, amount=canary.text, when=canary.text
    )
    assert follow(line, JURISDICTION, derive(sent.code).lookup).json["found"]
    assert canary.text in sent.proof["content"]
    nowhere(county, host, canary, *secret(sent.code))


def test_without_scripts_under_a_real_name(county: County, host: Running, line: Line) -> None:
    canary = Canary.fresh()
    sent = plain_form.send(
        line,
        JURISDICTION,
        story(canary),
        real_name="yes",
        reporter_name=canary.text,
        reporter_phone="13800138000",
        person_name=[canary.text],
        unit=canary.text,
        reported_before=canary.text,
    )
    nowhere(county, host, canary, *secret(sent.code))


def test_without_scripts_the_case_the_message_and_a_wrong_code(
    county: County, host: Running, line: Line
) -> None:
    canary = Canary.fresh()
    sent = plain_form.send(line, JURISDICTION, story(canary))
    shown_page = plain_form.status(line, JURISDICTION, shown(sent.code))
    assert "已收到" in plain_form.words(shown_page.text)
    form = plain_form.the_form(shown_page.text, "/status/message")
    text_field = next(one.name for one in form.fields if one.kind == "textarea")
    files = [("files", "补充.txt", "text/plain", story(canary).encode() * 10_000)]
    answer = line.post_form(
        f"/{JURISDICTION}/status/message", form.values({text_field: story(canary)}), files, parts=True
    )
    assert answer.status in (200, 201), plain_form.words(answer.text)[:500]
    parts = follow(line, JURISDICTION, derive(sent.code).lookup).json["parts"]
    assert sorted(one["kind"] for one in parts) == ["attachment", "message"]
    unknown = new_code()
    assert plain_form.status(line, JURISDICTION, unknown).status in (200, 404)
    assert plain_form.status(
        line, JURISDICTION, unknown[:-1] + ("0" if unknown[-1] != "0" else "1")
    ).status in (200, 422)
    nowhere(county, host, canary, *secret(sent.code), *secret(unknown))


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param({"categories": []}, id="no category"),
        pytest.param({"real_name": []}, id="neither name nor none"),
        pytest.param({"real_name": "yes", "reporter_name": []}, id="a real name without a name"),
    ],
)
def test_what_is_refused_goes_back_to_the_page_alone(
    county: County, host: Running, line: Line, spoilt: dict[str, str | list[str]]
) -> None:
    canary = Canary.fresh()
    form = plain_form.the_form(line.get(f"/{JURISDICTION}/write").text, "/write")
    values = form.values({**plain_form.filled(form, story(canary)), **spoilt})
    answer = line.post_form(f"/{JURISDICTION}/write", values, parts=True)
    assert answer.status == 422
    assert canary.text in answer.text
    nowhere(county, host, canary)


def test_a_text_of_700_kb(county: County, host: Running, line: Line) -> None:
    canary = Canary.fresh()
    text = story(canary) * (700 * 1024 // len(story(canary).encode()))
    form = plain_form.the_form(line.get(f"/{JURISDICTION}/write").text, "/write")
    for parts in (True, False):  # Each of the two has a way of its own to a temporary file.
        body, kind = encoded(form.values(plain_form.filled(form, text)), parts=parts)
        assert len(body) > 700 * 1024
        answer = line.ask("POST", f"/{JURISDICTION}/write", body, kind)
        assert answer.status in (413, 422), plain_form.words(answer.text)[:300]
    nowhere(county, host, canary)


def test_a_body_in_pieces_and_a_body_that_is_no_form(county: County, host: Running, line: Line) -> None:
    canary = Canary.fresh()
    body = story(canary).encode()
    for kind in (
        "text/plain",
        "application/json",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
    ):
        for path in ("write", "reports", "parts", "follow", "status", "check", "nothing"):
            assert line.ask("POST", f"/{JURISDICTION}/{path}", body * 100, kind).status >= 400
    place = urlsplit(host.address)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=TIMEOUT) as wire:
        head = f"POST /{JURISDICTION}/write HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        wire.sendall(head.encode() + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")
        assert wire.recv(100).startswith(b"HTTP/1.1 4")
    nowhere(county, host, canary)


def test_what_stands_in_an_address_or_a_header(county: County, host: Running, line: Line) -> None:
    canary, code = Canary.fresh(), new_code()
    for text in (canary.text, shown(code)):
        for path in (
            f"/{JURISDICTION}/status?code=",
            f"/{JURISDICTION}/",
            "/",
            f"/{JURISDICTION}/write?unit=",
        ):
            line.get(path + quote(text))
        line.ask(
            "GET",
            f"/{JURISDICTION}/write",
            **{"User-Agent": quote(text), "Referer": f"http://x/{quote(text)}"},
        )
        line.ask("POST", f"/{JURISDICTION}/{quote(text)}", b"x", "text/plain")
    nowhere(county, host, canary, *secret(code))


@pytest.mark.parametrize("place", BREAKABLE)
def test_a_request_that_raises(county: County, host: Running, line: Line, place: str) -> None:
    """The error's own text holds all that the function was given."""
    canary = Canary.fresh()
    files = [("files", "材料.txt", "text/plain", story(canary).encode() * 10_000)]
    before = host.told.read_text(encoding="utf-8").count("Planned")
    with county.fault(place):
        answer, _ = plain_form.send_through(line, JURISDICTION, story(canary), files=files)
    assert answer.status == 500
    assert canary.text not in answer.text
    assert (
        host.told.read_text(encoding="utf-8").count("Planned") == before + 1
    )  # That it raised is known, and no more.
    nowhere(county, host, canary)


def test_killed_in_the_middle_of_a_body(county: County) -> None:
    canary = Canary.fresh()
    with county.host() as host, closing(Line(host.address)) as line:
        form = plain_form.the_form(line.get(f"/{JURISDICTION}/write").text, "/write")
        files = [("files", "材料.txt", "text/plain", story(canary).encode() * 60_000)]
        body, kind = encoded(form.values(plain_form.filled(form, story(canary))), files)
        place, half = urlsplit(host.address), len(body) // 2
        with socket.create_connection((place.hostname or "", place.port or 0), timeout=TIMEOUT) as wire:
            head = f"POST /{JURISDICTION}/write HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
            wire.sendall(head.encode() + body[:half])
            until(lambda: taken_in(wire))
            nowhere(county, host, canary)
            host.kill()
    nowhere(county, host, canary)


@pytest.mark.parametrize("scripts", [True, False], ids=["sealed by the browser", "sealed by the host"])
def test_killed_in_the_middle_of_a_transaction(county: County, host: Running, scripts: bool) -> None:
    canary, living = Canary.fresh(), host
    with county.fault(BREAKABLE[-1], "hold"), county.host() as host, closing(Line(host.address)) as line:
        if scripts:
            begun = start(line, JURISDICTION)
            filing = sealed_filing(begun["list"], content_of(JURISDICTION, story(canary)), day=today())
            nonce = solve(begun["challenge"], begun["bits"])
            body = json.dumps({**filing.sent, "challenge": begun["challenge"], "nonce": nonce}).encode()
            path, kind = f"/{JURISDICTION}/reports", "application/json"
        else:
            form = plain_form.the_form(line.get(f"/{JURISDICTION}/write").text, "/write")
            files = [("files", "材料.txt", "text/plain", story(canary).encode() * 10_000)]
            body, kind = encoded(form.values(plain_form.filled(form, story(canary))), files)
            path = f"/{JURISDICTION}/write"
        waiting = Thread(target=lambda: suppressed(line, path, body, kind))
        waiting.start()
        until(lambda: any(one.startswith("held") for one in host.opened_for_writing()))
        nowhere(county, host, canary)
        host.kill()
        waiting.join()
    nowhere(county, host, canary)
    if scripts:  # What was not acknowledged is not there.
        with closing(Line(living.address)) as line:
            assert not follow(line, JURISDICTION, filing.lookup).json["found"]


def suppressed(line: Line, path: str, body: bytes, kind: str) -> None:
    """Send what nobody will answer."""
    with suppress(OSError, http.client.HTTPException):
        line.ask("POST", path, body, kind)


def taken_in(wire: socket.socket) -> bool:
    """Tell whether the other side has read all that was sent to it on this machine."""
    own, other = (f"{one[1]:04X}" for one in (wire.getsockname(), wire.getpeername()))
    queues = []
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        _, local, remote, _, queue, *_ = line.split()
        if {local.rpartition(":")[2], remote.rpartition(":")[2]} == {own, other}:
            queues.append(queue)
    return len(queues) == 2 and set(queues) == {"00000000:00000000"}


def until(done: Callable[[], bool]) -> None:
    """Wait for something to come about; five minutes are no measure but the end of patience."""
    for _ in range(15_000):
        if done():
            return
        time.sleep(0.02)
    raise AssertionError("it never came about")


def picture(canary: Canary) -> bytes:
    """Return a photograph whose metadata say it."""
    out, exif = BytesIO(), Image.Exif()
    exif[0x010E] = canary.text  # The description.
    exif[0x9C9B] = canary.text.encode("utf-16-le")  # The title, as Windows writes it.
    Image.new("RGB", (64, 48), "green").save(out, "JPEG", exif=exif, comment=canary.text.encode())
    return out.getvalue()
