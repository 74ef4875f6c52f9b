"""沿用上期: what one period hands on to the next: labels, lines and people, never what happened in it."""

from __future__ import annotations

from portal.domain.documents.declaration import Field, Table
from portal.domain.values import Type

_LASTING = frozenset({Type.LINE, Type.CHOICE, Type.LINES, Type.USCC})
# A number names one paper, a basis justifies one disclosure: neither holds for the next.
_OF_ONE_PAPER = ("_no", "no")
# The vouchers that were looked at last time (scope) are no words for this time's look.
_NOT_AGAIN = frozenset({"title", "personal_data_basis", "openness_basis", "change_reason", "scope"})


def lasts(one: Field) -> bool:
    """Tell whether a field's value is handed on: words, choices and people are."""
    name = one.path[-1]
    return (
        one.type in _LASTING
        and name not in _NOT_AGAIN
        and not name.endswith(_OF_ONE_PAPER)
        and one.about.picks not in ("decision", "plan", "tender")
    )


def lasts_in_row(one: Field) -> bool:
    """Tell whether a field of a table's row is handed on: how lines are nested is, too."""
    return lasts(one) or one.path == ("level",)


def is_of_one_period(table: Table) -> bool:
    """Tell whether the rows are dealings (a day and an amount) or explanations (a text that must be written)."""
    required = {one.type for one in table.fields if one.required}
    if Type.DAY in required:
        return any(one.type == Type.MONEY for one in table.fields)
    return Type.PROSE in required
