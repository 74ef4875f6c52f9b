"""The public pages in a real browser, as files: reachable, readable, within the screen, as each reader has set it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from portal.apps import STATIC, create_public_app
from portal.site import pages
from portal.site.pages import PageUrl, all_urls
from tests.site.chromium import launched
from tests.site.sample import snapshot
from tests.thrift import THOROUGH

pytestmark = pytest.mark.browser

NAMED = {
    "front": "index.html",
    "about": "about.html",
    "search": "search.html",
    "sitemap": "sitemap.html",
    "404": "404.html",
    "county": "xiuzhou/index.html",
    "empty county": "erqi/index.html",
    "units": "xiuzhou/units.html",
    "domains": "xiuzhou/domains.html",
    "rules": "xiuzhou/rules.html",
    "status": "xiuzhou/status.html",
    "list": "xiuzhou/finance-2026.html",
    "unit list": "xiuzhou/u/zhujian/decisions/index.html",
    "unit": "xiuzhou/u/zhujian/index.html",
    "new unit": "xiuzhou/u/xinqu/index.html",
    "delegation": "xiuzhou/u/zhujian/delegation/2.html",
    "finance": "xiuzhou/u/zhujian/finance/2026Q3.html",
    "nil finance": "xiuzhou/u/yizhen/finance/2026Q3.html",
    "breach": "xiuzhou/u/zhujian/decisions/20.html",
    "decision": "xiuzhou/u/zhujian/decisions/21.html",
    "hostile": "xiuzhou/u/zhujian/decisions/22.html",
    "tender": "xiuzhou/u/zhujian/tenders/1.html",
    "intent": "xiuzhou/u/yizhen/tenders/41.html",
    "regulation": "xiuzhou/u/zhujian/regulations/1.html",
    "tombstone": "xiuzhou/u/yizhen/tenders/43.html",
}


def sort_of(one: PageUrl) -> str:
    """Return what a page is of: its type, and for what lies under a unit its kind, as a record or as a list."""
    if one.endpoint != "record":
        return one.endpoint
    found = pages.find_record(snapshot(), one.values)
    return f"{one.values['kind']} {'list' if found is None else 'record' if found[1] is None else 'version'}"


LISTED = list(all_urls(snapshot()))
HTML = [one for one in LISTED if one.path.endswith(".html") and not one.edition]
HTML.sort(key=lambda one: one.path.startswith("xiuzhou/"))  # The county that has everything counts most.
# The chosen pages, and one of every sort that is not among them.
KNOWN = {sort_of(one) for one in HTML if one.path in NAMED.values()}
PAGES = {**{sort_of(one): one.path for one in HTML if sort_of(one) not in KNOWN}, **NAMED}
TWINS = {one.path for one in LISTED if one.edition}
ENGLISH = {f"English {path}": f"en/{path}" for path in PAGES.values() if f"en/{path}" in TWINS}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as started:
        yield started


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole sample site as files in a folder whose name has a blank, as on a USB stick."""
    top: Path = tmp_path_factory.mktemp("site") / "阳光 公开"
    client = create_public_app(snapshot, english=True).test_client()
    for one in LISTED:
        file = top / one.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(client.get(f"/{one.path}").data)
    shutil.copytree(STATIC, top / "static")
    return top


ALL = {"rules": {"target-size": {"enabled": True}}}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
SIZES = {"runOnly": {"type": "rule", "values": ["target-size", "scrollable-region-focusable"]}}
# Colours are the same at every width, and what is too close together is so on a phone first.
COLOURS_AT, SIZES_AT = 1280, 390
RUN = """options => axe.run(document, {resultTypes: ["violations"], preload: false, ...options}).then(found =>
  found.violations.map(one => `${one.id} ${one.nodes[0].html.slice(0, 160)} ${one.nodes[0].failureSummary}`))"""


def faults_of(page: Page, name: str, options: dict[str, Any]) -> list[str]:
    return [f"{name}: {one}" for one in page.evaluate(RUN, options)]


def test_every_type_of_page_is_among_them() -> None:
    chosen = {one.endpoint for one in HTML if one.path in PAGES.values()}
    assert chosen == set(pages.PAGES) - NOT_IN_THE_SAMPLE
    assert len(ENGLISH) > 20


# Older withdrawals get a page of their own only where there are more than the sample has; the pages of reports exist only
# where reports are open: test_public_reporting.py looks at them.
NOT_IN_THE_SAMPLE = {"withdrawals_older", "report_write", "report_status", "report_check"}


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_has_an_accessibility_fault(browser: Browser, folder: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    faults = []
    # The English twins are the same pages in other words.
    pages_here = PAGES | ENGLISH if THOROUGH else PAGES
    for name, path in pages_here.items():
        page.emulate_media(color_scheme="light")
        page.goto((folder / path).as_uri())
        page.evaluate(AXE_SCRIPT)
        # At the second width only what the width changes.
        faults += faults_of(page, name, ALL if THOROUGH or width == COLOURS_AT else SIZES)
        if name in ENGLISH:
            continue
        if THOROUGH or width == COLOURS_AT:
            page.emulate_media(color_scheme="dark")
            faults += faults_of(page, f"{name}, dark", COLOURS)
            page.check("#contrast")
            if THOROUGH:
                faults += faults_of(page, f"{name}, dark, high contrast", COLOURS)
            page.emulate_media(color_scheme="light")
            faults += faults_of(page, f"{name}, high contrast", COLOURS)
            page.uncheck("#contrast")
        if THOROUGH or width == SIZES_AT:
            page.check("#large")
            faults += faults_of(page, f"{name}, large", SIZES)
            page.uncheck("#large")
    page.close()
    assert not faults, "\n".join(faults)


def test_no_page_is_wider_than_its_screen(browser: Browser, folder: Path) -> None:
    page = browser.new_page()
    over = "document.scrollingElement.scrollWidth - window.innerWidth"
    wide = []
    for name, path in (PAGES | ENGLISH).items():
        page.goto((folder / path).as_uri())
        for large in (False, True):
            page.set_checked("#large", large)
            for width in (1280, 768, 390, 320):
                page.set_viewport_size({"width": width, "height": 900})
                if (by := page.evaluate(over)) > 0:
                    wide.append((name, width, large, by))
    page.close()
    assert not wide


BROKEN = """() => [...document.querySelectorAll("main time, main .nw:not(dt), main .num, main .fig, main .amt")].filter(one => {
  if (one.closest(".govuk-visually-hidden, .stack thead, svg")) return false;
  if ([...one.childNodes].some(node => node.nodeType !== Node.TEXT_NODE)) return false;
  const range = document.createRange();
  range.selectNodeContents(one);
  return new Set([...range.getClientRects()].filter(box => box.width > 1).map(box => Math.round(box.top / 8))).size > 1;
}).map(one => `${one.tagName}.${one.className} ${one.textContent}`)"""


@pytest.mark.parametrize("width", [1280, 390])
def test_dates_and_amounts_stay_on_one_line(browser: Browser, folder: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    broken = []
    for name, path in PAGES.items():
        page.goto((folder / path).as_uri())
        broken += [(name, one) for one in page.evaluate(BROKEN)]
    page.close()
    assert not broken


def test_the_boxes_in_the_header_work_by_keyboard_and_without_javascript(
    browser: Browser, folder: Path
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    for path in (PAGES["finance"], PAGES["404"], ENGLISH[f"English {PAGES['county']}"]):
        page.emulate_media(color_scheme="light")
        page.goto((folder / path).as_uri())
        size, paper = look_of(page)
        page.locator("#large").focus()
        page.keyboard.press("Space")
        assert look_of(page)[0] >= 1.35 * size
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        expect(page.locator("#contrast")).to_be_checked()
        assert look_of(page)[1] == "rgb(255, 255, 255)" != paper
        page.emulate_media(color_scheme="dark")
        assert look_of(page)[1] == "rgb(0, 0, 0)"
    context.close()


def look_of(page: Page) -> tuple[float, str]:
    """Return the size of the text and the colour of the paper."""
    found = page.locator("body").evaluate(
        "body => [parseFloat(getComputedStyle(body).fontSize), getComputedStyle(body).backgroundColor]"
    )
    return found[0], found[1]


def test_the_boxes_have_names_and_the_links_beside_them_room(browser: Browser, folder: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto((folder / PAGES["county"]).as_uri())
    group = page.get_by_role("group", name="显示方式")
    boxes = [group.get_by_label(name).locator("..").bounding_box() for name in ("大字", "高对比")]
    boxes.append(page.get_by_role("link", name="English").bounding_box())
    for one in boxes:
        assert one is not None
        assert one["height"] >= 24
    assert boxes[1]["x"] + boxes[1]["width"] < boxes[2]["x"]  # type: ignore[index]
    page.close()


def test_the_choice_is_kept_from_page_to_page_where_scripts_run(browser: Browser) -> None:
    app = create_public_app(snapshot)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    context = browser.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text))
    page.on("pageerror", lambda one: said.append(str(one)))
    top = f"http://127.0.0.1:{server.server_port}"
    page.goto(f"{top}/index.html")
    page.check("#large")
    page.goto(f"{top}/{PAGES['finance']}")
    expect(page.locator("#large")).to_be_checked()
    expect(page.locator("#contrast")).not_to_be_checked()
    page.uncheck("#large")
    page.go_back()
    expect(page.locator("#large")).not_to_be_checked()
    assert not said
    assert context.cookies() == []
    context.close()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_the_system_asks_for_is_followed(browser: Browser, folder: Path, scheme: str) -> None:
    plain = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    strong = browser.new_context(color_scheme=scheme, contrast="more", reduced_motion="reduce")  # type: ignore[arg-type]
    forced = browser.new_context(color_scheme=scheme, forced_colors="active")  # type: ignore[arg-type]
    seen = []
    for context in (plain, strong, forced):
        page = context.new_page()
        page.goto((folder / PAGES["breach"]).as_uri())
        seen.append(look_of(page)[1])
        assert page.evaluate("document.getAnimations().length") == 0
        # What is drawn follows, too: no dark mark on dark paper.
        mark = page.locator("main .mark:not(.pill) svg").first
        assert mark.evaluate("one => getComputedStyle(one).color") != seen[-1]
        context.close()
    ends = "rgb(255, 255, 255)" if scheme == "light" else "rgb(0, 0, 0)"
    assert seen[1] == ends
    assert seen[0] != ends


def test_paper_shows_the_text_alone_in_its_own_size(browser: Browser, folder: Path) -> None:
    page = browser.new_page(color_scheme="dark", viewport={"width": 700, "height": 1000})
    for path in PAGES.values():
        page.emulate_media(media="screen")
        page.goto((folder / path).as_uri())
        page.check("#large")
        page.check("#contrast")
        page.emulate_media(media="print")
        size, paper = look_of(page)
        assert round(size, 1) == 14  # 10.5 pt
        assert paper == "rgb(255, 255, 255)"
        for part in (".nav", ".find", ".view", ".twin", ".crumbs", ".govuk-skip-link", ".foot nav"):
            for one in page.locator(part).all():
                assert not one.is_visible(), (path, part)
    page.close()


def test_without_javascript_and_without_the_network(browser: Browser, folder: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in PAGES.values():
        page.goto((folder / path).as_uri())
        assert page.locator("h1").is_visible()
    assert all(url.startswith("file:") for url in asked), asked
    assert not [url for url in asked if url.endswith(".js")]
    context.close()


def test_the_keyboard_reaches_the_text_first(browser: Browser, folder: Path) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((folder / PAGES["finance"]).as_uri())
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    expect(skip).to_have_text("跳到正文")
    expect(skip).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.close()


def test_a_phone_shows_the_wanting_units_first_and_all_on_demand(browser: Browser, folder: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto((folder / PAGES["status"]).as_uri())
    board = page.get_by_role("region", name="各单位的公开情况")
    fine = board.get_by_role("link", name="示例区住房和城乡建设局")
    assert not fine.is_visible()
    assert board.get_by_role("link", name="示例区人力资源和社会保障局").is_visible()
    page.get_by_role("link", name="显示全部 6 个单位").click()
    expect(fine).to_be_visible()
    page.close()


def test_the_masthead_of_a_phone_is_one_line(browser: Browser, folder: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    for path in (PAGES["front"], PAGES["county"], "shandong/index.html"):
        page.goto((folder / path).as_uri())
        assert page.locator(".mast").bounding_box()["height"] < 80  # type: ignore[index]
    page.close()
