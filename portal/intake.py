"""Importing a file: read it, find its units, keep drafts or publish.

`read` needs no database, so that a slow file never holds the right to write; `take_in` does the rest and
its caller commits. Every row that gives no document is told with its place and remedy.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import PurePath
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.canonical import canonical, document_json
from portal.domain.documents.base import Document
from portal.domain.documents.regulation import Regulation
from portal.domain.regimes import Regime
from portal.domain.units import UnitType, guess_type
from portal.exchange.regulations import Doubt, Removal, read_regulation
from portal.exchange.sheets import Entry, Problem, Reading, key_words, read_documents
from portal.services import publishing, rosters
from portal.services.attachments import attached_to, unfounded
from portal.services.checking import Book
from portal.store.tables import Draft, Record, Unit, Version

TEXT_SUFFIXES = (".txt", ".docx", ".pdf", ".md")


@dataclass
class IntakeReport:
    """What became of a file. `rejected` counts rows that were neither published, kept nor unchanged."""

    file: str
    published: int = 0
    unchanged: int = 0
    drafts: int = 0
    rejected: int = 0
    units_added: list[str] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    removed: list[Removal] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    dry_run: bool = False
    annotated: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "file": self.file,
            "dry_run": self.dry_run,
            "published": self.published,
            "unchanged": self.unchanged,
            "drafts": self.drafts,
            "rejected": self.rejected,
            "units_added": self.units_added,
            "errors": [problem.as_dict() for problem in self.errors],
            "notes": self.notes,
            "removed": [vars(one) for one in self.removed],
            "doubts": [vars(one) for one in self.doubts],
            "annotated": self.annotated,
        }


@dataclass(frozen=True)
class Wish:
    """How a file is to be taken in."""

    jurisdiction: str
    kind: type[Document]
    unit: str | None = None
    publish: bool = False
    reason: str | None = None
    create_units: bool = False
    actor: str = "批量导入"


@dataclass(frozen=True)
class Source:
    """A file that was read, before anything is looked up or written."""

    name: str
    reading: Reading
    removed: tuple[Removal, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    is_text: bool = False  # The text of a regulation, which belongs to the commission unless a unit is named.


def safe_name(filename: str) -> str:
    """Return the file's name fit for messages and for naming other files.

    No folder, no control character, no sign that a shell, a spreadsheet or a file system takes for its own.
    """
    path = PurePath(filename.encode("utf-8", "replace").decode())
    stem = re.sub(
        r"""[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff/\\:*?"<>|]+""", "_", path.stem
    )
    stem = stem.encode()[:120].decode("utf-8", "ignore").lstrip("=+-@.＝＋－＠ ").rstrip(". ")
    return f"{stem or '文件'}{re.sub('[^A-Za-z0-9.]', '', path.suffix)[:10]}"


def read(data: bytes, filename: str, kind: type[Document]) -> Source:
    """Read a file without touching the database. Raises what the readers raise when it cannot be used as a whole."""
    name = safe_name(filename)
    if issubclass(kind, Regulation) and name.lower().endswith(TEXT_SUFFIXES):
        text = read_regulation(data, name)
        reading = Reading(entries=(Entry(text.document, None, "", 1),), problems=(), rejected=0, notes=())
        return Source(name, reading, tuple(text.removed), tuple(text.doubts), is_text=True)
    return Source(name, read_documents(data, name, kind))


def take_in(
    session: Session, source: Source, wish: Wish, regimes: Mapping[str, Regime], *, now: datetime
) -> IntakeReport:
    """Keep or publish what a file gave. Raises `RosterError` when jurisdiction or unit are not known."""
    return _Intake(session, source, wish, regimes, now).run()


@dataclass(frozen=True)
class _Owner:
    """The unit of a row, and whether it came into being with the row."""

    unit: Unit
    new: bool = False


class _Intake:
    """One file on its way into the database."""

    def __init__(
        self, session: Session, source: Source, wish: Wish, regimes: Mapping[str, Regime], now: datetime
    ) -> None:
        self._session, self._source, self._wish, self._now = session, source, wish, now
        self._county = rosters.find_jurisdiction(session, wish.jurisdiction)
        if wish.jurisdiction not in regimes:
            raise rosters.RosterError(f"没有“{wish.jurisdiction}”的制度配置文件。请检查 regimes 文件夹。")
        self._regime = regimes[wish.jurisdiction]
        self._unit = rosters.need_unit(session, self._county, wish.unit) if wish.unit else None
        self._known: dict[str, Unit] = {}
        self._seen: dict[tuple[str, str], Entry] = {}
        self._drafts: dict[int, dict[str, Draft]] = {}
        self._book = Book(session, regimes)
        self._expected: set[str] = set()
        reading = source.reading
        self.report = IntakeReport(
            file=source.name,
            rejected=reading.rejected,
            errors=list(reading.problems),
            notes=list(reading.notes),
            removed=list(source.removed),
            doubts=list(source.doubts),
        )

    def run(self) -> IntakeReport:
        """Take every row in, each whole or not at all."""
        for entry in self._source.reading.entries:
            try:
                # A unit that is new with the row goes again when the row is refused.
                with self._session.begin_nested():
                    owner = self._owner_of(entry)
                    self._refuse_repeated(owner.unit, entry)
                    count = self._take_one(owner.unit, entry.document)
            except _RowRefusal as refusal:
                self._reject(refusal.problem)
            except (rosters.RosterError, publishing.NotPublishable) as refusal:
                self._reject(_problem(entry, str(refusal)))
            else:
                self._keep(owner, entry, count)
        self.report.errors = self._source.reading.in_order(self.report.errors)
        return self.report

    def _reject(self, problem: Problem) -> None:
        self.report.rejected += 1
        self.report.errors.append(problem)

    def _keep(self, owner: _Owner, entry: Entry, count: str) -> None:
        setattr(self.report, count, getattr(self.report, count) + 1)
        if count != "unchanged":
            self.report.titles.append(entry.document.title)
        if owner.new:
            self.report.units_added.append(owner.unit.name)
        if entry.unit_name:
            self._known[entry.unit_name] = owner.unit

    def _owner_of(self, entry: Entry) -> _Owner:
        if self._unit is not None:
            return _Owner(self._unit)
        if self._source.is_text:
            return self._find_or_add(self._regime.commission, UnitType.COMMISSION.value, "commission", -1)
        if not entry.unit_name:
            raise _RowRefusal(_no_unit(entry))
        if known := self._known.get(entry.unit_name):
            return _Owner(known)
        if not (self._wish.create_units or self._regime.open_roster):
            try:
                return _Owner(rosters.need_unit(self._session, self._county, entry.unit_name))
            except rosters.RosterError as unknown:
                remedy = "请改正单位名称，或先把它加入单位名册（portal units），或加上 --create-units。"
                raise _RowRefusal(_unit_problem(entry, f"{unknown}{remedy}")) from unknown
        return self._find_or_add(entry.unit_name, guess_type(entry.unit_name), None, 1000)

    def _find_or_add(self, name: str, type_: str, slug: str | None, position: int) -> _Owner:
        if unit := rosters.find_unit(self._session, self._county, name):
            return _Owner(unit)
        line = rosters.RosterLine(name=name, type=type_, slug=slug, position=position, listed=False)
        return _Owner(rosters.put_unit(self._session, self._county, line, now=self._now), new=True)

    def _refuse_repeated(self, unit: Unit, entry: Entry) -> None:
        """The file may spell one unit in several ways; which unit is meant is known only here."""
        # By name, not id: the id of a unit that went again with its row may be given to another.
        first = self._seen.setdefault((unit.name, entry.document.natural_key()), entry)
        if first is not entry:
            where = f"工作表“{first.sheet}”" if first.sheet != entry.sheet else ""
            raise publishing.NotPublishable(
                f"与{where}第 {first.row} 行是同一单位（{unit.name}）的同一条记录，重复填写。"
                f"请核对后只保留一行；确属不同事项的，请核对{key_words(entry.document)}以示区别。"
            )

    def _take_one(self, unit: Unit, document: Document) -> str:
        """Publish, keep or leave the document; return which count of the report it belongs to."""
        session, wish = self._session, self._wish
        record = publishing.find_record(session, unit, document)
        previous = publishing.latest_version(session, record) if record else None
        waiting = self._waiting(unit, document)
        # A file of rows carries no attachments: those that are there stay.
        kept = attached_to(waiting) if waiting else publishing.published_files(previous) if previous else ()
        document = publishing.with_files_of(document, kept)
        if wrong := unfounded(session, unit.id, document):
            raise publishing.NotPublishable(wrong)
        if previous and previous.withdrawal:
            raise publishing.NotPublishable(
                f"“{document.title}”已于此前依法撤回，不能通过批量导入重新公开。"
                "如确需公开，请由批准撤回的机关办理。"
            )
        if record and previous and publishing.same_content(previous, document, record):
            return "unchanged"
        if previous and wish.publish and not wish.reason:
            raise publishing.NotPublishable(
                f"“{document.title}”与已公开的第 {previous.number} 版内容不同。"
                "如果是更正，请用 --reason 写明更正了什么、为什么；"
                f"如果不是，请核对{key_words(document)}是否填错。"
            )
        if not wish.publish:
            return self._keep_draft(unit, document, record, previous, waiting)
        if waiting and waiting.author != wish.actor and not _says(waiting, document):
            waiting = None  # What somebody else is still writing is not used up by a file.
        self._expect(unit)
        draft = self._write(unit, document, record, waiting)
        publishing.publish(
            session,
            draft,
            book=self._book,
            reason=wish.reason or publishing.FIRST,
            actor=wish.actor,
            now=self._now,
        )
        if waiting:
            self._drafts[unit.id].pop(document.natural_key(), None)
        return "published"

    def _expect(self, unit: Unit) -> None:
        """Let the rule book see the unit's other rows, too: parts of one project may come in one file."""
        if unit.slug in self._expected:
            return
        self._expected.add(unit.slug)
        names = {name for name, known in self._known.items() if known is unit}
        rows = (
            one.document
            for one in self._source.reading.entries
            if self._unit or not one.unit_name or one.unit_name in names or one.unit_name == unit.name
        )
        self._book.expect(unit, rows)

    def _keep_draft(
        self,
        unit: Unit,
        document: Document,
        record: Record | None,
        previous: Version | None,
        waiting: Draft | None,
    ) -> str:
        # A draft that is older than the published version could not be published any more.
        fresh = waiting and not (previous and waiting.updated_at < previous.published_at)
        if waiting and fresh and _says(waiting, document):
            return "unchanged"
        draft = self._write(unit, document, record, waiting)
        self._drafts[unit.id][document.natural_key()] = draft
        return "drafts"

    def _write(self, unit: Unit, document: Document, record: Record | None, waiting: Draft | None) -> Draft:
        if waiting is None:
            return publishing.save_draft(
                self._session,
                unit=unit,
                document=document,
                author=self._wish.actor,
                now=self._now,
                record=record,
            )
        publishing.change_draft(
            self._session,
            waiting,
            document=document,
            author=self._wish.actor,
            revision=waiting.revision,
            now=self._now,
        )
        return waiting

    def _waiting(self, unit: Unit, document: Document) -> Draft | None:
        """Return the unit's newest draft of the same record, so that a second import does not pile up another."""
        if unit.id not in self._drafts:
            query = select(Draft).where(Draft.unit_id == unit.id, Draft.kind == document.kind.code)
            found: dict[str, Draft] = {}
            for draft in self._session.scalars(query.order_by(Draft.id)):
                with suppress(ValueError):  # A draft of an older form of the kind is left as it is.
                    found[publishing.draft_document(draft).natural_key()] = draft
            self._drafts[unit.id] = found
        return self._drafts[unit.id].get(document.natural_key())


class _RowRefusal(ValueError):
    """A row cannot be taken in, for a reason that stands in a cell of its own."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def _says(draft: Draft, document: Document) -> bool:
    return draft.content == canonical(document_json(document))


def _problem(entry: Entry, message: str) -> Problem:
    """Return a problem of the whole row."""
    what, _, remedy = message.partition("。")
    return Problem(
        sheet=entry.sheet,
        row=entry.row,
        column="",
        cell=f"{entry.row}:{entry.row}",
        value=entry.document.title,
        message=f"{what}。",
        remedy=remedy or "请改正后重新导入这一行。",
    )


def _unit_problem(entry: Entry, message: str) -> Problem:
    """Return a problem of the cell with the unit's name, where the file has one."""
    whole = _problem(entry, message)
    if not entry.unit_cell:
        return whole
    return replace(whole, column=entry.unit_column, cell=entry.unit_cell, value=entry.unit_name or "")


def _no_unit(entry: Entry) -> Problem:
    if entry.unit_cell:
        return _unit_problem(entry, "没有写明单位。请在“单位”一栏填写单位名称，或用 --unit 指定单位。")
    return _problem(entry, "没有写明单位。请增加“单位”一栏，在“单位”一栏填写单位名称，或用 --unit 指定单位。")


def causes(report: IntakeReport) -> list[tuple[str, int]]:
    """Return how many problems there are of each cause, by column and kind of problem, most frequent first."""
    return Counter(_cause(problem) for problem in report.errors).most_common()


def _cause(problem: Problem) -> str:
    """Return the first sentence without what is particular to the row: its own values and row numbers."""
    sentence = re.split(r"[。；]", problem.message)[0]
    value = problem.value.strip("…")

    def quoted(found: re.Match[str]) -> str:
        own = found[1] in value or (value and value in found[1])
        return "“…”" if own else found[0]

    general = sentence.replace(f"“{value}”", "“…”") if value else sentence
    general = re.sub(r"“([^“”]*)”", quoted, general)
    general = re.sub(r"第 \d+ (行|条|版|个)", r"第 … \1", general)
    general = re.sub(r"\d+(?:\.\d+)?", lambda found: "…" if found[0] in value else found[0], general)
    column = problem.column.strip("*")
    if column and f"“{column}”" not in general:
        general = f"{column}：{general}"
    return general or "其他问题"
