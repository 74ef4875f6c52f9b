"""Reads regime files, or tells file, line and remedy."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from portal.domain.dated import refuse_overlaps
from portal.domain.regime_files import RegimeError, first_error, place_of, toml_mistake
from portal.domain.regimes import NATIONAL, Gap, National, Regime, Rulebook, refuse_gaps
from portal.domain.rules.base import rules
from portal.domain.rules.terms import Off, Terms

# Folders of the site that are no jurisdiction's.
TAKEN = frozenset({"en", "help", "static"})


def read_national(file: Path) -> National:
    """Read `national.toml`, or raise `RegimeError`."""
    text, data = _load(file)
    return _build(National, file, text, data)


def read_regime(file: Path, national: National | None = None) -> Regime:
    """Read one jurisdiction's file, or raise `RegimeError` naming the file, the line and the remedy."""
    text, data = _load(file)
    regime = _build(Regime, file, text, data, national)
    if regime.slug in TAKEN:
        line = place_of(text, ("slug",))
        raise RegimeError(
            f"制度文件 {file.name} 第 {line} 行：“{regime.slug}”是网站固定文件夹的名字，不能用作县区代码。请换一个 slug 和文件名。"
        )
    if regime.slug != file.stem:
        line = place_of(text, ("slug",))
        raise RegimeError(
            f"制度文件 {file.name} 第 {line} 行：slug 是“{regime.slug}”，应与文件名一致。请改正。"
        )
    return regime.model_copy(update={"national": national}) if national else regime


def _load(file: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = file.read_text(encoding="utf-8-sig")  # Some editors begin a file with a byte order mark.
    except UnicodeDecodeError as broken:
        raise RegimeError(f"制度文件 {file.name} 不是 UTF-8 编码。请用 UTF-8 重新保存。") from broken
    except OSError as broken:
        raise RegimeError(f"制度文件 {file.name} 打不开。请检查它是不是普通文件，以及读取权限。") from broken
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        line, message = toml_mistake(text, broken)
        raise RegimeError(f"制度文件 {file.name} 第 {line} 行的格式不对：{message}") from broken
    except (ValueError, RecursionError) as broken:  # A number of thousands of digits, brackets without end.
        raise RegimeError(f"制度文件 {file.name} 中有过长的数或过深的嵌套。请改正。") from broken


_B = TypeVar("_B", bound=Rulebook)


def _build(
    model: type[_B], file: Path, text: str, data: dict[str, Any], national: National | None = None
) -> _B:
    try:
        entries = _read_rules(data.pop("rules", {}), national.rules if national else {})
        return model.model_validate({**data, "rules": entries})
    except _Wrong as wrong:
        place, message = wrong.place, wrong.message
    except ValidationError as wrong:
        place, message = first_error(wrong)
    name = ".".join(str(part + 1) if isinstance(part, int) else part for part in place)
    line = place_of(text, place)
    where = f" 第 {line} 行" if line else ""
    raise RegimeError(f"制度文件 {file.name}{where}{f'“{name}”' if name else ''}：{message}")


class _Wrong(Exception):
    def __init__(self, place: tuple[str | int, ...], message: str) -> None:
        self.place, self.message = place, message


def _read_rules(data: Any, beneath: Mapping[str, Sequence[Terms]]) -> dict[str, tuple[Terms, ...]]:
    known = rules()
    if not isinstance(data, dict):
        raise _Wrong(("rules",), "应写成 [[rules.规则编号]] 的若干段。")
    found: dict[str, tuple[Terms, ...]] = {}
    for rule_id, entries in data.items():
        if rule_id not in known:
            near = [one for one in known if one[:3] == rule_id[:3]] or list(known)
            raise _Wrong(
                ("rules", rule_id), f"没有编号为“{rule_id}”的规则。可用：{'、'.join(near)}。请检查编号。"
            )
        if not isinstance(entries, list):
            raise _Wrong(("rules", rule_id), f"应写成 [[rules.{rule_id}]]（两层方括号），每段一个取值。")
        read = []
        for place, entry in enumerate(entries):
            model = known[rule_id].terms
            if isinstance(entry, dict) and "off" in entry:
                if entry["off"] is not True:
                    raise _Wrong(("rules", rule_id, place, "off"), "只能写 true；不需要时删去整段。")
                model = Off
            try:
                read.append(model.model_validate(entry))
            except ValidationError as wrong:
                inner, message = first_error(wrong)
                raise _Wrong(("rules", rule_id, place, *inner), message) from wrong
        try:
            refuse_overlaps((one, rule_id) for one in read)
        except ValueError as wrong:
            raise _Wrong(("rules", rule_id, len(read) - 1), str(wrong)) from wrong
        try:
            refuse_gaps(read, beneath.get(rule_id, ()))
        except Gap as wrong:
            raise _Wrong(("rules", rule_id, wrong.at), str(wrong)) from wrong
        found[rule_id] = tuple(read)
    return found


def read_regimes(folder: Path) -> dict[str, Regime]:
    """Read every regime file of a folder, in display order; each inherits `national.toml`."""
    # Names that begin with a dot are left behind by file systems and editors.
    files = sorted(
        one for one in folder.glob("*.toml") if one.stem != NATIONAL and not one.name.startswith(".")
    )
    if not files:
        raise RegimeError(f"没有找到制度文件：{folder} 中应有 *.toml。")
    shared = folder / f"{NATIONAL}.toml"
    if not shared.is_file():
        raise RegimeError(
            f"没有找到 {NATIONAL}.toml：{folder} 中应有全国统一规定，各县区的制度都以它为基础。请补上。"
        )
    national = read_national(shared)
    found = [read_regime(file, national) for file in files]
    return {one.slug: one for one in sorted(found, key=lambda one: one.position)}
