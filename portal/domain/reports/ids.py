"""Ids of reports: random, and recognisable, so that a build that holds one by mistake fails (RPT-18)."""

from __future__ import annotations

import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
PREFIX = "rp"
PATTERN = rf"{PREFIX}[{_ALPHABET}]{{24}}"


def new_report_id() -> str:
    """Return `rp` and 24 random characters (120 bits): no number that would tell how many reports there are."""
    return PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(24))
