"""The report host: takes sealed reports from browsers and seals those of people without JavaScript, in memory.

No cookie, no login, no session; no address, user agent or body in any log; nothing of a request on disk but what is sealed.
"""

from __future__ import annotations

from flask import Blueprint


def blueprints() -> tuple[Blueprint, ...]:
    """Return the host's blueprints."""
    from portal.web.report.checking import checking
    from portal.web.report.front import front
    from portal.web.report.returning import returning
    from portal.web.report.sealed import sealed
    from portal.web.report.writing import writing

    return (front, sealed, writing, returning, checking)
