"""`portal keys draft`, `sign`, `publish`, `rotate`, `revoke`: the next key list, from changes to publication."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from portal.cli.key_drafts import draft_file, load_draft, save_draft, tell_waiting
from portal.cli.key_files import (
    JURISDICTION,
    ROOT_KEY,
    passphrase_options,
    plainly,
    read_passphrase,
    today,
)
from portal.cli.key_holders import registered_key
from portal.cli.settings import load_settings
from portal.cli.tables import text_table
from portal.cli.telling import Refusal, say
from portal.config import Settings
from portal.domain.reports.keylist import KeyList, read_list
from portal.services.reports import keyring, next_lists
from portal.services.reports.keylists import KeyLists, sign_list
from portal.services.reports.next_lists import Draft

DAYS = click.IntRange(1, 3660)


def list_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Say how the next list differs in its terms."""
    for option in (
        click.option(
            "--opening", type=click.IntRange(1, 2), default=None, help="几位持钥人共同打开：1 或 2。"
        ),
        click.option("--valid-days", type=DAYS, default=None, help="清单有效天数，默认 365。"),
        click.option(
            "--accept-previous-days",
            type=click.IntRange(0, 365),
            default=None,
            help="按上一份清单加密的举报再接收几天，默认 14。",
        ),
    ):
        command = option(command)
    return command


def ready_list(settings: Settings, slug: str, asked: dict[str, int | None]) -> tuple[KeyList, Draft]:
    """Return the list to be signed today, and the draft that it comes from."""
    draft = load_draft(settings, slug)
    if draft.at_once and asked.get("accept_previous_days"):
        raise Refusal("草稿里有吊销：以前的清单立即停用，不能再给宽限。请去掉 --accept-previous-days。")
    values = {key: value for key, value in asked.items() if value is not None}
    return next_lists.ready(draft, today=today(), **values), draft


def tell_list(key_list: KeyList) -> None:
    """Show a list to who must decide whether to sign it."""
    day = key_list.issued_on
    say(f"{key_list.name}（{key_list.jurisdiction}）第 {key_list.serial} 号密钥清单")
    say(f"签发 {day}，有效至 {key_list.valid_until}；{key_list.opening} 位持钥人共同打开")
    grace = key_list.accept_previous_until
    if key_list.serial > 1:
        say(f"上一份清单接收至 {grace}" if grace >= day else "以前的清单立即停用（有吊销）")
    rows = [
        (one.id, one.name, one.post, one.rank.label, one.unit or "—", one.key_on(day) or "没有当前有效的公钥")
        for one in key_list.holders
    ]
    say(text_table(("编号", "姓名", "职务", "身份", "所在或派驻单位", "公钥"), rows))
    if not any(one.rank.value == "superior" and one.key_on(day) for one in key_list.holders):
        say("注意：没有上一级机关的密钥。涉及本机关负责人的举报将不能在网上提交。")


@click.command("draft")
@JURISDICTION
@click.argument("file", type=click.Path(path_type=Path))
@list_options
@plainly
def draft_command(slug: str, file: Path, **asked: int | None) -> None:
    """把下一份清单写成待签名的文件，带到离线电脑上签名。"""
    key_list, _ = ready_list(load_settings(), slug, asked)
    with file.open("x", encoding="utf-8") as out:
        out.write(key_list.text())
    tell_list(key_list)
    say(f"已写入 {file}。请在离线电脑上运行：portal keys sign {file.name} --root-key 根密钥文件")


@click.command("sign")
@click.argument("file", type=click.Path(path_type=Path))
@ROOT_KEY
@click.option("--out", type=click.Path(path_type=Path), default=None, help="默认为原文件名加 .signed.json。")
@click.option("--yes", is_flag=True, help="不再询问。")
@passphrase_options
@plainly
def sign_command(
    file: Path,
    root_file: Path,
    out: Path | None,
    *,
    yes: bool,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
) -> None:
    """用根密钥给一份清单签名；在离线电脑上运行，不需要平台实例。"""
    text = file.read_text("utf-8")
    key_list = read_list(text)
    out = out or file.with_name(f"{file.name}.signed.json")
    if out.exists():
        raise Refusal(f"{out} 已存在，不会覆盖。请换一个路径。")
    tell_list(key_list)
    if not yes:
        click.confirm("请与持钥人当面核对以上公钥。确认签名吗", abort=True, err=True)
    secret = read_passphrase(passphrase_file, passphrase_fd, what="根密钥")
    raw = sign_list(text, keyring.read_root(root_file, key_list.jurisdiction, secret))
    with out.open("xb") as signed:
        signed.write(raw)
    say(f"已签名：{out}。请带回服务器，运行：portal keys publish {out.name}")


@click.command("publish")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--jurisdiction", "-j", "slug", default=None, help="县区代码（没有给出已签名的文件时）。")
@click.option("--root-key", "root_file", type=click.Path(path_type=Path), default=None, help="根密钥文件。")
@list_options
@passphrase_options
@plainly
def publish_command(
    file: Path | None,
    slug: str | None,
    root_file: Path | None,
    passphrase_file: Path | None,
    passphrase_fd: int | None,
    **asked: int | None,
) -> None:
    """公布下一份清单：已离线签名的文件，或用 --root-key 当场签名。"""
    settings = load_settings()
    lists = KeyLists(settings.key_lists_folder)
    if file is not None:
        if root_file is not None or any(value is not None for value in asked.values()):
            raise Refusal("已签名的文件不能再改，也不用再签。请只给出文件。")
        raw = file.read_bytes()
    elif slug is None or root_file is None:
        raise Refusal("请给出已签名的文件，或同时给出 -j 县区代码和 --root-key 根密钥文件。")
    else:
        key_list, _ = ready_list(settings, slug, asked)
        tell_list(key_list)
        secret = read_passphrase(passphrase_file, passphrase_fd, what="根密钥")
        raw = sign_list(key_list, keyring.read_root(root_file, slug, secret))
    done = lists.publish(raw).list
    draft_file(settings, done.jurisdiction).unlink(missing_ok=True)
    if file is not None:
        tell_list(done)
    say(f"已公布：{settings.key_lists_folder / done.jurisdiction / f'{done.serial}.json'}")
    say("公开网站下次同步（portal sync）后带上新的清单；举报接收端立即使用。")


@click.command("rotate")
@JURISDICTION
@click.argument("holder", required=False)
@click.option("--key", default=None, help="新的公钥（age1…）；默认取本人在办公端登记的公钥。")
@click.option("--days", type=DAYS, default=365, show_default=True, help="新公钥的有效天数。")
@click.option("--routing", is_flag=True, help="更换办公端自己的密钥（不更换持钥人的）。")
@plainly
def rotate_command(slug: str, holder: str | None, key: str | None, days: int, *, routing: bool) -> None:
    """给一位持钥人换用新公钥；下一份清单公布后生效，以前的密钥文件仍用于打开以前的举报。"""
    settings = load_settings()
    draft = load_draft(settings, slug)
    if routing:
        renewed = keyring.renew_routing_key(settings.routing_keys_folder, slug)
        save_draft(settings, next_lists.with_routing_key(draft, renewed))
    elif holder is None:
        raise Refusal(f"请给出持钥人的编号。编号见 portal keys holders -j {slug}。")
    else:
        recipient = key or registered_key(settings, holder)
        save_draft(settings, next_lists.rotate(draft, holder, recipient.strip(), today=today(), days=days))
    tell_waiting(settings, slug)


@click.command("revoke")
@JURISDICTION
@click.argument("holder")
@plainly
def revoke_command(slug: str, holder: str) -> None:
    """吊销一位持钥人的公钥（遗失、泄露、调离）：下一份清单公布后，以前的清单立即停用，没有宽限。"""
    settings = load_settings()
    save_draft(settings, next_lists.revoke(load_draft(settings, slug), holder))
    tell_waiting(settings, slug)
    say("请尽快公布。已收到的举报不会因此重新加密：请同时停用其账号（portal users disable）。")


@click.command("names")
@JURISDICTION
@click.argument("names", nargs=-1)
@plainly
def names_command(slug: str, names: tuple[str, ...]) -> None:
    """列出或设置本机关的全部名称；写到其中任何一个的举报由上一级接收。"""
    settings = load_settings()
    draft = load_draft(settings, slug)
    if not names:
        say("\n".join(draft.list.own_names))
        return
    save_draft(settings, next_lists.with_names(draft, names))
    tell_waiting(settings, slug)
