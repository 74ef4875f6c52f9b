"""How long each request may be, and out of which purse its bytes are paid while it is in flight."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from threading import Lock

KIB, MIB = 1024, 1024 * 1024
# A report in JSON: the longest text of a megabyte and grants for sixteen slots by two, in base64.
LONGEST_REPORT = 2 * MIB
LONGEST_PART = 12 * MIB + 256 * KIB  # The largest sealed attachment, with what goes round it.
LONGEST_FORM = 24 * MIB  # What a form without JavaScript carries: its text and all its files.
LONGEST_QUESTION = 64 * KIB  # A query code.
LONGEST_PROOF = MIB  # A filing receipt to be checked, with the report's own text.
_LONGEST_NOTHING = 4 * KIB  # Where no body is expected.


class Purse(Enum):
    """Requests that compete with one another for memory, and with no others.

    Texts, files and forms each have their own: whoever sends many large files keeps nobody from sending a text. What
    is short is paid from a purse of its own wherever it goes: a question, and nearly every report.
    """

    SHORT = "short"
    TEXTS = "texts"
    FILES = "files"
    FORMS = "forms"


SHORT = 256 * KIB
SIZES = {Purse.SHORT: 48 * MIB, Purse.TEXTS: 64 * MIB, Purse.FILES: 192 * MIB, Purse.FORMS: 64 * MIB}


@dataclass(frozen=True)
class Limit:
    """What a request to a route may bring."""

    longest: int
    purse: Purse

    def purse_for(self, length: int) -> Purse:
        """Return out of which purse a body of so many bytes is paid."""
        return Purse.SHORT if length <= SHORT else self.purse


_ROUTES = (
    (re.compile(r"/[^/]+/reports"), Limit(LONGEST_REPORT, Purse.TEXTS)),
    (re.compile(r"/[^/]+/parts"), Limit(LONGEST_PART, Purse.FILES)),
    (re.compile(r"/[^/]+/follow"), Limit(4 * KIB, Purse.TEXTS)),
    (re.compile(r"/[^/]+/write"), Limit(LONGEST_FORM, Purse.FORMS)),
    (re.compile(r"/[^/]+/status/message"), Limit(LONGEST_FORM, Purse.FORMS)),
    (re.compile(r"/[^/]+/status"), Limit(LONGEST_QUESTION, Purse.FORMS)),
    (re.compile(r"/[^/]+/check"), Limit(LONGEST_PROOF, Purse.FORMS)),
)
_NOTHING = Limit(_LONGEST_NOTHING, Purse.TEXTS)
_LOOKUPS = re.compile(r"/[^/]+/(?:follow|status|status/message)")
_PROGRAMS = re.compile(r"/[^/]+/(?:start|reports|parts|follow)")


def limit_of(method: str, path: str) -> Limit:
    """Return what a request may bring."""
    if method != "POST":
        return _NOTHING
    return next((limit for route, limit in _ROUTES if route.fullmatch(path)), _NOTHING)


def for_programs(path: str) -> bool:
    """Tell whether an address answers JSON, to scripts of other origins too."""
    return _PROGRAMS.fullmatch(path) is not None


def is_lookup(method: str, path: str) -> bool:
    """Tell whether a request asks for a case: its answer waits for its moment, and must keep nobody else waiting."""
    return method == "POST" and _LOOKUPS.fullmatch(path) is not None


class Budget:
    """Bytes of requests in flight, by purse."""

    def __init__(self, sizes: dict[Purse, int] | None = None) -> None:
        """Start with nothing in flight. `sizes` stand in for the purses' own."""
        self._left = {**SIZES, **(sizes or {})}
        self._lock = Lock()

    def take(self, purse: Purse, size: int) -> bool:
        """Take so many bytes, or none at all and return False."""
        with self._lock:
            if self._left[purse] < size:
                return False
            self._left[purse] -= size
            return True

    def give_back(self, purse: Purse, size: int) -> None:
        """Give them back."""
        with self._lock:
            self._left[purse] += size

    def left(self, purse: Purse) -> int:
        """Return what is left."""
        return self._left[purse]
