"""A citizen's side in Python: asks the report host as a browser does, from an address of the loopback of one's own."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from portal.domain.reports.codes import derive, new_code
from portal.domain.reports.content import ReportContent
from portal.domain.reports.keylist import KeyList
from portal.domain.reports.routing import choose_route
from portal.services.reports import sealing
from tests.reports.pages import encoded

SHANGHAI = ZoneInfo("Asia/Shanghai")
TIMEOUT = 300.0  # Seconds: no measure, but the end of patience on a busy machine.


@dataclass(frozen=True)
class Answer:
    """What the host answered."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> dict[str, Any]:
        """The body as JSON."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


@dataclass
class Line:
    """A connection to the host that stays open, from one address."""

    host: str
    source: str = "127.0.0.1"
    cookies: dict[str, str] = field(default_factory=dict)
    _open: http.client.HTTPConnection | None = None

    def ask(
        self, method: str, path: str, body: bytes | None = None, kind: str = "", **headers: str
    ) -> Answer:
        """Ask; a connection that the host closed while it was idle is opened anew."""
        more = {"Content-Type": kind} if kind else {}
        if self.cookies:
            more["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        for again in (False, True):
            kept = self._open is not None
            self._open = self._open or http.client.HTTPConnection(
                urlsplit(self.host).netloc, timeout=TIMEOUT, source_address=(self.source, 0)
            )
            try:
                self._open.request(method, path, body, {**more, **headers})
                answer = self._open.getresponse()
                data = answer.read()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.close()
                if again or not kept:
                    raise
                continue
            for line in answer.headers.get_all("Set-Cookie") or ():
                name, _, rest = line.partition("=")
                self.cookies[name] = rest.partition(";")[0]
            return Answer(answer.status, data, dict(answer.headers))
        raise AssertionError

    def get(self, path: str) -> Answer:
        """Ask for a page."""
        return self.ask("GET", path)

    def post_json(self, path: str, data: Mapping[str, Any]) -> Answer:
        """Send JSON."""
        return self.ask("POST", path, json.dumps(data).encode(), "application/json")

    def post_form(
        self,
        path: str,
        values: Sequence[tuple[str, str]],
        files: Sequence[tuple[str, str, str, bytes]] = (),
        *,
        parts: bool = False,
    ) -> Answer:
        """Send a form; the page that it leads to is fetched, as a browser does."""
        answer = self.ask("POST", path, *encoded(values, files, parts=parts))
        if answer.status in (302, 303):
            return self.get(urlsplit(answer.headers["Location"]).path)
        return answer

    def close(self) -> None:
        """Close the connection."""
        if self._open is not None:
            self._open.close()
            self._open = None


def solve(challenge: str, bits: int) -> str:
    """Return a nonce that does the asked work."""
    start, edge = hashlib.sha256(f"{challenge}:".encode()), (1 << (256 - bits)).to_bytes(32)
    for number in count():
        work = start.copy()
        work.update(b"%d" % number)
        if work.digest() < edge:
            return str(number)
    raise AssertionError


def content_of(jurisdiction: str, what: str, **more: Any) -> ReportContent:
    """Return a small anonymous report; `more` changes or adds fields."""
    fields: dict[str, Any] = {
        "jurisdiction": jurisdiction,
        "unit": "示例县住房和城乡建设局",
        "categories": ["speak_last"],
        "what": what,
        "route": "own",
    }
    return ReportContent(**{**fields, **more})


@dataclass(frozen=True)
class Filing:
    """A report that was sealed, as it is sent; and what the citizen keeps."""

    code: str
    lookup: str
    commitment: bytes
    sent: dict[str, Any]


def sealed_filing(key_list: KeyList, content: ReportContent, *, day: date) -> Filing:
    """Seal a report as a browser does."""
    code = new_code()
    route = choose_route(
        key_list,
        day=day,
        unit=content.unit,
        persons=content.persons,
        ticked=frozenset(content.left_out),
        text=content.free_text(),
        cleared=frozenset(),
    )
    parts = sealing.seal_report(key_list, content, day=day, code=code, route=route)
    sent = {
        "serial": key_list.serial,
        **{
            name: _b64(getattr(parts, name))
            for name in ("grants", "body", "routing", "binding", "commitment")
        },
        "case_key": parts.case_key,
        "reporter_key": parts.reporter_key,
        "lookup": parts.lookup,
    }
    return Filing(code, parts.lookup, parts.commitment, sent)


def today() -> date:
    """Return the day in Shanghai."""
    return datetime.now(SHANGHAI).date()


def start(line: Line, jurisdiction: str) -> dict[str, Any]:
    """Ask for the key list and a challenge; `"list"` is the list that was read."""
    answer = line.get(f"/{jurisdiction}/start")
    assert answer.status == 200, (answer.status, answer.text)
    found = answer.json
    found["list"] = KeyList.model_validate_json(found["key_list"]["list"])
    return found


def file_it(line: Line, jurisdiction: str, filing: Filing, challenge: str, nonce: str) -> Answer:
    """Send a sealed report with its proof of work."""
    return line.post_json(f"/{jurisdiction}/reports", {**filing.sent, "challenge": challenge, "nonce": nonce})


def file_report(line: Line, jurisdiction: str, content: ReportContent) -> tuple[Filing, Answer]:
    """Do all of it: start, seal, solve, send."""
    begun = start(line, jurisdiction)
    filing = sealed_filing(begun["list"], content, day=today())
    return filing, file_it(
        line, jurisdiction, filing, begun["challenge"], solve(begun["challenge"], begun["bits"])
    )


def add_part(line: Line, jurisdiction: str, lookup: str, kind: str, sealed: bytes) -> Answer:
    """Send a sealed message or attachment."""
    values = [("lookup", lookup), ("kind", kind), ("id", secrets.token_hex(16))]
    return line.post_form(
        f"/{jurisdiction}/parts",
        values,
        [("sealed", "sealed", "application/octet-stream", sealed)],
        parts=True,
    )


def follow(line: Line, jurisdiction: str, lookup: str, *, after: int = 0) -> Answer:
    """Look a report up."""
    return line.post_json(f"/{jurisdiction}/follow", {"lookup": lookup, "after": after})


def codes() -> Iterator[tuple[str, str]]:
    """Yield query codes that nobody uses, each with its lookup id."""
    while True:
        code = new_code()
        yield code, derive(code).lookup


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
