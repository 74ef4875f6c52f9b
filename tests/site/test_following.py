"""Who follows a place misses nothing: feeds, the list of changes, the list of withdrawals."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient

from portal.apps import create_public_app
from portal.domain.documents.base import kinds
from portal.site import pages
from portal.site.cards import CHANGES, card_of, last_change
from portal.site.pages import all_urls, following, grounds
from portal.site.snapshot import Snapshot, Tombstone
from portal.web.public.files import FILES
from tests.site.sample import HOSTILE, intent, record, snapshot, unit
from tests.site.tree import classed, said, tree

A = "{http://www.w3.org/2005/Atom}"
FEEDS = [one.path for one in all_urls(snapshot()) if one.endpoint.endswith("feed")]
START = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_public_app(snapshot).test_client()


def client_over(now: Snapshot) -> FlaskClient:
    """Return a client of the site over a snapshot."""
    return create_public_app(lambda: now).test_client()


def feed(client: FlaskClient, path: str) -> ET.Element:
    """Return a feed's root."""
    return ET.fromstring(client.get(f"/{path}").data)  # noqa: S314 - our own feed.


def texts(root: ET.Element, name: str) -> list[str]:
    """Return what the entries say under a name."""
    return [one.findtext(f"{A}{name}") or "" for one in root.iter(f"{A}entry")]


def test_every_place_has_its_feed() -> None:
    listed = set(FEEDS)
    assert {"xiuzhou/feed.xml", "xiuzhou/finance.xml", "erqi/annual.xml"} <= listed
    assert {"xiuzhou/u/zhujian/feed.xml", "xiuzhou/u/zhujian/finance/feed.xml"} <= listed
    assert "xiuzhou/u/jiuju/finance/feed.xml" not in listed, "the unit has no such list either"


def test_feeds_are_atom_and_their_links_lead_to_pages(client: FlaskClient) -> None:
    known = {one.path for one in all_urls(snapshot())}
    ids: set[str] = set()
    for path in FEEDS:
        answer = client.get(f"/{path}")
        assert answer.content_type == "application/atom+xml; charset=utf-8"
        root = ET.fromstring(answer.data)  # noqa: S314 - our own feed.
        for name in ("id", "title", "updated"):
            assert root.findtext(f"{A}{name}"), (path, name)
        assert root.find(f"{A}author") is not None
        assert root.findtext(f"{A}id") not in ids
        ids.add(root.findtext(f"{A}id") or "")
        for link in root.iter(f"{A}link"):
            target = urljoin(f"http://site/{path}", link.get("href", "")).removeprefix("http://site/")
            assert target in known, (path, target)
        entries = texts(root, "id")
        assert len(set(entries)) == len(entries) <= following.IN_FEED
        times = texts(root, "updated")
        assert times == sorted(times, reverse=True)
        if times:
            assert root.findtext(f"{A}updated") == times[0]


def test_pages_name_their_feed(client: FlaskClient) -> None:
    for page, wanted in (
        ("xiuzhou/index.html", "feed.xml"),
        ("xiuzhou/changes.html", "feed.xml"),
        ("xiuzhou/finance.html", "finance.xml"),
        ("xiuzhou/finance-2026.html", "finance.xml"),
        ("xiuzhou/u/zhujian/index.html", "feed.xml"),
        ("xiuzhou/u/zhujian/finance/index.html", "feed.xml"),
    ):
        root = tree(client.get(f"/{page}").text)
        found = [one for one in root.iter("link") if one.get("type") == "application/atom+xml"]
        assert [one.get("rel") for one in found] == ["alternate"], page
        place = f"http://site/{page}"
        assert urljoin(place, found[0].get("href")) == urljoin(place, wanted), page
        assert urljoin(place, found[0].get("href")).removeprefix("http://site/") in FEEDS


def test_a_correction_and_a_withdrawal_are_entries_of_their_own(client: FlaskClient) -> None:
    root = feed(client, "xiuzhou/u/yizhen/decisions/feed.xml")
    titles = texts(root, "title")
    assert [one.partition("：")[0] for one in titles] == [
        "撤回第 1 版",
        "更正，第 2 版",
        "关于安排老旧小区改造工程资金的决定",
    ]
    assert [one.rpartition("/decisions/")[2] for one in texts(root, "id")] == [
        "42/v1/withdrawn",
        "42/v2",
        "42/v1",
    ]
    assert texts(root, "summary")[0] == "示例一镇，2026年8月3日撤回第 1 版。索引号 yizhen/2026-042。"
    gone = feed(client, "xiuzhou/u/renshe/decisions/feed.xml")
    assert texts(gone, "title")[1] == "集体决策记录（已撤回）", "the title went with the content"


def test_an_entry_keeps_its_id_when_its_record_is_corrected() -> None:
    housing = next(one for one in snapshot().records if one.id == 3)
    first = replace(housing, versions=housing.versions[:1])
    assert set(_ids(first)) < set(_ids(housing))


def _ids(one: object) -> list[str]:
    now = replace(snapshot(), records=(one,))  # type: ignore[arg-type]
    return texts(feed(client_over(now), "xiuzhou/feed.xml"), "id")


def test_addresses_are_whole_where_the_site_has_one() -> None:
    client = create_public_app(snapshot, base_url="https://ygql.example").test_client()
    links = [one.get("href") or "" for one in feed(client, "xiuzhou/u/zhujian/feed.xml").iter(f"{A}link")]
    assert all(one.startswith("https://ygql.example/xiuzhou/u/zhujian/") for one in links)


def test_hostile_titles_are_text(client: FlaskClient) -> None:
    assert HOSTILE in texts(feed(client, "xiuzhou/decisions.xml"), "title")
    text = client.get("/xiuzhou/changes.html").text
    assert "&lt;script&gt;alert(1)" in text
    main = next(tree(text).iter("main"))
    assert not {"script", "img", "style"} & {one.tag for one in main.iter()}


def test_changes_stand_day_by_day_newest_first(client: FlaskClient) -> None:
    root = tree(client.get("/xiuzhou/changes.html").text)
    days = [one.get("datetime", "") for one in root.iter("time")]
    assert days == sorted(days, reverse=True)
    assert len(set(days)) == len(days)
    shown = [one for one in root.iter("ul") if one.get("class") == "feed"]
    assert sum(len(list(one)) for one in shown) == sum(
        len(one.versions) + sum(version.tombstone is not None for version in one.versions)
        for one in snapshot().records
    )


def test_a_change_leads_to_the_version_that_it_made() -> None:
    listed = following.changes_in(snapshot(), snapshot().jurisdictions[_place("xiuzhou")])
    for one in listed:
        assert one.path == (one.card.path if one.number == one.card.number else one.lasting)
    old = next(one for one in listed if one.card.id == 3 and one.number == 1)
    assert old.path.endswith("finance/2026Q3-v1.html")


def _place(slug: str) -> int:
    return [one.slug for one in snapshot().jurisdictions].index(slug)


def many(count: int) -> Snapshot:
    """Return a county of one unit with many tenders: each third corrected, each fifth withdrawn, days far apart."""
    place = unit(1, "danwei", "示例单位")
    records = []
    for number in range(count):
        at = START + timedelta(hours=number)
        later = START + timedelta(days=400 - number)
        versions = [(intent(), at, "首次公开")]
        if number % 3 == 0:
            versions.append((intent(), later, "更正"))
        gone = Tombstone("条例", "理由", "机关", number % 2 == 0, None, later + timedelta(hours=1))
        records.append(
            record(
                number + 1,
                place,
                *versions,
                slug=str(number + 1),
                tombstones={1: gone} if number % 5 == 0 else {},
            )
        )
    area = replace(
        snapshot().jurisdictions[0], units=(replace(place, jurisdiction=snapshot().jurisdictions[0].slug),)
    )
    owned = tuple(replace(one, unit=area.units[0]) for one in records)
    return Snapshot((area,), owned, START + timedelta(days=800), 1)


def test_the_newest_changes_are_those_of_a_plain_sort() -> None:
    now = many(130)
    cards = [card_of(one) for one in now.records]
    everything = sorted(
        (
            (moment, card.id, step.number, withdrawn)
            for card in cards
            for step in card.history
            for moment, withdrawn in ((step.at, False), (step.withdrawn_at, True))
            if moment
        ),
        reverse=True,
    )
    assert [one[:4] for one in following.changes_in(now, now.jurisdictions[0])] == everything[:CHANGES]
    some = sorted(cards[:7], key=last_change, reverse=True), sorted(cards[7:], key=last_change, reverse=True)
    assert [one[:4] for one in following.newest_changes(some, 20)] == everything[:20]


def test_a_usual_card_carries_no_history() -> None:
    by_id = {one.id: card_of(one) for one in snapshot().records}
    assert by_id[10].steps == ()
    assert by_id[10].history == ((1, by_id[10].first_at, None),)
    assert [one.number for one in by_id[3].steps] == [1, 2]
    assert by_id[44].changed_at == by_id[44].steps[0].withdrawn_at


def test_every_withdrawal_is_listed_with_its_ground(client: FlaskClient) -> None:
    text = client.get("/xiuzhou/withdrawals.html").text
    rows = re.findall(r'<tr role="row"><th role="rowheader".*?</tr>', text, re.DOTALL)
    withdrawn = [
        (one, version) for one in snapshot().records for version in one.versions if version.tombstone
    ]
    assert len(rows) == len(withdrawn) == 3
    for one, version in withdrawn:
        gone = version.tombstone
        assert gone
        row = next(row for row in rows if one.index_no in row and f"第 {version.number} 版" in row)
        for words in (gone.legal_ground, gone.reason, gone.approver, one.unit.name, one.kind.label):
            assert words in row
        assert ("已销毁" in row) == gone.destroyed
        assert ("复核" in row) == (gone.review_on is not None)
    assert text.index("yizhen/2026-043") < text.index("renshe/2026-044"), "the newest first"
    assert "没有撤回的内容" in client.get("/erqi/withdrawals.html").text


@pytest.mark.parametrize(("day", "marked"), [(date(2027, 8, 1), False), (date(2027, 8, 2), True)])
def test_a_review_that_is_due_is_marked_on_the_list_and_on_the_tombstone(day: date, marked: bool) -> None:
    then = client_over(replace(snapshot(), taken_at=datetime(day.year, day.month, day.day, 2, tzinfo=UTC)))
    tombs = [
        version.tombstone.review_on is not None
        for one in snapshot().records
        for version in one.versions
        if version.tombstone
    ]
    listed = tree(then.get("/xiuzhou/withdrawals.html").text)
    bodies = [mark for body in listed.iter("tbody") for mark in classed(body, "m-late", "span")]
    assert [said(one) for one in bodies] == ["已到期，未见复核结果"] * (tombs.count(True) if marked else 0)
    for path in ("renshe/decisions/44", "yizhen/decisions/42-v1"):
        page = tree(then.get(f"/xiuzhou/u/{path}.html").text)
        assert bool(classed(page, "m-late", "span")) == marked
        assert ("未见复核结果" in said(page)) == marked
    sealed = then.get("/xiuzhou/u/yizhen/tenders/43.html").text
    assert "未见复核结果" not in sealed, "no day of review was named"


def test_a_long_list_of_withdrawals_keeps_its_full_pages() -> None:
    now, more = many(1000), many(1005)
    area = now.jurisdictions[0]
    leaves = following.withdrawal_pages(now, area)
    assert list(leaves) == ["withdrawals-p1", "withdrawals"]
    lines = [one.what for leaf in leaves.values() for one in leaf.lines]
    assert len(lines) == len(set(lines)) == 200
    assert leaves["withdrawals"].older == "withdrawals-p1"
    client = client_over(now)
    assert client.get(f"/{area.slug}/withdrawals-p1.html").status_code == 200
    assert client.get(f"/{area.slug}/withdrawals-p2.html").status_code == 404
    assert f"{area.slug}/withdrawals-p1.html" in {one.path for one in all_urls(now)}
    assert len(following.withdrawal_pages(more, more.jurisdictions[0])) == 3


def test_withdrawn_words_are_nowhere(client: FlaskClient) -> None:
    for path in (*FEEDS, "xiuzhou/changes.html", "xiuzhou/withdrawals.html"):
        text = client.get(f"/{path}").text
        assert "https://example.org/a" not in text
        assert "综合各位意见" not in text


def test_what_a_page_is_made_from_changes_with_the_page() -> None:
    """A page that is taken over must be the page that would be made: its inputs tell apart what it shows."""
    now = snapshot()
    area = now.jurisdictions[_place("xiuzhou")]
    other = replace(now, records=tuple(one for one in now.records if one.id not in (3, 43)))
    apps = [client_over(one) for one in (now, other)]
    looked = 0
    for page in pages.area_urls(now, area):
        before = grounds.inputs_of(now, area, page)
        if before is None or page.endpoint == "listing":
            continue
        looked += 1
        after = grounds.inputs_of(other, area, page)
        same = apps[0].get(f"/{page.path}").data == apps[1].get(f"/{page.path}").data
        assert same or before != after, page.path
    assert looked > 2 * len(kinds())


def test_every_file_has_one_kind_of_address() -> None:
    assert len({one.rule for one in FILES}) == len({one.endpoint for one in FILES}) == len(FILES)
    assert following.BEGINNING.isoformat() == "2026-01-01", "ids of feeds rest on it"
