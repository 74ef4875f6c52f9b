"""Sealed bytes seen from outside: what is sealed is recognised, what is not is not."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.reports.envelopes import BadEnvelope, Envelope, check_grants, check_sealed, look, read_b64
from portal.domain.reports.padding import BUCKETS, Purpose
from portal.services.reports.age import new_identity, seal_to
from portal.services.reports.sealing import seal_grants

KEYS = [new_identity()[1] for _ in range(16)]


@pytest.mark.parametrize("size", [0, 1, 74, 65_535, 65_536, 65_537, 131_072, 1_048_576])
@pytest.mark.parametrize("recipients", [1, 4, 16])
def test_recipients_and_size_are_seen(size: int, recipients: int) -> None:
    assert look(seal_to(KEYS[:recipients], bytes(size), None)) == Envelope(recipients, size)


@pytest.mark.parametrize("purpose", Purpose)
def test_every_bucket_passes_and_its_neighbours_do_not(purpose: Purpose) -> None:
    for size in BUCKETS[purpose][:4]:
        check_sealed(seal_to(KEYS[:1], bytes(size), None), purpose)
        for other in (size - 1, size + 1):
            with pytest.raises(BadEnvelope):
                check_sealed(seal_to(KEYS[:1], bytes(other), None), purpose)


@given(st.binary(max_size=400))
def test_what_is_not_sealed_is_never_taken(data: bytes) -> None:
    for start in (b"", b"age-encryption.org/v1\n", b"age-encryption.org/v1\n-> X25519 "):
        with pytest.raises(BadEnvelope):
            look(start + data)
    with pytest.raises(BadEnvelope):
        check_grants(b"SPG1" + data, slots=6, opening=1)


@pytest.mark.parametrize("opening", [1, 2])
def test_grants_are_as_many_as_the_list_says(opening: int) -> None:
    identity = new_identity()[0]
    grants = seal_grants(KEYS[:3], identity, slots=5, opening=opening)
    check_grants(grants, slots=5, opening=opening)
    for wrong in (
        {"slots": 6, "opening": opening},
        {"slots": 4, "opening": opening},
        {"slots": 5, "opening": 3 - opening},
    ):
        with pytest.raises(BadEnvelope):
            check_grants(grants, **wrong)
    for cut in (grants[:-1], grants[:6], grants + b"\0", grants[:-1] + b"", b"SPG2" + grants[4:]):
        with pytest.raises(BadEnvelope):
            check_grants(cut, slots=5, opening=opening)


def test_a_text_in_the_clear_is_no_grant_by_being_called_one() -> None:
    packet = "检举内容".encode() * 20
    with pytest.raises(BadEnvelope):
        check_grants(b"SPG1\x01\0\x01" + len(packet).to_bytes(2, "big") + packet, slots=5, opening=1)


@given(st.binary(max_size=60))
def test_base64_has_one_spelling(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert read_b64(text, largest=60) == data
    for other in (text + "=", text + "\n", " " + text, text.replace("=", "") if "=" in text else "\0"):
        with pytest.raises(BadEnvelope):
            read_b64(other, largest=60)
    for none in (None, 5, ["a"], "A" * 1000, "é" * 4):
        with pytest.raises(BadEnvelope):
            read_b64(none, largest=60)
