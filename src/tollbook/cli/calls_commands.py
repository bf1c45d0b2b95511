"""`calls`: what the ledger holds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tollbook.cli.call_filters import filtered
from tollbook.cli.exits import say
from tollbook.cli.options import site_of
from tollbook.cli.output import Columns, Row, write_pieces, write_table
from tollbook.model.problem import Misconfigured, Problem
from tollbook.render.formatting import duration
from tollbook.render.formatting import outcome as outcome_of

TABLE_LIMIT = 100


class CallsFormat(StrEnum):
    """How calls are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


class CsvStyleName(StrEnum):
    """How CSV is written; tests/unit/cli compares the names with those of `render.tables`."""

    PLAIN = "plain"
    COMMA = "comma"
    SEMICOLON = "semicolon"
    SEMICOLON_POINT = "semicolon-point"
    TAB = "tab"


def _seconds(name: str) -> Callable[[Row], str]:
    return lambda row: duration(int(row[name]))


def _started(row: Row) -> str:
    return str(row["started_local"]).replace("T", " ")


_CALL: Columns = {
    "started (PBX time)": _started,
    "pbx": "pbx",
    "direction": "direction",
    "outcome": lambda row: outcome_of(str(row["direction"]), str(row["outcome"])),
    "extension": "extension",
    "caller": "caller",
    "called": "called",
    "trunk": "trunk",
    "ring": _seconds("ring_s"),
    "talk": _seconds("talk_s"),
    "account": "account_code",
}
_AGG: Columns = {
    name: name
    for name in (
        "CALL_TIME", "DIRECTION", "EXT", "CALLER_PHONE", "DIALED_PHONE", "TRUNK", "RING", "CALL_DURATION",
        "TOTAL_DURATION_S", "CALL_DURATION_S", "CALL_TYPE", "ACC", "FLAG1", "FLAG4", "FLAG2", "FLAG3", "FLAG5",
    )
}  # fmt: skip
_SHOWN: Columns = {
    "started_local": _started,
    **{name: _seconds(name) for name in ("ring_s", "talk_s", "total_s")},
}


_SPARE = ("account", "trunk", "ring", "extension", "pbx", "direction")
"""What a narrow terminal goes without, the first first."""


def table_of(columns: str) -> Columns:
    """Return what a table has of some columns: those of a set, or fields of a call."""
    if columns in ("", "tollbook"):
        return _CALL
    if columns == "agg":
        return _AGG
    return {field: _SHOWN.get(field, field) for each in columns.split(",") if (field := each.strip())}


Most = Annotated[
    int | None,
    typer.Option(min=0, help="Maximum number of calls; 0: all. Default: 100 for a table, otherwise all."),
]
OfColumns = Annotated[
    str,
    typer.Option(help="'tollbook', 'agg' (names of the AGG logger), or fields separated by commas."),
]
OfForm = Annotated[CallsFormat, typer.Option("--format", help="Output format.")]
OfCsv = Annotated[
    CsvStyleName,
    typer.Option("--csv", help="Kind of CSV: plain for programs, the others for spreadsheets."),
]


@filtered
def calls(
    context: typer.Context,
    words: dict[str, str],
    limit: Most = None,
    order: Annotated[str, typer.Option(help="Column to sort by; with - in front: descending.")] = "-started_at",
    columns: OfColumns = "tollbook",
    form: OfForm = CallsFormat.TABLE,
    csv: OfCsv = CsvStyleName.PLAIN,
) -> None:
    """List calls, newest first.

    Dates and times without a zone are in PBX time. For Excel, write into a file: --format xlsx > calls.xlsx
    """
    _check_terminal(form)
    words |= {"columns": columns, "order": order, "limit": str(_most(limit, form))}
    _tell(_written(site_of(context), words, form, csv), limit)


def _written(site: Path, words: dict[str, str], form: CallsFormat, csv: CsvStyleName) -> int | None:
    """Write calls; return how many a table had."""
    from tollbook.cli.client import connect

    with connect(site, "calls") as client:
        if form is not CallsFormat.TABLE:
            write_pieces(client.pieces("/api/calls", {**words, "format": form.value, "csv": csv.value}))
            return None
        return write_table(client.rows("/api/calls", words), table_of(words["columns"]), _SPARE)


def _tell(count: int | None, limit: int | None) -> None:
    """Say of a table that it is not all, or nothing."""
    if limit is None and count == TABLE_LIMIT:
        say(f"the first {TABLE_LIMIT} calls; --limit 0 lists all")
    if count == 0:
        say("no call fits")


def _most(limit: int | None, form: CallsFormat) -> int:
    return limit if limit is not None else TABLE_LIMIT * (form is CallsFormat.TABLE)


def _check_terminal(form: CallsFormat) -> None:
    if form is CallsFormat.XLSX and sys.stdout.isatty():
        help_ = "send it into a file: tollbook calls --format xlsx > calls.xlsx"
        raise Misconfigured(Problem("a workbook cannot be shown here", "stdout is a terminal", help=help_))
