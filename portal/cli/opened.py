"""An opened instance: what every command starts from."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.cli.settings import load_settings
from portal.cli.telling import Refusal
from portal.config import Settings
from portal.domain.regime_files import RegimeError
from portal.domain.regime_reading import read_regimes
from portal.domain.regimes import Regime
from portal.services import rosters
from portal.services.running.overlay import Laid
from portal.store import guards
from portal.store.db import begin_write, db, full_url, make_engine, sqlite_url
from portal.store.migrate import NeedsOwner, upgrade
from portal.store.tables import Jurisdiction

if TYPE_CHECKING:
    from portal.search import SearchIndex


@dataclass(frozen=True)
class Opened:
    """Settings, regimes and a session of one instance."""

    settings: Settings
    regimes: Mapping[str, Regime]  # With the commission's recorded changes.
    session: Session

    @property
    def url(self) -> str:
        """The address of the database, for apps that open it themselves."""
        return database_url(self.settings)

    def now(self) -> datetime:
        """The server's clock, in UTC."""
        return datetime.now(UTC)

    def public_app(self, snapshot: Callable[[], Any], *, search: SearchIndex | None = None) -> Flask:
        """Return the public app over a snapshot."""
        from portal import apps  # Most commands show no page.
        from portal.sync import program

        return apps.create_public_app(
            snapshot,
            search=search,
            search_url=self.settings.search_url,
            base_url=self.settings.base_url,
            report_url=self.settings.report_url,
            compiled=apps.CompiledTemplates(self.settings.compiled_folder, program()),
        )

    def begin_write(self) -> None:
        """Wait for the right to write, before reading what the write depends on."""
        begin_write(self.session)

    def restore_guards(self) -> list[str]:
        """Put the missing guards back, on PostgreSQL as the tables' owner; return their names."""
        if self.settings.database_url and not self.settings.owner_database_url:
            raise Refusal("补上触发器须以数据表所有者的身份进行，请设置 PORTAL_OWNER_DATABASE_URL 后重试。")
        engine = make_engine(self.settings.owner_database_url or database_url(self.settings))
        try:
            with Session(engine) as session:
                begin_write(session)
                lost = guards.restore(session)
                session.commit()
                return lost
        finally:
            engine.dispose()


def database_url(settings: Settings) -> str:
    """Return the address of the instance's database."""
    return full_url(settings.database_url) if settings.database_url else sqlite_url(settings.database)


def load_regimes(settings: Settings) -> dict[str, Regime]:
    """Read the regime files, or refuse."""
    try:
        return read_regimes(settings.regimes_folder)
    except RegimeError as wrong:
        raise Refusal(str(wrong)) from wrong


def close_to_others(database: Path) -> None:
    """Let the machine's other users read no drafts, uploads and letters; the journals beside get the file's own mode.

    The folder itself stays open: a web server, as a user of its own, reads the site in it.
    """
    with suppress(OSError):  # Another's file, or a disk without modes: nothing that a command need stop for.
        if database.exists():
            if (mode := database.stat().st_mode) & 0o007:
                database.chmod(stat.S_IMODE(mode) & ~0o007)
        else:
            os.close(os.open(database, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


@contextmanager
def opened(*, create: bool = False, restore_guards: bool = False) -> Iterator[Opened]:
    """Open the instance in `PORTAL_HOME`; with `create`, make it first where it is missing."""
    settings = load_settings()
    regimes = load_regimes(settings)
    absent = Refusal(
        f"{settings.home} 里还没有平台实例。请先运行 portal init，或用环境变量 PORTAL_HOME 指向已有实例的文件夹。"
    )
    if not settings.database_url and not settings.database.is_file() and not create:
        raise absent
    settings.home.mkdir(parents=True, exist_ok=True)
    if not settings.database_url:
        close_to_others(settings.database)
    try:
        upgrade(database_url(settings), owner=settings.owner_database_url)
    except NeedsOwner as refused:
        raise Refusal(str(refused)) from refused
    app = Flask("portal")
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url(settings)
    db.init_app(app)
    with app.app_context():
        session = db.session()
        try:
            laid = Laid(regimes)
            instance = Opened(settings, laid, session)
            if not restore_guards and (lost := guards.missing(session)):
                raise Refusal(
                    f"数据库缺少 {len(lost)} 个防改动触发器（{lost[0]} 等），可能被人为删除。"
                    "请先查明原因并与备份核对；确认无误后运行 portal init --restore-guards 补上。"
                )
            if (
                settings.database_url
                and not create
                and session.scalar(select(Jurisdiction.id).limit(1)) is None
            ):
                raise absent
            session.rollback()
            if create:
                instance.begin_write()
                rosters.init_jurisdictions(session, regimes.values(), now=instance.now())
                session.commit()
            laid.refresh(session)
            session.rollback()
            yield instance
        finally:
            db.session.remove()
            db.engine.dispose()
