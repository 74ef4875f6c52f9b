"""The command for the commission's board: how fresh it is, renewing it, handing it out."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy.orm import Session

from portal.cli.opened import Opened, opened
from portal.cli.telling import Refusal, say
from portal.domain.regimes import Regime
from portal.domain.values import show_period
from portal.exchange.grids import Grid, grid_csv
from portal.services.board import matrices
from portal.services.board.county import open_county
from portal.services.board.reading import quarters_of
from portal.services.board.refreshing import compute_some, stale_units, store
from portal.services.board.screens import STATUSES, Sieve
from portal.services.checking import SHANGHAI
from portal.store.db import begin_write, db
from portal.web.office.board.grids import grid_of

_STEP = 20  # Units that are stored in one transaction: nobody waits for the whole county.
_SECONDS = 5.0


@click.command("board")
@click.option("--refresh", is_flag=True, help="重新核对有变化的单位；办公端运行时会自动更新，一般不必。")
@click.option("--jurisdiction", "-j", default=None, help="只看一个县区（代码，例如 xiuzhou）。")
@click.option(
    "--csv", "file", type=click.Path(dir_okay=False, path_type=Path), help="把表写到这个文件，须同时给出 -j。"
)
def board_command(refresh: bool, jurisdiction: str | None, file: Path | None) -> None:
    """纪委监委工作台的公开情况表：截至何时、多少单位有欠缺；可以重新核对、导出 CSV。"""
    if file and not jurisdiction:
        raise Refusal("--csv 须同时用 -j 给出县区代码，例如 portal board -j xiuzhou --csv board.csv。")
    with opened() as instance:
        slugs = [jurisdiction] if jurisdiction else sorted(instance.regimes)
        for slug in slugs:
            regime = instance.regimes.get(slug)
            if regime is None:
                raise Refusal(f"没有代码为“{slug}”的县区。可用：{'、'.join(sorted(instance.regimes))}。")
            if refresh:
                _refresh(instance, regime)
            grid = _tell(instance, regime)
            if file and grid:
                file.write_bytes(grid_csv(grid))
                say(f"已写入 {file}。")


def _refresh(instance: Opened, regime: Regime) -> None:
    """Work out what is stale in steps: reading first, then a short transaction, as the office does it."""
    renewed = 0
    while True:
        with Session(db.engine) as session:
            here = open_county(session, regime.slug, None)
            done, _ = compute_some(here, regime, now=instance.now(), most=_STEP, seconds=_SECONDS)
        if not done:
            break
        with Session(db.engine) as session:
            begin_write(session)
            here = open_county(session, regime.slug, None)
            kept = sum(store(here, one) for one in done)
            session.commit()
        if not kept:
            break  # Newer ones stand there already: somebody else is at it.
        renewed += kept
    say(f"{regime.name}：重新核对了 {renewed} 个单位。")


def _tell(instance: Opened, regime: Regime) -> Grid | None:
    """Say how the county stands in the newest quarter that is due, and return its table."""
    now = instance.now()
    today = now.astimezone(SHANGHAI).date()
    with Session(db.engine) as session:
        here = open_county(session, regime.slug, None)
        waiting = len(stale_units(here, regime, now))
        quarter = matrices.newest_due(quarters_of(here), regime, today)
        if quarter is None:
            say(
                f"{regime.name}：还没有核对过。运行 portal board --refresh。"
                if waiting
                else f"{regime.name}：名册中还没有单位。"
            )
            return None
        screen = matrices.by_duty(
            here, matrices.base_of(here), quarter=quarter, sieve=Sieve(sort="roster"), today=today
        )
        parts = [
            f"{label} {screen.counts[code]}"
            for code, label in STATUSES
            if code in ("wanting", "missing", "late", "note", "fine") and screen.counts[code]
        ]
        say(f"{regime.name}，{show_period(quarter)}，{screen.total} 个单位：{'，'.join(parts)}。")
        if unread := [row.unit.name for row in screen.rows if row.unreadable]:
            say(f"  无法核对：{'、'.join(unread)}。请运行 portal verify 核对数据，必要时从备份恢复。")
        if waiting:
            say(f"  {waiting} 个单位有新的变化，还没有重新核对。运行 portal board --refresh。")
        return grid_of(screen, show_period(quarter), [])


COMMANDS = (board_command,)
