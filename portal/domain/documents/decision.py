"""集体决策记录: who was there, who spoke in which order, how the vote went."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from portal.domain.documents.about import About, Part
from portal.domain.documents.base import Document, Kind
from portal.domain.values import Choice, Clock, Count, Day, Fen, Line, Prose, fold


class MeetingType(Choice):
    """会议类型."""

    PARTY_COMMITTEE = "party_committee", "党委会"
    PARTY_GROUP = "party_group", "党组会"
    LEADERSHIP_GROUP = "leadership_group", "班子会"
    GOVERNMENT_EXECUTIVE = "government_executive", "政府常务会议"
    GOVERNMENT_PLENARY = "government_plenary", "政府全体会议"
    ADMINISTRATIVE_OFFICE = "administrative_office", "局长（镇长）办公会"
    VILLAGE = "village", "村“四议两公开”会议"


class Category(Choice):
    """决策类别 (三重一大、四重一大)."""

    MAJOR_DECISION = "major_decision", "重大决策"
    KEY_PERSONNEL = "key_personnel", "重要人事任免"
    MAJOR_PROJECT = "major_project", "重大项目安排"
    LARGE_FUND = "large_fund", "大额资金使用"
    MAJOR_EMERGENCY = "major_emergency", "重大突发事件处置"
    OTHER = "other", "其他事项"


class Form(Choice):
    """会议形式."""

    MEETING = "meeting", "会议"
    CIRCULATION = "circulation", "传签"
    INDIVIDUAL = "individual", "个别征求意见"
    ONLINE_CHAT = "online_chat", "微信群等网络方式"
    EMERGENCY = "emergency", "紧急处置"


class VoteMethod(Choice):
    """表决方式."""

    ORAL = "oral", "口头"
    SHOW_OF_HANDS = "show_of_hands", "举手"
    NAMED_BALLOT = "named_ballot", "记名投票"
    SECRET_BALLOT = "secret_ballot", "无记名投票"
    NONE = "none", "未表决"


class Result(Choice):
    """表决结果."""

    ADOPTED = "adopted", "通过"
    REJECTED = "rejected", "不通过"
    DEFERRED = "deferred", "缓议"


class Position(Choice):
    """表明的态度."""

    FOR = "for", "同意"
    AGAINST = "against", "不同意"
    ABSTAIN = "abstain", "弃权"
    DEFER = "defer", "缓议"
    PRESENT_PROPOSAL = "proposal", "介绍方案"
    NONE = "none", "未表明态度"


class Presence(Choice):
    """到会情况."""

    PRESENT = "present", "到会"
    ABSENT = "absent", "缺席"
    RECUSED = "recused", "回避"
    OBSERVER = "observer", "列席"


class Standing(Choice):
    """在班子中的身份."""

    CHIEF = "chief", "主要负责人"
    MEMBER = "member", "班子成员"
    DISCIPLINE = "discipline", "纪检负责人"
    OBSERVER = "observer", "列席人员"


class PreStepKind(Choice):
    """会前程序."""

    COLLECTED = "collected", "议题收集"
    RESEARCH = "research", "调研"
    ARGUMENT = "argument", "专家论证"
    PUBLIC_OPINION = "public_opinion", "征求群众意见"
    HEARING = "hearing", "听证"
    HEARING_MATERIALS = "hearing_materials", "送达听证材料"
    LEGALITY = "legality", "合法性审查"
    RISK = "risk", "风险评估"
    PRE_REVIEW = "pre_review", "初审"
    MATERIALS = "materials", "送达会议材料"
    NOTICE_OF_APPOINTMENT = "appointment_notice", "任前公示"
    DEPUTY_REVIEW = "deputy_review", "分管领导提出"
    CHIEF_CONSENT = "chief_consent", "主要负责人同意"


class Attendee(Part):
    """One person due at the meeting, or sitting in on it."""

    name: Annotated[Line, About("姓名", picks="member")]
    post: Annotated[Line, About("职务")]
    standing: Annotated[Standing, About("身份")] = Standing.MEMBER
    presence: Annotated[Presence, About("到会情况")]
    reason: Annotated[Line | None, About("缺席或回避原因")] = None
    domain: Annotated[Line | None, About("分管事项", picks="domain")] = None
    written_opinion: Annotated[Prose | None, About("书面意见")] = None


class Statement(Part):
    """One statement, in the order in which it was made (发言顺序)."""

    speaker: Annotated[Line, About("发言人", picks="member")]
    at: Annotated[Clock | None, About("时刻", example="15:02")] = None
    position: Annotated[Position, About("态度")]
    reason: Annotated[Prose | None, About("意见和理由")] = None


class NamedVote(Part):
    """记名表决: one member's vote. Never filled for a secret ballot."""

    member: Annotated[Line, About("成员", picks="member")]
    vote: Annotated[Position, About("表决意见")]


class PreStep(Part):
    """会前程序: one step before the meeting, with its dates."""

    step: Annotated[PreStepKind, About("步骤")]
    began_on: Annotated[Day, About("开始日期")]
    ended_on: Annotated[Day | None, About("结束日期")] = None
    by: Annotated[Line | None, About("承办")] = None
    outcome: Annotated[Prose | None, About("结果")] = None


class Task(Part):
    """决定与落实: who does what by when."""

    task: Annotated[Line, About("落实事项")]
    owner: Annotated[Line, About("负责人", picks="member")]
    due_on: Annotated[Day | None, About("期限")] = None
    done_on: Annotated[Day | None, About("完成日期")] = None
    progress: Annotated[Line | None, About("进展")] = None


class DecisionRecord(Document):
    """集体决策记录 of one agenda item."""

    kind: ClassVar[Kind] = Kind(
        code="decision",
        label="集体决策记录",
        short="集体决策",
        path="decisions",
        purpose="重大事项由班子集体研究：谁到会、按什么顺序发言、怎样表决、由谁落实。",
        order=40,
    )

    title: Annotated[Line, About("议题", aliases=("标题", "名称"), section="议题与会议")]
    decision_no: Annotated[
        Line,
        About(
            "决策编号",
            example="示住建决〔2026〕17号",
            aliases=("决策记录编号", "记录编号"),
            section="议题与会议",
        ),
    ]
    meeting_type: Annotated[MeetingType, About("会议类型")]
    meeting_no: Annotated[Line | None, About("会议届次")] = None
    form: Annotated[Form, About("会议形式")] = Form.MEETING
    category: Annotated[Category, About("决策类别")]
    especially_major: Annotated[bool, About("特别重大事项")] = False
    administrative_major: Annotated[bool, About("重大行政决策")] = False
    domain: Annotated[Line | None, About("分管事项", picks="domain")] = None
    amount: Annotated[Fen | None, About("涉及金额")] = None
    held_on: Annotated[Day, About("会议日期", aliases=("召开日期",))]
    began_at: Annotated[Clock | None, About("开始时刻")] = None
    ended_at: Annotated[Clock | None, About("结束时刻")] = None
    place: Annotated[Line | None, About("地点")] = None
    presider: Annotated[Line, About("主持人", section="主持、提出与方案", picks="member")]
    recorder: Annotated[Line | None, About("记录人", picks="member")] = None
    proposer: Annotated[Line | None, About("议题提出人", picks="member")] = None
    responsible_deputy: Annotated[Line | None, About("分管领导", picks="member")] = None
    improvised: Annotated[bool, About("临时动议")] = False
    superior_instruction: Annotated[Line | None, About("上级指示文号")] = None
    proposal: Annotated[Prose | None, About("方案内容")] = None
    should_attend: Annotated[Count, About("应到人数", section="到会情况")]
    attendees: Annotated[tuple[Attendee, ...], About("到会情况")]
    pre_steps: Annotated[tuple[PreStep, ...], About("会前程序", section="会前程序")] = ()
    shortened_reason: Annotated[Prose | None, About("缩短期限的理由")] = None
    statements: Annotated[tuple[Statement, ...], About("发言顺序", section="发言顺序")] = ()
    vote_method: Annotated[VoteMethod, About("表决方式", section="表决与结果")]
    votes_for: Annotated[Count | None, About("赞成票")] = None
    votes_against: Annotated[Count | None, About("反对票")] = None
    votes_abstain: Annotated[Count | None, About("弃权票")] = None
    void_ballots: Annotated[Count | None, About("废票")] = None
    named_votes: Annotated[tuple[NamedVote, ...], About("记名表决")] = ()
    result: Annotated[Result, About("表决结果")]
    next_meeting_on: Annotated[Day | None, About("缓议后再议日期")] = None
    head_override: Annotated[bool, About("行政首长作出与多数意见不一致的决定")] = False
    head_override_reason: Annotated[
        Prose | None, About("不一致的理由", source="重大行政决策程序暂行条例第三十条")
    ] = None
    decision_text: Annotated[Prose | None, About("决定内容")] = None
    tasks: Annotated[tuple[Task, ...], About("决定与落实", section="决定与落实")] = ()
    emergency_reported_on: Annotated[Day | None, About("紧急处置事后报告日期", section="归档与其他")] = None
    archive_no: Annotated[Line | None, About("归档号")] = None
    discipline_record: Annotated[Line | None, About("纪检独立记录编号")] = None
    distribution: Annotated[Line | None, About("纪要发放范围")] = None
    minutes_recalled_on: Annotated[Day | None, About("人事纪要收回日期")] = None
    correction_of: Annotated[Line | None, About("更正的决策编号", picks="decision")] = None

    def natural_key(self) -> str:
        """A decision is told by its number, in whatever width and case."""
        return fold(self.decision_no)

    def binding_day(self) -> date:
        """The rules of the day of the meeting bind it."""
        return self.held_on

    def year(self) -> int:
        """File under the year of the meeting."""
        return self.held_on.year

    def headline_amount(self) -> int | None:
        """Show the amount that the decision concerns."""
        return self.amount

    def present(self) -> tuple[Attendee, ...]:
        """Return the members who were there (observers are not members)."""
        return tuple(one for one in self.attendees if one.presence == Presence.PRESENT)

    def chief(self) -> Attendee | None:
        """Return the unit's chief as the attendance has it."""
        return next((one for one in self.attendees if one.standing == Standing.CHIEF), None)
