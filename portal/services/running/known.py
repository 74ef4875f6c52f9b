"""The roster as it is: by every name under which a unit is known, and what of it is shown."""

from __future__ import annotations

import hashlib
import json
from datetime import date

from portal.domain.units import UnitType
from portal.domain.values import fold, show_day
from portal.services.board.county import County
from portal.services.rosters import COLUMNS
from portal.store.tables import Unit, UnitAlias

FIELDS = ("short", "code", "uscc", "type", "founded_on")  # Of a unit's entry, beside its name.
LABELS = {name: label for label, name in COLUMNS.items()}


class Known:
    """The roster as it is, to compare a file with."""

    def __init__(self, county: County) -> None:
        """Read it."""
        self.units = county.units()
        self.aliases = list(county.session.scalars(county.rows(UnitAlias).order_by(UnitAlias.id)))
        by_id = {one.id: one for one in self.units}
        self.by_name = {fold(one.name): by_id[one.unit_id] for one in self.aliases}
        for unit in self.units:
            for text in (unit.short, unit.code, unit.slug, unit.name):
                if text:
                    self.by_name[fold(text)] = unit
        self.by_code = {one.code: one for one in self.units if one.code}
        self.by_uscc = {one.uscc: one for one in self.units if one.uscc}

    @property
    def basis(self) -> str:
        """Text that changes whenever the roster does."""
        parts = [(fingerprint(one), one.name) for one in self.units] + [
            (one.name, one.unit_id) for one in self.aliases
        ]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:16]

    def names_of(self, unit: Unit) -> set[str]:
        """Return every name of a unit, folded."""
        own = {fold(one) for one in (unit.name, unit.short, unit.code, unit.slug) if one}
        return own | {fold(one.name) for one in self.aliases if one.unit_id == unit.id}


def fingerprint(unit: Unit) -> str:
    """Return text that changes whenever a unit's row does: who edits says which he saw."""
    parts = [
        unit.id, unit.name, unit.short, unit.code, unit.uscc, unit.type, unit.position, unit.listed,
        str(unit.founded_on), str(unit.abolished_on),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:16]


def shown(name: str, value: object) -> str:
    """Return a field's value as people read it."""
    if value is None:
        return ""
    if name == "type":
        return type_label(str(value))
    return show_day(value) if isinstance(value, date) else str(value)


def type_label(code: str) -> str:
    """Return a type's label."""
    return next((one.label for one in UnitType if one.value == code), code)
