"""Finds out how a text file is encoded, and refuses what is no text."""

from __future__ import annotations

import codecs
import unicodedata

from portal.exchange.regulations.results import UnreadableFile

# The commonest characters of official Chinese, simplified and traditional. Right text is full of them;
# bytes read in the wrong encoding give rare ones.
_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国以要他时来用们生到作于出分对成会可主年动同工也能下过行方后多定学法"
    "所民得经十三之进着等部度家电力里如水化高自二理起小现实加量都体制机当使点从业本去把性应开它合还因由其"
    "各单位及关监督管规组织按第四五六项政府党委员责任务公事财审批建设监导领集权运"
    "這為個國時來們對會動過後學經進著現實體機當點從業應開關監督務財審設導領權運單項責"
)
_REMEDY = "请用记事本打开原文件，确认文字正常后另存为 UTF-8 编码的 .txt，再重新上传。"


def decode(data: bytes) -> str:
    """Return the text of UTF-8, UTF-16 (with its mark) or GB18030 bytes, or raise `UnreadableFile`."""
    text = _marked(data)
    if text is None:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = _gb18030(data)
    _refuse_garbage(text)
    return text


def _marked(data: bytes) -> str | None:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding)
            except UnicodeDecodeError as wrong:
                raise UnreadableFile(
                    f"文件开头标明是 {encoding.upper()[:6]} 编码，内容却不是。{_REMEDY}"
                ) from wrong
    return None


def _gb18030(data: bytes) -> str:
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as wrong:
        raise UnreadableFile(f"文件的文字编码无法识别（不是 UTF-8、GB18030 或 UTF-16）。{_REMEDY}") from wrong
    han = [one for one in text if "\u3400" <= one <= "\u9fff"]
    usual = sum(one in _COMMON for one in han)
    # Nearly any bytes decode as GB18030, so the text must also look like Chinese.
    if not han or (usual < len(han) * 0.08 if len(han) >= 30 else not _in_gb2312(han)):
        raise UnreadableFile(f"文件读出来是乱码，文字编码无法识别。{_REMEDY}")
    return text


def _in_gb2312(characters: list[str]) -> bool:
    try:
        "".join(characters).encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _refuse_garbage(text: str) -> None:
    visible = [one for one in text if not one.isspace()]
    if not visible:
        raise UnreadableFile("文件里没有文字，只有空白。请确认选对了文件。")
    control = sum(unicodedata.category(one) in ("Cc", "Cs", "Co", "Cn") for one in visible)
    if "\x00" in text or control > len(visible) * 0.005:
        raise UnreadableFile(f"文件不是文字文件，读出来是乱码或二进制内容。{_REMEDY}")
    if sum("\u3400" <= one <= "\u9fff" for one in visible) < len(visible) * 0.2:
        raise UnreadableFile(f"文件里几乎没有汉字，不像一份制度文件。{_REMEDY}")
