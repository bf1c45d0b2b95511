"""Files of Parquet of some size: what is too large is cut, and nothing lost or doubled."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tollbook.model.limits import CALLS_OF_A_MESSAGE
from tollbook.store.parts import cut_large

PART = 300_000
LONG = "SELECT range AS key, repeat(md5(range::VARCHAR), 60 * (1 + range % 3)) AS it FROM range(5000)"
SHORT = "SELECT range AS key, 3 AS it FROM range(300_000)"
HUGE = "SELECT 1 AS key, array_to_string([md5(range::VARCHAR) FOR range IN range(50000)], '') AS it"


def written(folder: Path, query: str) -> None:
    folder.mkdir()
    place = str(folder).replace("'", "''")
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY ({query}) TO '{place}' (FORMAT parquet, COMPRESSION uncompressed, FILE_SIZE_BYTES '1GB')"
        )
        cut_large(connection.cursor(), folder, PART)


def rows_of(folder: Path) -> list[int]:
    query = "SELECT num_rows FROM parquet_file_metadata(?)"
    return [duckdb.execute(query, [str(each)]).fetchall()[0][0] for each in folder.iterdir()]


@pytest.mark.parametrize("query", [LONG, SHORT], ids=["long", "short"])
def test_a_file_that_is_too_large_is_cut_and_has_the_same_rows(tmp_path: Path, query: str) -> None:
    folder = tmp_path / "site=O'Brien"
    written(folder, query)
    wanted = duckdb.execute(f"{query} ORDER BY key").fetchall()

    found = duckdb.read_parquet(f"{folder}/*.parquet", hive_partitioning=False)
    assert found.order("key").fetchall() == wanted
    assert len(rows_of(folder)) > 1
    assert max(rows_of(folder)) <= CALLS_OF_A_MESSAGE
    assert max(each.stat().st_size for each in folder.iterdir()) <= 2 * PART


def test_a_row_that_is_too_large_by_itself_is_left_alone(tmp_path: Path) -> None:
    written(tmp_path / "rows", HUGE)

    assert rows_of(tmp_path / "rows") == [1]
