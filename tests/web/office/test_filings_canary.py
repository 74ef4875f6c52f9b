"""What was filed stands nowhere in clear: not in the database's files, the site, the index, a log, or beside the keys."""

from __future__ import annotations

import logging
from pathlib import Path

import pyrage
import pytest
from sqlalchemy import Engine

from portal import apps
from portal.config import Settings
from portal.domain.regimes import Regime
from portal.services.supervision.filing_keys import use_recipient
from portal.sync import sync
from portal.web.chores import Chores
from portal.web.chores_filings import Matching
from portal.web.filing_seals import FilingSeals
from tests.conftest import NOON
from tests.web.office.closer import opened_world, published, quarter, signed_in, tender

pytestmark = [pytest.mark.database, pytest.mark.sqlite]
PERSON, COMPANY, CODE, BUSINESS = "金丝雀甲乙丙", "金丝雀丁戊己", "91330400MA2B8YQ066", "金丝雀庚辛壬癸"
CANARIES = (PERSON, COMPANY, CODE, BUSINESS)


def places_of(folder: Path) -> list[str]:
    """Return where a canary stands under a folder, in a file's bytes or its name, in the encodings that matter."""
    found = []
    for file in sorted(one for one in folder.rglob("*") if one.is_file()):
        data = file.read_bytes()
        for canary in CANARIES:
            forms = {canary.encode(), canary.encode("utf-16-le"), ascii(canary)[1:-1].encode()}
            if canary in str(file) or any(form in data for form in forms):
                found.append(f"{file.relative_to(folder)}: {canary}")
    return found


def test_what_was_filed_stands_nowhere(
    tmp_path: Path, regimes: dict[str, Regime], caplog: pytest.LogCaptureFixture
) -> None:
    identity = pyrage.x25519.Identity.generate()
    use_recipient(tmp_path, "xiuzhou", str(identity.to_public()))
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.WARNING, "sqlalchemy")  # It tells every statement else, and nobody has it so.
    for world in opened_world(tmp_path, regimes):
        keeper = signed_in(world, "filings")
        typed = {
            "unit": world.unit.slug,
            "filer": PERSON,
            "filed_on": "2026年9月1日",
            "persons": f"{PERSON} 配偶",
            "companies": f"{COMPANY}有限公司 {CODE}",
            "business": BUSINESS,
        }
        wrong = world.post(keeper, "/filings/new", {**typed, "filed_on": "昨天"})
        assert wrong.status_code == 422  # What was typed comes back to who typed it, and goes nowhere else.
        assert BUSINESS in wrong.text
        location = world.post(keeper, "/filings/new", typed).location
        world.session.rollback()
        published(world, world.unit, quarter("2026Q1"))
        published(world, world.unit, tender("另一名称有限公司", number="K1", uscc=None))
        engine = world.session.get_bind()
        assert isinstance(engine, Engine)
        world.session.rollback()
        Chores(engine, regimes, None, "", lambda: NOON, matching=Matching(FilingSeals(tmp_path)))._match()
        world.post(keeper, f"{location}/sealed")
        shown = [
            (role, path)
            for role in ("officer", "commission_admin", "reviewer", "filings")
            for client in (signed_in(world, role),)
            for path in (
                "/",
                "/inspections/",
                "/matters/",
                "/asked/",
                "/history",
                "/audit/",
                "/board/",
                "/filings/",
                location,
            )
            if any(canary in client.get(path, follow_redirects=True).text for canary in CANARIES)
        ]
        assert shown == []
        world.session.rollback()
        sync(world.session, Settings(home=tmp_path), regimes, apps.create_public_app, now=NOON)
        world.session.rollback()
        assert {"portal.db", "filings.key", "search_index", "site_build"} <= {
            one.name for one in tmp_path.iterdir()
        }
        assert places_of(tmp_path) == []
        logged = caplog.text.replace(str(caplog.handler), "")
        assert [canary for canary in CANARIES if canary in logged] == []
        (tmp_path / "planted").write_bytes(b"x" + PERSON.encode())  # The search itself finds what is there.
        assert places_of(tmp_path) == [f"planted: {PERSON}"]
