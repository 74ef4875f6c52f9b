"""What each kind's own template needs beyond the document itself: one module per kind that has more to show.

A kind without a module here is shown from its declaration alone.
"""

from __future__ import annotations

from collections.abc import Callable

from portal.domain.documents.base import Document
from portal.site.pages.kinds import decision, delegation, finance, regulation, tender
from portal.site.pages.shell import Context
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot

View = Callable[[Snapshot, JurisdictionView, RecordView, Document], Context]

VIEWS: dict[str, View] = {
    "delegation": delegation.view,
    "finance": finance.view,
    "tender": tender.view,
    "decision": decision.view,
    "regulation": regulation.view,
}
