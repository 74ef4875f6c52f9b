"""An incremental build equals a clean one, byte for byte, whatever happened in between."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.canonical import read_publication
from portal.domain.documents.base import Document, kinds
from portal.domain.documents.regulation import Block, Regulation
from portal.services import exempting, publishing, rosters
from portal.services.checking import Book
from portal.site.build import build_site
from portal.site.findings import dossier_of
from portal.site.pages.kinds import outline_of, reads_of, view_of
from portal.site.pages.kinds.ties import ties_of
from portal.site.snapshot import RecordView, Snapshot
from portal.store.db import make_engine
from portal.store.tables import Record, Unit, Version
from tests import postgresql
from tests.conftest import shipped
from tests.databases import new_database
from tests.site import sample
from tests.site.sites import on_disk, site_over
from tests.thrift import often

pytestmark = pytest.mark.database

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
PUBLIC_EXPLANATION = "示例说明：会议当天负责人提前离会，已补充研究并在下一次会议上整改。"


class County:
    """A small county on which things happen, each an hour after the other, all of them committed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        url = new_database(folder)
        self.engine = make_engine(url)
        self.session = Session(self.engine)
        self.now = START
        self.made = 0
        rosters.init_jurisdictions(self.session, shipped().values(), now=START)
        for slug, names in (("xiuzhou", ("示例一局", "示例二镇", "示例三局")), ("tongling", ("示例四局",))):
            place = rosters.find_jurisdiction(self.session, slug)
            for position, name in enumerate(names):
                kind = "township" if name.endswith("镇") else "bureau"
                line = rosters.RosterLine(name=name, type=kind, position=position, sample=True)
                rosters.put_unit(self.session, place, line, now=START)
        self.session.commit()
        self.site = site_over(self.session, folder / "site", parsed={})

    def unit(self, pick: int) -> Unit:
        units = list(self.session.scalars(select(Unit).order_by(Unit.id)))
        return units[pick % len(units)]

    def publish(self, unit: Unit, document: Document, reason: str, record: Record | None = None) -> None:
        draft = publishing.save_draft(
            self.session, unit=unit, document=document, author="甲", now=self.now, record=record
        )
        publishing.publish(
            self.session, draft, book=Book(self.session, shipped()), reason=reason, actor="乙", now=self.now
        )

    def do(self, what: str, pick: int) -> None:
        """Let one thing happen; what is refused did not happen."""
        self.now += timedelta(hours=1)
        try:
            getattr(self, what)(pick)
            self.session.commit()
        except (publishing.NotPublishable, rosters.RosterError, exempting.Refused):
            self.session.rollback()

    def new(self, pick: int) -> None:
        self.made += 1
        document = MAKE[pick % len(MAKE)](self.made)
        explained = document.model_copy(update={"public_explanation": PUBLIC_EXPLANATION})
        self.publish(self.unit(pick // 7), explained, "首次公开")

    def correct(self, pick: int) -> None:
        records = list(self.session.scalars(select(Record).order_by(Record.id)))
        if not records:
            return
        record = records[pick % len(records)]
        last = record.versions[-1]
        if last.payload is None:
            return
        self.made += 1
        document = read_publication(last.payload)[1]
        changed = document.model_copy(update={"abstract": f"更正后的概述第{self.made}次。"})
        self.publish(record.unit, changed, "补充概述", record)

    def withdraw(self, pick: int) -> None:
        versions = list(self.session.scalars(select(Version).order_by(Version.id)))
        versions = [one for one in versions if one.withdrawal is None]
        if versions:
            publishing.withdraw(
                self.session, versions[pick % len(versions)], legal_ground="条例第十五条", reason="误公开",
                approver="示例机关", now=self.now, destroy=pick % 2 == 0,
            )  # fmt: skip

    def rename(self, pick: int) -> None:
        self.made += 1
        rosters.rename_unit(self.session, self.unit(pick), f"示例改名{self.made}局", now=self.now)

    def enter(self, pick: int) -> None:
        self.made += 1
        place = self.unit(pick).jurisdiction
        line = rosters.RosterLine(name=f"示例新设{self.made}局", type="bureau", sample=True)
        rosters.put_unit(self.session, place, line, now=self.now)

    def abolish(self, pick: int) -> None:
        unit = self.unit(pick)
        line = rosters.RosterLine(name=unit.name, type=unit.type, abolished_on=date(2026, 10, 1))
        rosters.put_unit(self.session, unit.jurisdiction, line, now=self.now)

    def exempt(self, pick: int) -> None:
        unit = self.unit(pick)
        exempting.exempt(
            self.session, unit, regime=shipped()[unit.jurisdiction.slug], duty="finance", reason="示例原因：单位刚刚划转，账目尚在清点",
            approver="示例机关", valid_from=date(2026, 7, 1), valid_until=date(2026, 12, 31), period=None,
            actor="丙", now=self.now,
        )  # fmt: skip

    def next_day(self, _: int) -> None:
        self.now += timedelta(days=1)

    def template(self, pick: int) -> None:
        """Another program makes the pages: everything rests on it."""
        self.site = replace(self.site, program=f"other {pick}", app=None)

    def restart(self, _: int) -> None:
        """The process that built ends; the next one knows only what lies on the disk."""
        self.site = site_over(self.session, self.folder / "site", program=self.site.program)

    def close(self) -> None:
        self.session.close()
        self.engine.dispose()


MAKE: tuple[Any, ...] = (
    lambda number: Regulation(
        title=f"示例办法{number}",
        blocks=(Block(text=f"第一条　第{number}号内容。"),),
        issued_on=date(2026, 1, 5),
    ),
    lambda number: sample.quarter(f"202{number % 5 + 2}Q{number % 4 + 1}"),
    lambda number: sample.meeting().model_copy(update={"decision_no": f"示例决〔2026〕{number}号"}),
    lambda number: sample.project().model_copy(update={"project_no": f"SL-{number}"}),
    lambda number: sample.intent().model_copy(update={"title": f"示例意向{number}", "project_no": None}),
    lambda number: sample.plan(("财务", "人事", "工程", "审批", "采购"), year=2020 + number % 7),
)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["new"] * 6
            + ["correct"] * 3
            + ["withdraw", "rename", "enter", "abolish", "exempt", "next_day", "template", "restart"]
        ),
        st.integers(0, 10_000),
    ),
    min_size=1,
    max_size=6,
)


@contextmanager
def county(folder: Path) -> Iterator[County]:
    made = County(folder)
    try:
        yield made
    finally:
        made.close()


@given(rounds=st.lists(EVENTS, min_size=1, max_size=4))
@settings(
    max_examples=2 if postgresql.WANTED else often(3, 20),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_an_incremental_build_is_a_clean_build(tmp_path: Path, rounds: list[list[tuple[str, int]]]) -> None:
    work = tmp_path / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    with county(work) as made:
        for number in range(14):
            made.do("new", number * 5)
        build_site(made.site, now=made.now)
        for events in rounds:
            for what, pick in events:
                made.do(what, pick)
            report = build_site(made.site, now=made.now)
            assert report.failures == ()
        clean = site_over(made.session, work / "clean", program=made.site.program)
        whole = build_site(clean, now=made.now)
        assert on_disk(report.folder) == on_disk(whole.folder)


def kept_apart(snapshot: Snapshot, record: RecordView) -> Snapshot:
    """Return the snapshot without the unit's records that the record's view promises not to look at."""
    ties, reads = ties_of(record), reads_of(record.kind.code)
    near = tuple(
        one
        for one in snapshot.records
        if one.unit.id == record.unit.id and (one.kind.code in reads or not ties.isdisjoint(ties_of(one)))
    )
    return replace(snapshot, records=near)


def test_every_view_reads_only_what_it_promises() -> None:
    """With all other records out of sight, each kind's view draws the same, for every version of every record."""
    world = sample.snapshot()
    seen = 0
    for record in world.records:
        area = world.jurisdiction(record.unit.jurisdiction)
        view = view_of(record.kind.code)
        if area is None or view is None:
            continue
        apart = kept_apart(world, record)
        apart.derived["dossier", record.unit.id] = dossier_of(
            world, record.unit
        )  # Its verdicts have prints of their own.
        for version in record.versions:
            if version.document is not None:
                assert shown(view(apart, area, record, version.document)) == shown(
                    view(world, area, record, version.document)
                ), record.path
                seen += 1
    assert seen > 20


def shown(context: dict[str, Any]) -> dict[str, str]:
    """Return a context as text; what is callable only picks from the rest."""
    return {
        name: re.sub(r" at 0x\w+", "", repr(value)) for name, value in context.items() if not callable(value)
    }


def test_an_outline_is_all_that_other_pages_show() -> None:
    """Change any one field of a neighbour: as long as its outline stays, the views that read its kind stay too."""
    world = sample.snapshot()
    tried = set()
    for code in (one for one in kinds() if outline_of(one) is not None):
        outline = outline_of(code)
        records = [one for one in world.records if one.kind.code == code and one.document]
        assert outline is not None
        for neighbour in records:
            donors = [
                one.document for one in records if one.unit.id == neighbour.unit.id and one is not neighbour
            ]
            for donor in donors:
                said = {
                    "abstract": "另一段概述",
                    "remark": "另一条备注",
                    "public_explanation": PUBLIC_EXPLANATION,
                }
                for name in type(neighbour.document).model_fields:
                    assert neighbour.document is not None
                    other_value = said.get(name, getattr(donor, name))
                    changed = neighbour.document.model_copy(update={name: other_value})
                    if changed == neighbour.document or outline(changed) != outline(neighbour.document):
                        continue
                    last = replace(neighbour.versions[-1], document=changed)
                    other = replace(neighbour, versions=(*neighbour.versions[:-1], last))
                    after = replace(
                        world, records=tuple(other if one is neighbour else one for one in world.records)
                    )
                    same_views(world, after, neighbour, code)
                    tried.add((code, name))
    assert len(tried) > 6, tried


def same_views(before: Snapshot, after: Snapshot, changed: RecordView, code: str) -> None:
    view, area = view_of(code), before.jurisdiction(changed.unit.jurisdiction)
    assert view is not None
    assert area is not None
    for record in before.records_of(changed.unit, code):
        if (
            record.id == changed.id
            or record.document is None
            or not ties_of(record).isdisjoint(ties_of(changed))
        ):
            continue
        assert shown(view(before, area, record, record.document)) == shown(
            view(after, area, record, record.document)
        ), record.path
