"""Padding: what is sealed has one of a few lengths, so that its length says little. See docs/sealing.md, section 4."""

from __future__ import annotations

from portal.domain.values import Choice

KIB = 1024


class Purpose(Choice):
    """What is padded; each has its own lengths."""

    REPORT = "report", "举报内容"
    MESSAGE = "message", "补充说明"
    REPLY = "reply", "回复"
    ATTACHMENT = "attachment", "附件"
    ROUTING = "routing", "接收名单"
    NOTE = "note", "办理记录"


BUCKETS: dict[Purpose, tuple[int, ...]] = {
    Purpose.REPORT: (16 * KIB, 64 * KIB, 256 * KIB, 1024 * KIB),
    Purpose.MESSAGE: (16 * KIB, 64 * KIB, 256 * KIB, 1024 * KIB),
    Purpose.REPLY: (4 * KIB, 8 * KIB),
    Purpose.ATTACHMENT: tuple(size * KIB for size in (64, 256, 1024, 2048, 4096, 8192, 12288)),
    Purpose.ROUTING: (2 * KIB,),
    Purpose.NOTE: (16 * KIB, 64 * KIB, 256 * KIB, 1024 * KIB),
}


class TooLong(ValueError):
    """More than the largest length holds; the message says so in Chinese."""


def pad(data: bytes, purpose: Purpose) -> bytes:
    """Return 4 bytes of length, the data, and zeros up to the next length of `purpose`; raises `TooLong`."""
    for bucket in BUCKETS[purpose]:
        if len(data) + 4 <= bucket:
            return len(data).to_bytes(4, "big") + data + bytes(bucket - 4 - len(data))
    largest = BUCKETS[purpose][-1]
    limit = f"{largest // (KIB * KIB)} MB" if largest >= KIB * KIB else f"{largest // KIB} KB"
    raise TooLong(f"{purpose.label}太长：加密前最多 {limit}。请缩短，或分几次提交。")


def unpad(data: bytes) -> bytes:
    """Return what was padded; `ValueError` when length and zeros do not fit."""
    end = 4 + int.from_bytes(data[:4], "big")
    if len(data) < 4 or end > len(data) or data.count(0, end) != len(data) - end:
        raise ValueError("the padding is broken")
    return data[4:end]
