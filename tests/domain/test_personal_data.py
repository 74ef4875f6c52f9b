"""Numbers of people are found however they are written, what is masked is let go, and no finding repeats a number."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import ric

from portal.domain.documents.decision import DecisionRecord
from portal.domain.rules.personal_data import names_an_article, suspicious
from portal.domain.rules.personal_numbers import (
    HIDDEN_ID,
    HIDDEN_MOBILE,
    Hit,
    Sensitive,
    find,
    first_seen,
    is_id,
)
from portal.domain.rules.personal_text import worth_a_look
from tests.conftest import shipped
from tests.regimes.scenarios import build

WIDE = str.maketrans("0123456789Xx", "０１２３４５６７８９Ｘｘ")
GAPS = st.sampled_from(["", " ", "-", "—", "·", " - ", ",", "，", "、", "\u034f", "\ufe0e", "&nbsp;"])


def hits(text: str) -> list[Hit]:
    return list(find(text, hidden_id=8, hidden_mobile=4))


def sorts(text: str) -> list[Sensitive]:
    return [one.sort for one in hits(text)]


def ids() -> st.SearchStrategy[str]:
    """ID numbers with a possible birthday and the right check digit, of a region that does not exist."""

    def whole(day: date, serial: int) -> str:
        body = f"990101{day:%Y%m%d}{serial:03d}"
        return body + ric.calc_check_digit(body + "0")

    return st.builds(whole, st.dates(date(1900, 1, 1), date(2026, 12, 31)), st.integers(0, 999))


def mobiles() -> st.SearchStrategy[str]:
    return st.builds(lambda start, rest: f"1{start}{rest:09d}", st.integers(3, 9), st.integers(0, 10**9 - 1))


@given(number=ids(), gap=GAPS, wide=st.booleans(), before=st.sampled_from(["", "证件：", "（", "ID"]))
def test_an_id_number_is_found_in_any_spelling(number: str, gap: str, wide: bool, before: str) -> None:
    spelled = gap.join((number[:6], number[6:10], number[10:14], number[14:]))
    text = f"{before}{spelled.translate(WIDE) if wide else spelled}，核对无误"
    assert Sensitive.ID in sorts(text)
    assert all(number not in one.excerpt and len(one.excerpt) == 5 for one in hits(text))


@given(number=mobiles(), gap=st.sampled_from(["", " ", "-", " - ", "，", "、", "\u2800"]), wide=st.booleans())
def test_a_mobile_number_is_found_in_any_spelling(number: str, gap: str, wide: bool) -> None:
    spelled = gap.join((number[:3], number[3:7], number[7:]))
    assert sorts(f"电话{spelled.translate(WIDE) if wide else spelled}。") == [Sensitive.MOBILE]


@given(number=mobiles(), other=mobiles())
def test_neighbours_are_each_found(number: str, other: str) -> None:
    assert sorts(f"{number} {other}") == [Sensitive.MOBILE, Sensitive.MOBILE]


@given(st.integers(0, 10**17 - 1))
def test_a_bank_card_is_found_by_its_check_digit(rest: int) -> None:
    body = f"62{rest:017d}"[:18]
    card = body + luhn.calc_check_digit(body)
    assert Sensitive.CARD in sorts(f"转入{card}")
    wrong = body + str((int(card[-1]) + 1) % 10)
    assert Sensitive.CARD not in sorts(f"转入{wrong}")


@given(number=ids(), hidden=st.integers(0, 14))
def test_an_id_number_is_let_go_once_enough_is_masked(number: str, hidden: int) -> None:
    masked = number[:3] + "*" * hidden + number[3 + hidden :]
    found = sorts(masked)
    assert bool(found) == (hidden < 8), masked


@given(st.text(alphabet="0123456789Xx*-— .·/年月日号元，（）aZ", max_size=60))
def test_any_mixture_of_signs_is_read_calmly(text: str) -> None:
    for one in hits(text):
        assert len(one.excerpt) == 5


@pytest.mark.parametrize(
    "text",
    [
        "91330411MA28A1234X",  # A credit code.
        "示财发〔2026〕7号、2026-09-28 15:30、0573-83212388",
        "项目编号：6222000000000000005",
        "预算 13800138000 元，完成 13800138000%",
        "SZCG2026-13800138000a",
        "138****8000、110***********1234、6222 **** **** 0004",
        "规格 1200×600×75，共 1 234 567 890 件",
        "花园路1号2号楼301室、示例大厦5栋1203室",
        "示例村第三组，路灯 12 盏",
        "SZ13800138000、a3f13800138000c9d1、¥13800138000",
        "电话：0573-83212388、0573-83212389，010-83212388，(021) 5138 1234",
        "400-1388-1234、400-1388-1235",
        "13,812,345,678、13,812,345,678.00元、15000000000.00元",
        "15 120 230 450 600 700",
        "分别为156、1200、3500，156、1200、3500户",
        "第1、3、4、5、6、7、8、9、10条；一、二、三、四、五、六、七、八、九、十、十一",
        "统一社会信用代码（身份证号）：123304110000000000",
        "小区2026-3-12，小区 100-120-150 平米，阳光小区2-3-4号楼",
        "小区3号楼24户，小区3号楼改造涉及120户，5号楼2单元共24户，5号楼2单元120户",
        "编号202608011234XX，规格 1200x600x75，2026-11-20 **2026-11-21**",
        "",
    ],
)
def test_numbers_of_work_are_no_personal_data(text: str) -> None:
    assert sorts(text) == []


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        ("tel:13800138000", Sensitive.MOBILE),
        ("Mobile 138 0013 8000", Sensitive.MOBILE),
        ("2026.11.20 13800138000", Sensitive.MOBILE),
        ("示例花园3栋501室", Sensitive.HOME),
        ("5幢2单元301", Sensitive.HOME),
        ("示例村三组12号", Sensitive.HOME),
        ("990101199001**1230", Sensitive.HALF_ID),
        ("9901 0119 9001 0112 3*", Sensitive.HALF_ID),
        ("1380013**00", Sensitive.HALF_MOBILE),
        ("1380013800*", Sensitive.HALF_MOBILE),
        ("13800138xxx", Sensitive.HALF_MOBILE),
        ("+8613800138000", Sensitive.MOBILE),
        ("008613800138000", Sensitive.MOBILE),
        ("86 138 0013 8000", Sensitive.MOBILE),
        ("+86-138 0013 8000", Sensitive.MOBILE),
        ("013800138000", Sensitive.MOBILE),
        ("138，1234，5678", Sensitive.MOBILE),
        ("138、1234、5678", Sensitive.MOBILE),
        ("13 812 345 678", Sensitive.MOBILE),
        ("手机 13 80 01 38 00 0", Sensitive.MOBILE),
        ("微信w13800138000", Sensitive.MOBILE),
        ("13800138000a", Sensitive.MOBILE),
        ("NO990101199001011230", Sensitive.ID),
        ("990101199001011230abc", Sensitive.ID),
        ("99010119900101102xabc", Sensitive.ID),
        ("990101199001011230元", Sensitive.ID),
        ("身份证990101199001011231", Sensitive.ID_TYPO),
        ("身份证号码：9901 0119 9001 0112 31", Sensitive.ID_TYPO),
        ("1\ufe0e38\u034f0\u03010138000", Sensitive.MOBILE),
        ("①③⑧⓪⓪①③⑧⓪⓪⓪", Sensitive.MOBILE),
        ("¹³⁸⁰⁰¹³⁸⁰⁰⁰", Sensitive.MOBILE),
        ("❶❸❽⓿⓿❶❸❽⓿⓿⓿", Sensitive.MOBILE),
        ("一三八零零一三八〇〇〇", Sensitive.MOBILE),
        ("张三13800138000", Sensitive.MOBILE),
        ("张三一三八零零一三八零零零", Sensitive.MOBILE),
        ("13八00138000", Sensitive.MOBILE),
        ("九九〇一〇一 一九九〇 〇一〇一 一二三〇", Sensitive.ID),
        ("&#49;&#51;&#56;00138000", Sensitive.MOBILE),
        ("&amp;#49;3800138000", Sensitive.MOBILE),
        ("幸福小區3棟2單元501室", Sensitive.HOME),
        ("幸福小区3-2-501", Sensitive.HOME),
        ("幸福小区3-501室", Sensitive.HOME),
        ("三栋二单元501室", Sensitive.HOME),
        ("示例村三组十二号", Sensitive.HOME),
        ("合同号6222000000000000004", Sensitive.CARD),
        ("护照号码：E12345678", Sensitive.PASSPORT),
        ("护照EA1234567", Sensitive.PASSPORT),
    ],
)
def test_hand_picked_spellings(text: str, sort: Sensitive) -> None:
    assert sorts(text) == [sort]


@pytest.mark.parametrize(
    "number", ["990101199002301236", "090101199001011230", "99010119900101123", "", "x" * 18]
)
def test_what_is_no_id_number(number: str) -> None:
    assert not is_id(number)


@given(number=ids(), place=st.sampled_from(["remark", "decision_text", "place", "title"]))
def test_the_quick_look_never_overlooks_what_the_close_look_finds(number: str, place: str) -> None:
    clean = build("xian", "decision")
    assert isinstance(clean, DecisionRecord)
    assert not suspicious(clean)
    for text in (
        number,
        " ".join(number),
        number.translate(WIDE),
        "示例村三组12号",
        "5幢2单元301",
        "1380013**00",
    ):
        assert suspicious(clean.model_copy(update={place: f"见{text}"}))


def test_numbers_side_by_side_are_not_one_number() -> None:
    """A table pasted as text has thousands of short numbers one after the other."""
    assert sorts(" ".join(str(number) for number in range(6000))) == []
    assert Sensitive.ID not in sorts(" ".join(str(number) for number in range(20_000)))


def test_digits_of_other_scripts_crash_nothing() -> None:
    assert sorts("٠١٢٣٤٥٦٧٨٩٠١٢٣٤٥٦٧ ١٣٨٠٠١٣٨٠٠٠") == [Sensitive.MOBILE]


TRICKS = ["13800138000", "990101199001011230", "138", "0013", "8000", "小区", "小區", "3", "栋", "棟", "2", "单元", "單元",
    "501", "室", "村", "三组", "12号", "护照", "E12345678", "一三八", "零零一三", "八〇〇〇", "①", "３", "\ufe0e", "\u0301",
    "&#49;", "&nbsp;", " ", "-", "，", "、", "(", "*", "**", "x", "○", "#", "1380013800", "+86", "a", "SZ", "元", "身份证"]  # fmt: skip


@given(parts=st.lists(st.sampled_from(TRICKS), max_size=16))
def test_the_quick_look_is_never_more_lenient_than_the_close_one(parts: list[str]) -> None:
    text = "".join(parts)
    if hits(text):
        assert worth_a_look(["甲", text, "乙"])


@pytest.mark.parametrize(
    "unit",
    ["1", "138", " ", "1 ", "1, ", "13812345678 ", "小区", "小区3", "小区1-1-", "3栋", "1单元", "一、", "村3组", "护照 E1",
     "1*", "1 *", "&#", "6222 ", "1\u0301", "①", "身份证", "19900101"],
)  # fmt: skip
def test_the_longest_text_is_read_to_its_end(unit: str) -> None:
    """Every repetition in the patterns is bounded; this would not come back otherwise."""
    text = "甲" + (unit * 200_000)[:200_000] + "乙"
    assert worth_a_look([text]) in (True, False)
    assert all(len(one.excerpt) == 5 for one in hits(text))


@pytest.mark.parametrize(
    ("basis", "named"),
    [
        ("政府信息公开条例第十五条", True),
        ("《个人信息保护法》第十三条第一款", True),
        ("《中华人民共和国政府信息公开条例》（国务院令第711号）第15条", True),
        ("依据招标投标法实施条例第五十四条公示", True),
        ("刑法第三十七条", True),
        ("民法典第一百一十一条", True),
        ("无", False),
        ("。", False),
        ("本人同意", False),
        ("个人信息保护法", False),
        ("第十三条", False),
        ("无法第一条", False),
        ("依法第一条", False),
        ("没有办法，第一条", False),
        ("按照条例第一条", False),
        ("示例法第〇条", False),
        ("", False),
    ],
)
def test_a_basis_names_a_law_and_an_article(basis: str, named: bool) -> None:
    assert names_an_article(basis) == named


def test_what_is_seen_first_is_told_masked() -> None:
    assert first_seen("更正，联系 13800138000") == "手机号码（1***0）"
    assert first_seen("漏记办公费 1 万元") is None


def test_where_no_regime_is_at_hand_as_much_is_hidden_as_the_nation_asks() -> None:
    for regime in shipped().values():
        terms = regime.terms("PUB-17", date(2026, 11, 20), None)
        assert terms is not None
        assert (terms.hidden_id, terms.hidden_mobile) == (HIDDEN_ID, HIDDEN_MOBILE)


@pytest.mark.parametrize("number", ["联系电话8613/8123-45678", "手机1381/2345-678"])
def test_an_index_number_that_somebody_typed_is_looked_at(number: str) -> None:
    """Equal texts are one object after reading, so that nothing may be left out by what it is."""
    given = build("xian", "decision").model_copy(
        update={"index_no": number, "title": number, "remark": number}
    )
    assert suspicious(given)
    assert sorts(number)
