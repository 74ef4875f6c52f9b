"""What is not published, and why: the errors of publishing, and the tests that come before the rule book."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from portal.domain.documents.base import Audience, Document, Openness
from portal.domain.rules.base import Finding
from portal.domain.rules.check import EXPLANATION, explains
from portal.domain.rules.personal_numbers import first_seen
from portal.domain.values import clean_text
from portal.services.checking import Book
from portal.store.tables import Draft, Unit, Version

FIRST = "首次公开"  # The reason of a record's first version; never one for a correction.

_WIDTH = {Audience.COMMISSION: 0, Audience.LEADERSHIP_GROUP: 1, Audience.STAFF: 2, Audience.PUBLIC: 3}


class NotPublishable(ValueError):
    """The document cannot be published as it is; the message says why and what to do."""


class Unchanged(NotPublishable):
    """The document says exactly what the version in force already says."""


class Blocked(NotPublishable):
    """The rule book forbids publishing the document as it is; `findings` says what it saw."""

    def __init__(self, findings: Sequence[Finding], document: Document) -> None:
        self.findings = tuple(findings)
        told = "；".join(
            f"{one.rule} {one.title}：{one.seen}{one.remedy}（{one.source}）" for one in findings
        )
        way = (
            f"请改正，或填写“公开说明”如实说明后再发布：{EXPLANATION}。"
            if all(one.with_explanation for one in findings)
            else "请改正后再发布。"
        )
        super().__init__(f"《{document.title}》有 {len(findings)} 处不得发布：{told}{way}")


class Conflict(ValueError):
    """Somebody else changed the draft in between."""


def refuse_unseen(what: str, text: str) -> None:
    """Refuse characters that a reader cannot see: what is shown must be what is written."""
    try:
        clean_text(text)
    except ValueError as unseen:
        raise NotPublishable(f"{what}的{unseen}") from unseen


def refuse_unfit(document: Document, previous: Version | None, reason: str) -> None:
    """Refuse what needs no rule book: no reason, an openness against the audience, a narrower audience than before."""
    if not reason.strip():
        raise NotPublishable("发布原因不能为空。首次公开可写“首次公开”，更正须写明更正了什么、为什么。")
    refuse_personal("发布原因", reason)
    if document.audience == Audience.PUBLIC and document.openness != Openness.PROACTIVE:
        raise NotPublishable(
            f"公开属性是“{document.openness.label}”，不能面向社会公开。请把公开属性改为“主动公开”，或缩小公开范围。"
        )
    if document.openness != Openness.PROACTIVE and not document.openness_basis:
        raise NotPublishable("依申请公开或不予公开的内容须填写依据（政府信息公开条例第十四条至第十六条）。")
    if (
        previous
        and previous.withdrawal is None
        and _WIDTH[document.audience] < _WIDTH[Audience(previous.audience)]
    ):
        raise NotPublishable(
            f"第 {previous.number} 版已向“{Audience(previous.audience).label}”公开，不能直接缩小公开范围。"
            "确需停止公开的，请先依法撤回并写明依据。"
        )


def refuse_personal(what: str, text: str) -> None:
    """What is said beside a version is public, too: no numbers or addresses of people in it."""
    if seen := first_seen(text):
        raise NotPublishable(f"{what}里有{seen}。{what}会向社会公示，请删去或遮盖后重新填写。")


def refuse_forbidden(book: Book, unit: Unit, document: Document, now: datetime) -> None:
    """What the rule book forbids is not published, unless a public explanation may stand beside it."""
    report = book.test(unit, document, now=now)
    if report and (blocking := report.blocking(explained=explains(document.public_explanation))):
        raise Blocked(blocking, document)


def refuse_withdrawn(previous: Version) -> None:
    """What was withdrawn by law does not come back as its own next version."""
    if previous.withdrawal is not None:
        raise NotPublishable(
            f"此件第 {previous.number} 版已依法撤回，不能再次公开。如撤回原因已消除，请以新的文号或期间重新公开。"
        )


def refuse_silent_change(draft: Draft, previous: Version, reason: str) -> None:
    """A record that has versions changes only knowingly: not by an old draft, not without saying why."""
    refuse_withdrawn(previous)
    if draft.updated_at < previous.published_at:
        raise NotPublishable(
            f"这份草稿早于已公开的第 {previous.number} 版，发布它会把更正改回去。请在最新版本的基础上重新填写草稿。"
        )
    if reason.strip() == FIRST:
        raise NotPublishable(
            f"此件已公开到第 {previous.number} 版，再次发布即为更正。请写明更正了什么、为什么。"
        )
