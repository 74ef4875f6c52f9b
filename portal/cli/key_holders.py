"""`portal keys holders`: who holds a key, as the next list will say it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.orm import Session

from portal.cli.key_drafts import load_draft, save_draft, tell_waiting
from portal.cli.key_files import JURISDICTION, clean_name, plainly, today
from portal.cli.settings import load_settings
from portal.cli.tables import text_table
from portal.cli.telling import Refusal, say
from portal.config import Settings
from portal.domain.reports.keylist import Holder, HolderRank, made
from portal.services.reports import next_lists
from portal.store.db import full_url, sqlite_url


@contextmanager
def reports_session(settings: Settings) -> Iterator[Session | None]:
    """Give a session of the reports' database, or None where there is none yet: looking makes no file."""
    from portal.store.reports.db import open_reports

    if settings.reports_database_url:
        url = full_url(settings.reports_database_url)
    elif settings.reports_database.is_file():
        url = sqlite_url(settings.reports_database)
    else:
        yield None
        return
    engine = open_reports(url)
    try:
        with Session(engine) as session:
            yield session
    finally:
        engine.dispose()


def registered_key(settings: Settings, number: str) -> str:
    """Return the public key that a holder registered in the office, or refuse."""
    from portal.store.reports.tables import KeyHolder

    with reports_session(settings) as session:
        row = session.get(KeyHolder, number) if session else None
        if row is None or row.registered is None:
            raise Refusal(
                f"编号为 {number} 的持钥人没有在办公端登记公钥。请用 --key 给出，或请本人先在“我的密钥”页登记。"
            )
        return row.registered


def registered_rows(settings: Settings, slug: str) -> dict[str, tuple[str, str | None]]:
    """Return for each holder registered in the office (id): the name and the newest public key."""
    from portal.services.reports.holders import registered

    with reports_session(settings) as session:
        return {one.id: (one.name, one.registered) for one in registered(session, slug)} if session else {}


@click.group("holders", invoke_without_command=True)
@click.option("--jurisdiction", "-j", "slug", default=None, help="县区代码。")
@click.pass_context
@plainly
def holders_command(ctx: click.Context, slug: str | None) -> None:
    """持钥人：列出、增加、移除。修改在下一份清单公布后生效。"""
    if ctx.invoked_subcommand is not None:
        return
    if slug is None:
        raise Refusal("请用 -j 给出县区代码。")
    settings = load_settings()
    draft = load_draft(settings, slug)
    office = registered_rows(settings, slug)
    rows = []
    for one in draft.list.holders:
        key = one.key_on(today())
        newer = office.get(one.id, ("", None))[1]
        note = "已登记新公钥，可用 portal keys rotate 换用" if newer and newer != key else ""
        rows.append((one.id, one.name, one.post, one.rank.label, one.unit or "—", note, key or "—"))
    for number, (name, key) in office.items():
        if draft.list.holder(number) is None:
            note = "在办公端登记，未列入清单" if key else "在办公端登记，还没有公钥"
            rows.append((number, name, "", "", "", note, key or "—"))
    header = ("编号", "姓名", "职务", "身份", "所在或派驻单位", "说明", "公钥")
    say(text_table(header, rows) if rows else "还没有持钥人。")
    if draft.changes:
        say(f"待公布：{'；'.join(draft.changes)}。")


@holders_command.command("add")
@JURISDICTION
@click.option("--name", default=None, help="姓名；给出 --account 时默认为账号的姓名。")
@click.option("--post", default="", help="职务。")
@click.option("--rank", default="officer", show_default=True, help="身份：head、officer、superior。")
@click.option("--unit", default=None, help="所在或派驻的单位（名册中的名称）；反映该单位的举报不由其打开。")
@click.option("--key", default=None, help="公钥（age1…）；默认取本人在办公端登记的公钥。")
@click.option("--account", default=None, help="办公端的账号：举报只显示给能打开它的账号。")
@click.option("--holder", "number", default=None, help="在办公端登记的编号（代替 --account）。")
@click.option("--days", type=click.IntRange(1, 3660), default=365, show_default=True, help="公钥有效天数。")
@plainly
def add_command(
    slug: str,
    name: str | None,
    post: str,
    rank: str,
    unit: str | None,
    key: str | None,
    account: str | None,
    number: str | None,
    days: int,
) -> None:
    """增加一位持钥人。"""
    settings = load_settings()
    draft = load_draft(settings, slug)
    place = HolderRank.read(rank)
    unit = clean_name(unit) if unit else None
    if account is not None:
        number, name = _tied(account, slug, name, place, post, unit)
    elif number is not None and name is None:
        name = registered_rows(settings, slug).get(number, ("", None))[0]
    if not name:
        raise Refusal("请用 --name 给出持钥人的姓名，或用 --account 给出办公端的账号。")
    if key is None:
        if number is None:
            raise Refusal("请用 --key 给出公钥（age1…）。公钥由 portal keys create 生成密钥文件时输出。")
        key = registered_key(settings, number)
    holder = made(
        Holder,
        id=number or next_lists.new_id(),
        name=clean_name(name),
        post=clean_name(post),
        rank=place,
        unit=unit,
    )
    save_draft(settings, next_lists.add_holder(draft, holder, key.strip(), today=today(), days=days))
    tell_waiting(settings, slug)


@holders_command.command("remove")
@JURISDICTION
@click.argument("holder")
@plainly
def remove_command(slug: str, holder: str) -> None:
    """移除一位持钥人（正常调离；密钥泄露请用 portal keys revoke）。"""
    settings = load_settings()
    save_draft(settings, next_lists.remove_holder(load_draft(settings, slug), holder))
    tell_waiting(settings, slug)


def _tied(
    login: str, slug: str, name: str | None, rank: HolderRank, post: str, unit: str | None
) -> tuple[str, str]:
    """Enter a holder's rank, post and unit beside the account; return the holder's id and name."""
    from portal.cli.opened import opened
    from portal.cli.reporting import reports_engine
    from portal.services.accounts.entering import find_account
    from portal.services.reports.holders import appoint
    from portal.store.db import begin_write

    with opened() as instance:
        account = find_account(instance.session, login)
        if account is None:
            raise Refusal(f"没有账号“{login}”。请用 portal users list 查看现有账号。")
        if account.unit_id is not None:
            raise Refusal(f"账号“{login}”属于“{account.unit.name}”，不能持有举报的密钥。")  # type: ignore[union-attr]  # It has a unit.
        if rank is not HolderRank.SUPERIOR and account.jurisdiction.slug != slug:
            raise Refusal(f"账号“{login}”不是这个县区的，只能以上一级机关（superior）的身份登记。")
        engine = reports_engine(instance)
        try:
            with Session(engine) as session:
                begin_write(session)
                row = appoint(
                    session,
                    jurisdiction=slug,
                    account_id=account.id,
                    name=name or account.name,
                    rank=rank.value,
                    post=post,
                    unit=unit,
                )
                found = row.id, row.name
                session.commit()
                return found
        finally:
            engine.dispose()
