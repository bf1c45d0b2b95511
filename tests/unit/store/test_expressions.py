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
        ("coalesce(caller, 'nobody')", "ab'c"),
        ("'); DROP TABLE call; --'", "); DROP TABLE call; --"),
    ],
)
def test_an_expression_means_what_it_says(text: str, means: object) -> None:
    assert value(text) == means


def test_seconds_become_a_time_of_day() -> None:
    assert str(value("clock(talk_s)")) == "00:01:30"


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
        ("A = 'open", "means nothing here"),
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
