"""`logo`: the picture at the head of PDFs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tollbook.cli.exits import say
from tollbook.cli.options import site_of
from tollbook.model.problem import Misconfigured, Problem


def logo(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A PNG.", show_default=False),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Have none.")] = False,
) -> None:
    """Set or remove the picture at the head of PDFs."""
    from tollbook.cli.client import connect

    if (file is None) is not remove:
        help_ = "give a file, or --remove"
        raise Misconfigured(Problem("it is not said what the logo is", "one of the two is needed", help=help_))
    with connect(site_of(context), "logo") as client:
        if file:
            client.put("/api/site/logo", file.read_bytes())
        else:
            client.send("DELETE", "/api/site/logo")
    say("the logo stands at the head of PDFs" if file else "PDFs have no logo")
