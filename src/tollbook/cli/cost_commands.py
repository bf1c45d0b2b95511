"""`rate unpriced`: calls that should have a price and have none."""

from __future__ import annotations

from typing import Annotated

import typer

from tollbook.cli.exits import say
from tollbook.cli.options import Form, OfPbx, site_of
from tollbook.cli.output import Columns, OutputFormat, Row, write_pieces, write_table
from tollbook.render.formatting import talk

From = Annotated[str, typer.Option("--from", metavar="DAY", help="First day or time, PBX time.")]
To = Annotated[str, typer.Option("--to", metavar="DAY", help="Last day (included) or time, PBX time.")]


def _moment(name: str) -> str:
    return name.replace("T", " ")


_UNPRICED: Columns = {
    "reason": "reason",
    "pbx": "pbx",
    "country": "country",
    "kind": "kind",
    "begins with": "prefix",
    "calls": "calls",
    "talk": lambda row: talk(int(row["talk_s"])),
    "first": lambda row: _moment(row["first_local"]),
    "last": lambda row: _moment(row["last_local"]),
    "because": "because",
}


def unpriced(
    context: typer.Context,
    first: From = "",
    until: To = "",
    pbx: OfPbx = "",
    form: Form = OutputFormat.TABLE,
) -> None:
    """List calls that should have a price and have none, by reason and destination, and what to do.

    The reason is a word that `tollbook calls --unpriced REASON` knows.
    """
    from tollbook.cli.client import connect

    words = {"from": first, "to": until, "pbx": pbx}
    path = "/api/prices/unpriced"
    with connect(site_of(context), "rate unpriced") as client:
        if form is not OutputFormat.TABLE:
            write_pieces(client.pieces(path, {**words, "format": form.value}))
            return
        rows: list[Row] = list(client.rows(path, words))
    if not write_table(rows, _UNPRICED):
        say("every call that should have a price has one")
    for reason, what_to_do in {row["reason"]: row["what_to_do"] for row in rows}.items():
        say(f"{reason}: {what_to_do}")
