"""Sample records and an index of them in a fresh folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from portal.search import Entry, SearchIndex


def make_entry(key: str, **given: Any) -> Entry:
    """Return a record of a plainly fictional unit, with what a test cares about replaced."""
    values: dict[str, Any] = {
        "key": key,
        "url": f"shili/u/caizheng/finance/{key}.html",
        "title": f"示例公开事项{key}",
        "kind": "finance",
        "kind_label": "财务公开",
        "jurisdiction": "shili",
        "jurisdiction_name": "示例县",
        "unit": "caizheng",
        "unit_name": "示例县财政局",
        "year": 2026,
        "published_on": date(2026, 3, 1),
        "doc_no": None,
        "index_no": f"001008003/2026-{key}",
        "amounts": (),
        "text": "本期没有其他说明。",
    }
    return Entry(**(values | given))


@pytest.fixture
def entry() -> Callable[..., Entry]:
    """Give the maker of sample records."""
    return make_entry


@pytest.fixture
def index(tmp_path: Path) -> Iterator[SearchIndex]:
    """Give an index in a folder that does not exist yet."""
    made = SearchIndex(tmp_path / "search_index")
    yield made
    made.close()


@pytest.fixture
def found(index: SearchIndex) -> Callable[..., list[str]]:
    """Give a search that returns the keys of the hits, in order."""

    def search(query: str, **filters: Any) -> list[str]:
        return [hit.key for hit in index.search(query, **filters).hits]

    return search
