"""A small object store that speaks enough of the S3 protocol over HTTP for the real client."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


@dataclass
class Stored:
    """What lies in the buckets and what was asked; after `fails_after` more writes every write is refused."""

    buckets: dict[str, dict[str, tuple[bytes, dict[str, str]]]]
    writes: list[str] = field(default_factory=list)
    fails_after: int | None = None
    denied: bool = False
    lock: Lock = field(default_factory=Lock)

    def may_write(self, what: str) -> bool:
        with self.lock:
            if self.fails_after is not None:
                if self.fails_after == 0:
                    return False
                self.fails_after -= 1
            self.writes.append(what)
            return True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stored: Stored

    def _place(self) -> tuple[str, str, dict[str, list[str]]]:
        parts = urlsplit(self.path)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        return bucket, key, parse_qs(parts.query, keep_blank_values=True)

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _error(self, status: int, code: str) -> None:
        self._answer(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode())

    def _objects(self, bucket: str) -> dict[str, tuple[bytes, dict[str, str]]] | None:
        if self.stored.denied:
            self._error(403, "AccessDenied")
            return None
        found = self.stored.buckets.get(bucket)
        if found is None:
            self._error(404, "NoSuchBucket")
        return found

    def do_GET(self) -> None:
        bucket, key, query = self._place()
        objects = self._objects(bucket)
        if objects is None:
            return
        if not key:
            prefix = query.get("prefix", [""])[0]
            listed = "".join(
                f"<Contents><Key>{escape(one)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
                f"<ETag>x</ETag><Size>{len(content)}</Size></Contents>"
                for one, (content, _) in sorted(objects.items())
                if one.startswith(prefix)
            )
            body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{listed}</ListBucketResult>".encode()
            self._answer(200, body, Content_Type="application/xml")
        elif key in objects:
            content, headers = objects[key]
            digest = md5(content, usedforsecurity=False).hexdigest()
            self._answer(
                200, content, ETag=f'"{digest}"', Last_Modified="Thu, 01 Jan 2026 00:00:00 GMT", **headers
            )
        else:
            self._error(404, "NoSuchKey")

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        bucket, key, _ = self._place()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        objects = self._objects(bucket)
        if objects is None:
            return
        if not self.stored.may_write(f"put {key}"):
            self._error(403, "AccessDenied")
            return
        kept = ("Content-Type", "Content-Encoding", "Cache-Control")
        objects[key] = body, {name: self.headers[name] for name in kept if name in self.headers}
        self._answer(200, ETag='"x"')

    def do_POST(self) -> None:
        bucket, _, query = self._place()
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        objects = self._objects(bucket)
        if objects is None:
            return
        assert "delete" in query
        keys = re.findall(r"<Key>(.*?)</Key>", body)
        if not self.stored.may_write(f"delete {' '.join(keys)}"):
            self._error(403, "AccessDenied")
            return
        for key in keys:
            objects.pop(key, None)
        gone = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        self._answer(200, f"<DeleteResult>{gone}</DeleteResult>".encode(), Content_Type="application/xml")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def object_store(*buckets: str) -> Iterator[tuple[str, Stored]]:
    """Run a store with empty buckets; give its address and what is in it."""
    stored = Stored({name: {} for name in buckets})
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"stored": stored}))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", stored
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
