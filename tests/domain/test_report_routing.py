"""Who opens a report: whatever is written, nobody whom it concerns is among them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.reports import bech32
from portal.domain.reports.keylist import Holder, HolderKey, HolderRank, KeyList, ReceiptKey
from portal.domain.reports.routing import NoRecipient, Person, choose_route, folded_name, mentioned

DAY = date(2026, 11, 22)
NAMES = ["示例甲", "示例乙", "阿示例·买示例", "示例丁", "示例戊", "示例己"]
UNITS = ["示例县教育局", "示例县住房和城乡建设局", "示例县（示例）局"]
OWN = ("金湖县纪委监委", "金湖县监察委员会")
KEYS = [bech32.encode("age", bytes([number] * 32)) for number in range(20)]


@st.composite
def key_lists(draw: st.DrawFn) -> KeyList:
    holders = []
    for place in range(draw(st.integers(0, 6))):
        until = draw(st.sampled_from([date(2026, 11, 21), DAY, date(2027, 11, 22)]))
        holders.append(
            Holder(
                id=f"h{place:03}",
                name=draw(st.sampled_from(NAMES)),
                rank=draw(st.sampled_from(list(HolderRank))),
                unit=draw(st.none() | st.sampled_from(UNITS)),
                keys=(HolderKey(recipient=KEYS[place], since=date(2026, 1, 1), until=until),),
            )
        )
    return KeyList(
        jurisdiction="jinhu", name=OWN[0], serial=1, issued_on=DAY, valid_until=date(2027, 11, 22),
        accept_previous_until=DAY, opening=draw(st.integers(1, 2)), routing_key=KEYS[19],
        receipt_key=ReceiptKey(name="jinhu/receipts", key="A" * 43 + "="), own_names=OWN, holders=tuple(holders),
    )  # fmt: skip


@st.composite
def disguised(draw: st.DrawFn, names: list[str]) -> str:
    """A name as somebody might write it: wide blanks, other dots, full width."""
    name = draw(st.sampled_from(names))
    if draw(st.booleans()):
        name = name.replace("·", draw(st.sampled_from(["•", "・", "．", ".", "", " · "])))
    between = draw(st.sampled_from(["", " ", "\u3000", "\u200b"]))
    return between.join(name)


PERSONS = st.builds(
    Person,
    name=disguised(NAMES) | st.just(""),
    unit=st.just("") | disguised([*UNITS, *OWN]),
    post=st.sampled_from(["", "局长", "县委常委、纪委书记", "纪委副书记"]),
)


@given(
    key_lists(),
    st.just("") | disguised([*UNITS, *OWN, "示例镇"]),
    st.lists(PERSONS, max_size=3),
    st.sets(st.sampled_from([f"h{place:03}" for place in range(6)]), max_size=2),
    st.lists(disguised(NAMES), max_size=2).map("，".join),
    st.sets(st.sampled_from([f"h{place:03}" for place in range(6)]), max_size=2),
)
def test_nobody_concerned_opens_it(
    held: KeyList, unit: str, persons: list[Person], ticked: set[str], text: str, cleared: set[str]
) -> None:
    asked = {"day": DAY, "unit": unit, "persons": persons, "ticked": ticked, "text": text, "cleared": cleared}
    try:
        route = choose_route(held, **asked)  # type: ignore[arg-type]
    except NoRecipient:
        return
    names = {folded_name(person.name) for person in persons}
    units = {folded_name(one) for one in (unit, *(person.unit for person in persons))} - {""}
    ids = {one.id for one in route.openers}
    assert ids, "somebody opens it"
    assert len(ids) * route.places >= route.opening
    assert not ids & {*ticked, *route.left_out}
    for one in route.openers:
        assert one.key_on(DAY)
        assert folded_name(one.name) not in names
        assert one.unit is None or folded_name(one.unit) not in units
        assert one.id in cleared or one not in mentioned(held, text)
        assert (one.rank is HolderRank.SUPERIOR) == (route.kind == "superior")
    if units & {folded_name(name) for name in OWN}:
        assert route.kind == "superior"
    heads = {one.id for one in held.holders if one.rank is HolderRank.HEAD}
    if heads & {*route.left_out}:
        assert route.kind == "superior"
    assert route.opening == held.opening


def test_with_nobody_in_the_list_nothing_can_be_sent() -> None:
    held = KeyList(
        jurisdiction="jinhu", name=OWN[0], serial=1, issued_on=DAY, valid_until=DAY, accept_previous_until=DAY,
        routing_key=KEYS[19], receipt_key=ReceiptKey(name="jinhu/receipts", key="A" * 43 + "="), own_names=OWN,
        holders=(),
    )  # fmt: skip
    with pytest.raises(NoRecipient, match=r"没有提交.*12388"):
        choose_route(held, day=DAY, unit="示例县教育局", persons=())
