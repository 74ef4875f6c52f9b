"""A row of text that still knows which source lines it came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One paragraph in the making.

    `text` is read; `raw` is the same text as it stood in the file, character
    for character, so that a removal can be quoted. `marks` are (offset, line):
    from that offset on, the text comes from that source line.
    """

    text: str
    raw: str
    marks: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, line: int, text: str, raw: str | None = None) -> Row:
        """Make a row of one source line."""
        raw = text if raw is None or len(raw) != len(text) else raw
        return cls(text, raw, ((0, line),))

    @property
    def line(self) -> int:
        """The first source line."""
        return self.marks[0][1]

    def line_at(self, offset: int) -> int:
        """Return the source line of the character at `offset`."""
        return [line for start, line in self.marks if start <= offset][-1]

    def part(self, start: int, end: int | None = None) -> Row:
        """Return the characters from `start` to `end`."""
        end = len(self.text) if end is None else end
        later = tuple((at - start, line) for at, line in self.marks if start < at < end)
        return Row(self.text[start:end], self.raw[start:end], ((0, self.line_at(start)), *later))

    def joined(self, other: Row) -> Row:
        """Return this row with `other` right behind it."""
        size = len(self.text)
        shifted = tuple((at + size, line) for at, line in other.marks)
        marks = shifted if not self.text else self.marks + shifted
        return Row(self.text + other.text, self.raw + other.raw, marks)

    def without(self, spans: Iterable[tuple[int, int]]) -> Row:
        """Return this row without the given stretches, which are in order and apart."""
        kept: Row | None = None
        place = 0
        for start, end in [*spans, (len(self.text), len(self.text))]:
            piece = self.part(place, start)
            kept = piece if kept is None else kept.joined(piece)
            place = end
        assert kept is not None  # noqa: S101 - the closing span above makes at least one piece.
        return kept

    def trimmed(self) -> Row:
        """Return this row without blanks at its ends."""
        start = len(self.text) - len(self.text.lstrip())
        return self.part(start, max(start, len(self.text.rstrip())))

    def with_text(self, text: str) -> Row:
        """Return this row with its text replaced by one of the same length."""
        return Row(text, self.raw, self.marks)
