"""Compressed copies of text files, for servers that send them as they lie (`brotli_static`, `precompressed`)."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import PurePosixPath

import brotli

LEAST = 1024  # Below one network packet a reader gains nothing.
_QUALITY = 5  # Brotli 11 takes 40 times longer for a tenth.
_LEVEL = 6
_TEXTS = frozenset(
    (
        ".html",
        ".css",
        ".js",
        ".json",
        ".ndjson",
        ".csv",
        ".xml",
        ".atom",
        ".svg",
        ".txt",
        ".md",
        ".webmanifest",
    )
)


def compressed(path: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of each compressed copy that belongs beside the file: `<path>.br`, `<path>.gz`.

    Nothing for small files, for files that are no text, and where the copy would
    not be smaller. The same content always gives the same bytes: no clock and no
    name stands in them. Decompressed they are `content`, byte for byte.
    """
    if len(content) < LEAST or PurePosixPath(path).suffix not in _TEXTS:
        return
    for suffix, packed in ((".br", _brotli(content)), (".gz", _gzip(content))):
        if len(packed) < len(content):
            yield f"{path}{suffix}", packed


def _brotli(content: bytes) -> bytes:
    packed: bytes = brotli.compress(content, mode=brotli.MODE_TEXT, quality=_QUALITY)
    return packed


def _gzip(content: bytes) -> bytes:
    out = io.BytesIO()
    # Not gzip.compress: its header differs between versions of Python.
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=out, mtime=0) as stream:
        stream.write(content)
    return out.getvalue()
