"""The searcher finds what it is to find: else that nothing was found would mean nothing."""

from __future__ import annotations

import base64
import binascii
import codecs
import gzip
import html
import json
import os
import quopri
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlencode

import brotli
import pytest

from tests.reports.searching import Canary, traces

CANARY = Canary.fresh()
# Each writes a text as some program would, with other words round it.
WRITERS: dict[str, Callable[[str], bytes]] = {
    "UTF-8": lambda text: text.encode(),
    "UTF-16LE": lambda text: text.encode("utf-16-le"),
    "UTF-16BE": lambda text: text.encode("utf-16-be"),
    "GBK": lambda text: text.encode("gbk"),
    "GB18030": lambda text: text.encode("gb18030"),
    "JSON": lambda text: json.dumps({"what": text}).encode(),
    "JSON in upper case": lambda text: "".join(
        f"\\u{ord(one):04X}" if ord(one) > 127 else one for one in text
    ).encode(),
    "Python bytes": lambda text: repr(text.encode()).encode(),
    "Python ascii": lambda text: ascii(text).encode(),
    "percent": lambda text: quote(text).encode(),
    "percent in lower case": lambda text: "".join(
        f"%{byte:02x}" if byte > 127 else chr(byte) for byte in text.encode()
    ).encode(),
    "form": lambda text: urlencode({"what": text}).encode(),
    "form in GBK": lambda text: urlencode({"what": text}, encoding="gbk").encode(),
    "decimal entities": lambda text: text.encode("ascii", "xmlcharrefreplace"),
    "hex entities": lambda text: "".join(
        f"&#x{ord(one):x};" if ord(one) > 127 else one for one in html.escape(text)
    ).encode(),
    "quoted-printable": lambda text: quopri.encodestring(text.encode()),
    "hex": lambda text: text.encode().hex().encode(),
    "HEX": lambda text: text.encode().hex().upper().encode(),
    "hex of UTF-16": lambda text: text.encode("utf-16-le").hex().encode(),
    "hex dump in lines": lambda text: b"\n".join(
        binascii.hexlify(text.encode()[at : at + 16], " ") for at in range(0, len(text.encode()), 16)
    ),
    "MIME base64 in lines": lambda text: codecs.encode(text.encode(), "base64"),
    "reversed": lambda text: text[::-1].encode(),
    "folded": lambda text: text.lower().encode(),
    "a second half": lambda text: text[len(text) // 2 :].encode(),
    "a first quarter": lambda text: text[: len(text) // 2].encode("gbk"),
    **{
        f"base64 at {at}": lambda text, at=at: base64.b64encode(b"x" * at + text.encode())
        for at in range(3)  # type: ignore[misc] # a default in a lambda.
    },
    **{
        f"base64url of GBK at {at}": lambda text, at=at: base64.urlsafe_b64encode(
            b"\xff" * at + text.encode("gbk")
        )  # type: ignore[misc] # likewise.
        for at in range(3)
    },
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("before", ["", "x", "前面的话"])
def test_a_planted_canary_is_found_in_every_encoding(tmp_path: Path, name: str, before: str) -> None:
    text = f"{before}{CANARY.text}{before}"
    (tmp_path / "some.bin").write_bytes(os.urandom(1000) + WRITERS[name](text) + os.urandom(1000))
    assert traces([CANARY], [tmp_path]), name


def test_another_canary_is_not_found(tmp_path: Path) -> None:
    for number, write in enumerate(WRITERS.values()):
        (tmp_path / f"{number}").write_bytes(write(Canary.fresh().text) + os.urandom(100_000))
    assert not traces([CANARY], [tmp_path])


def test_what_is_packed_is_found(tmp_path: Path) -> None:
    (tmp_path / "one.html.gz").write_bytes(gzip.compress(CANARY.text.encode()))
    (tmp_path / "two.html.br").write_bytes(brotli.compress(CANARY.text.encode()))
    unpacked = {
        one.partition(" (unpacked)")[0] for one in traces([CANARY], [tmp_path]) if "(unpacked)" in one
    }
    assert unpacked == {str(tmp_path / "one.html.gz"), str(tmp_path / "two.html.br")}


def test_what_an_unfinished_journal_holds_is_found(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "some.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE report (body BLOB)")
        connection.commit()
        connection.execute("INSERT INTO report VALUES (?)", (b"\0" * 4070 + CANARY.text.encode(),))
        connection.commit()
        before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
        assert any("(rows)" in one for one in traces([CANARY], [tmp_path]))
        assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_what_fills_pages_of_its_own_is_found(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "some.db")) as connection:
        connection.execute("CREATE TABLE report (body BLOB)")
        connection.execute("INSERT INTO report VALUES (?)", (CANARY.text.encode() * 2000,))
        connection.commit()
    assert traces([CANARY], [tmp_path])


def test_a_deleted_file_that_is_still_open_is_found(tmp_path: Path) -> None:
    with (tmp_path / "gone").open("w+b") as file:
        file.write(CANARY.text.encode("utf-16-le"))
        file.flush()
        (tmp_path / "gone").unlink()
        assert not traces([CANARY], [tmp_path])
        assert traces([CANARY], [], [os.getpid()])


def test_a_file_named_by_it_is_found(tmp_path: Path) -> None:
    (tmp_path / f"{CANARY.text}.txt").touch()
    assert traces([CANARY], [tmp_path])
