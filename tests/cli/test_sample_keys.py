"""The sample keys: enough to try a report from end to end, and never in the way of real keys."""

from __future__ import annotations

import stat
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from portal.cli.key_status import condition_of
from portal.cli.sample_keys import PASSPHRASE, make_sample_keys
from portal.config import Settings
from portal.domain.reports.codes import new_code
from portal.domain.reports.content import ReportContent
from portal.domain.reports.routing import choose_route
from portal.services.reports import keyring, sealing
from portal.services.reports.filing import public_of
from portal.services.reports.keylists import KeyLists
from portal.store.db import begin_write, sqlite_url
from portal.store.reports.db import open_reports
from portal.store.reports.tables import KeyHolder

DAY = date(2026, 11, 22)


@pytest.mark.thorough  # Real keys at their real price.
def test_sample_keys_open_a_sample_report(home: Path) -> None:
    settings = Settings()
    home.mkdir(exist_ok=True)
    engine = open_reports(sqlite_url(settings.reports_database))
    asked = {
        "commissions": {"jinhu": "金湖县纪委监委", "xiuzhou": "秀洲区纪委监委"},
        "today": DAY,
        "accounts": {"jinhu": [(7, "示例甲"), (8, "示例乙"), (9, "示例丙"), (10, "示例上级")]},
    }
    with Session(engine) as session:
        begin_write(session)
        made = make_sample_keys(settings, ["jinhu", "xiuzhou"], reports=session, **asked)  # type: ignore[arg-type]
        assert make_sample_keys(settings, ["jinhu"], reports=session, **asked).published == []  # type: ignore[arg-type]
        session.commit()
        rows = {row.account_id: (row.name, row.rank, row.id) for row in session.query(KeyHolder)}
    engine.dispose()
    assert made.published == ["jinhu", "xiuzhou"]
    assert any(PASSPHRASE in line and "示例数据" in line for line in made.lines())
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in made.folder.iterdir())
    lists = KeyLists(settings.key_lists_folder)
    current = lists.current("jinhu")
    assert current is not None
    held = current.list
    assert held.name == "金湖县纪委监委（示例数据）"
    assert "金湖县监察委员会" in held.own_names
    ranks = {account: (name, rank) for account, (name, rank, _) in rows.items()}
    assert ranks == {
        7: ("示例甲", "head"),
        8: ("示例乙", "officer"),
        9: ("示例丙", "officer"),
        10: ("示例上级", "superior"),
    }
    assert {one.id for one in held.holders} == {number for *_, number in rows.values()}
    root = keyring.read_root(made.folder / "root.key", "xiuzhou", PASSPHRASE)
    assert public_of(root) == lists.root_of("xiuzhou") != lists.root_of("jinhu")
    assert sorted(one.rank.value for one in held.holders) == ["head", "officer", "officer", "superior"]
    assert condition_of(settings, lists, "jinhu", DAY).errors == []

    content = ReportContent(jurisdiction="jinhu", unit="示例局", categories=("late",), what="示例" * 15)  # type: ignore[arg-type]
    route = choose_route(held, day=DAY, unit=content.unit, persons=content.persons)
    parts = sealing.seal_report(held, content, day=DAY, code=new_code(), route=route)
    identity = keyring.read_officer_key((made.folder / "officer.key").read_bytes(), PASSPHRASE)
    case = sealing.open_grants(parts.grants, identity)
    assert case is not None
    assert sealing.open_body(parts.body, case).content.unit == "示例局"
    superior = keyring.read_officer_key((made.folder / "superior.key").read_bytes(), PASSPHRASE)
    assert sealing.open_grants(parts.grants, superior) is None
