"""Who wants to know, on the commission's side, what is not theirs to know; and what nobody may bend."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.domain.rules.terms import Severity
from portal.domain.supervision.matters import Event, Source
from portal.services.board.county import open_county
from portal.services.supervision import assessing, bulletins
from portal.services.supervision.matters import write_step
from portal.services.supervision.opening import NewItem, open_matter
from portal.store.db import begin_write
from portal.store.tables import SupervisionStep
from tests.web.office import matters_world
from tests.web.office.closer import opened_world, signed_in
from tests.web.office.world import World

pytestmark = pytest.mark.database
HIT = "采购结果与特定关系人报备相符：示例采购甲"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, regimes: dict[str, Regime]) -> Iterator[World]:
    yield from opened_world(tmp_path_factory.mktemp("adversary"), regimes)


@pytest.fixture
def hit(world: World, regimes: dict[str, Regime]) -> str:
    """A matter that came from a filing, with what the log says of it; its address."""
    return a_hit(world, regimes)


def a_hit(world: World, regimes: dict[str, Regime]) -> str:
    """Open another matter of a hit; return its address."""
    unit, filing = world.unit, secrets.token_urlsafe(16)
    item = NewItem(
        secrets.token_hex(32), "示例索引-9", "tender", "t9", "示例采购甲", "", "成交供应商相同", "", ""
    )
    world.session.commit()
    with Session(world.session.get_bind()) as own:
        begin_write(own)
        county = open_county(own, "xiuzhou", None)
        found = county.unit(unit.slug)
        assert found is not None
        matter = open_matter(
            county, found, source=Source.RELATION, cause=f"{filing}:1", title=HIT, severity=Severity.RED,
            items=[item], now=world.at, regime=regimes["xiuzhou"],
        )  # fmt: skip
        county.write_down(
            "filing.hit", now=world.at, object=f"relation_filing:{filing}", words="示例索引-9 与第 1 号报备相符",
            unit_id=found.id,
        )  # fmt: skip
        write_step(county, event=Event.NOTED, words="内部", matter=matter, shared=False, now=world.at)
        uid = matter.uid
        own.commit()
    return uid


def test_that_a_filing_was_hit_reaches_who_supervises_and_nobody_else(world: World, hit: str) -> None:
    pages = (
        "/matters",
        "/matters.csv",
        f"/matters/{hit}",
        "/audit",
        "/audit.csv",
        "/audit?text=相符",
        "/inspections/",
    )
    officer, admin = signed_in(world, "officer"), signed_in(world, "commission_admin")
    assert HIT in officer.get("/matters").text
    assert officer.get(f"/matters/{hit}").status_code == 200
    assert admin.get(f"/matters/{hit}").status_code == 404
    assert admin.get(f"/matters/{secrets.token_urlsafe(16)}").status_code == 404
    for address in pages:
        shown = admin.get(address).text
        for told in (HIT, "示例采购甲", "示例索引-9", "号报备相符"):
            assert told not in shown, address
    assert "只供承办监督的人员查看" in admin.get("/audit").text  # That something was done, it reads.
    assert "只供承办监督的人员查看" not in admin.get("/audit?text=示例采购甲").text


def test_what_a_unit_reads_counts_no_hits(world: World, regimes: dict[str, Regime]) -> None:
    def counted() -> tuple[object, object]:
        with Session(world.session.get_bind()) as own:
            county = open_county(own, "xiuzhou", None)
            day = world.at.date()
            period = f"{day.year}Q{(day.month + 2) // 3}"
            return assessing._held(county, day.year, on=day), bulletins.own_figures(county, period, on=day)

    before = counted()
    a_hit(world, regimes)
    assert counted() == before


def test_a_units_step_is_in_the_log_however_it_begins(world: World) -> None:
    world.session.commit()
    with Session(world.session.get_bind()) as own:
        begin_write(own)
        county = open_county(own, "xiuzhou", None)
        unit = county.unit(world.unit.slug)
        assert unit is not None
        matter = open_matter(
            county, unit, source=Source.MANUAL, cause="m1", title="示例事项", severity=Severity.RED,
            items=[], now=world.at, regime=None,
        )  # fmt: skip
        own.add(
            SupervisionStep(
                jurisdiction_id=county.id, unit_id=unit.id, matter_id=matter.id, side="unit", event="answered",
                words="预警措施·答复的内容", actor="方示九", shared=True, at=world.at,
            )
        )  # fmt: skip
        own.commit()
    assert "答复的内容" in signed_in(world, "commission_admin").get("/audit").text


def test_an_address_that_no_database_takes_is_answered_and_breaks_nothing(world: World) -> None:
    officer, admin = signed_in(world, "officer"), signed_in(world, "commission_admin")
    for address in (
        "/matters?unit=%00",
        "/outcomes/?kind=a%00b",
        "/matters/%00",
        "/letters/?unit=%00",
        "/minutes/%00",
    ):
        assert officer.get(address).status_code == 404, address
    assert admin.get("/audit?text=%00").status_code == 404
    far = admin.get(f"/audit?after=2026-01-01T00:00:00%2B00:00~audit~{10**19}")
    assert far.status_code in (200, 422)
    assert "翻页的地址不完整" in far.text


def test_an_answer_names_no_other_units_record_as_its_evidence(
    world: World, regimes: dict[str, Regime]
) -> None:
    found = matters_world.take_up(world, regimes, world.other, matters_world.finding(world.other, "甲"))[0]
    officer, editor = signed_in(world, "officer"), signed_in(world, "editor", unit=world.other)
    assert matters_world.do(world, officer, found, "ask", words="请说明情况").status_code == 303
    answer = matters_world.answer(world, editor, found, "已经改正。\n佐证记录：别的单位的索引号")
    assert answer.status_code == 422
    assert "别的单位的索引号" in answer.text  # Nothing typed is lost.
