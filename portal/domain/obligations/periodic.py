"""Duties that come back every quarter or year: finance, filings, checks, reports, budgets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial

from portal.domain.calendar import quarter_end, quarter_start
from portal.domain.documents.finance import FinanceDisclosure, StatementType
from portal.domain.obligations.case import Case, Shown, shown
from portal.domain.obligations.duties import Cell, Duty, Evidence, Status, duty_of
from portal.domain.rules.check import State, check
from portal.domain.rules.unit_file import PublishedDocument, context_of
from portal.domain.values import fold, show_day

FINANCE, TOWNSHIP, VOUCHERS = duty_of("finance"), duty_of("township"), duty_of("vouchers")
REPORTS, BUDGET, ANNUAL = duty_of("reports"), duty_of("budget"), duty_of("annual")

Filed = tuple[PublishedDocument, FinanceDisclosure]


def quarterly(case: Case) -> dict[str, Filed]:
    """Return the unit's quarterly disclosures by period, the earliest published first where there are two."""
    found: dict[str, Filed] = {}
    for record, document in case.of(FinanceDisclosure):
        if document.statement == StatementType.QUARTERLY and "Q" in document.period:
            found.setdefault(document.period, (record, document))
    return found


def finance(case: Case, quarters: Iterable[str]) -> Iterator[Cell]:
    """季度财务公开 (FIN-06), a cell for each quarter."""
    known = quarterly(case)
    lost = {one.slug: one for one in case.lost if one.kind == FinanceDisclosure.kind.code}
    for period in quarters:
        end = quarter_end(period)
        terms = case.terms(FINANCE, end)
        if record_of := known.get(period):
            record, document = record_of
            to_all = shown(record)
            seen = Evidence(record.ref, to_all.day, document.title)
            if terms is None:
                yield _without_limit(period, to_all, seen)
                continue
            if to_all.day is None and (absent := _not_owed(case, FINANCE, period)):
                yield absent
                continue
            yield case.timed(
                FINANCE, period, start=end, done=to_all.day, terms=terms, evidence=(seen,),
                nil=document.nil, withdrawn=to_all.withdrawn, note=to_all.note,
            )  # fmt: skip
        elif gone := lost.get(period):
            seen = Evidence(gone.ref, gone.published_on, "内容已依法销毁")
            if terms is None:
                yield Cell(
                    FINANCE,
                    period,
                    Status.ON_TIME,
                    done_on=gone.published_on,
                    evidence=(seen,),
                    withdrawn=True,
                )
                continue
            yield case.timed(
                FINANCE,
                period,
                start=end,
                done=gone.published_on,
                terms=terms,
                evidence=(seen,),
                withdrawn=True,
            )
        elif absent := _not_owed(case, FINANCE, period):
            yield absent
        elif terms is None:
            yield Cell(FINANCE, period, Status.NOT_APPLICABLE, note="当时未规定公开期限")
        else:
            yield case.timed(FINANCE, period, start=end, done=None, terms=terms)


def _without_limit(period: str, to_all: Shown, seen: Evidence) -> Cell:
    note = "当时未规定公开期限"
    if to_all.day is None:
        return Cell(FINANCE, period, Status.NOT_APPLICABLE, evidence=(seen,), note=f"{note}；{to_all.note}")
    return Cell(FINANCE, period, Status.ON_TIME, done_on=to_all.day, evidence=(seen,),
                withdrawn=to_all.withdrawn, note=note)  # fmt: skip


def _not_owed(case: Case, duty: Duty, period: str) -> Cell | None:
    """Return the cell of a quarter for which the unit owes nothing: it was not there, or only in part."""
    end = quarter_end(period)
    if absent := case.not_there(duty, period, end):
        return absent
    founded = case.unit.founded_on
    terms = case.terms(FINANCE, end)
    partial = bool(founded and founded > quarter_start(period))
    if partial and getattr(terms, "partial_first_period", None) is False:
        return Cell(duty, period, Status.NOT_APPLICABLE, note="单位在该季度中成立，首个不完整季度不要求公开")
    return None


def township(case: Case, quarters: Iterable[str]) -> Iterator[Cell]:
    """三项费用季度备案 (FIN-08): the day of filing as the quarter's disclosure states it."""

    def filed(document: FinanceDisclosure) -> tuple[date | None, str]:
        number = f"，备案号{document.township_filing_no}" if document.township_filing_no else ""
        return document.township_filed_on, f"三项费用报备{number}"

    return _within_disclosure(case, TOWNSHIP, quarters, filed, "所属季度的财务公开没有写备案日期")


def vouchers(case: Case, quarters: Iterable[str]) -> Iterator[Cell]:
    """正职定期检查票据 (FIN-05): as the rule itself reads the quarter's disclosure."""

    def checked(record: PublishedDocument, document: FinanceDisclosure) -> tuple[date | None, str]:
        context = context_of(case.regime, case.unit, case.dossier, record, on=case.today, grants=case.grants)
        done = check(document, context, only=[VOUCHERS.rule]).checks
        if not done or done[0].state == State.FOUND:
            return None, done[0].findings[0].seen if done else ""
        # The rule says how long after the quarter a check still counts; it passed, so one of these did.
        within = [one for one in document.voucher_checks if one.checked_on >= quarter_start(document.period)]
        first = min(within, key=lambda one: one.checked_on, default=None)
        return (first.checked_on, f"{first.checker}检查{first.scope}") if first else (None, "")

    for period in quarters:
        found = quarterly(case).get(period)
        if found and found[1].nil:
            seen = (Evidence(found[0].ref, found[0].published_on, found[1].title),)
            if terms := case.terms(VOUCHERS, quarter_end(period)):
                yield Cell(
                    VOUCHERS, period, Status.NIL, evidence=seen, terms=terms, done_on=found[0].published_on
                )
            continue
        read = partial(checked, found[0]) if found else None
        yield from _within_disclosure(
            case, VOUCHERS, [period], read or (lambda _: (None, "")), "所属季度的财务公开没有写票据检查"
        )


def reports(case: Case, quarters: Iterable[str]) -> Iterator[Cell]:
    """分管工作定期报告 (DEL-10): a report by its deputy for each domain of the plan of the quarter's last day.

    Without a plan, for each domain that is restricted on that day.
    """
    for period in quarters:
        end = quarter_end(period)
        terms = case.terms(REPORTS, end)
        holders = _holders(case, end, getattr(terms, "domains", ()))
        read = partial(_reported, case, holders, period)
        yield from _within_disclosure(case, REPORTS, [period], read, "所属季度的财务公开没有写分管工作报告")


def _holders(case: Case, end: date, only: tuple[str, ...]) -> dict[str, tuple[str, frozenset[str]]]:
    """Return each domain's name and who may report on it (nobody named: anybody)."""
    wanted = {_domain(case, one, end) for one in only} or {one.code for one in case.regime.domains_on(end)}
    plan = case.plan_on(end)
    found: dict[str, tuple[str, frozenset[str]]] = {}
    if plan is None:
        return {
            one.code: (one.label, frozenset()) for one in case.regime.domains_on(end) if one.code in wanted
        }
    for one in plan[1].assignments:
        code = _domain(case, one.domain, end)
        if code in wanted:
            known = found.get(code, (one.domain, frozenset[str]()))
            found[code] = (known[0], known[1] | {fold(one.deputy)})
    return found


def _reported(
    case: Case, holders: dict[str, tuple[str, frozenset[str]]], period: str, document: FinanceDisclosure
) -> tuple[date | None, str]:
    end = quarter_end(period)
    first: dict[str, date] = {}
    for one in document.deputy_reports:
        code = _domain(case, one.domain, end)
        entitled = holders.get(code, ("", frozenset[str]()))[1]
        if one.reported_on >= quarter_start(period) and (not entitled or fold(one.deputy) in entitled):
            first[code] = min(first.get(code, one.reported_on), one.reported_on)
    if lacking := [label for code, (label, _) in holders.items() if code not in first]:
        return None, f"缺{'、'.join(lacking)}的报告"
    return max(first.values(), default=None), f"{len(document.deputy_reports)} 份分管工作报告"


def _domain(case: Case, text: str, day: date) -> str:
    known = case.regime.domain(text, day)
    return known.code if known else fold(text)


def _within_disclosure(
    case: Case,
    duty: Duty,
    quarters: Iterable[str],
    read: Callable[[FinanceDisclosure], tuple[date | None, str]],
    wanting: str,
) -> Iterator[Cell]:
    """Judge a duty whose fulfilment stands in the quarter's finance disclosure.

    `read` returns the day of fulfilment and what it shows; without a day, what is lacking.
    """
    known = quarterly(case)
    for period in quarters:
        end = quarter_end(period)
        terms = case.terms(duty, end)
        if terms is None:
            continue
        found = known.get(period)
        if found is None and (absent := _not_owed(case, duty, period)):
            yield absent
            continue
        # Where the rule has no period of its own, the disclosure that tells of it gives the day.
        own = getattr(terms, "within", None)
        within = own or getattr(case.terms(FINANCE, end), "within", None)
        if found is None:
            untold = case.timed(duty, period, start=end, done=None, terms=terms, within=within)
            yield _untold(case, untold, period)
            continue
        day, what = read(found[1])
        cell = case.timed(
            duty, period, start=end, done=day, terms=terms, within=within,
            evidence=(Evidence(found[0].ref, day, what),) if day else (),
            withdrawn=found[0].withdrawn, note="" if day else what or wanting,
        )  # fmt: skip
        yield cell if own else _with_finance(case, cell, period)


def _untold(case: Case, cell: Cell, period: str) -> Cell:
    """Return the cell of a duty of which only the quarter's finance page would tell, where there is none.

    That page is missing, and charged on its own: whether the duty was kept cannot be known.
    """
    cell = _with_finance(case, cell, period)
    if cell.status not in (Status.MISSING, Status.UNCLEAR):
        return cell
    gone = any(one.slug == period and one.kind == FinanceDisclosure.kind.code for one in case.lost)
    note = f"无从核对：所属季度财务{'内容已依法销毁' if gone else '未公开'}"
    return replace(cell, status=Status.UNCLEAR, days=0, note=note, afterthought="")


def _with_finance(case: Case, cell: Cell, period: str) -> Cell:
    """Give a duty that stands in the finance disclosure what was granted for the disclosure itself."""
    if not cell.status.wanting:
        return cell
    for held in finance(case, [period]):
        if held.status in (Status.EXEMPT, Status.NOT_APPLICABLE):
            return replace(cell, status=held.status, days=0, note=held.note)
        if held.due is None or held.due == held.original or (cell.due and cell.due.day >= held.due.day):
            # Nothing was put off; where the page itself still has time, so has what it tells of.
            if held.status.open and held.due:
                return replace(cell, status=held.status, due=held.due, days=0, note="")
            return cell
        reached = cell.done_on or case.today
        if reached <= held.due.day:
            status = Status.ON_TIME if cell.done_on else held.status if held.status.open else Status.EXTENDED
            return replace(cell, status=status, due=held.due, days=0, note=cell.note or held.note)
        terms = case.terms(FINANCE, quarter_end(period))
        calendar = case.regime.calendar_on(quarter_end(period))
        span = getattr(terms, "within", None)
        last = min(reached, case.gone_on or reached)
        days = max(calendar.elapsed(held.due.day, last, span.unit), 1) if span else cell.days
        return replace(cell, due=held.due, days=days)
    return cell


def budgets(case: Case) -> Iterator[Cell]:
    """预决算公开 (FIN-13): from the day of approval, for every budget or account that was published."""
    for record, document in case.of(FinanceDisclosure):
        if document.statement not in (StatementType.BUDGET, StatementType.FINAL_ACCOUNTS):
            continue
        start = document.approved_on
        terms = case.terms(BUDGET, start or document.binding_day())
        if terms is None:
            continue
        to_all = shown(record)
        seen = (Evidence(record.ref, to_all.day, document.title),)
        if start is None:
            yield Cell(BUDGET, document.slug(), Status.UNCLEAR, evidence=seen, terms=terms,
                       done_on=to_all.day, note="没有写批准（批复）日期，无法计算期限")  # fmt: skip
            continue
        yield case.timed(
            BUDGET, document.slug(), start=start, done=to_all.day, terms=terms, evidence=seen,
            withdrawn=to_all.withdrawn,
            note=f"{show_day(start)}批准" + (f"；{to_all.note}" if to_all.note else ""),
        )  # fmt: skip


def annual(case: Case, years: Iterable[int]) -> Iterator[Cell]:
    """年度报告 (PUB-04): one for each year, from the year's last day."""
    known: dict[int, PublishedDocument] = {}
    for one in case.records:
        year = one.document.year() if one.document.kind.code == "annual_report" else None
        if year and one.published_on and (year not in known or _before(one, known[year])):
            known[year] = one
    for year in years:
        end = date(year, 12, 31)
        terms = case.terms(ANNUAL, end)
        if terms is None:
            continue
        record = known.get(year)
        to_all = shown(record) if record else Shown(None, withdrawn=False)
        if to_all.day is None and (absent := case.not_there(ANNUAL, str(year), end)):
            yield absent
            continue
        yield case.timed(
            ANNUAL, str(year), start=end, done=to_all.day, terms=terms,
            evidence=(Evidence(record.ref, to_all.day, record.document.title),) if record else (),
            withdrawn=to_all.withdrawn, note=to_all.note,
        )  # fmt: skip


def _before(one: PublishedDocument, other: PublishedDocument) -> bool:
    """Tell whether a record came before the public earlier than another (never: last)."""
    return (shown(one).day or date.max) < (shown(other).day or date.max)
