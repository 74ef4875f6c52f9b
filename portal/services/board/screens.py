"""What a screen of the board shows, before anybody draws it: pages and exports are made from the same rows."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property

from portal.domain.units import UnitType, facts_of
from portal.services.board.marks import Mark
from portal.store.tables import Unit

SORTS = (
    ("worst", "欠缺多的在前"),
    ("roster", "按名册顺序"),
    ("name", "按名称"),
    ("index", "规范指数低的在前"),
)
STATUSES = (
    ("wanting", "有欠缺"),
    ("missing", "未公开"),
    ("late", "迟"),
    ("breach", "记录有违规"),
    ("note", "待核对"),
    ("waiting", "期限内、未到期"),
    ("provisional", "期限暂定"),
    ("ok", "有按期的"),
    ("gone", "已撤回"),
    ("none", "不适用、豁免"),
    ("fine", "没有欠缺"),
)
# Of one column: every unit is in exactly one of these.
TALLY = (
    ("ok", "按期"),
    ("late", "迟"),
    ("missing", "未公开"),
    ("waiting", "还在期限内"),
    ("note", "待核对"),
    ("gone", "已撤回"),
    ("none", "不适用"),
)
_SAME = {"nil": "ok", "blank": "none"}  # 无发生额 is on time; nothing that was owed is not applicable.


@dataclass(frozen=True)
class Sieve:
    """What somebody asked to see; blank: everything."""

    type: str = ""
    status: str = ""
    duty: str = ""
    rule: str = ""
    name: str = ""
    sort: str = "worst"

    @property
    def narrow(self) -> bool:
        """Tell whether anything is left out."""
        return bool(self.type or self.status or self.duty or self.rule or self.name)


@dataclass(frozen=True)
class Head:
    """One column: `key` is a duty's code or a period, `under` a second line."""

    key: str
    title: str
    under: str = ""
    provisional: bool = False


@dataclass(frozen=True)
class Row:
    """One unit with its marks in the order of the heads.

    `grave` and `warned` count findings of the rule book: breaches (block, red) and warnings (yellow).
    """

    unit: Unit
    marks: tuple[Mark, ...]
    index: Fraction | None
    grave: int = 0
    warned: int = 0
    gone: bool = False
    unreadable: bool = False

    @property
    def type(self) -> UnitType:
        """The unit's type; one that is not known counts as 其他."""
        return facts_of(self.unit).type

    @cached_property
    def states(self) -> Counter[str]:
        """How many marks there are of each state of the filter."""
        return Counter(_SAME.get(one.state, one.state) for one in self.marks)

    @property
    def missing(self) -> int:
        """How many marks say that something is not there."""
        return self.states["missing"]

    @property
    def late(self) -> int:
        """How many marks say that something came late."""
        return self.states["late"]

    @property
    def gaps(self) -> int:
        """How many marks are wanting."""
        return self.missing + self.late

    @property
    def index_text(self) -> str:
        """The index with one decimal, a dash where nothing applies."""
        if self.index is None:
            return "—"
        tenths = int(self.index * 10 + Fraction(1, 2))
        return f"{tenths // 10}.{tenths % 10}"

    def has(self, status: str) -> bool:
        """Tell whether the row belongs to a status of the filter."""
        match status:
            case "wanting":
                return self.gaps > 0
            case "fine":
                return self.gaps == 0 and not self.unreadable and not self.gone
            case "breach":
                return self.grave > 0
            case "provisional":
                return any(one.provisional for one in self.marks)
            case _:
                return self.states[status] > 0


@dataclass(frozen=True)
class Screen:
    """A table of the board: its heads, its rows by type, and how many units there are of each status."""

    heads: tuple[Head, ...]
    groups: tuple[tuple[UnitType, tuple[Row, ...]], ...]
    total: int  # Of units before the filter.
    counts: Mapping[str, int]  # By status of the filter, before the status was asked for.
    tallies: Mapping[str, Mapping[str, int]]  # Likewise by column and state (see `TALLY`).

    @property
    def rows(self) -> list[Row]:
        """The rows of all groups in the order shown."""
        return [row for _, rows in self.groups for row in rows]


def sift(heads: Sequence[Head], rows: Iterable[Row], sieve: Sieve) -> Screen:
    """Return the screen that shows of these rows what the sieve lets through, in its order."""
    rows = list(rows)
    wanted = fold_name(sieve.name)
    near = [
        row
        for row in rows
        if (not sieve.type or row.type.value == sieve.type)
        and (not wanted or wanted in fold_name(row.unit.name) or wanted in fold_name(row.unit.short or ""))
        and (not sieve.rule or row.grave + row.warned)
    ]
    counts = Counter({code: sum(row.has(code) for row in near) for code, _ in STATUSES})
    kept = [row for row in near if not sieve.status or row.has(sieve.status)]
    kept.sort(key=_ORDERS.get(sieve.sort, _worst))
    kinds: dict[UnitType, list[Row]] = {kind: [] for kind in UnitType}
    for row in kept:
        kinds[row.type].append(row)
    groups = tuple((kind, tuple(some)) for kind, some in kinds.items() if some)
    return Screen(tuple(heads), groups, len(rows), counts, _tallies(heads, near))


def _tallies(heads: Sequence[Head], rows: Sequence[Row]) -> dict[str, Counter[str]]:
    return {
        head.key: Counter(_SAME.get(row.marks[place].state, row.marks[place].state) for row in rows)
        for place, head in enumerate(heads)
    }


def fold_name(text: str) -> str:
    """Return a name as it is looked for: without blanks, full or half width, upper or lower case."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _worst(row: Row) -> tuple[bool, int, int, int, int]:
    return (row.gone, -row.missing, -row.late, -row.grave, row.unit.position)


_LAST = Fraction(101)  # Behind every index.
_ORDERS: dict[str, Callable[[Row], tuple[bool | int | str | Fraction, ...]]] = {
    "worst": _worst,
    "roster": lambda row: (row.unit.position, row.unit.id),
    "name": lambda row: (row.unit.name.encode("gb18030", "replace").hex(), row.unit.id),  # Nearly by pinyin.
    "index": lambda row: (row.gone, _LAST if row.index is None else row.index, row.unit.position),
}


def is_gone(unit: Unit, today: date) -> bool:
    """Tell whether the unit was abolished."""
    return unit.abolished_on is not None and unit.abolished_on <= today
