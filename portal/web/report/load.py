"""How busy the host is, in all and from where: only numbers, only in memory, forgotten within minutes.

Addresses are counted under an HMAC by a random key that changes each day and is nowhere written down.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections import Counter
from collections.abc import Callable
from threading import Lock

from portal.services.reports.challenges import LEAST_BITS, MOST_BITS

_SLOT = 300.0  # Seconds: counts are those of this slot and the one before it, five to ten minutes.
_PULSE = 60.0  # Seconds over which the global rate is taken, likewise in two slots.
_KEY_LIVES = 24 * 3600.0
_MOST_BUCKETS = 200_000  # Counted at a time: more would fill the memory, and by then the global rate tells.
_FREE_EACH = 5  # Challenges that one address gets at the lowest price.
_FREE_ALL = 30  # Challenges a minute that everybody together gets at the lowest price.
_FORMS_EACH, _FORMS_ALL = 5, 20  # Forms of an address in a slot, of all in a minute, without a question.


class _Window:
    """Counts of a slot and of the one before it."""

    def __init__(self, length: float, clock: Callable[[], float]) -> None:
        self._length, self._clock = length, clock
        self._began = clock()
        self._now: Counter[bytes] = Counter()
        self._before: Counter[bytes] = Counter()

    def add(self, key: bytes) -> None:
        self._turn()
        if key in self._now or len(self._now) < _MOST_BUCKETS:
            self._now[key] += 1

    def count(self, key: bytes) -> int:
        self._turn()
        return self._now[key] + self._before[key]

    def _turn(self) -> None:
        passed = int((self._clock() - self._began) // self._length)
        if passed:
            self._before = self._now if passed == 1 else Counter()
            self._now = Counter()
            self._began += passed * self._length


class Load:
    """Counts requests that cost something and says what the next one pays."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing counted."""
        self._clock, self._lock = clock, Lock()
        self._key, self._key_made = secrets.token_bytes(32), clock()
        self._asked, self._forms = _Window(_SLOT, clock), _Window(_SLOT, clock)
        self._all_asked, self._all_forms = _Window(_PULSE, clock), _Window(_PULSE, clock)

    def bits(self, address: str | None) -> int:
        """Count a challenge for the address and return how many bits it asks for."""
        with self._lock:
            key = self._bucket(address)
            self._asked.add(key)
            self._all_asked.add(b"")
            dear = _doublings(self._asked.count(key), _FREE_EACH) + _doublings(
                self._all_asked.count(b""), _FREE_ALL
            )
        return min(MOST_BITS, LEAST_BITS + dear)

    def form_sent(self, address: str | None) -> None:
        """Count a form without JavaScript."""
        with self._lock:
            self._forms.add(self._bucket(address))
            self._all_forms.add(b"")

    def forms_flooded(self, address: str | None) -> bool:
        """Tell whether such a form is to answer a question first."""
        with self._lock:
            return (
                self._forms.count(self._bucket(address)) >= _FORMS_EACH
                or self._all_forms.count(b"") >= _FORMS_ALL
            )

    def _bucket(self, address: str | None) -> bytes:
        if self._clock() - self._key_made > _KEY_LIVES:
            self._key, self._key_made = secrets.token_bytes(32), self._clock()
        return hmac.new(self._key, _network(address), hashlib.sha256).digest()


def _doublings(count: int, free: int) -> int:
    """Return how often `free` has been doubled to reach `count`."""
    return max(0, (count - 1) // free).bit_length()


def _network(address: str | None) -> bytes:
    """Return what counts as one place: an IPv4 address, or the /64 that a household has of IPv6."""
    try:
        known = ipaddress.ip_address((address or "").strip("[]"))
    except ValueError:
        return b"?"
    if isinstance(known, ipaddress.IPv6Address):
        return known.ipv4_mapped.packed if known.ipv4_mapped else known.packed[:8]
    return known.packed
