"""A telephone number is found however it is typed, and however the PBX wrote it."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.store.filters import read_filter, where
from tollbook.store.numbers import MOST_DIGITS, needles, number, same

TYPED = (
    "+44 20 7946 0000",
    "+442079460000",
    "+44 (0)20 7946 0000",
    "+44 020 7946 0000",
    "0044 20 7946 0000",
    "011 44 20 7946 0000",
    "(020) 7946-0000",
    "020.7946.0000",
    "02079460000",
    "9 020 7946 0000",
    "9 00 44 20 7946 0000",
    "2079460000",
)
WRITTEN = (
    "+442079460000",
    "442079460000",
    "00442079460000",
    "02079460000",
    "902079460000",
    "900442079460000",
    "2079460000",
    "+44 20 7946-0000",
    "(020) 7946 0000",
)


KEPT = "SELECT 'outgoing' AS direction, $of AS caller, $to AS called, '' AS number_e164, NULL AS number_shown"


def found(typed: str, *, caller: str = "", called: str = "") -> bool:
    where = read_filter({"number": typed})
    query = f"SELECT {where.sql} FROM ({KEPT})"  # noqa: S608 - the filter's own words
    return bool(duckdb.execute(query, {"of": caller, "to": called, **where.values}).fetchall()[0][0])


@pytest.mark.parametrize("typed", TYPED)
@pytest.mark.parametrize("written", WRITTEN)
def test_a_number_is_found_in_any_spelling_on_either_side(typed: str, written: str) -> None:
    assert found(typed, caller=written)
    assert found(typed, called=written)


@pytest.mark.parametrize("written", ["+442079460001", "02079460", "0000", "46000020794", "2079461000", "", "101"])
@pytest.mark.parametrize("typed", TYPED)
def test_another_number_is_not_found(typed: str, written: str) -> None:
    assert not found(typed, caller=written, called=written)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("+44 20 7946 0000", "79460000"),
        ("9 1 213 555 0117", "2135550117"),
        ("+1213555", "2135550117"),
        ("+1213555", "+12135550117"),
        ("0800", "08005550100"),
        ("555-01", "5550101"),
        ("*6#+9", "1*6#+98"),
        ("#", "12#"),
        ("101", "101"),
    ],
)
def test_a_part_of_a_number_or_one_without_its_area_is_found(typed: str, written: str) -> None:
    assert found(typed, called=written)


@pytest.mark.parametrize("typed", ["", "+", "abc", "- ()", "٣٤٥", "1" * (MOST_DIGITS + 1)])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="telephone number"):
        number(typed)


@given(st.text("0123456789+*#() -a", max_size=40))
def test_whatever_is_typed_there_is_a_value_for_each_place(typed: str) -> None:
    try:
        sql, values = number(typed)
    except ValueError:
        return
    assert sql.count("{}") == len(values)
    assert all(values)


@given(st.text("0123456789", min_size=1, max_size=15))
def test_what_is_looked_for_is_a_part_of_what_was_typed(digits: str) -> None:
    assert all(each in digits for each in needles(digits))
    assert found(digits, caller=digits)


@pytest.mark.parametrize(
    ("number_of", "written", "is_same"),
    [
        ("2135550117", "12135550117", True),
        ("+12135550117", "2135550117", True),
        ("2135550117", "5550117", False),
        ("02079460000", "+442079460000", True),
        ("113", "113", True),
        ("113", "12135550113", False),
        ("2135550117", "21355501179", False),
    ],
)
def test_the_same_number_has_prefixes_or_none_and_is_never_a_part(number_of: str, written: str, is_same: bool) -> None:  # noqa: FBT001 - what is expected
    condition = where("number", same(number_of))
    query = f"SELECT {condition.sql} FROM (SELECT $of AS caller, '' AS called, '' AS number_e164)"  # noqa: S608 - our own words

    assert duckdb.execute(query, {"of": written, **condition.values}).fetchall() == [(is_same,)]
