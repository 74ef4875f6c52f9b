"""公开情况: the commission's board, from the county down to the record. To read and to export; nothing is done here."""

from __future__ import annotations

from portal.web.office.board import tables, units  # noqa: F401 - entering their routes.
from portal.web.office.board.counter import bp

__all__ = ["bp"]
