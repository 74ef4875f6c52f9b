"""Compressed copies beside the files."""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys

import brotli
import pytest

from portal.site.precompress import LEAST, compressed

PAGE = ("<p>秀洲区示例财政局 2026 年第三季度财务公开，支出合计 1,234,567.89 元。</p>\n" * 60).encode()


@pytest.mark.parametrize(
    "path", ["index.html", "a/b.json", "static/theme.css", "feed.xml", "d.csv", "mark.svg"]
)
def test_a_text_gets_both_copies_and_they_hold_the_same_bytes(path: str) -> None:
    copies = dict(compressed(path, PAGE))

    assert list(copies) == [f"{path}.br", f"{path}.gz"]
    assert brotli.decompress(copies[f"{path}.br"]) == PAGE
    assert gzip.decompress(copies[f"{path}.gz"]) == PAGE
    assert all(len(one) < len(PAGE) / 2 for one in copies.values())


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.html", PAGE[: LEAST - 1]),
        ("a.html", b""),
        ("a.png", PAGE),
        ("a.xlsx", PAGE),
        ("a.html.gz", PAGE),
        ("html", PAGE),
        ("a.json", os.urandom(5000)),
    ],
)
def test_nothing_is_made_where_nobody_gains(path: str, content: bytes) -> None:
    assert list(compressed(path, content)) == []


def test_the_same_content_gives_the_same_bytes_whatever_the_clock_the_name_and_the_process() -> None:
    here = dict(compressed("a.html", PAGE))
    there = dict(compressed("u/other.html", PAGE))
    program = (
        "import sys, hashlib; from portal.site.precompress import compressed;"
        "print([hashlib.sha256(one).hexdigest() for _, one in compressed('x.html', sys.stdin.buffer.read())])"
    )
    another = subprocess.run(
        [sys.executable, "-c", program], input=PAGE, capture_output=True, check=True
    ).stdout

    assert list(here.values()) == list(there.values())
    packed = here["a.html.gz"]
    assert packed[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # No name, no time, no system.
    assert str([hashlib.sha256(one).hexdigest() for one in here.values()]) == another.decode().strip()
