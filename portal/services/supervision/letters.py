"""文书: written, issued, answered, closed or recalled.

    draft / rewrite / issue / call_off / recall / close                 the commission
    reply(room, letter, …)                                              the unit, of what was issued

An issued letter keeps its words. Numbers (文号) run without gaps by kind and year of issue: they are given in the
transaction that issues, which has waited for every other writer.
"""

from __future__ import annotations

import secrets
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.domain.supervision.ladder import OWN, About, number_prefix, stage_order
from portal.domain.supervision.letters import Kind, State
from portal.domain.supervision.matters import Event
from portal.domain.values import clean_text, show_day
from portal.services.board.county import County
from portal.services.board.screens import is_gone
from portal.services.checking import SHANGHAI
from portal.services.desk.letters import told_by_commission, write_letter
from portal.services.desk.rooms import Actor, Room
from portal.services.desk.scheduling import show_moment
from portal.services.supervision import matters
from portal.services.supervision.letter_words import NotIssued, Words, need_approval, need_words
from portal.services.supervision.lettering import is_late
from portal.services.supervision.matter_words import GONE
from portal.services.supervision.readers import readers_of
from portal.store.tables import Letter, Matter, Unit

REPLY_LONGEST = 10_000
_WAITING = frozenset({State.PLANNED.value, State.ISSUED.value})
_WRITABLE = frozenset({State.DRAFT.value, State.PLANNED.value})


class Stale(ValueError):
    """Somebody else changed the letter since it was shown."""


def new_uid() -> str:
    """Return an address for a letter: a form that has one writes its letter once, however often it is sent."""
    return secrets.token_urlsafe(16)


def reply_by(regime: Regime, kind: Kind, day: date) -> date | None:
    """Return until when a letter of that kind sent on `day` is to be answered by the terms in force."""
    term = regime.reply_on(kind.value, day)
    return regime.calendar_on(day).due(day, term.within).day if term else None


def draft(
    county: County,
    unit: Unit,
    words: Words,
    *,
    about: About | None = None,
    matter: Matter | None = None,
    send_at: datetime | None = None,
    uid: str = "",
    now: datetime,
) -> Letter:
    """Write a letter, to be issued by hand or, with `send_at`, at that moment. `uid` is its address, else a new one.

    Raise `NotIssued` where nothing may be written about the matter, or the answer would be due before it goes out.
    """
    if matter is not None:
        try:
            matters.need_open_source(matter)
        except matters.NotPossible as refusal:
            raise NotIssued({"": str(refusal)}) from refusal
    _need_time(words.due, send_at)
    if send_at:
        need_approval(words.kind, words.signed_by)
    letter = Letter(
        uid=uid or new_uid(),
        jurisdiction_id=county.id,
        unit_id=unit.id,
        matter_id=matter.id if matter else None,
        about=(about or About()).text(),
        state=(State.PLANNED if send_at else State.DRAFT).value,
        send_at=send_at,
        created_by=county.name_of_actor,
        created_at=now,
    )
    _put(letter, words)
    letter.unit = unit
    county.session.add(letter)
    county.session.flush()
    if send_at:
        _enter(county, "letter.plan", letter, now, f"定于{show_moment(send_at)}发出{words.kind.label}")
    return letter


def rewrite(
    county: County,
    letter: Letter,
    words: Words,
    *,
    about: About | None = None,
    revision: int,
    send_at: datetime | None,
    now: datetime,
) -> None:
    """Change a letter that was not issued yet; raise `Stale` where somebody else did meanwhile, and `NotIssued`.

    `about` is given where it is another kind of letter now, which counts as another stage of the ladder.
    """
    if letter.revision != revision or letter.state not in _WRITABLE:
        raise Stale
    _need_time(words.due, send_at)
    if send_at:
        need_approval(words.kind, words.signed_by)
    before = {"title": letter.title, "body": letter.body}
    _put(letter, words)
    if about is not None:
        letter.about = about.text()
    letter.send_at = send_at
    letter.state = (State.PLANNED if send_at else State.DRAFT).value
    letter.revision += 1
    county.session.flush()
    after = {"title": letter.title, "body": letter.body}
    _enter(
        county, "letter.rewrite", letter, now, f"修改未发出的{words.kind.label}", before=before, after=after
    )


def issue(county: County, regime: Regime, letter: Letter, *, address: str, now: datetime) -> None:
    """Issue a letter: number it, tell the unit of its matter first, go up the ladder, write to the unit's people.

    Raise `NotIssued` where it went out already, where the unit has ended, where the same was sent before, where its answer was due before
    today, or where nobody is named who approved what must be approved. `address` is where the unit reads it, as written into the mail; the mail tells nothing else.
    """
    if letter.state not in _WRITABLE:
        raise NotIssued({"": "这份文书已经发出或者撤回，没有再次发出。"})
    day = now.astimezone(SHANGHAI).date()
    if is_gone(letter.unit, day):
        raise NotIssued({"": GONE})
    if letter.due is not None and letter.due < day:
        raise NotIssued({"": f"回复期限（{show_day(letter.due)}）已经过去。请先修改期限，再发出。"})
    about, kind = About.read(letter.about), Kind(letter.kind)
    need_approval(kind, letter.signed_by)
    if same := same_sent(county, letter.unit_id, about, matter_id=letter.matter_id, but=letter.id):
        raise NotIssued({"": already(same)})
    matter = county.session.get(Matter, letter.matter_id) if letter.matter_id else None
    if matter is not None:
        try:
            matters.tell(county, matter, now)
        except matters.NotPossible as refusal:
            raise NotIssued({"": str(refusal)}) from refusal
    letter.number = _next_number(county, regime, kind, day.year)
    letter.state, letter.issued_at, letter.send_at = State.ISSUED.value, now, None
    letter.revision += 1
    county.session.flush()
    called = f"{kind.label}{letter.number or ''}"
    matters.write_step(
        county, event=Event.LETTER, words=f"发出{called}：{letter.title}", matter=matter, letter=letter,
        shared=True, now=now,
    )  # fmt: skip
    if matter is not None and stage_order(regime, about.stage, day) > stage_order(regime, matter.stage, day):
        stage = next(one for one in regime.ladder_on(day) if one.code == about.stage)
        matter.stage, matter.updated_at = stage.code, now
        matter.revision += 1
        matters.write_step(
            county, event=Event.STAGE, words=f"升到“{stage.title}”", matter=matter, letter=letter,
            shared=False, now=now,
        )  # fmt: skip
    _enter(county, "letter.issue", letter, now, f"向{letter.unit.name}发出{called}")
    _write_to_unit(county.session, letter, address, now)


def call_off(county: County, letter: Letter, *, reason: str, now: datetime) -> None:
    """Call off a letter that was not issued yet."""
    if letter.state not in _WRITABLE:
        raise Stale
    reason = need_words("reason", "原因", reason)
    planned = letter.state == State.PLANNED.value
    letter.state, letter.send_at = State.RECALLED.value, None
    letter.revision += 1
    words = f"{'取消定时发出' if planned else '作废'}：{reason}"
    matter = county.session.get(Matter, letter.matter_id) if letter.matter_id else None
    matters.write_step(
        county, event=Event.LETTER, words=f"{letter.title}，{words}", matter=matter, letter=letter,
        shared=False, now=now,
    )  # fmt: skip
    _enter(county, "letter.call_off", letter, now, words)


def recall(
    county: County, regime: Regime, letter: Letter, *, reason: str, revision: int, now: datetime
) -> None:
    """Recall an issued letter; the unit sees that, and why. Its matter stands where the letters that remain put it."""
    if letter.revision != revision or letter.state not in (State.ISSUED.value, State.ANSWERED.value):
        raise Stale
    reason = need_words("reason", "撤回原因", reason)
    letter.state = State.RECALLED.value
    letter.revision += 1
    _step(county, letter, f"撤回{letter.title}：{reason}", now)
    _enter(county, "letter.recall", letter, now, f"撤回：{reason}")
    matter = county.session.get(Matter, letter.matter_id) if letter.matter_id else None
    if matter is not None and matter.stage == About.read(letter.about).stage:
        _climb_down(county, regime, matter, letter, now)


def _climb_down(county: County, regime: Regime, matter: Matter, letter: Letter, now: datetime) -> None:
    """Put a matter back to the highest stage of which a letter still stands."""
    county.session.flush()
    day = now.astimezone(SHANGHAI).date()
    standing = county.rows(Letter).where(
        Letter.matter_id == matter.id,
        Letter.issued_at.is_not(None),
        Letter.state != State.RECALLED.value,
    )
    left = {About.read(one.about).stage for one in county.session.scalars(standing)}
    if matter.stage in left:
        return
    stages = {one.code: one.title for one in regime.ladder_on(day)}
    stage = max(left & set(stages), key=lambda code: stage_order(regime, code, day), default="")
    matter.stage, matter.updated_at = stage, now
    matter.revision += 1
    words = f"文书撤回，退到“{stages[stage]}”" if stage else "文书撤回，不再处于任何一级"
    matters.write_step(
        county, event=Event.STAGE, words=words, matter=matter, letter=letter, shared=False, now=now
    )


def close(county: County, letter: Letter, *, words: str, revision: int, now: datetime) -> None:
    """Close a letter: what it asked for was done, or nothing more is expected."""
    if letter.revision != revision or letter.state not in (State.ISSUED.value, State.ANSWERED.value):
        raise Stale
    words = need_words("words", "办结说明", words)
    letter.state = State.CLOSED.value
    letter.revision += 1
    _step(county, letter, f"办结{letter.title}：{words}", now)
    _enter(county, "letter.close", letter, now, f"办结：{words}")


def reply(room: Room, letter: Letter, *, words: str, revision: int, actor: Actor, now: datetime) -> None:
    """Answer a letter; once, and not after it was closed or recalled. A late answer is kept and marked as such."""
    if letter.revision != revision or letter.state != State.ISSUED.value:
        raise Stale
    try:
        text = str(clean_text(words))
    except ValueError as wrong:
        raise NotIssued({"reply": f"回复：{wrong}"}) from wrong
    if not text:
        raise NotIssued({"reply": "请填写回复内容。"})
    if len(text) > REPLY_LONGEST:
        raise NotIssued(
            {"reply": f"回复有 {len(text)} 个字，最多 {REPLY_LONGEST} 个字。请精简，材料可以另行报送。"}
        )
    letter.reply, letter.replied_at, letter.replied_by = text, now, actor.name
    letter.state = State.ANSWERED.value
    letter.revision += 1
    room.session.flush()
    late = "（超过回复期限）" if is_late(letter) else ""
    matter = room.session.get(Matter, letter.matter_id) if letter.matter_id else None
    matters.write_step(
        room, event=Event.REPLIED, words=f"回复{letter.title}{late}", matter=matter, letter=letter,
        actor=actor, shared=True, now=now,
    )  # fmt: skip


def same_sent(
    county: County, unit_id: int, about: About, *, matter_id: int | None, but: int | None = None
) -> Letter | None:
    """Return a letter that was sent, or is planned, for the same stage of one of these deadlines, or of the matter."""
    if not about.stage:
        return None
    query = county.rows(Letter).where(
        Letter.unit_id == unit_id,
        Letter.about != "",
        Letter.state.not_in([State.DRAFT.value, State.RECALLED.value]),
    )
    for one in county.session.scalars(query.order_by(Letter.id)):
        other = About.read(one.about)
        if one.id == but or other.stage != about.stage:
            continue
        if about.stage.startswith(OWN) and one.state not in _WAITING:
            continue  # An inquiry that was answered may be followed by another one.
        if set(other.cells) & set(about.cells) or (
            not about.cells and not other.cells and one.matter_id == matter_id
        ):
            return one
    return None


def already(letter: Letter) -> str:
    """Say that the same was sent."""
    if letter.issued_at is None:
        when = f"已定于{show_moment(letter.send_at)}发出" if letter.send_at else "正在拟稿"
        return f"同样的{Kind(letter.kind).label}{when}，不再重复发。"
    day = show_day(letter.issued_at.astimezone(SHANGHAI).date())
    return f"同样的{Kind(letter.kind).label}已于{day}发出，不再重复发。"


def _write_to_unit(session: Session, letter: Letter, address: str, now: datetime) -> None:
    told = told_by_commission(address=address)
    for one in readers_of(session, letter.unit_id):
        if one.email:
            write_letter(
                session, unit_id=letter.unit_id, key=f"letter:{letter.uid}:{one.id}", to=one.email,
                subject=told.subject, body=told.body, now=now,
            )  # fmt: skip


def _next_number(county: County, regime: Regime, kind: Kind, year: int) -> str | None:
    prefix = number_prefix(regime.short, kind, year)
    if prefix is None:
        return None
    used = county.session.scalar(
        select(func.count())
        .select_from(Letter)
        .where(Letter.jurisdiction_id == county.id, Letter.number.startswith(prefix, autoescape=True))
    )
    return f"{prefix}{(used or 0) + 1}号"


def _step(county: County, letter: Letter, words: str, now: datetime) -> None:
    matter = county.session.get(Matter, letter.matter_id) if letter.matter_id else None
    matters.write_step(
        county, event=Event.LETTER, words=words, matter=matter, letter=letter, shared=True, now=now
    )


def _need_time(due: date | None, send_at: datetime | None) -> None:
    """Refuse a letter whose answer would be due before anybody has read it."""
    if due is not None and send_at is not None and due <= send_at.astimezone(SHANGHAI).date():
        raise NotIssued({"due": f"回复期限须在发出（{show_moment(send_at)}）之后。请改晚期限，或提前发出。"})


def _put(letter: Letter, words: Words) -> None:
    letter.kind, letter.title, letter.addressee = words.kind.value, words.title, words.addressee
    letter.body, letter.basis, letter.signed_by, letter.due = (
        words.body,
        words.basis,
        words.signed_by,
        words.due,
    )


def _enter(county: County, action: str, letter: Letter, now: datetime, words: str, **detail: object) -> None:
    county.write_down(
        action, now=now, object=f"letter/{letter.uid}", words=words, unit_id=letter.unit_id, detail=detail
    )
