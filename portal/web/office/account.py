"""我的账号: password, name and mail address, second factors, devices, and the history of signing in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.drafting import Event
from portal.domain.roles import Action
from portal.services.accounts import entering, factors, keeping, passkeys, sessions, throttling
from portal.services.accounts.letters import write_letter
from portal.services.accounts.sealing import seal_text, unseal_text
from portal.services.desk.rooms import Room
from portal.web.guards import may
from portal.web.office.entrance import attempt, begin_gate, device, own_row, place, shanghai, told_wait
from portal.web.office.house import actor, gate, now, office, page, person
from portal.web.office.signing_in import ISSUER

bp = Blueprint("account", __name__)

_CRUMBS = "我的账号"
_HISTORY = 50


@bp.get("/account")
@may(Action.OWN_ACCOUNT)
def show() -> ResponseReturnValue:
    """Show the account."""
    return _show()


def _show(problems: Any = (), code: int = 200, *, typed: dict[str, str] | None = None) -> tuple[str, int]:
    door = gate()
    account, here = own_row(door)
    text = page(
        "office/account/show.html",
        title="我的账号",
        problems=list(problems),
        wrong=dict(problems),
        typed=typed or {},
        account=account,
        roles=[one.label for one in sorted(keeping.roles_of(account))],
        unit=account.unit.name if account.unit else "纪委监委",
        must=factors.must_have_factor(account),
        passkeys=[
            (one.id, one.name, shanghai(one.created_at), one.last_used_at and shanghai(one.last_used_at))
            for one in passkeys.passkeys_of(door, account)
        ],
        codes=factors.recovery_codes_left(door, account),
        devices=[
            (one.id, device(one.agent), one.address, shanghai(one.last_seen_at), one.id == here.id)
            for one in sessions.live_sessions(door, account, now=now())
        ],
        history=_history(door, account, 5),
    )
    return text, code


def _history(door: Any, account: Any, limit: int) -> list[tuple[str, str, str, str, bool]]:
    good = (throttling.OK, throttling.RESET, throttling.LINK)
    return [
        (
            shanghai(one.at),
            throttling.OUTCOMES.get(one.outcome, "其他"),
            one.address,
            device(one.agent),
            one.outcome in good,
        )
        for one in entering.history_of(door, account, limit=limit)
    ]


@bp.get("/account/history")
@may(Action.OWN_ACCOUNT)
def history() -> ResponseReturnValue:
    """Show the tries to sign in."""
    account, _ = own_row(gate())
    crumbs = [(_CRUMBS, url_for(".show"))]
    rows = _history(gate(), account, _HISTORY)
    return page("office/account/history.html", title="登录记录", crumbs=crumbs, history=rows, most=_HISTORY)


def _unconfirmed() -> str | None:
    """Say why the current password that was typed does not do; None where it does."""
    login = person().login
    who = attempt(login)
    try:
        fits = entering.password_fits(gate(), login, request.form.get("current", ""), who, now=now())
    except entering.Wait as wait:
        return told_wait(wait.until)
    if fits is not None:
        gate().rollback()
        return None
    door = begin_gate()
    account, _ = own_row(door)
    outcome = throttling.KNOWN_WRONG if who.known else throttling.WRONG
    throttling.enter(door, who, account, outcome, now=now())
    door.commit()
    return "当前密码不对。请重新输入。"


def _note(door: Any, remark: str) -> None:
    """Enter the change into the unit's steps; the commission's accounts have none."""
    unit_id = person().unit_id
    if unit_id is not None:
        Room(door, unit_id).write_down(
            Event.ACCOUNT, actor=actor(), now=now(), title=person().name, remark=remark
        )


def _back(told: str) -> ResponseReturnValue:
    flash(told)
    return redirect(url_for("account.show"), 303)


@bp.post("/account/details")
@may(Action.OWN_ACCOUNT)
def change_details() -> ResponseReturnValue:
    """Change name and mail address; a letter goes to the old address and to the new one."""
    typed = {name: request.form.get(name, "")[:300] for name in ("name", "email")}
    if problem := _unconfirmed():
        return _show([("details-current", problem)], 422, typed=typed)
    door = begin_gate()
    account, _ = own_row(door)
    try:
        name, email = keeping.read_name(typed["name"]), keeping.read_email(typed["email"])
    except keeping.NotKept as wrong:
        door.rollback()
        return _show([(wrong.field, str(wrong))], 422, typed=typed)
    before = account.name, account.email
    if (name, email) == before:
        return _back("没有改动。")
    told = "您账号的姓名或邮箱刚刚有改动。"
    if account.email and account.email != email:
        write_letter(door, account, subject="账号资料有改动", body=told, now=now())
    account.name, account.email = name, email
    write_letter(door, account, subject="账号资料有改动", body=told, now=now())
    _note(door, f"姓名由“{before[0]}”改为“{name}”" if name != before[0] else "修改了本人的邮箱")
    door.commit()
    return _back("资料已保存。")


@bp.post("/account/password")
@may(Action.OWN_ACCOUNT)
def change_password() -> ResponseReturnValue:
    """Change the password; every other device is signed out, and this one goes on."""
    if problem := _unconfirmed():
        return _show([("password-current", problem)], 422)
    door = begin_gate()
    account, here = own_row(door)
    password = request.form.get("password", "")
    problem = entering.password_of_link_problem(account, password, request.form.get("again", ""))
    if problem:
        door.rollback()
        return _show([("password", problem)], 422)
    entering.change_password(door, account, password, now=now(), but=here.id)
    _note(door, "修改了本人的密码")
    door.commit()
    return _back("密码已修改，其他设备已退出。")


@bp.get("/account/totp")
@may(Action.OWN_ACCOUNT)
def totp() -> ResponseReturnValue:
    """Show how to set up one-time codes."""
    return _totp(factors.new_secret())


def _totp(secret: str, *, problem: str = "", current: str = "", code: int = 200) -> ResponseReturnValue:
    who = person()
    return page(
        "office/account/totp.html",
        title="设置手机验证器",
        crumbs=[(_CRUMBS, url_for("account.show"))],
        problem=problem,
        wrong_current=current,
        picture=factors.qr_picture(secret, login=who.login, issuer=ISSUER),
        typed=factors.in_fours(secret),
        pending=seal_text(office().secret, secret, purpose="enrol", owner=str(who.session_id)),
    ), code


@bp.post("/account/totp")
@may(Action.OWN_ACCOUNT)
def set_totp() -> ResponseReturnValue:
    """Keep one-time codes, in place of those that there were; the first factor brings recovery codes."""
    secret = unseal_text(
        office().secret, request.form.get("pending", ""), purpose="enrol", owner=str(person().session_id)
    )
    if secret is None:
        return _totp(factors.new_secret(), problem="页面已经过期。请用新的二维码重新添加。", code=422)
    if problem := _unconfirmed():
        return _totp(secret, current=problem, code=422)
    step = factors.fitting_step(secret, request.form.get("code", ""), after=None, now=now())
    if step is None:
        return _totp(secret, problem="验证码不对。请核对手机时间，输入应用里正在显示的 6 位数字。", code=422)
    door = begin_gate()
    account, here = own_row(door)
    factors.enrol_totp(door, account, secret, step=step, key=office().secret)
    return _factor_added(door, account, here, "设置了手机验证器")


def _factor_added(door: Any, account: Any, here: Any, what: str) -> ResponseReturnValue:
    sessions.end_sessions(door, account, reason="factor", now=now(), but=here.id)
    write_letter(door, account, subject="第二步验证有改动", body=f"您的账号刚刚{what}。", now=now())
    _note(door, what)
    codes = []
    if not factors.recovery_codes_left(door, account):
        codes = factors.new_recovery_codes(door, account, key=office().secret)
    door.commit()
    return _codes(codes) if codes else _back("已保存。其他设备已退出。")


def _codes(codes: list[str]) -> ResponseReturnValue:
    return page(
        "office/account/codes.html",
        title="备用码",
        codes=codes,
        then=url_for("account.show"),
        login=person().login,
    )


@bp.post("/account/totp/remove")
@may(Action.OWN_ACCOUNT)
def remove_totp() -> ResponseReturnValue:
    """Take one-time codes away."""
    if problem := _unconfirmed():
        return _show([("factor-current", problem)], 422)
    door = begin_gate()
    account, here = own_row(door)
    factors.remove_totp(door, account)
    return _factor_removed(door, account, here, "删除了手机验证器")


def _factor_removed(door: Any, account: Any, here: Any, what: str) -> ResponseReturnValue:
    if not factors.has_factor(door, account):
        if factors.must_have_factor(account):
            door.rollback()
            problem = "您的角色必须有第二步验证。请先添加另一种，再删除这一种。"
            return _show([("", problem)], 422)
        factors.remove_all_factors(door, account)  # Recovery codes alone stand for nothing.
    sessions.end_sessions(door, account, reason="factor", now=now(), but=here.id)
    write_letter(door, account, subject="第二步验证有改动", body=f"您的账号刚刚{what}。", now=now())
    _note(door, what)
    door.commit()
    return _back("已删除。其他设备已退出。")


@bp.post("/account/passkeys/options")
@may(Action.OWN_ACCOUNT)
def passkey_options() -> ResponseReturnValue:
    """Begin to register a passkey, once the current password was given."""
    if problem := _unconfirmed():
        return {"error": problem}, 422
    door = begin_gate()
    account, here = own_row(door)
    options = passkeys.registration_options(door, account, here, place=place())
    door.commit()
    return Response(options, mimetype="application/json")


@bp.post("/account/passkeys")
@may(Action.OWN_ACCOUNT)
def add_passkey() -> ResponseReturnValue:
    """Keep a passkey. The challenge that it answers was given out for the password alone."""
    door = begin_gate()
    account, here = own_row(door)
    name = " ".join(request.form.get("name", "").split())[:40] or "通行密钥"
    try:
        name = keeping.read_name(name)
        passkeys.register(
            door, account, here, request.form.get("credential", ""), name=name, place=place(), now=now()
        )
    except (passkeys.PasskeyRefused, keeping.NotKept) as refused:
        door.commit()
        return _show([("", str(refused))], 422)
    return _factor_added(door, account, here, f"添加了通行密钥“{name}”")


@bp.post("/account/passkeys/<int:number>/remove")
@may(Action.OWN_ACCOUNT)
def remove_passkey(number: int) -> ResponseReturnValue:
    """Take a passkey away."""
    mine, _ = own_row(gate())
    if number not in {one.id for one in passkeys.passkeys_of(gate(), mine)}:
        abort(404)
    if problem := _unconfirmed():
        return _show([("factor-current", problem)], 422)
    door = begin_gate()
    account, here = own_row(door)
    name = passkeys.remove(door, account, number)
    if name is None:
        abort(404)
    return _factor_removed(door, account, here, f"删除了通行密钥“{name}”")


@bp.post("/account/codes")
@may(Action.OWN_ACCOUNT)
def new_codes() -> ResponseReturnValue:
    """Make new recovery codes; the old ones work no more."""
    if problem := _unconfirmed():
        return _show([("factor-current", problem)], 422)
    door = begin_gate()
    account, _ = own_row(door)
    if not factors.has_factor(door, account):
        door.rollback()
        return _show([("", "请先设置手机验证器或通行密钥，备用码是它们的替代。")], 422)
    codes = factors.new_recovery_codes(door, account, key=office().secret)
    write_letter(
        door, account, subject="更换了备用码", body="您的账号刚刚生成了新的备用码，旧的已作废。", now=now()
    )
    door.commit()
    return _codes(codes)


@bp.post("/account/sessions/<int:number>/end")
@may(Action.OWN_ACCOUNT)
def end_session(number: int) -> ResponseReturnValue:
    """Sign another device out."""
    door = begin_gate()
    account, here = own_row(door)
    if number == here.id or not sessions.end_one(door, account, number, reason="ended", now=now()):
        abort(404)
    door.commit()
    return _back("那台设备已退出。")


@bp.post("/account/sessions/end-others")
@may(Action.OWN_ACCOUNT)
def end_others() -> ResponseReturnValue:
    """Sign every other device out."""
    door = begin_gate()
    account, here = own_row(door)
    count = sessions.end_sessions(door, account, reason="ended", now=now(), but=here.id)
    door.commit()
    return _back(f"其他 {count} 台设备已退出。" if count else "没有其他已登录的设备。")
