"""A merger in mid-year and a changed term, from the commission's deed to the pages that everybody reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from portal import apps
from portal.config import Settings
from portal.domain.obligations import Status
from portal.domain.regimes import Regime
from portal.services import compliance, publishing, rosters
from portal.services.board.county import open_county
from portal.services.checking import Book
from portal.services.desk.rooms import Actor
from portal.services.running import merging, terms, units
from portal.services.running.overlay import Laid
from portal.site.served import current_build
from portal.store.db import make_engine
from portal.store.tables import Jurisdiction, Unit
from portal.sync import SyncReport, sync

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
WHO = Actor(1, "冯示六", frozenset())


def text_of(folder: Path, path: str) -> str:
    build = current_build(folder)
    assert build is not None
    return (build / path).read_text(encoding="utf-8")


def test_a_merger_in_mid_year_and_a_changed_term_reach_the_site(
    engine: Any, session: Session, unit: Unit, county: Jurisdiction, regimes: dict[str, Regime],
    a_quarter: Callable[..., Any], tmp_path: Path,
) -> None:  # fmt: skip
    line = rosters.RosterLine(name="示例住建局", type="bureau", short="住建局", sample=True)
    other = rosters.put_unit(session, county, line, now=datetime(2026, 1, 5, tzinfo=UTC))
    for period, at in (
        ("2026Q1", datetime(2026, 4, 10, tzinfo=UTC)),
        ("2026Q2", datetime(2026, 7, 10, tzinfo=UTC)),
    ):
        draft = publishing.save_draft(session, unit=unit, document=a_quarter(period), author="甲", now=at)
        publishing.publish(session, draft, book=Book(session, regimes), reason="首次公开", actor="乙", now=at)
    session.commit()
    settings, laid = Settings(home=tmp_path), Laid({county.slug: regimes[county.slug]})
    gone, stays, place = unit.slug, other.slug, county.slug

    def run() -> SyncReport:
        with Session(make_engine(str(engine.url.render_as_string(hide_password=False)))) as own:
            return sync(own, settings, laid, apps.create_public_app, now=NOW, jobs=1)

    run()
    assert "单位沿革" not in text_of(settings.site_folder, f"{place}/u/{gone}/index.html")

    with Session(engine) as own:
        here = open_county(own, place, WHO)
        a, b = here.unit(gone), here.unit(stays)
        assert a is not None
        assert b is not None
        ending = merging.Ending((a,), date(2026, 10, 20), "示例编〔2026〕1号", "", into=b)
        (found,) = merging.consequences(here, regimes[place], ending, now=NOW)
        assert ("finance", "2026Q3") in {(one.duty.code, one.period) for one in found.lapses}
        before = compliance.board(own, regimes[place], units.place_of(here), on=date(2026, 11, 20))
        merging.end(here, regimes[place], ending, seen=[found.seen], now=NOW)
        own.commit()
    with Session(engine) as own:
        here = open_county(own, place, WHO)
        after = compliance.board(own, regimes[place], units.place_of(here), on=date(2026, 11, 20))
        was, now = ({one.case.unit.slug: one.standing for one in some.rows} for some in (before, after))
        old, new = (one[gone].cell("finance", "2026Q3") for one in (was, now))
        assert old is not None
        assert new is not None
        assert old.status is Status.MISSING  # Due in November: it would be missing still.
        assert new.status is Status.NOT_APPLICABLE
        for period in ("2026Q1", "2026Q2"):  # What was due before stays as it was kept.
            assert was[gone].cell("finance", period) == now[gone].cell("finance", period)
        assert was[stays].wanting == now[stays].wanting  # The successor is blamed for nothing of it.

    assert run().build is not None
    folder = settings.site_folder
    page = text_of(folder, f"{place}/u/{gone}/index.html")
    assert f'href="../../u/{stays}/index.html"' in page or f"/u/{stays}/index.html" in page
    assert "起并入" in page
    assert "2026年10月20日并入示例住建局" in page  # Not only dissolved: the head of the page says so at once.
    assert "2026Q1" in page or "2026年第一季度" in page
    successor = text_of(folder, f"{place}/u/{stays}/index.html")
    assert "接收并入" in successor
    assert "示例财政局" in successor
    assert "示例编〔2026〕1号" in successor
    english = text_of(folder, f"en/{place}/u/{gone}/index.html")
    assert "Merged into" in english
    assert "已撤销" in text_of(folder, f"{place}/units.html")
    assert run().build is None

    with Session(engine) as own:
        here = open_county(own, place, WHO)
        laid.refresh(own)
        wish = terms.Wish(
            "small_cells~small_cells~",
            {"least": "7"},
            date(2026, 11, 20),
            "会议研究决定",
            "示例纪发〔2026〕9号",
            "示例甲",
        )
        terms.record(here, terms.propose(here, laid, wish, now=NOW), basis=0, now=NOW)
        own.commit()
    assert (
        run().build is not None
    )  # The worker's own session sees the change, and what rests on it is made anew.
    assert laid[place].least_shown(date(2026, 11, 20)) == 7
    assert run().build is None
