"""The office's server: whose address a request has, with and without a proxy before it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest
from flask import Flask, request

from portal.web.serving import OfficeServer


@pytest.fixture
def serve() -> Iterator[object]:
    servers: list[OfficeServer] = []

    def opened(proxy: str | None) -> str:
        app = Flask(__name__)
        app.add_url_rule("/", view_func=lambda: str(request.remote_addr))
        server = OfficeServer(("127.0.0.1", 0), proxy=proxy)
        servers.append(server)
        threading.Thread(target=server.run, args=(app,), daemon=True).start()
        return server.url

    yield opened
    for one in servers:
        one.close()


@pytest.mark.parametrize(
    ("proxy", "forwarded", "address"),
    [
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        (
            "127.0.0.1",
            "198.51.100.1, 203.0.113.9",
            "203.0.113.9",
        ),  # What a client says of itself comes first.
        (None, "203.0.113.9", "127.0.0.1"),
        ("192.0.2.1", "203.0.113.9", "127.0.0.1"),
    ],
)
def test_only_the_named_proxy_is_believed(
    serve: object, proxy: str | None, forwarded: str, address: str
) -> None:
    assert callable(serve)
    asked = Request(f"{serve(proxy)}/", headers={"X-Forwarded-For": forwarded})
    with urlopen(asked, timeout=60) as answer:
        assert answer.read().decode() == address
