"""Takes a page of ours apart into data from which another generator makes the same page again.

Tables become rows of cells, lists items, texts texts; what is drawn (SVG) and what mixes text and marks
is handed over as it is, ready, which is in the other's favour.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

Data = dict[str, Any]

_META = re.compile(r'<meta name="([^"]+)" content="([^"]*)">')
_LINK = re.compile(r'<link rel="alternate" type="[^"]+" title="([^"]*)" href="([^"]*)">')
_MENU = re.compile(r'<li><a href="([^"]*)"( aria-current="true")?>([^<]*)</a></li>')
_BLOCK = re.compile(
    r"<table(?P<table>[^>]*)>(?P<rows>.*?)</table>"
    r"|<(?P<list>ul|ol)(?P<list_a>[^>]*)>(?P<items>.*?)</(?P=list)>"
    r"|<dl(?P<dl>[^>]*)>(?P<pairs>.*?)</dl>"
    r"|<(?P<text>h1|h2|h3|p)(?P<text_a>[^>]*)>(?P<said>.*?)</(?P=text)>",
    re.DOTALL,
)
_CAPTION = re.compile(r"<caption(?P<a>[^>]*)>(?P<x>.*?)</caption>", re.DOTALL)
_PART = re.compile(r"<(thead|tbody|tfoot)[^>]*>(.*?)</\1>", re.DOTALL)
_ROW = re.compile(r"<tr(?P<a>[^>]*)>(?P<cells>.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<(?P<tag>t[hd])(?P<a>[^>]*)>(?P<x>.*?)</(?P=tag)>", re.DOTALL)
_ITEM = re.compile(r"<li(?P<a>[^>]*)>(?P<x>.*?)</li>\s*", re.DOTALL)
_PAIR = re.compile(
    r"(?:<div>)?<dt(?P<a>[^>]*)>(?P<t>.*?)</dt>\s*<dd(?P<b>[^>]*)>(?P<d>.*?)</dd>(?:</div>)?\s*", re.DOTALL
)
_ANCHOR = re.compile(r'<a href="([^"]*)">([^<]*)</a>(.*)', re.DOTALL)
_CLASS = re.compile(r' class="([^"]*)"')
_LABEL = re.compile(r' data-l="([^"]*)"')
_SPAN = re.compile(r' colspan="(\d+)"')


@dataclass
class Frames:
    """What stands around the pages: few different ones, each written once. `UP/` stands for the way to the top."""

    listed: dict[str, Data] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)

    def name(self, top: str, menu: list[Data], foot: str) -> str:
        """Return the name of a frame."""
        key = f"{top}\0{menu}\0{foot}"
        if key not in self.known:
            self.known[key] = f"f{len(self.listed)}"
            self.listed[self.known[key]] = {"top": top, "menu": menu, "foot": foot}
        return self.known[key]


def take_apart(page: str, path: str, frames: Frames) -> Data:
    """Return a page's data."""
    up = "../" * path.count("/")
    head, body = page.split("<body", 1)
    top, rest = body.split("<main", 1)
    main, foot = rest.split("</main>", 1)
    current = ""
    menu = []
    for href, here, label in _MENU.findall(top):
        menu.append({"u": _from_top(href, up), "x": html.unescape(label)})
        current = menu[-1]["u"] if here else current
    before, bar, after = top.partition('<nav class="nav"')
    if bar:
        after = after.partition("</nav>")[2]
    frame = frames.name(_with_token(f"<body{before}{after}", up), menu, _with_token(foot, up))
    return {
        "title": html.unescape(head.split("<title>", 1)[1].split("</title>", 1)[0]),
        "up": up,
        "frame": frame,
        "current": current,
        "metas": [
            {"n": name, "x": html.unescape(said)} for name, said in _META.findall(head) if name not in _FIXED
        ],
        "feeds": [{"x": html.unescape(title), "u": html.unescape(url)} for title, url in _LINK.findall(head)],
        "blocks": list(_blocks(main.partition(">")[2])),
    }


_FIXED = ("viewport", "color-scheme")


def _from_top(href: str, up: str) -> str:
    return html.unescape(href).removeprefix(up)


def _with_token(markup: str, up: str) -> str:
    return markup.replace(f'"{up}', '"UP/') if up else markup


def _blocks(main: str) -> list[Data]:
    found: list[Data] = []
    at = 0
    for match in _BLOCK.finditer(main):
        block = _block(match)
        if block is None:
            continue
        if match.start() > at:
            found.append({"k": "raw", "m": main[at : match.start()]})
        found.append(block)
        at = match.end()
    if main[at:].strip():
        found.append({"k": "raw", "m": main[at:]})
    return found


def _block(match: re.Match[str]) -> Data | None:
    """Return what one part of a page says; None where it holds others of its sort, and is left as it is."""
    if match["table"] is not None:
        return _table(match["table"], match["rows"])
    if match["list"]:
        items = _ITEM.findall(match["items"])
        whole = "".join(f"<li{a}>{x}</li>" for a, x in items)
        if re.sub(r"\s", "", whole) != re.sub(r"\s", "", match["items"]) or "<li" in "".join(
            x for _, x in items
        ):
            return None
        return {
            "k": match["list"],
            "c": _classes(match["list_a"]),
            "items": [_said(x) | _c(a) for a, x in items],
        }
    if match["dl"] is not None:
        pairs = [one.groupdict() for one in _PAIR.finditer(match["pairs"])]
        if _PAIR.sub("", match["pairs"]).strip():
            return None
        return {
            "k": "dl",
            "c": _classes(match["dl"]),
            "items": [{"t": _said(one["t"]), "d": _said(one["d"]) | _c(one["b"])} for one in pairs],
        }
    if "<p" in match["said"] or "<h" in match["said"]:
        return None
    return {"k": match["text"], **_said(match["said"]), **_c(match["text_a"])}


def _table(attributes: str, inside: str) -> Data | None:
    if "<table" in inside:
        return None
    caption = _CAPTION.search(inside)
    parts = {name: [_row(*one) for one in _ROW.findall(rows)] for name, rows in _PART.findall(inside)}
    if not parts:
        return None
    return {
        "k": "table",
        "c": _classes(attributes),
        "caption": _said(caption["x"]) | _c(caption["a"]) if caption else None,
        "head": parts.get("thead", []),
        "rows": parts.get("tbody", []) + parts.get("tfoot", []),
    }


def _row(attributes: str, cells: str) -> Data:
    return {"cells": [_cell(*one) for one in _CELL.findall(cells)], **_c(attributes)}


def _cell(tag: str, attributes: str, inside: str) -> Data:
    cell = _said(inside) | _c(attributes)
    if tag == "th":
        cell["h"] = True
    if label := _LABEL.search(attributes):
        cell["l"] = html.unescape(label[1])
    if span := _SPAN.search(attributes):
        cell["s"] = span[1]
    return cell


def _said(inside: str) -> Data:
    """Return a text, a link with what follows it, or what mixes more than that as it is."""
    if "<" not in inside:
        return {"x": html.unescape(inside)}
    if link := _ANCHOR.fullmatch(inside):
        return {"u": html.unescape(link[1]), "x": html.unescape(link[2]), "m": link[3]}
    return {"m": inside}


def _classes(attributes: str) -> str:
    found = _CLASS.search(attributes)
    return found[1] if found else ""


def _c(attributes: str) -> Data:
    classes = _classes(attributes)
    return {"c": classes} if classes else {}
