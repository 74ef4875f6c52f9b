"""Who sees which report. Who may not see one finds no trace of it: every list, count and letter starts here.

    Eyes(routing_keys, key_lists).look(session, viewer) -> Sight
    sight.need(report_id)       the id, or `Unseen`: unknown, foreign and invisible ids alike, after the same queries

A report is visible to an account with the right role that is registered as a key holder of its jurisdiction, is among
those for whom the reporter's browser sealed it (its `routing`, which only the office's own key opens), and has not
withdrawn from it. Who came to the key list later sees it only once a colleague has granted it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.reports.keylist import KeyList
from portal.domain.roles import Action, Role, allowed
from portal.services.reports.age import recipient_of
from portal.services.reports.keylists import KeyLists, SignedList, Tampered
from portal.services.reports.sealing import read_routing
from portal.store.reports.tables import KeyHolder, ReportHandler, SealedReport

_OWN = frozenset({"head", "officer"})
_CHUNK = 500  # Routings read at a time.


class Unseen(LookupError):
    """There is no such report for this person. It says nothing else on purpose."""


@dataclass(frozen=True)
class Viewer:
    """An account of the office."""

    account_id: int
    name: str
    jurisdiction: str
    roles: frozenset[Role]

    @property
    def handles(self) -> bool:
        """Whether the account may handle reports at all."""
        return allowed(self.roles, Action.HANDLE_REPORTS)

    @property
    def leads(self) -> bool:
        """Whether the account assigns and approves."""
        return allowed(self.roles, Action.LEAD_REPORTS)


@dataclass(frozen=True)
class Routing:
    """For whom a report was sealed."""

    holders: frozenset[str]
    route: str


@dataclass(frozen=True)
class Sight:
    """What one person sees, as of one moment: the ids, and for whom each was sealed (None: it cannot be told)."""

    viewer: Viewer
    holders: Mapping[str, str]  # By jurisdiction: the person's id in its key list.
    reports: Mapping[str, Routing | None]

    def __contains__(self, report_id: object) -> bool:
        """Tell whether the person sees the report."""
        return report_id in self.reports

    def need(self, report_id: str) -> str:
        """Return the id, or raise `Unseen`."""
        if report_id not in self.reports:
            raise Unseen
        return report_id


class Eyes:
    """Opens routings with the office's own keys and remembers them, by report and version, in memory alone."""

    def __init__(
        self, routing_keys: Callable[[str], Sequence[str]], key_lists: KeyLists | None = None
    ) -> None:
        """Take what returns the age identities of a jurisdiction (the newest first), and the signed key lists."""
        self._keys, self._lists = routing_keys, key_lists
        self._known: dict[str, tuple[int, Routing | None]] = {}
        self._ours: dict[tuple[str, int], bool] = {}

    def look(self, session: Session, viewer: Viewer) -> Sight:
        """Return what the person sees now."""
        mine = {
            one.jurisdiction: one
            for one in session.scalars(select(KeyHolder).where(KeyHolder.account_id == viewer.account_id))
            if viewer.handles and (one.rank == "superior" or one.jurisdiction == viewer.jurisdiction)
        }
        rows = session.execute(
            select(
                SealedReport.id,
                SealedReport.jurisdiction,
                SealedReport.version,
                SealedReport.serial,
                SealedReport.erased_on,
            ).where(SealedReport.jurisdiction.in_(sorted(mine)))
        ).all()
        withdrawn = set(
            session.scalars(
                select(ReportHandler.report_id).where(
                    ReportHandler.account_id == viewer.account_id, ReportHandler.recused.is_not(None)
                )
            )
        )
        routings = self._routings(session, rows)
        seen = {
            row.id: routings[row.id]
            for row in rows
            if row.id not in withdrawn and self._for(mine[row.jurisdiction], row, routings[row.id])
        }
        return Sight(viewer, {slug: one.id for slug, one in mine.items()}, seen)

    def holders_of(self, session: Session, report_id: str) -> list[KeyHolder]:
        """Return the registered holders who see a report, by name: to whom it can be assigned."""
        row = session.execute(
            select(
                SealedReport.id,
                SealedReport.jurisdiction,
                SealedReport.version,
                SealedReport.serial,
                SealedReport.erased_on,
            ).where(SealedReport.id == report_id)
        ).one_or_none()
        if row is None:
            return []
        routing = self._routings(session, [row])[row.id]
        withdrawn = set(
            session.scalars(
                select(ReportHandler.account_id).where(
                    ReportHandler.report_id == report_id, ReportHandler.recused.is_not(None)
                )
            )
        )
        everybody = session.scalars(
            select(KeyHolder).where(KeyHolder.jurisdiction == row.jurisdiction).order_by(KeyHolder.name)
        )
        return [one for one in everybody if one.account_id not in withdrawn and self._for(one, row, routing)]

    def tells(self, session: Session, shown: str, hidden: str, *, active: frozenset[int]) -> bool:
        """Tell whether one of the `active` accounts sees the one report while the other is kept from him.

        Kept from him, who was left out or withdrew; not from who came to the key list only later.
        """
        row = session.execute(
            select(SealedReport.jurisdiction, SealedReport.serial).where(SealedReport.id == hidden)
        ).one()
        then = list_of(self._lists, row.jurisdiction, row.serial)
        known = {one.id for one in then.list.holders} if then is not None else None
        withdrawn = set(
            session.scalars(
                select(ReportHandler.account_id).where(
                    ReportHandler.report_id == hidden, ReportHandler.recused.is_not(None)
                )
            )
        )
        seeing = {one.id for one in self.holders_of(session, hidden)}
        return any(
            one.account_id in active
            and one.id not in seeing
            and (known is None or one.id in known or one.account_id in withdrawn)
            for one in self.holders_of(session, shown)
        )

    def read(self, slug: str, routing: bytes) -> Routing | None:
        """Return what a routing says, or None where none of the office's keys opens it."""
        for identity in self._keys(slug):
            if found := read_routing(routing, identity):
                return Routing(frozenset(found.holders), found.route)
        return None

    def present(self, slug: str) -> KeyList | None:
        """Return a jurisdiction's present list, or None where it cannot be used."""
        signed = list_of(self._lists, slug)
        return signed.list if signed is not None else None

    def superiors(self, slug: str) -> frozenset[str]:
        """Return the holders of the superior commission in a jurisdiction's present list."""
        signed = list_of(self._lists, slug)
        everybody = signed.list.holders if signed is not None else ()
        return frozenset(one.id for one in everybody if one.rank.value == "superior")

    def _for(self, holder: KeyHolder, row: Any, routing: Routing | None) -> bool:
        if routing is not None:
            return holder.id in routing.holders
        # Nobody named who opens it: then everybody of the commission sees that something came, unless the fault may
        # be the office's own. A missing key must never show a report to the person whom it is about.
        return (
            row.erased_on is None and holder.rank in _OWN and self._key_is_ours(row.jurisdiction, row.serial)
        )

    def _key_is_ours(self, slug: str, serial: int) -> bool:
        """Tell whether the office has the key to which routings under that list were sealed."""
        if (slug, serial) not in self._ours:
            wanted = self._routing_key(slug, serial)
            ours = {recipient_of(one) for one in self._keys(slug)}
            if wanted is None or wanted not in ours:
                return False  # Not remembered: the key may be put in its place at any time.
            self._ours[slug, serial] = True
        return True

    def _routing_key(self, slug: str, serial: int) -> str | None:
        signed = list_of(self._lists, slug, serial)
        return signed.list.routing_key if signed is not None else None

    def _routings(self, session: Session, rows: Iterable[Any]) -> dict[str, Routing | None]:
        rows = list(rows)
        fresh = [row for row in rows if self._known.get(row.id, (None, None))[0] != row.version]
        about = {row.id: row for row in fresh}
        for start in range(0, len(fresh), _CHUNK):
            wanted = [row.id for row in fresh[start : start + _CHUNK]]
            for number, sealed in session.execute(
                select(SealedReport.id, SealedReport.routing).where(SealedReport.id.in_(wanted))
            ):
                row = about[number]
                routing = self.read(row.jurisdiction, sealed) if sealed is not None else None
                told = routing is not None or self._key_is_ours(row.jurisdiction, row.serial)
                # What could not be read for want of a key is tried again.
                self._known[number] = (row.version if told else -1), routing
        return {row.id: self._known[row.id][1] for row in rows}


def list_of(key_lists: KeyLists | None, slug: str, serial: int | None = None) -> SignedList | None:
    """Return a jurisdiction's list of that serial (default: the present one), or None where it cannot be used."""
    if key_lists is None:
        return None
    try:
        return key_lists.current(slug) if serial is None else key_lists.load(slug, serial)
    except (FileNotFoundError, Tampered):
        return None
