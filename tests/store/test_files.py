"""Attachments' content lies under its own digest, once, and is believed only after it was held against it."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.store.files import FileDamaged, FileStore, FilesUnreachable, NoSuchFile
from tests.cli.object_store import object_store

TEXT = b"\x00\xffattached"
DIGEST = hashlib.sha256(TEXT).hexdigest()
ABSENT = "0" * 64


@pytest.fixture(params=["folder", "bucket"])
def files(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FileStore]:
    if request.param == "folder":
        yield FileStore.open(tmp_path / "attachments")
        return
    with object_store("files") as (address, _):
        for name, value in (
            ("ENDPOINT_URL", address),
            ("ENDPOINT", address),
            ("ACCESS_KEY_ID", "example"),
            ("SECRET_ACCESS_KEY", "example"),
            ("REGION", "us-east-1"),
        ):
            monkeypatch.setenv(f"AWS_{name}", value)
        yield FileStore.open("s3://files/of/desk")


def test_what_is_put_is_got_again_and_kept_once(files: FileStore) -> None:
    assert not files.exists(DIGEST)
    assert files.put(TEXT) == DIGEST
    assert files.put(TEXT) == DIGEST
    assert files.exists(DIGEST)
    assert files.get(DIGEST) == TEXT


def test_what_is_not_there_is_told_and_may_be_deleted_twice(files: FileStore) -> None:
    with pytest.raises(NoSuchFile, match="没有"):
        files.get(ABSENT)
    files.put(TEXT)
    files.delete(DIGEST)
    files.delete(DIGEST)
    assert not files.exists(DIGEST)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, DIGEST + "\n", DIGEST[:-1]])
def test_nothing_but_a_digest_names_a_file(files: FileStore, name: str) -> None:
    for ask in (files.get, files.exists, files.delete):
        with pytest.raises(ValueError, match="SHA-256"):
            ask(name)


def test_damaged_content_is_never_handed_out_and_mended_by_putting_it_again(tmp_path: Path) -> None:
    files = FileStore.open(tmp_path)
    files.put(TEXT)
    (tmp_path / DIGEST[:2] / DIGEST).write_bytes(b"another")

    with pytest.raises(FileDamaged, match="已损坏"):
        files.get(DIGEST)
    files.put(TEXT)
    assert files.get(DIGEST) == TEXT


def test_others_on_the_machine_cannot_read_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "attachments"
    FileStore.open(folder).put(TEXT)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / DIGEST[:2] / DIGEST).stat().st_mode) == 0o600


@pytest.mark.parametrize("place", ["ftp://somewhere/else", "s3://"])
def test_a_place_that_is_none_is_told(place: str) -> None:
    with pytest.raises(FilesUnreachable, match="设置不对"):
        FileStore.open(place)


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "attachments").write_text("")
    with pytest.raises(FilesUnreachable, match="不能使用"):
        FileStore.open(tmp_path / "attachments")


@settings(max_examples=25, deadline=None)
@given(content=st.binary(max_size=2000))
def test_any_content_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    files = FileStore.open(tmp_path_factory.getbasetemp() / "any")
    assert files.get(files.put(content)) == content
