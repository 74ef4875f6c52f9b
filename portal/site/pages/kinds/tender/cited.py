"""来龙去脉: the unit's own public decisions, payments and sister projects that belong to a project.

Each unit's records are sorted once a snapshot; another unit's are never looked at.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from portal.domain.documents.decision import DecisionRecord
from portal.domain.documents.finance import FinanceDisclosure, Payment
from portal.domain.documents.tender import Tender
from portal.domain.values import fold
from portal.site.snapshot import RecordView, Snapshot, UnitView


@dataclass(frozen=True)
class Cited:
    """A decision as the project cites it; `record` is None where no public decision of the unit has that number."""

    number: str
    what: str
    record: RecordView | None
    document: DecisionRecord | None


@dataclass(frozen=True)
class Paid:
    """One public payment that cites the project, and the disclosure in which it stands."""

    payment: Payment
    record: RecordView
    other_payee: bool  # Somebody else than the supplier was paid.


@dataclass
class _Shelf:
    """A unit's public records by the numbers that others cite."""

    decisions: dict[str, RecordView] = field(default_factory=dict)
    payments: dict[str, list[tuple[RecordView, Payment]]] = field(default_factory=dict)
    sisters: dict[str, list[RecordView]] = field(default_factory=dict)


def _shelf(snapshot: Snapshot, unit: UnitView) -> _Shelf:
    key = ("tender_shelf", unit.id)
    if key not in snapshot.derived:
        snapshot.derived[key] = _sort(snapshot, unit)
    found: _Shelf = snapshot.derived[key]
    return found


def _sort(snapshot: Snapshot, unit: UnitView) -> _Shelf:
    shelf = _Shelf()
    for record in snapshot.records_of(unit, "decision"):
        if isinstance(record.document, DecisionRecord):
            for name in (record.document.decision_no, record.index_no):
                if name:
                    shelf.decisions.setdefault(fold(name), record)
    for record in snapshot.records_of(unit, "tender"):
        if isinstance(record.document, Tender) and record.document.parent_project:
            shelf.sisters.setdefault(fold(record.document.parent_project), []).append(record)
    told: Counter[tuple[object, ...]] = Counter()
    for record in snapshot.records_of(unit, "finance"):
        if isinstance(record.document, FinanceDisclosure):
            _enter(shelf, told, record, record.document)
    return shelf


def _enter(
    shelf: _Shelf, told: Counter[tuple[object, ...]], record: RecordView, document: FinanceDisclosure
) -> None:
    """Enter a disclosure's payments; one that another disclosure told already (a year repeats its quarters) counts once."""
    here: Counter[tuple[object, ...]] = Counter()
    for one in document.payments:
        if one.tender:
            same = (fold(one.tender), one.paid_on, one.amount, one.purpose, one.payee)
            here[same] += 1
            if here[same] > told[same]:
                shelf.payments.setdefault(fold(one.tender), []).append((record, one))
    told |= here


def decisions(snapshot: Snapshot, record: RecordView, tender: Tender) -> list[Cited]:
    """Return the decisions that the project and its changes cite, each number once."""
    wanted: dict[str, tuple[str, str]] = {}
    cited = [(tender.decision, "立项或采购")] + [(one.decision, "合同变更") for one in tender.variations]
    for number, what in cited:
        if number:
            wanted.setdefault(fold(number), (number, what))
    shelf = _shelf(snapshot, record.unit).decisions if wanted else {}
    found = []
    for key, (number, what) in wanted.items():
        one = shelf.get(key)
        document = one.document if one else None
        found.append(Cited(number, what, one, document if isinstance(document, DecisionRecord) else None))
    return found


def payments(snapshot: Snapshot, record: RecordView, tender: Tender) -> list[Paid]:
    """Return the unit's public payments that cite the project's number, oldest first."""
    if not tender.project_no:
        return []
    listed = _shelf(snapshot, record.unit).payments.get(fold(tender.project_no), [])
    supplier = fold(tender.award.supplier) if tender.award else ""
    found = [
        Paid(one, where, bool(supplier and one.payee and fold(one.payee) != supplier))
        for where, one in listed
    ]
    return sorted(found, key=lambda one: one.payment.paid_on)


def sisters(snapshot: Snapshot, record: RecordView, tender: Tender) -> list[RecordView]:
    """Return the unit's other public projects of the same 总项目."""
    if not tender.parent_project:
        return []
    listed = _shelf(snapshot, record.unit).sisters.get(fold(tender.parent_project), [])
    return [one for one in listed if one.id != record.id]
