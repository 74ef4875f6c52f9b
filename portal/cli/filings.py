"""`portal filings`: the keeper's key of 特定关系人 filings, and opening one away from the server."""

from __future__ import annotations

import os
from pathlib import Path

import click

from portal.cli.key_files import JURISDICTION, passphrase_options, plainly, read_passphrase, today
from portal.cli.opened import load_regimes
from portal.cli.settings import load_settings
from portal.cli.telling import Refusal, say
from portal.services.supervision.filing_keys import make_key, open_filing, open_key, use_recipient


@click.group("filings")
def filings_command() -> None:
    """特定关系人报备的密钥：生成密钥文件、启用公钥、离线打开一份报备。"""


@filings_command.command("make-key")
@click.argument("file", type=click.Path(path_type=Path))
@passphrase_options
@plainly
def make_key_command(file: Path, passphrase_file: Path | None, passphrase_fd: int | None) -> None:
    """生成报备专管员的密钥文件。请在专管员自己的电脑上运行，不要在服务器上运行。"""
    secret = read_passphrase(passphrase_file, passphrase_fd, what="报备密钥", fresh=True)
    data, recipient = make_key(secret, made_on=today())
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(data)
    say(f"密钥文件已生成：{file}")
    say(f"公钥：{recipient}")
    say(
        "请把公钥交给平台管理人员，在服务器上运行 portal filings use-key。密钥文件和口令分开保管，并备份一份。"
    )


@filings_command.command("use-key")
@JURISDICTION
@click.argument("public_key")
@plainly
def use_key_command(slug: str, public_key: str) -> None:
    """在服务器上启用公钥：此后登记的报备都封给这把密钥。以前的报备仍要用以前的密钥打开。"""
    settings = load_settings()
    regimes = load_regimes(settings)
    if slug not in regimes:
        raise Refusal(f"没有县区“{slug}”。现有：{'、'.join(sorted(regimes))}。")
    file = use_recipient(settings.home, slug, public_key)
    say(f"已启用：{file}")


@filings_command.command("open")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--key", "key_file", type=click.Path(path_type=Path), required=True, help="报备专管员的密钥文件。"
)
@passphrase_options
@plainly
def open_command(file: Path, key_file: Path, passphrase_file: Path | None, passphrase_fd: int | None) -> None:
    """离线打开从办公端取出的一份报备（.age 文件），显示在屏幕上，不写入任何文件。"""
    sealed, data = file.read_bytes(), key_file.read_bytes()
    found = open_filing(
        sealed, open_key(data, read_passphrase(passphrase_file, passphrase_fd, what="报备密钥"))
    )
    say(f"报备人：{found.filer}　{found.post}　{found.unit}")
    for person in found.persons:
        say(f"特定关系人：{person.name}　{person.relation}")
    for company in found.companies:
        say(f"企业：{company.name}　{company.code}")
    for label, text in (("经营活动", found.business), ("备注", found.remark)):
        if text:
            say(f"{label}：{text}")
    if found.since or found.until:
        say(f"起止：{found.since or '不详'} 至 {found.until or '今'}")


COMMANDS = (filings_command,)
