"""Full-text search over what is published. The engine behind it is nobody else's business."""

from portal.search.entries import Entry, Facet, Hit, Html, IndexBusy, IndexDamaged, Results
from portal.search.index import SearchIndex, ensure_usable

__all__ = [
    "Entry",
    "Facet",
    "Hit",
    "Html",
    "IndexBusy",
    "IndexDamaged",
    "Results",
    "SearchIndex",
    "ensure_usable",
]
