"""Looks at a workbook's bytes before a parser may: bombs, false dimensions, entities, lost values.

python-calamine shows a formula error as a blank cell, so the error cells (and
the formulas that were never calculated) are found here too.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from portal.exchange.sheets.results import UnreadableFile, column_index

MAX_UNPACKED = 200 * 1024 * 1024
MAX_PARTS = 2_000
MAX_AREA = 2_000_000  # Rows times columns that really hold something.
MAX_ROWS = 50_000  # Rows that hold something, in all sheets together.
MAX_COLUMNS = 500
MAX_DECLARED_AREA = 20_000_000  # A whole sheet is 17,179,869,184; a few whole columns are an honest habit.
_RATIO_FLOOR = 20 * 1024 * 1024
_MAX_RATIO = 200  # Real sheets pack 10 to 60 times.
_PIECE = 1 << 20

UNCALCULATED = "公式未计算"
Faults = dict[tuple[int, int], str]  # (0-based row, 0-based column) → the error text.

_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_TAG = re.compile(rb"<(?:\w+:)?(row|c|dimension)((?:\s[^<>]*)?)>")
_ATTRIBUTE = re.compile(rb"""\s(r|t|ref)\s*=\s*["']([^"']*)["']""")
_PLACE = re.compile(rb"\$?([A-Z]{1,3})\$?(\d{1,7})")
_CELL_END = re.compile(rb"</(?:\w+:)?c\s*>")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>([^<]*)")


def refuse(what: str, remedy: str) -> UnreadableFile:
    """Return the refusal of a whole file, for raising."""
    return UnreadableFile(f"{what}。{remedy}。")


def inspect_xlsx(data: bytes) -> dict[str, Faults]:
    """Refuse a dangerous or broken archive; return the error cells by part name (`xl/worksheets/sheet1.xml`)."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (
        zipfile.BadZipFile,
        ValueError,
        OSError,
        NotImplementedError,
        struct.error,
        UnicodeError,
    ) as broken:
        raise _broken() from broken
    _check_directory(parts)
    found: dict[str, Faults] = {}
    left = MAX_UNPACKED
    for part in parts:
        content = _inflate(data, part, left)
        left -= len(content)
        name = part.filename.lstrip("/")
        if name.lower().endswith((".xml", ".rels", ".vml")):
            _check_markup(content)
        if name.lower().startswith("xl/worksheets/") and name.lower().endswith(".xml"):
            found[name] = _scan_sheet(content)
    return found


def part_text(data: bytes, name: str) -> str:
    """Return one small part of an inspected archive as text; blank where it is absent."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.read(name).decode("utf-8", "replace")
    except (KeyError, zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError):
        return ""


def _broken() -> UnreadableFile:
    return refuse(
        "文件已损坏，打不开其中的内容", "请在 Excel 或 WPS 中打开原文件，另存为新的 .xlsx 文件后再上传"
    )


def _bomb() -> UnreadableFile:
    return refuse(
        "文件解压后异常庞大（超过 200 MB 或压缩比异常），为安全起见不予读取",
        "请把需要导入的数据复制到新的空白工作簿，保存后再上传",
    )


def _check_directory(parts: list[zipfile.ZipInfo]) -> None:
    names = [part.filename for part in parts]
    if len(parts) > MAX_PARTS or len(set(names)) != len(names):
        raise _broken()
    total = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    if total > MAX_UNPACKED or (total > _RATIO_FLOOR and total / packed > _MAX_RATIO):
        raise _bomb()
    if any(part.flag_bits & 1 for part in parts):
        raise refuse("文件设有密码，无法读取", "请在 Excel 中取消打开密码，保存后再上传")


def _inflate(data: bytes, part: zipfile.ZipInfo, limit: int) -> bytes:
    """Unpack a part ourselves: the size in the directory is only a claim."""
    start = part.header_offset
    header = data[start : start + 30]
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise _broken()
    name_size, extra_size = struct.unpack("<HH", header[26:30])
    begin = start + 30 + name_size + extra_size
    packed = data[begin : begin + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        content = packed
    elif part.compress_type == zipfile.ZIP_DEFLATED:
        # No more is unpacked than the directory claims: the claims were looked at already.
        content = b"".join(_inflated(packed, min(limit, part.file_size)))
    else:
        raise _broken()
    if len(content) != part.file_size:
        raise _broken()
    if len(content) > _RATIO_FLOOR and len(content) > _MAX_RATIO * max(1, len(packed)):
        raise _bomb()
    return content


def _inflated(packed: bytes, limit: int) -> Iterator[bytes]:
    machine = zlib.decompressobj(-15)
    size = 0
    rest = packed
    while True:
        try:
            piece = machine.decompress(rest, _PIECE)
        except zlib.error as broken:
            raise _broken() from broken
        size += len(piece)
        if size > limit:
            raise _bomb()
        yield piece
        rest = machine.unconsumed_tail
        if machine.eof or (not piece and not rest):
            return


def _check_markup(content: bytes) -> None:
    head = content[:200].lstrip(b"\xef\xbb\xbf \r\n\t")
    declared = re.match(rb"""<\?xml[^>]*encoding\s*=\s*["']([^"']+)""", head)
    odd = declared is not None and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii")
    if odd or content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise refuse(
            "文件内部含有办公软件不会写入的内容（DTD、实体或非 UTF-8 编码），为安全起见不予读取",
            "请用 Excel 或 WPS 打开后另存为新的 .xlsx 文件再上传",
        )


@dataclass
class _Extent:
    """The rectangle that really holds something."""

    top: int = 1 << 21
    bottom: int = -1
    left: int = 1 << 15
    right: int = -1
    faults: Faults = field(default_factory=dict)

    def take(self, row: int, column: int) -> None:
        """Widen the rectangle to a cell; refuse when it is larger than any real table."""
        self.top, self.bottom = min(self.top, row), max(self.bottom, row)
        self.left, self.right = min(self.left, column), max(self.right, column)
        # Leading blank rows and columns are handed out too, so the area counts from A1.
        check_area(self.bottom + 1, self.right + 1, MAX_AREA)


def check_area(rows: int, columns: int, limit: int) -> None:
    """Refuse a sheet whose area no real table has."""
    if rows * columns > limit or rows > 1_048_576 or columns > 16_384:
        raise refuse(
            f"工作表的范围异常（{rows} 行 × {columns} 列），不像真实的表格",
            "请只选中有数据的区域，复制到新的空白工作簿，保存后再上传",
        )


def check_size(rows: int, columns: int = 0) -> None:
    """Refuse more rows or columns than one import takes."""
    if rows > MAX_ROWS:
        raise refuse(f"文件超过 {MAX_ROWS:,} 行，一次导入不了这么多", "请分成几个文件，分别导入")
    if columns > MAX_COLUMNS:
        raise refuse(
            f"表格有 {columns:,} 列，超过 {MAX_COLUMNS} 列的上限",
            "请删去无关的列，只保留表头所在的列后再导入",
        )


def _scan_sheet(content: bytes) -> Faults:
    extent = _Extent()
    row, column = -1, -1
    for tag in _TAG.finditer(content):
        kind, raw = tag[1], tag[2]
        attributes = {one[1]: one[2] for one in _ATTRIBUTE.finditer(raw)}
        if kind == b"dimension":
            _check_dimension(attributes.get(b"ref", b""))
        elif kind == b"row":
            given = attributes.get(b"r", b"")
            row, column = (int(given) - 1 if given.isdigit() and len(given) < 9 else row + 1), -1
        else:
            place = _PLACE.fullmatch(attributes.get(b"r", b""))
            row, column = (
                (int(place[2]) - 1, column_index(place[1].decode())) if place else (max(row, 0), column + 1)
            )
            if not raw.endswith(b"/"):
                extent.take(row, column)
                if fault := _fault(content, tag.end(), attributes.get(b"t", b"")):
                    extent.faults[row, column] = fault
    return extent.faults


def _check_dimension(ref: bytes) -> None:
    if found := _PLACE.fullmatch(ref.split(b":")[-1]):
        check_area(int(found[2]), column_index(found[1].decode()) + 1, MAX_DECLARED_AREA)


def _fault(content: bytes, begin: int, kind: bytes) -> str | None:
    """Return what is wrong with the cell whose content begins at `begin`."""
    if kind != b"e" and not _FORMULA.match(content, begin):
        return None
    end = _CELL_END.search(content, begin)
    inside = content[begin : end.start() if end else begin]
    value = _VALUE.search(inside)
    if kind == b"e":
        return value[1].decode("utf-8", "replace") if value else "#N/A"
    if kind != b"str" and (value is None or not value[1].strip()):
        return UNCALCULATED
    return None


def inspect_xls(stream: bytes) -> list[Faults]:
    """Walk the records of a BIFF stream; return the error cells of each worksheet substream, in order.

    Refuses encryption and cells outside of what the format has, which would
    make a parser reserve memory for four thousand million cells.
    """
    sheets: list[tuple[int, _Extent]] = []
    order: list[int] = []
    place = 0
    while place + 4 <= len(stream):
        code, size = struct.unpack_from("<HH", stream, place)
        body = stream[place + 4 : place + 4 + size]
        if code == 0x2F:
            raise refuse("文件设有打开密码，无法读取", "请在 Excel 中取消打开密码，保存后再上传")
        if code == 0x85 and len(body) >= 4:
            order.append(struct.unpack_from("<I", body)[0])
        elif code in (0x809, 0x409, 0x209, 0x009):
            sheets.append((place, _Extent()))
        elif code in _CELLS and sheets and len(body) >= 6:
            _take_record(code, body, sheets[-1][1])
        place += 4 + size
    by_place = dict(sheets)
    if any(start not in by_place for start in order):
        # A parser would begin in the middle of records that were never looked at here.
        raise _broken()
    return [by_place[start].faults for start in order]


_MANY = 0xBD  # Several numbers side by side.
_CELLS = frozenset((0x06, 0x03, 0x04, 0x05, 0x203, 0x204, 0x205, 0x206, 0x406, 0x27E, _MANY, 0xD6, 0xFD))


def _take_record(code: int, body: bytes, extent: _Extent) -> None:
    row, column = struct.unpack_from("<HH", body)
    if code == _MANY:
        column += (len(body) - 6) // 6
    check_area(row + 1, column + 1, 65_536 * 256)
    extent.take(row, column)
    if code == 0x205 and len(body) >= 8 and body[7]:
        extent.faults[row, column] = _ERRORS.get(body[6], "#N/A")
    elif code in (0x06, 0x206, 0x406) and len(body) >= 14 and body[12:14] == b"\xff\xff" and body[6] == 2:
        extent.faults[row, column] = _ERRORS.get(body[8], "#N/A")
