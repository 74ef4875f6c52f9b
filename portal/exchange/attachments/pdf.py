"""PDF: written anew with only what is drawn on its pages; what runs, what is hidden in it and who made it goes."""

from __future__ import annotations

import io
import re
from typing import Any

from portal.exchange.attachments.pictures import strip_jpeg
from portal.exchange.attachments.results import MAX_TEXT, Refused

MAX_PAGES = 2_000
MAX_OBJECTS = 400_000
_LIMIT = 200 * 2**20
_DEEPEST = 60  # Of dictionaries and arrays within one another; programs write five.
# Keys that go wherever they stand.
_GONE = {
    **dict.fromkeys(("/JS", "/JavaScript", "/AA", "/OpenAction", "/XFA"), "脚本和自动动作"),
    **dict.fromkeys(("/EmbeddedFiles", "/EF", "/RF", "/AF", "/Collection", "/RichMediaContent", "/RichMediaSettings"), "内嵌的其他文件"),
    **dict.fromkeys(("/Metadata", "/PieceInfo", "/LastModified", "/SpiderInfo", "/Thumb", "/Info"), "作者、软件、编辑时间等文件属性"),
    **dict.fromkeys(("/Perms", "/DSS", "/Legal"), "电子签名（清理后已不能核验，签章的外观保留）"),
}  # fmt: skip
_RUNS = frozenset((
    "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/ResetForm", "/GoToR", "/GoToE", "/Rendition", "/Movie",
    "/Sound", "/RichMediaExecute",
))  # fmt: skip
_REMARKS = frozenset(("/Text", "/Popup", "/Caret"))
_CARRIERS = frozenset(("/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound", "/3D"))
_MARKED = frozenset(
    (
        "/Highlight",
        "/Underline",
        "/Squiggly",
        "/StrikeOut",
        "/Ink",
        "/Line",
        "/Square",
        "/Circle",
        "/Polygon",
        "/PolyLine",
    )
)
_ABOUT_WRITERS = ("/T", "/M", "/CreationDate", "/NM", "/RC", "/Subj", "/IRT", "/Popup")
_SAFE_LINK = re.compile(rb"(?:https?://|mailto:|tel:)", re.IGNORECASE)


def clean_pdf(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return the document written anew, and notes; raise `Refused`. The same document always gives the same bytes."""
    import pikepdf

    pikepdf.settings.set_qpdf_limits(
        doc_max_warnings=2000,
        max_stream_filters=4,
        parser_max_container_size=2_000_000,
        flate_max_memory=_LIMIT,
        run_length_max_memory=_LIMIT,
        png_max_memory=_LIMIT,
        tiff_max_memory=_LIMIT,
        dct_max_memory=_LIMIT,
    )
    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
            return _cleaned(pdf)
    except Refused:
        raise
    except pikepdf.PasswordError as locked:
        raise Refused("PDF 设有打开密码，别人打不开。请取消密码后另存，再添加。") from locked
    # A broken document fails in any way inside the parser.
    except Exception as broken:
        raise Refused(
            "PDF 已损坏，打不开。请用原始电子文件重新导出，或用 PDF 软件打开后另存，再添加。"
        ) from broken


def _cleaned(pdf: Any) -> tuple[bytes, tuple[str, ...]]:
    pages = len(pdf.pages)
    if not pages:
        raise Refused("PDF 里一页也没有。请核对选中的文件。")
    if pages > MAX_PAGES or len(pdf.objects) > MAX_OBJECTS:
        raise Refused(f"PDF 有 {pages} 页，过于庞大（最多 {MAX_PAGES} 页）。请拆分成几个文件后再添加。")
    removed: dict[str, None] = {}
    if pdf.is_encrypted:
        removed["编辑和打印的限制"] = None
    for page in pdf.pages:
        _clean_annotations(page.obj, removed)
    walker = _Walker(removed)
    for one in pdf.objects:
        walker.clean(one, 0)
    walker.clean(pdf.trailer, 0)
    if "/ID" in pdf.trailer:
        del pdf.trailer["/ID"]  # It tells copies of one document from each other.
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True, encryption=False, linearize=False, fix_metadata_version=False)
    return out.getvalue(), (f"已去除：{'、'.join(removed)}。",) if removed else ()


def _clean_annotations(page: Any, removed: dict[str, None]) -> None:
    import pikepdf

    found = page.get("/Annots")
    if not isinstance(found, pikepdf.Array):
        return
    kept = []
    for one in found:
        if not isinstance(one, pikepdf.Dictionary):
            continue
        sort = str(one.get("/Subtype", ""))
        if sort == "/Redact":
            raise Refused(
                "PDF 里有标记了要涂黑、但还没有应用的内容，读者仍能看到原文。请在 PDF 软件中“应用密文”后另存，再添加。"
            )
        if sort in _REMARKS:
            removed["批注"] = None
        elif sort in _CARRIERS:
            removed["内嵌的其他文件"] = None
        else:
            if sort in _MARKED or sort in ("/FreeText", "/Stamp"):
                _forget(
                    one, _ABOUT_WRITERS if sort in ("/FreeText", "/Stamp") else (*_ABOUT_WRITERS, "/Contents")
                )
            kept.append(one)
    page["/Annots"] = pikepdf.Array(kept)


def _forget(one: Any, names: tuple[str, ...]) -> None:
    for name in names:
        if name in one:
            del one[name]


class _Walker:
    """Goes through every object of a document once; what an object refers to is an object of its own."""

    def __init__(self, removed: dict[str, None]) -> None:
        import pikepdf

        self._removed, self._pdf = removed, pikepdf

    def clean(self, one: Any, depth: int) -> None:
        """Clean an object and everything directly in it."""
        pdf = self._pdf
        if depth > _DEEPEST:
            raise Refused(
                "PDF 的结构异常（层层嵌套），为安全起见不予接收。请用 PDF 软件打印成新的 PDF 后再添加。"
            )
        if isinstance(one, pdf.Array):
            for inner in one:
                if isinstance(inner, (pdf.Dictionary, pdf.Array)) and not inner.is_indirect:
                    self.clean(inner, depth + 1)
            return
        if not isinstance(one, (pdf.Dictionary, pdf.Stream)):
            return
        self._clean_keys(one)
        if isinstance(one, pdf.Stream):
            self._clean_picture(one)
        for name in list(one.keys()):
            inner = one.get(name)
            if isinstance(inner, (pdf.Dictionary, pdf.Array)) and not inner.is_indirect:
                self.clean(inner, depth + 1)

    def _clean_keys(self, one: Any) -> None:
        for name in list(one.keys()):
            if name in _GONE and not self._draws(one.get(name)):
                self._removed[_GONE[name]] = None
                del one[name]
        if one.get("/FT") == "/Sig" or one.get("/Type") == "/Sig":
            self._removed[_GONE["/DSS"]] = None
            _forget(one, ("/V", "/Contents", "/Cert", "/Name", "/Reason", "/Location", "/ContactInfo", "/M"))
        self._clean_action(one)

    def _draws(self, value: Any) -> bool:
        """Tell whether it is a font or a picture: programs give these names of their own, and some call them AA."""
        if isinstance(value, self._pdf.Stream):
            return value.get("/Subtype") in ("/Image", "/Form") and value.get("/Type") != "/EmbeddedFile"
        return (
            isinstance(value, self._pdf.Dictionary) and value.get("/Type") == "/Font" and "/BaseFont" in value
        )

    def _clean_action(self, one: Any) -> None:
        sort = str(one.get("/S", ""))
        if one.get("/Type") == "/StructElem" or "/K" in one:
            return
        if sort in _RUNS:
            self._removed[_GONE["/JS"]] = None
        elif sort == "/URI" and not _SAFE_LINK.match(_bytes(one.get("/URI")).strip()):
            self._removed["指向本机文件或可疑地址的链接"] = None
        else:
            return
        for name in list(one.keys()):
            if not name.startswith("/Length"):
                del one[name]

    def _clean_picture(self, one: Any) -> None:
        filters = one.get("/Filter")
        if isinstance(filters, self._pdf.Array):
            filters = filters[0] if len(filters) == 1 else None
        if filters != "/DCTDecode":
            return
        raw = one.read_raw_bytes()
        try:
            stripped = strip_jpeg(raw)
        except ValueError:
            return
        if len(stripped) < len(raw):
            self._removed["图片附带的拍摄信息"] = None
            one.write(stripped, filter=self._pdf.Name.DCTDecode, decode_parms=one.get("/DecodeParms"))


def _bytes(value: Any) -> bytes:
    try:
        return bytes(value)
    except (TypeError, ValueError):
        return b""


def pdf_text(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Return what a document says, and notes."""
    from pypdf import PdfReader

    texts: list[str] = []
    length, unread = 0, 0
    for page in PdfReader(io.BytesIO(data)).pages:
        try:
            text = page.extract_text()
        except Exception:  # noqa: BLE001, RUF100 - a page that one program draws another may fail on in any way.
            unread += 1
            continue
        texts.append(text)
        length += len(text)
        if length > MAX_TEXT:
            break
    notes = (f"有 {unread} 页的文字读不出来，不能检索，也没有检查个人信息。",) if unread else ()
    text = "\n".join(texts)
    if not any(one.isalnum() for one in text):
        return "", (
            *notes,
            "文件是扫描件，没有可检索的文字，也没有检查其中有没有个人信息，请自行核对。有原始电子文件的，请改用原始文件。",
        )
    return text, notes
