"""What is for the unit's own people: who finds it, and who finds nothing."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.documents.base import Audience
from portal.domain.roles import Role
from portal.services.desk import reading, releasing
from portal.services.desk.rooms import Actor
from tests.services.desk.desk_world import Desk, rules

EVERYBODY = {
    "staff": (Role.STAFF,),
    "group": (Role.GROUP,),
    "editor": (Role.EDITOR,),
    "reviewer": (Role.REVIEWER,),
    "unit_admin": (Role.UNIT_ADMIN,),
}


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("audience", list(Audience))
def test_each_audience_reads_its_own_and_nobody_else(desk: Desk, who: str, audience: Audience) -> None:
    version = desk.published(rules(audience=audience))
    person = Actor(999, "某人", frozenset(EVERYBODY[who]))
    expected = audience is Audience.STAFF or (audience is Audience.LEADERSHIP_GROUP and who == "group")

    found = reading.readable(desk.room, person, version.record.kind, version.record.slug)

    assert (found is not None) == expected
    assert ([one.id for one in reading.open_to(desk.room, person)] == [version.id]) == expected


def test_accounts_of_the_commission_belong_to_no_unit_s_audience() -> None:
    assert reading.audiences_of([Role.OFFICER, Role.COMMISSION_ADMIN]) == frozenset()


def test_the_administrator_s_desk_shows_no_more_than_their_own_audiences() -> None:
    assert reading.handled_by([Role.UNIT_ADMIN]) == {Audience.PUBLIC, Audience.STAFF}
    assert reading.handled_by([Role.EDITOR]) == frozenset(Audience)


def test_what_was_withdrawn_is_gone_from_the_reading_room(desk: Desk) -> None:
    version = desk.published(rules(audience=Audience.STAFF))
    releasing.withdraw(
        desk.room,
        version,
        legal_ground="政府信息公开条例第十五条",
        reason="涉及第三方",
        approver="陈示一",
        review_on=date(2027, 1, 4),
        actor=desk.reviewer,
        second=desk.person("吴示四", Role.GROUP),
        now=desk.tick(),
    )
    assert reading.open_to(desk.room, desk.editor) == []
    assert reading.readable(desk.room, desk.editor, "regulation", version.record.slug) is None


def test_versions_for_another_audience_are_left_out(desk: Desk) -> None:
    first = desk.published(rules(audience=Audience.LEADERSHIP_GROUP))
    draft = releasing.start_correction(desk.room, first.record, actor=desk.editor, now=desk.tick())
    draft.reason = "扩大范围"
    desk.change(draft, rules(audience=Audience.STAFF))
    second = desk.publish(desk.approve(desk.submit(draft)))
    staff = Actor(999, "某人", frozenset({Role.STAFF}))
    found = reading.readable(desk.room, staff, "regulation", second.record.slug)
    assert found is not None
    assert [one.number for one in found[1]] == [2]
