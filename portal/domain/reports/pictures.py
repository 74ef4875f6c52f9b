"""Pictures without their metadata: place, device, time and comments are dropped, the picture itself is untouched.

Only what is needed to show the picture is kept (a list of what is kept, not of what is dropped), and nothing after
its end. Of a photograph's Exif the orientation alone is written anew: without it, it would lie on its side. Kinds of
pictures that are full of metadata and cannot be cleaned here are refused.
"""

from __future__ import annotations

import re
import struct

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    (
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"sBIT",
        b"acTL",
        b"fcTL",
        b"fdAT",
    )
)
_WEBP_KEPT = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"))
_WEBP_FRAME = frozenset((b"VP8 ", b"VP8L", b"ALPH"))
_ICC_EXIF_XMP = 0x20 | 0x08 | 0x04
_EXIF = b"Exif\0\0"
_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_ORIENTATION, _SHORT = 0x0112, 3
# Pictures of phones and cameras with their metadata where nobody here can take them out: HEIC, AVIF, TIFF and raw files.
_UNCLEANABLE = re.compile(
    rb".{4}ftyp(?:hei[cxms]|hev[cxms]|mif[12]|msf1|avi[fs]|crx )|II\*\0|MM\0\*|II\x2b\0|MM\0\x2b", re.DOTALL
)
_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"


_BROKEN = "这张图片的文件不完整或格式不规范，无法去除拍摄地点、设备等信息。请重新保存或截图后再选。"
_FOREIGN = "这种格式的照片（HEIC、AVIF、TIFF 等）去不掉拍摄地点、设备等信息。请另存为 JPG，或者截图后再选。"


class NotCleaned(ValueError):
    """A picture that cannot be cleaned; the message says in Chinese what to do."""

    def __init__(self, words: str = _BROKEN) -> None:
        """Say it."""
        super().__init__(words)


def clean_picture(data: bytes) -> bytes:
    """Return a JPEG, PNG or WebP without metadata, anything else as it is; raises `NotCleaned`."""
    try:
        if data[:3] == b"\xff\xd8\xff":
            return _jpeg(data)
        if data[:8] == _PNG:
            return _png(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError):
        raise NotCleaned from None
    if _UNCLEANABLE.match(data):
        raise NotCleaned(_FOREIGN)
    return data


def _jpeg(data: bytes) -> bytes:
    kept, at = [b"\xff\xd8"], 2
    while True:
        if data[at] != 0xFF:
            raise NotCleaned
        while data[at + 1] == 0xFF:  # Fill bytes.
            at += 1
        marker = data[at + 1]
        if marker == 0xD9:
            kept.append(b"\xff\xd9")
            return b"".join(kept)
        (length,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + length
        if length < 2 or end > len(data) or marker in (0x00, 0x01, 0xD8):
            raise NotCleaned
        if marker == 0xE0 and data[at + 4 : at + 9] == b"JFIF\0":
            kept.append(_JFIF)  # Without its thumbnail.
        elif marker == 0xEE and data[at + 4 : at + 9] == b"Adobe":
            kept.append(data[at:end])  # How the colours are coded.
        elif marker == 0xE1:
            kept.append(_upright(data[at + 4 : end]))
        elif not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            kept.append(data[at:end])
        at = end
        if marker == 0xDA:
            at = _after_scan(data, end)
            kept.append(data[end:at])


def _upright(segment: bytes) -> bytes:
    """Return a segment with nothing but the orientation that an Exif segment gives; nothing where it gives none."""
    order = _ORDERS.get(segment[6:10])
    if segment[:6] != _EXIF or order is None:
        return b""
    try:
        (at,) = struct.unpack_from(f"{order}I", segment, 10)
        (count,) = struct.unpack_from(f"{order}H", segment, 6 + at)
        for n in range(count):
            tag, kind, many, value = struct.unpack_from(f"{order}HHIH", segment, 8 + at + 12 * n)
            if tag == _ORIENTATION:
                return _turned(value) if (kind, many) == (_SHORT, 1) and 2 <= value <= 8 else b""
    except struct.error:
        pass  # Cut short: as good as none.
    return b""


def _turned(orientation: int) -> bytes:
    held = struct.pack(">4sIHHHIHHI", b"MM\0*", 8, 1, _ORIENTATION, _SHORT, 1, orientation, 0, 0)
    return b"\xff\xe1" + struct.pack(">H", 2 + len(_EXIF) + len(held)) + _EXIF + held


def _after_scan(data: bytes, at: int) -> int:
    """Return where the next marker stands after the coded picture: not FF 00, not a restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise NotCleaned
        if data[at + 1] == 0x00 or 0xD0 <= data[at + 1] <= 0xD7:
            at += 2
        elif data[at + 1] == 0xFF:
            at += 1
        else:
            return at


def _png(data: bytes) -> bytes:
    kept, at = [_PNG], 8
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise NotCleaned
        if kind in _PNG_KEPT:
            kept.append(data[at:end])
        elif kind[0] & 0x20 == 0:  # A chunk that must be understood, and is not.
            raise NotCleaned
        if kind == b"IEND":
            return b"".join(kept)
        at = end


def _webp(data: bytes) -> bytes:
    (size,) = struct.unpack_from("<I", data, 4)
    if size + 8 > len(data) or size < 4:
        raise NotCleaned
    chunks = []
    for kind, held in _chunks(data[12 : 8 + size]):
        if kind not in _WEBP_KEPT:
            continue
        if kind == b"VP8X":
            held = bytes([held[0] & ~_ICC_EXIF_XMP & 0xFF]) + held[1:]
        elif kind == b"ANMF":
            inner = [_chunk(one, body) for one, body in _chunks(held[16:]) if one in _WEBP_FRAME]
            held = held[:16] + b"".join(inner)
        chunks.append(_chunk(kind, held))
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 0
    while at < len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        if at + 8 + length > len(data):
            raise NotCleaned
        found.append((kind, data[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    return found


def _chunk(kind: bytes, held: bytes) -> bytes:
    return kind + struct.pack("<I", len(held)) + held + b"\0" * (len(held) % 2)
