"""What the board sees of one unit, by cause: the findings of one rule, the wanting periods of one duty."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date

from portal.domain.calendar import back, quarter_of
from portal.domain.obligations import Duty, Status, duty_of
from portal.domain.obligations.duties import DUTIES
from portal.domain.regimes import Regime
from portal.domain.rules.base import rules
from portal.domain.rules.terms import Severity
from portal.domain.supervision.matters import Source
from portal.domain.supervision.terms import OpeningTerms
from portal.domain.units import facts_of
from portal.domain.values import show_day
from portal.services.board.county import County
from portal.services.compliance_answers import period_name
from portal.store.tables import BoardCell, BoardFinding, Unit

DUTY_OF_RULE = {one.rule: one.code for one in DUTIES}


@dataclass(frozen=True)
class NewItem:
    """One sight that belongs to a matter. `fingerprint` tells the same sight again; `ref` is a record's index number."""

    fingerprint: str
    ref: str = ""
    kind: str = ""
    slug: str = ""
    title: str = ""
    period: str = ""
    seen: str = ""
    remedy: str = ""
    basis: str = ""


@dataclass
class Sight:
    """Everything of one cause: the items by fingerprint, and which of them are recent enough to open something."""

    title: str
    severity: Severity
    items: dict[str, NewItem] = field(default_factory=dict)
    fresh: list[NewItem] = field(default_factory=list)

    def add(self, item: NewItem, severity: Severity, *, recent: bool) -> None:
        """Add an item; the gravest of them says how grave the whole is."""
        if item.fingerprint in self.items:
            return
        self.severity = min(self.severity, severity, key=lambda each: each.rank)
        self.items[item.fingerprint] = item
        if recent:
            self.fresh.append(item)


def sights_of(county: County, regime: Regime, unit: Unit, *, today: date) -> dict[tuple[str, str], Sight]:
    """Return what is seen, by source and cause.

    Hints (提示) open nothing: they ask nobody to do anything. A late publication is seen twice, by the duty and by
    the rule that times it: it is kept as the duty's.
    """
    terms = regime.opening_on(today)
    found: dict[tuple[str, str], Sight] = {}
    told = _duties(county, regime, unit, terms, today, found)
    _rules(county, unit, terms, today, told, found)
    return found


def _duties(
    county: County,
    regime: Regime,
    unit: Unit,
    terms: OpeningTerms | None,
    today: date,
    found: dict[tuple[str, str], Sight],
) -> set[tuple[str, str]]:
    """Enter the wanting cells; return duty and record of each that is late."""
    wanting = (Status.MISSING.value, Status.LATE.value)
    query = county.rows(BoardCell).where(BoardCell.unit_id == unit.id, BoardCell.status.in_(wanting))
    told: set[tuple[str, str]] = set()
    for cell in county.session.scalars(query.order_by(BoardCell.quarter, BoardCell.id)):
        duty = duty_of(cell.duty)
        refs = [one["ref"] for one in json.loads(cell.evidence or "[]") if one.get("ref")]
        told |= {(duty.code, ref) for ref in refs}
        missing = cell.status == Status.MISSING.value
        severity = _severity(regime, duty, unit, today) if missing else Severity.YELLOW
        sight = found.setdefault((Source.DUTY.value, duty.code), Sight(_title(duty), severity))
        item = NewItem(
            fingerprint=hashlib.sha256(f"{duty.code}\n{cell.period}".encode()).hexdigest(),
            ref=refs[0] if len(refs) == 1 else "",
            title=duty.title,
            period=cell.period,
            seen=_told(duty, cell),
            remedy=_remedy(duty, missing=missing),
            basis=_basis(regime, duty, unit, cell.original or today),
        )
        sight.add(item, severity, recent=missing or _is_recent(cell, terms, today))
    return told


def _rules(
    county: County,
    unit: Unit,
    terms: OpeningTerms | None,
    today: date,
    told: set[tuple[str, str]],
    found: dict[tuple[str, str], Sight],
) -> None:
    names, since = rules(), _since(terms, today)
    query = county.rows(BoardFinding).where(
        BoardFinding.unit_id == unit.id, BoardFinding.severity != Severity.INFO.value
    )
    for one in county.session.scalars(query.order_by(BoardFinding.id)):
        if (DUTY_OF_RULE.get(one.rule, ""), one.ref) in told:
            continue
        severity = Severity(one.severity)
        title = f"不符合“{names[one.rule].title}”" if one.rule in names else one.rule
        sight = found.setdefault((Source.RULE.value, one.rule), Sight(title, severity))
        item = NewItem(
            fingerprint=one.fingerprint,
            ref=one.ref,
            kind=one.kind,
            slug=one.slug,
            title=one.title,
            period=one.slug if one.slug[:4].isdigit() else (str(one.day.year) if one.day else ""),
            seen=one.seen,
            remedy=one.remedy,
            basis=one.basis,
        )
        sight.add(item, severity, recent=one.day is None or since is None or one.day >= since)


def _since(terms: OpeningTerms | None, today: date) -> date | None:
    return back(today, terms.within) if terms else None


def _is_recent(cell: BoardCell, terms: OpeningTerms | None, today: date) -> bool:
    """Tell whether a late publication is of the last quarters; one without a quarter counts by its deadline."""
    quarter = cell.quarter or (quarter_of(cell.due) if cell.due else "")
    if terms is None or not quarter:
        return True
    return _place(quarter) >= _place(quarter_of(today)) - terms.late_quarters


def _place(quarter: str) -> int:
    return int(quarter[:4]) * 4 + int(quarter[5])


def _title(duty: Duty) -> str:
    return f"{duty.title}未按期{duty.act}"


def _severity(regime: Regime, duty: Duty, unit: Unit, today: date) -> Severity:
    terms = regime.terms(duty.rule, today, facts_of(unit).type)
    found = getattr(terms, "severity", None)
    return found if found in (Severity.RED, Severity.YELLOW) else Severity.RED


def _basis(regime: Regime, duty: Duty, unit: Unit, day: date) -> str:
    terms = regime.terms(duty.rule, day, facts_of(unit).type)
    if terms:
        return f"{duty.rule}　{terms.source}"
    share = next((one for one in regime.coverage_on(day) if one.code == duty.code), None)
    return f"{duty.rule}　{share.source}" if share else duty.rule


def _told(duty: Duty, cell: BoardCell) -> str:
    """Say in one sentence how a period stands."""
    name = f"{period_name(cell.period)}{duty.title}" if cell.period else duty.title
    until = ""
    if cell.due:
        until = f"，应于{show_day(cell.due)}前{duty.act}{'（日期暂定）' if cell.provisional else ''}"
    done = f"，实际于{show_day(cell.done_on)}{duty.act}" if cell.done_on else ""
    gone = "（原已公开，后来撤回）" if cell.withdrawn else ""
    note = f"。{cell.note}" if cell.note else ""
    return f"{name}：{cell.word}{until}{done}{gone}{note}".rstrip("。") + "。"


def _remedy(duty: Duty, *, missing: bool) -> str:
    if missing:
        return f"请尽快补{duty.act}，并在“公开说明”中写明迟延的原因。"
    return "迟延的事实会一直保留。请说明迟延的原因和今后怎样避免。"
