"""What every act on a report starts from: who acts, what he sees, the day, the clocks; and the record of steps."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer
from sqlalchemy.orm.attributes import flag_modified

from portal.domain.regimes import Regime
from portal.domain.reports.acts import Act
from portal.domain.reports.clocks import Clocks
from portal.domain.reports.words import Track
from portal.services.checking import SHANGHAI
from portal.services.reports.eyes import Eyes, Sight, Viewer
from portal.store.reports.tables import ReportHandler, ReportPart, ReportStep, SealedReport

PLATFORM = "平台"
MOST_PARTS = 500  # Of one report, all sides together: a technical limit.
_AGE = b"age-encryption.org/v1\n"
_NOTE_LIMIT = 1_200_000  # Bytes: the longest bucket of a text with what sealing adds.
_BLOBS = (
    SealedReport.grants, SealedReport.body, SealedReport.routing, SealedReport.binding, SealedReport.receipt,
)  # fmt: skip


class NotDone(ValueError):
    """It cannot be done; the message says why and what to do. `status` is that of HTTP."""

    def __init__(self, message: str, *, status: int = 422) -> None:
        """Keep the status."""
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Desk:
    """One person at one moment; what he sees was looked up in the transaction that `session` is in."""

    session: Session
    eyes: Eyes
    sight: Sight
    now: datetime
    regime_of: Callable[[str], Regime | None]
    handlers_of: Callable[[list[int]], frozenset[int]]  # Which of the accounts are active and may handle.

    @property
    def viewer(self) -> Viewer:
        """Who acts."""
        return self.sight.viewer

    @property
    def today(self) -> date:
        """The day in China."""
        return self.now.astimezone(SHANGHAI).date()

    def report(self, report_id: str) -> SealedReport:
        """Return a report that the person sees, without its sealed columns; raise `eyes.Unseen`."""
        number = self.sight.need(report_id)
        wanted = (
            select(SealedReport).where(SealedReport.id == number).options(*(defer(one) for one in _BLOBS))
        )
        return self.session.scalars(wanted).one()

    def clocks(self, report: SealedReport, *, start: date | None = None) -> Clocks:
        """Return the report's clocks, from the day of receipt or from `start`; raise `NotDone` without terms."""
        regime = self.regime_of(report.jurisdiction)
        if regime is None:
            raise NotDone("没有这个县区的制度文件，不能计算期限。请联系平台管理员。")
        return Clocks(regime, start or report.received_on)

    def handlers(self, report_id: str) -> list[ReportHandler]:
        """Return those to whom a report is assigned and those who withdrew."""
        query = select(ReportHandler).where(ReportHandler.report_id == report_id).order_by(ReportHandler.id)
        return list(self.session.scalars(query))

    def may_handle(self, report_id: str) -> bool:
        """Tell whether the person works on it: assigned, or nobody is assigned yet, or leads."""
        assigned = [one.account_id for one in self.handlers(report_id) if one.recused is None]
        return self.viewer.leads or not assigned or self.viewer.account_id in assigned

    def write(self, report_id: str, act: Act, **detail: object) -> None:
        """Append a step of the person's."""
        write_step(self.session, report_id, act, at=self.now, viewer=self.viewer, **detail)


def write_step(
    session: Session,
    report_id: str,
    act: Act,
    *,
    at: datetime,
    viewer: Viewer | None = None,
    **detail: object,
) -> None:
    """Append a step: of a person, or (without one) of the platform. `detail` holds codes and days, never words."""
    name = viewer.name if viewer else PLATFORM
    session.add(
        ReportStep(
            report_id=report_id,
            at=at,
            account_id=viewer.account_id if viewer else None,
            name=name,
            action=act.value,
            detail={key: value for key, value in detail.items() if value is not None},
        )
    )
    session.flush()


def touch(session: Session, report: SealedReport) -> None:
    """Count the report's version up, even where nothing of its own row changed."""
    flag_modified(report, "state")
    session.flush()


def add_part(
    desk: Desk,
    report_id: str,
    *,
    kind: str,
    sealed: bytes,
    token: str | None = None,
    for_reporter: bytes | None = None,
) -> ReportPart | None:
    """Add a reply or a note of the commission; None where that token was stored before. Raise `NotDone`."""
    token = token or secrets.token_hex(16)
    mine = ReportPart.report_id == report_id
    if desk.session.scalar(select(ReportPart.id).where(mine, ReportPart.token == token)) is not None:
        return None
    number = desk.session.scalar(select(func.max(ReportPart.n)).where(mine)) or 0
    if number >= MOST_PARTS:
        raise NotDone(f"这件举报的材料已有 {MOST_PARTS} 份，不能再增加。请另行建档。")
    made = ReportPart(
        report_id=report_id,
        n=number + 1,
        token=token,
        side="commission",
        kind=kind,
        day=desk.today,
        size=len(sealed),
        sealed=sealed,
        for_reporter=for_reporter,
        account_id=desk.viewer.account_id,
    )
    desk.session.add(made)
    desk.session.flush()
    return made


def sealed_of(asked: Mapping[str, Any], name: str, *, limit: int = _NOTE_LIMIT, needed: bool = True) -> bytes:
    """Return sealed bytes that stand in base64 under a name; raise `NotDone` for what is missing or not sealed.

    Empty bytes where it need not be there and is not. Plain text that a script sent by mistake is never stored.
    """
    data = bytes_of(asked, name, limit=limit, needed=needed)
    if data and not data.startswith(_AGE):
        raise NotDone("提交的内容没有加密，没有保存。请刷新页面后再试。")
    return data


def bytes_of(asked: Mapping[str, Any], name: str, *, limit: int, needed: bool = True) -> bytes:
    """Return bytes that stand in base64 under a name; raise `NotDone`."""
    text = asked.get(name)
    if text in (None, "") and not needed:
        return b""
    if not isinstance(text, str) or len(text) > limit * 4 // 3 + 8:
        raise NotDone("提交的内容不完整，或超过了允许的长度。请刷新页面后再试。")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NotDone("提交的内容格式不对。请刷新页面后再试。") from None
    if not data and needed:
        raise NotDone("提交的内容是空的。请刷新页面后再试。")
    return data


def track_of(report: SealedReport) -> Track:
    """Return by which procedure a report is dealt with."""
    return Track(report.track)
