"""The `portal` command."""

from __future__ import annotations

import logging
import sys
from typing import Any

import click
from pydantic import ValidationError
from sqlalchemy.exc import DatabaseError

from portal.cli import documents, instance, publishing
from portal.cli.opened import Refusal


class PortalGroup(click.Group):
    """Turns what a command may meet into one plain Chinese sentence and exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            raise click.ClickException(str(refusal)) from refusal
        except ValidationError as wrong:
            places = "；".join(
                f"{'.'.join(map(str, one['loc'])) or '全部'}：{one['msg']}" for one in wrong.errors()
            )
            raise click.ClickException(f"设置不对：{places}。请检查以 PORTAL_ 开头的环境变量。") from wrong
        except DatabaseError as broken:
            raise click.ClickException(
                f"数据库操作未完成，已全部撤销：{broken.orig}。请检查磁盘空间和文件权限后重试。"
            ) from broken
        except OSError as broken:
            raise click.ClickException(
                f"文件操作失败：{broken.strerror or broken}（{broken.filename or '未知文件'}）。请检查路径、权限和磁盘空间。"
            ) from broken


@click.group(
    cls=PortalGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="sunshine-portal", message="阳光权力公开平台 %(version)s")
def main() -> None:
    """阳光权力公开平台：发布、核对、检索和静态公开。"""
    logging.basicConfig(
        level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )


for command in (*instance.COMMANDS, *documents.COMMANDS, *publishing.COMMANDS):
    main.add_command(command)
