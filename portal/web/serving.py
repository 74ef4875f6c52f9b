"""Serves the office on a port of its own, and keeps a worker beside it that pays for what is published."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import waitress
from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

THREADS = 8
LARGEST = 32 * 1024 * 1024  # Bytes of a request: an attachment of the largest size, with what goes round it.
# A browser keeps its connection open for minutes after a page. At Waitress's own limit, a hundred, nobody else
# would be let in then; a county has two hundred people at the deadline.
CONNECTIONS = 400
_PATIENCE = 15.0  # Seconds that a worker has to finish a build that has begun.
_WORKER = "from portal.cli import main; main()"


class OfficeServer:
    """The office on its port. The app is made once the port is known: its own address is part of it."""

    def __init__(self, address: tuple[str, int], *, proxy: str | None = None) -> None:
        """Open the port; raise `OSError` where it is taken. `proxy` is the address of the one that stands before it."""
        self._app: Flask | None = None
        behind = (
            {"trusted_proxy": proxy, "trusted_proxy_headers": "x-forwarded-for x-forwarded-proto"}
            if proxy
            else {}
        )
        self._server: Any = waitress.create_server(
            self._answer,
            host=address[0],
            port=address[1],
            threads=THREADS,
            connection_limit=CONNECTIONS,
            asyncore_use_poll=True,  # select() knows no more than a thousand files.
            ident=None,
            # Waitress reads a body before anybody else sees it: no more than the largest route takes.
            max_request_body_size=LARGEST,
            # Whose word on people's addresses counts; from anybody else such headers are dropped.
            clear_untrusted_proxy_headers=True,
            **behind,
        )
        self.host, self.port = address[0], int(self._server.effective_port)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{self.host}:{self.port}"

    def run(self, app: Flask) -> None:
        """Serve the app until `close`."""
        self._app = app
        self._server.run()

    def close(self) -> None:
        """Stop serving."""
        self._server.close()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        assert self._app is not None  # noqa: S101 - nothing is answered before `run`.
        return self._app(environ, start_response)


@contextmanager
def worker_beside(tell: Callable[[str], None], *, report_url: str | None = None) -> Iterator[None]:
    """Run `portal worker` as a process of its own, that ends with this one however this one ends.

    `report_url` is where the site's form leads: the worker builds the same pages as this process.
    """
    process = subprocess.Popen(  # noqa: S603 - our own program.
        [sys.executable, "-c", _WORKER, "worker", "--with-parent", str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **({"PORTAL_REPORT_URL": report_url} if report_url else {})},
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            tell("同步进程没有及时结束，已强制停止；下次启动会自动补上未完成的同步。")
            process.kill()
            process.wait()
