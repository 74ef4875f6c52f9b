"""账号管理: a unit's administrator keeps the unit's accounts, the commission's keeps its own and the units' administrators."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.drafting import Event
from portal.domain.roles import COMMISSION_ROLES, UNIT_ROLES, Action, Role
from portal.services.accounts import factors, keeping
from portal.services.desk.rooms import Room
from portal.web.guards import may
from portal.web.office.entrance import begin_gate, link_address, own_row, shanghai
from portal.web.office.house import actor, begin, gate, now, page, person, room, session, today_of
from portal.web.office.paging import named, part_of

bp = Blueprint("users", __name__)

HINTS = {
    Role.STAFF: "可以看对本单位职工公开的内容。",
    Role.GROUP: "可以看对班子成员公开的内容。",
    Role.EDITOR: "填写、上传、提交审核。",
    Role.REVIEWER: "审核、退回、发布和撤回。不能审核自己填报的内容。必须使用第二步验证。",
    Role.UNIT_ADMIN: "管理本单位的账号和班子名单。必须使用第二步验证。",
    Role.OFFICER: "看公开情况和问题清单，问询、提醒、督办、整改、检查、发通报。必须使用第二步验证。",
    Role.FILINGS: "登记、查看特定关系人报备。其他人只看得到是否命中。必须使用第二步验证。",
    Role.INTAKE: "登记来件，打开、办理发给本人的举报件。须先在“我的密钥”中生成密钥。必须使用第二步验证。",
    Role.INTAKE_LEAD: "分派举报件，批准澄清和延期，看统计和查看记录。没有密钥的，什么也看不到。必须使用第二步验证。",
    Role.COMMISSION_ADMIN: "管理单位名册、制度参数和放假安排，看操作日志；管理纪委监委的账号和各单位的首位管理员。必须使用第二步验证。",
}


@dataclass(frozen=True)
class Desk:
    """One of the two places where accounts are kept."""

    prefix: str  # Of its endpoints.
    title: str
    roles: frozenset[Role]  # Those to give here.

    def at(self, what: str, **values: Any) -> str:
        """Return the address of one of its pages."""
        return url_for(f"users.{self.prefix}{what}", **values)


UNIT = Desk("", "账号管理", UNIT_ROLES)
COMMISSION = Desk("commission_", "账号管理", COMMISSION_ROLES)


def _of_unit(number: int) -> Any:
    return room().account(number) or abort(404)


def _of_commission(number: int) -> Any:
    kept = keeping.kept_by_commission(gate(), person().jurisdiction)
    return next((one for one in kept if one.id == number), None) or abort(404)


def _session(desk: Desk) -> Any:
    return session() if desk is UNIT else gate()


def _begin(desk: Desk) -> Any:
    if desk is COMMISSION:
        return begin_gate()
    begin()
    return room().session


def _find(desk: Desk, number: int) -> Any:
    return _of_unit(number) if desk is UNIT else _of_commission(number)


def _note(desk: Desk, account: Any, remark: str) -> None:
    """Enter the change into the steps of the account's unit; the commission's own accounts have no unit."""
    if desk is UNIT:
        room().write_down(Event.ACCOUNT, actor=actor(), now=now(), title=account.name, remark=remark)
    elif account.unit_id is not None:
        # The commission's administrator is bound to no unit: this request enters one step of this unit's, no more.
        Room(gate(), account.unit_id).write_down(
            Event.ACCOUNT, actor=actor(), now=now(), title=account.name, remark=f"纪委监委：{remark}"
        )


def _row(desk: Desk, account: Any) -> dict[str, Any]:
    state = "已停用" if not account.active else "已启用" if account.password_hash else "待接受邀请"
    return {
        "id": account.id,
        "name": account.name,
        "login": account.login,
        "unit": account.unit.name if account.unit else "纪委监委",
        "roles": [one.label for one in sorted(keeping.roles_of(account))],
        "state": state,
        "factor": factors.has_factor(_session(desk), account),
        "must": factors.must_have_factor(account),
        "address": desk.at("one", number=account.id),
    }


def _listing(desk: Desk, accounts: Iterable[Any], link: str = "", invited: str = "") -> str:
    name = request.args.get("q", "").strip()[:60]
    part = part_of(
        [
            one
            for one in accounts
            if named(name, one.name, one.login, one.unit.name if one.unit else "纪委监委")
        ],
        at=desk.at("listing"),
    )
    return page(
        "office/users/listing.html",
        title=desk.title,
        part=part,
        rows=[_row(desk, one) for one in part.rows],
        name=name,
        desk=desk,
        commission=desk is COMMISSION,
        link=link,
        invited=invited,
    )


def _accounts(desk: Desk) -> list[Any]:
    if desk is UNIT:
        return room().accounts()
    return keeping.kept_by_commission(gate(), person().jurisdiction)


def _invitation(desk: Desk, problem: keeping.NotKept | None = None) -> ResponseReturnValue:
    units = [] if desk is UNIT else keeping.units_for_invitation(gate(), person().jurisdiction, on=today_of())
    text = page(
        "office/users/invite.html",
        title="邀请人员",
        crumbs=[(desk.title, desk.at("listing"))],
        desk=desk,
        roles=_choices(desk.roles, request.form.getlist("roles")),
        units=[(str(one.id), one.name) for one in units],
        commission=desk is COMMISSION,
        typed=request.form,
        problems=[(problem.field, str(problem))] if problem else [],
        wrong={problem.field: str(problem)} if problem else {},
    )
    return text, 422 if problem else 200


def _choices(roles: frozenset[Role], ticked: Iterable[str]) -> list[tuple[str, str, str, bool]]:
    chosen = set(ticked)
    return [(one.value, one.label, HINTS[one], one.value in chosen) for one in Role if one in roles]


def _invite(desk: Desk) -> ResponseReturnValue:
    door = _begin(desk)
    try:
        jurisdiction, unit, roles = _whose(desk, door)
        account = keeping.make_account(
            door,
            jurisdiction=jurisdiction,
            unit=unit,
            login=request.form.get("login", ""),
            name=request.form.get("name", ""),
            email=request.form.get("email", ""),
            roles=roles,
            by=person().name,
            now=now(),
        )
    except keeping.NotKept as problem:
        door.rollback()
        return _invitation(desk, problem)
    named = "、".join(one.label for one in sorted(keeping.roles_of(account)))
    _note(desk, account, f"邀请人员，角色：{named}")
    return _sent(desk, door, account)


def _whose(desk: Desk, door: Any) -> tuple[Any, Any, list[str]]:
    """Return jurisdiction, unit and roles of a new account. No field of the form names a unit at a unit's own desk."""
    if desk is UNIT:
        home = room().unit
        return home.jurisdiction, home, request.form.getlist("roles")
    account, _ = own_row(door)
    wanted = request.form.get("unit", "")
    if not wanted:
        return account.jurisdiction, None, request.form.getlist("roles")
    units = keeping.units_for_invitation(door, person().jurisdiction, on=today_of())
    unit = next((one for one in units if str(one.id) == wanted), None)
    if unit is None:
        raise keeping.NotKept("没有这个单位。请从列表中选择。", "unit")
    return account.jurisdiction, unit, [Role.UNIT_ADMIN.value]


def _sent(desk: Desk, door: Any, account: Any) -> ResponseReturnValue:
    """Make the link. Where there is a mail address it goes there; else it is shown, this once."""
    link = keeping.invite(
        door, account, address=link_address("signing_in.invitation"), by=person().name, now=now()
    )
    mailed, name = bool(account.email), account.name
    door.commit()
    if mailed:
        flash(f"邀请已发到{name}的邮箱，72 小时内有效。")
        return redirect(desk.at("listing"), 303)
    return _listing(desk, _accounts(desk), link, name)


def _one(desk: Desk, number: int, problem: keeping.NotKept | None = None) -> ResponseReturnValue:
    account = _find(desk, number)
    own = account.id == person().account_id
    ticked = request.form.getlist("roles") if problem and problem.field == "roles" else None
    editable = desk is UNIT or account.unit_id is None
    text = page(
        "office/users/one.html",
        title=account.name,
        crumbs=[(desk.title, desk.at("listing"))],
        desk=desk,
        account=account,
        row=_row(desk, account),
        created=shanghai(account.created_at),
        own=own,
        editable=editable and not own,
        roles=_choices(desk.roles, ticked if ticked is not None else [one.role for one in account.roles]),
        problems=[("roles" if problem.field else "", str(problem))] if problem else [],
        problem=str(problem) if problem and problem.field == "roles" else "",
    )
    return text, 422 if problem else 200


def _change_roles(desk: Desk, number: int) -> ResponseReturnValue:
    door = _begin(desk)
    account = _find(desk, number)
    try:
        if desk is COMMISSION and account.unit_id is not None:
            raise keeping.NotKept("各单位人员的角色由本单位管理员修改。", "roles")
        changed = keeping.set_roles(
            door,
            account,
            request.form.getlist("roles"),
            by=person().name,
            by_id=person().account_id,
            now=now(),
        )
    except keeping.NotKept as problem:
        door.rollback()
        return _one(desk, number, problem)
    if changed:
        named = "、".join(one.label for one in sorted(keeping.roles_of(account)))
        _note(desk, account, f"角色改为：{named}")
    door.commit()
    flash("角色已保存，该人员须重新登录。" if changed else "没有改动。")
    return redirect(desk.at("one", number=number), 303)


def _act(desk: Desk, number: int, what: str) -> ResponseReturnValue:
    door = _begin(desk)
    account = _find(desk, number)
    me = person()
    try:
        if what == "disable":
            keeping.disable(door, account, by_id=me.account_id, now=now())
            told = "已停用账号，登录已全部退出"
        elif what == "enable":
            keeping.enable(door, account, now=now())
            told = "已启用账号"
        elif what == "reset":
            keeping.reset_second_factor(door, account, by=me.name, by_id=me.account_id, now=now())
            told = "已重设第二步验证，该人员下次登录时重新设置"
        else:
            if account.id == me.account_id:
                raise keeping.NotKept("不能给自己发链接。请在“我的账号”中修改密码。")
            if not account.active:
                raise keeping.NotKept("这个账号已停用。请先启用，再发链接。")
            _note(desk, account, "重新发出设置密码的链接")
            return _sent(desk, door, account)
    except keeping.NotKept as problem:
        door.rollback()
        return _one(desk, number, problem)
    _note(desk, account, told.partition("，")[0])
    door.commit()
    flash(f"{told}。")
    return redirect(desk.at("one", number=number), 303)


@bp.get("/users")
@may(Action.KEEP_USERS)
def listing() -> ResponseReturnValue:
    """List the unit's accounts."""
    return _listing(UNIT, _accounts(UNIT))


@bp.get("/users/invite")
@may(Action.KEEP_USERS)
def invitation() -> ResponseReturnValue:
    """Show the form for an invitation."""
    return _invitation(UNIT)


@bp.post("/users/invite")
@may(Action.KEEP_USERS)
def invite() -> ResponseReturnValue:
    """Invite somebody into the unit."""
    return _invite(UNIT)


@bp.get("/users/<int:number>")
@may(Action.KEEP_USERS)
def one(number: int) -> ResponseReturnValue:
    """Show one account."""
    return _one(UNIT, number)


@bp.post("/users/<int:number>/roles")
@may(Action.KEEP_USERS)
def roles(number: int) -> ResponseReturnValue:
    """Change an account's roles."""
    return _change_roles(UNIT, number)


@bp.post("/users/<int:number>/disable")
@may(Action.KEEP_USERS)
def disable(number: int) -> ResponseReturnValue:
    """Disable an account."""
    return _act(UNIT, number, "disable")


@bp.post("/users/<int:number>/enable")
@may(Action.KEEP_USERS)
def enable(number: int) -> ResponseReturnValue:
    """Enable an account again."""
    return _act(UNIT, number, "enable")


@bp.post("/users/<int:number>/reset-factor")
@may(Action.KEEP_USERS)
def reset_factor(number: int) -> ResponseReturnValue:
    """Take a lost second factor away."""
    return _act(UNIT, number, "reset")


@bp.post("/users/<int:number>/invite")
@may(Action.KEEP_USERS)
def invite_again(number: int) -> ResponseReturnValue:
    """Make a new link for setting a password."""
    return _act(UNIT, number, "invite")


@bp.get("/commission/users")
@may(Action.KEEP_COMMISSION_USERS)
def commission_listing() -> ResponseReturnValue:
    """List the commission's accounts and the units' administrators."""
    return _listing(COMMISSION, _accounts(COMMISSION))


@bp.get("/commission/users/invite")
@may(Action.KEEP_COMMISSION_USERS)
def commission_invitation() -> ResponseReturnValue:
    """Show the form for an invitation."""
    return _invitation(COMMISSION)


@bp.post("/commission/users/invite")
@may(Action.KEEP_COMMISSION_USERS)
def commission_invite() -> ResponseReturnValue:
    """Invite an officer, or a unit's administrator."""
    return _invite(COMMISSION)


@bp.get("/commission/users/<int:number>")
@may(Action.KEEP_COMMISSION_USERS)
def commission_one(number: int) -> ResponseReturnValue:
    """Show one account."""
    return _one(COMMISSION, number)


@bp.post("/commission/users/<int:number>/roles")
@may(Action.KEEP_COMMISSION_USERS)
def commission_roles(number: int) -> ResponseReturnValue:
    """Change the roles of one of the commission's accounts."""
    return _change_roles(COMMISSION, number)


@bp.post("/commission/users/<int:number>/disable")
@may(Action.KEEP_COMMISSION_USERS)
def commission_disable(number: int) -> ResponseReturnValue:
    """Disable an account."""
    return _act(COMMISSION, number, "disable")


@bp.post("/commission/users/<int:number>/enable")
@may(Action.KEEP_COMMISSION_USERS)
def commission_enable(number: int) -> ResponseReturnValue:
    """Enable an account again."""
    return _act(COMMISSION, number, "enable")


@bp.post("/commission/users/<int:number>/reset-factor")
@may(Action.KEEP_COMMISSION_USERS)
def commission_reset_factor(number: int) -> ResponseReturnValue:
    """Take a lost second factor away."""
    return _act(COMMISSION, number, "reset")


@bp.post("/commission/users/<int:number>/invite")
@may(Action.KEEP_COMMISSION_USERS)
def commission_invite_again(number: int) -> ResponseReturnValue:
    """Make a new link for setting a password."""
    return _act(COMMISSION, number, "invite")
