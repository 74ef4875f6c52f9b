"""The sample data: complete, right in its sums, believable in its dates, and plainly fictional."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from enum import Enum
from pathlib import Path

import opencc
import pytest
from pydantic import BaseModel
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from portal.demo import DemoRecord, Publication, demo_records, demo_units, load_demo
from portal.domain.calendar import add_workdays, is_workday, quarter_end, quarters
from portal.domain.documents.annual import AnnualReport
from portal.domain.documents.base import Audience, Document, Openness, kinds
from portal.domain.documents.decision import (
    Category,
    DecisionRecord,
    MeetingType,
    Position,
    Presence,
    Result,
    Standing,
    VoteMethod,
)
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.documents.finance import FinanceDisclosure, Money, StatementType
from portal.domain.documents.regulation import Area, Regulation
from portal.domain.documents.tender import Method, Stage, Tender
from portal.domain.regime_reading import read_regimes
from portal.domain.regimes import Regime
from portal.domain.rules.check import State
from portal.domain.rules.terms import Severity
from portal.domain.rules.unit_file import PublishedDocument, reports
from portal.domain.units import UnitFacts, UnitType
from portal.domain.values import check_uscc
from portal.services.publishing import SHANGHAI
from portal.store.tables import Base, Version, Withdrawal

CONTENT = Path(__file__).resolve().parents[1] / "content"
SLUGS = ("erqi", "tongling", "xian", "xiuzhou", "jinhu", "shandong")
TODAY = date(2026, 11, 20)
SHOWN = quarters("2025Q2", "2026Q3")


@pytest.fixture(scope="module")
def regimes() -> dict[str, Regime]:
    return read_regimes(CONTENT / "regimes")


@pytest.fixture(scope="module")
def records(regimes: dict[str, Regime]) -> list[DemoRecord]:
    return list(demo_records(CONTENT, regimes))


@pytest.fixture(scope="module")
def by_place(records: list[DemoRecord]) -> dict[str, list[DemoRecord]]:
    found: dict[str, list[DemoRecord]] = defaultdict(list)
    for one in records:
        found[one.jurisdiction].append(one)
    return found


def documents(records: Sequence[DemoRecord], model: type[Document] = Document) -> Iterator[Document]:
    for record in records:
        for one in record.publications:
            if isinstance(one.document, model):
                yield one.document


def finances(records: Sequence[DemoRecord]) -> list[tuple[DemoRecord, tuple[Publication, ...]]]:
    return [
        (one, one.publications)
        for one in records
        if isinstance(one.publications[0].document, FinanceDisclosure)
        and one.publications[0].document.statement == StatementType.QUARTERLY
    ]


def test_the_generator_is_deterministic(regimes: dict[str, Regime], records: list[DemoRecord]) -> None:
    assert list(demo_records(CONTENT, regimes)) == records


@pytest.mark.parametrize("slug", SLUGS)
def test_every_jurisdiction_has_units_and_every_kind(
    by_place: dict[str, list[DemoRecord]], slug: str
) -> None:
    units = demo_units(CONTENT)[slug]

    assert len(units) >= 3
    assert all("示例" in one.name for one in units)
    assert len({one.slug for one in units}) == len({one.name for one in units}) == len(units)
    for one in units:
        codes = {r.publications[0].document.kind.code for r in by_place[slug] if r.unit == one.slug}
        assert {"delegation", "finance", "decision", "regulation"} <= codes
    shown = {r.publications[0].document.kind.code for r in by_place[slug]}
    assert {"delegation", "finance", "tender", "decision", "regulation"} <= shown <= set(kinds())


def test_a_record_keeps_its_key_and_no_two_share_one(records: list[DemoRecord]) -> None:
    keys = Counter()
    for one in records:
        own = {(p.document.kind.code, p.document.natural_key()) for p in one.publications}
        assert len(own) == 1, own
        keys[one.jurisdiction, one.unit, *own.pop()] += 1
        moments = [p.at for p in one.publications]
        assert moments == sorted(set(moments))
        if one.withdrawal:
            assert one.withdrawal.at > moments[-1]
    assert max(keys.values()) == 1


@pytest.mark.parametrize("slug", SLUGS)
def test_six_quarters_with_one_missing_one_nil_one_corrected_one_late(
    by_place: dict[str, list[DemoRecord]], regimes: dict[str, Regime], slug: str
) -> None:
    shown: dict[str, set[str]] = defaultdict(set)
    nil = corrected = late = 0
    for record, publications in finances(by_place[slug]):
        first = publications[0].document
        assert isinstance(first, FinanceDisclosure)
        shown[record.unit].add(first.period)
        due = regimes[slug].finance_due(first.period) or add_workdays(quarter_end(first.period), 20)
        is_late = publications[0].at.date() > due.day
        if is_late or any(one.consent and not one.collective for one in first.payments):
            assert first.public_explanation
        else:
            assert first.public_explanation is None
        late += is_late
        nil += first.nil
        if len(publications) > 1:
            corrected += 1
            second = publications[1].document
            assert isinstance(second, FinanceDisclosure)
            assert publications[1].reason.startswith("更正")
            assert second.expense_total != first.expense_total
            assert second.closing - first.closing == first.expense_total - second.expense_total
    missing = [set(SHOWN) - periods for periods in shown.values()]
    assert Counter(map(len, missing)) == {0: len(shown) - 1, 1: 1}
    assert (nil, corrected, late) == (1, 1, 1)


@pytest.mark.parametrize("slug", SLUGS)
def test_something_was_withdrawn_with_its_legal_ground(
    by_place: dict[str, list[DemoRecord]], slug: str
) -> None:
    gone = [one.withdrawal for one in by_place[slug] if one.withdrawal]

    assert {one.destroy for one in gone} == {True, False}
    for one in gone:
        assert "条" in one.legal_ground
        assert one.reason
        assert one.approver
        assert one.review_on
        assert one.review_on > one.at.date()


def _adds_up(lines: Sequence[Money], total: int) -> None:
    assert sum(one.amount for one in lines if one.level == 1) == total
    place = 0
    while place < len(lines):
        members = []
        for one in lines[place + 1 :]:
            if one.level == 1:
                break
            members.append(one)
        assert members
        for name in ("amount", "cumulative", "budget", "last_year"):
            assert sum(getattr(one, name) for one in members) == getattr(lines[place], name)
        place += 1 + len(members)


def test_the_arithmetic_of_every_finance_document_holds(records: list[DemoRecord]) -> None:
    last: dict[tuple[str, str], FinanceDisclosure] = {}
    checked = chained = 0
    for record, publications in finances(records):
        for one in publications:
            now = one.document
            assert isinstance(now, FinanceDisclosure)
            assert now.opening + now.income_total - now.expense_total == now.closing
            assert now.closing >= 0
            _adds_up(now.income, now.income_total)
            _adds_up(now.expense, now.expense_total)
            assert sum(line.amount for line in now.public_funds) == now.public_funds_total
            spent = {line.item: line.amount for line in now.expense}
            for fund in (*now.public_funds, *now.township_funds):
                assert fund.amount == spent.get(fund.fund.label, 0)
            for line in (*now.income, *now.expense):
                assert line.amount >= 0
                assert line.cumulative <= line.budget
            assert sum(paid.amount for paid in now.payments) <= now.expense_total
            assert all(fund.used <= fund.received for fund in now.special_funds)
            checked += 1
        before = last.get((record.jurisdiction, record.unit))
        if before and quarters(before.period, now.period) == [before.period, now.period]:
            assert now.opening == before.closing
            if not before.nil:
                year_turned = now.period.endswith("Q1")
                past = {line.item: line.cumulative for line in before.expense}
                for line in now.expense:
                    assert line.cumulative == line.amount + (0 if year_turned else past[line.item])
            chained += 1
        last[record.jurisdiction, record.unit] = now
    assert checked > 150
    assert chained > 120


def test_every_payment_goes_the_way_of_its_limit_and_nobody_approves_his_own(
    records: list[DemoRecord],
) -> None:
    decided = {
        (one.jurisdiction, one.unit, d.decision_no): d.held_on
        for one in records
        for d in documents([one], DecisionRecord)
        if isinstance(d, DecisionRecord)
    }
    collective = 0
    for record, publications in finances(records):
        document = publications[-1].document
        assert isinstance(document, FinanceDisclosure)
        if not document.nil:
            assert len({document.unit_head, document.finance_head, document.accounting_head}) == 3
            assert document.payments
        for paid in document.payments:
            assert paid.handler != paid.approver
            assert is_workday(paid.paid_on)
            assert paid.paid_on <= quarter_end(document.period) < paid.paid_on + timedelta(days=92)
            assert paid.collective == (paid.decision is not None)
            if paid.decision:
                assert decided[record.jurisdiction, record.unit, paid.decision] <= paid.paid_on
                collective += 1
            if record.jurisdiction == "xian" and paid.amount >= 500_000:
                assert paid.collective or paid.consent
    assert collective > 100


def test_towns_list_endorse_and_file_their_three_expenses(records: list[DemoRecord]) -> None:
    towns = {
        (slug, one.slug)
        for slug, units in demo_units(CONTENT).items()
        for one in units
        if one.type == "township"
    }
    for record, publications in finances(records):
        document = publications[-1].document
        assert isinstance(document, FinanceDisclosure)
        assert bool(document.township_funds) == ((record.jurisdiction, record.unit) in towns)
        if document.township_funds:
            assert len(document.township_funds) == 3
            assert document.township_endorsed_by == document.unit_head
            assert document.township_endorsed_on
            assert document.township_filed_on
            assert document.township_endorsed_on <= document.township_filed_on <= publications[0].at.date()
            assert document.township_filing_no


def test_chiefs_hold_no_domain_and_the_plan_rests_on_a_decision(
    records: list[DemoRecord], regimes: dict[str, Regime]
) -> None:
    numbers = {
        (one.jurisdiction, one.unit, d.decision_no): d.held_on
        for one in records
        for d in documents([one], DecisionRecord)
        if isinstance(d, DecisionRecord)
    }
    rotated = set()
    for record in records:
        for plan in documents([record], DelegationPlan):
            assert isinstance(plan, DelegationPlan)
            chiefs = {one.name for one in plan.chiefs}
            assert not chiefs & {one.deputy for one in plan.assignments}
            wanted = [one.label for one in regimes[record.jurisdiction].domains_on(plan.effective_from)]
            assert wanted in ([], [one.domain for one in plan.assignments])
            held = numbers[record.jurisdiction, record.unit, plan.adopting_decision or ""]
            assert held == plan.adopted_on <= plan.effective_from
            if plan.previous_plan:
                rotated.add(record.jurisdiction)
                assert sum(one.held_since == plan.effective_from for one in plan.assignments) == 2
            bands = defaultdict(list)
            for band in plan.bands:
                bands[band.domain, band.applies_to].append((band.lower, band.upper))
            for steps in bands.values():
                assert steps[0][0] == 0
                assert steps[-1][1] is None
                assert [upper for _, upper in steps[:-1]] == [lower for lower, _ in steps[1:]]
    assert rotated == set(SLUGS)


def test_the_chief_speaks_last_except_where_the_record_says_so(records: list[DemoRecord]) -> None:
    breaches = Counter()
    for record in records:
        for one in documents([record], DecisionRecord):
            assert isinstance(one, DecisionRecord)
            present = {a.name for a in one.present()}
            chiefs = {a.name for a in one.attendees if a.standing == Standing.CHIEF}
            if one.category == Category.KEY_PERSONNEL:
                assert one.vote_method == VoteMethod.SECRET_BALLOT
                assert one.statements == ()
                continue
            speakers = [s.speaker for s in one.statements]
            assert set(speakers) == present
            assert all(s.reason for s in one.statements)
            assert one.statements[0].position == Position.PRESENT_PROPOSAL
            assert speakers[0] == one.responsible_deputy
            if one.public_explanation:
                assert speakers[1] in chiefs
                breaches[record.jurisdiction] += 1
            else:
                assert speakers[-1] == one.presider
                assert set(speakers[-len(chiefs) :]) == chiefs
                assert not chiefs & set(speakers[: -len(chiefs)])
    assert breaches == dict.fromkeys(SLUGS, 1)


def test_votes_sum_to_the_voters_and_ballots_that_are_secret_stay_so(records: list[DemoRecord]) -> None:
    shapes: dict[str, set[object]] = defaultdict(set)
    for record in records:
        for one in documents([record], DecisionRecord):
            assert isinstance(one, DecisionRecord)
            voters = len(one.present())
            members = [a for a in one.attendees if a.presence != Presence.OBSERVER]
            assert one.should_attend == len(members)
            assert voters * 3 >= one.should_attend * 2
            counts = (one.votes_for, one.votes_against, one.votes_abstain)
            if one.vote_method == VoteMethod.NONE:
                assert counts == (None, None, None)
            else:
                assert sum(counts) + (one.void_ballots or 0) == voters
                ballots = (VoteMethod.NAMED_BALLOT, VoteMethod.SECRET_BALLOT)
                assert (one.void_ballots is None) == (one.vote_method not in ballots)
            if one.result == Result.ADOPTED and one.vote_method != VoteMethod.NONE:
                assert one.votes_for * 2 > one.should_attend
            if one.especially_major:
                assert one.votes_for * 3 >= one.should_attend * 2
            assert bool(one.named_votes) == (one.vote_method == VoteMethod.NAMED_BALLOT)
            if one.result == Result.DEFERRED:
                assert one.next_meeting_on
                assert abs(one.votes_for - one.votes_against) <= 1
            shapes[record.jurisdiction] |= {one.vote_method, one.result, one.meeting_type, one.form}
    for slug in SLUGS:
        head_decides = (
            MeetingType.ADMINISTRATIVE_OFFICE if slug == "shandong" else MeetingType.GOVERNMENT_EXECUTIVE
        )
        assert {VoteMethod.SECRET_BALLOT, Result.DEFERRED, head_decides} <= shapes[slug]


def _keeps_the_periods(last: Tender) -> None:
    if last.notice and last.intent and last.intent.published_on:
        assert last.notice.issued_on - last.intent.published_on >= timedelta(days=30)
    if last.notice and last.method == Method.OPEN_TENDER and last.notice.bids_due:
        assert last.notice.bids_due - last.notice.issued_on >= timedelta(days=20)
    if last.candidacy and last.candidacy.posted_on and last.candidacy.posted_until:
        assert last.candidacy.posted_until - last.candidacy.posted_on >= timedelta(days=3)
    if last.award and last.award.announced_on:
        assert last.award.announced_on <= add_workdays(last.award.determined_on, 2).day
        assert last.award.amount == last.bidders[0].price
    if last.contract and last.award and last.award.notified_on and last.contract.announced_on:
        if last.public_explanation is None:
            assert last.contract.signed_on - last.award.notified_on <= timedelta(days=30)
        assert last.contract.announced_on <= add_workdays(last.contract.signed_on, 2).day


def _tells_no_future(chain: Sequence[Tender], record: DemoRecord) -> None:
    for one, publication in zip(chain, record.publications, strict=True):
        for part in (one.award, one.contract, one.acceptance, one.notice):
            for value in dict(part or {}).items():
                known = value[0] in (
                    "starts_on",
                    "ends_on",
                    "bids_due",
                    "opened_on",
                    "documents_until",
                )
                if isinstance(value[1], date) and not known:
                    assert value[1] <= publication.at.date(), (one.title, value)


def test_tenders_reach_every_stage_and_keep_the_least_periods(by_place: dict[str, list[DemoRecord]]) -> None:
    for slug in SLUGS:
        reached = set()
        single = False
        for record in by_place[slug]:
            chain = [d for d in documents([record], Tender) if isinstance(d, Tender)]
            if not chain:
                continue
            stages = list(dict.fromkeys(one.stage() for one in chain))
            assert stages == list(Stage)[: len(stages)]
            reached.add(stages[-1])
            last = chain[-1]
            single |= len(last.bidders) == 1
            for one in last.bidders:
                assert "示例" in one.name
                assert one.uscc
                assert check_uscc(one.uscc) == one.uscc
            _keeps_the_periods(last)
            _tells_no_future(chain, record)
        assert reached == set(Stage) - {Stage.FAILED}
        assert single


def test_everything_was_published_in_office_hours_and_nothing_in_the_future(
    records: list[DemoRecord],
) -> None:
    for record in records:
        moments = [one.at for one in record.publications] + (
            [record.withdrawal.at] if record.withdrawal else []
        )
        for at in moments:
            assert at.utcoffset() == timedelta(hours=8)
            assert at.tzinfo == SHANGHAI
            assert is_workday(at.date())
            assert 9 <= at.hour < 17
            assert at.date() <= TODAY
        for one in record.publications:
            document = one.document
            assert document.issued_on
            assert document.issued_on <= one.at.date(), document.title
            assert document.release_reviewed_on
            assert document.release_reviewed_on <= one.at.date()
            assert document.release_reviewer
            assert document.abstract


def test_a_few_documents_are_for_the_staff_alone(records: list[DemoRecord]) -> None:
    staff = 0
    for document in documents(records):
        if document.audience == Audience.PUBLIC:
            assert document.openness == Openness.PROACTIVE
        else:
            assert document.audience == Audience.STAFF
            assert document.openness_basis
            staff += 1
    assert 2 <= staff <= 3


def _texts(value: object, name: str = "") -> Iterator[str]:
    if isinstance(value, BaseModel):
        for field, inner in value:
            yield from _texts(inner, field)
    elif isinstance(value, tuple):
        for inner in value:
            yield from _texts(inner, name)
    elif isinstance(value, str) and not isinstance(value, Enum) and name != "uscc":
        yield value


def test_the_texts_hold_no_foreign_word_and_no_open_placeholder(records: list[DemoRecord]) -> None:
    for record in records:
        for one in record.publications:
            for text in (*_texts(one.document), one.reason, one.by):
                assert not re.search(r"[A-Za-z]{2,}|[{}]|None", text), text


def test_rules_differ_from_unit_to_unit(records: list[DemoRecord]) -> None:
    bodies = Counter()
    for record in records:
        first = record.publications[0].document
        if first.kind.code == "regulation":
            blocks = [one.text for one in first.blocks]  # type: ignore[attr-defined]
            assert 8 <= len(blocks) <= 30
            bodies["\n".join(blocks)] += 1
    assert max(bodies.values()) == 1


def test_reports_of_the_year_agree_with_themselves_and_one_unit_is_late_or_has_none(
    by_place: dict[str, list[DemoRecord]],
) -> None:
    for slug in SLUGS:
        owed = {one.slug for one in demo_units(CONTENT)[slug] if one.type != "institution"}
        shown = set()
        late = 0
        for record in by_place[slug]:
            for report in documents([record], AnnualReport):
                assert isinstance(report, AnnualReport)
                assert report.requests
                shown.add(record.unit)
                is_late = record.publications[0].at.date() > date(2026, 2, 2)
                assert is_late == (report.public_explanation is not None)
                late += is_late
        assert shown <= owed
        assert len(owed - shown) + late == (slug != "shandong")


def test_budgets_and_final_accounts_go_with_the_quarters(by_place: dict[str, list[DemoRecord]]) -> None:
    for slug in SLUGS:
        found = list(documents(by_place[slug], FinanceDisclosure))
        yearly = [
            one
            for one in found
            if isinstance(one, FinanceDisclosure) and one.statement != StatementType.QUARTERLY
        ]
        assert [one.statement for one in yearly] == [StatementType.BUDGET, StatementType.FINAL_ACCOUNTS]
        budget, accounts = yearly
        assert budget.income_total == budget.expense_total
        assert sum(one.amount for one in budget.expense if one.level == 1) == budget.expense_total
        last = next(
            one
            for one in found
            if isinstance(one, FinanceDisclosure)
            and one.period == "2025Q4"
            and one.closing == accounts.closing
        )
        totals = [one.cumulative for one in last.expense if one.level == 1]
        assert [one.amount for one in accounts.expense if one.level == 1] == totals


def test_some_units_of_erqi_have_all_six_supporting_rules(by_place: dict[str, list[DemoRecord]]) -> None:
    six = {
        Area.DIVISION,
        Area.REPORTING,
        Area.ROTATION,
        Area.COLLECTIVE,
        Area.MAJOR_MATTERS,
        Area.SPEAK_LAST,
    }
    areas: dict[str, set[Area]] = defaultdict(set)
    for record in by_place["erqi"]:
        for one in documents([record], Regulation):
            assert isinstance(one, Regulation)
            areas[record.unit].add(one.area)

    assert Counter(six <= one for one in areas.values()) == {True: 3, False: 2}


# What the rule book finds in the sample data, and no more: each is there on purpose and told on the page.
DELIBERATE: dict[str, dict[str, int]] = {
    "erqi": {"FIN-06": 1, "PUB-04": 1, "SPK-01": 1},
    "tongling": {"FIN-06": 1, "FIN-13": 1, "SPK-01": 1},
    "xian": {"FIN-06": 1, "PUB-04": 1, "SPK-01": 1, "FIN-02": 1},
    "xiuzhou": {"FIN-06": 1, "SPK-01": 1, "SPK-02": 1, "TEN-13": 1},
    "jinhu": {"FIN-06": 1, "PUB-04": 1, "SPK-01": 1, "TEN-18": 1},
    "shandong": {},
}
# 即将到期 and 法律责任: told beside a finding or ahead of one, no findings of their own.
TOLD = {"DEL-09", "PUB-18"}
# What only the papers can answer: the first statement here, what is said of appointments, who was asked.
UNCLEAR = {"FIN-10": 7, "DEC-19": 3, "DEC-20": 1, "SPK-01": 1, "SPK-02": 1, "SPK-03": 1, "SPK-05": 1}


def _as_published(record: DemoRecord) -> PublishedDocument:
    versions = record.publications
    return PublishedDocument(
        document=versions[-1].document,
        published_on=versions[0].at.date(),
        previous=versions[-2].document if len(versions) > 1 else None,
        withdrawn=record.withdrawal is not None and record.withdrawal.version == len(versions),
        stages=tuple((one.at.date(), one.document) for one in versions[:-1]),
        changed_on=versions[-1].at.date(),
    )


@pytest.mark.parametrize("slug", SLUGS)
def test_the_rule_book_finds_what_is_deliberate_and_nothing_else(
    by_place: dict[str, list[DemoRecord]], regimes: dict[str, Regime], slug: str
) -> None:
    found: Counter[str] = Counter()
    unclear: Counter[str] = Counter()
    for unit in demo_units(CONTENT)[slug]:
        facts = UnitFacts(unit.name, UnitType(unit.type), unit.slug, unit.founded_on)
        own = [_as_published(one) for one in by_place[slug] if one.unit == unit.slug]
        for one, report in reports(regimes[slug], facts, own, complete=True, on=TODAY):
            unclear.update(check.rule.id for check in report.by_state(State.UNCLEAR))
            for finding in report.findings:
                if finding.severity == Severity.INFO:
                    assert finding.rule in TOLD, finding
                    continue
                assert one.document.public_explanation, (unit.name, one.document.title, finding)
                found[finding.rule] += 1

    assert found == DELIBERATE[slug]
    assert all(count <= UNCLEAR.get(rule, 0) for rule, count in unclear.items()), unclear


@pytest.mark.parametrize("slug", SLUGS)
def test_loading_publishes_everything_once(
    regimes: dict[str, Regime], records: list[DemoRecord], slug: str
) -> None:
    chosen = {slug: regimes[slug]}
    mine = [one for one in records if one.jurisdiction == slug]
    steps = sum(len(one.publications) + bool(one.withdrawal) for one in mine)
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    told: list[tuple[int, int]] = []

    with Session(engine) as session:
        assert load_demo(session, CONTENT, chosen, progress=lambda done, of: told.append((done, of))) == steps
        session.commit()
        assert load_demo(session, CONTENT, chosen) == 0

        assert told[-1] == (steps, steps)
        versions = list(session.scalars(select(Version).order_by(Version.id)))
        assert len(versions) == sum(len(one.publications) for one in mine)
        assert [one.published_at for one in versions] == sorted(one.published_at for one in versions)
        assert session.scalar(select(func.count()).select_from(Withdrawal)) == 2
        assert sum(one.payload is None for one in versions) == 1
    engine.dispose()


def _only_words(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z\u4e00-\u9fff]", "", unicodedata.normalize("NFKC", text))


def test_no_sentence_of_the_source_documents_was_copied() -> None:
    folder = Path(__file__).resolve().parents[1] / ".." / "shared" / "seeds"
    seeds = sorted(folder.glob("*.txt"))
    if not seeds:
        pytest.skip(f"原始文件不在 {folder.resolve()}：无法核对示例文字是否照抄，本项未检查！")
    plain = opencc.OpenCC("t2s")
    known = "\n".join(
        _only_words(
            plain.convert(re.sub(r"\([^()\u4e00-\u9fff]{1,8}\)", "", one.read_text(encoding="utf-8")))
        )
        for one in seeds
    )
    for file in sorted((CONTENT / "demo").glob("*.toml")):
        for text in re.findall(r'"([^"]*)"', file.read_text(encoding="utf-8")):
            words = _only_words(text)
            for at in range(len(words) - 11):
                assert words[at : at + 12] not in known, f"{file.name}：“{words[at : at + 12]}”与原文相同。"
