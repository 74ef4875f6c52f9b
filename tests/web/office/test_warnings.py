"""预警 and 不管不问 at the office: what made a state, that it is kept once, and that nobody else ever sees it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.domain.supervision.warnings import State
from portal.services.board.county import open_county
from portal.services.supervision import flagging, neglecting
from portal.services.supervision.neglecting import quarter_to_take_up, take_up_neglect
from portal.services.supervision.warnings import Refused, gather, keep
from portal.store.db import db
from portal.store.tables import (
    Audit,
    BoardCell,
    BoardFinding,
    Matter,
    MatterItem,
    SupervisionStep,
    Unit,
    WarningState,
)
from portal.web import chores_neglect, chores_supervision
from tests.databases import for_everybody
from tests.web.office.closer_world import put, tender
from tests.web.office.world import World

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
OFFICERS = [
    "commission_admin",
    "intake",
    "intake_lead",
    "filings",
    "editor",
    "reviewer",
    "unit_admin",
    "staff",
    "group",
]


def cell(unit: Unit, quarter: str, status: str = "missing", duty: str = "finance") -> BoardCell:
    return BoardCell(
        jurisdiction_id=unit.jurisdiction_id, unit_id=unit.id, duty=duty, period=quarter, quarter=quarter,
        status=status, word="未公开", due=date(2026, 10, 15), original=None, provisional=False, days=3, day_unit="日",
        done_on=None, withdrawn=False, note="", afterthought="", counts="", evidence="[]",
    )  # fmt: skip


def finding(unit: Unit, mark: str, severity: str, day: date) -> BoardFinding:
    return BoardFinding(
        jurisdiction_id=unit.jurisdiction_id, unit_id=unit.id, fingerprint=mark, rule="DEC-01", severity=severity,
        ref="示例索引-1", kind="decision", slug="d1", title="示例会议", place="", seen="示例", remedy="", basis="",
        day=day, public=True,
    )  # fmt: skip


@pytest.fixture
def watched(world: World, a_quarter: Callable[..., Any]) -> World:
    """A world in which the first unit has something of everything, and the other nothing but a neglectful chief."""
    world.at = AT
    with for_everybody(world.session):
        session = world.session
        unit, other = session.get(Unit, world.unit.id), session.get(Unit, world.other.id)
        assert unit
        assert other
        put(session, unit, tender(1))  # One flag of June 2026.
        put(session, other, a_quarter("2026Q3"))
        session.add_all(
            [
                cell(unit, "2026Q3"), cell(unit, "2026Q1", "late"), cell(unit, "2025Q3"), cell(unit, "", duty="plan"),
                finding(unit, "甲", "red", date(2026, 9, 1)), finding(unit, "乙", "block", date(2026, 1, 1)),
                finding(unit, "丙", "yellow", date(2026, 5, 1)), finding(unit, "丁", "red", date(2025, 12, 31)),
                Matter(
                    uid="m" * 22, jurisdiction_id=unit.jurisdiction_id, unit_id=unit.id, source="manual", cause="示例",
                    title="示例事项", severity="red", state="asked", due=date(2026, 11, 19), opened_on=date(2026, 11, 1),
                    created_at=AT, updated_at=AT,
                ),
            ]
        )  # fmt: skip
        session.commit()
    return world


def parts(world: World, regime: Regime, quarter: str = "2026Q4") -> dict[str, dict[str, int | None]]:
    with Session(world.session.get_bind()) as own:
        here = open_county(own, "xiuzhou", None)
        found = gather(here, regime, quarter=quarter, now=AT)
        return {unit.name: {one.code: one.count for one in score.parts} for unit, score in found}


def test_a_unit_s_parts_are_what_is_on_file_in_the_year(watched: World, regimes: dict[str, Regime]) -> None:
    found = parts(watched, regimes["xiuzhou"])
    flags = found["示例财政局"].pop("flags")
    assert flags
    assert found["示例财政局"] == {
        "missing": 2, "late": 1, "red": 2, "yellow": 1, "overdue_matters": 1, "neglect": 0, "reports": None,
    }  # fmt: skip
    assert found["示例住建局"]["neglect"] == 1  # Disclosed, and nobody looked at anything.
    assert parts(watched, regimes["xiuzhou"], "2026Q3")["示例财政局"]["missing"] == 2
    assert parts(watched, regimes["xiuzhou"], "2026Q2")["示例财政局"]["missing"] == 2  # 2025Q3, and no plan.


def test_a_late_publication_counts_once(watched: World, regimes: dict[str, Regime]) -> None:
    """The duty and the rule that times it both see it; what else is wrong with the same record counts as before."""
    with for_everybody(watched.session):
        unit = watched.session.get(Unit, watched.unit.id)
        assert unit
        late = cell(unit, "2026Q2", "late")
        late.evidence = '[{"ref": "示例索引-9"}]'
        timed, other = (finding(unit, mark, "red", date(2026, 8, 1)) for mark in ("戊", "己"))
        timed.rule, timed.ref, other.ref = "FIN-06", "示例索引-9", "示例索引-9"
        watched.session.add_all([late, timed, other])
        watched.session.commit()
    counted = parts(watched, regimes["xiuzhou"])["示例财政局"]
    assert (counted["late"], counted["red"]) == (2, 3)


def test_the_platform_keeps_a_quarter_that_nobody_kept(
    watched: World, regimes: dict[str, Regime], engine: Engine
) -> None:
    regime, early = regimes["xiuzhou"], datetime(2026, 10, 8, tzinfo=UTC)
    assert chores_supervision.keep_warnings(engine, "xiuzhou", regime, now=early) == 0  # Not due yet.
    assert chores_supervision.keep_warnings(engine, "xiuzhou", regime, now=AT) == 2
    assert chores_supervision.keep_warnings(engine, "xiuzhou", regime, now=AT) == 0
    text = watched.client("officer").get("/warnings/?quarter=2026Q3").text
    assert "由平台（定时）于" in text


def test_an_officer_sees_the_states_the_formula_and_what_made_them(watched: World) -> None:
    client = watched.client("officer")
    text = client.get("/warnings/").text
    assert "示例财政局" in text or "财政局" in text
    assert '满 <b class="nw">10 分</b>为预防' in text
    assert "举报件数只能由持有密钥的人在浏览器里加入" in text
    assert "/reports/warnings" not in text  # An officer without a key is not led there.
    one = client.get(f"/warnings/{watched.unit.slug}").text
    assert "季度财务" in one
    assert "监督事项“示例事项”" in one
    assert f"/board/u/{watched.unit.slug}" in one


@pytest.mark.parametrize("role", OFFICERS)
def test_nobody_but_who_supervises_sees_any_of_it(watched: World, role: str) -> None:
    client = watched.client(role)
    for url in (
        "/warnings/",
        f"/warnings/{watched.unit.slug}",
        "/warnings/warnings.csv",
        "/warnings/warnings.xlsx",
    ):
        answer = client.get(url)
        assert answer.status_code in (403, 404)
        assert "警示" not in answer.text
    assert "/warnings" not in client.get("/", follow_redirects=True).text
    for url in ("/warnings/keep", f"/warnings/{watched.unit.slug}/measure"):
        answer = watched.post(client, url, {"quarter": "2026Q3", "measure": "talk", "words": "示例"})
        assert answer.status_code in (403, 404)
    with for_everybody(watched.session):
        assert not watched.session.scalars(select(WarningState)).all()


def test_a_quarter_is_kept_once_and_stays_as_it_was(watched: World) -> None:
    client = watched.client("officer")
    assert "固定2026年第三季度的状态" in client.get("/warnings/?quarter=2026Q3").text
    early = watched.post(client, "/warnings/keep", {"quarter": "2026Q4"})
    assert early.status_code == 422
    assert "只能固定刚结束的一个季度" in early.text
    done = watched.post(client, "/warnings/keep", {"quarter": "2026Q3"}, follow_redirects=True)
    assert "已固定2026年第三季度的预警状态，2 个单位。" in done.text
    with for_everybody(watched.session):
        before = {
            one.unit_id: (one.state, one.score) for one in watched.session.scalars(select(WarningState))
        }
        unit = watched.session.get(Unit, watched.unit.id)
        assert unit
        watched.session.add_all(
            [cell(unit, "2026Q3", duty=duty) for duty in ("vouchers", "reports", "township")]
        )
        watched.session.commit()
    again = watched.post(client, "/warnings/keep", {"quarter": "2026Q3"}, follow_redirects=True)
    assert "此前已经固定" in again.text
    with for_everybody(watched.session):
        watched.session.expire_all()
        after = {one.unit_id: (one.state, one.score) for one in watched.session.scalars(select(WarningState))}
        log = watched.session.scalars(select(Audit).where(Audit.action == "warning.kept")).all()
    assert after == before
    assert len(log) == 1
    assert "固定2026年第三季度的状态" not in client.get("/warnings/?quarter=2026Q3").text
    assert "历次状态" in (page := client.get(f"/warnings/{watched.unit.slug}").text)
    assert "2026年第三季度" in page


def test_a_county_is_worked_out_before_anybody_waits_for_the_write_lock(
    watched: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes seconds: keeping a quarter, opening matters of neglect and of flags, and a page shown instead."""
    looked: list[bool] = []
    for module, name in ((flagging, "survey"), (neglecting, "cases_of")):
        work = getattr(module, name)

        def noted(*some: Any, _work: Any = work, **more: Any) -> Any:
            looked.append(db.session().connection().get_execution_options().get("portal_writes", False))
            return _work(*some, **more)

        monkeypatch.setattr(module, name, noted)
    client = watched.client("officer")
    (flag, *_) = re.findall(r'name="flag" value="([^"]+)"', client.get("/flags/").text)
    for url, form, status in (
        (f"/warnings/{watched.unit.slug}/measure", {"measure": "talk", "words": " "}, 422),
        ("/warnings/keep", {"quarter": "2026Q3"}, 303),
        ("/neglect/take", {"quarter": "2026Q3"}, 303),
        ("/flags/take", {"flag": flag}, 303),
    ):
        looked.clear()
        assert watched.post(client, url, form).status_code == status, url
        assert looked, url
        assert not any(looked), url


def test_a_running_quarter_cannot_be_kept(watched: World, regimes: dict[str, Regime]) -> None:
    with Session(watched.session.get_bind()) as own, pytest.raises(Refused, match="还没有结束"):
        keep(open_county(own, "xiuzhou", None), regimes["xiuzhou"], quarter="2026Q4", now=AT)


def test_a_measure_is_recorded_and_never_shared(watched: World) -> None:
    client, url = watched.client("officer"), f"/warnings/{watched.unit.slug}/measure"
    empty = watched.post(client, url, {"measure": "talk", "words": " "})
    assert empty.status_code == 422
    assert "请写明采取措施的情况" in empty.text
    lost = watched.post(client, url, {"measure": "", "words": "已谈话的情况"})
    assert lost.status_code == 422
    assert "已谈话的情况" in lost.text
    done = watched.post(
        client, url, {"measure": "inquiry", "words": "11月20日函询示例乙"}, follow_redirects=True
    )
    assert "信访函询：11月20日函询示例乙" in done.text
    again = watched.post(client, url, {"measure": "inquiry", "words": "11月20日函询示例乙 "})
    assert again.status_code == 422
    assert "您已经记录过" in again.text
    with for_everybody(watched.session):
        watched.session.rollback()  # What was read before is of before.
        (step,) = watched.session.scalars(select(SupervisionStep)).all()
    assert (step.shared, step.matter_id, step.unit_id) == (False, None, watched.unit.id)
    watched.session.rollback()
    watched.post(client, "/warnings/keep", {"quarter": "2026Q3"})
    administrator = watched.client("commission_admin")
    for page in (
        "/audit",
        "/audit?sort=step",
        "/audit?text=函询示例乙",
        "/audit.csv",
        "/audit?text=预警",
    ):
        told = administrator.get(page).text.replace('value="函询示例乙"', "")
        assert "信访函询" not in told
        assert "11月20日" not in told
        assert "警示" not in told
    assert "记录预警措施" in administrator.get("/audit").text
    assert watched.client("officer").get("/warnings/").text.count("信访函询") == 1


def test_a_unit_that_is_not_there_answers_404(watched: World) -> None:
    client = watched.client("officer")
    assert client.get("/warnings/no-such-unit").status_code == 404
    assert watched.post(client, "/warnings/no-such-unit/measure", {"measure": "talk"}).status_code == 404


def test_the_exports_hold_every_part(watched: World) -> None:
    client = watched.client("officer")
    lines = list(csv.reader(io.StringIO(client.get("/warnings/warnings.csv").data.decode("utf-8-sig"))))
    assert lines[0][:4] == ["季度", "单位", "状态", "合计分"]
    assert "至今未公开（件）" in lines[0]
    assert "另计" in lines[1]
    sheet = load_workbook(io.BytesIO(client.get("/warnings/warnings.xlsx").data)).active
    assert [[str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)] == lines  # type: ignore[union-attr] # a workbook has a sheet.


def test_the_exports_are_narrowed_like_the_list(watched: World) -> None:
    client = watched.client("officer")
    every = list(csv.reader(io.StringIO(client.get("/warnings/warnings.csv").data.decode("utf-8-sig"))))[1:]
    assert len({line[2] for line in every}) > 1
    wanted = State(next(one.value for one in State if one.label == every[0][2]))
    page = client.get(f"/warnings/?state={wanted.value}").text
    link = re.search(r'href="(/warnings/warnings\.csv[^"]+)"', page)
    assert link
    found = list(csv.reader(io.StringIO(client.get(link[1].replace("&amp;", "&")).data.decode("utf-8-sig"))))
    assert found[1:] == [line for line in every if line[2] == wanted.label]


# ---- 不管不问 -------------------------------------------------------------------------------------


def test_the_page_tells_who_left_no_record_and_who_cannot_be_judged(watched: World) -> None:
    client = watched.client("officer")
    text = client.get("/neglect/").text
    assert "没有监督记录" in text
    assert "无从核对" in text  # The first unit has disclosed nothing: that is charged on its own.
    lines = list(csv.reader(io.StringIO(client.get("/neglect/neglect.csv").data.decode("utf-8-sig"))))
    assert {one[1]: one[2] for one in lines[1:]} == {"示例住建局": "没有监督记录", "示例财政局": "无从核对"}
    assert client.get("/neglect/neglect.xlsx").status_code == 200
    assert client.get("/neglect/?quarter=1999Q1").status_code == 200


@pytest.mark.parametrize("role", ["editor", "reviewer", "unit_admin", "staff", "intake", "filings"])
def test_neglect_is_for_the_commission_s_board_alone(watched: World, role: str) -> None:
    client = watched.client(role)
    assert client.get("/neglect/").status_code in (403, 404)
    assert watched.post(client, "/neglect/take").status_code in (403, 404)


def test_neglect_is_taken_up_once_and_goes_when_the_record_is_handed_in(
    watched: World, regimes: dict[str, Regime], a_quarter: Callable[..., Any]
) -> None:
    regime = regimes["xiuzhou"]
    client = watched.client("officer")
    done = watched.post(client, "/neglect/take", {"quarter": "2026Q3"}, follow_redirects=True)
    assert "已更新 1 个单位的监督事项" in done.text
    other_id = watched.other.id
    with Session(watched.session.get_bind()) as own:
        here = open_county(own, "xiuzhou", None)
        assert take_up_neglect(here, regime, quarter=quarter_to_take_up(AT), now=AT) == 0
        (matter,) = own.scalars(select(Matter).where(Matter.source == "neglect")).all()
        assert (matter.unit_id, matter.cause, matter.state) == (other_id, "neglect", "new")
    with for_everybody(watched.session):
        other = watched.session.get(Unit, other_id)
        assert other
        heard = {"domain": "财务", "deputy": "乙副职", "reported_on": date(2026, 9, 28), "reported_to": "局党组", "summary": "示例"}  # fmt: skip
        put(watched.session, other, a_quarter("2026Q3", deputy_reports=(heard,)), reason="补填分管工作报告")
        watched.session.commit()
    with Session(watched.session.get_bind()) as own:
        here = open_county(own, "xiuzhou", None)
        later = datetime(2026, 12, 1, tzinfo=UTC)
        assert take_up_neglect(here, regime, quarter=quarter_to_take_up(later), now=later) == 1
        (item,) = own.scalars(select(MatterItem).where(MatterItem.unit_id == other_id)).all()
        assert item.gone_on == date(2026, 12, 1)
        assert take_up_neglect(here, regime, quarter=quarter_to_take_up(later), now=later) == 0


def test_the_office_takes_neglect_up_by_itself_and_writes_nothing_in_vain(
    watched: World, regimes: dict[str, Regime], engine: Engine
) -> None:
    assert chores_neglect.take_up(engine, "xiuzhou", regimes["xiuzhou"], now=AT) == 1
    assert chores_neglect.take_up(engine, "xiuzhou", regimes["xiuzhou"], now=AT) == 0
    assert chores_neglect.take_up(engine, "nowhere", regimes["xiuzhou"], now=AT) == 0
    assert "/matters/" in watched.client("officer").get("/neglect/").text


def test_before_the_disclosure_is_due_nobody_is_neglectful(
    watched: World, regimes: dict[str, Regime]
) -> None:
    with Session(watched.session.get_bind()) as own:
        here = open_county(own, "xiuzhou", None)
        early = datetime(2026, 10, 8, tzinfo=UTC)
        assert take_up_neglect(here, regimes["xiuzhou"], quarter="2026Q3", now=early) == 0
