"""The figures of a bulletin: what counts where, how units are ranked, how shares are shown."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from portal.domain.obligations import Counts, Status
from portal.domain.supervision.bulletin import DutyLine, Figures, Own, Share, percent, points, score
from portal.domain.supervision.bulletin_words import sections_of
from portal.domain.supervision.conduct import Conduct, Kept, Sighting
from portal.domain.supervision.tallying import Place, before_of, figures_of, of_quarter, ranking, tally
from tests.conftest import shipped

QUARTER = "2026Q3"


def kept(status: Status = Status.ON_TIME, duty: str = "finance", period: str = QUARTER, **more: Any) -> Kept:
    return Kept(duty, period, status, status.label, **more)


def unit(name: str, *some: Kept, passed: int = 10, applicable: int = 10, **more: Any) -> Conduct:
    given: dict[str, Any] = {"here": True, "items": (), "coverage": (), "sightings": ()}
    return Conduct(name, name, "bureau", kept=some, passed=passed, applicable=applicable, **{**given, **more})


def figures(*units: Conduct, quarter: str = QUARTER) -> Figures:
    place = Place(shipped()["xiuzhou"], quarter, date(2026, 11, 20))
    return figures_of(place, units, ["2026Q1", "2026Q2", QUARTER], own=Own(), before=None)


def test_equal_units_share_a_place_and_the_next_is_left_out() -> None:
    lines = ranking(
        [
            unit("丁", kept(Status.LATE), passed=9),
            unit("甲", kept()),
            unit("戊", applicable=0, passed=0),
            unit("乙"),  # Nothing was due: that costs no place.
            unit("丙", kept(Status.MISSING)),
            unit("没有了", kept(), here=False),
        ],
        QUARTER,
    )
    assert [(one.rank, one.name) for one in lines] == [
        (1, "甲"),
        (1, "乙"),
        (3, "丙"),
        (4, "丁"),
        (None, "戊"),
    ]


def test_an_index_is_compared_exactly_not_as_it_is_shown() -> None:
    lines = ranking([unit("甲", passed=6666, applicable=10_000), unit("乙", passed=2, applicable=3)], QUARTER)
    assert [one.index_text for one in lines] == ["66.7", "66.7"]
    assert [(one.rank, one.name) for one in lines] == [(1, "乙"), (2, "甲")]


@pytest.mark.parametrize(
    ("one", "quarter"),
    [
        (kept(), "2026Q3"),
        (kept(duty="annual", period="2025"), "2025Q4"),
        (kept(duty="budget", period="2026-budget", original=date(2026, 3, 31)), "2026Q1"),
        (kept(duty="budget", period="2026-budget"), None),
        (kept(duty="plan", period="2026-07-01"), None),
        (kept(duty="decision"), "2026Q3"),
    ],
)
def test_each_thing_owed_belongs_to_one_quarter(one: Kept, quarter: str | None) -> None:
    every = [f"{year}Q{number}" for year in (2025, 2026) for number in (1, 2, 3, 4)]
    assert [each for each in every if of_quarter(one, each)] == ([quarter] if quarter else [])


def test_what_was_taken_back_is_neither_kept_nor_a_gap() -> None:
    counts = tally([kept(withdrawn=True), kept(Status.LATE, withdrawn=True), kept(Status.NIL)])
    assert (counts["withdrawn"], counts["late"], counts["on_time"], counts["nil"]) == (1, 1, 1, 1)


def test_single_events_count_one_by_one() -> None:
    one = kept(
        Status.MISSING, "decision", counts=Counts(on_time=3, late=2, open=4, overdue=1, unclear=1), days=5
    )
    found = figures(unit("甲", one))
    line = found.duties[0]
    assert (line.on_time, line.late, line.missing, line.waiting, line.unclear) == (3, 2, 1, 3, 1)
    assert (line.due, line.share.text) == (6, "50.0%")
    assert [(gap.count, gap.days) for gap in found.late] == [
        (2, 0)
    ]  # The days known are those of the missing.
    assert [(gap.count, gap.days) for gap in found.missing] == [(1, 5)]


def test_a_hint_is_no_finding_and_fresh_is_what_changed_in_the_quarter() -> None:
    def seen(severity: str, changed: date) -> Sighting:
        return Sighting("FIN-06", severity, "x", date(2026, 1, 1), changed)

    found = figures(
        unit("甲", sightings=(seen("red", date(2026, 9, 30)), seen("info", date(2026, 9, 30)))),
        unit("乙", sightings=(seen("yellow", date(2026, 10, 1)),)),
        unit("丙", sightings=(seen("info", date(2026, 9, 1)),)),
    )
    (line,) = found.findings
    assert (line.red, line.yellow, line.total, line.units, line.fresh) == (1, 1, 2, 2, 1)
    assert found.finding_units == 2


def test_a_standing_duty_is_told_as_late_only_when_it_fell_due() -> None:
    late = kept(
        Status.LATE, "plan", "2026-01-01", original=date(2026, 1, 20), due=date(2026, 1, 20), newest=True
    )
    assert [one.title for one in figures(unit("甲", late), quarter="2026Q1").late] == ["授权分工方案"]
    assert figures(unit("甲", late)).late == ()
    missing = kept(Status.MISSING, "plan", "", original=date(2019, 6, 13), newest=True)
    assert len(figures(unit("甲", missing)).missing) == 1
    assert figures(unit("甲", missing, here=False)).missing == ()


def test_shares_are_shown_half_up_and_moves_add_up_as_shown() -> None:
    assert percent(Fraction(1, 3)) == "33.3%"
    assert score(Fraction(1, 2000)) == "0.1"
    assert percent(None) == Share(part=0, of=0).text == "—"
    assert points(Fraction(2, 3), Fraction(1, 3)) == "上升33.4个百分点"  # 66.7 less 33.3.
    assert points(Fraction(1, 3), Fraction(1, 3)) == "持平"
    assert points(None, Fraction(1)) == ""


def test_what_is_kept_is_read_back_the_same_and_names_itself() -> None:
    found = figures(unit("甲", kept()), unit("乙", kept(Status.MISSING, days=3, day_unit="个工作日")))
    again = Figures.from_json(found.to_json())
    assert again == found
    assert again.digest() == found.digest()
    assert found.model_copy(update={"units": 3}).digest() != found.digest()


def test_a_quarter_in_which_nothing_was_due_is_told_so() -> None:
    text = "".join(
        one for part in sections_of(figures(unit("甲", applicable=0, passed=0))) for one in part.text
    )
    assert "没有到期的公开事项" in text
    assert "不排名" in text
    assert "—" not in text
    assert DutyLine(code="x", title="", act="", each="", standing=False).share.text == "—"


def test_a_quarter_is_compared_with_what_was_public_as_long_after_the_one_before() -> None:
    regime, then = shipped()["xiuzhou"], date(2026, 8, 20)
    before = before_of(Place(regime, "2026Q2", then), [unit("甲", passed=8), unit("乙", passed=6)])
    assert (before.quarter, before.on, before.index) == ("2026Q2", then, (70, 1))
    now = figures(unit("甲", kept()), unit("乙", kept(), passed=6)).model_copy(update={"before": before})
    told = "".join("".join(one.text) for one in sections_of(now))
    assert "平均80.0分，比2026年第二季度同期（2026年8月20日）上升10.0分" in told
