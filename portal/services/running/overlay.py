"""The commission's dated changes (制度变更), laid over the regime files.

A file is never edited: from its day on, a change takes the place of the entry that binds then, which ends the day
before. What a change says is validated by the models that read the file; a change that fits the file no longer is
told and left out, so that a new file never stops the platform.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.domain.dated import Dated, refuse_overlaps
from portal.domain.regime_files import first_error
from portal.domain.regime_sections import Year
from portal.domain.regimes import Regime, refuse_gaps
from portal.domain.rules.terms import Terms
from portal.domain.spelling import spelt
from portal.domain.units import UnitType
from portal.domain.values import show_day
from portal.store.tables import Jurisdiction, RegimeChange

_log = logging.getLogger(__name__)
RULE, YEAR = "rule", "year"
# The sections of a file whose entries may be changed, and what each is called.
SECTIONS = {
    "domains": "不直接分管的事项",
    "counting": "日数计算",
    "coverage": "覆盖率",
    "index": "规范指数",
    "intake": "举报办理期限",
    "keeping": "举报保存期限",
    "ladder": "督办阶梯",
    "replies": "回复期限",
    "warning": "预警办法",
    "flags": "异常信号",
    "neglect": "不管不问的情形",
    "small_cells": "小数目的遮盖",
    "assessment": "年度考核",
    "opening": "自动立项的范围",
    "reminders": "到期提醒",
}


class DoesNotFit(ValueError):
    """A change that cannot be laid over the file; the message says why, `name` which value it is about."""

    def __init__(self, message: str, name: str = "") -> None:
        """Keep the value's name."""
        super().__init__(message)
        self.name = name


@dataclass(frozen=True)
class Change:
    """One recorded change. `values` are in the file's spelling; `unit_types` say which entry of a rule it is about."""

    id: int
    section: str
    name: str
    values: Mapping[str, Any]
    unit_types: tuple[str, ...]
    countermands: int | None
    valid_from: date
    reason: str
    source: str
    approver: str
    recorded_by: str
    recorded_at: datetime


def change_of(row: RegimeChange) -> Change:
    """Return a row as it is read."""
    content = json.loads(row.content)
    return Change(
        row.id,
        row.section,
        row.name,
        content.get("values", {}),
        tuple(content.get("unit_types", ())),
        content.get("countermands"),
        row.valid_from,
        row.reason,
        row.source,
        row.approver,
        row.recorded_by,
        row.recorded_at,
    )


def changes_of(session: Session, slug: str) -> list[Change]:
    """Return a jurisdiction's changes, the oldest first, countermanded ones included."""
    query = (
        select(RegimeChange)
        .join(Jurisdiction, RegimeChange.jurisdiction_id == Jurisdiction.id)
        .where(Jurisdiction.slug == slug)
        .order_by(RegimeChange.id)
    )
    return [change_of(row) for row in session.scalars(query)]


def standing(changes: Iterable[Change]) -> list[Change]:
    """Return the changes that count: neither countermanded nor a countermand."""
    every = list(changes)
    gone = {one.countermands for one in every}
    return [one for one in every if one.countermands is None and one.id not in gone]


def regime_with(regime: Regime, changes: Iterable[Change]) -> tuple[Regime, list[str]]:
    """Return the regime with the changes laid over it in the order in which they were made, and what did not fit."""
    told: list[str] = []
    for one in standing(changes):
        try:
            regime = lay(regime, one)
        except DoesNotFit as wrong:
            told.append(
                f"第 {one.id} 号变更（{one.name}，自{show_day(one.valid_from)}）与现在的制度文件不符，没有施行：{wrong}"
            )
    return regime, told


def lay(regime: Regime, change: Change) -> Regime:
    """Return the regime with one change laid over it, or raise `DoesNotFit`."""
    try:
        if change.section == RULE:
            return _lay_rule(regime, change)
        if change.section == YEAR:
            year = Year.model_validate(
                {
                    "year": int(change.name),
                    "source": change.source,
                    **change.values,
                }
            )
            return regime.model_copy(
                update={"years": (*(one for one in regime.years if one.year != year.year), year)}
            )
        if change.section in SECTIONS:
            return _lay_entry(regime, change)
    except ValidationError as wrong:
        place, message = first_error(wrong)
        raise DoesNotFit(message, str(place[0]) if place else "") from wrong
    except (ValueError, TypeError) as wrong:
        raise DoesNotFit(str(wrong)) from wrong
    raise DoesNotFit(f"没有名为“{change.section}”的一类参数。")


def _lay_rule(regime: Regime, change: Change) -> Regime:
    on = change.valid_from
    base = entry_of_rule(regime, change.name, on, change.unit_types)
    if base is None:
        raise DoesNotFit(f"这条规则在{show_day(on)}没有对应的取值。")
    # A national entry may be set aside for some types of units by one of the file's own.
    bound = [one for one in UnitType if regime.entry(change.name, on, one) is base]
    every = [one for one in UnitType if base.binds(one)]
    own = list(regime.rules.get(change.name, ()))
    later = [one.valid_from for one in own if one.valid_from > on and any(one.binds(each) for each in bound)]
    new = _changed(
        base,
        change,
        until=_earliest(base.valid_to, later),
        unit_types=None if bound == every else [one.value for one in bound],
    )
    entries = [*_cut(own, base, on), new]
    refuse_overlaps((one, change.name) for one in entries)
    beneath = regime.national.rules.get(change.name, ()) if regime.national else ()
    refuse_gaps(entries, beneath)
    return regime.model_copy(update={"rules": {**regime.rules, change.name: tuple(entries)}})


def entry_of_rule(regime: Regime, rule_id: str, on: date, unit_types: Iterable[str]) -> Terms | None:
    """Return the entry of a rule in force on a day that is for exactly these types of units (none named: for all)."""
    wanted = frozenset(unit_types)
    return next(
        (
            one
            for one in regime.entries_on(rule_id, on)
            if frozenset(each.value for each in one.unit_types) == wanted
        ),
        None,
    )


def entries_of_section(regime: Regime, section: str, on: date) -> tuple[Dated, ...]:
    """Return a section's entries in force on a day: the file's own, else the national ones."""
    for book in (regime, regime.national):
        if found := tuple(one for one in getattr(book, section, ()) if one.in_force(on)):
            return found
    return ()


def name_of(section: str, entry: Dated) -> str:
    """Return by which name changes know an entry of a section."""
    return str(getattr(entry, "code", section))


def _lay_entry(regime: Regime, change: Change) -> Regime:
    on, section = change.valid_from, change.section
    own = list(getattr(regime, section))
    if not any(one.in_force(on) for one in own):
        # One entry of the jurisdiction's own sets all national ones aside: the others come along as they are.
        ends = _earliest(None, [one.valid_from for one in own if one.valid_from > on])
        national = getattr(regime.national, section, ()) if regime.national else ()
        own += [
            one.model_copy(
                update={
                    "valid_from": max(one.valid_from, on),
                    "valid_to": min(filter(None, (one.valid_to, ends)), default=None),
                }
            )
            for one in national
            if (one.valid_to or date.max) >= on and one.valid_from <= (ends or date.max)
        ]
    base = next((one for one in own if one.in_force(on) and name_of(section, one) == change.name), None)
    if base is None:
        raise DoesNotFit(f"{SECTIONS[section]}在{show_day(on)}没有“{change.name}”这一项。")
    entries = [*_cut(own, base, on), _changed(base, change, until=base.valid_to)]
    refuse_overlaps((one, name_of(section, one)) for one in entries)
    if section == "domains":
        refuse_overlaps((one, name) for one in entries for name in sorted(one.names))
    return regime.model_copy(update={section: tuple(entries)})


def _cut(entries: Iterable[Any], base: Any, on: date) -> Iterator[Any]:
    """Yield the entries, the one that is replaced ending the day before; gone where it began that very day."""
    for one in entries:
        if one is not base:
            yield one
        elif one.valid_from < on:
            yield one.model_copy(update={"valid_to": on - timedelta(days=1)})


def _earliest(until: date | None, later: Iterable[date]) -> date | None:
    ends = [one - timedelta(days=1) for one in later]
    return min([*ends, *([until] if until else [])], default=None)


def _changed(base: Any, change: Change, *, until: date | None, unit_types: list[str] | None = None) -> Any:
    """Return the entry with the change's values, source and day: what the commission has decided is no default."""
    model = type(base)
    content = spelt(base)
    known = {(info.alias or name): name for name, info in model.model_fields.items()}
    for name, value in change.values.items():
        if name not in known:
            raise DoesNotFit(f"没有“{name}”这一项取值。")
        if value is None:
            content.pop(name, None)
        else:
            content[name] = value
    content["from"] = change.valid_from.isoformat()
    content.pop("to", None)
    if until is not None:
        content["to"] = until.isoformat()
    if unit_types is not None:
        content["unit_types"] = unit_types
    content["source"] = f"{change.source}（原取值出处：{_first_source(base.source)}）"
    left = _still_default(base, change)
    content["default"] = left
    if not left:
        content.pop("readings", None)
    return model.model_validate(content)


def _first_source(source: str) -> str:
    """Return where a value came from before it was first changed."""
    return source.partition("（原取值出处：")[2].removesuffix("）") or source


def _still_default(base: Any, change: Change) -> bool | list[str]:
    """Return which values the system still chose by itself."""
    if not isinstance(base, Terms):
        return False
    if base.default is True:
        names = [*base.values(), "severity"]
    else:
        names = [one for one in base.default or () if one != "from"]  # The change's own day is decided.
    return [one for one in names if not {one, base.file_name(one)} & set(change.values)] or False


def newest_of(session: Session) -> int:
    """Return the number of the newest change of any county; one look into an index."""
    return session.scalar(select(func.max(RegimeChange.id))) or 0


class Laid(Mapping[str, Regime]):
    """The regimes of the files with every recorded change; `refresh` looks whether there are new ones.

    Shared by the threads of a process: what a reader holds stays as it is.
    """

    def __init__(self, files: Mapping[str, Regime]) -> None:
        """Begin with the files alone."""
        self.files: Mapping[str, Regime] = files
        self._state: tuple[int, Mapping[str, Regime], Mapping[str, tuple[str, ...]]] = (0, files, {})

    def refresh(self, session: Session) -> None:
        """Read the changes where there is one more than before; one look into an index otherwise."""
        newest = newest_of(session)
        if newest == self._state[0]:
            return
        found, told = {}, {}
        for slug, regime in self.files.items():
            found[slug], wrong = regime_with(regime, changes_of(session, slug))
            told[slug] = tuple(wrong)
            for line in wrong:
                _log.error("制度变更没有施行（%s）：%s", slug, line)
        self._state = (newest, found, told)

    def troubles(self, slug: str) -> tuple[str, ...]:
        """Return which recorded changes of a jurisdiction do not fit the file any more."""
        return self._state[2].get(slug, ())

    def __getitem__(self, slug: str) -> Regime:
        """Return a jurisdiction's regime as it binds now."""
        return self._state[1][slug]

    def __iter__(self) -> Iterator[str]:
        """Go through the slugs in the files' order."""
        return iter(self.files)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.files)


def refresh(regimes: Mapping[str, Regime], session: Session) -> None:
    """Let regimes that take changes look for new ones; plain ones stay as they are."""
    if isinstance(regimes, Laid):
        regimes.refresh(session)


def regimes_with_changes(session: Session, regimes: Mapping[str, Regime]) -> dict[str, Regime]:
    """Return the regimes with the changes recorded so far laid over them."""
    laid = regimes if isinstance(regimes, Laid) else Laid(regimes)
    laid.refresh(session)
    return dict(laid)


def file_regime(regimes: Mapping[str, Regime], slug: str) -> Regime:
    """Return a jurisdiction's regime as its file says, without changes."""
    return (regimes.files if isinstance(regimes, Laid) else regimes)[slug]
