"""The words with which each kind of letter begins. The officer changes them before the letter goes out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.domain.supervision.letters import Kind
from portal.domain.values import show_day


@dataclass(frozen=True)
class Point:
    """One thing that a letter is about.

    `name` is a duty with its period or what was found; `overdue` counts working days, below zero what is left.
    """

    name: str
    due: date | None = None
    overdue: int = 0
    seen: str = ""
    remedy: str = ""
    basis: str = ""


@dataclass(frozen=True)
class Facts:
    """What the words are made of. `reply_by` is blank where no answer is asked for.

    `basis` is the text that gives the power to write such a letter. With `in_turn`, the lower stages of the ladder
    went out before: only then the words say so, for a letter must not tell of warnings that nobody got.
    """

    commission: str
    unit: str
    today: date
    points: tuple[Point, ...]
    subject: str  # What the title names.
    reply_by: date | None = None
    act: str = "公开"
    basis: str = ""
    in_turn: bool = False


@dataclass(frozen=True)
class Text:
    """Title, body (one paragraph a line) and basis."""

    title: str
    body: str
    basis: str


def text_of(kind: Kind, facts: Facts) -> Text:
    """Return the words of a letter of that kind."""
    title, body = _WRITERS[kind](facts)
    bases = dict.fromkeys(one for one in (*(one.basis for one in facts.points), facts.basis) if one)
    return Text(title, "\n".join(body), "；".join(bases))


def _points(facts: Facts) -> list[str]:
    if len(facts.points) == 1:
        return [f"{_point(facts.points[0], facts.act)}。"]
    return [
        f"{number}．{_point(one, facts.act)}{'。' if number == len(facts.points) else '；'}"
        for number, one in enumerate(facts.points, start=1)
    ]


def _point(one: Point, act: str) -> str:
    said = [] if one.name in one.seen else [one.name]  # What was seen often begins with it.
    if one.due is not None:
        said.append(f"{act}期限为{show_day(one.due)}")
        if one.overdue > 0:
            said.append(f"已逾期{one.overdue}个工作日")
        elif one.overdue < 0:
            said.append(f"还剩{-one.overdue}个工作日")
    if one.seen:
        said.append(one.seen.rstrip("。"))
    return "，".join(said)


def _until(facts: Facts, otherwise: str = "尽快") -> str:
    """Return the day with its own included: 前 alone leaves that open."""
    return f"于{show_day(facts.reply_by)}前（含当日）" if facts.reply_by else otherwise


def _still(facts: Facts, after: str) -> str:
    return f"经{after}仍未完成" if facts.in_turn else "尚未完成"


_OBJECTION = "对上述情况有异议的，可以在回复时写明事实和理由，并附证明材料。"


def _remind(facts: Facts) -> tuple[str, list[str]]:
    ahead = all(one.due is not None and one.overdue <= 0 for one in facts.points) and bool(facts.points)
    if ahead:
        return (
            f"关于按期{facts.act}{facts.subject}的提醒函",
            [
                "你单位下列事项的期限将到，目前尚未完成：",
                *_points(facts),
                f"请安排专人办理，在期限以内完成{facts.act}。已经提交审核的，请及时审核发布。",
            ],
        )
    return (
        f"关于尽快{facts.act}{facts.subject}的提醒函",
        [
            f"截至{show_day(facts.today)}，你单位下列事项已经逾期，尚未完成：",
            *_points(facts),
            f"请{_until(facts)}完成{facts.act}，同时说明迟延的原因。{_OBJECTION}",
        ],
    )


def _supervise(facts: Facts) -> tuple[str, list[str]]:
    return (
        f"关于限期{facts.act}{facts.subject}的督办通知",
        [
            f"截至{show_day(facts.today)}，你单位下列事项已经逾期，{_still(facts, '提醒')}：",
            *_points(facts),
            f"现予督办。请你单位主要负责人亲自过问，{_until(facts)}完成{facts.act}，并将完成情况和迟延原因书面回复{facts.commission}。",
            _OBJECTION,
        ],
    )


def _talk(facts: Facts) -> tuple[str, list[str]]:
    return (
        f"关于就{facts.subject}进行约谈的通知",
        [
            f"截至{show_day(facts.today)}，你单位下列事项已经逾期，{_still(facts, '督办')}：",
            *_points(facts),
            f"{facts.commission}决定约谈你单位主要负责人和分管负责人。请准备书面情况说明和改正措施，约谈的时间、地点另行通知。",
            f"约谈时可以陈述情况和意见。约谈不免除{facts.act}的义务，请同时抓紧完成。",
        ],
    )


def _account(facts: Facts) -> tuple[str, list[str]]:
    return (
        f"关于对未按规定{facts.act}{facts.subject}进行问责的建议",
        [
            f"截至{show_day(facts.today)}，你单位下列事项已经逾期，{_still(facts, '提醒、督办、约谈')}：",
            *_points(facts),
            f"建议按照管理权限和程序查明责任，听取有关人员的陈述和申辩，对确有责任的依规依纪依法予以问责；同时立即完成{facts.act}。",
            f"请{_until(facts, '及时')}将研究和处理情况书面回复{facts.commission}。{_OBJECTION}",
        ],
    )


def _inquire(facts: Facts) -> tuple[str, list[str]]:
    return (
        f"关于就{facts.subject}作出说明的函询",
        [
            "在监督工作中了解到下列情况，现向你单位函询：",
            *_points(facts),
            f"请实事求是逐项作出书面说明，附必要的佐证材料，由主要负责人签署后，{_until(facts, '及时')}回复{facts.commission}。",
            "上述情况尚未认定。不属实的，请说明理由并附证明材料。",
        ],
    )


def _advise(facts: Facts, what: str) -> tuple[str, list[str]]:
    remedies = list(dict.fromkeys(one.remedy.rstrip("。") for one in facts.points if one.remedy))
    asked = remedies or ["针对上述问题查明原因、明确责任，限期改正", "完善制度，防止同类问题再次发生"]
    return (
        f"关于{facts.subject}的{what}",
        [
            "在监督工作中发现你单位存在下列问题：",
            *_points(facts),
            "现提出以下建议：",
            *(f"{number}．{one}。" for number, one in enumerate(asked, start=1)),
            f"请{_until(facts, '及时')}将采纳和落实情况书面回复{facts.commission}。有异议的，在同一期限内书面提出。",
        ],
    )


def _rectify(facts: Facts) -> tuple[str, list[str]]:
    return (
        f"关于整改{facts.subject}的通知",
        [
            "经核查，你单位存在下列问题：",
            *_points(facts),
            f"请逐项制定整改措施，明确责任领导、责任人和完成时限，{_until(facts, '及时')}完成整改，通过平台报送佐证材料。",
            f"整改结果由第三方验收，验收通过后销号。{_OBJECTION}",
        ],
    )


_WRITERS = {
    Kind.REMINDER: _remind,
    Kind.SUPERVISE: _supervise,
    Kind.TALK: _talk,
    Kind.ACCOUNTABILITY: _account,
    Kind.INQUIRY: _inquire,
    Kind.DISCIPLINE_ADVICE: lambda facts: _advise(facts, "纪律检查建议"),
    Kind.SUPERVISION_ADVICE: lambda facts: _advise(facts, "监察建议"),
    Kind.RECTIFY: _rectify,
}
