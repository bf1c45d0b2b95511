"""`imports`: the files that were imported, taking one back, and undoing that."""

from __future__ import annotations

from typing import Annotated

import typer

from tollbook.cli.import_command import settled
from tollbook.cli.options import Form, OfPbx, Yes, site_of
from tollbook.cli.output import Columns, OutputFormat, write_list, write_text
from tollbook.model.health import ImportState

imports = typer.Typer(help="List imports, and take one back.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="ID", help="The import's number, from `imports list`.", min=0)]
_NOTED = "it is noted and will be done"
_IMPORT: Columns = {
    "id": "body",
    "pbx": "pbx",
    "file": "origin",
    "begun (UTC)": "at",
    "state": "state",
    "calls": "calls",
    "duplicates": "duplicates",
    "rejected": "rejected",
}


@imports.command("list")
def list_imports(context: typer.Context, pbx: OfPbx = "", form: Form = OutputFormat.TABLE) -> None:
    """List the imported files, newest first.

    The counts are current: a reject that could be read later counts as a call.
    """
    from tollbook.cli.client import connect

    with connect(site_of(context), "imports list") as client:
        write_list(client, "/api/imports", {"pbx": pbx}, form=form, columns=_IMPORT)


@imports.command("undo")
def undo(context: typer.Context, number: Number, yes: Yes = False) -> None:
    """Take an import back.

    Removes the calls that came only from this import, here and in every sink. Calls that also came another way stay.
    The journal keeps the bytes: `imports redo` restores the import.
    """
    from tollbook.cli.client import connect

    with connect(site_of(context), "imports undo") as client:
        before = client.get(f"/api/imports/{number}", into=ImportState)
        if not yes and before.state != "taken-back":
            typer.confirm(_asked(before), abort=True)
        client.send("POST", f"/api/imports/{number}/undo")
        settled(client, number, _NOTED)
    write_text(f"import {number} is taken back: {before.alone} calls left the ledger; `imports redo` puts it back")


@imports.command("redo")
def redo(context: typer.Context, number: Number) -> None:
    """Restore an import that was taken back."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "imports redo") as client:
        client.send("POST", f"/api/imports/{number}/redo")
        after = settled(client, number, _NOTED)
    write_text(f"import {number} is put back: {after.calls} calls, {after.duplicates} duplicates")


def _asked(state: ImportState) -> str:
    stay = state.held - state.alone
    others = f"; {stay} stay, since other files or answers hold them, too" if stay else ""
    return (
        f"{state.origin} ({state.pbx}, {state.at}): {state.alone} of its calls leave the ledger{others}. Take it back?"
    )
