"""The parts of an Office file (an OPC package, ECMA-376 part 2), unpacked within bounds and packed again anew."""

from __future__ import annotations

import html
import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from portal.exchange.attachments.results import Refused

MAX_UNPACKED = 200 * 2**20
MAX_PARTS = 4_000
_MAX_RATIO = 200  # Real Office files pack 3 to 60 times.
_RATIO_FLOOR = 20 * 2**20
TYPES = "[Content_Types].xml"
ROOT_RELS = "_rels/.rels"
_EXTERNAL = ' TargetMode="External"'
_DOCUMENT = "/officeDocument"
_TAG = re.compile(rb"<(?:\w+:)?(Relationship|Override|Default)(\s(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)/?>")
_ATTRIBUTE = re.compile(rb"""\s(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


@dataclass(frozen=True)
class Relation:
    """One relationship of a part: its id, what sort it is (the last word of its type), where it leads."""

    id: str
    type: str
    target: str
    external: bool

    @property
    def sort(self) -> str:
        """The last word of the type, which is the same in the transitional and the strict form."""
        return self.type.rsplit("/", 1)[-1]


@dataclass
class Package:
    """The parts by name, in the order in which they lay; and the media type that each is declared to have."""

    parts: dict[str, bytes]
    overrides: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)

    @property
    def main(self) -> str:
        """The name of the main part; blank where there is none."""
        for one in self.relations(""):
            if one.type.endswith(_DOCUMENT) and not one.external:
                return resolve("", one.target)
        return ""

    @property
    def main_type(self) -> str:
        """The media type of the main part."""
        name = self.main
        return (
            self.overrides.get(name, self.defaults.get(name.rpartition(".")[2].lower(), "")) if name else ""
        )

    def relations(self, part: str) -> list[Relation]:
        """Return the relationships of a part, or of the package itself for a blank name."""
        return list(_relations(self.parts.get(rels_of(part), b"")))

    def put_relations(self, part: str, relations: list[Relation]) -> None:
        """Write a part's relationships anew."""
        lines = "".join(
            f'<Relationship Id="{html.escape(one.id)}" Type="{html.escape(one.type)}" Target="{html.escape(one.target)}"'
            f"{_EXTERNAL if one.external else ''}/>"
            for one in relations
        )
        self.parts[rels_of(part)] = (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{lines}</Relationships>'
        ).encode()

    def reachable(self) -> set[str]:
        """Return the parts that relationships lead to from the package's root."""
        found: set[str] = set()
        waiting = [""]
        while waiting:
            part = waiting.pop()
            for one in self.relations(part):
                name = resolve(part, one.target)
                if not one.external and name in self.parts and name not in found:
                    found.add(name)
                    waiting.append(name)
        return found

    def packed(self) -> bytes:
        """Return the package with nothing in it but what its relationships lead to; the same parts give the same bytes."""
        kept = self.reachable()
        rels = {rels_of(name) for name in ("", *kept)}
        names = [name for name in self.parts if name in kept or name in rels]
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, content in ((TYPES, self._types(kept)), *((one, self.parts[one]) for one in names)):
                # An entry without a clock: 1980-01-01, the first day that the format knows.
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        return out.getvalue()

    def _types(self, kept: set[str]) -> bytes:
        endings = {name.rpartition(".")[2].lower() for name in kept} | {"rels", "xml"}
        defaults = "".join(
            f'<Default Extension="{html.escape(ending)}" ContentType="{html.escape(kind)}"/>'
            for ending, kind in self.defaults.items()
            if ending in endings
        )
        overrides = "".join(
            f'<Override PartName="/{html.escape(name)}" ContentType="{html.escape(kind)}"/>'
            for name, kind in self.overrides.items()
            if name in kept
        )
        return (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{defaults}{overrides}</Types>'
        ).encode()


def rels_of(part: str) -> str:
    """Return the name of the part that holds another's relationships."""
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"


def resolve(part: str, target: str) -> str:
    """Return the name of the part that a relationship's target means, seen from the part that it belongs to."""
    target = unquote(target.partition("#")[0])
    base = "/" if target.startswith("/") else f"/{posixpath.dirname(part)}"
    return posixpath.normpath(posixpath.join(base, target)).lstrip("/")


def open_package(data: bytes) -> Package:
    """Unpack an archive within bounds, whatever its directory claims; raise `Refused`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [one for one in archive.infolist() if not one.is_dir()]
            _check_directory(infos)
            package = Package(dict(_unpacked(archive, infos)))
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, struct.error, zlib.error, RuntimeError) as broken:  # fmt: skip
        if isinstance(broken, Refused):
            raise
        raise _broken() from broken
    for name, content in package.parts.items():
        if name.lower().endswith((".xml", ".rels", ".vml")):
            _check_markup(content)
    for kind, given in _tags(package.parts.get(TYPES, b"")):
        if kind == "Override":
            package.overrides[unquote(given.get("PartName", "")).lstrip("/")] = given.get("ContentType", "")
        elif kind == "Default":
            package.defaults[given.get("Extension", "").lower()] = given.get("ContentType", "")
    return package


def _check_directory(infos: list[zipfile.ZipInfo]) -> None:
    names = {one.filename.lower() for one in infos}
    if len(infos) > MAX_PARTS or len(names) != len(infos):
        raise _broken()
    if any(one.flag_bits & 1 for one in infos):
        raise Refused("文件设有密码，别人打不开。请取消密码后另存，再添加。")
    if any(
        one.filename.startswith("/") or "\\" in one.filename or ".." in one.filename.split("/")
        for one in infos
    ):
        raise _broken()
    total, packed = sum(one.file_size for one in infos), sum(one.compress_size for one in infos)
    if total > MAX_UNPACKED or (total > _RATIO_FLOOR and total > _MAX_RATIO * max(1, packed)):
        raise _bomb()


def _unpacked(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> Iterator[tuple[str, bytes]]:
    left = MAX_UNPACKED
    for one in infos:
        with archive.open(one) as stream:  # The length in the directory is only a claim.
            content = stream.read(left + 1)
        left -= len(content)
        if left < 0 or (
            len(content) > _RATIO_FLOOR and len(content) > _MAX_RATIO * max(1, one.compress_size)
        ):
            raise _bomb()
        yield one.filename, content


def _check_markup(content: bytes) -> None:
    head = content[:200].lstrip(b"\xef\xbb\xbf \r\n\t")
    declared = re.match(rb"""<\?xml[^>]*encoding\s*=\s*["']([^"']+)""", head)
    odd = declared is not None and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii")
    if odd or content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise Refused(
            "文件内部含有办公软件不会写入的内容（DTD、实体或非 UTF-8 编码），为安全起见不予接收。"
            "请用 Word、Excel 或 WPS 打开后另存一份，再添加。"
        )


def _tags(content: bytes) -> Iterator[tuple[str, dict[str, str]]]:
    for tag in _TAG.finditer(content):
        given = {
            one[1].decode(): html.unescape((one[2] or one[3]).decode("utf-8", "replace"))
            for one in _ATTRIBUTE.finditer(tag[2])
        }
        yield tag[1].decode(), given


def _relations(content: bytes) -> Iterator[Relation]:
    for kind, given in _tags(content):
        if kind == "Relationship":
            yield Relation(
                given.get("Id", ""),
                given.get("Type", ""),
                given.get("Target", ""),
                given.get("TargetMode", "").strip().lower() == "external",
            )


def _broken() -> Refused:
    return Refused("文件已损坏，打不开其中的内容。请用 Word、Excel 或 WPS 打开原文件，另存一份后再添加。")


def _bomb() -> Refused:
    return Refused(
        "文件解压后异常庞大（超过 200 MB 或压缩比异常），为安全起见不予接收。请压缩其中的图片，或另存为 PDF 后再添加。"
    )
