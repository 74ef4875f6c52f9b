"""Builds of a test's database, and what lies on the disk afterwards."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from portal import apps
from portal.site.manifests import MANIFEST
from portal.site.served import Site
from tests.conftest import shipped


def site_over(session: Session, folder: Path, **more: Any) -> Site:
    """Return the static site of the session's database, built into `folder`."""
    bind = session.get_bind()
    assert isinstance(bind, Engine)
    given: dict[str, Any] = {
        "regimes": shipped(),
        "make_app": apps.create_public_app,
        "program": "test",
    } | more
    return Site(folder, str(bind.url), **given)


def on_disk(build: Path, *, manifests: bool = False) -> dict[str, bytes]:
    """Return every file that a reader of the build can get, by its path; links are followed."""
    found = {}
    for place, _, names in os.walk(build, followlinks=True):
        for name in names:
            file = Path(place) / name
            if manifests or name != MANIFEST:
                found[file.relative_to(build).as_posix()] = file.read_bytes()
    return found
