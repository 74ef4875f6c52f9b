"""What officers write on a report: replies to the reporter and notes for one another. Sent twice, stored once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from portal.domain.reports.acts import Act
from portal.domain.reports.words import State
from portal.services.reports.desk import Desk, NotDone, add_part, sealed_of
from portal.store.reports.tables import SealedReport

_TOKEN = re.compile(r"[0-9a-f]{32}")
_REPLY = 12_000  # Bytes: the longer bucket of a reply is 8 KiB.


def reply(desk: Desk, report_id: str, asked: Mapping[str, Any]) -> bool:
    """Store a reply in both its copies; False where it was stored before. Raise `Unseen` or `NotDone`."""
    report = _open(desk, report_id)
    sealed, copy = sealed_of(asked, "sealed", limit=_REPLY), sealed_of(asked, "for_reporter", limit=_REPLY)
    made = add_part(desk, report.id, kind="reply", sealed=sealed, token=_token(asked), for_reporter=copy)
    if made is not None:
        desk.write(report.id, Act.REPLIED, n=made.n)
    return made is not None


def note(desk: Desk, report_id: str, asked: Mapping[str, Any]) -> bool:
    """Store a note; False where it was stored before. Raise `Unseen` or `NotDone`."""
    report = _open(desk, report_id)
    made = add_part(desk, report.id, kind="note", sealed=sealed_of(asked, "sealed"), token=_token(asked))
    if made is not None:
        desk.write(report.id, Act.NOTED, n=made.n)
    return made is not None


def _open(desk: Desk, report_id: str) -> SealedReport:
    report = desk.report(report_id)
    if report.erased_on is not None or State(report.state) is State.ROUTED_UP:
        raise NotDone("这件举报的内容已不在本机关，不能再写答复和记要。")
    if not desk.may_handle(report_id):
        raise NotDone("这件举报已分派给其他承办人。需要办理的，请负责人改派。", status=403)
    return report


def _token(asked: Mapping[str, Any]) -> str:
    token = asked.get("token")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise NotDone("提交的内容不完整。请刷新页面后再试。")
    return token
