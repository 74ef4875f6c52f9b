"""Commands that act on single disclosures: drafts, publish, withdraw."""

from __future__ import annotations

from datetime import date

import click
from sqlalchemy import select

from portal.cli.opened import opened
from portal.cli.tables import text_table
from portal.cli.telling import Refusal, say
from portal.domain.values import read_day
from portal.services import publishing, rosters
from portal.services.checking import Book
from portal.store.db import empty_journal
from portal.store.tables import Draft, Record, Version


@click.command("drafts")
def drafts_command() -> None:
    """列出尚未发布的草稿。"""
    with opened() as instance:
        rows = []
        for draft in instance.session.scalars(select(Draft).order_by(Draft.id)):
            document = publishing.draft_document(draft)
            rows.append((str(draft.id), draft.unit.name, document.kind.short, document.title))
    say(text_table(("编号", "单位", "类别", "标题"), rows) if rows else "没有草稿。")


@click.command("publish")
@click.argument("draft_ids", type=int, nargs=-1, required=True)
@click.option("--reason", default=publishing.FIRST, help="更正已公开内容时必填：更正了什么、为什么。")
@click.option("--actor", default="命令行", help="发布人。")
def publish_command(draft_ids: tuple[int, ...], reason: str, actor: str) -> None:
    """发布一件或多件草稿（编号见 portal drafts）。全部成功才写入。"""
    with opened() as instance:
        instance.begin_write()
        done = []
        book = Book(instance.session, instance.regimes)
        for number in draft_ids:
            draft = instance.session.get(Draft, number)
            if draft is None:
                instance.session.rollback()
                raise Refusal(
                    f"没有编号为 {number} 的草稿，未发布任何内容。请用 portal drafts 查看现有草稿。"
                )
            try:
                version = publishing.publish(
                    instance.session, draft, book=book, reason=reason, actor=actor, now=instance.now()
                )
            except publishing.NotPublishable as refusal:
                instance.session.rollback()
                raise Refusal(f"草稿 {number}：{refusal}（未发布任何内容）") from refusal
            done.append(f"已发布：索引号 {version.record.index_no}，第 {version.number} 版。")
        instance.session.commit()
    say("\n".join(done))
    say("运行 portal sync 更新检索和网站。")


@click.command("withdraw")
@click.argument("index_no")
@click.option("--jurisdiction", "-j", required=True, help="县区代码。")
@click.option("--version", "number", type=int, default=None, help="撤回第几版；默认最新一版。")
@click.option("--ground", required=True, help="法律依据，例如“政府信息公开条例第十五条”。")
@click.option("--reason", required=True, help="撤回原因（将公示）。")
@click.option("--approver", required=True, help="批准人或批准机关（将公示）。")
@click.option("--review-on", default=None, help="复核日期。")
@click.option("--destroy", is_flag=True, help="依法销毁内容（例如误公开的个人信息）。不可恢复。")
@click.option("--yes", is_flag=True, help="销毁时不再询问。")
def withdraw_command(
    index_no: str,
    jurisdiction: str,
    number: int | None,
    ground: str,
    reason: str,
    approver: str,
    review_on: str | None,
    destroy: bool,
    yes: bool,
) -> None:
    """依法撤回一个已公开的版本：留下撤回说明页，写明依据、原因、批准人。"""
    review = _day(review_on)
    if destroy and not yes:
        click.confirm("内容销毁后不可恢复，只保留指纹和撤回说明。确定销毁吗？", abort=True)
    with opened() as instance:
        instance.begin_write()
        session = instance.session
        try:
            county = rosters.find_jurisdiction(session, jurisdiction)
            version = _version(
                session.scalar(
                    select(Record).where(Record.jurisdiction_id == county.id, Record.index_no == index_no)
                ),
                index_no,
                number,
            )
            if destroy and version.withdrawal is not None:
                publishing.destroy_content(
                    session, version, legal_ground=ground, approver=approver, now=instance.now()
                )
            else:
                publishing.withdraw(
                    session,
                    version,
                    legal_ground=ground,
                    reason=reason,
                    approver=approver,
                    now=instance.now(),
                    destroy=destroy,
                    review_on=review,
                )
            left = publishing.unwithdrawn(version.record)
        except (publishing.NotPublishable, rosters.RosterError) as refusal:
            session.rollback()
            raise Refusal(str(refusal)) from refusal
        session.commit()
        traceless = not destroy or empty_journal(session)
    say(
        f"已撤回索引号 {index_no} 第 {version.number} 版{'，内容已销毁' if destroy else ''}。请立即运行 portal sync 更新检索和网站。"
    )
    if left:
        say(
            f"注意：此件还有第 {'、'.join(map(str, left))} 版仍在公开，如含同样的内容，请用 --version 逐版撤回。"
        )
    if not traceless:
        say(
            "注意：PostgreSQL 的数据文件中暂留旧内容。请数据库管理员运行 VACUUM FULL version，并按规定清理预写日志归档和备份。"
        )
    if destroy and instance.settings.imports_folder.is_dir():
        say(
            f"注意：{instance.settings.imports_folder} 中的批注副本可能含有同样的内容，请核对后删除。备份同理。"
        )


def _version(record: Record | None, index_no: str, number: int | None) -> Version:
    if record is None:
        raise Refusal(f"没有索引号为“{index_no}”的公开记录。请核对索引号和县区。")
    wanted = number if number is not None else record.versions[-1].number
    found = next((one for one in record.versions if one.number == wanted), None)
    if found is None:
        raise Refusal(f"索引号“{index_no}”没有第 {wanted} 版，现有第 1 至 {record.versions[-1].number} 版。")
    return found


def _day(text: str | None) -> date | None:
    try:
        return read_day(text) if text else None
    except ValueError as wrong:
        raise Refusal(f"复核日期：{wrong}") from wrong


COMMANDS = (drafts_command, publish_command, withdraw_command)
