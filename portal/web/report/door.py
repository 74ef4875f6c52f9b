"""Everything that happens before and after a route: limits, memory instead of files, headers, words for what goes wrong.

An error is logged by a random mark and by its type: its text, its traceback and the request may hold what people wrote.
"""

from __future__ import annotations

import logging
import secrets
import traceback
from io import BytesIO
from types import TracebackType
from typing import IO

from flask import Flask, Request, Response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from portal.services.reports.challenges import BadChallenge
from portal.services.reports.intake import Refused
from portal.services.reports.quotas import NoRoom
from portal.web.headers import security_headers
from portal.web.report.limits import LONGEST_FORM, for_programs, limit_of

REFUSED_BEFORE = "HTTP_X_PORTAL_REFUSED"
"""Where the server tells that it refused a body before reading it: `413`, `411` or `503`."""

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
_PROGRAM_POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
_MOST_FIELDS = 300
RETRY_AFTER = "20"  # Seconds.
log = logging.getLogger("portal.report")


class MemoryRequest(Request):
    """A request whose files stay in memory. Werkzeug's own writes those over 500 KB to a temporary file, in the clear."""

    max_form_memory_size = LONGEST_FORM
    max_form_parts = _MOST_FIELDS

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002 - Werkzeug's signature, here and below.
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,  # noqa: ARG002
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        return BytesIO()


class ReportApp(Flask):
    """Logs nothing of a request."""

    request_class = MemoryRequest

    def log_exception(
        self,
        exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None],
    ) -> None:
        """Log a mark and the error's type, and let go of what its frames hold."""
        note_error(exc_info[0], exc_info[2])


def note_error(kind: type | None, trace: TracebackType | None) -> str:
    """Log an error by a random mark, its type and the line of our own program; return the mark."""
    mark = secrets.token_hex(4)
    place = "?"
    for frame, line in traceback.walk_tb(trace):
        place = f"{frame.f_globals.get('__name__', '?')}:{line}"
    log.error("error %s: %s at %s", mark, kind.__name__ if kind else "?", place)
    if trace is not None:
        traceback.clear_frames(trace)
    return mark


def hang(app: Flask) -> None:
    """Put the door into the app."""
    app.config.update(
        MAX_CONTENT_LENGTH=LONGEST_FORM,
        MAX_FORM_MEMORY_SIZE=LONGEST_FORM,
        MAX_FORM_PARTS=_MOST_FIELDS,
        PROPAGATE_EXCEPTIONS=False,  # Whoever is outside would log what they raise.
    )
    app.before_request(_limit)
    app.after_request(_finish)
    app.register_error_handler(HTTPException, _told)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(BadChallenge, _unpaid)
    app.register_error_handler(NoRoom, _no_room)


def _limit() -> ResponseReturnValue | None:
    limit = limit_of(request.method, request.path)
    request.max_content_length = limit.longest
    before = request.environ.get(REFUSED_BEFORE)
    if before is not None:
        return say(int(before) if before in ("411", "413", "503") else 400)
    if (request.content_length or 0) > limit.longest:
        return say(413)
    return None


def _finish(response: Response) -> Response:
    programs = for_programs(request.path)
    for name, value in security_headers(_PROGRAM_POLICY if programs else POLICY).items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    if programs:
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
            response.headers["Access-Control-Allow-Headers"] = "Content-Type"
            response.headers["Access-Control-Max-Age"] = "600"
    if response.status_code == 503:
        response.headers["Retry-After"] = RETRY_AFTER
    return response


_WORDS = {
    400: ("bad_request", "没有看懂", "提交的内容不完整或格式不对，没有接收。请重新打开页面再试。"),
    404: ("not_found", "没有找到", "这个地址没有内容。请从公开网站的“举报”页面进入。"),
    405: ("not_allowed", "不能这样打开", "这个地址只用于提交。请从公开网站的“举报”页面进入。"),
    411: ("no_length", "没有接收", "提交的内容没有说明长度，没有接收。请换一个浏览器再试。"),
    413: (
        "too_large",
        "内容太大",
        "提交的内容超过了允许的大小，没有接收，也没有留下。请返回上一页，减少或压缩附件后再提交；文字可以先提交，附件以后补交。",
    ),
    500: (
        "failed",
        "没有完成",
        "出了故障，这一步没有完成，您填写的内容没有留在服务器上。请返回上一页再提交一次；不会重复受理。",
    ),
    503: (
        "busy",
        "请稍等",
        "现在提交的人多，这一次没有接收。请过半分钟，返回上一页再提交；您填写的内容还在上一页里。",
    ),
}


def say(status: int, *, code: str = "", words: str = "", title: str = "") -> ResponseReturnValue:
    """Return an answer that says what went wrong: JSON to programs, a page to people."""
    usual = _WORDS.get(status, _WORDS[400])
    code, title, words = code or usual[0], title or usual[1], words or usual[2]
    if for_programs(request.path):
        return {"error": code, "words": words}, status
    return render_template("report/error.html", title=title, words=words), status


def _told(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or (error.code or 500) < 400:
        return error
    return say(error.code or 500)


def _refused(error: Refused) -> ResponseReturnValue:
    title = "暂时不能提交" if error.status == 503 else ""
    return say(error.status, code=error.code, words=str(error), title=title)


def _unpaid(error: BadChallenge) -> ResponseReturnValue:
    return say(400, code=error.code, words=str(error))


def _no_room(error: NoRoom) -> ResponseReturnValue:
    return say(503, code=error.code, words=str(error), title="暂时不能接收")
