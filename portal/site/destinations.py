"""Where a copy of the site is carried to: a folder, or a bucket of an S3-compatible object store.

Both say in plain Chinese (`Unreachable`) why they cannot be read or written.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from portal.site.manifests import MANIFEST

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".webmanifest": "application/manifest+json",
    ".xml": "application/xml",
    ".atom": "application/atom+xml",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
    ".gz": "application/gzip",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
UNFINISHED = ".carrying"  # Ends the name of a file that is still being written.


class Unreachable(RuntimeError):
    """The destination cannot be read or written; the message says why and what to do."""


class Destination(Protocol):
    """A place that holds a copy of the site. Paths are relative, with slashes. Errors are `Unreachable`."""

    name: str
    writers: int  # How many files may well be put at once.

    def read(self, path: str) -> bytes | None:
        """Return a file's content, or None where there is none."""

    def is_empty(self) -> bool:
        """Tell whether nothing at all lies there."""

    def put(self, path: str, content: bytes) -> None:
        """Put a file in one step: readers find the old content or the new."""

    def delete(self, paths: Iterable[str]) -> None:
        """Delete files; those that are missing do not matter."""


def content_type(path: str) -> str:
    """Return the media type of a file of the site, the same on every machine."""
    return _TYPES.get(PurePosixPath(path).suffix, "application/octet-stream")


def cache_control(path: str) -> str:
    """Return how long a copy may be used without asking: pages never, styles and fonts ten minutes."""
    return "public, max-age=600" if path.startswith("static/") else "no-cache"


def attributes(path: str) -> dict[str, str]:
    """Return what an object store is to say with a file: attached files are to be saved, not shown."""
    shown = {"Content-Type": content_type(path), "Cache-Control": cache_control(path)}
    return shown | {"Content-Disposition": "attachment"} if "/files/" in path else shown


def destination(text: str) -> Destination:
    """Return the place that a user named: `s3://bucket/prefix`, or a folder."""
    if not text.startswith("s3://"):
        if "://" in text:
            raise Unreachable(f"不认识“{text}”。目的地请写成文件夹，或 s3://桶名/前缀。")
        return Folder(Path(text).expanduser().absolute())
    parts = urlsplit(text)
    if not parts.netloc or parts.query or parts.fragment or ".." in PurePosixPath(parts.path).parts:
        raise Unreachable(f"“{text}”写法不对。对象存储请写成 s3://桶名 或 s3://桶名/前缀。")
    return Bucket(text, *_s3_store(parts.netloc, parts.path.strip("/")))


class Folder:
    """A folder of this machine, or one that is mounted."""

    writers = 1

    def __init__(self, folder: Path) -> None:
        """Use an absolute path; the folder is made when the first file is put."""
        self.folder, self.name = folder, str(folder)
        self._made: set[Path] = set()
        self._inside: set[Path] = set()

    def read(self, path: str) -> bytes | None:
        """Return a file's content."""
        with _told(self.name):
            try:
                return self._place(path).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def is_empty(self) -> bool:
        """Tell whether the folder is missing or holds nothing."""
        with _told(self.name):
            return not self.folder.exists() or next(self.folder.iterdir(), None) is None

    def put(self, path: str, content: bytes) -> None:
        """Write beside, then rename."""
        file = self._place(path)
        aside = file.with_name(f".{file.name}{UNFINISHED}")
        with _told(str(file)):
            if file.parent not in self._made:
                file.parent.mkdir(parents=True, exist_ok=True)
                self._made.add(file.parent)
            aside.unlink(missing_ok=True)  # Left by a killed run, or a link that somebody planted.
            handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                if file.name == MANIFEST:  # What vouches for the rest survives a power cut.
                    stream.flush()
                    os.fsync(stream.fileno())
            aside.replace(file)

    def delete(self, paths: Iterable[str]) -> None:
        """Delete files, what a killed run left of them, and the folders that have become empty."""
        for path in paths:
            file = self._place(path)
            with _told(str(file)):
                try:
                    file.unlink(missing_ok=True)
                    file.with_name(f".{file.name}{UNFINISHED}").unlink(missing_ok=True)
                except NotADirectoryError:
                    continue
                self._tidy(file.parent)

    def _tidy(self, folder: Path) -> None:
        while folder != self.folder:
            try:
                folder.rmdir()
            except FileNotFoundError:
                pass
            except OSError:
                return
            self._made.discard(folder)
            folder = folder.parent

    def _place(self, path: str) -> Path:
        file = self.folder / path
        # A link that somebody planted must not lead out of the folder.
        if file.parent not in self._inside:
            if not file.parent.resolve().is_relative_to(self.folder.resolve()):
                raise Unreachable(f"{file.parent} 是通向别处的链接，未写入。请删除这个链接后重试。")
            self._inside.add(file.parent)
        return file


class Bucket:
    """A bucket behind the S3 protocol, or a part of one."""

    writers = 16

    def __init__(self, name: str, store: ObjectStore, endpoint: str) -> None:
        """Use an object store; `name` and `endpoint` are for messages."""
        self.name, self._store, self._endpoint = name, store, endpoint

    def read(self, path: str) -> bytes | None:
        """Return an object's content."""
        import obstore
        from obstore.exceptions import NotFoundError

        with self._told():
            try:
                return bytes(obstore.get(self._store, path).bytes())
            except (NotFoundError, FileNotFoundError) as missing:
                if "NoSuchBucket" in str(missing):
                    raise
                return None

    def is_empty(self) -> bool:
        """Tell whether no object lies under the prefix."""
        import obstore

        with self._told():
            return not any(len(some) for some in obstore.list(self._store, chunk_size=1))

    def put(self, path: str, content: bytes) -> None:
        """Put an object with its media type and how long it may be cached."""
        import obstore

        with self._told():
            obstore.put(
                self._store,
                path,
                content,
                attributes=attributes(path),
                use_multipart=len(content) > 64 * 2**20,
            )

    def delete(self, paths: Iterable[str]) -> None:
        """Delete objects, many with one request."""
        import obstore
        from obstore.exceptions import NotFoundError

        with self._told():
            listed = list(paths)
            try:
                obstore.delete(self._store, listed)
            except (
                NotFoundError,
                FileNotFoundError,
            ) as missing:  # Stores without bulk deletion tell of missing ones.
                if "NoSuchBucket" in str(missing):
                    raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, OSError) as wrong:
            raise Unreachable(_say(str(wrong), self.name, self._endpoint)) from wrong


def _s3_store(bucket: str, prefix: str) -> tuple[ObjectStore, str]:
    """Return the store, and its endpoint for messages. Keys, region and endpoint come from AWS_* variables."""
    try:
        from obstore.exceptions import BaseError
        from obstore.store import S3Store
    except ImportError as missing:
        raise Unreachable("没有安装 obstore，不能使用对象存储。请运行 pip install obstore。") from missing
    endpoint = (
        os.environ.get("AWS_ENDPOINT_URL_S3")
        or os.environ.get("AWS_ENDPOINT_URL")
        or os.environ.get("AWS_ENDPOINT", "")
    )
    try:
        store = S3Store(
            bucket,
            prefix=prefix or None,
            config={"endpoint": endpoint} if endpoint else None,
            client_options={
                "connect_timeout": "10s",
                "timeout": "120s",
                "allow_http": endpoint.startswith("http://"),
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=30)},
        )
    except (BaseError, OSError, ValueError) as wrong:
        raise Unreachable(
            f"对象存储的设置不对（{_first(str(wrong))}）。请检查 AWS_ 开头的环境变量。"
        ) from wrong
    return store, endpoint or "AWS"


_DENIED = (
    "AccessDenied",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "credential",
    "Credential",
)
_DENIED_STATUS = re.compile(r"(?<![\w.:])40[13](?![\w.:])")  # A port or an address may hold these digits too.


def _say(told: str, name: str, endpoint: str) -> str:
    """Say in Chinese what an object store says."""
    if "NoSuchBucket" in told:
        return f"没有 {name} 这个存储桶。请核对桶名，或先在对象存储（{endpoint}）中建立。"
    if any(word in told for word in _DENIED) or _DENIED_STATUS.search(told):
        return (
            f"没有读写 {name} 的权限。请核对环境变量 AWS_ACCESS_KEY_ID、AWS_SECRET_ACCESS_KEY、AWS_REGION，"
            "以及该密钥对这个存储桶的读、写、删、列出权限。"
        )
    if any(word in told for word in ("error sending request", "connect", "dns", "timed out", "timeout")):
        return f"连接不上对象存储（{endpoint}）。请检查网络和环境变量 AWS_ENDPOINT_URL。"
    return f"对象存储（{endpoint}）没有完成操作：{_first(told)}"


def _first(text: str) -> str:
    return text.strip().splitlines()[0][:300] if text.strip() else "原因不明"


_REASONS: dict[int | None, str] = {
    errno.ENOSPC: "磁盘已满，请腾出空间",
    errno.EDQUOT: "超出磁盘配额，请腾出空间",
    errno.EACCES: "没有权限，请检查文件夹的属主和权限",
    errno.EPERM: "没有权限，请检查文件夹的属主和权限",
    errno.EROFS: "该磁盘只读，请换一个位置",
    errno.ENOENT: "这里不能建立文件夹，请换一个位置",
    errno.ENOTDIR: "路径中有一段是文件而不是文件夹，请换一个位置",
    errno.EEXIST: "路径中有一段是文件而不是文件夹，请换一个位置",
    errno.EISDIR: "这里已有同名的文件夹，请移走它",
    errno.ENAMETOOLONG: "文件名过长，请换一个路径较短的位置",
    errno.EFBIG: "文件过大，该磁盘的格式不支持",
    errno.EIO: "磁盘读写出错，请检查磁盘",
}


@contextmanager
def _told(where: str) -> Iterator[None]:
    try:
        yield
    except OSError as wrong:
        reason = _REASONS.get(wrong.errno) or f"系统提示“{wrong.strerror or wrong}”，请检查该位置"
        raise Unreachable(f"不能读写 {where}：{reason}，然后重新运行。") from wrong
