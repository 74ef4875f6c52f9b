"""Which characters a text may hold in XML and JSON."""

from __future__ import annotations

import re

# XML 1.0 (2.2 Char): these cannot be written at all, not even escaped. Lone surrogates are not even Unicode.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def writable(text: str) -> str:
    """Return the text with every character that XML forbids shown as U+FFFD, and plain line ends.

    What it returns can be written as UTF-8, XML and JSON, and reads back the same.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _FORBIDDEN.sub("\ufffd", text)
