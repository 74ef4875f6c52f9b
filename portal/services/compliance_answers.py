"""The compliance board as plain JSON values, and the names that a person reads."""

from __future__ import annotations

import re
from datetime import date

from portal.domain.obligations import Evidence, duty_of
from portal.domain.values import show_day, show_period
from portal.services.compliance import Board, Row


def as_json(found: Board) -> dict[str, object]:
    """Return the board as plain JSON values."""
    return {
        "jurisdiction": found.regime.slug,
        "on": found.on.isoformat(),
        "periods": list(found.periods),
        "units": [_unit_json(row) for row in found.rows],
        "rates": [
            {
                "code": one.item.code,
                "title": one.item.title,
                "done": len(one.done),
                "eligible": one.eligible,
                "exempt": len(one.exempt),
                "share": float(one.share) if one.share is not None else None,
                "aim": float(one.item.aim) if one.item.aim is not None else None,
                "reached": one.reached,
                "wanting": list(one.wanting),
                "source": one.item.source,
                "default": one.item.default,
            }
            for one in found.rates
        ],
        "index": round(float(found.index), 2) if found.index is not None else None,
    }


def _unit_json(row: Row) -> dict[str, object]:
    return {
        "unit": row.case.unit.slug,
        "name": row.case.unit.name,
        "type": row.case.unit.type.value,
        "wanting": len(row.standing.wanting),
        "abolished": row.case.gone_on is not None,
        "duties": {
            code: [
                {
                    "period": one.period,
                    "status": one.status.value,
                    "word": one.word,
                    "due": one.due.day.isoformat() if one.due else None,
                    "original_due": one.original.day.isoformat() if one.original else None,
                    "provisional": one.provisional,
                    "days": one.days,
                    "day_unit": one.day_unit,
                    "done_on": one.done_on.isoformat() if one.done_on else None,
                    "withdrawn": one.withdrawn,
                    "note": one.note,
                    "afterthought": one.afterthought,
                    "counts": vars(one.counts) if one.counts else None,
                    "evidence": [_evidence_json(seen) for seen in one.evidence],
                    "rule": one.duty.rule,
                    "source": one.terms.source if one.terms else None,
                    "default": bool(one.terms.default) if one.terms else None,
                }
                for one in cells
            ]
            for code, cells in row.standing.cells.items()
        },
        "exemptions": [
            {
                "number": one.number,
                "duty": one.duty,
                "period": one.period,
                "reason": one.reason,
                "approver": one.approver,
                "from": one.valid_from.isoformat(),
                "until": one.valid_until.isoformat(),
                "revoked_on": one.revoked_on.isoformat() if one.revoked_on else None,
                "revoke_reason": one.revoke_reason or None,
            }
            for one in row.case.exemptions
        ],
        "index": {
            "value": round(float(row.index.value), 2) if row.index.value is not None else None,
            "passed_weight": row.index.passed,
            "applicable_weight": row.index.applicable,
            "items": [
                {
                    "code": one.item.code,
                    "title": one.item.title,
                    "weight": one.item.weight,
                    "passed": one.passed,
                    "tested": one.tested,
                    "note": one.note,
                    "evidence": [_evidence_json(seen) for seen in one.evidence],
                }
                for one in row.index.items
            ],
        },
    }


def _evidence_json(seen: Evidence) -> dict[str, object]:
    return {"ref": seen.ref, "day": seen.day.isoformat() if seen.day else None, "what": seen.what}


def duty_title(code: str) -> str:
    """Return a duty's Chinese name."""
    return duty_of(code).title


def period_name(period: str) -> str:
    """Return a period as a person reads it."""
    if re.fullmatch(r"\d{4}(Q[1-4])?", period):
        return show_period(period)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", period):
        return f"{show_day(date.fromisoformat(period))}起的方案"
    return period
