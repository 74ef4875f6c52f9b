"""A record as it stands, from its versions: what is in force, what stood before, and since when."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.rules.unit_file import PublishedDocument, Stage, as_it_stands
from portal.domain.units import UnitFacts, UnitType, facts_of

ONE, TWO, THREE = (
    FinanceDisclosure(period="2026Q3", title=f"三季度财务公开（{one}）") for one in ("一", "二", "三")
)
DAYS = (date(2026, 10, 9), date(2026, 10, 12), date(2026, 10, 13))


def stages(*given: tuple[FinanceDisclosure | None, bool]) -> list[Stage]:
    return [Stage(day, document, gone) for day, (document, gone) in zip(DAYS, given, strict=False)]


@pytest.mark.parametrize(
    ("given", "document", "previous", "withdrawn"),
    [
        ([(ONE, False)], ONE, None, False),
        ([(ONE, False), (TWO, False)], TWO, ONE, False),
        ([(ONE, True), (TWO, False)], TWO, None, False),
        ([(ONE, False), (TWO, True), (THREE, False)], THREE, ONE, False),
        ([(ONE, False), (None, True), (THREE, False)], THREE, ONE, False),
        ([(ONE, False), (TWO, True)], TWO, ONE, True),
        ([(ONE, False), (None, True)], ONE, ONE, True),
        ([(ONE, True), (None, True)], ONE, None, True),
        ([(ONE, False), (None, False)], ONE, ONE, True),
    ],
)
def test_what_stood_before_is_the_newest_readable_version_that_was_not_withdrawn(
    given: list[tuple[FinanceDisclosure | None, bool]],
    document: FinanceDisclosure,
    previous: FinanceDisclosure | None,
    withdrawn: bool,
) -> None:
    found = as_it_stands(stages(*given), ref="甲")
    assert found is not None
    assert (found.document, found.previous, found.withdrawn) == (document, previous, withdrawn)
    assert (found.published_on, found.changed_on, found.ref) == (DAYS[0], DAYS[len(given) - 1], "甲")
    assert [one for _, one in found.stages] == [one for one, _ in given[:-1] if one]


def test_nothing_is_left_where_every_content_was_destroyed() -> None:
    assert as_it_stands(stages((None, True), (None, True))) is None


def test_what_a_next_version_replaces() -> None:
    current = as_it_stands(stages((ONE, False), (TWO, False)))
    withdrawn = as_it_stands(stages((ONE, False), (TWO, True)))
    assert current is not None
    assert withdrawn is not None
    later = date(2026, 11, 2)
    assert current.followed_by(THREE, later).previous == TWO
    after = withdrawn.followed_by(THREE, later)
    assert (after.previous, after.published_on, after.changed_on, after.withdrawn) == (
        ONE,
        DAYS[0],
        later,
        False,
    )
    draft = PublishedDocument(ONE, None).followed_by(TWO, later)
    assert (draft.previous, draft.published_on) == (None, later)


def test_a_unit_of_unknown_type_counts_as_other() -> None:
    class Row:
        name, slug, type = "示例单位", "unit", "示例类型"
        founded_on, abolished_on = date(2020, 1, 1), None

    assert facts_of(Row()) == UnitFacts("示例单位", UnitType.OTHER, "unit", date(2020, 1, 1))
