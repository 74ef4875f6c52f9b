"""Bytes and a name → sheets of cells, or a refusal that says what the file really is."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import PurePath

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from portal.exchange.sheets import archive
from portal.exchange.sheets.archive import Faults, refuse
from portal.exchange.sheets.results import UnreadableFile

Cell = str | int | float | bool | date | time | datetime | timedelta
Merge = tuple[tuple[int, int], tuple[int, int]]

MAX_BYTES = 30 * 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SUFFIXES = {
    ".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xls", ".et": "xls",
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".json": "json",
}  # fmt: skip
_CLAIMS = {"xlsx": "xlsx 工作簿", "xls": "xls 工作簿", "csv": "csv 文本", "json": "JSON 文本"}
_DELIMITERS = (",", "\t", ";", "；")

_BLANK: list[str] = []  # Shared by all blank rows of a text; rows are never changed in place.

# One cell may carry a long text (200,000 characters); Python's own limit is 131,072.
csv.field_size_limit(1_000_000)


@dataclass(frozen=True)
class Sheet:
    """One sheet: its cells from A1 on, merged ranges (0-based, inclusive), and cells whose value was lost.

    `spots` is filled for a form that was turned into a list: where each of its columns stands in the file.
    """

    name: str
    rows: list[list[Cell]]
    merges: tuple[Merge, ...] = ()
    faults: Faults = field(default_factory=dict)
    hidden: bool = False
    spots: tuple[tuple[int, int], ...] | None = None
    label_column: int = 0

    def spot(self, row: int, column: int) -> tuple[int, int]:
        """Return where in the file a cell stands, 0-based."""
        if self.spots is None or not 0 <= column < len(self.spots):
            return row, column
        place = self.spots[column]
        return place if row else (place[0], self.label_column)

    def at(self, row: int, column: int) -> Cell:
        """Return the cell, blank where the sheet has none."""
        if 0 <= row < len(self.rows) and 0 <= column < len(self.rows[row]):
            return self.rows[row][column]
        return ""

    @cached_property
    def _merges_by_row(self) -> dict[int, list[Merge]]:
        found: dict[int, list[Merge]] = defaultdict(list)
        for merge in self.merges:
            for row in range(merge[0][0], min(merge[1][0], len(self.rows)) + 1):
                found[row].append(merge)
        return found

    def merge_at(self, row: int, column: int) -> Merge | None:
        """Return the merged range that the cell is part of."""
        listed = self._merges_by_row.get(row, ())
        return next((one for one in listed if one[0][1] <= column <= one[1][1]), None)

    def origin(self, row: int, column: int) -> tuple[int, int]:
        """Return the cell that a merged cell shows, else the cell itself."""
        merge = self.merge_at(row, column)
        return merge[0] if merge else (row, column)


def form_of(data: bytes, filename: str) -> str:
    """Return "xlsx", "xls", "csv" or "json" when name and content agree, else raise `UnreadableFile`."""
    claimed = _SUFFIXES.get(PurePath(filename).suffix.lower())
    if claimed is None:
        raise refuse(
            f"不能读取“{filename}”这种文件", "请另存为 .xlsx（也可用 .xls、.csv、.tsv、.json）后再上传"
        )
    if not data:
        raise refuse(
            "文件是空的（0 字节），多半是没有传完或没有保存", "请打开原文件确认有内容，保存后重新上传"
        )
    if len(data) > MAX_BYTES:
        raise refuse(
            f"文件有 {len(data) / 1024 / 1024:.1f} MB，超过 30 MB 的上限",
            "请删去图片和无关的工作表，或分成几个文件上传",
        )
    if data.startswith(_OLE) and "EncryptedPackage".encode("utf-16-le") in data:
        raise refuse("文件设有打开密码，无法读取", "请在 Excel 中取消打开密码，保存后再上传")
    actual = _actual(data)
    if actual not in ("text", claimed) or (actual == "text") != (claimed in ("csv", "json")):
        shown = _CLAIMS.get(actual, "一段文字" if actual == "text" else actual)
        raise refuse(
            f"文件名以 {PurePath(filename).suffix} 结尾，内容却是{shown}，两者不一致",
            "请用 Excel 或 WPS 打开原文件，选“另存为”→“Excel 工作簿（.xlsx）”，再上传另存的文件",
        )
    return claimed


def _actual(data: bytes) -> str:
    """Return what the bytes are: one of the forms, "text", or a Chinese name of something else."""
    if data.startswith(_OLE):
        return "xls"
    if data.startswith(b"PK"):
        return _packed(data)
    for magic, name in (
        (b"%PDF", "PDF 文件"), (b"\x89PNG", "图片"), (b"\xff\xd8\xff", "图片"), (b"GIF8", "图片"),
        (b"Rar!", "RAR 压缩包"), (b"7z\xbc\xaf", "7z 压缩包"), (b"\x1f\x8b", "gzip 压缩包"), (b"{\\rtf", "RTF 文档"),
    ):  # fmt: skip
        if data.startswith(magic):
            return name
    head = data[:2000].lstrip(b"\xef\xbb\xbf \t\r\n\x00").replace(b"\x00", b"").lower()
    if re.match(rb"(\xff\xfe|\xfe\xff)?\s*(<!doctype html|<html|<head|<body|<table|<meta|<style)", head):
        return "网页（HTML）"
    if head.startswith(b"<?xml"):
        return "XML 文件"
    if head.startswith(b"mime-version:"):
        return "单个文件网页（MHT）"
    return "text"


def _packed(data: bytes) -> str:
    if b"xl/workbook.xml" in data:
        return "xlsx"
    for mark, name in (
        (b"word/document.xml", "Word 文档"), (b"ppt/presentation.xml", "演示文稿"), (b"xl/workbook.bin", "xlsb 工作簿"),
        (b"opendocument.spreadsheet", "ODS 表格"), (b"content.xml", "OpenDocument 文档"),
    ):  # fmt: skip
        if mark in data:
            return name
    return "不含工作簿的压缩包或已损坏的文件"


def open_sheets(data: bytes, filename: str, form: str, recognised: Callable[[list[str]], int]) -> list[Sheet]:
    """Return the sheets of a workbook or of a delimited text.

    `recognised` counts the known headers of a row; with it the delimiter of a
    text is chosen.
    """
    if form == "csv":
        return [Sheet(PurePath(filename).stem[:31] or "数据", _delimited(decode(data), recognised))]
    if form == "xlsx":
        faults = archive.inspect_xlsx(data)
        return _workbook(data, lambda _: _faults_by_name(data, faults))
    from olefile import OleFileIO  # Only old workbooks (xls) need it.

    with _parser_errors(), OleFileIO(io.BytesIO(data)) as compound:
        name = next((one for one in ("Workbook", "Book") if compound.exists(one)), None)
        stream = compound.openstream(name).read() if name else None
    if stream is None:
        raise refuse("文件里没有 Excel 工作簿（可能是 Word 文档）", "请上传 Excel 表格文件")
    listed = archive.inspect_xls(stream)
    return _workbook(data, lambda book: dict(zip(book.sheet_names, listed, strict=False)))


@contextmanager
def _parser_errors() -> Iterator[None]:
    """Turn whatever a parser throws at a broken file into the refusal of the file."""
    try:
        yield
    except UnreadableFile:
        raise
    except PasswordError as locked:
        raise refuse("文件设有打开密码，无法读取", "请在 Excel 中取消打开密码，保存后再上传") from locked
    except BaseException as broken:
        # A Rust panic arrives as PanicException, which is no Exception; real interrupts pass.
        if isinstance(broken, Exception) or type(broken).__name__ == "PanicException":
            raise refuse(
                "文件已损坏，读取中途出错", "请在 Excel 或 WPS 中打开原文件，另存为新的 .xlsx 文件后再上传"
            ) from broken
        raise


def _workbook(data: bytes, faults_of: Callable[[CalamineWorkbook], dict[str, Faults]]) -> list[Sheet]:
    with _parser_errors():
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        faults = faults_of(book)
        sheets = []
        filled = 0
        for index, about in enumerate(book.sheets_metadata):
            if about.typ != SheetTypeEnum.WorkSheet:
                continue
            found = book.get_sheet_by_index(index)
            if found.end:
                archive.check_area(found.end[0] + 1, found.end[1] + 1, archive.MAX_AREA)
            rows: list[list[Cell]] = [list(row) for row in found.to_python(skip_empty_area=False)]
            filled += _count_filled(rows)
            archive.check_size(filled)
            hidden = about.visible != SheetVisibleEnum.Visible
            merges = tuple(found.merged_cell_ranges or ())
            merged = sum(max(0, min(bottom, len(rows)) - top + 1) for (top, _), (bottom, _) in merges)
            archive.check_area(merged, 1, archive.MAX_AREA)
            sheets.append(Sheet(about.name, rows, merges, faults.get(about.name, {}), hidden))
    if not sheets:
        raise refuse("工作簿里没有任何工作表", "请确认上传的是填好的表格")
    return sheets


def _count_filled(rows: list[list[Cell]]) -> int:
    """Count the rows that hold something; refuse a sheet that is wider than any real table."""
    count = 0
    for row in rows:
        last = next((index for index in range(len(row) - 1, -1, -1) if row[index] != ""), -1)
        archive.check_size(0, last + 1)
        count += last >= 0
    return count


def _faults_by_name(data: bytes, faults: dict[str, Faults]) -> dict[str, Faults]:
    """Tell the parts' faults by sheet name, through the workbook's own relations."""
    targets = {}
    for tag in re.findall(
        r"<(?:\w+:)?Relationship\s[^>]*>", archive.part_text(data, "xl/_rels/workbook.xml.rels")
    ):
        target = _attribute(tag, "Target").lstrip("/")
        targets[_attribute(tag, "Id")] = target if target.startswith("xl/") else f"xl/{target}"
    found = {}
    for tag in re.findall(r"<(?:\w+:)?sheet\s[^>]*>", archive.part_text(data, "xl/workbook.xml")):
        part = targets.get(_attribute(tag, r"\w+:id"), "")
        found[_unescape(_attribute(tag, "name"))] = faults.get(part, {})
    return found


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"""\s{name}\s*=\s*["']([^"']*)["']""", tag)
    return found[1] if found else ""


def _unescape(text: str) -> str:
    for code, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(code, sign)
    return text


def decode(data: bytes) -> str:
    """Decode a text file: UTF-8, UTF-16 or GB18030 (which holds GBK), else refuse it."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        attempts = ["utf-16"]
    elif 0 in data[:4000]:
        # UTF-16 without a mark: the zero byte of an ASCII sign comes first in big-endian text.
        attempts = ["utf-16-be" if data[:4000:2].count(0) > data[1:4000:2].count(0) else "utf-16-le"]
    else:
        attempts = ["utf-8-sig", "gb18030"]
    for encoding in attempts:
        try:
            text = data.decode(encoding)
        except UnicodeError:
            continue
        if "\x00" not in text:
            return text
    raise refuse(
        "文件的文字编码无法识别，或文件其实不是文本",
        "请在 Excel 中选“另存为”→“CSV UTF-8”，或另存为 .xlsx 后再上传",
    )


def _delimited(text: str, recognised: Callable[[list[str]], int]) -> list[list[Cell]]:
    """Split by the delimiter under which most headers are known; ties go to the more common delimiter."""

    def known(delimiter: str) -> int:
        return max((recognised(row[: archive.MAX_COLUMNS]) for row in _split(text, delimiter, 20)), default=0)

    best = max(_DELIMITERS, key=known)
    return [[_unquoted(cell) for cell in row] for row in _split(text, best, None)]


def _split(text: str, delimiter: str, limit: int | None) -> Iterator[list[str]]:
    filled = 0
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1):
            if limit is not None:
                if number > limit:
                    return
                yield row
                continue
            # Excel writes rows of nothing but delimiters below a formatted table: they take no room here.
            kept = row if any(row) else _BLANK
            filled += kept is not _BLANK
            archive.check_size(filled, len(kept))
            archive.check_area(number, 1, archive.MAX_AREA)
            yield kept
    except csv.Error as broken:
        if limit is None:
            raise refuse(
                "csv 文本的引号或换行不成对，无法分出各列", "请用 Excel 打开后另存为 .xlsx 再上传"
            ) from broken


def _unquoted(cell: str) -> str:
    """Undo the apostrophe that keeps a spreadsheet from running a cell as a formula."""
    return cell[1:] if re.match(r"'[=+\-@\t\r＝＋－＠']", cell) else cell
