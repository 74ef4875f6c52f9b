"""Atom feeds that every reader accepts, wherever the site lies; and what search engines are told."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.documents.annual import AnnualReport
from portal.domain.documents.base import Validity
from portal.domain.documents.finance import FinanceDisclosure
from portal.exchange.characters import writable
from portal.exchange.feeds import Entry, Feed, atom, tag
from portal.exchange.jsonld import Distribution, Licence, record_jsonld, script_json
from tests.exchange.editions_world import edition, published
from tests.site.sample import HOSTILE

A = "{http://www.w3.org/2005/Atom}"
_DAY = date(2026, 10, 12)
_MOMENT = datetime(2026, 10, 12, 2, 0, tzinfo=UTC)
_BAD = ["\ud800", "\x00\x0b\x1f", "\ufffe\uffff", "\u202e", "\r\n\r", "]]>"]
_ANY = st.text(max_size=80) | st.sampled_from(_BAD)


def entry(number: int = 1, **more: object) -> Entry:
    """Return a sample entry."""
    given_values: dict[str, object] = {
        "id": tag(_DAY, "xiuzhou", "caizheng", "finance", f"2026Q{number}"),
        "title": f"2026年第{number}季度财务公开",
        "author": "示例区财政局",
        "path": f"xiuzhou/u/caizheng/finance/2026Q{number}.html",
        "kind": "finance",
        "kind_label": "季度财务公开",
        "published": _MOMENT,
        "updated": _MOMENT.replace(hour=number),
        "summary": "首次公开",
    }
    return Entry(**(given_values | more))  # type: ignore[arg-type]


def feed(*entries: Entry, **more: object) -> Feed:
    """Return a unit's sample feed."""
    given_values: dict[str, object] = {
        "id": tag(_DAY, "xiuzhou", "caizheng"),
        "title": "示例区财政局的公开",
        "path": "xiuzhou/u/caizheng/feed.atom",
        "page": "xiuzhou/u/caizheng/index.html",
        "updated": _MOMENT,
        "entries": entries,
    }
    return Feed(**(given_values | more))  # type: ignore[arg-type]


def check_rules(data: bytes) -> ET.Element:
    """Hold a feed to RFC 4287: what must be there once, what may be, and of which form."""
    root = ET.fromstring(data)  # noqa: S314 - our own bytes.
    assert root.tag == f"{A}feed"
    ids = []
    for holder in (root, *root.findall(f"{A}entry")):
        for name in ("id", "title", "updated"):
            assert len(holder.findall(f"{A}{name}")) == 1, name
        for name in ("subtitle", "summary", "published"):
            assert len(holder.findall(f"{A}{name}")) <= 1, name
        ids.append(holder.findtext(f"{A}id"))
        for name in ("updated", "published"):
            for one in holder.findall(f"{A}{name}"):
                assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", one.text or "")
        for one in holder.findall(f"{A}author"):
            assert len(one.findall(f"{A}name")) == 1
        alternates = [one for one in holder.findall(f"{A}link") if one.get("rel") == "alternate"]
        assert len(alternates) == 1  # 4.1.2: an entry without content must have one; never two of one type.
    for one in root.findall(f"{A}entry"):
        assert root.find(f"{A}author") is not None or one.find(f"{A}author") is not None
        assert all(category.get("term") for category in one.findall(f"{A}category"))
    assert len(set(ids)) == len(ids)
    assert all(
        re.fullmatch(r"tag:[a-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?:[0-9A-Za-z_./-]+", one or "") for one in ids
    )
    assert len([one for one in root.findall(f"{A}link") if one.get("rel") == "self"]) == 1
    return root


def test_a_feed_keeps_the_rules_and_says_what_is_new():
    root = check_rules(atom(feed(entry(2), entry(1), subtitle="最近公开的内容", author="示例区财政局")))

    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "zh-CN"
    assert root.findtext(f"{A}updated") == "2026-10-12T02:00:00Z"
    first = root.find(f"{A}entry")
    assert first is not None
    assert first.findtext(f"{A}author/{A}name") == "示例区财政局"
    category = first.find(f"{A}category")
    assert category is not None
    assert category.attrib == {"term": "finance", "label": "季度财务公开"}
    assert first.findtext(f"{A}summary") == "首次公开"


def test_an_empty_feed_keeps_the_rules_too():
    root = check_rules(atom(feed()))

    assert root.findtext(f"{A}updated") == "2026-10-12T02:00:00Z"


def test_a_feed_is_as_new_as_its_newest_entry_in_whatever_order():
    assert ET.fromstring(atom(feed(entry(1), entry(3), entry(2)))).findtext(f"{A}updated") == (  # noqa: S314
        "2026-10-12T03:00:00Z"
    )


@pytest.mark.parametrize(
    "path", ["feed.atom", "xiuzhou/feed.atom", "xiuzhou/u/caizheng/feed.atom", "a/b/c/d.atom"]
)
@pytest.mark.parametrize("base_url", [None, "https://ygql.example/site"])
def test_every_link_leads_to_its_page_from_wherever_the_feed_lies(path, base_url):
    root = check_rules(atom(feed(entry(1), path=path), base_url=base_url))

    where = f"{base_url or 'file:///media/usb/site'}/{path}"
    top = base_url or "file:///media/usb/site"
    led = {one.get("rel"): urljoin(where, one.get("href") or "") for one in root.findall(f"{A}link")}
    assert led == {"self": where, "alternate": f"{top}/xiuzhou/u/caizheng/index.html"}
    link = root.find(f"{A}entry/{A}link")
    assert link is not None
    assert urljoin(where, link.get("href") or "") == f"{top}/xiuzhou/u/caizheng/finance/2026Q1.html"
    assert base_url is None or (link.get("href") or "").startswith(base_url)


def test_ids_do_not_depend_on_the_address():
    def ids(data: bytes) -> list[str | None]:
        return [one.text for one in ET.fromstring(data).iter(f"{A}id")]  # noqa: S314

    assert ids(atom(feed(entry()))) == ids(atom(feed(entry()), base_url="https://other.example"))


def test_an_id_is_made_of_the_servers_own_codes_only():
    for bad in ("", "有中文", "a b", "a<b", "/a"):
        with pytest.raises(ValueError, match="编码"):
            tag(_DAY, bad)


@given(text=_ANY)
def test_whatever_a_text_holds_the_feed_is_well_formed_and_shows_it(text):
    hostile = entry(title=text, author=text, summary=f"<b>&{text}", kind_label=text)

    root = check_rules(atom(feed(hostile, title=text, subtitle=text, author=text)))

    assert root.findtext(f"{A}title") == writable(text)
    one = root.find(f"{A}entry")
    assert one is not None
    assert one.findtext(f"{A}title") == writable(text)
    assert one.findtext(f"{A}summary") == writable(f"<b>&{text}")


@given(text=_ANY)
def test_a_writable_text_can_be_sent_and_stays_as_it_is(text):
    cleaned = writable(text)

    assert cleaned.encode().decode() == cleaned == writable(cleaned) == json.loads(json.dumps(cleaned))
    assert len(cleaned) <= len(text)
    assert "\x00" not in cleaned
    assert "\ud800" not in cleaned


class _Scripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, name: str, _attrs: object) -> None:
        self.tags.append(name)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(text=_ANY | st.sampled_from(["</script><img src=x>", "<!--<script>", "]]>", "\u2028\u2029", HOSTILE]))
def test_no_text_gets_out_of_the_script_element(text):
    page = _Scripts()
    assert script_json(text).encode().decode() == script_json(text)

    page.feed(f'<script type="application/ld+json">{script_json({"name": text, "list": [text]})}</script>')
    page.close()

    assert page.tags == ["script"]
    said = json.loads(page.text)
    assert said["list"] == [said["name"]]
    assert not set(page.text) & set("<>&\u2028\u2029")
    if text == writable(text):
        assert said["name"] == text


@pytest.mark.parametrize("one", published(), ids=lambda one: f"{one.kind.code}-{one.index_no}-{one.number}")
def test_every_kind_says_what_search_engines_ask_of_its_type(one):
    files = (Distribution("text/csv", "2026Q3.csv", "CSV"),)

    said = json.loads(
        record_jsonld(one, first_published=_DAY, distributions=files, uscc="91350100M000100Y43")
    )

    assert said["@context"] == "https://schema.org"
    assert said["name"] == one.document.title
    assert 50 <= len(said["description"]) <= 5000
    assert said["identifier"]["value"] == one.index_no
    assert said["publisher"]["@type"] == "GovernmentOrganization"
    assert said["publisher"]["identifier"]["value"] == "91350100M000100Y43"
    assert said["datePublished"] == "2026-10-12"
    assert said["dateModified"] == one.published_on.isoformat()
    assert "license" not in said
    # Only a Dataset has distributions; every other creative work has encodings.
    place = {"regulation": "encoding", "annual_report": "encoding"}.get(one.kind.code, "distribution")
    assert [file["contentUrl"] for file in said[place]] == ["2026Q3.csv"]
    assert said["@type"] == {"regulation": "Legislation", "annual_report": "Report"}.get(
        one.kind.code, "Dataset"
    )


@pytest.mark.parametrize(
    ("period", "span"),
    [
        ("2026Q3", "2026-07-01/2026-09-30"),
        ("2026-02", "2026-02-01/2026-02-28"),
        ("2026", "2026-01-01/2026-12-31"),
    ],
)
def test_a_period_is_told_as_days(period, span):
    document = FinanceDisclosure(title="示例财务公开", period=period)

    assert json.loads(record_jsonld(edition(document), first_published=_DAY))["temporalCoverage"] == span


def test_a_regulation_says_whether_it_is_in_force():
    one = next(one for one in published() if one.kind.code == "regulation")
    gone = replace(one, document=one.document.model_copy(update={"validity": Validity.ABOLISHED}))

    assert json.loads(record_jsonld(one, first_published=_DAY))["legislationLegalForce"].endswith("/InForce")
    assert json.loads(record_jsonld(gone, first_published=_DAY))["legislationLegalForce"].endswith(
        "/NotInForce"
    )


def test_a_report_and_a_licence_are_told():
    report = AnnualReport(title="示例年报", period="2025", doc_no="示政〔2026〕1号")
    terms = Licence("https://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0")

    said = json.loads(record_jsonld(edition(report), first_published=_DAY, licence=terms))

    assert (said["@type"], said["reportNumber"]) == ("Report", "示政〔2026〕1号")
    assert said["license"]["url"] == terms.url
    assert "url" not in said
    assert "encoding" not in said
