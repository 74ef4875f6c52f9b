"""Keeps documents that were read lately: what is published does not change, and the rule book reads all of a unit's.

Every check of a draft asks for every record of its unit. Reading them anew each time was two thirds of the work
of an office in which many people write at once.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from portal.domain.canonical import read_publication
from portal.domain.documents.base import Document
from portal.store.tables import Version

ROOM = (
    32 * 1024 * 1024
)  # Bytes of payloads. Read, a document takes about six times as much: 200 MB at the most.


class Recall:
    """The documents of versions read lately, by fingerprint: a salted one, the same in no other database or unit."""

    def __init__(self, room: int = ROOM) -> None:
        """Keep documents whose payloads have `room` bytes together; those asked for longest ago go first."""
        self._room, self._taken, self._lock = room, 0, Lock()
        self._known: OrderedDict[str, tuple[Document, int]] = OrderedDict()

    def document(self, version: Version) -> Document | None:
        """Return what a version says; None where its content is destroyed, which is then kept here no longer either."""
        if version.payload is None:
            self.forget(version.digest)
            return None
        with self._lock:
            known = self._known.get(version.digest)
            if known is not None:
                self._known.move_to_end(version.digest)
                return known[0]
        document, size = read_publication(version.payload)[1], len(version.payload)
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
