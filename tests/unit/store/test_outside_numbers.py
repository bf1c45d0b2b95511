"""The distinct outside numbers of rows, and which of them each row has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.model.texts import INLINE, texts_of
from tollbook.store import outside_numbers
from tollbook.store.arrow import TEXT, Column, Table, beside, rows_at, table
from tollbook.store.outside_numbers import NumberKey, OutsideNumbers

NAMES = ("pbx", "direction", "caller", "called", "trunk_group")
words = st.sampled_from(["", "a", "b", "5550100", "5550101", "+442079460135", "+442079460136", "é", "12345678901\0"])
rows = st.tuples(
    st.sampled_from(["hts", "a PBX with a long name", "a PBX with a long tail"]),
    st.sampled_from(["incoming", "outgoing", "internal", "transit"]),
    words,
    words,
    words,
)
tables = st.lists(st.tuples(st.lists(rows, min_size=1, max_size=30), st.booleans(), st.booleans()), max_size=3)


def table_of(found: Sequence[tuple[str, ...]], *, grouped: bool, shared: bool) -> Table:
    """Make a table, its texts in letters of their own or in those that all share."""
    letters = texts_of([]).letters if shared else None
    columns: dict[str, Column] = {
        name: (TEXT, texts_of([row[number] for row in found], letters)) for number, name in enumerate(NAMES)
    }
    if not grouped:
        del columns["trunk_group"]
    return table(columns)


def number_of(row: tuple[str, ...], *, grouped: bool) -> NumberKey:
    pbx, direction, caller, called, group = row
    side = {"incoming": "calling", "internal": "internal"}.get(direction, "called")
    return pbx, group if grouped else "", side, caller if direction == "incoming" else called


@given(tables)
def test_each_row_has_the_number_of_its_own_side(parts: list[tuple[list[tuple[str, ...]], bool, bool]]) -> None:
    numbers = OutsideNumbers()
    places = [numbers.of(table_of(found, grouped=grouped, shared=shared)) for found, grouped, shared in parts]

    for each, (found, grouped, _) in zip(places, parts, strict=True):
        assert [numbers.keys[place] for place in each] == [number_of(row, grouped=grouped) for row in found]
    assert len(set(numbers.keys)) == len(numbers.keys)


def test_numbers_whose_sums_are_equal_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside_numbers, "_SPREAD", np.zeros(10, np.uint64))
    found = [("hts", "outgoing", "201", f"555010{number % 3}", "") for number in range(20)]
    numbers = OutsideNumbers()

    places = numbers.of(table_of(found, grouped=False, shared=True))

    assert [numbers.keys[place][3] for place in places] == [row[3] for row in found]


@given(st.lists(st.lists(words, min_size=1, max_size=20), min_size=1, max_size=3))
def test_columns_put_beside_tables_are_divided_as_their_rows_are(parts: list[list[str]]) -> None:
    own = [table({"own": (TEXT, texts_of(part))}) for part in parts]
    other = table({"other": (TEXT, texts_of([text for part in parts for text in part]))})

    together = beside(own, other, rows_at(other, slice(None)))

    for each, part in zip(together, parts, strict=True):
        assert [column.name for column in each.columns] == ["own", "other", "other"]
        assert [texts_in(each, number) for number in range(3)] == [part] * 3


def texts_in(whole: Table, number: int) -> list[str]:
    column = whole.columns[number]
    data = whole.letters[column.letters].tobytes()
    return [
        str(data[place : place + length] if length > INLINE else view.tobytes()[4 : 4 + length], "utf-8")
        for view in column.values
        for length, *_, place in [view.tolist()]
    ]
