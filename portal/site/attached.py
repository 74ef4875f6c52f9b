"""The files that a unit's public versions name: where they lie in its tree, and putting them there.

A file that the store does not have, or has damaged, is told on the page and by the build; it stops nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain.documents.attachment import Attachment
from portal.site.freezer import Failure
from portal.site.pages import paths
from portal.site.snapshot import RecordView, Snapshot, UnitView
from portal.store.files import FileDamaged, FilesUnreachable, NoSuchFile

if TYPE_CHECKING:
    from portal.site.parts import Maker
    from portal.site.trees import OldTree, Tree


def files_of(record: RecordView) -> list[Attachment]:
    """Return the files that the readable versions of a record name."""
    return [one for version in record.versions if version.readable for one in version.readable.attachments]


def absent_print(snapshot: Snapshot, record: RecordView) -> list[str]:
    """Return what a record's pages say of files beside what its versions say: which of them are not to be had."""
    absent = snapshot.absent_files
    return sorted({one.digest for one in files_of(record)} & absent) if absent else []


def place_files(maker: Maker, tree: Tree, snapshot: Snapshot, unit: UnitView, kept: OldTree | None) -> None:
    """Put the files of a unit's public versions into its tree; those of the tree before are taken over."""
    from portal.site.parts import take_over  # It needs to know this module.

    wanted = {one.path_name: one for record in snapshot.all_of(unit) for one in files_of(record)}
    for one in wanted.values():
        path = paths.file_path(unit, one)
        name = path.removeprefix(paths.unit_path(unit).removesuffix("index.html"))
        try:
            if maker.files is None:
                raise NoSuchFile("没有附件存储。")
            same = kept is not None and kept.files.get(name) == one.digest
            if same and maker.files.exists(one.digest) and take_over(tree, kept, [name]):
                continue
            content = maker.files.get(one.digest)
        except (NoSuchFile, FileDamaged, FilesUnreachable) as wrong:
            snapshot.absent_files.add(one.digest)
            maker.freezer.failures.append(Failure(path, str(wrong)))
        else:
            tree.write(name, content, compress=False)
