"""The board from the database; exemptions and extensions: who may be let off, and what cannot be undone."""

# ruff: noqa: S608 - names in statements are the test's own.
from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.domain.documents.base import Audience, Document
from portal.domain.obligations import Status
from portal.domain.regimes import Regime
from portal.services import compliance, exempting, publishing, rosters
from portal.services.checking import Book
from portal.services.compliance_answers import as_json
from portal.site.snapshot import take_snapshot
from portal.store import guards, migrate, public
from portal.store.db import make_engine, sqlite_url
from portal.store.tables import Exemption, Extension, Jurisdiction, Outbox, Unit, Version
from tests import postgresql
from tests.databases import replacing

Publish = Callable[..., Version]
SIGNED = {"unit_head": "甲正职", "finance_head": "乙副职", "accounting_head": "壬会计"}
NOW = datetime(2026, 10, 20, 4, 0, tzinfo=UTC)
LATER = date(2026, 11, 20)


@pytest.fixture
def regime(regimes: dict[str, Regime]) -> Regime:
    return regimes["xiuzhou"]


@pytest.fixture
def publish(session: Session, unit: Unit, regimes: dict[str, Regime]) -> Publish:
    def run(document: Document, on: datetime = NOW, reason: str = "首次公开") -> Version:
        explained = document.model_copy(update={"public_explanation": "示例：如实说明。"})
        draft = publishing.save_draft(session, unit=unit, document=explained, author="甲", now=on)
        version = publishing.publish(
            session, draft, book=Book(session, regimes), reason=reason, actor="乙", now=on
        )
        session.commit()
        return version

    return run


def give(session: Session, unit: Unit, regime: Regime, **more: Any) -> Exemption:
    given: dict[str, Any] = {
        "duty": "finance",
        "period": None,
        "reason": "单位没有独立账户",
        "approver": "示例纪委",
        "valid_from": date(2026, 1, 1),
        "valid_until": date(2026, 12, 31),
        "actor": "甲",
        "now": NOW,
    }
    return exempting.exempt(session, unit, regime=regime, **{**given, **more})


def put_off(session: Session, unit: Unit, regime: Regime, **more: Any) -> tuple[Extension, bool]:
    given: dict[str, Any] = {
        "duty": "finance",
        "period": "2026Q3",
        "new_due": date(2026, 11, 30),
        "reason": "系统迁移",
        "approver": "示例财政局",
        "actor": "甲",
        "now": NOW,
    }
    return exempting.extend(session, unit, regime=regime, **{**given, **more})


def state(
    session: Session, county: Jurisdiction, regime: Regime, on: date = LATER, period: str = "2026Q3"
) -> Any:
    found = compliance.board(session, regime, county, on=on)
    return found.rows[0].standing.cell("finance", period)


def test_the_board_shows_what_was_known_on_the_day(
    session: Session, county: Jurisdiction, regime: Regime, publish: Publish, a_quarter: Any
) -> None:
    publish(a_quarter("2026Q2", **SIGNED), on=datetime(2026, 7, 20, 4, 0, tzinfo=UTC))
    publish(a_quarter("2026Q3", **SIGNED))
    assert state(session, county, regime).status is Status.ON_TIME
    assert state(session, county, regime, on=date(2026, 10, 19)).status is Status.DUE
    assert state(session, county, regime, on=date(2026, 10, 19), period="2026Q2").status is Status.ON_TIME


def test_the_commissions_board_knows_what_is_not_public(
    session: Session, county: Jurisdiction, regime: Regime, publish: Publish, a_quarter: Any, regimes: Any
) -> None:
    publish(a_quarter("2026Q3", audience=Audience.STAFF, **SIGNED))
    found = state(session, county, regime)
    assert found.status is Status.MISSING
    assert "只向本单位职工公开" in found.note
    assert take_snapshot(session, regimes, now=NOW).records == ()


def test_a_destroyed_record_keeps_its_day(
    session: Session, county: Jurisdiction, regime: Regime, publish: Publish, a_quarter: Any
) -> None:
    version = publish(a_quarter("2026Q3", **SIGNED))
    publishing.withdraw(
        session, version, legal_ground="甲", reason="乙", approver="丙", now=datetime.now(UTC), destroy=True
    )
    session.commit()
    found = state(session, county, regime)
    assert (found.status, found.done_on, found.withdrawn) == (Status.ON_TIME, date(2026, 10, 20), True)


def test_an_exemption_is_recorded_shown_and_owed_to_the_site(
    session: Session, county: Jurisdiction, unit: Unit, regime: Regime, regimes: dict[str, Regime]
) -> None:
    row = give(session, unit, regime)
    session.commit()
    owed = session.scalars(select(Outbox).order_by(Outbox.id.desc())).first()
    assert owed is not None
    assert (owed.event, owed.unit_id, owed.built_at) == ("exempted", unit.id, None)
    assert state(session, county, regime).status is Status.EXEMPT
    shown = take_snapshot(session, regimes, now=NOW).exemptions[unit.id]
    assert [(one.reason, one.number) for one in shown] == [("单位没有独立账户", row.id)]


def test_a_revoked_exemption_frees_no_longer(
    session: Session, county: Jurisdiction, unit: Unit, regime: Regime
) -> None:
    row = give(session, unit, regime)
    exempting.revoke(
        session, row.id, reason="已开户", actor="甲", now=datetime(2026, 9, 30, 1, 0, tzinfo=UTC)
    )
    session.commit()
    assert state(session, county, regime).status is Status.MISSING
    with pytest.raises(exempting.Refused, match="此前已经撤销"):
        exempting.revoke(session, row.id, reason="再次", actor="甲", now=NOW)
    with pytest.raises(exempting.Refused, match="没有编号为 99"):
        exempting.revoke(session, 99, reason="甲", actor="甲", now=NOW)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"duty": "吃饭"}, "没有“吃饭”这一项义务"),
        ({"reason": "  "}, "原因不能为空"),
        ({"approver": ""}, "批准人或批准机关不能为空"),
        ({"valid_until": date(2026, 1, 1)}, "须晚于起始日期"),
        ({"period": "三季度"}, "不是季度"),
        ({"duty": "annual", "period": "2026Q3"}, "不是年度"),
        ({"duty": "decision", "period": "2026Q3"}, "没有所属期"),
        ({"duty": "township"}, "不需要豁免"),
        ({"period": "2025Q4"}, "请让起止日期包括2025年12月31日"),
        ({"duty": "plan", "period": "2026-01-01"}, "还没有公开过分工方案"),
        ({"valid_until": date(2200, 1, 1)}, "2199 年以前"),
        ({"period": "9999Q4"}, "年份不对"),
    ],
)
def test_an_exemption_that_makes_no_sense_is_refused(
    session: Session, unit: Unit, regime: Regime, wrong: dict[str, Any], told: str
) -> None:
    with pytest.raises(exempting.Refused, match=told):
        give(session, unit, regime, **wrong)
    assert session.scalar(select(func.count()).select_from(Exemption)) == 0


def test_an_extension_in_time_moves_the_deadline(
    session: Session, county: Jurisdiction, unit: Unit, regime: Regime
) -> None:
    row, afterwards = put_off(session, unit, regime)
    session.commit()
    assert (row.new_due, afterwards) == (date(2026, 11, 30), False)
    assert state(session, county, regime).status is Status.EXTENDED
    assert state(session, county, regime, on=date(2026, 10, 19)).status is Status.DUE, "not known then"


def test_what_stands_in_the_register_is_not_entered_again(
    session: Session, unit: Unit, regime: Regime
) -> None:
    give(session, unit, regime)
    with pytest.raises(exempting.Refused, match="已经登记过（编号 1）"):
        give(session, unit, regime)
    put_off(session, unit, regime)
    for day in (date(2026, 11, 20), date(2026, 11, 30)):
        with pytest.raises(exempting.Refused, match="须晚于现在的到期日，此前已延期（2026年11月30日）"):
            put_off(session, unit, regime, new_due=day)
    put_off(session, unit, regime, period="2026Q2")
    with pytest.raises(exempting.Refused, match="同样的延期已经登记过"):
        put_off(session, unit, regime, period="2026Q2")


def test_an_extension_after_the_fact_is_kept_and_changes_nothing(
    session: Session, county: Jurisdiction, unit: Unit, regime: Regime
) -> None:
    _, afterwards = put_off(session, unit, regime, period="2026Q2")
    session.commit()
    assert afterwards
    found = compliance.cases_of(session, regime, county, on=LATER)[unit.id]
    told = compliance.standing(found, ["2026Q2"]).cell("finance", "2026Q2")
    assert told is not None
    assert told.status is Status.MISSING
    assert "事后登记" in told.afterthought


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"new_due": date(2026, 11, 3)}, "须晚于原到期日（2026年11月3日）"),
        ({"duty": "decision", "period": "示决1号"}, "按件计算"),
        ({"period": "2026"}, "不是季度"),
        ({"duty": "township", "period": "2026Q3"}, "没有“三项费用备案”"),
        ({"duty": "filing", "period": "2026-01-01"}, "不能延期"),
        ({"reason": ""}, "原因不能为空"),
    ],
)
def test_an_extension_that_makes_no_sense_is_refused(
    session: Session, unit: Unit, regime: Regime, wrong: dict[str, Any], told: str
) -> None:
    with pytest.raises(exempting.Refused, match=told):
        put_off(session, unit, regime, **wrong)


def test_the_database_itself_keeps_what_was_recorded(session: Session, unit: Unit, regime: Regime) -> None:
    row = give(session, unit, regime)
    put_off(session, unit, regime)
    session.commit()
    for statement in (
        "DELETE FROM exemption",
        "UPDATE exemption SET reason = '另一个原因'",
        "UPDATE exemption SET valid_until = '2030-01-01', revoked_at = '2026-10-21', revoked_by = '甲', revoke_reason = '乙'",
        "UPDATE exemption SET revoked_at = '2026-10-21'",
        "DELETE FROM extension",
        "UPDATE extension SET new_due = '2030-01-01'",
        replacing("exemption"),
        replacing("extension"),
        "INSERT INTO exemption SELECT 9, unit_id, duty, period, ' ', approver, valid_from, valid_until, recorded_by, recorded_at, revoked_by, revoke_reason, revoked_at FROM exemption",
        f"INSERT INTO extension SELECT 9, unit_id, duty, period, new_due, reason, approver, recorded_by, CAST('2199-01-01' AS {'timestamp' if postgresql.WANTED else 'text'}) FROM extension",
    ):
        with pytest.raises(IntegrityError):
            session.execute(text(statement))
        session.rollback()
    exempting.revoke(session, row.id, reason="已开户", actor="甲", now=NOW)
    session.commit()
    with pytest.raises(IntegrityError):
        session.execute(text("UPDATE exemption SET revoked_at = NULL"))


def test_one_unit_alone_and_plain_json(
    session: Session, county: Jurisdiction, unit: Unit, regime: Regime, publish: Publish, a_quarter: Any
) -> None:
    rosters.put_unit(session, county, rosters.RosterLine(name="示例一镇", type="township"), now=NOW)
    session.commit()
    publish(a_quarter("2026Q3", **SIGNED))
    whole = compliance.board(session, regime, county, on=LATER)
    alone = compliance.board(session, regime, county, on=LATER, only=unit)
    assert [row.case.unit.name for row in whole.rows] == ["示例财政局", "示例一镇"]
    assert [row.case.unit.name for row in alone.rows] == ["示例财政局"]
    plain = json.loads(json.dumps(as_json(whole), ensure_ascii=False))
    told = plain["units"][0]["duties"]["finance"][0]
    assert (told["status"], told["due"], told["rule"]) == ("on_time", "2026-11-03", "FIN-06")
    assert told["evidence"][0]["ref"].startswith("330411001/2026-")
    assert {one["code"] for one in plain["rates"]} == {"plans", "limits", "supporting"}
    assert plain["units"][0]["index"]["applicable_weight"] > 0


def test_public_exemptions_come_from_the_public_accessor(
    session: Session, unit: Unit, regime: Regime
) -> None:
    give(session, unit, regime)
    put_off(session, unit, regime)
    assert len(public.public_exemptions(session)[unit.id]) == 1
    assert public.public_extensions(session)[unit.id][0].period == "2026Q3"


@pytest.mark.sqlite  # There were no others before the fourth.
def test_a_database_of_the_first_version_gets_the_tables_and_guards(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "old.db")
    engine = make_engine(url)
    settings = Config()
    settings.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    settings.set_main_option("path_separator", "os")
    with engine.connect() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0001")
        connection.commit()
        with Session(connection) as old:
            assert set(guards.missing(old)) == {*guards.COMPLIANCE, *guards.DESK, *guards.SUPERVISION}
    engine.dispose()
    migrate.upgrade(url)
    engine = make_engine(url)
    with Session(engine) as new:
        assert guards.missing(new) == []
        assert public.public_exemptions(new) == {}
    engine.dispose()
