"""Where attachments lie: content under its own SHA-256, in a folder of the instance or in an object store.

What is put once is never changed; the same content is kept once, whoever puts it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_DIGEST = re.compile("[0-9a-f]{64}")


class FilesUnreachable(RuntimeError):
    """The store cannot be read or written just now; the message says what to do."""


class NoSuchFile(LookupError):
    """The store does not have this content."""


class FileDamaged(RuntimeError):
    """What lies under the digest is not the content that was put there."""


class FileStore:
    """Content by digest. Every method that is given a digest raises `ValueError` where it is none."""

    def __init__(self, store: ObjectStore, name: str, folder: Path | None) -> None:
        """Use an object store; `folder` where it is one of this machine. See `open`."""
        self._store, self.name, self._folder = store, name, folder

    @classmethod
    def open(cls, place: str | Path) -> FileStore:
        """Open a folder (made where it is missing), or what a URL names: s3://bucket/prefix (or gs://, az://).

        Keys, region and endpoint of an object store come from its own environment variables (`AWS_*`).
        Raise `FilesUnreachable` where the place cannot be used.
        """
        from obstore.exceptions import BaseError
        from obstore.store import LocalStore, from_url

        if "://" not in str(place):
            folder = Path(place).expanduser().absolute()
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # Drafts' files are nobody else's.
                return cls(LocalStore(folder), str(folder), folder)
            except (BaseError, OSError) as wrong:
                raise FilesUnreachable(
                    f"附件文件夹 {folder} 不能使用（{_first(wrong)}）。请检查磁盘和文件夹权限。"
                ) from wrong
        url = str(place)
        endpoint = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT") or ""
        try:
            store: ObjectStore = from_url(
                url,
                client_options={"timeout": "60s", "allow_http": endpoint.startswith("http://")},
                retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=30)},
            )
        except (BaseError, OSError, ValueError, TypeError) as wrong:
            raise FilesUnreachable(
                f"附件存储“{url}”的设置不对（{_first(wrong)}）。请写成文件夹，或 s3://桶名/前缀，并检查 AWS_ 开头的环境变量。"
            ) from wrong
        return cls(store, url, None)

    @property
    def is_local(self) -> bool:
        """Tell whether it is a folder of this machine."""
        return self._folder is not None

    def put(self, content: bytes) -> str:
        """Keep content unless it is there already, and return its digest. It lies there for good on return."""
        import obstore

        digest = hashlib.sha256(content).hexdigest()
        if self._has(digest, content):
            return digest
        with self._told():
            # Under its own digest only the very same content can be overwritten, or a damaged copy of it.
            obstore.put(self._store, _key(digest), content, use_multipart=False)
        if self._folder is not None:
            _settle(self._folder / _key(digest))
        return digest

    def get(self, digest: str) -> bytes:
        """Return the content, held against its digest; raise `NoSuchFile` or `FileDamaged`."""
        content = self._read(digest)
        if hashlib.sha256(content).hexdigest() != digest:
            raise FileDamaged(
                f"附件 {digest[:12]}… 的内容与登记的 SHA-256 不一致，文件已损坏。请从备份恢复。"
            )
        return content

    def exists(self, digest: str) -> bool:
        """Tell whether something lies under the digest."""
        return self._size(digest) is not None

    def delete(self, digest: str) -> None:
        """Remove content; nothing happens where there is none."""
        import obstore

        key = _key(digest)
        with self._told():
            if self._folder is not None:
                (self._folder / key).unlink(missing_ok=True)
                return
            try:
                obstore.delete(self._store, [key])
            except FileNotFoundError:
                return

    def _has(self, digest: str, content: bytes) -> bool:
        """Tell whether the content lies there. An object store watches over its objects itself; a folder is read."""
        if self._size(digest) != len(content):
            return False
        return self._folder is None or self._read(digest) == content

    def _size(self, digest: str) -> int | None:
        import obstore

        key = _key(digest)
        with self._told():
            try:
                if self._folder is not None:
                    return (self._folder / key).stat().st_size
                return int(obstore.head(self._store, key)["size"])
            except FileNotFoundError:
                return None

    def _read(self, digest: str) -> bytes:
        import obstore

        key = _key(digest)
        with self._told():
            try:
                # Not through the client: a build reads in forked processes, in which its threads are gone.
                if self._folder is not None:
                    return (self._folder / key).read_bytes()
                return bytes(obstore.get(self._store, key).bytes())
            except FileNotFoundError as missing:
                raise NoSuchFile(
                    f"附件存储中没有内容为 {digest[:12]}… 的文件。请从备份恢复，或重新上传。"
                ) from missing

    @contextmanager
    def _told(self) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError:
            raise
        except (BaseError, OSError) as wrong:
            raise FilesUnreachable(
                f"附件存储 {self.name} 不能读写（{_first(wrong)}）。请检查网络、磁盘和权限后再试。"
            ) from wrong


def _key(digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        raise ValueError("这不是 SHA-256")
    return f"{digest[:2]}/{digest}"


def _settle(file: Path) -> None:
    """Let a file, and its names in the folders above, survive a power cut; nobody else may read it."""
    file.chmod(0o600)
    for place in (file, file.parent, file.parent.parent):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _first(wrong: Exception) -> str:
    return (str(wrong).strip().splitlines() or [type(wrong).__name__])[0][:200]
