"""What is new, as an Atom 1.0 feed (RFC 4287): for a jurisdiction, a unit or a kind.

A feed works wherever the site lies: without an address of its own, its links
are relative to the feed's file, and its ids never depend on the address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from posixpath import dirname, relpath
from urllib.parse import quote
from xml.etree import ElementTree as ET

from portal.exchange.characters import writable

# A name that nobody can ever own (RFC 2606), since a portal may have no address, or may change it.
_AUTHORITY = "sunshine-portal.invalid"
_ATOM = "http://www.w3.org/2005/Atom"
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_./-]*")


@dataclass(frozen=True)
class Entry:
    """One entry: a record, or one version of it. `path` is its page's site path, without the leading slash."""

    id: str
    title: str
    author: str  # The unit's name.
    path: str
    kind: str  # The kind's code.
    kind_label: str
    published: datetime
    updated: datetime
    summary: str = ""


@dataclass(frozen=True)
class Feed:
    """One feed: `path` is its own site path, `page` that of the page which shows the same."""

    id: str
    title: str
    path: str
    page: str
    updated: datetime  # Shown where there is no entry; else the newest entry's counts.
    subtitle: str = ""
    author: str = ""
    entries: Sequence[Entry] = ()


def tag(day: date, *codes: str) -> str:
    """Return the lasting id (RFC 4151) of the thing with these codes, such as `tag(day, "xiuzhou", "zjj")`.

    `day` is a day that never changes for the thing: when the record was first
    published, when the unit was entered. Codes are the server's own ASCII ones.
    """
    specific = "/".join(codes)
    if not _CODE.fullmatch(specific):
        raise ValueError(f"编码“{specific}”不能用作订阅条目的编号。编码只能由字母、数字和 - _ . / 组成。")
    return f"tag:{_AUTHORITY},{day.isoformat()}:{specific}"


def atom(feed: Feed, *, base_url: str | None = None) -> bytes:
    """Return the feed as UTF-8 XML, entries in the order given; `base_url` has no trailing slash.

    Whatever a text holds, the feed is well-formed: what XML forbids shows as U+FFFD.
    """
    root = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": "zh-CN"})
    _text(root, "id", feed.id)
    _text(root, "title", feed.title)
    if feed.subtitle:
        _text(root, "subtitle", feed.subtitle)
    newest = max((one.updated for one in feed.entries), default=feed.updated)
    _text(root, "updated", _moment(newest))
    if feed.author:
        _text(ET.SubElement(root, "author"), "name", feed.author)
    own = {"rel": "self", "type": "application/atom+xml", "href": _href(feed, feed.path, base_url)}
    ET.SubElement(root, "link", own)
    ET.SubElement(root, "link", _page(_href(feed, feed.page, base_url)))
    for one in feed.entries:
        entry = ET.SubElement(root, "entry")
        _text(entry, "id", one.id)
        _text(entry, "title", one.title)
        _text(ET.SubElement(entry, "author"), "name", one.author)
        _text(entry, "published", _moment(one.published))
        _text(entry, "updated", _moment(one.updated))
        ET.SubElement(entry, "link", _page(_href(feed, one.path, base_url)))
        ET.SubElement(entry, "category", {"term": one.kind, "label": writable(one.kind_label)})
        if one.summary:
            _text(entry, "summary", one.summary)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _text(parent: ET.Element, name: str, text: str) -> None:
    # Without a type a text construct is plain text: markup in it is shown, never read as markup.
    ET.SubElement(parent, name).text = writable(text)


def _page(href: str) -> dict[str, str]:
    return {"rel": "alternate", "type": "text/html", "href": href}


def _href(feed: Feed, path: str, base_url: str | None) -> str:
    return f"{base_url}/{quote(path)}" if base_url else quote(relpath(path, dirname(feed.path) or "."))


def _moment(moment: datetime) -> str:
    """Return an RFC 3339 date-time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
