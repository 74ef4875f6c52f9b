"""The factories of the apps. Each app serves one audience and knows nothing of the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask

from portal.config import data_dir
from portal.site.snapshot import Snapshot
from portal.web.public import public_blueprint, register
from portal.web.public.output import CompiledTemplates, QuickContext, QuickTemplate
from portal.web.public.rendering import Rendering

__all__ = ["CompiledTemplates", "create_public_app"]
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
