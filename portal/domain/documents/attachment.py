"""附件: files that belong to a disclosure. The document names them by their digest; their content lies elsewhere."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import Field, WithJsonSchema, model_validator

from portal.domain.documents.about import About, Part
from portal.domain.values import Choice, Count, Line, Type

MOST = 30  # Attachments of one disclosure: a page lists them all.
_LONGEST_NAME = 120


class MediaType(Choice):
    """文件格式: what may be attached. The value is the media type under which it is served."""

    PDF = "application/pdf", "PDF 文档"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "Word 文档"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel 表格"
    PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation", "PowerPoint 演示文稿"
    PNG = "image/png", "PNG 图片"
    JPEG = "image/jpeg", "JPEG 图片"

    @property
    def extension(self) -> str:
        """How the name of such a file ends, with the dot."""
        return _EXTENSIONS[self]


_EXTENSIONS = {
    MediaType.PDF: ".pdf",
    MediaType.DOCX: ".docx",
    MediaType.XLSX: ".xlsx",
    MediaType.PPTX: ".pptx",
    MediaType.PNG: ".png",
    MediaType.JPEG: ".jpg",
}
Digest = Annotated[
    str,
    Field(pattern="^[0-9a-f]{64}$"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{64}$"}),
    Type.DIGEST,
]


class Attachment(Part):
    """One file as the disclosure names it; what is published vouches for its content by the digest."""

    name: Annotated[Line, About("文件名", help="读者下载时看到的名称。")]
    digest: Annotated[Digest, About("SHA-256", help="文件内容的 SHA-256，64 位十六进制数。")]
    size: Annotated[Count, About("大小（字节）")]
    media_type: Annotated[MediaType, About("格式")]
    description: Annotated[Line | None, About("说明")] = None

    @model_validator(mode="after")
    def _named_as_it_is(self) -> Attachment:
        if self.name != file_name(self.name, self.media_type):
            raise ValueError(
                f'附件名“{self.name}”不合规则：不能含有 / \\ : * ? " < > | 等符号，不超过 {_LONGEST_NAME} 字，'
                f"并以 {self.media_type.extension} 结尾。"
            )
        return self

    @property
    def path_name(self) -> str:
        """The ASCII name of the file in addresses: its digest, which anybody can hold against the content."""
        return f"{self.digest}{self.media_type.extension}"


_NOT_IN_NAMES = re.compile(
    r"""[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff/\\:*?"<>|]+"""
)


def file_name(given: str, media_type: MediaType) -> str:
    """Return a name under which a file can be saved anywhere; it ends as such files do, whatever was given."""
    path = PurePosixPath(given.replace("\\", "/"))
    known = path.suffix.lower() in (media_type.extension, ".jpeg" if media_type is MediaType.JPEG else None)
    stem = path.stem if known else path.name
    stem = " ".join(_NOT_IN_NAMES.sub(" ", stem).split()).strip(". ")[: _LONGEST_NAME - 5].strip(". ")
    return f"{stem or '附件'}{media_type.extension}"
