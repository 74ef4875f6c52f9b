"""Opens a file by what it is, not by what its name says, and returns its lines."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from pathlib import PurePath

from portal.exchange.regulations.charset import decode
from portal.exchange.regulations.results import UnreadableFile

MAX_BYTES = 30 * 2**20
MAX_UNPACKED = 200 * 2**20
MAX_XML = 40 * 2**20
MAX_CHARACTERS = 2_000_000
MAX_PAGES = 2000

_NAMES = {"txt": "文本文件", "docx": "Word 文件", "pdf": "PDF 文件"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# (what the file begins with, what it is, how to mend it). None of these can be read as a text.
_REFUSED = (
    (b"{\\rtf", "RTF 文件", "请用 Word 或 WPS 打开，另存为 .docx 后重新上传"),
    (b"\x89PNG", "图片", "请用 OCR 软件识别成文字，或找到原始电子文件"),
    (b"\xff\xd8\xff", "图片", "请用 OCR 软件识别成文字，或找到原始电子文件"),
    (b"GIF8", "图片", "请用 OCR 软件识别成文字，或找到原始电子文件"),
    (b"II*\x00", "图片", "请用 OCR 软件识别成文字，或找到原始电子文件"),
    (b"Rar!", "压缩包", "请解压后逐个上传其中的文件"),
    (b"7z\xbc\xaf", "压缩包", "请解压后逐个上传其中的文件"),
    (b"\x1f\x8b", "压缩包", "请解压后逐个上传其中的文件"),
)
_HTML = re.compile(rb"\s*(?:<!doctype html|<html|<\?xml)", re.IGNORECASE)


def read_lines(data: bytes, filename: str) -> tuple[list[str], str]:
    """Return the lines of the file and the Chinese name of its format, or raise `UnreadableFile`."""
    suffix = PurePath(filename.replace("\\", "/")).suffix.lower().lstrip(".")
    if suffix not in _NAMES:
        raise UnreadableFile(
            f"不能导入“{shown_name(filename)}”：只能读取 .txt、.docx、.pdf 三种文件。"
            "请用 Word 或 WPS 打开，另存为 .docx 后重新上传。"
        )
    if not data:
        raise UnreadableFile(
            f"“{shown_name(filename)}”是空文件（0 字节）。多半是下载或复制时中断，请重新取得文件后上传。"
        )
    if len(data) > MAX_BYTES:
        raise UnreadableFile(
            f"“{shown_name(filename)}”超过 {MAX_BYTES // 2**20} MB。"
            "制度文件是文字，不应这么大；请去掉图片后重新上传。"
        )
    found = _format_of(data, filename)
    if found != suffix:
        raise UnreadableFile(
            f"“{shown_name(filename)}”的扩展名是 .{suffix}，内容却是{_NAMES[found]}。"
            f"请把扩展名改为 .{found}，或重新取得正确的文件后上传。"
        )
    text = {"txt": decode, "docx": _docx_text, "pdf": _pdf_text}[found](data)
    if len(text) > MAX_CHARACTERS:
        raise UnreadableFile("文件的文字超过 200 万字，不像一份制度文件。请拆分后分别上传。")
    lines = text.splitlines()
    if not any(character.isalnum() for character in text):
        raise UnreadableFile("文件里没有文字。请确认选对了文件；如内容是图片，请用 OCR 软件识别后再上传。")
    return (_reflowed(lines) if found == "pdf" else lines), _NAMES[found]


def shown_name(filename: str) -> str:
    """Return the file's own name, short and harmless to show."""
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(one for one in name if unicodedata.category(one)[0] != "C").strip()
    return name if len(name) <= 100 else name[:60] + "…" + name[-30:]


def _format_of(data: bytes, filename: str) -> str:
    name = shown_name(filename)
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise UnreadableFile(
                f"“{name}”设有打开密码。请用 Word 或 WPS 打开，取消密码后另存为 .docx 再上传。"
            )
        raise UnreadableFile(
            f"“{name}”是旧版 Office 文件（.doc 或 .xls）。请用 Word 或 WPS 打开，另存为 .docx 后重新上传。"
        )
    if data.startswith(b"PK"):
        return "docx"
    if b"%PDF-" in data[:1024]:
        return "pdf"
    for start, what, remedy in _REFUSED:
        if data.startswith(start):
            raise UnreadableFile(f"“{name}”的内容是{what}，不是文字。{remedy}。")
    if _HTML.match(data.removeprefix(b"\xef\xbb\xbf")):
        raise UnreadableFile(
            f"“{name}”的内容是网页源代码。请在浏览器中打开网页，选中正文复制到记事本，保存为 .txt 后上传。"
        )
    return "txt"


def _docx_text(data: bytes) -> str:
    from docx import Document
    from docx.table import Table

    damaged = "Word 文件已损坏，打不开。请用 Word 或 WPS 打开并另存一份 .docx 后重新上传。"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = package.namelist()
            if (
                any(one.filename.endswith(".xml") and one.file_size > MAX_XML for one in package.infolist())
                or sum(one.file_size for one in package.infolist()) > MAX_UNPACKED
            ):
                raise UnreadableFile("文件解压后过大，不像一份制度文件。请去掉图片、拆分后重新上传。")
            if any(one.flag_bits & 1 for one in package.infolist()):
                raise UnreadableFile("文件是加了密码的压缩包。请取消密码，解压后上传其中的文件。")
        if "word/document.xml" not in names:
            raise UnreadableFile(
                "文件是压缩包或其他 Office 文件，不是 Word 文档。请上传 .docx、.pdf 或 .txt 格式的文件。"
            )
        lines: list[str] = []
        for item in Document(io.BytesIO(data)).iter_inner_content():
            if isinstance(item, Table):
                lines += [_table_row(row.cells) for row in item.rows]
            else:
                lines += item.text.splitlines() or [""]
    except UnreadableFile:
        raise
    # The package's parts may be broken in any way, and each layer has its own errors.
    except Exception as wrong:
        raise UnreadableFile(damaged) from wrong
    return "\n".join(lines)


def _table_row(cells: tuple[object, ...]) -> str:
    """Return a table row as one line. A merged cell is given once for each column it spans."""
    seen: list[object] = []
    texts: list[str] = []
    for cell in cells:
        element = getattr(cell, "_tc", cell)
        if not any(element is one for one in seen):
            seen.append(element)
            texts.append(" ".join(str(getattr(cell, "text", "")).split()))
    return " | ".join(text for text in texts if text)


def _pdf_text(data: bytes) -> str:
    from pypdf import PdfReader

    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableFile("PDF 文件设有打开密码。请取消密码后另存，再重新上传。")
        if len(reader.pages) > MAX_PAGES:
            raise UnreadableFile(f"PDF 文件超过 {MAX_PAGES} 页，不像一份制度文件。请拆分后上传。")
        text = "\n".join(page.extract_text() for page in reader.pages)
    except UnreadableFile:
        raise
    # A broken PDF may fail in any way inside the parser.
    except Exception as wrong:
        raise UnreadableFile("PDF 文件已损坏，打不开。请重新下载，或用原始电子文件另存后上传。") from wrong
    if not text.strip():
        raise UnreadableFile(
            "这份 PDF 是扫描件，没有文字层，读不出文字。请用 OCR 软件识别成文字后上传，或上传原始电子文件（.docx）。"
        )
    return text


_STARTS_ANEW = re.compile(
    r"\s*(?:[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[)）]|\d{1,2}[、．.]|第.{1,4}[章节条]|附件)"
)
_PAGE_FOOT = re.compile(r"\s*[-—–―\s]*\d{1,4}[-—–―\s]*")
_ENDS = "。！？；：.!?;:”』」）)"


def _reflowed(lines: list[str]) -> list[str]:
    """Undo the line breaks of a printed page: a full line that does not end runs on into the next.

    A line that was drawn to its predecessor leaves a blank line behind, so that line numbers stay true.
    """
    full = max(len(line.strip()) for line in lines) * 0.85
    result = [""] * len(lines)
    open_at: int | None = None
    for at, line in enumerate(lines):
        bare = line.strip()
        if not bare or _PAGE_FOOT.fullmatch(bare):
            result[at] = bare
            continue
        if open_at is not None and not _STARTS_ANEW.match(bare):
            result[open_at] += bare
        else:
            result[at], open_at = bare, at
        runs_on = len(bare) >= max(full, 12) and bare[-1] not in _ENDS
        open_at = open_at if runs_on else None
    return result
