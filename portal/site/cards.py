"""What lists show of a record: light, and all that pages of other units ever see of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from portal.domain.documents.base import Kind, kinds
from portal.domain.documents.tender import Tender
from portal.site.views import SHANGHAI, RecordView

BUDGET, CEILING = "预算", "最高限价"
CHANGES = 100  # The longest list of changes.


class Step(NamedTuple):
    """One public version in a record's history: when it was published, and when withdrawn if it was."""

    number: int
    at: datetime
    withdrawn_at: datetime | None


class Withdrawal(NamedTuple):
    """One withdrawn version, as the list of withdrawals shows it; `path` is the lasting address of its tombstone."""

    record: int
    code: str  # Of the kind.
    path: str
    index_no: str
    number: int
    published_at: datetime
    withdrawn_at: datetime
    ground: str
    reason: str
    approver: str
    destroyed: bool
    review_on: date | None


class Card(NamedTuple):
    """One record in a list. `amount` is in fen; `title` is what a withdrawn record may still be called."""

    id: int
    jurisdiction: str
    unit: str  # The unit's address.
    unit_name: str
    code: str  # Of the kind.
    slug: str
    index_no: str
    title: str
    year: int
    first_at: datetime
    latest_at: datetime
    number: int  # Of the newest version.
    withdrawn: bool
    amount: int | None
    doc_no: str | None
    changed_at: datetime  # The last publication, correction or withdrawal.
    steps: tuple[Step, ...] = ()  # Blank for the usual record: one version, in force.
    stage: str = ""  # Of a project: how far it has come,
    winner: str = ""  # who was awarded it,
    planned: str = ""  # What the amount is called as long as nobody has won,
    won: int | None = None  # and for how much, where that is not the amount above.

    @property
    def history(self) -> tuple[Step, ...]:
        """Every public version, oldest first."""
        return self.steps or (Step(1, self.first_at, None),)

    @property
    def kind(self) -> Kind:
        """The kind of disclosure."""
        return kinds()[self.code].kind

    @property
    def path(self) -> str:
        """The site path of the record's page."""
        return f"{self.jurisdiction}/u/{self.unit}/{self.kind.path}/{self.slug}.html"

    @property
    def published_on(self) -> date:
        """The day in China on which the newest version was published."""
        return self.latest_at.astimezone(SHANGHAI).date()

    @property
    def first_on(self) -> date:
        """The day in China on which the first version was published."""
        return self.first_at.astimezone(SHANGHAI).date()

    @property
    def note(self) -> str:
        """That it was withdrawn or corrected, if so."""
        return "撤回" if self.withdrawn else f"第 {self.number} 版" if self.number > 1 else ""


def card_of(record: RecordView) -> Card:
    """Return a record's card."""
    document = record.document
    project = document if isinstance(document, Tender) else None
    award = project.award if project else None
    amount = document.headline_amount() if document else None
    steps = tuple(
        Step(one.number, one.published_at, one.tombstone.withdrawn_at if one.tombstone else None)
        for one in record.versions
    )
    return Card(
        id=record.id,
        jurisdiction=record.unit.jurisdiction,
        unit=record.unit.slug,
        unit_name=record.unit.name,
        code=record.kind.code,
        slug=record.slug,
        index_no=record.index_no,
        title=record.title,
        year=record.year,
        first_at=record.versions[0].published_at,
        latest_at=record.latest.published_at,
        number=record.latest.number,
        withdrawn=record.latest.tombstone is not None,
        amount=amount,
        doc_no=document.doc_no if document else None,
        changed_at=max(moment for one in steps for moment in (one.at, one.withdrawn_at) if moment),
        steps=() if steps == (Step(1, record.versions[0].published_at, None),) else steps,
        stage=project.stage().label if project else "",
        winner=award.supplier if award else "",
        planned=_planned(project),
        won=award.amount if award and award.amount != amount else None,
    )


def _planned(project: Tender | None) -> str:
    """Return what a project's amount is called before there is a result."""
    if project is None or project.award or project.contract:
        return ""
    return CEILING if project.notice and project.notice.ceiling is not None else BUDGET


def withdrawals_of(record: RecordView) -> Iterator[Withdrawal]:
    """Yield a record's withdrawn versions, oldest first."""
    for one in record.versions:
        if gone := one.tombstone:
            yield Withdrawal(
                record.id,
                record.kind.code,
                record.path.removesuffix(".html") + f"-v{one.number}.html",
                record.index_no,
                one.number,
                one.published_at,
                gone.withdrawn_at,
                gone.legal_ground,
                gone.reason,
                gone.approver,
                gone.destroyed,
                gone.review_on,
            )


def last_change(card: Card) -> tuple[datetime, int]:
    """Return what cards are ordered by where the last publication, correction or withdrawal counts."""
    return card.changed_at, card.id


def newest(cards: list[Card], count: int) -> list[Card]:
    """Return the cards whose newest version came last, newest first."""
    return sorted(cards, key=lambda one: (one.latest_at, one.id), reverse=True)[:count]


def newest_first(cards: list[Card]) -> list[Card]:
    """Return cards as a page of a list shows them: what changed last stands first."""
    return sorted(cards, key=lambda one: (one.changed_at, one.id), reverse=True)


def cards_by_age(cards: list[Card]) -> list[Card]:
    """Return cards in the order of first publication, the order of every list."""
    return sorted(cards, key=lambda one: (one.first_at, one.id))
