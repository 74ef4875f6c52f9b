"""A report host with real keys over a real database, and a reporter who seals as docs/sealing.md says."""

from __future__ import annotations

import base64
import http.client
import itertools
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.apps import create_report_app
from portal.config import Settings
from portal.domain.regimes import Regime
from portal.domain.reports.codes import new_code
from portal.domain.reports.content import ReportContent, read_content
from portal.domain.reports.keylist import Holder, HolderKey, HolderRank, KeyList
from portal.domain.reports.routing import choose_route
from portal.services.reports.age import new_identity
from portal.services.reports.challenges import solves
from portal.services.reports.filing import public_of
from portal.services.reports.keylists import KeyLists, sign_list
from portal.services.reports.keyring import make_receipt_key, make_routing_key
from portal.services.reports.sealing import SealedReportParts, seal_report
from portal.store.db import sqlite_url
from portal.store.reports.db import open_reports
from portal.web.report.limits import Budget
from portal.web.report.serving import ReportServer
from tests import postgresql

SLUG = "jinhu"
TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CANARY = "金丝雀四十字符勿留痕QZXJ7719canary0123456789ABCDEFGH"
TEXT = f"在示例会议上主要负责人先定调后表决，其他成员没有机会发言。{CANARY}"
OFFICERS = ("示例甲", "示例乙", "示例丙")
PATIENCE = 300.0  # Seconds for an answer: no measure, but the end of patience on a busy machine.


@dataclass
class World:
    """The app, its keys, and a clock that tests may set."""

    app: Flask
    engine: Engine
    settings: Settings
    lists: KeyLists
    identities: dict[str, str]  # Name of a holder → secret.
    root: Any
    at: datetime = NOON
    _servers: list[ReportServer] = field(default_factory=list)

    @property
    def key_list(self) -> KeyList:
        """The list in force."""
        found = self.lists.current(SLUG)
        assert found is not None
        return found.list

    def publish(self, **changes: Any) -> KeyList:
        """Sign and publish the next list."""
        old = self.key_list
        held = old.model_copy(update={"serial": old.serial + 1, **changes})
        return self.lists.publish(sign_list(held, self.root)).list

    def rows(self, table: Any) -> list[Any]:
        """Return all rows of a table."""
        with Session(self.engine) as session:
            return list(session.query(table).all())

    @contextmanager
    def serving(self, *, budget: Budget | None = None, proxy: str | None = None) -> Iterator[ReportServer]:
        """Serve the app on a port of its own."""
        server = ReportServer(("127.0.0.1", 0), budget=budget, proxy=proxy)
        thread = threading.Thread(target=server.run, args=(self.app,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.close()
            thread.join(5)  # Connections that a browser keeps open keep it going; it ends with the process.


def make_world(folder: Path, regimes: Mapping[str, Regime], *, opening: int = 1) -> World:
    """Return a report host in `folder` with a key list of three officers and one of the superior commission."""
    settings = Settings(home=folder)
    lists = KeyLists(settings.key_lists_folder)
    root = Ed25519PrivateKey.generate()
    lists.pin(SLUG, public_of(root))
    identities: dict[str, str] = {}
    holders = []
    ranks = {
        "示例甲": HolderRank.HEAD,
        "示例乙": HolderRank.OFFICER,
        "示例丙": HolderRank.OFFICER,
        "示例上": HolderRank.SUPERIOR,
    }
    for number, (name, rank) in enumerate(ranks.items()):
        identities[name], recipient = new_identity()
        key = HolderKey(recipient=recipient, since=date(2026, 1, 1), until=date(2099, 12, 31))
        holders.append(Holder(id=f"h{number}{'ab2' * 2}", name=name, post="承办", rank=rank, keys=(key,)))
    made = KeyList(
        jurisdiction=SLUG,
        name="金湖县纪委监委",
        serial=1,
        issued_on=date(2026, 1, 1),
        valid_until=date(2099, 12, 31),
        accept_previous_until=date(2026, 1, 1),
        opening=opening,
        slots=6,
        routing_key=make_routing_key(settings.routing_keys_folder, SLUG),
        receipt_key=make_receipt_key(settings.receipt_keys_folder, SLUG),
        own_names=("金湖县纪委监委",),
        holders=tuple(holders),
    )
    lists.publish(sign_list(made, root))
    engine = open_reports(_database(settings))
    world: World
    app = create_report_app(settings, regimes, reports_engine=engine, key_lists=lists, clock=lambda: world.at)
    world = World(app, engine, settings, lists, identities, root)
    return world


def _database(settings: Settings) -> str:
    if postgresql.WANTED:
        return postgresql.owner_of(postgresql.database_for(settings.home / "reports"))
    return sqlite_url(settings.reports_database)


def content(**changes: Any) -> ReportContent:
    """Return a report in words."""
    return read_content(
        {
            "jurisdiction": SLUG,
            "unit": "示例县住房局",
            "categories": ["speak_last"],
            "what": TEXT,
            **changes,
        }
    )


@dataclass
class Reporter:
    """Somebody with a query code."""

    world: World
    code: str = field(default_factory=new_code)
    parts: SealedReportParts | None = None

    def sealed(self, *, said: ReportContent | None = None) -> SealedReportParts:
        """Seal a report, once."""
        if self.parts is None:
            known, wanted = self.world.key_list, said or content()
            route = choose_route(
                known, day=TODAY, unit=wanted.unit, persons=wanted.persons, text=wanted.free_text()
            )
            self.parts = seal_report(known, wanted, day=TODAY, code=self.code, route=route)
        return self.parts

    def body(self, challenge: str, bits: int, **changes: Any) -> dict[str, Any]:
        """Return what the browser would send."""
        parts = self.sealed()
        return {
            "serial": self.world.key_list.serial,
            "grants": b64(parts.grants),
            "body": b64(parts.body),
            "routing": b64(parts.routing),
            "case_key": parts.case_key,
            "reporter_key": parts.reporter_key,
            "binding": b64(parts.binding),
            "commitment": b64(parts.commitment),
            "lookup": parts.lookup,
            "challenge": challenge,
            "nonce": solve(challenge, bits),
            **changes,
        }

    def send(self, client: Any, **changes: Any) -> Any:
        """Ask for a challenge and send the report; return the answer."""
        start = client.get(f"/{SLUG}/start").json
        return client.post(f"/{SLUG}/reports", json=self.body(start["challenge"], start["bits"], **changes))


def solve(challenge: str, bits: int) -> str:
    """Do the work that a challenge asks for."""
    return next(str(n) for n in itertools.count() if solves(challenge, str(n), bits))


def b64(data: bytes) -> str:
    """Return base64."""
    return base64.b64encode(data).decode()


def multipart(fields: Mapping[str, str], files: Mapping[str, tuple[str, bytes]]) -> tuple[str, bytes]:
    """Return content type and body of a form with files, as a browser writes it."""
    mark = secrets.token_hex(16)
    out = []
    for name, value in fields.items():
        out.append(f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    for name, (filename, data) in files.items():
        head = (
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        out += [head.encode(), data, b"\r\n"]
    out.append(f"--{mark}--\r\n".encode())
    return f"multipart/form-data; boundary={mark}", b"".join(out)


@dataclass
class Answer:
    """An answer over HTTP, with the shape that Flask's test client gives."""

    status_code: int
    headers: http.client.HTTPMessage
    data: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.data)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.data.decode()


@dataclass
class Wire:
    """A client over real HTTP, each request on a connection of its own."""

    server: ReportServer

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request and return the answer."""
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body or None, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        """GET."""
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, *, json: Any) -> Answer:
        """POST JSON."""
        return self.ask("POST", path, _dumps(json), {"Content-Type": "application/json"})

    def form(
        self, path: str, fields: Mapping[str, str], files: Mapping[str, tuple[str, bytes]] | None = None
    ) -> Answer:
        """POST a form with files."""
        kind, body = multipart(fields, files or {})
        return self.ask("POST", path, body, {"Content-Type": kind})


def _dumps(given: Any) -> bytes:
    return json.dumps(given).encode()


def until(true: Callable[[], object]) -> None:
    """Wait until it is so."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() < began + PATIENCE, "it never came true"
        time.sleep(0.02)


__all__ = ["CANARY", "NOON", "SLUG", "TODAY", "Reporter", "Wire", "World", "make_world", "timedelta", "until"]
