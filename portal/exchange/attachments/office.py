"""Office files: everything that names people, leads elsewhere, runs or hides is taken out, or the file is refused."""

from __future__ import annotations

import re
from collections.abc import Callable

from portal.domain.documents.attachment import MediaType
from portal.exchange.attachments.packages import Package, Relation, resolve
from portal.exchange.attachments.pictures import strip_jpeg, strip_png
from portal.exchange.attachments.results import Refused

# Relationships by the last word of their type. These parts go: who wrote it with what, and what only editors need.
_DROPPED = {
    **dict.fromkeys(
        ("core-properties", "extended-properties", "custom-properties", "thumbnail"),
        "作者、单位、编辑时间等文件属性",
    ),
    **dict.fromkeys(("people", "person", "commentAuthors", "authors"), "编辑人员名单"),
    **dict.fromkeys(
        ("printerSettings", "attachedTemplate", "keyMapCustomizations", "attachedToolbars"),
        "打印机和模板信息",
    ),
    **dict.fromkeys(
        ("customXml", "webextension", "webextensiontaskpanes", "wsSortMap", "userUsage"), "插件和附加数据"
    ),
    **dict.fromkeys(("origin", "signature"), "电子签名（清理后已不能核验）"),
}
_REMARKS = frozenset(
    ("comments", "commentsExtended", "commentsIds", "commentsExtensible", "threadedComment", "comment")
)
_REFUSED = {
    **dict.fromkeys(("oleObject", "package", "control", "activeXControlBinary", "aFChunk", "powerPivotData"),
                    ("文件里嵌有其他文件或控件（例如图表背后的整个工作簿）", "请把图表、对象改为图片（复制后选择性粘贴为图片）")),
    **dict.fromkeys(("externalLink", "externalLinkPath"),
                    ("表格引用了其他工作簿", "请在“数据→编辑链接”中断开全部链接")),
    **dict.fromkeys(("connections", "queryTable", "mailMergeSource", "mailMergeHeaderSource", "recipientData"), ("文件连着外部的数据（数据库、网页或邮件合并的名单）", "请断开数据连接")),
    **dict.fromkeys(("video", "audio", "media"), ("文件里有音频或视频", "请删去音视频")),
    **dict.fromkeys(("revisionHeaders", "revisionLog"), ("表格开着修订记录", "请取消共享工作簿、接受全部修订")),
    **dict.fromkeys(("vbaProject", "wordVbaData", "xlMacrosheet", "xlIntlMacrosheet"), ("文件带有宏（程序）", "请另存为不带宏的格式")),
}  # fmt: skip
_A_REMARK = re.compile(rb"<(?:\w+:)?(?:comment|threadedComment|cm)[\s>]")
_TRACKED = re.compile(
    rb"<\w+:(?:ins|del|moveFrom|moveTo|cellIns|cellDel|cellMerge|numberingChange|\w{1,12}PrChange|tblGridChange)\s[^<>]*\bauthor="
)
_DDE = re.compile(rb"(?:instrText(?:\s[^<>]*)?>|instr=[\"'])\s*DDE", re.IGNORECASE)
_POINTING = re.compile(
    rb"<(?:\w+:)?(?:printerSettings|attachedTemplate)\s[^<>]*?(?:/>|>\s*</(?:\w+:)?(?:printerSettings|attachedTemplate)>)"
)
_PAGE_SETUP = re.compile(rb"(<(?:\w+:)?pageSetup\s[^<>]*?)\s\w+:id=\"[^\"]*\"")
_OWN_PATH = re.compile(rb"(<\w+:absPath\s[^<>]*\burl=\")[^\"]*\"")
_WHO_SHARES = re.compile(rb"(<(?:\w+:)?fileSharing\s[^<>]*?)\suserName=\"[^\"]*\"")
_HIDDEN_SHEET = re.compile(
    rb"<(?:\w+:)?sheet\s(?=[^<>]*\bstate=\"(?:hidden|veryHidden)\")[^<>]*\bname=\"([^\"]*)\""
)
_HIDDEN_TEXT = re.compile(rb"<\w+:vanish(?:\s*/>|\s[^<>]*val=\"(?:1|true|on)\")")
_SAFE_LINK = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
_TELLS_NOTHING = "about:blank"


def clean_office(package: Package, kind: MediaType) -> tuple[bytes, tuple[str, ...]]:
    """Return the file packed anew, and notes; raise `Refused`. The same file always gives the same bytes."""
    removed: dict[str, None] = {}
    for part in ("", *sorted(package.reachable())):
        _clean_relations(package, part, removed)
    kept = package.reachable()
    for name in kept:
        package.parts[name] = _clean_part(name, package.parts[name], removed)
    notes = [f"已去除：{'、'.join(removed)}。"] if removed else []
    return package.packed(), (*notes, *_advice(package, kept, kind))


def _clean_relations(package: Package, part: str, removed: dict[str, None]) -> None:
    found = package.relations(part)
    kept: list[Relation] = []
    for one in found:
        if one.sort in _DROPPED:
            removed[_DROPPED[one.sort]] = None
        elif one.sort in _REMARKS:
            if _A_REMARK.search(package.parts.get(resolve(part, one.target), b"")):
                raise _remarks()
        elif one.sort in _REFUSED:
            what, remedy = _REFUSED[one.sort]
            raise Refused(f"{what}，公开后会带出不该公开的内容。{remedy}，或另存为 PDF 后再添加。")
        elif one.external:
            kept.append(_checked_link(one, removed))
        else:
            kept.append(one)
    if found:
        # Always anew: what was read here is then what an office program reads.
        package.put_relations(part, kept)


def _checked_link(one: Relation, removed: dict[str, None]) -> Relation:
    if one.sort != "hyperlink":
        raise Refused(
            "文件引用了它之外的内容（图片、模板或数据源），读者打开时会去别处读取。请把这些内容嵌入文件，或另存为 PDF 后再添加。"
        )
    if _SAFE_LINK.match(one.target.strip()):
        return one
    removed["指向本机或内部网络文件的链接"] = None
    return Relation(one.id, one.type, _TELLS_NOTHING, external=True)


def _clean_part(name: str, content: bytes, removed: dict[str, None]) -> bytes:
    lower = name.lower()
    if lower.endswith((".jpg", ".jpeg")):
        return _stripped(content, strip_jpeg, removed)
    if lower.endswith(".png"):
        return _stripped(content, strip_png, removed)
    if not lower.endswith((".xml", ".vml")):
        return content
    if _TRACKED.search(content):
        raise _remarks()
    if _DDE.search(content):
        raise Refused("文件里有会启动其他程序的域（DDE），不能公开。请删去该域，或另存为 PDF 后再添加。")
    content = _POINTING.sub(b"", content)
    content = _PAGE_SETUP.sub(rb"\1", content)
    content = _OWN_PATH.sub(rb'\1"', content)
    return _WHO_SHARES.sub(rb"\1", content)


def _stripped(content: bytes, strip: Callable[[bytes], bytes], removed: dict[str, None]) -> bytes:
    """Return a picture without what was written beside it; one that cannot be read stays as it is."""
    try:
        found = strip(content)
    except Exception:  # noqa: BLE001, RUF100 - named .png, it may be anything; an office program does not care either.
        return content
    if len(found) < len(content):
        removed["图片附带的拍摄信息"] = None
    return found


def _advice(package: Package, kept: set[str], kind: MediaType) -> list[str]:
    """Return what the owner should know about what the file shows only to those who look."""
    notes: list[str] = []
    texts = [package.parts[name] for name in sorted(kept) if name.lower().endswith(".xml")]
    if kind is MediaType.XLSX:
        names = [
            one[1].decode("utf-8", "replace")
            for one in _HIDDEN_SHEET.finditer(package.parts.get(package.main, b""))
        ]
        if names:
            notes.append(
                f"表格里有隐藏的工作表（{'、'.join(names[:5])}），公开后任何人都能看到。不应公开的请删除后重新添加。"
            )
    if kind is MediaType.XLSX and any("/pivotcache/" in name.lower() for name in kept):
        notes.append(
            "表格里有数据透视表，其中存着来源数据，公开后任何人都能看到。不应公开的请粘贴为数值后重新添加。"
        )
    if kind is MediaType.DOCX and any(_HIDDEN_TEXT.search(one) for one in texts):
        notes.append("文件里有隐藏的文字，公开后任何人都能看到。不应公开的请删除后重新添加。")
    if kind is MediaType.PPTX and any("/notesslides/" in name.lower() for name in kept):
        notes.append("演示文稿带有演讲者备注，公开后任何人都能看到。不应公开的请删除后重新添加。")
    return notes


def _remarks() -> Refused:
    return Refused(
        "文件含批注或修订，会公开修改过程和修改人。请在“审阅”中接受（或拒绝）全部修订、删除全部批注，保存后再添加。"
    )
