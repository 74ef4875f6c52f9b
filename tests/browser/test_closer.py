"""Inspections, minutes and filings in a real browser: within the screen, without a complaint of axe; a filing is opened."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyrage
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from portal.domain.regimes import Regime
from portal.services.supervision.filing_keys import use_recipient
from tests.light_keys import light_key_file
from tests.site.chromium import launched
from tests.web.office.closer import decision, opened_world, published, quarter, signed_in
from tests.web.office.test_filings import TYPED as FILING
from tests.web.office.test_inspections import PLAN
from tests.web.office.test_minutes import TYPED as MINUTES
from tests.web.office.world import World

pytestmark = [pytest.mark.browser, pytest.mark.database]
PASSPHRASE = "示例口令 七个词 连成一句"


@dataclass
class Scene:
    """A county with an inspection under way, a record of a meeting, and a filing."""

    world: World
    address: str
    identity: str
    inspection: str
    minutes: str
    filing: str
    officer: FlaskClient
    keeper: FlaskClient


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as started:
        yield started


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, regimes: dict[str, Regime]) -> Iterator[Scene]:
    folder: Path = tmp_path_factory.mktemp("closer")
    identity = pyrage.x25519.Identity.generate()
    use_recipient(folder, "xiuzhou", str(identity.to_public()))
    for world in opened_world(folder, regimes):
        for period in ("2025Q3", "2025Q4"):
            published(world, world.unit, quarter(period))
            published(world, world.other, quarter(period, remark="示例" * 40))
        record = published(world, world.unit, decision())
        officer, keeper = signed_in(world, "officer"), signed_in(world, "filings")
        units = [world.unit.slug, world.other.slug]
        inspection = world.post(officer, "/inspections/new", {**PLAN, "units": units}).location
        world.post(officer, f"{inspection}/draw", {"revision": "1"})
        wrong = {"result": "wrong", "words": "附件与公开数不一致。", "seen": "", "then": "matter"}
        assert world.post(officer, f"{inspection}/items/1", wrong).status_code == 303
        minutes = world.post(officer, "/minutes/new", {**MINUTES, "unit": world.unit.slug}).location
        linked = {"ref": record.index_no, "revision": "1"}
        assert world.post(officer, f"{minutes}/link", linked).status_code == 303
        filing = world.post(keeper, "/filings/new", {**FILING, "unit": world.unit.slug}).location
        server = make_server("127.0.0.1", 0, world.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.port}"
        yield Scene(world, address, str(identity), inspection, minutes, filing, officer, keeper)
        server.shutdown()
        thread.join()


Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, scene: Scene) -> Iterator[Open]:
    """Opens a page as the officer or the keeper; what the browser refuses or throws fails the test."""
    wrong: list[str] = []
    contexts = []

    def run(client: FlaskClient, path: str, *, width: int = 1280) -> Page:
        cookie = next(iter(client._cookies.values()))  # type: ignore[attr-defined] # the test client's own jar.
        context = browser.new_context(viewport={"width": width, "height": 900})
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": scene.address}])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda told: wrong.append(told.text) if "Content Security Policy" in told.text else None,
        )
        page.goto(scene.address + path)
        return page

    yield run
    for one in contexts:
        one.close()
    assert not wrong


@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_is_accessible_and_fits(scene: Scene, opened: Open, width: int) -> None:
    found: dict[str, list[str]] = {}
    of_officer = (
        "/inspections/", "/inspections/new", scene.inspection, f"{scene.inspection}/items/1",
        f"{scene.inspection}/items/2", f"{scene.inspection}/redraw", "/minutes/", "/minutes/new", scene.minutes,
    )  # fmt: skip
    pages = [
        (scene.officer, one) for one in of_officer
    ] + [(scene.keeper, one) for one in ("/filings/", "/filings/new", scene.filing)]  # fmt: skip
    page = opened(scene.officer, "/inspections/", width=width)
    keeper = opened(scene.keeper, "/filings/", width=width)
    for client, path in pages:
        here = page if client is scene.officer else keeper
        here.goto(scene.address + path)
        assert here.evaluate("document.documentElement.scrollWidth") <= width, path
        here.evaluate(AXE_SCRIPT)
        told = here.evaluate(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']})"
        )
        found[path] = [
            f"{one['id']}: {[node['html'][:160] for node in one['nodes']]}" for one in told["violations"]
        ]
    assert {path: one for path, one in found.items() if one} == {}


def test_the_keeper_opens_a_filing_in_the_browser(scene: Scene, opened: Open) -> None:
    page = opened(scene.keeper, scene.filing)
    key = light_key_file(scene.identity, PASSPHRASE)
    page.get_by_label("密钥文件").set_input_files({"name": "my.key", "mimeType": "text/plain", "buffer": key})
    page.get_by_label("口令").fill("不是这一句")
    page.get_by_role("button", name="打开", exact=True).click()
    expect(page.locator('[data-part="trouble"]')).to_contain_text("口令不对")
    page.get_by_label("口令").fill(PASSPHRASE)
    page.keyboard.press("Enter")
    content = page.locator('[data-part="content"]')
    for words in ("示例秘甲", "示例秘乙　配偶", "秘密的经营活动"):
        expect(content).to_contain_text(words)
    other = light_key_file(str(pyrage.x25519.Identity.generate()), PASSPHRASE)
    page.get_by_label("密钥文件").set_input_files(
        {"name": "other.key", "mimeType": "text/plain", "buffer": other}
    )
    page.get_by_label("口令").fill(PASSPHRASE)
    page.keyboard.press("Enter")
    expect(page.locator('[data-part="trouble"]')).to_contain_text("封给另一把密钥")
