"""The commission's board over HTTP: what it shows, how it is narrowed, that an export is what the screen shows."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient

from portal.domain.documents.base import Audience, Document
from portal.domain.regimes import Regime
from portal.services import exempting, publishing, rosters
from portal.services.checking import Book
from portal.store.tables import BoardCell, BoardUnit, Exemption, Unit
from tests.databases import for_everybody
from tests.web.office.world import World

AT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)  # Behind the deadline of the third quarter.
IN_TIME, LATE = datetime(2026, 10, 15, 2, 0, tzinfo=UTC), datetime(2026, 11, 12, 2, 0, tzinfo=UTC)
Say = Callable[..., None]


@pytest.fixture
def say(world: World, regimes: dict[str, Regime]) -> Say:
    """Publishes a document of a unit."""

    def run(unit: Unit, document: Document, on: datetime) -> None:
        with for_everybody(world.session):
            explained = document.model_copy(
                update={"public_explanation": "示例：如实说明，正在逐项整改到位。"}
            )
            draft = publishing.save_draft(
                world.session,
                unit=world.session.get_one(Unit, unit.id),
                document=explained,
                author="甲",
                now=on,
            )
            publishing.publish(
                world.session, draft, book=Book(world.session, regimes), reason="首次公开", actor="乙", now=on
            )
            world.session.commit()

    return run


@pytest.fixture
def officer(world: World, say: Say, a_quarter: Any) -> FlaskClient:
    """An officer before a board: one unit on time, one late, a village that has published nothing."""
    world.at = AT
    say(world.unit, a_quarter("2026Q3"), IN_TIME)
    say(world.other, a_quarter("2026Q3"), LATE)
    with for_everybody(world.session):
        line = rosters.RosterLine(name="=示例村", type="village", short="示例村", code="330411009")
        county = world.session.get_one(Unit, world.unit.id).jurisdiction
        rosters.put_unit(world.session, county, line, now=IN_TIME)
        world.session.commit()
    return world.client("officer")


def table(text: str) -> tuple[list[str], list[list[str]]]:
    """Return the heads and the rows of the board as they are read."""
    body = text[text.index('id="all"') : text.index("</table>")]
    heads = [_words(one) for one in re.findall(r"<th role=\"columnheader\".*?</th>", body, re.DOTALL)]
    rows = [
        [_words(one) for one in re.findall(r"<t[hd] role.*?</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr role=\"row\"(?: class=\"all-fine\")?>(.*?)</tr>", body, re.DOTALL)
        if "columnheader" not in row
    ]
    return heads, rows


def _words(markup: str) -> str:
    hidden = re.sub(r'<span class="govuk-visually-hidden">.*?</span>', "", markup)
    return html.unescape(re.sub(r"<[^>]+>", "", hidden)).strip()


def names(client: FlaskClient, query: str = "") -> list[str]:
    answer = client.get(f"/board/{query}")
    assert answer.status_code == 200
    return [row[0] for row in table(answer.text)[1]] if 'id="all"' in answer.text else []


def test_it_opens_at_the_newest_quarter_that_is_due_with_the_worst_first(
    world: World, officer: FlaskClient
) -> None:
    text = officer.get("/board/").text
    heads, rows = table(text)
    assert "2026年第三季度" in text
    finance = next(place for place, one in enumerate(heads) if one.startswith("季度财务"))
    by_name = {row[0]: row for row in rows}
    assert by_name["=示例村"][finance] == "未公开"
    assert re.fullmatch(r"迟 \d+ 工作日", by_name[world.other.name][finance])
    assert by_name[world.unit.name][finance] == "按期"
    bureaus = [row[0] for row in rows if row[0] != "=示例村"]
    assert bureaus == [world.other.name, world.unit.name], "of a type, the worse comes first"
    assert re.search(r"按期 1</a>.*迟 1</a>.*未公开 1</a>", text, re.DOTALL)


def test_every_number_leads_to_as_many_units(officer: FlaskClient) -> None:
    text = officer.get("/board/").text
    links = re.findall(r'href="(/board/\?[^"]+)"[^>]*>([^<]*?) (\d+)</a>', text)
    assert len(links) >= 6
    for address, label, count in links:
        found = names(officer, html.unescape(address).removeprefix("/board/"))
        assert len(found) == int(count), (label, address)


def test_filters_and_orders(world: World, officer: FlaskClient) -> None:
    assert names(officer, "?type=village") == ["=示例村"]
    assert names(officer, "?q=示 例 村") == ["=示例村"]
    assert names(officer, "?q=没有这样的单位") == []
    assert names(officer, "?duty=finance&status=late") == [world.other.name]
    assert names(officer, "?sort=roster")[:2] == [world.unit.name, world.other.name]
    heads, _ = table(officer.get("/board/?duty=finance").text)
    assert len(heads) == 5, "one duty, one column"
    assert names(officer, "?type=nothing&status=x&duty=y&rule=z&sort=w&period=1999Q9"), (
        "what is unknown is left out"
    )


def test_an_export_is_exactly_what_the_screen_shows(officer: FlaskClient) -> None:
    for query in ("", "?status=wanting&sort=name", "?duty=finance"):
        heads, rows = table(officer.get(f"/board/{query}").text)
        answer = officer.get(f"/board/export/csv{query}")
        assert answer.mimetype == "text/csv"
        assert answer.data.startswith(b"\xef\xbb\xbf")
        first, *lines = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
        assert [one[0].lstrip("'") for one in lines] == [row[0] for row in rows]
        shown = [row[2:-2] for row in rows]  # Without name and gaps in front, findings and index behind.
        assert [[cell.removesuffix("（暂定）") for cell in one[6:]] for one in lines] == [
            [cell.removesuffix("暂定") for cell in row] for row in shown
        ]
        assert len(first) == 6 + len(heads) - 4
        book = openpyxl.load_workbook(io.BytesIO(officer.get(f"/board/export/xlsx{query}").data))
        sheet = book.worksheets[0]
        assert [[str(cell.value) for cell in row] for row in sheet.iter_rows(min_row=2)] == [
            [_number(one) for one in line] for line in lines
        ]
        assert sheet.freeze_panes == "B2"
        told = {row[0].value: row[1].value for row in book["说明"].iter_rows()}
        assert told["筛选"]
        assert told["方法"]
        assert told["依据"]
    assert any("'=示例村" in line for line in lines for line in line)


def _number(text: str) -> str:
    return str(int(float(text))) if re.fullmatch(r"\d+\.0", text) else text


def test_a_duty_over_time(world: World, officer: FlaskClient, say: Say, a_quarter: Any) -> None:
    say(world.unit, a_quarter("2026Q1"), datetime(2026, 4, 10, 2, 0, tzinfo=UTC))
    officer.get("/board/")
    heads, rows = table(officer.get("/board/d/finance?last=4").text)
    assert [one[:8] for one in heads[2:5]] == ["2026年三季度", "2026年二季度", "2026年一季度"]
    assert next(row for row in rows if row[0] == world.unit.name)[2:5] == ["按期", "未公开", "按期"]
    lines = officer.get("/board/d/finance/export/csv?last=4").data.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + len(rows)
    assert officer.get("/board/d/plan").status_code == 200
    assert officer.get("/board/d/nothing").status_code == 404
    assert officer.get("/board/d/finance/export/pdf").status_code == 404


def test_what_was_just_published_is_seen_at_once(
    world: World, officer: FlaskClient, say: Say, a_quarter: Any
) -> None:
    assert names(officer, "?duty=finance&status=missing") == ["=示例村"]
    with for_everybody(world.session):
        village = world.session.query(Unit).filter_by(name="=示例村").one()
    say(village, a_quarter("2026Q3"), AT)
    assert names(officer, "?duty=finance&status=missing") == []
    assert "=示例村" in names(officer, "?duty=finance&status=late")


def test_a_unit_from_the_cell_to_the_record(
    world: World, officer: FlaskClient, say: Say, a_quarter: Any, regimes: dict[str, Regime]
) -> None:
    say(
        world.unit,
        a_quarter("2026Q2", audience=Audience.STAFF, finance_head="甲"),
        datetime(2026, 7, 10, 2, 0, tzinfo=UTC),
    )
    with for_everybody(world.session):
        exempting.extend(
            world.session, world.session.get_one(Unit, world.other.id), regime=regimes["xiuzhou"],
            duty="finance", period="2026Q3", new_due=date(2026, 12, 30), reason="系统迁移",
            approver="示例财政局", actor="甲", now=AT,
        )  # fmt: skip
        world.session.add(
            Exemption(
                unit_id=world.unit.id, duty="filing", period="2026-01-01", reason="示例原因", approver="示例财政局",
                valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31), recorded_by="甲", recorded_at=AT,
            )
        )  # fmt: skip
        world.session.commit()
    text = officer.get(f"/board/u/{world.unit.slug}").text
    assert "2026年1月1日起执行" in text  # The period of a plan's duties is a day.
    assert (
        "export" in officer.get("/board/d/finance?duty=plan&type=village").text
    )  # Asked for twice: by path.
    assert f'href="http://public.example/xiuzhou/u/{world.unit.slug}/finance/2026Q3.html"' in text
    assert 'id="finance-2026Q3"' in text
    assert "只向本单位职工公开" in text
    assert "finance/2026Q2.html" not in text, "what is not public has no public page"
    assert "2026Q2 财务公开" in text, "its title is told"
    assert "核对发现" in text
    assert "怎样改正" in text
    other = officer.get(f"/board/u/{world.other.slug}").text
    assert "系统迁移（示例财政局批准）" in other
    for what in ("duties", "findings"):
        answer = officer.get(f"/board/u/{world.unit.slug}/export/{what}/csv")
        assert answer.status_code == 200
        assert len(answer.data.decode("utf-8-sig").splitlines()) > 1
        assert officer.get(f"/board/u/{world.unit.slug}/export/{what}/xlsx").status_code == 200
    assert officer.get("/board/u/nobody").status_code == 404
    assert officer.get(f"/board/u/{world.unit.slug}/export/all/csv").status_code == 404


def test_what_is_for_the_commission_is_read_here_and_what_is_for_others_is_not(
    world: World, officer: FlaskClient, say: Say, a_quarter: Any
) -> None:
    say(world.unit, a_quarter("2026Q1", audience=Audience.COMMISSION, title="只给纪委的季度财务"), IN_TIME)
    say(world.unit, a_quarter("2026Q2", audience=Audience.STAFF, title="只给职工的季度财务"), IN_TIME)
    base = f"/board/u/{world.unit.slug}"
    assert f'href="{base}/finance/2026Q1"' in officer.get(base).text
    page = officer.get(f"{base}/finance/2026Q1")
    assert page.status_code == 200
    assert "只给纪委的季度财务" in page.text
    assert "办公费" in page.text
    for path in ("2026Q2", "2026Q3", "1999Q1"):
        assert officer.get(f"{base}/finance/{path}").status_code == 404
    assert officer.get(f"/board/u/{world.other.slug}/finance/2026Q1").status_code == 404


def test_a_unit_that_cannot_be_read_is_told_and_not_called_missing(
    world: World, officer: FlaskClient
) -> None:
    officer.get("/board/")
    with for_everybody(world.session):
        row = world.session.query(BoardUnit).filter_by(unit_id=world.unit.id).one()
        row.details, row.index_passed, row.index_applicable = '{"unreadable": "ValueError"}', 0, 0
        world.session.query(BoardCell).filter_by(unit_id=world.unit.id).delete()
        world.session.commit()
    text = officer.get("/board/").text
    assert "1 个单位无法核对" in text
    row = next(one for one in table(text)[1] if one[0] == world.unit.name)
    assert set(row[2:-2]) == {"无法核对"}
    assert "没有算作未公开" in officer.get(f"/board/u/{world.unit.slug}").text


@pytest.mark.parametrize("role", ["editor", "reviewer", "unit_admin", "staff", "group", "intake", "filings"])
def test_nobody_else_sees_it(world: World, officer: FlaskClient, role: str) -> None:
    client = world.client(role)
    for path in ("/board/", "/board/export/csv", "/board/d/finance", f"/board/u/{world.unit.slug}"):
        assert client.get(path).status_code in (403, 404)


def test_her_home_says_where_to_act_and_each_number_is_what_it_leads_to(
    world: World, officer: FlaskClient
) -> None:
    officer.get("/board/")
    text = officer.get("/commission/").text
    for place in ("/letters/ladder", "/grants/", "/outcomes/", "/minutes/", "/neglect/", "/assessment/"):
        assert f'href="{place}"' in text
    assert " checked" not in officer.get("/letters/ladder").text  # Nothing is sent that nobody picked.
    assert officer.get("/letters/ladder?all=1").status_code == 200
    assert "1 个单位没有公开2026年第三季度财务" in text
    assert "应于2026年11月3日前公开" in text
    for address, count in re.findall(r'<a href="(/board/[^"]+)"><b>(\d+)</b>', text):
        assert len(names(officer, html.unescape(address).removeprefix("/board/"))) == int(count)
    first = text[text.index("最先要看的") :]
    missing = [int(one) for one in re.findall(r"(\d+) 项未公开", first)]
    assert missing
    assert missing == sorted(missing, reverse=True)
    assert "今天要做的" not in world.client("intake").get("/commission/").text
    assert "今天要做的" in world.client("commission_admin").get("/commission/").text
