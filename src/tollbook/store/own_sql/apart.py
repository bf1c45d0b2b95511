"""Checks a statement of one's own and asks it: what runs in a process of its own, which may be ended at any moment.

The database here is a snapshot, read-only; files, settings and extensions are shut, and stay so. What is asked is one
statement, a SELECT by DuckDB's own word, in a transaction that only reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from tollbook.model.page_limits import OWN_SQL_CELL, OWN_SQL_COLUMNS, OWN_SQL_ROWS
from tollbook.model.problem import Misconfigured, Problem
from tollbook.store.own_sql.checking import CheckedStatement, check
from tollbook.store.schema import VIEWS, column_types

_MEMORY = "384MB"
_SPILLED = "2GB"
_SHUT = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "python_enable_replacements": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "max_expression_depth": "400",
    "threads": "2",
    "memory_limit": _MEMORY,
    "max_temp_directory_size": _SPILLED,
    "TimeZone": "UTC",
}
"""Settings of an instance in which a statement is asked; `lock_configuration` comes last."""
_NAMED = re.compile(r"\w+(?=\()|(?<=\")[^\"(]+(?=\")")
Values = Mapping[str, Any]


class OwnQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """SQL of one's own as it was typed, the place that faults are told of, and the values it may name."""

    text: str
    place: str = "query.sql"
    values: dict[str, Any] = {}


class SqlAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement gives: columns with DuckDB's names of their types, and rows; `is_cut` where there are more."""

    columns: tuple[tuple[str, str], ...]
    rows: list[tuple[Any, ...]]
    is_cut: bool


Faults = tuple[Problem, ...]


def examine(question: OwnQuestion) -> CheckedStatement | Faults:
    """Return a statement as it may be asked, or what is wrong with it: DuckDB has looked at it over empty views."""
    try:
        checked = check(question.text, question.place, list(question.values))
    except Misconfigured as fault:
        return fault.problems
    with duckdb.connect() as connection:
        for statement in _empty_views():
            connection.execute(statement)
        shut(connection)
        try:
            found = connection.execute(f"DESCRIBE {checked.sql}", _used(checked, question)).fetchall()
        except duckdb.Error as fault:
            return (_told(fault, checked, question.place),)
    columns = tuple((str(name), str(kind)) for name, kind, *_ in found)
    faults = tuple(_problems_of(columns, question.place))
    return faults or msgspec.structs.replace(checked, columns=columns)


@cache
def _empty_views() -> list[str]:
    """Return what makes tables of the columns that the documented views have."""
    columns = {view: [f'"{name}" {kind}' for name, (kind, _) in column_types(view).items()] for view in VIEWS}
    return [f"CREATE TABLE {view} ({', '.join(some)})" for view, some in columns.items()]


def ask(path: Path, checked: CheckedStatement, question: OwnQuestion) -> SqlAnswer | Faults:
    """Return what a statement gives over the snapshot at a path, or why it gives nothing.

    The file is removed before anything is asked: nothing is left of it however the process ends.
    """
    with open_shut(path) as connection:
        path.unlink()
        try:
            return _asked(connection, checked, _used(checked, question))
        except duckdb.Error as fault:
            return (_told(fault, checked, question.place),)


def open_shut(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a snapshot so that nothing but it can be reached; what is spilled lies in the folder that it is in."""
    connection = duckdb.connect(str(path), read_only=True)
    connection.execute("SET temp_directory = $folder", {"folder": str(path.parent / "spilled")})
    shut(connection)
    return connection


def shut(connection: duckdb.DuckDBPyConnection) -> None:
    """Shut an instance: no files, no extensions, no settings from here on."""
    for name, value in _SHUT.items():
        connection.execute(f"SET {name} = '{value}'")
    connection.execute("SET lock_configuration = true")


def _problems_of(columns: tuple[tuple[str, str], ...], place: str) -> Iterator[Problem]:
    if len(columns) > OWN_SQL_COLUMNS:
        yield Problem("there are too many columns", f"{len(columns)}, and {OWN_SQL_COLUMNS} are taken", place)
    for name, kind in columns:
        if "WITH TIME ZONE" in kind:
            help_ = f"write ({name})::TIMESTAMP for UTC, or started_local for the clock of the PBX"
            yield Problem(f"the column {name!r} cannot be shown", "it is a time with a zone", place, help_[:300])


def _asked(connection: duckdb.DuckDBPyConnection, checked: CheckedStatement, values: Values) -> SqlAnswer:
    statements = connection.extract_statements(checked.sql)
    if [each.type for each in statements] != [duckdb.StatementType.SELECT]:
        raise duckdb.NotSupportedError("only one SELECT can be asked")
    connection.execute("BEGIN TRANSACTION READ ONLY")
    found = connection.execute(statements[0], values)
    rows = [tuple(map(_plain, row)) for row in found.fetchmany(OWN_SQL_ROWS + 1)]
    return SqlAnswer(columns=checked.columns, rows=rows[:OWN_SQL_ROWS], is_cut=len(rows) > OWN_SQL_ROWS)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    """Return a value as a report can show it."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    if isinstance(value, float) and not isfinite(value):
        return None
    if value is None or (isinstance(value, (int, float, Decimal, date, datetime)) and not isinstance(value, bool)):
        return value
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= OWN_SQL_CELL else f"{text[: OWN_SQL_CELL - 1]}…"


def _used(checked: CheckedStatement, question: OwnQuestion) -> dict[str, Any]:
    return {name: question.values[name] for name in checked.parameters}


def _told(fault: duckdb.Error, checked: CheckedStatement, place: str) -> Problem:
    """Return what DuckDB says, with where the name of which it speaks was typed."""
    first, *others = [line.strip() for line in str(fault).split("\n") if line.strip()]
    kind, sign, said = first.partition(" Error: ")
    said = said if sign else first
    names = [found.lower() for found in _NAMED.findall(said)]
    where = next((checked.places[name] for name in names if name in checked.places), place)
    hint = next((line for line in others if line.startswith(("Candidate", "Did you", "HINT"))), "")
    what = "there is not enough memory for it" if isinstance(fault, duckdb.OutOfMemoryException) else said
    reason = f"more than {_MEMORY} were needed" if what is not said else _REASONS.get(kind, "it cannot be asked so")
    help_ = "ask for fewer days, fewer columns, or sums instead of lists" if what is not said else hint
    return Problem(what[:300], reason, where, help_[:300])


_REASONS = {
    "Binder": "a name or a type does not fit",
    "Catalog": "there is nothing of this name",
    "Conversion": "a value cannot be turned into this type",
    "Invalid Input": "a value cannot be used here",
    "Out of Range": "a number is too large for its type",
}
