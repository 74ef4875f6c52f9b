"""The pages by which people find their way: directories, who holds what, lists by year and unit, the fronts."""

from __future__ import annotations

import posixpath
import re
import tomllib
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from pypinyin import Style, lazy_pinyin, pinyin

from portal.apps import create_public_app
from portal.config import data_dir
from portal.demo.county.roster import roster
from portal.domain.documents.delegation import Assignment
from portal.site.pages import all_urls, area_urls
from portal.site.pages.browse import sorting_name
from portal.site.pages.grounds import inputs_of
from portal.site.pages.initials import OTHER, initial, order
from portal.site.pages.listings import area_lists, chunks, year_links
from portal.site.pages.shell import public_kinds
from portal.site.pages.summary import cards_in, newest_in, summaries_of
from portal.site.pages.unit import history
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot, UnitView
from tests.site.sample import at, plan, record, regimes, snapshot, unit
from tests.site.test_pages import Page

DOMAINS = ("财务", "组织人事", "工程建设", "行政审批", "物资采购")
# Names of offices and places as they occur; the readings are checked against a dictionary.
NAMES = """财政局 发展和改革局 教育局 科学技术局 经济和信息化局 民政局 司法局 人力资源和社会保障局 自然资源和规划局 生态环境局
住房和城乡建设局 交通运输局 水利局 农业农村局 商务局 文化和旅游局 卫生健康局 退役军人事务局 应急管理局 审计局
市场监督管理局 统计局 医疗保障局 综合行政执法局 政务数据办公室 信访局 档案馆 机关事务中心 供销合作社 残疾人联合会
纪律检查委员会 组织部 宣传部 统战部 政法委员会 党校 总工会 共青团 妇女联合会 气象局 税务局 烟草专卖局 邮政管理局
新塍镇 王江泾镇 油车港镇 洪合镇 王店镇 高照街道 嘉北街道 濮院镇 乌镇 崇福镇 洲泉镇 石门镇 黎城街道 戴楼街道 前锋镇
吕良镇 塔集镇 银涂镇 淮河路街道 解放路街道 铭功路街道 一马路街道 蜜蜂张街道 五里堡街道 大学路街道 建中街道 福华街道
枞阳县 义安区 铜官区 郊区 郯城县 沭阳县 邳州市 滕州市 兖州区 泗水县 衢江区 嵊州市 鄞州区 亳州市 颍上县 溧阳市 泸州市
涪陵区 綦江区 璧山区 潼南区 沁阳市 濮阳市 郾城区 淄川区 莒县 汶上县 鄄城县 郓城县 浏阳市 耒阳市 郴州市 醴陵市
"""
PLACES = {
    "重庆路街道": "C",
    "重点工程建设中心": "Z",
    "会计核算中心": "K",
    "会展服务中心": "H",
    "调解中心": "T",
    "调查队": "D",
    "长安街道": "C",
    "长子县": "Z",
    "厦门路街道": "X",
    "单县": "S",
    "番禺区": "P",
    "乐清市": "Y",
    "乐山市": "L",
    "荥阳市": "X",
    "甪直镇": "L",
    "漯河市": "L",
}


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_public_app(snapshot).test_client()


def client_of(now: Snapshot) -> FlaskClient:
    return create_public_app(lambda: now).test_client()


def led_to(client: FlaskClient, path: str) -> set[str]:
    """Return the site paths (with their places) that a page leads to."""
    links = Page(client.get(f"/{path}").text).links
    return {posixpath.normpath(posixpath.join(posixpath.dirname(path), one)) for one in links}


def area(now: Snapshot, slug: str = "xiuzhou") -> JurisdictionView:
    found = now.jurisdiction(slug)
    assert found
    return found


# The letter of a name.


def test_every_character_of_the_standard_has_one_of_its_own_letters() -> None:
    seen = 0
    for high in range(0xB0, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                character = bytes((high, low)).decode("gb2312")
            except UnicodeDecodeError:
                continue
            seen += 1
            known = {one[0].upper() for one in pinyin(character, style=Style.NORMAL, heteronym=True)[0]}
            assert initial(character) in known, character
    assert seen == 6763


@pytest.mark.parametrize("name", NAMES.split())
def test_names_stand_under_the_letter_of_a_dictionary(name: str) -> None:
    assert initial(name) == lazy_pinyin(name)[0][0].upper()


@pytest.mark.parametrize(("name", "letter"), PLACES.items())
def test_names_that_are_read_differently_stand_where_people_look(name: str, letter: str) -> None:
    assert initial(name) == letter


def test_the_whole_county_agrees_with_a_dictionary() -> None:
    texts = tomllib.loads((data_dir("content").parent / "portal/demo/county/texts.toml").read_text("utf-8"))
    names = [one.name.removeprefix("示例") for one in roster(texts, 400)]
    wrong = [one for one in names if initial(one) != lazy_pinyin(one)[0][0].upper()]
    assert not wrong


@pytest.mark.parametrize("name", ["", "A4纸厂", "12345热线", "“三资”中心", "\u202e财政局", "𠮷野街道", "，"])
def test_what_is_no_known_character_stands_apart(name: str) -> None:
    assert initial(name) == OTHER
    assert order(name) > order("做")


def test_names_sort_by_pinyin() -> None:
    names = ["自然资源局", "财政局", "教育局", "审计局", "民政局", "水利局"]
    assert sorted(names, key=order) == sorted(names, key=lambda one: "".join(lazy_pinyin(one)))


@pytest.mark.parametrize(
    ("name", "more", "sorted_as"),
    [
        ("秀洲区财政局", {"sample": False}, "财政局"),
        ("嘉兴市秀洲区财政局", {"sample": False}, "财政局"),
        ("秀洲区", {"sample": False}, "秀洲区"),
        ("王店镇人民政府", {"sample": False}, "王店镇人民政府"),
        ("示例区财政局", {}, "财政局"),
        ("示例财政局", {}, "财政局"),
        ("示例一镇", {}, "一镇"),
        ("示例", {}, "示例"),
        ("示例路街道", {"sample": False}, "示例路街道"),
    ],
)
def test_what_all_names_begin_with_does_not_sort(name: str, more: dict[str, Any], sorted_as: str) -> None:
    assert sorting_name(unit(1, "one", name, **more), area(snapshot())) == sorted_as


def test_a_city_is_not_cut_out_of_a_market() -> None:
    place = unit(1, "one", "示例市场监督管理局", area="tongling")
    assert sorting_name(place, JurisdictionView("tongling", regimes()["tongling"], ())) == "市场监督管理局"


# The directories.


def test_both_directories_name_every_unit_once(client: FlaskClient) -> None:
    units = [f"../xiuzhou/u/{one.slug}/index.html" for one in area(snapshot()).units]
    for name in ("units", "units-az"):
        page = Page(client.get(f"/xiuzhou/{name}.html").text)
        assert sorted(one for one in page.links if one in units) == sorted(units), name
        jumps = [one[1:] for one in page.links if re.fullmatch(r"#(t\d+|[A-Z]|other)", one)]
        assert jumps
        assert set(jumps) <= page.ids


def test_letters_follow_the_alphabet_and_odd_names_come_last() -> None:
    now = with_units(snapshot(), unit(90, "odd", "示例12345热线"), unit(91, "zz", "示例自来水公司"))
    text = client_of(now).get("/xiuzhou/units-az.html").text
    letters = re.findall(r'<section id="(\w+)" class="letter">', text)
    assert letters == [*sorted(letters[:-1]), "other"]
    assert {"C", "J", "R", "X", "Z"} <= set(letters)
    assert re.search(r'id="R".*?示例区人力资源和社会保障局.*?id="X"', text, re.DOTALL)
    assert text.index("示例自来水公司") < text.index("示例12345热线")


def test_the_directory_says_how_each_unit_stands(client: FlaskClient) -> None:
    for name in ("units", "units-az"):
        text = client.get(f"/xiuzhou/{name}.html").text
        lines = {
            re.sub(r"<[^>]+>", "", line.partition("</a>")[0]): re.sub(
                r"<[^>]+>", "", line.partition("</a>")[2]
            )
            for line in re.findall(r"<li><span class=\"name\">.*?</li>", text)
        }
        for one in summaries_of(snapshot(), area(snapshot())):
            said = lines[one.unit.name]
            assert (f"{len(one.cards)} 件" in said) or (not one.cards and "尚无公开" in said)
            assert ("已撤销" in said) == one.row.gone
            assert (f"{one.row.gaps} 项欠缺" in said) == bool(one.row.gaps)


def test_an_empty_county_has_its_directories_and_says_so() -> None:
    client = create_public_app(snapshot).test_client()
    for name in ("units", "units-az"):
        assert "名录中还没有单位" in client.get(f"/erqi/{name}.html").text


# Who holds what.


def test_each_restricted_domain_has_its_own_page(client: FlaskClient) -> None:
    now = snapshot()
    for view in now.jurisdictions:
        urls = {one.path for one in area_urls(now, view) if one.endpoint == "domain"}
        assert len(urls) == len(view.regime.domains_on(now.today))
        front = led_to(client, f"{view.slug}/index.html")
        whole = led_to(client, f"{view.slug}/domains.html")
        for path in urls:
            assert client.get(f"/{path}").status_code == 200
            assert path in front
            assert path in whole
    assert client.get("/xiuzhou/domains-weather.html").status_code == 404


def test_a_domains_page_tells_deputy_limit_and_term_of_every_unit(client: FlaskClient) -> None:
    text = client.get("/xiuzhou/domains-finance.html").text
    for one in summaries_of(snapshot(), area(snapshot())):
        assert one.unit.name in text
        for holder in one.plan.cells[0].holders if one.plan else ():
            assert holder.deputy in text
            assert str(holder.held_since) in text
    assert "50,000.00 元" in text
    assert "未公开授权分工方案" in text


def test_a_chief_who_holds_a_domain_is_marked_on_its_page(client: FlaskClient) -> None:
    now = snapshot()
    broken = {
        place
        for one in summaries_of(now, area(now))
        if one.plan
        for place, cell in enumerate(one.plan.cells)
        if cell.breach
    }
    assert broken
    for place, domain in enumerate(area(now).regime.domains_on(now.today)):
        text = client.get(f"/xiuzhou/domains-{domain.code.replace('_', '-')}.html").text
        assert ("主要负责人直接分管" in text) == (place in broken)


# A unit's page.


def with_units(now: Snapshot, *more: UnitView) -> Snapshot:
    views = tuple(
        replace(one, units=(*one.units, *(each for each in more if each.jurisdiction == one.slug)))
        for one in now.jurisdictions
    )
    return replace(now, jurisdictions=views)


def moved(base: Any, domain: str, deputy: str, **more: Any) -> Any:
    """Return a plan in which one domain went to another deputy."""
    rows: list[Assignment] = [
        one.model_copy(update={"deputy": deputy}) if one.domain == domain else one for one in base.assignments
    ]
    return base.model_copy(update={"assignments": tuple(rows), **more})


def plans_of(place: UnitView) -> list[RecordView]:
    first = plan(DOMAINS, year=2024)
    second = moved(first, "财务", "罗示四", effective_from=date(2025, 3, 1))
    third = moved(second, "财务", "罗示四", effective_from=date(2027, 1, 1), effective_to=date(2027, 6, 30))
    return [
        record(700 + number, place, (text, at(2025, 2, 1 + number), "首次公开"), slug=f"plan-{number}")
        for number, text in enumerate((first, second, third))
    ]


def test_a_units_history_tells_each_plans_time_and_whom_it_moved() -> None:
    place = unit(90, "history", "示例区档案局")
    base = with_units(snapshot(), place)
    now = replace(base, records=(*base.records, *plans_of(place)))
    terms = list(history(now, area(now), place))
    assert [(one.state, one.until) for one in terms] == [
        ("coming", date(2027, 6, 30)),
        ("current", date(2026, 12, 31)),
        ("past", date(2025, 2, 28)),
    ]
    assert [[(one.domain, one.before, one.after) for one in each.moves] for each in terms] == [
        [],
        [("财务", "林示二", "罗示四")],
        [],
    ]
    assert [one.first for one in terms] == [False, False, True]
    text = client_of(now).get("/xiuzhou/u/history/index.html").text
    aside = text[text.index('id="terms"') :]
    assert "尚未执行" in aside
    assert re.search(r"现行，至2026年12月31日", aside)
    assert re.search(r"林示二</span> → <span[^>]*>罗示四", aside)


def test_a_units_page_leads_to_its_lists_by_year_its_feed_and_how_to_report(client: FlaskClient) -> None:
    links = led_to(client, "xiuzhou/u/zhujian/index.html")
    place = "xiuzhou/u/zhujian"
    assert {
        f"{place}/finance/index.html",
        f"{place}/finance/index.html#y2026",
        f"{place}/feed.xml",
        "xiuzhou/report.html",
    } <= links
    assert "y2026" in Page(client.get("/xiuzhou/u/zhujian/finance/index.html").text).ids


def test_a_units_page_says_the_gravest_of_each_duty(client: FlaskClient) -> None:
    text = client.get("/xiuzhou/u/renshe/index.html").text
    grid = re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", re.findall(r'<ul class="duty">.*?</ul>', text, re.DOTALL)[0])
    )
    row = next(one.row for one in summaries_of(snapshot(), area(snapshot())) if one.unit.slug == "renshe")
    assert "季度财务 6 期未公开 2026年第三季度" in grid
    for duty, mark in row.others:
        assert f"{duty.title} {mark.word}" in grid


# Lists.


def grown(count: int, *, until: int = 2026) -> Snapshot:
    """Return the sample with many more tenders of one unit, spread over two years."""
    base = snapshot()
    one = next(each for each in base.records if each.kind.code == "tender" and each.document)
    assert one.document
    many = []
    for place in range(count):
        year = until - 1 if place < count // 2 else until
        text = one.document.model_copy(update={"project_no": f"P-{place}"})
        made = record(
            5000 + place,
            one.unit,
            (text, at(year, 1 + place % 9, 1 + place % 27), "首次公开"),
            slug=f"n{place}",
        )
        many.append(made)
    return replace(base, records=(*base.records, *many))


def test_only_the_newest_page_of_a_list_says_how_many_there_are() -> None:
    now = grown(230)
    client = client_of(now)
    total = len(cards_in(now, area(now), "tender"))
    newest, older = client.get("/xiuzhou/tenders.html").text, client.get("/xiuzhou/tenders-p1.html").text
    assert f"共 {total} 件" in newest
    assert 'id="units"' in newest
    assert f"共 {total}" not in older
    assert "xiuzhou/tenders.html#units" in led_to(client, "xiuzhou/tenders-p1.html")


def test_older_pages_stay_as_they_are_when_something_is_published() -> None:
    before, after = grown(230), grown(231)
    old, new = (client_of(now) for now in (before, after))
    for now in (before, after):
        assert len(area_lists(now, area(now), kind("tender"))) >= 5
    # The other way round would prove nothing: the newest page does change.
    assert old.get("/xiuzhou/tenders.html").text != new.get("/xiuzhou/tenders.html").text
    page = next(one for one in area_urls(before, area(before)) if one.path == "xiuzhou/tenders.html")
    older = next(one for one in area_urls(before, area(before)) if one.path == "xiuzhou/tenders-p1.html")
    assert inputs_of(before, area(before), page) != inputs_of(after, area(after), page)
    assert inputs_of(before, area(before), older) == inputs_of(after, area(after), older)
    assert old.get("/xiuzhou/tenders-p1.html").text == new.get("/xiuzhou/tenders-p1.html").text


def kind(code: str) -> Any:
    return next(one for one in public_kinds() if one.code == code)


def test_a_list_leads_to_each_units_own_list(client: FlaskClient) -> None:
    now = snapshot()
    for one in public_kinds():
        cards = cards_in(now, area(now), one.code)
        links = led_to(client, f"xiuzhou/{one.path}.html")
        assert {f"xiuzhou/u/{card.unit}/{one.path}/index.html" for card in cards} <= links
        for year in {card.year for card in cards}:
            text = client.get(f"/xiuzhou/{one.path}-{year}.html").text
            assert f"共 {sum(card.year == year for card in cards)} 件" in text
            for card in cards:
                if card.year == year:
                    assert f"u/{card.unit}/{one.path}/index.html#y{year}" in text


def test_years_of_a_units_list_lead_to_where_the_year_begins() -> None:
    now = grown(230)
    place = next(one for one in area(now).units if one.slug == "zhujian")
    client = client_of(now)
    cards = [one for one in cards_in(now, area(now), "tender") if one.unit == place.slug]
    links = year_links(place, kind("tender"), cards)
    assert [year for year, _ in links] == sorted({one.year for one in cards}, reverse=True)
    for year, path in links:
        page, _, anchor = path.partition("#")
        assert anchor == f"y{year}"
        assert anchor in Page(client.get(f"/{page}").text).ids
    pages = chunks(cards, "index")
    assert sum(len(one.cards) for one in pages) == len(cards)


# The fronts.


def test_the_newest_of_a_county_are_found_without_all_its_cards() -> None:
    now = grown(50)
    cards = cards_in(now, area(now))
    slow = sorted(cards, key=lambda one: (one.latest_at, one.id), reverse=True)[:8]
    assert newest_in(now, area(now)) == slow


def test_the_front_of_a_county_says_what_is_owed_and_how_to_report(client: FlaskClient) -> None:
    text = client.get("/xiuzhou/index.html").text
    links = led_to(client, "xiuzhou/index.html")
    for name in (
        "units.html",
        "units-az.html",
        "domains.html",
        "status.html",
        "report.html",
        "changes.html",
        "data.html",
    ):
        assert f"xiuzhou/{name}" in links, name
    for one in public_kinds():
        assert f"xiuzhou/{one.path}.html" in links
    assert "谁没按期公开" in text
    assert "示例区人力资源和社会保障局" in text[text.index("谁没按期公开") :]
    assert "12388" in text[text.index('id="report"') :]
    # The rates are those of the board, exempt and gone units apart.
    board = client.get("/xiuzhou/status.html").text
    shown = re.findall(r'<p class="fig">([\d.]+%)<small class="nw">(\d+ / \d+)', text)
    assert shown
    assert shown == re.findall(r'<p class="fig">([\d.]+%)<small class="nw">(\d+ / \d+)', board)


def test_the_front_of_the_site_leads_to_every_place(client: FlaskClient) -> None:
    text = client.get("/index.html").text
    page = Page(text)
    for view in snapshot().jurisdictions:
        assert f"{view.slug}/index.html" in page.links
    counted = re.findall(r"<dd><b>(\d+)</b>", text)
    cards = [one for view in snapshot().jurisdictions for one in cards_in(snapshot(), view)]
    units = sum(len(view.units) for view in snapshot().jurisdictions)
    assert counted == [
        str(len(snapshot().jurisdictions)),
        str(units),
        str(len(cards)),
        str(sum(one.number for one in cards)),
    ]


def test_every_page_has_one_place_and_a_way_back(client: FlaskClient) -> None:
    for one in all_urls(snapshot()):
        if one.endpoint in ("units_az", "domain", "unit", "listing") and not one.edition:
            page = Page(client.get(f"/{one.path}").text)
            assert any(given.get("aria-label") == "所在位置" for _, given in page.tags), one.path
            current = [tag for tag, given in page.tags if given.get("aria-current")]
            assert current, one.path
