"""Citizens and spammers before the report host: `python -m tests.bench.reports_load MODE HOST JURISDICTION HOME …` tells what they met.

Modes: `sustained RATE SECONDS FILE`, `check FILE`, `flood NUMBER ADDRESSES REAL SECONDS`, `lookups NUMBER`, each after
the instance's home. Lines in capitals say how far it is; the last line is the answer, as JSON.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import multiprocessing
import os
import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Error as PlaywrightError

from portal.domain.reports.keylist import KeyList, ReceiptKey
from portal.services.reports.challenges import Challenges
from portal.services.reports.filing import verify_receipt
from portal.web.secrets import derived, instance_secret
from tests.bench import reports_browser
from tests.reports import plain_form
from tests.reports.citizen import (
    Answer,
    Filing,
    Line,
    codes,
    content_of,
    file_it,
    follow,
    sealed_filing,
    solve,
    start,
    today,
)

SEED = 20261122
THREADS = 200  # Each waits for an answer most of the time.
TAIL = 3.0  # Seconds that the load goes on after the minute, until the host is killed.
PATIENCE = 90.0  # Seconds after which a citizen gives up.
STOCK = 250  # Envelopes of a flood; each is sent several times, under codes of their own.
GATHERED = (
    16  # Bits of a challenge for whoever gathers five thousand of them in half an hour, at today's prices.
)
FORMS = 0.1  # So much of a flood comes through the form without scripts.
_STORY = (
    "示例局二〇二六年八月开会研究装修工程时，局长没有听完大家的意见就先表态定了施工单位，会后补的会议记录。"
)
Trouble = (OSError, http.client.HTTPException, AssertionError, KeyError, ValueError)


def source(number: int) -> str:
    """Return one of 65,000 addresses of the loopback."""
    return f"127.{16 + number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"


@dataclass(frozen=True)
class Place:
    """Where reports go: the host's address, the jurisdiction, and the instance behind it."""

    host: str
    jurisdiction: str
    home: Path


@dataclass
class Said:
    """What all threads found."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def took(self, seconds: float) -> None:
        """Note what was answered as it should be."""
        with self.lock:
            self.seconds.append(seconds)

    def wrong(self, what: str) -> None:
        """Note what was not."""
        with self.lock:
            self.errors.append(what[:500])


@dataclass(frozen=True)
class Ready:
    """A sealed report with its work done."""

    filing: Filing
    challenge: str
    nonce: str


def _seal(given: tuple[str, int, int]) -> Filing:
    text, number, length = given
    content = content_of(json.loads(text)["jurisdiction"], f"第{number}件。{_STORY}" + "续" * length)
    return sealed_filing(KeyList.model_validate_json(text), content, day=today())


def _solve(given: tuple[str, int]) -> str:
    return solve(*given)


def _prepared(place: Place, number: int, *, whole: int) -> tuple[list[Ready], float]:
    """Return so many reports that are ready to be sent, `whole` of them sealed, and the milliseconds that each took.

    Their challenges are issued here, by the host's own key, as somebody would have gathered them from the host over
    the half hour for which they live: at that pace they cost `GATHERED` bits.
    """
    line = Line(place.host)
    text = start(line, place.jurisdiction)["key_list"]["list"]
    line.close()
    issuer = Challenges(derived(instance_secret(place.home / "report.key"), "challenges"))
    begun = [
        (issuer.issue(place.jurisdiction, bits=GATHERED, now=datetime.now(UTC)), GATHERED)
        for _ in range(number)
    ]
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        began = time.perf_counter()
        filings = pool.map(_seal, [(text, each, each % 7 * 100) for each in range(whole)], chunksize=20)
        sealing = (time.perf_counter() - began) * 1000 * (os.cpu_count() or 1) / whole
        nonces = pool.map(_solve, begun, chunksize=20)
    if whole < number:
        filings = [
            _renamed(filings[each % whole], code) for each, code in zip(range(number), codes(), strict=False)
        ]
    ready = [
        Ready(one, challenge, nonce)
        for one, (challenge, _), nonce in zip(filings, begun, nonces, strict=True)
    ]
    return ready, sealing


def _renamed(filing: Filing, code: tuple[str, str]) -> Filing:
    """The same envelope under another code: the host cannot tell it from a report of its own."""
    commitment = os.urandom(32)
    sent = {**filing.sent, "lookup": code[1], "commitment": base64.b64encode(commitment).decode()}
    return Filing(code[0], code[1], commitment, sent)


def _patiently(ask: Callable[[], Answer], until: float) -> Answer:
    """Ask again as long as the host says so; return its last answer."""
    while True:
        answer = ask()
        wait = answer.headers.get("Retry-After")
        if answer.status not in (429, 503) or time.perf_counter() > until:
            return answer
        time.sleep(min(float(wait or 2), 10))


def sustained(place: Place, rate: float, span: float, file: Path) -> dict[str, Any]:
    """Send so many reports a second from as many addresses; go on until the host is killed."""
    number, tail = round(rate * span), round(rate * TAIL * 2)
    ready, sealing = _prepared(place, number + tail, whole=number + tail)
    said, begun, acknowledged = Said(), Said(), list[list[str]]()
    over = threading.Event()
    late = {"acknowledged": 0, "cut": 0}
    bits = Counter[int]()
    print("BEGIN", flush=True)
    began = time.perf_counter()

    def send(turn: int) -> None:
        due = began + turn / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        if over.is_set():
            return
        one, line, inside = ready[turn], Line(place.host, source(turn)), turn < number
        try:
            found = start(line, place.jurisdiction)  # As the form does when it is opened.
            opened = time.perf_counter()
            answer = file_it(line, place.jurisdiction, one.filing, one.challenge, one.nonce)
        except Trouble as wrong:
            with said.lock:
                late["cut"] += not inside
            if inside:
                said.wrong(repr(wrong))
            return
        finally:
            line.close()
        if answer.status != 201:
            said.wrong(f"{answer.status} {answer.body[:300]!r}")
            return
        with said.lock:
            commitment = base64.b64encode(one.filing.commitment).decode()
            acknowledged.append([one.filing.lookup, commitment, answer.json["receipt"]])
            late["acknowledged"] += not inside
            bits[found["bits"]] += 1
        if inside:
            begun.took(opened - due)
            said.took(time.perf_counter() - due)

    def tell() -> None:
        time.sleep(max(0.0, began + span - time.perf_counter()))
        print("OVER", flush=True)
        time.sleep(TAIL)
        print("KILL", flush=True)
        time.sleep(TAIL / 2)
        over.set()

    teller = threading.Thread(target=tell)
    teller.start()
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(send, range(number + tail)))
    teller.join()
    file.write_text(json.dumps(acknowledged), encoding="utf-8")
    return {
        "seconds": said.seconds,
        "starts": begun.seconds,
        "errors": said.errors,
        "tail": late,
        "addresses": f"{number + tail:,}",
        "bytes": statistics.mean(len(json.dumps(one.filing.sent)) for one in ready[:200]),
        "sealing_ms": sealing,
        "asked_bits": max(bits, default=0),
    }


def check(place: Place, file: Path) -> dict[str, Any]:
    """Look up every acknowledged report, and check its receipt by the host's key."""
    key = start(Line(place.host), place.jurisdiction)["list"].receipt_key
    asked = json.loads(file.read_text(encoding="utf-8"))

    def one(given: list[str]) -> tuple[bool, bool]:
        lookup, commitment, receipt = given
        line = Line(place.host)
        answer = _patiently(lambda: follow(line, place.jurisdiction, lookup), time.perf_counter() + PATIENCE)
        line.close()
        signed = base64.b64encode(verify_receipt(receipt, key).commitment).decode() == commitment
        return bool(answer.json.get("found")), signed

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(one, asked))
    return {
        "asked": len(asked),
        "found": sum(one for one, _ in found),
        "receipts": sum(one for _, one in found),
    }


@dataclass
class Flood:
    """A flood and the citizens in it."""

    place: Place
    ready: list[Ready]
    addresses: int
    span: float
    spam: Counter[str] = field(default_factory=Counter)
    spam_seconds: list[float] = field(default_factory=list)
    scripts: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)
    asked: int = 0
    bits: list[int] = field(default_factory=list)
    said: Said = field(default_factory=Said)

    def spammer(self, turn: int, due: float) -> None:
        """Send one of the flood's reports."""
        time.sleep(max(0.0, due - time.perf_counter()))
        line, one = Line(self.place.host, source(turn % self.addresses)), self.ready[turn]
        began = time.perf_counter()
        try:
            if turn % round(1 / FORMS) == 0:
                text = f"垃圾举报{turn}。{_STORY}"
                told = f"{plain_form.send_carelessly(line, self.place.jurisdiction, text)} (form)"
            else:
                start(line, self.place.jurisdiction)  # Raises the price for everybody.
                answer = file_it(line, self.place.jurisdiction, one.filing, one.challenge, one.nonce)
                told = str(answer.status)
        except Trouble as wrong:
            told = type(wrong).__name__
        finally:
            line.close()
        with self.said.lock:
            self.spam[told] += 1
            self.spam_seconds.append(time.perf_counter() - began)

    def without_scripts(self, turn: int, due: float) -> None:
        """File one real report by the form; it counts when the receipt is there."""
        time.sleep(max(0.0, due - time.perf_counter()))
        line = Line(self.place.host, source(60_000 + turn))
        began = time.perf_counter()
        try:
            text = f"没有脚本的第{turn}件。{_STORY}"
            asked = plain_form.send(line, self.place.jurisdiction, text, until=began + PATIENCE).asked
            with self.said.lock:
                self.plain.append(time.perf_counter() - began)
                self.asked += asked
        except Trouble as wrong:
            self.said.wrong(repr(wrong))
        finally:
            line.close()

    def with_scripts(self, dues: Sequence[float]) -> None:
        """File real reports by the scripts that ship, in Chromium, one after the other."""
        with reports_browser.opened() as page:
            for turn, due in enumerate(dues):
                time.sleep(max(0.0, due - time.perf_counter()))
                content = content_of(self.place.jurisdiction, f"有脚本的第{turn}件。{_STORY}").model_dump(
                    mode="json"
                )
                began = time.perf_counter()
                try:
                    told = reports_browser.file_report(
                        page, f"{self.place.host}/{self.place.jurisdiction}", content
                    )
                    took = time.perf_counter() - began
                    receipt = verify_receipt(told["receipt"], ReceiptKey.model_validate(told["receipt_key"]))
                    assert base64.b64encode(receipt.commitment).decode() == told["commitment"]
                    self.scripts.append(took)
                    self.bits.append(told["bits"])
                except (*Trouble, PlaywrightError) as wrong:
                    self.said.wrong(repr(wrong))


def flood(place: Place, number: int, addresses: int, real: int, span: float) -> dict[str, Any]:
    """Send the flood, and the real ones in its midst."""
    ready, _ = _prepared(place, number, whole=min(STOCK, number))
    one, dice = Flood(place, ready, addresses, span), random.Random(SEED)
    # From a tenth of it on: the host is in it by then.
    moments = [dice.uniform(0.1, 0.95) * span for _ in range(real)]
    print("BEGIN", flush=True)
    began = time.perf_counter()
    dues = [began + at for at in moments]
    with ThreadPoolExecutor(real) as citizens, ThreadPoolExecutor(THREADS) as spammers:
        jobs = [citizens.submit(one.with_scripts, sorted(dues[: real - real // 2]))]
        jobs += [
            citizens.submit(one.without_scripts, turn, due)
            for turn, due in enumerate(dues[real - real // 2 :])
        ]
        jobs += [spammers.submit(one.spammer, turn, began + span * turn / number) for turn in range(number)]
        for job in jobs:
            job.result()
    return {
        "scripts": one.scripts,
        "plain": one.plain,
        "spam": dict(one.spam.most_common()),
        "spam_seconds": one.spam_seconds,
        "asked": one.asked,
        "bits": one.bits,
        "errors": one.said.errors,
        "seconds": time.perf_counter() - began,
    }


def lookups(place: Place, number: int) -> dict[str, Any]:
    """Look up valid and unknown codes by turns, by JSON and through the form without scripts."""
    ready, _ = _prepared(place, number, whole=min(STOCK, number))
    line, valid = Line(place.host), list[tuple[str, str]]()
    for turn, one in enumerate(ready):
        sender = Line(place.host, source(turn))
        answer = file_it(sender, place.jurisdiction, one.filing, one.challenge, one.nonce)
        sender.close()
        assert answer.status == 201, answer.text[:300]
        valid.append((one.filing.code, one.filing.lookup))
    unknown = [code for code, _ in zip(codes(), range(number), strict=False)]
    ways: dict[str, Callable[[str, str], Answer]] = {
        "json": lambda _, lookup: follow(line, place.jurisdiction, lookup),
        "form": lambda code, _: plain_form.status(line, place.jurisdiction, code),
    }
    return {"stored": number, **{way: _by_turns(ask, valid, unknown) for way, ask in ways.items()}}


def _by_turns(
    ask: Callable[[str, str], Answer], valid: Sequence[tuple[str, str]], unknown: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    dice = random.Random(SEED)
    taken: dict[str, list[float]] = {"valid": [], "unknown": []}
    sizes: dict[str, set[int]] = {"valid": set(), "unknown": set()}
    for pair in zip(valid, unknown, strict=True):
        turn = list(zip(("valid", "unknown"), pair, strict=True))
        dice.shuffle(turn)
        for which, code in turn:
            began = time.perf_counter()
            answer = _patiently(lambda: ask(*code), began + PATIENCE)  # noqa: B023 - called at once.
            taken[which].append(time.perf_counter() - began)
            sizes[which].add(len(answer.body))
    told = {
        f"{which}_bytes": ", ".join(f"{one:,}" for one in sorted(seen)[:3]) for which, seen in sizes.items()
    }
    return {**taken, **told}


def main() -> None:
    """Do one of them, and tell it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mode", choices=("sustained", "check", "flood", "lookups"))
    parser.add_argument("host")
    parser.add_argument("jurisdiction")
    parser.add_argument("home", type=Path)
    parser.add_argument("more", nargs="*")
    asked = parser.parse_args()
    place, more = Place(asked.host, asked.jurisdiction, asked.home), asked.more
    work: dict[str, Callable[[], dict[str, Any]]] = {
        "sustained": lambda: sustained(place, float(more[0]), float(more[1]), Path(more[2])),
        "check": lambda: check(place, Path(more[0])),
        "flood": lambda: flood(place, int(more[0]), int(more[1]), int(more[2]), float(more[3])),
        "lookups": lambda: lookups(place, int(more[0])),
    }
    with suppress(BrokenPipeError):
        print(json.dumps(work[asked.mode](), ensure_ascii=False))


if __name__ == "__main__":
    main()
