"""`audit`: who changed what, when, and from where."""

from __future__ import annotations

from typing import Annotated

import typer

from tollbook.cli.options import Form, site_of
from tollbook.cli.output import Columns, OutputFormat, Row, write_list


def _changes(row: Row) -> str:
    return "; ".join(f"{field}: {was} → {now}" for field, (was, now) in row["changes"].items())


_AUDIT: Columns = {
    "when": "at",
    "who": "who",
    "by": "kind",
    "from": lambda row: row["address"] or "this machine",
    "what": "said",
    "before and after": _changes,
}


def audit(
    context: typer.Context,
    who: Annotated[str, typer.Option(metavar="NAME", help="Only this person, token or user of the machine.")] = "",
    what: Annotated[
        str,
        typer.Option(metavar="WORD", help="Only this subject, such as 'pbx', or this action: 'pbx.add'."),
    ] = "",
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="First day, UTC.")] = "",
    last: Annotated[str, typer.Option("--to", metavar="DAY", help="Last day (included), UTC.")] = "",
    limit: Annotated[int, typer.Option(metavar="N", min=0, help="Maximum number to list; 0: all.")] = 0,
    form: Form = OutputFormat.TABLE,
) -> None:
    """List who changed what, newest first."""
    from tollbook.cli.client import connect

    words = {"who": who, "what": what, "from": first, "to": last, "limit": str(limit or "")}
    with connect(site_of(context), "audit") as client:
        write_list(client, "/api/audit", words, form=form, columns=_AUDIT)
