"""By what each jurisdiction's filings are sealed and marked, read from PORTAL_HOME when it is asked for."""

from __future__ import annotations

from pathlib import Path

from portal.services.supervision.filing_keys import Sealer, read_recipient
from portal.web.secrets import derived, instance_secret

_FILE = "filings.key"


class FilingSeals:
    """The sealers of one instance."""

    def __init__(self, home: Path) -> None:
        """Keep where the keys lie; nothing is read or made yet."""
        self._home = home

    def of(self, slug: str) -> Sealer | None:
        """Return a jurisdiction's sealer, None where the keeper has not given a public key yet.

        The marking key is made on the first call. Raise `UnsafeKey` or `WrongKey` where a file does not do.
        """
        recipient = read_recipient(self._home, slug)
        if recipient is None:
            return None
        secret = instance_secret(self._home / _FILE)
        return Sealer(recipient, derived(secret, f"filings/{slug}"))
