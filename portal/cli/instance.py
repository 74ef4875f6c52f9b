"""Commands for an instance as a whole: init, demo, sync, build, run."""

from __future__ import annotations

import json
from typing import Any

import click

from portal.cli.opened import Opened, opened
from portal.cli.telling import Refusal, meter, say
from portal.config import data_dir
from portal.sync import Busy, CannotWrite, ForkFailed, SyncReport
from portal.sync import sync as pay

JOBS = click.IntRange(0, 64)


@click.command("init")
@click.option("--restore-guards", is_flag=True, help="补上数据库中被删除的防改动触发器（先查明原因）。")
def init_command(restore_guards: bool) -> None:
    """在 PORTAL_HOME 中建立空的平台实例（含各县区）。可重复运行。"""
    with opened(create=True, restore_guards=restore_guards) as instance:
        if restore_guards:
            lost = instance.restore_guards()
            say(f"补上触发器 {len(lost)} 个：{'、'.join(lost) or '无'}。")
        names = "、".join(regime.short for regime in instance.regimes.values())
        say(f"平台实例已就绪：{instance.settings.home}")
        say(f"县区：{names}")
        say("下一步：portal units 导入单位名册；portal import 导入文件；portal run 打开网站。")


@click.command("demo")
def demo_command() -> None:
    """装入示例数据（虚构的单位和人员，页面均标明“示例数据”）。可重复运行。"""
    with opened(create=True) as instance:
        say(f"新装入 {load_sample(instance, quiet=False)} 个示例版本。")


@click.command("sync")
@click.option("--all", "everything", is_flag=True, help="从数据库全部重建检索索引和静态网站。")
@click.option("--jobs", type=JOBS, default=0, help="用几个进程生成；默认与处理器数相同，最多 4。")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 对象。")
def sync_command(everything: bool, jobs: int, as_json: bool) -> None:
    """把已发布的变化同步到检索索引和静态网站。"""
    with opened() as instance:
        report = pay_all(instance, everything=everything, jobs=jobs, quiet=as_json)
    tell_report(report, as_json=as_json)


@click.command("build")
@click.option("--full", is_flag=True, help="每一页都重新生成。")
@click.option("--jobs", type=JOBS, default=0, help="用几个进程生成；默认与处理器数相同，最多 4。")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 对象。")
def build_command(full: bool, jobs: int, as_json: bool) -> None:
    """生成静态网站：只做有变化的部分，先在一旁生成，再整体切换。

    有变化的部分由上次生成之后的发布、更正、撤回和名册变动得出；制度、模板或日期变了，就全部重新生成。
    """
    with opened() as instance:
        report = pay_all(instance, rebuild_site=full, jobs=jobs, quiet=as_json)
    tell_report(report, as_json=as_json)


@click.command("worker")
@click.option("--every", type=click.FloatRange(0.05, 60), default=0.25, help="多少秒查看一次，默认 0.25。")
@click.option("--jobs", type=JOBS, default=0, help="全部重新生成时用几个进程。")
@click.option("--with-parent", type=int, default=None, hidden=True)
def worker_command(every: float, jobs: int, with_parent: int | None) -> None:
    """常驻运行：每有发布，一秒之内更新网站和检索。按 Ctrl+C 停止。

    与 portal sync 是同一套步骤，只是不退出，因而更快。随时可以停止，重新启动后从停下的地方继续。
    """
    from portal.worker import WithParent, work

    with opened() as instance:
        say("正在等待发布……（按 Ctrl+C 停止）")
        work(
            instance.session,
            instance.settings,
            instance.regimes,
            instance.public_app,
            every=every,
            jobs=jobs,
            tell=say,
            stop=WithParent(with_parent) if with_parent else None,
        )


def load_sample(instance: Opened, *, quiet: bool) -> int:
    from portal.demo import load_demo

    instance.begin_write()
    with meter("示例数据", quiet=quiet) as step:
        count = load_demo(
            instance.session,
            data_dir("content"),
            instance.regimes,
            progress=(lambda _done, _total: step(1)) if step else None,
        )
    instance.session.commit()
    return count


def pay_all(
    instance: Opened, *, everything: bool = False, rebuild_site: bool = False, jobs: int = 0, quiet: bool
) -> SyncReport:
    try:
        with meter("生成页面", quiet=quiet) as step:
            return pay(
                instance.session,
                instance.settings,
                instance.regimes,
                instance.public_app,
                everything=everything,
                rebuild_site=rebuild_site,
                jobs=jobs,
                progress=step,
            )
    except (Busy, CannotWrite, ForkFailed) as stopped:
        raise Refusal(str(stopped)) from stopped


def tell_report(report: SyncReport, *, as_json: bool) -> None:
    build = report.build
    if as_json:
        failures = [vars(one) for one in build.failures] if build else []
        answer: dict[str, Any] = {
            "indexed": report.indexed,
            "removed": report.removed,
            "rebuilt_index": report.rebuilt_index,
            "paid": report.paid,
            "build": build.name if build else None,
            "pages": build.pages if build else 0,
            "rendered": build.rendered if build else 0,
            "units": build.units if build else 0,
            "seconds": round(build.seconds, 3) if build else 0,
            "failures": failures,
            "faults": list(report.faults),
        }
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        say(
            f"检索索引：更新 {report.indexed} 件，移除 {report.removed} 件{'（全部重建）' if report.rebuilt_index else ''}。"
        )
        if build:
            say(
                f"静态网站：共 {build.pages} 个文件，{build.bytes / 1e6:.1f} MB；"
                f"本次生成 {build.rendered} 页，用时 {build.seconds:.1f} 秒，位于 {build.folder}"
            )
        else:
            say("静态网站：没有变化，未重新生成。")
        for fault in report.faults:
            click.secho(f"注意：{fault}", err=True)
        for failure in build.failures if build else ():
            click.secho(
                f"注意：页面 {failure.path} 未能生成（{failure.reason}），已用说明页代替，其余页面不受影响。",
                err=True,
            )
    if report.faults or (build and build.failures):
        raise SystemExit(1)


COMMANDS = (init_command, sync_command, build_command, worker_command)
