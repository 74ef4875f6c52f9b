"""How a jurisdiction's keys stand: what is in force, what ends soon, what must not go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from portal.domain.reports.keylist import HolderRank, KeyList

SOON = 30  # Days: time for a ceremony of two people.


@dataclass
class Condition:
    """How a jurisdiction's keys stand. With `errors`, reports cannot be received or opened as they should."""

    jurisdiction: str
    name: str = ""
    serial: int | None = None
    valid_until: str | None = None
    days_left: int | None = None
    opening: int | None = None
    holders: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def look_at_holders(
    told: Condition, key_list: KeyList, office: dict[str, tuple[str, str | None]], day: date
) -> None:
    """Enter the holders, and what is wrong or soon will be. `office`: by holder's id the name and newest key registered."""
    for one in key_list.holders:
        end = max((key.until for key in one.keys), default=None)
        if end is None:
            told.warnings.append(f"{one.name}（{one.id}）没有公钥，打不开举报。")
        else:
            ends(
                told, f"{one.name}（{one.id}）的公钥", end, day, f"请换用新公钥：portal keys rotate {one.id}"
            )
        key = one.key_on(day)
        newer = office.get(one.id, ("", None))[1]
        if newer and newer not in {key.recipient for key in one.keys}:
            told.warnings.append(f"{one.name}（{one.id}）登记了新公钥，还没有列入清单。")
        row = {"id": one.id, "name": one.name, "post": one.post, "rank": one.rank.value, "unit": one.unit}
        told.holders.append({**row, "key": key, "until": end.isoformat() if end else None})
    ready = key_list.holders_on(day)
    own = [one for one in ready if one.rank is not HolderRank.SUPERIOR]
    if len(own) < key_list.opening:
        told.errors.append(
            f"本级只有 {len(own)} 位持钥人的公钥有效，须有 {key_list.opening} 位才能打开举报。"
        )
    if len(own) == len(ready):
        told.warnings.append("没有上一级机关的有效公钥：涉及本机关负责人的举报不能在网上提交。")
    for number, (name, key) in office.items():
        if key and key_list.holder(number) is None:
            told.warnings.append(f"{name}（{number}）登记了公钥，还没有列入清单。")


def ends(told: Condition, what: str, end: date, day: date, remedy: str) -> None:
    """Tell of what has ended or ends soon."""
    if end < day:
        told.errors.append(f"{what}已于 {end} 到期。{remedy}。")
    elif end <= day + timedelta(SOON):
        told.warnings.append(f"{what}将于 {end} 到期（还有 {(end - day).days} 天）。{remedy}。")
