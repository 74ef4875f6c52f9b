"""Key files: made here, read here, never shown. Secret files are readable by their user alone (0600).

* root key: age with a passphrase around one line; stays offline (docs/key-ceremony.md);
* an officer's key: age with a passphrase around an age identity file, so that `age -d` and the browser open it;
* receipt key and routing key: plain files of the instance, read by processes that start without a person.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyrage import DecryptError, passphrase  # type: ignore[import-untyped]  # It ships no types.

from portal.domain.reports.keylist import ReceiptKey
from portal.services.passphrases import opened
from portal.services.reports.age import CannotOpen, new_identity, recipient_of
from portal.services.reports.filing import public_of

ROOT_LINE = "sunshine-portal/root-key/v1"
RECEIPT_LINE = "sunshine-portal/receipt-key/v1"
LEAST_PASSPHRASE = 12  # Characters. Scrypt makes each guess cost a second; a short word would still be found.
_ROUTING = "办公端的接收名单密钥"
_IDENTITY = re.compile(r"^AGE-SECRET-KEY-1[0-9A-Z]+$", re.MULTILINE)


class WrongKeyFile(ValueError):
    """A key file that cannot be read, or a wrong passphrase; the message says in Chinese what to do."""


@dataclass(frozen=True)
class ReceiptSigner:
    """The receipt key with its secret."""

    private: Ed25519PrivateKey
    name: str

    @property
    def public(self) -> ReceiptKey:
        """What the key list says of it."""
        return ReceiptKey(name=self.name, key=public_of(self.private))


def check_passphrase(text: str) -> None:
    """Raise `WrongKeyFile` when a passphrase is too short or simple."""
    if len(text) < LEAST_PASSPHRASE:
        raise WrongKeyFile(f"口令太短：至少 {LEAST_PASSPHRASE} 个字符。建议用四五个不相干的词连成一句。")
    if len({*text}) < 5:
        raise WrongKeyFile("口令太简单：重复的字符太多。建议用四五个不相干的词连成一句。")
    if text != text.strip():
        raise WrongKeyFile("口令的开头或结尾有空格，容易输错。请去掉。")


def make_root(path: Path, slug: str, secret: str) -> Ed25519PrivateKey:
    """Make a jurisdiction's root key file sealed by the passphrase `secret`; returns the key."""
    return make_roots(path, (slug,), secret)[slug]


def make_roots(path: Path, slugs: Iterable[str], secret: str) -> dict[str, Ed25519PrivateKey]:
    """Make one file of several jurisdictions' root keys: each its own, all under one passphrase."""
    check_passphrase(secret)
    made = {slug: Ed25519PrivateKey.generate() for slug in slugs}
    text = "".join(f"{ROOT_LINE} {slug} {_raw(private)}\n" for slug, private in made.items())
    write_secret(path, passphrase.encrypt(text.encode(), secret, armored=True))
    return made


def read_root(path: Path, slug: str, secret: str) -> Ed25519PrivateKey:
    """Return the root key of a jurisdiction; raises `WrongKeyFile`."""
    held: dict[str, str] = {}
    for line in _unsealed(path.read_bytes(), secret).splitlines():
        parts = line.split()
        if len(parts) != 3 or parts[0] != ROOT_LINE:
            raise WrongKeyFile("这不是根密钥文件。")
        held[parts[1]] = parts[2]
    if slug not in held:
        raise WrongKeyFile(f"这是另一个县区（{'、'.join(held)}）的根密钥。" if held else "这不是根密钥文件。")
    return _private(held[slug])


def make_receipt_key(folder: Path, slug: str, *, name: str | None = None) -> ReceiptKey:
    """Make the key by which the report host signs receipts, `<folder>/<slug>.key`."""
    signer = ReceiptSigner(Ed25519PrivateKey.generate(), name or f"{slug}/receipts")
    text = f"{RECEIPT_LINE} {signer.name} {_raw(signer.private)}\n"
    write_secret(folder / f"{slug}.key", text.encode())
    return signer.public


def read_receipt_key(folder: Path, slug: str) -> ReceiptSigner:
    """Return the receipt key; raises `WrongKeyFile`, also when there is none."""
    parts = _instance_file(folder / f"{slug}.key", "收件凭证的签名密钥").split()
    if len(parts) != 3 or parts[0] != RECEIPT_LINE:
        raise WrongKeyFile("收件凭证的签名密钥文件已损坏。请从备份恢复。")
    return ReceiptSigner(_private(parts[2]), parts[1])


def make_routing_key(folder: Path, slug: str) -> str:
    """Make the office's own key, `<folder>/<slug>.key`; returns the recipient."""
    identity, recipient = new_identity()
    write_secret(folder / f"{slug}.key", _routing_text(identity, recipient))
    return recipient


def renew_routing_key(folder: Path, slug: str) -> str:
    """Make a new key of the office; the one before is put aside as `<slug>.<n>.key`, for the routing of older reports.

    At no moment is there none: a process that reads meanwhile finds the old or the new one. Returns the recipient.
    """
    read_routing_key(folder, slug)  # Nothing is put aside that could not be used.
    n = 1
    while (folder / f"{slug}.{n}.key").exists():
        n += 1
    os.link(folder / f"{slug}.key", folder / f"{slug}.{n}.key")
    identity, recipient = new_identity()
    aside = folder / f".{slug}.key.{secrets.token_hex(4)}"
    write_secret(aside, _routing_text(identity, recipient))
    aside.replace(folder / f"{slug}.key")
    return recipient


def read_routing_keys(folder: Path, slug: str) -> tuple[str, ...]:
    """Return the office's own identities, the one in use first; raises `WrongKeyFile`, also when there is none."""
    aside = sorted(file.stem for file in folder.glob(f"{slug}.*.key"))
    return tuple(read_routing_key(folder, name) for name in (slug, *aside))


def read_routing_key(folder: Path, slug: str) -> str:
    """Return the office's own identity in use; raises `WrongKeyFile`, also when there is none."""
    return _identity_in(_instance_file(folder / f"{slug}.key", _ROUTING))


def make_officer_key(secret: str, *, made_on: date) -> tuple[bytes, str]:
    """Return an officer's key file (armored age under a passphrase) and its public key."""
    check_passphrase(secret)
    identity, recipient = new_identity()
    return seal_officer_key(identity, secret, made_on=made_on), recipient


def seal_officer_key(identity: str, secret: str, *, made_on: date) -> bytes:
    """Return a key file of an identity that is already there: for a new passphrase."""
    text = f"# created: {made_on.isoformat()}\n# public key: {recipient_of(identity)}\n{identity}\n"
    return bytes(passphrase.encrypt(text.encode(), secret, armored=True))


def read_officer_key(data: bytes, secret: str) -> str:
    """Return the identity of an officer's key file; raises `WrongKeyFile`."""
    return _identity_in(_unsealed(data, secret))


def write_secret(path: Path, data: bytes) -> None:
    """Write a new file that its user alone may read; `FileExistsError` when there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _unsealed(data: bytes, secret: str) -> str:
    try:
        return opened(data, secret).decode()
    except (DecryptError, UnicodeDecodeError):
        raise WrongKeyFile("打不开密钥文件：口令不对，或文件不是密钥文件、已损坏。") from None


def _instance_file(path: Path, what: str) -> str:
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise WrongKeyFile(f"{path} 可被其他用户读取。请运行：chmod 600 {path}")
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise WrongKeyFile(f"没有{what}。请先运行 portal keys init。") from None


def _routing_text(identity: str, recipient: str) -> bytes:
    return f"# public key: {recipient}\n{identity}\n".encode()


def _identity_in(text: str) -> str:
    found = _IDENTITY.findall(text)
    if len(found) != 1:
        raise WrongKeyFile("密钥文件里没有（或不止一把）age 私钥。")
    try:
        recipient_of(found[0])
    except CannotOpen:
        raise WrongKeyFile("密钥文件里的 age 私钥已损坏。") from None
    return str(found[0])


def _raw(private: Ed25519PrivateKey) -> str:
    seed = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return base64.b64encode(seed).decode()


def _private(text: str) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error):
        raise WrongKeyFile("密钥文件里的签名密钥已损坏。请从备份恢复。") from None
