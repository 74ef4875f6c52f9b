"""Rows of every sort in two units, told apart by canary words; the foreign ones must never show or change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.documents.base import Audience
from portal.domain.regimes import Regime
from portal.services import publishing
from portal.services.checking import Book
from portal.store.tables import (
    Attachment,
    Base,
    DraftCopy,
    Matter,
    Member,
    Record,
    Step,
    Unit,
    Upload,
    Version,
)
from tests.web.office.world import World


@dataclass(frozen=True)
class Planted:
    """What one unit has, by the sort of thing: values that an address may name."""

    word: str  # Stands in every text.
    drafts: tuple[str, ...]
    uploads: tuple[str, ...]
    copies: tuple[int, ...]
    members: tuple[int, ...]
    accounts: tuple[int, ...]
    digests: tuple[str, ...]
    slugs: tuple[tuple[str, str], ...]  # Kind and slug of each record.
    reports: tuple[str, ...] = ()  # Ids of sealed reports, which are no unit's.
    matters: tuple[str, ...] = ()  # One that the unit was told of, and one that it was not.


def plant(
    world: World, unit: Unit, word: str, start: int, regimes: dict[str, Regime], document: Callable[..., Any]
) -> Planted:
    """Plant rows in the unit. Its numbers begin at `start`, so that no two units or sorts share one."""
    session, now = world.session, world.at
    editor = world.account("editor", unit=unit, name=f"{word}填报人")
    published = []
    year = 2025 - start // 20_000  # No unit has a record at another's address.
    for period, audience in (
        (f"{year}Q1", Audience.PUBLIC),
        (f"{year}Q2", Audience.STAFF),
        (f"{year}Q3", Audience.LEADERSHIP_GROUP),
    ):
        made = document(period, title=f"{word}{period}", audience=audience)
        draft = publishing.save_draft(session, unit=unit, document=made, author=editor.name, now=now)
        publishing.publish(
            session, draft, book=Book(session, {}), reason=publishing.FIRST, actor=editor.name, now=now
        )
    published = list(session.scalars(select(Record).where(Record.unit_id == unit.id)))
    drafts = []
    for period, state in (("2026Q1", "draft"), ("2026Q2", "submitted"), ("2026Q3", "approved")):
        draft = publishing.save_draft(
            session,
            unit=unit,
            document=document(period, title=f"{word}草稿{period}"),
            author=editor.name,
            now=now,
        )
        draft.state, draft.author_id, draft.submitted_by_id = state, editor.id, editor.id
        drafts.append(draft)
    session.flush()
    common = {"unit_id": unit.id}
    digest = f"{start:064x}"
    session.add_all(
        [
            DraftCopy(
                id=start + 10, **common, draft_uid=drafts[0].uid, account_id=editor.id, author=editor.name,
                why="conflict", revision=1, entries="{}", saved_at=now,
            ),
            Upload(
                id=start + 20, **common, uid=f"upload{start:016d}", account_id=editor.id, kind="finance",
                filename=f"{word}.xlsx", data=word.encode(), annotated=word.encode(), report="{}", uploaded_at=now,
            ),
            Attachment(
                id=start + 30, **common, digest=digest, name=f"{word}.pdf", media_type="application/pdf", size=3,
                text=word, added_by=editor.name, added_at=now,
            ),
            Member(
                id=start + 40, **common, name=f"{word}成员", post="局长", role="chief", since=date(2020, 1, 1),
                recorded_by=editor.name, recorded_at=now,
            ),
            Step(id=start + 50, **common, event="created", title=f"{word}步骤", actor=editor.name, at=now - timedelta(days=1)),
        ]
    )  # fmt: skip
    matters = (f"told{start:018d}", f"unto{start:018d}")
    for uid, told_at in zip(matters, (now, None), strict=True):
        session.add(
            Matter(
                uid=uid, jurisdiction_id=unit.jurisdiction_id, **common, source="rule", cause="DEC-01" if told_at else "DEC-02",
                title=f"{word}监督事项", severity="red", state="asked", opened_on=now.date(), due=now.date(), told_at=told_at,
                created_at=now, updated_at=now,
            )
        )  # fmt: skip
    session.commit()
    return Planted(
        word,
        tuple(one.uid for one in drafts),
        (f"upload{start:016d}",),
        (start + 10,),
        (start + 40,),
        (editor.id,),
        (digest,),
        tuple((one.kind, one.slug) for one in published),
        matters=matters,
    )


def rows_of(session: Session, unit: Unit) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table that names the unit, and its versions: what must not change."""
    session.rollback()
    found: dict[str, list[tuple[Any, ...]]] = {}
    for name, table in sorted(Base.metadata.tables.items()):
        if "unit_id" in table.c:
            query = select(table).where(table.c.unit_id == unit.id).order_by(table.c.id)
            found[name] = [tuple(row) for row in session.execute(query)]
    versions = select(Version.__table__).join(Record.__table__).where(Record.unit_id == unit.id)
    found["version"] = [tuple(row) for row in session.execute(versions.order_by(Version.id))]
    return found
