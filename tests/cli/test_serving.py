"""`portal run` and `portal office`: all hosts answer, each with its own pages, and nothing is left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

_COMMAND = [sys.executable, "-c", "from portal.cli import main; main()"]


@pytest.fixture
def running(home: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    process = subprocess.Popen(
        [*_COMMAND, "run", "--port", "0", "--no-demo"],
        env={**os.environ, "PORTAL_HOME": str(home), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, str] = {}
    assert process.stdout is not None
    for line in process.stdout:
        if address := re.search(r"(网站|办公端|举报接收端)已打开：(http://[\d.]+:\d+)/", line):
            found[address[1]] = address[2]
        if len(found) == 3:
            break
    yield process, found
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        process.wait(300)  # It ends its worker first, which finishes a build that has begun.
    finally:
        process.kill()  # Does nothing when it has ended.
        process.stdout.close()


def _get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=300) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def _runs(process: int) -> bool:
    """Tell whether the process is there and not a mere entry that nobody has collected yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_site_and_office_are_hosts_of_their_own(
    running: tuple[subprocess.Popen[str], dict[str, str]],
) -> None:
    _, found = running
    assert _get(f"{found['网站']}/")[0] == 200
    assert _get(f"{found['网站']}/sign-in")[0] == 404
    status, text = _get(f"{found['办公端']}/")
    assert status == 200  # The sign-in, where everybody is led who is not signed in.
    assert "单位填报" in text
    assert _get(f"{found['办公端']}/index.html")[0] == 404
    status, text = _get(f"{found['举报接收端']}/")
    assert status == 200
    assert "12388" in text  # No place has published keys: nobody could open a report.
    assert _get(f"{found['举报接收端']}/sign-in")[0] == 404
    assert _get(f"{found['举报接收端']}/jinhu/start")[0] == 503


def test_a_killed_server_leaves_no_worker_behind(
    running: tuple[subprocess.Popen[str], dict[str, str]],
) -> None:
    process, _ = running
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        pytest.skip("no /proc here")
    worker = int(children.read_text().split()[0])
    process.kill()
    process.wait()
    until = time.monotonic() + 300
    while _runs(worker) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _runs(worker)
