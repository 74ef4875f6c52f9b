"""A real browser for tests that look at files; its absence is said loudly."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from portal.apps import STATIC

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def launched(playwright: Playwright) -> Iterator[Browser]:
    """Start Chromium, and end it; skip the test where there is none or where the pages have no styles."""
    if CHROMIUM is None:
        pytest.skip("NO BROWSER: install Chromium (Debian: apt install chromium) to run the browser tests")
    if not (STATIC / "vendor" / "govuk.css").is_file():
        pytest.skip("NO STYLES: run `python -m portal.web.vendor` (needs npm) before the browser tests")
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
    try:
        yield browser
    finally:
        browser.close()
