"""Jurisdictions and their units (单位名册)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.domain.units import UnitType
from portal.domain.values import check_uscc, clean_text, fold, read_day
from portal.store.tables import Jurisdiction, Outbox, Unit, UnitAlias

_Value = TypeVar("_Value")


class RosterError(ValueError):
    """A roster that cannot be used; the message names line, place and remedy."""


@dataclass(frozen=True)
class RosterLine:
    """One line of a unit roster."""

    name: str
    type: str
    slug: str | None = None
    short: str | None = None
    code: str | None = None
    uscc: str | None = None
    founded_on: date | None = None
    abolished_on: date | None = None
    position: int = 0
    sample: bool = False
    listed: bool = True
    aliases: tuple[str, ...] = ()


COLUMNS = {
    "单位名称": "name",
    "单位类型": "type",
    "简称": "short",
    "单位代码": "code",
    "统一社会信用代码": "uscc",
    "曾用名": "aliases",
    "成立日期": "founded_on",
    "撤销日期": "abolished_on",
    "网址代码": "slug",
}


# What people write for a type, besides its label.
_USUAL_TYPES = {
    **dict.fromkeys(("镇", "乡", "街道", "乡镇", "镇街"), "镇（街道）"),
    **dict.fromkeys(("村", "社区"), "村（社区）"),
    **dict.fromkeys(("局", "机关", "行政机关"), "部门"),
}
_LABELS = {name: label for label, name in COLUMNS.items()}


def init_jurisdictions(session: Session, regimes: Iterable[Regime], *, now: datetime) -> int:
    """Enter every regime's jurisdiction that is not there yet; return how many were new."""
    known = set(session.scalars(select(Jurisdiction.slug)))
    new = [Jurisdiction(slug=one.slug, created_at=now) for one in regimes if one.slug not in known]
    session.add_all(new)
    session.flush()
    return len(new)


def find_jurisdiction(session: Session, slug: str) -> Jurisdiction:
    """Return the jurisdiction, or raise `RosterError` naming those there are."""
    found = session.scalar(select(Jurisdiction).where(Jurisdiction.slug == slug))
    if found is None:
        known = "、".join(session.scalars(select(Jurisdiction.slug).order_by(Jurisdiction.id)))
        raise RosterError(
            f"没有代码为“{slug}”的县区。可用的代码：{known or '（尚未初始化，请先运行 portal init）'}。"
        )
    return found


def find_unit(session: Session, jurisdiction: Jurisdiction, name: str) -> Unit | None:
    """Return the unit known under that name, short name, former name, code or address."""
    wanted = fold(name)
    for unit in session.scalars(select(Unit).where(Unit.jurisdiction_id == jurisdiction.id)):
        if wanted in {fold(text) for text in (unit.name, unit.short, unit.code, unit.slug) if text}:
            return unit
    aliases = session.scalars(select(UnitAlias).where(UnitAlias.jurisdiction_id == jurisdiction.id))
    match = next((one for one in aliases if fold(one.name) == wanted), None)
    return session.get(Unit, match.unit_id) if match else None


def units_of(session: Session, jurisdiction: Jurisdiction) -> list[Unit]:
    """Return the roster in its own order."""
    query = select(Unit).where(Unit.jurisdiction_id == jurisdiction.id).order_by(Unit.position, Unit.id)
    return list(session.scalars(query))


def need_unit(session: Session, jurisdiction: Jurisdiction, name: str) -> Unit:
    """Return the unit, or raise `RosterError` with the nearest names."""
    if unit := find_unit(session, jurisdiction, name):
        return unit
    names = list(session.scalars(select(Unit.name).where(Unit.jurisdiction_id == jurisdiction.id)))
    near = sorted(names, key=lambda one: -len(set(one) & set(name)))[:3]
    hint = (
        f"名册中相近的有：{'、'.join(near)}。" if near else "名册还是空的，请先用 portal units 导入单位名册。"
    )
    raise RosterError(f"“{jurisdiction.slug}”的单位名册中没有“{name}”。{hint}")


def put_unit(session: Session, jurisdiction: Jurisdiction, line: RosterLine, *, now: datetime) -> Unit:
    """Enter or update the unit of that name. Its address, once given, never changes."""
    unit = find_unit(session, jurisdiction, line.name)
    if unit is None:
        unit = Unit(
            jurisdiction_id=jurisdiction.id,
            jurisdiction=jurisdiction,
            slug=line.slug or make_slug(session, jurisdiction, line.short or line.name),
            name=line.name,
            type=line.type,
            created_at=now,
            position=line.position,
            sample=line.sample,
            listed=line.listed,
        )
        session.add(unit)
        event: str | None = "unit_added"
    else:
        event = None
    if line.listed and not unit.listed:
        unit.listed = True
        event = "unit_changed"
    for name in ("short", "code", "uscc", "type", "founded_on", "abolished_on"):
        given = getattr(line, name)
        if given is not None and given != getattr(unit, name):
            setattr(unit, name, given)
            event = event or "unit_changed"
    session.flush()
    for alias in line.aliases:
        if find_unit(session, jurisdiction, alias) is None:
            session.add(UnitAlias(jurisdiction_id=jurisdiction.id, unit_id=unit.id, name=alias))
    if event:
        session.add(
            Outbox(
                jurisdiction_id=jurisdiction.id, record_id=None, unit_id=unit.id, event=event, created_at=now
            )
        )
    session.flush()
    return unit


def rename_unit(session: Session, unit: Unit, name: str, *, short: str | None = None, now: datetime) -> None:
    """Give a unit a new name. Its address and its records stay; files that use the old name still find it.

    What was published keeps the name under which it was published.
    """
    name = name.strip()
    if not name:
        raise RosterError("新名称不能空白。")
    holder = find_unit(session, unit.jurisdiction, name)
    if holder is not None and holder.id != unit.id:
        raise RosterError(f"“{name}”已经是“{holder.name}”的名称、简称或曾用名，请换一个名称。")
    if name == unit.name:
        return
    old, unit.name, unit.short = unit.name, name, short
    alias = session.scalar(
        select(UnitAlias).where(UnitAlias.jurisdiction_id == unit.jurisdiction_id, UnitAlias.name == name)
    )
    if alias is not None:
        session.delete(alias)  # An old name that is taken up again.
        session.flush()
    session.add(UnitAlias(jurisdiction_id=unit.jurisdiction_id, unit_id=unit.id, name=old))
    session.add(
        Outbox(
            jurisdiction_id=unit.jurisdiction_id,
            record_id=None,
            unit_id=unit.id,
            event="unit_changed",
            created_at=now,
        )
    )
    session.flush()


def make_slug(session: Session, jurisdiction: Jurisdiction, name: str) -> str:
    """Return a free ASCII address made of the name's pinyin."""
    from pypinyin import lazy_pinyin  # Its tables are slow to load, and only new units need them.

    spelled = re.sub(r"[^a-z0-9]+", "", "".join(lazy_pinyin(name, errors="ignore")).lower())[:32] or "unit"
    taken = set(session.scalars(select(Unit.slug).where(Unit.jurisdiction_id == jurisdiction.id)))
    candidates = [spelled, *(f"{spelled}-{number}" for number in range(2, len(taken) + 3))]
    return next(one for one in candidates if one not in taken)


@dataclass(frozen=True)
class RosterRow:
    """One row of a roster file: what it says, or what is wrong with it and in which column."""

    number: int  # As a spreadsheet counts.
    name: str
    line: RosterLine | None
    wrong: str = ""
    column: str = ""


class WrongCell(ValueError):
    """A cell that cannot be used; `column` is its label."""

    def __init__(self, column: str, message: str) -> None:
        """Keep the column."""
        super().__init__(message)
        self.column = column


def read_roster(data: bytes) -> list[RosterLine]:
    """Read a roster CSV (UTF-8 or GBK, header as in `COLUMNS`), or raise `RosterError`."""
    lines = []
    for row in read_rows(table_of(data)):
        if row.line is None:
            raise RosterError(f"名册第 {row.number} 行{row.wrong}")
        lines.append(row.line)
    return lines


def table_of(data: bytes) -> list[list[str]]:
    """Return the cells of a CSV (UTF-8 or GBK), or raise `RosterError`."""
    return list(csv.reader(io.StringIO(_decode(data))))


def read_rows(table: Sequence[Sequence[str]]) -> list[RosterRow]:
    """Read every row of a roster, wrong ones included; raise `RosterError` where it has no header or no rows."""
    header = [fold(cell).lstrip("*") for cell in table[0]] if table else []
    places = {name: header.index(fold(label)) for label, name in COLUMNS.items() if fold(label) in header}
    if "name" not in places or "type" not in places:
        raise RosterError(f"名册第 1 行须有“单位名称”和“单位类型”两栏。完整表头：{'、'.join(COLUMNS)}。")
    rows: list[RosterRow] = []
    names: dict[str, int] = {}
    slugs: set[str] = set()
    for number, row in enumerate(table[1:], start=2):
        cells = {name: row[place].strip() if place < len(row) else "" for name, place in places.items()}
        if not any(cells.values()):
            continue
        rows.append(_read_row(cells, number, names, slugs))
    if not rows:
        raise RosterError("名册中没有单位。请在表头下面每行填写一个单位。")
    return rows


def _read_row(cells: dict[str, str], number: int, names: dict[str, int], slugs: set[str]) -> RosterRow:
    try:
        line = _roster_line(cells, position=number - 1)
    except WrongCell as wrong:
        return RosterRow(number, cells["name"], None, f"：{wrong}", wrong.column)
    first = names.setdefault(fold(line.name), number)
    if first != number:
        return RosterRow(
            number, line.name, None, f"“{line.name}”与第 {first} 行重复。请删去其中一行。", "单位名称"
        )
    if line.slug and line.slug in slugs:
        return RosterRow(
            number,
            line.name,
            None,
            f"的网址代码“{line.slug}”与前面的单位重复。请更换，或留空由系统编排。",
            "网址代码",
        )
    slugs.update([line.slug] if line.slug else [])
    return RosterRow(number, line.name, line)


def _roster_line(cells: dict[str, str], *, position: int) -> RosterLine:
    for column, cell in cells.items():
        try:
            clean_text(cell)
        except ValueError as wrong:
            raise WrongCell(_LABELS[column], f"“{_LABELS[column]}”{wrong}") from wrong
        if len(cell) > 100 or "\n" in cell:
            raise WrongCell(
                _LABELS[column], f"“{_LABELS[column]}”超过 100 字或含有换行。请改短，写在一行内。"
            )
    name = str(clean_text(cells["name"]))
    if not name:
        raise WrongCell("单位名称", "“单位名称”为空。请填写单位全称。")
    slug = cells.get("slug") or None
    if slug and not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", slug):
        raise WrongCell(
            "网址代码", f"“网址代码”是“{slug}”，只能用小写字母、数字和连字符。可以留空由系统编排。"
        )
    return RosterLine(
        name=name,
        type=_of("type", cells["type"], lambda text: UnitType.read(_USUAL_TYPES.get(fold(text), text)).value),
        slug=slug,
        short=cells.get("short") or None,
        code=cells.get("code") or None,
        uscc=_of("uscc", cells["uscc"], check_uscc) if cells.get("uscc") else None,
        founded_on=_of("founded_on", cells["founded_on"], read_day) if cells.get("founded_on") else None,
        abolished_on=_of("abolished_on", cells["abolished_on"], read_day)
        if cells.get("abolished_on")
        else None,
        aliases=tuple(
            part.strip() for part in re.split(r"[、;；]", cells.get("aliases", "")) if part.strip()
        ),
        position=position,
    )


def _of(column: str, cell: str, read: Callable[[str], _Value]) -> _Value:
    try:
        return read(cell)
    except ValueError as wrong:
        raise WrongCell(_LABELS[column], str(wrong)) from wrong


def _decode(data: bytes) -> str:
    if not data.strip():
        raise RosterError("名册文件是空的（0 字节）。请重新导出后再导入。")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RosterError("名册文件的文字编码无法识别。请另存为 CSV（UTF-8）后再导入。")
