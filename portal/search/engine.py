"""The only module that knows Whoosh, through API that its distributions share.

Whoosh keeps the postings, the stored fields and the segments. Which records
an answer holds, in which order and with which counts is decided in
`portal.search.ranking`, from the postings that `View` hands out.
"""

from __future__ import annotations

import random
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from whoosh import columns, fields, formats, index, scoring
from whoosh.analysis import IDTokenizer

from portal.search import analysis
from portal.search.entries import Entry, IndexDamaged
from portal.search.query import exact_term

SUFFIXES = (".toc", ".seg")  # The files that make up a state; the engine's lock file does not belong to it.
MEMORY_MB = 256
WEIGHTS = {"title": 4.0, "head": 2.0, "body": 1.0}
KEPT_POSTINGS = 1_000_000  # About 100 MB of scores that were worked out once.
_GAP = "\x1f"


class Card(NamedTuple):
    """What filters, counts and order need of a record, without unpacking its text."""

    key: str
    jurisdiction: str
    unit: str
    unit_name: str
    kind: str
    kind_label: str
    year: int | None
    day: int


class Shown(NamedTuple):
    """What is shown of a record, and what a phrase is looked for in."""

    url: str
    title: str
    jurisdiction_name: str
    published_on: date
    doc_no: str
    index_no: str
    text: str


class Terms(fields.FieldType):  # type: ignore[misc] # Whoosh ships no types.
    """A field whose value is its terms with their counts; the analysis lies outside the engine."""

    def __init__(self) -> None:
        """Keep no positions: phrases are verified in the text itself."""
        super().__init__(format=formats.Existence(), analyzer=IDTokenizer(), scorable=True)

    def index(self, value: Mapping[str, int], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Yield (term, frequency, weight, no payload)."""
        for term, count in value.items():
            yield term.encode("utf-8", "replace"), count, float(count), b""


def _schema() -> Any:
    return fields.Schema(
        key=fields.ID(),
        card=fields.COLUMN(columns.VarBytesColumn()),
        shown=fields.STORED(),
        title=Terms(),
        head=Terms(),
        body=Terms(),
    )


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    """Turn whatever the engine throws at a broken file into the one error that says how to mend it."""
    try:
        yield
    except (FileNotFoundError, MemoryError, IndexDamaged):
        raise
    except Exception as wrong:
        raise IndexDamaged(f"文件夹 {folder} 中的文件读不出来（{type(wrong).__name__}）") from wrong


@contextmanager
def _unrepeatable_names() -> Iterator[None]:
    """Let the engine draw a segment's name from true randomness.

    It uses Python's common generator. Where a program has seeded that, the
    name of an earlier segment would come again, and the file that other
    states share with this one would be written over.
    """
    before = random.getstate()
    random.seed(secrets.randbits(256))
    try:
        yield
    finally:
        random.setstate(before)


def _document(entry: Entry) -> dict[str, Any]:
    title = analysis.terms(entry.title)
    if exact := exact_term(entry.title):
        title[exact] = 1
    names = (entry.unit_name, entry.jurisdiction_name, entry.kind_label, entry.doc_no or "", entry.index_no)
    head = analysis.terms("\n".join(names))
    head.update(analysis.amount_term(fen) for fen in entry.amounts)
    card = (
        entry.key,
        entry.jurisdiction,
        entry.unit,
        entry.unit_name,
        entry.kind,
        entry.kind_label,
        "" if entry.year is None else str(entry.year),
        str(entry.published_on.toordinal()),
    )
    shown = (
        entry.url,
        entry.title,
        entry.jurisdiction_name,
        entry.published_on.toordinal(),
        entry.doc_no or "",
        entry.index_no,
        entry.text,
    )
    return {
        "key": entry.key,
        "card": _GAP.join(part.replace(_GAP, " ") for part in card).encode("utf-8", "replace"),
        "shown": shown,
        "title": title,
        "head": head,
        "body": analysis.terms(entry.text),
    }


def _read_card(packed: bytes) -> Card:
    key, jurisdiction, unit, unit_name, kind, kind_label, year, day = packed.decode("utf-8").split(_GAP)
    return Card(key, jurisdiction, unit, unit_name, kind, kind_label, int(year) if year else None, int(day))


def create(folder: Path) -> None:
    """Start an empty index in the folder."""
    index.create_in(str(folder), _schema())


def change(
    folder: Path,
    put: Iterable[Entry],
    remove: Iterable[str],
    progress: Callable[[int], None] | None = None,
) -> int:
    """Remove, then put, in one commit. Return how many were put.

    Keys in `put` that are in the index must stand in `remove` too.
    """
    writer: Any = None
    try:
        with _readable(folder):
            with _unrepeatable_names():
                writer = index.open_dir(str(folder)).writer(limitmb=MEMORY_MB)
            for key in remove:
                writer.delete_by_term("key", key)
        count = 0
        for count, entry in enumerate(put, 1):
            writer.add_document(**_document(entry))
            if progress:
                progress(count)
        with _readable(folder):
            writer.commit()
        writer = None
        return count
    finally:
        if writer is not None:
            writer.cancel()


class View:
    """One state of the index, open for reading. Not for two threads at a time."""

    def __init__(self, folder: Path, earlier: View | None = None) -> None:
        """Open the state; what the earlier view knows of segments that are still there is taken over."""
        self._folder = folder
        self._scores: OrderedDict[str, Mapping[int, float]] = OrderedDict()
        self._kept = 0
        self._literals: OrderedDict[object, frozenset[int]] = OrderedDict()
        with _readable(folder):
            self._searcher: Any = index.open_dir(str(folder)).searcher(weighting=scoring.BM25F())
            try:
                self._segments: dict[str, list[Card]] = {}
                self.cards: list[Card] = []
                self._read_cards(earlier._segments if earlier else {})
            except BaseException:
                self._searcher.close()
                raise

    def _read_cards(self, known: Mapping[str, list[Card]]) -> None:
        for leaf, _ in self._searcher.reader().leaf_readers():
            held = leaf.doc_count_all()
            if not held:
                continue
            name = str(leaf.segment().segment_id())
            cards = known.get(name)
            if cards is None:
                column = leaf.column_reader("card", translate=False)
                cards = [_read_card(column[number]) for number in range(held)]
            self._segments[name] = cards
            self.cards.extend(cards)

    def count(self) -> int:
        """Return how many records can be found."""
        with _readable(self._folder):
            return int(self._searcher.doc_count())

    def holds(self, key: str) -> bool:
        """Return whether a record with this key can be found."""
        with _readable(self._folder):
            return self._searcher.document_number(key=key) is not None

    def scores(self, term: str) -> Mapping[int, float]:
        """Return what each record that has the term scores for it. Worked out once per view."""
        if (known := self._scores.get(term)) is not None:
            self._scores.move_to_end(term)
            return known
        with _readable(self._folder):
            found = self._work_out(term)
        self._scores[term] = found
        self._kept += len(found)
        while self._kept > KEPT_POSTINGS and len(self._scores) > 1:
            self._kept -= len(self._scores.popitem(last=False)[1])
        while len(self._scores) > 10_000:
            self._kept -= len(self._scores.popitem(last=False)[1])
        return found

    def _work_out(self, term: str) -> dict[int, float]:
        found: dict[int, float] = {}
        reader = self._searcher.reader()
        for field, weight in WEIGHTS.items():
            if (field, term) not in reader:
                continue
            matcher = self._searcher.postings(field, term)
            while matcher.is_active():
                number = matcher.id()
                found[number] = found.get(number, 0.0) + weight * matcher.score()
                matcher.next()
        return found

    def shown(self, number: int) -> Shown:
        """Return what is shown of a record."""
        with _readable(self._folder):
            url, title, place, day, doc_no, index_no, text = self._searcher.stored_fields(number)["shown"]
        return Shown(url, title, place, date.fromordinal(day), doc_no, index_no, text)

    def literal(self, parts: tuple[str, ...]) -> frozenset[int]:
        """Return the records that have the primitives side by side in one of their fields."""
        if (known := self._literals.get(parts)) is not None:
            self._literals.move_to_end(parts)
            return known
        held = sorted((self.scores(part).keys() for part in set(parts)), key=len)
        candidates = set(held[0]).intersection(*held[1:]) if held else set()
        pattern = analysis.literal_pattern(parts)
        found = frozenset(number for number in candidates if self._has(number, pattern))
        self._literals[parts] = found
        while len(self._literals) > 200:
            self._literals.popitem(last=False)
        return found

    def _has(self, number: int, pattern: Any) -> bool:
        shown, card = self.shown(number), self.cards[number]
        places = (
            shown.title,
            card.unit_name,
            shown.jurisdiction_name,
            card.kind_label,
            shown.doc_no,
            shown.index_no,
            shown.text,
        )
        return any(pattern.search(analysis.normal(place)) for place in places if place)

    def close(self) -> None:
        """Let go of the files."""
        if not self._searcher.is_closed:
            self._searcher.close()
