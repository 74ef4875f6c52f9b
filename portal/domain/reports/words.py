"""The closed lists of reports: categories, channels, states, reasons, outcomes. Codes are stored, titles are shown."""

from __future__ import annotations

from portal.domain.values import Choice


class Category(Choice):
    """问题类别. The first five are the five domains that a chief may not hold."""

    FINANCE = "finance", "正职直接分管财务"
    PERSONNEL = "personnel", "正职直接分管人事"
    WORKS = "works", "正职直接分管工程建设"
    APPROVALS = "approvals", "正职直接分管行政审批"
    PROCUREMENT = "procurement", "正职直接分管物资采购"
    SPEAK_LAST = "speak_last", "主要负责人没有末位表态，先定调"
    DECIDED_ALONE = "decided_alone", "该集体决定的个人决定，没有上会"
    LATE = "late", "没有按期公开"
    FALSE = "false", "公开的内容不实、不全"
    TENDER = "tender", "招标、采购、工程中的问题"
    CONDUCT = "conduct", "其他违纪违法（贪污贿赂、滥用职权、作风等）"
    RETALIATION = "retaliation", "打击报复举报人"
    OTHER = "other", "其他"


class Channel(Choice):
    """来件渠道."""

    FORM = "form", "本站表单"
    LETTER = "letter", "来信"
    PHONE = "phone", "来电"
    VISIT = "visit", "来访"
    HOTLINE = "12388", "12388 转来"


class KnownFrom(Choice):
    """怎样知道的."""

    SEEN = "seen", "亲眼所见、亲身经历"
    PAPERS = "papers", "从材料、账目、公开内容看出"
    TOLD = "told", "听别人说"
    GUESSED = "guessed", "根据情况推断"


class SealedBy(Choice):
    """在哪里加密."""

    BROWSER = "browser", "举报人的浏览器"
    SERVER = "server", "服务器内存（没有启用脚本）"
    OFFICER = "officer", "承办人的浏览器"


class Track(Choice):
    """按哪种程序办理."""

    ACCUSATION = "accusation", "检举控告"
    PETITION = "petition", "其他信访事项"


class State(Choice):
    """办理状态, as the reporter sees it."""

    RECEIVED = "received", "已收到"
    ACCEPTED = "accepted", "已受理"
    NOT_ACCEPTED = "not_accepted", "不予受理"
    TRANSFERRED = "transferred", "已转有权处理的机关"
    ROUTED_UP = "routed_up", "已报上一级机关"
    MERGED = "merged", "与同一问题的举报合并办理"
    CLOSED = "closed", "已办结"
    REOPENED = "reopened", "重新办理"


class Reason(Choice):
    """不予受理的原因 (检举控告工作规则: 三类), and what the office may set aside besides."""

    LITIGATION = "litigation", "应当通过诉讼、仲裁、行政复议等途径解决"
    OTHER_BODY = "other_body", "属于其他机关的职责"
    NO_SUBSTANCE = "no_substance", "没有具体的事实，只有笼统的说法"
    REPEATED = "repeated", "同一问题已经办理，没有新的内容"
    NOT_A_REPORT = "not_a_report", "不是举报（广告、乱码、误投）"


class Outcome(Choice):
    """办理结果."""

    TRUE = "true", "反映属实，已处理"
    PARTLY = "partly", "部分属实，已处理"
    UNTRUE = "untrue", "没有发现所反映的问题"
    MISTAKEN = "mistaken", "反映失实（错告），不追究举报人"
    FALSE_ACCUSATION = "false_accusation", "经批准认定为诬告陷害"
    CANNOT_CHECK = "cannot_check", "现有线索无法核查，暂存"


class Recusal(Choice):
    """回避的理由 (监察法: 回避)."""

    NAMED = "named", "本人被反映"
    RELATIVE = "relative", "是被反映人或举报人的近亲属"
    INTEREST = "interest", "与事项有利害关系"
    WITNESS = "witness", "担任过本事项的证人"
    OTHER = "other", "有其他可能影响公正的情形"


class Clarification(Choice):
    """澄清正名的方式."""

    LETTER = "letter", "发函或当面告知本人"
    PARTY_GROUP = "party_group", "向所在党组织通报"
    NOTICE = "notice", "在一定范围内通报"


class Protection(Choice):
    """对举报人的保护."""

    WARNED = "warned", "告诫被反映的单位或人员"
    STOPPED = "stopped", "制止打击报复，纠正已作的处理"
    PROTECTED = "protected", "会同有关机关保护人身、财产安全"
    ADVISED = "advised", "告知举报人自我保护的办法"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset(
        {State.ACCEPTED, State.NOT_ACCEPTED, State.TRANSFERRED, State.ROUTED_UP, State.MERGED}
    ),
    State.ACCEPTED: frozenset({State.CLOSED, State.TRANSFERRED, State.ROUTED_UP, State.MERGED}),
    State.CLOSED: frozenset({State.REOPENED}),
    State.REOPENED: frozenset({State.CLOSED, State.TRANSFERRED, State.ROUTED_UP}),
    State.NOT_ACCEPTED: frozenset({State.ACCEPTED, State.REOPENED}),
    State.TRANSFERRED: frozenset(),
    State.ROUTED_UP: frozenset(),
    State.MERGED: frozenset({State.RECEIVED}),  # Taken apart again.
}
"""From each state to which an officer may bring it."""

OPEN_STATES = frozenset({State.RECEIVED, State.ACCEPTED, State.REOPENED})
