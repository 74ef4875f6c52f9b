"""Looks at sealed bytes from outside, without any key: how many recipients, how long is what is inside (docs/sealing.md, 4).

The report host takes nothing that is not sealed the way the page says: a text in the clear, one stanza too few
or a length between two buckets is refused before it is stored.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from portal.domain.reports.keylist import MOST_SLOTS
from portal.domain.reports.padding import BUCKETS, KIB, Purpose

_VERSION = b"age-encryption.org/v1\n"
_STANZA = re.compile(rb"-> X25519 [A-Za-z0-9+/]{43}\n[A-Za-z0-9+/]{43}\n")
# Some programs add a stanza of nonsense, so that readers stay tolerant of what they do not know.
_GREASE = re.compile(
    rb"-> [!-~]{1,9}-grease(?: [!-~]+){0,20}\n(?:[A-Za-z0-9+/]{64}\n){0,8}[A-Za-z0-9+/]{0,63}\n"
)
_MAC = re.compile(rb"--- [A-Za-z0-9+/]{43}\n")
_NONCE, _CHUNK, _TAG = 16, 64 * KIB, 16
_SECRET_LENGTH = 74  # Characters of AGE-SECRET-KEY-1….
_LARGEST_PACKET = 6 * KIB  # Sixteen stanzas, a stanza of nonsense, the secret.


class BadEnvelope(ValueError):
    """What came is not sealed as the page says; the message is the Chinese reason."""


@dataclass(frozen=True)
class Envelope:
    """An age file seen from outside: `recipients` X25519 stanzas, `size` bytes inside."""

    recipients: int
    size: int


def look(sealed: bytes) -> Envelope:
    """Return what is to be seen of an age file, or raise `BadEnvelope`."""
    if not sealed.startswith(_VERSION):
        raise BadEnvelope("收到的内容没有加密")
    at, count, grease = len(_VERSION), 0, 0
    while True:
        if found := _STANZA.match(sealed, at):
            count += 1
        elif found := _GREASE.match(sealed, at):
            grease += 1
        else:
            break
        if count > MOST_SLOTS or grease > 1:
            raise BadEnvelope("加密的收件人数目不对")
        at = found.end()
    closing = _MAC.match(sealed, at)
    if closing is None or not count:
        raise BadEnvelope("加密的格式不对")
    return Envelope(count, _inside(len(sealed) - closing.end()))


def _inside(payload: int) -> int:
    """Return how many bytes a payload of so many holds: a nonce, then chunks of 64 KiB, each with its tag."""
    chunks = payload - _NONCE
    whole, rest = divmod(chunks, _CHUNK + _TAG)
    if not rest and whole:
        return whole * _CHUNK
    # A last chunk holds something, unless it is the only one.
    if rest < _TAG or (rest == _TAG and whole):
        raise BadEnvelope("加密的内容不完整")
    return whole * _CHUNK + rest - _TAG


def check_sealed(sealed: bytes, purpose: Purpose) -> None:
    """Raise `BadEnvelope` unless it is sealed to one recipient and as long as one of the declared buckets."""
    seen = look(sealed)
    if seen.recipients != 1:
        raise BadEnvelope("加密的收件人数目不对")
    if seen.size not in BUCKETS[purpose]:
        raise BadEnvelope("加密内容的长度不是规定的几种之一")


def check_grants(grants: bytes, *, slots: int, opening: int) -> None:
    """Raise `BadEnvelope` unless every packet is there and looks like the others. `slots` and `opening` are the key list's."""
    if grants[:4] != b"SPG1" or len(grants) < 7:
        raise BadEnvelope("开启凭据的格式不对")
    turns, count = grants[4], int.from_bytes(grants[5:7], "big")
    packets: list[Envelope] = []
    at = 7
    while at < len(grants):
        length = int.from_bytes(grants[at : at + 2], "big")
        packet = grants[at + 2 : at + 2 + length]
        if len(packet) != length or not 0 < length <= _LARGEST_PACKET or len(packets) == count:
            raise BadEnvelope("开启凭据不完整")
        packets.append(look(packet))
        at += 2 + length
    if turns != opening or len(packets) != count or not _fit(turns, packets, slots):
        raise BadEnvelope("开启凭据的份数不对")


def _fit(turns: int, packets: list[Envelope], slots: int) -> bool:
    if turns == 1:
        return packets == [Envelope(slots, _SECRET_LENGTH)]
    # Within each packet lies another one, of which the outside tells only that it is longer than the secret.
    return len(packets) == slots * (slots - 1) and all(
        one.recipients == 1 and one.size > _SECRET_LENGTH for one in packets
    )


def read_b64(text: object, *, largest: int) -> bytes:
    """Return the bytes of standard base64 with padding and nothing else in it; raise `BadEnvelope` otherwise."""
    if not isinstance(text, str) or len(text) > largest * 4 // 3 + 4:
        raise BadEnvelope("有一项内容太长或不是文本")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadEnvelope("有一项内容不是 base64 编码") from None
    # Two texts must not stand for the same bytes: the last character's unused bits are blank.
    if base64.b64encode(data).decode() != text:
        raise BadEnvelope("有一项内容不是 base64 编码")
    return data
