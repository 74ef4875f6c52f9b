"""A page as a tree of elements, so that a test can ask what stands where."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, TreeBuilder

from portal.apps import create_public_app
from portal.site.snapshot import RecordView
from tests.site.sample import snapshot

_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"]
)


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.made = TreeBuilder()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.made.start(tag, {name: value or "" for name, value in attrs})
        if tag in _VOID:
            self.made.end(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.made.start(tag, {name: value or "" for name, value in attrs})
        self.made.end(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            self.made.end(tag)

    def handle_data(self, data: str) -> None:
        self.made.data(data)


def tree(text: str) -> Element:
    """Return a page's root; what is opened and not closed is refused by the builder."""
    builder = _Builder()
    builder.feed(text)
    return builder.made.close()


class _Site:
    """Shows whatever records it is given last; one app, because it is dear to make."""

    def __init__(self) -> None:
        self._shown = snapshot()
        self._client = create_public_app(lambda: self._shown).test_client()

    def text(self, path: str, *records: RecordView) -> str:
        known = {one.slug: one for one in snapshot().jurisdictions}
        for unit in {one.unit.id: one.unit for one in records}.values():
            area = known[unit.jurisdiction]
            if unit not in area.units:
                known[area.slug] = replace(area, units=(*area.units, unit))
        self._shown = replace(snapshot(), records=records, jurisdictions=tuple(known.values()))
        answer = self._client.get(f"/{path}")
        assert answer.status_code == 200
        return answer.text


_site = cache(_Site)


def page(record: RecordView, *others: RecordView, number: int | None = None) -> Element:
    """Return the page of a record (of its version `number`) where these records are all that is public."""
    path = record.path if number is None else record.path.replace(".html", f"-v{number}.html")
    return tree(_site().text(path, record, *others))


def said(node: Element | None) -> str:
    """Return what a part of a page says, blanks taken out."""
    assert node is not None, "the page has no such part"
    return re.sub(r"\s+", "", "".join(node.itertext()))


def classed(node: Element, name: str, tag: str = "*") -> list[Element]:
    """Return the elements of a class, in the order of the page."""
    return [one for one in node.iter() if tag in ("*", one.tag) and name in one.get("class", "").split()]


def headed(node: Element, heading: str) -> Element:
    """Return the section with that heading."""
    found = [
        one for one in node.iter("section") if (head := one.find("h2")) is not None and said(head) == heading
    ]
    assert len(found) == 1, f"{len(found)} sections {heading}"
    return found[0]


def has(node: Element, heading: str) -> bool:
    """Tell whether there is a section with that heading."""
    return any((head := one.find("h2")) is not None and said(head) == heading for one in node.iter("section"))


def rows(node: Element) -> list[list[str]]:
    """Return the cells of every row of a table's body."""
    return [[said(cell) for cell in row] for body in node.iter("tbody") for row in body.iter("tr")]


def facts(node: Element) -> list[tuple[str, str]]:
    """Return the terms and what is said of them."""
    found = []
    for one in node.iter("div"):
        term, value = one.find("dt"), one.find("dd")
        if term is not None and value is not None:
            found.append((said(term), said(value)))
    return found


def links(node: Element) -> dict[str, str]:
    """Return the links of a part of a page: what each says and the site path that it leads to."""
    return {said(one): one.get("href", "").replace("../", "") for one in node.iter("a")}
