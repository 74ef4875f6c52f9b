"""Reads what is typed of a rectification: a unit's measures and evidence, the words of the commission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.domain.values import clean_text

LONGEST = {
    "problem": 1000,
    "measure": 4000,
    "leader": 60,
    "person": 60,
    "evidence": 4000,
    "evidence_refs": 2000,
}
LABELS = {
    "problem": "问题", "measure": "整改措施", "leader": "责任领导", "person": "责任人", "evidence": "佐证说明",
    "evidence_refs": "佐证记录的索引号", "note": "进展",
}  # fmt: skip
WORDS = 1000  # Characters of a reason or an opinion: what a register's line can show.


class NotDone(ValueError):
    """What cannot be done; `errors` says by field what is wrong and how to mend it."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("；".join(self.errors.values()))


@dataclass(frozen=True)
class Filled:
    """What the unit filled in; `note` is how far it has come, kept as a step."""

    measure: str
    leader: str
    person: str
    evidence: str
    evidence_refs: str
    note: str = ""


def read_filled(typed: Mapping[str, str]) -> Filled:
    """Read what a unit typed, or raise `NotDone` with every mistake at once. Blank fields are for later."""
    errors: dict[str, str] = {}
    texts = {
        name: read_text(name, typed.get(name, ""), errors)
        for name in ("measure", "leader", "person", "evidence", "evidence_refs", "note")
    }
    if errors:
        raise NotDone(errors)
    return Filled(**texts)


def read_text(name: str, typed: str, errors: dict[str, str]) -> str:
    """Return a unit's text cleaned, "" where it cannot be; what is wrong goes into `errors` under its name."""
    try:
        text = str(clean_text(typed))
    except ValueError as wrong:
        errors[name] = f"{LABELS[name]}：{wrong}"
        return ""
    if name == "evidence_refs":
        text = "\n".join(line.strip() for line in text.split("\n") if line.strip())
    if len(text) > (most := LONGEST.get(name, WORDS)):
        errors[name] = f"{LABELS[name]}有 {len(text)} 个字，最多 {most} 个字。请精简。"
    return text


def read_words(name: str, label: str, typed: str, errors: dict[str, str]) -> str:
    """Return a reason or an opinion, which must be there; what is wrong goes into `errors` under its name."""
    try:
        text = str(clean_text(typed))
    except ValueError as wrong:
        errors[name] = f"{label}：{wrong}"
        return ""
    if not text:
        errors[name] = f"请填写{label}。"
    elif len(text) > WORDS:
        errors[name] = f"{label}最多 {WORDS} 个字。请精简。"
    return text


def need_words(name: str, label: str, typed: str) -> str:
    """Return a reason that must be there, or raise `NotDone`."""
    errors: dict[str, str] = {}
    text = read_words(name, label, typed, errors)
    if errors:
        raise NotDone(errors)
    return text
