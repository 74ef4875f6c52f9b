"""Serves the built site from its folder, with live search beside it, on one port.

Every file comes from the build that `current` points to when the request
arrives; only the search page is answered by the live public app.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import waitress
from flask import Flask
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join
from werkzeug.utils import send_file
from werkzeug.wrappers import Request, Response

from portal.domain.documents.attachment import MediaType
from portal.domain.regimes import Regime
from portal.search import SearchIndex
from portal.services.running.overlay import refresh
from portal.site.manifests import MANIFEST
from portal.site.served import current_build
from portal.site.snapshot import Records, Snapshot, UnitView, open_snapshot
from portal.site.trees import TREES
from portal.store import public
from portal.web.headers import ATTACHED
from portal.web.serving import CONNECTIONS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

mimetypes.add_type("text/html", ".html")
for _one in MediaType:  # Not every machine knows the Office formats.
    mimetypes.add_type(_one.value, _one.extension)
LiveApp = Callable[[Callable[[], Snapshot], SearchIndex], Flask]


class CurrentSnapshot:
    """The newest picture of jurisdictions and units, taken again only after something was published.

    It has no records: only the search page is answered live, and it shows what the index holds.
    """

    def __init__(self, sessions: Callable[[], Session], regimes: Mapping[str, Regime]) -> None:
        """Read through sessions of its own, so that threads do not share one."""
        self._sessions, self._regimes, self._lock = sessions, regimes, Lock()
        self._snapshot: Snapshot | None = None

    def __call__(self) -> Snapshot:
        """Return the snapshot."""
        with self._lock, self._sessions() as session:
            if self._snapshot is None or self._snapshot.change != public.latest_change(session):
                session.rollback()
                refresh(self._regimes, session)
                opened = open_snapshot(session, self._regimes, now=datetime.now(UTC))
                self._snapshot = replace(opened, read=_no_records, read_slugs=lambda _: set())
            return self._snapshot


LIVE = frozenset({"search.html", "en/search.html"})  # What the live app answers.


def _no_records(unit: UnitView) -> Records:
    raise RuntimeError(f"the live app reads no records; it was asked for those of {unit.slug}")


class SiteHost:
    """A WSGI application over a `site_build` folder."""

    def __init__(self, folder: Path, live: Flask) -> None:
        """Serve `folder`, and `search.html` by the live app; every answer has that app's headers."""
        self.folder, self.live = folder, live
        self.headers: Mapping[str, str] = live.extensions["security_headers"]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        """Answer one request."""
        request = Request(environ)
        path = request.path.lstrip("/") or "index.html"
        if path in LIVE:
            return self.live(environ, start_response)
        if request.method not in ("GET", "HEAD"):
            return Response("只支持读取。", 405, {"Allow": "GET, HEAD"})(environ, start_response)
        build = current_build(self.folder)
        answer = self._file(build, path, environ) if build else None
        for _ in range(_ATTEMPTS):
            newer = current_build(self.folder)
            if answer is not None or newer == build:
                break
            # The build went away while it was looked into: what is asked for may well be in its successor.
            build = newer
            answer = self._file(build, path, environ) if build else None
        if answer is None:
            answer = self._missing(build, path)
        answer.headers.update(self.headers)
        if ATTACHED.match(request.path) and answer.status_code < 400:
            answer.headers["Content-Disposition"] = "attachment"  # The page says under which name.
        return answer(environ, start_response)

    def _file(self, build: Path, path: str, environ: WSGIEnvironment) -> Response | None:
        joined = safe_join(str(build), path)
        if joined is None:
            return None
        file = Path(joined)
        try:
            if file.is_dir():
                file = file / "index.html"
            # A planted link must not lead out of the builds; a name longer than a file name can be is no file.
            if not file.is_file() or file.is_symlink() or not self._ours(file.resolve(), build):
                return None
        except (OSError, ValueError):
            return None
        try:
            return _send(file, environ)
        except OSError:  # It was there a moment ago.
            return None

    def _ours(self, place: Path, build: Path) -> bool:
        return place.is_relative_to(build) or place.is_relative_to(self.folder.resolve() / TREES)

    def _missing(self, build: Path | None, path: str) -> Response:
        page = build / "404.html" if build else None
        if page is None or not page.is_file():
            return Response("网站还没有生成。请运行 portal build。", 503, mimetype="text/plain")
        # The page's links are relative to the top: an address in a sub-folder needs the way up in front of them.
        up = "../" * min(path.count("/"), 20)
        text = _RELATIVE.sub(rf'\1="{up}', page.read_text(encoding="utf-8"))
        return Response(text, NotFound.code or 404, mimetype="text/html")


_ATTEMPTS = 3
_CODINGS = {".br": "br", ".gz": "gzip"}  # The smallest first.


def _send(file: Path, environ: WSGIEnvironment) -> Response:
    """Answer with a file, or with its compressed copy where there is one and the reader takes it."""
    accepted = Request(environ).accept_encodings
    copies = {one: file.with_name(file.name + one) for one in _CODINGS}
    there = [one for one, copy in copies.items() if copy.is_file() and not copy.is_symlink()]
    taken = next((one for one in there if accepted.quality(_CODINGS[one]) > 0), None)
    sent = copies[taken] if taken else file
    answer = send_file(
        sent,
        environ,
        mimetype=_mimetype(file),
        download_name=file.name,
        conditional=False,
        etag=False,
        max_age=0,
    )
    facts = sent.stat()
    # The coding is part of the mark: a cache must not answer for one with the other.
    answer.set_etag(f"{facts.st_mtime_ns:x}-{facts.st_size:x}{taken or ''}")
    if taken:
        answer.content_encoding = _CODINGS[taken]
    if there:
        answer.vary.add("Accept-Encoding")
    return answer.make_conditional(environ)


_RELATIVE = re.compile(r'\b(href|src|action)="(?![a-z]+:|#|/|data:)')


def _mimetype(file: Path) -> str:
    if file.suffix in _CODINGS:
        return "application/octet-stream"
    if file.name == MANIFEST or file.suffix == ".json":
        return "application/json"
    return mimetypes.guess_type(file.name)[0] or "application/octet-stream"


def host(
    folder: Path,
    *,
    live: LiveApp,
    index: SearchIndex,
    session: Session,
    regimes: Mapping[str, Regime],
    address: tuple[str, int],
    announce: Callable[[str], None],
) -> None:
    """Serve until stopped. `announce` is told the address once the port is open."""
    sessions = sessionmaker(session.get_bind())
    app = live(CurrentSnapshot(sessions, regimes), index)
    server = waitress.create_server(
        SiteHost(folder, app),
        host=address[0],
        port=address[1],
        threads=8,
        connection_limit=CONNECTIONS,
        asyncore_use_poll=True,
    )
    announce(f"网站已打开：http://{address[0]}:{server.effective_port}/  （按 Ctrl+C 停止）")
    server.run()
