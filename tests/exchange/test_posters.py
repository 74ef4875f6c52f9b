"""公示栏海报: what stands on it, that it can be read, that nothing typed becomes a command, that bytes repeat."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pikepdf
import pytest
from PIL import ImageFont
from pypdf import PdfReader

from portal.domain.documents.annual import Activity, AnnualReport
from portal.domain.documents.base import Audience, Document, kinds
from portal.domain.documents.finance import FinanceDisclosure, Money
from portal.exchange.posters import CannotPrint, NoFont, Posted, Press, sheet_of
from portal.web.public.qr import modules
from tests.site import sample

ADDRESS = "https://public.example/xiuzhou/u/shilicaizhengju/finance/2026Q3-v1.html"
DIGEST = "00112233445566778899aabbccddeeff" * 2


@pytest.fixture(scope="module")
def press() -> Press:
    made = Press()
    made.check()
    return made


def posted(**more: Any) -> Posted:
    given: dict[str, Any] = {
        "place": "秀洲区",
        "unit": "示例财政局",
        "audience": Audience.PUBLIC,
        "index_no": "330411001/2026-00001",
        "number": 1,
        "digest": DIGEST,
        "reason": "首次公开",
        "reviewer": "林示二",
        "published_at": datetime(2026, 10, 20, 4, 0, tzinfo=UTC),
        "address": ADDRESS,
        "qr": tuple(modules(ADDRESS)),
    }
    return Posted(**{**given, **more})


@cache
def documents() -> dict[str, Document]:
    """Return one document of each kind, as rich as the sample has it."""
    found: dict[str, Document] = {}
    for record in sample.snapshot().records:
        document = record.latest.document
        if document:
            found.setdefault(record.kind.code, document)
    found["annual_report"] = AnnualReport(
        period="2025",
        title="2025年政府信息公开工作年度报告",
        activities=(Activity(item="行政许可", made=120),),
        problems="公开的及时性还不够。",
        fees=0,
    )
    return found


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def squeezed(pdf: bytes) -> str:
    return "".join(text_of(pdf).replace("\u200b", "").split())


def a_quarter(**more: Any) -> FinanceDisclosure:
    given: dict[str, Any] = {
        "period": "2026Q3",
        "title": "2026年第三季度财务公开",
        "expense_total": 12_345_00,
    }
    return FinanceDisclosure(**{**given, **more})


def test_every_kind_has_a_poster_with_unit_title_and_proof(press: Press) -> None:
    assert set(documents()) == set(kinds())
    for document in documents().values():
        pdf = press.print(sheet_of(document, posted()))
        said = squeezed(pdf)
        for wanted in (
            "示例财政局", document.kind.label, "".join(document.title.split()), "330411001/2026-00001",
            "第1版", "审核发布林示二", "2026年10月20日12:00", "".join(ADDRESS.split()), DIGEST,
        ):  # fmt: skip
            assert wanted in said, (document.kind.code, wanted)
        page = PdfReader(io.BytesIO(pdf)).pages[0]
        assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("finance", ("收入合计", "支出明细", "大额支出", "经办人", "单位负责人")),
        ("decision", ("表决结果", "发言顺序", "主要负责人", "到会", "落实")),
        ("tender", ("预算金额", "投标人", "中标（成交）人", "目前阶段")),
        ("delegation", ("主要负责人", "不直接分管", "单笔签批上限", "监督电话")),
        ("regulation", ("正文", "发文机关")),
        ("annual_report", ("行政许可", "存在的主要问题")),
    ],
)
def test_each_kind_says_what_matters(press: Press, kind: str, wanted: tuple[str, ...]) -> None:
    said = squeezed(press.print(sheet_of(documents()[kind], posted())))
    for one in wanted:
        assert one in said


def test_the_letters_are_really_there_and_not_boxes(press: Press) -> None:
    pdf = pikepdf.open(io.BytesIO(press.print(sheet_of(documents()["finance"], posted()))))
    seen: dict[str, int] = {}
    for one in pdf.objects:
        if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/FontDescriptor":
            name = str(one["/FontName"])
            program = one.get("/FontFile3") or one.get("/FontFile2")
            assert program is not None, f"{name} is not embedded"
            seen[name] = len(program.read_bytes())
    assert any("CJK" in name for name in seen)
    assert all("CJK" in name for name in seen if seen[name] > 20_000)
    family = press.check()[1]
    known = next(one for one in press._fonts.fonts() if one.family == family and one.path)
    font = ImageFont.truetype(known.path, 40, index=known.index)
    box = bytes(font.getmask("\U0010fffd"))
    said = squeezed(press.print(sheet_of(documents()["finance"], posted())))
    assert len({one for one in said if "\u4e00" <= one <= "\u9fff"}) > 50
    assert [one for one in set(said) if "\u4e00" <= one <= "\u9fff" and bytes(font.getmask(one)) == box] == []
    assert "\ufffd" not in said


def test_it_is_tagged_titled_and_in_chinese(press: Press) -> None:
    pdf = pikepdf.open(io.BytesIO(press.print(sheet_of(documents()["finance"], posted()))))
    assert bool(pdf.Root.MarkInfo.Marked)
    assert str(pdf.Root.Lang).startswith("zh")
    with pdf.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == documents()["finance"].title


def test_the_same_sheet_is_the_same_bytes(press: Press) -> None:
    sheet = sheet_of(documents()["decision"], posted())
    first = press.print(sheet)
    assert Press().print(sheet) == first
    assert PdfReader(io.BytesIO(first)).metadata is not None
    other = sheet_of(documents()["decision"], posted(published_at=datetime(2026, 10, 21, 4, 0, tzinfo=UTC)))
    assert press.print(other) != first


def test_several_at_once_are_the_same_as_one_after_another(press: Press) -> None:
    sheets = [sheet_of(one, posted()) for one in documents().values()] * 2
    wanted = [press.print(one) for one in sheets]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(press.print, sheets)) == wanted


HOSTILE = (
    '#import "@preview/cetz:0.3.4": *',
    '#read("/etc/passwd")',
    "$x^2$",
    "*粗* _斜_ `码` <label> @ref",
    "= 标题",
    '#panic("停")',
    '"]); #sys.inputs',
    "\\u{23} // 注释 /* 注 */",
    "<script>alert(1)</script>",
    "- 列 + 号 / 项: 义",
    "~ --- -- … 'a' \"b\"",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_was_typed_is_text_and_never_a_command(press: Press, text: str) -> None:
    document = a_quarter(
        title=text,
        explanation=text,
        feedback=text,
        unit_head=text,
        expense=(Money(item=text, amount=1),),
        remark=text,
    )
    sheet = sheet_of(document, posted(unit=text, reviewer=text, reason=text, number=2, index_no=text))
    said = squeezed(press.print(sheet))
    assert said.count("".join(text.split())) >= 6


def test_a_long_table_is_cut_and_says_how_much_is_missing(press: Press) -> None:
    rows = tuple(Money(item=f"示例项目{place}", amount=place) for place in range(1, 201))
    said = squeezed(press.print(sheet_of(a_quarter(expense=rows), posted())))
    shown = said.count("示例项目")
    assert 3 < shown < 200
    assert f"此处列出前{shown}行，另有{200 - shown}行，全文见网页。" in said
    pages = len(PdfReader(io.BytesIO(press.print(sheet_of(a_quarter(expense=rows), posted())))).pages)
    assert pages == 1


def test_a_long_text_is_cut_and_says_so(press: Press) -> None:
    said = squeezed(press.print(sheet_of(a_quarter(explanation="本季支出增长较快。" * 400), posted())))
    assert "字，全文见网页。" in said
    assert said.count("本季支出增长较快") < 400


def test_a_short_disclosure_is_whole(press: Press) -> None:
    said = squeezed(press.print(sheet_of(a_quarter(nil=True, nil_reason="没有独立账户。"), posted())))
    assert "本期无发生额" in said
    assert "没有独立账户。" in said
    assert "全文见" not in said


def test_what_is_for_a_circle_says_so_and_leads_to_no_public_page(press: Press) -> None:
    sheet = sheet_of(a_quarter(), posted(audience=Audience.STAFF, address="", qr=()))
    pdf = press.print(sheet)
    said = squeezed(pdf)
    assert "仅限本单位职工阅读，不得对外张贴或传播" in said
    assert "扫码" not in said
    assert "http" not in said
    assert "/Annots" not in PdfReader(io.BytesIO(pdf)).pages[0]
    public = press.print(sheet_of(a_quarter(), posted()))
    assert "/Annots" in PdfReader(io.BytesIO(public)).pages[0]
    assert "仅限" not in squeezed(public)


def test_sample_data_says_that_it_is(press: Press) -> None:
    assert "示例数据" in squeezed(press.print(sheet_of(a_quarter(), posted(sample=True))))
    assert "示例数据" not in squeezed(press.print(sheet_of(a_quarter(), posted())))


def test_a_correction_says_what_was_corrected(press: Press) -> None:
    said = squeezed(press.print(sheet_of(a_quarter(), posted(number=2, reason="漏记一笔差旅费"))))
    assert "第2版漏记一笔差旅费" in said
    assert "首次公开" not in squeezed(press.print(sheet_of(a_quarter(), posted())))


def test_without_a_chinese_font_there_is_an_error_and_no_empty_boxes() -> None:
    bare = Press(system_fonts=False)
    with pytest.raises(NoFont, match="fonts-noto-cjk"):
        bare.check()
    with pytest.raises(NoFont):
        bare.print(sheet_of(a_quarter(), posted()))


def test_a_font_is_believed_for_its_letters_and_not_for_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.exchange.posters.press.SANS", ("DejaVu Sans", "Libertinus Serif"))
    monkeypatch.setattr("portal.exchange.posters.press.SONG", ("DejaVu Serif",))
    with pytest.raises(NoFont):
        Press().check()


def test_a_character_that_no_font_has_is_named(press: Press) -> None:
    with pytest.raises(CannotPrint, match=r"U\+10FFFD.*空框"):
        press.print(sheet_of(a_quarter(title="关于\U0010fffd的决定"), posted()))


def test_a_drawing_can_be_looked_at(press: Press) -> None:
    assert press.draw(replace(sheet_of(a_quarter(), posted())), ppi=40)[:8] == b"\x89PNG\r\n\x1a\n"
