"""The keys of 特定关系人 filings: the keeper's, which opens them, and the instance's, which marks names.

* The keeper's key is an age identity in a file under a passphrase. The server has its public half only
  (`<PORTAL_HOME>/filings/<jurisdiction>.pub`): what is sealed cannot be opened by it, nor by whoever has its disks.
* The marking key lies beside the database, not in it. Whoever has the database alone can test no name; whoever has
  both can test names one by one (docs/filings.md says so).
"""

from __future__ import annotations

import hmac
import os
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pyrage import (  # type: ignore[import-untyped]  # It ships no types.
    DecryptError,
    IdentityError,
    RecipientError,
    decrypt,
    encrypt,
    passphrase,
    x25519,
)

from portal.domain.supervision.relations import FilingContent, What, unpacked
from portal.services.passphrases import opened

LEAST_PASSPHRASE = (
    12  # Characters, as for the keys of reports: each guess costs a second, a short word is still found.
)
_IDENTITY = re.compile(r"^AGE-SECRET-KEY-1[0-9A-Z]+$", re.MULTILINE)


class WrongKey(ValueError):
    """A key file, passphrase or public key that does not do; the message says in Chinese what to do."""


@dataclass(frozen=True)
class Sealer:
    """What one jurisdiction seals and marks with."""

    recipient: str
    marking: bytes = field(repr=False)  # 32 bytes.

    def seal(self, content: FilingContent) -> bytes:
        """Return the filing as an age file that the keeper's key alone opens."""
        return bytes(encrypt(content.packed(), [x25519.Recipient.from_str(self.recipient)]))

    def mark(self, what: What, folded: str) -> str:
        """Return the keyed mark of a folded name or code. Persons and companies share theirs: a shop bears a name."""
        space = {What.CODE: "code", What.CHECK: "check"}.get(what, "name")
        return hmac.digest(self.marking, f"{space}\n{folded}".encode(), "sha256").hex()


def check_recipient(text: str) -> str:
    """Return a public key as typed without blanks; raise `WrongKey`."""
    text = text.strip()
    try:
        x25519.Recipient.from_str(text)
    except RecipientError:
        raise WrongKey("这不是公钥。公钥以 age1 开头，由 portal filings make-key 生成时显示。") from None
    return text


def make_key(secret: str, *, made_on: date) -> tuple[bytes, str]:
    """Return a new key file under the passphrase `secret`, and its public key; raise `WrongKey`."""
    if len(secret) < LEAST_PASSPHRASE or len({*secret}) < 5 or secret != secret.strip():
        raise WrongKey(
            f"口令不合适：至少 {LEAST_PASSPHRASE} 个字符，不要重复同一个字，首尾不留空格。建议用四五个不相干的词连成一句。"
        )
    identity = x25519.Identity.generate()
    text = f"# created: {made_on.isoformat()}\n# public key: {identity.to_public()}\n{identity}\n"
    return bytes(passphrase.encrypt(text.encode(), secret, armored=True)), str(identity.to_public())


def open_key(data: bytes, secret: str) -> str:
    """Return the identity in a key file; raise `WrongKey`."""
    try:
        found = _IDENTITY.findall(opened(data, secret).decode())
    except (DecryptError, UnicodeDecodeError):
        raise WrongKey("打不开密钥文件：口令不对，或文件不是密钥文件、已损坏。") from None
    if len(found) != 1:
        raise WrongKey("密钥文件里没有（或不止一把）私钥。")
    return str(found[0])


def open_filing(sealed: bytes, identity: str) -> FilingContent:
    """Return what a sealed filing says; raise `WrongKey`."""
    try:
        plain = bytes(decrypt(sealed, [x25519.Identity.from_str(identity)]))
        return unpacked(plain)
    except (DecryptError, IdentityError):
        raise WrongKey("这把密钥打不开这份报备：它是封给另一把密钥的，或已损坏。") from None
    except ValueError as wrong:
        raise WrongKey(f"打开了，但内容不是报备：{wrong}") from None


def recipient_file(home: Path, slug: str) -> Path:
    """Return where a jurisdiction's public key lies."""
    return home / "filings" / f"{slug}.pub"


def read_recipient(home: Path, slug: str) -> str | None:
    """Return a jurisdiction's public key, None where there is none yet; raise `WrongKey` where it is damaged."""
    try:
        return check_recipient(recipient_file(home, slug).read_text("utf-8"))
    except FileNotFoundError:
        return None


def use_recipient(home: Path, slug: str, text: str) -> Path:
    """Let filings of a jurisdiction be sealed to this public key from now on; return the file. Raise `WrongKey`."""
    recipient = check_recipient(text)
    file = recipient_file(home, slug)
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(f".{os.getpid()}.new")
    aside.write_text(f"{recipient}\n", "utf-8")
    aside.replace(file)
    return file
