"""Columns of text: whatever they are put together from, each row is the text that belongs there."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.model.texts import FEW, INLINE, Letters, Texts, choose, join_texts, places_of, texts_of

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
columns = st.lists(words, max_size=FEW * 2)


def viewed(column: Texts) -> list[bytes]:
    """Read a column's views as an Arrow reader does."""
    found = []
    for view in column.views():
        length, rest = int(view[0]), view.tobytes()[4:]
        start = struct.unpack_from("<i", rest, 8)[0]
        found.append(rest[:length] if length <= INLINE else column.letters.data[start : start + length])
    return found


@given(columns)
def test_a_column_gives_back_the_texts_it_was_made_of(texts: list[str]) -> None:
    column = texts_of(texts)

    assert list(column) == texts
    assert viewed(column) == [text.encode() for text in texts]
    assert column.stripped() == [text.strip() for text in texts]


@given(
    st.text(alphabet="ab \t\u00a0é\x7f~", max_size=30),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=FEW * 2),
)
def test_blanks_are_taken_off_texts_that_stand_anywhere_in_letters(text: str, places: list[tuple[int, int]]) -> None:
    edges = [len(text[:end].encode()) for end in range(len(text) + 1)]
    pairs = [sorted((edges[one % len(edges)], edges[two % len(edges)])) for one, two in places] * 9
    starts, ends = (np.array([pair[n] for pair in pairs], np.int64) for n in range(2))
    column = Texts(Letters(text.encode()), starts, ends)

    assert column.stripped() == [each.strip() for each in column]


@pytest.mark.parametrize("rows", [1, FEW, FEW + 1])
def test_a_view_holds_a_short_text_and_points_to_a_long_one_in_the_first_buffer(rows: int) -> None:
    views = texts_of(["x" * INLINE, "y" * (INLINE + 1)] * rows).views()
    held, pointed = (row.tobytes() for row in views[:2])

    assert held == struct.pack("<i12s", INLINE, b"x" * INLINE)
    assert pointed == struct.pack("<i4sii", INLINE + 1, b"yyyy", 0, 44)


@given(st.lists(words, min_size=1, max_size=6), st.data())
def test_numbered_texts_are_each_rows_own(known: list[str], data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.sampled_from(known), max_size=FEW * 2))
    numbers, distinct = texts_of(texts).numbered()

    assert [distinct[number] for number in numbers] == texts
    assert len(set(distinct)) == len(distinct)


def test_texts_whose_sums_are_equal_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollbook.model.texts._SPREAD", np.zeros(4, np.uint64))
    texts = [f"text {number % 3}" for number in range(FEW * 2)]
    numbers, distinct = texts_of(texts).numbered()

    assert [distinct[number] for number in numbers] == texts


@given(columns, columns)
def test_columns_joined_are_both_in_order(first: list[str], second: list[str]) -> None:
    assert list(join_texts([[texts_of(first), texts_of(second)]])[0]) == first + second


@given(columns, st.data())
def test_choosing_takes_each_row_from_the_column_meant(texts: list[str], data: st.DataObject) -> None:
    letters = Letters(b"before")
    chosen = np.array(data.draw(st.lists(st.booleans(), min_size=len(texts), max_size=len(texts))), np.bool_)
    first, second = texts_of(texts, letters), texts_of(["other"] * len(texts), letters)

    expected = [text if taken else "other" for text, taken in zip(texts, chosen.tolist(), strict=True)]
    assert choose(chosen, first, second) == expected
    assert first.without(~chosen) == [text if taken else "" for text, taken in zip(texts, chosen.tolist(), strict=True)]


def test_bytes_that_are_no_text_can_be_viewed() -> None:
    raws = [b"\xff" * 20, b"\xfe"]

    assert viewed(places_of(raws)) == raws


def test_a_column_shows_its_texts_and_equals_nothing_but_texts() -> None:
    assert repr(texts_of(["a"])) == "Texts(['a'])"
    assert texts_of(["a"]) != 1


def test_texts_that_begin_with_a_digit_are_told_from_empty_ones_before_it_and_from_other_digits() -> None:
    assert texts_of(["", "1", "a1", "9-", "²", "/", ":"]).begin_with_digit().tolist() == [
        False,
        True,
        False,
        True,
        *[False] * 3,
    ]
