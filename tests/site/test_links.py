"""The built site on a disk, as a crawler finds it: every link leads to a file, and nothing leads away unasked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree import ElementTree as ET

import pytest

from tests.site.sites import on_disk

pytestmark = pytest.mark.xdist_group("county site")

# Attributes that make a browser fetch something or go somewhere.
LEADING = (
    "href",
    "src",
    "action",
    "formaction",
    "data",
    "poster",
    "cite",
    "background",
    "xlink:href",
    "ping",
)
ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
HERE = "http://here/"  # Any address will do: what matters is where links lead from it.


@dataclass
class Links(HTMLParser):
    """What a page leads to, and the places in it that can be led to."""

    text: str
    links: list[tuple[str, str, str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name in LEADING:
                self.links.append((tag, name, value or ""))
            assert name not in ("srcset", "style"), (tag, name)
            assert not name.startswith("on"), (tag, name)
        given = dict(attrs)
        assert (tag, (given.get("http-equiv") or "").lower()) != ("meta", "refresh")
        assert tag not in ("base", "iframe", "object", "embed"), tag


@dataclass(frozen=True)
class Built:
    """The files of a build and what its pages lead to."""

    files: dict[str, bytes]
    pages: dict[str, Links]

    def fault(self, path: str, link: str) -> str | None:
        """Return what is wrong with a link of the file at `path`, or None."""
        if re.match(r"\s|[a-zA-Z][\w+.-]*:|/|\\|//", link):
            return "not relative"
        target = urlsplit(urljoin(HERE + path, link))
        name = unquote(target.path).removeprefix("/")
        if target.netloc != "here" or name not in self.files:
            return "no such file"
        if ".." in name or len(re.findall(r"(?:^|/)\.\.(?=/)", link)) > path.count("/"):
            return "leads out of the site"
        if target.fragment and name in self.pages:
            return None if unquote(target.fragment) in self.pages[name].ids else "no such place in the page"
        return None


@pytest.fixture(scope="module")
def built(county_site: Path) -> Built:
    files = on_disk(county_site)
    pages = {path: Links(body.decode()) for path, body in files.items() if path.endswith(".html")}
    assert len(pages) > 150
    return Built(files, pages)


def others(built: Built) -> Iterator[tuple[str, str]]:
    """Yield what files that are no pages lead to: feeds, site maps, descriptions of data, styles."""
    for path, body in built.files.items():
        if path.endswith(".css"):
            for link in re.findall(r"url\(\s*[\"']?([^\"')]*)|@import\s+[\"']([^\"']*)", body.decode()):
                if not "".join(link).startswith("data:"):
                    yield path, "".join(link)
        elif path.endswith("sitemap.xml"):
            # Without an address of its own the site names its pages from its top.
            yield from (("sitemap.xml", loc.text or "") for loc in ET.fromstring(body).iter(f"{MAP}loc"))  # noqa: S314
        elif path.endswith(".xml"):
            yield from ((path, one.get("href") or "") for one in ET.fromstring(body).iter(f"{ATOM}link"))  # noqa: S314
        elif path.endswith("datapackage.json"):
            yield from ((path, link) for one in json.loads(body)["resources"] for link in one["path"])
        elif path.endswith("catalog.jsonld"):
            yield from ((path, link) for link in landing_pages(json.loads(body)))


def landing_pages(node: Any) -> Iterator[str]:
    """Yield the pages and files that a catalogue points at."""
    if isinstance(node, list):
        for one in node:
            yield from landing_pages(one)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name in ("dcat:landingPage", "dcat:accessURL", "dcat:downloadURL", "foaf:page"):
                yield value["@id"] if isinstance(value, dict) else value
            else:
                yield from landing_pages(value)


def test_every_link_of_every_page_leads_to_a_file_and_to_a_place_in_it(built: Built) -> None:
    faults = [
        (path, tag, link, fault)
        for path, page in built.pages.items()
        for tag, _, link in page.links
        if (fault := built.fault(path, link))
    ]
    assert not faults, (len(faults), faults[:20])


def test_every_link_of_every_other_file_leads_to_a_file(built: Built) -> None:
    links = list(others(built))
    assert {path.rpartition(".")[2] for path, _ in links} >= {"xml", "json", "jsonld"}
    faults = [(path, link, fault) for path, link in links if (fault := built.fault(path, link))]
    assert not faults, (len(faults), faults[:20])


def test_no_page_holds_an_id_twice_or_a_fragment_nobody_could_type(built: Built) -> None:
    for path, page in built.pages.items():
        assert len(set(page.ids)) == len(page.ids), (
            path,
            sorted({one for one in page.ids if page.ids.count(one) > 1}),
        )
        assert not [one for one in page.ids if not one or re.search(r"\s", one)], path


def test_every_file_is_reached_from_the_front_page(built: Built) -> None:
    seen: set[str] = set()
    waiting = ["index.html"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for _, _, link in built.pages[path].links if path in built.pages else ():
            waiting.append(unquote(urlsplit(urljoin(HERE + path, link)).path).removeprefix("/"))
    lonely = sorted(set(built.files) - seen)
    wanted = [one for one in lonely if not one.startswith("static/") and not ALONE.search(one)]
    assert not wanted, (len(wanted), wanted[:20])


# What nobody clicks to: the page for a wrong address; what search engines read; the page of a version that is
# its record's only one, which is cited, not linked; a record's data under the name of its page, for programs.
ALONE = re.compile(
    r"(^|/)(404\.html|robots\.txt|sitemap\.xml)$|/u/[^/]+/[a-z]+/[\w-]+-v\d+\.html$|/u/[^/]+/[a-z]+/\d[\w-]*(?<!-v\d)\.json$"
)


def test_the_styles_of_every_page_are_files_beside_it(built: Built) -> None:
    for path, page in built.pages.items():
        styles = [
            link for tag, name, link in page.links if (tag, name) == ("link", "href") and ".css" in link
        ]
        assert len(styles) >= 2, path


@pytest.mark.browser
def test_a_browser_shows_the_files_without_a_fault_and_asks_for_nothing_else(
    county_site: Path, built: Built
) -> None:
    from playwright.sync_api import sync_playwright

    from tests.site.chromium import launched

    paths = list(types(built))
    assert len(paths) >= 15
    said: list[str] = []
    with sync_playwright() as playwright, launched(playwright) as browser:
        page = browser.new_page()
        page.on("console", lambda one: said.append(f"{page.url} console: {one.text}"))
        page.on("pageerror", lambda one: said.append(f"{page.url} error: {one}"))
        # The tab's picture is loaded last; going on to the next page breaks that off.
        page.on(
            "requestfailed",
            lambda one: None if one.failure == "net::ERR_ABORTED" else said.append(f"failed: {one.url}"),
        )
        page.on(
            "request", lambda one: None if one.url.startswith("file:") else said.append(f"asked: {one.url}")
        )
        for path in paths:
            page.goto((county_site / path).as_uri())
            look = page.evaluate(
                "() => [document.styleSheets.length, getComputedStyle(document.body).fontFamily,"
                " getComputedStyle(document.querySelector('.govuk-skip-link')).position,"
                " document.title.length]"
            )
            if not (look[0] >= 2 and "Times" not in look[1] and look[2] == "absolute" and look[3]):
                said.append(f"{path} without styles: {look}")
    assert not said, "\n".join(said[:20])


def types(built: Built) -> Iterator[str]:
    """Yield one page of each sort: those of one folder depth whose names differ only by numbers are of one sort."""
    seen = set()
    for path in sorted(built.pages):
        sort = re.sub(r"/u/[^/]+/", "/u/-/", re.sub(r"\d[\w-]*\.html$", "N.html", path))
        sort = re.sub(r"^(en/)?help/(?!index).*", r"\1help/-", sort)
        sort = re.sub(r"/(data|domains)-[\w-]+", r"/\1-K", sort)
        sort = re.sub(
            r"^((?:en/)?xiuzhou)/(annual|decisions|delegation|regulations|tenders)\b", r"\1/finance", sort
        )
        if sort not in seen and (not sort.startswith("en/") or sort.endswith(("/index.html", "/units.html"))):
            seen.add(sort)
            yield path
