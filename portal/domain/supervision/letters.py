"""文书: their kinds and states."""

from __future__ import annotations

from portal.domain.values import Choice


class Kind(Choice):
    """种类. Which of them the ladder uses, and when, is said by the regime."""

    REMINDER = "reminder", "提醒函"
    SUPERVISE = "supervise", "督办通知书"
    TALK = "talk", "约谈通知书"
    ACCOUNTABILITY = "accountability", "问责建议书"
    INQUIRY = "inquiry", "函询通知书"
    DISCIPLINE_ADVICE = "discipline_advice", "纪律检查建议书"
    SUPERVISION_ADVICE = "supervision_advice", "监察建议书"
    RECTIFY = "rectify", "整改通知书"


class State(Choice):
    """状态."""

    DRAFT = "draft", "拟稿"
    PLANNED = "planned", "定时发出"
    ISSUED = "issued", "已发出"
    ANSWERED = "answered", "已回复"
    CLOSED = "closed", "已办结"
    RECALLED = "recalled", "已撤回"
