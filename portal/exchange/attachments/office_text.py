"""The text of an Office file: everything that somebody who opens it can find in it, hidden parts included."""

from __future__ import annotations

import re
from contextlib import suppress
from xml.parsers import expat

from portal.domain.documents.attachment import MediaType
from portal.exchange.attachments.packages import Package
from portal.exchange.attachments.results import MAX_TEXT

_PARTS = {
    MediaType.DOCX: re.compile(
        r"word/(?:document|header|footer|footnotes|endnotes|charts/chart|diagrams/data|glossary/document)\d*\.xml"
    ),
    MediaType.PPTX: re.compile(
        r"ppt/(?:slides/slide|notesSlides/notesSlide|charts/chart|diagrams/data)\d*\.xml"
    ),
    MediaType.XLSX: re.compile(
        r"xl/(?:worksheets/sheet|drawings/drawing|charts/chart|diagrams/data)\d*\.xml"
    ),
}
_NUMBER = re.compile(r"(\d+)(?=\.xml$)")
_ENDS_LINE = frozenset(("p", "row", "tr", "br", "cr", "si", "pt"))
_ENDS_CELL = frozenset(("tc", "tab", "c"))
_LEAVES_OUT = frozenset(("Fallback", "rPh"))  # Said once more for old programs; how a word is pronounced.


def office_text(package: Package, kind: MediaType) -> str:
    """Return what the file says; about as much as is kept, however long it is."""
    shared = _shared_strings(package) if kind is MediaType.XLSX else []
    pieces: list[str] = []
    length = 0
    for name in sorted((one for one in package.parts if _PARTS[kind].fullmatch(one)), key=_order):
        text = _Reader(shared if name.startswith("xl/worksheets/") else None).read(package.parts[name])
        pieces.append(text)
        length += len(text)
        if length > MAX_TEXT:
            break
    return "\n".join(filter(None, pieces))


def _order(name: str) -> tuple[str, int]:
    number = _NUMBER.search(name)
    return _NUMBER.sub("", name), int(number[1]) if number else 0


def _shared_strings(package: Package) -> list[str]:
    reader = _Reader(None, each="si")
    reader.read(package.parts.get("xl/sharedStrings.xml", b""))
    return reader.items


class _Enough(Exception):
    """More text than is kept."""


class _Reader:
    """Reads one part as it streams by; nothing of it is kept but its text."""

    def __init__(self, shared: list[str] | None, *, each: str = "") -> None:
        """Resolve cells by `shared` strings; with `each`, collect one item for every such element instead."""
        self._shared, self._each = shared, each
        self.items: list[str] = []
        self._pieces: list[str] = []
        self._length, self._depth_out, self._taking = 0, 0, False
        self._cell, self._value = "", []  # type: str, list[str]

    def read(self, content: bytes) -> str:
        """Return the part's text; what was read so far where it is torn."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        with suppress(expat.ExpatError, _Enough):
            parser.Parse(content, True)
        return "\n".join(filter(None, (" ".join(line.split()) for line in "".join(self._pieces).split("\n"))))

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name in _LEAVES_OUT:
            self._depth_out += 1
        elif name == "c" and self._shared is not None:
            self._cell = attributes.get("t", "n")
        elif name in ("t", "v"):
            self._taking, self._value = True, []

    def _characters(self, text: str) -> None:
        if self._taking and not self._depth_out:
            self._value.append(text)

    def _end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        if name in _LEAVES_OUT:
            self._depth_out -= 1
        elif name in ("t", "v") and self._taking:
            self._taking = False
            self._add(self._of_cell("".join(self._value)) if name == "v" else "".join(self._value))
        if name == self._each:
            self.items.append(" ".join("".join(self._pieces).split()))
            self._pieces = []
        elif name in _ENDS_LINE:
            self._pieces.append("\n")
        elif name in _ENDS_CELL:
            self._pieces.append(" ")

    def _add(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)
        if self._length > MAX_TEXT and not self._each:
            raise _Enough

    def _of_cell(self, value: str) -> str:
        if self._shared is None:
            return value
        if self._cell == "s":
            place = int(value) if value.isdigit() and len(value) < 9 else -1
            return self._shared[place] if 0 <= place < len(self._shared) else ""
        if "E" in value or "e" in value:  # How a program writes a long number, such as that of a telephone.
            try:
                number = float(value)
            except ValueError:
                return value
            return str(int(number)) if abs(number) < 1e19 and number == int(number) else value
        return value
