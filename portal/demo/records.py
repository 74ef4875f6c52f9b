"""Every unit and every record of the sample data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from portal.demo.accounts import finance_records
from portal.demo.annual import annual_records
from portal.demo.bank import Bank, read_bank
from portal.demo.meetings import decision_numbers, decision_records
from portal.demo.models import DemoRecord, DemoUnit
from portal.demo.orgs import Org
from portal.demo.plans import delegation_records
from portal.demo.projects import tender_records
from portal.demo.texts import regulation_records
from portal.demo.yearly import yearly_records
from portal.domain.regimes import Regime


def demo_units(content: Path) -> dict[str, tuple[DemoUnit, ...]]:
    """Return the sample units by jurisdiction, in roster order; `content` is the content folder."""
    return _units(read_bank(content))


def _units(bank: Bank) -> dict[str, tuple[DemoUnit, ...]]:
    found: dict[str, list[DemoUnit]] = {}
    for row in bank["units"]["units"]:
        units = found.setdefault(row["j"], [])
        position = len(units) + 1
        units.append(
            DemoUnit(
                slug=row["slug"],
                name=row["name"],
                short=row["short"],
                type=row["type"],
                code=f"示{position:03d}",
                founded_on=row.get("founded_on"),
                position=position,
            )
        )
    return {slug: tuple(units) for slug, units in found.items()}


def demo_orgs(content: Path, regimes: Mapping[str, Regime]) -> Iterator[Org]:
    """Yield every unit of the given regimes with its people and limits."""
    bank = read_bank(content)
    units = {slug: {one.slug: one for one in rows} for slug, rows in _units(bank).items()}
    for serial, row in enumerate(bank["units"]["units"]):
        if row["j"] in regimes:
            yield Org(units[row["j"]][row["slug"]], row, serial, regimes[row["j"]], bank)


def demo_records(content: Path, regimes: Mapping[str, Regime]) -> Iterator[DemoRecord]:
    """Yield every record of the sample data, unit by unit; `content` is the content folder."""
    for org in demo_orgs(content, regimes):
        numbers = decision_numbers(org)
        yield from delegation_records(org, numbers)
        yield from finance_records(org, numbers)
        yield from yearly_records(org, numbers)
        yield from tender_records(org, numbers)
        yield from decision_records(org, numbers)
        yield from regulation_records(org)
        yield from annual_records(org)
