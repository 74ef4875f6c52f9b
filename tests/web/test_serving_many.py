"""The servers let everybody in although many browsers keep their connections open."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator

import pytest
from flask import Flask

from portal.web.serving import OfficeServer

_BROWSERS = 240  # More than a county's editors and reviewers, and more than Waitress lets in by itself.


@pytest.fixture
def office() -> Iterator[OfficeServer]:
    app = Flask(__name__)
    app.route("/")(lambda: "示例")
    server = OfficeServer(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=(app,), daemon=True)
    thread.start()
    yield server
    server.close()


def test_idle_browsers_keep_nobody_out(office: OfficeServer) -> None:
    lines = []
    for _ in range(_BROWSERS):
        line = http.client.HTTPConnection(office.host, office.port, timeout=60)
        line.request("GET", "/")
        assert line.getresponse().read().decode() == "示例"
        lines.append(line)
    for line in lines:
        line.close()
