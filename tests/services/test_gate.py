"""What the rule book forbids is not published; with a public explanation it is, and stays marked."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.domain.documents.base import Document
from portal.domain.rules.check import explains
from portal.services import exempting, publishing, rosters
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


@pytest.mark.parametrize(
    "text",
    [
        "。",
        "…",
        "无",
        "x",
        "见附件。",
        "同上，略",
        "详见附件说明，此处从略，无其他情况说明",
        "说明说明说明说明说明说明",
        "已整改已整改已整改已整改",
        "1234567890123",
        "abcdefghijklmn",
        "发言有误，已经改。",
    ],
)
def test_some_characters_are_no_explanation(publish: Any, text: str) -> None:
    assert not explains(text)
    with pytest.raises(publishing.Blocked, match=r"发生了什么、为什么、怎样整改") as refusal:
        publish(decision(**EARLY, **{"/public_explanation": text}))
    assert "SPK-01" in {one.rule for one in refusal.value.findings}


@pytest.mark.parametrize(
    "text",
    [
        "发言次序错，已重新研究。",
        "第2位发言的是主要负责人，已纠正。",
        "主要负责人先说了看法，以后不再这样；详见附件。",
    ],
)
def test_a_sentence_that_says_what_happened_explains(text: str) -> None:
    assert explains(text)


def test_no_text_explains_nothing() -> None:
    assert not explains(None)
    assert not explains("\u2800" * 12)


def test_a_hidden_plan_does_not_steer_the_gate(session: Session, unit: Unit, publish: Any) -> None:
    publish(build("xiuzhou", "adopting"))
    publish(build("xiuzhou", "plan"))
    hidden = build(
        "xiuzhou",
        {
            "base": "plan",
            "change": {
                "/doc_no": "示密〔2026〕1号",
                "/audience": "commission",
                "/effective_from": "2026-01-02",
                "/chiefs/0/name": "己纪检",
            },
        },
    )
    book = Book(session, shipped())
    book.expect(unit, [hidden])
    early = {**EARLY, "/attendees/0/standing": "observer", "/attendees/6/standing": "chief"}
    with pytest.raises(publishing.Blocked) as refusal:
        publish(decision(**early), book=book)
    assert ("SPK-01", "/statements/0") in {(one.rule, one.place) for one in refusal.value.findings}


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


@pytest.mark.parametrize("number", ["990101199001011230", "13800138000", "6222000000000000004"])
def test_no_number_of_a_person_stands_in_what_is_said_beside_a_version(
    session: Session, publish: Any, number: str
) -> None:
    with pytest.raises(publishing.NotPublishable, match="发布原因里有") as refusal:
        publish(decision(), reason=f"更正，详询{number}")
    assert number not in str(refusal.value)
    assert session.scalar(select(func.count()).select_from(Version)) == 0
    version = publish(decision())
    said = {"legal_ground": "甲法第一条", "reason": "乙", "approver": "丙"}
    for field, what in (("legal_ground", "撤回的法律依据"), ("reason", "撤回原因"), ("approver", "批准人")):
        with pytest.raises(publishing.NotPublishable, match=f"{what}里有") as refusal:
            publishing.withdraw(session, version, now=NOON, **{**said, field: f"详询{number}"})
        assert number not in str(refusal.value)
    publishing.withdraw(session, version, now=NOON, **said)
    for field in ("legal_ground", "approver"):
        with pytest.raises(publishing.NotPublishable, match="里有"):
            publishing.destroy_content(
                session, version, now=NOON, **{"legal_ground": "甲", "approver": "乙", field: f"见{number}"}
            )


def test_no_number_of_a_person_stands_in_an_exemption_or_extension(session: Session, unit: Unit) -> None:
    regime = shipped()["xiuzhou"]
    days = {"valid_from": date(2026, 1, 1), "valid_until": date(2026, 12, 31)}
    with pytest.raises(exempting.Refused, match=r"原因里有手机号码（1\*\*\*0）"):
        exempting.exempt(
            session, unit, regime=regime, duty="finance", period=None, reason="详询 13800138000",
            approver="甲", actor="乙", now=NOON, **days,
        )  # fmt: skip
    with pytest.raises(exempting.Refused, match="批准人或批准机关里有"):
        exempting.extend(
            session, unit, regime=regime, duty="finance", period="2026Q3", new_due=date(2026, 12, 1), reason="甲",
            approver="乙 138-0013-8000", actor="丙", now=NOON,
        )  # fmt: skip
    row = exempting.exempt(
        session, unit, regime=regime, duty="finance", period=None, reason="甲", approver="乙", actor="丙", now=NOON, **days
    )  # fmt: skip
    with pytest.raises(exempting.Refused, match="撤销原因里有"):
        exempting.revoke(session, row.id, reason="见 990101199001011230", actor="丙", now=NOON)
