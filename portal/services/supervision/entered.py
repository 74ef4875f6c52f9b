"""What forms of the commission are read with: a line, some prose, a day; and why something is not kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from portal.domain.values import clean_text, read_day


class NotEntered(ValueError):
    """What was typed cannot be kept; `errors` says by field what is wrong and what to do."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        """Keep what is wrong by field."""
        super().__init__("；".join(errors.values()))
        self.errors = dict(errors)


class NotNow(ValueError):
    """The step is not possible as things stand; the message says why and what to do."""


class ChangedMeanwhile(ValueError):
    """Somebody else has changed it since the page was opened."""


def line(text: str, key: str, label: str, most: int, errors: dict[str, str]) -> str:
    """Return one line of text; what is wrong with it goes into `errors` under `key`."""
    try:
        found = str(clean_text(text))
    except ValueError as wrong:
        errors[key] = f"{label}：{wrong}"
        return ""
    if "\n" in found or "\t" in found:
        errors[key] = f"{label}只能写一行。"
    elif len(found) > most:
        errors[key] = f"{label}最多 {most} 个字，现有 {len(found)} 个。"
    return found


def prose(text: str, key: str, label: str, most: int, errors: dict[str, str]) -> str:
    """Return a text of several lines, likewise."""
    try:
        found = str(clean_text(text))
    except ValueError as wrong:
        errors[key] = f"{label}：{wrong}"
        return ""
    if len(found) > most:
        errors[key] = f"{label}有 {len(found)} 个字，最多 {most} 个字。请精简。"
    return found


def day(text: str, key: str, label: str, errors: dict[str, str]) -> date:
    """Return a day, `date.min` where it is missing or wrong, likewise."""
    if not text.strip():
        errors[key] = f"请填写{label}。"
        return date.min
    try:
        found = read_day(text)
    except ValueError as wrong:
        errors[key] = f"{label}：{wrong}"
        return date.min
    if not 1949 <= found.year <= 2199:
        errors[key] = f"{label}的年份不在合理范围内。请核对。"
    return found


def lines(text: str, key: str, errors: dict[str, str], *, longest: int, most: int) -> tuple[str, ...]:
    """Return the lines of a text that say something; too long a line or too many go into `errors`: none is cut off."""
    try:
        found = tuple(one.strip() for one in str(clean_text(text)).split("\n") if one.strip())
    except ValueError as wrong:
        errors[key] = str(wrong)
        return ()
    if len(found) > most:
        errors[key] = f"最多写 {most} 行，现有 {len(found)} 行。请删减。"
    elif long := next((place for place, one in enumerate(found, start=1) if len(one) > longest), 0):
        errors[key] = f"第 {long} 行有 {len(found[long - 1])} 个字，最多 {longest} 个。请精简。"
    return found
