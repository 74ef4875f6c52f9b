"""The head of the text: its title, its own document number, who issued it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from pathlib import PurePath

from portal.domain.values import fold
from portal.exchange.regulations.files import shown_name
from portal.exchange.regulations.numbering import CHAPTER, DATE_LINE, level_of, read_chinese_day
from portal.exchange.regulations.patterns import GENRE, HAN, TITLE_TAILS, UNIT
from portal.exchange.regulations.results import Notes
from portal.exchange.regulations.rows import Row

_LONGEST_TITLE = 80
_NUMBER = rf"(?P<name>[{HAN}]{{1,14}})\s*[〔\[［【（(](?P<year>\d{{4}})[〕\]］】）)]\s*第?\s*0*(?P<no>\d{{1,5}})\s*号"
_OWN_NUMBER = re.compile(rf"(?:(?:发文字号|文号|文件编号)\s*[:：]\s*)?[（(]?{_NUMBER}[)）]?")
_DATE_LABEL = re.compile(r"(?:成文日期|印发日期|生成日期)\s*[:：]\s*(?P<day>\S{8,12})")
_LETTERHEAD = re.compile(rf"(?P<unit>{UNIT})\s*文件")
_PREFIX = re.compile(rf"(?P<units>{UNIT}(?:[ 、]+{UNIT})*)\s*(?=关于)")
_ENDS = "。！？；：，:;,!?"


@dataclass
class Head:
    """What the head of a text says. `rows` are the rows that remain."""

    title: str = ""
    doc_no: str | None = None
    issued_on: date | None = None
    units: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


def read_head(rows: list[Row], stems: list[str], filename: str, notes: Notes) -> Head:
    """Take the head off the rows. `stems` are file names that a document library wrote on its page."""
    head = Head()
    length = _head_length(rows)
    top = [row for row in rows[:length] if not _is_fact(row, head, notes)]
    head.rows = rows[length:]
    if top:
        rest = _title_of(top, head)
        kept = []
        for row in rest:
            if fold(row.text) == fold(head.title):
                notes.remove(row.line, row.raw, "重复的标题")
            else:
                kept.append(row)
        head.rows = kept + head.rows
        _drop_prefix(head, top[0], notes)
    elif head.rows:
        _title_in_text(head, stems, notes)
    if not head.title:
        _make_title(head, stems, filename, notes)
    return head


def _head_length(rows: list[Row]) -> int:
    for at, row in enumerate(rows):
        text = row.text
        if DATE_LINE.fullmatch(text) or _OWN_NUMBER.fullmatch(text) or _DATE_LABEL.fullmatch(text):
            continue
        if len(text) > _LONGEST_TITLE or text[-1] in _ENDS or level_of(text) or CHAPTER.match(text):
            return at
        if at >= 8:
            # A text of short lines alone: only its first line can be the title.
            return 1
    return min(1, len(rows))


def _is_fact(row: Row, head: Head, notes: Notes) -> bool:
    """Take a line that is wholly a document number, a letterhead or a date label."""
    if found := _OWN_NUMBER.fullmatch(row.text):
        head.doc_no = f"{found['name']}〔{found['year']}〕{found['no']}号"
        notes.remove(row.line, row.raw, "本文件的文号，已录入文号栏")
    elif found := _LETTERHEAD.fullmatch(row.text):
        head.units.append(found["unit"])
        notes.remove(row.line, row.raw, "红头（发文机关标志），已录入发文机关栏")
    elif found := _DATE_LABEL.fullmatch(row.text):
        try:
            head.issued_on = read_chinese_day(found["day"])
        except ValueError as wrong:
            notes.ask(row.line, row.text, str(wrong))
        notes.remove(row.line, row.raw, "网页信息栏中的成文日期，已录入成文日期栏")
    else:
        return False
    return True


def _title_of(top: list[Row], head: Head) -> list[Row]:
    """Set the title from the first rows; return those that are no part of it."""
    parts: list[Row] = []
    for at, row in enumerate(top[:4]):
        parts.append(row)
        text = "".join(one.text for one in parts)
        if re.search(GENRE + r"(?:[（(].{1,12}[)）])?$", text) and len(text) <= 150:
            head.title = text
            return top[at + 1 :]
        if at + 1 < len(top) and fold(top[at + 1].text) == fold(parts[0].text):
            break
    head.title = top[0].text
    return top[1:]


def _drop_prefix(head: Head, row: Row, notes: Notes) -> None:
    """Take unit names off the front of 某某办公室 某某办公室关于…的意见."""
    found = _PREFIX.match(head.title)
    if not found:
        return
    names = re.split("[ 、]+", found["units"])
    head.units += names
    # A single full name, such as 某县人民政府关于…, is part of an official title.
    if len(names) < 2:
        return
    head.title = head.title[found.end() :]
    notes.remove(row.line, row.raw[: len(found["units"])], "标题前的发文机关名称，已另行识别发文机关")


def _title_in_text(head: Head, stems: list[str], notes: Notes) -> None:
    """Find titles that were glued to the front of the first paragraph, apart by blanks."""
    row = head.rows[0]
    found: list[tuple[int, int]] = []
    start = 0
    for blank in re.finditer(r"\s+", row.text):
        piece = row.text[start : blank.start()]
        if not 4 <= len(piece) <= _LONGEST_TITLE or re.search("[。！？；，,;!?]", piece):
            break
        found.append((start, blank.start()))
        start = blank.end()
    titles = [row.text[a:b] for a, b in found]
    known = stems or titles[:1]
    alike = [at for at, title in enumerate(titles) if any(_alike(title, one) for one in known)]
    if not alike or (not stems and len(alike) < 2):
        return
    last = alike[-1]
    head.title = titles[last]
    for at in range(last):
        notes.remove(row.line, row.raw[slice(*found[at])], "重复的标题（网站所加）")
    head.rows = [row.part(found[last][1]).trimmed(), *head.rows[1:]]
    others = list(dict.fromkeys(one for one in titles[:last] if one != head.title))
    if others:
        notes.ask(
            row.line,
            "；".join([*others, head.title]),
            f"标题有几种写法，采用紧接正文的“{head.title}”。请对照原件确认。",
        )


def _alike(one: str, other: str) -> bool:
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= 0.7


def _make_title(head: Head, stems: list[str], filename: str, notes: Notes) -> None:
    """Give a title to a text that has none, and ask."""
    named = shown_name(filename)
    named = "" if re.search(r"[0-9a-f]{12}", named) else PurePath(named).stem
    first = next((found[2] for row in head.rows if (found := level_of(row.text)) and found[0] == 1), "")
    first = re.sub(rf"{TITLE_TAILS}$", "", re.split("[。；;]", first)[0].strip(_ENDS))
    whole = "".join(row.text for row in head.rows[:1])
    sources = (
        (next(iter(stems), ""), "文库网站的文件名"),
        (named if len(re.findall(f"[{HAN}]", named)) >= 6 else "", "文件名"),
        (first, "第一个标题"),
        (re.split("[。！？；]", whole)[0][:40], "第一句话"),
    )
    title, origin = next(((text, origin) for text, origin in sources if text), ("未命名的制度文件", "无"))
    head.title = title[:150].strip()
    notes.ask(
        head.rows[0].line if head.rows else 1,
        head.title,
        f"原文没有标题，暂按{origin}拟为“{head.title}”。请填写文件的正式标题。",
    )
