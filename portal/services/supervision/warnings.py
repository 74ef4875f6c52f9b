"""预警 over the database: what counts for each unit, the states kept at the end of a quarter, and measures taken.

    gather(county, regime, *, quarter, now) -> list[(Unit, Score)]       as of now, in roster order
    kept(county, quarter=None, unit=None) -> list[WarningState]          as they were kept
    keep(county, regime, *, quarter, now, gathered) -> int               keep a quarter that has ended, once
    waits_to_be_kept(county, regime, now) -> str | None                  which one the platform keeps by itself
    take_measure / measures_of                                           what was done about a unit's state (T3)

Nothing of it is ever told to a unit. Reports from citizens are sealed: no row of theirs says which unit they are
about, so the platform cannot count them by unit; the item stands in the formula as not known and gives no points, here and
in what is kept. Who opens the reports adds them in the browser (`portal/web/office/cases/weighing.py`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import and_, or_

from portal.domain.calendar import previous_quarter, quarter_end, quarter_of, quarter_start
from portal.domain.obligations import Status, duty_of
from portal.domain.regimes import Regime
from portal.domain.rules.base import rules
from portal.domain.rules.terms import Severity
from portal.domain.supervision.matters import Event
from portal.domain.supervision.matters import State as MatterState
from portal.domain.supervision.terms import WarningTerms
from portal.domain.supervision.warnings import (
    MEASURE,
    Clue,
    Counted,
    Score,
    dump,
    load,
    score,
    window,
)
from portal.domain.values import Choice, show_day, show_period
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.supervision import rectifications
from portal.services.supervision.entered import prose
from portal.services.supervision.flagging import look
from portal.services.supervision.neglecting import neglect_over
from portal.services.supervision.sights import DUTY_OF_RULE
from portal.store.tables import (
    BoardCell,
    BoardFinding,
    Matter,
    Rectification,
    SupervisionStep,
    Unit,
    WarningState,
)

SHOWN = 60  # Clues that one item keeps by name; the number counts them all.
MOST = 2000  # Characters of what is said to a measure.


class Measure(Choice):
    """处置措施 (信访监督预警)."""

    INQUIRY = "inquiry", "信访函询"
    ADMONITION = "admonition", "诫勉谈话"
    SELF_CHECK = "self_check", "自查自纠"
    TALK = "talk", "提醒谈话"
    OTHER = "other", "其他"


class Refused(ValueError):
    """What cannot be kept; the words say why and what to do."""


_Found = dict[int, dict[str, list[Clue]]]


def formula_of(regime: Regime, quarter: str, today: date) -> WarningTerms | None:
    """Return the formula by which a quarter is counted: that of its last day, or of today while it runs."""
    return regime.warning_on(min(today, quarter_end(quarter)))


def gather(county: County, regime: Regime, *, quarter: str, now: datetime) -> list[tuple[Unit, Score]]:
    """Return each unit's state as of now, over the quarters of the formula that end with `quarter`; abolished units are left out.

    Missing and late: cells of these quarters and standing duties; of the latter, what came late counts where it was
    due in these quarters. Findings: of records published in these quarters. Overdue: matters and rectifications
    open today past their day, each once. Flags: of purchases of these quarters.
    """
    today = now.astimezone(SHANGHAI).date()
    terms = formula_of(regime, quarter, today)
    if terms is None:
        return []
    quarters = window(terms, quarter)
    found: _Found = defaultdict(lambda: defaultdict(list))
    _cells(county, quarters, found)
    _findings(county, quarters, found)
    _overdue(county, today, found)
    units = [one for one in county.units() if not (one.abolished_on and one.abolished_on <= today)]
    _flags(county, regime, quarters, today, found)
    _neglect(county, regime, quarters, now, found)
    return [(unit, score(terms, _counts(found[unit.id]))) for unit in units]


def _counts(clues: dict[str, list[Clue]]) -> dict[str, Counted]:
    known = ("missing", "late", "red", "yellow", "overdue_matters", "flags", "neglect")
    counted = {code: Counted(len(clues[code]), tuple(clues[code][:SHOWN])) for code in known}
    return {**counted, "reports": Counted(None)}


def _cells(county: County, quarters: Sequence[str], found: _Found) -> None:
    first, last = quarter_start(quarters[-1]), quarter_end(quarters[0])
    # A budget that came late years ago is no habit of today's: without a quarter of its own, its deadline counts.
    standing = and_(
        BoardCell.quarter == "",
        or_(
            BoardCell.status == Status.MISSING.value,
            and_(BoardCell.status == Status.LATE.value, BoardCell.due >= first, BoardCell.due <= last),
        ),
    )
    wanting = BoardCell.status.in_((Status.MISSING.value, Status.LATE.value))
    # Plain rows here and below: of a large county there are thousands.
    query = (
        county.rows(BoardCell)
        .with_only_columns(
            BoardCell.unit_id,
            BoardCell.duty,
            BoardCell.period,
            BoardCell.quarter,
            BoardCell.status,
            BoardCell.word,
        )
        .where(or_(standing, and_(BoardCell.quarter.in_(quarters), wanting)))
        .order_by(BoardCell.quarter, BoardCell.id)
    )
    for one in county.session.execute(query):
        period = show_period(one.period) if one.period == one.quarter else one.period
        words = f"{duty_of(one.duty).title}{f' {period}' if period else ''}：{one.word}"
        found[one.unit_id][one.status].append(Clue(words, "cell", one.quarter))


def _told_by_duties(county: County) -> set[tuple[int, str, str]]:
    """Return unit, duty and record of whatever came late, in any quarter."""
    late = county.rows(BoardCell).with_only_columns(BoardCell.unit_id, BoardCell.duty, BoardCell.evidence)
    return {
        (unit, duty, each.get("ref", ""))
        for unit, duty, evidence in county.session.execute(late.where(BoardCell.status == Status.LATE.value))
        for each in json.loads(evidence or "[]")
    }


def _findings(county: County, quarters: Sequence[str], found: _Found) -> None:
    """Enter the findings, but those of a rule that times a duty where the lateness counts as the duty's already."""
    codes = {Severity.BLOCK.value: "red", Severity.RED.value: "red", Severity.YELLOW.value: "yellow"}
    first, last = quarter_start(quarters[-1]), quarter_end(quarters[0])
    query = (
        county.rows(BoardFinding)
        .with_only_columns(
            BoardFinding.unit_id,
            BoardFinding.rule,
            BoardFinding.severity,
            BoardFinding.ref,
            BoardFinding.kind,
            BoardFinding.slug,
            BoardFinding.title,
            BoardFinding.public,
        )
        .where(BoardFinding.severity.in_(codes), BoardFinding.day >= first, BoardFinding.day <= last)
        .order_by(BoardFinding.day, BoardFinding.id)
    )
    known, told = rules(), _told_by_duties(county)
    for one in county.session.execute(query):
        if one.ref and (one.unit_id, DUTY_OF_RULE.get(one.rule, ""), one.ref) in told:
            continue
        name = known[one.rule].title if one.rule in known else one.rule
        words = f"{one.rule} {name}：{one.title}"
        target = f"{one.kind}/{one.slug}" if one.public else ""
        found[one.unit_id][codes[one.severity]].append(Clue(words, "record" if target else "", target))


def _overdue(county: County, today: date, found: _Found) -> None:
    late = county.rows(Rectification).where(rectifications.late(today))
    mending = list(county.session.scalars(late.order_by(Rectification.due)))
    told = {one.matter_id for one in mending}
    matters = county.rows(Matter).where(Matter.state != MatterState.CLOSED.value, Matter.due < today)
    for matter in county.session.scalars(matters.order_by(Matter.due)):
        if matter.state == MatterState.RECTIFYING.value and matter.id in told:
            continue  # What is to be mended of it is counted below, and nothing counts twice.
        words = f"监督事项“{matter.title}”{f'{show_day(matter.due)}到期' if matter.due else ''}"
        found[matter.unit_id]["overdue_matters"].append(Clue(words, "matter", matter.uid))
    for one in mending:
        words = f"整改“{one.problem[:60]}”{show_day(one.due)}到期"
        found[one.unit_id]["overdue_matters"].append(Clue(words, "rectification", one.uid))


def _flags(county: County, regime: Regime, quarters: Sequence[str], today: date, found: _Found) -> None:
    looked = look(county, regime, on=today)
    titles = {one.code: one.title for one in looked.survey.terms}
    first, last = quarter_start(quarters[-1]), quarter_end(quarters[0])
    for one in looked.survey.flags:
        if one.day and first <= one.day <= last and one.unit in looked.units:
            words = f"{titles[one.code]}：{one.seen}"
            found[looked.units[one.unit].id]["flags"].append(Clue(words, "flags", one.unit))


def _neglect(county: County, regime: Regime, quarters: Sequence[str], now: datetime, found: _Found) -> None:
    for unit, quarter, words in neglect_over(county, regime, quarters=quarters, now=now):
        found[unit.id]["neglect"].append(Clue(f"{show_period(quarter)}：{words}", "neglect", quarter))


def kept(county: County, *, quarter: str | None = None, unit: Unit | None = None) -> list[WarningState]:
    """Return the states that were kept, of one quarter or one unit, the newest quarter first."""
    query = county.rows(WarningState).order_by(WarningState.quarter.desc(), WarningState.unit_id)
    if quarter is not None:
        query = query.where(WarningState.quarter == quarter)
    if unit is not None:
        query = query.where(WarningState.unit_id == unit.id)
    return list(county.session.scalars(query))


def as_kept(row: WarningState) -> Score:
    """Return a kept row as the score that it was."""
    return load(row.parts, state=row.state, points=row.score)


def waits_to_be_kept(county: County, regime: Regime, now: datetime) -> str | None:
    """Return the quarter that the platform keeps by itself: the one that ended last, if nobody has kept it.

    Not before its finance disclosures were due: until then most of what the quarter leaves undone is not known.
    """
    today = now.astimezone(SHANGHAI).date()
    quarter = previous_quarter(quarter_of(today))
    due = regime.finance_due(quarter)
    if due is None or today <= due.day or regime.warning_on(quarter_end(quarter)) is None:
        return None
    query = county.rows(WarningState).where(WarningState.quarter == quarter).limit(1)
    return None if county.session.scalars(query).first() else quarter


def keep(
    county: County,
    regime: Regime,
    *,
    quarter: str,
    now: datetime,
    gathered: Mapping[int, Score] | None = None,
) -> int:
    """Keep each unit's state for a quarter that has ended; units that have one are passed over. Return how many.

    `gathered` is what `gather` gave for it just now, by the unit's number: worked out before anybody waits for the lock.
    """
    if quarter >= quarter_of(now.astimezone(SHANGHAI).date()):
        raise Refused(f"{show_period(quarter)}还没有结束，不能固定。请在季度结束后办理。")
    if gathered is None:
        gathered = {unit.id: one for unit, one in gather(county, regime, quarter=quarter, now=now)}
    there = {one.unit_id for one in kept(county, quarter=quarter)}
    units = {one.id for one in county.units()}
    fresh = [(number, one) for number, one in gathered.items() if number in units - there]
    county.session.add_all(
        WarningState(
            jurisdiction_id=county.id,
            unit_id=number,
            quarter=quarter,
            state=one.state.value,
            score=one.points,
            parts=dump(one),
            recorded_by=county.name_of_actor,
            recorded_at=now,
        )
        for number, one in fresh
    )
    county.session.flush()
    if fresh:
        # The log is read by people who must not know the states: it says that it was done, and no more.
        county.write_down(
            "warning.kept",
            now=now,
            object=f"warning:{quarter}",
            words=f"固定{show_period(quarter)}预警状态，{len(fresh)} 个单位",
        )
    return len(fresh)


def take_measure(
    county: County, unit: Unit, *, measure: Measure, words: str, now: datetime
) -> SupervisionStep:
    """Record what was done about a unit's state; the unit does not see it. Raises `Refused`."""
    errors: dict[str, str] = {}
    words = prose(words, "words", "情况", MOST, errors)
    if errors:
        raise Refused(errors["words"])
    if not words:
        raise Refused("请写明采取措施的情况：什么时间、对谁、结果怎样。")
    said = f"{MEASURE}·{measure.label}：{words}"
    last = next(iter(measures_of(county, [unit]).get(unit.id, [])), None)
    if last and (last.words, last.account_id) == (said, county.account_id):
        raise Refused(
            "这条措施您已经记录过，没有再记一次。请核对下面的记录；确有第二次的，请写明是什么时间。"
        )
    step = SupervisionStep(
        jurisdiction_id=county.id,
        unit_id=unit.id,
        side="commission",
        event=Event.NOTED.value,
        words=said,
        actor=county.name_of_actor,
        account_id=county.account_id,
        shared=False,
        at=now,
    )
    county.session.add(step)
    county.session.flush()
    # Neither the unit nor what was done: see `keep`. The step itself holds both.
    county.write_down("warning.measure", now=now, object=f"step:{step.id}", words="记录预警措施")
    return step


def measures_of(county: County, units: Iterable[Unit]) -> dict[int, list[SupervisionStep]]:
    """Return the measures of each unit, the newest first: steps of no matter, letter or rectification."""
    query = (
        county.rows(SupervisionStep)
        .where(
            SupervisionStep.unit_id.in_([one.id for one in units]),
            SupervisionStep.event == Event.NOTED.value,
            SupervisionStep.matter_id.is_(None),
            SupervisionStep.letter_id.is_(None),
            SupervisionStep.rectification_id.is_(None),
            SupervisionStep.words.startswith(MEASURE, autoescape=True),
        )
        .order_by(SupervisionStep.id.desc())
    )
    found: dict[int, list[SupervisionStep]] = defaultdict(list)
    for one in county.session.scalars(query):
        found[one.unit_id].append(one)
    return found
