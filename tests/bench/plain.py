"""The yardstick: Frozen-Flask as documented, on some of the same pages: `python -m tests.bench.plain FOLDER COUNT`.

Nothing of the site's own exporter is used. With `--snapshot` the app is spared the database: everything
was read before, which is more than the documentation suggests.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import g, has_request_context
from flask_frozen import Freezer
from sqlalchemy.orm import Session

from portal import apps
from portal.config import Settings
from portal.domain.regime_reading import read_regimes
from portal.domain.regimes import Regime
from portal.site import pages
from portal.site.snapshot import Snapshot, open_snapshot, take_snapshot
from portal.store.db import make_engine, sqlite_url


def chosen(snapshot: Snapshot, count: int) -> list[str]:
    """Return the addresses of `count` record pages, evenly spread over the county."""
    found = [f"/{page.path}" for page in pages.all_urls(snapshot) if page.endpoint == "record"]
    return found[:: max(len(found) // count, 1)][:count]


def _lazily(session: Session, regimes: Mapping[str, Regime], now: datetime) -> Callable[[], Snapshot]:
    """Return what reads, for each request anew, what it asks for from the database."""

    def read() -> Snapshot:
        if not has_request_context():
            return open_snapshot(session, regimes, now=now)
        if "snapshot" not in g:
            g.snapshot = open_snapshot(session, regimes, now=now)
        found: Snapshot = g.snapshot
        return found

    return read


def freeze(folder: Path, count: int, *, ready: bool) -> dict[str, Any]:
    """Freeze `count` pages; return the seconds of the freezing alone."""
    settings = Settings()
    regimes = read_regimes(settings.regimes_folder)
    engine = make_engine(sqlite_url(settings.database))
    now = datetime.now(UTC)
    with Session(engine) as session:
        whole = take_snapshot(session, regimes, now=now)
        addresses = chosen(whole, count)
        shown = (lambda: whole) if ready else _lazily(session, regimes, now)
        app = apps.create_public_app(shown)
        app.config.update(FREEZER_DESTINATION=str(folder), FREEZER_IGNORE_MIMETYPE_WARNINGS=True)
        freezer = Freezer(app, with_no_argument_rules=False, with_static_files=False)
        freezer.register_generator(lambda: iter(addresses))
        freezer._check_endpoints = lambda _seen: None  # Only some of the pages are asked for.
        began, spent = time.perf_counter(), time.process_time()
        frozen = sum(1 for _ in freezer.freeze_yield())
        return {"pages": frozen, "freezing": time.perf_counter() - began, "cpu": time.process_time() - spent}


def main() -> None:
    """Freeze, and tell it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--snapshot", action="store_true")
    asked = parser.parse_args()
    print(json.dumps(freeze(asked.folder, asked.count, ready=asked.snapshot)))


if __name__ == "__main__":
    main()
