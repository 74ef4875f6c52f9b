"""The marks of sealed reports: what must never stand in anything that is published (RPT-18).

Cheap enough for every page: each search begins with bytes that pages hardly ever have.
"""

from __future__ import annotations

import re

from portal.domain.reports.codes import WrongCode, read_code
from portal.domain.reports.ids import PATTERN

_TEXTS = (".html", ".json", ".jsonl", ".xml", ".txt", ".csv", ".atom", ".rss", ".md", ".ndjson")
_SEALED = (
    (b"age-encryption.org/v1\n-> ", "加密的举报内容"),
    (b"YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+I", "加密的举报内容"),  # The same in base64.
    (b"-----BEGIN AGE ENCRYPTED FILE-----", "加密的举报内容"),
    (b"AGE-SECRET-KEY-1", "私钥"),
    (b"SPG1\x01\x00", "举报的开启凭据"),
    (b"SPG1\x02\x00", "举报的开启凭据"),
    (b"U1BHMQEA", "举报的开启凭据"),  # The same in base64.
    (b"U1BHMQIA", "举报的开启凭据"),
)
_ID = re.compile(rb"(?<![0-9A-Za-z_-])" + PATTERN.encode() + rb"(?![0-9A-Za-z_-])")
_LETTER = rb"[0-9A-HJKMNP-TV-Z]"
# It begins at the first hyphen, for speed; what stands before it is looked at afterwards.
_CODE = re.compile(rb"-" + _LETTER + rb"{4}(?:-" + _LETTER + rb"{4}){4}-" + _LETTER + rb"(?![0-9A-Za-z])")


def is_text(path: str) -> bool:
    """Tell whether a file of the site is one that is looked through."""
    return path.endswith(_TEXTS)


def mark_in(content: bytes) -> str | None:
    """Return in Chinese what of a sealed report stands in `content`, or None."""
    for mark, what in _SEALED:
        if mark in content:
            return what
    if b"rp" in content and _ID.search(content):
        return "举报件的编号"
    for found in _CODE.finditer(content):
        if _is_code(content[max(0, found.start() - 4) : found.end()]):
            return "举报的查询码"
    return None


def _is_code(text: bytes) -> bool:
    try:
        read_code(text.decode("ascii"))
    except (WrongCode, UnicodeDecodeError):
        return False
    return True
