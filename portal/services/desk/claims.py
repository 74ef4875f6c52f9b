"""What every step of a draft begins with: that it is still the draft that the person saw, and ready for the step."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from portal.domain.documents.base import Document
from portal.domain.drafting import Event, State
from portal.domain.rules.base import Finding
from portal.domain.rules.check import Report, explains
from portal.services.attachments import obstacle
from portal.services.checking import Book
from portal.services.desk.rooms import Actor, Room
from portal.services.publishing import (
    FIRST,
    Conflict,
    NotPublishable,
    draft_document,
    find_record,
    latest_version,
    same_content,
)
from portal.services.refusing import refuse_unfit, refuse_unseen, refuse_withdrawn
from portal.store.tables import Draft, Record, Version

__all__ = [  # Rows are named here too: pages get them from a room and speak of them, but never ask a table.
    "Draft",
    "Missing",
    "NotReady",
    "Readiness",
    "Record",
    "Refused",
    "Version",
    "approvable",
    "claim",
    "credit",
    "overtaken",
    "readiness",
    "reason_of",
    "reopen",
    "require_state",
    "wrote",
]

_WRITING = frozenset({Event.CREATED, Event.CHANGED, Event.SUBMITTED})


class Refused(ValueError):
    """The step cannot be taken; the message says why and what to do."""


@dataclass(frozen=True)
class Missing:
    """Something that has to be put right first: the name of the field that it concerns (or blank), and what to do."""

    field: str
    message: str


@dataclass(frozen=True)
class Readiness:
    """How a draft stands before it may go out. `document` is None where what was typed makes none yet."""

    document: Document | None
    report: Report | None
    blocking: tuple[Finding, ...]
    missing: tuple[Missing, ...]
    in_force: Version | None  # The newest version of the record that it would change.
    overtaken: bool  # That version came after the draft was begun, and nobody has looked through it since.

    @property
    def ready(self) -> bool:
        """Tell whether it may be submitted, approved, published."""
        return self.document is not None and not self.blocking and not self.missing and not self.overtaken


class NotReady(NotPublishable):
    """The draft is not fit to be submitted or published; `readiness` holds the findings and the fields."""

    def __init__(self, readiness: Readiness) -> None:
        self.readiness = readiness
        told = [one.message for one in readiness.missing]
        told += [f"{one.title}：{one.seen}{one.remedy}" for one in readiness.blocking]
        super().__init__("".join(told) or "这份草稿还不能提交。")


def claim(room: Room, draft: Draft, revision: int) -> None:
    """Take the draft on from the revision that the person saw, or raise `Conflict`; two people never both succeed."""
    session = room.session
    session.flush()
    taken = session.execute(
        update(Draft)
        .where(Draft.id == draft.id, Draft.unit_id == room.unit_id, Draft.revision == revision)
        .values(revision=revision + 1)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]  # An UPDATE's result has it; the general type does not say so.
        raise Conflict(
            "这份草稿在您打开之后又有变化（可能是别人修改、提交、审核或发布了）。您的这一步没有执行，请看清现在的内容再操作。"
        )
    session.refresh(draft)


def require_state(draft: Draft, *wanted: State) -> None:
    """Raise `Refused` unless the draft is in one of the states."""
    state = State(draft.state)
    if state not in wanted:
        names = "或".join(f"“{one.label}”" for one in wanted)
        raise Refused(f"这份草稿现在是“{state.label}”，只有{names}的草稿可以这样操作。")


def readiness(room: Room, draft: Draft, *, book: Book, now: datetime) -> Readiness:
    """Tell how a draft stands: what the rule book and the law on disclosure have against its going out."""
    try:
        document = draft_document(draft)
    except NotPublishable as unfinished:
        return Readiness(None, None, (), (Missing("", str(unfinished)),), None, False)
    record = draft.record or find_record(room.session, room.unit, document)
    previous = latest_version(room.session, record) if record else None
    report = book.test(room.unit, document, now=now)
    blocking = report.blocking(explained=explains(document.public_explanation)) if report else []
    missing = (*_formal(draft, document, record, previous),)
    if wrong := obstacle(room.session, room.unit_id, document):
        missing += (Missing("", wrong),)
    return Readiness(document, report, tuple(blocking), missing, previous, overtaken(draft, previous))


def overtaken(draft: Draft, previous: Version | None) -> bool:
    """Tell whether a version came out after the draft was begun and nobody has held the draft against it since."""
    if previous is None:
        return False
    if draft.based_on is not None:
        return draft.based_on < previous.number
    return draft.created_at < previous.published_at


def _formal(
    draft: Draft, document: Document, record: Record | None, previous: Version | None
) -> list[Missing]:
    found: list[Missing] = []
    try:
        if previous is not None:
            refuse_withdrawn(previous)
        refuse_unseen("更正原因", draft.reason)
        refuse_unfit(document, previous, reason_of(draft, previous) or FIRST)
    except NotPublishable as unfit:
        found.append(Missing(_field(str(unfit)), str(unfit)))
    if previous is not None and not (draft.reason.strip() and draft.reason.strip() != FIRST):
        found.append(
            Missing(
                "reason",
                f"此件已公开到第 {previous.number} 版，再次发布即为更正。请写明更正了什么、为什么；这段话会向社会公示。",
            )
        )
    if previous and record and previous.withdrawal is None and same_content(previous, document, record):
        found.append(
            Missing(
                "", f"内容与已公开的第 {previous.number} 版完全相同，没有需要公开的变化。请修改后再提交。"
            )
        )
    return found


def _field(message: str) -> str:
    """Return the field that a refusal is about, as far as its first words say so."""
    for start, name in (
        ("公开属性", "openness"),
        ("依申请公开", "openness_basis"),
        ("发布原因", "reason"),
        ("更正原因", "reason"),
    ):
        if message.startswith(start):
            return name
    return "audience" if "公开范围" in message else ""


def reason_of(draft: Draft, previous: Version | None) -> str:
    """Return the reason that will stand beside the version: a first one needs none of its own."""
    return draft.reason.strip() or ("" if previous else FIRST)


def approvable(draft: Draft) -> str:
    """Return the digest of everything that an approval approves: content, reason, and what it corrects."""
    said = f"{draft.record_id or ''}\n{draft.based_on or ''}\n{draft.reason}\n".encode()
    return hashlib.sha256(said + (draft.content or b"")).hexdigest()


def wrote(room: Room, draft: Draft, actor: Actor) -> bool:
    """Tell whether somebody made, changed or submitted the draft: such a person does not review it."""
    if actor.id in (draft.author_id, draft.submitted_by_id):
        return True
    return any(Event(one.event) in _WRITING and one.account_id == actor.id for one in room.draft_steps(draft))


def credit(room: Room, draft: Draft, writer: Actor, *, by: Actor, now: datetime, remark: str) -> None:
    """Write down who wrote what somebody else put into the draft: a file, a kept text. Such a person wrote the draft.

    Without it two people could let one of them review what is all his own.
    """
    if writer.id != by.id and not wrote(room, draft, writer):
        room.write_down(
            Event.CHANGED, actor=writer, now=now, draft=draft, remark=f"{remark}，由{by.name}采用"
        )


def reopen(draft: Draft) -> None:
    """Take a draft back to its writing: whoever submitted or approved it did so for another content."""
    draft.state = State.DRAFT.value
    draft.submitted_by_id = draft.approved_by_id = None
    draft.approved_digest = draft.publish_at = None
