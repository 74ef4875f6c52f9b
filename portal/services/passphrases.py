"""Opens files under a passphrase, as age does, also on a machine that is busy."""

from __future__ import annotations

from pyrage import DecryptError, passphrase  # type: ignore[import-untyped]  # It ships no types.

_TRIES = 20  # Each costs as long as age looks at the clock, unless it opens the file.


def opened(data: bytes, secret: str) -> bytes:
    """Return what a file of age holds; raise `DecryptError`.

    age refuses a file that would take much longer than a second here, and times the machine each time by a few
    thousandths of one: whoever had to wait just then for another process would be told that the passphrase is wrong.
    """
    for _ in range(_TRIES - 1):
        try:
            return bytes(passphrase.decrypt(data, secret))
        except DecryptError as refused:
            if "Excessive work" not in str(refused):
                raise
    return bytes(passphrase.decrypt(data, secret))
