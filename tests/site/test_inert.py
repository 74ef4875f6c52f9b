"""Whatever is typed stays text: in pages, feeds, tables, workbooks and data, as the engine writes them."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import openpyxl  # type: ignore[import-untyped]
import pytest
from pydantic import TypeAdapter, ValidationError

from portal.domain.values import Line, Lines, Prose
from portal.services import rosters
from portal.web.headers import content_policy, security_headers
from tests.exchange.ocds_world import faults as ocds_faults
from tests.site.hostile import FORMULAS, MARKUP, REFUSED, build_county, bundles

pytestmark = pytest.mark.xdist_group("inert")

Files = dict[str, bytes]
ATOM = "{http://www.w3.org/2005/Atom}"
FORMULA = re.compile(r"[=+\-@＝＋－＠\t\r]")
NUMBER = re.compile(r"[+-]?\d[\d,]*(\.\d+)?%?")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffd]")
LINKING = ("href", "src", "action", "formaction", "xlink:href")


class Skeleton(HTMLParser):
    """A page without its texts: each element with the names of its attributes; where links lead; its data block."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.parts: list[tuple[str, ...]] = []
        self.links: list[str] = []
        self.scripts: list[str] = []
        self.text: list[str] = []
        self._script = False
        self.source = text
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append((tag, *(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name in LINKING]
        self._script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self.parts.append((f"/{tag}",))
        self._script = False

    def handle_data(self, data: str) -> None:
        (self.scripts if self._script else self.text).append(data)

    def handle_comment(self, data: str) -> None:
        self.parts.append(("comment", data))

    def handle_decl(self, decl: str) -> None:
        self.parts.append(("decl", decl))

    def handle_pi(self, data: str) -> None:
        self.parts.append(("pi", data))

    def unknown_decl(self, data: str) -> None:
        self.parts.append(("unknown", data))


@pytest.fixture(scope="module")
def wild(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return build_county(tmp_path_factory.mktemp("wild") / "home", wild=True)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return build_county(tmp_path_factory.mktemp("calm") / "home", wild=False)


@pytest.fixture(scope="module")
def pages(wild: Files) -> dict[str, Skeleton]:
    return {path: Skeleton(body.decode()) for path, body in wild.items() if path.endswith(".html")}


def ending(files: Files, *endings: str) -> Iterator[tuple[str, bytes]]:
    """Yield the files with these endings; there are some."""
    found = [(path, body) for path, body in files.items() if path.endswith(endings) and "static/" not in path]
    assert found, endings
    yield from found


def test_the_same_files_are_made_whatever_is_typed(wild: Files, calm: Files) -> None:
    assert sorted(wild) == sorted(calm)
    assert all(path.isascii() for path in wild)


def test_every_text_comes_to_every_kind_of_page(pages: dict[str, Skeleton]) -> None:
    """The other tests look at something: each of these texts is shown, as text, on a page of each kind."""
    for kind in ("delegation", "finance", "tenders", "decisions", "regulations", "annual"):
        shown = "".join("".join(page.text) for path, page in pages.items() if f"/unit-0/{kind}/" in path)
        missing = [text for text in (*MARKUP, *FORMULAS) if text not in shown]
        assert not missing, (kind, missing)


def test_pages_have_the_elements_and_attributes_that_tame_texts_have(
    pages: dict[str, Skeleton], calm: Files
) -> None:
    assert len(pages) > 150
    for path, page in pages.items():
        if path.startswith(("help/", "en/help/")):
            continue  # Nothing that is typed comes there.
        twin = Skeleton(calm[path].decode())
        links, known = ([one.partition("?")[0] for one in each.links] for each in (page, twin))
        assert not [text for text in MARKUP if "<" in text and text in page.source], path
        if "/u/unit-" in path:
            # What a correction changed is marked word by word, and what rules found depends on what was said.
            assert not set(page.parts) - set(twin.parts), path
            assert not set(links) - set(known), path
        else:
            both = zip(page.parts, twin.parts, strict=False)
            assert next((pair for pair in both if pair[0] != pair[1]), None) is None, path
            assert (len(page.parts), links) == (len(twin.parts), known), path
        assert not [one for one in page.links if urlsplit(one).scheme or urlsplit(one).netloc], path
        assert not CONTROL.search(page.source), path


def test_data_blocks_are_data_and_cannot_end_early(pages: dict[str, Skeleton]) -> None:
    blocks = [one for page in pages.values() for one in page.scripts if one.strip()]
    assert len(blocks) > 30
    for one in blocks:
        assert "<" not in one
        assert json.loads(one)["@context"]
    assert any("</script><script>alert(2)" in text for one in blocks for text in strings(json.loads(one)))


def strings(node: Any) -> Iterator[str]:
    """Yield every text in a JSON value, names too."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for one in node:
            yield from strings(one)
    elif isinstance(node, dict):
        for name, value in node.items():
            yield name
            yield from strings(value)


def shape(node: Any) -> Any:
    """Return a JSON value without its texts: names, and sorts of values."""
    if isinstance(node, dict):
        return {name: shape(value) for name, value in node.items()}
    if isinstance(node, list):
        return [shape(one) for one in node]
    return type(node).__name__


def strict(body: bytes | str) -> Any:
    """Return what a JSON text says; a name twice in one object, or a number that is none, is refused."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({name for name, _ in pairs}) == len(pairs)
        return dict(pairs)

    return json.loads(body, object_pairs_hook=once, parse_constant=pytest.fail)


def test_json_has_the_shape_that_tame_texts_have(wild: Files, calm: Files) -> None:
    for path, body in ending(wild, ".json", ".jsonld"):
        found, twin = strict(body), strict(calm[path])
        if path.endswith("/status.json") and "findings" in found:
            # Rules may see more in wild texts than in tame ones: each sight has the shape of every other.
            shapes = [shape(one) for one in (*found.pop("findings"), *twin.pop("findings"))]
            assert all(one == shapes[0] for one in shapes), path
        assert shape(found) == shape(twin), path


def test_ocds_is_valid(wild: Files) -> None:
    seen = 0
    for path, body in ending(wild, ".ocds.json"):
        assert not ocds_faults(body), path
        seen += 1
    assert seen > 6


def test_each_line_of_ndjson_is_one_object(wild: Files, calm: Files) -> None:
    for path, body in ending(wild, ".ndjson"):
        lines = body.decode().split("\n")
        assert lines[-1] in ("", lines[0]) or lines[-1].startswith("{")
        objects = [strict(one) for one in lines if one]
        assert all(isinstance(one, dict) for one in objects)
        assert len(objects) == len(calm[path].splitlines()), path
        # Other programs end lines at these signs, too.
        assert len(body.decode().splitlines()) == len(objects), path


def test_no_cell_of_a_csv_begins_a_formula(wild: Files, calm: Files) -> None:
    for path, body in ending(wild, ".csv"):
        rows, twin = (
            list(csv.reader(io.StringIO(one.decode("utf-8-sig"), newline=""), strict=True))
            for one in (body, calm[path])
        )
        assert [len(row) for row in rows] == [len(row) for row in twin], path
        cells = [cell for row in rows for cell in row]
        assert not [one for one in cells if FORMULA.match(one) and not NUMBER.fullmatch(one)], path
        assert not CONTROL.search(body.decode("utf-8-sig").replace("\r\n", "\n")), path
    whole = wild["xiuzhou/u/unit-0/tenders/data.csv"].decode()
    assert "'=cmd|" in whole
    assert "'＝1+1" in whole


def test_workbooks_open_and_hold_texts_not_formulas(wild: Files) -> None:
    seen = 0
    for path, body in ending(wild, ".xlsx"):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            for name in packed.namelist():
                part = packed.read(name).decode()
                ET.fromstring(part)  # noqa: S314 - our own workbook.
                assert not re.search(r"<f[ >/]|<hyperlink|externalLink|TargetMode=\"External\"", part), (
                    path,
                    name,
                )
        book = openpyxl.load_workbook(io.BytesIO(body))
        cells = [
            cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None
        ]
        assert {cell.data_type for cell in cells} <= {"s", "n", "d", "b"}, path
        seen += sum(str(cell.value).startswith(FORMULAS) for cell in cells)
    assert seen > 100


def test_feeds_are_well_formed_and_their_texts_are_texts(wild: Files, calm: Files) -> None:
    titles: list[str] = []
    for path, body in ending(wild, ".xml"):
        root, twin = (ET.fromstring(one) for one in (body, calm[path]))  # noqa: S314 - our own files.
        assert [(one.tag, sorted(one.attrib)) for one in root.iter()] == [
            (one.tag, sorted(one.attrib)) for one in twin.iter()
        ], path
        for one in root.iter():
            assert one.get("type") in (None, "text", "text/html", "application/atom+xml"), (path, one.attrib)
            if one.tag == f"{ATOM}title":
                assert one.get("type") in (None, "text")
                titles.append(one.text or "")
            assert not re.search(r"[<>\s\"]|:(?!\d)", one.get("href", "")), (path, one.attrib)
    assert sum(text in one for text in MARKUP for one in titles) > 20


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: ascii(text)[1:-1])
def test_what_no_reader_sees_is_not_accepted(text: str) -> None:
    for kind, given in ((Line, text), (Prose, f"甲\n{text}"), (Lines, ("甲", text))):
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(given)
    if not re.search("[\ud800-\udfff]", text):  # No file can hold half a sign.
        with pytest.raises(rosters.RosterError):
            rosters.read_roster(f"单位名称,单位类型\n示例{text}局,部门\n".encode())


@pytest.mark.parametrize("text", ["甲\n乙", "甲\t乙", "甲" * 301, ""], ids=["line", "tab", "long", "blank"])
def test_a_line_is_one_line_of_some_length(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Line).validate_python(text)
    assert max(map(len, bundles())) > 250


@pytest.mark.browser
def test_in_a_browser_nothing_runs_and_no_rule_of_the_site_is_hurt(wild: Files) -> None:
    from playwright.sync_api import Route, sync_playwright

    from tests.site.chromium import launched, until

    headers = security_headers(content_policy())
    types = {
        "html": "text/html; charset=utf-8",
        "css": "text/css",
        "js": "text/javascript",
        "svg": "image/svg+xml",
    }
    said: list[str] = []

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path.removeprefix("/")
        if not route.request.url.startswith("http://localhost/") or path not in wild:
            said.append(f"asked: {route.request.url}")
            return route.abort()
        kind = types.get(path.rpartition(".")[2], "text/plain")
        return route.fulfill(body=wild[path], headers={**headers, "Content-Type": kind})

    with sync_playwright() as playwright, launched(playwright) as browser:
        page = browser.new_page()
        page.route("**/*", answer)
        page.expose_function("told", lambda what: said.append(f"{page.url}: {what}"))
        page.add_init_script(
            "for (const name of ['alert', 'confirm', 'prompt', 'open', 'print', 'msgbox'])"
            " window[name] = one => window.told(`${name} ${one}`);"
            "document.addEventListener('securitypolicyviolation',"
            " one => window.told(`${one.violatedDirective} ${one.blockedURI} ${one.sample}`));"
        )
        page.on("console", lambda one: said.append(f"{page.url} console: {one.text}"))
        page.on("pageerror", lambda one: said.append(f"{page.url} error: {one}"))
        page.on("dialog", lambda one: said.append(f"dialog: {one.message}"))
        # That a run would be seen: one line that runs by the site's own rules, one that they forbid.
        page.goto("http://localhost/xiuzhou/index.html")
        page.evaluate("window.alert(0)")
        page.evaluate(
            "document.body.append(Object.assign(document.createElement('img'), {src: '//evil.example/'}))"
        )
        for seen in ("alert 0", ": img-src", "console: "):  # The rule that was hurt tells twice.
            until(page, lambda seen=seen: any(seen in one for one in said))
        said.clear()
        for path in looked_at(wild):
            page.goto(f"http://localhost/{path}")
            # Whoever reads does this, too: goes over everything, opens everything.
            page.evaluate(
                "() => document.querySelectorAll('*').forEach(one => {"
                " for (const name of ['mouseover', 'focus', 'load', 'error', 'toggle'])"
                " one.dispatchEvent(new Event(name)); })"
            )
    assert not said, "\n".join(said[:20])


def looked_at(files: Files) -> Iterator[str]:
    """Yield two records' pages of each kind, the corrected and the withdrawn ones, and what lists them all."""
    counts: dict[str, int] = {}
    for path in sorted(path for path in files if re.match(r"xiuzhou/.*\.html$", path)):
        folder = path.rpartition("/")[0]
        counts[folder] = counts.get(folder, 0) + ("-v" not in path)
        if re.search(r"-v2\.html$|index\.html$", path) or (
            counts[folder] <= 3 and "-v" not in path
            if "/u/" in path
            else not re.search(r"-[\w-]+\.html$", path)
        ):
            yield path
