"""Files of Parquet that are larger than they were to be, cut into several.

DuckDB looks how large a file has become after two thousand rows, which may be 100 MB of long records, or after so few
bytes that a file has more rows than are taken at once.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from tollbook.model.limits import CALLS_OF_A_MESSAGE

_ABOUT = 2
"""How many times as large as wanted a file may be."""
_FORM = "FORMAT parquet, COMPRESSION lz4_raw, USE_TMP_FILE false"


def cut_large(cursor: duckdb.DuckDBPyConnection, folder: Path, part_bytes: int) -> None:
    """Write the files of a folder that are too large anew as several; a row that is too large is left alone."""
    left = list(folder.iterdir())
    while left:
        file = left.pop()
        rows = _count(cursor, file)
        pieces = max(_pieces(file.stat().st_size, part_bytes), -(-rows // CALLS_OF_A_MESSAGE))
        if min(pieces, rows) > 1:
            left += _cut(cursor, file, -(-rows // min(pieces, rows)), rows)


def _count(cursor: duckdb.DuckDBPyConnection, file: Path) -> int:
    query = "SELECT num_rows FROM parquet_file_metadata($file)"
    return int(cursor.execute(query, {"file": str(file)}).fetchall()[0][0])


def _pieces(size: int, part_bytes: int) -> int:
    """Return into how many pieces a file is to be cut.

    >>> _pieces(500_000, 300_000), _pieces(700_000, 300_000)
    (1, 3)
    """
    return -(-size // part_bytes) if size > _ABOUT * part_bytes else 1


def _cut(cursor: duckdb.DuckDBPyConnection, file: Path, most: int, rows: int) -> list[Path]:
    """Write a file anew as files of so many rows at most; return them."""
    made = []
    for first in range(0, rows, most):
        path = file.with_name(f"{file.stem}_{first}.parquet")
        place = str(path).replace("'", "''")
        some = f"SELECT * FROM read_parquet($file, hive_partitioning = false) LIMIT {most} OFFSET {first}"
        cursor.execute(f"COPY ({some}) TO '{place}' ({_FORM})", {"file": str(file)})
        made.append(path)
    file.unlink()
    return made
