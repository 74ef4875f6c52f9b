"""What the tests' own process does at a smaller price than the product, and how often what is left to chance is tried.

Processes that tests start do as the product does. `make test-thorough` pays the whole price, and tries more often.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jinja2
from argon2 import PasswordHasher
from sqlalchemy import make_url
from waitress.adjustments import Adjustments
from werkzeug.serving import BaseWSGIServer

from portal.services.accounts import passwords
from portal.store import migrate
from portal.web.public.english.compiling import EnglishEnvironment

THOROUGH = os.environ.get("PORTAL_THOROUGH", "") == "1"
_LOOK = 0.05  # Seconds after which a server that was closed by another thread notices it.
_OWN_HASHER = passwords._HASHER
_own_upgrade, _own_compile = migrate.upgrade, jinja2.Environment.compile
_migrated: list[bytes] = []
_compiled: dict[Any, Any] = {}


def often(usually: int, thoroughly: int) -> int:
    """Return how many times to try what another time would be tried differently: moments of a kill, made-up examples."""
    return thoroughly if THOROUGH else usually


def save() -> None:
    """Begin; before the modules that take these names from where they are defined are imported.

    Passwords become cheap (`test_proofs.py` looks at the product's own), a new SQLite file is a copy of one that was
    migrated in this process, a template is compiled once in a process, and a server that is closed stops at once.
    """
    if THOROUGH:
        return
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    migrate.upgrade = _upgrade
    jinja2.Environment.compile = _compile  # type: ignore[method-assign]
    Adjustments.asyncore_loop_timeout = _LOOK  # type: ignore[assignment] # poll() takes fractions.
    BaseWSGIServer.serve_forever.__defaults__ = (_LOOK,)  # type: ignore[attr-defined]


@contextmanager
def real_passwords() -> Iterator[None]:
    """Let passwords cost what they cost in the product: for the tests of that price."""
    light, passwords._HASHER = passwords._HASHER, _OWN_HASHER
    try:
        yield
    finally:
        passwords._HASHER = light


def _upgrade(url: str, *, owner: str | None = None) -> None:
    """Bring a database to its newest shape: a new SQLite file is a copy of the one that was migrated first."""
    parsed = make_url(url)
    file = Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None
    if file is not None and file.parent.is_dir() and not file.exists():
        file.write_bytes(_shape())
    _own_upgrade(url, owner=owner)


def _shape() -> bytes:
    """Return a migrated database; the migrations run once in every process."""
    if not _migrated:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "portal.db"
            _own_upgrade(f"sqlite:///{file}")
            assert not file.with_name("portal.db-wal").exists()
            _migrated.append(file.read_bytes())
    return _migrated[0]


def _compile(env: Any, source: Any, name: Any = None, filename: Any = None, *more: Any) -> Any:
    """Compile a template as jinja2 does, once for all apps whose environments agree, as its bytecode caches do."""
    if more or not isinstance(source, str):
        return _own_compile(env, source, name, filename, *more)
    english = env if isinstance(env, EnglishEnvironment) else None
    catalog = english.translator.catalog if english else None
    escaping = getattr(env.autoescape, "__func__", env.autoescape)  # Flask's own is a method of the app.
    ways = (env.trim_blocks, env.lstrip_blocks, env.optimized, env.sandboxed, env.is_async, escaping)
    key = (
        type(env),
        id(catalog),
        name,
        filename,
        source,
        ways,
        *sorted(env.extensions),
        *sorted(env.filters),
    )
    if key not in _compiled:
        seen: dict[str, str] = {}
        missing: dict[str, str] = {}
        if english:
            before = english.translator.seen, english.translator.missing
            english.translator.seen, english.translator.missing = seen, missing
        try:
            code = _own_compile(env, source, name, filename)
        finally:
            if english:
                english.translator.seen, english.translator.missing = before
        _compiled[key] = code, seen, missing, catalog
    code, seen, missing, _ = _compiled[key]
    if english:  # What it met while compiling, it meets each time.
        for told, kept in ((english.translator.seen, seen), (english.translator.missing, missing)):
            for message, where in kept.items():
                told.setdefault(message, where)
    return code
