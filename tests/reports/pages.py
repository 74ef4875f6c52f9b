"""Reads the forms of a page and sends them as a browser without scripts does."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode


@dataclass
class Field:
    """One control of a form."""

    name: str
    kind: str  # text, hidden, textarea, select, radio, checkbox, file, submit, tel, …
    value: str = ""
    on: bool = True  # Of boxes: ticked as the page comes.
    required: bool = False
    longest: int | None = None
    options: list[str] = field(default_factory=list)


@dataclass
class Form:
    """A form of a page, with its controls in their order."""

    action: str
    method: str
    enctype: str
    fields: list[Field] = field(default_factory=list)

    def named(self, name: str) -> list[Field]:
        """Return the controls of that name."""
        return [one for one in self.fields if one.name == name]

    def values(
        self, changed: Mapping[str, str | Sequence[str]] | None = None, *, press: str = ""
    ) -> list[tuple[str, str]]:
        """Return what the form sends as it stands, with these values changed and that button pressed."""
        given = dict(changed or {})
        unknown = set(given) - {one.name for one in self.fields}
        assert not unknown, f"the form has no {sorted(unknown)}: {sorted({one.name for one in self.fields})}"
        sent = [
            (one.name, one.value)
            for one in self.fields
            if one.name
            and one.name not in given
            and one.on
            and (one.kind not in ("submit", "file", "button") or (one.kind == "submit" and one.name == press))
        ]
        for name, value in given.items():
            sent += [(name, each) for each in ([value] if isinstance(value, str) else value)]
        return sent


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._text: Field | None = None
        self._select: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(has.get("action", ""), has.get("method", "get").lower(), has.get("enctype", ""))
            self.forms.append(self._open)
        if self._open is None:
            return
        if tag == "option" and self._select is not None:
            value = has.get("value", "")
            self._select.options.append(value)
            if "selected" in has or len(self._select.options) == 1:
                self._select.value = value
            return
        if tag not in ("input", "textarea", "select", "button"):
            return
        kind = has.get("type", "submit" if tag == "button" else "text") if tag in ("input", "button") else tag
        box = kind in ("radio", "checkbox")
        one = Field(
            has.get("name", ""),
            kind,
            has.get("value", "on" if box else ""),
            "checked" in has if box else True,
            "required" in has,
            int(has["maxlength"]) if has.get("maxlength") else None,
        )
        if "disabled" in has:
            return
        self._open.fields.append(one)
        self._text = one if tag == "textarea" else None
        self._select = one if tag == "select" else self._select

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._text = None
        elif tag == "select":
            self._select = None


def forms_of(page: str) -> list[Form]:
    """Return the forms of a page."""
    reader = _Reader()
    reader.feed(page)
    return reader.forms


def encoded(
    values: Sequence[tuple[str, str]],
    files: Sequence[tuple[str, str, str, bytes]] = (),
    *,
    parts: bool = False,
) -> tuple[bytes, str]:
    """Return a form's body and its type: `files` are (field, name, type, bytes), and make it one of several parts."""
    if not files and not parts:
        return urlencode(values).encode(), "application/x-www-form-urlencoded"
    mark = secrets.token_hex(12)
    pieces = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in values
    ]
    pieces += [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n'.encode()
        + f"Content-Type: {kind}\r\n\r\n".encode()
        + data
        + b"\r\n"
        for name, file, kind, data in files
    ]
    return b"".join([*pieces, f"--{mark}--\r\n".encode()]), f"multipart/form-data; boundary={mark}"
