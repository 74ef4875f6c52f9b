"""Joins what page breaks cut, and parts headings that were glued into the running text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from portal.exchange.regulations.patterns import NUMERALS, SENTENCE_END
from portal.exchange.regulations.results import Notes
from portal.exchange.regulations.rows import Row

_PAGE = re.compile(r"(\d{1,3})、\s*")
_PAGE_OF_TEXT = (
    60  # A page of running text is at least this long; an item of a list that lacks its stop is shorter.
)
_LONGEST_HEADING = 60
_MARK = re.compile(
    rf"(?<=[{SENTENCE_END}”])\s*(?:(?P<one>[{NUMERALS}]{{1,3}})、|[（(](?P<two>[{NUMERALS}]{{1,3}})[)）])"
)
_AT_START = re.compile(rf"(?:(?P<one>[{NUMERALS}]{{1,3}})、|[（(](?P<two>[{NUMERALS}]{{1,3}})[)）])")


def without_page_numbers(rows: list[Row], notes: Notes) -> list[Row]:
    """Join the pages of a preview whose numbers (1、 2、 …) stand at the front of its paragraphs.

    A list is numbered alike. They are pages when their numbers run on without
    anything between them and most breaks fall in the middle of a sentence.
    """
    result: list[Row] = []
    at = 0
    while at < len(rows):
        run = _numbered_run(rows, at)
        if _are_pages(run):
            result.append(_joined(run, notes))
            at += len(run)
        else:
            result.append(rows[at])
            at += 1
    return result


def _numbered_run(rows: list[Row], start: int) -> list[Row]:
    run: list[Row] = []
    for at in range(start, len(rows)):
        row = rows[at]
        found = _PAGE.match(row.text)
        if not found or int(found[1]) != len(run) + 1:
            break
        run.append(row)
    return run


def _are_pages(run: list[Row]) -> bool:
    cut = [
        row
        for row in run[:-1]
        if len(row.text) >= _PAGE_OF_TEXT and row.text[-1] not in SENTENCE_END + "；;：:”）)"
    ]
    if len(run) == 2:
        return bool(cut) and len(run[0].text) >= 200
    return len(run) > 2 and len(cut) * 10 >= (len(run) - 1) * 6


def _joined(run: list[Row], notes: Notes) -> Row:
    whole: Row | None = None
    for row in run:
        found = _PAGE.match(row.text)
        assert found is not None  # noqa: S101 - the run is made of matching rows.
        notes.remove(row.line, row.raw[: found.end()], "预览页的页码，夹在正文里")
        body = row.part(found.end())
        if whole is None:
            whole = body
            continue
        _ask_about_number(whole.text, body, found[1], notes)
        whole = whole.joined(body)
    assert whole is not None  # noqa: S101 - a run of pages has at least two rows.
    return whole


def _ask_about_number(before: str, body: Row, page: str, notes: Notes) -> None:
    left, right = re.search(r"\d+$", before), re.match(r"\d+", body.text)
    if left and right:
        tail, ahead = before[-12 : -len(left[0])], body.text[right.end() : right.end() + 6]
        notes.ask(
            body.line,
            f"{tail}{left[0]}{right[0]}{ahead}",
            f"第 {page} 页的页码把数字切成“{left[0]}”和“{right[0]}”，已接成“{left[0]}{right[0]}”。请对照原件核对。",
        )


def with_headings_parted(rows: list[Row], notes: Notes) -> list[Row]:
    """Part a row in front of a heading that stands behind a finished sentence and is the next in number."""
    result: list[Row] = []
    counts = {"one": 0, "two": 0}
    for row in rows:
        pieces = list(_parted(row, counts, notes))
        if len(pieces) > 1 or len(row.marks) > 1:
            pieces = [part for piece in pieces for part in _heading_and_body(piece, notes)]
        _ask_about_lost_paragraphs(pieces, notes)
        result += pieces
    return result


def _parted(row: Row, counts: dict[str, int], notes: Notes) -> Iterator[Row]:
    start = 0
    if found := _AT_START.match(row.text):
        _count(found, counts)
    for found in _MARK.finditer(row.text):
        level = "one" if found["one"] else "two"
        if _number(found[level]) == counts[level] + 1:
            _count(found, counts)
            yield row.part(start, found.start()).trimmed()
            start = found.start()
        elif level == "one":
            shown = row.text[found.start() : found.end() + 16].strip()
            notes.ask(
                row.line_at(found.end() - 1),
                shown,
                "像是粘在正文里的标题，但序号接不上，没有拆开。请对照原件分段。",
            )
    yield row.part(start).trimmed()


def _count(found: re.Match[str], counts: dict[str, int]) -> None:
    if found["one"]:
        counts["one"], counts["two"] = _number(found["one"]), 0
    else:
        counts["two"] = _number(found["two"])


def _number(numeral: str) -> int:
    """Read 一 … 九十九; another order of numerals gives a number that continues nothing."""
    tens, ten, ones = numeral.partition("十")
    if not ten:
        return NUMERALS.find(numeral) + 1 if len(numeral) == 1 else -1
    return (NUMERALS.find(tens) + 1 if tens else 1) * 10 + (NUMERALS.find(ones) + 1 if ones else 0)


def _heading_and_body(row: Row, notes: Notes) -> Iterator[Row]:
    """Part a glued heading from its text at the last blank before the first full stop.

    Such a blank is where a line ended; without one nothing is parted.
    """
    mark = _AT_START.match(row.text)
    stop = re.search(rf"[{SENTENCE_END}；;]", row.text)
    blank = row.text.rfind(" ", 0, stop.start() if stop else len(row.text))
    if not mark or not mark["one"] or not mark.end() < blank <= _LONGEST_HEADING:
        yield row
        return
    heading = row.part(0, blank).trimmed()
    spaces = [found.span() for found in re.finditer(r"\s+", heading.text)]
    heading = heading.without(spaces)
    notes.ask(
        heading.line_at(0), heading.text, "标题原与正文连在一行，已按空格拆开。请对照原件核对标题的起止。"
    )
    yield heading
    yield row.part(blank).trimmed()


def _ask_about_lost_paragraphs(pieces: list[Row], notes: Notes) -> None:
    for piece in pieces:
        if len(piece.text) > 400 and len(piece.marks) > 1:
            starts = re.findall(rf"[{SENTENCE_END}”]([一二三四五六七八九]是.{{0,6}})", piece.text)
            shown = "；".join(starts) or piece.text[:30]
            notes.ask(
                piece.line,
                shown,
                f"这一段有 {len(piece.text)} 字，由预览页拼接而成，原有分段已经丢失，没有再拆。请对照原件分段。",
            )
