"""A report's rows as Parquet, typed, for programs that analyse: DuckDB, pandas, Spark.

Columns have their names. What the report is about, its totals among it, is in the file's metadata under `tollbook`, as
JSON and without the rows. DuckDB writes the file, in a database of its own in memory; it knows no file but those of a
temporary folder.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from tollbook.model.report import ReportTable, ReportValue, Unit
from tollbook.render.reports.plain import json_bytes, plain

_TYPES = {
    Unit.COUNT: "BIGINT",
    Unit.SECONDS: "DOUBLE",
    Unit.SHARE: "DOUBLE",
    Unit.NUMBER: "DOUBLE",
    Unit.DAY: "DATE",
    Unit.WEEK: "DATE",
    Unit.MONTH: "DATE",
    Unit.QUARTER: "DATE",
    Unit.YEAR: "DATE",
    Unit.HOUR: "TINYINT",
    Unit.HALF_HOUR: "TINYINT",
    Unit.WEEKDAY: "TINYINT",
    Unit.MOMENT: "TIMESTAMP",
}
_DIGITS, _BIGGEST = 38, 1 << 63
"""Digits of the longest decimal, and what is too much for an integer."""
_TEXT = "VARCHAR"
_LONGEST_ROW = 1 << 28
"""Bytes of a row, beyond which DuckDB reads no further."""
_encoder = msgspec.json.Encoder()


def parquet_bytes(table: ReportTable) -> bytes:
    """Return a report's rows as Parquet; a column with a value that is none of its unit is text."""
    import duckdb

    columns = table.columns
    types = [_type(column.unit, [row[place] for row in table.rows]) for place, column in enumerate(columns)]
    names = ", ".join(f"c{place} AS {_quoted(column.name)}" for place, column in enumerate(columns))
    read = ", ".join(f"c{place}: '{kind}'" for place, kind in enumerate(types))
    about = json.loads(json_bytes(msgspec.structs.replace(table, rows=[], subtotals={})))
    with TemporaryDirectory(prefix="tollbook-") as folder, duckdb.connect() as database:
        rows, file = Path(folder, "rows.json"), Path(folder, "report.parquet")
        with rows.open("wb") as written:
            written.writelines(_lines(table, types))
        source = f"read_json($rows, format = 'newline_delimited', columns = {{{read}}}, maximum_object_size = $most)"
        target = "$file (FORMAT parquet, COMPRESSION zstd, KV_METADATA {tollbook: $about})"
        database.execute(
            f"COPY (SELECT {names} FROM {source}) TO {target}",  # noqa: S608 - our own words; names are quoted
            {"rows": str(rows), "file": str(file), "most": _LONGEST_ROW, "about": json.dumps(about)},
        )
        return file.read_bytes()


def _lines(table: ReportTable, types: list[str]) -> Iterator[bytes]:
    names = [f"c{place}" for place in range(len(types))]
    units = [column.unit for column in table.columns]
    for row in table.rows:
        values = [_value(*each) for each in zip(units, types, row, strict=True)]
        yield _encoder.encode(dict(zip(names, values, strict=True))) + b"\n"


def _value(unit: Unit, kind: str, value: ReportValue) -> str | int | float | None:
    if value is None or (isinstance(value, float | Decimal) and not math.isfinite(value)):
        return None
    if kind == _TEXT:
        return str(plain(unit, value)).encode("utf-8", "replace").decode()
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else value


def _type(unit: Unit, values: list[ReportValue]) -> str:
    """Return DuckDB's type for the values of a column.

    >>> _type(Unit.AMOUNT, [Decimal("1.25"), None]), _type(Unit.AMOUNT, [Decimal(10) ** 40]), _type(Unit.HOUR, [9])
    ('DECIMAL(38, 2)', 'VARCHAR', 'TINYINT')
    >>> (
    ...     _type(Unit.HOUR, [9, "others"]),
    ...     _type(Unit.COUNT, [1 << 63]),
    ...     _type(Unit.COUNT, [1.5]),
    ...     _type(Unit.YEAR, [2026]),
    ... )
    ('VARCHAR', 'VARCHAR', 'DOUBLE', 'SMALLINT')
    """
    if unit == Unit.TEXT or any(isinstance(value, str) for value in values):
        return _TEXT
    numbers = [value for value in values if isinstance(value, int | float | Decimal) and math.isfinite(value)]
    if unit == Unit.AMOUNT:
        texts = [f"{value:f}".strip("-").partition(".") for value in numbers]
        whole, places = (max((len(text[part]) for text in texts), default=0) for part in (0, 2))
        return f"DECIMAL({_DIGITS}, {places})" if whole + places <= _DIGITS else _TEXT
    if unit == Unit.COUNT and any(not isinstance(value, int) for value in numbers):
        return "DOUBLE"
    if unit == Unit.COUNT and any(not -_BIGGEST <= value < _BIGGEST for value in numbers):
        return _TEXT
    return "SMALLINT" if unit == Unit.YEAR and numbers else _TYPES[unit]


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
