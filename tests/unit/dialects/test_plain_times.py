"""Times read by whole columns come to what they come to one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.catalogue.found import DIALECTS
from tollbook.dialects.reading.memo import UNREADABLE, read_each
from tollbook.dialects.reading.moments import Count, clock, days, duration, moment
from tollbook.dialects.reading.plain_times import plain_reader
from tollbook.model.texts import texts_of

COUNTS = {"date": days, "time": clock, "moment": moment, "duration": duration}
FORMS = sorted(
    {
        (column.kind, form)
        for dialect in DIALECTS.values()
        for record in dialect.layout.record
        for column in record.columns
        if column.kind in COUNTS
        for form in column.form
    }
    | {("date", "YY-MM-DD"), ("date", "DD.MM"), ("moment", "YYYYMMDDhhmmss"), ("time", "hhmm"), ("duration", "h:mm.t")},
)
PLAIN = [(kind, form) for kind, form in FORMS if plain_reader(kind, form)]


def one_by_one(count: Count, texts: list[str]) -> list[int]:
    return read_each(texts, count)


@pytest.mark.parametrize(("kind", "form"), PLAIN, ids=[f"{kind} {form}" for kind, form in PLAIN])
@given(st.data())
def test_a_plain_cell_comes_to_what_it_comes_to_alone_and_any_other_is_left(
    kind: str,
    form: str,
    data: st.DataObject,
) -> None:
    sign = st.sampled_from("0123456789")
    cell = st.tuples(*(sign if letter.isalpha() else st.just(letter) for letter in form)).map("".join)
    texts = data.draw(st.lists(cell | st.text(max_size=len(form) + 1), min_size=1, max_size=20))
    read = plain_reader(kind, form)
    assert read

    numbers, there = read(texts_of(texts))

    expected = one_by_one(COUNTS[kind](form), texts)
    assert [found for found, is_there in zip(numbers.tolist(), there, strict=True) if is_there] == [
        found for found, is_there in zip(expected, there, strict=True) if is_there
    ]
    digits = [
        len(text) == len(form) and all(a == b or b.isalpha() for a, b in zip(text, form, strict=True)) for text in texts
    ]
    readable = [found != UNREADABLE for found in expected]
    assert all(there[row] for row, text in enumerate(texts) if digits[row] and readable[row] and text.isascii())


def test_most_forms_of_the_catalogue_that_have_only_numbers_are_read_so() -> None:
    assert len(PLAIN) > len(FORMS) / 3


@pytest.mark.parametrize("form", ["MON DD", "hh:mmpp", "WWW DD/MM", "hh:mm:ss.xxx", "MM/DD/MM"])
def test_a_form_whose_signs_have_no_places_is_not(form: str) -> None:
    assert plain_reader("date", form) is plain_reader("time", form) is None
