"""Tables of sign-off bands: any whole table is clean, any flaw is found, a boundary goes to the stricter band."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.documents.delegation import Approver, ExpenseType, Payer, SignOffBand
from portal.domain.rules.bands import AtLimit, Table, strictness
from portal.domain.rules.check import check
from portal.domain.rules.dossier import Context, Dossier, Entry
from portal.domain.rules.signoff import BandTerms, flaws
from portal.domain.units import UnitFacts
from tests.regimes.scenarios import build, regimes

FEN = 10**9
cuts = st.lists(st.integers(1, FEN), max_size=6, unique=True).map(sorted)
amounts = st.integers(0, 2 * FEN)
RISING = (Approver.OFFICE, Approver.DEPUTY, Approver.DEPUTY_WITH_CONSENT, Approver.COLLECTIVE)


def band(lower: int, upper: int | None, approver: Approver = Approver.COLLECTIVE) -> SignOffBand:
    return SignOffBand(domain="财务", lower=lower, upper=upper, approver=approver, chain=("经办人",))


def table(bands: list[SignOffBand]) -> Table:
    rows = sorted(enumerate(bands), key=lambda row: row[1].lower)
    return Table("finance", "财务", True, ExpenseType.ANY, Payer.ANYONE, date(2026, 1, 1), tuple(rows))


def whole(edges: list[int]) -> list[SignOffBand]:
    """Bands that cover [0, ∞) once, ever stricter upwards."""
    tops: list[int | None] = [*edges, None]
    levels = [RISING[min(len(RISING) - 1, place)] for place in range(len(tops))]
    return [band(lower, upper, who) for lower, upper, who in zip([0, *edges], tops, levels, strict=True)]


def covering(bands: list[SignOffBand], amount: int) -> list[SignOffBand]:
    return [one for one in bands if one.lower <= amount and (one.upper is None or amount < one.upper)]


@given(cuts, amounts, st.randoms())
def test_a_whole_table_covers_every_amount_exactly_once_and_is_clean(
    edges: list[int], amount: int, random: Random
) -> None:
    bands = whole(edges)
    random.shuffle(bands)

    assert len(covering(bands, amount)) == 1
    assert table(bands).at(amount) == covering(bands, amount)[0]
    assert not list(flaws(table(bands)))


@given(st.lists(st.tuples(amounts, st.none() | amounts), min_size=1, max_size=5))
def test_a_table_is_clean_only_if_every_amount_is_covered_exactly_once(
    spans: list[tuple[int, int | None]],
) -> None:
    bands = [band(lower, upper) for lower, upper in spans]
    # Coverage changes only at the edges, so that these amounts stand for all.
    edges = {0, *(lower for lower, _ in spans), *(upper for _, upper in spans if upper is not None)}
    once = all(len(covering(bands, amount)) == 1 for amount in edges)
    upright = all(upper is None or lower < upper for lower, upper in spans)

    assert (not list(flaws(table(bands)))) == (once and upright)


@given(cuts.filter(bool), st.data())
def test_any_gap_overlap_or_missing_top_is_found(edges: list[int], data: st.DataObject) -> None:
    bands = whole(edges)
    place = data.draw(st.integers(0, len(bands) - 1))
    broken = [one for number, one in enumerate(bands) if number != place]
    assert list(flaws(table(broken)))

    later = data.draw(st.integers(1, len(bands) - 1))
    shift = data.draw(st.sampled_from([-1, 1]))
    moved = bands[later].model_copy(update={"lower": bands[later].lower + shift})
    assert list(flaws(table([*bands[:later], moved, *bands[later + 1 :]])))


@given(cuts.filter(bool), st.data())
def test_an_amount_at_a_boundary_goes_to_the_stricter_band(edges: list[int], data: st.DataObject) -> None:
    bands = whole(edges)
    place = data.draw(st.integers(1, len(bands) - 1))
    at, below = (table(bands).at(bands[place].lower - step) for step in (0, 1))

    assert at == bands[place]
    assert below == bands[place - 1]
    assert at is not None
    assert below is not None
    assert strictness(at) >= strictness(below)


@given(cuts)
def test_overlapping_bands_are_read_strictly(edges: list[int]) -> None:
    bands = [*whole(edges), band(0, None, Approver.OFFICE)]

    for amount in (0, *edges):
        assert table(bands).at(amount) == covering(whole(edges), amount)[0]


def test_the_number_itself_falls_on_the_side_that_the_regime_says() -> None:
    assert AtLimit.ABOVE.first_above(500_000) == 500_000
    assert AtLimit.WITHIN.first_above(500_000) == 500_001


def test_a_table_that_covers_nothing_gives_no_band() -> None:
    assert table([band(100, 200)]).at(99) is None
    assert table([band(0, 200, Approver.DEPUTY)]).collective_from() is None


def test_every_domain_that_the_regimes_name_for_bands_is_one_of_their_restricted_domains() -> None:
    for regime in regimes().values():
        for terms in regime.rules.get("FIN-01", ()):
            assert isinstance(terms, BandTerms)
            named = (*terms.domains, *terms.consent_domains, *(one.domain for one in terms.limits))
            assert all(regime.domain(one, terms.valid_from) for one in named), regime.slug
        for rule_id in ("FIN-02", "FIN-03", "FIN-04", "TEN-19"):
            for entry in regime.rules.get(rule_id, ()):
                if domain := getattr(entry, "domain", None):
                    assert regime.domain(domain, entry.valid_from), (regime.slug, rule_id)


@pytest.mark.parametrize(
    ("expense_type", "terms", "tested"),
    [
        ("salary", {"exempt": ()}, True),
        ("salary", {"exempt": (ExpenseType.SALARY,)}, False),
        ("office", {"exempt": (ExpenseType.SALARY,)}, True),
        ("procurement", {"purchases_too": False}, False),
        ("office", {"purchases_too": False}, True),
    ],
)
def test_a_commission_can_except_a_type_of_expense(expense_type: str, terms: Any, tested: bool) -> None:
    regime = regimes()["xian"]
    (entry,) = regime.rules["FIN-02"]
    altered = {**regime.rules, "FIN-02": (entry.model_copy(update=terms),)}
    payment = {"/payments/0/expense_type": expense_type}
    finance = build("xian", {"base": "finance", "change": payment, "remove": ["/payments/1"]})
    context = Context(
        regime=regime.model_copy(update={"rules": altered}),
        unit=UnitFacts("示例单位"),
        on=date(2026, 11, 20),
        dossier=Dossier((Entry(build("xian", "plan")),), complete=True),
    )

    assert bool(check(finance, context, only=("FIN-02",)).checks) == tested
