"""Commands for letters that wait to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from portal.cli.opened import opened
from portal.cli.tables import text_table
from portal.cli.telling import Refusal, say

if TYPE_CHECKING:
    from portal.config import Settings
    from portal.web.posting import SmtpSender

_HERE = ZoneInfo("Asia/Shanghai")


@click.group("mail", invoke_without_command=True)
@click.pass_context
def mail_group(context: click.Context) -> None:
    """等待寄出的信件：不带子命令时列出，send 立即寄出。"""
    if context.invoked_subcommand is not None:
        return
    from portal.web.posting import GIVEN_UP, waiting

    with opened() as instance:
        rows = [
            (
                one.created_at.astimezone(_HERE).strftime("%Y-%m-%d %H:%M"),
                one.recipient,
                one.subject,
                "不再自动重试" if one.tries >= GIVEN_UP else f"已试 {one.tries} 次" if one.tries else "待寄",
                one.trouble or "",
            )
            for one in waiting(instance.session)
        ]
        configured = instance.settings.mail_server is not None
    say(text_table(("写信时间", "收件人", "标题", "状态", "原因"), rows) if rows else "没有等待寄出的信件。")
    if rows and not configured:
        say("尚未设置邮件服务器（PORTAL_MAIL_SERVER），信件留在这里，不会丢失。")


@mail_group.command("send")
@click.option("--again", is_flag=True, help="包括还在等待重试的和不再自动重试的。")
def send_command(again: bool) -> None:
    """立即寄出到时的信件。有没寄出的时以状态 1 结束。"""
    from portal.web.posting import Sent, send_due, try_again

    with opened() as instance:
        sender = smtp_sender(instance.settings)
        if sender is None:
            raise Refusal(
                "尚未设置邮件服务器，没有寄出任何信件。请设置环境变量 PORTAL_MAIL_SERVER"
                "（以及 PORTAL_MAIL_PORT、PORTAL_MAIL_TLS、PORTAL_MAIL_FROM）后重试。"
            )
        if again:
            try_again(instance.session, now=instance.now())
        sent = failed = 0
        while (done := send_due(instance.session, sender, now=instance.now())) != Sent(0, 0):
            sent, failed = sent + done.sent, failed + done.failed
            if done.failed:
                break  # What failed may be the server; the next call goes on.
    say(f"寄出 {sent} 封，未寄出 {failed} 封。{'原因见 portal mail。' if failed else ''}")
    if failed:
        raise SystemExit(1)


def smtp_sender(settings: Settings) -> SmtpSender | None:
    """Return the sender of these settings; None where no mail server is set: letters wait."""
    from portal.web.posting import SmtpSender

    if settings.mail_server is None:
        return None
    password = settings.mail_password
    return SmtpSender(
        server=settings.mail_server,
        port=settings.mail_port,
        username=settings.mail_username,
        password=password.get_secret_value() if password else None,
        tls=settings.mail_tls,
        mail_from=settings.mail_from,
    )


COMMANDS = (mail_group,)
