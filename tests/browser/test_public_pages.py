"""The public pages in a real browser, as files, without JavaScript: reachable, readable, within the screen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from portal.apps import STATIC, create_public_app
from portal.site.pages import all_urls
from tests.site.sample import snapshot

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PAGES = {
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("NO BROWSER: install Chromium (Debian: apt install chromium) to run the browser tests")
    if not (STATIC / "vendor" / "govuk.css").is_file():
        pytest.skip("NO STYLES: run `python -m portal.web.vendor` (needs npm) before the browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole sample site as files in a folder whose name has a blank, as on a USB stick."""
    top: Path = tmp_path_factory.mktemp("site") / "阳光 公开"
    client = create_public_app(snapshot).test_client()
    for one in all_urls(snapshot()):
        file = top / one.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(client.get(f"/{one.path}").data)
    shutil.copytree(STATIC, top / "static")
    return top


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_has_an_accessibility_fault(browser: Browser, folder: Path, width: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    axe = Axe()
    faults = []
    for name, path in PAGES.items():
        page.goto((folder / path).as_uri())
        found = axe.run(page)
        faults += [
            f"{name}: {one['id']} {one['nodes'][0]['html'][:160]} {one['nodes'][0]['any'][:1]}"
            for one in found.response["violations"]
        ]
    context.close()
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("width", [1280, 768, 390, 320])
def test_no_page_is_wider_than_its_screen(browser: Browser, folder: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    wide = []
    for name, path in PAGES.items():
        page.goto((folder / path).as_uri())
        over = page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
        if over > 0:
            wide.append((name, over))
    page.close()
    assert not wide


def test_without_javascript_and_without_the_network(browser: Browser, folder: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in PAGES.values():
        page.goto((folder / path).as_uri())
        assert page.locator("h1").is_visible()
    assert all(url.startswith("file:") for url in asked), asked
    context.close()


def test_the_keyboard_reaches_the_text_first(browser: Browser, folder: Path) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((folder / PAGES["finance"]).as_uri())
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "跳到正文"
    assert skip.is_visible()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.close()


def test_a_phone_shows_the_wanting_units_first_and_all_on_demand(browser: Browser, folder: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto((folder / PAGES["status"]).as_uri())
    board = page.get_by_role("region", name="各单位的公开情况")
    fine = board.get_by_role("link", name="示例区住房和城乡建设局")
    assert not fine.is_visible()
    assert board.get_by_role("link", name="示例区人力资源和社会保障局").is_visible()
    page.get_by_role("link", name="显示全部 6 个单位").click()
    assert fine.is_visible()
    page.close()


def test_the_masthead_of_a_phone_is_one_line(browser: Browser, folder: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    for path in (PAGES["front"], PAGES["county"], "shandong/index.html"):
        page.goto((folder / path).as_uri())
        assert page.locator(".mast").bounding_box()["height"] < 80  # type: ignore[index]
    page.close()
