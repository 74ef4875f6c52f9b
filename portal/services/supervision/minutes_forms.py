"""How a form says what the commission's recorder wrote down: most of it one line for each person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

from portal.domain.documents.decision import Category, Position, Result, VoteMethod
from portal.domain.supervision.minutes import LABELS, OwnMinutes, Rating, Spoken
from portal.domain.values import Choice, fold, read_amount, show_day, show_yuan
from portal.services.supervision.entered import NotEntered, day, line, lines, prose

_Choice = TypeVar("_Choice", bound=Choice)
FORM_LABELS = {  # Of what `typed_of` returns.
    **LABELS, "statements": "发言", "number": "独立记录编号", "remark": "备注", "own_score": "单位自评",
    "outside_score": "纪委监委评价", "own_words": "单位自评的说明", "outside_words": "纪委监委评价的说明",
}  # fmt: skip
_WORDS_FOR = {"赞成": Position.FOR, "反对": Position.AGAINST}  # As people also say it.
_MARKS = re.compile(r"^\s*\d{1,2}\s*[.、．)）]\s*")  # A number that somebody put before a line.
_MOST_PEOPLE = 200
_LONGEST = {"decision_text": 20_000, "remark": 4000, "own_words": 2000, "outside_words": 2000}  # Characters.
_MEETING = ("held_on", "place", "presider", "recorder", "should_attend", "present", "absent", "observers", "recused", "chief", "number")  # fmt: skip


def read_minutes(form: Mapping[str, str]) -> tuple[OwnMinutes, Rating]:
    """Read a record and both ratings; raise `NotEntered`. Only the day and the title are required."""
    errors: dict[str, str] = {}
    text = {
        key: line(form.get(key, ""), key, label, 300, errors)
        for key, label in (
            ("title", "议题"), ("place", "地点"), ("presider", "主持人"), ("recorder", "记录人"),
            ("chief", "主要负责人"), ("number", "独立记录编号"),
        )
    }  # fmt: skip
    if not text["title"] and "title" not in errors:
        errors["title"] = "请填写议题。"
    own = OwnMinutes(
        held_on=day(form.get("held_on", ""), "held_on", "会议日期", errors),
        **text,
        should_attend=_count(form, "should_attend", "应到人数", errors),
        **{key: _people(form, key, errors) for key in ("present", "absent", "observers", "recused")},
        category=_choice(Category, form, "category", errors),
        amount=_amount(form, errors),
        statements=_statements(form, errors),
        chief_last={"yes": True, "no": False}.get(form.get("chief_last", "")),
        vote_method=_choice(VoteMethod, form, "vote_method", errors),
        votes_for=_count(form, "votes_for", "赞成票", errors),
        votes_against=_count(form, "votes_against", "反对票", errors),
        votes_abstain=_count(form, "votes_abstain", "弃权票", errors),
        result=_choice(Result, form, "result", errors),
        decision_text=_prose(form, "decision_text", errors),
        remark=_prose(form, "remark", errors),
    )
    rating = Rating(
        own_score=_count(form, "own_score", "单位自评", errors, most=100),
        own_words=_prose(form, "own_words", errors),
        outside_score=_count(form, "outside_score", "纪委监委评价", errors, most=100),
        outside_words=_prose(form, "outside_words", errors),
    )
    if errors:
        raise NotEntered(errors)
    return own, rating


def typed_of(own: OwnMinutes, rating: Rating) -> dict[str, str]:
    """Return what a form shows of a record: reading it again gives the same."""
    said = {
        "held_on": show_day(own.held_on),
        "amount": show_yuan(own.amount) if own.amount is not None else "",
        "statements": "\n".join(
            " ".join(part for part in (one.name, one.position.label, one.words) if part)
            for one in own.statements
        ),
        "chief_last": {True: "yes", False: "no", None: ""}[own.chief_last],
        **{key: "\n".join(getattr(own, key)) for key in ("present", "absent", "observers", "recused")},
    }
    for key in ("title", "place", "presider", "recorder", "chief", "number", "decision_text", "remark"):
        said[key] = getattr(own, key)
    for key in ("category", "vote_method", "result"):
        said[key] = getattr(own, key) or ""
    for key in ("should_attend", "votes_for", "votes_against", "votes_abstain"):
        said[key] = _shown(getattr(own, key))
    for key in ("own_score", "outside_score"):
        said[key] = _shown(getattr(rating, key))
    return {**said, "own_words": rating.own_words, "outside_words": rating.outside_words}


def next_item(own: OwnMinutes) -> dict[str, str]:
    """Return what the next item of the same meeting begins with: the meeting, and nothing of the item."""
    said = typed_of(own, Rating())
    return {key: said[key] for key in _MEETING}


def _prose(form: Mapping[str, str], key: str, errors: dict[str, str]) -> str:
    return prose(form.get(key, ""), key, FORM_LABELS[key], _LONGEST[key], errors)


def _shown(value: int | None) -> str:
    return "" if value is None else str(value)


def _count(
    form: Mapping[str, str], key: str, label: str, errors: dict[str, str], *, most: int = 9999
) -> int | None:
    text = form.get(key, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= most):
        errors[key] = f"{label}请填 0 至 {most} 之间的整数。"
        return None
    return int(text)


def _amount(form: Mapping[str, str], errors: dict[str, str]) -> int | None:
    text = form.get("amount", "").strip()
    try:
        return read_amount(text) if text else None
    except ValueError as wrong:
        errors["amount"] = f"涉及金额：{wrong}"
        return None


def _choice(kind: type[_Choice], form: Mapping[str, str], key: str, errors: dict[str, str]) -> _Choice | None:
    text = form.get(key, "").strip()
    try:
        return kind.read(text) if text else None
    except ValueError as wrong:
        errors[key] = str(wrong)
        return None


def _people(form: Mapping[str, str], key: str, errors: dict[str, str]) -> tuple[str, ...]:
    """Names one a line; several on one line with 、 or a comma between them do too."""
    text = re.sub(r"[、，,；;]", "\n", form.get(key, ""))
    return lines(text, key, errors, longest=60, most=_MOST_PEOPLE)


def _statements(form: Mapping[str, str], errors: dict[str, str]) -> tuple[Spoken, ...]:
    """One statement a line: name, stance, words, with blanks between them. A stance that is left out is none."""
    found = []
    each = lines(form.get("statements", ""), "statements", errors, longest=2000, most=_MOST_PEOPLE)
    for one in each:
        parts = _MARKS.sub("", one).split(maxsplit=2)
        if not parts:
            continue
        stance = _stance(parts[1]) if len(parts) > 1 else Position.NONE
        words = " ".join(parts[1:]) if stance is None else "".join(parts[2:])
        if len(parts[0]) > 60:
            errors["statements"] = f"“{parts[0][:10]}…”不像姓名。每行先写姓名，空一格再写态度和内容。"
        found.append(Spoken(name=parts[0], position=stance or Position.NONE, words=words))
    return tuple(found)


def _stance(text: str) -> Position | None:
    known = {fold(one.label): one for one in Position} | _WORDS_FOR
    return known.get(fold(text))
