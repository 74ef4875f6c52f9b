"""How a disclosure comes about at the desk: its states, the steps that people take, the posts in a leadership group."""

from __future__ import annotations

from portal.domain.values import Choice


class State(Choice):
    """状态 of a draft."""

    DRAFT = "draft", "填写中"
    SUBMITTED = "submitted", "待审核"
    RETURNED = "returned", "已退回"
    APPROVED = "approved", "已通过"


class Event(Choice):
    """操作: what somebody did, as the record of steps has it."""

    CREATED = "created", "新建"
    CHANGED = "changed", "修改"
    SUBMITTED = "submitted", "提交审核"
    RECALLED = "recalled", "撤回提交"
    RETURNED = "returned", "退回"
    APPROVED = "approved", "审核通过"
    SCHEDULED = "scheduled", "定时发布"
    UNSCHEDULED = "unscheduled", "取消定时"
    PUBLISHED = "published", "发布"
    NOT_PUBLISHED = "not_published", "未能按时发布"
    WITHDRAWN = "withdrawn", "撤回公开"
    DISCARDED = "discarded", "删除草稿"
    MEMBER = "member", "班子名单变动"
    IMPORTED = "imported", "纪委监委导入班子名单"
    ACCOUNT = "account", "账号变动"
    POSTER = "poster", "打印公示"


class MemberRole(Choice):
    """身份 in the leadership group."""

    PARTY_CHIEF = "party_chief", "党委（党组）书记"
    CHIEF = "chief", "行政正职"
    ACTING_CHIEF = "acting_chief", "主持工作的副职"
    DEPUTY = "deputy", "副职"
    DISCIPLINE = "discipline", "纪委书记（纪检组长）"
    MEMBER = "member", "其他班子成员"
