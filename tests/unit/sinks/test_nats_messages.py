"""Messages that carry calls over NATS: what is none is refused, and a place is one word of a subject."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.model.sink import FieldType
from tollbook.sinks.nats.messages import CALLS, CallMessage, Unreadable, place_of, read, subject, written

SAID = CallMessage(
    version=1796063047006849, key="id", fields=[("id", FieldType.ID, "id"), ("caller", FieldType.TEXT, "caller")]
)
CALLS_THERE = b"PAR1 and what is between\nPAR1"
ID = UUID(int=7)


@pytest.mark.parametrize(("said", "calls"), [(SAID, CALLS_THERE), (msgspec.structs.replace(SAID, gone=[ID]), b"")])
def test_a_message_comes_out_as_it_went_in(said: CallMessage, calls: bytes) -> None:
    assert read(written(said, calls)) == (said, calls)


@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(Unreadable, match=r".+"):
        read(content)


@given(st.data())
def test_a_message_cut_or_altered_anywhere_is_refused_or_still_one(data: st.DataObject) -> None:
    whole = written(SAID, CALLS_THERE)
    at = data.draw(st.integers(0, len(whole) - 1))
    for content in (whole[:at], whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]):
        try:
            said, calls = read(content)
        except Unreadable:
            continue
        assert said.key in [field.name for field in said.columns]
        assert calls.startswith(b"PAR1")


@pytest.mark.parametrize(
    ("changed", "calls"),
    [
        ({"key": "other"}, CALLS_THERE),
        ({"fields": [("id", FieldType.ID, "id")] * 2}, CALLS_THERE),
        ({"version": 0}, CALLS_THERE),
        ({}, b""),
        ({"gone": [ID]}, CALLS_THERE),
        ({"gone": [ID] * 100_001}, b""),
    ],
)
def test_what_contradicts_itself_is_refused(changed: dict[str, object], calls: bytes) -> None:
    with pytest.raises(Unreadable, match=r"it has|its columns"):
        read(written(msgspec.structs.replace(SAID, **changed), calls))


@given(st.text(min_size=1, max_size=60).filter(str.isprintable))
def test_a_place_is_one_word_of_a_subject(place: str) -> None:
    told = subject(CALLS, place)

    assert place_of(told) == place
    assert told.count(".") == CALLS.count(".") + 1
    assert not set(told) & set(" *>\t\r\n")
    assert told.isascii()
