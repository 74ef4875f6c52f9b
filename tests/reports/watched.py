"""Runs a command of the product and writes down which files it opens for writing: `watched.py LOG WORDS…`.

A temporary file that is gone by the time somebody looks leaves its name here: `open` is audited by Python itself,
files without a name (O_TMPFILE) included. `PORTAL_TEST_FAULTS` is a folder: while it holds a file named for a function
(`module:name`), that function raises once it has done its work, as a fault nobody thought of would, with all that it
was given in the error's text; or, where the file says `hold`, never returns, so that the process can be killed there.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any

BREAKABLE = (
    "portal.domain.reports.content:read_content",
    "portal.domain.reports.routing:choose_route",
    "portal.services.reports.sealing:seal_report",
    "portal.services.reports.intake:file_report",
)
"""Where a request without scripts can be broken: after reading, routing, sealing, storing."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | getattr(os, "O_TMPFILE", 0)


class Planned(RuntimeError):
    """The fault that was asked for."""


def watch(log: int) -> None:
    """Write the path of every file that is opened for writing to the descriptor `log`."""

    def note(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = args
            # Directories and files for reading carry none of these.
            if (isinstance(mode, str) and set(mode) & set("wax+")) or (flags or 0) & (
                _WRITING & ~os.O_RDONLY
            ):
                os.write(log, f"{path!r} {mode} {flags:o}\n".encode())
        elif event.startswith("tempfile."):
            os.write(log, f"{event} {args!r}\n".encode())

    sys.addaudithook(note)


def break_at(place: str, folder: Path, written: int) -> None:
    """Let a function do its work and then, while there is such a file, raise or wait instead of returning."""
    module, _, name = place.partition(":")
    home = importlib.import_module(module)
    meant: Callable[..., Any] = getattr(home, name)

    @wraps(meant)
    def broken(*args: Any, **more: Any) -> Any:
        found = meant(*args, **more)
        with suppress(FileNotFoundError):
            if (folder / place).read_text("ascii") == "hold":
                os.write(written, f"held in {name}\n".encode())
                time.sleep(600)
            raise Planned(f"{name} met what nobody thought of: {args!r} {more!r} {found!r}")
        return found

    for known in list(sys.modules.values()):  # Whoever imported it by name has it under that name.
        if getattr(known, name, None) is meant:
            setattr(known, name, broken)


if __name__ == "__main__":
    note = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    watch(note)
    from portal.cli import main

    if faults := os.environ.pop("PORTAL_TEST_FAULTS", ""):
        for each in BREAKABLE:
            break_at(each, Path(faults), note)
    sys.argv = ["portal", *sys.argv[2:]]
    main()
