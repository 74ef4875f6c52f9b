"""Key files under a passphrase that cost next to nothing to open: age's own format with a small work factor.

The product's own (`keyring.seal_officer_key`) cost seconds, by design; one test of each kind uses those.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import textwrap

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pyrage import passphrase

_LOG_N = 10


class LightPassphrases:
    """In place of `pyrage.passphrase` where files are made: the same format at a small price. Opening is age's own."""

    decrypt = staticmethod(passphrase.decrypt)

    @staticmethod
    def encrypt(plain: bytes, secret: str, *, armored: bool) -> bytes:
        """Return a file sealed by the passphrase."""
        sealed = _sealed(plain, secret)
        return _armored(sealed) if armored else sealed


def light_key_file(identity: str, secret: str) -> bytes:
    """Return an officer's key file, armored, as `age -p` with a work factor of 2¹⁰ would write it."""
    return _armored(_sealed(f"# 示例数据\n{identity}\n".encode(), secret))


def _sealed(plain: bytes, secret: str) -> bytes:
    key, salt, nonce = secrets.token_bytes(16), secrets.token_bytes(16), secrets.token_bytes(16)
    wrapping = hashlib.scrypt(
        secret.encode(), salt=b"age-encryption.org/v1/scrypt" + salt, n=2**_LOG_N, r=8, p=1, dklen=32
    )
    wrapped = ChaCha20Poly1305(wrapping).encrypt(bytes(12), key, None)
    head = f"age-encryption.org/v1\n-> scrypt {_bare(salt)} {_LOG_N}\n{_bare(wrapped)}\n---"
    mac = hmac.digest(_derived(key, b"", b"header"), head.encode(), "sha256")
    body = ChaCha20Poly1305(_derived(key, nonce, b"payload")).encrypt(bytes(11) + b"\x01", plain, None)
    return f"{head} {_bare(mac)}\n".encode() + nonce + body


def _derived(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key)


def _bare(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _armored(data: bytes) -> bytes:
    lines = textwrap.wrap(base64.b64encode(data).decode(), 64)
    return "\n".join(
        ["-----BEGIN AGE ENCRYPTED FILE-----", *lines, "-----END AGE ENCRYPTED FILE-----", ""]
    ).encode()
