"""Filing receipts (收件凭证): a signed note (C2SP) that a commitment was filed on a day. docs/sealing.md, section 6."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import date

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from portal.domain.reports.keylist import ReceiptKey

FORMAT = "sunshine-portal/filing-receipt/v1"
_COMMITMENT = b"sunshine-portal/commitment/v1\n"
_SIGNATURE = re.compile(r"— (\S+) ([A-Za-z0-9+/]+=*)")


class BadReceipt(ValueError):
    """A receipt that shows nothing; the message says why, in Chinese."""


@dataclass(frozen=True)
class FilingReceipt:
    """What a genuine receipt says."""

    slug: str
    day: date
    commitment: bytes


def commitment_of(salt: bytes, content_text: str) -> bytes:
    """Return the 32 bytes that stand for a content without telling it."""
    return hashlib.sha256(_COMMITMENT + salt + hashlib.sha256(content_text.encode()).digest()).digest()


def public_of(private_key: Ed25519PrivateKey) -> str:
    """Return the public key as base64 of 32 bytes."""
    raw = private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def sign_receipt(private_key: Ed25519PrivateKey, name: str, slug: str, day: date, commitment: bytes) -> str:
    """Return the signed note; `name` is the key's name in the key list."""
    text = f"{FORMAT}\n{slug}\n{day.isoformat()}\n{base64.b64encode(commitment).decode()}\n"
    key = ReceiptKey(name=name, key=public_of(private_key))
    signature = base64.b64encode(key.hash + private_key.sign(text.encode())).decode()
    return f"{text}\n— {name} {signature}\n"


def verify_receipt(text: str, key: ReceiptKey) -> FilingReceipt:
    """Return what a receipt says when `key` signed it; raises `BadReceipt`.

    Signatures of other keys beside it are passed over, as C2SP asks.
    """
    text = text.replace("\r\n", "\n").lstrip("\ufeff")
    signed, gap, signatures = text.rpartition("\n\n")
    if not gap or not signed:
        raise BadReceipt("这不是收件凭证：缺少正文和签名之间的空行。请把下载的文件原样交来，不要删改。")
    signed += "\n"
    found = [
        raw
        for line in signatures.splitlines()
        if (parts := _SIGNATURE.fullmatch(line.strip()))
        and parts[1] == key.name
        and (raw := _b64(parts[2])) is not None
        and raw[:4] == key.hash
    ]
    if not found:
        raise BadReceipt(
            f"收件凭证上没有“{key.name}”这把密钥的签名。可能不是本站的凭证，或签发之后换过密钥。"
        )
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.key))
    try:
        for raw in found:
            public.verify(raw[4:], signed.encode())
    except InvalidSignature:
        raise BadReceipt("签名不符：收件凭证的内容签发之后被改动过，不能作为凭证。") from None
    return _read(signed)


def _read(signed: str) -> FilingReceipt:
    lines = signed.split("\n")
    if len(lines) != 5 or lines[0] != FORMAT:
        raise BadReceipt("签名有效，但这不是收件凭证（首行不符）。")
    commitment = _b64(lines[3])
    if commitment is None or len(commitment) != 32:
        raise BadReceipt("签名有效，但凭证里的内容指纹不合格式。")
    try:
        return FilingReceipt(lines[1], date.fromisoformat(lines[2]), commitment)
    except ValueError:
        raise BadReceipt("签名有效，但凭证里的日期不合格式。") from None


def _b64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
