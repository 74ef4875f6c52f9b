"""What a record's page says of the files that belong to it."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.documents.base import Document
from portal.site.pages import paths
from portal.site.pages.downloads import file_size
from portal.site.snapshot import RecordView, Snapshot


@dataclass(frozen=True)
class AttachedFile:
    """One attached file. `path` is blank where the build did not have it; `digest` is its beginning, the address has all of it."""

    name: str
    label: str
    size: str
    description: str
    digest: str
    path: str


def attachments_of(snapshot: Snapshot, record: RecordView, document: Document) -> tuple[AttachedFile, ...]:
    """Return the files of a version, in its order."""
    return tuple(
        AttachedFile(
            one.name,
            one.media_type.label,
            file_size(one.size) if one.size < 1_000_000 else f"{one.size / 1_000_000:.1f} MB",
            one.description or "",
            f"{one.digest[:8]} {one.digest[8:16]}",
            "" if one.digest in snapshot.absent_files else paths.file_path(record.unit, one),
        )
        for one in document.attachments
    )
