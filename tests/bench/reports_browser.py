"""What sealing costs: in Chromium with the scripts that ship, in Python, and what the form's page weighs."""

from __future__ import annotations

import base64
import functools
import gzip
import http.server
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from portal.apps import STATIC
from portal.services.reports import age, sealing
from tests.bench.table import Section
from tests.reports.citizen import content_of, sealed_filing, today
from tests.reports.county import JURISDICTION, County
from tests.site.chromium import launched

TIMES, OPENED = 20, 200
_LENGTHS = (500, 10_000)
_ATTACHED = (1024 * 1024, 6 * 1024 * 1024)
_TEXT = "在会上没有听完大家的意见就先表态。"
# Everything happens in the page, timed by the page's own clock; nothing is kept between two rounds.
_SEAL = """async ({list, content, day, times}) => {
  const [{sealReport}, {chooseRoute}, {newCode}] = await Promise.all(
    ["sealing", "routing", "codes"].map(name => import(`/static/sealing/${name}.js`)));
  const taken = [];
  for (let turn = 0; turn < times; turn += 1) {
    const began = performance.now();
    const route = chooseRoute(list, {day, unit: content.unit, text: content.what});
    await sealReport(list, content, {day, code: newCode(), route});
    taken.push(performance.now() - began);
  }
  return taken;
}"""
_ATTACH = """async ({size, times}) => {
  const {sealAttachment, newIdentity} = await import("/static/sealing/sealing.js");
  const {recipient} = await newIdentity();
  const data = new Uint8Array(size);
  for (let at = 0; at < size; at += 65536) crypto.getRandomValues(data.subarray(at, Math.min(at + 65536, size)));
  const taken = [];
  for (let turn = 0; turn < times; turn += 1) {
    const began = performance.now();
    await sealAttachment(recipient, {number: 1, data, type: "application/pdf", extension: "pdf"});
    taken.push(performance.now() - began);
  }
  return taken;
}"""
_OPEN = """async ({reports, identity}) => {
  const [{openGrants, openBody}, {fromBase64}] = await Promise.all(
    ["sealing", "wire"].map(name => import(`/static/sealing/${name}.js`)));
  const taken = [];
  for (const {grants, body} of reports) {
    const began = performance.now();
    const opened = await openBody(fromBase64(body), await openGrants(fromBase64(grants), identity));
    if (!opened.content.what) throw new Error("not opened");
    taken.push(performance.now() - began);
  }
  return taken;
}"""
_SOLVE = """async ({bits, times}) => {
  const {solve} = await import("/static/sealing/challenge.js");
  const taken = [];
  for (let turn = 0; turn < times; turn += 1) {
    const began = performance.now();
    await solve(`challenge ${turn} ${crypto.randomUUID()}`, bits);
    taken.push(performance.now() - began);
  }
  return taken;
}"""


# A citizen with the form open: every step of it as the form's own script does them.
_FILE = """async ({host, content}) => {
  const [{sealReport}, {chooseRoute}, {newCode}, {solve}, {toBase64}] = await Promise.all(
    ["sealing", "routing", "codes", "challenge", "wire"].map(name => import(`/static/sealing/${name}.js`)));
  const day = new Intl.DateTimeFormat("en-CA", {timeZone: "Asia/Shanghai"}).format();
  for (let turn = 0; ; turn += 1) {
    const begun = await (await fetch(`${host}/start`)).json();
    const list = JSON.parse(begun.key_list.list);
    const route = chooseRoute(list, {day, unit: content.unit, text: content.what});
    const sealed = await sealReport(list, content, {day, code: newCode(), route});
    const nonce = await solve(begun.challenge, begun.bits);
    const sent = {serial: list.serial, case_key: sealed.caseKey, reporter_key: sealed.reporterKey, lookup: sealed.lookup,
      challenge: begun.challenge, nonce};
    for (const name of ["grants", "body", "routing", "binding", "commitment"]) sent[name] = toBase64(sealed[name]);
    const answer = await fetch(`${host}/reports`, {method: "POST", body: JSON.stringify(sent), headers: {"Content-Type": "application/json"}});
    const told = await answer.json();
    if (answer.ok) return {...told, bits: begun.bits, commitment: sent.commitment, receipt_key: list.receipt_key};
    if (turn === 5) throw new Error(`${answer.status} ${told.words}`);
    await new Promise(resolve => setTimeout(resolve, 1000 * Number(answer.headers.get("Retry-After") || 1)));
  }
}"""


class _Statics(http.server.SimpleHTTPRequestHandler):
    def translate_path(self, path: str) -> str:
        """Serve `/static/…` from the product's folder, and nothing else."""
        return str(STATIC / path.partition("?")[0].removeprefix("/static/"))

    def do_GET(self) -> None:
        """Answer an empty page at the root."""
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name.
        """Say nothing."""


@contextmanager
def _statics() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Statics))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def opened() -> Iterator[Page]:
    """A page of a Chromium that may load the product's scripts."""
    with sync_playwright() as playwright, launched(playwright) as browser, _statics() as address:
        page = browser.new_page()
        page.goto(address)
        yield page


def file_report(page: Page, host: str, content: dict[str, Any]) -> dict[str, Any]:
    """Seal and send a report by the scripts that ship; return the host's answer, the bits asked for, the commitment."""
    found: dict[str, Any] = page.evaluate(_FILE, {"host": host, "content": content})
    return found


def sections(title: str, county: County) -> list[Section]:
    """Measure, and return both tables."""
    rows = []
    with opened() as page:
        for length in _LENGTHS:
            what = (_TEXT * (length // len(_TEXT) + 1))[:length]
            content = content_of(JURISDICTION, what)
            given = {
                "list": county.key_list.model_dump(mode="json", by_alias=True),
                "content": content.model_dump(mode="json"),
                "day": today().isoformat(),
                "times": TIMES,
            }
            seconds = _timed(lambda: sealed_filing(county.key_list, content, day=today()))  # noqa: B023 - called at once.
            rows.append(
                [f"seal a report of {length:,} characters", *_both(page.evaluate(_SEAL, given), seconds)]
            )
        for size in _ATTACHED:
            data, (_, recipient) = os.urandom(size), age.new_identity()
            seconds = _timed(
                lambda: sealing.seal_attachment(recipient, 1, data, "application/pdf"),  # noqa: B023 - called at once.
                times=3,
            )
            found = page.evaluate(_ATTACH, {"size": size, "times": 3})
            rows.append([f"seal a file of {size // 1024**2} MB", *_both(found, seconds)])
        for bits in (12, 16, 18, 20):
            times = 20
            rows.append(
                [
                    f"proof of work, {bits} bits",
                    *_both(page.evaluate(_SOLVE, {"bits": bits, "times": times}), []),
                ]
            )
        rows.append([f"open {OPENED} reports, one after the other", *_opening(page, county)])
        weights = _weights(page, county)
    note = "Chromium on the same machine, in one page; Python: pyrage. Medians, in brackets the largest."
    return [
        Section(f"{title}: what sealing costs", ["what", "Chromium", "Python"], rows, note),
        weights,
    ]


def _timed(work: Callable[[], object], *, times: int = TIMES) -> list[float]:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def _both(browser: list[float], python: list[float]) -> list[str]:
    return [f"{statistics.median(one):,.1f} ms ({max(one):,.1f})" if one else "" for one in (browser, python)]


def _opening(page: Page, county: County) -> list[str]:
    """Open many reports in one page with one officer's key; and the same in Python."""
    filings = [
        sealed_filing(county.key_list, content_of(JURISDICTION, f"第{number}件。{_TEXT * 20}"), day=today())
        for number in range(OPENED)
    ]
    identity = county.officers[0].identity
    reports = [{name: one.sent[name] for name in ("grants", "body")} for one in filings]
    browser = page.evaluate(_OPEN, {"reports": reports, "identity": identity})
    began = time.perf_counter()
    for one in filings:
        case = sealing.open_grants(base64.b64decode(one.sent["grants"]), identity)
        assert case
        assert sealing.open_body(base64.b64decode(one.sent["body"]), case).content.what
    whole = time.perf_counter() - began
    return [
        f"{sum(browser) / 1000:.2f} s, {statistics.median(browser):.1f} ms each ({max(browser):,.1f})",
        f"{whole:.2f} s",
    ]


def _weights(page: Page, county: County) -> Section:
    """What the form's page loads, file by file, as a web server sends it."""
    loaded: dict[str, bytes] = {}
    with county.running() as hosts:
        page.on(
            "response", lambda answer: loaded.setdefault(answer.url, answer.body()) if answer.ok else None
        )
        page.goto(f"{hosts.public}/{JURISDICTION}/report/write.html")
        page.locator("#report-fields:not([disabled])").wait_for()
    rows = []
    for url, data in sorted(loaded.items(), key=lambda one: -len(one[1])):
        rows.append(
            [
                Path(url.partition("?")[0]).name,
                f"{len(data) / 1024:,.1f} KB",
                f"{len(gzip.compress(data, 9)) / 1024:,.1f} KB",
            ]
        )
    rows.append(
        [
            "all",
            f"{sum(map(len, loaded.values())) / 1024:,.1f} KB",
            f"{sum(len(gzip.compress(one, 9)) for one in loaded.values()) / 1024:,.1f} KB",
        ]
    )
    return Section("Sealed reports: what the form's page loads", ["file", "bytes", "gzip"], rows)
