"""Hostile uploads at the desk: refused in plain Chinese, nothing kept, nothing changed, no disk filled."""

from __future__ import annotations

import gc
import io
import tempfile
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal.store.tables import Draft, Step, Upload
from portal.web.office.uploads import REQUEST_LIMIT
from tests.exchange.hostile_files import NAME, REFUSED, workbook
from tests.web.office.world import World


def kept(world: World) -> int:
    world.session.rollback()
    return sum(
        world.session.scalar(select(func.count()).select_from(one)) or 0 for one in (Upload, Draft, Step)
    )


@pytest.mark.parametrize("name", list(REFUSED))
def test_it_is_refused_and_nothing_is_kept(world: World, name: str) -> None:
    make, filename, word = REFUSED[name]
    client = world.client("editor")
    answer = send(world, client, make(), filename)
    assert (answer.status_code, kept(world)) == (422, 0)
    assert word in answer.text
    assert 'id="file"' in answer.text


class Endless(io.RawIOBase):
    """A body that never ends, whatever length it claims; counts what is taken from it."""

    def __init__(self, head: bytes, claimed: int = 0) -> None:
        self.head, self.claimed, self.taken, self.place = head, claimed, 0, 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self.place = self.claimed if whence == io.SEEK_END else offset
        return self.place

    def tell(self) -> int:
        return self.place

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self.head[: len(buffer)] or b"A" * len(buffer)
        self.head = self.head[len(piece) :]
        buffer[: len(piece)] = piece
        self.taken += len(piece)
        return len(piece)


def body(token: str, name: str = NAME) -> bytes:
    lines = [
        "--b",
        'Content-Disposition: form-data; name="csrf_token"',
        "",
        token,
        "--b",
        f'Content-Disposition: form-data; name="file"; filename="{name}"',
        "Content-Type: application/octet-stream",
        "",
        "",
    ]
    return "\r\n".join(lines).encode()


def send(world: World, client: FlaskClient, data: bytes, name: str) -> TestResponse:
    """Send a file as a browser does, written out by hand: the test client would put it on disk."""
    whole = body(world.token(client), name) + data + b"\r\n--b--\r\n"
    return client.post("/uploads/new/finance", data=whole, content_type="multipart/form-data; boundary=b")


def test_a_header_of_two_hundred_megabytes_is_answered_before_anything_is_read(world: World) -> None:
    client = world.client("editor")
    endless = Endless(body(world.token(client)), claimed=200 * 1024 * 1024)
    answer = client.post(
        "/uploads/new/finance", input_stream=endless, content_type="multipart/form-data; boundary=b"
    )
    assert answer.status_code == 413
    assert "文件超过 5 MB，没有读取" in answer.text
    assert endless.taken == 0
    assert kept(world) == 0


# Werkzeug leaves the cut-off file, which has no name on the disk any more, to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_a_chunked_body_without_end_is_cut_off_and_does_not_fill_the_disk(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    spooled: list[int] = []
    kept_aside = tempfile.SpooledTemporaryFile.write

    def write(self: Any, data: bytes) -> int:
        spooled.append(len(data))
        return kept_aside(self, data)

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "write", write)  # Counts; the writing itself is real.
    client = world.client("editor")
    endless = Endless(body(world.token(client)))
    answer = client.post(
        "/uploads/new/finance",
        input_stream=endless,
        content_type="multipart/form-data; boundary=b",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )
    assert answer.status_code == 413
    assert "没有读取" in answer.text
    assert endless.taken <= REQUEST_LIMIT + 256 * 1024
    assert 0 < sum(spooled) <= REQUEST_LIMIT
    assert kept(world) == 0
    del answer
    gc.collect()


def test_the_largest_file_that_is_allowed_is_looked_at(world: World) -> None:
    client = world.client("editor")
    data = b"\xe6\x89\x80" * (5 * 1024 * 1024 // 3)
    answer = send(world, client, data, "三季度.csv")
    assert answer.status_code == 422
    assert (
        "csv 文本的引号或换行不成对" in answer.text
    )  # It was read: one cell of a million characters is no table.


def test_a_name_with_a_path_writes_no_file(world: World, tmp_path: Path) -> None:
    client = world.client("editor")
    before = sorted(tmp_path.rglob("*"))
    answer = send(world, client, workbook(), "../../../../tmp/三季度.xlsx")
    assert answer.status_code == 303
    text = client.get(answer.location).text
    assert "<b>三季度.xlsx</b>" in text
    assert ".." not in text.split("<main")[1].split("</main")[0].replace("…", "")
    changed = {one.name for one in tmp_path.rglob("*")} - {one.name for one in before}
    assert not any("三季度" in one for one in changed)


def test_somebody_signed_out_sends_nothing(world: World) -> None:
    endless = Endless(body("x"), claimed=200 * 1024 * 1024)
    answer = world.app.test_client().post(
        "/uploads/new/finance", input_stream=endless, content_type="multipart/form-data; boundary=b"
    )
    assert answer.status_code in (303, 400, 413)
    assert endless.taken == 0
