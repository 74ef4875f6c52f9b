"""What signing in and people's own accounts have in common: who tries, in which browser, and where to go then."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import unquote

from flask import Response, abort, current_app, redirect, request, url_for
from flask import session as cookie
from flask_login import login_user

from portal.services.accounts import entering, sessions
from portal.services.accounts.entering import subject_of
from portal.services.accounts.passkeys import Place
from portal.services.accounts.sealing import seal_text, unseal_text
from portal.services.accounts.seconding import NotSeconded, second
from portal.services.accounts.throttling import Try
from portal.services.desk.rooms import Actor
from portal.store.db import begin_write
from portal.web.office.house import Person, gate, now, office, person

_KNOWN_FOR = timedelta(days=180)
_SHANGHAI = timezone(timedelta(hours=8))
LINK_LENGTH = 2000


def local_path(text: str | None) -> str:
    """Return the address to go on to if it is a path of this office, else the home.

    Browsers read `\\` as `/`, drop control characters and decode nothing, but proxies may decode once: what would lead
    elsewhere after up to two decodings is refused too.
    """
    wanted = text or "/"
    for _ in range(3):
        unsafe = any(ord(one) < 0x21 or one in "\\\x7f" or 0x80 <= ord(one) < 0xA1 for one in wanted)
        if not wanted.startswith("/") or wanted.startswith("//") or unsafe or len(wanted) > LINK_LENGTH:
            return "/"
        if "/.." in wanted or "/./" in wanted:
            return "/"
        wanted = unquote(wanted)
    return text or "/"


def begin_gate() -> Any:
    """Begin to write to the gate's session, and return it."""
    door = gate()
    begin_write(door)
    return door


def attempt(login: str) -> Try:
    """Return who tries to sign in, as far as throttling counts it."""
    subject = subject_of(office().secret, login)
    known = unseal_text(
        office().secret, request.cookies.get(_known_name(subject), ""), purpose="known", owner=subject
    )
    return Try(subject, request.remote_addr or "", request.user_agent.string[:300], known == subject)


def place() -> Place:
    """Return where passkeys are valid."""
    # The host was checked against TRUSTED_HOSTS; behind a proxy the scheme is that of the office's own address.
    scheme = office().own_url.partition("://")[0]
    return Place(f"{scheme}://{request.host}")


def let_in(token: str, then: str) -> Response:
    """Give the browser the new session and go on. Everything that the cookie held before is thrown away."""
    cookie.clear()
    found = sessions.identify(gate(), token, now=now())
    gate().rollback()
    assert found is not None  # noqa: S101 - it was begun a moment ago.
    identity, _ = found
    login_user(Person(identity, token))
    answer = redirect(then, 303)
    assert isinstance(answer, Response)  # noqa: S101 - Flask's own class.
    return remember(answer, identity.login) if identity.stage == "full" else answer


def remember(answer: Response, login: str) -> Response:
    """Let the browser be known for this login: others' failed tries will not hold it up."""
    subject = subject_of(office().secret, login)
    answer.set_cookie(
        _known_name(subject),
        seal_text(office().secret, subject, purpose="known", owner=subject),
        max_age=_KNOWN_FOR,
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        httponly=True,
        samesite="Lax",
    )
    return answer


def seconded(unit_id: int, who: Actor) -> Actor:
    """Return the second person who gave login, password and code with the request; raise `NotSeconded`.

    What was tried is entered at once, whatever becomes of the request.
    """
    login, password = request.form.get("second_login", "")[:200], request.form.get("second_password", "")
    tried = attempt(login)
    door = gate()
    try:
        fits = entering.password_fits(door, login, password, tried, now=now())
        begin_write(door)
        return second(
            door,
            actor=who,
            unit_id=unit_id,
            login=login,
            fits=fits,
            code=request.form.get("second_code", ""),
            attempt=tried,
            key=office().secret,
            now=now(),
        )
    except entering.Wait as wait:
        raise NotSeconded(told_wait(wait.until)) from wait
    finally:
        door.commit()


def told_wait(until: datetime) -> str:
    """Say how long to wait."""
    seconds = max(1, int((until - now()).total_seconds() + 0.999))
    long = f"{seconds} 秒" if seconds < 120 else f"{-(-seconds // 60)} 分钟"
    return (
        f"连续多次没有通过，请等 {long}（到 {until.astimezone(_SHANGHAI):%H:%M:%S}）再试。账号没有被锁定；"
        "忘记密码时可以用“忘记密码”重设，不必等待。"
    )


def own_row(door: Any) -> tuple[Any, Any]:
    """Return the account and the row of the session of who is signed in, in that database session."""
    found = sessions.find_session(door, person().token, now=now())
    if found is None:  # It ended between two looks at it.
        door.rollback()
        abort(redirect(url_for("signing_in.sign_in"), 303))
    return sessions.account_of(door, found), found


def link_address(endpoint: str) -> str:
    """Return the full address of a link page with `{}` for its token."""
    return office().own_url + url_for(endpoint, token="TOKEN").replace("TOKEN", "{}")  # noqa: S106 - a place to fill.


def shanghai(moment: datetime) -> str:
    """Return an instant as people here read it."""
    return f"{moment.astimezone(_SHANGHAI):%Y-%m-%d %H:%M}"


def device(agent: str) -> str:
    """Return what a browser's own name says about it, in short."""
    system = next((word for mark, word in _SYSTEMS if mark in agent), "其他设备")
    browser = next((word for mark, word in _BROWSERS if mark in agent), "其他浏览器")
    return f"{system}，{browser}"


_SYSTEMS = (
    ("Android", "安卓手机"),
    ("iPhone", "苹果手机"),
    ("iPad", "苹果平板"),
    ("HarmonyOS", "鸿蒙设备"),
    ("Windows", "Windows 电脑"),
    ("Mac OS", "苹果电脑"),
    ("Linux", "Linux 电脑"),
)
_BROWSERS = (
    ("Edg", "Edge"),
    ("360", "360 浏览器"),
    ("Firefox", "火狐"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


def _known_name(subject: str) -> str:
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    return f"{'__Host-' if secure else ''}known-{subject[:12]}"
