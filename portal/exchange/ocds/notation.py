"""How OCDS writes amounts, days, addresses and identifiers, and the bytes of a file."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from portal.domain.values import Json

BEIJING = timezone(timedelta(hours=8))
# Between two strings JSON has none of these, so writing them as \uXXXX changes no value. It keeps a
# file harmless where it is pasted into a page, and shows what a reader could not see.
_TELLTALE = re.compile("[<>&\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_HOST = re.compile(r"(?:[0-9A-Za-z-]+\.)*[0-9A-Za-z-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")
_NOT_URI = re.compile(r"%(?![0-9A-Fa-f]{2})|[^0-9A-Za-z%:/?@!$&'()*+,;=._~-]")


def told(**fields: Any) -> Json:
    """Return the fields that say something; OCDS leaves out what is not known."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}


def money(fen: int | None) -> Json | None:
    """Return an OCDS Value in yuan, exactly `fen` hundredths.

    The quotient is the double nearest to a decimal of at most fifteen digits, and
    such a double is written with those very digits: no amount up to MAX_FEN is rounded.
    """
    if fen is None:
        return None
    return {"amount": fen // 100 if fen % 100 == 0 else fen / 100, "currency": "CNY"}


def begins(day: date | None) -> str | None:
    """Return the first second of a day in China: for a day on which something was done."""
    return f"{day.isoformat()}T00:00:00+08:00" if day else None


def ends(day: date | None) -> str | None:
    """Return the last second of a day in China: for the end of a period, which includes its last day."""
    return f"{day.isoformat()}T23:59:59+08:00" if day else None


def moment(at: datetime) -> str:
    """Return an instant by the clock of China. A time without its zone is refused: it would be guessed."""
    if at.tzinfo is None:
        raise ValueError("a publication's time must carry its zone")
    return at.astimezone(BEIJING).isoformat(timespec="seconds")


def web_address(text: str | None) -> str | None:
    """Return the http(s) address in RFC 3986 spelling, or None where `text` is no such address.

    Other schemes, names with passwords and hosts that are not plain ASCII are no
    addresses that open data should send anyone to.
    """
    try:
        parts = urlsplit((text or "").strip())
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc):
        return None
    tail = [mark + _NOT_URI.sub(_percent, part) for mark, part in zip("?#", parts[3:], strict=True) if part]
    return "".join([f"{parts.scheme}://{parts.netloc}", _NOT_URI.sub(_percent, parts.path), *tail])


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode(errors="replace"))


def make_ocid(prefix: str, jurisdiction: str, index_no: str) -> str:
    """Return the ocid of the project with that index number; no two projects share one.

    The slash of an index number becomes an underscore, and whatever is not an ASCII
    letter, digit, point or hyphen becomes its UTF-8 bytes as ~xx, so that an ocid can
    stand in an address and in a file name.
    """

    def spell(char: str) -> str:
        if char == "/":
            return "_"
        return "".join(f"~{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))

    local = re.sub(r"[^0-9A-Za-z.-]", lambda found: spell(found[0]), index_no)
    return f"{prefix}-{jurisdiction}_{local}"


def made_uri(name: str) -> str:
    """Return the URI of a package that lies at no known address: always the same for the same name."""
    return uuid5(NAMESPACE_URL, name).urn


def encode(value: Json) -> bytes:
    """Return one line of JSON in UTF-8, ending in a line break; the same value gives the same bytes."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _TELLTALE.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode() + b"\n"
