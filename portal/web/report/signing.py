"""Signs filing receipts with the keys that lie on this host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from portal.services.reports.filing import sign_receipt
from portal.services.reports.keyring import WrongKeyFile, read_receipt_key


@dataclass(frozen=True)
class Signers:
    """Who signs each jurisdiction's receipts: read anew each time, so that a new key needs no restart."""

    folder: Path

    def __call__(self, slug: str) -> Callable[[date, bytes], str] | None:
        """Return who signs, or None where there is no key that can be used."""
        try:
            signer = read_receipt_key(self.folder, slug)
        except (WrongKeyFile, OSError):
            return None
        return lambda day, commitment: sign_receipt(signer.private, signer.name, slug, day, commitment)
