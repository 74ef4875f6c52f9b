"""Everything that happens before and after a route of the office: limits, CSRF, who is there, headers, error pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, g, redirect, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from markupsafe import Markup
from werkzeug.exceptions import Forbidden, HTTPException, NotFound, SecurityError
from werkzeug.routing import IntegerConverter, Map

from portal.domain.roles import Action, allowed
from portal.services.accounts import sessions
from portal.services.desk.rooms import Actor, Room
from portal.store.db import begin_write
from portal.web.guards import OPEN, back_of, declared, half, limit_of, open_to_all, rescuer_of
from portal.web.headers import security_headers
from portal.web.office.house import Person, gate, now, own_uid, page, session
from portal.web.office.showing import unbroken

FORM_LIMIT = (
    4 * 1024 * 1024
)  # Bytes of an ordinary form: the longest regulation has half a million characters.
STRANGERS_LIMIT = 64 * 1024  # Bytes of a form that signs in: a passkey's answer is a few thousand.
PARTS_LIMIT = 20_000  # Fields of one form: 500 rows of a table with all their columns.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'self'; form-action 'self'"
)


ASSETS = (
    Path(__file__).parent / "assets"
)  # Styles and programs of the office alone: the public site has none of them.
_FILES = ("static", "assets.static")


class Number(IntegerConverter):
    """A number in an address; none that no column of the database holds."""

    def __init__(self, url_map: Map, **bounds: Any) -> None:
        """Take the bounds of the rule, or that of the database."""
        super().__init__(url_map, **{"max": 2**31 - 1, **bounds})


def hang(app: Flask) -> None:
    """Put the door into the app."""
    assets = Blueprint("assets", __name__, static_folder=ASSETS, static_url_path="/assets")
    app.register_blueprint(assets)
    # A bound method takes no mark: a function of our own stands before it.
    app.view_functions["assets.static"] = open_to_all(lambda filename: assets.send_static_file(filename))
    app.config.update(
        MAX_CONTENT_LENGTH=FORM_LIMIT,
        MAX_FORM_MEMORY_SIZE=FORM_LIMIT,
        MAX_FORM_PARTS=PARTS_LIMIT,
        WTF_CSRF_TIME_LIMIT=None,  # The token lives as long as the session: a form may stay open for long.
        WTF_CSRF_SSL_STRICT=False,  # Our pages send no referrer; the token and the cookie's own rule stand for it.
    )
    app.before_request(_limit)
    CSRFProtect(app)
    manager = LoginManager(app)
    manager.session_protection = None  # The address of a browser may change; the session row is what counts.
    manager.user_loader(_load)
    app.before_request(_guard)
    app.after_request(_finish)
    app.teardown_request(_close)
    app.jinja_env.globals["csrf"] = _csrf
    app.jinja_env.globals["once"] = _once
    app.jinja_env.filters["unbroken"] = unbroken
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _told)


def _view() -> Callable[..., Any] | None:
    return current_app.view_functions.get(request.endpoint or "")


def _limit() -> None:
    named = (request.path, *(text for pair in request.args.items(multi=True) for text in pair))
    if any("\0" in one for one in named):  # No page bears such a name, and PostgreSQL takes no such text.
        abort(404)
    if "_user_id" not in cookie:  # A stranger: forms are taken apart before the guards look who is there.
        request.max_content_length = STRANGERS_LIMIT
        return
    view = _view()
    if view is not None and (limit := limit_of(view)):
        request.max_content_length = limit


def _load(token: str) -> Person | None:
    door = gate()
    found = sessions.identify(door, token, now=now())
    door.rollback()
    if found is None:
        return None
    identity, stale = found
    if stale:
        begin_write(door)
        sessions.mark_seen(door, identity.session_id, now=now())
        door.commit()
    return Person(identity, token)


def _guard() -> ResponseReturnValue | None:
    view = _view()
    if view is None or request.endpoint in _FILES:
        return None
    wanted = declared(view)
    if wanted == OPEN:
        return None
    if not current_user.is_authenticated:
        return _signed_out(view)
    if half(view) and current_user.stage == "password":
        return None
    if current_user.stage != "full":
        return redirect(url_for("signing_in.second"), 303)
    if not isinstance(wanted, Action) or not current_user.may(wanted):
        raise Forbidden
    if current_user.unit_id is None and any(
        "\0" in text for pair in request.form.items(multi=True) for text in pair
    ):
        abort(400)  # No keyboard types it and no database keeps it; pages of units mend it in what they read.
    return None


def _signed_out(view: Callable[..., Any]) -> ResponseReturnValue:
    kept = request.method == "POST" and _rescue(view)
    if request.accept_mimetypes.best == "application/json":
        return {"signed_out": True, "kept": kept}, 401
    back = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
    if request.method == "POST" and request.view_args and "uid" in request.view_args and kept:
        back = url_for(back_of(view), uid=request.view_args["uid"])
    return redirect(url_for("signing_in.sign_in", next=back, kept="1" if kept else None), 303)


def _rescue(view: Callable[..., Any]) -> bool:
    """Keep what was typed under a session that ran out by time. One that was ended on purpose keeps nothing."""
    rescue, token, door = rescuer_of(view), cookie.get("_user_id"), gate()
    if rescue is None or not token:
        return False
    who, wanted = sessions.identify_expired(door, token, now=now()), declared(view)
    door.rollback()
    # Running out of time gives nobody a right: who could not have done it while signed in leaves nothing behind.
    if who is None or who.unit_id is None or not isinstance(wanted, Action) or not allowed(who.roles, wanted):
        return False
    room = Room(session(), who.unit_id)
    begin_write(session())
    rescue(room, Actor(who.account_id, who.name, who.roles), **(request.view_args or {}))
    session().commit()
    return True


def _once() -> Markup:
    """Return what makes a form that is sent twice make one thing."""
    return Markup('<input type="hidden" name="uid" value="{}">').format(own_uid())


def _csrf() -> Markup:
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def _finish(response: Response) -> Response:
    for name, value in security_headers(POLICY).items():
        response.headers.setdefault(name, value)
    if request.endpoint not in _FILES:
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _close(_: BaseException | None) -> None:
    if door := g.pop("gate", None):
        door.close()


def _forged(_: CSRFError) -> ResponseReturnValue:
    return _error(
        400,
        "这一步没有完成",
        "页面打开得太久，或不是从本平台的页面提交的，为安全起见没有执行。请返回上一页刷新后再提交；填写的内容没有改动。",
    )


_WORDS = {
    400: ("请求无法处理", "提交的内容不完整或格式不对。请返回上一页刷新后再试。"),
    403: ("您不能进行这项操作", "您的账号没有这项权限。需要时请联系本单位的账号管理员。"),
    404: ("没有找到", "这个地址没有内容，可能已被删除，或不属于您的单位。请从首页重新进入。"),
    405: ("不能这样打开", "这个地址只用于提交。请从首页重新进入。"),
    409: ("内容已有变化", "别人在您之前改动过。请返回后刷新页面再操作。"),
    413: ("内容太大", "提交的内容超过了允许的大小，没有保存。请分开提交，或压缩附件后再试。"),
    429: ("操作太频繁", "请稍等片刻再试。"),
    500: ("平台出错", "平台没能完成这一步，已保存的内容没有丢失。请稍后再试；多次出现请联系平台管理员。"),
    503: ("暂时不能使用", "平台暂时不能完成这一步，请稍后再试。"),
}


def _told(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400 or error.response is not None:
        return error
    if isinstance(error, SecurityError):  # No address of ours may be built from a host that is not ours.
        return Response("网址不对。请从平台管理员给的地址重新进入。", 400, mimetype="text/plain")
    title, words = _WORDS.get(code, _WORDS[400])
    own = error.description if isinstance(error.description, str) else ""
    # Werkzeug's own texts are English; those given to abort() in this program are Chinese.
    words = own if own and any("\u4e00" <= one <= "\u9fff" for one in own) else words
    return _error(code, title, words)


def _error(code: int, title: str, words: str) -> ResponseReturnValue:
    if request.accept_mimetypes.best == "application/json":
        return {"error": words}, code
    try:
        return page("office/error.html", title=title, words=words), code
    except (NotFound, Forbidden):  # Nobody is there to render a menu for.
        return Response(f"{title}：{words}", code, mimetype="text/plain")
