"""过程: every step of a project, done, blank or yet to come, with the days between and the periods of the law."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from portal.domain.documents.base import Validity
from portal.domain.documents.tender import Method, Outcome, Tender
from portal.domain.rules.tender_law import TENDERS, final_due, must_be_tendered
from portal.domain.values import show_day
from portal.site.pages.kinds.tender.periods import Limit, Periods

SCALE, MOST = 30, 90  # Days of a full bar, as drawn: at least, and at most.
WIDTH = 240

ALONE = (Method.SOLE_SOURCE, Method.DIRECT, Method.FRAMEWORK)  # Nobody bids against another.


@dataclass(frozen=True)
class Drawn:
    """A period as it is drawn: pixels of the bar and place of the tick (None where nothing is drawn)."""

    limit: Limit
    bar: int
    tick: int | None


@dataclass(frozen=True)
class Step:
    """One step. `state`: "done", "coming" (its day lies ahead), "blank" (passed, no day told), "ahead".

    `overdue` says of a step ahead that the project's own day for it has passed and nothing is recorded.
    """

    name: str
    state: str
    when: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    gap: str = ""
    drawn: tuple[Drawn, ...] = ()
    overdue: str = ""


@dataclass(frozen=True)
class Timeline:
    """The steps, how many days a full bar stands for, what comes next and by when, how many periods were missed."""

    steps: tuple[Step, ...] = ()
    scale: int = SCALE
    following: str = ""
    until: str = ""
    late: int = 0
    ended: str = ""  # Why nothing follows, where that is so.

    @property
    def drawn(self) -> bool:
        """Tell whether any bar is drawn."""
        return any(one.tick is not None for step in self.steps for one in step.drawn)


@dataclass(frozen=True)
class _Mile:
    """A step before it is placed: `core` ones are shown although they have no day."""

    name: str
    day: date | None
    until: date | None = None
    notes: tuple[str, ...] = ()
    core: bool = False
    limits: tuple[Limit, ...] = ()
    expected: str = ""
    wanting: str = ""  # What to say of it where its own day has passed.

    @property
    def dated(self) -> date | None:
        return self.day or self.until

    @property
    def short(self) -> str:
        return self.name.partition("，")[0]

    @property
    def running(self) -> bool:
        """Whether there is still time."""
        return any(one.due and not one.word for one in self.limits)

    @property
    def overdue(self) -> bool:
        return any(one.word for one in self.limits)


def span(day: date, until: date | None) -> str:
    """Return a day, or two days without saying the year or month twice."""
    return "".join(_when(day, until))


def _when(day: date | None, until: date | None) -> tuple[str, ...]:
    if day is None:
        return ("起始日期未填", f"至{show_day(until)}") if until else ()
    if until is None or until == day:
        return (show_day(day),)
    if until.year != day.year:
        return (show_day(day), f"至{show_day(until)}")
    return (show_day(day), f"至{'' if until.month == day.month else f'{until.month}月'}{until.day}日")


def timeline(tender: Tender, periods: Periods) -> Timeline:
    """Return the course of a project; without steps where nothing has happened yet but a plan."""
    on = periods.context.on
    every = list(_miles(tender, periods))
    own = [one for one in every if one.name != INTENT and one.dated]
    ended = how_it_ended(tender)
    if not own:
        return Timeline(ended=ended)
    passed = max((place for place, one in enumerate(every) if one.dated and one.dated <= on), default=-1)
    placed: list[tuple[date, int, str, _Mile]] = []
    reached = date.min
    for place, one in enumerate(every):
        if one.dated:
            reached = max(reached, one.dated) if one.dated <= on else reached
            placed.append((one.dated, place, "done" if one.dated <= on else "coming", one))
        elif not (one.core or one.limits):
            continue
        elif one.overdue or (place < passed and (one.core or not one.running)):
            placed.append((reached, place, "blank", one))
        elif not ended:
            placed.append((date.max, place, "ahead", one))
    placed.sort(key=lambda one: one[:2])
    scale = _scale([limit for _, _, _, one in placed for limit in one.limits])
    steps = tuple(_steps(placed, scale))
    following = next((one for _, _, state, one in placed if state in ("coming", "ahead")), None)
    return Timeline(
        steps,
        scale,
        following.name if following else "",
        _until(following) if following else "",
        sum(limit.state == "late" for _, _, _, one in placed for limit in one.limits),
        ended,
    )


def how_it_ended(tender: Tender) -> str:
    """Return why a project goes no further, in a plain sentence; blank where it does or is finished."""
    if tender.acceptance:
        return ""
    if tender.validity is not Validity.IN_FORCE:
        return f"本项目已登记为“{tender.validity.label}”，以后的步骤不再进行。"
    if failure := tender.failed():
        return f"{show_day(failure.decided_on)}{failure.kind.label}，没有产生中标（成交）供应商。"
    gone = (Outcome.REJECTED, Outcome.WITHDRAWN)
    if not tender.award and tender.bidders and all(one.outcome in gone for one in tender.bidders):
        return f"{len(tender.bidders)} 家都被否决或者撤回，没有产生中标（成交）供应商。"
    return ""


def _scale(limits: list[Limit]) -> int:
    """Return the days of a full bar: every tick is on it, and by how much a step was late."""
    reach = [max(one.length or 0, (one.days or 0) if one.state == "late" else 0) for one in limits]
    return min(max(SCALE, -(-max(reach, default=0) // 10) * 10), MOST)


def draw(limit: Limit, scale: int) -> Drawn:
    """Lay out one period on a bar of `scale` days."""
    bar = min(max(limit.days or 0, 0), scale)
    tick = None if limit.length is None else round((WIDTH - 2) * min(max(limit.length, 0), scale) / scale)
    return Drawn(limit, round(WIDTH * bar / scale), tick)


def _steps(placed: list[tuple[date, int, str, _Mile]], scale: int) -> Iterator[Step]:
    before: _Mile | None = None
    for _, _, state, one in placed:
        gap = ""
        if one.dated and before and before.dated:
            days = (one.dated - before.dated).days
            gap = f"距{before.short} {days} 日" if days else f"与{before.short}同日"
        when = _when(one.day, one.until) or ((one.expected,) if one.expected else ())
        drawn = tuple(draw(limit, scale) for limit in one.limits)
        yield Step(one.name, state, when, one.notes, gap, drawn, one.wanting if state == "ahead" else "")
        before = one if one.dated else before


def _until(one: _Mile) -> str:
    if one.dated:
        return span(one.dated, None)
    return next((limit.due for limit in one.limits if limit.due), "") or one.wanting or one.expected


INTENT = "公开采购意向"


def _miles(tender: Tender, periods: Periods) -> Iterator[_Mile]:
    """Yield every step in the order in which the law lets them follow one another."""
    yield from _until_opening(tender, periods)
    yield from _until_contract(tender, periods)
    yield from _from_contract(tender, periods)


def _until_opening(tender: Tender, periods: Periods) -> Iterator[_Mile]:
    method, notice = tender.method, tender.notice
    contested = method is not None and method not in ALONE
    ahead = tuple(periods.intent())
    told = ahead if tender.intent is None else ()
    yield _Mile(
        INTENT, tender.intent.published_on if tender.intent else None, core=bool(tender.intent), limits=told
    )
    yield _Mile("采购活动开始", tender.starts_on, limits=ahead if tender.starts_on and not told else ())
    if one := tender.sole_source:
        limits = tuple(periods.sole_source())
        yield _Mile("单一来源公示", one.posted_on, one.posted_until, core=True, limits=limits)
    elif method is Method.SOLE_SOURCE:
        yield _Mile("单一来源公示", None, core=True)
    yield _Mile(
        "发布公告",
        notice.issued_on if notice else None,
        notes=_notes(notice.media if notice else None),
        core=contested or method is None,
        limits=ahead if notice and not tender.starts_on and not told else (),
    )
    yield _Mile(
        "发售文件",
        notice.documents_from if notice else None,
        notice.documents_until if notice else None,
        core=method in TENDERS,
        limits=tuple(periods.offer()),
    )
    for place, change in enumerate(tender.clarifications):
        moved = f"截止日期顺延至{show_day(change.new_due)}" if change.new_due else None
        limits = tuple(periods.clarification(place, change))
        yield _Mile("澄清或修改", change.issued_on, notes=_notes(moved), limits=limits)
    due, opened = (notice.bids_due, notice.opened_on) if notice else (None, None)
    final = final_due(tender)
    name = "投标截止" if method in TENDERS or method is None else "响应截止"
    yield _Mile(
        f"{name}，开标" if due and due == opened else name,
        due,
        notes=_notes(f"顺延后为{show_day(final)}" if due and final and final != due else None),
        core=contested,
        limits=tuple(periods.bids()),
    )
    if opened and opened != due:
        yield _Mile("开标", opened)


def _until_contract(tender: Tender, periods: Periods) -> Iterator[_Mile]:
    candidacy, award = tender.candidacy, tender.award
    posted = tuple(periods.candidacy())
    yield _Mile("收到评标报告", candidacy.report_on if candidacy else None)
    yield _Mile(
        "候选人公示",
        candidacy.posted_on if candidacy else None,
        candidacy.posted_until if candidacy else None,
        core=tender.method in TENDERS and must_be_tendered(tender, periods.context) is True,
        limits=posted,
    )
    yield _Mile(
        "确定供应商",
        award.determined_on if award else None,
        notes=_notes(award.supplier if award else None),
        core=True,
        limits=tuple(periods.determined()),
    )
    letter = "中标通知书" if tender.method in TENDERS or tender.method is None else "成交通知书"
    yield _Mile(
        f"发出{letter}",
        award.notified_on if award else None,
        core=tender.method not in (None, Method.DIRECT),
        limits=tuple(periods.notified()),
    )
    yield _Mile("公告结果", award.announced_on if award else None, limits=tuple(periods.announced()))
    filed = award.report_filed_on if award else None
    yield _Mile("报送招标投标情况", filed, limits=tuple(periods.report()))


def _from_contract(tender: Tender, periods: Periods) -> Iterator[_Mile]:
    contract = tender.contract
    yield _Mile(
        "签订合同",
        contract.signed_on if contract else None,
        notes=_notes(contract.no if contract else None),
        core=True,
        limits=tuple(periods.contract()),
    )
    yield _Mile(
        "公告合同", contract.announced_on if contract else None, limits=tuple(periods.contract_announced())
    )
    yield _Mile("合同备案", contract.filed_on if contract else None, limits=tuple(periods.contract_filed()))
    for change in tender.variations:
        yield _Mile("变更签证", change.agreed_on)
    accepted = tender.acceptance
    ends = contract.ends_on if contract else None
    yield _Mile(
        "验收",
        accepted.accepted_on if accepted else None,
        notes=_notes(accepted.result if accepted else None),
        core=True,
        expected=f"{show_day(ends)}完工后" if ends else "",
        # Not for how many days: the page must not change with every day.
        wanting="合同期限已过，未见验收记录" if ends and ends < periods.context.on else "",
    )


def _notes(*texts: str | None) -> tuple[str, ...]:
    return tuple(one for one in texts if one)
