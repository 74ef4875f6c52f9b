"""What each kind's own template needs beyond the document itself: one module per kind, named by its code.

A module names in `READS` the kinds of which its view reads all of the unit's records; without it, the view
may read everything. Of a kind with an `OUTLINE` (a function of a document) they show no more than that to such views.
Other records a view may show only where a tie leads to them (`ties.py`). Pages are made again
only when one of these changes, so both are promises; a test holds every view to them.

A module has a function `view`; besides what the template draws, it returns under
`shown` the places (see `declared.places`) that the template shows, so that the
page can list the rest. A kind without a module is shown from its declaration alone.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

from portal.domain.documents.base import Document, kinds
from portal.site.pages.shell import Context
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot

Outline = Callable[[Document], object]
View = Callable[[Snapshot, JurisdictionView, RecordView, Document], Context]


@cache
def view_of(code: str) -> View | None:
    """Return the view of a kind, or None where it has no module of its own."""
    name = f"{__name__}.{code}"
    if not code.isidentifier() or find_spec(name) is None:
        return None
    found: View | None = getattr(importlib.import_module(name), "view", None)
    return found


@cache
def outline_of(code: str) -> Outline | None:
    """Return what of a kind's documents the views see that read the whole kind; None: everything."""
    if view_of(code) is None:
        return None
    found: Outline | None = getattr(importlib.import_module(f"{__name__}.{code}"), "OUTLINE", None)
    return found


@cache
def reads_of(code: str) -> tuple[str, ...]:
    """Return the kinds of the same unit's other records that a kind's view reads."""
    if view_of(code) is None:
        return ()
    module = importlib.import_module(f"{__name__}.{code}")
    return tuple(getattr(module, "READS", tuple(kinds())))
