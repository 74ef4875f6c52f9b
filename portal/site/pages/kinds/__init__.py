"""What each kind's own template needs beyond the document itself: one module per kind, named by its code.

A module has a function `view`; besides what the template draws, it returns under
`shown` the places (see `declared.places`) that the template shows, so that the
page can list the rest. A kind without a module is shown from its declaration alone.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

from portal.domain.documents.base import Document
from portal.site.pages.shell import Context
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot

View = Callable[[Snapshot, JurisdictionView, RecordView, Document], Context]


@cache
def view_of(code: str) -> View | None:
    """Return the view of a kind, or None where it has no module of its own."""
    name = f"{__name__}.{code}"
    if not code.isidentifier() or find_spec(name) is None:
        return None
    found: View | None = getattr(importlib.import_module(name), "view", None)
    return found
