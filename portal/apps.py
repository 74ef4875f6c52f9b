"""The factories of the apps. Each app serves one audience and knows nothing of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from portal.config import Settings, data_dir
from portal.domain.regimes import Regime
from portal.site.snapshot import Snapshot
from portal.web.public import public_blueprint, register
from portal.web.public.output import CompiledTemplates, QuickContext, QuickTemplate
from portal.web.public.rendering import Rendering

__all__ = ["CompiledTemplates", "create_office_app", "create_public_app"]
from portal.web.public.searching import Searcher

STATIC = Path(__file__).resolve().parent / "web" / "static"


def create_public_app(
    snapshot: Callable[[], Snapshot],
    *,
    search: Searcher | None = None,
    search_url: str | None = None,
    base_url: str | None = None,
    english: bool = True,
    compiled: CompiledTemplates | None = None,
) -> Flask:
    """Return the app of the public site: GET pages only, no session, no cookie.

    Without `search` it is the static copy: the search page then offers the
    lists instead. `search_url` sends every search box to a live site.
    `english` adds the English edition of the interface under `/en/`. `compiled` keeps compiled templates.
    """
    app = Flask(
        "portal.web",
        static_folder=STATIC,
        static_url_path="/static",
        template_folder=data_dir("templates"),
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.auto_reload = False
    app.jinja_env.template_class, app.jinja_env.context_class = QuickTemplate, QuickContext
    app.jinja_env.bytecode_cache = compiled
    base = base_url.rstrip("/") if base_url else None
    rendering = Rendering(app.jinja_env, search_url=search_url, base_url=base, english=english)
    blueprint = public_blueprint(snapshot, rendering, searcher=search, base_url=base)
    register(app, blueprint, snapshot, rendering)
    if english:
        from portal.web.public.english import english_rendering  # noqa: PLC0415, RUF100 - not needed by the others.

        second = english_rendering(app, search_url=search_url, base_url=base)
        app.register_blueprint(public_blueprint(snapshot, second, searcher=search, base_url=base))
    return app


def _clock() -> datetime:
    return datetime.now(UTC)


def create_office_app(
    settings: Settings,
    regimes: Mapping[str, Regime],
    *,
    secret: bytes,
    database_url: str,
    files: Any = None,
    public_url: str | None = None,
    clock: Callable[[], datetime] = _clock,
) -> Flask:
    """Return the app of the office, for units and commission: a host of its own, signed-in people only.

    `secret` is the instance's key (`portal.web.secrets`); `public_url` is where the public site is shown.
    """
    from portal.store.db import db, full_url  # noqa: PLC0415, RUF100 - not needed by the public site.
    from portal.store.files import FileStore  # noqa: PLC0415, RUF100 - likewise.
    from portal.store.tenancy import CLOSED  # noqa: PLC0415, RUF100 - likewise.
    from portal.web.office import blueprints  # noqa: PLC0415, RUF100 - likewise.
    from portal.web.office.door import Number, hang  # noqa: PLC0415, RUF100 - likewise.
    from portal.web.office.house import Office  # noqa: PLC0415, RUF100 - likewise.

    app = Flask(
        "portal.web", static_folder=STATIC, static_url_path="/static", template_folder=data_dir("templates")
    )
    own = settings.office_url or f"http://{settings.host}:{settings.office_port}"
    host = urlsplit(own).hostname or "localhost"
    secure = own.startswith("https://")
    app.config.update(
        SQLALCHEMY_DATABASE_URI=full_url(database_url),
        SQLALCHEMY_ENGINE_OPTIONS={"execution_options": CLOSED},  # A session is nobody's until it is bound.
        SECRET_KEY=secret,
        TRUSTED_HOSTS=[host, "127.0.0.1", "localhost", *settings.office_hosts],
        SESSION_COOKIE_NAME="__Host-portal" if secure else "portal_office",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=24),
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.extensions["office"] = Office(
        regimes=regimes,
        secret=secret,
        public_url=(public_url or settings.base_url or "").rstrip("/") or None,
        own_url=own.rstrip("/"),
        files=files or FileStore.open(settings.attachments_url or settings.attachments_folder),
        clock=clock,
    )
    db.init_app(app)
    app.url_map.converters["int"] = Number
    hang(app)
    for one in blueprints():
        app.register_blueprint(one)
    return app
