"""The `portal` command."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy.exc import DatabaseError

from portal.cli import checking, compliance, documents, instance, publishing, verify


class PortalGroup(click.Group):
    """Turns what a command may meet into one plain Chinese sentence and exit status 1 (2 for a wrong call)."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run from the command line."""
        try:
            result = super().main(args, prog_name, complete_var, False, **extra)
        except click.UsageError as wrong:
            click.echo(f"命令写法不对：{_usage(wrong)}", err=True)
            command = wrong.ctx.command_path if wrong.ctx else "portal"
            click.echo(f"用法见：{command} --help", err=True)
            status = 2
        except click.ClickException as refusal:
            click.echo(f"错误：{refusal.format_message()}", err=True)
            status = 1
        except click.Abort:
            click.echo("已取消，没有改动。", err=True)
            status = 1
        else:
            status = result if isinstance(result, int) else 0
        if standalone_mode:
            raise SystemExit(status)
        return status

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except DatabaseError as broken:
            raise click.ClickException(
                f"数据库操作未完成，已全部撤销。{_database(str(broken.orig))}"
            ) from broken
        except BrokenPipeError:
            # The reader (head, less) has seen enough; what the command did is done.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except OSError as broken:
            raise click.ClickException(
                f"文件操作失败：{os.strerror(broken.errno) if broken.errno else broken}"
                f"（{broken.filename or '未知文件'}）。请检查路径、权限和磁盘空间。"
            ) from broken


def _database(told: str) -> str:
    """Say in Chinese what SQLite says in English."""
    if "locked" in told:
        return "另一个 portal 命令正在写入，等待超时。请等它结束后重试。"
    if "disk" in told or "full" in told or "readonly" in told:
        return "磁盘已满或不可写。请腾出空间、检查文件权限后重试。"
    if "not a database" in told or "malformed" in told:
        return "数据库文件已损坏。请从备份恢复。"
    if "UNIQUE" in told:
        return "与已有的数据重复（名称、网址代码或编号）。请核对后重试。"
    return f"原因：{told}。请检查磁盘空间和文件权限后重试。"


def _usage(wrong: click.UsageError) -> str:
    """Say in Chinese what click says in English."""
    name = ""
    if isinstance(wrong, click.BadParameter) and wrong.param:
        name = "/".join(wrong.param.opts) if isinstance(wrong.param, click.Option) else wrong.param.name or ""
    if isinstance(wrong, click.MissingParameter):
        return f"缺少“{name}”。"
    if isinstance(wrong, click.NoSuchOption):
        near = f"，是不是要写 {'、'.join(wrong.possibilities)}" if wrong.possibilities else ""
        return f"没有“{wrong.option_name}”这个选项{near}。"
    if isinstance(wrong, click.BadParameter):
        return f"“{name}”的值不对（{wrong.message.rstrip('.')}）。"
    if "No such command" in wrong.message:
        return f"没有这个子命令（{wrong.message.split(chr(39))[1]}）。"
    return wrong.message


@click.group(
    cls=PortalGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="sunshine-portal", message="阳光权力公开平台 %(version)s")
def main() -> None:
    """阳光权力公开平台：发布、核对、检索和静态公开。"""
    logging.basicConfig(
        level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )


for command in (
    *instance.COMMANDS,
    *documents.COMMANDS,
    *publishing.COMMANDS,
    *verify.COMMANDS,
    *checking.COMMANDS,
    *compliance.COMMANDS,
):
    main.add_command(command)
