"""What of a filing is marked, and whom a project names: equal where people would say that it is the same."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.documents.tender import Bidder, Outcome
from portal.domain.supervision.relations import (
    Company,
    FilingContent,
    Party,
    Person,
    What,
    fold_code,
    fold_party,
    named,
    parties,
    unpacked,
)
from tests.web.office.closer import tender


@pytest.mark.parametrize(
    "name",
    [
        "示例（河北）建设有限公司",
        "示例(河北)建设有限责任公司",
        " 示例 河北 建设 股份有限公司 ",
        "示例〔河北〕建设公司",
        "示例河北建设",
    ],
)
def test_a_company_is_the_same_however_it_is_written(name: str) -> None:
    assert fold_party(name) == "示例河北建设"


def test_different_names_stay_different() -> None:
    assert fold_party("示例河北建设集团有限公司") != fold_party("示例河北建设有限公司")
    assert fold_party("示例甲") != fold_party("示例乙")
    assert fold_party("有限公司") == "有限公司"  # Not nothing: that would be equal to any other nothing.
    assert fold_code(" 91330400ma2example ") == "91330400MA2EXAMPLE"
    assert fold_code("９１３３") == "9133"


def test_what_is_marked_of_a_filing() -> None:
    content = FilingContent(
        filer="示例戊",
        unit="示例财政局",
        persons=(Person(name="示例 己", relation="配偶"), Person(name="示例己")),
        companies=(Company(name="示例己建材有限公司", code="91330400ma2x"), Company(name="", code="")),
    )
    assert named(content) == [
        (What.PERSON, "示例己"),
        (What.COMPANY, "示例己建材"),
        (What.CODE, "91330400MA2X"),
    ]
    assert unpacked(content.packed()) == content


def test_how_long_a_sealed_filing_is_tells_nothing_of_it() -> None:
    short = FilingContent(filer="甲", unit="乙", persons=(Person(name="丙"),))
    long = short.model_copy(update={"business": "长" * 900, "since": date(2020, 1, 1)})
    assert len(short.packed()) == len(long.packed()) == 4096


def test_whom_a_project_names() -> None:
    bidders = (
        Bidder(name="示例（一）公司", lead="示例庚"),
        Bidder(name="示例二有限公司", lead="示例辛", outcome=Outcome.LOST),
    )
    assert set(parties(tender("示例一有限公司", bidders=bidders))) == {
        (Party.WINNER, What.COMPANY, "示例一"),
        (Party.LEAD, What.PERSON, "示例庚"),
        (Party.LOSER, What.COMPANY, "示例二"),
        (Party.LOSERS_LEAD, What.PERSON, "示例辛"),
    }
    assert parties(tender("示例一有限公司").model_copy(update={"award": None})) == []
