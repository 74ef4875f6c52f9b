"""`portal users`: the first administrators, and help for those who locked themselves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from sqlalchemy import select

from portal.cli.opened import Opened, opened
from portal.cli.tables import text_table
from portal.cli.telling import Refusal, say
from portal.domain.drafting import Event
from portal.domain.roles import Role
from portal.services import rosters
from portal.store.tables import Account, Jurisdiction, Step, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

ACTOR = "命令行"


@click.group("users")
def users_command() -> None:
    """办公端的账号：首位管理员、邀请、停用、角色、重设第二步验证。"""


@users_command.command("add")
@click.argument("login")
@click.option("--name", required=True, help="姓名。")
@click.option(
    "--role", "roles", multiple=True, required=True, help="角色，可多次给出，例如 单位管理员 或 unit_admin。"
)
@click.option("--jurisdiction", "-j", required=True, help="县区代码。")
@click.option("--unit", default=None, help="单位名称；不给时是纪委监委的账号。")
@click.option("--email", default="", help="邮箱（选填）。")
def add_command(
    login: str, name: str, roles: tuple[str, ...], jurisdiction: str, unit: str | None, email: str
) -> None:
    """建立账号，输出设置密码的一次性链接。"""
    from portal.services.accounts import keeping

    with opened() as instance:
        instance.begin_write()
        session = instance.session
        try:
            county = rosters.find_jurisdiction(session, jurisdiction)
            home = rosters.need_unit(session, county, unit) if unit else None
            account = keeping.make_account(
                session, jurisdiction=county, unit=home, login=login, name=name, email=email,
                roles=[_role(one) for one in roles], by=ACTOR, now=instance.now(),
            )  # fmt: skip
            _note(instance, account, "建立账号")
            link = _invite(instance, account)
        except (keeping.NotKept, rosters.RosterError) as wrong:
            session.rollback()
            raise Refusal(str(wrong)) from wrong
        session.commit()
    say(f"已建立账号“{account.login}”（{account.name}）。")
    _tell_link(link)


@users_command.command("list")
@click.option("--jurisdiction", "-j", default=None, help="县区代码；默认全部。")
@click.option("--unit", default=None, help="只列一个单位（名称）。")
def list_command(jurisdiction: str | None, unit: str | None) -> None:
    """列出账号。"""
    with opened() as instance:
        query = select(Account).join(Account.jurisdiction).outerjoin(Account.unit).order_by(Account.id)
        if jurisdiction:
            query = query.where(Jurisdiction.slug == jurisdiction)
        if unit:
            query = query.where(Unit.name == unit)
        rows = [
            (
                one.login,
                one.name,
                one.unit.name if one.unit else "纪委监委",
                "、".join(Role(role.role).label for role in one.roles),
                "已停用" if not one.active else "已启用" if one.password_hash else "待接受邀请",
            )
            for one in instance.session.scalars(query)
        ]
    say(
        text_table(("账号", "姓名", "单位", "角色", "状态"), rows)
        if rows
        else "没有账号。请用 portal users add 建立。"
    )


@users_command.command("invite")
@click.argument("login")
def invite_command(login: str) -> None:
    """重新输出设置密码的一次性链接；以前的链接作废。"""
    say_link: list[str] = []

    def act(instance: Opened, account: Account) -> str:
        say_link.append(_invite(instance, account))
        return "重新发出设置密码的链接"

    _change(login, act)
    _tell_link(say_link[0])


@users_command.command("disable")
@click.argument("login")
def disable_command(login: str) -> None:
    """停用账号：立即退出全部登录。"""
    from portal.services.accounts import keeping

    def act(instance: Opened, account: Account) -> str:
        keeping.disable(instance.session, account, by_id=None, now=instance.now())
        return "已停用账号"

    say(f"{_change(login, act)}“{login}”。")


@users_command.command("enable")
@click.argument("login")
def enable_command(login: str) -> None:
    """重新启用账号。"""
    from portal.services.accounts import keeping

    def act(instance: Opened, account: Account) -> str:
        keeping.enable(instance.session, account, now=instance.now())
        return "已启用账号"

    say(f"{_change(login, act)}“{login}”。")


@users_command.command("roles")
@click.argument("login")
@click.argument("roles", nargs=-1, required=True)
def roles_command(login: str, roles: tuple[str, ...]) -> None:
    """设置账号的全部角色，例如 portal users roles fang 填报人 审核人。"""
    from portal.services.accounts import keeping

    def act(instance: Opened, account: Account) -> str:
        wanted = [_role(one) for one in roles]
        keeping.set_roles(instance.session, account, wanted, by=ACTOR, by_id=None, now=instance.now())
        return f"角色改为：{'、'.join(Role(one).label for one in wanted)}"

    say(f"“{login}”的{_change(login, act)}。登录已退出。")


@users_command.command("reset-second-factor")
@click.argument("login")
def reset_command(login: str) -> None:
    """删除账号的第二步验证（手机丢失时）：下次登录须重新设置。"""
    from portal.services.accounts import keeping

    def act(instance: Opened, account: Account) -> str:
        keeping.reset_second_factor(instance.session, account, by=ACTOR, by_id=None, now=instance.now())
        return "已重设第二步验证"

    say(f"{_change(login, act)}“{login}”。")


def _change(login: str, act: Callable[[Opened, Account], str]) -> str:
    """Do something to an account in one transaction, and enter it into its unit's steps."""
    from portal.services.accounts import entering, keeping

    with opened() as instance:
        instance.begin_write()
        account = entering.find_account(instance.session, login)
        if account is None:
            instance.session.rollback()
            raise Refusal(f"没有账号“{login}”。请用 portal users list 查看现有账号。")
        try:
            told = act(instance, account)
        except keeping.NotKept as wrong:
            instance.session.rollback()
            raise Refusal(str(wrong)) from wrong
        _note(instance, account, told)
        instance.session.commit()
    return told


def _note(instance: Opened, account: Account, remark: str) -> None:
    from portal.services.desk.rooms import Room

    if account.unit_id is not None:
        session = Room(instance.session, account.unit_id).session
        session.add(
            Step(
                unit_id=account.unit_id,
                event=Event.ACCOUNT.value,
                title=account.name,
                actor=ACTOR,
                remark=remark,
                at=instance.now(),
            )
        )
        session.flush()


def _invite(instance: Opened, account: Account) -> str:
    from portal.services.accounts import keeping

    known = instance.settings
    own = (known.office_url or f"http://{known.host}:{known.office_port}").rstrip("/")
    return keeping.invite(
        instance.session, account, address=f"{own}/invitation/{{}}", by=ACTOR, now=instance.now()
    )


def _role(text: str) -> str:
    try:
        return Role.read(text).value
    except ValueError as wrong:
        raise Refusal(f"角色：{wrong}") from wrong


def _tell_link(link: str) -> None:
    say(f"设置密码的链接（72 小时内有效，只能使用一次，请只交给本人）：\n{link}")
    say("办公端改用其他网址或端口时，请设置 PORTAL_OFFICE_URL，或把链接开头换成实际网址。")


COMMANDS = (users_command,)
