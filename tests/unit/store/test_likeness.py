"""What calls are like: rows are alike exactly where all of their columns hold the same."""

from __future__ import annotations

import duckdb
import pytest

from tollbook.store.changes import likeness


def like(*columns: str) -> tuple[object, int, int]:
    """Return the id, the change and the likeness of a row with these columns."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE kept AS SELECT 7 AS id, {', '.join(columns)}")
        found = connection.sql(likeness(connection, "kept")).project("id, change, likeness")
        return found.fetchall()[0]


ROW = ("1 AS pbx", "2 AS started_at", "2 AS ended_at", "'x' AS caller")


@pytest.mark.parametrize("row", range(4))
@pytest.mark.parametrize("value", ["5", "NULL"])
def test_a_row_is_another_where_any_column_holds_something_else(row: int, value: str) -> None:
    changed = [f"{value} AS {each.split()[-1]}" if number == row else each for number, each in enumerate(ROW)]

    assert like(*changed)[2] != like(*ROW)[2]


def test_equal_values_do_not_cancel_each_other_out() -> None:
    assert like("3 AS started_at", "3 AS ended_at") != like("4 AS started_at", "4 AS ended_at")


def test_a_column_that_holds_nothing_adds_nothing() -> None:
    assert like(*ROW, "NULL AS ddi") == like(*ROW)


def test_the_number_of_the_change_is_no_part_of_what_a_call_is_like() -> None:
    assert like(*ROW, "4 AS change")[1:] == (4, like(*ROW)[2])
    assert like(*ROW)[:2] == (7, 0)
