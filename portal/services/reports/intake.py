"""Takes a sealed report in, and what the reporter sends after it. Nothing here can read what it stores.

Whoever calls commits; only after that may the reporter be told that the report is filed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.domain.reports import envelopes
from portal.domain.reports.bech32 import is_recipient
from portal.domain.reports.clocks import Clocks
from portal.domain.reports.ids import new_report_id
from portal.domain.reports.keylist import KeyList
from portal.domain.reports.padding import Purpose
from portal.domain.reports.words import Channel, SealedBy, State
from portal.services.reports.quotas import Quota, Want, check_parts, text_or_long
from portal.store.reports.tables import ReportPart, ReportStep, SealedReport

SHANGHAI = ZoneInfo("Asia/Shanghai")
REPORTER = "举报人"
Sign = Callable[[date, bytes], str]
"""Makes the filing receipt over a day and a commitment."""


class Refused(ValueError):
    """What was sent is not taken; the message is a Chinese sentence. `code` is for programs, `status` that of HTTP."""

    def __init__(self, code: str, words: str, *, status: int = 400) -> None:
        """Say so."""
        super().__init__(words)
        self.code, self.status = code, status


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """A sealed report as it came in."""

    jurisdiction: str
    serial: int
    lookup: str
    case_key: str
    reporter_key: str
    binding: bytes
    commitment: bytes
    grants: bytes
    body: bytes
    routing: bytes
    channel: Channel = Channel.FORM
    sealed_by: SealedBy = SealedBy.BROWSER


@dataclass(frozen=True)
class Filed:
    """What the reporter is told. `new` is false where the same report had been filed already."""

    id: str
    day: date
    receipt: str
    accept_by: date | None
    new: bool


def check(sealed: Sealed, key_list: KeyList) -> None:
    """Raise `Refused` unless every part is sealed as docs/sealing.md says, under this key list."""
    if not re.fullmatch(r"[0-9a-f]{64}", sealed.lookup):
        raise Refused("bad_lookup", "查询标识的格式不对。请重新打开举报页面再提交。")
    if not (is_recipient(sealed.case_key) and is_recipient(sealed.reporter_key)):
        raise Refused("bad_recipient", "加密用的公钥格式不对。请重新打开举报页面再提交。")
    if sealed.case_key == sealed.reporter_key:
        raise Refused("bad_recipient", "案件公钥与举报人公钥相同。请重新打开举报页面再提交。")
    if len(sealed.binding) != 32 or len(sealed.commitment) != 32:
        raise Refused("bad_commitment", "核对值的长度不对。请重新打开举报页面再提交。")
    try:
        envelopes.check_sealed(sealed.body, Purpose.REPORT)
        envelopes.check_sealed(sealed.routing, Purpose.ROUTING)
        envelopes.check_grants(sealed.grants, slots=key_list.slots, opening=key_list.opening)
    except envelopes.BadEnvelope as bad:
        raise Refused("not_sealed", f"{bad}，没有接收。请重新打开举报页面再提交。") from None


def already_filed(session: Session, sealed: Sealed) -> Filed | None:
    """Return what was told when this very report was filed before; raise `Refused` (409) for another under its lookup."""
    known = session.execute(
        select(
            SealedReport.id,
            SealedReport.jurisdiction,
            SealedReport.commitment,
            SealedReport.received_on,
            SealedReport.receipt,
            SealedReport.accept_by,
        ).where(SealedReport.lookup == sealed.lookup)
    ).one_or_none()
    if known is None:
        return None
    if known.commitment != sealed.commitment or known.jurisdiction != sealed.jurisdiction:
        raise Refused(
            "lookup_taken",
            "这个查询码已用于另一件举报。请重新打开举报页面，换一个查询码再提交。",
            status=409,
        )
    return Filed(known.id, known.received_on, known.receipt, known.accept_by, new=False)


def file_report(
    session: Session, sealed: Sealed, *, regime: Regime, sign: Sign, quota: Quota, now: datetime
) -> Filed:
    """Store a report that `check` let pass; the caller has begun to write, and commits.

    The same lookup and commitment again changes nothing and gives the same answer. Raise `Refused` (409) for another
    commitment, `quotas.NoRoom` where there is no room.
    """
    if known := already_filed(session, sealed):
        return known
    quota.check(session, text_or_long(len(sealed.body)))
    day = now.astimezone(SHANGHAI).date()
    accept_by, route_by = _due(regime, day)
    report = SealedReport(
        id=new_report_id(),
        jurisdiction=sealed.jurisdiction,
        received_on=day,
        channel=sealed.channel.value,
        sealed_by=sealed.sealed_by.value,
        serial=sealed.serial,
        lookup=sealed.lookup,
        case_key=sealed.case_key,
        reporter_key=sealed.reporter_key,
        binding=sealed.binding,
        commitment=sealed.commitment,
        receipt=sign(day, sealed.commitment),
        grants=sealed.grants,
        body=sealed.body,
        routing=sealed.routing,
        state=State.RECEIVED.value,
        state_on=day,
        track="accusation",
        priority=False,
        accept_by=accept_by,
        route_by=route_by,
    )
    session.add(report)
    session.flush()
    _step(session, report.id, "received", day, {"channel": report.channel, "sealed_by": report.sealed_by})
    return Filed(report.id, day, report.receipt, accept_by, new=True)


def add_part(
    session: Session,
    *,
    jurisdiction: str,
    lookup: str,
    kind: str,
    token: str,
    sealed: bytes,
    quota: Quota,
    now: datetime,
) -> date:
    """Store a message or an attachment of the reporter and return its day; the same token again changes nothing.

    Raise `Refused` for what is not sealed as it must be (400), an unknown lookup (404) or a report whose content is
    erased (410), `quotas.NoRoom` where there is no room. The caller has begun to write, and commits.
    """
    attachment = kind == "attachment"
    check_part(kind, token, sealed)
    report = session.execute(
        select(SealedReport.id, SealedReport.erased_on).where(
            SealedReport.lookup == lookup, SealedReport.jurisdiction == jurisdiction
        )
    ).one_or_none()
    if report is None:
        raise Refused("unknown", "没有找到这件举报。请核对查询码。", status=404)
    there = session.scalar(
        select(ReportPart.day).where(ReportPart.report_id == report.id, ReportPart.token == token)
    )
    if there is not None:
        return there
    if report.erased_on is not None:
        raise Refused(
            "erased", "这件举报已办结并过了保存期，不能再补充。如有新的情况，请另行举报。", status=410
        )
    check_parts(session, report.id, size=len(sealed), attachment=attachment)
    quota.check(session, Want.ATTACHMENT if attachment else min(Want.MESSAGE, text_or_long(len(sealed))))
    day = now.astimezone(SHANGHAI).date()
    number = (
        session.scalar(select(func.max(ReportPart.n)).where(ReportPart.report_id == report.id)) or 0
    ) + 1
    session.add(
        ReportPart(
            report_id=report.id,
            n=number,
            token=token,
            side="reporter",
            kind=kind,
            day=day,
            size=len(sealed),
            sealed=sealed,
        )
    )
    session.flush()
    _step(session, report.id, kind, day, {"n": number})
    return day


def check_part(kind: str, token: str, sealed: bytes) -> None:
    """Raise `Refused` unless it is a sealed message or attachment under a token of 32 hex characters."""
    purpose = {"attachment": Purpose.ATTACHMENT, "message": Purpose.MESSAGE}.get(kind)
    if purpose is None:
        raise Refused("bad_kind", "补充的内容只能是留言或附件。请重新打开查询页面再提交。")
    if not re.fullmatch(r"[0-9a-f]{32}", token):
        raise Refused("bad_id", "补充内容的编号格式不对。请重新打开查询页面再提交。")
    try:
        envelopes.check_sealed(sealed, purpose)
    except envelopes.BadEnvelope as bad:
        raise Refused("not_sealed", f"{bad}，没有接收。请重新打开页面再提交。") from None


def _due(regime: Regime, day: date) -> tuple[date | None, date | None]:
    try:
        clocks = Clocks(regime, day)
        return clocks.accept_by().day, clocks.route_by().day
    except ValueError:  # A regime without such terms: the report is taken all the same.
        return None, None


def _step(session: Session, report_id: str, action: str, day: date, detail: dict[str, object]) -> None:
    # The instant of a reporter's step is the beginning of the day: nothing tells when somebody sat where.
    at = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    session.add(
        ReportStep(report_id=report_id, at=at, account_id=None, name=REPORTER, action=action, detail=detail)
    )
    session.flush()
