"""A county with purchases that are worth a closer look, published without the rule book's leave."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from portal.domain.documents.base import Document
from portal.domain.documents.tender import Tender
from portal.services import publishing
from portal.services.checking import Book
from portal.store.tables import Unit, Version
from tests.conftest import NOON

DAY = date(2026, 6, 1)


def put(session: Session, unit: Unit, document: Document, *, reason: str = publishing.FIRST) -> Version:
    """Publish a document of the unit."""
    draft = publishing.save_draft(session, unit=unit, document=document, author="方示九", now=NOON)
    return publishing.publish(session, draft, book=Book(session, {}), reason=reason, actor="林示二", now=NOON)


def tender(number: int = 1, **changes: Any) -> Tender:
    """Return a purchase with one bidder."""
    data: dict[str, Any] = {
        "title": f"示例设备采购{'甲乙丙丁戊己庚辛'[number % 8]}",
        "project_no": f"示采〔2026〕{number}号",
        "subject": "goods",
        "method": "open_tender",
        "notice": {"issued_on": DAY - timedelta(days=40), "bids_due": DAY - timedelta(days=10), "ceiling": 150_000_000},
        "bidders": [{"name": "示例甲公司", "price": 100_000_000, "outcome": "won"}],
        "award": {"determined_on": DAY, "announced_on": DAY, "supplier": "示例甲公司", "amount": 100_000_000},
        "contract": {"signed_on": DAY + timedelta(days=5), "amount": 100_000_000},
    }  # fmt: skip
    return Tender.model_validate({**data, **changes})
