"""Tells what a file is by its content. Names and declared media types are never believed."""

from __future__ import annotations

import io
import re

from portal.domain.documents.attachment import MediaType
from portal.exchange.attachments.packages import Package, open_package
from portal.exchange.attachments.results import MAX_BYTES, Refused

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TAKEN = "可以添加的有：PDF，Word（.docx）、Excel（.xlsx）、PowerPoint（.pptx）文件，PNG 和 JPEG 图片。"
# (what the file begins with, what it is, how to mend it).
_KNOWN = (
    (b"RIFF", "WebP 图片或音视频", "图片请用看图软件另存为 PNG 或 JPEG 后再添加"),
    (b"GIF8", "GIF 图片", "请用看图软件另存为 PNG 后再添加"),
    (b"II*\x00", "TIFF 图片", "请另存为 PDF、PNG 或 JPEG 后再添加"),
    (b"MM\x00*", "TIFF 图片", "请另存为 PDF、PNG 或 JPEG 后再添加"),
    (b"BM", "BMP 图片", "请另存为 PNG 后再添加"),
    (b"{\\rtf", "RTF 文件", "请用 Word 或 WPS 打开，另存为 .docx 或 PDF 后再添加"),
    (b"Rar!", "压缩包", "请解压后逐个添加其中的文件"),
    (b"7z\xbc\xaf", "压缩包", "请解压后逐个添加其中的文件"),
    (b"\x1f\x8b", "压缩包", "请解压后逐个添加其中的文件"),
    (b"MZ", "程序", "程序不能作为附件"),
    (b"\x7fELF", "程序", "程序不能作为附件"),
    (b"%!PS", "PostScript 文件", "请转换为 PDF 后再添加"),
)
_MARKUP = re.compile(
    rb"\s*(?:<!--.{0,2000}?-->\s*)*<(?:!doctype|\?xml|html|svg|script|body|head)", re.IGNORECASE | re.DOTALL
)
_HEIF = re.compile(rb".{4}ftyp(?:heic|heix|mif1|msf1|hevc|avif)", re.DOTALL)
_MAIN = {
    "wordprocessingml.document.main+xml": MediaType.DOCX,
    "spreadsheetml.sheet.main+xml": MediaType.XLSX,
    "presentationml.presentation.main+xml": MediaType.PPTX,
}
_SLIDES_THAT_RUN = "presentationml.slideshow.main+xml"
_TEMPLATES = (
    "wordprocessingml.template.main+xml",
    "spreadsheetml.template.main+xml",
    "presentationml.template.main+xml",
)


def recognise(data: bytes) -> tuple[MediaType, Package | None]:
    """Return what the file is, with its parts where it is an Office file; raise `Refused` for everything else."""
    if not data:
        raise Refused("文件是空的（0 字节），多半是复制或下载时中断。请重新取得文件后再添加。")
    if len(data) > MAX_BYTES:
        raise Refused(
            f"文件有 {len(data) / 2**20:.1f} MB，超过 {MAX_BYTES // 2**20} MB 的上限。请压缩其中的图片，或拆分成几个文件后再添加。"
        )
    if data.startswith(b"%PDF-"):
        return MediaType.PDF, None
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG, None
    if data.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG, None
    if data.startswith(b"PK\x03\x04"):
        package = open_package(data)
        return _office_kind(package), package
    raise Refused(_what_else(data))


def _office_kind(package: Package) -> MediaType:
    if "mimetype" in package.parts and package.parts["mimetype"].startswith(b"application/vnd.oasis"):
        raise Refused(
            "文件是 ODF 格式（.odt、.ods、.odp）。请用 WPS 或 LibreOffice 另存为 .docx、.xlsx、.pptx 或 PDF 后再添加。"
        )
    if "OFD.xml" in package.parts:
        raise Refused("文件是 OFD 版式文件。请用 OFD 阅读器转换为 PDF 后再添加。")
    main = package.main_type
    if "macroenabled" in main.lower() or any(
        name.lower().endswith("vbaproject.bin") for name in package.parts
    ):
        raise Refused(
            "文件带有宏（程序），不能公开。请用 Word、Excel 或 WPS 另存为不带宏的 .docx、.xlsx 或 .pptx 后再添加。"
        )
    for ending, kind in _MAIN.items():
        if main.endswith(ending):
            return kind
    if main.endswith(_SLIDES_THAT_RUN):
        raise Refused("文件是放映格式（.ppsx）。请用 PowerPoint 或 WPS 另存为 .pptx 或 PDF 后再添加。")
    if main.endswith(_TEMPLATES):
        raise Refused("文件是模板（.dotx、.xltx、.potx）。请另存为普通的 .docx、.xlsx 或 .pptx 后再添加。")
    if main.endswith("sheet.binary.macroEnabled.main") or "xl/workbook.bin" in package.parts:
        raise Refused("文件是二进制工作簿（.xlsb）。请另存为 .xlsx 后再添加。")
    raise Refused(f"文件是压缩包，或是平台不认识的格式。{_TAKEN}压缩包请解压后逐个添加。")


def _what_else(data: bytes) -> str:
    if data.startswith(_OLE):
        return _legacy(data)
    if _HEIF.match(data):
        return "文件是 HEIC 或 AVIF 图片（多为手机照片）。请另存为 JPEG 后再添加。"
    if _MARKUP.match(data[:4096].removeprefix(b"\xef\xbb\xbf")):
        return "文件是网页或 SVG 图，可能含有程序，不能公开。请打印成 PDF，或截图另存为 PNG 后再添加。"
    for start, what, remedy in _KNOWN:
        if data.startswith(start):
            return f"文件是{what}，不能作为附件。{remedy}。"
    if b"%PDF-" in data[:1024]:
        return "PDF 文件的开头多出了别的内容，不是完整的 PDF。请用 PDF 软件打开后另存一份，再添加。"
    return f"平台不认识这个文件。{_TAKEN}其他格式请先转换为 PDF 后再添加。"


def _legacy(data: bytes) -> str:
    import olefile

    names: set[str] = set()
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            names = {"/".join(one) for one in ole.listdir()}
    except Exception:  # noqa: BLE001, S110, RUF100 - a torn container fails in any way; what it is, is told all the same.
        pass
    if "EncryptedPackage" in names:
        return "文件设有打开密码，别人打不开。请用 Word、Excel 或 WPS 取消密码后另存，再添加。"
    return (
        "文件是旧版 Office 格式（.doc、.xls、.ppt）或 WPS 自己的格式（.wps、.et、.dps）。"
        "请用 Word、Excel 或 WPS 打开，另存为 .docx、.xlsx、.pptx 或 PDF 后再添加。"
    )
