"""What is done with a report, and where it is sent: the closed lists of the office. Codes are stored, titles are shown."""

from __future__ import annotations

from portal.domain.values import Choice


class Act(Choice):
    """One step of a report's record (办理记录)."""

    RECEIVED = "received", "收到"
    MESSAGE = "message", "举报人补充说明"
    ATTACHMENT = "attachment", "举报人补充附件"
    REGISTERED = "registered", "登记其他渠道来件"
    TAKEN_OVER = "taken_over", "由下级机关报来"
    OPENED = "opened", "查看"
    DOWNLOADED = "downloaded", "下载附件"
    PRINTED = "printed", "打印"
    TURNED = "turned", "第一把钥匙已转动"
    ACCEPTED = "accepted", "受理"
    REFUSED = "refused", "不予受理"
    TRANSFERRED = "transferred", "转送有权处理的机关"
    ROUTED_UP = "routed_up", "报上一级机关"
    CLOSED = "closed", "办结"
    REOPENED = "reopened", "重新办理"
    OBJECTED = "objected", "举报人对结果有异议"
    TOLD = "told", "已告知是否受理"
    ANSWERED = "answered", "已反馈结果"
    ASSIGNED = "assigned", "分派承办人"
    RECUSED = "recused", "回避"
    GRANTED = "granted", "增加可以打开的人员"
    MERGED = "merged", "并案"
    TAKEN_IN = "taken_in", "并入一件举报"
    UNMERGED = "unmerged", "取消并案"
    SET = "set", "登记实名、办理程序或优先"
    PROTECTED = "protected", "保护举报人"
    CLARIFY_ASKED = "clarify_asked", "提请澄清正名"
    CLARIFIED = "clarified", "澄清正名（负责人已批准）"
    EXTENDED = "extended", "延长办理期限"
    REPLIED = "replied", "答复举报人"
    NOTED = "noted", "写办理记要"
    ERASED = "erased", "保存期满，内容已销毁"


class Destination(Choice):
    """转送到哪一类机关. Never the reported unit (RPT-09)."""

    OTHER_COMMISSION = "other_commission", "其他纪检监察机关"
    LOWER = "lower", "下级纪检监察机关"
    POLICE = "police", "公安机关"
    PROCURATORATE = "procuratorate", "检察机关"
    COURT = "court", "人民法院"
    ARBITRATION = "arbitration", "仲裁机构"
    REVIEW = "review", "行政复议机关"
    PETITIONS = "petitions", "信访部门"
    DEPARTMENT = "department", "行业主管部门"
    HOTLINE = "hotline", "12345 政务服务热线"
    OTHER = "other", "其他机关"
