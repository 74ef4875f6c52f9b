"""Roster files: looked at row by row before anything is written, written as they were shown, sent in the same form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from portal.domain.fates import Fate
from portal.domain.values import fold
from portal.services import rosters
from portal.services.board.county import County
from portal.services.rosters import COLUMNS, RosterError, RosterLine, RosterRow
from portal.services.running.known import FIELDS, LABELS, Known, shown, type_label
from portal.services.running.units import NotKept, Overtaken, enter, place_of
from portal.store.tables import Unit

MOST_ROWS = 2000  # Of one file: more units than any county has.
NEW, CHANGED, SAME, WRONG = "new", "changed", "same", "wrong"


@dataclass(frozen=True)
class Looked:
    """One row of a file, looked at: what would become of it. `changes` are label, before, after."""

    row: RosterRow
    verdict: str
    changes: tuple[tuple[str, str, str], ...] = ()
    slug: str = ""
    remark: str = ""

    @property
    def wrong(self) -> str:
        """What is wrong with it."""
        return self.remark if self.verdict == WRONG else ""


@dataclass(frozen=True)
class Preview:
    """What a file would do to the roster. `basis` changes whenever the roster does."""

    rows: tuple[Looked, ...]
    absent: tuple[str, ...]  # Units that the file does not name: nothing happens to them.
    basis: str

    def count(self, verdict: str) -> int:
        """Return how many rows have that verdict."""
        return sum(one.verdict == verdict for one in self.rows)

    @property
    def usable(self) -> bool:
        """Tell whether there is something to write and nothing in the way."""
        return not self.count(WRONG) and bool(self.count(NEW) + self.count(CHANGED))


def look_at(county: County, table: Sequence[Sequence[str]]) -> Preview:
    """Say what a roster file would do, row by row; raise `RosterError` where it cannot be read at all."""
    if len(table) > MOST_ROWS + 1:
        raise RosterError(f"名册超过 {MOST_ROWS} 行。请核对是不是选错了文件，或分成几个文件。")
    known = Known(county)
    comparing = _Comparing(known)
    rows = tuple(comparing.look(one) for one in rosters.read_rows(table))
    named = {one.slug for one in rows}
    absent = tuple(
        one.name for one in known.units if one.listed and not one.abolished_on and one.slug not in named
    )
    return Preview(rows, absent, known.basis)


class _Comparing:
    """Holds a file's rows against the roster, and against one another."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._seen: dict[int, int] = {}
        self._new: dict[tuple[str, str], int] = {}
        self._claimed: dict[
            str, tuple[int, int]
        ] = {}  # By name: the first row that brings it, and whose it is.

    def look(self, row: RosterRow) -> Looked:
        """Say what would become of one row."""
        line = row.line
        if line is None:
            return Looked(row, WRONG, remark=row.wrong.lstrip("："))
        unit = self._known.by_name.get(fold(line.name))
        if wrong := self._conflict(line, unit):
            return Looked(row, WRONG, remark=wrong, slug=unit.slug if unit else "")
        if unit is None and (wrong := self._twice(row.number, line)):
            return Looked(row, WRONG, remark=wrong)
        if wrong := self._elsewhere(row.number, line, unit):
            return Looked(row, WRONG, remark=wrong, slug=unit.slug if unit else "")
        if unit is None:
            return Looked(row, NEW, _filled(line))
        first = self._seen.setdefault(unit.id, row.number)
        if first != row.number:
            return Looked(
                row,
                WRONG,
                slug=unit.slug,
                remark=f"“单位名称”：第 {first} 行说的也是“{unit.name}”。请删去其中一行。",
            )
        changes = tuple(_differences(unit, line, self._known.names_of(unit)))
        remark = (
            f"按简称、代码或曾用名对应“{unit.name}”，名称不变。" if fold(line.name) != fold(unit.name) else ""
        )
        return Looked(row, CHANGED if changes else SAME, changes, unit.slug, remark)

    def _conflict(self, line: RosterLine, unit: Unit | None) -> str:
        for label, value, found in (
            ("单位代码", line.code, self._known.by_code.get(line.code or "")),
            ("统一社会信用代码", line.uscc, self._known.by_uscc.get(line.uscc or "")),
        ):
            if found and found is not unit:
                same = "如果是同一个单位改了名，请打开该单位办理更名；" if unit is None else ""
                return f"“{label}”{value} 已经属于“{found.name}”。{same}如果不是，请核对{label}。"
        for alias in line.aliases:
            found = self._known.by_name.get(fold(alias))
            if found and found is not unit:
                return f"“曾用名”中的“{alias}”是“{found.name}”现在用的名称或曾用名。请核对，或打开该单位办理并入。"
        if unit and line.abolished_on and line.abolished_on != unit.abolished_on:
            return "“撤销日期”：撤销和并入有后续影响，不能用文件办理。请打开该单位办理，并把这一格留空。"
        return ""

    def _elsewhere(self, number: int, line: RosterLine, unit: Unit | None) -> str:
        """Say which name another row gives to another unit: by a name that two bear, one would be written into the other."""
        whose = unit.id if unit else -number
        names = [("简称", line.short), ("单位代码", line.code), *(("曾用名", one) for one in line.aliases)]
        for label, value in (("单位名称", line.name), *names):
            first, its = self._claimed.setdefault(fold(value), (number, whose)) if value else (number, whose)
            if its != whose:
                return f"“{label}”{value} 在第 {first} 行是另一个单位的名称、简称、代码或曾用名。请核对，改正其中一行。"
        found = self._known.by_name.get(fold(line.short)) if line.short else None
        if found and found is not unit:
            return f"“简称”{line.short} 已经是“{found.name}”的名称、简称、代码或曾用名。请核对。"
        return ""

    def _twice(self, number: int, line: RosterLine) -> str:
        """Say which name or code of a new unit another row of the file has, too."""
        for label, value in (
            ("简称", line.short),
            ("单位代码", line.code),
            ("统一社会信用代码", line.uscc),
            *(("曾用名", one) for one in line.aliases),
        ):
            first = self._new.setdefault((label, fold(value)), number) if value else number
            if first != number:
                return f"“{label}”{value} 与第 {first} 行相同。请核对，改正其中一行。"
        return ""


def _filled(line: RosterLine) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (LABELS[name], "", shown(name, value))
        for name in (*FIELDS, "abolished_on")
        if (value := getattr(line, name)) is not None
    )


def _differences(unit: Unit, line: RosterLine, names: set[str]) -> list[tuple[str, str, str]]:
    found = [
        (LABELS[name], shown(name, getattr(unit, name)), shown(name, given))
        for name in FIELDS
        if (given := getattr(line, name)) is not None and given != getattr(unit, name)
    ]
    if not unit.listed:
        found.append(("名册", "不在册", "在册"))
    new = [one for one in line.aliases if fold(one) not in names]
    return [*found, *([("曾用名", "", "、".join(new))] if new else [])]


def apply(county: County, table: Sequence[Sequence[str]], *, basis: str, now: datetime) -> Preview:
    """Write what a file says; raise `Overtaken` where the roster is not the one that was looked at.

    Doing it twice changes nothing: what is there already is the same then.
    """
    found = look_at(county, table)
    if found.count(WRONG):
        raise NotKept("文件里有需要改正的行，没有写入。请改正后重新上传。")
    if found.basis != basis and found.usable:
        raise Overtaken
    place, units = place_of(county), county.units()
    last, samples = max((one.position for one in units), default=0), any(one.sample for one in units)
    for one in found.rows:
        if one.row.line is None or one.verdict not in (NEW, CHANGED):
            continue
        line = one.row.line
        if one.verdict == NEW:
            last += 1
            line = replace(line, position=last, listed=True, sample=samples)
        unit = rosters.put_unit(county.session, place, line, now=now)
        if one.verdict == NEW and line.founded_on:
            enter(county, unit, Fate.FOUNDED, on=line.founded_on, words="", source="单位名册", now=now)
        county.write_down(
            "unit.added" if one.verdict == NEW else "unit.changed",
            now=now,
            object=f"unit:{unit.slug}",
            words=f"名册导入：{unit.name}",
            unit_id=unit.id,
            detail={
                "before": {label: before for label, before, _ in one.changes},
                "after": {label: after for label, _, after in one.changes},
            },
        )
    return found


def roster_rows(county: County) -> list[list[str]]:
    """Return the whole roster in the form in which files are read, header first."""
    known = Known(county)
    aliases: dict[int, list[str]] = {}
    for one in known.aliases:
        aliases.setdefault(one.unit_id, []).append(one.name)
    rows = [list(COLUMNS)]
    for unit in known.units:
        told = {
            "name": unit.name,
            "type": type_label(unit.type),
            "short": unit.short or "",
            "code": unit.code or "",
            "uscc": unit.uscc or "",
            "aliases": "、".join(aliases.get(unit.id, ())),
            "founded_on": unit.founded_on.isoformat() if unit.founded_on else "",
            "abolished_on": unit.abolished_on.isoformat() if unit.abolished_on else "",
            "slug": unit.slug,
        }
        rows.append([told[name] for name in COLUMNS.values()])
    return rows
