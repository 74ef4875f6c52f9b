"""Which files the desk lets in at all: looked at before any parser, in bounded time and memory.

A workbook that somebody uploads may be anything. What can hide a program, reach
out for another file or unfold without end is refused, with what to do instead.
"""

from __future__ import annotations

import io
import re
import struct
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import PurePath

from portal.exchange.sheets.archive import inspect_xlsx, refuse
from portal.exchange.sheets.books import form_of

MAX_BYTES = 5 * 1024 * 1024  # A quarter's workbook has some 50 KB; pictures in it are of no use here.
MAX_UNPACKED = 40 * 1024 * 1024  # What is parsed in one request, and kept in memory while it lasts.
MAX_SHEETS = 60
MAX_STRINGS = 200_000  # Different texts in one workbook.
MAX_ROWS = 5_000  # Rows that hold something, in all sheets together.
MAX_RECORDS = 100  # Each becomes a draft of its own.
MAX_NAME = 80  # Signs of a file's name that are kept.

_FORMS = (".xlsx", ".csv", ".tsv", ".txt", ".json")
_UNSEEN = ("Cc", "Cf", "Co", "Cn", "Cs")
_MACROS = re.compile(r"(?i)^/?xl/(vbaproject|macrosheets/|vbadata)|\.bin$")
_HARMLESS_BIN = re.compile(r"(?i)printersettings\d*\.bin$")
_PACKED = (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"MZ", b"\x7fELF", b"\xd0\xcf\x11\xe0")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_STRING = re.compile(rb"<(?:\w+:)?si[\s/>]")


@dataclass(frozen=True)
class Admitted:
    """A file that may be read: the name under which it is kept, and what its reader should know."""

    name: str
    notes: tuple[str, ...] = ()


def admit(data: bytes, filename: str) -> Admitted:
    """Return the file's name without tricks, or raise `UnreadableFile`."""
    name = _plain_name(filename)
    if len(data) > MAX_BYTES:
        raise refuse(
            f"文件有 {len(data) / 1024 / 1024:.1f} MB，超过 {MAX_BYTES // 1024 // 1024} MB 的上限",
            "请删去图片和无关的工作表，或分成几个文件上传",
        )
    suffix = PurePath(name).suffix.lower()
    if suffix == ".xlsm":
        raise _macros()
    if suffix in (".xls", ".et"):
        raise refuse(
            f"{suffix} 是旧式工作簿，里面可能藏有宏，不能上传",
            "请用 Excel 或 WPS 打开，选“另存为”→“Excel 工作簿（.xlsx）”，再上传另存的文件",
        )
    if suffix not in _FORMS:
        raise refuse(f"不能读取“{name}”这种文件", "请另存为 .xlsx（也可用 .csv、.tsv、.json）后再上传")
    form = form_of(data, name)
    return Admitted(name, _look_inside(data) if form == "xlsx" else ())


def _plain_name(filename: str) -> str:
    """Return the last piece of a path, shortened; refuse a name that shows as something else than it is."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", filename)[-1]).strip()
    if any(unicodedata.category(sign) in _UNSEEN for sign in name):
        raise refuse("文件名里有看不见的控制字符，显示的名称与实际不一致", "请给文件改一个普通的名称后再上传")
    if not name or name.startswith("."):
        raise refuse("文件没有名称", "请给文件起一个以 .xlsx 结尾的名称后再上传")
    stem, suffix = PurePath(name).stem, PurePath(name).suffix
    return name if len(name) <= MAX_NAME else f"{stem[: MAX_NAME - 10]}…{suffix[:9]}"


def _macros() -> Exception:
    return refuse(
        "工作簿里有宏（程序），不能上传",
        "请用 Excel 或 WPS 打开，选“另存为”→“Excel 工作簿（.xlsx）”，提示“无法保存宏”时选“是”，再上传另存的文件",
    )


def _look_inside(data: bytes) -> tuple[str, ...]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error) as broken:
        raise refuse(
            "文件已损坏，打不开其中的内容", "请在 Excel 或 WPS 中打开原文件，另存为新的 .xlsx 文件后再上传"
        ) from broken
    # The sizes are claims so far; the inspection below holds every part to its own.
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise refuse(
            f"文件解压后超过 {MAX_UNPACKED // 1024 // 1024} MB，不像一张报表",
            "请把需要上传的数据复制到新的空白工作簿，保存后再上传",
        )
    _check_parts([part.filename for part in parts])
    inspect_xlsx(data)
    return _check_contents(data, parts)


def _embedded(name: str) -> Exception:
    return refuse(
        f"工作簿里嵌有别的文件或程序（{PurePath(name).name[:40]}）",
        "请删去嵌入的附件和对象，附件在网页上另行添加，保存后再上传",
    )


def _check_parts(names: list[str]) -> None:
    if found := next((one for one in names if one.lower().lstrip("/").startswith("xl/embeddings/")), None):
        raise _embedded(found)
    if any(_MACROS.search(name) and not _HARMLESS_BIN.search(name) for name in names):
        raise _macros()
    if any(name.lower().lstrip("/").startswith("xl/externallinks/") for name in names):
        raise refuse(
            "工作簿里有引用其他文件的公式（外部链接），别处的内容会随它变动，不能上传",
            "请在 Excel 中选“数据”→“编辑链接”→“断开链接”，保存后再上传",
        )
    sheets = sum(name.lower().lstrip("/").startswith("xl/worksheets/sheet") for name in names)
    if sheets > MAX_SHEETS:
        raise refuse(
            f"工作簿有 {sheets} 张工作表，超过 {MAX_SHEETS} 张的上限", "请只保留要上传的工作表，另存后再上传"
        )


def _check_contents(data: bytes, parts: list[zipfile.ZipInfo]) -> tuple[str, ...]:
    formulas = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for part in parts:
            content = archive.read(part)
            name = part.filename.lower().lstrip("/")
            if content.startswith(_PACKED):
                raise _embedded(name)
            if b"macroEnabled" in content and name == "[content_types].xml":
                raise _macros()
            if name.endswith("sharedstrings.xml"):
                _check_strings(content)
            elif name.startswith("xl/worksheets/"):
                formulas += sum(1 for _ in _FORMULA.finditer(content))
    if not formulas:
        return ()
    return (f"工作簿里有 {formulas:,} 个公式，按上次保存时算出的结果读取；请确认保存前已经重新计算。",)


def _check_strings(content: bytes) -> None:
    if (count := sum(1 for _ in _STRING.finditer(content))) > MAX_STRINGS:
        raise refuse(
            f"工作簿里有 {count:,} 段文字，超过 {MAX_STRINGS:,} 段的上限",
            "请把需要上传的数据复制到新的空白工作簿，保存后再上传",
        )
