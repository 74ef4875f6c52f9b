"""制度文件: the text with an address for every heading, and a table of contents."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.documents.base import Document
from portal.domain.documents.regulation import Block, BlockType, Regulation
from portal.site.pages.declared import places
from portal.site.pages.shell import Context
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot

SHOWN = places(
    "issuer co_issuers area effective_from effective_to supersedes provenance incomplete",
    blocks="type level number text",
)
_NUMERALS = frozenset("零〇一二三四五六七八九十百")


@dataclass(frozen=True)
class Piece:
    """A block with its address; `level` is 1 for chapters and annexes, deeper for what stands inside."""

    block: Block
    anchor: str
    level: int

    @property
    def number(self) -> str:
        """The number with what stands between it and the text: 一、 1． 附件 and a blank."""
        number = self.block.number or ""
        if not number or number[-1] in "、．.）)":
            return number
        if set(number) <= _NUMERALS:
            return f"{number}、"
        return f"{number}．" if number.isdigit() else f"{number}　"


def pieces(document: Regulation) -> list[Piece]:
    """Number the blocks from 1; an address is `p` and that number."""
    found = []
    for number, block in enumerate(document.blocks, start=1):
        level = 1 if block.type is BlockType.ANNEX else max(block.level, 1)
        found.append(Piece(block, f"p{number}", level))
    return found


def view(_: Snapshot, __: JurisdictionView, ___: RecordView, document: Document) -> Context:
    """Return the pieces and the headings of the first two levels."""
    assert isinstance(document, Regulation)  # noqa: S101 - the registry pairs view and model.
    found = pieces(document)
    heads = [one for one in found if one.block.type in (BlockType.HEADING, BlockType.ANNEX)]
    contents = [one for one in heads if one.level == 1]
    if len(contents) < 3:
        contents = [one for one in heads if one.level <= 2]
    return {"shown": SHOWN, "pieces": found, "contents": contents if len(contents) > 2 else []}
