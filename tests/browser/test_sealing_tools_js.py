"""Proof of work, filing receipts and pictures in a real browser, checked by Python."""

from __future__ import annotations

import base64
import hashlib
import io
import struct
import zlib
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Page, sync_playwright

from tests.browser.static_page import empty_page, run
from tests.site.chromium import launched

pytestmark = pytest.mark.browser

DAY = "2026-11-22"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with empty_page() as address, sync_playwright() as playwright, launched(playwright) as browser:
        page = browser.new_page()
        page.goto(address)
        yield page


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("worker", [True, False])
def test_the_proof_of_work_is_found_with_and_without_a_worker(page: Page, worker: bool) -> None:
    script = """
        const own = window.Worker;
        if (!given.worker) window.Worker = undefined;
        const told = [];
        try { return [await challenge.solve(given.text, 16, {progress: (share) => told.push(share)}), told]; }
        finally { window.Worker = own; }
    """
    nonce, told = run(page, script, {"text": "abc.123", "worker": worker})
    digest = hashlib.sha256(f"abc.123:{nonce}".encode()).digest()
    assert int.from_bytes(digest) >> (256 - 16) == 0
    assert told == sorted(told)
    assert all(0 < one < 1 for one in told)


def test_the_first_nonce_is_found_whatever_the_length_of_the_challenge(page: Page) -> None:
    texts = ["x" * length for length in (0, 1, 50, 53, 54, 55, 61, 62, 63, 64, 113, 118, 127, 200)]
    script = """
        const {searched} = await import("/static/sealing/work.js");
        return given.map((text) => searched(text, 9, 0, 1e5));
    """

    def first(text: str) -> str:
        tries = (str(n) for n in range(100_000))
        return next(n for n in tries if hashlib.sha256(f"{text}:{n}".encode()).digest()[:2] < b"\0\x80")

    assert run(page, script, texts) == [first(text) for text in texts]


@pytest.mark.parametrize("worker", [True, False])
def test_the_proof_of_work_can_be_cancelled(page: Page, worker: bool) -> None:
    script = """
        const own = window.Worker;
        if (!given) window.Worker = undefined;
        const limit = new AbortController();
        try { await challenge.solve("abc", 60, {progress: () => limit.abort(), signal: limit.signal}); }
        catch (error) { return error.name; } finally { window.Worker = own; }
    """
    assert run(page, script, worker) == "AbortError"


def receipt(key: Ed25519PrivateKey, name: str = "jinhu/receipts", day: str = DAY) -> str:
    signed_text = f"sunshine-portal/filing-receipt/v1\njinhu\n{day}\n{b64(bytes(32))}\n"
    public = key.public_key().public_bytes_raw()
    mark = hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]
    return f"{signed_text}\n— {name} {b64(mark + key.sign(signed_text.encode()))}\n"


def test_a_filing_receipt_is_believed_only_with_its_signature(page: Page) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes([7] * 32))
    good = receipt(key)
    texts = [
        good,
        good.replace("\n", "\r\n") + "\n\n",
        good.replace(DAY, "2026-11-21"),
        receipt(Ed25519PrivateKey.from_private_bytes(bytes([8] * 32))),
        receipt(key, name="erqi/receipts"),
        "你好",
    ]
    given = {
        "texts": texts,
        "key": {"name": "jinhu/receipts", "key": b64(key.public_key().public_bytes_raw())},
    }
    script = """
        return given.texts.map((text) => {
          try { return note.verifyReceipt(text, given.key).day; } catch (error) { return error.code; }
        });
    """
    assert run(page, script, given) == [DAY, DAY, "unsigned", "unsigned", "unsigned", "malformed"]


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def webp_chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def riff(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def cleaned(page: Page, data: bytes) -> bytes:
    return base64.b64decode(run(page, "return b64(pictures.cleanPicture(raw(given)));", b64(data)))


JFIF = segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
TABLES = segment(0xDB, b"\0" + bytes(64))
SCAN = segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\x11\xff\0\x22\xff\xd0\x33"


def test_pictures_lose_what_is_not_picture_and_nothing_else(page: Page) -> None:
    place = b"Exif\0\0 GPS 32.99"
    picture = b"\xff\xd8" + JFIF + TABLES + SCAN + TABLES + SCAN + b"\xff\xd9"
    told = (
        b"\xff\xd8"
        + segment(0xE0, b"JFIF\0\x01\x02\1\0\x48\0\x48\x01\x01 a small picture")
        + segment(0xE1, place)
        + segment(0xE2, b"MPF\0")
        + segment(0xED, place)
        + TABLES
        + SCAN
        + segment(0xFE, place)
        + TABLES
        + SCAN
        + b"\xff\xd9"
        + b"a film of the same moment"
        + place
    )
    assert cleaned(page, told) == picture
    assert cleaned(page, picture) == picture
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13))
    rest = chunk(b"IDAT", b"x" * 9) + chunk(b"IEND", b"")
    noise = chunk(b"tEXt", place) + chunk(b"eXIf", place) + chunk(b"tIME", bytes(7)) + chunk(b"iTXt", place)
    assert cleaned(page, head + noise + rest + place) == head + rest
    flags = bytes([0x10 | 0x08 | 0x04]) + bytes(9)
    web = riff(
        webp_chunk(b"VP8X", flags),
        webp_chunk(b"VP8 ", b"odd"),
        webp_chunk(b"EXIF", place),
        webp_chunk(b"XMP ", place),
    )
    bare = riff(webp_chunk(b"VP8X", bytes([0x10]) + bytes(9)), webp_chunk(b"VP8 ", b"odd"))
    assert cleaned(page, web) == bare
    assert cleaned(page, b"%PDF-1.7 " + place) == b"%PDF-1.7 " + place


def test_a_broken_picture_does_not_pass_for_a_cleaned_one(page: Page) -> None:
    broken = [b"\xff\xd8\xff\xe1\xff\xff short", b"\x89PNG\r\n\x1a\n" + b"\0\0\xff\xffIDAT" + bytes(20)]
    broken.append(riff(webp_chunk(b"VP8 ", b"cut off"))[:-4])
    script = """
        return given.map((one) => { try { pictures.cleanPicture(raw(one)); return null; } catch (error) { return error.name; } });
    """
    assert run(page, script, [b64(one) for one in broken]) == ["BrokenPicture"] * 3


def test_a_real_photograph_is_the_same_picture_afterwards(page: Page) -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed: no photograph to clean")
    for kind in ("JPEG", "PNG", "WEBP"):
        photo = image.effect_noise((64, 48), 60).convert("RGB")
        exif = image.Exif()
        exif[0x010F] = "示例相机厂"
        held = io.BytesIO()
        photo.save(held, kind, exif=exif, lossless=True)
        after = image.open(io.BytesIO(cleaned(page, held.getvalue())))
        assert dict(after.getexif()) == {}
        assert after.convert("RGB").tobytes() == image.open(held).convert("RGB").tobytes()
