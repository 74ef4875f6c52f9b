"""What the rules found is remembered only as long as nothing changed that they looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.domain.documents.decision import DecisionRecord
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.documents.tender import Tender
from portal.domain.rules import check as checking
from portal.domain.rules.check import Report
from portal.domain.rules.dossier import Dossier
from portal.domain.rules.remembering import EVERYTHING, Memory, Watched
from portal.site.findings import report_of
from portal.site.snapshot import RecordView, Snapshot
from tests.site.sample import snapshot


def remembering(base: Snapshot) -> Snapshot:
    """Return the snapshot as a long-running process has it."""
    return replace(
        base,
        records=tuple(
            replace(one, versions=tuple(replace(version, memory=Memory()) for version in one.versions))
            for one in base.records
        ),
    )


def reports(now: Snapshot) -> dict[tuple[int, int], Report | None]:
    areas = {view.slug: view for view in now.jurisdictions}
    return {
        (one.id, version.number): report_of(now, areas[one.unit.jurisdiction], one, version.number)
        for one in now.records
        for version in one.versions
    }


def forgetful(now: Snapshot) -> Snapshot:
    return replace(
        now,
        records=tuple(
            replace(one, versions=tuple(replace(version, memory=None) for version in one.versions))
            for one in now.records
        ),
    )


def test_another_record_gone_or_come_is_seen() -> None:
    """Whichever record goes, and when it comes back: what is remembered is what would be found anew."""
    whole = remembering(snapshot())
    differs = 0
    before = reports(whole)
    for gone in whole.records:
        less = replace(whole, records=tuple(one for one in whole.records if one is not gone))
        found = reports(less)
        assert found == reports(forgetful(less)), gone.path
        differs += any(found[key] != before[key] for key in found)
    assert reports(replace(whole)) == before
    assert differs > 3, "else nothing was at stake"


def test_another_day_and_another_grant_are_seen() -> None:
    whole = remembering(snapshot())
    before = reports(whole)
    earlier = replace(whole, taken_at=whole.taken_at - timedelta(days=200))
    found = reports(earlier)
    assert found == reports(forgetful(earlier))
    assert found != before
    renamed = replace(
        whole,
        records=tuple(replace(one, unit=replace(one.unit, type="village")) for one in whole.records),
    )
    found = reports(renamed)
    assert found == reports(forgetful(renamed))
    assert found != before


def test_only_what_looks_at_a_kind_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = remembering(snapshot())
    asked: list[str] = []
    original = checking._ask
    monkeypatch.setattr(
        checking,
        "_ask",
        lambda one, document, context: asked.append(one.id) or original(one, document, context),
    )
    reports(whole)
    first = len(asked)
    asked.clear()
    reports(replace(whole))
    assert not asked
    gone = _first(whole, "finance")
    reports(replace(whole, records=tuple(one for one in whole.records if one is not gone)))
    assert 0 < len(asked) < first / 4
    assert "PUB-17" not in asked


def _first(now: Snapshot, kind: str) -> RecordView:
    return next(one for one in now.records if one.kind.code == kind)


def test_a_watched_dossier_notes_what_is_looked_at() -> None:
    for look, kind in (
        (lambda one: one.of(Tender), "tender"),
        (lambda one: one.plans, "delegation"),
        (lambda one: one.plan_on(snapshot().today), "delegation"),
        (lambda one: one.decision("x"), "decision"),
        (lambda one: one.disclosure("2026Q1"), "finance"),
        (lambda one: one.tender("x"), "tender"),
        (lambda one: one.entries, EVERYTHING),
        (lambda one: one.derived, EVERYTHING),
        (lambda one: one._keys, EVERYTHING),
        (lambda one: one.anything_new, EVERYTHING),
    ):
        watched = Watched(Dossier())
        try:
            look(watched)
        except AttributeError:
            assert kind == EVERYTHING
        assert watched.seen == {kind}
    assert {one.kind.code for one in (Tender, DelegationPlan, DecisionRecord, FinanceDisclosure)} == {
        "tender", "delegation", "decision", "finance",
    }  # fmt: skip
    quiet = Watched(Dossier(complete=True))
    assert quiet.complete
    assert not quiet.seen
