"""Where reports are taken over the network: which files say so, which pages there are, and what makes them anew."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.apps import create_public_app
from portal.site.online import OnlineReports, read_online
from portal.site.pages import all_urls
from portal.site.served import is_current
from portal.site.snapshot import Snapshot, UnitView
from portal.store.tables import Jurisdiction
from tests.site.sample import snapshot
from tests.site.sites import on_disk
from tests.site.troubled import LATER, World

HOST = "https://report.example"
ROOT = base64.b64encode(bytes(range(32))).decode()
PAGES = tuple(f"xiuzhou/report/{name}" for name in ("write.html", "status.html", "check.html", "keys.json"))


def put_list(folder: Path, number: int, *, slug: str = "xiuzhou", **changes: object) -> bytes:
    """Put a list (whose signature nobody here looks at) and the pinned key into a folder; return the file."""
    place = folder / slug
    place.mkdir(parents=True, exist_ok=True)
    (place / "root.pub").write_text(f"{ROOT}\n", encoding="ascii")
    text = json.dumps({"jurisdiction": slug, "serial": number, "name": "示例区纪委监委"} | changes)
    raw = json.dumps({"list": text, "signature": "eA==", "key": ROOT}, indent=1).encode() + b" \n"
    (place / f"{number}.json").write_bytes(raw)
    return raw


def open_sample(units: int = 0) -> Snapshot:
    """Return the sample, taking reports; with that many more units."""
    base = snapshot()
    others = [one for one in base.jurisdictions if one.slug != "xiuzhou"]
    (first,) = (one for one in base.jurisdictions if one.slug == "xiuzhou")
    more: tuple[UnitView, ...] = tuple(
        replace(first.units[0], id=10_000 + n, slug=f"more{n}", name=f"示例区第{n}示例街道示例村民委员会")
        for n in range(units)
    )
    taking = replace(first, units=first.units + more, reports=OnlineReports(HOST, ROOT, b'{"a": 1}\n'))
    return replace(base, jurisdictions=(taking, *others))


@pytest.fixture(scope="module")
def taking() -> FlaskClient:
    shown = open_sample()
    return create_public_app(lambda: shown, report_url=HOST).test_client()


def test_the_newest_list_is_read_byte_for_byte(tmp_path: Path) -> None:
    put_list(tmp_path, 2)
    newest = put_list(tmp_path, 10)
    (tmp_path / "xiuzhou" / "010.json").write_bytes(b"{}")
    (tmp_path / "xiuzhou" / "draft.json").write_bytes(b"{}")
    assert read_online(tmp_path, f"{HOST}/") == {"xiuzhou": OnlineReports(HOST, ROOT, newest)}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda place: (place / "root.pub").unlink(),
        lambda place: (place / "root.pub").write_text("AAAA"),
        lambda place: (place / "root.pub").write_bytes(b"\xff"),
        lambda place: (place / "2.json").write_bytes(b"{"),
        lambda place: (place / "2.json").write_bytes(b"[]"),
        lambda place: (place / "2.json").write_text(json.dumps({"list": "{}", "key": ROOT})),
        lambda place: put_list(place.parent, 2, jurisdiction="jinhu"),
        lambda place: put_list(place.parent, 2, serial=3),
        lambda place: [one.unlink() for one in place.glob("*.json")],
    ],
)
def test_what_cannot_be_read_takes_no_reports_and_stops_nothing(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    put_list(tmp_path, 1)
    put_list(tmp_path, 2)
    put_list(tmp_path, 1, slug="jinhu")
    spoil(tmp_path / "xiuzhou")
    assert list(read_online(tmp_path, HOST)) == ["jinhu"]


def test_without_a_host_or_a_folder_nobody_takes_reports(tmp_path: Path) -> None:
    put_list(tmp_path, 1)
    assert read_online(tmp_path, None) == {}
    assert read_online(tmp_path / "nowhere", HOST) == {}


def test_without_keys_there_is_the_page_of_other_channels_alone() -> None:
    client = create_public_app(snapshot).test_client()
    page = client.get("/xiuzhou/report.html").text
    assert "本站目前不接收线上举报" in page
    assert "本站不接收线上举报" in client.get("/xiuzhou/index.html").text
    assert all(client.get(f"/{path}").status_code == 404 for path in PAGES)
    assert "connect-src" not in client.get("/xiuzhou/report.html").headers["Content-Security-Policy"]


def test_with_keys_there_are_the_pages_and_every_link_says_so(taking: FlaskClient) -> None:
    known = {one.path for one in all_urls(open_sample())}
    assert set(PAGES) <= known
    assert not [one for one in known if one.startswith("en/xiuzhou/report/")]
    start = taking.get("/xiuzhou/report.html").text
    assert "不接收" not in start
    assert "不能保证没有人知道您是谁" in start
    assert "15个工作日" in start.replace(" ", "")
    for path in ("xiuzhou/index.html", "xiuzhou/u/zhujian/index.html"):
        text = taking.get(f"/{path}").text
        assert "不接收线上举报" not in text
        assert "在网上举报" in text
    assert taking.get("/xiuzhou/report/keys.json").data == b'{"a": 1}\n'
    assert taking.get("/jinhu/report/write.html").status_code == 404
    record = taking.get(f"/{snapshot().records[0].path}").text
    href, item = re.findall(r'<a class="report" href="([^"]+)" data-item="([^"]+)" data-title="', record)[0]
    assert href.replace("../", "") == "xiuzhou/report/write.html"
    assert item == snapshot().records[0].index_no
    assert "我要举报</a>" in record
    assert "我要举报</a>" not in taking.get("/jinhu/index.html").text


def test_the_english_edition_leads_to_the_chinese_forms(taking: FlaskClient) -> None:
    text = taking.get("/en/xiuzhou/report.html").text
    assert re.search(r'href="\.\./\.\./xiuzhou/report/write\.html" hreflang="zh-Hans"', text)
    assert "What we cannot do" in text


def test_scripts_may_ask_the_host_and_nobody_else(taking: FlaskClient) -> None:
    policy = taking.get("/xiuzhou/report/write.html").headers["Content-Security-Policy"]
    assert policy.endswith(f"form-action 'self'; connect-src 'self' {HOST}; worker-src 'self'")
    assert "unsafe" not in policy


def test_nothing_can_be_typed_or_sent_before_the_script_says_so(taking: FlaskClient) -> None:
    for name in ("write", "status", "check"):
        text = taking.get(f"/xiuzhou/report/{name}.html").text
        assert text.count("<fieldset disabled") + text.count('fields" disabled') == 1
        forms = re.findall(r"<form [^>]+>", text.partition("<main")[2])
        assert forms
        assert all('method="dialog"' in one and "action" not in one for one in forms)
        assert f'href="{HOST}/xiuzhou/{name}"' in text
        assert not re.search(r' (style|on\w+)="', text)


def test_a_county_of_three_hundred_units_fits_the_budget() -> None:
    shown = open_sample(300)
    page = create_public_app(lambda: shown).test_client().get("/xiuzhou/report/write.html")
    assert len(gzip.compress(page.data)) < 15_000


def test_new_keys_make_the_pages_of_reports_anew_and_no_others(
    session: Session, county: Jurisdiction, tmp_path: Path
) -> None:
    world, keys = World(session, county, tmp_path / "site"), tmp_path / "keys"
    world.publish()
    site = world.site(online=lambda: read_online(keys, HOST))
    before = world.build(site=site)
    assert not [one for one in before if "/report/" in one]

    raw = put_list(keys, 1)
    assert not is_current(site, now=LATER)
    opened = world.build(site=site)
    assert opened["xiuzhou/report/keys.json"] == raw
    assert {one for one in opened if "/report/" in one and not one.endswith((".gz", ".br"))} == {*PAGES}
    assert is_current(site, now=LATER)

    raw = put_list(keys, 2)
    assert not is_current(site, now=LATER)
    renewed = world.build(site=site)
    assert renewed["xiuzhou/report/keys.json"] == raw
    changed = {path for path in renewed if renewed[path] != opened.get(path)}
    assert changed <= {f"xiuzhou/report/keys.json{ending}" for ending in ("", ".gz", ".br")}
    assert is_current(site, now=LATER)

    clean = on_disk((tmp_path / "site" / "current").resolve())
    assert clean == world.build(site=world.site(tmp_path / "other", online=lambda: read_online(keys, HOST)))

    for one in (keys / "xiuzhou").glob("*.json"):
        one.unlink()
    assert world.build(site=site) == before
