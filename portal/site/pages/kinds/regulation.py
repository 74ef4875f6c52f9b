"""制度文件: the text with an address for every heading, what it replaced and what replaced it, and how to cite it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.domain.documents.base import Document, Validity
from portal.domain.documents.regulation import Block, BlockType, Regulation
from portal.domain.values import fold
from portal.site.pages.declared import places
from portal.site.pages.shell import Context
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot, UnitView

READS: tuple[str, ...] = ("regulation",)  # What replaces it, and what it replaces.
SHOWN = places(
    "issuer co_issuers area effective_from effective_to supersedes provenance incomplete",
    blocks="type level number text",
)
_NUMERALS = frozenset("零〇一二三四五六七八九十百")
# A table of contents with sections is still one look; a longer one names the chapters alone.
_CONTENTS = 24


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


@dataclass(frozen=True)
class Standing:
    """Whether the text binds: `state` is "in_force", "coming", "expired" or "replaced", `word` says so.

    `by` are the unit's own texts that say they replace this one, `over` those that this one says it replaces.
    """

    state: str
    word: str
    by: tuple[RecordView, ...]
    over: tuple[RecordView, ...]


def pieces(document: Regulation) -> list[Piece]:
    """Number the blocks from 1; an address is `p` and that number."""
    found = []
    for number, block in enumerate(document.blocks, start=1):
        level = 1 if block.type is BlockType.ANNEX else max(block.level, 1)
        found.append(Piece(block, f"p{number}", level))
    return found


def contents(found: list[Piece]) -> list[Piece]:
    """Return the headings of the table of contents; none where there are too few to need one."""
    heads = [one for one in found if one.block.type in (BlockType.HEADING, BlockType.ANNEX)]
    listed = [one for one in heads if one.level <= 2]
    if len(listed) > _CONTENTS and len(chapters := [one for one in heads if one.level == 1]) > 2:
        listed = chapters
    return listed if len(listed) > 2 else []


def standing(snapshot: Snapshot, record: RecordView, document: Regulation) -> Standing:
    """Return whether the text binds on the day of the snapshot, by its own words and by those of the unit's other texts."""
    others = [
        (one, one.document)
        for one in snapshot.records_of(record.unit, "regulation")
        if one.id != record.id and isinstance(one.document, Regulation)
    ]
    over = tuple(one for one, text in others if _names(document.supersedes, one, text))
    by = tuple(one for one, text in others if _names(text.supersedes, record, document))
    begun = [one for one in by if _begun(one, snapshot.today)]
    if document.validity is not Validity.IN_FORCE:
        return Standing("expired", f"已{document.validity.label}", by, over)
    if begun:
        return Standing("replaced", "已被代替", by, over)
    if document.effective_to and document.effective_to < snapshot.today:
        return Standing("expired", "已失效", by, over)
    if document.effective_from and document.effective_from > snapshot.today:
        return Standing("coming", "尚未施行", by, over)
    return Standing("in_force", "现行有效", by, over)


def _begun(record: RecordView, today: date) -> bool:
    since = record.document.effective_from if isinstance(record.document, Regulation) else None
    return since is None or since <= today


def _names(text: str | None, record: RecordView, document: Regulation) -> bool:
    """Tell whether a text names a regulation: by its number, by its title in 《》, or by nothing but its title."""
    said = fold(text or "")
    if not said:
        return False
    titles = (fold(document.title), fold(record.title))
    number = fold(document.doc_no or "")
    return (
        bool(number and number in said) or said in titles or any(fold(f"《{one}》") in said for one in titles)
    )


def quoted(title: str) -> str:
    """Return a title in 《》; a title within it is set in 〈〉 (GB/T 15834)."""
    return f"《{title.replace('《', '〈').replace('》', '〉')}》"


def issuers(unit: UnitView, document: Regulation) -> str:
    """Return who issued the text: those it names, else the unit that published it."""
    return "、".join(one for one in (document.issuer or unit.name, document.co_issuers) if one)


def view(snapshot: Snapshot, _: JurisdictionView, record: RecordView, document: Document) -> Context:
    """Return the pieces, the table of contents, whether the text binds, and how to cite it."""
    assert isinstance(document, Regulation)  # noqa: S101 - the registry pairs view and model.
    found = pieces(document)
    return {
        "shown": SHOWN,
        "pieces": found,
        "contents": contents(found),
        "binds": standing(snapshot, record, document),
        "cited_issuer": issuers(record.unit, document),
        "cited_title": quoted(document.title),
    }
