"""Signed key lists: changed anywhere, of another place, or older than a revocation, they are refused."""

from __future__ import annotations

import base64
import json
import os
import threading
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.reports.keylist import KeyList, read_list
from portal.services.reports import keyring, next_lists
from portal.services.reports.filing import BadReceipt, public_of, sign_receipt, verify_receipt
from portal.services.reports.keylists import KeyLists, NotNext, Tampered, sign_list, verify_list
from tests.services.test_sealing_vectors import VECTORS

DAY = date(2026, 11, 22)
ROOT = Ed25519PrivateKey.generate()
PINNED = public_of(ROOT)
TEXT = json.dumps(VECTORS["routing"]["lists"]["one"], ensure_ascii=False)


def listed(**values: Any) -> KeyList:
    return read_list(json.dumps({**json.loads(TEXT), **values}, ensure_ascii=False))


def leaves(held: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the places of all values in a JSON value."""
    inner = held.items() if isinstance(held, dict) else enumerate(held) if isinstance(held, list) else ()
    return [at] * bool(at) + [place for key, value in inner for place in leaves(value, (*at, key))]


@pytest.mark.parametrize("place", leaves(json.loads(TEXT)), ids=lambda place: ".".join(map(str, place)))
def test_a_change_in_any_field_is_noticed(place: tuple[Any, ...]) -> None:
    signed = json.loads(sign_list(TEXT, ROOT))
    assert verify_list(json.dumps(signed).encode(), PINNED)
    for change in ("other", "gone"):
        held = json.loads(TEXT)
        inside = held
        for key in place[:-1]:
            inside = inside[key]
        if change == "gone":
            del inside[place[-1]]
        elif isinstance(inside[place[-1]], int):
            inside[place[-1]] += 1
        else:
            inside[place[-1]] = "示例"
        changed = {**signed, "list": json.dumps(held, ensure_ascii=False)}
        with pytest.raises(Tampered):
            verify_list(json.dumps(changed).encode(), PINNED)


@given(st.data())
def test_a_change_of_any_byte_is_noticed(data: st.DataObject) -> None:
    signed = sign_list(TEXT, ROOT)
    place = data.draw(st.integers(0, len(signed) - 1))
    changed = bytearray(signed)
    changed[place] ^= data.draw(st.integers(1, 255))
    try:
        same = verify_list(bytes(changed), PINNED)
    except Tampered:
        return
    # Blanks outside of what is signed say nothing: the list is word for word the one that was signed.
    assert same == read_list(TEXT)
    assert json.loads(bytes(changed)) == json.loads(signed)


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"[]", b"null", b"\xff", b'{"list": 1, "signature": "", "key": ""}']
)
def test_what_is_no_list_is_refused(raw: bytes) -> None:
    with pytest.raises(Tampered, match="密钥清单"):
        verify_list(raw, PINNED)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"slots": 5}, "多于 slots"),
        ({"slots": 3}, "slots"),
        ({"opening": 3}, "opening"),
        ({"opening": "1"}, "opening"),
        ({"valid_until": "2026-11-21"}, "早于签发日"),
        ({"own_names": []}, "own_names"),
        ({"routing_key": "age1abc"}, "公钥不对"),
        ({"receipt_key": {"name": "jinhu/receipts", "key": "abc"}}, "签名公钥不对"),
        ({"receipt_key": {"name": "a b", "key": "A" * 43 + "="}}, "receipt_key.name"),
        ({"jurisdiction": "../x"}, "jurisdiction"),
        ({"more": 1}, "more"),
    ],
)
def test_a_signed_list_must_also_make_sense(values: dict[str, Any], told: str) -> None:
    raw = sign_list(json.dumps({**json.loads(TEXT), **values}, ensure_ascii=False), ROOT)
    with pytest.raises(Tampered, match=told):
        verify_list(raw, PINNED)


def test_two_holders_never_share_a_key_or_an_id() -> None:
    held = json.loads(TEXT)
    one, two = held["holders"][:2]
    for changed in ({**two, "id": one["id"]}, {**two, "keys": one["keys"]}):
        with pytest.raises(ValueError, match=r"相同|两次"):
            listed(holders=[one, changed])
    with pytest.raises(ValueError, match="办公端的公钥"):
        listed(routing_key=one["keys"][0]["recipient"])


@pytest.fixture
def lists(tmp_path: Path) -> KeyLists:
    found = KeyLists(tmp_path / "key_lists")
    found.pin("jinhu", PINNED)
    return found


def published(lists: KeyLists, **values: Any) -> KeyList:
    return lists.publish(sign_list(listed(**values), ROOT)).list


def test_lists_follow_one_another_and_are_never_overwritten(lists: KeyLists) -> None:
    assert lists.current("jinhu") is None
    assert not lists.acceptable("jinhu", 1, DAY)
    with pytest.raises(NotNext, match="下一份应是 1"):
        published(lists, serial=3)
    published(lists, serial=1)
    with pytest.raises(NotNext, match="下一份应是 2"):
        published(lists, serial=1)
    published(lists, serial=2)
    current = lists.current("jinhu")
    assert current is not None
    assert (current.list.serial, current.root) == (2, PINNED)
    assert current.raw == (lists.folder / "jinhu" / "2.json").read_bytes()
    with pytest.raises(NotNext, match="另一把根密钥"):
        lists.pin("jinhu", public_of(Ed25519PrivateKey.generate()))
    lists.pin("jinhu", PINNED)


def test_an_older_list_has_its_grace_unless_any_newer_one_ended_it(lists: KeyLists) -> None:
    grace = DAY + timedelta(14)
    for serial in (1, 2):
        published(lists, serial=serial, accept_previous_until=grace.isoformat())
    assert lists.acceptable("jinhu", 1, grace)
    assert not lists.acceptable("jinhu", 1, grace + timedelta(1))
    published(lists, serial=3, accept_previous_until=(DAY - timedelta(1)).isoformat())
    published(lists, serial=4, accept_previous_until=grace.isoformat())
    assert [lists.acceptable("jinhu", serial, DAY) for serial in (1, 2, 3, 4, 5)] == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert not lists.acceptable("jinhu", 4, date(2027, 11, 23)), "its own end"


def test_a_list_on_disk_must_be_of_its_place_and_number(lists: KeyLists, tmp_path: Path) -> None:
    published(lists, serial=1)
    folder = lists.folder / "jinhu"
    (folder / "2.json").write_bytes((folder / "1.json").read_bytes())
    with pytest.raises(Tampered, match="编号与文件名不同"):
        lists.current("jinhu")
    other = KeyLists(lists.folder)
    other.pin("xiuzhou", PINNED)
    (lists.folder / "xiuzhou" / "1.json").write_bytes((folder / "1.json").read_bytes())
    with pytest.raises(Tampered, match="不是这个县区的"):
        other.current("xiuzhou")
    for odd in ("01.json", "x.json", "3.json.bak", ".4.json.ab", "²."):
        (folder / odd).write_text("{}")
    assert lists.serials("jinhu") == [1, 2]
    assert (
        KeyLists(lists.folder, {"jinhu": public_of(Ed25519PrivateKey.generate())}).root_of("jinhu") != PINNED
    )


def test_without_a_pinned_key_nothing_is_believed(tmp_path: Path) -> None:
    bare = KeyLists(tmp_path / "key_lists")
    with pytest.raises(Tampered, match="根密钥"):
        bare.publish(sign_list(listed(serial=1), ROOT))
    with pytest.raises(Tampered, match="不是签名的"):
        bare.publish(b"{}")
    escaping = sign_list(TEXT.replace('"jinhu"', '"../jinhu"', 1), ROOT)
    with pytest.raises(Tampered):
        bare.publish(escaping)
    (tmp_path / "key_lists" / "jinhu").mkdir(parents=True)
    (tmp_path / "key_lists" / "jinhu" / "1.json").write_bytes(sign_list(listed(serial=1), ROOT))
    with pytest.raises(Tampered, match="无法核对"):
        bare.current("jinhu")


def test_of_two_who_publish_at_once_one_wins(lists: KeyLists) -> None:
    raws = [sign_list(listed(serial=1, name=f"示例{place}"), ROOT) for place in range(8)]
    told: list[str] = []
    start = threading.Barrier(len(raws))

    def publish(raw: bytes) -> None:
        start.wait()
        try:
            lists.publish(raw)
            told.append("published")
        except NotNext:
            told.append("refused")

    threads = [threading.Thread(target=publish, args=(raw,)) for raw in raws]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(told) == ["published"] + ["refused"] * 7
    assert (lists.folder / "jinhu" / "1.json").read_bytes() in raws
    assert sorted(os.listdir(lists.folder / "jinhu")) == ["1.json", "root.pub"]  # noqa: PTH208 - hidden files too.


def test_changes_of_a_draft_are_kept_word_for_word(tmp_path: Path) -> None:
    held = listed(serial=1)
    draft = next_lists.revoke(next_lists.following(held), "h001")
    again = next_lists.read_draft(draft.text())
    assert again == draft
    assert again.list.serial == 2
    assert again.list.holder("h001") is None
    assert next_lists.ready(again, today=DAY).accept_previous_until == DAY - timedelta(1)
    for broken in ("", "{}", "[]", '{"list": "{}", "changes": [], "at_once": false}'):
        with pytest.raises(next_lists.NotPossible, match="草稿文件已损坏"):
            next_lists.read_draft(broken)


def test_a_rotated_key_ends_where_the_new_one_begins() -> None:
    draft = next_lists.following(listed(serial=1))
    fresh = VECTORS["codes"]["made"][0]["recipient"]
    later = DAY + timedelta(30)
    rotated = next_lists.rotate(draft, "h001", fresh, today=later).list
    holder = rotated.holder("h001")
    assert holder is not None
    assert holder.key_on(later) == fresh
    assert holder.key_on(later - timedelta(1)) == listed().holders[1].keys[0].recipient
    with pytest.raises(next_lists.NotPossible, match="已登记在"):
        next_lists.rotate(next_lists.following(rotated), "h002", fresh, today=later)


def test_the_most_holders() -> None:
    draft = next_lists.following(listed(serial=1, holders=[]))
    holder = listed().holders[0]
    recipients = [keyring.new_identity()[1] for _ in range(17)]
    for place, recipient in enumerate(recipients[:16]):
        draft = next_lists.add_holder(
            draft, holder.model_copy(update={"id": f"h{place:03}"}), recipient, today=DAY
        )
    assert (draft.list.slots, len(draft.list.holders)) == (16, 16)
    with pytest.raises(next_lists.NotPossible, match="最多 16 位"):
        next_lists.add_holder(draft, holder.model_copy(update={"id": "hlast"}), recipients[16], today=DAY)


def test_names_of_a_commission() -> None:
    names = next_lists.names_of_commission("金湖县纪委监委")
    assert {"金湖县纪律检查委员会", "中共金湖县纪律检查委员会", "金湖县监察委员会"} < {*names}
    assert next_lists.names_of_commission("本级纪检机构") == ("本级纪检机构",)


@given(st.data())
def test_a_receipt_changed_anywhere_is_refused(data: st.DataObject) -> None:
    signer = keyring.ReceiptSigner(ROOT, "jinhu/receipts")
    note = sign_receipt(signer.private, signer.name, "jinhu", DAY, bytes(range(32)))
    receipt = verify_receipt(note, signer.public)
    place = data.draw(st.integers(0, len(note) - 2))
    letter = data.draw(st.characters(codec="utf-8"))
    changed = note[:place] + letter + note[place + 1 :]
    try:
        same = verify_receipt(changed, signer.public)
    except BadReceipt:
        return
    assert same == receipt, "what is read is what was signed"


def test_the_hash_of_a_key_is_that_of_signed_notes() -> None:
    """The key of Go's own checksum database: sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8."""
    raw = base64.b64decode("Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")
    key = keyring.ReceiptKey(name="sum.golang.org", key=base64.b64encode(raw[1:]).decode())
    assert key.hash.hex() == "033de0ae"
