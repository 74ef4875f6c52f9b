"""A sample can be drawn again by anybody, from the same seed and list, in whatever order the list is read."""

from __future__ import annotations

import hashlib
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.supervision.sampling import Candidate, digest_of, draw, redraw

POPULATION = [
    Candidate(unit, kind, f"{unit}/{kind}-{number}")
    for unit in ("a", "b")
    for kind in ("finance", "decision")
    for number in range(10)
]
EACH = {"finance": 2, "decision": 3}


@given(st.permutations(POPULATION), st.text(max_size=20))
def test_the_order_of_the_list_and_what_is_in_it_twice_do_not_matter(
    shuffled: list[Candidate], seed: str
) -> None:
    assert draw([*shuffled, *shuffled[:5]], seed=seed, each=EACH) == draw(POPULATION, seed=seed, each=EACH)
    assert digest_of([*shuffled, *shuffled[:5]]) == digest_of(POPULATION)


def test_the_written_recipe_draws_the_same() -> None:
    seed = "20261020-8-15-3"
    by_hand = []
    for unit, kind in sorted({(one.unit, one.kind) for one in POPULATION}):
        refs = [one.ref for one in POPULATION if (one.unit, one.kind) == (unit, kind)]
        refs.sort(key=lambda ref: hashlib.sha256(f"{seed}\n{ref}".encode()).hexdigest())
        by_hand += refs[: EACH[kind]]
    assert [one.ref for one in draw(POPULATION, seed=seed, each=EACH)] == by_hand
    assert len(by_hand) == 10


def test_a_sample_that_was_drawn_once_stays_what_it_was() -> None:
    """Whoever changes the recipe changes samples of past years: this one was drawn with the first."""
    drawn = draw(POPULATION, seed="2026", each={"finance": 2})
    assert [one.ref for one in drawn] == FIRST_DRAWN


FIRST_DRAWN = ["a/finance-7", "a/finance-2", "b/finance-4", "b/finance-6"]


def test_every_record_has_the_same_chance() -> None:
    some = [one for one in POPULATION if (one.unit, one.kind) == ("a", "finance")]
    drawn = Counter(
        one.ref for seed in range(2000) for one in draw(some, seed=str(seed), each={"finance": 2})
    )
    assert set(drawn) == {one.ref for one in some}
    expected = 2000 * 2 / len(some)
    chi = sum((count - expected) ** 2 / expected for count in drawn.values())
    assert (
        chi < 27.9
    )  # 9 degrees of freedom: one fair recipe in a thousand is further off; this one never changes.


def test_strata_do_not_touch_one_another() -> None:
    alone = [one for one in POPULATION if one.unit == "a"]
    assert draw(alone, seed="x", each=EACH) == [
        one for one in draw(POPULATION, seed="x", each=EACH) if one.unit == "a"
    ]
    assert draw(POPULATION, seed="x", each={"finance": 99}) == sorted(
        (one for one in POPULATION if one.kind == "finance"),
        key=lambda one: (one.unit, hashlib.sha256(f"x\n{one.ref}".encode()).hexdigest()),
    )


def test_drawing_again_tells_what_was_tampered_with_and_what_changed_since() -> None:
    digest = digest_of(POPULATION)
    kept = [one.ref for one in draw(POPULATION, seed="x", each=EACH)]

    def again(frozen: list[Candidate], kept: list[str], today: list[Candidate]) -> object:
        return redraw(frozen, digest=digest, seed="x", each=EACH, kept=kept, today=today)

    fine = again(POPULATION, kept, POPULATION)
    assert fine == (True, True, (), (), (), ())
    spared = next(one.ref for one in POPULATION if one.ref not in kept)
    swapped = again(POPULATION, [spared, *kept[1:]], POPULATION)
    assert swapped == (True, False, (spared,), (kept[0],), (), ())
    assert not redraw(POPULATION[1:], digest=digest, seed="x", each=EACH, kept=kept, today=[]).digest_equal
    later = [*POPULATION[1:], Candidate("a", "finance", "a/finance-new")]
    assert again(POPULATION, kept, later) == (True, True, (), (), ("a/finance-new",), (POPULATION[0].ref,))
