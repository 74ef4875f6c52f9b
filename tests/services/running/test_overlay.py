"""Changes laid over the regime files: one value a day whatever is changed, the file untouched, what does not fit is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from portal.domain.dated import refuse_overlaps
from portal.domain.regimes import Regime
from portal.domain.rules.terms import Off
from portal.domain.spelling import read_typed, shape_of, spelt, typed
from portal.domain.units import UnitType
from portal.services.running import parameters
from portal.services.running.handing_on import HandedOn, hand_on
from portal.services.running.overlay import (
    RULE,
    SECTIONS,
    YEAR,
    Change,
    DoesNotFit,
    Laid,
    changes_of,
    lay,
    regime_with,
    regimes_with_changes,
)
from portal.store.tables import Jurisdiction, RegimeChange
from tests.conftest import NOON, shipped

TODAY = date(2026, 10, 20)


def change(
    section: str,
    name: str,
    values: Mapping[str, Any],
    on: date = date(2027, 1, 1),
    *,
    number: int = 1,
    types: tuple[str, ...] = (),
    countermands: int | None = None,
) -> Change:
    words = ("会议研究决定", "示例纪发〔2026〕8号", "示例甲", "冯示六")
    at = datetime(2026, 10, 20, tzinfo=UTC)
    return Change(
        number, section, name, values, types, countermands, on, words[0], words[1], words[2], words[3], at
    )


def groups(regime: Regime, on: date = TODAY) -> list[parameters.Group]:
    return [one for one in parameters.groups_of({regime.slug: regime}, regime.slug, on=on) if one.open]


def test_every_entry_of_every_file_is_read_back_from_its_spelling() -> None:
    entries = [
        one
        for regime in shipped().values()
        for book in (regime, regime.national)
        if book
        for section in ("rules", *SECTIONS)
        for one in (
            [each for some in book.rules.values() for each in some]
            if section == "rules"
            else getattr(book, section, ())
        )
    ]
    assert len(entries) > 500
    for one in entries:
        assert type(one).model_validate(spelt(one)) == one
        for name, info in type(one).model_fields.items():
            shape = shape_of(info)
            if name in ("readings", "note"):
                continue  # Sentences, with marks of their own.
            if shape.simple and (value := getattr(one, name)) is not None and not isinstance(value, str):
                text = typed(value, shape)
                again = read_typed(text, shape)
                spelling = {**spelt(one), (info.alias or name): again}
                assert type(one).model_validate(spelling) == one, (name, text)


def other(value: parameters.Value) -> Any:
    """Return another value of the same shape, in the file's spelling."""
    shape = value.shape
    if shape.options and not shape.many:
        return next(
            (one == "true" if shape.core is bool else one) for one, _ in shape.options if one != value.typed
        )
    if shape.many:
        return [one for one, _ in shape.options][:1] or ["示例"]
    if shape.core is int and not shape.yuan:
        return int(value.typed or 1) + 1
    return {"Span": "45日", "Fraction": "3/7"}.get(getattr(shape.core, "__name__", ""), "4321")


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_changes_leave_one_value_a_day_and_what_was_before_them_as_it_was(data: st.DataObject) -> None:
    first = regime = shipped()[data.draw(st.sampled_from(sorted(shipped())))]
    for number in range(data.draw(st.integers(1, 4))):
        on = TODAY + timedelta(days=data.draw(st.integers(0, 900)))
        found = data.draw(st.sampled_from(groups(regime, on) or groups(first)))
        value = data.draw(st.sampled_from([one for one in found.values if one.open]))
        if value.name in ("severity", "with_explanation"):
            continue  # Both belong together.
        it = change(
            found.section, found.name, {value.name: other(value)}, on, number=number, types=found.unit_types
        )
        before = regime
        try:
            regime = lay(regime, it)
        except DoesNotFit:
            assert regime is before
            continue
        assert regime.identity() != before.identity()
        for section in SECTIONS:
            entries = getattr(regime, section)
            refuse_overlaps((one, getattr(one, "code", section)) for one in entries)
        for rule_id, entries in regime.rules.items():
            refuse_overlaps((one, rule_id) for one in entries)
        day = on - timedelta(days=1)
        for rule_id in regime.rules:
            for unit_type in UnitType:
                same = regime.terms(rule_id, day, unit_type), before.terms(rule_id, day, unit_type)
                assert _but_for_the_end(same[0]) == _but_for_the_end(same[1])
                then, was = (one.terms(rule_id, on, unit_type) for one in (regime, before))
                assert (then is None) == (was is None)
    assert first is shipped()[first.slug]


def _but_for_the_end(one: Any) -> Any:
    return None if one is None or isinstance(one, Off) else one.model_copy(update={"valid_to": None})


def test_a_change_binds_from_its_day_and_says_where_it_comes_from() -> None:
    regime = shipped()["xiuzhou"]
    group = next(one for one in groups(regime) if one.section == "replies" and one.name == "matter")
    new = lay(regime, change("replies", "matter", {"within": "15个工作日"}))
    assert str(new.reply_on("matter", date(2026, 12, 31)).within) == group.values[0].typed  # type: ignore[union-attr]
    after = new.reply_on("matter", date(2027, 1, 1))
    assert after is not None
    assert str(after.within) == "15个工作日"
    assert "示例纪发〔2026〕8号" in after.source
    assert not after.default
    for name in ("discipline_advice", "rectify"):  # The others of the national section came along.
        assert new.reply_on(name, date(2027, 6, 1)) == regime.reply_on(name, date(2027, 6, 1)) or (
            new.reply_on(name, date(2027, 6, 1)).within == regime.reply_on(name, date(2027, 6, 1)).within  # type: ignore[union-attr]
        )
    again = lay(new, change("replies", "matter", {"within": "20个工作日"}, date(2027, 5, 1), number=2))
    assert str(again.reply_on("matter", date(2027, 4, 30)).within) == "15个工作日"  # type: ignore[union-attr]
    assert str(again.reply_on("matter", date(2027, 5, 1)).within) == "20个工作日"  # type: ignore[union-attr]


def test_a_years_holidays_make_its_deadlines_firm() -> None:
    regime = shipped()["xiuzhou"]
    before = regime.finance_due("2026Q4")
    assert before is not None
    assert before.provisional
    off = [f"2027-01-0{day}" for day in (1, 2, 3, 4, 5)]
    after = lay(regime, change(YEAR, "2027", {"off": off, "work": []})).finance_due("2026Q4")
    assert after is not None
    assert not after.provisional


@pytest.mark.parametrize(
    "it",
    [
        change(RULE, "XXX-99", {"within": "5日"}),
        change(RULE, "FIN-06", {"within": "五天"}),
        change(RULE, "FIN-06", {"no_such": 1}),
        change("replies", "no_such", {"within": "5日"}),
        change("no_such", "x", {}),
        change(YEAR, "2027", {"off": ["2026-01-01"]}),
    ],
    ids=lambda one: f"{one.section}-{one.name}",
)
def test_a_change_that_does_not_fit_is_told_and_left_out(it: Change) -> None:
    regime = shipped()["xiuzhou"]
    good = change("replies", "matter", {"within": "15个工作日"}, number=2)
    found, told = regime_with(regime, [it, good])
    assert len(told) == 1
    assert "没有施行" in told[0]
    assert str(found.reply_on("matter", date(2027, 1, 1)).within) == "15个工作日"  # type: ignore[union-attr]


def test_a_countermanded_change_never_was() -> None:
    regime = shipped()["xiuzhou"]
    first = change("replies", "matter", {"within": "15个工作日"})
    gone = change("replies", "matter", {}, number=2, countermands=1)
    assert regime_with(regime, [first, gone])[0].identity() == regime.identity()


def row(county: Jurisdiction, values: dict[str, Any]) -> RegimeChange:
    return RegimeChange(
        jurisdiction_id=county.id, section="replies", name="matter", content=json.dumps({"values": values}),
        valid_from=date(2027, 1, 1), reason="会议研究决定", source="示例纪发〔2026〕8号", approver="示例甲",
        recorded_by="冯示六", recorded_at=NOON,
    )  # fmt: skip


def test_recorded_changes_are_read_once_and_for_their_own_jurisdiction_only(
    session: Session, county: Jurisdiction
) -> None:
    laid = Laid(shipped())
    laid.refresh(session)
    before = laid["xiuzhou"]
    session.add(row(county, {"within": "15个工作日"}))
    session.flush()
    assert laid["xiuzhou"] is before
    laid.refresh(session)
    after = laid["xiuzhou"]
    assert after.identity() != before.identity()
    assert laid["jinhu"].identity() == shipped()["jinhu"].identity()
    laid.refresh(session)
    assert laid["xiuzhou"] is after
    assert regimes_with_changes(session, shipped())["xiuzhou"].identity() == after.identity()
    session.add(row(county, {"within": "十五天"}))
    session.flush()
    laid.refresh(session)
    assert len(laid.troubles("xiuzhou")) == 1
    assert laid["xiuzhou"].identity() == after.identity()


def test_the_report_host_has_what_was_changed_of_its_clocks_and_nothing_else(
    session: Session, county: Jurisdiction, tmp_path: Path
) -> None:
    file = tmp_path / "report_terms.json"
    host = HandedOn(shipped(), file)
    assert host["xiuzhou"] is shipped()["xiuzhou"]
    holiday = row(county, {"off": ["2027-01-01"], "work": []})
    holiday.section, holiday.name = YEAR, "2027"
    session.add_all([holiday, row(county, {"within": "15个工作日"})])
    session.flush()

    assert hand_on(session, shipped(), file)
    assert not hand_on(session, shipped(), file)
    assert "示例甲" not in file.read_text("utf-8")  # Nor who approved it, nor anything of another section.
    assert "15个工作日" not in file.read_text("utf-8")
    found = host["xiuzhou"]
    assert found.calendar_on(TODAY).is_noticed(2027)
    assert found.identity() == regimes_with_changes_of(session, YEAR).identity()

    for broken in ("{", '{"format": 2}', '{"format": 1, "places": {"xiuzhou": [{"id": 1}]}}', "[]"):
        file.write_text(broken, "utf-8")
        assert host["xiuzhou"] is found  # What was read goes on binding.
    file.unlink()
    assert host["xiuzhou"] is found


def regimes_with_changes_of(session: Session, section: str) -> Regime:
    changes = [one for one in changes_of(session, "xiuzhou") if one.section == section]
    return regime_with(shipped()["xiuzhou"], changes)[0]
