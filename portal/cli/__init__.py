"""The `portal` command.

What a command needs is imported when it is called, so that `portal --help` and
the small commands answer at once: this module imports nothing that is slow to load.
"""

from __future__ import annotations

import difflib
import importlib
import logging
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# Name of the command → (module of this package, first line of its help).
TABLE: dict[str, tuple[str, str]] = {
    "board": ("board", "纪委监委工作台的公开情况表：截至何时、多少单位有欠缺；可以重新核对、导出 CSV。"),
    "build": ("instance", "生成静态网站：只做有变化的部分，先在一旁生成，再整体切换。"),
    "check": ("checking", "按一个县区的规则核对文件，不写入任何内容。有“不得发布”的问题时以状态 1 结束。"),
    "compliance": (
        "compliance",
        "公开义务一览：哪个单位、哪一期、应何时公开、现在怎样，以及覆盖率和规范指数。",
    ),
    "demo": ("demo", "装入示例数据（虚构的单位和人员，页面均标明“示例数据”）。可重复运行。"),
    "drafts": ("publishing", "列出尚未发布的草稿。"),
    "exempt": ("compliance", "登记豁免：一个单位在一段时间内不适用某项义务。原因和批准机关将公示。"),
    "extend": ("compliance", "登记延期：一项义务的一期延后到期。原因和批准机关将公示。"),
    "filings": ("filings", "特定关系人报备的密钥：生成密钥文件、启用公钥、离线打开一份报备。"),
    "headers": ("deploying", "输出网站服务器（nginx 或 Caddy）要加的安全响应头。"),
    "import": ("documents", "导入 xlsx、csv、json（制度文件还可用 txt、docx、pdf）。"),
    "init": ("instance", "在 PORTAL_HOME 中建立空的平台实例（含各县区）。可重复运行。"),
    "keys": ("keys", "举报的密钥：建立、登记持钥人、公布清单、更换、吊销、查看状态。"),
    "kinds": ("documents", "列出全部公开内容类别。"),
    "office": ("serving", "打开办公端：单位填报、审核、发布。与公开网站分开，使用自己的网址。"),
    "mail": ("mail", "列出等待发送的邮件；portal mail send 立即发送。"),
    "publish": ("publishing", "发布一件或多件草稿（编号见 portal drafts）。全部成功才写入。"),
    "publish-site": ("deploying", "把生成好的静态网站带到一个文件夹或对象存储，只传有变化的文件。"),
    "rename-unit": ("documents", "单位改名：网址和已公开的内容不变，旧名称仍可用于导入。"),
    "report-host": (
        "reporting",
        "打开举报接收端：接收已加密的举报，供举报人查询。不用 Cookie，不记录网络地址。",
    ),
    "revoke-exemption": (
        "compliance",
        "撤销一条豁免登记，自今天起失效；登记本身保留。编号见 portal compliance。",
    ),
    "rules": ("checking", "列出全部规则：是否实现、各县区的严重程度、出处、情形数。"),
    "run": (
        "serving",
        "准备好一切并打开网站、办公端和举报接收端：建立实例、（空实例）装入示例数据、同步、提供访问。",
    ),
    "schema": ("documents", "输出某类公开内容的 JSON Schema。"),
    "search": ("documents", "检索已公开的内容。"),
    "sync": ("instance", "把已发布的变化同步到检索索引和静态网站。"),
    "template": ("documents", "生成某类公开内容的 Excel 填报模板。"),
    "units": ("documents", "导入单位名册（CSV）；不给文件时列出现有名册。"),
    "users": ("users", "办公端的账号：首位管理员、邀请、停用、角色、重设第二步验证。"),
    "verify": ("verify", "核对内容指纹：给出从网站下载的 JSON 文件，或整个网站的文件夹。"),
    "verify-receipt": ("receipts", "核对收件凭证：某日收到过某份内容，而内容不必公开。"),
    "worker": ("instance", "常驻运行：每有发布，一秒之内更新网站和检索。按 Ctrl+C 停止。"),
    "withdraw": ("publishing", "依法撤回一个已公开的版本：留下撤回说明页，写明依据、原因、批准人。"),
}


class PortalGroup(click.Group):
    """Loads commands when they are called, and tells what they meet in plain Chinese.

    Whatever a command may meet becomes one sentence and exit status 1 (2 for a wrong call).
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted({*TABLE, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, loading its module now."""
        if cmd_name in TABLE and cmd_name not in self.commands:
            module = importlib.import_module(f"{__name__}.{TABLE[cmd_name][0]}")
            for command in module.COMMANDS:
                self.add_command(command)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without loading any."""
        names = self.list_commands(ctx)
        limit = formatter.width - 6 - max(map(len, names))
        with formatter.section("Commands"):
            formatter.write_dl(
                [(one.name or "", one.get_short_help_str(limit)) for one in self._listed(names)]
            )

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the name of a command without loading any."""
        from click.shell_completion import CompletionItem

        names = (one for one in self.list_commands(ctx) if one.startswith(incomplete))
        found = [CompletionItem(one.name, help=one.get_short_help_str()) for one in self._listed(names)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def _listed(self, names: Iterable[str]) -> list[click.Command]:
        return [self.commands.get(one) or click.Command(one, help=TABLE[one][1]) for one in names]

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
        except BrokenPipeError:
            # The reader (head, less) has seen enough; what the command did is done.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except OSError as broken:
            raise click.ClickException(
                f"文件操作失败：{os.strerror(broken.errno) if broken.errno else broken}"
                f"（{broken.filename or '未知文件'}）。请检查路径、权限和磁盘空间。"
            ) from broken
        except Exception as broken:
            # Who never loaded SQLAlchemy cannot have met its errors.
            database = sys.modules.get("sqlalchemy.exc")
            if database is None or not isinstance(broken, database.DatabaseError):
                raise
            raise click.ClickException(
                f"数据库操作未完成，已全部撤销。{_database(str(broken.orig))}"
            ) from broken


def _database(told: str) -> str:
    """Say in Chinese what SQLite and PostgreSQL say in English."""
    if "locked" in told or "lock timeout" in told or "could not serialize" in told:
        return "另一个 portal 命令正在写入，等待超时。请等它结束后重试。"
    if "disk" in told or "full" in told or "readonly" in told:
        return "磁盘已满或不可写。请腾出空间、检查文件权限后重试。"
    if "not a database" in told or "malformed" in told:
        return "数据库文件已损坏。请从备份恢复。"
    if "connection" in told and ("failed" in told or "refused" in told or "closed" in told):
        return "无法连接 PostgreSQL 数据库。请检查数据库是否运行、PORTAL_DATABASE_URL 是否正确。"
    if "permission denied" in told or "row-level security" in told:
        return "数据库角色没有这项权限。请核对 PORTAL_DATABASE_URL 中的角色和授权（portal init 会重新授权）。"
    if "UNIQUE" in told or "duplicate key" in told:
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
        asked = wrong.message.split("'")[1]
        alike = "、".join(difflib.get_close_matches(asked, TABLE, n=2))
        return f"没有这个子命令（{asked}）{f'，是不是要写 {alike}' if alike else ''}。"
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
