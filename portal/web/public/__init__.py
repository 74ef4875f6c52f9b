"""The public site: GET pages only, without session or cookie, the same bytes live and frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, Flask, Response, abort, request
from flask.typing import ResponseReturnValue

from portal.site import pages
from portal.site.pages.english import in_english
from portal.site.snapshot import Snapshot
from portal.web.headers import content_policy, security_headers
from portal.web.public.bulk import with_dictionary
from portal.web.public.files import FILES, FileType
from portal.web.public.rendering import Rendering
from portal.web.public.searching import Searcher, search_context


def public_blueprint(
    snapshot: Callable[[], Snapshot],
    rendering: Rendering,
    *,
    searcher: Searcher | None,
    base_url: str | None,
) -> Blueprint:
    """Return the blueprint with one route for each type of page, and for each sort of file.

    That of the English edition is called `english`; it has the pages that are in English, and no files.
    """
    edition = rendering.edition
    public = Blueprint(
        "english" if edition else "public", __name__, url_prefix=f"/{edition}" if edition else None
    )

    def show(page: pages.PageType, values: Mapping[str, str]) -> Response:
        if edition and not in_english(page.path(values)):
            abort(404)
        now = snapshot()
        context = page.context(now, values)
        if context is None:
            abort(404)
        if page.endpoint == "kind_data":
            context = with_dictionary(context)
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

    for file in () if edition else FILES:
        _serve(public, file, snapshot, base_url)
    return public


def register(
    app: Flask,
    public: Blueprint,
    snapshot: Callable[[], Snapshot],
    rendering: Rendering,
    *,
    report_url: str | None = None,
) -> None:
    """Mount the blueprint, and answer unknown addresses and every response's headers in its manner.

    The headers are also the app's extension `security_headers`, for who serves its pages as files.
    """
    app.register_blueprint(public)

    @app.errorhandler(404)
    def missing(_: Exception) -> ResponseReturnValue:
        now = snapshot()
        context = pages.PAGES["missing"].context(now, {}) or {}
        depth = max(request.path.count("/") - 1, 0)
        return rendering.page(now, "missing.html", context, up="../" * depth), 404

    always = security_headers(content_policy(rendering.search_url, report_url))
    app.extensions["security_headers"] = always

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers.update(always)
        return response


def _html(text: str) -> Response:
    return Response(text, mimetype="text/html")


def _serve(public: Blueprint, file: FileType, snapshot: Callable[[], Snapshot], base_url: str | None) -> None:
    def answer(**values: str) -> Response:
        content = file.content(snapshot(), values, base_url)
        if content is None:
            abort(404)
        return Response(content, content_type=file.content_type)

    public.add_url_rule(file.rule, file.endpoint, answer)
