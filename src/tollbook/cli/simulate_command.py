"""`simulate`: a PBX that is not there, for trying things out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tollbook.cli.options import Given
from tollbook.cli.output import write_table

SLUG = "panasonic-kx-hts"
"""The format that is simulated in all its modes."""


def simulate(
    context: typer.Context,
    slug: Annotated[
        str,
        typer.Argument(
            metavar="SLUG",
            help="Format of its records; without one, the formats are listed.",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Run a simulated PBX.

    After the format, give a mode and its options; `--help` after the mode lists them. Modes: `stream` (sends over TCP,
    UDP, syslog, a serial line, HTTP or into a folder), `file` (writes past calls), and for `panasonic-kx-hts` also
    `external` (answers over HTTP) and `console` (writes files into a folder). Without a mode, records are sent the
    usual way of the format, or written to `--out FILE`.

    Your own formats work too, with `--site` or `--folder DIR`.

    It behaves like a real PBX, and fails on demand, for example with
    `panasonic-kx-hts stream --tcp 2300 --login --fault "cut ending=reset times=3"`.
    """
    # The simulator reads its own arguments: it can be run without the rest of the program as well.
    from tollbook.simulator.__main__ import main

    given = context.find_object(Given)
    own = given.site.absolute() / "dialects" if given and given.site else None
    folder = own if own and own.is_dir() else None
    if not slug:
        _list(folder)
        return
    raise typer.Exit(main(context.args, dialect=slug, folder=folder))


def _list(folder: Path | None) -> None:
    from tollbook.simulator.formats import found_in

    rows = [{"slug": SLUG, "usual": "http_poll, folder"}]
    rows += [{"slug": slug, "usual": ", ".join(found.transports())} for slug, found in found_in(folder).items()]
    write_table(rows, {"format": "slug", "its records usually travel by": "usual"})
