"""What every record's page has around its content: files, addresses, tags, a code to scan, what a correction changed."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import openpyxl
import pytest
import segno
from flask.testing import FlaskClient
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from portal.apps import create_public_app
from portal.domain.documents import decision as d
from portal.domain.documents import regulation as r
from portal.domain.documents.base import Document
from portal.domain.regimes import Regime
from portal.site.pages import PageUrl, all_urls, record_urls
from portal.site.pages.comparing import MOST_PASSAGES, MOST_ROWS, Comparison, compare
from portal.site.pages.wording import Budget, Piece, wording
from portal.site.snapshot import RecordView, Snapshot
from portal.web.public.qr import LONGEST, MASK, QUIET, modules, qr
from tests.site.sample import HOSTILE, at, meeting, quarter, record, rule_text, snapshot, units
from tests.site.tree import classed, headed, links, page, rows, said

BASE = "https://sunshine.example.org"


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_public_app(snapshot, base_url=BASE).test_client()


@pytest.fixture(scope="module")
def bare() -> FlaskClient:
    """The same site without an address of its own."""
    return create_public_app(snapshot).test_client()


def known(index_no: str) -> RecordView:
    return next(one for one in snapshot().records if one.index_no == index_no)


CORRECTED, TENDER = known("zhujian/2026-003"), known("zhujian/2026-023")
DESTROYED_FIRST, SEALED = known("yizhen/2026-042"), known("yizhen/2026-043")


def files_of(one: RecordView) -> set[str]:
    front = one.path.removesuffix(".html")
    return {url.path.removeprefix(front) for url in record_urls(one) if not url.path.endswith(".html")}


def test_files_are_listed_for_what_can_be_read_and_for_nothing_else() -> None:
    tables = {"-v1.csv", "-v1.xlsx"}
    assert files_of(known("zhujian/2026-021")) == {".json", "-v1.json", *tables}
    assert files_of(TENDER) == {".json", "-v1.json", *tables, "-v1.ocds.json", ".ocds.json"}
    assert files_of(SEALED) == {".json", "-v1.json"}, "a withdrawn tender is exported in no form"
    assert files_of(DESTROYED_FIRST) == {".json", "-v1.json", "-v2.json", "-v2.csv", "-v2.xlsx"}


def test_what_is_listed_answers_and_what_is_not_does_not(client: FlaskClient) -> None:
    types = {"csv": "text/csv", "xlsx": "application/vnd.openxml", "json": "application/json"}
    for one in (CORRECTED, TENDER, DESTROYED_FIRST, SEALED):
        front = one.path.removesuffix(".html")
        listed = files_of(one)
        for number in ("", "-v1", "-v2", "-v9"):
            for ending in ("json", "csv", "xlsx", "ocds.json"):
                answer = client.get(f"/{front}{number}.{ending}")
                wanted = 200 if f"{number}.{ending}" in listed else 404
                assert answer.status_code == wanted, answer.request.path
                if wanted == 200:
                    assert answer.content_type.startswith(types[ending.rpartition(".")[2]])


def test_the_page_offers_every_file_of_its_version_under_a_name_of_its_own(client: FlaskClient) -> None:
    for one in (CORRECTED, TENDER, DESTROYED_FIRST):
        text = client.get(f"/{one.path}").text
        offered = dict(re.findall(r'<a href="([^"]+)" download="([^"]+)"', text))
        own = {
            url.path.replace(one.path.rpartition("/")[0] + "/", "")
            for url in record_urls(one)
            if f"-v{one.latest.number}." in url.path or url.endpoint == "ocds"
            if not url.path.endswith(".html")
        }
        assert {path.rpartition("/")[2] for path in offered} == own
        assert len(set(offered.values())) == len(offered)
        for path, name in offered.items():
            assert name.startswith(one.index_no.replace("/", "-"))
            assert name.partition(".")[2] == path.rpartition("/")[2].partition(".")[2]


def test_the_files_hold_the_version_that_their_address_names(client: FlaskClient) -> None:
    front = CORRECTED.path.removesuffix(".html")
    for number, amount in ((1, "103600.00"), (2, "153600.00")):
        lines = list(csv.reader(io.StringIO(client.get(f"/{front}-v{number}.csv").data.decode("utf-8-sig"))))
        assert lines[2][:4] == ["基本情况", "2", "索引号", "zhujian/2026-003"]
        assert any(amount in line for line in lines)
        book = openpyxl.load_workbook(io.BytesIO(client.get(f"/{front}-v{number}.xlsx").data))
        found = {row[0]: row[1] for row in book["基本情况"].iter_rows(values_only=True)}
        assert found["版本"] == number
        assert found["网址"] == f"{BASE}/{CORRECTED.path}"
        assert found["数据性质"] == "示例数据"
    release = json.loads(client.get(f"/{TENDER.path.removesuffix('html')}ocds.json").data)
    one = json.loads(client.get(f"/{TENDER.path.removesuffix('.html')}-v1.ocds.json").data)
    assert release["records"][0]["compiledRelease"]["tag"] == ["compiled"]
    assert one["releases"][0]["id"].endswith("-v1")
    assert one["uri"] == f"{BASE}/{TENDER.path.removesuffix('.html')}-v1.ocds.json"
    assert release["uri"] == f"{BASE}/{TENDER.path.removesuffix('html')}ocds.json"


def test_the_newest_version_lies_at_two_addresses_with_the_same_bytes(client: FlaskClient) -> None:
    twins = 0
    for one in snapshot().records:
        seen: dict[str, bytes] = {}
        for url in record_urls(one):
            seen[url.path] = client.get(f"/{url.path}").data
            if url.same_as:
                twins += 1
                assert seen[url.same_as] == seen[url.path], url.path
    assert twins == 2 * len(snapshot().records)


def head_of(client: FlaskClient, path: str) -> str:
    return client.get(f"/{path}").text.partition("</head>")[0]


def test_canonical_leads_to_the_page_without_a_number_except_from_an_old_version(client: FlaskClient) -> None:
    front = CORRECTED.path.removesuffix(".html")
    newest = f'<link rel="canonical" href="{BASE}/{CORRECTED.path}">'
    assert newest in head_of(client, CORRECTED.path)
    assert newest in head_of(client, f"{front}-v2.html")
    assert f'<link rel="canonical" href="{BASE}/{front}-v1.html">' in head_of(client, f"{front}-v1.html")


def metas(head: str) -> dict[str, str]:
    return dict(re.findall(r'<meta name="(\w+)" content="([^"]*)">', head))


def test_the_tags_that_government_sites_carry(client: FlaskClient, bare: FlaskClient) -> None:
    found = metas(head_of(client, CORRECTED.path))
    assert found["SiteName"] == "秀洲区阳光权力公开平台"
    assert found["SiteDomain"] == "sunshine.example.org"
    assert found["ColumnName"] == "季度财务公开"
    assert found["ColumnType"] == "信息公开"
    assert found["ArticleTitle"] == "2026年第三季度财务公开"
    assert found["PubDate"] == "2026-10-18 10:00", "the clock of China"
    assert found["ContentSource"] == "示例区住房和城乡建设局"
    assert "SiteIDCode" not in found, "nobody invents a code"
    assert "SiteDomain" not in metas(head_of(bare, CORRECTED.path))
    hostile = head_of(client, "xiuzhou/u/zhujian/decisions/22.html")
    assert "<script>alert" not in hostile
    assert "&lt;script&gt;alert(1)" in metas(hostile)["ArticleTitle"]


def with_code(code: str) -> Snapshot:
    now = snapshot()
    areas = tuple(
        replace(one, regime=Regime.model_validate({**dict(one.regime), "site_id_code": code}))
        if one.slug == "xiuzhou"
        else one
        for one in now.jurisdictions
    )
    return replace(now, jurisdictions=areas)


def test_the_code_of_the_site_comes_from_the_regime() -> None:
    text = create_public_app(lambda: with_code("3304110001")).test_client().get(f"/{CORRECTED.path}").text
    assert '<meta name="SiteIDCode" content="3304110001">' in text
    with pytest.raises(ValidationError):
        with_code('1"><b>')


def test_feeds_are_named_and_there(client: FlaskClient) -> None:
    found = re.findall(
        r'<link rel="alternate" type="application/atom\+xml" title="([^"]+)" href="([^"]+)">',
        head_of(client, CORRECTED.path),
    )
    paths = {url.path for url in all_urls(snapshot())}
    assert len({title for title, _ in found}) == 3
    assert {path.replace("../", "") for _, path in found} == {
        "xiuzhou/feed.xml",
        "xiuzhou/finance.xml",
        "xiuzhou/u/zhujian/feed.xml",
    }
    assert {path.replace("../", "") for _, path in found} <= paths


def blocks(text: str) -> list[dict[str, object]]:
    return [
        json.loads(one)
        for one in re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    ]


def test_search_engines_are_told_of_the_newest_version_and_its_files(
    client: FlaskClient, bare: FlaskClient
) -> None:
    (one,) = blocks(client.get(f"/{CORRECTED.path}").text)
    assert one["@type"] == "Dataset"
    assert one["url"] == f"{BASE}/{CORRECTED.path}"
    paths = {f"{BASE}/{url.path}" for url in record_urls(CORRECTED)}
    named = one["distribution"]
    assert isinstance(named, list)
    assert {each["contentUrl"] for each in named} <= paths
    (near,) = blocks(bare.get(f"/{TENDER.path}").text)
    assert isinstance(near["distribution"], list)
    assert "1.ocds.json" in {each["contentUrl"] for each in near["distribution"]}
    (evil,) = blocks(client.get("/xiuzhou/u/zhujian/decisions/22.html").text)
    assert evil["name"] == HOSTILE
    old = CORRECTED.path.replace(".html", "-v1.html")
    assert not blocks(client.get(f"/{old}").text), "an old version is not offered as the record"
    assert not blocks(client.get(f"/{SEALED.path}").text)


def test_the_directory_has_every_element_also_where_it_is_blank() -> None:
    node = headed(page(known("zhujian/2026-021")), "目录信息")
    found = {said(one.find("dt")): said(one.find("dd")) for one in node.iter("div")}
    wanted = {
        "索引号": "zhujian/2026-021",
        "文号": "无",
        "成文日期": "未填",
        "有效性": "有效",
        "概述": "未填",
    }
    assert wanted.items() <= found.items()
    assert {"发布机构", "发布日期"} <= found.keys()
    full = page(known("zhujian/2026-002"))
    assert links(headed(full, "目录信息"))["见“内容概述”"] == "#abstract"
    assert any(one.get("id") == "abstract" for one in full.iter("section"))


def test_the_way_to_report_tells_nothing_by_its_address(client: FlaskClient) -> None:
    paths = {url.path for url in all_urls(snapshot())}
    for one in (CORRECTED, SEALED):
        (href,) = re.findall(r'<a class="report" href="([^"]+)"', client.get(f"/{one.path}").text)
        assert (
            href.replace("../", "") in paths
        )  # Nothing of the record: addresses stay in histories and logs.


def test_the_checks_stand_before_what_is_attached() -> None:
    doc = meeting(18, early=False).model_copy(update={"remark": "示例备注。", "superior_instruction": None})
    node = page(
        record(
            90,
            units()["zhujian"],
            (doc, at(2026, 7, 2), "首次公开"),
            (doc, at(2026, 7, 3), "重发"),
            slug="90",
        )
    )
    heads = [said(one) for one in node.iter("h2")]
    assert (
        heads.index("表决") < heads.index("按规定核对") < heads.index("备注") < heads.index("与第1版的差别")
    )
    (above,) = [one for one in classed(node, "sub") for one in one.iter("a") if one.get("href") == "#checks"]
    assert re.match(r"按规定核对\d+条", said(above))


# The code to scan.


@pytest.mark.parametrize("length", [14, 26, 42, 62, 84, 106, 122, 152, 180])
def test_the_code_is_the_one_that_segno_draws(length: int) -> None:
    """Where the address fills the code. Where it does not, segno puts one byte more than the standard in between."""
    address = (f"{BASE}/xiuzhou/u/zhujian/decisions/" + "0123456789-abc/def" * 9)[:length]
    drawn = segno.make_qr(address, error="m", mask=MASK, boost_error=False, mode="byte")
    assert modules(address) == ["".join("1" if one else "0" for one in row) for row in drawn.matrix]


@pytest.mark.parametrize("length", [1, 13, 15, 60, 61, 107, 179])
def test_a_shorter_address_is_filled_up_as_the_standard_says(length: int) -> None:
    """Read back without the check bytes: mode, length, bytes, end, then 236 and 17 by turns."""
    address = "x" * length
    stream = _read(modules(address))
    assert stream[0] >> 4 == 0b0100
    whole = int.from_bytes(stream)
    size = 8 * len(stream)
    assert whole >> size - 12 & 0xFF == length
    assert (whole >> size - 12 - 8 * length & (1 << 8 * length) - 1).to_bytes(length) == address.encode()
    rest = stream[length + 2 :]
    assert rest == (b"\xec\x11" * len(rest))[: len(rest)]


def _read(rows_: list[str]) -> bytes:
    """Read the data bytes of a code of one to five blocks back out of it, by way of segno's own code of zeros."""
    from portal.web.public import qr as own

    version = (len(rows_) - 17) // 4
    check, lengths = own._BLOCKS[version - 1]
    square = own._square(version)
    numbered = square.places([0, 1, *range(2, 2 + square.count)])  # type: ignore[arg-type]
    flat = "".join(rows_)
    bits = [""] * square.count
    for place, number in enumerate(numbered):
        if int(number) >= 2:
            bits[int(number) - 2] = flat[place]
    value = int("".join(bits), 2) ^ square.mask
    stream = (value >> square.spare).to_bytes(sum(lengths) + check * len(lengths))
    blocks_: list[list[int]] = [[] for _ in lengths]
    taken = iter(stream)
    for column in range(max(lengths)):
        for block, length in zip(blocks_, lengths, strict=True):
            if column < length:
                block.append(next(taken))
    return bytes(one for block in blocks_ for one in block)


def test_the_code_is_dark_on_light_with_its_border_and_only_for_addresses(
    client: FlaskClient, bare: FlaskClient
) -> None:
    assert modules("x" * (LONGEST + 1)) == []
    assert qr("x" * (LONGEST + 1)) == ""
    text = client.get(f"/{CORRECTED.path}").text
    drawn = qr(f"{BASE}/{CORRECTED.path.replace('.html', '-v2.html')}")
    assert str(drawn) in text, "the page's code is its version's lasting address"
    size = int(re.findall(r'viewBox="0 0 (\d+)', drawn)[0])
    assert size == len(modules(f"{BASE}/{CORRECTED.path.replace('.html', '-v2.html')}")) + 2 * QUIET
    assert "style=" not in drawn
    assert 'id="qr"' not in bare.get(f"/{CORRECTED.path}").text


# What a correction changed.


def both(before: Document, after: Document) -> Comparison:
    return compare(before, after)


def words(pieces: tuple[Piece, ...]) -> list[tuple[str, str]]:
    return [(one.op, one.text) for one in pieces]


def test_a_changed_word_is_shown_in_its_sentence() -> None:
    found = wording("变更超过合同价5%的须重新上会。", "变更超过合同价8%的须重新上会。", Budget())
    assert words(found) == [
        ("same", "变更超过合同价"),
        ("del", "5%"),
        ("ins", "8%"),
        ("same", "的须重新上会。"),
    ]


def test_a_number_is_never_cut_in_two() -> None:
    found = wording("安排1,286.00万元。", "安排1,296.00万元。", Budget())
    assert ("del", "1,286.00") in words(found)
    assert ("ins", "1,296.00") in words(found)


def test_long_unchanged_text_is_left_out_and_only_that() -> None:
    found = wording("前" * 500 + "甲" + "后" * 500, "前" * 500 + "乙" + "后" * 500, Budget())
    assert [one.op for one in found] == ["gap", "same", "del", "ins", "same", "gap"]
    assert sum(len(one.text) for one in found) < 120


@given(st.text("甲乙丙1,.a ", max_size=30), st.text("甲乙丙1,.a ", max_size=30))
def test_nothing_is_lost_between_the_marks(before: str, after: str) -> None:
    assume(before != after)
    found = wording(before, after, Budget())
    assert "gap" not in {one.op for one in found}
    assert "".join(one.text for one in found if one.op != "ins") == before
    assert "".join(one.text for one in found if one.op != "del") == after


def test_endless_texts_are_cut_and_it_is_said() -> None:
    before, after = "长" * 150_000 + "甲乙" * 5_000, "短" * 150_000 + "乙丙" * 5_000
    budget = Budget()
    assert sum(len(one.text) for one in wording(before, after, budget)) < 1_000
    assert budget.capped
    doc = meeting()
    found = both(doc, doc.model_copy(update={"proposal": before[:150_000] + "甲", "decision_text": after}))
    assert found.cut
    one = record(
        91,
        units()["zhujian"],
        (doc.model_copy(update={"proposal": before}), at(2026, 7, 2), "首次公开"),
        (doc.model_copy(update={"proposal": after}), at(2026, 7, 3), "重写"),
        slug="91",
    )
    section = headed(page(one), "与第1版的差别")
    assert "没有全部列出" in said(section)
    assert len(said(section)) < 3_000


def test_rows_that_came_and_went_are_rows() -> None:
    before = meeting(early=False)
    task = d.Task(task="公开验收结果", owner="林示二", due_on=date(2026, 12, 1))
    after = before.model_copy(update={"tasks": (*before.tasks[1:], task)})
    found = both(before, after)
    (only,) = found.rows
    assert (only.added, only.removed, only.moved) == (1, 1, ())
    assert not found.values
    assert found.total == 2
    assert [(came, cells[0]) for came, cells in only.shown] == [
        (True, "公开验收结果"),
        (False, before.tasks[0].task),
    ]


def test_a_speaker_who_moved_is_the_only_change() -> None:
    before = meeting(early=False)
    says = list(before.statements)
    says.insert(0, says.pop(4))
    found = both(before, before.model_copy(update={"statements": tuple(says)}))
    (only,) = found.rows
    assert only.moved == ((before.statements[4].speaker, 5, 1),)
    assert not only.shown
    assert not found.values
    assert found.total == 1
    reverse = both(before, before.model_copy(update={"statements": tuple(reversed(before.statements))}))
    assert reverse.rows[0].movers == len(before.statements) - 1


def test_a_payment_is_known_by_its_day_and_purpose() -> None:
    before = quarter("2026Q3")
    paid = before.payments[1].model_copy(update={"amount": before.payments[1].amount + 100})
    found = both(before, before.model_copy(update={"payments": (paid, before.payments[0])}))
    (change,) = found.values
    assert change.delta == "+1.00"
    assert "2026年8月6日" in change.label
    assert found.rows[0].movers == 1


def test_many_rows_are_cut_and_it_is_said() -> None:
    before = meeting(early=False)
    more = tuple(d.Task(task=f"示例事项{number}", owner="林示二") for number in range(MOST_ROWS + 9))
    found = both(before, before.model_copy(update={"tasks": (*before.tasks, *more)}))
    assert len(found.rows[0].shown) == MOST_ROWS
    assert found.rows[0].added == MOST_ROWS + 9
    assert found.cut


def paragraphs(*texts: str) -> tuple[r.Block, ...]:
    return tuple(r.Block(type=r.BlockType.PARAGRAPH, text=one) for one in texts)


def law(*texts: str) -> r.Regulation:
    return rule_text().model_copy(update={"blocks": paragraphs(*texts)})


def test_a_paragraph_put_in_does_not_change_the_others() -> None:
    texts = [f"第{number}条 班子成员逐一说明意见和理由。" for number in range(1, 9)]
    found = both(law(*texts), law(*texts[:3], "会议记录由到会成员核对签字。", *texts[3:]))
    assert [one.op for one in found.body] == ["gap", "same", "added", "same", "gap"]
    assert [one.count for one in found.body if one.op == "gap"] == [2, 4]
    assert found.total == 1


def test_a_changed_paragraph_shows_its_words_and_its_neighbours() -> None:
    texts = [f"第{number}条 班子成员逐一说明意见和理由。" for number in range(1, 9)]
    changed = texts[4].replace("意见", "意见、依据")
    found = both(law(*texts), law(*texts[:4], "新增的一条，与别的都不一样。", changed, *texts[6:]))
    assert [one.op for one in found.body] == ["gap", "same", "added", "changed", "removed", "same", "gap"]
    pieces = next(one for one in found.body if one.op == "changed").pieces
    assert ("ins", "、依据") in words(pieces)
    assert not [one for one in pieces if one.op == "del"]
    first = both(law(*texts), law("改了。", *texts[1:]))
    assert [one.op for one in first.body] == ["removed", "added", "same", "gap"]
    assert [one.count for one in first.body if one.op == "gap"] == [6]


def test_a_regulation_rewritten_altogether_is_cut_and_it_is_said() -> None:
    before = law(*(f"旧{number}" for number in range(2_000)))
    found = both(before, law(*(f"新{number}" for number in range(2_000))))
    assert found.cut
    assert found.total == 2_000
    assert len(found.body) == MOST_PASSAGES
    monotonous = both(law(*["同", "异"] * 500), law("首", *["异", "同", "又"] * 330))
    assert monotonous.cut
    assert [one.op for one in monotonous.body] == ["cut"]


def test_equal_versions_differ_in_nothing() -> None:
    for one in snapshot().records:
        if one.document:
            found = both(one.document, one.document)
            assert (found.total, found.values, found.texts, found.rows, found.body) == (0, (), (), (), ())
            assert not found.cut


def test_what_was_typed_stays_text_between_the_marks() -> None:
    evil = "<ins>x</ins><script>alert(1)</script>"
    before = meeting(early=False)
    after = before.model_copy(
        update={
            "proposal": f"{before.proposal}{evil}",
            "tasks": (*before.tasks, d.Task(task=evil, owner="林示二")),
        }
    )
    section = headed(
        page(
            record(
                92,
                units()["zhujian"],
                (before, at(2026, 7, 2), "首次公开"),
                (after, at(2026, 7, 3), evil),
                slug="92",
            )
        ),
        "与第1版的差别",
    )
    assert not list(section.iter("script"))
    assert said(section).count(evil) >= 3
    assert ["增加", evil, "林示二"] in [row[:3] for row in rows(section)]


def test_paper_says_where_it_can_be_checked(client: FlaskClient) -> None:
    for one in (CORRECTED, SEALED):
        text = client.get(f"/{one.path}").text
        posted = re.findall(r'<div class="posted">(.*?)</div>', text, re.DOTALL)[0]
        assert one.index_no in posted
        assert f"{BASE}/{one.path.removesuffix('.html')}-v{one.latest.number}.html" in posted
        assert one.latest.digest[:8] in posted
        assert '<use href="#qr"/>' in posted


def urls_of_files() -> Iterator[PageUrl]:
    for one in snapshot().records:
        yield from (url for url in record_urls(one) if url.endpoint in ("csv", "xlsx", "ocds"))


def test_files_are_the_same_bytes_every_time(bare: FlaskClient) -> None:
    again = create_public_app(snapshot).test_client()
    for url in urls_of_files():
        assert bare.get(f"/{url.path}").data == again.get(f"/{url.path}").data, url.path
