"""The people of the deadline hour: `python -m tests.bench.deadline_load PLAN OFFICE SPAN` tells what each step took.

Each disclosure has a thread of its own, and in it two browsers, that of the editor and that of the reviewer,
whose connections stay open to the end as browsers keep them. When each begins follows from a fixed seed.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import re
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

SEED = 20261031
RUSH, LAST = 0.7, 0.25  # So many of all begin in the last quarter.
SAVES = 5
_TYPING = 0.004  # Of the span, between one autosave and the next: 14 seconds of an hour.
_LOOK = 0.25  # Seconds between two looks at the public site.
_LONGEST = 300.0  # Seconds after which a publication counts as never seen.
_TIMEOUT = 120.0
STATEMENTS = ("openness", "audience", "secrecy")


class Wrong(Exception):
    """A step was not answered as it should be."""


@dataclass
class Said:
    """What all threads found."""

    steps: dict[str, list[float]] = field(default_factory=dict)
    visible: list[float] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    published: list[float] = field(default_factory=list)  # Seconds from the beginning.
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def step(self, name: str, seconds: float) -> None:
        """Note what a step took."""
        with self._lock:
            self.steps.setdefault(name, []).append(seconds * 1000)

    def wrong(self, **what: Any) -> None:
        """Note an error."""
        with self._lock:
            self.errors.append(what)

    def told(self) -> dict[str, Any]:
        """Return it for the answer."""
        return {
            "steps": self.steps,
            "visible": self.visible,
            "errors": self.errors,
            "published": self.published,
        }


class Browser:
    """One person's browser at the office: a cookie, and a connection that stays open."""

    def __init__(self, office: str, cookie: tuple[str, str], said: Said) -> None:
        """Connect at the first request."""
        self.place, self.said = urlsplit(office).netloc, said
        self._cookies = {cookie[0]: cookie[1]} if cookie[1] else {}
        self._line: http.client.HTTPConnection | None = None

    def ask(
        self,
        step: str,
        path: str,
        data: dict[str, Any] | None = None,
        *,
        parts: bool = False,
        expect: int = 200,
        json_wanted: bool = False,
    ) -> tuple[str, str]:
        """Ask for a page or send a form; return its text and where it leads. Raise `Wrong`."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        body = None
        if data is not None:
            body, headers["Content-Type"] = _parts(data) if parts else _form(data)
        if json_wanted:
            headers["Accept"] = "application/json"
        began = time.perf_counter()
        answer, text = self._sent("GET" if data is None else "POST", path, body, headers)
        self.said.step(step, time.perf_counter() - began)
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, rest = line.partition("=")
            self._cookies[name] = rest.partition(";")[0]
        if answer.status != expect:
            raise Wrong(f"{step}: {answer.status} instead of {expect} at {path}: {_plain(text)}")
        return text, urlsplit(answer.headers.get("Location") or "").path

    def _sent(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, str]:
        for again in (False, True):
            kept = self._line is not None
            self._line = self._line or http.client.HTTPConnection(self.place, timeout=_TIMEOUT)
            try:
                self._line.request(method, path, body, headers)
                answer = self._line.getresponse()
                return answer, answer.read().decode()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                # A connection that the server has closed while it was idle is opened anew, as browsers do.
                self._line.close()
                self._line = None
                if again or not kept:
                    raise
        raise AssertionError

    def close(self) -> None:
        """Close the connection."""
        if self._line is not None:
            self._line.close()


def _form(data: dict[str, Any]) -> tuple[bytes, str]:
    return urlencode(data, doseq=True).encode(), "application/x-www-form-urlencoded"


def _parts(data: dict[str, Any]) -> tuple[bytes, str]:
    mark = secrets.token_hex(12)
    pieces = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in data.items()
    ]
    return ("".join(pieces) + f"--{mark}--\r\n").encode(), f"multipart/form-data; boundary={mark}"


def _plain(text: str) -> str:
    """Return what a page of the office says, without its frame."""
    main = text.partition("<main")[2] or text
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", main)))[:1500]


def hidden(text: str, name: str) -> str:
    """Return the value of a hidden input."""
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    if found is None:
        raise Wrong(f"no {name} on the page: {_plain(text)}")
    return unescape(found[1])


@dataclass
class Desk:
    """One disclosure on its way."""

    one: dict[str, Any]
    editor: Browser
    reviewer: Browser
    pause: float

    def write(self) -> str:
        """Begin, fill in, save and submit; return the draft's path."""
        home, _ = self.editor.ask("home", "/")
        kind, slug = self.one["kind"], self.one["slug"]
        begin = {"csrf_token": hidden(home, "csrf_token")}
        if slug:
            _, form = self.editor.ask("start", f"/records/{kind}/{slug}/correct", begin, expect=303)
        else:
            begin |= {"period": self.one["period"], "how": "blank"}
            _, form = self.editor.ask("start", f"/drafts/new/{kind}", begin, expect=303)
        path = form.removesuffix("/edit")
        text, _ = self.editor.ask("form", path)
        rest = {"csrf_token": hidden(text, "csrf_token"), "revision": hidden(text, "revision")}
        if slug:
            rest["correction_reason"] = self.one["reason"]
        entries = list(self.one["entries"].items())
        for turn in range(1, SAVES + 1):
            time.sleep(self.pause)
            typed = dict(entries[: len(entries) * turn // SAVES])
            said, _ = self.editor.ask(
                "autosave", f"{path}/autosave", {**typed, **rest}, parts=True, json_wanted=True
            )
            rest["revision"] = str(json.loads(said)["revision"])
        whole = {**dict(entries), **rest}
        self.editor.ask("save", path, {**whole, "do": "save"}, parts=True, expect=303)
        self.editor.ask("submit", f"{path}/submit", whole, parts=True, expect=303)
        return path

    def publish(self, path: str) -> str:
        """Look at it as the reviewer, approve and publish; return the path of the page that says where it is."""
        self.reviewer.ask("home", "/")
        text, _ = self.reviewer.ask("review", f"{path}/review")
        self.reviewer.ask("preview", f"{path}/preview")
        data = {
            "csrf_token": hidden(text, "csrf_token"),
            "revision": hidden(text, "revision"),
            "stated": STATEMENTS,
            "then": "publish",
        }
        _, done = self.reviewer.ask("publish", f"{path}/approve", data, expect=303)
        return done


def await_page(address: str, title: str) -> float | None:
    """Return the seconds until the public site shows a version; None where it never does."""
    place, began = urlsplit(address), time.perf_counter()
    while time.perf_counter() - began < _LONGEST:
        line = http.client.HTTPConnection(place.netloc, timeout=_TIMEOUT)
        try:
            line.request("GET", place.path)
            answer = line.getresponse()
            text = answer.read().decode()
        finally:
            line.close()
        if answer.status == 200 and title in unescape(text):
            return time.perf_counter() - began
        if answer.status not in (200, 404):
            raise Wrong(f"public site: {answer.status} at {place.path}")
        time.sleep(_LOOK)
    return None


def run(plan: dict[str, Any], office: str, span: float) -> Said:
    """Publish everything within the span."""
    said, dice = Said(), random.Random(SEED)
    ones = plan["publications"]
    dice.shuffle(ones)
    starts = [
        dice.uniform(1 - LAST, 1) if number < len(ones) * RUSH else dice.uniform(0, 1 - LAST)
        for number in range(len(ones))
    ]
    began = time.perf_counter()
    browsers: list[Browser] = []

    def publish(one: dict[str, Any], start: float) -> None:
        time.sleep(max(0.0, began + start * span - time.perf_counter()))
        editor, reviewer = (
            Browser(office, (plan["cookie"], plan[people][one["unit"]]), said)
            for people in ("editors", "reviewers")
        )
        browsers.extend((editor, reviewer))
        desk = Desk(one, editor, reviewer, span * _TYPING)
        try:
            done = desk.publish(desk.write())
            asked = time.perf_counter()
            said.published.append(asked - began)
            text, _ = reviewer.ask("done", done)
            address = re.search(r'href="(http://[^"]+-v\d+\.html)"', text)
            if address is None:
                raise Wrong(f"no lasting address: {_plain(text)}")
            late = time.perf_counter() - asked
            seconds = await_page(address[1], one["title"])
            if seconds is None:
                raise Wrong(f"never seen: {address[1]}")
            said.visible.append(seconds + late)
        except (Wrong, OSError, http.client.HTTPException, KeyError, ValueError) as wrong:
            said.wrong(unit=one["unit"], kind=one["kind"], title=one["title"], why=repr(wrong))

    with ThreadPoolExecutor(max_workers=max(len(ones), 1)) as threads:
        list(threads.map(publish, ones, starts))
    for one in browsers:
        with suppress(OSError):
            one.close()
    return said


def sign_in(logins: list[str], password: str, cookie: str, office: str, *, at_once: int) -> dict[str, Any]:
    """Sign in one after the other, so many people at once, by their passwords; return how many a second."""
    said = Said()

    def enter(login: str) -> None:
        browser = Browser(office, (cookie, ""), said)
        try:
            text, _ = browser.ask("sign-in page", "/sign-in")
            data = {
                "csrf_token": hidden(text, "csrf_token"),
                "login": login,
                "password": password,
                "next": "/",
            }
            browser.ask("sign-in", "/sign-in", data, expect=303)
        except (Wrong, OSError, http.client.HTTPException) as wrong:
            said.wrong(login=login, why=repr(wrong))
        finally:
            browser.close()

    began = time.perf_counter()
    with ThreadPoolExecutor(max_workers=at_once) as threads:
        list(threads.map(enter, logins))
    return {**said.told(), "seconds": time.perf_counter() - began}


def main() -> None:
    """Publish the plan, then sign in, and tell it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("office")
    parser.add_argument("span", type=float, help="seconds")
    parser.add_argument("--password", required=True)
    asked = parser.parse_args()
    plan = json.loads(asked.plan.read_text(encoding="utf-8"))
    answer = run(plan, asked.office, asked.span).told()
    answer["signing_in"] = sign_in(plan["logins"], asked.password, plan["cookie"], asked.office, at_once=4)
    print(json.dumps(answer, ensure_ascii=False))


if __name__ == "__main__":
    main()
