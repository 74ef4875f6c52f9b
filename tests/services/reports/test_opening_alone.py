"""Of the superior commission one opens alone, and nothing on the outside tells that a report goes there."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.reports import envelopes
from portal.domain.reports.codes import new_code
from portal.domain.reports.content import ReportContent
from portal.domain.reports.padding import Purpose
from portal.domain.reports.routing import Person, choose_route
from portal.services.reports import sealing
from tests.vectors import make_sealing

DAY = date(2026, 11, 22)


def sealed(name: str) -> tuple[sealing.SealedReportParts, list[str], str]:
    held = make_sealing.key_list("two", opening=2, slots=8)
    content = ReportContent.model_validate(
        {
            "jurisdiction": held.jurisdiction,
            "unit": "示例局",
            "persons": [{"name": name}],
            "categories": ["other"],
            "what": "示例内容" * 8,
        }
    )
    route = choose_route(held, day=DAY, unit=content.unit, persons=[Person(name)])
    parts = sealing.seal_report(held, content, day=DAY, code=new_code(), route=route)
    envelopes.check_grants(parts.grants, slots=held.slots, opening=held.opening)
    return parts, [one.id for one in route.openers], route.kind


def head_of() -> str:
    held = make_sealing.key_list("two", opening=2, slots=8)
    return next(one.name for one in held.holders if one.rank.value == "head")


def test_one_of_the_superior_turns_both_keys() -> None:
    parts, openers, kind = sealed(head_of())
    assert kind == "superior"
    identity = make_sealing.identity(openers[0])
    halves = sealing.turn(parts.grants, identity)
    case = sealing.open_halves(halves, identity)
    assert case
    assert sealing.open_body(parts.body, case).content.unit == "示例局"


def test_one_officer_alone_opens_nothing() -> None:
    parts, openers, kind = sealed("方示九")
    assert kind == "own"
    for one in openers:
        identity = make_sealing.identity(one)
        assert sealing.open_halves(sealing.turn(parts.grants, identity), identity) is None
        assert sealing.open_grants(parts.grants, identity) is None


def test_both_routes_look_alike() -> None:
    above, own = sealed(head_of())[0], sealed("方示九")[0]
    # Lengths differ by chance: this implementation of age adds a stanza of noise now and then.
    assert above.grants[:7] == own.grants[:7]
    for one in (above, own):
        envelopes.check_sealed(one.body, Purpose.REPORT)
        envelopes.check_sealed(one.routing, Purpose.ROUTING)


def test_a_list_has_room_for_both_places_of_the_superior() -> None:
    held = make_sealing.key_list("two", opening=2, slots=8)
    superior = next(one for one in held.holders if one.rank.value == "superior")
    many = [superior.model_copy(update={"id": f"hsu{number}", "keys": ()}) for number in range(5)]
    with pytest.raises(ValueError, match="两个位置"):
        type(held).model_validate(
            {**held.model_dump(by_alias=True), "holders": [one.model_dump(by_alias=True) for one in many]}
        )
