"""What was typed for a change of terms, read by the models that read the file: single values, and lists row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import ValidationError

from portal.domain.regimes import Regime
from portal.domain.spelling import read_rows, read_typed, shown_row, typed_rows
from portal.services.running.parameters import Group, Value, after_text
from portal.services.running.units import NotKept


@dataclass(frozen=True)
class Wish:
    """A change as it was typed."""

    key: str
    values: Mapping[str, str]
    on: date
    reason: str
    source: str
    approver: str
    tables: Mapping[str, Sequence[Mapping[str, str]]] = field(
        default_factory=dict
    )  # Rows of lists with columns.


def read_values(group: Group, wish: Wish) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
    """Return what is to be changed in the file's spelling, and each difference: label, before, after. Raise `NotKept`."""
    given = wish.values
    values: dict[str, Any] = {}
    differences: list[tuple[str, str, str]] = []
    for one in group.values:
        if one.name in wish.tables and one.shape.columns:
            _read_table(one, wish.tables[one.name], values, differences)
            continue
        if one.name not in given:
            continue
        if given[one.name].strip() == one.typed:
            continue
        if not one.open:
            raise NotKept(f"“{one.label}”{one.why}", one.name)
        try:
            read = read_typed(given[one.name], one.shape)
        except ValueError as wrong:
            raise NotKept(f"“{one.label}”：{wrong}", one.name) from wrong
        values[one.name] = read
        differences.append((one.label, one.text, after_text(read, one.shape)))
    if not values:
        raise NotKept("没有改动任何取值。请修改至少一项。")
    return values, differences


def _read_table(
    one: Value,
    rows: Sequence[Mapping[str, str]],
    values: dict[str, Any],
    differences: list[tuple[str, str, str]],
) -> None:
    """Read the rows of a list with columns; enter them, and each row that is other than it was."""
    read, wrong = read_rows(rows, one.shape)
    if wrong:
        each = [("-".join(filter(None, (one.name, str(it.row), it.column))), it.words) for it in wrong]
        raise NotKept(wrong[0].words, each[0][0], each=each)
    try:
        new = typed_rows([one.shape.core.model_validate(it) for it in read], one.shape)
    except ValidationError as unread:  # Cannot be: each row was read by the same model.
        raise NotKept(f"“{one.label}”没有读懂。请核对各行。", one.name) from unread
    if new == one.rows:
        return
    if not one.open:
        raise NotKept(f"“{one.label}”{one.why}", one.name)
    values[one.name] = read
    key = one.shape.columns[0].name
    was, now_is = ({it[key]: shown_row(it, one.shape) for it in table} for table in (one.rows, new))
    options = dict(one.shape.columns[0].shape.options)
    moved = [
        (f"{one.label}：{options.get(name, name)}", was.get(name, "没有"), now_is.get(name, "删去"))
        for name in dict.fromkeys([*was, *now_is])
        if was.get(name) != now_is.get(name)
    ]
    before, after = (" → ".join(options.get(it, it) for it in table) for table in (was, now_is))
    differences += moved or [(f"{one.label}的先后", before, after)]


def refuse_strange_domains(regime: Regime, limits: Sequence[Mapping[str, Any]], on: date) -> None:
    """Refuse a sign-off limit for a domain that nobody here knows: no unit's table would ever be held to it."""
    strange = [
        (f"limits-{place}-domain", str(one["domain"]))
        for place, one in enumerate(limits)
        if regime.domain(str(one["domain"]), on) is None
    ]
    if strange:
        known = "、".join(one.label for one in regime.domains_on(on))
        each = [
            (name, f"“{text}”不是本级不直接分管的事项。可写：{known}。请检查名称。") for name, text in strange
        ]
        raise NotKept(each[0][1], each[0][0], each=each)
