"""Expressions over the fields of a call: what may be written, and that nothing else gets through."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.model.problem import Misconfigured
from tollbook.store.expressions import FUNCTIONS, read_columns

FIELDS = {"id": "id", "caller": "caller", "talk_s": "talk_s"}


def value(text: str) -> object:
    column = read_columns(f"IT = {text}", FIELDS)[0]
    query = f"SELECT {column.sql} FROM (SELECT 90 AS talk_s, 'ab''c' AS caller)"  # noqa: S608 - what is being tested
    return duckdb.execute(query, column.values).fetchall()[0][0]


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("talk_s", 90),
        ("talk_s / 60", 1.5),
        ("round(talk_s / 60)", 2.0),
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("-talk_s", -90),
        ("10 - 2 - 3", 5),
        ("talk_s / 0", None),
        ("'it''s'", "it's"),
        ("caller || '-' || text(talk_s)", "ab'c-90"),
        ("upper(left(caller, 2))", "AB"),
        ("right(caller, 1)", "c"),
        ("2 * 3 - 4 / 2", 4),
        ("8 / 2 / 2", 2),
        ("1 - (2 - 3)", 2),
        ("--1", 1),
        ("999999999 * 1", 999_999_999),
        ("1000000000 * 9", 9_000_000_000),
        ("text(round(1.25, 1))", "1.3"),
        ("lower('AB')", "ab"),
        ("coalesce('', 'x')", ""),
        ("coalesce(1 / 0, 1 / 0, 1 / 0, 1 / 0, 1 / 0, 1 / 0, 1 / 0, 1 / 0, 9)", 9),
        ("coalesce(caller, 'nobody')", "ab'c"),
        ("'); DROP TABLE call; --'", "); DROP TABLE call; --"),
    ],
)
def test_an_expression_means_what_it_says(text: str, means: object) -> None:
    assert value(text) == means


def test_seconds_become_a_time_of_day() -> None:
    assert str(value("clock(talk_s)")) == "00:01:30"


def test_a_clock_begins_anew_after_a_day() -> None:
    assert [str(value(f"clock({seconds})")) for seconds in (86_399, 86_400, 86_401)] == [
        "23:59:59",
        "00:00:00",
        "00:00:01",
    ]


def test_values_of_all_columns_have_names_of_their_own() -> None:
    first, second, third = read_columns("A = 1 + 'x'; id; B = 'y'", FIELDS)

    assert (list(first.values.values()), list(second.values), list(third.values.values())) == (["1", "x"], [], ["y"])
    assert len({*first.values, *third.values}) == 3


def test_columns_are_divided_by_semicolons_commas_or_lines() -> None:
    names = [column.name for column in read_columns('id; A = caller, "Talk time" = talk_s\nB = 1;\n', FIELDS)]

    assert names == ["id", "A", "Talk time", "B"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "0 columns"),
        ("colour", "no field is called 'colour'"),
        ("A = nosuch(id)", "no function is called 'nosuch'"),
        ("A = left(caller)", "takes 2 to 2 arguments"),
        ("A = (1", "a ')' is missing"),
        ("A = ", "is missing, at the end"),
        ("A = 'open", '"\'" at character 5 means nothing here'),
        ("A = 1 ?", "'?' at character 7 means nothing here"),
        ("A = 1 2", "after the column 'A' a ';' is missing, before '2' (character 7)"),
        ("A = (1; B = 2", "a ')' is missing, at ';' (character 7)"),
        ("A = 1 + ;", "is missing, at ';' (character 9)"),
        ("= 1", "not with '='"),
        ("A = left(caller, 1, 2)", "left takes 2 to 2 arguments, not 3"),
        ("A = coalesce(caller)", "coalesce takes 2 to 9 arguments, not 1"),
        ("A = coalesce(" + ", ".join("1" * 10) + ")", "coalesce takes 2 to 9 arguments, not 10"),
        ("A = round(1, 2, 3)", "round takes 1 to 2 arguments, not 3"),
        ("A = upper(caller, 1)", "upper takes 1 to 1 arguments, not 2"),
        ("A = lower(caller, 1)", "lower takes 1 to 1 arguments"),
        ("A = right(caller)", "right takes 2 to 2 arguments"),
        ("A = text(1, 2)", "text takes 1 to 1 arguments"),
        ("A = date(1, 2)", "date takes 1 to 1 arguments"),
        ("A = time(1, 2)", "time takes 1 to 1 arguments"),
        ("A = clock(1, 2)", "clock takes 1 to 1 arguments"),
        ("A = caller caller", "a ';' is missing"),
        ("A = 1; a = 2", "two columns called a"),
        ("'text' = 1", "cannot be the name"),
        ("1", "a column begins with a field"),
        ("A = caller; DROP TABLE call", "no field is called 'DROP'"),
        ("A = read_csv('x')", "no function is called 'read_csv'"),
        ("A = " + "(" * 30 + "1" + ")" * 30, "nested too deeply"),
        ("A = " + "-" * 30 + "1", "nested too deeply"),
        ("A = " + "-" * 5000 + "1", "nested too deeply"),
        ("A = 1" + " " * 16_380, "16,385 characters"),
        (f"{'A' * 61} = 1", "cannot be the name"),
        ("; ".join(f"A{number} = 1" for number in range(101)), "there are 101 columns"),
        ("A = *", "is missing"),
    ],
)
def test_what_is_no_expression_is_refused_with_the_place(text: str, says: str) -> None:
    with pytest.raises(Misconfigured, match=r"the columns cannot be read") as fault:
        read_columns(text, FIELDS)

    assert says in str(fault.value)


@given(st.text(alphabet="id caller_s'\"()+-*/|;,=\n0159.xDROP\\", max_size=60))
def test_whatever_is_typed_only_our_own_words_reach_the_store(text: str) -> None:
    try:
        columns = read_columns(text, FIELDS)
    except Misconfigured:
        return
    for column in columns:
        bare = column.sql
        for word in (*FIELDS, "CAST(? AS VARCHAR)", "CAST(? AS INTEGER)", "CAST(? AS BIGINT)", "nullif(", ", 0)"):
            bare = bare.replace(word, "")
        for function in FUNCTIONS.values():
            bare = bare.replace(function.sql.partition("(")[0], "")
        bare = bare.replace("CAST(? AS DECIMAL(18, 6))", "")
        assert set(bare) <= set("()+-*/|, ")


@pytest.mark.parametrize(
    "text",
    [
        "A = " + "(" * 29 + "1" + ")" * 29,
        "A = " + "-" * 29 + "1",
        "A = 1" + " " * 16_379,
        f"{'A' * 60} = 1",
        "; ".join(f"A{number} = 1" for number in range(100)),
    ],
    ids=["brackets", "signs", "characters", "a name", "columns"],
)
def test_columns_are_read_up_to_their_limits(text: str) -> None:
    assert read_columns(text, {})
