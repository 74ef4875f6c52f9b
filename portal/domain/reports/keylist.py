"""The key list (密钥清单): to whom the reports of a jurisdiction are sealed. See docs/sealing.md, section 2.

Names, posts and ranks of key holders are public in it: the reporter's browser must see who they are to leave out
those whom a report concerns. Signing and checking signatures is `portal.services.reports.keylists`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import date
from typing import Annotated, Final, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from portal.domain.reports.bech32 import is_recipient
from portal.domain.values import Choice

FORMAT: Final = "sunshine-portal/key-list/v1"
SIGNED = FORMAT.encode() + b"\n"  # What stands before the list's text when it is signed.
MOST_SLOTS = 16  # Opening by two makes slots·(slots−1) packets: 240 of them are still small.


Part = TypeVar("Part", bound=BaseModel)


class HolderRank(Choice):
    """Where a key holder stands."""

    HEAD = "head", "主要负责人"
    OFFICER = "officer", "承办人"
    SUPERIOR = "superior", "上一级机关"


def _recipient(text: str) -> str:
    if not is_recipient(text):
        raise ValueError("公钥不对：应以 age1 开头，共 62 个字符，抄错一个字符也不行")
    return text


def _public_key(text: str) -> str:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != 32 or base64.b64encode(data).decode() != text:
        raise ValueError("签名公钥不对：应是 44 个字符的 base64")
    return text


Recipient = Annotated[str, AfterValidator(_recipient)]
PublicKey = Annotated[str, AfterValidator(_public_key)]
KeyName = Annotated[
    str, Field(pattern=r"^[^\s+]{1,80}$")
]  # A C2SP key name has neither blanks nor plus signs.
Line = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\r\n\t]*$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class HolderKey(_Part):
    """A public key and the days on which reports are sealed to it, both included."""

    recipient: Recipient
    since: date = Field(alias="from")
    until: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until < self.since:
            raise ValueError("密钥的终止日早于起始日")
        return self


class Holder(_Part):
    """Somebody who can open reports."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]{4,16}$")]
    name: Line
    post: Annotated[str, Field(max_length=100, pattern=r"^[^\r\n\t]*$")] = ""
    rank: HolderRank
    unit: Line | None = None
    keys: tuple[HolderKey, ...] = Field(default=(), max_length=20)

    def key_on(self, day: date) -> str | None:
        """Return the recipient in force on `day`: of several, the one that began last."""
        in_force = [key for key in self.keys if key.since <= day <= key.until]
        return max(in_force, key=lambda key: (key.since, key.until)).recipient if in_force else None


class ReceiptKey(_Part):
    """The key by which the report host signs filing receipts."""

    name: KeyName
    key: PublicKey

    @property
    def hash(self) -> bytes:
        """The four bytes that C2SP signed notes call the key's hash."""
        raw = self.name.encode() + b"\n\x01" + base64.b64decode(self.key)
        return hashlib.sha256(raw).digest()[:4]


class KeyList(_Part):
    """A whole list, as its text says. Whoever made it, it counts only when its signature was checked."""

    format: Literal["sunshine-portal/key-list/v1"] = FORMAT
    jurisdiction: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
    name: Line
    serial: Annotated[int, Field(ge=1, lt=2**31)]
    issued_on: date
    valid_until: date
    accept_previous_until: date
    opening: Annotated[int, Field(ge=1, le=2)] = 1
    slots: Annotated[int, Field(ge=4, le=MOST_SLOTS)] = 8
    routing_key: Recipient
    receipt_key: ReceiptKey
    own_names: tuple[Line, ...] = Field(min_length=1, max_length=20)
    holders: tuple[Holder, ...] = Field(max_length=MOST_SLOTS)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.valid_until < self.issued_on:
            raise ValueError("清单的有效期早于签发日")
        if len(self.holders) > self.slots:
            raise ValueError(f"持钥人有 {len(self.holders)} 位，多于 slots（{self.slots}）")
        above = sum(holder.rank is HolderRank.SUPERIOR for holder in self.holders)
        if above * self.opening > self.slots:
            raise ValueError(
                f"上级机关的持钥人有 {above} 位，两人开启时每位占两个位置，多于 slots（{self.slots}）"
            )
        ids = [holder.id for holder in self.holders]
        keys = [key.recipient for holder in self.holders for key in holder.keys]
        if len({*ids}) < len(ids):
            raise ValueError("两位持钥人的编号相同")
        if len({*keys}) < len(keys):
            raise ValueError("同一把公钥登记了两次")
        if self.routing_key in keys:
            raise ValueError("办公端的公钥不能同时是持钥人的公钥")
        return self

    def holders_on(self, day: date) -> tuple[Holder, ...]:
        """Return those who have a key in force on `day`, in the list's order."""
        return tuple(holder for holder in self.holders if holder.key_on(day))

    def key_of(self, holder: Holder, day: date) -> str | None:
        """Return the recipient of a holder on `day`, or None."""
        return holder.key_on(day)

    def holder(self, number: str) -> Holder | None:
        """Return the holder with that id, or None."""
        return next((holder for holder in self.holders if holder.id == number), None)

    def text(self) -> str:
        """Return the list's JSON text: what is signed."""
        return json.dumps(
            self.model_dump(mode="json", by_alias=True), ensure_ascii=False, separators=(",", ":")
        )


def read_list(text: str) -> KeyList:
    """Return the list that a text holds; `ValueError` with a Chinese sentence when it is none."""
    try:
        return KeyList.model_validate_json(text, strict=True)
    except ValidationError as wrong:
        raise ValueError(f"密钥清单的内容不对：{told(wrong)}。") from None


def made(model: type[Part], **values: object) -> Part:
    """Return a model of this module; `ValueError` with a Chinese sentence when the values do not fit."""
    try:
        return model.model_validate(values)
    except ValidationError as wrong:
        raise ValueError(f"{told(wrong)}。") from None


def told(wrong: ValidationError) -> str:
    """Say in Chinese what a model of this module refuses first."""
    first = wrong.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    said = first["msg"].removeprefix("Value error, ")
    if first["type"] != "value_error":
        said = "缺少这一项" if first["type"] == "missing" else "这一项的值不合格式"
    return f"{where} {said}" if where else said
