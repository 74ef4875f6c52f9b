"""监督事项: the steps by which the commission takes a matter from its opening to its end.

    find(county, uid, revision=None) -> Matter      the row, held for writing; LookupError, Overtaken
    assign / set_due / ask / send_back / accept / rectify / close / reopen / note (county, matter, …, now)
    tell(county, matter, now)                       the unit knows of it from now on
    write_step(county or room, …) -> SupervisionStep

Nothing commits. What cannot be done raises `NotPossible`, whose words say why and what to do instead; a row that
somebody else has changed raises `Overtaken`, which carries it as it is now.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import func, select

from portal.domain.documents.base import Audience
from portal.domain.regimes import Regime
from portal.domain.roles import Role
from portal.domain.supervision.matters import NEXT, ClosedAs, Event, Source, State
from portal.domain.supervision.slips import latest_deadline
from portal.domain.values import show_day
from portal.services.board.county import County
from portal.services.board.screens import is_gone
from portal.services.checking import SHANGHAI
from portal.services.desk import letters
from portal.services.desk.rooms import Actor, Room
from portal.services.supervision.matter_words import GONE, said
from portal.services.supervision.matter_words import NotPossible as NotPossible
from portal.services.supervision.readers import readers_of
from portal.store.tables import (
    Account,
    Letter,
    MatterItem,
    Record,
    Rectification,
    SupervisionStep,
    Version,
)
from portal.store.tables import Matter as Matter

COMMISSION = "纪委监委"  # What the commission's people are called to a unit.
PLATFORM = "平台"
OWNERS = (Role.OFFICER.value,)  # Whose a matter may be.


class Overtaken(RuntimeError):
    """Somebody else has changed the matter meanwhile. Nothing was done."""

    def __init__(self, matter: Matter) -> None:
        """Keep the matter as it is now."""
        super().__init__("这件监督事项刚刚被其他人办理过。")
        self.matter = matter


def find(county: County, uid: str, revision: int | None = None) -> Matter:
    """Return the matter of that address, held until the transaction ends; with `revision`, only as it was then.

    Raises `LookupError` where the jurisdiction has no such matter, and `Overtaken`.
    """
    found = county.session.scalar(county.rows(Matter).where(Matter.uid == uid).with_for_update())
    if found is None:
        raise LookupError(uid)
    if revision is not None and found.revision != revision:
        raise Overtaken(found)
    return found


def day_of(now: datetime) -> date:
    """Return the day in China."""
    return now.astimezone(SHANGHAI).date()


def default_due(regime: Regime | None, now: datetime) -> date | None:
    """Return until when a unit that is asked today is to answer, as the regime says; None where it says nothing."""
    today = day_of(now)
    term = regime.reply_on("matter", today) if regime else None
    return regime.calendar_on(today).due(today, term.within).day if regime and term else None


def may_go(matter: Matter, to: State) -> bool:
    """Tell whether a step may lead from where the matter is to that state."""
    return to in NEXT[State(matter.state)]


def tell(county: County, matter: Matter, now: datetime) -> None:
    """Let the unit know of the matter; nothing where it knows. Raises `NotPossible` for 特定关系人 matters."""
    need_open_source(matter)
    if matter.told_at is None:
        matter.told_at = now
        touch(matter, now)
        county.session.flush()
        county.write_down(
            "matter.told", now=now, object=f"matter/{matter.uid}", unit_id=matter.unit_id,
            words=f"向单位告知监督事项“{matter.title}”",
        )  # fmt: skip


def need_open_source(matter: Matter) -> None:
    """Raise `NotPossible` for a matter that came from 特定关系人 filings: nothing is said or written about it.

    That a filing was hit would tell the unit what somebody filed in confidence (SUP-12); and letters are read by
    those of the commission, too, who may not know of hits.
    """
    if matter.source == Source.RELATION.value:
        raise NotPossible(
            "特定关系人比对的事项不能告知单位，也不能就此向单位问询或发文，以免泄露报备内容。"
            "需要核实的，请另行登记一件监督事项，或按规定转有关部门办理。"
        )


def assign(county: County, matter: Matter, officer: Account | None, *, now: datetime) -> None:
    """Give the matter to an officer, or to nobody. The unit does not learn of it."""
    _still_open(matter)
    if officer is not None and officer.id not in {one.id for one in county.officers(OWNERS)}:
        raise NotPossible("承办人须是本级纪委监委的在用工作人员账号。请从名单中选择。", "owner")
    before = matter.owner
    matter.owner_id, matter.owner = (officer.id, officer.name) if officer else (None, "")
    words = f"承办人：{matter.owner}" if officer else "不再指定承办人"
    _done(county, matter, Event.ASSIGNED, words, now, shared=False, before={"owner": before})


def set_due(county: County, matter: Matter, due: date, *, now: datetime, words: str = "") -> None:
    """Set until when the unit is to answer or to have mended it; the unit is told where it knows of the matter."""
    _still_open(matter)
    before = matter.due
    matter.due = _day_ahead(due, now)
    told = f"期限：{show_day(due)}" + (f"。{words}" if words else "")
    shared = matter.told_at is not None
    _done(county, matter, Event.DUE_SET, told, now, shared=shared, before={"due": _plain(before)})


def ask(
    county: County,
    matter: Matter,
    words: str,
    *,
    now: datetime,
    due: date | None = None,
    regime: Regime | None = None,
    address: str = "",
) -> None:
    """Ask the unit what it has to say, until `due` (default: the regime's). It is told, and its people get a letter."""
    if is_gone(matter.unit, day_of(now)):
        raise NotPossible(GONE)
    due = due or default_due(regime, now)
    if due is None:
        raise NotPossible("本级制度没有规定说明期限，请填写要求单位答复的日期。", "due")
    _change(matter, State.ASKED)
    words = said(words, "请写明要求单位说明什么。")
    before = matter.due
    matter.due = _day_ahead(due, now)
    tell(county, matter, now)
    _done(county, matter, Event.ASKED, words, now, shared=True, before={"due": _plain(before)})
    _write_to_unit(county, matter, now, address)


def send_back(
    county: County, matter: Matter, words: str, *, now: datetime, due: date, address: str = ""
) -> None:
    """Return an explanation that does not suffice: the unit is asked again, until `due`."""
    if State(matter.state) not in (State.EXPLAINED, State.ACCEPTED, State.RECTIFYING):
        raise NotPossible("单位还没有说明，没有可以退回的内容。")
    _change(matter, State.ASKED)
    matter.due = _day_ahead(due, now)
    words = said(words, "请写明哪里还需要补充。")
    _done(county, matter, Event.RETURNED, words, now, shared=True)
    _write_to_unit(county, matter, now, address)


def accept(county: County, matter: Matter, words: str, *, now: datetime) -> None:
    """Accept what the unit explained. The matter is closed by a step of its own."""
    _change(matter, State.ACCEPTED)
    matter.due = None
    _done(county, matter, Event.ACCEPTED, said(words, "请写明采纳的理由。"), now, shared=True)


def rectify(county: County, matter: Matter, words: str, *, now: datetime, due: date) -> None:
    """Order that it be mended until `due`. The unit is told where it was not. The register's entry writes the step."""
    _change(matter, State.RECTIFYING)
    said(words, "请写明要求整改什么。")
    matter.due = _day_ahead(due, now)
    tell(county, matter, now)
    _entered(county, matter, Event.RECTIFY, now, before={})


def close(county: County, matter: Matter, *, closed_as: ClosedAs, words: str, now: datetime) -> None:
    """End the matter, with the reason."""
    _change(matter, State.CLOSED)
    words = said(words, "请写明办结的理由。")
    matter.closed_on, matter.closed_as, matter.due = day_of(now), closed_as.value, None
    shared = matter.told_at is not None
    _done(county, matter, Event.CLOSED, f"{closed_as.label}：{words}", now, shared=shared)


def reopen(
    county: County, matter: Matter, words: str, *, now: datetime, mending_until: date | None = None
) -> None:
    """Take up a closed matter again, with `mending_until` straight where it is being mended.

    One cause of a unit has one open matter at a time.
    """
    if matter.state != State.CLOSED.value:
        raise NotPossible("这件事项还没有办结，不需要重新办理。")
    newer = county.session.scalar(
        county.rows(Matter).where(
            Matter.unit_id == matter.unit_id, Matter.source == matter.source, Matter.cause == matter.cause,
            Matter.round > matter.round,
        )
    )  # fmt: skip
    if newer is not None:
        raise NotPossible(f"同一事由已经有第 {newer.round} 轮事项，请在那一轮里办理。")
    _change(matter, State.NEW)
    words = said(words, "请写明重新办理的理由。")
    matter.closed_on = matter.closed_as = None
    if mending_until is not None:
        _change(matter, State.RECTIFYING)
        matter.due = mending_until
    _done(county, matter, Event.REOPENED, words, now, shared=matter.told_at is not None)


def note(county: County, matter: Matter, words: str, *, now: datetime) -> None:
    """Keep a remark among the commission; the unit never sees it."""
    _done(county, matter, Event.NOTED, said(words, "请写下要记录的内容。"), now, shared=False)


def write_step(
    where: County | Room,
    *,
    event: Event,
    words: str,
    now: datetime,
    shared: bool,
    matter: Matter | None = None,
    letter: Letter | None = None,
    rectification: Rectification | None = None,
    actor: Actor | None = None,
) -> SupervisionStep:
    """Keep a step of whichever rows it concerns; at least one of the three is given, all of one unit.

    A `County` acts with its own actor (without one it is the platform); for a `Room` give the `actor`.
    A unit's steps are always shared.
    """
    subject = matter or letter or rectification
    if subject is None:
        raise ValueError("a step is a matter's, a letter's or a rectification's")
    if isinstance(where, Room):
        side, who, shared = "unit", actor, True
    else:
        side, who = ("commission" if where.actor else "platform"), where.actor
    step = SupervisionStep(
        jurisdiction_id=subject.jurisdiction_id,
        unit_id=subject.unit_id,
        matter_id=matter.id if matter else getattr(subject, "matter_id", None),
        letter_id=letter.id if letter else None,
        rectification_id=rectification.id if rectification else None,
        side=side,
        event=event.value,
        words=words,
        actor=who.name if who else PLATFORM,
        account_id=who.id if who else None,
        shared=shared,
        at=now,
    )
    where.session.add(step)
    where.session.flush()
    return step


def steps_of(county: County, matter: Matter) -> list[SupervisionStep]:
    """Return every step of a matter, the oldest first."""
    query = county.rows(SupervisionStep).where(SupervisionStep.matter_id == matter.id)
    return list(county.session.scalars(query.order_by(SupervisionStep.id)))


def items_of(county: County, matter: Matter) -> list[MatterItem]:
    """Return what belongs to a matter: what is still seen first."""
    query = county.rows(MatterItem).where(MatterItem.matter_id == matter.id)
    return list(county.session.scalars(query.order_by(MatterItem.gone_on.is_not(None), MatterItem.id)))


def records_named(county: County, refs: Iterable[str]) -> dict[str, tuple[Record, bool]]:
    """Return the jurisdiction's records by index number, and whether the public can read each."""
    wanted = sorted({one for one in refs if one})
    found: dict[str, tuple[Record, bool]] = {}
    for start in range(0, len(wanted), 500):  # SQLite takes so many values of one condition at least.
        query = county.rows(Record).where(Record.index_no.in_(wanted[start : start + 500]))
        records = list(county.session.scalars(query))
        newest = (
            select(func.max(Version.id)).where(Version.record_id.in_([one.id for one in records]))
            .group_by(Version.record_id)
        )  # fmt: skip
        public = set(
            county.session.scalars(
                select(Version.record_id).where(
                    Version.id.in_(newest), Version.audience == Audience.PUBLIC.value
                )
            )
        )
        found |= {one.index_no: (one, one.id in public) for one in records}
    return found


def touch(matter: Matter, now: datetime) -> None:
    """Note that the matter has changed: who has an older page open is told before anything is overwritten."""
    matter.revision += 1
    matter.updated_at = now


def _change(matter: Matter, to: State) -> None:
    if matter.state == to.value:
        raise NotPossible(f"这件事项已经是“{to.label}”，不需要再办一次。")
    if not may_go(matter, to):
        raise NotPossible(
            f"这件事项现在是“{State(matter.state).label}”，不能直接转为“{to.label}”。请刷新后按页面所列的办法办理。"
        )
    matter.state = to.value


def _still_open(matter: Matter) -> None:
    if not State(matter.state).open:
        raise NotPossible("这件事项已经办结。需要继续办理的，请先“重新办理”。")


def _day_ahead(due: date, now: datetime) -> date:
    if due < day_of(now):
        raise NotPossible(f"期限{show_day(due)}早于今天。请填写今天或以后的日期。", "due")
    if due > latest_deadline(day_of(now)):
        raise NotPossible(f"期限{show_day(due)}太远。请核对年份。", "due")
    return due


def _plain(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _done(
    county: County,
    matter: Matter,
    event: Event,
    words: str,
    now: datetime,
    *,
    shared: bool,
    before: dict[str, str | None] | None = None,
) -> None:
    _entered(county, matter, event, now, before=before or {})
    write_step(county, event=event, words=words, matter=matter, shared=shared, now=now)


def _entered(
    county: County, matter: Matter, event: Event, now: datetime, *, before: dict[str, str | None]
) -> None:
    touch(matter, now)
    county.session.flush()
    after = {"state": matter.state, "due": _plain(matter.due), "owner": matter.owner}
    county.write_down(
        f"matter.{event.value}", now=now, object=f"matter/{matter.uid}", unit_id=matter.unit_id,
        words=f"{event.label}：{matter.title}", detail={"before": before, "after": after},
    )  # fmt: skip


def _write_to_unit(county: County, matter: Matter, now: datetime, address: str) -> None:
    """Mail travels in the clear: it says that something is to be answered, and where, and nothing of what."""
    assert matter.due is not None  # noqa: S101 - whoever asks has set it.
    letter = letters.asked(day=matter.due, address=address)
    for one in readers_of(county.session, matter.unit_id):
        if one.email:
            letters.write_letter(
                county.session, unit_id=matter.unit_id, key=f"matter:{matter.id}:{matter.revision}:{one.id}",
                to=one.email, subject=letter.subject, body=letter.body, now=now,
            )  # fmt: skip
