"""The try-out server: the built files, live search at one address, and nothing else, over real HTTP."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.serving import make_server

from portal import apps
from portal.cli import main
from portal.domain.regimes import Regime
from portal.search import SearchIndex
from portal.store.db import make_engine, sqlite_url
from portal.web.hosting import CurrentSnapshot, SiteHost

ROWS = "单位名称,项目名称,预计采购时间,预算金额\n示例水利局,河道清淤工程,2026年7月,120.5\n"


@pytest.fixture
def server(home: Path, tmp_path: Path, regimes: dict[str, Regime]) -> Iterator[Any]:
    file = tmp_path / "a.csv"
    file.write_text(ROWS, encoding="utf-8")
    for words in (
        ("init",),
        ("import", str(file), "-j", "jinhu", "-k", "tender", "--publish", "--create-units"),
        ("sync",),
    ):
        done = CliRunner().invoke(main, list(words))
        assert done.exit_code == 0, done.output
    engine = make_engine(sqlite_url(home / "portal.db"))
    index = SearchIndex(home / "search_index")
    live = apps.create_public_app(
        CurrentSnapshot(sessionmaker(engine, class_=Session), regimes), search=index
    )
    running = make_server("127.0.0.1", 0, SiteHost(home / "site_build", live), threaded=True)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()

    def ask(path: str, method: str = "GET") -> tuple[int, str, dict[str, str]]:
        connection = HTTPConnection("127.0.0.1", running.server_port, timeout=10)
        connection.request(method, path)
        answer = connection.getresponse()
        body = answer.read().decode("utf-8", "replace")
        connection.close()
        return answer.status, body, {name.lower(): value for name, value in answer.getheaders()}

    yield ask
    running.shutdown()
    thread.join(timeout=5)
    running.server_close()
    index.close()
    engine.dispose()


def test_pages_come_from_the_build_with_safe_headers_and_no_cookie(server: Any) -> None:
    for path in ("/", "/index.html", "/jinhu/index.html", "/jinhu/", "/static/theme.css"):
        status, body, headers = server(path)
        assert (status, bool(body)) == (200, True), path
        assert headers["x-content-type-options"] == "nosniff"
        assert "script-src 'self';" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "set-cookie" not in headers


def test_search_is_live_at_the_page_that_the_static_site_leads_to(server: Any) -> None:
    status, body, headers = server("/search.html?q=%E6%B2%B3%E9%81%93%E6%B8%85%E6%B7%A4")
    assert status == 200
    assert "<mark>" in body
    assert "jinhu/u/" in body
    assert "set-cookie" not in headers


def test_search_meets_strange_questions_calmly(server: Any) -> None:
    for query in ("", "q=", "q=%00", "q=%22", "q=" + "%E6%B0%B4" * 2000, "q=a&page=-1", "q=a&page=abc", "q=a&year=x",
                  "q=%3Cscript%3Ealert(1)%3C/script%3E", "q=*&kind=nothing&unit=..%2F.."):  # fmt: skip
        status, body, _ = server(f"/search.html?{query}")
        assert status == 200, query
        assert body.count("<script") == body.count('<script src="static/display.js">') == 1


@pytest.mark.parametrize(
    "path",
    [
        "/nothing.html",
        "/../portal.db",
        "/%2e%2e/portal.db",
        "/..%2f..%2fportal.db",
        "/static/../../../portal.db",
        "/jinhu/u/%00",
    ],
)
def test_what_is_not_in_the_build_is_a_chinese_404(server: Any, path: str) -> None:
    status, body, _ = server(path)
    assert status == 404
    assert "没有" in body or "找不到" in body
    assert "SQLite" not in body


def test_only_reading_is_possible(server: Any) -> None:
    assert server("/index.html", "POST")[0] == 405
    assert server("/search.html", "POST")[0] == 405
    assert server("/index.html", "HEAD")[0] == 200


def test_the_404_of_a_sub_folder_leads_somewhere(server: Any) -> None:
    status, body, _ = server("/jinhu/u/nobody/nothing.html")
    assert status == 404
    links = re.findall(r'(?:href|src|action)="([^"#]+)"', body)
    inside = [one for one in links if not one.startswith(("http", "/"))]
    assert inside
    for link in inside:
        assert server("/jinhu/u/nobody/" + link)[0] == 200, link
