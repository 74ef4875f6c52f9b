"""Entering what came by another channel: letter, telephone, visit, 12388. It is sealed already when it arrives here.

The officer's browser seals it to the holders of the key list like a reporter's would, whoever typed it: where it names
the officer, he has typed his last look at it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.domain.reports.acts import Act
from portal.domain.reports.words import Channel, SealedBy
from portal.services.reports import intake
from portal.services.reports.desk import Desk, NotDone, bytes_of
from portal.services.reports.keylists import KeyLists, Tampered
from portal.services.reports.quotas import NoRoom, Quota

Sign = Callable[[date, bytes], str]
_LIMITS = {"grants": 1_500_000, "body": 1_200_000, "routing": 8_000, "binding": 32, "commitment": 32}
_OFFICES = Quota(2**62)  # The quota keeps strangers from filling the disk; the office's own entries are few.


@dataclass(frozen=True)
class Entered:
    """What the officer is told; the id only where he sees the report himself."""

    id: str
    day: date
    accept_by: date | None
    receipt: str
    new: bool


def enter(
    desk: Desk, asked: Mapping[str, Any], *, jurisdiction: str, key_lists: KeyLists, sign: Sign | None
) -> Entered:
    """Store a report that came by another channel; the same once more changes nothing. Raise `NotDone`.

    Without `sign` (no receipt key on the office's host) the report has no filing receipt.
    """
    try:
        channel = Channel(str(asked.get("channel", "")))
    except ValueError:
        raise NotDone("没有选择来件渠道。请选择来信、来电、来访或 12388。") from None
    if channel is Channel.FORM:
        raise NotDone("本站表单的举报由举报人自己提交，不在这里登记。请选择其他渠道。")
    regime, serial = desk.regime_of(jurisdiction), asked.get("serial")
    if regime is None or not isinstance(serial, int):
        raise NotDone("提交的内容不完整。请刷新页面后再试。")
    sealed = intake.Sealed(
        jurisdiction=jurisdiction,
        serial=serial,
        lookup=str(asked.get("lookup", "")),
        case_key=str(asked.get("case_key", "")),
        reporter_key=str(asked.get("reporter_key", "")),
        channel=channel,
        sealed_by=SealedBy.OFFICER,
        **{name: bytes_of(asked, name, limit=limit) for name, limit in _LIMITS.items()},
    )
    _check(desk, sealed, key_lists)
    try:
        filed = intake.file_report(
            desk.session,
            sealed,
            regime=regime,
            sign=sign or (lambda _day, _commitment: ""),
            quota=_OFFICES,
            now=desk.now,
        )
    except intake.Refused as why:
        raise NotDone(str(why), status=why.status) from why
    except NoRoom as full:
        raise NotDone(str(full), status=503) from full
    if filed.new:
        desk.write(filed.id, Act.REGISTERED, channel=channel.value)
    return Entered(filed.id, filed.day, filed.accept_by, filed.receipt, filed.new)


def _check(desk: Desk, sealed: intake.Sealed, key_lists: KeyLists) -> None:
    try:
        fits = key_lists.acceptable(sealed.jurisdiction, sealed.serial, desk.today)
        known = key_lists.load(sealed.jurisdiction, sealed.serial).list if fits else None
    except (Tampered, FileNotFoundError):
        known = None
    if known is None:
        raise NotDone(
            "密钥清单已更新或不能使用。请刷新页面后重新登记，填写的内容请先另存在纸上。", status=409
        )
    try:
        intake.check(sealed, known)
    except intake.Refused as why:
        raise NotDone(str(why), status=422) from why
