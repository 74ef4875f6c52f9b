"""勾稽关系 by chance: whatever adds up passes, and one fen astray anywhere is seen."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.config import data_dir
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.regime_reading import read_regimes
from portal.domain.regimes import Regime
from portal.domain.rules.check import Report, State, check
from portal.domain.rules.dossier import Context, Dossier, Entry
from portal.domain.units import UnitFacts, UnitType

REGIMES = read_regimes(data_dir("content") / "regimes")
FEN = st.integers(min_value=1, max_value=10**12)
OURS = ("DEL-10", "FIN-08", "FIN-09", "FIN-10", "FIN-11", "FIN-12", "FIN-13", "FIN-14")
THREE = ("overseas_travel", "vehicle_purchase", "vehicle_operation", "official_reception")


def _line(amount: int, earlier: int, **more: Any) -> dict[str, Any]:
    return {**more, "amount": amount, "cumulative": earlier + amount}


@st.composite
def statements(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a quarter's statement that adds up, and that of the quarter before."""
    earlier: dict[str, Any] = {"period": "2026Q2", "income": [], "expense": []}
    now: dict[str, Any] = {"period": "2026Q3", "income": [], "expense": []}
    for table in ("income", "expense"):
        for place in range(draw(st.integers(1, 3))):
            parts = draw(st.lists(st.tuples(FEN, FEN), max_size=3))
            amount, before = draw(FEN), draw(FEN)
            if parts:
                amount, before = sum(one for one, _ in parts), sum(one for _, one in parts)
            lines = [(amount, before, f"{table}{place}", 1)]
            lines += [(here, there, f"明细{nth}", 2) for nth, (here, there) in enumerate(parts)]
            now[table] += [_line(a, b, item=item, level=level) for a, b, item, level in lines]
            earlier[table] += [_line(b, 0, item=item, level=level) for a, b, item, level in lines]
        now[f"{table}_total"] = sum(one["amount"] for one in now[table] if one["level"] == 1)
        earlier[f"{table}_total"] = sum(one["amount"] for one in earlier[table] if one["level"] == 1)
    funds = [(draw(FEN), draw(FEN), fund) for fund in THREE]
    now["public_funds"] = [_line(a, b, fund=fund) for a, b, fund in funds]
    earlier["public_funds"] = [_line(b, 0, fund=fund) for _, b, fund in funds]
    now["public_funds_total"] = sum(one for one, _, _ in funds)
    now["opening"] = draw(st.integers(10**13, 10**14))
    now["closing"] = now["opening"] + now["income_total"] - now["expense_total"]
    earlier["closing"] = now["opening"]
    return now, earlier


def _report(data: dict[str, Any], earlier: dict[str, Any], regime: Regime = REGIMES["erqi"]) -> Report:
    dossier = Dossier((Entry(FinanceDisclosure.model_validate(earlier)),), complete=True)
    context = Context(regime, UnitFacts("示例单位"), date(2026, 11, 20), dossier)
    return check(FinanceDisclosure.model_validate(data), context, only=["FIN-10"])


def _amounts(data: Any, way: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(data, dict):
        return [found for key, one in data.items() for found in _amounts(one, (*way, key)) if key != "level"]
    if isinstance(data, list):
        return [found for place, one in enumerate(data) for found in _amounts(one, (*way, place))]
    return [way] if isinstance(data, int) else []


@given(statements())
@settings(max_examples=100, deadline=None)
def test_any_statement_that_adds_up_passes(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    (one,) = _report(*both).checks

    assert one.state == State.PASSED


@given(statements(), st.data())
@settings(max_examples=200, deadline=None)
def test_one_fen_astray_in_any_single_amount_is_found(
    both: tuple[dict[str, Any], dict[str, Any]], data: st.DataObject
) -> None:
    now, earlier = both
    *way, last = data.draw(st.sampled_from(_amounts(now)))
    holder: Any = now
    for part in way:
        holder = holder[part]
    holder[last] += data.draw(st.sampled_from([-1, 1]))

    report = _report(now, earlier)

    assert report.findings
    assert all("相差 0.01 元" in one.seen or "本年累计应为" in one.seen for one in report.findings)


@pytest.mark.parametrize("period", ["2026", "2026-01", "2026-12", "2026Q1", "1900Q1"])
@pytest.mark.parametrize("statement", ["quarterly", "monthly", "budget", "final_accounts"])
@pytest.mark.parametrize("slug", list(REGIMES))
def test_a_careless_statement_crashes_no_rule(period: str, statement: str, slug: str) -> None:
    document = FinanceDisclosure.model_validate({
        "period": period,
        "statement": statement,
        "opening": 1,
        "income": [{"item": "甲", "level": 0, "amount": 1, "cumulative": 1}, {"item": "甲", "level": 9, "amount": -1}],
        "expense": [{"item": "乙", "level": 3, "amount": 1, "cumulative": 5}, {"item": "丙", "level": 1, "amount": 1}],
        "public_funds": [{"fund": "official_reception", "amount": 1, "last_year": -1}] * 2,
        "empty_tables": [{"table": "payments", "reason": "无"}] * 2,
        "township_filed_on": date(2199, 12, 31),
        "deputy_reports": [
            {"domain": "财务", "deputy": "乙", "reported_on": date(2199, 1, 1), "reported_to": "班子", "summary": "无"}
        ],
    })  # fmt: skip
    for unit_type in ("bureau", "township", "village"):
        context = Context(REGIMES[slug], UnitFacts("示例单位", UnitType(unit_type)), date(2026, 11, 20))
        check(document, context, only=OURS)
