"""Which program this is: what an earlier one worked out and kept is not taken for this one's."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from portal.site.served import program_identity

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def program() -> str:
    """Return a digest of all that figures are worked out by; a running process does not change under its own feet."""
    return program_identity(*(_PACKAGE / room for room in ("domain", "store", "services")))
