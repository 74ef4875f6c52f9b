"""通报: draft a quarter's figures, issue them as a number of the quarter, read what was issued.

What was issued is never rewritten: a mistake is put right by the next number of the same quarter, which says why.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select

from portal.domain.calendar import previous_quarter, quarter_end, quarter_start
from portal.domain.regimes import Regime
from portal.domain.supervision.bulletin import Before, Figures, Own
from portal.domain.supervision.letters import Kind as LetterKind
from portal.domain.supervision.letters import State as LetterState
from portal.domain.supervision.matters import Source
from portal.domain.supervision.rectifying import ENDED
from portal.domain.supervision.rectifying import State as Rectifying
from portal.domain.supervision.tallying import Place, before_of, figures_of
from portal.domain.values import show_period
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.supervision import rectifications
from portal.services.supervision.entered import prose
from portal.services.supervision.in_public import InPublic, Views, in_public
from portal.services.supervision.in_public import seen as seen_on
from portal.store.tables import Bulletin, Letter, Matter, Rectification

_DOCUMENT_NO = re.compile(r"[^\s〔〕]{1,20}〔[0-9]{4}〕第?[0-9]{1,4}号")
WORDS_LIMIT = 4000  # Two printed pages: a bulletin is not a report.


class Refused(ValueError):
    """A bulletin that cannot be issued; the message says why and what to do, `field` which input is meant."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def draft(
    county: County,
    regime: Regime,
    quarter: str,
    *,
    on: date,
    seen: InPublic | None = None,
    then: InPublic | None = None,
) -> Figures:
    """Return the figures of a quarter as they stand on the day `on`.

    `seen` is the public's view of that day, `then` that of the day that `compared_on` names, if they are at hand.
    """
    known = seen or in_public(county, regime, on=on)
    return figures_of(
        Place(regime, quarter, on, known.sample),
        known.units,
        known.periods,
        own=own_figures(county, quarter, on=on),
        before=_before(county, regime, quarter, on=compared_on(quarter, on, known.periods), then=then),
    )


def compared_on(quarter: str, on: date, periods: Sequence[str]) -> date | None:
    """Return the day with which `on` is compared: as many days after the end of the quarter before.

    None where the quarter before is not on the public board: there is nothing to compare with.
    """
    before = previous_quarter(quarter)
    return quarter_end(before) + (on - quarter_end(quarter)) if before in periods else None


def seen_before(
    views: Views, county: County, regime: Regime, quarter: str, today: InPublic, *, program: str = ""
) -> InPublic | None:
    """Return the view of the day with which a bulletin of today is compared, kept in `views`; None without such a day."""
    on = compared_on(quarter, today.on, today.periods)
    return seen_on(views, county, regime, on=on, kept_for=quarter, program=program) if on else None


def own_figures(county: County, quarter: str, *, on: date) -> Own:
    """Return the commission's own counts of the quarter, as they stand on the day `on`."""
    first, last = quarter_start(quarter), quarter_end(quarter)
    due = list(
        county.session.scalars(
            county.rows(Rectification).where(
                Rectification.due >= first, Rectification.due <= last, rectifications.counted()
            )
        )
    )
    closed = [
        one for one in due if one.state == Rectifying.CLOSED.value and one.closed_on and one.closed_on <= on
    ]
    overdue = select(func.count()).where(
        Rectification.jurisdiction_id == county.id,
        Rectification.state.not_in(ENDED),
        Rectification.due < on,
    )
    # Units read it: a number without a matter that any of them knows of would tell of filings that were hit.
    counted = select(func.count()).where(
        Matter.jurisdiction_id == county.id, Matter.source != Source.RELATION.value
    )
    opened = counted.where(Matter.opened_on >= first, Matter.opened_on <= last)
    ended = counted.where(Matter.closed_on >= first, Matter.closed_on <= last)
    begin, end = (datetime.combine(day, time(), SHANGHAI) for day in (first, last + timedelta(days=1)))
    sent = (
        select(Letter.kind, func.count())
        .where(
            Letter.jurisdiction_id == county.id,
            Letter.issued_at >= begin,
            Letter.issued_at < end,
            Letter.state != LetterState.RECALLED.value,
        )
        .group_by(Letter.kind)
    )
    counts = {row[0]: row[1] for row in county.session.execute(sent)}
    return Own(
        to_rectify=len(due),
        rectified=len(closed),
        in_time=sum(one.closed_on is not None and one.closed_on <= one.due for one in closed),
        overdue=county.session.scalar(overdue) or 0,
        matters_opened=county.session.scalar(opened) or 0,
        matters_closed=county.session.scalar(ended) or 0,
        letters=tuple((one.label, counts[one.value]) for one in LetterKind if counts.get(one.value)),
    )


def issued(county: County, quarter: str | None = None) -> list[Bulletin]:
    """Return what was issued, the newest quarter first and of each the newest number; optionally of one quarter."""
    query = county.rows(Bulletin).order_by(Bulletin.period.desc(), Bulletin.number.desc())
    if quarter is not None:
        query = query.where(Bulletin.period == quarter)
    return list(county.session.scalars(query))


def one_issued(county: County, quarter: str, number: int) -> Bulletin | None:
    """Return one that was issued."""
    query = county.rows(Bulletin).where(Bulletin.period == quarter, Bulletin.number == number)
    return county.session.scalars(query).first()


def figures(row: Bulletin) -> Figures:
    """Return the figures as they were frozen."""
    return Figures.from_json(row.figures)


def issue(
    county: County,
    quarter: str,
    *,
    counted: Figures,
    document_no: str,
    expected: int,
    words: str,
    reason: str,
    now: datetime,
    periods: Sequence[str],
) -> Bulletin:
    """Freeze figures as the next number of the quarter, or raise `Refused`.

    `expected` is the number of the newest one that the officer saw; `reason` says what a second one corrects.
    Nobody's figures but those that were shown are issued: `counted` is what `draft` gave in this request.
    """
    today = now.astimezone(SHANGHAI).date()
    if quarter not in periods:
        raise Refused("只能通报公开情况表列出的、已经结束的季度。请重新选择季度。")
    if counted.quarter != quarter or counted.on != today:
        raise Refused("统计数字不是今天这个季度的。请重新打开本页后再发出。")
    known = issued(county, quarter)
    newest = known[0].number if known else 0
    if newest != expected:
        raise Refused(f"在您打开本页之后，本季度第{newest}号通报已经发出。请先看过那一号，再决定是否更正。")
    errors: dict[str, str] = {}
    words = prose(words, "words", "工作要求", WORDS_LIMIT, errors)
    reason = prose(reason, "reason", "更正说明", WORDS_LIMIT, errors)
    for field, wrong in errors.items():
        raise Refused(wrong, field=field)
    if known and not reason:
        raise Refused("本季度已经发过通报。再发一号须写明更正了什么、为什么更正。", field="reason")
    number = document_no.strip()
    if number and not _DOCUMENT_NO.fullmatch(number):
        raise Refused(
            f"发文字号“{number}”的写法不对。请写成“示纪通〔2026〕3号”的形式，年份用六角括号；没有的不填。",
            field="document_no",
        )
    counted = counted.model_copy(update={"document_no": number})
    said = f"更正说明：{reason}\n\n{words}".strip() if known else words
    row = Bulletin(
        jurisdiction_id=county.id,
        period=quarter,
        number=newest + 1,
        figures=counted.to_json(),
        digest=counted.digest(),
        words=said,
        issued_by=county.name_of_actor,
        issued_at=now,
    )
    county.session.add(row)
    county.session.flush()
    county.write_down(
        "bulletin.issued",
        now=now,
        object=f"bulletin:{quarter}-{row.number}",
        words=f"发出{show_period(quarter)}第{row.number}号通报" + (f"，{reason}" if known else ""),
        detail={
            "before": {"数据指纹": known[0].digest} if known else {},
            "after": {"数据指纹": row.digest},
        },
    )
    return row


def _before(
    county: County, regime: Regime, quarter: str, *, on: date | None, then: InPublic | None
) -> Before | None:
    """Return how the quarter before stood as long after its end; none of what was issued, which may be of any day."""
    if on is None:
        return None
    known = then if then is not None and then.on == on else in_public(county, regime, on=on)
    return before_of(Place(regime, previous_quarter(quarter), on, known.sample), known.units)
