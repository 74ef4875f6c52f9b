"""`portal verify-receipt`: whether a filing receipt is genuine, and whether it is of a given content."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from pathlib import Path

import click

from portal.cli.key_files import plainly
from portal.cli.settings import load_settings
from portal.cli.telling import Refusal, say
from portal.domain.reports.keylist import ReceiptKey, made
from portal.services.reports.filing import BadReceipt, FilingReceipt, commitment_of, verify_receipt
from portal.services.reports.keylists import KeyLists, Tampered

LARGEST = 4 * 1024 * 1024  # Bytes of a file: a saved receipt with its content is far smaller.


@dataclass(frozen=True)
class _Given:
    """A receipt's text, and the salt and the content where they came with it."""

    receipt: str
    salt: str | None = None
    content: str | None = None


@click.command("verify-receipt")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", default=None, help="签名公钥：“名称+编号+公钥”，或只给 base64 公钥。")
@click.option("--jurisdiction", "-j", "slug", default=None, help="用这个县区的密钥清单核对。")
@click.option(
    "--content", type=click.Path(path_type=Path), default=None, help="举报内容的文件：核对是否就是这份内容。"
)
@click.option("--salt", default=None, help="与凭证一同保存的随机数（base64）；与 --content 一同给出。")
@plainly
def verify_receipt_command(
    file: Path, key: str | None, slug: str | None, content: Path | None, salt: str | None
) -> None:
    """核对收件凭证：某日收到过某份内容，而内容不必公开。"""
    given = _read(file)
    receipt = _checked(given.receipt, key, slug)
    say("收件凭证有效。")
    say(f"接收机关：{receipt.slug}")
    say(f"收到日期：{receipt.day.isoformat()}")
    say(f"内容指纹：{base64.b64encode(receipt.commitment).decode()}")
    salt = salt or given.salt
    text = _text(content) if content else given.content
    if content is None and text is None:
        return
    if salt is None or text is None:
        raise Refusal("核对内容须同时有内容和随机数：请用 --content 和 --salt 给出。")
    _compare(receipt, salt, text)
    say("内容与凭证相符：当日收到的就是这份内容。")


def _checked(text: str, key: str | None, slug: str | None) -> FilingReceipt:
    if key is not None and slug is not None:
        raise Refusal("--key 和 -j 只能给出一个。")
    named = text.split("\n")[1].strip() if text.count("\n") > 1 else ""
    keys = [_key(key, named)] if key is not None else _known(slug or named)
    wrong: BadReceipt | None = None
    for one in keys:
        try:
            receipt = verify_receipt(text, one)
        except BadReceipt as refused:
            wrong = wrong or refused
            continue
        if slug is not None and receipt.slug != slug:
            raise Refusal(f"凭证是“{receipt.slug}”的，不是“{slug}”的。")
        return receipt
    raise wrong or Refusal("没有可用来核对的公钥。")


def _known(slug: str) -> list[ReceiptKey]:
    """Return the receipt keys of all published lists of a jurisdiction, the newest first."""
    lists = KeyLists(load_settings().key_lists_folder)
    plain = slug.isascii() and slug.replace("-", "").isalnum()
    serials = lists.serials(slug) if plain else []
    found: dict[ReceiptKey, None] = {}
    for serial in reversed(serials):
        try:
            found[lists.load(slug, serial).list.receipt_key] = None
        except Tampered as wrong:
            raise Refusal(f"第 {serial} 号密钥清单不能使用：{wrong}") from wrong
    if not found:
        raise Refusal(
            "本机没有可用来核对的密钥清单，或文件不是收件凭证。请用 -j 给出县区代码，或用 --key 给出签名公钥。"
        )
    return list(found)


def _key(text: str, slug: str) -> ReceiptKey:
    """Return the key of a C2SP verifier key, or of a public key alone under the usual name."""
    name, _, rest = text.strip().partition("+")
    digest, _, encoded = rest.partition("+")
    raw = _b64(encoded)
    if raw and len(raw) == 33 and raw[0] == 1:
        found = made(ReceiptKey, name=name, key=base64.b64encode(raw[1:]).decode())
        if found.hash.hex() != digest:
            raise Refusal("--key 的编号与公钥不符，可能抄错了。")
        return found
    return made(ReceiptKey, name=f"{slug}/receipts", key=text.strip())


def _compare(receipt: FilingReceipt, salt: str, text: str) -> None:
    raw = _b64(salt)
    if raw is None or len(raw) != 32:
        raise Refusal("随机数不对：应是 44 个字符的 base64，与凭证一同保存。")
    # Who saved the content with an editor has a line's end more.
    if receipt.commitment not in (commitment_of(raw, text), commitment_of(raw, text.rstrip("\r\n"))):
        raise Refusal("内容与凭证不符：当日收到的不是这份内容，或随机数不对。内容须与提交时一字不差。")


def _read(file: Path) -> _Given:
    """Return what a file holds: the note alone, or the JSON that the page saves with salt and content."""
    text = _text(file)
    if not text.lstrip().startswith("{"):
        return _Given(text)
    try:
        held = json.loads(text)
    except ValueError:
        raise Refusal("文件不是收件凭证，也不是提交后保存的文件。") from None
    found = {key: held.get(key) for key in ("receipt", "salt", "content")}
    if not isinstance(found["receipt"], str) or not all(
        value is None or isinstance(value, str) for value in found.values()
    ):
        raise Refusal("文件里没有收件凭证（receipt）。")
    return _Given(found["receipt"], found["salt"], found["content"])


def _text(file: Path) -> str:
    if file.stat().st_size > LARGEST:
        raise Refusal(f"{file} 太大，不是收件凭证或举报内容的文件。")
    return file.read_bytes().decode("utf-8-sig")


def _b64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


COMMANDS = (verify_receipt_command,)
