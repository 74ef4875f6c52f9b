"""age (docs/sealing.md, section 4): fresh keys, sealing bytes to recipients, opening them with one's own."""

from __future__ import annotations

from collections.abc import Sequence

from pyrage import (  # type: ignore[import-untyped]  # It ships no types.
    DecryptError,
    IdentityError,
    RecipientError,
    decrypt,
    encrypt,
    x25519,
)

from portal.domain.reports.padding import Purpose, pad, unpad


class CannotOpen(ValueError):
    """Sealed to another key, damaged, or of another format."""


def new_identity() -> tuple[str, str]:
    """Return a fresh age identity (secret) and its recipient (public)."""
    fresh = x25519.Identity.generate()
    return str(fresh), str(fresh.to_public())


def recipient_of(identity: str) -> str:
    """Return the recipient of an identity `AGE-SECRET-KEY-1…`; raises `CannotOpen` when it is none."""
    return str(_identity(identity).to_public())


def seal_to(recipients: Sequence[str], data: bytes, purpose: Purpose | None) -> bytes:
    """Return binary age to all `recipients`, padded unless `purpose` is None."""
    return encrypt_to(recipients, data if purpose is None else pad(data, purpose))


def open_with(identity: str, sealed: bytes) -> bytes | None:
    """Return what `seal_to` sealed with padding, or None when this identity does not open it."""
    plain = decrypt_with(identity, sealed)
    if plain is None:
        return None
    try:
        return unpad(plain)
    except ValueError:
        return None


def _identity(text: str) -> x25519.Identity:
    try:
        return x25519.Identity.from_str(text)
    except IdentityError:
        raise CannotOpen("not an age identity") from None


def encrypt_to(recipients: Sequence[str], data: bytes) -> bytes:
    """Return binary age to all `recipients`, as long as it is; raises `ValueError` for what is no recipient."""
    try:
        return bytes(encrypt(data, [x25519.Recipient.from_str(one) for one in recipients]))
    except RecipientError:
        raise ValueError("not an age recipient") from None


def decrypt_with(identity: str, sealed: bytes) -> bytes | None:
    """Return what was sealed, or None when this identity does not open it; raises `CannotOpen` for no identity."""
    try:
        return bytes(decrypt(sealed, [_identity(identity)]))
    except DecryptError:
        return None
