"""Small numbers are hidden, and nobody works them out from what is printed."""

from __future__ import annotations

from datetime import date
from itertools import pairwise, product
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from portal.services.reports.statistics import SMALL, Cell, _told_in_time, hide_small

_TOP = 40  # No number in these tests is larger.


@st.composite
def tables(draw: st.DrawFn) -> list[tuple[int, ...]]:
    """Draw one population split in several ways."""
    total = draw(st.integers(0, 24))
    groups = []
    for _ in range(draw(st.integers(1, 3))):
        cuts = sorted(draw(st.lists(st.integers(0, total), min_size=0, max_size=3)))
        edges = [0, *cuts, total]
        groups.append(tuple(after - before for before, after in pairwise(edges)))
    return groups


def possible(cell: Cell) -> range:
    """Return the numbers that a reader takes a printed cell to stand for."""
    if cell.text.startswith("<"):
        return range(1, SMALL)
    if cell.text.startswith("≥"):
        return range(SMALL, _TOP)
    if cell.text == "不列":
        return range(_TOP)
    return range(int(cell.text), int(cell.text) + 1)


def sums(cells: tuple[Cell, ...]) -> set[int]:
    """Return every total that a group allows."""
    found = {0}
    for cell in cells:
        found = {one + number for one, number in product(found, possible(cell)) if one + number < _TOP * 2}
    return found


@given(tables())
def test_no_small_number_can_be_worked_out(groups: list[tuple[int, ...]]) -> None:
    shown = hide_small(groups)
    totals = set.intersection(*(sums(one) for one in shown.groups))
    if shown.total.text != "不列":
        totals &= {int(shown.total.text)}
    assert sum(groups[0]) in totals
    for group, cells in zip(groups, shown.groups, strict=True):
        for place, number in enumerate(group):
            assert number in possible(cells[place])
            if not 0 < number < SMALL:
                continue
            others = sums(tuple(one for where, one in enumerate(cells) if where != place))
            left = {one for one in possible(cells[place]) if any(total - one in others for total in totals)}
            assert len(left) > 1, (groups, shown)


def test_large_numbers_are_printed_as_they_are() -> None:
    shown = hide_small([(12, 8, 0), (20,)])
    assert [[cell.text for cell in one] for one in shown.groups] == [["12", "8", "0"], ["20"]]
    assert shown.total.text == "20"


def test_a_single_small_number_is_not_what_is_left_of_the_total() -> None:
    shown = hide_small([(17, 3), (20,)])
    texts = [[cell.text for cell in one] for one in shown.groups]
    assert texts[0][1] == "<5"
    assert "3" not in {cell for one in texts for cell in one}
    assert not (texts[0][0] == "17" and texts[1][0] == "20")
    assert shown.total.text == "不列"


def test_who_left_no_name_is_not_counted_as_waiting_once_it_is_decided() -> None:
    def row(state: str, **more: object) -> SimpleNamespace:
        told: dict[str, object] = {
            "told_on": None,
            "accept_by": date(2026, 3, 20),
            "real_name": None,
            "state": state,
        }
        return SimpleNamespace(**{**told, **more})

    late = date(2026, 4, 1)
    assert _told_in_time(row("received"), late) == "overdue"
    assert _told_in_time(row("accepted"), late) == "none"
    assert _told_in_time(row("accepted", real_name=True), late) == "overdue"
    assert _told_in_time(row("accepted", real_name=True, told_on=date(2026, 3, 20)), late) == "in_time"
