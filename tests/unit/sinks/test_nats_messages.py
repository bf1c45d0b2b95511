"""Messages that carry calls over NATS: whatever a text holds comes out as it went in, and anything else is refused."""

from __future__ import annotations

import csv
import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.model.limits import CALL_MESSAGE
from tollbook.model.sink import FieldType
from tollbook.sinks.nats.messages import (
    CALLS,
    CallMessage,
    Unreadable,
    in_parts,
    place_of,
    read,
    records_of,
    subject,
    written,
)

TEXTS = st.text(alphabet=st.sampled_from('ab",\n \\N;é'), max_size=8)
ROWS = st.lists(st.tuples(TEXTS, TEXTS), max_size=12)
SAID = CallMessage(
    version=1796063047006849, key="id", fields=[("id", FieldType.ID, "id"), ("caller", FieldType.TEXT, "")]
)


def as_csv(rows: list[tuple[str, str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode()


@given(ROWS, st.integers(1, 5))
def test_records_come_apart_where_they_end_and_nowhere_else(rows: list[tuple[str, str]], most: int) -> None:
    content = as_csv(rows)
    parts = list(in_parts(content.splitlines(keepends=True), most))

    assert b"".join(parts) == content
    assert [len(list(csv.reader(io.StringIO(part.decode())))) for part in parts] == [
        len(rows[first : first + most]) for first in range(0, len(rows), most)
    ]


@given(ROWS, st.booleans())
def test_a_message_comes_out_as_it_went_in(rows: list[tuple[str, str]], gone: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    said = msgspec.structs.replace(SAID, gone=gone)

    assert read(written(said, as_csv(rows))) == (said, as_csv(rows))


@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(Unreadable, match=r".+"):
        read(content)


@given(st.data())
def test_a_message_cut_or_altered_anywhere_is_refused_or_says_the_same(data: st.DataObject) -> None:
    whole = written(SAID, as_csv([("5550101", "x")] * 3))
    at = data.draw(st.integers(0, len(whole) - 1))
    for content in (whole[:at], whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]):
        try:
            said, records = read(content)
        except Unreadable:
            continue
        assert records == as_csv([("5550101", "x")] * 3)
        assert said.fields


def test_a_message_that_unpacks_to_more_than_there_may_be_is_refused() -> None:
    with pytest.raises(Unreadable, match="it holds more than"):
        read(written(SAID, b"0" * (CALL_MESSAGE + 1)))


@given(st.text(min_size=1, max_size=60).filter(str.isprintable))
def test_a_place_is_one_word_of_a_subject(place: str) -> None:
    told = subject(CALLS, place)

    assert place_of(told) == place
    assert told.count(".") == CALLS.count(".") + 1
    assert not set(told) & set(" *>\t\r\n")
    assert told.isascii()


def test_a_record_without_an_end_is_kept() -> None:
    assert list(records_of([b"1,a\n", b'2,"b'])) == [b"1,a\n", b'2,"b']
