"""The try-out server: the built files, live search at one address, and nothing else, over real HTTP."""

from __future__ import annotations

import gzip
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import brotli
import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.serving import make_server

from portal import apps
from portal.cli import main
from portal.domain.regimes import Regime
from portal.search import SearchIndex
from portal.store.db import make_engine
from portal.web.hosting import CurrentSnapshot, SiteHost
from tests import postgresql
from tests.databases import database_of

ROWS = "单位名称,项目名称,预计采购时间,预算金额\n示例水利局,河道清淤工程,2026年7月,120.5\n"


def make(home: Path, file: Path) -> None:
    """Fill an empty home and build its site."""
    file.write_text(ROWS, encoding="utf-8")
    for words in (
        ("init",),
        ("import", str(file), "-j", "jinhu", "-k", "tender", "--publish", "--create-units"),
        ("sync",),
    ):
        done = CliRunner().invoke(main, list(words))
        assert done.exit_code == 0, done.output


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first home that was made is kept, for the others to be copies of it."""
    return tmp_path_factory.mktemp("hosting") / "home"


@pytest.fixture
def server(home: Path, tmp_path: Path, regimes: dict[str, Regime], kept: Path) -> Iterator[Any]:
    if kept.exists():
        shutil.copytree(kept, home, symlinks=True, dirs_exist_ok=True)
    else:
        make(home, tmp_path / "a.csv")
        if not postgresql.WANTED:  # Its database is not in the folder.
            shutil.copytree(home, kept, symlinks=True)
    engine = make_engine(database_of(home))
    index = SearchIndex(home / "search_index")
    live = apps.create_public_app(
        CurrentSnapshot(sessionmaker(engine, class_=Session), regimes), search=index
    )
    running = make_server("127.0.0.1", 0, SiteHost(home / "site_build", live), threaded=True)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()

    def ask_raw(path: str, method: str = "GET", **headers: str) -> tuple[int, bytes, dict[str, str]]:
        connection = HTTPConnection("127.0.0.1", running.server_port, timeout=60)
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body, {name.lower(): value for name, value in answer.getheaders()}

    def ask(path: str, method: str = "GET") -> tuple[int, str, dict[str, str]]:
        status, body, headers = ask_raw(path, method)
        return status, body.decode("utf-8", "replace"), headers

    ask.raw = ask_raw  # type: ignore[attr-defined]
    ask.site = home / "site_build"  # type: ignore[attr-defined]

    yield ask
    running.shutdown()
    thread.join()
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


@pytest.mark.parametrize(
    ("accepted", "coding", "unpack"),
    [
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("br;q=0, gzip;q=0.5", "gzip", gzip.decompress),
        ("identity", None, bytes),
        ("", None, bytes),
    ],
)
def test_a_compressed_copy_is_sent_to_who_takes_it(
    server: Any, accepted: str, coding: str | None, unpack: Callable[[bytes], bytes]
) -> None:
    plain = server.raw("/jinhu/index.html")
    status, body, headers = server.raw("/jinhu/index.html", Accept_Encoding=accepted)
    assert status == 200
    assert headers.get("content-encoding") == coding
    assert unpack(body) == plain[1]
    assert headers["content-type"] == plain[2]["content-type"] == "text/html; charset=utf-8"
    assert int(headers["content-length"]) == len(body)
    assert "accept-encoding" in headers["vary"].lower()
    assert "default-src 'none'" in headers["content-security-policy"]
    assert ".br" not in headers.get("content-disposition", "")
    asked = server.raw("/jinhu/index.html", "HEAD", Accept_Encoding=accepted)
    assert (asked[0], asked[1]) == (200, b"")
    assert asked[2]["content-length"] == headers["content-length"]


def test_each_form_of_a_page_has_its_own_mark_and_an_unchanged_one_is_not_sent_again(server: Any) -> None:
    marks = {
        one: server.raw("/jinhu/index.html", Accept_Encoding=one)[2]["etag"] for one in ("", "gzip", "br")
    }
    assert len(set(marks.values())) == 3
    for accepted, mark in marks.items():
        status, body, headers = server.raw("/jinhu/index.html", Accept_Encoding=accepted, If_None_Match=mark)
        assert (status, body) == (304, b"")
        assert "accept-encoding" in headers["vary"].lower()
    assert server.raw("/jinhu/index.html", Accept_Encoding="br", If_None_Match=marks["gzip"])[0] == 200


def test_a_compressed_copy_asked_for_by_its_own_name_is_just_a_file(server: Any) -> None:
    status, body, headers = server.raw("/jinhu/index.html.gz", Accept_Encoding="gzip")
    assert status == 200
    assert "content-encoding" not in headers
    assert headers["content-type"] == "application/octet-stream"
    assert gzip.decompress(body) == server.raw("/jinhu/index.html")[1]


def test_a_planted_link_is_no_page(server: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.html"
    secret.write_text("geheim", encoding="utf-8")
    build = (server.site / "current").resolve()
    (build / "planted.html").symlink_to(secret)
    (build / "folder").symlink_to(tmp_path, target_is_directory=True)
    (build / "about.html.br").unlink(missing_ok=True)
    (build / "about.html.br").symlink_to(secret)
    for path in ("/planted.html", "/folder/secret.html", "/folder/home/portal.db"):
        assert server.raw(path)[0] == 404, path
    assert b"geheim" not in server.raw("/about.html", Accept_Encoding="br")[1]


def test_a_page_whose_build_went_away_comes_from_its_successor(server: Any) -> None:
    """The one who asked was slower than two publications."""
    from portal.web import hosting

    current = (server.site / "current").resolve()
    gone = current.with_name("20000101T000000Z")
    answers = iter([gone, current])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hosting, "current_build", lambda _: next(answers, current))
        assert server.raw("/jinhu/index.html")[0] == 200


def test_without_a_site_the_answer_says_what_to_do(server: Any) -> None:
    (server.site / "current").unlink()
    status, body, _ = server("/index.html")
    assert status == 503
    assert "portal build" in body
