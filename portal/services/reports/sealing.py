"""Sealing and opening with age (docs/sealing.md, section 4): everything in memory, nothing touches a disk.

The server seals only what reaches it without JavaScript; it opens only the routing. Officers open in their browsers:
the functions for it stand here for the vectors, the tests, and whoever writes another client.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import permutations
from typing import Any

from portal.domain.reports.codes import binding_of, derive
from portal.domain.reports.content import ReportContent
from portal.domain.reports.keylist import KeyList
from portal.domain.reports.padding import Purpose
from portal.domain.reports.pictures import NotCleaned as NotCleaned
from portal.domain.reports.pictures import clean_picture as clean_picture
from portal.domain.reports.routing import Route
from portal.services.reports.age import (
    CannotOpen,
    decrypt_with,
    encrypt_to,
    new_identity,
    open_with,
    recipient_of,
    seal_to,
)
from portal.services.reports.filing import commitment_of

MAGIC = b"SPG1"
REPORT = "sunshine-portal/report/v1"
MESSAGE = "sunshine-portal/message/v1"
REPLY = "sunshine-portal/reply/v1"
NOTE = "sunshine-portal/note/v1"
EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "text/plain": "txt",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "video/mp4": "mp4",
    "application/zip": "zip",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}


@dataclass(frozen=True)
class SealedReportParts:
    """A sealed report as the host stores it, and the salt, which only the reporter keeps."""

    case_key: str
    reporter_key: str
    grants: bytes
    body: bytes
    routing: bytes
    binding: bytes
    commitment: bytes
    lookup: str
    salt: bytes = field(repr=False)


@dataclass(frozen=True)
class OpenedReport:
    """What a body held. `text` is the content's text exactly as committed to."""

    content: ReportContent = field(repr=False)
    text: str = field(repr=False)
    salt: bytes = field(repr=False)
    reply_key: bytes = field(repr=False)
    reporter_key: str  # To whom answers go, whatever the host says of it.

    @property
    def commitment(self) -> bytes:
        """The commitment that the filing receipt must carry."""
        return commitment_of(self.salt, self.text)


@dataclass(frozen=True)
class Routing:
    """Who may open a report: the office shows it to nobody else."""

    holders: tuple[str, ...]
    route: str


@dataclass(frozen=True)
class Reply:
    """An answer or a message; `genuine` tells whether who wrote it had opened the report, or has its query code."""

    text: str = field(repr=False)
    genuine: bool


@dataclass(frozen=True)
class Note:
    """What officers write for one another."""

    text: str = field(repr=False)
    fields: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Attachment:
    """An attachment: its name is a number and an extension, never the name that the reporter's device gave it."""

    name: str
    type: str
    data: bytes = field(repr=False)


def seal_report(
    key_list: KeyList, content: ReportContent, *, day: date, code: str, route: Route
) -> SealedReportParts:
    """Seal a report to those who open it; the content is given the route and who was left out."""
    keys = derive(code)
    case, case_key = new_identity()
    salt = secrets.token_bytes(32)
    text = content.model_copy(update={"left_out": route.left_out, "route": route.kind}).text()
    reporter_key = recipient_of(keys.identity)
    body = {
        "format": REPORT,
        "salt": _b64(salt),
        "reply_key": _b64(keys.reply),
        "reporter_key": reporter_key,
        "content": text,
    }
    openers = [
        recipient for one in route.openers for recipient in [one.key_on(day)] * route.places if recipient
    ]
    return SealedReportParts(
        case_key=case_key,
        reporter_key=reporter_key,
        grants=seal_grants(openers, case, slots=key_list.slots, opening=route.opening),
        body=_seal_json([case_key], body, Purpose.REPORT),
        routing=seal_routing(key_list.routing_key, [one.id for one in route.openers], route.kind),
        binding=binding_of(keys.binding, case_key),
        commitment=commitment_of(salt, text),
        lookup=keys.lookup,
        salt=salt,
    )


def seal_grants(openers: Sequence[str], case: str, *, slots: int, opening: int) -> bytes:
    """Give the case key's secret to `openers` (recipients), filled up with throwaway keys to `slots`.

    With opening by two, whoever stands in `openers` twice turns both keys.
    """
    if not opening <= len(openers) <= slots:
        raise ValueError("too few or too many who open")
    chance = secrets.SystemRandom()
    everyone = [*openers, *(new_identity()[1] for _ in range(slots - len(openers)))]
    chance.shuffle(everyone)
    text = case.encode()
    if opening == 1:
        packets = [encrypt_to(everyone, text)]
    else:
        packets = [
            encrypt_to([first], encrypt_to([second], text)) for first, second in permutations(everyone, 2)
        ]
        chance.shuffle(packets)
    return MAGIC + bytes([opening]) + len(packets).to_bytes(2, "big") + _joined(packets)


def read_grants(grants: bytes) -> tuple[int, list[bytes]]:
    """Return how many must turn their keys, and the packets; raises `CannotOpen`."""
    if grants[:4] != MAGIC or len(grants) < 7 or grants[4] not in (1, 2):
        raise CannotOpen("not grants")
    packets = _split(grants[7:])
    if len(packets) != int.from_bytes(grants[5:7], "big"):
        raise CannotOpen("grants are cut short")
    return grants[4], packets


def open_grants(grants: bytes, identity: str) -> str | None:
    """Return the case key's secret, or None when this identity alone does not open it."""
    opening, packets = read_grants(grants)
    return _first(packets, identity) if opening == 1 else None


def turn(grants: bytes, identity: str) -> list[bytes]:
    """Turn the first key (opening by two): the packets whose outer layer is off. Empty when none was one's own."""
    opening, packets = read_grants(grants)
    if opening != 2:
        return []
    return [half for packet in packets if (half := decrypt_with(identity, packet)) is not None]


def open_halves(halves: Iterable[bytes], identity: str) -> str | None:
    """Turn the second key: the case key's secret, or None."""
    return _first(halves, identity)


def open_body(body: bytes, case: str) -> OpenedReport:
    """Open a report; raises `CannotOpen`."""
    held = _open_json(body, case, REPORT)
    if held is None:
        raise CannotOpen("the body is not sealed to this case key, or is damaged")
    try:
        return OpenedReport(
            content=ReportContent.model_validate_json(held["content"]),
            text=held["content"],
            salt=base64.b64decode(held["salt"], validate=True),
            reply_key=base64.b64decode(held["reply_key"], validate=True),
            reporter_key=str(held["reporter_key"]),
        )
    except (KeyError, TypeError, ValueError):
        raise CannotOpen("the body holds no report") from None


def seal_routing(routing_key: str, holders: Sequence[str], route: str) -> bytes:
    """Tell the office's own process who may open: it shows the report to nobody else."""
    return _seal_json([routing_key], {"holders": [*holders], "route": route}, Purpose.ROUTING)


def read_routing(routing: bytes, identity: str) -> Routing | None:
    """Return what the routing says, or None when it is not sealed to this key or is damaged."""
    held = _open_json(routing, identity, None)
    holders = held.get("holders") if held else None
    if held is None or held.get("route") not in ("own", "superior") or not isinstance(holders, list):
        return None
    return Routing(tuple(str(one) for one in holders), str(held["route"]))


def seal_message(case_key: str, text: str, *, reply_key: bytes = b"") -> bytes:
    """Seal what the reporter adds; without the right `reply_key` officers are told that somebody else may have."""
    held = {"format": MESSAGE, "text": text, "mac": _b64(_message_mac(reply_key, text))}
    return _seal_json([case_key], held, Purpose.MESSAGE)


def open_message(sealed: bytes, case: str) -> str | None:
    """Return what the reporter added, or None."""
    found = open_said(sealed, case, reply_key=b"")
    return found.text if found else None


def open_said(sealed: bytes, case: str, *, reply_key: bytes) -> Reply | None:
    """Return what was added; `genuine` tells whether who wrote it has the report's query code. None when damaged."""
    held = _open_json(sealed, case, MESSAGE)
    if held is None or not isinstance(held.get("text"), str):
        return None
    expected = _b64(_message_mac(reply_key, held["text"]))
    genuine = hmac.compare_digest(expected.encode(), str(held.get("mac", "")).encode("utf-8", "replace"))
    return Reply(held["text"], genuine=genuine)


def seal_reply(case_key: str, reporter_key: str, text: str, *, reply_key: bytes) -> tuple[bytes, bytes]:
    """Seal an answer twice: for the case, and for the reporter."""
    held = {"format": REPLY, "text": text, "mac": _b64(reply_mac(reply_key, text))}
    return _seal_json([case_key], held, Purpose.REPLY), _seal_json([reporter_key], held, Purpose.REPLY)


def open_reply(sealed: bytes, identity: str, *, reply_key: bytes) -> Reply | None:
    """Return an answer, or None when this identity does not open it."""
    held = _open_json(sealed, identity, REPLY)
    if held is None or not isinstance(held.get("text"), str):
        return None
    expected = _b64(reply_mac(reply_key, held["text"]))
    return Reply(held["text"], genuine=hmac.compare_digest(expected, str(held.get("mac", ""))))


def seal_note(case_key: str, text: str, fields: Mapping[str, Any]) -> bytes:
    """Seal what an officer notes for the other officers of the case."""
    return _seal_json([case_key], {"format": NOTE, "text": text, "fields": dict(fields)}, Purpose.NOTE)


def open_note(sealed: bytes, case: str) -> Note | None:
    """Return a note, or None."""
    held = _open_json(sealed, case, NOTE)
    return Note(str(held.get("text", "")), dict(held.get("fields") or {})) if held else None


def seal_attachment(case_key: str, number: int, data: bytes, kind: str) -> bytes:
    """Seal an attachment: pictures lose their metadata, every file its name.

    Raises `NotCleaned` for a picture that cannot be read, `TooLong` past the largest length.
    """
    cleaned = clean_picture(data)
    meta = json.dumps(
        {"name": f"附件{number}.{EXTENSIONS.get(kind, 'bin')}", "type": kind, "size": len(cleaned)},
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
    return seal_to([case_key], len(meta).to_bytes(2, "big") + meta + cleaned, Purpose.ATTACHMENT)


def open_attachment(sealed: bytes, case: str) -> Attachment | None:
    """Return an attachment, or None."""
    held = open_with(case, sealed)
    if held is None:
        return None
    end = 2 + int.from_bytes(held[:2], "big")
    try:
        meta = json.loads(held[2:end])
        return Attachment(str(meta["name"]), str(meta["type"]), held[end:])
    except (ValueError, KeyError, TypeError):
        return None


def _first(packets: Iterable[bytes], identity: str) -> str | None:
    for packet in packets:
        if (plain := decrypt_with(identity, packet)) is not None:
            return plain.decode("ascii", "replace")
    return None


def _seal_json(recipients: Sequence[str], held: Mapping[str, Any], purpose: Purpose) -> bytes:
    text = json.dumps(held, ensure_ascii=False, separators=(",", ":"))
    return seal_to(recipients, text.encode(), purpose)


def _open_json(sealed: bytes, identity: str, wanted: str | None) -> dict[str, Any] | None:
    plain = open_with(identity, sealed)
    try:
        held = json.loads(plain) if plain is not None else None
    except ValueError:
        return None
    if not isinstance(held, dict) or (wanted and held.get("format") != wanted):
        return None
    return held


def _joined(packets: Iterable[bytes]) -> bytes:
    return b"".join(len(packet).to_bytes(2, "big") + packet for packet in packets)


def _split(data: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data):
            raise CannotOpen("grants are cut short")
        found.append(data[at + 2 : end])
        at = end
    return found


def reply_mac(key: bytes, text: str) -> bytes:
    """Return by what the reporter sees that who answers has opened the report."""
    return hmac.digest(key, text.encode(), "sha256")


def _message_mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, f"{MESSAGE}\n{text}".encode(), "sha256")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
