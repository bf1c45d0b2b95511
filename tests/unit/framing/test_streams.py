"""Records in a stream, however they are ended and however the stream is cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.framing.lines import frames_of
from tollbook.framing.streams import StreamBlocks, eighth_bit_is_noise


def cut_into(*pieces: bytes) -> tuple[list[bytes], list[int]]:
    blocks = StreamBlocks()
    found = [frames_of(blocks.feed(piece)) for piece in pieces]
    found.append(frames_of(blocks.end()))
    return [raw for frames in found for raw in frames.raws], [at for frames in found for at in frames.offsets]


@pytest.mark.parametrize(
    "text",
    [
        b"one\r\ntwo\r\n",
        b"one\rtwo\r",
        b"one\r\n\ntwo\r\n\n",
        b"one\0two\0",
        b"\0\0\0one\r\n\0\0two\r\n",
        b"\x02one\x03\x02two\x03",
        b"one\r\n\x0ctwo\r\n",
        b"\xff\xfb\x01\xff\xfb\x03\xff\xfd\x1fone\r\n\xff\xf1two\r\n",
        b"one\r\n\xff\xfd\x0atwo\r\n",
    ],
)
def test_a_record_ends_where_its_pbx_ends_it(text: bytes) -> None:
    assert cut_into(text)[0] == [b"one", b"two"]


def test_each_record_is_found_again_where_it_stood() -> None:
    text = b"\xff\xfb\x01\x02one\x03\0\r\ntwo\r\n\n\x0cthree"
    raws, offsets = cut_into(text)

    assert (
        [text[at : at + len(raw)] for raw, at in zip(raws, offsets, strict=True)] == raws == [b"one", b"two", b"three"]
    )


pieces = st.lists(
    st.sampled_from([b"one", b"\r", b"\n", b"\0", b"\x02", b"\x03", b"\x0c", b"\xff\xfb", b"\x01", b"1 2"]),
)


@given(pieces, st.lists(st.integers(0, 60)))
def test_any_cut_of_a_stream_gives_the_same_records(parts: list[bytes], cuts: list[int]) -> None:
    text = b"".join(parts)
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]

    assert cut_into(*(text[start:end] for start, end in pairwise(places))) == cut_into(text)


def test_a_stream_without_a_record_end_is_cut_and_held_in_little_memory() -> None:
    blocks = StreamBlocks()
    for _ in range(160):
        blocks.feed(b"x" * 65_536)

    assert 160 * 65_536 - blocks.consumed <= 65_536


@given(st.text(alphabet="0123456789 :/AMP\r\n", min_size=60, max_size=300))
def test_seven_bit_text_read_with_its_parity_is_noise_and_the_text_itself_is_not(text: str) -> None:
    plain = text.encode()
    shown = bytes(byte | 0x80 if byte.bit_count() % 2 else byte for byte in plain)

    assert not eighth_bit_is_noise(plain)
    assert eighth_bit_is_noise(shown) or sum(byte > 0x7F for byte in shown) * 5 < len(shown)


@pytest.mark.parametrize("text", ["Zoë Müller 101 555-0101", "Ресепшен 101", "面会 101"])
def test_names_in_another_alphabet_are_no_noise(text: str) -> None:
    assert not eighth_bit_is_noise(text.encode())


def with_parity(text: bytes) -> bytes:
    return bytes(byte | 0x80 if byte.bit_count() % 2 else byte for byte in text)


@pytest.mark.parametrize("letter", [*range(0x20, 0x7F), *b"\r\n\t\f\0\2\3"])
def test_every_letter_that_a_pbx_prints_is_known_with_its_parity(letter: int) -> None:
    text = bytes([letter]) * 10 + b"1" * 40

    assert eighth_bit_is_noise(with_parity(text))


@pytest.mark.parametrize(("strange", "noise"), [(1, True), (2, False)])
def test_noise_is_what_is_text_but_for_two_in_a_hundred(strange: int, noise: bool) -> None:  # noqa: FBT001 - what is expected
    assert eighth_bit_is_noise(b"\x81" * strange + with_parity(b"1" * (50 - strange))) is noise


@pytest.mark.parametrize(("marked", "noise"), [(9, False), (10, True)])
def test_noise_has_its_eighth_bit_in_every_fifth_letter(marked: int, noise: bool) -> None:  # noqa: FBT001 - what is expected
    assert eighth_bit_is_noise(b"\xb1" * marked + b"3" * (50 - marked)) is noise


@pytest.mark.parametrize("cut", ["é".encode()[:1], "会".encode()[:2], "\N{PILE OF POO}".encode()[:3]])
def test_a_letter_that_a_sample_cut_is_no_noise(cut: bytes) -> None:
    assert not eighth_bit_is_noise("é".encode() * 60 + cut)


def test_a_letter_with_others_behind_it_was_not_cut() -> None:
    assert eighth_bit_is_noise("é".encode() * 60 + b"\xb1123")


def test_nothing_is_no_noise() -> None:
    assert not eighth_bit_is_noise(b"")
