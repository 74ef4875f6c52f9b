"""What letter should go to whom: prefilled words, one stage after another, many at once, and at a set time.

prefill(county, regime, unit, kind, …) -> Prefilled                 the words of one letter, to be changed
propose(county, regime, wanted, *, …) -> list[Proposal]             what a bulk would send, and what it would not
send(county, regime, proposals, *, …) -> list[Letter]               that, in the caller's transaction
send_planned(county, regime, letter, …) -> bool                     what was planned, if its reason still stands

Who has come to which stage, and what comes next, is told by `climbing`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from portal.domain.obligations import duty_of
from portal.domain.regimes import Regime
from portal.domain.supervision.ladder import OWN, About, Cell, ladder_stage, stage_order
from portal.domain.supervision.letters import Kind
from portal.domain.supervision.matters import Source
from portal.domain.supervision.matters import State as MatterState
from portal.domain.supervision.terms import LadderStage
from portal.domain.supervision.wording import Facts, Point, text_of
from portal.services.board.county import County
from portal.services.board.screens import is_gone
from portal.services.checking import SHANGHAI
from portal.services.supervision import letter_words, letters
from portal.services.supervision.climbing import Reasons, Sent, Wanted, open_matters
from portal.services.supervision.letter_words import ANSWERED, NotIssued, Words
from portal.services.supervision.letters import already, reply_by
from portal.services.supervision.matter_words import GONE
from portal.services.supervision.readers import readers_of
from portal.services.supervision.reasons import Reason, from_records, named, published_since
from portal.store.tables import Letter, Matter, MatterItem, Unit

MOST_POINTS = 30  # Lines of a letter: two pages. What is left is named by its count.
_RULE = re.compile(r"^[A-Z]+-\d+\s+")  # A rule's number in this platform: a letter quotes its source alone.


@dataclass(frozen=True)
class Prefilled:
    """A letter as it begins."""

    words: Words
    about: About


@dataclass(frozen=True)
class Proposal:
    """One letter of a bulk; `refusal` says why it cannot be sent, else blank. `note` is something to know."""

    key: str
    unit: Unit | None
    name: str
    prefilled: Prefilled | None = None
    matter: Matter | None = None
    refusal: str = ""
    note: str = ""


def prefill(
    county: County,
    regime: Regime,
    unit: Unit,
    kind: Kind,
    *,
    reasons: Sequence[Reason] = (),
    matter: Matter | None = None,
    stage: str = "",
    in_turn: bool = False,
    day: date,
) -> Prefilled:
    """Return the words with which a letter of that kind to the unit begins, for `day`.

    With `in_turn`, the lower stages of the ladder went out before, and the words say so.
    """
    points = [one.point for one in reasons] or _points_of(county, matter)
    act = reasons[0].duty.act if reasons else "办理"  # What only came late is published: it is dealt with.
    named = list(dict.fromkeys(one.duty.title for one in reasons))
    subject = (
        "、".join(named[:3]) + ("等" if len(named) > 3 else "")
        if named
        else f"{matter.title}问题"
        if matter
        else "有关事项"
    )
    left = len(points) - MOST_POINTS
    if left > 0:
        points = [*points[:MOST_POINTS], Point(f"其余{left}项，见平台“监督事项”")]
    until = reply_by(regime, kind, day)
    if until is None and kind in ANSWERED | {Kind.SUPERVISE}:
        until = reply_by(regime, Kind.RECTIFY, day)
    term = regime.reply_on(kind.value, day)
    made = text_of(
        kind,
        Facts(
            regime.commission, unit.name, day, tuple(points), subject,
            reply_by=until, act=act, basis=term.basis if term else "", in_turn=in_turn,
        ),
    )  # fmt: skip
    title = (
        made.title
        if len(made.title) <= letter_words.LONGEST["title"]
        else made.title[: letter_words.LONGEST["title"] - 1] + "…"
    )
    words = Words(kind, title, unit.name, made.body, made.basis, "", until)
    return Prefilled(words, About(stage, tuple(one.cell for one in reasons)))


def about_of(
    regime: Regime, kind: Kind, reasons: Sequence[Reason], matter: Matter | None, day: date
) -> About:
    """Return what a single letter of that kind is about."""
    return _about(regime, kind, tuple(one.cell for one in reasons), matter, day)


def about_as(regime: Regime, kind: Kind, letter: Letter, matter: Matter | None, day: date) -> About:
    """Return what a letter is about as one of that kind: of the same deadlines, or matter, it may be another stage."""
    about = About.read(letter.about)
    return about if kind.value == letter.kind else _about(regime, kind, about.cells, matter, day)


def _about(regime: Regime, kind: Kind, cells: tuple[Cell, ...], matter: Matter | None, day: date) -> About:
    days = [date.fromisoformat(due) for _, _, due in cells]
    stage = _stage_for(regime, kind, _reached(regime, days, matter, day), day) if cells or matter else ""
    return About(stage, cells)


def propose(
    county: County,
    regime: Regime,
    wanted: Sequence[Wanted],
    *,
    kind: Kind | None = None,
    stage: str = "",
    reasons: Reasons,
    day: date,
) -> list[Proposal]:
    """Return what would be sent on `day` to each of these, with the reason where it would not.

    With `stage`, of that stage of the ladder, and only where it was reached; else of that `kind`.
    """
    own, sent = open_matters(county), Sent(county, regime, day)
    found = [
        _proposal(county, regime, one, kind=kind, stage=stage, reasons=reasons, own=own, sent=sent, day=day)
        for one in dict.fromkeys(wanted)
    ]
    return list(_each_once(found))


def _each_once(proposals: Iterable[Proposal]) -> Iterable[Proposal]:
    """Refuse what an earlier one of the same bulk says already: two boxes may stand for one deadline."""
    told: set[tuple[int, str, object]] = set()
    for one in proposals:
        if one.refusal or one.prefilled is None or one.unit is None:
            yield one
            continue
        about, unit = one.prefilled.about, one.unit.id
        whats: Sequence[object] = about.cells or (one.matter.id if one.matter else None,)
        mine = {(unit, about.stage, what) for what in whats}
        yield replace(one, refusal="同一次选择里已经有同样的一份。") if about.stage and mine & told else one
        told |= mine


def send(
    county: County,
    regime: Regime,
    proposals: Iterable[Proposal],
    *,
    signed_by: str = "",
    send_at: datetime | None = None,
    address: str,
    now: datetime,
) -> list[Letter]:
    """Issue what can be sent, or with `send_at` plan it; the caller commits all of it or nothing."""
    made = []
    for one in proposals:
        if one.refusal or one.prefilled is None or one.unit is None:
            continue
        words = replace(one.prefilled.words, signed_by=signed_by)
        letter = letters.draft(
            county, one.unit, words, about=one.prefilled.about, matter=one.matter, send_at=send_at, now=now
        )
        if send_at is None:
            letters.issue(county, regime, letter, address=address, now=now)
        made.append(letter)
    return made


def send_planned(county: County, regime: Regime, letter: Letter, *, address: str, now: datetime) -> bool:
    """Issue a planned letter; False where its reason is gone: then it is called off, and the step says why."""
    if reason := _gone(county, regime, letter, now):
        letters.call_off(county, letter, reason=reason, now=now)
        return False
    try:
        letters.issue(county, regime, letter, address=address, now=now)
    except NotIssued as refusal:
        letters.call_off(county, letter, reason=str(refusal), now=now)
        return False
    return True


def _gone(county: County, regime: Regime, letter: Letter, now: datetime) -> str:
    """Return why a planned letter is to be sent no longer, else blank."""
    unit = letter.unit
    if is_gone(unit, now.astimezone(SHANGHAI).date()):
        return f"{unit.name}已经撤销"
    matter = county.session.get(Matter, letter.matter_id) if letter.matter_id else None
    about = About.read(letter.about)
    if about.cells:
        left = {one.cell for one in from_records(county, regime, [unit], now=now)[unit.id]}
        said = []
        for duty, period, due in about.cells:
            if (duty, period, due) in left:
                continue
            if any((duty, period) == one[:2] for one in left):
                said.append(f"{duty_of(duty).title}（{period}）的期限已经改变")
            else:
                how = published_since(county, regime, unit, duty, period, now=now)
                said.append(f"{duty_of(duty).title}（{period}）{how}")
        return "；".join(said)
    if matter is not None and matter.state == MatterState.CLOSED.value:
        return "监督事项已经办结"
    return ""


def _points_of(county: County, matter: Matter | None) -> list[Point]:
    """Return what a matter holds as the points of a letter."""
    if matter is None:
        return []
    items = county.session.scalars(
        county.rows(MatterItem)
        .where(MatterItem.matter_id == matter.id, MatterItem.gone_on.is_(None))
        .order_by(MatterItem.id)
    )
    return [
        Point(one.title or matter.title, seen=one.seen, remedy=one.remedy, basis=_RULE.sub("", one.basis))
        for one in items
    ] or [Point(matter.title)]


def _proposal(
    county: County,
    regime: Regime,
    wanted: Wanted,
    *,
    kind: Kind | None,
    stage: str,
    reasons: Reasons,
    own: Mapping[tuple[int, str, str], Matter],
    sent: Sent,
    day: date,
) -> Proposal:
    matter = county.one(Matter, wanted.matter) if wanted.matter else None
    unit = matter.unit if matter else county.unit(wanted.unit)
    if unit is None:
        return Proposal(
            wanted.key,
            None,
            "没有这个单位或者事项",
            refusal="没有找到，可能已经改名或者删除。请回到列表重新选择。",
        )
    known = {(one.duty.code, one.period): one for one in reasons.get(unit.id, ())}
    asked = [known.get((wanted.duty, one)) for one in wanted.periods]
    still = tuple(one for one in asked if one is not None)
    name = named(still) or (matter.title if matter else _named(wanted))

    def no(why: str) -> Proposal:
        return Proposal(wanted.key, unit, name, matter=matter, refusal=why)

    if why := _no_reason(unit, matter, still, day):
        return no(why)
    reached = _reached(regime, [one.due for one in still], matter, day)
    if stage:
        if reached is None or stage_order(regime, reached.code, day) < stage_order(regime, stage, day):
            return no(f"还没有到这一级{f'，现在是“{reached.title}”' if reached else ''}。")
        kind = next(Kind(one.letter) for one in regime.ladder_on(day) if one.code == stage)
    if kind is None:
        return no("没有选择文书种类。")
    used = stage or _stage_for(regime, kind, reached, day)
    if matter is None and still:
        matter = own.get((unit.id, Source.DUTY.value, wanted.duty))
    made = prefill(
        county, regime, unit, kind, reasons=still, matter=matter, stage=used, in_turn=bool(stage), day=day
    )
    if same := letters.same_sent(county, unit.id, made.about, matter_id=matter.id if matter else None):
        return no(already(same))
    if stage and (why := _out_of_turn(sent, unit.id, still, matter, stage)):
        return no(why)
    note = "" if readers_of(county.session, unit.id) else "该单位还没有填报人和审核人的账号，请另行送达。"
    return Proposal(wanted.key, unit, name, made, matter, note=note)


def _no_reason(unit: Unit, matter: Matter | None, still: Sequence[Reason], day: date) -> str:
    """Return why nothing is sent to a unit at all, blank where there is a reason to."""
    if is_gone(unit, day):
        return GONE
    if matter is not None and matter.state == MatterState.CLOSED.value:
        return "监督事项已经办结。"
    if matter is not None and matter.source == Source.RELATION:
        return "特定关系人比对的事项不能就此向单位发文。"
    if matter is None and not still:
        return "现在没有到期未办的内容：可能已经公开、已经延期或者豁免。"
    return ""


def _out_of_turn(
    sent: Sent, unit_id: int, reasons: Sequence[Reason], matter: Matter | None, stage: str
) -> str:
    """Return why the letter of a stage is not to be sent yet, blank where it is its turn."""
    following = [sent.next_of(unit_id, one) for one in reasons]
    if not reasons and matter is not None:
        following = [sent.next_of_matter(matter)]
    wrong = [one for one in following if one is None or one.code != stage]
    if not wrong:
        return ""
    if (first := wrong[0]) is None:
        return "上一级文书发出不久，还没有到发这一级的时候。"
    return f"阶梯不跳级，现在该发的是“{first.title}”。"


def _named(wanted: Wanted) -> str:
    try:
        return f"{duty_of(wanted.duty).title}（{'、'.join(wanted.periods)}）"
    except ValueError:
        return wanted.duty


def _reached(regime: Regime, dues: Sequence[date], matter: Matter | None, day: date) -> LadderStage | None:
    """Return the mildest stage that all of the deadlines have reached, or the matter."""
    days = dues or ([matter.due] if matter and matter.due else [])
    stages = [ladder_stage(regime, one, day) for one in days]
    if not stages or any(one is None for one in stages):
        return None
    return min((one for one in stages if one), key=lambda one: one.after)


def _stage_for(regime: Regime, kind: Kind, reached: LadderStage | None, day: date) -> str:
    """Return the stage that a letter of a kind counts as: the highest reached one that is such a letter.

    A kind that no stage has counts as itself, until it was answered.
    """
    ladder = [one for one in regime.ladder_on(day) if one.letter == kind.value]
    fitting = [one for one in ladder if reached is not None and one.after <= reached.after]
    if fitting:
        return fitting[-1].code
    return ladder[0].code if ladder else f"{OWN}{kind.value}"
