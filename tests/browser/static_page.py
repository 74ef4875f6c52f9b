"""An empty page beside the static files, under the policy of the public site, for tests of scripts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

from portal.apps import STATIC

POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; worker-src 'self'"
MODULES = (
    "codes",
    "padding",
    "keylist",
    "routing",
    "sealing",
    "challenge",
    "pictures",
    "wire",
    "signed-note",
)


@contextmanager
def empty_page() -> Iterator[str]:
    """Serve it; yield its address."""
    app = Flask(__name__, static_folder=str(STATIC))

    @app.get("/")
    def empty() -> tuple[str, dict[str, str]]:
        return "<!doctype html><title>-</title>", {"Content-Security-Policy": POLICY}

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run(page: Page, body: str, given: Any = None) -> Any:
    """Run JavaScript with the library's modules in scope by name (`note` is signed-note); `b64` and `raw` convert bytes."""
    load = ",".join(f"import('/static/sealing/{name}.js')" for name in MODULES)
    return page.evaluate(
        f"""async (given) => {{
            const [codes, padding, keylist, routing, sealing, challenge, pictures, wire, note] = await Promise.all([{load}]);
            const b64 = wire.toBase64, raw = wire.fromBase64;
            {body}
        }}""",
        given,
    )
