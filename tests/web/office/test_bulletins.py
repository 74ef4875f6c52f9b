"""通报 and 年度考核 over HTTP: drafts, issuing, corrections, decisions; files that can be read again."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.domain.calendar import quarter_end
from portal.domain.supervision.bulletin import Figures
from portal.domain.values import show_day
from portal.services.board.county import open_county
from portal.services.supervision import bulletins
from portal.services.supervision.in_public import in_public, seen, state_of
from portal.store.tables import (
    Assessment,
    Audit,
    Bulletin,
    Letter,
    Outcome,
    Rectification,
    Unit,
)
from portal.web.office import bulletins as bulletin_pages
from portal.web.office.seen_in_public import VIEWS
from tests.databases import for_everybody
from tests.web.office.counted import (
    NOW,
    ON,
    QUARTER,
    SLUG,
    Counted,
    counted_world,
    make_counted,
    publish_quarter,
)
from tests.web.office.world import World

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counted]:
    made = make_counted(tmp_path_factory.mktemp("counted"))
    with Session(made.engine) as session:
        _held_by_the_commission(session)
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def world(known: Counted) -> Iterator[World]:
    """One office for all tests of this file: what is issued stays, as it does in life."""
    with counted_world(known) as made:
        yield made


def _held_by_the_commission(session: Session) -> None:
    """Enter four rectifications, a letter and an outcome of one unit."""
    unit = session.scalars(select(Unit).where(Unit.slug == "gengzhengju")).one()
    common = {"jurisdiction_id": unit.jurisdiction_id, "unit_id": unit.id}
    for number, (due, closed) in enumerate(
        (
            (date(2026, 7, 10), date(2026, 7, 9)),
            (date(2026, 8, 10), date(2026, 8, 20)),
            (date(2026, 9, 10), None),
            (date(2025, 12, 10), None),
        )
    ):
        session.add(
            Rectification(
                **common,
                uid=f"r{number}",
                origin="manual",
                problem="示例问题",
                due=due,
                state="closed" if closed else "working",
                closed_on=closed,
                created_by="示例",
                created_at=NOW,
                updated_at=NOW,
            )
        )
    session.add(
        Letter(
            **common,
            uid="l1",
            kind="supervise",
            number="示督〔2026〕1号",
            title="示例督办",
            addressee="示例更正局",
            body="示例",
            basis="",
            signed_by="示例",
            state="issued",
            created_by="示例",
            created_at=NOW,
            issued_at=datetime(2026, 9, 30, 17, 0, tzinfo=UTC),  # In Shanghai that is October already.
        )
    )
    session.add(
        Letter(
            **common,
            uid="l2",
            kind="reminder",
            title="示例提醒",
            addressee="示例更正局",
            body="示例",
            basis="",
            signed_by="示例",
            state="issued",
            created_by="示例",
            created_at=NOW,
            issued_at=datetime(2026, 9, 30, 15, 0, tzinfo=UTC),
        )
    )
    for kind in ("criticism", "clarified"):
        session.add(
            Outcome(
                **common,
                kind=kind,
                person="示例人",
                post="示例职务",
                decided_on=date(2025, 11, 1),
                document_no="",
                basis="",
                recorded_by="示例",
                recorded_at=NOW,
            )
        )
    session.commit()


def fresh(world: World) -> Figures:
    with Session(world.session.get_bind()) as own:
        regime = world.app.extensions["office"].regimes[SLUG]
        return bulletins.draft(open_county(own, SLUG, None), regime, QUARTER, on=ON)


def issue(world: World, quarter: str = QUARTER, **typed: str) -> TestResponse:
    client = world.client("officer")
    text = client.get(f"/bulletins/{quarter}").text
    hidden = dict(re.findall(r'name="(digest|newest)" value="([^"]*)"', text))
    return world.post(client, f"/bulletins/{quarter}/issue", {**hidden, "words": "", **typed})


def test_the_draft_says_in_words_what_the_tables_say(world: World) -> None:
    client = world.client("officer")
    text = client.get(f"/bulletins/{QUARTER}").text
    figures = fresh(world)
    total = figures.total
    assert f"共{total.due}项，按期完成{total.on_time}项，按期率{total.share.text}" in text
    assert "逾期公开3个单位，至今未公开1个单位" in text.replace("个，", "个单位，") or "逾期公开3个" in text
    assert "示例沉默局" in text
    assert "2026年第三季度" in text
    assert text.count('<svg class="draw"') == 4
    assert not re.search(r"<svg[^>]*style=|<style|<script(?! src)", text)


def test_the_commissions_own_figures_are_marked_and_counted(world: World) -> None:
    own = fresh(world).own
    assert (own.to_rectify, own.rectified, own.in_time, own.overdue) == (3, 2, 1, 2)
    assert own.letters == (("提醒函", 1),)
    text = world.client("officer").get(f"/bulletins/{QUARTER}").text
    assert "整改率66.7%" in text
    assert text.count("本级掌握") >= 3


def test_only_ended_quarters_of_the_board_have_a_draft(world: World) -> None:
    client = world.client("officer")
    assert client.get("/bulletins/2026Q2").status_code == 200
    for wrong in ("2026Q4", "2020Q1", "2026Q5", "2026", "..", "2026Q3x"):
        assert client.get(f"/bulletins/{wrong}").status_code == 404, wrong
    assert client.get(f"/bulletins/{QUARTER}/draft.exe").status_code == 404


def test_issued_figures_stay_and_a_correction_says_why(world: World) -> None:
    first = issue(world, words="请在2026年12月4日前公开。\n<b>各单位</b>", document_no="示纪通〔2026〕3号")
    assert first.status_code == 303
    assert first.headers["Location"].endswith(f"/bulletins/{QUARTER}/1")
    client = world.client("commission_admin")
    text = client.get(f"/bulletins/{QUARTER}/1").text
    assert "示纪通〔2026〕3号" in text
    assert "&lt;b&gt;各单位" in text
    again = issue(world, words="")
    assert again.status_code == 422
    assert "再发一号须写明更正了什么" in again.text
    assert issue(world, reason="第一号漏写了要求。", words="补充要求。").status_code == 303
    assert "请以新的一号为准" in client.get(f"/bulletins/{QUARTER}/1").text
    assert "更正说明：第一号漏写了要求。" in client.get(f"/bulletins/{QUARTER}/2").text
    assert "/bulletins/export.csv" in client.get("/bulletins/").text
    lines = list(csv.reader(io.StringIO(client.get("/bulletins/export.csv").data.decode("utf-8-sig"))))
    listed = [line[:3] for line in lines if line[0] == "2026年第三季度"]
    assert listed == [["2026年第三季度", "2", ""], ["2026年第三季度", "1", "示纪通〔2026〕3号"]]
    sheet = load_workbook(io.BytesIO(client.get("/bulletins/export.xlsx").data)).active
    assert sheet is not None
    assert sheet.max_row == len(lines)
    with for_everybody(world.session):
        rows = list(
            world.session.scalars(
                select(Bulletin).where(Bulletin.period == QUARTER).order_by(Bulletin.number)
            )
        )
        assert [one.number for one in rows] == [1, 2]
        assert all(Figures.from_json(one.figures).digest() == one.digest for one in rows)
        said = list(world.session.scalars(select(Audit.words).where(Audit.action == "bulletin.issued")))
        world.session.rollback()
    assert "发出2026年第三季度第2号通报，第一号漏写了要求。" in said
    assert client.get(f"/bulletins/{QUARTER}/3").status_code == 404


def test_a_bulletin_is_not_issued_over_one_that_was_not_seen(world: World) -> None:
    client = world.client("officer")
    hidden = dict(re.findall(r'name="(digest|newest)" value="([^"]*)"', client.get("/bulletins/2026Q1").text))
    assert issue(world, "2026Q1").status_code == 303
    late = world.post(client, "/bulletins/2026Q1/issue", {**hidden, "words": "我写的话", "reason": "有"})
    assert late.status_code == 422
    assert "已经发出" in late.text
    assert "我写的话" in late.text
    moved = world.post(client, "/bulletins/2026Q1/issue", {**hidden, "digest": "0" * 64, "words": "我写的话"})
    assert moved.status_code == 409
    assert "我写的话" in moved.text
    # With a reason, so that nothing else is wrong where another test has issued the first number.
    wrong = issue(world, "2025Q4", document_no="3号", words="我写的话", reason="有")
    assert wrong.status_code == 422
    assert 'href="#document_no"' in wrong.text
    assert "我写的话" in wrong.text


def test_figures_are_not_issued_where_the_public_view_was_renewed_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chores renew it beside a request: what was worked out before the lock is not the newest any more."""
    own = bulletin_pages.begin

    def begin() -> None:
        views = world.app.extensions[VIEWS]
        for key, (state, view) in list(views.items()):
            views[key] = (state, replace(view))
        own()

    monkeypatch.setattr(bulletin_pages, "begin", begin)
    answer = issue(world, "2025Q4", words="我写的话")
    assert answer.status_code == 409
    assert "我写的话" in answer.text


def test_a_quarter_is_compared_with_the_one_before_as_long_after_its_end(world: World) -> None:
    """Whether and when the quarter before was reported on makes no difference: what was public then does."""
    page = world.client("officer").get(f"/bulletins/{QUARTER}").text
    then = quarter_end("2026Q2") + (ON - quarter_end(QUARTER))
    before = fresh(world).before
    assert before is not None
    assert (before.quarter, before.on) == ("2026Q2", then)
    assert f"2026年第二季度同期（{show_day(then)}）" in page
    with Session(world.session.get_bind()) as own:
        regime = world.app.extensions["office"].regimes[SLUG]
        old = in_public(open_county(own, SLUG, None), regime, on=then)
    done = sum(dict(one.coverage).get("plans") == "done" for one in old.units)
    assert dict(before.coverage)["plans"].part == done
    assert issue(world, "2026Q2").status_code == 303
    assert fresh(world).before == before


def test_who_may_issue_and_who_may_only_read(world: World) -> None:
    admin = world.client("commission_admin")
    text = admin.get("/bulletins/2026Q2").text
    assert "发出第" not in text
    assert world.post(admin, "/bulletins/2026Q2/issue", {"words": ""}).status_code == 403
    for role in ("editor", "unit_admin", "filings", "intake"):
        assert world.client(role).get(f"/bulletins/{QUARTER}").status_code in (403, 404), role


def test_the_workbook_has_numbers_as_numbers(world: World) -> None:
    answer = world.client("officer").get(f"/bulletins/{QUARTER}/draft.xlsx")
    book = load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == [
        "总表",
        "覆盖率和指数",
        "排名",
        "迟公开",
        "未公开",
        "问题分类",
        "趋势",
        "口径说明",
    ]
    figures = fresh(world)
    rows = {row[0]: row for row in book["总表"].iter_rows(min_row=2, values_only=True)}
    assert rows["合计"][3:5] == (figures.total.due, figures.total.on_time)
    assert rows["季度财务"][8] == pytest.approx(78.9474)
    late = list(book["迟公开"].iter_rows(min_row=2, values_only=True))
    assert sorted(row[6] for row in late) == [4, 5, 7]
    assert isinstance(late[0][4], datetime)
    assert len(list(book["排名"].iter_rows(min_row=2))) == len(figures.ranking)
    assert book["趋势"].max_row == len(figures.trend) + 1


def test_the_csv_names_its_tables(world: World) -> None:
    answer = world.client("officer").get(f"/bulletins/{QUARTER}/draft.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert {row[0] for row in rows} == {
        "总表", "覆盖率和指数", "排名", "迟公开", "未公开", "问题分类", "趋势", "口径说明"
    }  # fmt: skip
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "@")]


def test_the_paper_has_the_form_of_a_bulletin(world: World) -> None:
    made = issue(world, "2025Q4", words="请各单位对照整改。", document_no="示纪通〔2026〕1号")
    assert made.status_code == 303
    answer = world.client("officer").get("/bulletins/2025Q4/1.pdf")
    assert answer.mimetype == "application/pdf"
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)
    plain = re.sub(r"\s", "", text)
    for wanted in (
        "秀洲区纪委监委", "示纪通〔2026〕1号", "关于2025年第四季度权力公开情况的通报", "各单位：", "一、总体情况",
        "请各单位对照整改。", "附件：1.各项义务的完成情况", "2026年11月20日", "（印章处）", "口径说明",
    ):  # fmt: skip
        assert wanted in plain, wanted
    draft = world.client("officer").get("/bulletins/2026Q2/draft.pdf").data
    told = "".join(page.extract_text() for page in PdfReader(io.BytesIO(draft)).pages)
    assert "未发出，仅供核对" in told
    assert "印章处" not in told


def test_a_sheet_adds_up_from_its_evidence(world: World) -> None:
    text = world.client("officer").get("/assessment/2025/gengzhengju").text
    rows = re.findall(
        r'<th scope="row">([^<]+)</th><td class="num">(\d+)</td><td class="num">(\d+)</td><td class="num">(\d+)</td>'
        r'<td class="num">(?:<b>)?(\d+)',
        text[text.index('id="parts"') :],
    )
    assert len(rows) == 8
    taken = 0
    for name, count, each, most, off in rows:
        assert min(int(count) * int(each), int(most)) == int(off), name
        taken += int(off)
    counts = {name: int(count) for name, count, *_ in rows}
    assert counts["逾期未销号的整改"] == 1
    assert counts["处理结果"] == 1  # 澄清正名 speaks for a person, not against the unit.
    assert f'<span class="v">{max(0, 100 - taken)}</span>' in text


def decide(world: World, unit: str, **typed: str) -> TestResponse:
    client = world.client("officer")
    text = client.get(f"/assessment/2025/{unit}").text
    hidden = dict(re.findall(r'name="(digest|newest)" value="([^"]*)"', text))
    return world.post(client, f"/assessment/2025/{unit}", {**hidden, "words": "", **typed})


def test_a_decision_against_the_suggestion_says_why_and_stays(world: World) -> None:
    assert decide(world, "gengzhengju").status_code == 422
    bare = decide(world, "gengzhengju", decision="excellent")
    assert bare.status_code == 422
    assert "须写明理由" in bare.text
    assert decide(world, "gengzhengju", decision="pass", words="已全部整改。").status_code == 303
    assert decide(world, "gengzhengju", decision="fail").status_code == 422
    assert decide(world, "gengzhengju", decision="fail", words="又发现新的问题。").status_code == 303
    with for_everybody(world.session):
        rows = list(world.session.scalars(select(Assessment).order_by(Assessment.number)))
        found = [(one.number, one.decision, one.words) for one in rows]
        world.session.rollback()
    assert found == [(1, "pass", "已全部整改。"), (2, "fail", "又发现新的问题。")]
    text = world.client("commission_admin").get("/assessment/2025/gengzhengju").text
    assert "已全部整改。" in text
    assert "变更决定" not in text  # The administrator reads, the officer decides.


def test_a_year_that_runs_is_not_decided(world: World) -> None:
    client = world.client("officer")
    text = client.get("/assessment/2026/chenmoju").text
    assert "还没有结束" in text
    assert 'name="decision"' not in text
    for wrong in ("1999", "x", "20255", "２０２５"):
        assert client.get(f"/assessment/{wrong}").status_code == 404, wrong
    assert client.get("/assessment/2025/nobody").status_code == 404
    assert client.get("/assessment/").headers["Location"].endswith("/assessment/2025")


def test_a_unit_that_was_gone_is_not_assessed(world: World) -> None:
    client = world.client("officer")
    assert "示例撤并办公室" in client.get("/assessment/2025").text
    assert "示例撤并办公室" not in client.get("/assessment/2026").text


def test_the_list_of_a_year_as_files_and_the_sheet_on_paper(world: World) -> None:
    client = world.client("officer")
    book = load_workbook(io.BytesIO(client.get("/assessment/2025/list.xlsx").data))
    assert book.sheetnames == ["2025年度考核", "口径说明"]
    rows = {row[0]: row for row in book.active.iter_rows(min_row=2, values_only=True)}
    assert isinstance(rows["示例更正局"][10], int)
    lines = list(csv.reader(io.StringIO(client.get("/assessment/2025/list.csv").data.decode("utf-8-sig"))))
    assert lines[0][0] == "单位"
    assert len(lines) == len(rows) + 1
    pdf = client.get("/assessment/2025/chenmoju.pdf").data
    plain = re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))
    for wanted in (
        "2025年度权力公开考核表",
        "单位：示例沉默局",
        "建议等次",
        "（尚未决定）",
        "只是建议，由纪委监委决定",
    ):
        assert wanted in plain, wanted
    assert world.client("editor").get("/assessment/2025").status_code == 403


def test_only_units_that_moved_are_worked_out_anew(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = make_counted(tmp_path_factory.mktemp("moved"))
    with Session(made.engine) as session:
        county = open_county(session, SLUG, None)
        views = {
            (county.id, ""): (state_of(county, made.regime, on=ON), in_public(county, made.regime, on=ON))
        }
        before = seen(views, county, made.regime, on=ON)
        assert before is views[county.id, ""][1]
    with Session(made.engine) as session:
        unit = session.scalars(select(Unit).where(Unit.slug == "chenmoju")).one()
        publish_quarter(session, made.regimes, unit, QUARTER, NOW)
        session.commit()
    with Session(made.engine) as session:
        county = open_county(session, SLUG, None)
        after = in_public(county, made.regime, on=ON, before=before)
        assert after.units == in_public(county, made.regime, on=ON).units
        assert seen(views, county, made.regime, on=ON).units == after.units
        kept = {id(one) for one in before.units}
        assert [one.slug for one in after.units if id(one) not in kept] == ["chenmoju"]
        later = in_public(county, made.regime, on=date(2026, 11, 21), before=after)
        assert not {id(one) for one in later.units} & {id(one) for one in after.units}
    made.engine.dispose()
