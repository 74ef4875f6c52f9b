"""Sealing: the text format of age, the number of stanzas, damaged and foreign data, pictures by every kind of file."""

from __future__ import annotations

import base64
import io
import json
from datetime import date
from typing import Any

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from portal.domain.reports.codes import new_code
from portal.domain.reports.content import ReportContent, WrongContent, read_content
from portal.domain.reports.keylist import Holder, HolderKey, HolderRank, KeyList, ReceiptKey
from portal.domain.reports.padding import BUCKETS, Purpose, TooLong
from portal.domain.reports.pictures import NotCleaned, clean_picture
from portal.domain.reports.routing import choose_route
from portal.services import passphrases
from portal.services.passphrases import opened
from portal.services.reports import age, keyring, sealing
from tests.light_keys import LightPassphrases, light_key_file
from tests.vectors import sample_pictures

DAY = date(2026, 11, 22)
CANARY = "示例暗记 canary-0123456789"


def content(**values: Any) -> ReportContent:
    return read_content(
        {"jurisdiction": "jinhu", "unit": "示例局", "categories": ["late"], "what": "示例" * 15, **values}
    )


def key_list(identities: list[tuple[str, str]], *, opening: int = 1, slots: int = 8) -> KeyList:
    return KeyList(
        jurisdiction="jinhu",
        name="金湖县纪委监委",
        serial=1,
        issued_on=DAY,
        valid_until=date(2027, 11, 22),
        accept_previous_until=DAY,
        opening=opening,
        slots=slots,
        routing_key=age.new_identity()[1],
        receipt_key=ReceiptKey(name="jinhu/receipts", key="A" * 43 + "="),
        own_names=("金湖县纪委监委",),
        holders=tuple(
            Holder(
                id=f"h{place:03}",
                name=f"示例{'甲乙丙丁戊己'[place]}",
                rank=HolderRank.OFFICER,
                keys=(HolderKey(recipient=recipient, since=DAY, until=date(2027, 11, 22)),),
            )
            for place, (_, recipient) in enumerate(identities)
        ),
    )


def sealed(held: KeyList, report: ReportContent) -> sealing.SealedReportParts:
    route = choose_route(held, day=DAY, unit=report.unit, persons=report.persons, text=report.free_text())
    return sealing.seal_report(held, report, day=DAY, code=new_code(), route=route)


def stanzas(packet: bytes) -> int:
    """Count the X25519 stanzas of a binary age file, as the format writes them."""
    assert packet.startswith(b"age-encryption.org/v1\n")
    header = packet.partition(b"\n---")[0]
    return sum(line.startswith(b"-> X25519 ") for line in header.split(b"\n"))


def test_the_number_of_stanzas_never_tells_how_many_were_left_out() -> None:
    identities = [age.new_identity() for _ in range(5)]
    held = key_list(identities)
    everybody = sealed(held, content())
    few = sealed(held, content(persons=[{"name": "示例甲"}, {"name": "示例乙"}, {"name": "示例丙"}]))
    for parts in (everybody, few):
        opening, packets = sealing.read_grants(parts.grants)
        assert (opening, len(packets)) == (1, 1)
        assert stanzas(packets[0]) == 8
        assert stanzas(parts.body) == stanzas(parts.routing) == 1
    assert [sealing.open_grants(few.grants, one) is not None for one, _ in identities] == [False] * 3 + [
        True
    ] * 2


def test_opening_by_two_gives_every_pair_and_nobody_alone() -> None:
    identities = [age.new_identity() for _ in range(3)]
    parts = sealed(key_list(identities, opening=2, slots=5), content(persons=[{"name": "示例丙"}]))
    opening, packets = sealing.read_grants(parts.grants)
    assert (opening, len(packets)) == (2, 20)
    assert {stanzas(packet) for packet in packets} == {1}
    (one, _), (two, _), (out, _) = identities
    halves = sealing.turn(parts.grants, one)
    assert len(halves) == 4
    assert sealing.open_halves(halves, one) is None
    assert sealing.open_halves(halves, out) is None
    assert sealing.turn(parts.grants, out) == []
    case = sealing.open_halves(halves, two)
    assert case is not None
    assert age.recipient_of(case) == parts.case_key


def test_the_order_of_packets_tells_nothing() -> None:
    """Whose packets stand together would show which holder is which, and who was left out."""
    identities = [age.new_identity() for _ in range(2)]
    places = set()
    for _ in range(6):
        grants = sealing.seal_grants([key for _, key in identities], "x", slots=4, opening=2)
        _, packets = sealing.read_grants(grants)
        mine = [n for n, packet in enumerate(packets) if pyrage_opens(packet, identities[0][0])]
        assert len(mine) == 3
        places.add(tuple(mine))
    assert len(places) > 1
    assert any(place[2] - place[0] > 2 for place in places), "packets of one holder lie apart"


def pyrage_opens(packet: bytes, identity: str) -> bool:
    try:
        pyrage.decrypt(packet, [pyrage.x25519.Identity.from_str(identity)])
    except pyrage.DecryptError:
        return False
    return True


def test_nothing_of_the_text_stands_in_what_is_stored() -> None:
    identities = [age.new_identity()]
    parts = sealed(key_list(identities), content(what=CANARY * 3, amount=CANARY))
    stored = b"".join((parts.grants, parts.body, parts.routing, parts.binding, parts.commitment))
    for form in (CANARY.encode(), CANARY.encode("utf-16-le"), json.dumps(CANARY).encode(), b"canary"):
        assert form not in stored
        assert base64.b64encode(form)[:8] not in stored
    assert CANARY not in repr(parts)
    case = sealing.open_grants(parts.grants, identities[0][0])
    assert case is not None
    opened = sealing.open_body(parts.body, case)
    assert CANARY in opened.content.what
    assert CANARY not in repr(opened)


def test_lengths_of_bodies_are_of_a_few_kinds() -> None:
    held = key_list([age.new_identity()])
    sizes = []
    for length in (20, 4_000, 20_000):
        parts = sealed(held, content(what="示" * length))
        # What age adds is a header (with a stanza of random length) and 16 bytes for each 64 KiB.
        sizes.append(next(size for size in BUCKETS[Purpose.REPORT] if size < len(parts.body) < size + 1_000))
    assert sizes == [16 * 1024, 16 * 1024, 64 * 1024]


def test_damaged_and_foreign_data_open_nothing() -> None:
    identity, recipient = age.new_identity()
    stranger, _ = age.new_identity()
    whole = age.seal_to([recipient], b"held", Purpose.NOTE)
    assert age.open_with(identity, whole) == b"held"
    assert age.open_with(stranger, whole) is None
    for damaged in (b"", whole[:-1], whole[:100], whole[:-1] + bytes([whole[-1] ^ 1]), b"\0" * 300):
        assert age.open_with(identity, damaged) is None
        with pytest.raises(age.CannotOpen):
            sealing.open_body(damaged, identity)
        assert sealing.open_message(damaged, identity) is None
        assert sealing.read_routing(damaged, identity) is None
        assert sealing.open_attachment(damaged, identity) is None
    for grants in (b"", b"SPG1", b"SPG1\x01\x00\x01\x00\x05abc", b"SPG1\x03\x00\x00", b"SPG2\x01\x00\x00"):
        with pytest.raises(age.CannotOpen):
            sealing.open_grants(grants, identity)
    with pytest.raises(age.CannotOpen):
        sealing.open_body(sealing.seal_message(recipient, "示例"), identity)
    with pytest.raises(age.CannotOpen):
        age.recipient_of("AGE-SECRET-KEY-1WRONG")
    with pytest.raises(ValueError, match="recipient"):
        age.seal_to(["age1wrong"], b"", Purpose.NOTE)


def test_a_busy_machine_does_not_pass_for_a_wrong_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    """age tells how much work a file may be by a look at the clock: who had to wait just then is asked again."""
    identity, secret = age.new_identity()[0], "correct horse battery staple"
    data, looks = light_key_file(identity, secret), iter(range(3))
    # What age says of a file that is too much work, whatever the machine: its work factor is refused unread.
    dear = base64.b64decode("".join(data.decode().split("\n")[1:-2])).replace(b" 10\n", b" 40\n", 1)

    class Busy:
        @staticmethod
        def decrypt(file: bytes, typed: str) -> bytes:
            return bytes(pyrage.passphrase.decrypt(dear if next(looks, None) is not None else file, typed))

    monkeypatch.setattr(passphrases, "passphrase", Busy)
    assert keyring.read_officer_key(data, secret) == identity
    assert next(looks, None) is None, "it was refused three times"
    with pytest.raises(keyring.WrongKeyFile):
        keyring.read_officer_key(data, "another passphrase")
    monkeypatch.undo()
    with pytest.raises(keyring.WrongKeyFile):
        keyring.read_officer_key(dear, secret)


def test_age_text_is_what_age_reads() -> None:
    """The armoured file of an officer and the identity in it are those of age: another program opens them."""
    secret = "correct horse battery staple"
    data, recipient = keyring.make_officer_key(secret, made_on=DAY)
    lines = data.decode("ascii").rstrip("\n").split("\n")
    assert (lines[0], lines[-1]) == ("-----BEGIN AGE ENCRYPTED FILE-----", "-----END AGE ENCRYPTED FILE-----")
    assert all(len(line) == 64 for line in lines[1:-2])
    binary = base64.b64decode("".join(lines[1:-1]), validate=True)
    assert binary.startswith(b"age-encryption.org/v1\n-> scrypt ")
    text = opened(data, secret).decode()
    assert f"# public key: {recipient}\n" in text
    identity = pyrage.x25519.Identity.from_str(text.strip().splitlines()[-1])
    assert str(identity.to_public()) == recipient
    foreign = pyrage.x25519.Identity.generate()
    armored = pyrage.encrypt(
        b"x", [pyrage.x25519.Recipient.from_str(recipient), foreign.to_public()], armored=True
    )
    assert pyrage.decrypt(armored, [identity]) == b"x"
    alien = LightPassphrases.encrypt(f"# made elsewhere\n{foreign}\n".encode(), secret, armored=False)
    assert keyring.read_officer_key(alien, secret) == str(foreign)
    two = LightPassphrases.encrypt(f"{foreign}\n{identity}\n".encode(), secret, armored=True)
    with pytest.raises(keyring.WrongKeyFile, match="不止一把"):
        keyring.read_officer_key(two, secret)


def test_attachments_have_a_number_for_a_name_and_a_limit() -> None:
    identity, recipient = age.new_identity()
    held = sealing.open_attachment(
        sealing.seal_attachment(recipient, 3, b"%PDF-", "application/pdf"), identity
    )
    assert held == sealing.Attachment("附件3.pdf", "application/pdf", b"%PDF-")
    odd = sealing.open_attachment(sealing.seal_attachment(recipient, 1, b"x", "x/../y"), identity)
    assert odd is not None
    assert odd.name == "附件1.bin"
    with pytest.raises(TooLong, match="12 MB"):
        sealing.seal_attachment(recipient, 1, bytes(12 * 1024 * 1024), "text/plain")
    with pytest.raises(NotCleaned, match="重新保存"):
        sealing.seal_attachment(recipient, 1, sample_pictures.png()[:-8], "image/png")


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *(("JPEG", mode) for mode in ("RGB", "L", "CMYK")),
        *(("PNG", mode) for mode in ("RGB", "L", "RGBA", "P")),
        *(("WEBP", mode) for mode in ("RGB", "L", "RGBA")),
    ],
)
def test_a_cleaned_picture_shows_the_same(kind: str, mode: str) -> None:
    into = io.BytesIO()
    picture = Image.new("RGB", (24, 24))
    picture.putdata([(x * 10, y * 10, x * y % 256) for y in range(24) for x in range(24)])
    exif = Image.Exif()
    exif[0x010F] = "SECRET maker"
    picture.convert(mode).save(into, kind, exif=exif.tobytes())
    before = into.getvalue()
    assert b"SECRET" in before
    after = clean_picture(before)
    assert b"SECRET" not in after
    one, two = Image.open(io.BytesIO(before)), Image.open(io.BytesIO(after))
    assert two.getexif() == {}
    assert one.convert("RGBA").tobytes() == two.convert("RGBA").tobytes()


@pytest.mark.parametrize(("endian", "orientation"), [("<", 6), (">", 8), ("<", 3)])
def test_a_photograph_stays_the_right_way_up_and_tells_nothing_else(endian: str, orientation: int) -> None:
    after = clean_picture(sample_pictures.turned(orientation, endian))
    assert dict(Image.open(io.BytesIO(after)).getexif()) == {0x0112: orientation}
    assert b"SECRET" not in after


def test_pictures_that_keep_their_secrets_are_refused_with_the_way_out() -> None:
    for data in (b"\0\0\0\x18ftypheic\0\0\0\0", b"II*\0\x08\0\0\0"):
        with pytest.raises(NotCleaned, match="另存为 JPG"):
            clean_picture(data)


@settings(max_examples=200)
@given(st.sampled_from([sample_pictures.jpeg(), sample_pictures.png(), sample_pictures.webp()]), st.data())
def test_a_damaged_picture_is_cleaned_or_refused(picture: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(12, len(picture) - 1))
    changed = (
        picture[:place] + data.draw(st.binary(max_size=6)) + picture[place + data.draw(st.integers(0, 6)) :]
    )
    try:
        clean_picture(changed)
    except NotCleaned as refused:
        told = str(refused)
        assert "图片" in told


def test_a_report_that_cannot_be_filed_is_told_field_by_field() -> None:
    with pytest.raises(WrongContent) as refused:
        read_content(
            {
                "jurisdiction": "jinhu",
                "what": "太短",
                "persons": [{"name": ""}, {"name": "示例甲", "post": "长" * 101}],
                "categories": [],
                "known_from": "nobody",
            }
        )
    problems = refused.value.problems
    assert {*problems} == {"unit", "what", "persons.0.name", "persons.1.post", "categories", "known_from"}
    assert "至少 20 个字" in problems["what"]
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in told) for told in problems.values())
    for real, reporter, told in (
        (True, None, "实名"),
        (False, {"name": "示例甲", "phone": "1"}, "匿名"),
        (True, {"name": "示例甲"}, "联系电话"),
    ):
        with pytest.raises(WrongContent, match=told):
            content(real_name=real, reporter=reporter)
    with pytest.raises(WrongContent, match="20000"):
        content(what="长" * 20_001)


def test_a_query_code_in_the_text_is_refused_without_repeating_it() -> None:
    code = new_code()
    for field in ("what", "consequence", "reported_before"):
        with pytest.raises(WrongContent, match="只能由您自己保存") as refused:
            content(**{field: f"{'示例' * 12} {code.lower()}"})
        assert {*refused.value.problems} == {field}
        assert code not in str(refused.value)


def test_pasted_text_loses_what_cannot_be_seen_and_keeps_its_lines() -> None:
    report = content(what="第一行\r\n第二行\u200b\x00" + "示例" * 10, unit=" 示例\n局 ")
    assert report.what.startswith("第一行\n第二行示例")
    assert report.unit == "示例 局"
    assert read_content(report.text()) == report
