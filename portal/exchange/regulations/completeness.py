"""Asks whether the text is whole: does it break off, are its annexes there, do its numbers run on."""

from __future__ import annotations

import re
from itertools import pairwise

from portal.domain.documents.regulation import BlockType
from portal.exchange.regulations import numbering
from portal.exchange.regulations.patterns import FORMS, NUMERALS, SENTENCE_END
from portal.exchange.regulations.results import Notes
from portal.exchange.regulations.structure import Outline, Placed, numeral

_FINISHED = SENTENCE_END + "…”’）》】"
_FORMS_PROMISED = re.compile(rf"(?P<count>\d{{1,2}}|[{NUMERALS}])\s*个(?:参考|示范)?(?P<form>{FORMS})")


def ask_whether_whole(result: Outline, notes: Notes) -> None:
    """Note every sign that part of the text is missing."""
    # A text that is known to break off at its end need not be asked about again.
    if not notes.incomplete:
        _ask_about_end(result.placed, notes)
    _ask_about_stops(result.placed, notes)
    _ask_about_annexes(result, notes)
    _ask_about_numbers(result.placed, notes)


def _ask_about_end(placed: list[Placed], notes: Notes) -> None:
    body = [one for one in placed if one.block.type is not BlockType.SIGNATURE]
    if not body:
        return
    last = body[-1]
    text = last.block.text
    if last.block.type is BlockType.ANNEX:
        notes.broken_off(last.line, text, f"文本到附件标题“{text}”为止，附件内容缺失。请补齐附件。")
    elif last.block.type is BlockType.HEADING:
        alike = [
            after.block.type is not BlockType.HEADING
            for one, after in pairwise(body)
            if one.block.type is BlockType.HEADING and one.block.level == last.block.level
        ]
        if text[-1] not in _FINISHED or any(alike):
            notes.broken_off(
                last.line, text, f"文本到标题“{text}”为止，下面没有内容，可能不完整。请对照原件补齐。"
            )
    elif text[-1] not in _FINISHED and not _may_end_so(text):
        notes.broken_off(last.line, text[-30:], "文本在这里中断，句子没有结束，可能不完整。请对照原件补齐。")


def _ask_about_stops(placed: list[Placed], notes: Notes) -> None:
    for one in placed[:-1]:
        text = one.block.text
        if (
            one.block.type is BlockType.PARAGRAPH
            and len(text) >= 40
            and text[-1] not in _FINISHED + "；：，、"
        ):
            notes.ask(one.line, text[-20:], "这一段末尾没有标点，后面可能缺字。请对照原件核对。")


def _may_end_so(text: str) -> bool:
    imprint = (
        numbering.IMPRINT.fullmatch(text)
        or numbering.ANNEX_LIST.match(text)
        or numbering.LIST_ITEM.match(text)
    )
    return bool(imprint) or " | " in text


def _ask_about_annexes(result: Outline, notes: Notes) -> None:
    annexes = [one.block for one in result.placed if one.block.type is BlockType.ANNEX]
    # An untitled annex has its label (附件2) as its text.
    labels = [one.number or one.text for one in annexes]
    for number, title, line in result.announced:
        found = any(label.startswith("附件") and numeral(label[2:]) == int(number) for label in labels)
        alone = len(result.announced) == 1 and "附件" in labels
        if not found and not alone:
            notes.broken_off(line, title, f"正文列出附件{number}“{title}”，文本中没有。请补齐附件。")
        if promised := _FORMS_PROMISED.search(title):
            present = [label for label in labels if label.startswith(promised["form"])]
            count = numeral(promised["count"])
            if len(present) < count:
                shown = "、".join(present) or "没有"
                notes.broken_off(
                    line,
                    title,
                    f"附件{number}应有 {count} 个{promised['form']}，文本中只有 {len(present)} 个（{shown}）。请补齐。",
                )


def _ask_about_numbers(placed: list[Placed], notes: Notes) -> None:
    """Ask where a number does not follow the one before it at its level."""
    last: dict[int, int] = {}
    for one in placed:
        block = one.block
        if block.type is BlockType.ANNEX:
            last.clear()
        if not block.level or block.number is None or block.type is BlockType.ANNEX:
            continue
        number = _value(block.number)
        if number > 1 and number != last.get(block.level, 0) + 1:
            notes.ask(
                one.line,
                f"{block.number} {block.text[:20]}",
                f"序号“{block.number}”与前面的序号接不上，中间可能缺了内容或分段有误。请对照原件核对。",
            )
        last = {level: count for level, count in last.items() if level < block.level}
        last[block.level] = number


def _value(number: str) -> int:
    if number.isdecimal():
        return int(number)
    tens, ten, ones = number.partition("十")
    if not ten:
        return numeral(number)
    return (numeral(tens) if tens else 1) * 10 + (numeral(ones) if ones else 0)
