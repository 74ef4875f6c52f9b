"""Lists of a county with many units: a page at a time with its filters, what a phone folds up, ticks that say what they cover."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Sequence

import openpyxl
import pytest
from sqlalchemy.orm import Session

from portal.services import rosters
from portal.services.board.county import open_county
from portal.store.tables import Jurisdiction, Unit
from portal.web.office.paging import FIRST, PAGE, WHOLE, Part, named, part_of
from tests.conftest import NOON
from tests.databases import for_everybody
from tests.web.office.matters_world import missing
from tests.web.office.world import World

MANY = WHOLE + 20


def fill(world: World, number: int) -> list[int]:
    """Let the county have so many units in all; return their ids."""
    home = world.unit.jurisdiction_id
    world.session.commit()  # Its reading transaction would stand in the way of its own later writing.
    with Session(world.session.get_bind()) as own, for_everybody(own):
        county = own.get_one(Jurisdiction, home)
        for place in range(number - 2):
            line = rosters.RosterLine(
                name=f"示例第{place:03}镇", type="township", position=100 + place, sample=True
            )
            rosters.put_unit(own, county, line, now=NOON)
        own.commit()
        return [one.id for one in open_county(own, county.slug, None).units()]


def owing(world: World, units: Sequence[int]) -> None:
    """Let the board see that each of these units owes the finances of a quarter."""
    with Session(world.session.get_bind()) as own, for_everybody(own):
        own.add_all(missing(own.get_one(Unit, one)) for one in units)
        own.commit()


def rows(text: str) -> int:
    """Return how many rows the page's tables have."""
    return sum(body.count("<tr") for body in re.findall(r"<tbody.*?</tbody>", text, re.DOTALL))


def said(text: str) -> str:
    """Return what a page says, without its tags."""
    return html.unescape(re.sub(r"<[^>]+>", "", text))


def links(text: str) -> list[str]:
    """Return where the pages of a list are."""
    found = re.search(r'<nav class="turn".*?</nav>', text, re.DOTALL)
    return [html.unescape(one) for one in re.findall(r'href="([^"]+)"', found[0])] if found else []


def test_a_county_of_a_hundred_is_one_page_and_a_phone_folds_it(world: World) -> None:
    fill(world, WHOLE)
    text = world.client("commission_admin").get("/units").text
    assert rows(text) == WHOLE
    assert links(text) == []
    assert f"共 {WHOLE} 个单位" in said(text)
    assert text.count('hidden="until-found"') == WHOLE - FIRST
    assert f"手机上先列前 {FIRST} 个。显示全部 {WHOLE} 个" in said(text)


def test_a_larger_one_is_turned_over_with_its_filters_and_sent_whole(world: World) -> None:
    fill(world, MANY)
    client = world.client("commission_admin")
    text = client.get("/units?type=township").text
    assert rows(text) == PAGE
    assert f"第 1–{PAGE} 个，共 {MANY - 2} 个单位（名册共 {MANY} 个）" in said(text)
    assert links(text) == [f"/units?type=township&page={one}" for one in (2, 3, 2)]
    last = client.get("/units?type=township&page=3").text
    assert rows(last) == MANY - 2 - 2 * PAGE
    assert links(last)[:2] == ["/units?type=township&page=2", "/units?type=township"]
    for odd in ("0", "999", "三", "1e3", "-1"):
        assert client.get(f"/units?page={odd}").status_code == 200
    lines = list(csv.reader(io.StringIO(client.get("/units.csv").data.decode("utf-8-sig"))))
    assert len(lines) == 1 + MANY


@pytest.mark.parametrize(
    ("path", "role"),
    [("/units/groups", "commission_admin"), ("/warnings/", "officer"), ("/neglect/", "officer")],
)
def test_every_list_of_units_is_turned_over_and_asked_by_name(world: World, path: str, role: str) -> None:
    fill(world, MANY)
    client = world.client(role)
    text = client.get(path).text
    assert f"第 1–{PAGE} 个，共 {MANY} 个单位" in said(text)
    assert links(text)[0] == f"{path}?page=2"
    one = client.get(f"{path}?q=第 007 镇").text
    assert "示例第007镇" in one
    assert "示例第008镇" not in one
    assert "共 1 个单位" in said(one)
    none = client.get(f"{path}?q=没有这个名称")
    assert none.status_code == 200
    assert 'hidden="until-found"' not in none.text


def test_ticks_of_the_ladder_say_what_they_cover(world: World) -> None:
    units = fill(world, MANY)
    owing(world, units)
    officer = world.client("officer")
    text = officer.get("/letters/ladder").text
    assert f"第 1–{PAGE} 项，共 {MANY} 项" in said(text)
    assert text.count('name="item"') == PAGE
    assert " checked" not in text
    assert text.count('hidden="until-found"') == PAGE - FIRST
    stage = re.search(r'name="stage" value="([a-z_]+)"', text)
    assert stage is not None
    tick = re.search(rf'href="([^"]*all={stage[1]}[^"]*)"[^>]*>勾选本页的 {PAGE} 项</a>', text)
    assert tick is not None
    ticked = officer.get(html.unescape(tick[1])).text
    assert ticked.count(" checked") == PAGE
    assert 'hidden="until-found"' not in ticked  # What is ticked is in view, on a phone too.
    assert f"“勾选”只算本页列出的 {PAGE} 项；这一级共 {MANY} 项。" in said(ticked)
    assert all("all=" not in one for one in links(ticked))

    items = re.findall(r'name="item" value="([^"]+)"', ticked)
    some = said(world.post(officer, "/letters/preview", {"stage": stage[1], "item": items}).text)
    assert sum(int(one) for one in re.findall(r"发 (\d+) 份", some)[:2]) == PAGE
    whole = world.post(officer, "/letters/preview", {"stage": stage[1], "whole": "1"})
    assert sum(int(one) for one in re.findall(r"[可不][以能]发 (\d+) 份", said(whole.text))) == MANY

    one = officer.get(f"/letters/ladder?stage={stage[1]}&q=第007镇").text
    assert one.count('name="item"') == 1
    (link,) = re.findall(r'href="([^"]*/ladder/export\.csv[^"]*)"', one)
    lines = list(csv.reader(io.StringIO(officer.get(html.unescape(link)).data.decode("utf-8-sig"))))
    assert [line[0] for line in lines] == ["单位", "示例第007镇"]
    book = openpyxl.load_workbook(io.BytesIO(officer.get("/letters/ladder/export.xlsx").data))
    assert book.active.max_row == 1 + MANY
    asked = {"stage": stage[1], "q": "第007镇", "whole": "1"}
    assert "示例第008镇" not in world.post(officer, "/letters/preview", asked).text


def test_many_letters_of_a_duty_are_ticked_a_page_at_a_time(world: World) -> None:
    owing(world, fill(world, MANY))
    officer = world.client("officer")
    text = officer.get("/letters/many?duty=finance&kind=supervise").text
    assert text.count('name="item"') == PAGE
    assert links(text)[0] == "/letters/many?duty=finance&kind=supervise&page=2"
    tick = re.search(rf'href="([^"]+)">勾选本页的 {PAGE} 项</a>', text)
    assert tick is not None
    assert officer.get(html.unescape(tick[1])).text.count(" checked") == PAGE


def test_the_row_whose_form_was_refused_is_in_view(world: World) -> None:
    with world.app.test_request_context("/outcomes/7/revoke", method="POST"):
        part = part_of(range(300), at="/outcomes/", holding=lambda one: one == 170)
        assert 170 in part.rows
        assert part.number == 4
        assert not any(part.folded(place) for place in range(PAGE))


def test_few_pages_are_all_offered_of_many_those_around(world: World) -> None:
    def near(pages: int, number: int) -> list[int]:
        return Part(
            rows=(), total=0, first=0, number=number, pages=pages, at="/", asked=(), unfolded=False
        ).near

    assert near(6, 1) == [1, 2, 3, 4, 5, 6]
    assert near(30, 1) == [1, 2, 3, 0, 30]
    assert near(30, 15) == [1, 0, 13, 14, 15, 16, 17, 0, 30]


def test_names_are_found_as_people_type_them() -> None:
    assert named("", "示例财政局")
    assert named("（Ａ区） 财政", "示例(a区)财政局")
    assert named("财政", None, "财政局")
    assert not named("民政", "示例财政局", None)


def test_the_commission_is_told_that_its_county_is_a_sample(world: World) -> None:
    officer, editor = world.client("officer"), world.client("editor")
    band = "名称带“示例”的单位及其内容均为虚构。"
    assert f"示例数据{band}" in said(officer.get("/commission/").text)
    assert band in officer.get("/letters/").text
    assert "本页的单位、人员和金额均为虚构。" in editor.get("/", follow_redirects=True).text
    assert 'class="band"' in officer.get("/letters/").text  # On paper too: all that it could show is made up.
    home = world.unit.jurisdiction_id
    world.session.commit()
    with Session(world.session.get_bind()) as own, for_everybody(own):
        real = rosters.RosterLine(name="真实镇", type="township", sample=False)
        rosters.put_unit(own, own.get_one(Jurisdiction, home), real, now=NOON)
        own.commit()
    assert 'class="band no-print"' in officer.get("/letters/").text  # Some units are real: nothing on paper.
