"""The synthetic county: the same figures give the same documents, and they come out as real ones do."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.demo import DemoRecord
from portal.demo.county import (
    MOST,
    TOUCHER,
    County,
    CountyRefused,
    Loaded,
    bodies,
    county_records,
    load_county,
    roster,
    touch_county,
)
from portal.demo.county.bodies import county_bank
from portal.domain.canonical import document_json, fingerprint, publication, read_publication
from portal.domain.documents.base import kinds
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.documents.tender import Stage, Tender
from portal.domain.regimes import Regime
from portal.domain.rules.unit_file import reports
from portal.domain.units import facts_of
from portal.services.checking import records_of
from portal.services.rosters import RosterLine, find_jurisdiction, put_unit, units_of
from portal.store.tables import Destruction, Draft, Outbox, Record, Unit, Version, Withdrawal
from portal.sync import sync
from tests.conftest import NOON, ROOT, shipped

CONTENT = ROOT / "content"
UNTIL = date(2026, 9, 30)
SMALL = County("xiuzhou", units=3, years=1, records=12, until=UNTIL)
LONGER = County("xiuzhou", units=8, years=3, records=40, until=UNTIL)
EVERY_KIND = {"delegation", "finance", "tender", "decision", "regulation", "annual_report"}


def made(county: County) -> list[list[DemoRecord]]:
    return [county_records(one) for one in bodies(county, CONTENT, shipped()[county.jurisdiction])]


def load(session: Session, county: County) -> Loaded:
    return load_county(session, county, CONTENT, shipped(), commit=session.commit)


@pytest.fixture(scope="module")
def longer() -> list[list[DemoRecord]]:
    return made(LONGER)


def payloads(session: Session) -> list[tuple[bytes | None, str, str]]:
    return [
        (one.payload, one.reason, str(one.published_at))
        for one in session.scalars(select(Version).order_by(Version.id))
    ]


def test_the_same_figures_give_the_same_records_and_a_seed_gives_others() -> None:
    assert made(SMALL) == made(SMALL)
    assert made(replace(SMALL, seed=2)) != made(SMALL)


def test_a_larger_county_begins_with_the_smaller_one() -> None:
    assert made(replace(SMALL, units=5))[:3] == made(SMALL)


def test_the_largest_roster_repeats_no_name_and_every_name_is_plainly_fictional() -> None:
    units = roster(county_bank(CONTENT, "xiuzhou")["county"], MOST)
    called = [name for one in units for name in (one.name, one.short, one.slug, one.code)]
    assert len(called) == len(set(called)) == 4 * MOST
    assert all(one.name.startswith("示例") for one in units)
    assert {one.type for one in units} == {"bureau", "township", "village", "institution"}
    with pytest.raises(ValueError, match="2000"):
        roster(county_bank(CONTENT, "xiuzhou")["county"], MOST + 1)


@pytest.mark.parametrize(
    ("until", "years", "records"),
    [
        (UNTIL, 1, 1),
        (UNTIL, 2, 13),
        (date(2026, 10, 7), 1, 40),
        (date(2024, 2, 29), 2, 27),
        (date(2026, 2, 14), 1, 100),
        (date(2025, 12, 31), 1, 5),
    ],
)
def test_every_unit_has_as_many_records_as_asked_for_and_none_after_the_last_day(
    until: date, years: int, records: int
) -> None:
    for own in made(County("xiuzhou", 6, years, records, until)):
        keys = {
            (one.publications[0].document.kind.code, one.publications[0].document.natural_key())
            for one in own
        }
        moments = [step.at.date() for one in own for step in (*one.publications, one.withdrawal) if step]
        assert len(own) == len(keys) == years * records
        assert max(moments) <= until


def test_every_kind_is_there_with_corrections_withdrawals_and_late_ones(
    longer: list[list[DemoRecord]],
) -> None:
    records = [one for own in longer for one in own]
    assert (
        {one.publications[0].document.kind.code for one in records} == EVERY_KIND == set(kinds()) & EVERY_KIND
    )
    corrected = sum(len(one.publications) > 1 for one in records)
    assert 0.04 < corrected / len(records) < 0.2
    gone = [one.withdrawal for one in records if one.withdrawal]
    assert 0 < len(gone) < len(records) / 50
    late = [one for one in records if one.publications[0].document.public_explanation]
    assert 0 < len(late) < len(records) / 20
    projects = [one.publications[-1].document for one in records]
    stages = {one.stage() for one in projects if isinstance(one, Tender)}
    assert {Stage.NOTICE, Stage.RESULT, Stage.CONTRACT, Stage.ACCEPTED} <= stages


def test_four_statements_a_year_of_some_forty_lines_whose_sums_hold(longer: list[list[DemoRecord]]) -> None:
    for own in longer:
        quarterly = [
            one.publications[-1].document
            for one in own
            if isinstance(one.publications[-1].document, FinanceDisclosure)
            and one.publications[-1].document.is_quarterly()
        ]
        assert len(quarterly) == 4 * LONGER.years
        closing = None
        for one in sorted(quarterly, key=lambda one: one.period):
            assert isinstance(one, FinanceDisclosure)
            assert 35 <= len(one.income) + len(one.expense) <= 50
            for lines, total in ((one.income, one.income_total), (one.expense, one.expense_total)):
                assert sum(line.amount for line in lines if line.level == 1) == total
                assert sum(line.amount for line in lines if line.level == 2) == total
            assert one.opening is not None
            assert one.closing == one.opening + (one.income_total or 0) - (one.expense_total or 0)
            assert closing in (None, one.opening)
            closing = one.closing


@pytest.mark.parametrize("slug", ["erqi", "jinhu", "shandong", "tongling", "xian", "xiuzhou"])
def test_the_rule_book_refuses_nothing_and_passes_most_of_it(session: Session, slug: str) -> None:
    loaded = load(session, County(slug, 6, 1, 40, UNTIL))
    assert (loaded.records, loaded.refused, loaded.explained) == (240, 0, 0), loaded.reasons
    tested = passed = 0
    for unit in units_of(session, find_jurisdiction(session, slug)):
        for _, report in reports(
            shipped()[slug], facts_of(unit), records_of(session, unit), complete=True, on=UNTIL
        ):
            tested += 1
            passed += not report.findings
    assert passed / tested > 0.95


def test_rows_are_those_that_the_services_write(session: Session) -> None:
    loaded = load(session, LONGER)
    versions = list(session.scalars(select(Version)))
    assert len(versions) == loaded.versions
    unpaid = Counter(session.scalars(select(Outbox.event).where(Outbox.built_at.is_(None))))
    destroyed = session.scalar(select(func.count(Destruction.id))) or 0
    withdrawn = session.scalar(select(func.count(Withdrawal.id))) or 0
    assert unpaid == Counter(
        {
            "unit_added": LONGER.units,
            "published": len(versions),
            "withdrawn": withdrawn - destroyed,
            "destroyed": destroyed,
        }
    )
    assert session.scalar(select(func.count(Draft.id))) == 0
    for one in versions:
        if one.payload is None or one.salt is None:
            continue
        _, document = read_publication(one.payload)
        assert one.digest == fingerprint(one.salt, one.payload)
        assert one.payload == publication(
            document,
            jurisdiction="xiuzhou",
            unit=one.record.unit.slug,
            unit_name=one.record.unit.name,
            index_no=one.record.index_no,
            number=one.number,
            reason=one.reason,
            published_at=one.published_at,
        )
        assert re.fullmatch(rf"{one.record.unit.code}/\d{{4}}-\d{{5}}", one.record.index_no)


def test_a_second_loading_changes_nothing_and_other_figures_are_refused(session: Session) -> None:
    first = load(session, SMALL)
    before = payloads(session)
    again = load(session, SMALL)
    assert (first.records, first.present) == (36, 0)
    assert (again.records, again.versions, again.present) == (0, 0, 36)
    assert payloads(session) == before
    for other in (replace(SMALL, records=13), replace(SMALL, seed=2), replace(SMALL, until=date(2026, 9, 1))):
        with pytest.raises(CountyRefused, match="与这次要的不同"):
            load(session, other)
        session.rollback()
    assert load(session, replace(SMALL, units=5)).records == 24
    assert payloads(session)[: len(before)] == before


def test_an_interrupted_loading_is_taken_up_where_it_stopped(session: Session) -> None:
    seen = 0

    def stop(_: int) -> None:
        nonlocal seen
        seen += 1
        if seen == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_county(session, SMALL, CONTENT, shipped(), commit=session.commit, progress=stop)
    session.rollback()
    assert session.scalar(select(func.count(Record.id))) == 24
    load(session, SMALL)
    interrupted = sorted(payloads(session), key=str)
    assert len(interrupted) == sum(len(one.publications) for own in made(SMALL) for one in own)


def test_units_that_are_not_the_countys_are_left_alone(session: Session, unit: Unit) -> None:
    own = County(unit.jurisdiction.slug, 3, 1, 12, UNTIL)
    with pytest.raises(CountyRefused, match=unit.name):
        load(session, own)
    with pytest.raises(CountyRefused, match=unit.name):
        touch_county(session, own.jurisdiction, 1, shipped())


def test_a_sample_unit_of_another_kind_is_not_the_countys_either(session: Session) -> None:
    line = RosterLine(name="示例水务局", type="bureau", slug="shili-swj", sample=True)
    put_unit(session, find_jurisdiction(session, "xiuzhou"), line, now=NOON)
    with pytest.raises(CountyRefused, match="示例水务局"):
        load(session, SMALL)


def test_touching_publishes_exactly_so_many_corrections_of_others_each_time(session: Session) -> None:
    load(session, SMALL)
    before = len(payloads(session))
    owed = session.scalar(select(func.count(Outbox.id))) or 0
    seen: list[int] = []
    for turn in range(4):
        assert touch_county(session, "xiuzhou", 9, shipped()) == turn * 9
        session.commit()
        newest = list(
            session.scalars(select(Version).where(Version.published_by == TOUCHER).order_by(Version.id))
        )
        seen = [one.record_id for one in newest]
        assert len(newest) == (turn + 1) * 9
        assert len(payloads(session)) == before + len(newest)
    assert len(set(seen)) == 36  # Every record of the county once, before any a second time.
    assert session.scalar(select(func.count(Outbox.id)).where(Outbox.built_at.is_(None))) == owed + 36
    for one in newest:
        earlier = next(v for v in one.record.versions if v.number == one.number - 1)
        assert one.payload
        assert earlier.payload
        (_, now), (_, then) = read_publication(one.payload), read_publication(earlier.payload)
        changed = {key for key, value in document_json(now).items() if document_json(then).get(key) != value}
        assert "remark" in changed
        assert len(changed) > 1
        assert one.reason.startswith("更正：")
        if not isinstance(now, DelegationPlan):
            assert re.search(r"由.+更正为|落款|决定内容", one.reason)


def test_touching_needs_a_county(session: Session) -> None:
    with pytest.raises(CountyRefused, match="还没有示例县"):
        touch_county(session, "xiuzhou", 1, shipped())


def test_touching_passes_over_what_was_withdrawn(session: Session) -> None:
    load(session, LONGER)
    records = session.scalar(select(func.count(Record.id))) or 0
    gone = {one.version.record_id for one in session.scalars(select(Withdrawal))}
    assert gone
    touch_county(session, "xiuzhou", records, shipped())
    touched = set(session.scalars(select(Version.record_id).where(Version.published_by == TOUCHER)))
    assert touched.isdisjoint(gone)
    assert len(touched) == records - len(gone)


@pytest.fixture
def built(session: Session, tmp_path: Path, regimes: dict[str, Regime]) -> Callable[[], dict[str, str]]:
    from portal import apps

    def build() -> dict[str, str]:
        report = sync(session, Settings(home=tmp_path), regimes, apps.create_public_app)
        assert report.build
        assert report.build.failures == ()
        assert report.faults == ()
        # A jurisdiction's pages may lie behind a link of their own.
        return {
            str(Path(folder, name)): Path(folder, name).read_text(encoding="utf-8")
            for folder, _, names in os.walk(report.build.folder, followlinks=True)
            for name in names
            if name.endswith(".html")
        }

    return build


def test_a_small_county_builds_a_whole_site_of_chinese_pages(
    session: Session, built: Callable[[], dict[str, str]]
) -> None:
    load(session, SMALL)
    pages = built()
    own = {path: text for path, text in pages.items() if "shilixian-" in path and "/en/" not in path}
    assert len(own) > 36
    for path, text in own.items():
        body = re.sub(r"(?s)<head>.*?</head>|<(script|style|svg|code|pre)\b.*?</\1>|<[^>]*>", " ", text)
        body = re.sub(r"[A-Za-z0-9_.:-]*/[A-Za-z0-9_./-]+", " ", body)  # Addresses, written out.
        words = set(re.findall(r"[0-9A-Za-z]+", body))
        assert "示例" in text, path
        assert not words & {"None", "True", "False", "NaN", "TODO", "Traceback"}, path
        assert not re.search(r"\{[a-z_]*\}|\{\{|datetime\.", body), path
        # What is left in small letters is language, but for fingerprints.
        english = {one for one in words if re.fullmatch("[a-z]{4,}", one) and not re.fullmatch("[a-f]+", one)}
        assert english <= {"shilixian", "xiuzhou"}, path
