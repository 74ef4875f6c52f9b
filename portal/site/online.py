"""Which jurisdictions take reports over the network: the report host's address and the signed key list that pages pin.

Read here by file name and envelope alone: what a list means, and whether its signature holds, is for those who seal to it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = "root.pub"
_KEY_BYTES = 32  # Of an Ed25519 public key.


@dataclass(frozen=True)
class OnlineReports:
    """Where a jurisdiction's reports go, and the keys to which they are sealed."""

    host: str  # https://… of the report host, without a slash at its end.
    root_key: str  # The pinned public key, base64.
    key_list: bytes  # The file of the newest list, byte for byte.

    def identity(self) -> str:
        """Return text that changes whenever anything of it changes."""
        return " ".join((self.host, self.root_key, hashlib.sha256(self.key_list).hexdigest()))


def read_online(folder: Path, host: str | None) -> dict[str, OnlineReports]:
    """Return the jurisdictions below `folder` that have a root key and a list; none without a host.

    A jurisdiction whose newest list or root key cannot be read is left out: its page then names the other channels.
    """
    if not host or not folder.is_dir():
        return {}
    found: dict[str, OnlineReports] = {}
    for place in sorted(folder.iterdir()):
        known = _read(place, host.rstrip("/")) if place.is_dir() else None
        if known is not None:
            found[place.name] = known
    return found


def _read(place: Path, host: str) -> OnlineReports | None:
    serials = [
        int(one.stem)
        for one in place.glob("*.json")
        if one.stem.isascii() and one.stem.isdigit() and one.stem[0] != "0"
    ]
    try:
        root = (place / ROOT).read_text("ascii").strip()
        raw = (place / f"{max(serials)}.json").read_bytes()
        held = json.loads(raw)
        text = json.loads(held["list"])
        whole = text["jurisdiction"] == place.name and text["serial"] == max(serials) and held["key"] == root
        plain = len(base64.b64decode(root, validate=True)) == _KEY_BYTES
    except (OSError, ValueError, KeyError, TypeError, binascii.Error):
        return None
    return OnlineReports(host, root, raw) if whole and plain else None


Online = Mapping[str, OnlineReports]
