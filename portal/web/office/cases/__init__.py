"""举报件: the commission's work on sealed reports. Who may not see one finds no trace of it; see ADR 16."""

from __future__ import annotations

from portal.web.office.cases import acting, entering, inbox, keys, one, own_key, tables, weighing
from portal.web.office.cases.counter import bp

__all__ = ["acting", "bp", "entering", "inbox", "keys", "one", "own_key", "tables", "weighing"]
