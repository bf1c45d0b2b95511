"""`calls`: what the ledger holds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

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


# The filters' names, as the API spells them; tests/unit/cli compares them, and their help, with `store.filters`.
FILTERS = (
    "pbx", "from", "to", "extension", "number", "trunk", "direction", "outcome", "country", "kind",
    "reach", "person", "department", "cost-centre", "min-duration", "max-duration", "unpriced", "account",
    "text", "called-back", "period",
)  # fmt: skip


def _directions() -> list[str]:
    from tollbook.model.outcome import Direction

    return [each.value for each in Direction]


def _outcomes() -> list[str]:
    from tollbook.model.outcome import Outcome

    return ["missed", *(each.value for each in Outcome)]


def _kinds() -> list[str]:
    from tollbook.model.meaning import KINDS

    return list(KINDS)


def _reaches() -> list[str]:
    from tollbook.model.meaning import REACHES

    return list(REACHES)


def _unpriced_reasons() -> list[str]:
    from tollbook.store.unpriced_reasons import ANY, REASONS

    return [ANY, *REASONS]


def _periods() -> list[str]:
    from tollbook.model.periods import PERIODS

    return list(PERIODS)


OfDirection = Annotated[
    str,
    typer.Option(help="One of incoming, outgoing, internal, transit.", autocompletion=_directions),
]
OfOutcome = Annotated[
    str,
    typer.Option(
        help="One of missed, answered, unanswered, busy, failed, unknown; missed: incoming and not answered.",
        autocompletion=_outcomes,
    ),
]

OfCountry = Annotated[
    str,
    typer.Option(help="Country of the outside number by its two letters, or several separated by commas."),
]
OfKind = Annotated[str, typer.Option(help="Kind of the outside number.", autocompletion=_kinds)]
OfReach = Annotated[str, typer.Option(help="How far the call went.", autocompletion=_reaches)]
OfPerson = Annotated[str, typer.Option(help="Person whose call it is, or several separated by commas.")]
OfDepartment = Annotated[str, typer.Option(help="Department with all below it, as a path: Sales / North.")]
OfCostCentre = Annotated[str, typer.Option(help="Cost centre by its code, or several separated by commas.")]
OfUnpriced = Annotated[
    str,
    typer.Option(
        help="Calls that should have a price and have none: any, or a reason, or several separated by commas.",
        autocompletion=_unpriced_reasons,
    ),
]
OfCalledBack = Annotated[
    str,
    typer.Option(
        help="Missed calls whose caller was called back or got through later (yes), or is still waiting (no).",
        autocompletion=lambda: ["no", "yes"],
    ),
]
OfPeriod = Annotated[
    str,
    typer.Option(
        help="Days in place of from and to: one of today, yesterday, this-week, last-week, this-month, last-month, "
        "last-7-days, last-30-days.",
        autocompletion=_periods,
    ),
]

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


def calls(
    context: typer.Context,
    pbx: Annotated[str, typer.Option(help="Name of a PBX, or several separated by commas.")] = "",
    from_: Annotated[str, typer.Option("--from", help="First day or time, PBX time; also today and yesterday.")] = "",
    to: Annotated[str, typer.Option(help="Last day (included) or time, PBX time; also today and yesterday.")] = "",
    extension: Annotated[str, typer.Option(help="Extension, or several separated by commas.")] = "",
    number: Annotated[str, typer.Option(help="Calling or called number, or part of it, in any notation.")] = "",
    trunk: Annotated[str, typer.Option(help="Trunk, or several separated by commas.")] = "",
    direction: OfDirection = "",
    outcome: OfOutcome = "",
    country: OfCountry = "",
    kind: OfKind = "",
    reach: OfReach = "",
    person: OfPerson = "",
    department: OfDepartment = "",
    cost_centre: OfCostCentre = "",
    min_duration: Annotated[str, typer.Option(help="Minimum total duration: 90, 90s, 5m or 1h.")] = "",
    max_duration: Annotated[str, typer.Option(help="Maximum total duration: 90, 90s, 5m or 1h.")] = "",
    unpriced: OfUnpriced = "",
    account: Annotated[str, typer.Option(help="Account code, or several separated by commas.")] = "",
    text: Annotated[str, typer.Option(help="Text anywhere in a call's numbers, names, codes and channels.")] = "",
    called_back: OfCalledBack = "",
    period: OfPeriod = "",
    limit: Most = None,
    order: Annotated[str, typer.Option(help="Column to sort by; with - in front: descending.")] = "-started_at",
    columns: OfColumns = "tollbook",
    form: OfForm = CallsFormat.TABLE,
    csv: OfCsv = CsvStyleName.PLAIN,
) -> None:
    """List calls, newest first.

    Dates and times without a zone are in PBX time. For Excel, write into a file: --format xlsx > calls.xlsx
    """
    del pbx, from_, to, extension, number, trunk, direction, outcome, country, kind, reach
    del person, department, cost_centre, min_duration, max_duration, unpriced, account, text, called_back, period
    _check_terminal(form)
    words = {name: str(context.params[parameter(name)]) for name in FILTERS}
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


def parameter(name: str) -> str:
    """Return the name of the parameter that holds a filter."""
    return {"from": "from_"}.get(name, name.replace("-", "_"))
