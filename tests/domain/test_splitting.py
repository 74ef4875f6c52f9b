"""化整为零 (TEN-02): whatever the parts, their order and their number, the sum decides."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.documents.tender import Method, Notice, Subject, Tender, Venue
from portal.domain.rules.check import State, check
from portal.domain.rules.dossier import Context, Dossier, Entry
from portal.domain.units import UnitFacts, UnitType
from tests.regimes.scenarios import regimes

WORKS = 400_000_000  # 必须招标的工程项目规定: 400 万元, in fen.
SMALL = 10_000_000  # 金湖: 10 万元.
SURE = 400_000_000  # 货物、服务: every province's standard is reached.
LOW = 200_000_000


def part(number: int, amount: int, **changes: object) -> Tender:
    data = {
        "title": f"示例工程第{number}段",
        "project_no": f"示〔2026〕{number}号",
        "parent_project": "示例工程",
        "subject": Subject.WORKS,
        "method": Method.NEGOTIATION,
        "fiscal_year": 2026,
        "notice": Notice(
            issued_on=date(2026, 3, 2) + timedelta(days=number), ceiling=amount, venue=Venue.COUNTY_CENTRE
        ),
        **changes,
    }
    return Tender.model_validate(data)


def state(
    document: Tender, others: list[Tender], *, slug: str = "erqi", unit: UnitType = UnitType.BUREAU
) -> State | None:
    context = Context(
        regime=regimes()[slug],
        unit=UnitFacts("示例单位", unit),
        on=date(2026, 11, 20),
        dossier=Dossier(tuple(Entry(one) for one in others), complete=True),
    )
    found = check(document, context, only=["TEN-02"]).checks
    return found[0].state if found else None


amounts = st.lists(st.integers(0, WORKS - 1), min_size=1, max_size=9)


@given(amounts)
def test_parts_under_the_scale_are_found_exactly_when_they_reach_it_together(parts: list[int]) -> None:
    tenders = [part(place, amount) for place, amount in enumerate(parts)]
    wanted = State.FOUND if len(parts) > 1 and sum(parts) >= WORKS else State.PASSED
    assert {state(one, [other for other in tenders if other is not one]) for one in tenders} == {wanted}


@given(amounts, st.randoms(use_true_random=False))
def test_the_order_of_the_records_is_of_no_account(parts: list[int], chance: object) -> None:
    tenders = [part(place, amount) for place, amount in enumerate(parts)]
    shuffled = tenders[1:]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert state(tenders[0], tenders[1:]) == state(tenders[0], shuffled)


@given(amounts, st.integers(0, WORKS - 1))
def test_the_version_that_is_replaced_does_not_count_twice(parts: list[int], before: int) -> None:
    tenders = [part(place, amount) for place, amount in enumerate(parts)]
    assert state(tenders[0], tenders[1:]) == state(tenders[0], [part(0, before), *tenders[1:]])


@given(amounts)
def test_what_went_to_tender_is_no_part(parts: list[int]) -> None:
    tenders = [part(place, amount) for place, amount in enumerate(parts)]
    tendered = part(99, WORKS - 1, method=Method.OPEN_TENDER)
    assert state(tenders[0], tenders[1:]) == state(tenders[0], [*tenders[1:], tendered])


@given(st.lists(st.integers(0, SMALL - 1), min_size=2, max_size=12))
def test_small_works_at_the_town_centre_are_found_exactly_when_they_reach_the_limit(parts: list[int]) -> None:
    tenders = [
        part(
            place,
            amount,
            notice=Notice(issued_on=date(2026, 3, 2), ceiling=amount, venue=Venue.TOWNSHIP_CENTRE),
        )
        for place, amount in enumerate(parts)
    ]
    wanted = State.FOUND if sum(parts) >= SMALL else State.PASSED
    assert state(tenders[0], tenders[1:], slug="jinhu", unit=UnitType.TOWNSHIP) == wanted
    assert state(tenders[0], tenders[1:], slug="jinhu") == State.PASSED


@given(st.lists(st.integers(0, SURE - 1), min_size=2, max_size=9))
def test_goods_of_one_category_are_found_doubted_or_passed_by_their_sum(parts: list[int]) -> None:
    tenders = [
        part(place, amount, subject=Subject.GOODS, parent_project=None, catalogue_item="办公设备")
        for place, amount in enumerate(parts)
    ]
    total = sum(parts)
    wanted = State.FOUND if total >= SURE else State.UNCLEAR if total >= LOW else State.PASSED
    assert state(tenders[0], tenders[1:]) == wanted
