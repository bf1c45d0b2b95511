"""`calls` and `rejects`: what the ledger holds."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from tollbook.cli.exits import say
from tollbook.cli.options import Form, OfPbx, site_of
from tollbook.cli.output import Columns, OutputFormat, Row, write_list, write_text
from tollbook.render.formatting import duration

TABLE_LIMIT = 100
rejects = typer.Typer(help="List the records that cannot be read.")


class ColumnSet(StrEnum):
    """Names under which calls are listed."""

    TOLLBOOK = "tollbook"
    AGG = "agg"


def _started(row: Row) -> str:
    return str(row["started_local"]).replace("T", " ")


_CALL: Columns = {
    "started (PBX time)": _started,
    "pbx": "pbx",
    "direction": "direction",
    "outcome": "outcome",
    "extension": "extension",
    "caller": "caller",
    "called": "called",
    "trunk": "trunk",
    "ring": lambda row: duration(int(row["ring_s"])),
    "talk": lambda row: duration(int(row["talk_s"])),
    "account": "account_code",
}
_AGG: Columns = {
    name: name
    for name in (
        "CALL_TIME", "DIRECTION", "EXT", "CALLER_PHONE", "DIALED_PHONE", "TRUNK", "RING", "CALL_DURATION",
        "TOTAL_DURATION_S", "CALL_DURATION_S", "CALL_TYPE", "ACC", "FLAG1", "FLAG4", "FLAG2", "FLAG3", "FLAG5",
    )
}  # fmt: skip
_TABLES = {ColumnSet.TOLLBOOK: _CALL, ColumnSet.AGG: _AGG}
_REJECT: Columns = {
    "received (UTC)": lambda row: str(row["received_at"]).rstrip("Z").replace("T", " "),
    "pbx": "pbx",
    "reason": "reason",
    "field": "field",
    "rule": "rule",
    "record": lambda row: str(row["raw"])[:120],
}
# The filters' names, as the API spells them; tests/unit/cli compares them, and their help, with `store.filters`.
FILTERS = (
    "pbx", "from", "to", "extension", "number", "trunk", "direction", "outcome", "min-duration", "max-duration",
    "account", "text",
)  # fmt: skip


def _directions() -> list[str]:
    from tollbook.model.call import Direction

    return [each.value for each in Direction]


def _outcomes() -> list[str]:
    from tollbook.model.call import Outcome

    return [each.value for each in Outcome]


OfDirection = Annotated[
    str,
    typer.Option(help="One of incoming, outgoing, internal, transit.", autocompletion=_directions),
]
OfOutcome = Annotated[
    str,
    typer.Option(help="One of answered, unanswered, busy, failed, unknown.", autocompletion=_outcomes),
]


def calls(
    context: typer.Context,
    pbx: Annotated[str, typer.Option(help="Name of a PBX, or several divided by commas.")] = "",
    from_: Annotated[str, typer.Option("--from", help="First day or moment, PBX time.")] = "",
    to: Annotated[str, typer.Option(help="Last day (whole) or moment, PBX time.")] = "",
    extension: Annotated[str, typer.Option(help="Extension, or several divided by commas.")] = "",
    number: Annotated[str, typer.Option(help="Calling or called number, or a part of it.")] = "",
    trunk: Annotated[str, typer.Option(help="Trunk, or several divided by commas.")] = "",
    direction: OfDirection = "",
    outcome: OfOutcome = "",
    min_duration: Annotated[str, typer.Option(help="Shortest whole duration: 90, 90s, 5m or 1h.")] = "",
    max_duration: Annotated[str, typer.Option(help="Longest whole duration: 90, 90s, 5m or 1h.")] = "",
    account: Annotated[str, typer.Option(help="Account code, or several divided by commas.")] = "",
    text: Annotated[str, typer.Option(help="Text anywhere in the numbers, names, codes and channels of a call.")] = "",
    limit: Annotated[
        int | None,
        typer.Option(min=0, help="Most calls to list; 0 lists all. Default: 100 for a table, else all."),
    ] = None,
    order: Annotated[str, typer.Option(help="Column to sort by; - before it turns the order.")] = "-started_at",
    columns: Annotated[ColumnSet, typer.Option(help="Names of the columns: ours, or those of the AGG logger.")] = (
        ColumnSet.TOLLBOOK
    ),
    form: Form = OutputFormat.TABLE,
) -> None:
    """List calls, newest first.

    Dates and times without a zone are the PBX's own. JSON and CSV are written as they are read, however many there are.
    """
    del pbx, from_, to, extension, number, trunk, direction, outcome, min_duration, max_duration, account, text
    from tollbook.cli.client import connect

    most = limit if limit is not None else TABLE_LIMIT * (form is OutputFormat.TABLE)
    words = {name: str(context.params[parameter(name)]) for name in FILTERS}
    words |= {"columns": columns.value, "order": order, "limit": str(most)}
    with connect(site_of(context), "calls") as client:
        count = write_list(client, "/api/calls", words, form=form, columns=_TABLES[columns])
    if form is OutputFormat.TABLE and limit is None and count == TABLE_LIMIT:
        say(f"the first {TABLE_LIMIT} calls; --limit 0 lists all")


def parameter(name: str) -> str:
    """Return the name of the parameter that holds a filter."""
    return {"from": "from_"}.get(name, name.replace("-", "_"))


@rejects.callback(invoke_without_command=True)
def list_rejects(
    context: typer.Context,
    pbx: OfPbx = "",
    limit: Annotated[int, typer.Option(min=0, help="Most rejects to list; 0 lists all.")] = 0,
    form: Form = OutputFormat.TABLE,
) -> None:
    """List the records that cannot be read.

    Newest first, with the reason. `rejects retry` reads them again.
    """
    if context.invoked_subcommand:
        return
    from tollbook.cli.client import connect

    with connect(site_of(context), "rejects") as client:
        write_list(client, "/api/rejects", {"pbx": pbx, "limit": str(limit)}, form=form, columns=_REJECT)


@rejects.command("retry")
def retry_rejects(context: typer.Context, pbx: OfPbx = "") -> None:
    """Read the rejects again.

    They are read with the formats and settings as they are now; those that become calls are rejects no more.
    """
    from tollbook.cli.client import connect

    with connect(site_of(context), "rejects retry") as client:
        mended = client.send("POST", "/api/rejects/retry", words={"pbx": pbx})["mended"]
        left = sum(1 for _ in client.rows("/api/rejects", {"pbx": pbx}))
    write_text(f"{mended} rejects became calls, {left} still cannot be read")
