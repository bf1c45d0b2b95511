"""Lines divided all together come to the cells that Python's `csv` divides each of them into."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.examples import examples
from tollbook.dialects.reading.cells import Fields, divide
from tollbook.model.texts import FEW

WIDTH = 3
signs = st.sampled_from(['"', ",", " ", "a", "-", "é", "\x00", "\t", '""', '","'])
plain = st.lists(
    st.sampled_from(['"a"', "", '""', "b c", '"x,y"', '"a""b"', '"""a,"" <1>"', '""a"', 'a""b']),
    min_size=WIDTH,
    max_size=WIDTH,
).map(",".join)
texts = plain | st.lists(signs, min_size=1, max_size=8).map("".join)


def divided_by_csv(text: str) -> list[str]:
    return next(csv.reader([text]))


def lacking(row: list[str], fewest: int) -> list[str]:
    return row + [""] * (WIDTH - len(row)) if fewest <= len(row) <= WIDTH else []


@examples(300)
@given(st.lists(texts, min_size=FEW + 1, max_size=FEW * 2), st.integers(1, WIDTH))
def test_lines_divided_together_are_divided_as_csv_divides_each(lines: list[str], fewest: int) -> None:
    fields = Fields(width=WIDTH, fewest=fewest, separator=",", decode=bytes.decode, fit=lambda _: [])
    cells = divide([line.encode() for line in lines], fields)
    expected = [divided_by_csv(line) for line in lines]
    filled = [lacking(row, fewest) for row in expected]

    columns = [list(cells.column(number)) for number in range(WIDTH)]
    assert [list(row) for row in zip(*columns, strict=True)] == [row for row in filled if row]
    assert cells.misfits == [(place, len(expected[place])) for place, row in enumerate(filled) if not row]
    assert cells.rows.tolist() == [place for place, row in enumerate(filled) if row]


def test_lines_with_quotes_none_of_which_fits_are_no_records() -> None:
    fields = Fields(width=WIDTH, fewest=WIDTH, separator=",", decode=bytes.decode, fit=lambda _: [])
    cells = divide([b'"a""b","c"'] * (FEW + 1), fields)

    assert (len(cells), len(cells.misfits)) == (0, FEW + 1)


def test_lines_that_leave_no_doubt_are_divided_without_being_decoded_however_many_fields_they_lack() -> None:
    def decode(line: bytes) -> str:
        pytest.fail(f"{line!r} was divided by itself")

    fields = Fields(width=WIDTH, fewest=2, separator=",", decode=decode, fit=lambda _: [])
    cells = divide([b'a,"b",c', b"d,e"] * FEW, fields)

    assert [list(cells.column(number))[:2] for number in range(WIDTH)] == [["a", "d"], ["b", "e"], ["c", ""]]
