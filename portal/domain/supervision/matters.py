"""监督事项: where a matter comes from, its states, and which step leads from one to another."""

from __future__ import annotations

from portal.domain.values import Choice


class Source(Choice):
    """来源."""

    RULE = "rule", "规则核对"
    DUTY = "duty", "逾期公开"
    MINUTES = "minutes", "双记比对"
    RELATION = "relation", "特定关系人比对"
    FLAG = "flag", "采购异常信号"
    NEGLECT = "neglect", "不管不问"
    INSPECTION = "inspection", "巡查检查"
    MANUAL = "manual", "人工登记"


class State(Choice):
    """状态."""

    NEW = "new", "待处理"
    ASKED = "asked", "已问询"
    EXPLAINED = "explained", "已说明"
    ACCEPTED = "accepted", "说明成立"
    RECTIFYING = "rectifying", "整改中"
    CLOSED = "closed", "已办结"

    @property
    def open(self) -> bool:
        """Tell whether something is still to be done."""
        return self is not State.CLOSED


class ClosedAs(Choice):
    """办结方式."""

    EXPLAINED = "explained", "说明成立"
    CORRECTED = "corrected", "已自行改正"
    RECTIFIED = "rectified", "整改销号"
    DISMISSED = "dismissed", "不属问题"
    HANDLED = "handled", "另行处理"


class Event(Choice):
    """步骤: what was done with a matter, a letter or a rectification."""

    OPENED = "opened", "发现"
    ADDED = "added", "又有新发现"
    GONE = "gone", "已改正"
    ASSIGNED = "assigned", "指定承办人"
    DUE_SET = "due_set", "定期限"
    ASKED = "asked", "问询"
    ANSWERED = "answered", "单位说明"
    RETURNED = "returned", "退回补充说明"
    ACCEPTED = "accepted", "采纳说明"
    RECTIFY = "rectify", "要求整改"
    CLOSED = "closed", "办结"
    REOPENED = "reopened", "重新办理"
    NOTED = "noted", "记录"
    LETTER = "letter", "文书"
    REPLIED = "replied", "回复文书"
    STAGE = "stage", "升级"
    PLANNED = "planned", "订立整改措施"
    WORKED = "worked", "整改进展"
    HANDED_IN = "handed_in", "报请验收"
    NOT_ACCEPTED = "not_accepted", "验收未通过"
    SIGNED_OFF = "signed_off", "验收销号"
    OUTCOME = "outcome", "处理结果"


# Which states a step may lead to. A unit's answer leads from ASKED to EXPLAINED; the rest is the commission's.
NEXT: dict[State, frozenset[State]] = {
    State.NEW: frozenset({State.ASKED, State.RECTIFYING, State.CLOSED}),
    State.ASKED: frozenset({State.EXPLAINED, State.RECTIFYING, State.CLOSED}),
    State.EXPLAINED: frozenset({State.ASKED, State.ACCEPTED, State.RECTIFYING, State.CLOSED}),
    State.ACCEPTED: frozenset({State.CLOSED, State.RECTIFYING, State.ASKED}),
    State.RECTIFYING: frozenset({State.CLOSED, State.ASKED}),
    State.CLOSED: frozenset({State.NEW}),  # Reopened.
}
