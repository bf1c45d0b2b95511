"""`audit-looks`: whether it is noted who looks at whose calls."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from tollbook.cli.options import site_of
from tollbook.cli.output import write_text

_TOLD = {
    (False, False): "looking at calls is not noted",
    (True, False): "looking at calls is noted in the audit",
    (True, True): "looking at calls is noted in the audit, and whoever looks at somebody's says why",
}


class Looks(StrEnum):
    """What is noted of looking at calls."""

    OFF = "off"
    NOTED = "noted"
    REASON = "reason"


def audit_looks(
    context: typer.Context,
    looks: Annotated[
        Looks | None,
        typer.Argument(
            metavar="WORD",
            help="'off', 'noted', or 'reason' to also ask why. Without a word the command says what holds.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Have it noted in the audit who looks at whose calls."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "audit-looks") as client:
        if looks is None:
            found = client.send("GET", "/api/audit/looks")
        else:
            wanted = {"noted": looks is not Looks.OFF, "asks_reason": looks is Looks.REASON}
            found = client.send("PUT", "/api/audit/looks", wanted)
    write_text(_TOLD[found["noted"], found["asks_reason"]])
