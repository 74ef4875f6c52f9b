"""Serves the report host on a port of its own: bodies in memory, no log, no core dump."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING, Any

from flask import Flask
from waitress.adjustments import Adjustments

from portal.web.report.channels import QuietServer
from portal.web.report.limits import LONGEST_FORM, Budget

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

THREADS = 12  # Fewer than the connections that the database's pool holds.
CONNECTIONS = 1000
_NEVER_A_FILE = (
    1 << 40
)  # Bytes in memory before Waitress would write a temporary file: more than any request has.


def forbid_core_dumps() -> None:
    """Let the kernel write no picture of this process's memory to disk when it fails."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class ReportServer:
    """The report host on its port."""

    def __init__(
        self, address: tuple[str, int], *, proxy: str | None = None, budget: Budget | None = None
    ) -> None:
        """Open the port; raise `OSError` where it is taken. `proxy` is the address of the one that stands before it."""
        forbid_core_dumps()
        self._app: Flask | None = None
        behind = (
            {"trusted_proxy": proxy, "trusted_proxy_headers": "x-forwarded-for x-forwarded-proto"}
            if proxy
            else {}
        )
        self.budget = budget or Budget()
        adjustments = Adjustments(
            host=address[0],
            port=address[1],
            threads=THREADS,
            connection_limit=CONNECTIONS,
            asyncore_use_poll=True,
            ident=None,
            max_request_header_size=16 * 1024,
            # Our own limits come first; this one only ends what would go past them.
            max_request_body_size=2 * LONGEST_FORM,
            inbuf_overflow=_NEVER_A_FILE,
            outbuf_overflow=_NEVER_A_FILE,
            cleanup_interval=5,
            log_socket_errors=False,
            # Whose word on people's addresses counts, and only to count them; from anybody else it is dropped.
            clear_untrusted_proxy_headers=True,
            **behind,
        )
        self._server: Any = QuietServer(self._answer, budget=self.budget, adjustments=adjustments)
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
