"""What the board's pages share: how fresh the rows are, and renewing a few of them before a page is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, abort, current_app

from portal.domain.regimes import Regime
from portal.exchange.grids import Grid, grid_csv, grid_xlsx
from portal.exchange.workbook import XLSX_TYPE
from portal.services.board.county import County
from portal.services.board.refreshing import compute_some, store
from portal.services.checking import SHANGHAI
from portal.web.office.house import begin, commit, county, now, office, person

bp = Blueprint("board", __name__, url_prefix="/board")
AT_ONCE = 6  # Units that a page renews itself: who has just published is seen at once.
PATIENCE = 0.25  # Seconds that a page spends on it; the rest is left to the chores.
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": XLSX_TYPE,
}


@dataclass(frozen=True)
class Opened:
    """The county, its regime, the day in China, and how many units are still being renewed."""

    county: County
    regime: Regime
    today: date
    waiting: int


def opened() -> Opened:
    """Return the person's county with its board as fresh as a moment allows."""
    here = county()
    regime = office().regimes.get(person().jurisdiction)
    if regime is None:
        abort(404, "没有找到本县区的制度文件，公开情况无法核对。请联系平台管理人员。")
    at = now()
    seconds = current_app.config.get("BOARD_PATIENCE", PATIENCE)
    done, waiting = compute_some(here, regime, now=at, most=AT_ONCE, seconds=seconds)
    if done:
        begin()
        for one in done:
            store(here, one)
        commit()
    return Opened(here, regime, at.astimezone(SHANGHAI).date(), waiting)


def handed(grid: Grid, ending: str, name: str) -> Response:
    """Return a table as a file to be saved; `name` is plain ASCII."""
    body = grid_csv(grid) if ending == "csv" else grid_xlsx(grid)
    answer = Response(body, content_type=_TYPES[ending])
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return answer


def known(text: str, choices: Sequence[str], default: str = "") -> str:
    """Return what an address asked for where it is one of the choices."""
    return text if text in choices else default
