"""The factories of the apps. Each app serves one audience and knows nothing of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask

from portal.config import Settings, data_dir
from portal.domain.regimes import Regime
from portal.site.snapshot import Snapshot
from portal.web.public import public_blueprint, register
from portal.web.public.output import CompiledTemplates, QuickContext, QuickTemplate
from portal.web.public.rendering import Rendering

__all__ = ["CompiledTemplates", "create_office_app", "create_public_app", "create_report_app"]
from portal.web.public.searching import Searcher

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from portal.services.reports.keylists import KeyLists

STATIC = Path(__file__).resolve().parent / "web" / "static"


def create_public_app(
    snapshot: Callable[[], Snapshot],
    *,
    search: Searcher | None = None,
    search_url: str | None = None,
    base_url: str | None = None,
    report_url: str | None = None,
    english: bool = True,
    compiled: CompiledTemplates | None = None,
) -> Flask:
    """Return the app of the public site: GET pages only, no session, no cookie.

    Without `search` it is the static copy: the search page then offers the
    lists instead. `search_url` sends every search box to a live site;
    scripts of the pages of reports may talk to `report_url`, the report host.
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
    register(app, blueprint, snapshot, rendering, report_url=report_url)
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
    reports: Any = None,
    routing_keys: Callable[[str], Sequence[str]] | None = None,
    key_lists: Any = None,
    sign_receipt: Any = None,
) -> Flask:
    """Return the app of the office, for units and commission: a host of its own, signed-in people only.

    `secret` is the instance's key (`portal.web.secrets`); `public_url` is where the public site is shown. `reports` is
    the engine of the sealed reports' database, `routing_keys` returns a jurisdiction's identities for routings,
    `key_lists` are the signed lists, `sign_receipt` returns who signs a jurisdiction's filing receipts (or None).
    """
    from portal.services.reports.eyes import Eyes  # noqa: PLC0415, RUF100 - not needed by the public site.
    from portal.services.running.overlay import Laid  # noqa: PLC0415, RUF100 - likewise.
    from portal.store.db import db, full_url  # noqa: PLC0415, RUF100 - not needed by the public site.
    from portal.store.files import FileStore  # noqa: PLC0415, RUF100 - likewise.
    from portal.store.tenancy import CLOSED  # noqa: PLC0415, RUF100 - likewise.
    from portal.web.filing_seals import FilingSeals  # noqa: PLC0415, RUF100 - likewise.
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
        regimes=regimes if isinstance(regimes, Laid) else Laid(regimes),
        secret=secret,
        public_url=(public_url or settings.base_url or "").rstrip("/") or None,
        own_url=own.rstrip("/"),
        files=files or FileStore.open(settings.attachments_url or settings.attachments_folder),
        clock=clock,
        reports=reports,
        eyes=Eyes(routing_keys or (lambda _: ()), key_lists),
        key_lists=key_lists,
        sign_receipt=sign_receipt or (lambda _: None),
        filings=FilingSeals(settings.home),
    )
    db.init_app(app)
    app.url_map.converters["int"] = Number
    hang(app)
    for one in blueprints():
        app.register_blueprint(one)
    return app


def create_report_app(
    settings: Settings,
    regimes: Mapping[str, Regime],
    *,
    reports_engine: Engine,
    key_lists: KeyLists,
    public_url: str | None = None,
    clock: Callable[[], datetime] = _clock,
) -> Flask:
    """Return the app of the report host: takes sealed reports, tells how they stand; no cookie, no login, no log.

    `public_url` is where the public site is shown. Raise `portal.web.secrets.UnsafeKey` where others could read the
    host's own key.
    """
    from portal.services.reports.challenges import Challenges  # noqa: PLC0415, RUF100 - not needed by the public site.
    from portal.services.reports.quotas import Quota  # noqa: PLC0415, RUF100 - likewise.
    from portal.services.running.handing_on import HandedOn  # noqa: PLC0415, RUF100 - likewise.
    from portal.web.report import blueprints  # noqa: PLC0415, RUF100 - likewise.
    from portal.web.report.door import ReportApp, hang  # noqa: PLC0415, RUF100 - likewise.
    from portal.web.report.house import Host  # noqa: PLC0415, RUF100 - likewise.
    from portal.web.report.pages import hang_pages  # noqa: PLC0415, RUF100 - likewise.
    from portal.web.report.signing import Signers  # noqa: PLC0415, RUF100 - likewise.
    from portal.web.secrets import derived, instance_secret  # noqa: PLC0415, RUF100 - likewise.

    app = ReportApp(
        "portal.web", static_folder=STATIC, static_url_path="/static", template_folder=data_dir("templates")
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    secret = instance_secret(settings.home / "report.key")
    base = (public_url or settings.base_url or "").rstrip("/") or None
    app.extensions["report"] = Host(
        regimes=HandedOn(regimes, settings.report_terms_file),
        engine=reports_engine,
        key_lists=key_lists,
        signer_of=Signers(settings.receipt_keys_folder),
        challenges=Challenges(derived(secret, "challenges")),
        question_key=derived(secret, "questions"),
        quota=Quota(settings.report_quota_mb * 1024 * 1024),
        clock=clock,
        public_url=base,
    )
    app.jinja_env.globals["public_url"] = base
    hang(app)
    hang_pages(app)
    for one in blueprints():
        app.register_blueprint(one)
    return app
