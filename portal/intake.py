"""Importing a file: read it, find its units, keep drafts or publish; all of it or nothing.

The caller commits. Every row that gives no document is told with its place and remedy.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath
from typing import Any

from sqlalchemy.orm import Session

from portal.domain.documents.base import Document
from portal.domain.documents.regulation import Regulation
from portal.domain.regimes import Regime
from portal.exchange.regulations import Doubt, Removal, read_regulation
from portal.exchange.sheets import Entry, Problem, Reading, read_documents
from portal.services import publishing, rosters
from portal.store.tables import Jurisdiction, Unit

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


def take_in(
    session: Session, data: bytes, filename: str, wish: Wish, regimes: Mapping[str, Regime], *, now: datetime
) -> IntakeReport:
    """Take a file in. Raises what the readers raise when the file as a whole cannot be used."""
    name = PurePath(filename).name
    jurisdiction = rosters.find_jurisdiction(session, wish.jurisdiction)
    report = IntakeReport(file=name)
    unit = rosters.need_unit(session, jurisdiction, wish.unit) if wish.unit else None
    if issubclass(wish.kind, Regulation) and name.lower().endswith(TEXT_SUFFIXES):
        text = read_regulation(data, name)
        report.removed, report.doubts = list(text.removed), list(text.doubts)
        unit = unit or _commission(session, jurisdiction, regimes[wish.jurisdiction], now)
        reading = Reading(entries=(Entry(text.document, None, "", 1),), problems=(), rejected=0, notes=())
    else:
        reading = read_documents(data, name, wish.kind)
    report.errors, report.rejected, report.notes = (
        list(reading.problems),
        reading.rejected,
        list(reading.notes),
    )
    may_create = wish.create_units or regimes[wish.jurisdiction].open_roster
    known: dict[str, Unit] = {}
    for entry in reading.entries:
        try:
            owner = unit or _unit_of(
                session, jurisdiction, entry, known, report, may_create=may_create, now=now
            )
            _take_one(session, owner, entry, wish, report, now)
        except (rosters.RosterError, publishing.NotPublishable) as refusal:
            report.rejected += 1
            report.errors.append(_row_problem(entry, str(refusal)))
    report.errors.sort(key=lambda problem: (problem.sheet, problem.row or 0))
    return report


def _take_one(
    session: Session, unit: Unit, entry: Entry, wish: Wish, report: IntakeReport, now: datetime
) -> None:
    document = entry.document
    record = publishing.find_record(session, unit, document)
    previous = publishing.latest_version(session, record) if record else None
    if record and previous and previous.withdrawal:
        raise publishing.NotPublishable(
            f"“{document.title}”已于此前依法撤回，不能通过批量导入重新公开。如确需公开，请由批准撤回的机关办理。"
        )
    if record and previous and publishing.same_content(previous, document, record):
        report.unchanged += 1
        return
    if previous and wish.publish and not wish.reason:
        raise publishing.NotPublishable(
            f"“{document.title}”与已公开的第 {previous.number} 版内容不同。"
            "如果是更正，请用 --reason 写明更正了什么、为什么；如果不是，请核对项目编号或名称。"
        )
    with session.begin_nested():
        draft = publishing.save_draft(
            session, unit=unit, document=document, author=wish.actor, now=now, record=record
        )
        if wish.publish:
            publishing.publish(session, draft, reason=wish.reason or "首次公开", actor=wish.actor, now=now)
    if wish.publish:
        report.published += 1
    else:
        report.drafts += 1
    report.titles.append(document.title)


def _unit_of(
    session: Session,
    jurisdiction: Jurisdiction,
    entry: Entry,
    known: dict[str, Unit],
    report: IntakeReport,
    *,
    may_create: bool,
    now: datetime,
) -> Unit:
    if not entry.unit_name:
        raise rosters.RosterError("这一行没有写明单位。请增加“单位名称”一栏，或用 --unit 指定单位。")
    if entry.unit_name in known:
        return known[entry.unit_name]
    unit = rosters.find_unit(session, jurisdiction, entry.unit_name)
    if unit is None:
        if not may_create:
            try:
                rosters.need_unit(session, jurisdiction, entry.unit_name)
            except rosters.RosterError as unknown:
                raise rosters.RosterError(
                    f"{unknown}请改正单位名称，或先把它加入单位名册（portal units），或加上 --create-units。"
                ) from unknown
        line = rosters.RosterLine(name=entry.unit_name, type=guess_type(entry.unit_name), position=1000)
        unit = rosters.put_unit(session, jurisdiction, line, now=now)
        report.units_added.append(unit.name)
    known[entry.unit_name] = unit
    return unit


def guess_type(name: str) -> str:
    """Return the likely type of a body from the last characters of its name; a person can change it later."""
    for endings, type_ in (
        (("镇", "乡", "街道", "街道办事处", "镇人民政府"), rosters.UnitType.TOWNSHIP),
        (("村", "社区", "村民委员会"), rosters.UnitType.VILLAGE),
        (
            ("大学", "学院", "学校", "医院", "中心", "研究所", "研究院", "馆", "站"),
            rosters.UnitType.INSTITUTION,
        ),
        (("厅", "局", "委员会", "办公室", "部", "厅机关", "监狱"), rosters.UnitType.BUREAU),
    ):
        if name.split("(")[0].split("（")[0].endswith(endings):
            return type_.value
    return rosters.UnitType.OTHER.value


def _commission(session: Session, jurisdiction: Jurisdiction, regime: Regime, now: datetime) -> Unit:
    """Texts of the jurisdiction as a whole are published by its commission."""
    line = rosters.RosterLine(
        name=regime.commission, type=rosters.UnitType.COMMISSION.value, slug="commission", position=-1
    )
    return rosters.find_unit(session, jurisdiction, regime.commission) or rosters.put_unit(
        session, jurisdiction, line, now=now
    )


def _row_problem(entry: Entry, message: str) -> Problem:
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


def causes(report: IntakeReport) -> list[tuple[str, int]]:
    """Return how many rows failed for each cause, most frequent first."""
    plain = (re.sub(r"第 \d+ 行起的|[（“，].*|。$", "", problem.message) for problem in report.errors)
    return Counter(plain).most_common()
