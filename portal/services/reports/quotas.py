"""How much room reports may take: attachments are refused first, long texts next, messages, and new reports last of all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal.store.reports.tables import ReportPart

MOST_PARTS = 40  # Of one reporter to one report.
MOST_ATTACHED = 60 * 1024 * 1024  # Bytes of one report's attachments together, sealed.
LONG = (
    80 * 1024
)  # Bytes of sealed text above which it counts as long: the second bucket, with what goes round it.


class Want(IntEnum):
    """What somebody wants to store, by the share of the quota (in percent) up to which it is taken."""

    ATTACHMENT = 90
    LONG_TEXT = 96
    MESSAGE = 98  # What comes after a report costs no work: it must not take the last room of new ones.
    TEXT = 100


class NoRoom(RuntimeError):
    """There is no room; the message is a Chinese sentence for the reporter. `code` is for programs."""

    def __init__(self, code: str, words: str) -> None:
        """Say so."""
        super().__init__(words)
        self.code = code


@dataclass(frozen=True)
class Quota:
    """The bytes that all reports together may take."""

    total: int

    def check(self, session: Session, want: Want) -> None:
        """Raise `NoRoom` where what is stored already leaves no room for this kind."""
        if used_bytes(session) * 100 < self.total * want:
            return
        if want is Want.ATTACHMENT:
            raise NoRoom(
                "no_room_files",
                "接收附件的空间快用完了，暂时只接收文字。请先提交文字，附件过几天再补交，或当面、邮寄提交。",
            )
        raise NoRoom(
            "no_room",
            "接收举报的空间已满，暂时不能提交。请用页面上的其他渠道（12388、来信、来访），或过几天再试。",
        )


def text_or_long(size: int) -> Want:
    """Return what a sealed text of so many bytes counts as."""
    return Want.LONG_TEXT if size > LONG else Want.TEXT


def check_parts(session: Session, report_id: str, *, size: int, attachment: bool) -> None:
    """Raise `NoRoom` where the report has as many parts, or as much in attachments, as it may."""
    mine = (ReportPart.report_id == report_id, ReportPart.side == "reporter")
    count = session.scalar(select(func.count()).select_from(ReportPart).where(*mine)) or 0
    if count >= MOST_PARTS:
        raise NoRoom(
            "too_many_parts",
            f"这件举报已补充 {MOST_PARTS} 次，达到上限。请把其余材料当面或邮寄提交，并说明查询到的受理日期。",
        )
    if not attachment:
        return
    attached = session.scalar(select(func.sum(ReportPart.size)).where(*mine, ReportPart.kind == "attachment"))
    if (attached or 0) + size > MOST_ATTACHED:
        raise NoRoom(
            "too_much_attached",
            f"这件举报的附件合计已接近 {MOST_ATTACHED // 1024 // 1024} MB 的上限，放不下这一个。"
            "请压缩后再试，或当面、邮寄提交。",
        )


def used_bytes(session: Session) -> int:
    """Return how many bytes the reports' database takes; what was erased there and waits to be used again does not count."""
    if session.get_bind().dialect.name == "postgresql":
        return int(session.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    pages, free, size = (
        int(session.execute(text(f"PRAGMA {one}")).scalar_one())
        for one in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size
