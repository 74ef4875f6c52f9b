"""Builds the whole site once, in a process of its own: `python -m tests.bench.building FOLDER --jobs N [--html]`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from portal import apps
from portal.config import Settings
from portal.domain.regime_reading import read_regimes
from portal.site import pages
from portal.site.build import build_site
from portal.site.served import Site
from portal.store.db import make_engine, sqlite_url
from portal.sync import program, site_of

_LISTS = ("site_urls", "area_urls", "unit_urls", "kind_urls", "record_urls")


def site_at(settings: Settings, *, jobs: int) -> Site:
    """Return the instance's site as `portal sync` would build it."""
    regimes = read_regimes(settings.regimes_folder)
    compiled = apps.CompiledTemplates(settings.home / "compiled", program())  # As an instance keeps them.
    make_app = partial(
        apps.create_public_app, search_url=settings.search_url, base_url=settings.base_url, compiled=compiled
    )
    engine = make_engine(sqlite_url(settings.database))
    with Session(engine) as session:
        site = site_of(session, settings, regimes, make_app, jobs=jobs)
    engine.dispose()
    return site


@contextmanager
def only_pages() -> Iterator[None]:
    """Let the site consist of its HTML pages, as the sites that others make of the same pages do."""
    known: dict[str, Callable[..., Iterator[pages.PageUrl]]] = {name: getattr(pages, name) for name in _LISTS}

    def sieve(listed: Callable[..., Iterator[pages.PageUrl]]) -> Callable[..., Iterator[pages.PageUrl]]:
        return lambda *given: (one for one in listed(*given) if one.path.endswith(".html"))

    for name, listed in known.items():
        setattr(pages, name, sieve(listed))
    try:
        yield
    finally:
        for name, listed in known.items():
            setattr(pages, name, listed)


def build(folder: Path, *, jobs: int, html: bool) -> dict[str, Any]:
    """Build everything, or the HTML pages alone, into a folder that does not exist yet."""
    site = site_at(Settings(), jobs=jobs)
    site.folder = folder
    if html:
        with only_pages():
            report = build_site(site, now=datetime.now(UTC))
    else:
        report = build_site(site, now=datetime.now(UTC))
    return {
        "rendered": report.rendered,
        "inside": report.seconds,
        "failures": [f"{one.path}: {one.reason}" for one in report.failures],
        "faults": list(report.faults),
    }


def main() -> None:
    """Build, and tell it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--html", action="store_true")
    asked = parser.parse_args()
    print(json.dumps(build(asked.folder, jobs=asked.jobs, html=asked.html)))


if __name__ == "__main__":
    main()
