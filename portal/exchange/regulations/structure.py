"""Makes blocks of rows: salutation, headings, numbered paragraphs, annexes, signatures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from portal.domain.documents.regulation import Block, BlockType
from portal.exchange.regulations import numbering
from portal.exchange.regulations.patterns import GENRE, NUMERALS, SENTENCE_END
from portal.exchange.regulations.results import Notes
from portal.exchange.regulations.rows import Row

_HEADING_MAX = {1: 80, 2: 60, 3: 40, 4: 40}
# A first sentence no longer than this is the heading of its paragraph: 1、制定方案。深入调研……
_RUN_IN_MAX = {1: 60, 2: 60, 3: 20, 4: 20}
_BARE_MAX = 30
_CLOSING = SENTENCE_END + "…；;：:，,、。"
_SALUTATION = re.compile(r"[^。！？；]{2,120}[：:]")
_ADDRESSED = re.compile(r"各|有关|同志|政府|党委|办公室|局|部门|单位|委员会")


@dataclass(frozen=True)
class Placed:
    """A block and the source line it begins on."""

    block: Block
    line: int


@dataclass
class Outline:
    """The blocks so far, with what the text says of itself at its end."""

    placed: list[Placed] = field(default_factory=list)
    issuers: list[str] = field(default_factory=list)
    signed_on: date | None = None
    announced: list[tuple[str, str, int]] = field(default_factory=list)

    def add(self, row: Row, kind: BlockType, text: str, *, level: int = 0, number: str | None = None) -> None:
        """Append a block."""
        clean = re.sub(r"\s+", " ", text).strip()
        if clean:
            self.placed.append(Placed(Block(type=kind, level=level, number=number, text=clean), row.line))

    def has(self, kind: BlockType) -> bool:
        """Say whether such a block has come already."""
        return any(one.block.type is kind for one in self.placed)


def outline(rows: list[Row], notes: Notes) -> Outline:
    """Return the blocks of the text, in reading order."""
    result = Outline()
    signature = _signature_rows(rows)
    at = 0
    while at < len(rows):
        if at in signature:
            _sign(rows[at], result, notes)
            at += 1
        elif taken := _annex(rows, at, result) or _annex_list(rows, at, result):
            at += taken
        else:
            _paragraph(rows, at, result)
            at += 1
    return result


def _signature_rows(rows: list[Row]) -> set[int]:
    """Find the names of units above a date that stands alone; without a date, the names that end the text."""
    begun = False
    for at, row in enumerate(rows):
        found = numbering.DATED.fullmatch(row.text)
        if begun and found and (not found["units"] or numbering.are_units(found["units"])):
            return set(range(_first_unit(rows, at), at + 1))
        begun = begun or len(row.text) > 40 or row.text[-1] in SENTENCE_END
    first = _first_unit(rows, len(rows))
    ends = 0 < first < len(rows) and rows[first - 1].text[-1] in SENTENCE_END
    return set(range(first, len(rows))) if ends else set()


def _first_unit(rows: list[Row], end: int) -> int:
    first = end
    while first > 0 and end - first < 6 and numbering.are_units(rows[first - 1].text):
        first -= 1
    return first


def _sign(row: Row, result: Outline, notes: Notes) -> None:
    result.add(row, BlockType.SIGNATURE, row.text)
    dated = numbering.DATED.fullmatch(row.text)
    names = dated["units"] if dated else row.text
    names = re.sub(r"[（(](?:印章|盖章|公章)[)）]$", "", names.strip())
    result.issuers += [one for one in re.split("[ 、]+", names) if one]
    if dated:
        try:
            result.signed_on = numbering.read_chinese_day(dated["day"])
        except ValueError as wrong:
            notes.ask(row.line, row.text, f"落款日期读不出来：{wrong}")


def _annex(rows: list[Row], at: int, result: Outline) -> int:
    """Take the start of an annex with its title, which may run over several rows; return the rows taken."""
    row = rows[at]
    form = numbering.FORM.fullmatch(row.text)
    found = form or numbering.ANNEX.fullmatch(row.text)
    if not found or not _starts_annex(found, result, is_form=bool(form)):
        return 0
    taken, title = 1, found["title"].strip()
    if not title:
        while taken < 4 and at + taken < len(rows) and _may_be_title(rows[at + taken].text):
            title += rows[at + taken].text
            taken += 1
            if re.search(GENRE + "$", title):
                break
    label = re.sub(r"\s", "", found["label"])
    result.add(row, BlockType.ANNEX, title or label, level=2 if form else 1, number=label if title else None)
    return taken


def _starts_annex(found: re.Match[str], result: Outline, *, is_form: bool) -> bool:
    title = found["title"]
    if not title or is_form:
        return True
    # 附件：某某 before the signature announces an annex; behind it, the annex begins.
    announced = result.has(BlockType.SIGNATURE) or result.has(BlockType.ANNEX)
    return announced and len(title) <= 60 and title[-1] not in _CLOSING


def _may_be_title(text: str) -> bool:
    numbered = numbering.level_of(text) or numbering.FORM.fullmatch(text) or numbering.ANNEX.fullmatch(text)
    return len(text) <= 40 and text[-1] not in _CLOSING and not numbered


def _annex_list(rows: list[Row], at: int, result: Outline) -> int:
    """Take the list 附件：1、… 2、… that announces annexes; return the rows taken."""
    found = numbering.ANNEX_LIST.fullmatch(rows[at].text)
    if not found:
        return 0
    taken = 0
    while found:
        row = rows[at + taken]
        result.announced.append((found["number"], found["title"], row.line))
        result.add(row, BlockType.PARAGRAPH, row.text)
        taken += 1
        if at + taken >= len(rows):
            break
        found = numbering.LIST_ITEM.fullmatch(rows[at + taken].text)
        if found and int(found["number"]) != taken + 1:
            break
    return taken


def _paragraph(rows: list[Row], at: int, result: Outline) -> None:
    row = rows[at]
    if (chapter := numbering.CHAPTER.match(row.text)) and len(row.text) <= _BARE_MAX:
        result.add(row, BlockType.HEADING, row.text, level=2 if chapter[1] == "节" else 1)
        return
    if numbered := numbering.level_of(row.text):
        _numbered(row, *numbered, result)
    elif not result.placed and _SALUTATION.fullmatch(row.text) and _ADDRESSED.search(row.text):
        result.add(row, BlockType.SALUTATION, row.text)
    elif _is_bare_heading(rows, at):
        result.add(row, BlockType.HEADING, row.text, level=1)
    else:
        result.add(row, BlockType.PARAGRAPH, row.text)


def _numbered(row: Row, level: int, number: str, text: str, result: Outline) -> None:
    """Add a numbered row: a heading, a heading with its paragraph behind it, or a numbered paragraph."""
    stop = re.search(rf"[{SENTENCE_END}；;]", text)
    whole = stop is None or stop.end() == len(text)
    ended = bool(stop)
    if whole and len(text) <= _HEADING_MAX[level] and (level < 3 or not ended) and text[-1] not in "；;，,、":
        result.add(row, BlockType.HEADING, text, level=level, number=number)
    elif not whole and stop and stop.group() not in "；;" and stop.end() <= _RUN_IN_MAX[level]:
        result.add(row, BlockType.HEADING, text[: stop.end()], level=level, number=number)
        result.add(row, BlockType.PARAGRAPH, text[stop.end() :])
    else:
        result.add(row, BlockType.PARAGRAPH, text, level=level, number=number)


def _is_bare_heading(rows: list[Row], at: int) -> bool:
    """Say whether a short row without stops, between finished text and a full paragraph, is a heading."""
    text = rows[at].text
    if (
        len(text) > _BARE_MAX
        or re.search("[。！？；：，、,;:|]", text.strip("“”"))
        or numbering.IMPRINT.fullmatch(text)
    ):
        return False
    if at == 0 or rows[at - 1].text[-1] not in SENTENCE_END + "”）":
        return False
    return at + 1 < len(rows) and len(rows[at + 1].text) >= 60


def bare_tail(rows: list[Row]) -> int:
    """Return where the short unfinished rows at the very end begin; `len(rows)` when there are none.

    Forms often carry such rows; in a running text they are headings whose text is missing.
    """
    first = len(rows)
    while first > 0 and _is_unfinished(rows[first - 1].text):
        first -= 1
    follows_text = first > 0 and rows[first - 1].text[-1] in SENTENCE_END
    return first if follows_text else len(rows)


def _is_unfinished(text: str) -> bool:
    known = (
        numbering.level_of(text)
        or numbering.ANNEX_LIST.match(text)
        or numbering.ANNEX.fullmatch(text)
        or numbering.FORM.fullmatch(text)
        or numbering.IMPRINT.fullmatch(text)
        or numbering.DATED.fullmatch(text)
        or " | " in text
    )
    return len(text) <= 40 and text[-1] not in SENTENCE_END + "…；：）》”" and not known


def numeral(text: str) -> int:
    """Read 3 or 三; 0 for anything else."""
    if text.isdecimal():
        return int(text)
    return NUMERALS.find(text) + 1 if len(text) == 1 else 0
