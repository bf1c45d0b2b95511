"""What is said to a PBX in bytes: as a person writes it, and answered once for each question."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.examples import examples
from tollbook.sources.tcp_client.handshake import Answering, read_answers, read_handshake

QUESTIONS = read_answers("00 08 3F => 21; 3F 3F => 23 23")


@pytest.mark.parametrize(
    "text", ["send", "hear 0", "say 00", "send 00 hear 01", "send zz", "hear " + "00 " * 65, "x;;"]
)
def test_a_handshake_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"hexadecimal|bytes"):
        read_handshake(text)


@pytest.mark.parametrize("text", ["00", "00 =>", "=> 00", "0 => 1", "g => 00", "00 " * 65 + "=> 00"])
def test_an_answer_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"hexadecimal|bytes"):
        read_answers(text)


def test_no_more_is_said_than_anybody_wants() -> None:
    with pytest.raises(ValueError, match="16 steps at most"):
        read_handshake("send 00;" * 17)
    with pytest.raises(ValueError, match="16 answers at most"):
        read_answers("00 => 01;" * 17)


@examples(300)
@given(st.text(alphabet="sendhar0123456789;=> \n\0é", max_size=60))
def test_whatever_is_written_is_read_or_refused_as_a_fault_of_who_wrote_it(text: str) -> None:
    for read in (read_handshake, read_answers):
        with suppress(ValueError):
            read(text)


@examples(300)
@given(st.lists(st.sampled_from([b"\0", b"\x08", b"?", b"\0\x08?", b"??", b"x"]), max_size=30), st.data())
def test_each_question_is_answered_once_however_it_arrives(pieces: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(pieces)
    whole = Answering(QUESTIONS).committed(stream)
    place = data.draw(st.integers(0, len(stream)))
    talk = Answering(QUESTIONS)

    assert talk.greeting() == b""
    assert talk.committed(stream[:place]) + talk.committed(stream[place:]) == whole
    by_bytes = Answering(QUESTIONS)
    assert b"".join(by_bytes.committed(bytes([byte])) for byte in stream) == whole
