"""The public pages: each address answers, each link leads somewhere, nothing that is typed runs."""

from __future__ import annotations

import gzip
import hashlib
import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from portal.apps import create_public_app
from portal.domain.canonical import canonical, fingerprint
from portal.site.pages import all_urls
from portal.site.pages.declared import declared
from tests.site.sample import HOSTILE, at_another_time, intent, record, snapshot

STATIC = Path(__file__).resolve().parents[2] / "portal" / "web" / "static"
URLS = list(all_urls(snapshot()))
HTML = [one.path for one in URLS if one.path.endswith(".html")]
# What may stand in Latin letters on a Chinese page: formats, algorithms, the command, units, codes that are data.
ALLOWED = re.compile(
    r"JSON|SHA-256|RFC 8785|portal verify 文件\.json|salt|content|digest|\d[\d.]* ?K?B\b|A4|B角|[0-9a-f]{8}|"
    r"(?:DEL|FIN|DEC|SPK|APP|TEN|PUB)-\d\d|GB[ /T]|[a-z]+/\d{4}-\d+|javascript:alert\(1\)|example\.org"
    r"|Atom|NDJSON|CSV|XLSX|OCDS|DCAT|Data Package|true 或 false"
    r"|true、false|English|WCAG|AA 级|Tab 键|Python|nginx|[a-z]+/u/[\w/-]+\.html"
)
HOSTILE_WORDS = ("script", "alert", "img", "src", "onerror", "x", "b", "scri")


class Page(HTMLParser):
    """Collects what a test asks of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._silent = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if given.get("id"):
            assert given["id"] not in self.ids, f"twice the id {given['id']}"
            self.ids.add(given["id"] or "")
        for name in ("href", "src", "action"):
            if given.get(name) is not None and tag != "use":
                self.links.append(given[name] or "")
        self._silent += tag in ("script", "style", "pre", "code")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style", "pre", "code")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text.append(data)


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_public_app(snapshot).test_client()


@pytest.fixture(scope="module")
def site(client: FlaskClient) -> dict[str, str]:
    """Every page's text by path."""
    return {path: client.get(f"/{path}").text for path in HTML}


def test_every_address_answers_and_stands_once(client: FlaskClient) -> None:
    assert len({one.path for one in URLS}) == len(URLS)
    for one in URLS:
        assert client.get(f"/{one.path}").status_code == 200, one.path


def test_addresses_are_flat_ascii_files() -> None:
    for one in URLS:
        assert one.path.isascii()
        assert re.fullmatch(
            r"[A-Za-z0-9/_-]+\.(html|(ocds\.)?(nd)?json|jsonld|csv|xlsx|xml|txt)", one.path
        ), one.path
        assert ".." not in one.path
        assert not one.path.startswith("/")


def test_every_link_is_relative_and_leads_to_a_known_page(site: dict[str, str]) -> None:
    known = {one.path for one in URLS}
    pages = {path: Page(text) for path, text in site.items()}
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                assert (parts.scheme, parts.hostname) == ("https", "example.org"), (path, link)
                continue
            assert not link.startswith("/"), (path, link)
            target = (
                posixpath.normpath(posixpath.join(posixpath.dirname(path), parts.path))
                if parts.path
                else path
            )
            if target.startswith("static/"):
                assert (STATIC / target.removeprefix("static/")).is_file() or "vendor" in target, (path, link)
                continue
            assert target in known, (path, link)
            if parts.fragment:
                assert parts.fragment in pages[target].ids, (path, link)


def test_every_page_can_be_reached_from_the_front(site: dict[str, str]) -> None:
    seen, waiting = set(), ["index.html"]
    while waiting:
        path = waiting.pop()
        if path in seen or path not in site:
            continue
        seen.add(path)
        for link in Page(site[path]).links:
            parts = urlsplit(link)
            if not parts.scheme and parts.path:
                waiting.append(posixpath.normpath(posixpath.join(posixpath.dirname(path), parts.path)))
    # The lasting address of a version that is its record's only one is cited, not linked.
    lonely = {path for path in site if path not in seen}
    assert all(re.search(r"-v\d+\.html$", path) or path == "404.html" for path in lonely), sorted(lonely)


def test_what_is_typed_never_becomes_markup(site: dict[str, str]) -> None:
    text = site["xiuzhou/u/zhujian/decisions/22.html"]
    assert "&lt;script&gt;alert(1)" in text
    for path, page in site.items():
        tags = Page(page).tags
        assert not any(tag in ("img", "iframe", "style") for tag, _ in tags), path
        # A data block is no program: no browser runs it.
        assert all(
            set(given) == {"src"} or given == {"type": "application/ld+json"}
            for tag, given in tags
            if tag == "script"
        ), path
        assert not any(name.startswith("on") or name == "style" for _, given in tags for name in given), path
    shown = "".join(Page(text).text)
    assert HOSTILE in shown


def test_only_web_addresses_become_links(site: dict[str, str]) -> None:
    page = site["xiuzhou/u/yizhen/tenders/41.html"]
    assert "javascript:alert(1)" in page
    assert 'href="javascript:' not in page
    assert 'href="https://example.org/notice/31"' in site["xiuzhou/u/zhujian/tenders/1.html"]


@pytest.mark.parametrize("link", ["http://[", "http://[::1", "http://℀.cn/", "https://", "//example.org"])
def test_an_address_that_is_none_is_shown_as_text(link: str) -> None:
    town = next(one for one in snapshot().records if one.id == 41)
    odd = record(41, town.unit, (intent(link), town.latest.published_at, "首次公开"), slug="41")
    client = create_public_app(lambda: replace(snapshot(), records=(odd,))).test_client()
    answer = client.get("/xiuzhou/u/yizhen/tenders/41.html")
    assert answer.status_code == 200
    assert f"<dd>{link}</dd>" in answer.text
    assert f'href="{link}"' not in answer.text
    app = create_public_app(snapshot, search_url=link)
    assert "form-action 'self'" in app.test_client().get("/index.html").headers["Content-Security-Policy"]


def test_chinese_pages_speak_chinese(site: dict[str, str]) -> None:
    for path, text in site.items():
        if path.startswith("en/"):
            continue  # They have tests of their own.
        page = Page(text)
        said = [one for one in page.text if HOSTILE[:6] not in one and "<b>" not in one]
        said += [
            given[name] or ""
            for _, given in page.tags
            for name in ("aria-label", "placeholder", "title", "alt")
            if given.get(name)
        ]
        for one in said:
            left = re.findall(r"[A-Za-z]{2,}", ALLOWED.sub("", one.replace(HOSTILE, "")))
            assert not [word for word in left if word not in HOSTILE_WORDS], (path, one.strip())


def test_every_page_says_what_it_is(site: dict[str, str]) -> None:
    titles: dict[str, str] = {}
    for path, text in site.items():
        page = Page(text)
        assert text.startswith("<!doctype html>\n"), path
        assert 'lang="zh-Hans"' in text
        metas = {given.get("name"): given.get("content") for tag, given in page.tags if tag == "meta"}
        assert metas["SiteName"]
        assert metas["description"], path
        assert [tag for tag, _ in page.tags].count("h1") == 1, path
        title = re.search(r"<title>(.*?)</title>", text, re.DOTALL)
        assert title
        titles.setdefault(title[1], path)
    record = site["xiuzhou/u/zhujian/finance/2026Q3.html"]
    for tag in (
        '"ArticleTitle"',
        '"PubDate" content="2026-10-18 10:00"',
        '"ContentSource" content="示例区住房和城乡建设局"',
    ):
        assert tag in record


def test_headings_descend_without_gaps(site: dict[str, str]) -> None:
    for path, text in site.items():
        levels = [int(tag[1]) for tag, _ in Page(text).tags if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1, path
        assert all(after <= before + 1 for before, after in pairwise(levels)), (
            path,
            levels,
        )


def test_sample_units_say_so_on_each_of_their_pages(site: dict[str, str]) -> None:
    for path, text in site.items():
        assert ("<b>示例数据</b>" in text) == (
            path.startswith(("xiuzhou/", "help/")) or ("/" not in path and path != "404.html")
        ), path


def test_data_carries_the_hashed_bytes(client: FlaskClient) -> None:
    for one in snapshot().records:
        for version in one.versions:
            place = f"/{one.path.removesuffix('.html')}-v{version.number}.json"
            body = client.get(place).data
            data = json.loads(body)
            assert data["digest"] == version.digest
            if version.tombstone:
                assert "content" not in data
                assert "salt" not in data
                assert data["withdrawn"]["legal_ground"] == version.tombstone.legal_ground
                continue
            assert fingerprint(bytes.fromhex(data["salt"]), canonical(data["content"])) == version.digest
            assert version.payload is not None
            assert version.payload in body
            assert hashlib.sha256(bytes.fromhex(data["salt"]) + version.payload).hexdigest() == data["digest"]


def test_withdrawn_content_is_nowhere(client: FlaskClient, site: dict[str, str]) -> None:
    for path, text in site.items():
        assert "https://example.org/a" not in text, path
    page = site["xiuzhou/u/yizhen/decisions/42-v1.html"]
    for said in (
        "个人信息保护法第四十七条",
        "示例区纪委监委",
        "2026年8月3日",
        "2027年8月1日",
        "内容已依法销毁",
    ):
        assert said in page
    assert "发言顺序" not in page
    assert "综合各位意见" in site["xiuzhou/u/yizhen/decisions/42.html"], "the version after it stays readable"
    assert "综合各位意见" not in site["xiuzhou/u/renshe/decisions/44.html"]


def test_a_correction_lists_what_changed(site: dict[str, str]) -> None:
    page = site["xiuzhou/u/zhujian/finance/2026Q3.html"]
    said = re.sub(r"\s+", " ", page[page.index('id="changes"') :])
    assert "3 处不同" in said
    assert '<del class="nw">103,600.00 元</del>' in said
    assert '<ins class="nw">153,600.00 元</ins>' in said
    assert "+50,000.00" in said
    assert "本版说明：漏记9月公务用车维修费，补记后更正。" in said
    assert "<ins>153,600.00</ins>" in page[: page.index('id="changes"')], (
        "changed figures are marked in place"
    )
    first = site["xiuzhou/u/zhujian/finance/2026Q3-v1.html"]
    assert "不是最新的一版" in first
    assert "103,600.00" in first


def test_the_chief_who_spoke_early_is_named(site: dict[str, str]) -> None:
    early = site["xiuzhou/u/zhujian/decisions/20.html"]
    assert "应为第 7 位，实为第 2 位" in early
    alert = early[early.index('class="alert"') :].partition("</div>")[0]
    assert "末位" in alert or "最后" in alert
    assert "SPK-01" in early
    assert "他发言" not in early
    late = site["xiuzhou/u/zhujian/decisions/21.html"]
    assert "末位表态" in late
    assert "SPK-01" not in late.partition("符合的")[0]


def cells(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each row of the board: the unit and its marks."""
    text = text[text.index('id="all"') :].partition("</table>")[0]
    for row in re.findall(r"<tr role=\"row\".*?</tr>", text, re.DOTALL)[1:]:
        words = [
            re.sub(r"\s+", "", "".join(Page(cell).text))
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        ]
        yield words[0], words[1:]


def test_the_board_says_how_each_unit_stands(site: dict[str, str]) -> None:
    rows = dict(cells(site["xiuzhou/status.html"]))
    assert rows["示例区住房和城乡建设局"][1:3] == ["按期", "按期"]
    assert rows["示例区人力资源和社会保障局"][1:4] == ["未公开", "未公开", "迟4个工作日"]
    assert rows["示例一镇"][2] == "无发生额"
    assert rows["示例新区管理办公室"][2:4] == ["未公开", "不适用"]
    # Gone since January: the plan it never published stays a gap, nothing after that is owed.
    assert rows["示例区旧城改造办公室（已撤销）"][1:3] == ["未公开", "不适用"]
    assert next(iter(rows)) == "示例区人力资源和社会保障局", "the worst first"


def test_a_quarter_is_waiting_until_its_last_day() -> None:
    eve = replace(snapshot(), taken_at=snapshot().taken_at.replace(month=11, day=3))
    rows = dict(cells(create_public_app(lambda: eve).test_client().get("/xiuzhou/status.html").text))
    assert rows["示例区人力资源和社会保障局"][2] == "临近到期"


def test_an_empty_county_has_whole_pages(site: dict[str, str]) -> None:
    for page in ("index", "units", "domains", "rules", "status", "finance"):
        assert f"erqi/{page}.html" in site
    assert "名录中还没有单位" in site["erqi/units.html"]
    assert "还没有公开内容" in site["erqi/index.html"]


def test_pages_are_functions_of_the_snapshot_alone(site: dict[str, str]) -> None:
    again = create_public_app(lambda: replace(snapshot())).test_client()
    other = create_public_app(at_another_time).test_client()
    for path in HTML:
        assert again.get(f"/{path}").text == site[path], path
        if "/decisions/" in path or "/tenders/" in path:
            assert other.get(f"/{path}").text == site[path], f"{path} changes with the day"


def test_pages_and_styles_are_light(site: dict[str, str]) -> None:
    for path, text in site.items():
        # The rules page is a book of law of some eighty entries with their sources.
        limit = (26_000 if path.startswith("en/") else 24_000) if path.endswith("/rules.html") else 15_000
        assert len(gzip.compress(text.encode(), 6)) <= limit, path
    styles = [STATIC / "theme.css", STATIC / "print.css", STATIC / "vendor" / "govuk.css"]
    packed = [len(gzip.compress(one.read_bytes(), 9)) for one in styles if one.is_file()]
    assert len(packed) >= 2
    assert sum(packed) <= 14_000
    assert len(gzip.compress((STATIC / "display.js").read_bytes(), 9)) <= 1_000


def test_long_lists_keep_their_pages() -> None:
    base = snapshot()
    one = next(record for record in base.records if record.kind.code == "tender" and record.document)
    many = tuple(replace(one, id=5000 + place, slug=f"n{place}") for place in range(250))
    app = create_public_app(lambda: replace(base, records=base.records + many)).test_client()
    grown = create_public_app(
        lambda: replace(base, records=(*base.records, *many, replace(one, id=9000, slug="newest")))
    ).test_client()
    first = app.get("/xiuzhou/tenders-p1.html").text
    assert first.count("<li><time") == 100
    assert grown.get("/xiuzhou/tenders-p1.html").text.count("<li><time") == 100
    shown = re.findall(r'<li><time.*?href="([^"]+)"', first)
    assert len(shown) == 100
    assert shown == re.findall(r'<li><time.*?href="([^"]+)"', grown.get("/xiuzhou/tenders-p1.html").text)
    assert "newest.html" in grown.get("/xiuzhou/tenders.html").text
    assert 'xiuzhou/tenders-p2.html" rel="next"' in app.get("/xiuzhou/tenders.html").text
    assert app.get("/xiuzhou/u/zhujian/tenders/index-p1.html").status_code == 200


def test_a_kind_without_a_template_is_shown_from_its_declaration() -> None:
    app = create_public_app(snapshot)
    shown = set()
    for one in snapshot().records:
        if one.document is None:
            continue
        found = declared(one.document)
        context = {"declared": found, "doc": one.document, "record": one}
        blocks = app.jinja_env.get_template("public/kinds/generic.html")
        with app.test_request_context():
            text = "".join(blocks.blocks["kind"](blocks.new_context(context)))
        assert "None" not in text
        shown.add(one.kind.code)
        for _, rows in found.groups:
            assert all(f"<dt>{label}</dt>" in text for label, _ in rows)
        for section in found.sections:
            assert f"<h2>{section.caption}</h2>" in text
    assert shown == {one.kind.code for one in snapshot().records}


def test_unknown_addresses_are_a_404_that_helps(client: FlaskClient) -> None:
    for path in (
        "nowhere.html",
        "xiuzhou/u/nobody/index.html",
        "xiuzhou/u/zhujian/finance/2026Q3-v9.html",
        "xiuzhou/cases.html",
        "xiuzhou/u/zhujian/finance/2099Q1.json",
        "xiuzhou/finance-1999.html",
        "xiuzhou/u/xinqu/finance/index.html",
    ):
        answer = client.get(f"/{path}")
        assert answer.status_code == 404, path
        assert "没有这个页面" in answer.text
        prefix = "../" * path.count("/")
        assert f'href="{prefix}static/theme.css"' in answer.text


def test_no_cookie_no_script_no_stranger(client: FlaskClient) -> None:
    answer = client.get("/index.html")
    assert "Set-Cookie" not in answer.headers
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert client.post("/index.html").status_code == 405
    assert client.get("/").text == answer.text
