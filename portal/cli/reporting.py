"""The command that opens the report host, and what `portal run` opens of it beside the site."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import click

from portal.cli.opened import Opened, close_to_others, load_regimes
from portal.cli.settings import load_settings
from portal.cli.telling import Refusal, say
from portal.config import Settings
from portal.domain.regimes import Regime
from portal.store.db import sqlite_url

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy import Engine

    from portal.web.report.serving import ReportServer

PORT = click.IntRange(0, 65535)


@click.command("report-host")
@click.option("--host", "address", default=None, help="监听地址，默认 127.0.0.1。")
@click.option("--port", type=PORT, default=None, help="端口，默认 8002。")
def report_host_command(address: str | None, port: int | None) -> None:
    """打开举报接收端：接收已加密的举报，供举报人查询。不用 Cookie，不记录网络地址。"""
    instance = _alone()
    settings = instance.settings
    engine = reports_engine(instance)
    try:
        app = report_app(instance, engine, None)
        server = open_report_port(
            instance,
            (address or settings.host, settings.report_port if port is None else port),
            option="--port",
        )
        say(f"举报接收端已打开：{server.url}/  （按 Ctrl+C 停止）")
        tell_closed(instance)
        server.run(app)
    finally:
        engine.dispose()


class Known(Protocol):
    """What the report host needs of an instance: neither its database nor who signs in there."""

    @property
    def settings(self) -> Settings:
        """The settings."""

    @property
    def regimes(self) -> Mapping[str, Regime]:
        """The regimes by slug."""


@dataclass(frozen=True)
class _Alone:
    settings: Settings
    regimes: Mapping[str, Regime]


def _alone() -> Known:
    """Read settings and regimes; refuse where nothing was ever set up."""
    settings = load_settings()
    there = (settings.key_lists_folder, settings.reports_database, settings.database)
    if not settings.reports_database_url and not any(one.exists() for one in there):
        raise Refusal(
            f"{settings.home} 里还没有平台实例。请先运行 portal init，或用环境变量 PORTAL_HOME 指向已有实例的文件夹。"
        )
    return _Alone(settings, load_regimes(settings))


def open_report_port(instance: Known, address: tuple[str, int], *, option: str) -> ReportServer:
    """Open the port, or refuse and say which option names another one."""
    from portal.web.report.serving import ReportServer

    try:
        return ReportServer(address, proxy=instance.settings.report_proxy)
    except (OSError, ValueError) as taken:
        raise Refusal(
            f"无法在 {address[0]}:{address[1]} 提供访问（{getattr(taken, 'strerror', None) or taken}）。"
            f"端口可能已被占用，请用 {option} 换一个，例如 {option} {address[1] + 10 if address[1] else 8012}。"
        ) from taken


def reports_engine(instance: Known) -> Engine:
    """Open the reports' database, making it first where it is missing."""
    from portal.store.reports.db import open_reports

    settings = instance.settings
    if settings.reports_database_url:
        return open_reports(settings.reports_database_url)
    close_to_others(settings.reports_database)
    return open_reports(sqlite_url(settings.reports_database))


def report_app(instance: Known, engine: Engine, public_url: str | None) -> Flask:
    """Return the report host's app, or refuse where its own key could be read by others."""
    from portal.apps import create_report_app
    from portal.services.reports.keylists import KeyLists
    from portal.web.secrets import UnsafeKey

    try:
        return create_report_app(
            instance.settings,
            instance.regimes,
            reports_engine=engine,
            key_lists=KeyLists(instance.settings.key_lists_folder),
            public_url=public_url,
        )
    except UnsafeKey as unsafe:
        raise Refusal(str(unsafe)) from unsafe


def knows_report_url(instance: Opened, server: ReportServer) -> Opened:
    """Return the instance with the report host's address, so that the site's form leads there; a setting comes first."""
    if instance.settings.report_url is not None:
        return instance
    if server.host in ("0.0.0.0", "::", ""):  # noqa: S104 - compared, not bound.
        say(
            "注意：监听全部地址时，不知道举报接收端对外的网址，网站上的举报页只列出其他渠道。请设置 PORTAL_REPORT_URL。"
        )
        return instance
    return replace(instance, settings=instance.settings.model_copy(update={"report_url": server.url}))


def serve_reports_aside(instance: Known, server: ReportServer, public_url: str) -> None:
    """Serve the report host in a thread beside the site."""
    app = report_app(instance, reports_engine(instance), public_url)
    threading.Thread(target=server.run, args=(app,), name="reports", daemon=True).start()
    say(f"举报接收端已打开：{server.url}/")
    tell_closed(instance)


def tell_closed(instance: Known) -> None:
    """Say which places cannot take reports yet, and what is missing."""
    from portal.services.reports.keylists import KeyLists, Tampered

    lists, missing = KeyLists(instance.settings.key_lists_folder), []
    for slug, regime in instance.regimes.items():
        try:
            if lists.current(slug) is None:
                missing.append(regime.short)
        except Tampered as wrong:
            say(f"注意：{regime.short}的密钥清单不能使用：{wrong}")
    if missing:
        say(f"还没有公布密钥清单、暂不接收举报的县区：{'、'.join(missing)}。见 portal keys --help。")


COMMANDS = (report_host_command,)
