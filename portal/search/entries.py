"""What goes into the index and what comes out of it: plain values, no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple


@dataclass(frozen=True)
class Entry:
    """One record in force, ready to index.

    `key` is the record's stable id; `url` is its site path without leading
    slash; `amounts` are fen; `text` is everything else that may be found,
    as plain text.
    """

    key: str
    url: str
    title: str
    kind: str
    kind_label: str
    jurisdiction: str
    jurisdiction_name: str
    unit: str
    unit_name: str
    year: int | None
    published_on: date
    doc_no: str | None
    index_no: str
    amounts: tuple[int, ...]
    text: str


class Html(str):
    """Text that is escaped already; templates print it as it stands."""

    __slots__ = ()

    def __html__(self) -> str:
        """Return the text for template engines that ask for safe HTML."""
        return str(self)


@dataclass(frozen=True)
class Hit:
    """One found record. The `*_html` fields are escaped, with `<mark>` around what matched."""

    key: str
    url: str
    title: str
    title_html: Html
    unit: str
    unit_name: str
    jurisdiction: str
    jurisdiction_name: str
    kind: str
    kind_label: str
    date: date
    year: int | None
    snippet_html: Html


class Facet(NamedTuple):
    """One value that the results can be narrowed to, and how many records it would leave."""

    value: str | int
    label: str
    records: int


@dataclass(frozen=True)
class Results:
    """One page of an answer; `notice` is a Chinese sentence for the reader, or None."""

    query: str
    total: int
    page: int
    pages: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[Facet, ...]]
    notice: str | None = None


MEND = "请运行 portal sync --all 重新建立检索目录；公开数据保存在数据库中，不会因此丢失。"


class IndexDamaged(Exception):
    """The index cannot be read. The message says what was seen and how to mend it."""

    def __init__(self, seen: str, mend: str = MEND) -> None:
        """Say what was seen, then how to mend it."""
        super().__init__(f"检索目录不能使用：{seen}。{mend}")


class IndexBusy(Exception):
    """Another process has been writing the index for too long."""
