"""决策程序: what has to happen before a meeting, between a decision and its effect, and after an emergency."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from portal.domain.calendar import Span
from portal.domain.documents.base import Openness
from portal.domain.documents.decision import (
    Category,
    DecisionRecord,
    Form,
    PreStep,
    PreStepKind,
    Result,
)
from portal.domain.rules.base import Seen, Sights, Unclear, pointer, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.terms import Length, Terms
from portal.domain.values import show_day


class Report(Terms):
    """Within how long an emergency action is reported."""

    within: Annotated[Length, Field(title="处置后向班子会报告的期限")]


class Steps(Terms):
    """Which steps come before the meeting, in this order."""

    steps: Annotated[tuple[PreStepKind, ...], Field(title="会前依次须有")]


class Preparation(Steps):
    """What an item needs before it is put to the group."""

    also: Annotated[tuple[PreStepKind, ...], Field(title="会前还须有")] = ()
    not_improvised: Annotated[tuple[Category, ...], Field(title="不得临时动议的决策类别")]


class Approval(Steps):
    """The domain whose matters take the path."""

    domain: Annotated[str, Field(title="适用的事项")]
    forms: Annotated[tuple[Form, ...], Field(title="班子集体研究可用的会议形式")] = ()


class MajorAdministrative(Terms):
    """The statute's periods for a major administrative decision."""

    opinions: Annotated[Length, Field(title="公开征求意见不少于")]
    legality: Annotated[Length, Field(title="合法性审查时间不少于")]
    hearing_materials: Annotated[Length, Field(title="听证材料提前送达不少于")]
    exempt: Annotated[tuple[Category, ...], Field(title="不适用的决策类别")] = ()


class AppointmentNotice(Terms):
    """How long a notice of appointment stays open."""

    open_for: Annotated[Length, Field(title="任职前公示不少于")]


class Consultation(Terms):
    """Before which decisions the people concerned are asked, and what counts as asking."""

    steps: Annotated[tuple[PreStepKind, ...], Field(title="有其中之一即可")]
    categories: Annotated[tuple[Category, ...], Field(title="须事先征求意见的决策类别")] = ()
    administrative_major: Annotated[bool, Field(title="重大行政决策一律事先征求意见")]
    where_many: Annotated[tuple[Category, ...], Field(title="涉及面广时才须征求意见的决策类别")] = ()

    def always(self, document: DecisionRecord) -> bool:
        """Tell whether the decision always needs a consultation."""
        return document.category in self.categories or (
            self.administrative_major and document.administrative_major
        )


def _of(document: DecisionRecord, *kinds: PreStepKind) -> list[tuple[int, PreStep]]:
    return [(place, one) for place, one in enumerate(document.pre_steps) if one.step in kinds]


def _done(step: PreStep) -> date:
    return step.ended_on or step.began_on


def _held(document: DecisionRecord) -> str:
    return f"{show_day(document.held_on)}开会"


def _after_meeting(document: DecisionRecord, *kinds: PreStepKind) -> Sights:
    """Yield the steps of those kinds that ended only after the meeting."""
    for place, one in _of(document, *kinds):
        if _done(one) > document.held_on:
            yield Seen(
                pointer("pre_steps", place, "ended_on" if one.ended_on else "began_on"),
                f"“{one.step.label}”{show_day(_done(one))}才完成，晚于{_held(document)}。",
                "请核对会前材料上的日期；如记录无误，请补办后重新研究，或在“公开说明”中写明原因。",
            )


def _in_order(document: DecisionRecord, kinds: tuple[PreStepKind, ...]) -> Sights:
    """Yield what is missing of the steps, late, or begun before the step that comes first."""
    before: PreStep | None = None
    for kind in kinds:
        found = _of(document, kind)
        if not found:
            yield _missing(kind)
            continue
        place, one = min(found, key=lambda row: row[1].began_on)
        if before and one.began_on < before.began_on:
            yield Seen(
                pointer("pre_steps", place, "began_on"),
                f"“{one.step.label}”（{show_day(one.began_on)}）早于“{before.step.label}”（{show_day(before.began_on)}）。",
                f"应先“{before.step.label}”，后“{one.step.label}”。请核对日期；如记录无误，请在“公开说明”中写明原因。",
            )
        before = one
    yield from _after_meeting(document, *kinds)


def _missing(kind: PreStepKind) -> Seen:
    return Seen(
        "/pre_steps",
        f"会前程序中没有“{kind.label}”。",
        f"如已办理，请补填“{kind.label}”的日期；如没有办理，请补办后重新研究，或在“公开说明”中写明原因。",
    )


@rule(
    "DEC-12",
    "紧急处置事后报告",
    DecisionRecord,
    why="情况紧急可以先处置，但事后要向班子说清楚，不能一直由个人说了算。",
    terms=Report,
    when=lambda one, _context, _terms: one.form == Form.EMERGENCY,
)
def emergency_is_reported(document: DecisionRecord, context: Context, terms: Report) -> Sights:
    """紧急处置: reported to the group's next meeting, within the regime's days after the action."""
    due = context.due(document.held_on, terms.within).day
    reported = document.emergency_reported_on
    until = f"{show_day(document.held_on)}紧急处置，应在 {terms.within}内（至{show_day(due)}）向班子会报告"
    if reported is None and context.on <= due:
        yield Unclear(f"{until}，目前还没有填写报告日期。")
        return
    if reported and reported < document.held_on:
        yield Seen(
            "/emergency_reported_on",
            f"填写的事后报告日期{show_day(reported)}早于处置日期{show_day(document.held_on)}。",
            "请对照会议记录核对两个日期。",
        )
        return
    if context.late(document.held_on, terms.within, reported):
        done = f"{show_day(reported)}才报告" if reported else "至今没有报告的记录"
        yield Seen(
            "/emergency_reported_on",
            f"{until}，{done}。",
            "请核对报告日期；尚未报告的，请在最近一次班子会上报告，并在“公开说明”中写明迟延的原因。",
        )


@rule(
    "DEC-15",
    "议题经收集、调研、初审后上会",
    DecisionRecord,
    why="材料没备齐、情况没摸清就上会，班子成员只能听一家之言。",
    terms=Preparation,
    when=lambda one, _context, terms: (
        one.form == Form.MEETING
        and not one.superior_instruction
        and (not one.improvised or one.category in terms.not_improvised)
    ),
)
def item_is_prepared(document: DecisionRecord, _context: Context, terms: Preparation) -> Sights:
    """会前程序: collected, reviewed and sent out in this order, researched, and not improvised.

    What a superior body has already laid down need not be put to the group as a major matter.
    """
    if document.improvised:
        yield Seen(
            "/improvised",
            f"{document.category.label}事项是会上临时动议，没有经过会前程序。",
            "请核对是否确属临时动议；如属实，请补办议题收集和初审后重新研究，或在“公开说明”中写明原因。",
        )
        return
    yield from _in_order(document, terms.steps)
    for kind in terms.also:
        if not _of(document, kind):
            yield _missing(kind)
    yield from _after_meeting(document, *terms.also)


@rule(
    "DEC-16",
    "重大行政决策的法定期限",
    DecisionRecord,
    why="公众有时间提意见、法制机构有时间审查，重大决策才不会仓促出台。",
    terms=MajorAdministrative,
    when=lambda one, _context, terms: (
        one.administrative_major and one.form != Form.EMERGENCY and one.category not in terms.exempt
    ),
)
def periods_of_a_major_decision(
    document: DecisionRecord, context: Context, terms: MajorAdministrative
) -> Sights:
    """重大行政决策程序暂行条例 14–16, 25, 26: opinions, review of legality, hearing materials."""
    if not _of(document, PreStepKind.PUBLIC_OPINION, PreStepKind.HEARING):
        if document.openness == Openness.PROACTIVE:
            yield _missing(PreStepKind.PUBLIC_OPINION)
        else:
            yield Unclear("没有征求意见的记录；是否属于依法不公开、不必征求意见的事项，请核对依据。")
    if not _of(document, PreStepKind.LEGALITY):
        yield _missing(PreStepKind.LEGALITY)
    yield from _long_enough(document, context, PreStepKind.PUBLIC_OPINION, terms.opinions)
    yield from _long_enough(document, context, PreStepKind.LEGALITY, terms.legality)
    yield from _after_meeting(document, PreStepKind.PUBLIC_OPINION, PreStepKind.HEARING, PreStepKind.LEGALITY)
    yield from _heard(document, context, terms.hearing_materials)


def _long_enough(document: DecisionRecord, context: Context, kind: PreStepKind, least: Span) -> Sights:
    """Yield a finding when no round of that step lasted long enough and no reason for shortening is given."""
    rows = _of(document, kind)
    closed = [(place, one, one.ended_on) for place, one in rows if one.ended_on]
    if any(context.calendar(one.began_on).lasts(one.began_on, last, least) for _, one, last in closed):
        return
    if len(closed) < len(rows):
        yield Unclear(f"“{kind.label}”没有填写结束日期，无法核对是否满 {least}。请补填。")
        return
    if document.shortened_reason:
        return
    for place, one, last in closed[:1]:
        yield Seen(
            pointer("pre_steps", place, "ended_on"),
            f"“{kind.label}”自{show_day(one.began_on)}至{show_day(last)}，不满 {least}（首日不计）。",
            "请核对起止日期；如记录无误，请在“缩短期限的理由”中写明当时缩短的理由，没有理由的请补足期限后重新研究。",
        )


def _heard(document: DecisionRecord, context: Context, ahead: Span) -> Sights:
    served = _of(document, PreStepKind.HEARING_MATERIALS)
    for place, hearing in _of(document, PreStepKind.HEARING):
        day = hearing.began_on
        if not served:
            yield _missing(PreStepKind.HEARING_MATERIALS)
        elif not any(context.calendar(one.began_on).lasts(one.began_on, day, ahead) for _, one in served):
            yield Seen(
                pointer("pre_steps", place, "began_on"),
                f"听证材料{show_day(min(one.began_on for _, one in served))}送达，{show_day(day)}听证，提前不满 {ahead}。",
                "请核对送达日期；如记录无误，请在“公开说明”中写明原因，并征求听证参加人是否需要补充意见。",
            )


@rule(
    "DEC-18",
    "任职前公示",
    DecisionRecord,
    why="提拔谁先让大家看一看，群众有意见还来得及说。",
    terms=AppointmentNotice,
    when=lambda one, _context, _terms: (
        one.category == Category.KEY_PERSONNEL and one.result == Result.ADOPTED
    ),
)
def notice_of_appointment_stays_open(
    document: DecisionRecord, context: Context, terms: AppointmentNotice
) -> Sights:
    """任职前公示 (干部任用条例 42): after the decision, before the appointment, for the regime's working days."""
    rows = _of(document, PreStepKind.NOTICE_OF_APPOINTMENT)
    if not rows:
        yield Unclear(
            "没有填写任前公示。属于提拔担任领导职务的，请补填公示的起止日期；不属于的，请在备注中说明。"
        )
    for place, one in rows:
        if one.began_on < document.held_on:
            yield Seen(
                pointer("pre_steps", place, "began_on"),
                f"任前公示{show_day(one.began_on)}开始，早于{_held(document)}讨论决定。",
                "任前公示应在讨论决定之后进行。请核对日期；如记录无误，请重新公示。",
            )
        if one.ended_on is None:
            yield Unclear(f"任前公示没有填写结束日期，无法核对是否满 {terms.open_for}。请补填。")
        elif not context.calendar(one.began_on).lasts(one.began_on, one.ended_on, terms.open_for):
            yield Seen(
                pointer("pre_steps", place, "ended_on"),
                f"任前公示自{show_day(one.began_on)}至{show_day(one.ended_on)}，不满 {terms.open_for}（首日不计）。",
                "请核对公示的起止日期；如记录无误，请补足公示期后再办理任职手续。",
            )


@rule(
    "DEC-19",
    "重大事项事先征求意见",
    DecisionRecord,
    why="牵涉大家利益的事，先听大家怎么说，再由班子来定。",
    terms=Consultation,
    when=lambda one, _context, terms: (
        one.form != Form.EMERGENCY and (terms.always(one) or one.category in terms.where_many)
    ),
)
def people_are_asked_first(document: DecisionRecord, _context: Context, terms: Consultation) -> Sights:
    """事先征求群众意见: a consultation that ended before the day of the meeting."""
    days = [_done(one) for _, one in _of(document, *terms.steps)]
    ways = "、".join(one.label for one in terms.steps)
    if any(day < document.held_on for day in days):
        return
    if document.held_on in days:
        yield Unclear(f"征求意见和{_held(document)}在同一天，无法核对先后。请查阅原始记录。")
        return
    told = f"会前没有{ways}的记录。"
    if days:
        told = f"征求意见{show_day(min(days))}才完成，晚于{_held(document)}。"
    if terms.always(document):
        yield Seen(
            "/pre_steps",
            told,
            "如会前征求过意见，请补填日期和结果；如没有，请征求意见后重新研究，或在“公开说明”中写明原因。",
        )
    else:
        yield Unclear(f"{told}是否涉及面广、须事先征求群众意见，请核对。")


def _takes_the_path(document: DecisionRecord, context: Context, terms: Approval) -> bool:
    wanted = context.domain(terms.domain, document.held_on)
    return wanted is not None and context.domain(document.domain, document.held_on) == wanted


@rule(
    "APP-01",
    "行政审批先提出、再同意、后研究",
    DecisionRecord,
    why="审批由分管领导把关、主要负责人知情、班子集体定，一个人批不成，也没有人可以推说不知道。",
    terms=Approval,
    when=_takes_the_path,
)
def approval_takes_its_path(document: DecisionRecord, _context: Context, terms: Approval) -> Sights:
    """行政审批路径: the deputy brings it up, the chief consents, the group decides, in this order."""
    yield from _in_order(document, terms.steps)
    if terms.forms and document.form not in terms.forms:
        yield Seen(
            "/form",
            f"行政审批事项的会议形式是“{document.form.label}”，应经班子集体研究（{'、'.join(one.label for one in terms.forms)}）。",
            "请核对会议形式；如记录无误，请开会研究后再审批，或在“公开说明”中写明原因。",
        )
