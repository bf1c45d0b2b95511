"""Checksums of rows: any damage is told, and what can still be read of a damaged row is given out."""

from __future__ import annotations

import zlib
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.journal.checked import Row, body_sum, bytes_of, entry_of, entry_sum, unreadable
from tollbook.model.body import FILLING, Entry
from tollbook.model.limits import LARGEST_ENTRY

AT = 1_700_000_000_000_000
YEAR_2100 = 4_102_444_800_000_000
DAMAGE = "entry 7 of the journal does not fit its checksum"
NOISE = Random(5).randbytes(4000)
DIGITS = "".join(Random(5).choices("0123456789", k=4000)).encode()


def a_row(data: bytes = b"one\n", *, packed: int = 0, kind: str = "data", at: int = AT) -> Row:
    kept = zlib.compress(data) if packed == 1 else data
    return 7, 3, kind, at, 40, len(data), packed, kept, entry_sum((3, kind, at, 40), data)


def changed(row: Row, **values: object) -> Row:
    names = ("id", "body", "kind", "at", "start", "length", "packed", "data", "sum")
    return tuple(values.get(name, value) for name, value in zip(names, row, strict=True))  # type: ignore[return-value]  # a row of the same form


@given(st.binary(max_size=2000), st.sampled_from([0, 1, 2]), st.sampled_from(["data", "quiet", "complete", "cut"]))
def test_a_row_that_fits_its_sum_is_its_entry(data: bytes, packed: int, kind: str) -> None:
    assert entry_of(a_row(data, packed=packed, kind=kind)) == Entry(7, 3, kind, AT, data, 40)


def test_a_row_of_an_earlier_version_has_no_sum_and_is_trusted() -> None:
    assert entry_of(changed(a_row(), sum=None)) == Entry(7, 3, "data", AT, b"one\n", 40)


@pytest.mark.parametrize("packed", [0, 1, 2])
@pytest.mark.parametrize(
    "damage",
    [{"body": 4}, {"kind": "cut"}, {"at": AT + 1}, {"start": 41}, {"length": 5}, {"length": 3}, {"sum": 1}],
    ids=str,
)
def test_a_change_of_any_number_of_a_row_is_told(damage: dict[str, object], packed: int) -> None:
    assert entry_of(changed(a_row(packed=packed), **damage)).damage == DAMAGE


def test_a_length_that_is_not_that_of_the_bytes_is_told_without_a_sum() -> None:
    assert entry_of(changed(a_row(), length=5, sum=None)).damage == DAMAGE


@given(st.binary(min_size=1, max_size=300), st.integers(0, 299), st.integers(1, 255))
def test_a_change_of_any_byte_is_told_and_the_bytes_are_given_out_as_they_are(data: bytes, at: int, bits: int) -> None:
    rotten = bytearray(data)
    rotten[at % len(data)] ^= bits
    entry = entry_of(changed(a_row(data), data=bytes(rotten)))

    assert (entry.damage, entry.data) == (DAMAGE, bytes(rotten))


@given(st.integers(0, len(zlib.compress(DIGITS)) - 1), st.integers(1, 255))
def test_of_compressed_bytes_those_before_the_damage_are_read_and_the_rest_is_filled_up(at: int, bits: int) -> None:
    row = a_row(DIGITS, packed=1)
    rotten = bytearray(row[7])
    rotten[at] ^= bits
    entry = entry_of(changed(row, data=bytes(rotten)))

    assert (entry.damage, len(entry.data)) == (DAMAGE, len(DIGITS))
    assert entry.data.startswith(zlib.decompressobj().decompress(row[7][: at // 64 * 64]))


def test_compressed_bytes_that_are_cut_are_read_as_far_as_they_go() -> None:
    row = a_row(NOISE, packed=1)
    entry = entry_of(changed(row, data=row[7][:2000]))

    assert entry.data == NOISE[: len(entry.data.rstrip(FILLING))].ljust(len(NOISE), FILLING)
    assert len(entry.data.rstrip(FILLING)) > 1800


def test_compressed_bytes_that_are_more_than_they_should_be_are_cut_to_their_length() -> None:
    assert entry_of(changed(a_row(NOISE, packed=1), length=100)).data == NOISE[:100]


def test_a_damaged_length_asks_for_no_more_than_an_entry_holds() -> None:
    row = changed(a_row(packed=1), length=1 << 40)

    assert entry_of(row).data == b"one\n".ljust(LARGEST_ENTRY, FILLING)
    assert bytes_of(row) == LARGEST_ENTRY


@pytest.mark.parametrize(
    ("row", "size"),
    [
        (a_row(b"x" * 900), 900),
        (a_row(b"x" * 900, packed=2), 900),
        (a_row(b"x" * 900, packed=1), 900),
        (changed(a_row(b"x" * 900), length=5), 900),
        (changed(a_row(b"x" * 900, packed=1), length=5), 5),
        (changed(a_row(b"x" * 900, packed=1), length=-5), 0),
    ],
)
def test_a_row_tells_how_many_bytes_it_will_have_unpacked(row: Row, size: int) -> None:
    assert bytes_of(row) == size


@pytest.mark.parametrize(
    ("at", "read"),
    [(-1, 0), (0, 0), (1, 1), (YEAR_2100 - 1, YEAR_2100 - 1), (YEAR_2100, 0), (YEAR_2100 + 1, 0)],
)
def test_a_damaged_time_that_no_entry_can_have_is_none(at: int, read: int) -> None:
    assert entry_of(changed(a_row(), at=at, sum=1)).at == read


@pytest.mark.parametrize("kind", ["data", "quiet", "complete", "cut", "odd"])
def test_a_damaged_row_of_a_kind_that_there_is_keeps_it(kind: str) -> None:
    assert entry_of(changed(a_row(kind=kind), sum=1)).kind == kind


def test_a_damaged_row_of_a_kind_that_there_is_not_is_taken_for_bytes() -> None:
    assert entry_of(changed(a_row(), kind="dat\x01")).kind == "data"


def test_of_a_row_that_cannot_be_read_its_place_is_known() -> None:
    assert unreadable(7, 3, 40) == Entry(7, 3, "data", 0, b"", 40, "entry 7 of the journal cannot be read")


texts = st.text(alphabet="ab/", max_size=3)


@given(st.tuples(texts, texts, texts), st.tuples(texts, texts, texts))
def test_two_bodies_that_differ_in_anything_have_different_sums(one: tuple[str, ...], two: tuple[str, ...]) -> None:
    sums = {(pbx, source, origin): body_sum(pbx, source, origin, AT) for pbx, source, origin in (one, two)}

    assert len(set(sums.values())) == len(sums)
    assert body_sum(*one, AT) != body_sum(*one, AT + 1)  # type: ignore[call-arg, arg-type]  # three of each
