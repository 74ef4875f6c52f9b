"""The reporter's pages beside a real report host with keys made for the tests, and a browser that looks at them."""

from __future__ import annotations

import base64
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from portal.apps import STATIC, create_report_app
from portal.config import Settings
from portal.domain.regimes import Regime
from portal.services.reports import sealing
from portal.services.reports.keylists import KeyLists
from portal.store.reports.db import open_reports
from portal.store.reports.tables import ReportPart, SealedReport
from tests.browser import reporting_pages
from tests.site.chromium import launched
from tests.web.report.world import NOON, SLUG, World, make_world

CANARY = "金丝雀二十字符不得外泄QZXJ5531"
WHAT = f"在示例会议上主要负责人先定调后表决，其他成员没有机会发言。{CANARY}"


class Site:
    """The static site beside the host, and a browser that looks at it."""

    def __init__(self, world: World, host: str, page: Page) -> None:
        self.world, self.host, self.page = world, host, page
        self.address = ""
        self.asked: list[Request] = []
        self.told: list[str] = []
        self.lists: Callable[[], bytes] = self.published
        page.on("request", lambda one: self.asked.append(one))
        page.on("console", lambda one: self.told.append(one.text))
        page.on("pageerror", lambda one: self.told.append(str(one)))
        page.clock.set_fixed_time(NOON)
        self.app = Flask(__name__, static_folder=str(STATIC))
        root = world.lists.root_of(SLUG) or ""
        policy = f"default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self' {host}; img-src data:"

        def show(name: str) -> tuple[str, dict[str, str]]:
            made = getattr(reporting_pages, f"{name}_page")(host, root)
            return made, {"Content-Security-Policy": policy}

        for name in ("form", "status", "check"):
            self.app.add_url_rule(f"/{name}.html", name, lambda name=name: show(name))
        self.app.add_url_rule("/keys.json", "keys", lambda: self.lists())
        self.app.add_url_rule("/left.html", "left", lambda: "<title>-</title>")

    def published(self) -> bytes:
        """Return the list in force."""
        found = self.world.lists.current(SLUG)
        assert found is not None
        return found.raw

    def open(self, name: str, query: str = "") -> Page:
        """Open one of the pages."""
        self.page.goto(f"{self.address}/{name}.html{query}")
        return self.page

    def ready(self, query: str = "") -> Page:
        """Open the form and wait until one may type."""
        page = self.open("form", query)
        page.locator("#report-fields:not([disabled])").wait_for()
        return page

    def fill(self, **changes: str) -> Page:
        """Fill in the form."""
        page = self.page
        page.get_by_label("匿名").check()
        page.get_by_label("没有末位表态").check()
        page.get_by_label("属实").check()
        for name, text in {"unit": "示例县某局", "what": WHAT, **changes}.items():
            page.locator(f"[name={name}]").first.fill(text)
        return page

    def look(self, **changes: str) -> Page:
        """Fill in the form and go on to the review."""
        page = self.fill(**changes)
        page.get_by_role("button", name="核对", exact=True).click()
        page.locator("[data-view=review]").wait_for()
        return page

    def submit(self) -> str:
        """Send what is being reviewed; return the query code of the receipt."""
        self.page.get_by_role("button", name="加密并提交").click()
        self.page.locator("[data-view=receipt]").wait_for()
        return self.page.locator("[data-part=code]").inner_text()

    def says(self, part: str, text: str) -> None:
        """Wait until a part can be seen and has this text."""
        found = self.page.locator(f"[data-part={part}]")
        expect(found).to_be_visible()
        expect(found).to_have_text(text, use_inner_text=True)

    def shows(self, part: str, *texts: str) -> None:
        """Wait until a list has these texts, one each, in this order."""
        expect(self.page.locator(f"[data-part={part}] li")).to_have_text(list(texts), use_inner_text=True)

    def choose(self, form: str, *files: Path, all_in_all: int = 0) -> None:
        """Choose files, and wait until the page has read them: what it has not read yet would not be sent."""
        self.page.locator(f"#{form} [name=files]").set_input_files(files)
        chosen = self.page.locator(f"#{form} [data-part=chosen] li")
        expect(chosen).to_have_count(all_in_all or len(files))

    def posts(self, name: str) -> list[Request]:
        """Return the requests to an address of the host."""
        return [one for one in self.asked if one.method == "POST" and one.url.endswith(f"/{SLUG}/{name}")]

    def opened(self, who: str = "示例乙", at: int = 0) -> tuple[SealedReport, str, sealing.OpenedReport]:
        """Open a stored report as an officer does: the row, the case key, what it says."""
        row = self.world.rows(SealedReport)[at]
        case = sealing.open_grants(row.grants, self.world.identities[who])
        assert case
        return row, case, sealing.open_body(row.body, case)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as started:
        yield started


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, regimes: dict[str, Regime]) -> Iterator[World]:
    """A host whose keys all tests share: sealing the root key under its passphrase takes seconds."""
    found = make_world(tmp_path_factory.mktemp("host"), regimes)
    yield found
    found.engine.dispose()


@pytest.fixture
def world(made: World, tmp_path: Path, regimes: dict[str, Regime]) -> Iterator[World]:
    """A host of its own for each test, with the same keys."""
    home = tmp_path / "home"
    shutil.copytree(made.settings.home, home)
    settings = Settings(home=home)
    lists, engine = (
        KeyLists(settings.key_lists_folder),
        open_reports(f"sqlite:///{settings.reports_database}"),
    )
    app = create_report_app(settings, regimes, reports_engine=engine, key_lists=lists, clock=lambda: NOON)
    yield World(app, engine, settings, lists, made.identities, made.root)
    engine.dispose()


@pytest.fixture
def site(world: World, browser: Browser) -> Iterator[Site]:
    with world.serving() as host:
        page = browser.new_page(viewport={"width": 390, "height": 900})
        found = Site(world, f"http://127.0.0.1:{host.port}", page)
        server = make_server("127.0.0.1", 0, found.app, threaded=True)
        found.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield found
            page.close()
        finally:  # Also where the browser is gone: the thread would keep the whole run from ending.
            server.shutdown()
            thread.join()
            server.server_close()


def leaked(site: Site, *secrets: str) -> list[str]:
    """Return the requests in which one of the texts stands in clear, in base64 or percent-encoded."""
    found = []
    for one in site.asked:
        sent = one.url.encode() + (one.post_data_buffer or b"") + json.dumps(one.headers).encode()
        for secret in secrets:
            raw = secret.encode()
            forms = [
                raw,
                # As much as does not hang on what stands beside it: four characters would stand anywhere by chance.
                *(base64.b64encode(b"x" * n + raw).rstrip(b"=")[(0, 2, 3)[n] : -1] for n in range(3)),
                secret.encode("utf-16-le"),
            ]
            forms += [json.dumps(secret).strip('"').encode(), "".join(f"%{n:02X}" for n in raw).encode()]
            found += [f"{one.method} {one.url}" for form in forms if form in sent]
    return found


def answer(site: Site, text: str, *, key: bytes | None = None) -> None:
    """Answer as an officer does."""
    row, _, found = site.opened()
    case, reporter = sealing.seal_reply(
        row.case_key, row.reporter_key, text, reply_key=key or found.reply_key
    )
    with Session(site.world.engine) as session:
        count = session.query(ReportPart).count()
        session.add(
            ReportPart(
                report_id=row.id,
                n=count + 1,
                token=f"{count:032x}",
                side="commission",
                kind="reply",
                day=NOON.date(),
                size=len(case),
                sealed=case,
                for_reporter=reporter,
            )
        )
        session.commit()


def change(site: Site, **values: Any) -> None:
    with Session(site.world.engine) as session:
        session.execute(update(SealedReport).values(**values))
        session.commit()
