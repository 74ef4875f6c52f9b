"""On which day a version of a record is looked at: the newest today, an earlier one when it was published."""

from __future__ import annotations

from datetime import date

from portal.domain.documents.base import Document
from portal.site.snapshot import RecordView, Snapshot


def number_of(record: RecordView, document: Document) -> int:
    """Return the number of the version that holds this document."""
    return next((one.number for one in record.versions if one.document is document), record.latest.number)


def seen_on(snapshot: Snapshot, record: RecordView, document: Document) -> date:
    """Return the day on which a version is judged; what an earlier one could not say yet is no fault of its own."""
    number = number_of(record, document)
    own = record.version(number) if number != record.latest.number else None
    return min(own.published_on, snapshot.today) if own else snapshot.today
