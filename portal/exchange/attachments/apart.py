"""Cleans a file in a process of its own, with little memory and time: whatever its parsers do, the office goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from portal.domain.documents.attachment import MediaType
from portal.exchange.attachments.results import MAX_BYTES, Cleaned, Refused

MEMORY = 1536 * 2**20
SECONDS = 60  # Of work; a scanned document of 20 MB takes one or two.
WAIT = 180  # Seconds on the clock, on a machine that has other things to do.
_ENDINGS = b"\n\x00\n"


def clean_apart(data: bytes) -> Cleaned:
    """Do as `cleaning.clean` does; a file that takes too much memory or time is refused as well."""
    if len(data) > MAX_BYTES:
        from portal.exchange.attachments.recognising import recognise

        recognise(data)  # Refuses it for its size.
    root = Path(__file__).resolve().parents[3]
    paths = [str(root), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "portal.exchange.attachments"],
            input=data,
            capture_output=True,
            timeout=WAIT,
            env={
                "PATH": os.environ.get("PATH", ""),
                "PYTHONPATH": os.pathsep.join(paths),
                "PYTHONUTF8": "1",
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            check=False,
        )
    except subprocess.TimeoutExpired as endless:
        return _made(endless.stdout or b"")
    return _made(done.stdout)


def _made(answer: bytes) -> Cleaned:
    """Read what the process could still say: a refusal, or the cleaned file and perhaps its text."""
    head, _, rest = answer.partition(_ENDINGS)
    told = _json(head)
    if "refused" in told:
        raise Refused(str(told["refused"]))
    if "size" not in told or len(rest) < int(told["size"]):
        raise Refused(
            "文件过于复杂或异常，平台处理不了，为安全起见不予接收。请打印成新的 PDF，或拆分成几个文件后再添加。"
        )
    content, more = rest[: int(told["size"])], _json(rest[int(told["size"]) :])
    if "refused" in more:
        raise Refused(str(more["refused"]))
    if "text" not in more:
        more = {
            "text": "",
            "notes": ["文件过于复杂，文字读不出来，不能检索，也没有检查个人信息，请自行核对。"],
        }
    return Cleaned(content, MediaType(told["kind"]), str(more["text"]), (*told["notes"], *more["notes"]))


def _json(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def work() -> None:
    """Be that process: read a file from the input, write what came of it, the text last."""
    _bind()
    from portal.exchange.attachments.cleaning import clean_content, text_of

    out = sys.stdout.buffer
    try:
        cleaned, kind, notes = clean_content(sys.stdin.buffer.read())
        head = {"kind": kind.value, "notes": notes, "size": len(cleaned)}
        out.write(json.dumps(head).encode() + _ENDINGS + cleaned)
        out.flush()
        text, more = text_of(cleaned, kind)
        out.write(json.dumps({"text": text, "notes": more}).encode())
    except Refused as refused:
        out.write(json.dumps({"refused": str(refused)}).encode())
    out.flush()


def _bind() -> None:
    """Let the process have no more than it needs: it writes no file, and leaves no core behind."""
    try:
        import resource
    except ImportError:  # Not every system can.
        return
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
