"""The next key list: the list published last, with changes, before anybody signs it.

A draft is public data like the list itself; only the root key makes it count.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from portal.domain.reports.keylist import (
    Holder,
    HolderKey,
    HolderRank,
    KeyList,
    ReceiptKey,
    made,
    read_list,
)

VALID_DAYS = 365  # A browser refuses the list afterwards: somebody must look at it once a year.
GRACE_DAYS = 14  # For who filled in the form under the list before, and for caches.
_ID_LETTERS = "abcdefghjkmnpqrstvwxyz23456789"


class NotPossible(ValueError):
    """A change that cannot be made; the message says why, in Chinese."""


@dataclass(frozen=True)
class Draft:
    """An unsigned list, what was changed in it (Chinese lines), and whether older lists end at once."""

    list: KeyList
    changes: tuple[str, ...] = ()
    at_once: bool = False

    def text(self) -> str:
        """Return the draft as JSON, for keeping it until it is signed."""
        held = {"list": self.list.text(), "changes": self.changes, "at_once": self.at_once}
        return json.dumps(held, ensure_ascii=False, indent=1) + "\n"


def read_draft(text: str) -> Draft:
    """Return what `Draft.text` wrote; `NotPossible` when it is something else."""
    try:
        held = json.loads(text)
        return Draft(
            read_list(held["list"]), tuple(str(one) for one in held["changes"]), bool(held["at_once"])
        )
    except (ValueError, KeyError, TypeError):
        raise NotPossible("草稿文件已损坏。请删除后重新修改持钥人。") from None


def first_draft(
    slug: str, name: str, *, routing_key: str, receipt_key: ReceiptKey, own_names: Iterable[str], today: date
) -> Draft:
    """Return the draft of a jurisdiction's first list, with nobody in it yet."""
    return Draft(
        made(
            KeyList,
            jurisdiction=slug,
            name=name,
            serial=1,
            issued_on=today,
            valid_until=today + timedelta(VALID_DAYS),
            accept_previous_until=today,
            routing_key=routing_key,
            receipt_key=receipt_key,
            own_names=tuple(dict.fromkeys(own_names)),
            holders=(),
        ),
        ("第一份清单",),
    )


def following(published: KeyList) -> Draft:
    """Return a draft that follows a published list, without a change yet."""
    return Draft(_changed(published, serial=published.serial + 1))


def names_of_commission(name: str) -> tuple[str, ...]:
    """Return the names under which a commission is written: reports on it go to the superior."""
    if not name.endswith("纪委监委") or len(place := name.removesuffix("纪委监委")) < 2:
        return (name,)
    ends = ("纪律检查委员会", "监察委员会", "纪委", "监委", "纪检监察委")
    return (
        name,
        f"中共{place}纪律检查委员会",
        f"中国共产党{place}纪律检查委员会",
        *(place + end for end in ends),
    )


def new_id() -> str:
    """Return a fresh id of a holder."""
    return "h" + "".join(secrets.choice(_ID_LETTERS) for _ in range(7))


def add_holder(draft: Draft, holder: Holder, recipient: str, *, today: date, days: int = VALID_DAYS) -> Draft:
    """Return the draft with one more holder."""
    if draft.list.holder(holder.id):
        raise NotPossible(f"编号 {holder.id} 已有持钥人。换公钥请用 portal keys rotate。")
    _unused(draft.list, recipient)
    added = holder.model_copy(update={"keys": (_key(recipient, today, days),)})
    slots = max(draft.list.slots, len(draft.list.holders) + 1)
    if slots > 16:
        raise NotPossible("持钥人最多 16 位。请先移除不再承办的人员。")
    line = f"增加 {added.name}（{added.post or added.rank.label}，{added.id}）"
    return _with(draft, (*draft.list.holders, added), line, slots=slots)


def remove_holder(draft: Draft, number: str) -> Draft:
    """Return the draft without a holder; lists before it stay good for their grace."""
    gone = _holder(draft.list, number)
    kept = tuple(one for one in draft.list.holders if one.id != number)
    return _with(draft, kept, f"移除 {gone.name}（{gone.id}）")


def rotate(draft: Draft, number: str, recipient: str, *, today: date, days: int = VALID_DAYS) -> Draft:
    """Return the draft with a holder's new key in force from today, the older ones until yesterday."""
    known = _holder(draft.list, number)
    _unused(draft.list, recipient)
    before = today - timedelta(1)
    kept = tuple(
        key.model_copy(update={"until": min(key.until, before)}) for key in known.keys if key.since < today
    )
    # The older keys tell the officer which file opens which report; ten years of them are enough.
    changed = known.model_copy(update={"keys": (*kept[-9:], _key(recipient, today, days))})
    return _with(draft, _swapped(draft.list, changed), f"{known.name}（{known.id}）换用新公钥")


def with_routing_key(draft: Draft, recipient: str) -> Draft:
    """Return the draft with a new key of the office."""
    changed = _changed(draft.list, routing_key=recipient)
    return replace(draft, list=changed, changes=(*draft.changes, "换用新的办公端密钥"))


def with_names(draft: Draft, names: Iterable[str]) -> Draft:
    """Return the draft with other names of the commission; the one by which it receives reports stays among them."""
    changed = _changed(draft.list, own_names=tuple(dict.fromkeys((draft.list.name, *names))))
    return replace(draft, list=changed, changes=(*draft.changes, "修改本机关的名称"))


def revoke(draft: Draft, number: str) -> Draft:
    """Return the draft without a holder's keys; older lists end the day before it is issued."""
    known = _holder(draft.list, number)
    kept = tuple(one for one in draft.list.holders if one.id != number)
    changed = _with(draft, kept, f"吊销 {known.name}（{known.id}）的全部公钥，以前的清单立即停用")
    return replace(changed, at_once=True)


def ready(
    draft: Draft,
    *,
    today: date,
    valid_days: int = VALID_DAYS,
    accept_previous_days: int = GRACE_DAYS,
    opening: int | None = None,
) -> KeyList:
    """Return the list to be signed today; raises `NotPossible` when nobody could open what is sealed to it."""
    grace = -1 if draft.at_once else accept_previous_days
    key_list = _changed(
        draft.list,
        issued_on=today,
        valid_until=today + timedelta(valid_days),
        accept_previous_until=today + timedelta(grace),
        opening=opening or draft.list.opening,
    )
    own = [one for one in key_list.holders_on(today) if one.rank is not HolderRank.SUPERIOR]
    if len(own) < key_list.opening:
        raise NotPossible(
            f"本级的持钥人只有 {len(own)} 位有当前有效的公钥，须有 {key_list.opening} 位以上才能打开举报。"
            "请先用 portal keys holders add 增加。"
        )
    return key_list


def _key(recipient: str, today: date, days: int) -> HolderKey:
    try:
        return made(HolderKey, recipient=recipient, since=today, until=today + timedelta(days))
    except ValueError as wrong:
        raise NotPossible(str(wrong)) from None


def _holder(key_list: KeyList, number: str) -> Holder:
    if found := key_list.holder(number):
        return found
    raise NotPossible(f"没有编号为 {number} 的持钥人。请用 portal keys holders 查看编号。")


def _unused(key_list: KeyList, recipient: str) -> None:
    for one in key_list.holders:
        if any(key.recipient == recipient for key in one.keys):
            raise NotPossible(f"这把公钥已登记在 {one.name}（{one.id}）名下。每位持钥人须各用自己的密钥。")


def _swapped(key_list: KeyList, changed: Holder) -> tuple[Holder, ...]:
    return tuple(changed if one.id == changed.id else one for one in key_list.holders)


def _with(draft: Draft, holders: tuple[Holder, ...], line: str, *, slots: int | None = None) -> Draft:
    slots = slots or draft.list.slots
    changed = _changed(draft.list, holders=holders, slots=slots)
    return replace(draft, list=changed, changes=(*draft.changes, line))


def _changed(key_list: KeyList, **values: object) -> KeyList:
    """Return a copy with other values, checked as a whole."""
    copy = key_list.model_copy(update=values)
    try:
        return read_list(copy.text())
    except ValueError as wrong:
        raise NotPossible(str(wrong)) from None
