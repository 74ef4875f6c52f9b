"""Numbers of people are found however they are written, what is masked is let go, and no finding repeats a number."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import ric

from portal.domain.documents.decision import DecisionRecord
from portal.domain.rules.personal_data import Hit, Sensitive, find, is_id, suspicious
from tests.regimes.scenarios import build

WIDE = str.maketrans("0123456789Xx", "０１２３４５６７８９Ｘｘ")
GAPS = st.sampled_from(["", " ", "-", "—", "·", " - "])


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


@given(number=mobiles(), gap=st.sampled_from(["", " ", "-", " - "]), wide=st.booleans())
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
        "项目编号：6222000000000000004",
        "预算 13800138000 元，完成 13800138000%",
        "SZCG2026-13800138000a",
        "138****8000、110***********1234、6222 **** **** 0004",
        "规格 1200×600×75，共 1 234 567 890 件",
        "花园路1号2号楼301室、示例大厦5栋1203室",
        "示例村第三组，路灯 12 盏",
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
        ("990101199001**1230", Sensitive.HALF_MASKED),
        ("1380013**00", Sensitive.HALF_MASKED),
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
    assert hits("٠١٢٣٤٥٦٧٨٩٠١٢٣٤٥٦٧ ١٣٨٠٠١٣٨٠٠٠") == []
