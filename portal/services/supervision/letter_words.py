"""Reads what a letter (文书) says as it was typed, and refuses it with every mistake by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from portal.domain.supervision.letters import Kind
from portal.domain.supervision.slips import latest_deadline
from portal.domain.values import clean_text, read_day, show_day
from portal.store.tables import Letter

LONGEST = {
    "title": 120,
    "addressee": 80,
    "body": 6000,
    "basis": 1000,
    "signed_by": 60,
}  # What two pages hold.
_LABELS = {"title": "标题", "addressee": "主送单位", "body": "正文", "basis": "依据", "signed_by": "签发人"}
# Of these kinds an answer is asked for (SUP-04, SUP-06); of the others where a day is written on them.
ANSWERED = frozenset(
    {Kind.INQUIRY, Kind.DISCIPLINE_ADVICE, Kind.SUPERVISION_ADVICE, Kind.ACCOUNTABILITY, Kind.RECTIFY}
)
# These bear upon a unit's leaders: they go out only when somebody entitled to has approved them.
APPROVED = frozenset(
    {Kind.TALK, Kind.ACCOUNTABILITY, Kind.INQUIRY, Kind.DISCIPLINE_ADVICE, Kind.SUPERVISION_ADVICE}
)


class NotIssued(ValueError):
    """A letter that cannot be written, sent or answered; `errors` says by field what is wrong and what to do."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("；".join(self.errors.values()))


@dataclass(frozen=True)
class Words:
    """What a letter says. `due` is the day by which it is to be answered."""

    kind: Kind
    title: str
    addressee: str
    body: str
    basis: str
    signed_by: str
    due: date | None = None


def read_words(typed: Mapping[str, str], *, today: date) -> Words:
    """Read a letter as typed, or raise `NotIssued` with every mistake at once."""
    errors: dict[str, str] = {}
    texts = {name: _text(name, typed.get(name, ""), errors) for name in _LABELS}
    kind = Kind.REMINDER
    try:
        kind = Kind(typed.get("kind", ""))
    except ValueError:
        errors["kind"] = "请选择文书种类。"
    due = None
    if text := typed.get("due", "").strip():
        try:
            due = read_day(text)
        except ValueError as wrong:
            errors["due"] = f"回复期限：{wrong}"
        else:
            if not today < due <= latest_deadline(today):
                errors["due"] = (
                    f"回复期限须在今天（{show_day(today)}）之后、{show_day(latest_deadline(today))}以前。请核对年份。"
                )
    elif kind in ANSWERED:
        errors["due"] = f"{kind.label}要写明回复期限。"
    if errors:
        raise NotIssued(errors)
    return Words(kind, due=due, **texts)


def words_of(letter: Letter) -> Words:
    """Return what a letter says."""
    return Words(
        Kind(letter.kind),
        letter.title,
        letter.addressee,
        letter.body,
        letter.basis,
        letter.signed_by,
        letter.due,
    )


def _text(name: str, typed: str, errors: dict[str, str]) -> str:
    label = _LABELS[name]
    try:
        text = str(clean_text(typed))
    except ValueError as wrong:
        errors[name] = f"{label}：{wrong}"
        return ""
    if name != "body":
        text = " ".join(text.split("\n"))
    if not text and name not in ("basis", "signed_by"):
        errors[name] = f"请填写{label}。"
    elif len(text) > LONGEST[name]:
        errors[name] = f"{label}有 {len(text)} 个字，最多 {LONGEST[name]} 个字。请精简。"
    return text


def need_approval(kind: Kind, signed_by: str) -> None:
    """Raise `NotIssued` where a letter that must be approved does not say by whom: the days alone are no decision."""
    if kind in APPROVED and not signed_by.strip():
        raise NotIssued(
            {
                "signed_by": f"{kind.label}须按管理权限批准后才能发出。请填写批准签发的领导；还没有批准的，先保存拟稿。"
            }
        )


def need_words(name: str, label: str, typed: str) -> str:
    """Return a reason that must be there, or raise `NotIssued`."""
    try:
        text = str(clean_text(typed))
    except ValueError as wrong:
        raise NotIssued({name: f"{label}：{wrong}"}) from wrong
    if not text:
        raise NotIssued({name: f"请写明{label}。"})
    if len(text) > LONGEST["basis"]:
        raise NotIssued({name: f"{label}最多 {LONGEST['basis']} 个字。请精简。"})
    return text
