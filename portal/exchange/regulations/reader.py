"""From the bytes of a file to a 制度文件 with everything that a person must confirm."""

from __future__ import annotations

import re
from datetime import date

from pydantic import ValidationError

from portal.domain.documents.regulation import Block, BlockType, Regulation
from portal.exchange.regulations import cleaning, paging, wording
from portal.exchange.regulations.completeness import ask_whether_whole
from portal.exchange.regulations.files import read_lines, shown_name
from portal.exchange.regulations.heading import Head, read_head
from portal.exchange.regulations.numbering import read_chinese_day
from portal.exchange.regulations.results import Notes, RegulationReading, UnreadableFile
from portal.exchange.regulations.rows import Row
from portal.exchange.regulations.structure import Outline, bare_tail, outline

_IN_FORCE_FROM = re.compile(r"本[^，。；]{0,12}自(?P<day>\d{4}年\d{1,2}月\d{1,2}日)起(?:施行|执行|实施)")
_ABSTRACT = 200


def read_regulation(data: bytes, filename: str) -> RegulationReading:
    """Read a .txt, .docx or .pdf file as a rule text, or raise `UnreadableFile`.

    Headings and numbered paragraphs carry their bare number (一, 1) apart from
    their text, with the level that says how it is written; an annex carries
    its label (附件1, 模本一). The title stands in the document's head only.
    """
    notes = Notes()
    lines, what = read_lines(data, filename)
    rows = cleaning.rows_of(lines, notes)
    rows, stems = cleaning.without_debris(rows, notes)
    if not rows:
        raise UnreadableFile(
            "文件里只有网页附着内容（导航、版权、广告等），没有正文。请打开原网页，复制正文后重新上传。"
        )
    rows = paging.without_page_numbers(rows, notes)
    rows = wording.full_width(rows, notes)
    head = read_head(rows, stems, filename, notes)
    if not any(row.text for row in head.rows):
        raise UnreadableFile(f"文件里只有标题“{head.title[:60]}”，没有正文。请确认文件完整后重新上传。")
    rows = paging.with_headings_parted([row for row in head.rows if row.text], notes)
    wording.ask_about_pairs(rows, notes)
    wording.ask_about_words(rows, notes)
    try:
        body = _outlined(rows, notes)
        ask_whether_whole(body, notes)
        return _reading(head, body, notes, filename=filename, what=what)
    except ValidationError as wrong:
        raise UnreadableFile(
            "文件内容不符合制度文件的格式要求（某一段过长，或日期超出范围）。请检查原文件，分段后重新上传。"
        ) from wrong


def _outlined(rows: list[Row], notes: Notes) -> Outline:
    """Outline the rows; short rows that the text breaks off with are a heading and what is left under it."""
    tail = bare_tail(rows)
    whole = outline(rows, Notes())
    if tail == len(rows) or whole.placed[-1].block.type in (BlockType.SIGNATURE, BlockType.ANNEX):
        return outline(rows, notes)
    result = outline(rows[:tail], notes)
    for at, row in enumerate(rows[tail:]):
        kind = BlockType.PARAGRAPH if at else BlockType.HEADING
        result.add(row, kind, row.text, level=0 if at else 1)
    shown = "；".join(row.text for row in rows[tail:])
    notes.broken_off(
        rows[tail].line, shown, f"文本到“{rows[tail].text}”就中断了，下面没有内容，不完整。请对照原件补齐。"
    )
    return result


def _reading(head: Head, body: Outline, notes: Notes, *, filename: str, what: str) -> RegulationReading:
    issuers = list(dict.fromkeys(body.issuers or head.units))
    first, last = body.placed[0].line, body.placed[-1].line
    issued_on = _date_of_issue(head, body, notes, last)
    if not issuers:
        notes.ask(last, "", "没有找到发文机关（落款）。请对照原件填写；不是正式发文的，请确认。")
    removed = f"去除非正文内容 {len(notes.removed)} 处" if notes.removed else "未去除任何内容"
    whole = "，文本不完整" if notes.incomplete else ""
    blocks = tuple(one.block for one in body.placed)
    document = Regulation(
        title=head.title,
        doc_no=head.doc_no,
        issued_on=issued_on,
        issuer=issuers[0] if issuers else None,
        co_issuers="、".join(issuers[1:]) or None,
        effective_from=_effective_from(blocks, notes, first),
        abstract=_abstract(blocks),
        provenance=f"导入自{what}“{shown_name(filename)}”，已{removed}{whole}，待人工确认。".replace(
            "已未", "未"
        ),
        incomplete=notes.incomplete,
        blocks=blocks,
    )
    return notes.finish(document)


def _date_of_issue(head: Head, body: Outline, notes: Notes, last: int) -> date | None:
    if body.signed_on and head.issued_on and body.signed_on != head.issued_on:
        notes.ask(
            last, str(head.issued_on), f"落款日期 {body.signed_on} 与文前日期不同，采用落款日期。请确认。"
        )
    found = body.signed_on or head.issued_on
    if found is None:
        notes.ask(last, "", "没有找到成文日期。请对照原件填写；查不到的，请在备注中说明。")
    return found


def _effective_from(blocks: tuple[Block, ...], notes: Notes, line: int) -> date | None:
    """Return the day that the text itself says it applies from, when it names one and only one."""
    days: set[date] = set()
    for block in blocks:
        if block.type is BlockType.ANNEX:
            break
        for found in _IN_FORCE_FROM.finditer(block.text):
            try:
                days.add(read_chinese_day(found["day"]))
            except ValueError as wrong:
                notes.ask(line, found.group(), f"施行日期读不出来：{wrong}")
    if len(days) > 1:
        notes.ask(line, "", "文中出现几个施行日期，没有填写。请对照原件确认本文件的施行日期。")
    return days.pop() if len(days) == 1 else None


def _abstract(blocks: tuple[Block, ...]) -> str | None:
    """Return the first sentences that say something, cut at a comma when they are long."""
    text = next((one.text for one in blocks if one.type is BlockType.PARAGRAPH and len(one.text) >= 20), None)
    if text is None:
        return None
    # A sentence that is no more than a motto takes the next one with it.
    found = re.match(r".{30,}?[。！？]”?", text) or re.match(r".+[。！？]”?", text)
    sentence = found.group() if found else text
    if len(sentence) <= _ABSTRACT:
        return sentence
    cut = sentence.rfind("，", 0, _ABSTRACT - 1)
    return sentence[: cut if cut > 40 else _ABSTRACT - 1] + "…"
