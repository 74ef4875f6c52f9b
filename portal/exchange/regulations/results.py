"""What a reading hands back: the document, what was taken away, what must be asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from portal.domain.documents.regulation import Regulation


class UnreadableFile(ValueError):
    """The file cannot be read. The message says in Chinese what is wrong and how to mend it."""


@dataclass(frozen=True)
class Removal:
    """Text that is not part of the document. `line` counts from 1; `text` is as it stood in the file."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True)
class Doubt:
    """A question that only a person can answer, with the text it is about."""

    line: int
    text: str
    question: str


@dataclass(frozen=True)
class RegulationReading:
    """A reading: nothing of it is confirmed yet."""

    document: Regulation
    removed: tuple[Removal, ...]
    doubts: tuple[Doubt, ...]


@dataclass
class Notes:
    """Collects removals and doubts while a file is read."""

    removed: list[Removal] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    incomplete: bool = False
    _asked: set[Doubt] = field(default_factory=set)

    def remove(self, line: int, text: str, reason: str) -> None:
        """Note text that was taken away; blank text is not worth a line."""
        if text.strip():
            self.removed.append(Removal(line, text.strip(), reason))

    def ask(self, line: int, text: str, question: str) -> None:
        """Note a question; the same question about the same text is asked once."""
        doubt = Doubt(line, text.strip(), question)
        if doubt not in self._asked:
            self._asked.add(doubt)
            self.doubts.append(doubt)

    def broken_off(self, line: int, text: str, question: str) -> None:
        """Note that the text is incomplete, and why it seems so."""
        self.incomplete = True
        self.ask(line, text, question)

    def finish(self, document: Regulation) -> RegulationReading:
        """Return everything in the order of the file."""
        return RegulationReading(
            document,
            tuple(sorted(self.removed, key=lambda one: one.line)),
            tuple(sorted(self.doubts, key=lambda one: one.line)),
        )
