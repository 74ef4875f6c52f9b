"""What the rule book forbids is not published; with a public explanation it is, and stays marked."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.domain.documents.base import Document
from portal.services import publishing, rosters
from portal.services.checking import Book, records_of
from portal.store.tables import Outbox, Unit, Version
from tests.conftest import NOON, shipped
from tests.regimes.scenarios import build

EARLY = {
    "/statements/0": {"speaker": "甲正职", "position": "for", "reason": "我先说，同意。"},
    "/statements/7": {"speaker": "乙副职", "position": "for", "reason": "同意。"},
}


def decision(**change: Any) -> Document:
    return build("xiuzhou", {"base": "decision", "change": change})


@pytest.fixture
def publish(session: Session, unit: Unit) -> Any:
    def run(document: Document, *, reason: str = publishing.FIRST, book: Book | None = None) -> Version:
        draft = publishing.save_draft(session, unit=unit, document=document, author="甲", now=NOON)
        return publishing.publish(
            session, draft, book=book or Book(session, shipped()), reason=reason, actor="乙", now=NOON
        )

    return run


def test_a_breach_is_refused_with_place_source_and_the_way_out(session: Session, publish: Any) -> None:
    owed = session.scalar(select(func.count()).select_from(Outbox))
    with pytest.raises(publishing.Blocked) as refusal:
        publish(decision(**EARLY))
    told = str(refusal.value)
    assert "SPK-01" in told
    assert "秀洲区" in told
    assert "公开说明" in told
    assert {one.rule for one in refusal.value.findings} >= {"SPK-01"}
    assert session.scalar(select(func.count()).select_from(Version)) == 0
    assert session.scalar(select(func.count()).select_from(Outbox)) == owed


def test_the_same_breach_goes_out_with_an_explanation(publish: Any) -> None:
    version = publish(decision(**EARLY, **{"/public_explanation": "发言次序有误，已重新研究。"}))
    assert version.number == 1


def test_some_things_no_explanation_lifts(publish: Any) -> None:
    wrong = build(
        "xiuzhou", {"base": "finance", "change": {"/closing": "1元", "/public_explanation": "以后再改。"}}
    )
    with pytest.raises(publishing.Blocked, match=r"FIN-10.*改正后再发布"):
        publish(wrong)


def test_a_record_published_before_counts_as_known(session: Session, unit: Unit, publish: Any) -> None:
    publish(build("xiuzhou", "adopting"))
    publish(build("xiuzhou", "plan"))
    known = {one.document.kind.code for one in records_of(session, unit)}
    assert known == {"decision", "delegation"}


def test_a_plan_whose_decision_does_not_exist_is_refused(publish: Any) -> None:
    with pytest.raises(publishing.Blocked, match="DEL-05"):
        publish(build("xiuzhou", "plan"))


def test_a_changed_vote_is_seen_against_the_version_before(session: Session) -> None:
    city = rosters.find_jurisdiction(session, "tongling")
    office = rosters.put_unit(session, city, rosters.RosterLine(name="示例市局", type="bureau"), now=NOON)
    first = build("tongling", "decision")
    changed = build("tongling", {"base": "decision", "change": {"/votes_for": 6, "/votes_against": 1}})
    for document, reason in ((first, publishing.FIRST), (changed, "票数抄错")):
        draft = publishing.save_draft(session, unit=office, document=document, author="甲", now=NOON)
        book = Book(session, shipped())
        if document is first:
            publishing.publish(session, draft, book=book, reason=reason, actor="乙", now=NOON)
            continue
        with pytest.raises(publishing.Blocked, match="DEC-09"):
            publishing.publish(session, draft, book=book, reason=reason, actor="乙", now=NOON)


def test_one_book_sees_what_it_published_itself(session: Session, publish: Any) -> None:
    book = Book(session, shipped())
    publish(build("xiuzhou", "adopting"), book=book)
    publish(build("xiuzhou", "plan"), book=book)


def test_documents_expected_together_are_known_to_one_another(session: Session, unit: Unit) -> None:
    book = Book(session, shipped())
    book.expect(unit, [build("xiuzhou", "adopting")])
    report = book.test(unit, build("xiuzhou", "plan"), now=NOON)
    assert report is not None
    assert "DEL-05" not in {one.rule for one in report.findings}


def test_a_unit_of_unknown_type_is_tested_as_other(session: Session, unit: Unit) -> None:
    unit.type = "示例类型"
    session.flush()
    assert Book(session, shipped()).test(unit, decision(), now=NOON) is not None
