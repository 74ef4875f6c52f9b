"""Keeps documents that were read lately: what is published does not change, and the rule book reads all of a unit's.

Every check of a draft asks for every record of its unit. Reading them anew each time was two thirds of the work
of an office in which many people write at once.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Protocol

from portal.domain.canonical import read_document
from portal.domain.documents.base import Document

ROOM = (
    32 * 1024 * 1024
)  # Bytes of payloads. Read, a document takes about six times as much: 200 MB at the most.


class Published(Protocol):
    """A version, or what of one was asked for."""

    @property
    def digest(self) -> str: ...
    @property
    def payload(self) -> bytes | None: ...


class Recall:
    """The documents of versions read lately, by fingerprint: a salted one, the same in no other database or unit."""

    def __init__(self, room: int = ROOM) -> None:
        """Keep documents whose payloads have `room` bytes together; those asked for longest ago go first."""
        self._room, self._taken, self._lock = room, 0, Lock()
        self._known: OrderedDict[str, tuple[Document, int]] = OrderedDict()

    def known(self, digest: str) -> Document | None:
        """Return the document of that fingerprint, if it is kept; whether it is destroyed by now, the caller knows."""
        with self._lock:
            known = self._known.get(digest)
            if known is None:
                return None
            self._known.move_to_end(digest)
            return known[0]

    def document(self, version: Published) -> Document | None:
        """Return what a version says; None where its content is destroyed, which is then kept here no longer either."""
        if version.payload is None:
            self.forget(version.digest)
            return None
        if (known := self.known(version.digest)) is not None:
            return known
        document, size = read_document(version.payload), len(version.payload)
        with self._lock:
            if version.digest not in self._known:
                self._known[version.digest] = (document, size)
                self._taken += size
            while self._taken > self._room:
                self._taken -= self._known.popitem(last=False)[1][1]
        return document

    def forget(self, digest: str) -> None:
        """Keep the document of that fingerprint no longer."""
        with self._lock:
            _, size = self._known.pop(digest, (None, 0))
            self._taken -= size

    def __contains__(self, digest: str) -> bool:
        """Tell whether the document of that fingerprint is kept."""
        return digest in self._known


RECALL = Recall()  # One for the process: each request has a rule book of its own.
