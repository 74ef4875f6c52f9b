"""单位名册: the roster as the commission keeps it; files are looked at before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from portal.domain.fates import ENDS, Fate, UnitStep, fate_of
from portal.domain.regimes import Regime
from portal.domain.supervision.terms import Bounds
from portal.domain.units import UnitType
from portal.domain.values import check_uscc, clean_text, fold
from portal.services import rosters
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.rosters import RosterLine
from portal.services.running.known import FIELDS, LABELS, Known, fingerprint, shown
from portal.services.supervision.entered import prose
from portal.store.tables import Account, Jurisdiction, Outbox, Unit, UnitAlias, UnitEvent


class NotKept(ValueError):
    """It cannot be done; the message says why and what to do. `field` is the input it concerns.

    Where several things are wrong at once, `each` names them all: field and words.
    """

    def __init__(self, message: str, field: str = "", *, each: Sequence[tuple[str, str]] = ()) -> None:
        """Keep the field."""
        super().__init__(message)
        self.field = field
        self.each = tuple(each) or ((field, message),)


class Overtaken(ValueError):
    """Somebody else changed it meanwhile."""


@dataclass(frozen=True)
class Standing:
    """One unit of the roster as the listing shows it. `state` is here, going (on a day to come), gone or merged."""

    unit: Unit
    state: str
    into: Unit | None
    accounts: int
    aliases: tuple[str, ...]


def today_of(now: datetime) -> date:
    """Return the day in China."""
    return now.astimezone(SHANGHAI).date()


def place_of(county: County) -> Jurisdiction:
    """Return the row of the jurisdiction itself."""
    return county.session.get_one(Jurisdiction, county.id)


def roster(county: County, *, today: date, state: str = "", kind: str = "", text: str = "") -> list[Standing]:
    """Return the roster, optionally sieved by state, type and part of a name, former names included."""
    accounts = Counter(
        county.session.scalars(
            county.rows(Account)
            .where(Account.unit_id.is_not(None), Account.active)
            .with_only_columns(Account.unit_id)
        )
    )
    aliases: dict[int, list[str]] = {}
    for one in county.session.scalars(county.rows(UnitAlias).order_by(UnitAlias.id)):
        aliases.setdefault(one.unit_id, []).append(one.name)
    units = county.units()
    by_number = {one.id: one for one in units}
    into = {
        one.unit_id: by_number.get(one.other_id or 0)
        for one in county.session.scalars(county.rows(UnitEvent).order_by(UnitEvent.id))
        if fate_of(one.kind) in ENDS
    }
    found = []
    for unit in units:
        successor = into.get(unit.id) if unit.abolished_on else None
        known = tuple(aliases.get(unit.id, ()))
        standing = Standing(unit, state_of(unit, successor, today), successor, accounts[unit.id], known)
        names = " ".join(fold(one) for one in (unit.name, unit.short, unit.code, unit.uscc, *known) if one)
        if (not state or standing.state == state) and (not kind or unit.type == kind) and fold(text) in names:
            found.append(standing)
    return found


def state_of(unit: Unit, into: Unit | None, today: date) -> str:
    """Return here, going, gone or merged."""
    if unit.abolished_on is None:
        return "here"
    if unit.abolished_on > today:
        return "going"
    return "merged" if into else "gone"


def history_of(county: County, unit: Unit) -> list[tuple[UnitStep, UnitEvent]]:
    """Return what became of a unit, the newest first, with the rows themselves."""
    names = {one.id: one for one in county.units()}
    rows = county.session.scalars(county.rows(UnitEvent).where(UnitEvent.unit_id == unit.id))
    found = []
    for row in sorted(rows, key=lambda one: (one.on, one.id), reverse=True):
        if fate := fate_of(row.kind):
            other = names.get(row.other_id or 0)
            step = UnitStep(
                fate,
                row.on,
                row.words,
                row.source,
                other.name if other else "",
                other.slug if other else "",
                row.other_id,
            )
            found.append((step, row))
    return found


@dataclass(frozen=True)
class Wanted:
    """A unit as it was typed."""

    name: str
    type: str
    short: str = ""
    code: str = ""
    uscc: str = ""
    founded_on: date | None = None


def _read(county: County, wanted: Wanted, unit: Unit | None) -> Wanted:
    """Return the same, checked; raise `NotKept`."""
    try:
        name, short, code = (str(clean_text(one)) for one in (wanted.name, wanted.short, wanted.code))
    except ValueError as wrong:
        raise NotKept(f"单位名称、简称和代码：{wrong}", "name") from wrong
    if not name or len(name) > 100 or "\n" in name:
        raise NotKept("请填写单位全称，一行之内，最多 100 个字。", "name")
    if len(short) > 40 or len(code) > 40:
        raise NotKept("简称和单位代码最多 40 个字。请改短。", "short" if len(short) > 40 else "code")
    if wanted.type not in {one.value for one in UnitType}:
        raise NotKept("请选择单位类型。", "type")
    try:
        uscc = check_uscc(wanted.uscc) if wanted.uscc.strip() else ""
    except ValueError as wrong:
        raise NotKept(str(wrong), "uscc") from wrong
    known = Known(county)
    for field, text in (("name", name), ("short", short), ("code", code)):
        found = known.by_name.get(fold(text)) if text else None
        if found and (unit is None or found.id != unit.id):
            raise NotKept(f"“{text}”已经是“{found.name}”的名称、简称、代码或曾用名。请核对。", field)
    found = known.by_uscc.get(uscc) if uscc else None
    if found and (unit is None or found.id != unit.id):
        raise NotKept(f"这个统一社会信用代码已经属于“{found.name}”。请核对。", "uscc")
    return Wanted(name, wanted.type, short, code, uscc, wanted.founded_on)


def add_unit(county: County, wanted: Wanted, *, source: str, now: datetime, audit: bool = True) -> Unit:
    """Enter a new unit; raise `NotKept`."""
    new = _read(county, wanted, None)
    position = 1 + max((one.position for one in county.units()), default=0)
    line = RosterLine(
        new.name,
        new.type,
        short=new.short or None,
        code=new.code or None,
        uscc=new.uscc or None,
        founded_on=new.founded_on,
        position=position,
        sample=any(one.sample for one in county.units()),
    )
    unit = rosters.put_unit(county.session, place_of(county), line, now=now)
    if new.founded_on:
        enter(county, unit, Fate.FOUNDED, on=new.founded_on, words="", source=source, now=now)
    if audit:
        county.write_down(
            "unit.added", now=now, object=f"unit:{unit.slug}", words=f"新增单位：{unit.name}", unit_id=unit.id
        )
    return unit


def change_unit(
    county: County, unit: Unit, wanted: Wanted, *, seen: str, on: date, source: str, now: datetime
) -> bool:
    """Change a unit's entry; a new name is a 更名 from a day on, with its document. Tell whether anything changed."""
    if seen != fingerprint(unit):
        raise Overtaken
    new = _read(county, wanted, unit)
    before = {one: shown(one, getattr(unit, one)) for one in ("name", *FIELDS)}
    renamed = new.name != unit.name
    if renamed:
        source = need_source(source)
        if on > today_of(now):
            raise NotKept("更名的日期不能晚于今天。请在更名生效以后办理。", "on")
        old = unit.name
        rosters.rename_unit(county.session, unit, new.name, short=new.short or None, now=now)
        enter(county, unit, Fate.RENAMED, on=on, words=f"由“{old}”更名为“{new.name}”", source=source, now=now)
        _tell_relatives(county, unit, now=now)
    for name, value in (
        ("short", new.short or None),
        ("code", new.code or None),
        ("uscc", new.uscc or None),
        ("type", new.type),
        ("founded_on", new.founded_on),
    ):
        if getattr(unit, name) != value:
            setattr(unit, name, value)
    after = {one: shown(one, getattr(unit, one)) for one in before}
    if before == after:
        return False
    if not renamed:
        owe(county, unit, "unit_changed", now=now)
    moved = [one for one in before if before[one] != after[one]]
    county.write_down(
        "unit.renamed" if renamed else "unit.changed",
        now=now,
        object=f"unit:{unit.slug}",
        words=f"{before['name']}更名为{unit.name}" if renamed else f"修改单位登记：{unit.name}",
        unit_id=unit.id,
        detail={
            "before": {LABELS[one]: before[one] for one in moved},
            "after": {LABELS[one]: after[one] for one in moved},
        },
    )
    county.session.flush()
    return True


def note_renaming(county: County, unit: Unit, *, was: str, source: str, now: datetime) -> None:
    """Write into the history that a unit was renamed otherwise than at the office; nothing where the name is the same."""
    if unit.name == was:
        return
    words = f"由“{was}”更名为“{unit.name}”"
    enter(
        county,
        unit,
        Fate.RENAMED,
        on=today_of(now),
        words=words,
        source=source or "平台管理员登记，未写明文件",
        now=now,
    )
    county.write_down("unit.renamed", now=now, object=f"unit:{unit.slug}", words=words, unit_id=unit.id)
    _tell_relatives(county, unit, now=now)


def bounds_of(regime: Regime, today: date) -> Bounds:
    """Return how far back and ahead what is entered today may reach; raise `NotKept` where the file does not say."""
    found = regime.bounds_on(today)
    if found is None:
        raise NotKept("制度文件没有写登记日期的界限（[[bounds]]），不能登记。请联系平台管理员。")
    return found


def need_source(text: str) -> str:
    """Return the document on which a deed rests; raise `NotKept` where none is named."""
    try:
        plain = str(clean_text(text)) if text.strip() else ""
    except ValueError as wrong:
        raise NotKept(f"依据：{wrong}", "source") from wrong
    if len(plain) < 4:
        raise NotKept("请写明依据的文件，例如文件名称和文号。", "source")
    if len(plain) > 200:
        raise NotKept("依据太长，请写在 200 个字以内。", "source")
    return plain


def read_words(text: str, label: str, *, most: int) -> str:
    """Return what was typed to a deed, blank where nothing was; raise `NotKept` where it is too long: none is cut off."""
    errors: dict[str, str] = {}
    found = prose(text, "words", label, most, errors)
    if errors:
        raise NotKept(errors["words"], "words")
    return found


def enter(
    county: County,
    unit: Unit,
    fate: Fate,
    *,
    on: date,
    words: str,
    source: str,
    now: datetime,
    other: Unit | None = None,
) -> UnitEvent:
    """Write one step into a unit's history."""
    row = UnitEvent(
        jurisdiction_id=county.id,
        unit_id=unit.id,
        kind=fate.value,
        on=on,
        other_id=other.id if other else None,
        words=words,
        source=source,
        recorded_by=county.name_of_actor,
        recorded_at=now,
    )
    county.session.add(row)
    county.session.flush()
    return row


def owe(county: County, unit: Unit | None, event: str, *, now: datetime) -> None:
    """Let the site and the board know that a unit changed; without one, the whole jurisdiction."""
    county.session.add(
        Outbox(
            jurisdiction_id=county.id,
            record_id=None,
            unit_id=unit.id if unit else None,
            event=event,
            created_at=now,
        )
    )
    county.session.flush()


def _tell_relatives(county: County, unit: Unit, *, now: datetime) -> None:
    """Whose history names the unit shows its new name."""
    query = (
        select(UnitEvent.unit_id)
        .where(UnitEvent.jurisdiction_id == county.id, UnitEvent.other_id == unit.id)
        .distinct()
    )
    for number in county.session.scalars(query).all():
        owe(county, county.unit_of(number), "unit_changed", now=now)
