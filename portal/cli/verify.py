"""`portal verify`: whether a record's file, or a whole copy of the site, is what was published."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from portal.cli.copies import Compared, Place, compare, place_of, store_of, walk
from portal.cli.telling import Refusal, say
from portal.domain.canonical import canonical, fingerprint
from portal.domain.documents.base import kinds
from portal.site.manifests import MANIFEST

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
    found = verify(Path(os.path.abspath(path)))  # noqa: PTH100 - links stay: they tell where in the site it lies.
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
    """Check a file or a folder; `path` is absolute."""
    found = Findings()
    if path.is_file():
        place = place_of(path)
        if place is None or _is_place(place.asked):
            found.take_record(place.asked if place else path)
        if place:
            _take(compare(place), found)
        return found
    place = place_of(path)
    files = _take(compare(place), found) if place else _loose(path, found)
    records = [file for file in files if _is_place(file)]
    if not records and not found.listed and not found.problems:
        raise Refusal(f"{path} 里没有记录的 JSON 文件。请给出网站文件夹（含 u/ 的目录）或单个 JSON 文件。")
    for file in records:
        found.take_record(file)
    _check_newest(records, found)
    return found


def _take(compared: Compared, found: Findings) -> list[Path]:
    found.listed += compared.same
    found.problems += compared.problems
    found.notes += compared.notes
    return compared.files


def _loose(folder: Path, found: Findings) -> list[Path]:
    """Check a folder that is no site and lies in none: the sites in it, and the files around them."""
    there = list(walk(folder, store_of(folder)))
    found.problems += [f"{file}：{wrong}" for file, wrong in there if wrong]
    tops: list[Path] = []
    for top in sorted(file.parent for file, _ in there if file.name == MANIFEST):
        if not any(top.is_relative_to(one) for one in tops):
            tops.append(top)
    files = [file for file, wrong in there if not wrong]
    files = [file for file in files if not any(file.is_relative_to(top) for top in tops)]
    if any(file.suffix == ".html" for file in files):
        found.problems.append(f"{folder}：有网页却没有 {MANIFEST}，无法核对文件有没有被删除或替换。")
    elif not tops:
        found.notes.append(f"没有 {MANIFEST}，只核对了各文件自身的指纹，看不出有没有文件被删除或整个换掉。")
    for top in tops:
        files += _take(compare(Place(top, top)), found)
    return files


def _is_place(file: Path) -> bool:
    """Tell whether a record's data stands there: …/<jurisdiction>/u/<unit>/<kind>/<name>.json."""
    plain = file.suffix == ".json" and "." not in file.stem and file.name != MANIFEST
    return plain and len(file.parts) >= 6 and file.parts[-4] == "u"


def check_record(file: Path) -> bool:
    """Return whether the file is the tombstone of a withdrawn version; raise `Wrong` when it is not as published."""
    if file.is_symlink():
        raise Wrong("是符号链接，不是网站自己的文件")
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


COMMANDS = (verify_command,)
