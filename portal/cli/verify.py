"""`portal verify`: whether a record's file, or a whole copy of the site, is what was published."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import click

from portal.cli.opened import Refusal, say
from portal.domain.canonical import canonical, fingerprint
from portal.domain.documents.base import kinds
from portal.site.build import MANIFEST

_HEX = re.compile(r"[0-9a-f]{64}")
_VERSIONED = re.compile(r"(.+)-v([1-9]\d*)")


class Wrong(ValueError):
    """What is wrong with one file, in Chinese."""


@dataclass
class Findings:
    """What a run found: how many files are as published, how many were withdrawn, and one line a problem."""

    same: int = 0
    withdrawn: int = 0
    listed: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def take_record(self, file: Path) -> None:
        """Check one record file and count it."""
        try:
            gone = check_record(file)
        except Wrong as wrong:
            self.problems.append(f"{file}：{wrong}")
        else:
            self.withdrawn += gone
            self.same += not gone


@click.command("verify")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
def verify_command(path: Path) -> None:
    """核对内容指纹：给出从网站下载的 JSON 文件，或整个网站的文件夹。

    网站文件夹还逐个核对清单（manifest.json）中的全部文件：缺少、被改动、多出的都会指出。
    """
    found = verify(path.resolve())
    for line in found.notes:
        click.echo(f"说明：{line}", err=True)
    for line in found.problems:
        click.echo(line, err=True)
    listed = f"清单内文件 {found.listed} 个，" if found.listed else ""
    say(
        f"核对完毕：{listed}记录文件一致 {found.same} 个，已依法撤回、不含内容 {found.withdrawn} 个，"
        f"不一致 {len(found.problems)} 个。"
    )
    if found.problems:
        raise SystemExit(1)


def verify(path: Path) -> Findings:
    """Check a file or a folder; `path` is absolute and without links."""
    found = Findings()
    records = [path] if path.is_file() else list(_record_files(path))
    builds = list(_builds(path))
    if not records and not builds:
        raise Refusal(f"{path} 里没有记录的 JSON 文件。请给出网站文件夹（含 u/ 的目录）或单个 JSON 文件。")
    for file in records:
        found.take_record(file)
    if path.is_dir():  # A single file is judged by itself.
        _check_newest(records, found)
    for build in builds:
        _check_build(build, path, found)
    if path.is_dir() and not builds:
        if any(path.rglob("*.html")):
            found.problems.append(f"{path}：有网页却没有 {MANIFEST}，无法核对文件有没有被删除或替换。")
        else:
            found.notes.append(
                f"没有 {MANIFEST}，只核对了各文件自身的指纹，看不出有没有文件被删除或整个换掉。"
            )
    return found


def _record_files(folder: Path) -> Iterator[Path]:
    """Yield everything that stands where a record's data stands: …/<jurisdiction>/u/<unit>/<kind>/<name>.json."""
    yield from (one for one in sorted(folder.rglob("*.json")) if _is_place(one))


def _is_place(file: Path) -> bool:
    return len(file.parts) >= 6 and file.parts[-4] == "u"


def check_record(file: Path) -> bool:
    """Return whether the file is the tombstone of a withdrawn version; raise `Wrong` when it is not as published."""
    if file.is_symlink():
        raise Wrong("是符号链接，不是网站自己的文件")
    if file.is_dir():
        raise Wrong("是文件夹，不是记录文件")
    wrapper = _load(file)
    digest = wrapper.get("digest")
    if not isinstance(digest, str) or not _HEX.fullmatch(digest):
        raise Wrong("没有指纹（digest 应为 64 位十六进制数），不是本平台导出的记录文件，或文件已被改动")
    if "withdrawn" in wrapper:
        _check_tombstone(wrapper)
        _check_version(file, wrapper.get("version"))
        return True
    content, salt = wrapper.get("content"), wrapper.get("salt")
    if not isinstance(content, dict) or not content:
        raise Wrong("没有内容，也没有依法撤回的说明，内容可能被人为抹去")
    if not isinstance(salt, str) or not _HEX.fullmatch(salt):
        raise Wrong("没有盐值（salt 应为 64 位十六进制数），无法核对，文件已被改动")
    if set(wrapper) != {"digest", "salt", "content"}:
        raise Wrong(
            f"含有平台不会写入的内容（{'、'.join(sorted(set(wrapper) - {'digest', 'salt', 'content'}))}）"
        )
    try:
        own = fingerprint(bytes.fromhex(salt), canonical(content))
    except (ValueError, TypeError, RecursionError) as broken:
        raise Wrong("内容不是规范的 JSON，文件已被改动") from broken
    if own != digest:
        raise Wrong("内容与指纹不一致，文件已被改动")
    _check_place(file, content)
    return False


def _load(file: Path) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise Wrong(f"同一处出现了两个“{key[:40]}”，不同的程序会读出不同的内容，文件已被改动")
            found[key] = value
        return found

    def constant(name: str) -> Any:
        raise Wrong(f"含有 {name}，不是规范的 JSON")

    try:
        read = json.loads(file.read_bytes(), object_pairs_hook=unique, parse_constant=constant)
    except Wrong:
        raise
    except RecursionError as deep:
        raise Wrong("嵌套过深，不是本平台导出的记录文件") from deep
    except OSError as broken:
        raise Wrong(f"读不出来（{type(broken).__name__}），请检查文件权限") from broken
    except ValueError as broken:
        raise Wrong("不是本平台导出的记录文件，或文件已损坏") from broken
    if not isinstance(read, dict):
        raise Wrong("不是本平台导出的记录文件，或文件已损坏")
    return read


def _check_tombstone(wrapper: dict[str, Any]) -> None:
    gone = wrapper["withdrawn"]
    ground = gone.get("legal_ground") if isinstance(gone, dict) else None
    if not isinstance(ground, str) or not ground.strip():
        raise Wrong("写着已撤回，却没有撤回的法律依据，内容可能被人为抹去")
    if "content" in wrapper or "salt" in wrapper:
        raise Wrong("写着已撤回，却仍带有内容或盐值，文件已被改动")


def _check_place(file: Path, content: dict[str, Any]) -> None:
    """A file must say the same as the address at which it stands."""
    if not _is_place(file):
        return
    jurisdiction, unit, folder = file.parts[-5], file.parts[-3], file.parts[-2]
    said = content.get("unit")
    paths = {code: model.kind.path for code, model in kinds().items()}
    for what, there, own in (
        ("县区", jurisdiction, content.get("jurisdiction")),
        ("单位", unit, said.get("id") if isinstance(said, dict) else None),
        ("类别", folder, paths.get(str(content.get("schema")).split("/")[0])),
    ):
        if there != own:
            raise Wrong(f"所在位置的{what}是“{there}”，内容中却是“{own}”，文件被换过")
    _check_version(file, content.get("version"))


def _check_version(file: Path, version: Any) -> None:
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise Wrong("没有写明是第几版，文件已被改动")
    named = _VERSIONED.fullmatch(file.stem)
    if named and _is_place(file) and int(named[2]) != version:
        raise Wrong(f"文件名是第 {named[2]} 版，内容却是第 {version} 版，文件被换过")


def _check_newest(records: list[Path], found: Findings) -> None:
    """A record's plain address must show its newest version, and no version may be missing before it."""
    known = set(records)
    versions: dict[Path, set[int]] = {}
    for file in records:
        if _is_place(file) and (named := _VERSIONED.fullmatch(file.stem)):
            versions.setdefault(file.with_name(f"{named[1]}.json"), set()).add(int(named[2]))
    for plain, numbers in versions.items():
        newest = max(numbers)
        if lost := sorted(set(range(1, newest + 1)) - numbers):
            found.problems.append(f"{plain.with_suffix('')}：缺少第 {'、'.join(map(str, lost))} 版的文件。")
        last = plain.with_name(f"{plain.stem}-v{newest}.json")
        if plain in known and plain.is_file() and last.is_file() and plain.read_bytes() != last.read_bytes():
            found.problems.append(f"{plain}：与最新的第 {newest} 版（{last.name}）不是同一内容，文件被换过")


def _builds(path: Path) -> Iterator[Path]:
    """Yield the builds that contain the path, else those that it contains."""
    above = next((one for one in (path, *path.parents) if one.is_dir() and (one / MANIFEST).is_file()), None)
    if above is not None:
        yield above
    elif path.is_dir():
        yield from (one.parent for one in sorted(path.rglob(MANIFEST)) if ".staging-" not in str(one))


def _check_build(build: Path, path: Path, found: Findings) -> None:
    """Compare every file of the build that lies under `path` with the build's own list."""
    try:
        listed = _listed(build)
    except Wrong as wrong:
        found.problems.append(f"{build / MANIFEST}：{wrong}")
        return
    asked = path if path.is_relative_to(build) else build
    own = {name: digest for name, digest in listed.items() if (build / name).is_relative_to(asked)}
    for name, digest in own.items():
        file = build / name
        if file.is_symlink():
            found.problems.append(f"{file}：是符号链接，不是网站自己的文件")
        elif not file.is_file():
            found.problems.append(f"{file}：清单中有，文件却不存在，已被删除")
        elif _sha256(file) != digest:
            found.problems.append(f"{file}：与清单中的 SHA-256 不一致，文件已被改动")
        else:
            found.listed += 1
    there = [asked] if asked.is_file() else sorted(asked.rglob("*"))
    for file in there:
        name = file.relative_to(build).as_posix()
        if name not in listed and name != MANIFEST and (file.is_symlink() or not file.is_dir()):
            found.problems.append(f"{file}：清单中没有这个文件，是后来放进去的")
    found.notes.append(
        f"{build.name} 的清单指纹是 {_sha256(build / MANIFEST)}；与事先另行保存的指纹相同，才能证明清单本身没有被换。"
    )


def _listed(build: Path) -> dict[str, str]:
    pages = _load(build / MANIFEST).get("pages")
    if not isinstance(pages, dict) or not pages:
        raise Wrong("清单中没有文件列表，已损坏或被改动")
    for name, digest in pages.items():
        place = PurePosixPath(name)
        plain = not place.is_absolute() and ".." not in place.parts and place.as_posix() == name
        if not plain or not isinstance(digest, str) or not _HEX.fullmatch(digest):
            raise Wrong(f"清单中“{name[:60]}”一条写法不对，已损坏或被改动")
    return pages


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


COMMANDS = (verify_command,)
