"""Files that nobody uploads by mistake: each made here from scratch, small on disk, harmful where it is believed."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping

import msoffcrypto
import xlsxwriter
from msoffcrypto.format.ooxml import OOXMLFile

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAIN = "xl/worksheets/sheet1.xml"


def workbook(*, formula: bool = False, sheets: int = 1) -> bytes:
    """Return an honest workbook: one finance record as a list."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    for number in range(sheets):
        sheet = book.add_worksheet(f"表{number + 1}")
        if number == 0:
            sheet.write_row(0, 0, ("所属期", "支出合计"))
            sheet.write_string(1, 0, "2026Q3")
            if formula:
                sheet.write_formula(1, 1, "=1000+234.56", None, 1234.56)
            else:
                sheet.write_number(1, 1, 1234.56)
    book.close()
    return out.getvalue()


def changed(data: bytes, parts: Mapping[str, bytes | Callable[[bytes], bytes]]) -> bytes:
    """Return the archive with parts replaced, changed or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        left = dict(parts)
        for name in old.namelist():
            change = left.pop(name, None)
            content = old.read(name)
            new.writestr(name, change(content) if callable(change) else content if change is None else change)
        for name, added in left.items():
            assert isinstance(added, bytes)
            new.writestr(name, added)
    return out.getvalue()


def _in_sheet(old: bytes, new: bytes) -> dict[str, Callable[[bytes], bytes]]:
    def change(content: bytes) -> bytes:
        assert old in content
        return content.replace(old, new, 1)

    return {MAIN: change}


def zip_bomb() -> bytes:
    """About 300 KB that unpack to 300 MB."""
    return changed(workbook(), {"xl/media/image1.xml": b"\0" * (300 * 1024 * 1024)})


def lying_bomb() -> bytes:
    """A part whose size in the directory is a thousandth of what it unpacks to."""
    data = bytearray(changed(workbook(), {"xl/media/image1.xml": b"A" * 30_000_000}))
    true, lie = (30_000_000).to_bytes(4, "little"), (30_000).to_bytes(4, "little")
    assert data.count(true) >= 1
    return bytes(data.replace(true, lie))


def nested_zip() -> bytes:
    """An archive inside the workbook."""
    return changed(workbook(), {"xl/media/more.xml": workbook()})


def embedded() -> bytes:
    """A document inside the workbook, as office programs embed it."""
    return changed(workbook(), {"xl/embeddings/oleObject1.bin": OLE + b"\0" * 100})


def entities() -> bytes:
    """The thousand laughs."""
    dtd = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    return changed(workbook(), _in_sheet(b"<worksheet", dtd + b"<worksheet"))


def outside_entity() -> bytes:
    """An entity that names a file of the server."""
    dtd = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    return changed(workbook(), {"xl/sharedStrings.xml": dtd + b"<sst><si><t>&a;</t></si></sst>"})


def whole_sheet() -> bytes:
    """A dimension of seventeen thousand million cells."""
    return changed(workbook(), _in_sheet(b'ref="A1:B2"', b'ref="A1:XFD1048576"'))


def far_cell() -> bytes:
    """One cell at the far end of the sheet."""
    return changed(workbook(), _in_sheet(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'))  # fmt: skip


def many_strings() -> bytes:
    """A million texts in a small file."""
    content = b'<?xml version="1.0" encoding="UTF-8"?><sst>' + b"<si><t>a</t></si>" * 1_000_000 + b"</sst>"
    return changed(workbook(), {"xl/sharedStrings.xml": content})


def many_rows() -> bytes:
    """Ten thousand rows that all hold something."""
    rows = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (n, n) for n in range(3, 10_003))
    return changed(workbook(), _in_sheet(b"</sheetData>", rows + b"</sheetData>"))


def many_sheets() -> bytes:
    """Two hundred sheets."""
    return workbook(sheets=200)


def macros() -> bytes:
    """A program."""
    return changed(workbook(), {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + b"x" * 100})


def outside_link() -> bytes:
    """A reference to another workbook on somebody's server."""
    link = b'<?xml version="1.0" encoding="UTF-8"?><externalLink/>'
    return changed(workbook(), {"xl/externalLinks/externalLink1.xml": link})


def locked() -> bytes:
    """A workbook with an open password."""
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(workbook())).encrypt("secret", out)
    assert msoffcrypto.OfficeFile(io.BytesIO(out.getvalue())).is_encrypted()
    return out.getvalue()


def deep_json() -> bytes:
    """A hundred thousand brackets."""
    return b"[" * 100_000 + b"]" * 100_000


def many_records() -> bytes:
    """More records than one upload takes."""
    return json.dumps([{"所属期": f"{year}年"} for year in range(1901, 2031)]).encode()


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 200
NAME = "三季度.xlsx"

# What is sent, under which name, and a word that the refusal must hold.
REFUSED: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "zip bomb": (zip_bomb, NAME, "解压后"),
    "bomb with a false directory": (lying_bomb, NAME, "请"),
    "nested zip": (nested_zip, NAME, "嵌有"),
    "embedded object": (embedded, NAME, "嵌有"),
    "entities": (entities, NAME, "DTD"),
    "entity of a file": (outside_entity, NAME, "DTD"),
    "dimension lie": (whole_sheet, NAME, "范围异常"),
    "far cell": (far_cell, NAME, "范围异常"),
    "a million strings": (many_strings, NAME, "段文字"),
    "too many rows": (many_rows, NAME, "超过 5,000 行"),
    "too many sheets": (many_sheets, NAME, "200 张工作表"),
    "macros": (macros, NAME, "宏"),
    "macro suffix": (workbook, "三季度.xlsm", "宏"),
    "external link": (outside_link, NAME, "外部链接"),
    "encrypted": (locked, NAME, "打开密码"),
    "exe": (lambda: b"MZ" + b"\x90\0" * 200, NAME, "请"),
    "png": (lambda: PNG, NAME, "图片"),
    "pdf": (lambda: b"%PDF-1.7\n%\xe2\xe3\n" + b"x" * 200, NAME, "PDF"),
    "html": (lambda: b"<html><script>alert(1)</script></html>", NAME, "网页"),
    "zip": (lambda: changed(b"PK\x05\x06" + b"\0" * 18, {"a.txt": b"a"}), NAME, "压缩包"),
    "old workbook": (lambda: OLE + b"\0" * 600, "三季度.xls", "旧式工作簿"),
    "old workbook renamed": (lambda: OLE + b"\0" * 600, NAME, "不一致"),
    "program by name": (workbook, "三季度.exe", "不能读取"),
    "empty": (lambda: b"", NAME, "空的"),
    "too large": (lambda: b"1" * (5 * 1024 * 1024 + 1), "三季度.csv", "5 MB"),
    "deep json": (deep_json, "三季度.json", "嵌套"),
    "too many records": (many_records, "三季度.json", "100 条"),
    "csv of binary": (lambda: bytes(range(256)) * 20, "三季度.csv", "编码"),
    "right to left name": (workbook, "三季度\u202exslx.exe.xlsx", "控制字符"),
    "nul in name": (workbook, "三季度\0.xlsx", "控制字符"),
    "no name": (workbook, "../../.xlsx", "没有名称"),
}
