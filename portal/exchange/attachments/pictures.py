"""Pictures: checked by decoding them, and cleaned without touching a single pixel.

What a camera or a program wrote beside the picture (place, time, device, owner, preview, comments) goes; so does
everything behind its end. How a photograph is to be turned is kept.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator

from portal.domain.documents.attachment import MediaType
from portal.exchange.attachments.results import Refused

MAX_PIXELS = 60_000_000  # Above what telephones take; decoded it fits into 240 MB.
_NEXT_MARKER = re.compile(rb"\xff(?![\x00\xd0-\xd7\xff])")
_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))
_SOS, _EOI, _APP0, _APP14, _COMMENT = 0xDA, 0xD9, 0xE0, 0xEE, 0xFE
_ORIENTATION = 0x0112
_PNG = b"\x89PNG\r\n\x1a\n"
_KEPT_CHUNKS = frozenset((b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"pHYs"))
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def clean_picture(data: bytes, kind: MediaType) -> tuple[bytes, tuple[str, ...]]:
    """Return the picture with nothing but its pixels, and notes; raise `Refused`."""
    orientation = _checked(data)
    try:
        cleaned = strip_jpeg(data, orientation) if kind is MediaType.JPEG else strip_png(data)
    except ValueError as broken:
        raise _broken() from broken
    _checked(cleaned)
    notes = ["图片中的文字不能被检索，也没有检查其中有没有个人信息，请自行核对。"]
    if len(cleaned) < len(data):
        notes.append("已去除图片附带的拍摄地点、时间、设备等信息。")
    return cleaned, tuple(notes)


def _checked(data: bytes) -> int:
    """Decode the picture as a reader's program would; return how it is to be turned."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "MPO")) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise _too_large()
            picture.load()
            turned: object = picture.getexif().get(_ORIENTATION)
    except Refused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise _too_large() from bomb
    # Decoders and readers of EXIF fail in any way on a broken picture; bombs are among them.
    except Exception as broken:
        raise _broken() from broken
    return turned if isinstance(turned, int) and 2 <= turned <= 8 else 1


def _too_large() -> Refused:
    return Refused(
        f"图片超过 {MAX_PIXELS // 10_000} 万像素的上限。请用看图软件缩小，或降低扫描的分辨率后再添加。"
    )


def _broken() -> Refused:
    return Refused("图片已损坏，不能完整显示。请用看图软件打开原图，另存一份后再添加。")


def strip_jpeg(data: bytes, orientation: int = 1) -> bytes:
    """Return a JPEG without anything that does not draw it; raise `ValueError` where it is none."""
    out = [b"\xff\xd8"]
    if orientation != 1:
        out.append(_turn(orientation))
    for marker, content in _segments(data):
        if marker == _APP0:
            if content.startswith(b"\xff\xe0\x00\x10JFIF\0"):
                out.append(content[:16] + b"\0\0")  # Its preview of 0 × 0 pixels follows.
        elif marker == _COMMENT or (_APP0 < marker <= 0xEF and marker != _APP14):
            continue
        else:
            out.append(content)
    return b"".join(out)


def _turn(orientation: int) -> bytes:
    """Return the smallest EXIF segment that says how to turn the picture."""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, orientation, 0)
    content = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    return b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield every marker with its segment, that of a scan with the scan's data, up to the end of the picture."""
    if not data.startswith(b"\xff\xd8"):
        raise ValueError("no JPEG")
    place = 2
    while True:
        if data[place : place + 1] != b"\xff":
            raise ValueError("no marker where one must be")
        while data[place + 1 : place + 2] == b"\xff":  # Fill bytes.
            place += 1
        if place + 1 >= len(data):
            raise ValueError("no end")
        marker = data[place + 1]
        if marker == _EOI:
            yield marker, b"\xff\xd9"
            return
        if marker in _ALONE:
            place += 2
            continue
        if place + 4 > len(data):
            raise ValueError("no end")
        end = place + 2 + struct.unpack_from(">H", data, place + 2)[0]
        if marker == _SOS:
            found = _NEXT_MARKER.search(data, end)
            if found is None:
                raise ValueError("no end")
            end = found.start()
        if end <= place + 3 or end > len(data):
            raise ValueError("a segment longer than the file")
        yield marker, data[place:end]
        place = end


def strip_png(data: bytes) -> bytes:
    """Return a PNG without anything that does not draw it; raise `ValueError` where it is none."""
    if not data.startswith(_PNG):
        raise ValueError("no PNG")
    head: list[bytes] = []
    packed: list[bytes] = []
    place, size = len(_PNG), 0
    while True:
        if place + 12 > len(data):
            raise ValueError("no end")
        length, name = struct.unpack_from(">I4s", data, place)
        content = data[place + 8 : place + 8 + length]
        place += 12 + length
        if len(content) != length:
            raise ValueError("no end")
        if name == b"IEND":
            break
        if name == b"IDAT":
            packed.append(content)
        elif name in _KEPT_CHUNKS and not (packed and name != b"IHDR"):
            head.append(_chunk(name, content))
            if name == b"IHDR":
                size = _raw_size(content)
    pixels = b"".join(packed)
    unpacked = zlib.decompressobj()
    raw = unpacked.decompress(pixels, size + 1)
    if len(raw) < size or not size:
        raise ValueError("too few pixels")
    if len(raw) > size:  # What lies behind the last row is no part of the picture.
        pixels = zlib.compress(raw[:size], 9)
    else:
        unpacked.decompress(unpacked.unconsumed_tail, 1)
        pixels = pixels[: len(pixels) - len(unpacked.unused_data)]
    return b"".join((_PNG, *head, _chunk(b"IDAT", pixels), _chunk(b"IEND", b"")))


def _raw_size(header: bytes) -> int:
    """Return how many bytes the rows have once they are unpacked."""
    if len(header) != 13:
        raise ValueError("no header")
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if not 0 < width * height <= MAX_PIXELS or colour not in _CHANNELS:
        raise ValueError("no header")
    bits = depth * _CHANNELS[colour]
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    total = 0
    for left, top, across, down in passes:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
