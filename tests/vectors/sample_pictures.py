"""Small pictures full of metadata: what a phone and an editor leave behind. The place is fictional."""

from __future__ import annotations

import base64
import io
import struct
from typing import Any

from PIL import Image, PngImagePlugin

from portal.domain.reports.pictures import NotCleaned, clean_picture

MARK = "示例地点 SECRET-PLACE"


def _picture(size: int = 16) -> Image.Image:
    picture = Image.new("RGB", (size, size))
    picture.putdata([(x * 16 % 256, y * 16 % 256, (x * y) % 256) for y in range(size) for x in range(size)])
    return picture


def _exif(orientation: int | None = None, endian: str = "<") -> bytes:
    exif = Image.Exif()
    if orientation is not None:
        exif.endian = endian
        exif[0x0112] = orientation
    exif[0x010F] = "SECRET-PLACE maker"
    exif[0x0110] = "SECRET-PLACE model"
    exif[0x0132] = "2026:11:22 10:00:00"
    return exif.tobytes()


def _saved(kind: str, **options: Any) -> bytes:
    into = io.BytesIO()
    _picture().save(into, kind, **options)
    return into.getvalue()


def jpeg(**options: Any) -> bytes:
    """Return a JPEG with Exif, a profile and a comment."""
    return _saved("JPEG", exif=_exif(), comment=MARK.encode(), icc_profile=b"SECRET-PLACE profile", **options)


def turned(orientation: int, endian: str = "<") -> bytes:
    """Return a photograph that the camera was held askew for."""
    return _saved("JPEG", exif=_exif(orientation, endian), comment=MARK.encode())


def png() -> bytes:
    """Return a PNG with text, Exif and a profile."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "SECRET-PLACE")
    info.add_itxt("Author", MARK)
    return _saved("PNG", pnginfo=info, exif=_exif(), icc_profile=b"SECRET-PLACE profile", dpi=(72, 72))


def webp(**options: Any) -> bytes:
    """Return a WebP with Exif, XMP and a profile."""
    return _saved("WEBP", exif=_exif(), xmp=MARK.encode(), icc_profile=b"SECRET-PLACE profile", **options)


def samples() -> list[dict[str, Any]]:
    """Return pictures before and after; `after` is null where the picture is refused."""
    plain = jpeg()
    jfif_thumbnail = (
        b"\xff\xe0" + struct.pack(">H", 16 + 3) + b"JFIF\0\x01\x02\x00\x00\x48\x00\x48\x01\x01\xab\xcd\xef"
    )
    found = {
        "JPEG": plain,
        "progressive JPEG": jpeg(progressive=True),
        "JPEG with restarts": jpeg(restart_marker_rows=1),
        "JPEG with something after its end": plain + b"SECRET-PLACE trailer",
        "JPEG with a thumbnail in JFIF": plain[:2] + jfif_thumbnail + plain[20:],
        "JPEG with fill bytes": plain[:2] + b"\xff\xff" + plain[2:],
        "JPEG without an end": plain[:-2],
        "JPEG cut in a segment": plain[:30],
        "JPEG lying on its side": turned(6),
        "JPEG upside down, big-endian": turned(3, ">"),
        "JPEG lying upright": turned(1),
        "JPEG of no known orientation": turned(9),
        "JPEG whose Exif is cut short": _cut_exif(),
        "PNG": png(),
        "PNG with something after its end": png() + b"SECRET-PLACE trailer",
        "PNG cut short": png()[:-6],
        "WebP": webp(),
        "lossless WebP": webp(lossless=True),
        "animated WebP": webp(save_all=True, append_images=[_picture().rotate(90)], duration=100),
        "WebP with something after its end": webp() + b"SECRET-PLACE trailer",
        "WebP cut short": webp()[:-6],
        "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic SECRET-PLACE",
        "AVIF": b"\0\0\0\x1cftypavif\0\0\0\0mif1avif SECRET-PLACE",
        "TIFF": b"II*\0\x08\0\0\0 SECRET-PLACE",
        "raw picture": b"MM\0*\0\0\0\x08 SECRET-PLACE",
        "film": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom example",
        "no picture": b"%PDF-1.7 example",
    }
    return [{"about": about, "before": _b64(data), "after": _cleaned(data)} for about, data in found.items()]


def _cut_exif() -> bytes:
    whole, held = turned(6), _exif(6)
    at = whole.index(held)  # A segment that ends within its first directory.
    cut = held[:20]
    return whole[: at - 2] + struct.pack(">H", 2 + len(cut)) + cut + whole[at + len(held) :]


def _cleaned(data: bytes) -> str | None:
    try:
        return _b64(clean_picture(data))
    except NotCleaned:
        return None


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
