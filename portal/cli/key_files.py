"""`portal keys init`, `root`, `create`: makes key files, and asks for passphrases without showing them."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import click

from portal.cli.key_drafts import save_draft
from portal.cli.opened import load_regimes
from portal.cli.settings import load_settings
from portal.cli.telling import Refusal, say
from portal.config import Settings
from portal.domain.reports.keylist import ReceiptKey, made
from portal.domain.values import clean_text
from portal.services.reports import keyring, next_lists
from portal.services.reports.filing import public_of
from portal.services.reports.keylists import KeyLists

P = ParamSpec("P")
R = TypeVar("R")
JURISDICTION = click.option("--jurisdiction", "-j", "slug", required=True, help="县区代码。")
ROOT_KEY = click.option(
    "--root-key", "root_file", type=click.Path(path_type=Path), required=True, help="根密钥文件。"
)


def today() -> date:
    """Return the day in Shanghai."""
    return datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date()


def plainly(command: Callable[P, R]) -> Callable[P, R]:
    """Turn what the services refuse into one Chinese sentence."""

    @functools.wraps(command)
    def running(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except FileExistsError as there:
            raise Refusal(
                f"{there.filename2 or there.filename} 已存在，不会覆盖。请换一个路径，或先把原文件移到别处。"
            ) from there
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as absent:
            raise Refusal(f"没有这个文件：{absent.filename}。请检查路径。") from absent
        except UnicodeDecodeError as unreadable:
            raise Refusal("文件不是 UTF-8 文本，可能给错了文件。") from unreadable
        except ValueError as wrong:  # All that the services refuse are of this kind, with Chinese sentences.
            raise Refusal(str(wrong)) from wrong

    return running


def passphrase_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a passphrase come from a file or a descriptor: never from the command line, which others can list."""
    command = click.option(
        "--passphrase-fd", type=click.IntRange(0), default=None, help="从这个文件描述符读取口令。"
    )(command)
    return click.option(
        "--passphrase-file", type=click.Path(path_type=Path), default=None, help="从文件读取口令（第一行）。"
    )(command)


def read_passphrase(file: Path | None, fd: int | None, *, what: str, fresh: bool = False) -> str:
    """Return a passphrase: from a file, a descriptor, or asked without showing it (twice when `fresh`)."""
    if file is not None:
        text = file.read_text("utf-8-sig")
    elif fd is not None:
        try:
            with os.fdopen(fd, encoding="utf-8") as given:
                text = given.read()
        except OSError:
            raise Refusal(f"没有打开的文件描述符 {fd}。") from None
    else:
        return _asked(what, fresh=fresh)
    found = text.split("\n", 1)[0].rstrip("\r")
    if not found:
        raise Refusal("给出的口令是空的。")
    return found


def _asked(what: str, *, fresh: bool) -> str:
    def ask(words: str) -> str:
        return str(click.prompt(words, hide_input=True, default="", show_default=False, err=True))

    text = ask(f"{what}的口令" + (f"（至少 {keyring.LEAST_PASSPHRASE} 个字符）" if fresh else ""))
    if fresh:
        keyring.check_passphrase(text)
        if ask("再输入一次") != text:
            raise Refusal("两次输入的口令不同。没有生成文件，请重新运行。")
    return text


@click.command("init")
@JURISDICTION
@click.option("--root-key", "root_file", type=click.Path(path_type=Path), help="在这里生成根密钥文件。")
@click.option("--root-public", help="根密钥的公钥（已在离线电脑上用 portal keys root 生成时）。")
@click.option("--name", default=None, help="接收举报的机关；默认为该县区的纪委监委。")
@click.option("--own-name", "own_names", multiple=True, help="该机关的其他名称，可多次给出；默认自动列出。")
@passphrase_options
@plainly
def init_command(
    slug: str,
    root_file: Path | None,
    root_public: str | None,
    name: str | None,
    own_names: tuple[str, ...],
    passphrase_file: Path | None,
    passphrase_fd: int | None,
) -> None:
    """为一个县区建立密钥：根密钥、收件凭证密钥、办公端密钥。"""
    settings = load_settings()
    regimes = load_regimes(settings)
    if slug not in regimes:
        raise Refusal(f"没有县区“{slug}”。现有：{'、'.join(sorted(regimes))}。")
    if (root_file is None) == (root_public is None):
        raise Refusal(
            "请用 --root-key 给出根密钥文件的路径，或用 --root-public 给出离线生成的公钥，二者选一。"
        )
    lists = KeyLists(settings.key_lists_folder)
    if lists.root_of(slug) is not None:
        raise Refusal(f"县区“{slug}”已建立密钥。查看：portal keys status -j {slug}。")
    name = name or regimes[slug].commission
    if root_file is not None:
        secret = read_passphrase(passphrase_file, passphrase_fd, what="根密钥", fresh=True)
        root_public = public_of(keyring.make_root(root_file, slug, secret))
    root_public = made(ReceiptKey, name="root", key=str(root_public).strip()).key  # Refused unless 32 bytes.
    names = own_names or next_lists.names_of_commission(name)
    draft = next_lists.first_draft(
        slug,
        name,
        routing_key=routing_key(settings, slug),
        receipt_key=receipt_key(settings, slug),
        own_names=(name, *names),
        today=today(),
    )
    save_draft(settings, draft)
    lists.pin(slug, root_public)
    say(f"已为“{name}”建立密钥。")
    say(f"根密钥的公钥：{root_public}")
    if root_file is not None:
        say(f"根密钥文件：{root_file}")
        say(
            "  这份文件能签发密钥清单。请复制到两个加密的移动介质，分开保管，然后从服务器上删除；口令另行保管。"
        )
    say(f"收件凭证密钥：{settings.receipt_keys_folder / f'{slug}.key'}（举报接收端使用，须备份）")
    say(f"办公端密钥：{settings.routing_keys_folder / f'{slug}.key'}（办公端使用，须备份）")
    say("下一步：每位持钥人用 portal keys create（或在办公端“我的密钥”页）生成自己的密钥，")
    say(f"再用 portal keys holders add -j {slug} 登记，最后用 portal keys publish -j {slug} 公布。")


@click.command("root")
@JURISDICTION
@click.option("--out", "path", type=click.Path(path_type=Path), required=True, help="根密钥文件的路径。")
@passphrase_options
@plainly
def root_command(slug: str, path: Path, passphrase_file: Path | None, passphrase_fd: int | None) -> None:
    """在离线电脑上生成根密钥文件，输出公钥；不需要平台实例。"""
    secret = read_passphrase(passphrase_file, passphrase_fd, what="根密钥", fresh=True)
    public = public_of(keyring.make_root(path, slug, secret))
    say(f"已生成根密钥文件：{path}")
    say(f"根密钥的公钥：{public}")
    say(f"请抄下公钥，在服务器上运行：portal keys init -j {slug} --root-public {public}")


@click.command("create")
@click.option("--out", "path", type=click.Path(path_type=Path), required=True, help="密钥文件的路径。")
@passphrase_options
@plainly
def create_command(path: Path, passphrase_file: Path | None, passphrase_fd: int | None) -> None:
    """生成一位持钥人的密钥文件（由口令加密），输出公钥；不需要平台实例。"""
    secret = read_passphrase(passphrase_file, passphrase_fd, what="密钥文件", fresh=True)
    data, recipient = keyring.make_officer_key(secret, made_on=today())
    keyring.write_secret(path, data)
    say(f"已生成密钥文件：{path}")
    say(f"公钥：{recipient}")
    say(
        "密钥文件和口令由本人保管，分开存放，另备一份；遗失后，以前的举报就打不开了。只把公钥交给管理员登记。"
    )


def clean_name(text: str) -> str:
    """Return a name, post or unit as typed, without what cannot be seen; `ValueError` in Chinese."""
    return str(clean_text(text))


def receipt_key(settings: Settings, slug: str) -> ReceiptKey:
    """Return the receipt key, making it unless an earlier call that broke off did."""
    folder = settings.receipt_keys_folder
    if (folder / f"{slug}.key").exists():
        return keyring.read_receipt_key(folder, slug).public
    return keyring.make_receipt_key(folder, slug)


def routing_key(settings: Settings, slug: str) -> str:
    """Return the office's own public key, likewise."""
    from portal.services.reports.age import recipient_of

    folder = settings.routing_keys_folder
    if (folder / f"{slug}.key").exists():
        return recipient_of(keyring.read_routing_key(folder, slug))
    return keyring.make_routing_key(folder, slug)
