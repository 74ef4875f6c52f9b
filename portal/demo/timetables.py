"""The days of a demo project, from its intent to its acceptance, and the companies that bid for it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from stdnum.cn import uscc

from portal.demo.bank import later, workday, workday_before


def company_code(name: str) -> str:
    """Return a code with a right check digit for a company that does not exist (region 000000)."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "big") % 10**7
    stem = f"91000000MA{number:07d}"
    return stem + str(uscc.calc_check_digit(stem))


def company(index: int, subject: str, trades: Mapping[str, list[str]], marks: str) -> str:
    """Return the name of a plainly fictional company of the trade."""
    trade = trades[subject][index % len(trades[subject])]
    return f"示例{trade}{marks[index % len(marks)]}有限公司"


@dataclass(frozen=True)
class Timetable:
    """The days of one project; each keeps the period that the law sets, but where its row says otherwise."""

    intent: date
    notice: date
    documents_until: date
    due: date
    posted_until: date
    determined: date
    announced: date
    signed: date
    contract_announced: date
    filed: date
    starts: date
    ends: date
    accepted: date


def timetable(row: Mapping[str, Any]) -> Timetable:
    """Count the days of a project from its notice."""
    notice = workday(row["notice"])
    open_tender = row["method"] == "open_tender"
    due = workday(notice + timedelta(days=23)) if open_tender else later(notice, 12)
    # 投标截止当日开标评审并收到报告；候选人次日起公示，公示期另计满三日以上。
    posted_until = workday(due + timedelta(days=6))
    determined = later(posted_until, 1)
    # A row that says so signs late: one of the deliberate breaches.
    late = row.get("signed_after")
    signed = workday(determined + timedelta(days=late)) if late else later(determined, 9)
    starts = later(signed, 5)
    ends = starts + timedelta(days={"works": 75, "goods": 20, "services": 60}[row["subject"]])
    return Timetable(
        intent=workday_before(notice - timedelta(days=38)),
        notice=notice,
        documents_until=later(notice, 6),
        due=due,
        posted_until=posted_until,
        determined=determined,
        announced=later(determined, 1),
        signed=signed,
        contract_announced=later(signed, 1),
        filed=later(signed, 5),
        starts=starts,
        ends=ends,
        accepted=later(ends, 5),
    )
