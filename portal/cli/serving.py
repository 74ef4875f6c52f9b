"""Commands that serve: site, office and report host together for a try-out, or the office alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import click
from sqlalchemy import select

from portal.cli.instance import load_sample, pay_all, tell_report
from portal.cli.opened import Opened, opened
from portal.cli.reporting import knows_report_url, open_report_port, reports_engine, serve_reports_aside
from portal.cli.telling import Refusal, say
from portal.store.tables import Unit

if TYPE_CHECKING:
    from flask import Flask

    from portal.web.report.serving import ReportServer
    from portal.web.serving import OfficeServer

PORT = click.IntRange(0, 65535)


@click.command("run")
@click.option("--host", "address", default=None, help="监听地址，默认 127.0.0.1。")
@click.option("--port", type=PORT, default=None, help="公开网站的端口，默认 8000。")
@click.option("--office-port", type=PORT, default=None, help="办公端的端口，默认为公开网站的端口加 1。")
@click.option("--report-port", type=PORT, default=None, help="举报接收端的端口，默认为公开网站的端口加 2。")
@click.option("--no-office", is_flag=True, help="不打开办公端。")
@click.option("--no-reports", is_flag=True, help="不打开举报接收端；网站上的举报页只列出其他渠道。")
@click.option("--no-demo", is_flag=True, help="空实例也不装入示例数据。")
def run_command(
    address: str | None,
    port: int | None,
    office_port: int | None,
    report_port: int | None,
    no_office: bool,
    no_reports: bool,
    no_demo: bool,
) -> None:
    """准备好一切并打开网站、办公端和举报接收端：建立实例、（空实例）装入示例数据、同步、提供访问。"""
    from portal.search import SearchIndex
    from portal.web.hosting import host  # The server is loaded only to serve.
    from portal.web.serving import worker_beside

    with opened(create=True) as instance, ExitStack() as beside:
        sample = not no_demo and instance.session.scalar(select(Unit.id).limit(1)) is None
        if sample:
            say("正在装入示例数据……")
            load_sample(instance, quiet=False)
        instance.session.rollback()
        settings = instance.settings
        serve_at = (address or settings.host, settings.port if port is None else port)
        office = reports = None
        if not no_office:
            wanted = office_port if office_port is not None else serve_at[1] and serve_at[1] + 1
            office = _open_port(instance, (serve_at[0], wanted), option="--office-port")
        if not no_reports:
            wanted = report_port if report_port is not None else serve_at[1] and serve_at[1] + 2
            reports = open_report_port(instance, (serve_at[0], wanted), option="--report-port")
            instance = knows_report_url(instance, reports)
        told_last = _try_out(instance, office, reports) if sample else []
        say("正在同步检索索引和静态网站……")
        tell_report(pay_all(instance, quiet=False), as_json=False)

        def announce(told: str) -> None:
            say(told)
            public = told.partition("：")[2].partition(" ")[0].rstrip("/")
            if office is not None:
                beside.enter_context(worker_beside(say, report_url=instance.settings.report_url))
                app = _office_app(instance, office, public)
                beside.enter_context(_chores(instance, office, app))
                _serve_aside(app, office)
            if reports is not None:
                serve_reports_aside(instance, reports, public)
            for line in told_last:
                say(line)

        try:
            host(
                settings.site_folder,
                live=lambda snapshot, search: instance.public_app(snapshot, search=search),
                index=SearchIndex(settings.index_folder),
                session=instance.session,
                regimes=instance.regimes,
                address=serve_at,
                announce=announce,
            )
        except (OSError, ValueError) as taken:
            raise _taken(serve_at, taken, option="--port") from taken


@click.command("office")
@click.option("--host", "address", default=None, help="监听地址，默认 127.0.0.1。")
@click.option("--port", type=PORT, default=None, help="端口，默认 8001。")
@click.option("--no-worker", is_flag=True, help="不在一旁运行同步（已另外运行 portal worker 时）。")
def office_command(address: str | None, port: int | None, no_worker: bool) -> None:
    """打开办公端：单位填报、审核、发布。与公开网站分开，使用自己的网址。"""
    from portal.web.serving import worker_beside

    with opened() as instance, ExitStack() as beside:
        settings = instance.settings
        server = _open_port(
            instance,
            (address or settings.host, settings.office_port if port is None else port),
            option="--port",
        )
        if not no_worker:
            beside.enter_context(worker_beside(say))
        app = _office_app(instance, server, None)
        beside.enter_context(_chores(instance, server, app))
        say(f"办公端已打开：{server.url}/  （按 Ctrl+C 停止）")
        server.run(app)


def _open_port(instance: Opened, address: tuple[str, int], *, option: str) -> OfficeServer:
    from portal.web.serving import OfficeServer

    try:
        return OfficeServer(address, proxy=instance.settings.office_proxy)
    except (OSError, ValueError) as taken:
        raise _taken(address, taken, option=option) from taken


def _taken(address: tuple[str, int], why: Exception, *, option: str) -> Refusal:
    return Refusal(
        f"无法在 {address[0]}:{address[1]} 提供访问（{getattr(why, 'strerror', None) or why}）。"
        f"端口可能已被占用，请用 {option} 换一个，例如 {option} {address[1] + 10 if address[1] else 8011}。"
    )


def _office_app(instance: Opened, server: OfficeServer, public_url: str | None) -> Flask:
    from portal.apps import create_office_app
    from portal.services.reports.keylists import KeyLists
    from portal.services.reports.routing_keys import routing_keys
    from portal.web.office.posters import font_trouble
    from portal.web.report.signing import Signers
    from portal.web.secrets import UnsafeKey, instance_secret

    if trouble := font_trouble():
        say(f"注意：{trouble}")
    settings = instance.settings.model_copy(update={"host": server.host, "office_port": server.port})
    try:
        secret = instance_secret(settings.secret_file)
    except UnsafeKey as unsafe:
        raise Refusal(str(unsafe)) from unsafe
    return create_office_app(
        settings,
        instance.regimes,
        secret=secret,
        database_url=instance.url,
        public_url=public_url,
        reports=reports_engine(instance),
        routing_keys=routing_keys(settings.routing_keys_folder),
        key_lists=KeyLists(settings.key_lists_folder),
        sign_receipt=Signers(settings.receipt_keys_folder),
    )


@contextmanager
def _chores(instance: Opened, server: OfficeServer, app: Flask) -> Iterator[None]:
    """Keep reminders and letters going while the office is open."""
    from portal.services.reports.eyes import Eyes
    from portal.services.reports.keylists import KeyLists
    from portal.services.reports.routing_keys import routing_keys
    from portal.store.db import make_engine
    from portal.web.chores import Chores
    from portal.web.chores_filings import Matching
    from portal.web.filing_seals import FilingSeals
    from portal.web.office.seen_in_public import VIEWS
    from portal.web.posting import sender_of

    known = instance.settings
    sender = sender_of(
        server=known.mail_server,
        port=known.mail_port,
        tls=known.mail_tls,
        sender=known.mail_from,
        username=known.mail_username,
        password=known.mail_password,
    )
    engine, stop = make_engine(instance.url), threading.Event()
    reports = reports_engine(instance)
    eyes = Eyes(routing_keys(known.routing_keys_folder), KeyLists(known.key_lists_folder))
    chores = Chores(
        engine,
        instance.regimes,
        sender,
        known.office_url or server.url,
        instance.now,
        reports=reports,
        eyes=eyes,
        matching=Matching(FilingSeals(known.home)),
        views=app.extensions.setdefault(VIEWS, {}),
        report_terms=known.report_terms_file,
    )
    thread = threading.Thread(target=chores.run, args=(stop,), name="chores", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5)
        engine.dispose()
        reports.dispose()


def _serve_aside(app: Flask, server: OfficeServer) -> None:
    threading.Thread(target=server.run, args=(app,), name="office", daemon=True).start()
    say(f"办公端已打开：{server.url}/  （单位填报、审核、发布）")


def _try_out(instance: Opened, office: OfficeServer | None, reports: ReportServer | None) -> list[str]:
    from portal.cli.trying import make_try_out

    engine = reports_engine(instance) if reports is not None else None
    try:
        return make_try_out(instance, office_url=office.url if office else None, reports=engine)
    finally:
        if engine is not None:
            engine.dispose()


COMMANDS = (run_command, office_command)
