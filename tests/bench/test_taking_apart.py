"""What Hugo is given must be the whole page, in its order, as data: else the two would not be compared on the same."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from portal import apps
from portal.site import pages
from portal.site.freezer import SiteFreezer
from tests.bench.taking_apart import Frames, take_apart
from tests.bench.weights import page_type
from tests.site.sample import snapshot as sample_snapshot


def words(markup: str) -> str:
    """Return what a reader reads of a piece of a page, without white space."""
    return re.sub(r"\s", "", html.unescape(re.sub(r"<[^>]*>", "", markup)))


def told(data: Any) -> str:
    """Return every text of the data in the order in which the layout writes them."""
    if isinstance(data, list):
        return "".join(map(told, data))
    if not isinstance(data, dict):
        return ""
    own = words(html.escape(data.get("x", ""))) + words(data.get("m", ""))
    return own + "".join(
        told(data.get(key)) for key in ("t", "d", "caption", "head", "rows", "cells", "items")
    )


def test_every_word_of_a_page_is_handed_over_in_its_order() -> None:
    snapshot = sample_snapshot()
    freezer = SiteFreezer(apps.create_public_app(lambda: snapshot))
    frames = Frames()
    kinds = set()
    with freezer.running():
        for page in pages.all_urls(snapshot):
            if not page.path.endswith(".html"):
                continue
            text = freezer.content(page).decode()
            main = text.split("<main", 1)[1].partition(">")[2].split("</main>", 1)[0]
            data = json.loads(json.dumps(take_apart(text, page.path, frames)))
            assert told(data["blocks"]) == words(main), page.path
            kinds |= {block["k"] for block in data["blocks"]}
    assert kinds >= {"table", "ul", "dl", "p", "h1", "h2", "raw"}
    assert not freezer.failures


def test_pages_share_their_frames() -> None:
    frames = Frames()
    page = '<head><title>甲</title></head><body><nav class="nav"><li><a href="{up}a.html">甲</a></li></nav><main><p>乙</p></main><footer></footer>'
    first = take_apart(page.format(up="../"), "x/1.html", frames)
    second = take_apart(page.format(up="../../"), "x/y/2.html", frames)
    assert first["frame"] == second["frame"]
    assert next(iter(frames.listed.values()))["menu"] == [{"u": "a.html", "x": "甲"}]


def test_page_types() -> None:
    assert page_type("a/u/b/finance/2026Q3-v2.html") == "record: finance"
    assert page_type("a/u/b/finance/2026.html") == "unit: list of finance"
    assert page_type("a/u/b/annual/2026.html") == "record: annual"
    assert page_type("a/u/b/index.html") == "unit"
    assert page_type("a/rules.html") == "area: rules"
    assert page_type("en/a/rules.html") == "area: rules (English)"
    assert page_type("help/build.html") == page_type("index.html") == "site: start and texts"
