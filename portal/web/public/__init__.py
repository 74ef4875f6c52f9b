"""The public site: GET pages only, without session or cookie, the same bytes live and frozen."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from flask import Blueprint, Flask, Response, abort, request
from flask.typing import ResponseReturnValue

from portal.site import pages
from portal.site.snapshot import Snapshot
from portal.web.public.rendering import Rendering
from portal.web.public.searching import Searcher, search_context

SITEMAP_LIMIT = 50_000  # sitemaps.org: addresses in one file.


def public_blueprint(
    snapshot: Callable[[], Snapshot],
    rendering: Rendering,
    *,
    searcher: Searcher | None,
    base_url: str | None,
) -> Blueprint:
    """Return the blueprint with one route for each type of page."""
    public = Blueprint("public", __name__)

    def show(page: pages.PageType, values: Mapping[str, str]) -> Response:
        now = snapshot()
        context = page.context(now, values)
        if context is None:
            abort(404)
        return _html(rendering.page(now, page.template, context))

    def route(page: pages.PageType) -> None:
        public.add_url_rule(page.rule, page.endpoint, lambda **values: show(page, values))

    for page in pages.PAGES.values():
        if page.endpoint != "search":
            route(page)
    public.add_url_rule("/", "root", lambda: show(pages.PAGES["home"], {}))

    @public.get("/search.html")
    def search() -> Response:
        now = snapshot()
        context = pages.PAGES["search"].context(now, {}) or {}
        if searcher is not None:
            context |= search_context(searcher, now, request.args)
        return _html(rendering.page(now, "search.html", context))

    @public.get(pages.DATA_RULE)
    def data(**values: str) -> Response:
        body = pages.data_of(snapshot(), values)
        if body is None:
            abort(404)
        return Response(body, mimetype="application/json")

    @public.get("/sitemap.xml")
    def sitemap_xml() -> Response:
        return Response(
            _sitemap(snapshot(), base_url), content_type=mimetypes.guess_type("a.xml")[0] or "application/xml"
        )

    @public.get("/robots.txt")
    def robots() -> Response:
        where = f"\nSitemap: {base_url}/sitemap.xml" if base_url else ""
        return Response(f"User-agent: *\nAllow: /{where}\n", mimetype="text/plain")

    return public


def register(app: Flask, public: Blueprint, snapshot: Callable[[], Snapshot], rendering: Rendering) -> None:
    """Mount the blueprint, and answer unknown addresses and every response's headers in its manner."""
    app.register_blueprint(public)

    @app.errorhandler(404)
    def missing(_: Exception) -> ResponseReturnValue:
        now = snapshot()
        context = pages.PAGES["missing"].context(now, {}) or {}
        depth = max(request.path.count("/") - 1, 0)
        return rendering.page(now, "missing.html", context, up="../" * depth), 404

    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self'{rendering.search_origin}"
    )

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response


def _html(text: str) -> Response:
    return Response(text, mimetype="text/html")


def _sitemap(snapshot: Snapshot, base_url: str | None) -> str:
    """List every page in force. Versions and data are left out: their record's page leads to them."""
    front = f"{base_url}/" if base_url else ""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
    ]
    records = {one.path: one.latest.published_on for one in snapshot.records}
    count = 0
    for url in pages.all_urls(snapshot):
        place: Any = records.get(url.path)
        if not url.path.endswith(".html") or url.endpoint in ("missing", "search"):
            continue
        if url.endpoint == "record" and place is None:
            continue
        count += 1
        if count > SITEMAP_LIMIT:
            break
        changed = f"<lastmod>{place}</lastmod>" if place else ""
        lines.append(f"<url><loc>{escape(front + url.path)}</loc>{changed}</url>")
    return "\n".join([*lines, "</urlset>", ""])
