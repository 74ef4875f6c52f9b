"""What of the changes the report host counts by: it reads no database but that of reports, so they reach it as a file.

    hand_on(session, regimes, path) -> bool     the office writes the file where it differs; tells whether it did
    HandedOn(files, path)                       the regimes as the report host has them

The file says nothing that the public site does not say too: which clock, from which day, on whose word. Who may write
it may write the reports' database as well, so it is not signed; it is held against the models that read a regime file.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.services.running.overlay import YEAR, Change, changes_of, regime_with, standing

_log = logging.getLogger(__name__)
FORMAT = 1
# What the host works out: until when a reporter is told, until when a report is sent on. How long it is kept, and all
# that follows, the office counts.
SECTIONS = ("intake", "counting", YEAR)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_Mark = tuple[int, int, int]  # Of a file: when it was written, its length, which file it is.


def hand_on(session: Session, regimes: Mapping[str, Regime], path: Path) -> bool:
    """Write the changes that count into the file, whole or not at all; the caller's session may read every county."""
    places = {slug: [_plain(one) for one in _wanted(session, slug)] for slug in sorted(regimes)}
    text = json.dumps(
        {"format": FORMAT, "places": {slug: rows for slug, rows in places.items() if rows}},
        ensure_ascii=False, indent=1, sort_keys=True,
    )  # fmt: skip
    if (path.read_text("utf-8") if path.exists() else "") == text:
        return False
    aside = path.with_suffix(".new")
    aside.write_text(text, "utf-8")
    aside.replace(path)
    return True


def _wanted(session: Session, slug: str) -> list[Change]:
    return [one for one in standing(changes_of(session, slug)) if one.section in SECTIONS]


def _plain(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "section": change.section,
        "name": change.name,
        "values": dict(change.values),
        "from": change.valid_from.isoformat(),
        "source": change.source,
    }


class HandedOn(Mapping[str, Regime]):
    """The regimes of the files with the changes of `path`; each look sees whether it was written anew.

    A file that cannot be read changes nothing: what was read before goes on binding, and the trouble is logged once.
    Shared by the threads of a process: what a reader holds stays as it is.
    """

    def __init__(self, files: Mapping[str, Regime], path: Path) -> None:
        """Begin with the files alone."""
        self._files, self._path = files, path
        self._state: tuple[_Mark | None, Mapping[str, Regime]] = (None, files)

    def __getitem__(self, slug: str) -> Regime:
        """Return a jurisdiction's regime as the host counts by it."""
        self._look()
        return self._state[1][slug]

    def __iter__(self) -> Iterator[str]:
        """Go through the slugs in the files' order."""
        return iter(self._files)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._files)

    def _look(self) -> None:
        try:
            found = self._path.stat()
        except OSError:
            return  # No change was ever made, or the file is gone: what was read goes on binding.
        mark = (found.st_mtime_ns, found.st_size, found.st_ino)
        if mark == self._state[0]:
            return
        laid = self._state[1]
        try:
            laid = self._read()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
            _log.error("report terms not read: %s", type(wrong).__name__)
        self._state = (mark, laid)

    def _read(self) -> dict[str, Regime]:
        told = json.loads(self._path.read_text("utf-8"))
        if told["format"] != FORMAT:
            raise ValueError(told["format"])
        found = dict(self._files)
        for slug, rows in told["places"].items():
            if slug in found:
                found[slug], wrong = regime_with(found[slug], [_change(one) for one in rows])
                for _ in wrong:
                    _log.error("report terms of %s: one does not fit the file", slug)
        return found


def _change(row: Mapping[str, Any]) -> Change:
    if row["section"] not in SECTIONS:
        raise ValueError(row["section"])
    return Change(
        int(row["id"]), row["section"], str(row["name"]), row["values"], (), None, date.fromisoformat(row["from"]),
        "", str(row["source"]), "", "", _NEVER,
    )  # fmt: skip
