"""What is new, as an Atom 1.0 feed (RFC 4287): for a jurisdiction, a unit or a kind.

A feed works wherever the site lies: without an address of its own, its links
are relative to the feed's file, and its ids never depend on the address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from posixpath import relpath
from urllib.parse import quote
from xml.sax.saxutils import escape

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
    newest = max((one.updated for one in feed.entries), default=feed.updated)
    own = _href(feed, feed.path, base_url)
    parts = [
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="{_ATOM}" xml:lang="zh-CN">',
        _text("id", feed.id),
        _text("title", feed.title),
        _text("subtitle", feed.subtitle) if feed.subtitle else "",
        _text("updated", _moment(newest)),
        f"<author>{_text('name', feed.author)}</author>" if feed.author else "",
        f'<link rel="self" type="application/atom+xml" href="{own}" />',
        _page(_href(feed, feed.page, base_url)),
        *(_entry(feed, one, base_url) for one in feed.entries),
        "</feed>\n",
    ]
    return "".join(parts).encode()


def _entry(feed: Feed, one: Entry, base_url: str | None) -> str:
    summary = _text("summary", one.summary) if one.summary else ""
    return (
        f"<entry>{_text('id', one.id)}{_text('title', one.title)}<author>{_text('name', one.author)}</author>"
        f"{_text('published', _moment(one.published))}{_text('updated', _moment(one.updated))}"
        f"{_page(_href(feed, one.path, base_url))}"
        f'<category term="{_attribute(one.kind)}" label="{_attribute(one.kind_label)}" />{summary}</entry>'
    )


def _text(name: str, text: str) -> str:
    # Without a type a text construct is plain text: markup in it is shown, never read as markup.
    return f"<{name}>{escape(writable(text))}</{name}>"


def _attribute(text: str) -> str:
    """Return a text as it stands between quotes; without the entities a reader would make blanks of these."""
    return escape(writable(text), {'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})


def _page(href: str) -> str:
    return f'<link rel="alternate" type="text/html" href="{href}" />'


def _href(feed: Feed, path: str, base_url: str | None) -> str:
    if base_url:
        return _attribute(f"{base_url}/{quote(path)}")
    folder = feed.path.rpartition("/")[0]
    inside = path.removeprefix(f"{folder}/")
    near = inside if inside != path and ".." not in path else relpath(path, folder or ".")
    return _attribute(quote(near))


def _moment(moment: datetime) -> str:
    """Return an RFC 3339 date-time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
