"""What the board says of one unit, worked out from its records: a reader's work, done before anybody waits for a lock."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from portal.domain.documents.base import Audience
from portal.domain.obligations import Cell, Evidence, Index, Rate, board_periods, index_of, rates, standing
from portal.domain.obligations.case import Case
from portal.domain.obligations.index import Checked
from portal.domain.obligations.rates import state_of
from portal.domain.regimes import Regime
from portal.domain.rules.base import Finding
from portal.domain.rules.terms import Severity
from portal.domain.rules.unit_file import PublishedDocument, reports
from portal.domain.supervision.neglect import neglected
from portal.domain.supervision.warnings import watched
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.compliance import QUARTERLY, YEARLY, cases_of
from portal.services.desk.tasks import first_quarter_of
from portal.store.tables import Jurisdiction, Outbox, Record, Unit

_log = logging.getLogger(__name__)
PERIODS = 20  # Five years of quarters are kept; a page shows as many of them as it is asked for.
EVENTS = frozenset({"decision", "tender"})
TOLD = frozenset({Severity.BLOCK, Severity.RED, Severity.YELLOW})  # A hint asks nobody to do anything.
# How long something has lasted grows by the day; the sight stays the same.
_LASTING = re.compile(r"(?<![月\d\s])\s*\d+\s*(?=个工作日|日|天)")


@dataclass(frozen=True)
class Basis:
    """What a unit's rows rest on beside its records: the newest change, the day in China, the regime and the quarters.

    `periods` are the quarters of the board, oldest first; `digest` is of the regime and the first of them.
    """

    change: int
    day: date
    digest: str
    periods: tuple[str, ...]


@dataclass(frozen=True)
class Computed:
    """One unit's rows, not stored yet; `unreadable` says why there are none."""

    regime: Regime
    now: datetime
    basis: Basis
    unit_id: int
    index: tuple[int, int] = (0, 0)  # Weights passed and applicable.
    details: dict[str, Any] = field(default_factory=dict)
    cells: tuple[dict[str, Any], ...] = ()
    findings: tuple[dict[str, Any], ...] = ()

    @property
    def unreadable(self) -> bool:
        """Tell whether the unit's records could not be worked through."""
        return "unreadable" in self.details


def newest_change(county: County) -> int:
    """Return the number of the newest change of the jurisdiction; 0 where nothing ever happened."""
    newest = county.session.scalar(select(func.max(Outbox.id)).where(Outbox.jurisdiction_id == county.id))
    return newest or 0


def basis_of(county: County, regime: Regime, now: datetime) -> Basis:
    """Return what rows that are worked out now rest on."""
    first, day = first_quarter_of(county.session, _place(county)), now.astimezone(SHANGHAI).date()
    periods = tuple(board_periods([first] if first else [], day, columns=PERIODS))
    digest = sha256(f"{regime.identity()}\n{periods[0]}".encode()).hexdigest()
    return Basis(newest_change(county), day, digest, periods)


def compute(
    county: County, regime: Regime, unit: Unit, *, now: datetime, basis: Basis | None = None
) -> Computed:
    """Work out how a unit stands: duties, index, rates, findings. Reads only; never raises for what is stored.

    A unit whose records cannot be read, or at which the rule book stumbles, is marked: the others go on. What is
    wrong with the database itself is raised.
    """
    found = basis or basis_of(county, regime, now)
    try:
        case = cases_of(county.session, regime, _place(county), on=found.day, only=unit)[unit.id]
        return _worked_out(county, regime, unit, case, now, found)
    except SQLAlchemyError:
        raise  # The database failed, not the unit: nothing is known, and it is tried again.
    except Exception as broken:
        _log.exception("无法核对 %s（%s）的公开记录", unit.name, unit.slug)
        return Computed(regime, now, found, unit.id, details={"unreadable": type(broken).__name__})


def _place(county: County) -> Jurisdiction:
    place = county.session.get(Jurisdiction, county.id)
    assert place is not None  # noqa: S101 - a county was opened by it.
    return place


def _worked_out(
    county: County, regime: Regime, unit: Unit, case: Case, now: datetime, basis: Basis
) -> Computed:
    stands = standing(case, basis.periods)
    checked: Checked = list(
        reports(
            regime,
            case.unit,
            case.standing_records,
            complete=case.complete,
            on=case.today,
            grants=case.grants,
        )
    )
    index = index_of(case, stands, checked)
    addresses = {
        one.index_no: one
        for one in county.session.scalars(county.rows(Record).where(Record.unit_id == unit.id))
    }
    details = {
        "periods": list(basis.periods),
        "index": _index(index),
        "rates": [_rate(one) for one in rates([case])],
        "neglect": neglected(case, watched(regime, basis.day)),
        "gone": case.gone_on.isoformat() if case.gone_on else None,
    }
    return Computed(
        regime,
        now,
        basis,
        unit.id,
        (index.passed, index.applicable),
        details,
        tuple(_cell(one) for cells in stands.cells.values() for one in cells),
        tuple(_findings(checked, addresses)),
    )


def column(duty: str, period: str) -> str:
    """Return the quarter under which a cell stands on the board.

    A quarter's and an event's own; a year's is its fourth; blank for a duty that has no quarter: plans and
    their filing, budgets, supporting rules are shown as they stand today.
    """
    if duty in QUARTERLY | EVENTS:
        return period
    return f"{period}Q4" if duty in YEARLY else ""


def _cell(one: Cell) -> dict[str, Any]:
    return {
        "duty": one.duty.code,
        "period": one.period,
        "quarter": column(one.duty.code, one.period),
        "status": one.status.value,
        "word": one.word,
        "due": one.due.day if one.due else None,
        "original": one.original.day if one.original else None,
        "provisional": one.provisional,
        "days": one.days,
        "day_unit": one.day_unit,
        "done_on": one.done_on,
        "withdrawn": one.withdrawn,
        "note": one.note,
        "afterthought": one.afterthought,
        "counts": _json(vars(one.counts)) if one.counts else "",
        "evidence": _json([_evidence(seen) for seen in one.evidence]),
    }


def _evidence(seen: Evidence) -> dict[str, str | None]:
    return {"ref": seen.ref, "day": seen.day.isoformat() if seen.day else None, "what": seen.what}


def _index(index: Index) -> list[dict[str, Any]]:
    return [
        {
            "code": one.item.code,
            "title": one.item.title,
            "weight": one.item.weight,
            "passed": one.passed,
            "tested": one.tested,
            "note": one.note,
            "evidence": [_evidence(seen) for seen in one.evidence],
        }
        for one in index.items
    ]


def _rate(one: Rate) -> dict[str, str]:
    return {"code": one.item.code, "title": one.item.title, "state": state_of(one)}


def _findings(checked: Checked, addresses: dict[str, Record]) -> Iterable[dict[str, Any]]:
    for record, report in checked:
        for one in report.findings:
            if one.severity in TOLD:
                yield _finding(record, one, addresses.get(record.ref))


def _finding(record: PublishedDocument, one: Finding, stored: Record | None) -> dict[str, Any]:
    return {
        "fingerprint": fingerprint(one.rule, record.ref, one.place, one.seen),
        "rule": one.rule,
        "severity": one.severity.value,
        "ref": record.ref,
        "kind": record.document.kind.code,
        "slug": stored.slug if stored else "",
        "title": record.document.title,
        "place": one.place,
        "seen": one.seen,
        "remedy": one.remedy,
        "basis": one.source,
        "day": record.published_on,
        "public": record.document.audience == Audience.PUBLIC,
    }


def fingerprint(rule: str, ref: str, place: str, seen: str) -> str:
    """Return what tells one sight from another; how many days something has lasted does not."""
    return sha256("\n".join((rule, ref, place, _LASTING.sub("#", seen))).encode()).hexdigest()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
