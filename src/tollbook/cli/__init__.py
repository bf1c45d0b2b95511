"""The command line: a client of the REST API, whether a server runs or not (`docs/decisions/0001`).

Every heavy module is imported by the command that needs it, so that help and completion come at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tollbook.cli import calls_commands, exits, import_command, site_commands
from tollbook.cli.audit_command import audit
from tollbook.cli.calls_commands import rejects
from tollbook.cli.demo_command import demo
from tollbook.cli.dialect_commands import dialect
from tollbook.cli.journal_commands import journal
from tollbook.cli.options import Given
from tollbook.cli.output import OutputFormat
from tollbook.cli.pbx_commands import pbx
from tollbook.cli.simulate_command import simulate
from tollbook.cli.sink_commands import sink
from tollbook.cli.token_commands import token

_LISTING = ("audit", "calls", "doctor", "import", "rejects", "status")
"""Commands whose `--format` may also be given before their name."""
_OF_DIALECTS = ("list", "detect", "try", "test")

app = typer.Typer(name="tollbook", no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"tollbook {version('tollbook')}")
        raise typer.Exit


@app.callback()
def _given(
    context: typer.Context,
    site: Annotated[
        Path | None,
        typer.Option(metavar="DIR", envvar="TOLLBOOK_SITE", file_okay=False, help="The folder that holds the ledger."),
    ] = None,
    form: Annotated[OutputFormat | None, typer.Option("--format", help="How the command prints its list.")] = None,
    _version_wanted: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave."),
    ] = False,
) -> None:
    """Take every call record a PBX emits, lose none, and answer questions about them."""
    context.obj = Given(site)
    if form:
        chosen = {"form": form.value}
        context.default_map = {
            **dict.fromkeys(_LISTING, chosen),
            "pbx": {"list": chosen},
            "dialect": dict.fromkeys(_OF_DIALECTS, chosen),
            "sink": {"list": chosen},
            "token": {"list": chosen},
        }


for _command in (site_commands.init, site_commands.serve, demo, site_commands.status, site_commands.doctor):
    app.command()(_command)
app.add_typer(pbx, name="pbx")
app.add_typer(dialect, name="dialect")
app.command("import")(import_command.import_files)
app.command()(calls_commands.calls)
app.add_typer(rejects, name="rejects")
app.command()(site_commands.rebuild)
app.add_typer(journal, name="journal")
app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False},
)(simulate)
app.add_typer(sink, name="sink")
app.add_typer(token, name="token")
app.command()(audit)


def main() -> None:
    """Run the command that was typed and leave with its exit code."""
    sys.exit(exits.run(app))
