"""Long lists: a part of the rows at a time, and the way to the rest.

part_of(rows, at=…) -> Part             the rows of the page that the request asks for
named(wanted, *names) -> bool           whether a name is what was looked for

Up to `WHOLE` rows stand on one page; of more, `PAGE` at a time. The filters stay in every link; what is sent as a
file has always all of it. On a phone the rows after the first `FIRST` are folded up, as the board folds the units
that have no gaps: a link brings them out, and so does the browser's own search (`templates/office/_long.html`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar
from urllib.parse import urlencode

from flask import request

from portal.domain.values import fold

Row = TypeVar("Row")

PAGE = 50  # What can be looked through, and ticked, in one go.
WHOLE = 100  # A county's list of this length is read, searched and printed as one.
FIRST = 20  # Rows that a phone shows at once.


@dataclass(frozen=True)
class Part(Generic[Row]):
    """One page of a list of `total` rows; `first` and `last` are counted from 1, both 0 where there are none."""

    rows: Sequence[Row]
    total: int
    first: int
    number: int
    pages: int
    at: str  # The list's address, without anything asked for.
    asked: tuple[tuple[str, str], ...]  # The filters, as the address has them.
    unfolded: bool  # Whether a phone, too, shows every row of the page.

    @property
    def folds(self) -> bool:
        """Whether a phone folds up what comes after the first rows; never for the sake of a few."""
        return not self.unfolded and len(self.rows) > FIRST + FIRST // 2

    def portion(self, rows: Sequence[Row]) -> Part[Row]:
        """Return some of the page's rows, for a page of several tables: each folds by itself."""
        return replace(self, rows=rows)

    @property
    def last(self) -> int:
        """The place of the last row."""
        return self.first + len(self.rows) - 1 if self.rows else 0

    def address(self, number: int) -> str:
        """Return where another page of it is; the first one is the list's own address."""
        query = urlencode([*self.asked, *([("page", str(number))] if number > 1 else [])])
        return f"{self.at}?{query}" if query else self.at

    @property
    def at_once(self) -> int:
        """How many rows a phone shows at once where it folds."""
        return FIRST

    def folded(self, place: int) -> bool:
        """Tell whether a phone folds up the row at that place of the page, counted from 0."""
        return self.folds and place >= FIRST

    @property
    def near(self) -> list[int]:
        """The pages to offer by number: all of a few, else those around; 0 stands for those left out."""
        if self.pages <= 9:
            return list(range(1, self.pages + 1))
        around = {1, self.pages, *range(max(1, self.number - 2), min(self.pages, self.number + 2) + 1)}
        found: list[int] = []
        for one in sorted(around):
            if found and one - found[-1] > 1:
                found.append(0)
            found.append(one)
        return found


def part_of(
    rows: Sequence[Row],
    *,
    at: str,
    asked: Mapping[str, str] | None = None,
    page: int = PAGE,
    whole: int = WHOLE,
    unfolded: bool = False,
    holding: Callable[[Row], bool] | None = None,
) -> Part[Row]:
    """Return the page of `rows` that the request's `page` names; the nearest one where there is none of that number.

    `at` is the list's address and `asked` its filters, where the request's own query is not what was asked for.
    `unfolded` for rows that must all be seen, on a phone too: those that stand ticked. `holding` tells which row must
    be there whatever was asked for, such as the one whose form was refused.
    """
    wanted = request.values.get("page", "")
    pages = max(1, -(-len(rows) // page)) if len(rows) > whole else 1
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 7 else 1
    held = next((place for place, row in enumerate(rows) if holding(row)), None) if holding else None
    if held is not None:
        number, unfolded = held // page + 1, True
    number = min(max(number, 1), pages)
    shown = rows[(number - 1) * page : number * page] if pages > 1 else rows
    given = request.args.items(multi=True) if asked is None else asked.items()
    return Part(
        rows=shown,
        total=len(rows),
        first=(number - 1) * page + 1 if shown else 0,
        number=number,
        pages=pages,
        at=at,
        asked=tuple((name, value) for name, value in given if value and name != "page"),
        unfolded=unfolded,
    )


def named(wanted: str, *names: str | None) -> bool:
    """Tell whether what was typed is part of one of these names, as people type: any width, any case, any blanks."""
    looked = fold(wanted)
    return any(looked in fold(one) for one in names if one)
