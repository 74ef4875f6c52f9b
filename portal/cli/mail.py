"""`portal mail`: what letters wait, and sending them now."""

from __future__ import annotations

import click

from portal.cli.opened import opened
from portal.cli.tables import text_table
from portal.cli.telling import Refusal, say


@click.group("mail", invoke_without_command=True)
@click.pass_context
def mail_command(context: click.Context) -> None:
    """列出等待发送的邮件；portal mail send 立即发送。"""
    if context.invoked_subcommand is None:
        _list()


def _list() -> None:
    from portal.web import posting

    with opened() as instance:
        rows = [
            (str(one.id), one.recipient, one.subject, f"{one.tries} 次", one.trouble or "")
            for one in [*posting.waiting(instance.session), *posting.given_up(instance.session, limit=50)]
        ]
        server = instance.settings.mail_server
    say(text_table(("编号", "收件人", "标题", "已试", "原因"), rows) if rows else "没有等待发送的邮件。")
    if not server:
        say(
            "还没有设置邮件服务器（PORTAL_MAIL_SERVER），邮件只会留在这里。用 portal mail show 编号 查看内容。"
        )


@mail_command.command("show")
@click.argument("number", type=int)
def show_command(number: int) -> None:
    """显示一封邮件的内容。内容可能含一次性链接，请只交给收件人。"""
    from portal.store.tables import Mail

    with opened() as instance:
        letter = instance.session.get(Mail, number)
        if letter is None:
            raise Refusal(f"没有编号为 {number} 的邮件。请用 portal mail 查看现有邮件。")
        say(f"收件人：{letter.recipient}\n标题：{letter.subject}\n\n{letter.body}")


@mail_command.command("send")
@click.option("--limit", type=click.IntRange(1, 10_000), default=500, help="最多发送多少封。")
def send_command(limit: int) -> None:
    """立即发送到期的邮件。"""
    from portal.web import posting

    with opened() as instance:
        known = instance.settings
        sender = posting.sender_of(
            server=known.mail_server,
            port=known.mail_port,
            tls=known.mail_tls,
            sender=known.mail_from,
            username=known.mail_username,
            password=known.mail_password,
        )
        if sender is None:
            raise Refusal("还没有设置邮件服务器。请设置环境变量 PORTAL_MAIL_SERVER 后重试。")
        done = posting.send_due(instance.session, sender, now=instance.now(), limit=limit, clock=instance.now)
    say(f"已发送 {done.sent} 封，未送出 {done.failed} 封。")
    if done.troubles:
        raise Refusal("；".join(done.troubles[:5]) + "。稍后会再试，也可改正设置后再运行。")


COMMANDS = (mail_command,)
