"""Keys for one purpose each, derived from the instance's key, and small secrets sealed by them."""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


def seal(secret: bytes, plain: bytes, *, purpose: str, owner: str) -> bytes:
    """Seal a small secret for one purpose and one owner: it opens for no other (AES-256-GCM)."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(_key(secret, purpose)).encrypt(nonce, plain, owner.encode())


def unseal(secret: bytes, box: bytes, *, purpose: str, owner: str) -> bytes | None:
    """Return what was sealed; None where it is not for this purpose and owner, or not whole."""
    try:
        return AESGCM(_key(secret, purpose)).decrypt(box[:_NONCE], box[_NONCE:], owner.encode())
    except (InvalidTag, ValueError):
        return None


def seal_text(secret: bytes, plain: str, *, purpose: str, owner: str) -> str:
    """Seal for a hidden field or a cookie."""
    return urlsafe_b64encode(seal(secret, plain.encode(), purpose=purpose, owner=owner)).decode()


def unseal_text(secret: bytes, box: str, *, purpose: str, owner: str) -> str | None:
    """Return what `seal_text` sealed, or None."""
    try:
        plain = unseal(secret, urlsafe_b64decode(box.encode("ascii")), purpose=purpose, owner=owner)
    except (Error, ValueError):
        return None
    return None if plain is None else plain.decode()


def keyed_digest(secret: bytes, text: str, *, purpose: str) -> str:
    """Return a digest that nobody can try out who has the database alone (HMAC-SHA-256, hex)."""
    return hmac.new(_key(secret, purpose), text.encode(), hashlib.sha256).hexdigest()


def _key(secret: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"accounts/{purpose}".encode()).derive(secret)
