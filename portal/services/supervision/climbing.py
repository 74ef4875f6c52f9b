"""升级阶梯 over everything that is overdue: what has reached which stage, what was sent, what is to be sent next.

rungs(county, regime, reasons, *, now) -> list[Rung]
Sent(county, regime, day)                                   what was sent, or is planned, for which deadline
open_matters(county) -> {(unit, source, cause): Matter}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from portal.domain.regimes import Regime
from portal.domain.supervision.ladder import About, ladder_stage, next_stage, overdue_days, stage_order
from portal.domain.supervision.letters import State
from portal.domain.supervision.matters import Source
from portal.domain.supervision.matters import State as MatterState
from portal.domain.supervision.terms import LadderStage
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.supervision.reasons import Reason, named
from portal.store.tables import Letter, Matter, Unit

Reasons = Mapping[int, Sequence[Reason]]
Last = tuple[LadderStage, Letter]


@dataclass(frozen=True)
class Rung:
    """One thing that is overdue, or nearly: a unit's periods of one duty, or a matter; where it stands on the ladder.

    `due_stage` is the stage reached, `sent` the last one that was sent; `next` is what should be sent now, or None.
    """

    key: str
    unit: Unit
    name: str
    reasons: tuple[Reason, ...]
    matter: Matter | None
    due: date
    overdue: int
    due_stage: LadderStage
    sent: LadderStage | None
    sent_as: Letter | None
    next: LadderStage | None


@dataclass(frozen=True)
class Wanted:
    """One letter that is asked for: a unit with periods of a duty, or a matter."""

    unit: str
    duty: str = ""
    periods: tuple[str, ...] = ()
    matter: str = ""

    @property
    def key(self) -> str:
        """The value of its check box."""
        if self.matter:
            return f"matter:{self.matter}"
        return f"cell:{self.unit}:{self.duty}:{','.join(self.periods)}"

    @staticmethod
    def read(key: str) -> Wanted | None:
        """Return what a check box stands for; None where it is no such value."""
        match key.split(":"):
            case ["matter", uid] if uid:
                return Wanted("", matter=uid)
            case ["cell", unit, duty, periods] if unit and duty:
                return Wanted(unit, duty, tuple(periods.split(",")))
            case _:
                return None


def rungs(county: County, regime: Regime, reasons: Reasons, *, now: datetime) -> list[Rung]:
    """Return everything that has reached a stage, the highest and the longest overdue first.

    Of one duty the periods for which the same was sent and is to be sent stand together: they are one letter.
    """
    today = now.astimezone(SHANGHAI).date()
    units = {one.id: one for one in county.units()}
    sent = Sent(county, regime, today)
    own = open_matters(county)
    found: list[Rung] = []
    for unit_id, each in reasons.items():
        groups: dict[tuple[str, str, str], list[Reason]] = {}
        for one in each:
            if one.stage is not None:
                last, following = sent.of(unit_id, one), sent.next_of(unit_id, one)
                key = (one.duty.code, following.code if following else "", last[0].code if last else "")
                groups.setdefault(key, []).append(one)
        for (duty, _, _), group in groups.items():
            group.sort(key=lambda one: (one.due, one.period))
            matter = own.get((unit_id, Source.DUTY.value, duty))
            found.append(_rung(units[unit_id], group, matter, sent))
    found += _overdue_matters(regime, units, own.values(), sent, today)
    return sorted(
        found,
        key=lambda one: (
            -stage_order(regime, one.next.code if one.next else "", today),
            -one.overdue,
            one.unit.position,
            one.unit.id,
        ),
    )


def open_matters(county: County) -> dict[tuple[int, str, str], Matter]:
    """Return the open matters by unit, source and cause: of each there is one."""
    query = county.rows(Matter).where(Matter.state != MatterState.CLOSED.value).order_by(Matter.id)
    return {(one.unit_id, one.source, one.cause): one for one in county.session.scalars(query)}


class Sent:
    """Which stage was sent last for a deadline, or for a matter, and what follows on `day`; planned letters count."""

    def __init__(self, county: County, regime: Regime, day: date) -> None:
        self._regime, self._day = regime, day
        self._cells: dict[tuple[int, str, str, str], Last] = {}
        self._matters: dict[int, Last] = {}
        ladder = {one.code: one for one in regime.ladder_on(day)}
        gone = [State.DRAFT.value, State.RECALLED.value]
        query = county.rows(Letter).where(Letter.about != "", Letter.state.not_in(gone)).order_by(Letter.id)
        for letter in county.session.scalars(query):
            about = About.read(letter.about)
            stage = ladder.get(about.stage)
            if stage is None:
                continue
            for cell in about.cells:
                key = (letter.unit_id, *cell)
                self._cells[key] = _later(self._cells.get(key), (stage, letter))
            if not about.cells and letter.matter_id:
                known = self._matters.get(letter.matter_id)
                self._matters[letter.matter_id] = _later(known, (stage, letter))

    def of(self, unit_id: int, reason: Reason) -> Last | None:
        """Return the stage and the letter that were sent last for a deadline."""
        return self._cells.get((unit_id, *reason.cell))

    def of_matter(self, matter: Matter) -> Last | None:
        """Return those of a matter."""
        return self._matters.get(matter.id)

    def next_of(self, unit_id: int, reason: Reason) -> LadderStage | None:
        """Return the stage whose letter is to be sent now for a deadline."""
        return self._next(reason.due, self.of(unit_id, reason))

    def next_of_matter(self, matter: Matter) -> LadderStage | None:
        """Return that of a matter, by the day on which it was due."""
        return self._next(matter.due, self.of_matter(matter)) if matter.due else None

    def _next(self, due: date, last: Last | None) -> LadderStage | None:
        stage, letter = last or (None, None)
        at = (letter.issued_at or letter.send_at) if letter else None
        sent_on = at.astimezone(SHANGHAI).date() if at else None
        return next_stage(self._regime, due, self._day, sent=stage, sent_on=sent_on)


def _later(known: Last | None, one: Last) -> Last:
    return one if known is None or known[0].after <= one[0].after else known


def _rung(unit: Unit, group: Sequence[Reason], matter: Matter | None, sent: Sent) -> Rung:
    stage = group[0].stage
    assert stage is not None  # noqa: S101 - only reasons that have reached one are grouped.
    last = sent.of(unit.id, group[0])
    return Rung(
        key=Wanted(unit.slug, group[0].duty.code, tuple(one.period for one in group)).key, unit=unit,
        name=named(group), reasons=tuple(group), matter=matter,
        due=group[0].due, overdue=group[0].overdue, due_stage=stage,
        sent=last[0] if last else None, sent_as=last[1] if last else None, next=sent.next_of(unit.id, group[0]),
    )  # fmt: skip


def _overdue_matters(
    regime: Regime, units: Mapping[int, Unit], own: Iterable[Matter], sent: Sent, today: date
) -> Iterable[Rung]:
    """Return the matters whose answer or rectification is overdue; those of duties stand with their cells."""
    for one in own:
        if one.source == Source.DUTY or one.due is None or one.due >= today or one.told_at is None:
            continue
        if (stage := ladder_stage(regime, one.due, today)) is None:
            continue
        last = sent.of_matter(one)
        yield Rung(
            key=Wanted("", matter=one.uid).key, unit=units[one.unit_id], name=one.title, reasons=(), matter=one,
            due=one.due, overdue=overdue_days(regime.calendar_on(one.due), one.due, today), due_stage=stage,
            sent=last[0] if last else None, sent_as=last[1] if last else None, next=sent.next_of_matter(one),
        )  # fmt: skip
