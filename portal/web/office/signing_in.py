"""Signing in and out: password, second factor, the links of invitations and resets."""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import logout_user

from portal.domain.roles import Action
from portal.services.accounts import entering, factors, links, passkeys, sessions
from portal.services.accounts.sealing import seal_text, unseal_text
from portal.web.guards import half_signed_in, may, open_to_all
from portal.web.office.entrance import (
    attempt,
    begin_gate,
    let_in,
    link_address,
    local_path,
    own_row,
    place,
    remember,
    told_wait,
)
from portal.web.office.house import gate, now, office, page, person

bp = Blueprint("signing_in", __name__)

_WRONG = "账号或密码不对，或者账号已停用。请核对后再试。"
_PASSKEY_WAITS = timedelta(minutes=5)
ISSUER = "阳光权力公开平台"


@bp.get("/sign-in")
@open_to_all
def sign_in() -> ResponseReturnValue:
    """Show the form."""
    return _form(then=local_path(request.args.get("next")), kept=request.args.get("kept") == "1")


def _form(
    *, then: str, login: str = "", problems: Any = (), kept: bool = False, code: int = 200
) -> ResponseReturnValue:
    text = page(
        "office/signing_in/sign_in.html", title="登录", then=then, login=login, problems=problems, kept=kept
    )
    return text, code


@bp.post("/sign-in")
@open_to_all
def enter() -> ResponseReturnValue:
    """Look at login and password; the answer to a login that nobody has is the same as to a wrong password."""
    then, login = local_path(request.form.get("next")), request.form.get("login", "")[:200]
    password, who = request.form.get("password", ""), attempt(login)
    try:
        fits = entering.password_fits(gate(), login, password, who, now=now())
        door = begin_gate()
        entered = entering.sign_in(door, login, password, fits, who, now=now())
    except entering.Wait as wait:
        return _form(then=then, login=login, problems=[("", told_wait(wait.until))], code=429)
    door.commit()
    if entered is None:
        return _form(then=then, login=login, problems=[("login", _WRONG)], code=422)
    return let_in(entered.token, url_for(".second", next=then) if entered.owes else then)


@bp.post("/sign-in/passkey/options")
@open_to_all
def passkey_options() -> ResponseReturnValue:
    """Begin to sign in with a passkey alone. No row exists yet: the challenge stays, signed, in the cookie."""
    challenge = secrets.token_bytes(32)
    cookie["passkey"] = [b64encode(challenge).decode(), now().isoformat()]
    return Response(passkeys.first_options(challenge, place=place()), mimetype="application/json")


@bp.post("/sign-in/passkey")
@open_to_all
def enter_by_passkey() -> ResponseReturnValue:
    """Sign in with a passkey alone."""
    then = local_path(request.form.get("next"))
    kept = cookie.pop("passkey", None)
    asked_at = datetime.fromisoformat(kept[1]) if kept else None
    if kept is None or asked_at is None or now() - asked_at > _PASSKEY_WAITS:
        problem = "这次通行密钥登录已经失效。请再点一次“用通行密钥登录”。"
        return _form(then=then, problems=[("", problem)], code=422)
    door = begin_gate()
    try:
        entered = entering.sign_in_by_passkey(
            door,
            request.form.get("credential", ""),
            challenge=b64decode(kept[0]),
            asked_at=asked_at,
            place=place(),
            attempt=attempt(""),
            now=now(),
        )
    except passkeys.PasskeyRefused as refused:
        door.rollback()
        return _form(then=then, problems=[("", str(refused))], code=422)
    door.commit()
    return let_in(entered.token, then)


@bp.get("/sign-in/second")
@may(Action.OWN_ACCOUNT)
@half_signed_in
def second() -> ResponseReturnValue:
    """Ask for the second factor; who has none yet sets one up first."""
    then = local_path(request.args.get("next"))
    if person().stage == "full":
        return redirect(then, 303)
    account, _ = own_row(gate())
    if not factors.has_factor(gate(), account):
        return redirect(url_for(".set_up", next=then), 303)
    return _second(then)


def _second(then: str, problem: str = "", code: int = 200) -> ResponseReturnValue:
    account, _ = own_row(gate())
    return page(
        "office/signing_in/second.html",
        title="第二步验证",
        then=then,
        problem=problem,
        has_totp=account.totp_secret is not None,
        has_passkey=bool(passkeys.passkeys_of(gate(), account)),
    ), code


@bp.post("/sign-in/second")
@may(Action.OWN_ACCOUNT)
@half_signed_in
def give_second() -> ResponseReturnValue:
    """Look at a code or at a passkey's answer."""
    then = local_path(request.form.get("next"))
    if person().stage == "full":
        return redirect(then, 303)
    door = begin_gate()
    account, here = own_row(door)
    who = attempt(account.login)
    answer = request.form.get("credential", "")
    token: str | None
    try:
        if answer:
            token = _by_passkey(door, account, here, answer, who)
        else:
            token = entering.give_code(
                door, account, here, request.form.get("code", ""), who, key=office().secret, now=now()
            )
    except entering.Wait as wait:
        door.rollback()
        return _second(then, told_wait(wait.until), 429)
    except passkeys.PasskeyRefused as refused:
        door.commit()  # The challenge is used up all the same.
        return _second(then, str(refused), 422)
    door.commit()
    if token is None:
        return _second(then, "验证码不对或已经用过。请等应用里显示下一个验证码再试，或使用备用码。", 422)
    return let_in(token, then)


def _by_passkey(door: Any, account: Any, here: Any, answer: str, who: Any) -> str:
    challenge, here.challenge = here.challenge, None
    if challenge is None:
        raise passkeys.PasskeyRefused("这次验证已经失效。请再点一次“使用通行密钥”。")
    passkeys.prove(
        door, answer, challenge=challenge, asked_at=None, account=account, place=place(), now=now()
    )
    return entering.rise(door, account, here, who, now=now())


@bp.post("/sign-in/second/options")
@may(Action.OWN_ACCOUNT)
@half_signed_in
def second_options() -> ResponseReturnValue:
    """Begin to prove a passkey after the password. Who is in already gets none: it would do to register one, too."""
    if person().stage == "full":
        return {"error": "已经登录。请刷新页面。"}, 409
    door = begin_gate()
    account, here = own_row(door)
    options = passkeys.second_factor_options(door, account, here, place=place())
    door.commit()
    return Response(options, mimetype="application/json")


@bp.get("/sign-in/set-up")
@may(Action.OWN_ACCOUNT)
@half_signed_in
def set_up() -> ResponseReturnValue:
    """Show how to set up a second factor, to those whose roles ask for one and who have none."""
    then = local_path(request.args.get("next"))
    if (elsewhere := _set_already(then)) is not None:
        return elsewhere
    return _set_up(factors.new_secret(), then)


def _set_already(then: str) -> ResponseReturnValue | None:
    if person().stage == "full":
        return redirect(then, 303)
    account, _ = own_row(gate())
    # Who has a factor must give it; setting up another here would go round it.
    return redirect(url_for(".second", next=then), 303) if factors.has_factor(gate(), account) else None


def _set_up(secret: str, then: str, problem: str = "", code: int = 200) -> ResponseReturnValue:
    who = person()
    return page(
        "office/signing_in/set_up.html",
        title="设置第二步验证",
        then=then,
        problem=problem,
        picture=factors.qr_picture(secret, login=who.login, issuer=ISSUER),
        typed=factors.in_fours(secret),
        pending=seal_text(office().secret, secret, purpose="enrol", owner=str(who.session_id)),
    ), code


@bp.post("/sign-in/set-up")
@may(Action.OWN_ACCOUNT)
@half_signed_in
def finish_set_up() -> ResponseReturnValue:
    """Keep the first second factor, show the recovery codes, and raise the session."""
    then = local_path(request.form.get("next"))
    door = begin_gate()
    if (elsewhere := _set_already(then)) is not None:
        return elsewhere
    account, here = own_row(door)
    if answer := request.form.get("credential", ""):
        try:
            passkeys.register(door, account, here, answer, name="第一个通行密钥", place=place(), now=now())
        except passkeys.PasskeyRefused as refused:
            door.commit()
            return _set_up(factors.new_secret(), then, str(refused), 422)
    else:
        secret = unseal_text(
            office().secret, request.form.get("pending", ""), purpose="enrol", owner=str(here.id)
        )
        if secret is None:
            return _set_up(factors.new_secret(), then, "页面已经过期。请用新的二维码重新添加。", 422)
        step = factors.fitting_step(secret, request.form.get("code", ""), after=None, now=now())
        if step is None:
            problem = "验证码不对。请核对手机时间是否准确，输入应用里正在显示的 6 位数字。"
            return _set_up(secret, then, problem, 422)
        factors.enrol_totp(door, account, secret, step=step, key=office().secret)
    codes = factors.new_recovery_codes(door, account, key=office().secret)
    token = entering.rise(door, account, here, attempt(account.login), now=now())
    door.commit()
    answer_to = let_in(token, then)
    # The codes are shown in this one answer and nowhere else, with the cookie of the raised session.
    text = page("office/account/codes.html", title="备用码", codes=codes, then=then, login=account.login)
    answer_to.status_code, answer_to.data = 200, text.encode()
    del answer_to.headers["Location"]
    return answer_to


@bp.post("/sign-in/set-up/options")
@may(Action.OWN_ACCOUNT)
@half_signed_in
def set_up_options() -> ResponseReturnValue:
    """Begin to register the first passkey."""
    door = begin_gate()
    if _set_already("/") is not None:
        return {"error": "已经设置过第二步验证。请刷新页面。"}, 409
    account, here = own_row(door)
    options = passkeys.registration_options(door, account, here, place=place())
    door.commit()
    return Response(options, mimetype="application/json")


@bp.post("/sign-out")
@may(Action.OWN_ACCOUNT)
@half_signed_in
def sign_out() -> ResponseReturnValue:
    """End the session."""
    door = begin_gate()
    account, here = own_row(door)
    sessions.end_one(door, account, here.id, reason="signed_out", now=now())
    door.commit()
    logout_user()
    cookie.clear()
    flash("已退出。")
    return redirect(url_for(".sign_in"), 303)


@bp.get("/forgot")
@open_to_all
def forgot() -> ResponseReturnValue:
    """Ask for whom a reset link is wanted."""
    return page("office/signing_in/forgot.html", title="忘记密码", asked=False)


@bp.post("/forgot")
@open_to_all
def ask_reset() -> ResponseReturnValue:
    """Send a reset link where there is somebody to send it to; say the same in any case."""
    login = request.form.get("login", "")[:200]
    door = begin_gate()
    links.mail_reset(door, entering.find_account(door, login), address=link_address(".reset"), now=now())
    door.commit()
    return page("office/signing_in/forgot.html", title="忘记密码", asked=True)


@bp.get("/invitation/<token>")
@open_to_all
def invitation(token: str) -> ResponseReturnValue:
    """Show the form for a first password."""
    return _link(token, links.INVITATION)


@bp.post("/invitation/<token>")
@open_to_all
def accept(token: str) -> ResponseReturnValue:
    """Take an invitation up."""
    return _take(token, links.INVITATION)


@bp.get("/reset/<token>")
@open_to_all
def reset(token: str) -> ResponseReturnValue:
    """Show the form for a new password."""
    return _link(token, links.RESET)


@bp.post("/reset/<token>")
@open_to_all
def take_reset(token: str) -> ResponseReturnValue:
    """Set the new password."""
    return _take(token, links.RESET)


def _link(token: str, purpose: str, problem: str = "", code: int = 200) -> ResponseReturnValue:
    account = links.find_link(gate(), token, purpose, now=now())
    title = "设置密码" if purpose == links.INVITATION else "重设密码"
    if account is None:
        return page("office/signing_in/no_link.html", title="链接不能使用", reset=purpose == links.RESET), 404
    return page(
        "office/signing_in/link.html",
        title=title,
        login=account.login,
        name=account.name,
        unit=account.unit.name if account.unit else "纪委监委",
        invited=purpose == links.INVITATION,
        problem=problem,
    ), code


def _take(token: str, purpose: str) -> ResponseReturnValue:
    password, again = request.form.get("password", ""), request.form.get("again", "")
    door = begin_gate()
    account = links.find_link(door, token, purpose, now=now())
    problem = entering.password_of_link_problem(account, password, again) if account is not None else ""
    if account is None or problem:
        door.rollback()
        return _link(token, purpose, problem or "", 422)
    login = account.login
    entered = entering.take_link(door, token, purpose, password, attempt(login), now=now())
    assert entered is not None  # noqa: S101 - found above, under the same lock.
    door.commit()
    return remember(let_in(entered.token, url_for(".second") if entered.owes else "/"), login)
