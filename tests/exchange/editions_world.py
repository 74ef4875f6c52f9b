"""The sample site's published versions as the open formats take them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from portal.domain.documents.base import Document
from portal.exchange.editions import Edition
from tests.site import sample


@cache
def published() -> tuple[Edition, ...]:
    """Return every readable version of the sample site, of every record."""
    return tuple(
        Edition(
            area_name="示例区",
            unit=record.unit.slug,
            unit_name=version.unit_name,
            index_no=record.index_no,
            number=version.number,
            published_at=version.published_at,
            reason=version.reason,
            digest=version.digest,
            document=version.readable,
            url=f"https://ygql.example/{record.path}",
            sample=record.unit.sample,
        )
        for record in sample.snapshot().records
        for version in record.versions
        if version.readable is not None
    )


def edition(document: Document, *, number: int = 1, reason: str = "首次公开", **more: object) -> Edition:
    """Return the document as published by a sample unit."""
    given: dict[str, object] = {
        "area_name": "示例区",
        "unit": "caizheng",
        "unit_name": "示例区财政局",
        "index_no": "caizheng/2026-001",
        "number": number,
        "published_at": datetime(2026, 10, 12, 18, 0, tzinfo=UTC),
        "reason": reason,
        "digest": "0" * 64,
        "document": document,
    }
    return Edition(**(given | more))  # type: ignore[arg-type]
