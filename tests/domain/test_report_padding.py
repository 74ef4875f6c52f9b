"""Padding: a few lengths only, nothing lost, and broken padding is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.reports.padding import BUCKETS, Purpose, TooLong, pad, unpad


@given(st.sampled_from(list(Purpose)), st.data())
def test_what_is_padded_has_one_of_the_lengths_and_comes_back(purpose: Purpose, data: st.DataObject) -> None:
    bucket = data.draw(st.sampled_from([size for size in BUCKETS[purpose] if size <= 256 * 1024]))
    length = data.draw(st.integers(0, bucket - 4))
    text = data.draw(st.binary(min_size=1, max_size=40))
    held = (text * (length // len(text) + 1))[:length]
    padded = pad(held, purpose)
    assert len(padded) in BUCKETS[purpose]
    assert len(padded) <= bucket
    assert unpad(padded) == held


@pytest.mark.parametrize("purpose", list(Purpose))
def test_the_largest_length_is_a_limit(purpose: Purpose) -> None:
    largest = BUCKETS[purpose][-1]
    assert len(pad(bytes(largest - 4), purpose)) == largest
    with pytest.raises(TooLong, match="太长"):
        pad(bytes(largest - 3), purpose)


@given(st.binary(max_size=200))
def test_broken_padding_is_refused(data: bytes) -> None:
    padded = bytearray(pad(data, Purpose.ROUTING))
    padded[-1] = 1
    with pytest.raises(ValueError, match="padding"):
        unpad(bytes(padded))
    with pytest.raises(ValueError, match="padding"):
        unpad(b"\xff\xff\xff\xff" + data)
    for short in (b"", b"\0", b"\0\0\0"):
        with pytest.raises(ValueError, match="padding"):
            unpad(short)
