"""Public counts of outcomes: no small number is shown, and none can be worked out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.supervision.outcomes import Kind, public_table

COUNTS = st.dictionaries(
    st.tuples(st.sampled_from([one.value for one in Kind]), st.integers(2020, 2026)),
    st.integers(0, 12),
    max_size=20,
)


@given(COUNTS, st.integers(2, 8))
def test_every_small_number_has_other_values_that_print_the_same(
    counts: dict[tuple[str, int], int], least: int
) -> None:
    shown = public_table(counts, least)
    for key, number in counts.items():
        if not 0 < number < least:
            continue
        assert shown is not None
        cells = dict(shown.rows)[Kind(key[0]).label]
        assert cells[shown.years.index(key[1])] == f"<{least}"
        for other in range(1, least):
            assert public_table(counts | {key: other}, least) == shown


@given(COUNTS, st.integers(2, 8))
def test_what_is_not_small_is_shown_as_it_is(counts: dict[tuple[str, int], int], least: int) -> None:
    shown = public_table(counts, least)
    known = {key: number for key, number in counts.items() if number}
    assert (shown is None) == (not known)
    if shown is None:
        return
    for (kind, year), number in known.items():
        cell = dict(shown.rows)[Kind(kind).label][shown.years.index(year)]
        assert cell == (str(number) if number >= least else f"<{least}")
    assert bool(shown.totals) == all(number >= least for number in known.values())


def test_totals_stand_where_nothing_is_hidden() -> None:
    shown = public_table({("notice", 2026): 7, ("criticism", 2026): 5, ("notice", 2025): 6}, 5)
    assert shown is not None
    assert shown.years == (2026, 2025)
    assert shown.rows == (("批评教育", ("5", "0")), ("通报批评", ("7", "6")))
    assert shown.totals == ("12", "6")
