"""Commands for accounts of the office: the first administrator, and what nobody else can mend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
from sqlalchemy import select

from portal.cli.opened import Opened, opened
from portal.cli.tables import text_table
from portal.cli.telling import Refusal, say
from portal.config import Settings
from portal.domain.roles import Role
from portal.services import rosters
from portal.services.accounts import factors, links, people
from portal.services.accounts.refusals import Refused
from portal.services.accounts.signing import second_factor_of
from portal.store.tables import Account

_BY = "命令行"
_PATHS = {links.Purpose.INVITATION: "/invitation/", links.Purpose.RESET: "/reset/"}
_ROLES = "、".join(f"{one.value}（{one.label}）" for one in Role)


def _read_roles(
    _context: click.Context, _option: click.Parameter, typed: tuple[str, ...]
) -> tuple[Role, ...]:
    """Read roles by their code or Chinese name."""
    read = []
    for text in typed:
        try:
            read.append(Role.read(text))
        except ValueError as wrong:
            raise click.BadParameter(f"没有“{text}”这个角色，可选：{_ROLES}") from wrong
    return tuple(read)


_role_option = click.option(
    "--role",
    "roles",
    callback=_read_roles,
    multiple=True,
    required=True,
    help=f"角色，可重复给出：{_ROLES}。",
)


@click.group("users")
def users_group() -> None:
    """办公端的账号：新建第一位管理员、列出、邀请、停用、启用、改角色、解除第二步验证。"""


@users_group.command("add")
@click.argument("name")
@click.option("--login", required=True, help="登录名。")
@click.option("--unit", "unit_name", default=None, help="所属单位的名称、简称或代码。")
@click.option("--commission", is_flag=True, help="纪委监委的账号，不属于任何单位。")
@click.option("--jurisdiction", "-j", required=True, help="县区代码。")
@click.option("--email", default=None, help="邮箱，用于提醒和找回密码。")
@_role_option
def add_command(
    name: str,
    login: str,
    unit_name: str | None,
    commission: bool,
    jurisdiction: str,
    email: str | None,
    roles: tuple[Role, ...],
) -> None:
    """新建账号，输出只能用一次的邀请链接。"""
    if commission == (unit_name is not None):
        raise click.UsageError("请给出 --unit 单位 或 --commission 其中一个。")
    with _writing() as instance:
        county = rosters.find_jurisdiction(instance.session, jurisdiction)
        unit = rosters.need_unit(instance.session, county, unit_name) if unit_name else None
        account = people.create_account(
            instance.session,
            jurisdiction=county,
            unit=unit,
            login=login,
            name=name,
            email=email,
            roles=roles,
            by=_BY,
            now=instance.now(),
        )
        link = _link(instance, account, links.Purpose.INVITATION)
    where = unit.name if unit else "纪委监委"
    say(f"已新建账号：{account.name}（登录名 {account.login}，{where}，{_labels(account)}）。")
    _tell_link(link, links.Purpose.INVITATION)


@users_group.command("list")
@click.option("--jurisdiction", "-j", default=None, help="只列一个县区（代码）。")
@click.option("--unit", "unit_name", default=None, help="只列一个单位，须同时给出 -j。")
def list_command(jurisdiction: str | None, unit_name: str | None) -> None:
    """列出账号。"""
    if unit_name is not None and jurisdiction is None:
        raise click.UsageError("给出 --unit 时请同时给出 -j 县区代码。")
    with opened() as instance:
        query = select(Account).order_by(Account.jurisdiction_id, Account.unit_id, Account.login)
        try:
            if jurisdiction is not None:
                county = rosters.find_jurisdiction(instance.session, jurisdiction)
                query = query.where(Account.jurisdiction_id == county.id)
                if unit_name is not None:
                    query = query.where(
                        Account.unit_id == rosters.need_unit(instance.session, county, unit_name).id
                    )
        except rosters.RosterError as refusal:
            raise Refusal(str(refusal)) from refusal
        rows = [
            (
                one.login,
                one.name,
                one.unit.name if one.unit else "纪委监委",
                _state(one),
                "已设" if second_factor_of(one) else "未设",
                _labels(one),
            )
            for one in instance.session.scalars(query)
        ]
    header = ("登录名", "姓名", "单位", "状态", "第二步验证", "角色")
    say(text_table(header, rows) if rows else "没有账号。用 portal users add 新建。")


@users_group.command("invite")
@click.argument("login")
def invite_command(login: str) -> None:
    """输出新的一次性链接：未启用的账号为邀请链接，已启用的为重设密码链接。旧链接随即失效。"""
    with _writing() as instance:
        account = _account(instance, login)
        purpose = links.Purpose.RESET if account.password_hash else links.Purpose.INVITATION
        link = _link(instance, account, purpose)
    _tell_link(link, purpose)


@users_group.command("disable")
@click.argument("login")
def disable_command(login: str) -> None:
    """停用账号：立即退出所有登录，链接失效。最后一位管理员也可停用。"""
    with _writing() as instance:
        account = _account(instance, login)
        people.disable(instance.session, account, by=_BY, now=instance.now(), even_last=True)
    say(f"账号“{account.login}”（{account.name}）已停用。")


@users_group.command("enable")
@click.argument("login")
def enable_command(login: str) -> None:
    """启用停用的账号，密码不变。"""
    with _writing() as instance:
        account = _account(instance, login)
        people.enable(instance.session, account, by=_BY, now=instance.now())
    say(f"账号“{account.login}”（{account.name}）已启用。")


@users_group.command("roles")
@click.argument("login")
@_role_option
def roles_command(login: str, roles: tuple[Role, ...]) -> None:
    """把账号的角色改为所给的这些，立即退出其所有登录。"""
    with _writing() as instance:
        account = _account(instance, login)
        people.set_roles(instance.session, account, roles, by=_BY, now=instance.now(), even_last=True)
    say(f"账号“{account.login}”（{account.name}）的角色：{_labels(account)}。")


@users_group.command("reset-second-factor")
@click.argument("login")
@click.option("--yes", is_flag=True, help="不再询问。")
def reset_command(login: str, yes: bool) -> None:
    """解除账号的第二步验证（动态口令、通行密钥、备用码），立即退出其所有登录。"""
    if not yes:
        click.confirm("请先当面或电话确认确是本人要求。解除后仅凭密码即可重新设置，确定吗？", abort=True)
    with _writing() as instance:
        account = _account(instance, login)
        factors.reset_second_factor(instance.session, account, by=_BY, now=instance.now())
    say(f"账号“{account.login}”（{account.name}）的第二步验证已解除，下次登录时须重新设置。")


@contextmanager
def _writing() -> Iterator[Opened]:
    with opened() as instance:
        instance.begin_write()
        try:
            yield instance
        except (Refused, rosters.RosterError) as refusal:
            instance.session.rollback()
            raise Refusal(str(refusal)) from refusal
        instance.session.commit()


def _account(instance: Opened, login: str) -> Account:
    found = people.find_account(instance.session, login)
    if found is None:
        raise Refusal(f"没有登录名为“{login}”的账号。请用 portal users list 查看现有账号。")
    return found


def _link(instance: Opened, account: Account, purpose: links.Purpose) -> str:
    token = links.make_link(instance.session, account, purpose, by=_BY, now=instance.now())
    return f"{office_address(instance.settings)}{_PATHS[purpose]}{token}"


def office_address(settings: Settings) -> str:
    """Return where the office is, without a slash at the end."""
    if settings.office_url:
        return settings.office_url.rstrip("/")
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.office_port}"


def _tell_link(link: str, purpose: links.Purpose) -> None:
    hours = round(links.LIFE[purpose].total_seconds() / 3600)
    say(f"{purpose.label}链接（{hours} 小时内有效，只能用一次，请只交给本人）：")
    say(link)


def _labels(account: Account) -> str:
    return "、".join(one.label for one in _ordered(people.roles_of(account)))


def _ordered(roles: frozenset[Role]) -> Sequence[Role]:
    return [one for one in Role if one in roles]


def _state(account: Account) -> str:
    if not account.active:
        return "已停用"
    return "正常" if account.password_hash else "待接受邀请"


COMMANDS = (users_group,)
