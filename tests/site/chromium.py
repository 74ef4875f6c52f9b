"""A real browser for tests that look at files; its absence is said loudly."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from portal.apps import STATIC

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 60_000  # Milliseconds for whatever is to come about: no measure, but the end of patience on a busy machine.


@contextmanager
def launched(playwright: Playwright) -> Iterator[Browser]:
    """Start Chromium, and end it; skip the test where there is none or where the pages have no styles.

    Its pages, and `expect` from here on, wait for `PATIENCE`.
    """
    from playwright.sync_api import expect

    if CHROMIUM is None:
        pytest.skip("NO BROWSER: install Chromium (Debian: apt install chromium) to run the browser tests")
    if not (STATIC / "vendor" / "govuk.css").is_file():
        pytest.skip("NO STYLES: run `python -m portal.web.vendor` (needs npm) before the browser tests")
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"], timeout=3 * PATIENCE
    )
    new_context, new_page = browser.new_context, browser.new_page

    def patient_context(**how: Any) -> BrowserContext:
        made = new_context(**how)
        made.set_default_timeout(PATIENCE)
        return made

    def patient_page(**how: Any) -> Page:
        made = new_page(**how)
        made.context.set_default_timeout(PATIENCE)
        return made

    browser.new_context, browser.new_page = patient_context, patient_page  # type: ignore[method-assign]
    expect.set_options(timeout=PATIENCE)
    try:
        yield browser
    finally:
        browser.close()


def until(page: Page, came: Callable[[], object]) -> None:
    """Wait for what the page itself does not show: a request, a download, the end of a worker."""
    for _ in range(PATIENCE // 50):
        if came():
            return
        page.wait_for_timeout(50)  # What the browser tells meanwhile is heard.
    raise AssertionError("it never came about")
