"""A county that takes reports: its keys, and its hosts as real processes whose every written file is known."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.config import Settings
from portal.domain.reports.keylist import Holder, HolderKey, HolderRank, KeyList
from portal.services.reports import age, keyring
from portal.services.reports.filing import public_of
from portal.services.reports.keylists import KeyLists, sign_list
from tests.reports.citizen import today

ROOT = Path(__file__).resolve().parents[2]
JURISDICTION = "jinhu"
UNIT = "示例县住房和城乡建设局"
ROSTER = """单位名称,单位类型,简称,单位代码
示例县住房和城乡建设局,部门,住建局,320831001
示例县水利局,部门,水利局,320831002
"""
_OPENS = 600.0  # Seconds: the site is built before `portal run` opens its ports, and the machine may be busy.


@dataclass(frozen=True)
class Officer:
    """A key holder with the secret that the county never has."""

    holder: Holder
    identity: str


@dataclass
class Running:
    """A process of the product: its addresses by name, what it said, which files it wrote."""

    process: subprocess.Popen[bytes]
    told: Path
    written: Path
    addresses: dict[str, str]

    @property
    def pid(self) -> int:
        """The process."""
        return self.process.pid

    @property
    def address(self) -> str:
        """Where the report host is."""
        return self.addresses["举报"]

    @property
    def public(self) -> str:
        """Where the public site is."""
        return self.addresses["网站"]

    @property
    def office(self) -> str:
        """Where the office is."""
        return self.addresses["办公"]

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def opened_for_writing(self) -> list[str]:
        """Return what the process itself opened for writing, a line each: path, mode, flags."""
        return self.written.read_text(encoding="utf-8").splitlines()


@dataclass
class County:
    """An instance in a folder of its own: `home`, an empty `tmp` and an empty working directory beside it."""

    folder: Path
    key_list: KeyList
    officers: tuple[Officer, ...]
    root: Ed25519PrivateKey

    @property
    def home(self) -> Path:
        """What PORTAL_HOME names."""
        return self.folder / "home"

    @property
    def settings(self) -> Settings:
        """The settings of the instance."""
        return Settings(home=self.home)

    @property
    def key_lists(self) -> KeyLists:
        """The published lists."""
        return KeyLists(self.settings.key_lists_folder)

    @contextmanager
    def fault(self, place: str, what: str = "raise") -> Iterator[None]:
        """Let a function of every process that runs break (see `watched`)."""
        (self.folder / "faults" / place).write_text(what, "ascii")
        try:
            yield
        finally:
            (self.folder / "faults" / place).unlink()

    def environment(self) -> dict[str, str]:
        """Return what a process of this county is told: nothing of the machine's own places."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "XDG_"))}
        return {
            **own,
            "PORTAL_HOME": str(self.home),
            "TMPDIR": str(self.folder / "tmp"),
            "SQLITE_TMPDIR": str(self.folder / "tmp"),
            "HOME": str(self.folder / "user"),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PORTAL_TEST_FAULTS": str(self.folder / "faults"),
        }

    def portal(self, *words: str, said: str = "") -> str:
        """Run a command of the instance and return what it says."""
        done = subprocess.run(
            [sys.executable, "-c", "from portal.cli import main; main()", *words],
            env=self.environment(), cwd=self.folder / "work", input=said, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def officer(self, rank: HolderRank, place: int = 0) -> Officer:
        """Return one of the officers of a rank."""
        return [one for one in self.officers if one.holder.rank is rank][place]

    @contextmanager
    def host(self) -> Iterator[Running]:
        """Run the report host alone."""
        with self._running(["report-host", "--port", "0"], ("举报",)) as found:
            yield found

    @contextmanager
    def running(self) -> Iterator[Running]:
        """Run everything: public site, office and report host."""
        with self._running(["run", "--port", "0", "--no-demo"], ("网站", "办公", "举报")) as found:
            yield found

    @contextmanager
    def _running(self, words: Sequence[str], wanted: Sequence[str]) -> Iterator[Running]:
        number = len(list((self.folder / "logs").glob("*.told")))
        told, written = (self.folder / "logs" / f"{number}.{name}" for name in ("told", "written"))
        with told.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, str(ROOT / "tests" / "reports" / "watched.py"), str(written), *words],
                env=self.environment(), cwd=self.folder / "work", stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip
        found = Running(process, told, written, {})
        try:
            until = time.monotonic() + _OPENS
            while set(found.addresses) < set(wanted):
                assert process.poll() is None, told.read_text(encoding="utf-8")[-3000:]
                assert time.monotonic() < until, told.read_text(encoding="utf-8")[-3000:]
                for line in told.read_text(encoding="utf-8").splitlines():
                    if (address := re.search(r"(http://[\d.]+:\d+)", line)) and "打开" in line:
                        found.addresses |= {
                            name: address[1] for name in wanted if name in line.partition("：")[0]
                        }
                time.sleep(0.05)
            yield found
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def places(self) -> list[Path]:
        """Return every folder into which a process of this county may write."""
        return [self.folder / name for name in ("home", "tmp", "work", "logs", "user")]


def _holder(
    number: str, name: str, post: str, rank: HolderRank, *, day: date, unit: str | None = None
) -> Officer:
    identity, recipient = age.new_identity()
    key = HolderKey(recipient=recipient, since=day, until=day + timedelta(days=365))
    return Officer(Holder(id=number, name=name, post=post, rank=rank, unit=unit, keys=(key,)), identity)


def made_keys(
    settings: Settings, jurisdiction: str = JURISDICTION, *, opening: int = 1, day: date | None = None
) -> tuple[KeyList, tuple[Officer, ...], Ed25519PrivateKey]:
    """Make an instance's keys and publish its first list; return it, the officers with their secrets, the root key."""
    day = day or today()
    officers = (
        _holder("h0head000000", "冯示首", "书记", HolderRank.HEAD, day=day),
        _holder("h0first00000", "郑示五", "信访室主任", HolderRank.OFFICER, day=day),
        _holder("h0second0000", "吴示四", "信访室干部", HolderRank.OFFICER, day=day),
        _holder("h0posted0000", "周示三", "派驻纪检监察组组长", HolderRank.OFFICER, day=day, unit=UNIT),
        _holder("h0superior00", "陈示上", "市纪委监委信访室", HolderRank.SUPERIOR, day=day),
    )
    root = Ed25519PrivateKey.generate()
    key_list = KeyList(
        jurisdiction=jurisdiction,
        name="示例县纪委监委",
        serial=1,
        issued_on=day,
        valid_until=day + timedelta(days=365),
        accept_previous_until=day,
        opening=opening,
        routing_key=keyring.make_routing_key(settings.routing_keys_folder, jurisdiction),
        receipt_key=keyring.make_receipt_key(settings.receipt_keys_folder, jurisdiction),
        own_names=("示例县纪委监委", "示例县纪律检查委员会", "示例县监察委员会"),
        holders=tuple(one.holder for one in officers),
    )
    lists = KeyLists(settings.key_lists_folder)
    lists.pin(jurisdiction, public_of(root))
    lists.publish(sign_list(key_list, root))
    return key_list, officers, root


def made_county(folder: Path, *, opening: int = 1) -> County:
    """Make the instance, its keys and its first list; nothing runs yet."""
    for name in ("home", "tmp", "work", "logs", "user", "faults"):
        (folder / name).mkdir(parents=True)
    county = County(folder, *made_keys(Settings(home=folder / "home"), opening=opening))
    county.portal("init")
    (folder / "roster.csv").write_text(ROSTER, encoding="utf-8")
    county.portal("units", str(folder / "roster.csv"), "-j", JURISDICTION)
    return county
