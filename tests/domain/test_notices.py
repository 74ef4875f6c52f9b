"""A year's holiday notice is read as it is published, or the line that cannot be read is named."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.notices import read_notice

NOTICE = """国办发明电〔2026〕7号
一、元旦：1月1日（周五）至3日（周日）放假调休，共3天。1月10日（周日）上班。
二、春节：2月5日（农历除夕、周五）至11日放假调休，共7天。1月31日（周日）、2月14日（周日）上班。
三、清明节：4月5日（周一）放假1天。
"""


def test_a_notice_as_it_is_published() -> None:
    found = read_notice(NOTICE, 2027)
    assert found.wrong == ()
    assert found.off[:3] == (date(2027, 1, 1), date(2027, 1, 2), date(2027, 1, 3))
    assert len(found.off) == 3 + 7 + 1
    assert found.work == (date(2027, 1, 10), date(2027, 1, 31), date(2027, 2, 14))


def test_lines_from_and_to() -> None:
    found = read_notice("放假：2027-05-01 至 2027-05-05\n上班：2027-05-08", 2027)
    assert (len(found.off), found.work, found.wrong) == (5, (date(2027, 5, 8),), ())
    across = read_notice("9月30日至10月3日放假", 2027)
    assert across.off == (date(2027, 9, 30), date(2027, 10, 1), date(2027, 10, 2), date(2027, 10, 3))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1月1日至3日", "放假还是上班"),
        ("3日放假", "没有写月份"),
        ("2月30日放假", "没有“2月30日”"),
        ("2026年12月31日放假", "不在 2027 年内"),
        ("1月5日至3日放假", "起止日期"),
        ("1月1日至12月31日放假", "起止日期"),
        ("1月4日上班", "本来就上班"),
        ("1月2日放假，1月2日上班", "同时列为"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, said: str) -> None:
    assert any(said in told for _, told in read_notice(text, 2027).wrong)
