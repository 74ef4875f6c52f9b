"""A payload's document is read the same way whether or not its head is wanted too, also where it is not canonical."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from portal.domain.canonical import publication, read_document, read_publication
from portal.domain.documents.finance import FinanceDisclosure

TRICKY = '示例","index_no":"假/1","schema":"tender/1"},\\'


@pytest.fixture
def payload(a_quarter: Callable[..., FinanceDisclosure]) -> str:
    made = a_quarter(remark=TRICKY, index_no="示/2026-00001")
    return publication(
        made, jurisdiction="jinhu", unit="czj", unit_name=TRICKY, index_no="示/2026-00001", number=1, reason=TRICKY,
        published_at=datetime(2026, 7, 1, 2, tzinfo=UTC),
    ).decode()  # fmt: skip


def head_of(payload: str) -> str:
    return payload[payload.rindex(',"index_no":"') :]


WRITTEN: dict[str, Callable[[str], str]] = {
    "canonical": lambda one: one,
    "with blanks": lambda one: json.dumps(json.loads(one), ensure_ascii=False, indent=1),
    "in another order": lambda one: json.dumps(dict(reversed(json.loads(one).items()))),
    "with a second document at the end": lambda one: (
        f'{one[:-1]},"document":{{"period":"2026Q2","title":"乙"}}}}'
    ),
    "with a second document before the number": lambda one: one.replace(
        head_of(one), f',"document":{{"period":"2026Q2","title":"乙"}}{head_of(one)}'
    ),
    "with two numbers": lambda one: f'{one[:-1]},"index_no":"示/2"}}',
    "with a number in the unit": lambda one: one.replace('"unit":{', '"unit":{"a":"","index_no":"3",'),
    "without a number": lambda one: one.replace(
        ',"index_no":"示/2026-00001","jurisdiction"', ',"jurisdiction"'
    ),
}
BROKEN: dict[str, Callable[[str], str]] = {
    "cut off": lambda one: one[:-1],
    "with something behind it": lambda one: f"{one}{{}}",
    "without a kind": lambda one: one.replace('"schema":"finance/1"', '"schema":"nothing/1"'),
    "without what the kind needs": lambda one: one.replace('"period":', '"other":'),
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=list(WRITTEN))
def test_the_document_is_what_the_payload_says(payload: str, written: Any) -> None:
    text = written(payload).encode()
    assert read_document(text) == read_publication(text)[1]


@pytest.mark.parametrize("written", BROKEN.values(), ids=list(BROKEN))
def test_what_cannot_be_read_is_told_in_the_same_words(payload: str, written: Any) -> None:
    text = written(payload).encode()
    with pytest.raises((ValueError, KeyError)) as told:
        read_publication(text)
    with pytest.raises(type(told.value)) as same:
        read_document(text)
    assert str(same.value) == str(told.value)
