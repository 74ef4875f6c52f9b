"""The English edition: the interface in English, the content as it is, the Chinese edition untouched."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from pydantic import BaseModel

from portal.apps import create_public_app
from portal.config import data_dir
from portal.domain.documents.base import kinds
from portal.exchange.dictionary import dictionary
from portal.site import findings, pages
from portal.site.freezer import SiteFreezer
from portal.site.pages import PageUrl, all_urls
from portal.site.pages.english import english_url, in_english
from portal.site.snapshot import Snapshot
from portal.web.public.english import catalog as catalogs
from portal.web.public.english.__main__ import main, read
from portal.web.public.english.catalog import HAN, MADE, Catalog, catalog_from, check_places
from portal.web.public.english.made import labels, sentences
from tests.site.sample import HOSTILE, at, meeting, record, rule_text, snapshot

STATIC = Path(__file__).resolve().parents[2] / "portal" / "web" / "static"
READ = ("aria-label", "placeholder", "title", "alt", "data-l", "content")
QUOTED = re.compile("示例|索引号|版本|行号")  # Chinese words that translations speak of.
VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
)


class Spoken(HTMLParser):
    """What a page says: each text with whether it is marked as Chinese, what attributes say, and where links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[tuple[str, bool]] = []
        self.attributes: list[str] = []
        self.links: list[tuple[str, dict[str, str]]] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._open: list[tuple[str, bool]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        self.attributes += [given[name] for name in READ if given.get(name)]
        if tag in ("a", "form") and not given.get("href", "#").startswith("#"):
            self.links.append((given["href"], given))
        chinese = given["lang"] == "zh-Hans" if "lang" in given else bool(self._open and self._open[-1][1])
        if tag not in VOID:
            self._open.append((tag, chinese))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            while self._open and self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if data.strip():
            within = self._open[-1] if self._open else ("", False)
            # Nothing can be marked within the title of a page or of a drawing.
            (self.attributes.append(data) if within[0] == "title" else self.texts.append((data, within[1])))


@cache
def chinese_urls() -> tuple[PageUrl, ...]:
    """Return every address of the Chinese edition, files included."""
    return tuple(one for one in all_urls(snapshot()) if not one.edition)


@cache
def app() -> Flask:
    return create_public_app(snapshot, english=True)


@cache
def english_pages() -> dict[str, str]:
    """Return every English page of the sample by path."""
    client = app().test_client()
    found = {}
    for one in chinese_urls():
        if twin := english_url(one):
            answer = client.get(f"/{twin.path}")
            assert answer.status_code == 200, twin.path
            found[twin.path] = answer.text
    return found


def strings(value: Any) -> Iterator[str]:
    """Yield every text in records, units and regimes."""
    if isinstance(value, str):
        yield str(value)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from strings(getattr(value, name))
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from strings(getattr(value, field.name))
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from strings(one)


@cache
def content() -> tuple[str, ...]:
    """Return what is content in the sample: records, units, regimes, what rules saw, columns of data files."""
    now = snapshot()
    found = {one for part in (now.records, now.jurisdictions) for one in strings(part)}
    for view in now.jurisdictions:
        found |= {one for unit in view.units for one in (unit.name, unit.short)}
    for one in now.records:
        view = next(area for area in now.jurisdictions if area.slug == one.unit.jurisdiction)
        if report := findings.report_of(now, view, one):
            found |= {seen.seen for check in report.checks for seen in check.findings}
        found.add(one.title)
    for model in kinds().values():
        for row in dictionary(model):
            found |= {
                row.header,
                row.label,
                row.explanation,
                row.source,
                *(label for _, label in row.choices),
            }
            found |= set(re.findall("“(.*?)”", row.required))
    return tuple(sorted((one for one in found if HAN.search(one)), key=len, reverse=True))


@cache
def unexplained(text: str) -> str:
    """Return the Chinese of a text that is no content."""
    text = re.sub(r"\s+", " ", text)
    for one in content():
        if not HAN.search(text):
            return ""
        text = text.replace(re.sub(r"\s+", " ", one), " ")
    return "".join(HAN.findall(QUOTED.sub("", text)))


def test_what_is_not_content_is_english() -> None:
    left: dict[str, str] = {}
    for path, text in english_pages().items():
        page = Spoken(text)
        for said, chinese in page.texts:
            if said != "中文" and (HAN.search(QUOTED.sub("", said)) if not chinese else unexplained(said)):
                left.setdefault(said, path)
        for said in page.attributes:
            if unexplained(said):
                left.setdefault(said, path)
    assert not left


def test_every_text_of_the_program_is_translated() -> None:
    with app().test_request_context():
        assert main(data_dir("templates")) == 0


def test_a_missing_translation_is_named() -> None:
    known = dict(catalogs.entries())
    for gone in (("最新公开", None), ("授权分工方案", None), ("{name}单位名录", MADE)):
        del known[gone]
    less: Catalog = catalog_from(known)
    missing = read(data_dir("templates"), less).missing
    assert missing["最新公开"].startswith("public/")
    assert ("kind", "授权分工方案") in [one for one in labels() if less.find(one[1]) is None]
    with app().test_request_context():
        found = list(sentences(less, Path(pages.__file__).parent))
    assert any("单位名录" in text for _, text in found)


def test_translations_use_the_places_of_their_message_and_are_english() -> None:
    for (message, _), translation in catalogs.entries().items():
        check_places(message, translation)
        assert not HAN.search(QUOTED.sub("", translation)), translation


def test_links_lead_to_pages_and_tell_where_they_leave_the_edition() -> None:
    chinese = {one.path for one in chinese_urls()}
    known = english_pages()
    ids = {
        path: {given["id"] for _, given in Spoken(text).tags if "id" in given} for path, text in known.items()
    }
    for path, text in known.items():
        for link, given in Spoken(text).links:
            parts = urlsplit(link)
            if parts.scheme:
                assert parts.hostname == "example.org", (path, link)
                continue
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), parts.path))
            if target in known:
                assert "hreflang" not in given, (path, link)
                assert not parts.fragment or parts.fragment in ids[target], (path, link)
                continue
            assert target in chinese, (path, link)
            assert not target.endswith(".html") or given.get("hreflang") == "zh-Hans", (path, link)


def test_styles_and_scripts_are_found_from_english_pages() -> None:
    for path, text in english_pages().items():
        for tag, given in Spoken(text).tags:
            link = given.get("src") or (given.get("href") if tag == "link" else "") or ""
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
            if target.startswith("static/") and "vendor" not in target:
                assert (STATIC / target.removeprefix("static/")).is_file(), (path, link)
            else:
                assert "static" not in link or "vendor" in target, (path, link)


def test_each_page_and_its_twin_know_one_another() -> None:
    client = app().test_client()
    for path, text in english_pages().items():
        twin = path.removeprefix("en/")
        assert '<html lang="en"' in text
        for here, there, page in ((path, twin, text), (twin, path, client.get(f"/{twin}").text)):
            lang = "zh-Hans" if here == path else "en"
            found = [
                given["href"]
                for tag, given in Spoken(page).tags
                if given.get("hreflang") == lang and (tag == "link" or given.get("lang") == lang)
            ]
            assert len(found) == 2, here
            for link in found:
                assert posixpath.normpath(posixpath.join(posixpath.dirname(here), link)) == there


def test_records_help_and_files_stay_where_they_are() -> None:
    client = app().test_client()
    only = [one for one in chinese_urls() if english_url(one) is None]
    assert {one.endpoint for one in only} >= {"record", "data", "help", "glossary", "missing", "robots"}
    for one in only:
        assert client.get(f"/en/{one.path}").status_code == 404, one.path
    assert client.get("/en/").text == english_pages()["en/index.html"]


def test_the_chinese_edition_is_the_same_but_for_the_way_to_its_twin() -> None:
    plain, with_english = create_public_app(snapshot, english=False).test_client(), app().test_client()
    english_pages()
    twins = 0
    for one in chinese_urls():
        if one.path.endswith(".html"):
            text = with_english.get(f"/{one.path}").text
            bare, found = re.subn(
                r'<link rel="alternate" hreflang="en" href="[^"]*">\n|<nav class="twin".*?</nav>\n?', "", text
            )
            assert found == (2 if in_english(one.path) else 0), one.path
            twins += found
            assert bare == plain.get(f"/{one.path}").text, one.path
    assert twins == 2 * len(english_pages())


def of_a_unit_that_speaks_like_the_program() -> Snapshot:
    """Return a snapshot whose unit and records are called as the interface calls other things."""
    base = snapshot()
    town = next(one for one in base.records if one.id == 41).unit
    odd = replace(town, name="单位名录", short="按期")
    records = (
        record(9001, odd, (meeting(91, title="首页"), at(2026, 7, 1), "首次公开"), slug="9001"),
        record(9002, odd, (meeting(92, title="2026年第三季度"), at(2026, 7, 2), "首次公开"), slug="9002"),
        record(9003, odd, (meeting(93, title="迟 3 个工作日"), at(2026, 7, 3), "首次公开"), slug="9003"),
    )
    areas = tuple(replace(one, units=(odd,) if one.slug == "xiuzhou" else ()) for one in base.jurisdictions)
    return replace(base, jurisdictions=areas, records=records)


def test_what_a_unit_wrote_is_never_translated() -> None:
    odd = of_a_unit_that_speaks_like_the_program()
    client = create_public_app(lambda: odd, english=True).test_client()
    for path in (
        "xiuzhou/decisions.html",
        "xiuzhou/u/yizhen/decisions/index.html",
        "xiuzhou/u/yizhen/index.html",
    ):
        text = client.get(f"/en/{path}").text
        for title in ("首页", "2026年第三季度", "迟 3 个工作日"):
            assert f'<span lang="zh-Hans">{title}</span></a>' in text, (path, title)
    listed = client.get("/en/xiuzhou/decisions.html").text
    assert '<small><span lang="zh-Hans">单位名录</span>' in listed
    assert '<span lang="zh-Hans">单位名录</span></a>' in client.get("/en/xiuzhou/units.html").text
    env = app().extensions["english"]
    typed = env.from_string("<p>{{ query }}</p><p>{{ word }}</p>").render(query="财务", word="财务")
    assert typed == '<p><span lang="zh-Hans">财务</span></p><p>Finance</p>'


def test_what_is_typed_stays_text() -> None:
    shown = english_pages()["en/xiuzhou/decisions.html"]
    assert "&lt;script&gt;alert(1)" in shown
    assert HOSTILE in "".join(text for text, _ in Spoken(shown).texts)
    for path, text in english_pages().items():
        for tag, given in Spoken(text).tags:
            assert tag not in ("img", "iframe", "style"), path
            assert tag != "script" or "static/" in given.get("src", ""), path
            assert not any(name.startswith("on") or name == "style" for name in given), path
    long = replace(
        snapshot(),
        records=(record(9004, snapshot().records[0].unit, (rule_text(), at(2025, 4, 3), "首次公开")),),
    )
    odd = replace(long.records[0].latest, document=rule_text().model_copy(update={"title": "9999年99月99日"}))
    shown = (
        create_public_app(
            lambda: replace(long, records=(replace(long.records[0], versions=(odd,)),)), english=True
        )
        .test_client()
        .get("/en/xiuzhou/regulations.html")
        .text
    )
    assert "9999年99月99日" in shown


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("2026年3月5日", "5 March 2026"),
        ("2026年第三季度", "Q3 2026"),
        ("2026年7月", "July 2026"),
        ("1,286万元", "CNY 12,860,000"),
        ("36.41万元", "CNY 364,100"),
        ("-5,000.50元", "CNY -5,000.50"),
        ("迟 1 个工作日", "1 working day late"),
        ("迟 4 个工作日", "4 working days late"),
        ("2 个单位未公开", "2 units have not published"),
        ("2026年11月3日前（暂定）", "by 3 November 2026 (provisional)"),
        ("财务、工程建设", "Finance, Construction"),
        ("2026年3月5日备案，迟 2 个工作日；方案没有写备案日期",
         "filed 5 March 2026, 2 working days late; the plan gives no date of filing"),
        ("秀洲区2026年采购招标", "Xiuzhou: procurement, 2026"),
    ],
)  # fmt: skip
def test_sentences_of_the_program_are_read_with_their_values(chinese: str, english: str) -> None:
    with app().test_request_context("/en/index.html"):
        assert app().extensions["english"].speaker.plain(chinese) == english


def test_days_and_amounts_that_are_none_are_left_alone() -> None:
    with app().test_request_context("/en/index.html"):
        speaker = app().extensions["english"].speaker
        for odd in ("2026年13月40日", "2026年99月", "甲乙丙", "元"):
            assert speaker.plain(odd) == odd
        assert speaker.text("<b>甲</b>") == '<span lang="zh-Hans">&lt;b&gt;甲&lt;/b&gt;</span>'


def test_messages_are_filled_whatever_their_order() -> None:
    from portal.web.public.english import environment

    entries: dict[tuple[str, str | None], str] = {
        ("{a}在{b}", None): "{b}: {a:lower}",
        ("{n} 个", None): "{n} {n:unit|units}",
        ("甲", None): "Alpha & more",
        ("按“{x}”", None): 'by "{x}"',
        ("{n} 件", None): "{n} items",
    }
    env = environment(app(), catalog_from(entries))
    shown = env.from_string(
        '<p title="{{ a }}在{{ b }}">{{ a }}在{{ b }}</p>{% if n %}<i>{{ n }} 个</i>{% endif %}'
        "<b>甲</b>{{ n ~ ' 件' }}<u>按“{{ x }}”</u><a href=\"{{ link('甲.html') }}\" class=\"甲\">甲</a>"
        "{% if x == '乙' %}same{% endif %}"
    ).render(a="甲", b="<乙>", n=1, x="乙", link=lambda path: path)
    assert shown == (
        '<p title="&lt;乙&gt;: alpha &amp; more"><span lang="zh-Hans">&lt;乙&gt;</span>: alpha &amp; more</p>'
        '<i>1 unit</i><b>Alpha &amp; more</b>1 items<u>by &#34;<span lang="zh-Hans">乙</span>&#34;</u>'
        '<a href="甲.html" hreflang="zh-Hans" class="甲">Alpha &amp; more</a>same'
    )


def test_the_exporter_makes_the_same_pages() -> None:
    freezer = SiteFreezer(app())
    with freezer.running():
        for one in chinese_urls():
            twin: PageUrl | None = english_url(one)
            if twin and one.endpoint in ("home", "area", "status", "unit"):
                assert freezer.content(twin).decode() == english_pages()[twin.path]
                assert freezer.content(one).decode() == app().test_client().get(f"/{one.path}").text
    assert not freezer.failures


def test_an_app_without_the_english_edition_knows_nothing_of_it() -> None:
    client = create_public_app(snapshot, english=False).test_client()
    assert client.get("/en/index.html").status_code == 404
    assert "hreflang" not in client.get("/index.html").text
