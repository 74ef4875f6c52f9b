"""Slips of the pen in a typed deadline. Technical: nothing is derived from these days, and no county would want others."""

from __future__ import annotations

from datetime import date

_YEARS = (
    3  # A deadline of the commission's is weeks or months away; 2062 for 2026 is caught, and said at once.
)


def latest_deadline(today: date) -> date:
    """Return the last day that a deadline set today may have without being taken for a slip."""
    return date(today.year + _YEARS, 12, 31)
