"""A county's two hosts as real processes, and people with windows of their own in front of the office."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

COMMAND = [sys.executable, "-c", "from portal.cli import main; main()"]
PASSWORD = "三月的雨落在青石板上"
PHONE = {"width": 390, "height": 844}
# A folder for pictures of every page passed, for those who mend the pages.
PICTURES = os.environ.get("PORTAL_TEST_PICTURES", "")
_FAULTS = """() => axe.run(document, {resultTypes: ["violations"], rules: {"target-size": {enabled: true}}}).then(found =>
  found.violations.map(one => `${one.id} ${one.nodes[0].html.slice(0, 200)} ${one.nodes[0].failureSummary}`))"""
# What reaches beyond the screen without a frame of its own that scrolls.
_BEYOND = """() => document.scrollingElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".scroll"))
  .map(one => `beyond the screen: ${one.tagName}.${one.className} ${one.textContent.trim().slice(0, 40)}`).slice(0, 5)"""
# Latin letters that are no names of files, programs or logins, outside of addresses and codes.
_FOREIGN = """() => {
  const shown = document.querySelector("main").cloneNode(true);
  shown.querySelectorAll("code, .code, template, script, datalist, a[href^=http]").forEach(one => one.remove());
  const known = /^(XLSX|xlsx|xls|CSV|JSON|PDF|Excel|Linux|Chrome|gly|docx?|[A-Z]+-?\\d+)$/;
  return [...shown.textContent.matchAll(/[A-Za-z]{3,}/g)].map(one => one[0]).filter(one => !known.test(one)).map(one => `not Chinese: ${one}`);
}"""


@dataclass(frozen=True)
class County:
    """The addresses of a running instance, and its commands."""

    office: str
    public: str
    home: Path

    def portal(self, *words: str) -> str:
        """Run a command of the instance and return what it says."""
        done = subprocess.run(
            [*COMMAND, *words], env=_environment(self.home), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def invitation(self, login: str, name: str, unit: str) -> str:
        """Make a unit's first administrator and return the link, at the office as it runs."""
        said = self.portal(
            "users", "add", login, "--name", name, "--role", "单位管理员", "--unit", unit, "-j", "xiuzhou"
        )
        found = re.search(r"/invitation/\S+", said)
        assert found, said
        return self.office + found[0]


def _environment(home: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return {**own, "PORTAL_HOME": str(home), "PYTHONUNBUFFERED": "1"}


@contextmanager
def running(home: Path, roster: str) -> Iterator[County]:
    """Make an instance with that roster and open both its hosts; end them afterwards."""
    county = County("", "", home)
    county.portal("init")
    (home.parent / "roster.csv").write_text(roster, encoding="utf-8")
    county.portal("units", str(home.parent / "roster.csv"), "-j", "xiuzhou")
    process = subprocess.Popen(
        [*COMMAND, "run", "--port", "0", "--no-demo"],
        env=_environment(home), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    found: dict[str, str] = {}
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if address := re.search(r"(网站|办公端)已打开：(http://[\d.]+:\d+)/", line):
                found[address[1]] = address[2]
            if len(found) == 2:
                break
        yield County(found["办公端"], found["网站"], home)
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        try:
            process.wait(300)  # It ends its worker first, which finishes a build that has begun.
        finally:
            process.kill()  # Does nothing when it has ended.
            process.stdout.close()


@dataclass
class Someone:
    """A person of a unit before a window of their own, who looks at every page that passes."""

    county: County
    page: Page
    login: str
    scripts: bool
    secret: str = ""
    looked: list[str] = field(default_factory=list)

    def go(self, path: str, name: str = "") -> None:
        """Open a page of the office; with a name, look at it."""
        self.page.goto(self.county.office + path)
        if name:
            self.look(name)

    def look(self, name: str) -> None:
        """Find no fault on the page: it fits a phone, axe has nothing to say, and no English shows."""
        page = self.page
        expect(page.locator("footer").last).to_be_attached()
        page.wait_for_load_state()  # Until then the styles may be on their way.
        if PICTURES:
            _take_pictures(page, f"{'' if self.scripts else 'plain-'}{name}")
        page.set_viewport_size(PHONE)
        faults = page.evaluate(_BEYOND)
        if name != "preview":  # The public page has names of its own, and tests of its own.
            faults += page.evaluate(_FOREIGN)
        if self.scripts:  # Without them no promise is ever kept, axe's neither.
            page.evaluate(AXE_SCRIPT)
            faults += page.evaluate(_FAULTS)
        assert not faults, "\n".join([name, page.url, *faults])
        self.looked.append(name)

    def press(self, name: str, *, within: str = "body") -> None:
        """Press a button."""
        self.page.locator(within).get_by_role("button", name=name, exact=True).first.click()

    def accept(self, link: str) -> None:
        """Take an invitation up: a password, and a second factor where the role asks for one."""
        page = self.page
        page.goto(link)
        self.look("invitation")
        page.get_by_label("新密码").fill(PASSWORD)
        page.get_by_label("再输入一次").fill(PASSWORD)
        self.press("设置密码并登录")
        expect(page.locator("h1")).not_to_have_text("设置密码")
        if page.locator("h1").inner_text() == "设置第二步验证":
            self.look("set-up")
            self.secret = page.locator("code.key").inner_text().replace(" ", "")
            page.get_by_label("验证码").fill(self.code())
            self.press("完成设置")
            expect(page.locator("h1")).to_have_text("备用码")
            self.look("codes")
            page.get_by_role("link", name="已保存，继续").click()
        expect(page).to_have_url(f"{self.county.office}/")

    def code(self, *, ahead: int = 0) -> str:
        """Return what the phone shows, so many half minutes ahead: no code is taken twice."""
        return pyotp.TOTP(self.secret).at(datetime.now(UTC) + timedelta(seconds=30 * ahead))

    def leave(self) -> None:
        """Sign out."""
        self.page.locator(".desk-who").get_by_role("button", name="退出").click()
        expect(self.page.locator("h1")).to_have_text("登录")


def arrives(county: County, browser: Browser, login: str, *, scripts: bool) -> Someone:
    """Open a window for somebody."""
    context = browser.new_context(
        java_script_enabled=scripts, viewport=PHONE, locale="zh-CN", accept_downloads=True
    )
    page = context.new_page()
    return Someone(county, page, login, scripts)


def _take_pictures(page: Page, name: str) -> None:
    folder = Path(PICTURES)
    folder.mkdir(parents=True, exist_ok=True)
    for width in (1280, PHONE["width"]):
        page.set_viewport_size({"width": width, "height": 844})
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
