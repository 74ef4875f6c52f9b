"""特定关系人报备 over HTTP and through the chore: sealed for the keeper alone; an officer learns of a hit, and nothing else."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyrage
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.domain.documents.tender import Bidder
from portal.domain.regimes import Regime
from portal.domain.supervision.relations import What
from portal.services.board.county import open_county
from portal.services.supervision import filing_matches
from portal.services.supervision.filing_keys import WrongKey, open_filing, open_key, use_recipient
from portal.services.supervision.matters import NotPossible, tell
from portal.store.tables import Audit, Matter, MatterItem, RelationFiling, RelationMark
from portal.web.chores import Chores
from portal.web.chores_filings import Matching
from portal.web.filing_seals import FilingSeals
from tests.light_keys import light_key_file
from tests.web.office.closer import opened_world, published, signed_in, tender
from tests.web.office.world import World

pytestmark = pytest.mark.database
CODE = "91330400MA2B8YQ066"
CANARIES = ("示例秘甲", "示例秘乙", "示例秘丙建材", CODE, "秘密的经营活动")
TYPED = {
    "filer": "示例秘甲",
    "post": "副局长",
    "filed_on": "2026年9月1日",
    "persons": "示例秘乙 配偶",
    "companies": f"示例（秘丙）建材有限公司 {CODE}",
    "business": "秘密的经营活动",
}


@dataclass
class Office:
    """The world with the keeper's key, the folder, and the chore."""

    world: World
    folder: Path
    identity: str
    chores: Chores

    def file(self, **more: Any) -> str:
        """File something as the keeper does; return the filing's uid."""
        keeper = signed_in(self.world, "filings")
        answer = self.world.post(keeper, "/filings/new", {**TYPED, "unit": self.world.unit.slug, **more})
        assert answer.status_code == 303, answer.text
        return answer.location.rsplit("/", 1)[1]

    def match(self) -> None:
        """Let the chore look, and make sure that nothing went wrong in it."""
        self.world.session.rollback()
        self.chores._match()
        self.world.session.rollback()

    def matters(self, record: Any) -> list[Matter]:
        self.world.session.rollback()
        query = self.world.session.query(Matter).filter(
            Matter.source == "relation", Matter.cause.endswith(f":{record.id}")
        )
        return query.order_by(Matter.id).all()

    def said(self, matter: Matter) -> str:
        items = self.world.session.query(MatterItem).filter_by(matter_id=matter.id).order_by(MatterItem.id)
        return "\n".join(one.seen for one in items)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, regimes: dict[str, Regime]) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("filings")
    identity = pyrage.x25519.Identity.generate()
    use_recipient(folder, "xiuzhou", f" {identity.to_public()}\n")
    for world in opened_world(folder, regimes):
        engine = world.session.get_bind()
        chores = Chores(
            engine,
            regimes,
            None,
            "http://office.example",
            lambda w=world: w.at,
            matching=Matching(FilingSeals(folder)),
        )  # type: ignore[arg-type,misc] # an engine.
        yield Office(world, folder, str(identity), chores)


@pytest.fixture(scope="module")
def officer(place: Office) -> FlaskClient:
    return place.world.client("officer")


def test_a_filing_is_sealed_and_the_keepers_key_alone_opens_it(place: Office) -> None:
    world, uid = place.world, place.file()
    keeper = signed_in(world, "filings")
    shown = keeper.get(f"/filings/{uid}").text + keeper.get("/filings/").text
    for canary in CANARIES:
        assert canary not in shown
    answer = world.post(keeper, f"/filings/{uid}/sealed")
    assert answer.mimetype == "application/octet-stream"
    opened = open_filing(
        answer.data, open_key(light_key_file(place.identity, "一句 很长的 示例口令"), "一句 很长的 示例口令")
    )
    assert (opened.filer, opened.persons[0].relation, opened.companies[0].code) == ("示例秘甲", "配偶", CODE)
    with pytest.raises(WrongKey, match="封给另一把密钥"):
        open_filing(answer.data, str(pyrage.x25519.Identity.generate()))
    world.session.rollback()
    acts = world.session.query(Audit).filter_by(object=f"relation_filing:{uid}").order_by(Audit.id).all()
    assert [one.action for one in acts] == ["filing.entered", "filing.read"]
    assert all(one.actor == "褚示七" for one in acts)
    assert (place.folder / "filings.key").stat().st_mode & 0o077 == 0


def test_the_winner_of_the_own_unit_is_red_and_nothing_of_the_filing_is_told(
    place: Office, officer: FlaskClient
) -> None:
    place.file()
    record = published(place.world, place.world.unit, tender("示例秘丙建材有限责任公司", number="A1"))
    place.match()
    found = place.matters(record)
    assert found
    assert {(one.severity, one.unit_id, one.told_at) for one in found} == {("red", place.world.unit.id, None)}
    said = place.said(found[0])
    assert "成交供应商与第" in said
    assert "名称相同" in said
    assert "只显示命中，不显示报备内容" in said
    for canary in CANARIES:
        assert canary not in said
    with Session(place.chores.engine) as own:
        county = open_county(own, "xiuzhou", None)
        matter = county.one(Matter, found[0].uid)
        assert matter is not None
        with pytest.raises(NotPossible):
            tell(county, matter, place.world.at)
    place.match()
    assert len(place.matters(record)) == len(found)  # Looked at again, nothing is added.
    page = officer.get("/inspections/").text
    assert "特定关系人比对" in page


def test_by_what_and_whose_and_when_is_told(place: Office) -> None:
    world = place.world
    losers = (Bidder(name="示例秘丙建材有限公司"), Bidder(name="无关有限公司", lead="示例秘乙"))
    world.session.rollback()
    cases = {
        "code": published(world, world.unit, tender("另名有限公司", number="B1", uscc=CODE)),
        "loser": published(world, world.unit, tender("无关二有限公司", number="B2", bidders=losers)),
        "other": published(world, world.other, tender("示例秘丙建材公司", number="B3")),
        "before": published(world, world.unit, tender("示例秘丙建材公司", number="B4", on=date(2025, 1, 5))),
        "none": published(world, world.unit, tender("毫无关系有限公司", number="B5")),
    }
    uid = place.file()
    place.match()
    mine = {
        name: [one for one in place.matters(record) if one.cause.startswith(uid)]
        for name, record in cases.items()
    }
    assert {name: [one.severity for one in found] for name, found in mine.items()} == {
        "code": ["red"], "loser": ["yellow"], "other": ["yellow"], "before": ["red"], "none": [],
    }  # fmt: skip
    said = {name: place.said(found[0]) for name, found in mine.items() if found}
    assert "统一社会信用代码相同" in said["code"]
    assert "未成交的投标人与第" in said["loser"]
    assert "未成交投标人的项目负责人与第" in said["loser"]
    assert "其他单位人员的报备，关联较弱" in said["other"]
    assert "报备在确定供应商（2025年1月5日）之后" in said["before"]
    assert all(canary not in text for text in said.values() for canary in CANARIES)


def test_after_a_merger_the_filings_go_on_with_the_successor_and_nothing_is_opened_for_it(
    place: Office,
) -> None:
    world = place.world
    uid = place.file()
    before = published(world, world.other, tender("示例秘丙建材公司", number="D1", on=date(2026, 9, 20)))
    after = published(world, world.other, tender("示例秘丙建材公司", number="D2", on=date(2026, 10, 12)))
    place.match()

    def mine(record: Any) -> list[Matter]:
        return [one for one in place.matters(record) if one.cause.startswith(uid)]

    assert [one.severity for one in (*mine(before), *mine(after))] == ["yellow", "yellow"]
    marks = world.session.query(RelationMark).count()
    keeper, admin = signed_in(world, "filings"), signed_in(world, "commission_admin")
    assert "起并入" not in keeper.get("/filings/").text
    form = {
        "way": "merge", "units": world.unit.slug, "into": world.other.slug, "on": "2026年10月10日",
        "source": "示例编〔2026〕1号",
    }  # fmt: skip
    shown = world.post(admin, "/units/ends/preview", form).text
    assert "人员的报备继续有效" in shown
    seen = re.findall(r'name="seen" value="([^"]*)"', shown)
    assert world.post(admin, "/units/ends", {**form, "seen": seen}).status_code == 303
    listed = keeper.get("/filings/").text
    assert "2026年10月10日起并入示例住建局，按它的采购核对" in listed
    assert "起并入示例住建局，按它的采购核对" in keeper.get(f"/filings/{uid}").text
    place.match()
    # What was awarded before the merger the filer had no hand in; what came after is the successor's own.
    assert [one.severity for one in (*mine(before), *mine(after))] == ["yellow", "red"]
    said = place.said(mine(after)[0])
    assert "并入采购单位的原单位人员的报备" in said
    assert "示例财政局" not in said
    assert all(canary not in said for canary in CANARIES)
    assert world.session.query(RelationMark).count() == marks
    items = world.session.query(MatterItem).count()
    place.match()
    assert world.session.query(MatterItem).count() == items

    slug = world.unit.slug
    seen = re.findall(r'name="seen" value="([^"]*)"', admin.get(f"/units/of/{slug}").text)
    back = {"seen": seen[0], "words": "登记错了单位", "source": "示例编〔2026〕2号"}
    assert world.post(admin, f"/units/of/{slug}/restore", back).status_code == 303
    later = published(world, world.other, tender("示例秘丙建材公司", number="D3", on=date(2026, 10, 13)))
    place.match()
    assert [one.severity for one in mine(later)] == ["yellow"]  # It was a mistake.

    form = {"way": "abolish", "units": slug, "on": "2026年10月15日", "source": "示例编〔2026〕3号"}
    shown = world.post(admin, "/units/ends/preview", form).text
    assert "由报备专管员请报备人按新单位重新报备" in shown
    seen = re.findall(r'name="seen" value="([^"]*)"', shown)
    assert world.post(admin, "/units/ends", {**form, "seen": seen}).status_code == 303
    assert "请报备人按新单位重新报备" in keeper.get("/filings/").text
    seen = re.findall(r'name="seen" value="([^"]*)"', admin.get(f"/units/of/{slug}").text)
    assert world.post(admin, f"/units/of/{slug}/restore", {**back, "seen": seen[0]}).status_code == 303
    place.match()


def test_no_hit_is_written_down_too(place: Office) -> None:
    world = place.world
    place.match()  # A filing that came since is held against every project, those of other tests too.
    record = published(world, world.unit, tender("又一家无关有限公司", number="C1"))
    place.match()
    last = world.session.query(Audit).filter_by(action="filing.checked").order_by(Audit.id.desc()).first()
    assert last is not None
    assert f'"ref": "{record.index_no}"' in last.detail
    assert '"hits": []' in last.detail
    assert "没有命中" in signed_in(world, "filings").get("/filings/").text
    count = world.session.query(Audit).filter_by(action="filing.checked").count()
    place.match()
    assert world.session.query(Audit).filter_by(action="filing.checked").count() == count
    fresh = Chores(
        place.chores.engine,
        place.chores.regimes,
        None,
        "",
        lambda: world.at,
        matching=Matching(FilingSeals(place.folder)),
    )
    fresh._match()  # Another process goes on from the log.
    world.session.rollback()
    assert world.session.query(Audit).filter_by(action="filing.checked").count() == count


def test_many_records_at_once_are_not_named_one_by_one(
    place: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a large import: a database takes so many values of one condition, and the check would never go on."""
    monkeypatch.setattr(filing_matches, "MANY", 1)
    asked: list[Any] = []
    work = filing_matches.published_of

    def noted(*some: Any, **more: Any) -> Any:
        asked.append(more["records"])
        return work(*some, **more)

    monkeypatch.setattr(filing_matches, "published_of", noted)
    place.match()
    asked.clear()
    for number in (71, 72):
        published(place.world, place.world.unit, tender("示例无关公司", number=f"SL-2026-{number}"))
    place.match()
    assert asked == [None]


def test_who_runs_the_county_does_not_read_how_many_filings_were_hit(place: Office) -> None:
    place.match()
    published(place.world, place.world.unit, tender("示例不相干公司", number="SL-2026-081"))
    place.match()
    assert "特定关系人比对" in signed_in(place.world, "officer").get("/inspections/").text
    assert "特定关系人比对" not in signed_in(place.world, "commission_admin").get("/inspections/").text


def test_an_ended_filing_is_held_against_nothing_that_came_after(place: Office) -> None:
    world = place.world
    uid = place.file(companies="示例终止建材有限公司", persons="")
    keeper = signed_in(world, "filings")
    assert world.post(keeper, f"/filings/{uid}/end", {"ended_on": "2026-08-01"}).status_code == 422
    assert world.post(keeper, f"/filings/{uid}/end", {"ended_on": "2026年9月10日"}).status_code == 303
    assert world.post(keeper, f"/filings/{uid}/end", {"ended_on": "2026年9月11日"}).status_code == 409
    world.session.rollback()
    after = published(world, world.unit, tender("示例终止建材有限公司", number="D1", on=date(2026, 9, 20)))
    within = published(world, world.unit, tender("示例终止建材有限公司", number="D2", on=date(2026, 9, 10)))
    place.match()
    assert not place.matters(after)
    assert len(place.matters(within)) == 1


def test_a_filing_that_is_sent_twice_is_filed_once(place: Office) -> None:
    token = re.search(
        r'name="uid" value="(.{22})"', signed_in(place.world, "filings").get("/filings/new").text
    )
    assert token
    assert place.file(uid=token[1]) == place.file(uid=token[1]) == token[1]
    assert place.file() != token[1]


def test_nothing_typed_is_lost_and_no_key_is_told(place: Office, tmp_path: Path) -> None:
    world, keeper = place.world, signed_in(place.world, "filings")
    typed = {**TYPED, "filer": "", "companies": f"示例秘丙 {CODE[:-1]}0", "filed_on": "昨天"}
    answer = world.post(keeper, "/filings/new", typed)
    assert answer.status_code == 422
    for words in (
        "请选择报备人所在单位",
        "请填写报备人",
        "第 1 行的统一社会信用代码不对",
        "不是可识别的日期",
        "示例秘乙 配偶",
    ):
        assert words in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    kept = world.app.extensions["office"].filings._home
    world.app.extensions["office"].filings._home = tmp_path
    try:
        assert "还没有启用报备密钥" in keeper.get("/filings/").text
        refused = world.post(keeper, "/filings/new", {**TYPED, "unit": world.unit.slug})
        assert refused.status_code == 409
        assert "示例秘乙 配偶" in refused.text
    finally:
        world.app.extensions["office"].filings._home = kept


def test_another_marking_key_is_told_and_never_passes_for_no_hit(
    place: Office, caplog: pytest.LogCaptureFixture
) -> None:
    place.file()
    file = place.folder / "filings.key"
    kept = file.read_bytes()
    file.write_bytes(b"x" * 32)
    try:
        assert "不是登记报备时的那一把" in signed_in(place.world, "filings").get("/filings/").text
        place.world.session.rollback()
        with caplog.at_level(logging.ERROR):
            place.chores.look()
        assert "OtherKey" in caplog.text
    finally:
        file.write_bytes(kept)
        place.chores.matching = Matching(FilingSeals(place.folder))


def test_nobody_else_comes_near(place: Office) -> None:
    world, uid = place.world, place.file()
    for role in (
        "editor",
        "reviewer",
        "unit_admin",
        "staff",
        "group",
        "officer",
        "commission_admin",
        "intake",
        "intake_lead",
    ):
        client = signed_in(world, role)
        seen = {client.get(one).status_code for one in ("/filings/", "/filings/new", f"/filings/{uid}")}
        assert seen == {403}, role
        for what in ("sealed", "end"):
            assert (
                world.post(client, f"/filings/{uid}/{what}", {"ended_on": "2026-10-01"}).status_code == 403
            ), role
        assert "/filings" not in client.get("/", follow_redirects=True).text
    assert signed_in(world, "filings").get("/filings/no-such").status_code == 404


def test_equal_names_give_equal_marks_only_under_one_key(place: Office) -> None:
    place.file()
    seals = FilingSeals(place.folder)
    use_recipient(place.folder, "jinhu", seals.of("xiuzhou").recipient)  # type: ignore[union-attr] # it is there.
    one, other = seals.of("xiuzhou"), seals.of("jinhu")
    assert one and other  # noqa: PT018 - both are there.
    assert (
        one.mark(What.PERSON, "示例甲") == one.mark(What.COMPANY, "示例甲") != one.mark(What.CODE, "示例甲")
    )
    assert one.mark(What.PERSON, "示例甲") != other.mark(What.PERSON, "示例甲")
    place.world.session.rollback()  # So that it reads what the office has written.
    assert place.world.session.query(RelationFiling).count() > 0
    assert len({len(row.mark) for row in place.world.session.query(RelationMark)}) == 1
