"""Signed key lists on disk: `<folder>/<slug>/<serial>.json`, never overwritten, beside the root key that is pinned.

Nobody seals to a list that was tampered with: every reading checks the signature against the pinned root key.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from portal.domain.reports.keylist import SIGNED, KeyList, read_list
from portal.services.reports.filing import public_of

ROOT = "root.pub"


class Tampered(ValueError):
    """A list that is not what the root key signed; the message says in Chinese what is wrong."""


class NotNext(ValueError):
    """A list that cannot follow the one published last; the message says why, in Chinese."""


@dataclass(frozen=True)
class SignedList:
    """A list whose signature was checked. `raw` is the file, `root` the pinned public key (base64)."""

    raw: bytes
    list: KeyList
    root: str


def sign_list(key_list: KeyList | str, private_key: Ed25519PrivateKey) -> bytes:
    """Return the file of a list (or of its text) signed by the root key."""
    text = key_list if isinstance(key_list, str) else key_list.text()
    signature = private_key.sign(SIGNED + text.encode())
    held = {
        "list": text,
        "signature": base64.b64encode(signature).decode(),
        "key": public_of(private_key),
    }
    return json.dumps(held, ensure_ascii=False, indent=1).encode() + b"\n"


def verify_list(raw: bytes, pinned: str) -> KeyList:
    """Return the list of a file when the pinned root key (base64) signed it; raises `Tampered`."""
    try:
        held = json.loads(raw)
        text, key = held["list"], held["key"]
        signature = base64.b64decode(held["signature"], validate=True)
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(pinned, validate=True))
        signed = SIGNED + text.encode()
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise Tampered("密钥清单文件已损坏，不能使用。") from None
    if key != pinned or {*held} != {"list", "signature", "key"}:
        raise Tampered("密钥清单不是本机构的根密钥签发的，不能使用。")
    try:
        public.verify(signature, signed)
    except InvalidSignature:
        raise Tampered("密钥清单的签名不符：内容在签发之后被改动过，不能使用。") from None
    try:
        return read_list(text)
    except ValueError as wrong:
        raise Tampered(str(wrong)) from None


@lru_cache(maxsize=64)
def _verified(raw: bytes, root: str) -> KeyList:
    # A list is read from disk at every request; the same bytes under the same key need no second look.
    return verify_list(raw, root)


class KeyLists:
    """The published lists of all jurisdictions. `root_keys` (slug → base64) stands above `root.pub` where given."""

    def __init__(self, folder: Path, root_keys: Mapping[str, str] | None = None) -> None:
        """Look in `folder`; nothing is read yet."""
        self.folder = folder
        self._root_keys = dict(root_keys or {})

    def root_of(self, slug: str) -> str | None:
        """Return the pinned root key (base64) of a jurisdiction, or None when nothing is pinned."""
        if slug in self._root_keys:
            return self._root_keys[slug]
        try:
            return (self.folder / slug / ROOT).read_text("ascii").strip()
        except FileNotFoundError:
            return None

    def pin(self, slug: str, root: str) -> None:
        """Pin a jurisdiction's root key. A pinned key is never replaced; raises `NotNext` when another is."""
        if (known := self.root_of(slug)) is not None:
            if known != root:
                raise NotNext(
                    "这个县区已固定了另一把根密钥，不能换。更换根密钥的办法见 docs/key-ceremony.md。"
                )
            return
        _write_new(self.folder / slug / ROOT, f"{root}\n".encode())

    def serials(self, slug: str) -> list[int]:
        """Return the serials on disk, ascending."""
        folder = self.folder / slug
        found = [file.stem for file in folder.glob("*.json")] if folder.is_dir() else []
        return sorted(int(stem) for stem in found if stem.isascii() and stem.isdigit() and stem[0] != "0")

    def load(self, slug: str, serial: int) -> SignedList:
        """Return a list on disk; raises `Tampered`, also when it is of another jurisdiction or serial."""
        root = self.root_of(slug)
        if root is None:
            raise Tampered("没有根密钥的公钥（root.pub），无法核对密钥清单的签名，不能使用。")
        raw = (self.folder / slug / f"{serial}.json").read_bytes()
        key_list = _verified(raw, root)
        if (key_list.jurisdiction, key_list.serial) != (slug, serial):
            raise Tampered("密钥清单不是这个县区的，或编号与文件名不同，不能使用。")
        return SignedList(raw, key_list, root)

    def current(self, slug: str) -> SignedList | None:
        """Return the newest list, or None when none was published; raises `Tampered` rather than fall back."""
        serials = self.serials(slug)
        return self.load(slug, serials[-1]) if serials else None

    def acceptable(self, slug: str, serial: int, day: date) -> bool:
        """Tell whether a report sealed under `serial` is taken on `day`.

        Under the newest list until its end; under an older one while every newer list still lets it pass: what one
        list revoked, a later one does not bring back. Raises `Tampered` when a newer list is.
        """
        serials = self.serials(slug)
        if serial not in serials or self.load(slug, serial).list.valid_until < day:
            return False
        return all(
            day <= self.load(slug, newer).list.accept_previous_until for newer in serials if newer > serial
        )

    def publish(self, raw: bytes) -> SignedList:
        """Put a signed list on disk as the newest, whole or not at all; raises `Tampered` or `NotNext`."""
        try:
            slug = str(json.loads(json.loads(raw)["list"])["jurisdiction"])
        except (ValueError, KeyError, TypeError):
            raise Tampered("这不是签名的密钥清单文件。") from None
        root = self.root_of(slug) if slug.replace("-", "").isalnum() else None
        if root is None:
            raise Tampered("这个县区还没有根密钥的公钥（root.pub）。请先运行 portal keys init。")
        key_list = verify_list(raw, root)
        serials = self.serials(slug)
        expected = serials[-1] + 1 if serials else 1
        if key_list.serial != expected:
            raise NotNext(
                f"密钥清单的编号是 {key_list.serial}，下一份应是 {expected}。请在最新一份的基础上重新起草、签名。"
            )
        try:
            _write_new(self.folder / slug / f"{key_list.serial}.json", raw)
        except FileExistsError:
            raise NotNext(f"第 {key_list.serial} 号密钥清单刚刚已发布，不能覆盖。") from None
        return SignedList(raw, key_list, root)


def _write_new(path: Path, data: bytes) -> None:
    """Write a new file whole or not at all; `FileExistsError` when there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.parent / f".{path.name}.{secrets.token_hex(4)}"
    try:
        with aside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # A link never replaces what stands there, and a reader sees the whole file or none.
        os.link(aside, path)
    finally:
        aside.unlink(missing_ok=True)
