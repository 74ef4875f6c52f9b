"""`portal keys status`: what is in force, what ends soon, what must not go on."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date

import click

from portal.cli.key_drafts import draft_file
from portal.cli.key_files import plainly, today
from portal.cli.key_holders import registered_rows
from portal.cli.settings import load_settings
from portal.cli.tables import text_table
from portal.cli.telling import Refusal, say
from portal.config import Settings
from portal.domain.reports.keylist import HolderRank, KeyList
from portal.services.reports import keyring
from portal.services.reports.age import recipient_of
from portal.services.reports.key_condition import Condition, ends, look_at_holders
from portal.services.reports.keylists import KeyLists, Tampered
from portal.services.reports.keyring import WrongKeyFile


@click.command("status")
@click.option("--jurisdiction", "-j", "slug", default=None, help="县区代码；默认全部。")
@click.option("--on", "asked", default=None, help="按哪一天检查，例如 2027-11-01；默认今天。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
@plainly
def status_command(slug: str | None, asked: str | None, *, as_json: bool) -> int:
    """密钥和清单的状态；30 天内到期的提醒，已到期或被改动时以状态 1 结束。"""
    settings = load_settings()
    day = _day(asked)
    lists = KeyLists(settings.key_lists_folder)
    known = sorted(one.name for one in settings.key_lists_folder.glob("*") if one.is_dir())
    if slug and slug not in known:
        raise Refusal(f"县区“{slug}”还没有建立密钥。请先运行 portal keys init -j {slug}。")
    found = [condition_of(settings, lists, one, day) for one in ([slug] if slug else known)]
    if as_json:
        say(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2))
    elif not found:
        say("还没有一个县区建立密钥。见 portal keys init --help。")
    else:
        for one in found:
            _tell(one)
    return 1 if any(one.errors for one in found) else 0


def condition_of(settings: Settings, lists: KeyLists, slug: str, day: date) -> Condition:
    """Return how a jurisdiction's keys stand on a day."""
    told = Condition(slug)
    try:
        current = lists.current(slug)
        for serial in lists.serials(slug):  # Older lists count too, while they have their grace.
            lists.load(slug, serial)
    except (Tampered, OSError) as wrong:
        told.errors.append(str(wrong))
        return told
    if draft_file(settings, slug).is_file():
        told.warnings.append("有修改尚未公布：portal keys holders 查看，portal keys publish 公布。")
    if current is None:
        told.warnings.append("还没有公布密钥清单，不接收网上举报。")
        return told
    key_list = current.list
    told.name, told.serial, told.opening = key_list.name, key_list.serial, key_list.opening
    told.valid_until = key_list.valid_until.isoformat()
    told.days_left = (key_list.valid_until - day).days
    ends(told, "密钥清单", key_list.valid_until, day, "请公布下一份：portal keys publish")
    look_at_holders(told, key_list, registered_rows(settings, slug), day)
    _look_at_files(told, settings, key_list)
    return told


def _look_at_files(told: Condition, settings: Settings, key_list: KeyList) -> None:
    slug = key_list.jurisdiction
    try:
        if keyring.read_receipt_key(settings.receipt_keys_folder, slug).public != key_list.receipt_key:
            told.errors.append("收件凭证密钥与清单中的公钥不同：签发的凭证将无法核对。请恢复原来的密钥文件。")
    except WrongKeyFile as wrong:
        told.errors.append(str(wrong))
    try:
        ours = {recipient_of(one) for one in keyring.read_routing_keys(settings.routing_keys_folder, slug)}
        if key_list.routing_key not in ours:
            told.errors.append("办公端密钥与清单中的公钥不同：办公端看不到新举报。请恢复原来的密钥文件。")
    except WrongKeyFile as wrong:
        told.errors.append(str(wrong))


def _tell(one: Condition) -> None:
    if one.serial is None:
        say(f"{one.jurisdiction}：")
    else:
        say(f"{one.name}（{one.jurisdiction}）：第 {one.serial} 号清单，有效至 {one.valid_until}")
        rows = [
            (row["id"], row["name"], row["post"], HolderRank(row["rank"]).label, row["until"] or "—")
            for row in one.holders
        ]
        say(text_table(("编号", "姓名", "职务", "身份", "公钥有效至"), rows))
    for line in one.errors:
        say(f"错误：{line}")
    for line in one.warnings:
        say(f"注意：{line}")
    if not one.errors and not one.warnings:
        say("一切正常。")


def _day(asked: str | None) -> date:
    if asked is None:
        return today()
    try:
        return date.fromisoformat(asked)
    except ValueError:
        raise Refusal(f"“{asked}”不是日期。请写成 2027-11-01 的样子。") from None
