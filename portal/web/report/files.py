"""The files of a form without JavaScript: read into memory, cleaned and sealed at once."""

from __future__ import annotations

import re
from collections.abc import Iterable

from werkzeug.datastructures import FileStorage

from portal.domain.reports.content import MOST_ATTACHMENTS
from portal.domain.reports.padding import TooLong
from portal.services.reports.sealing import NotCleaned, seal_attachment

_KIND = re.compile(r"[a-z]+/[a-z0-9.+-]{1,100}")


class BadFile(ValueError):
    """A file that cannot be taken; the message is a Chinese sentence."""


def chosen(files: Iterable[FileStorage]) -> list[tuple[str, bytes]]:
    """Return type and bytes of each file that was chosen; raise `BadFile` where there are too many."""
    # A form without a chosen file sends a nameless, empty one.
    found = [(_kind(one), one.read()) for one in files if one.filename]
    if not all(data for _, data in found):
        raise BadFile("有一个附件是空的（0 字节）。请重新选择文件。")
    if len(found) > MOST_ATTACHMENTS:
        raise BadFile(
            f"附件最多 {MOST_ATTACHMENTS} 个，这次选了 {len(found)} 个。请减少，或提交后再分次补充。"
        )
    return found


def seal_files(case_key: str, files: list[tuple[str, bytes]], *, first: int = 1) -> list[bytes]:
    """Seal the files, numbered from `first`; raise `BadFile` where one cannot be taken."""
    sealed = []
    for place, (kind, data) in enumerate(files):
        try:
            sealed.append(seal_attachment(case_key, first + place, data, kind))
        except (NotCleaned, TooLong) as wrong:
            raise BadFile(f"第 {place + 1} 个附件：{wrong}") from None
    return sealed


def _kind(file: FileStorage) -> str:
    kind = file.mimetype or ""
    return kind if _KIND.fullmatch(kind) else "application/octet-stream"
