"""`personal-data`: what is known of one number or one person, for whoever asks, and without it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tollbook.cli.options import Form, site_of
from tollbook.cli.output import Columns, OutputFormat, write_json, write_table, write_text

personal_data = typer.Typer(help="What is known of one number or person: find, give, erase.", no_args_is_help=True)

Number = Annotated[str, typer.Option(metavar="NUMBER", help="A number outside, whole: +442079460135.")]
Person = Annotated[str, typer.Option(metavar="NAME", help="A person of the directory, by name or mail.")]
_COLUMNS: Columns = {"what": "what", "known": "known"}


@personal_data.command("find")
def find(context: typer.Context, number: Number = "", person: Person = "", form: Form = OutputFormat.TABLE) -> None:
    """Count what is known of a number or a person, by where it is."""
    told = _sent(context, "find", number, person)
    if form is OutputFormat.JSON:
        write_json(told)
    else:
        write_table([{"what": name.replace("_", " "), "known": count} for name, count in told.items()], _COLUMNS)


@personal_data.command("give")
def give(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The ZIP archive to write.", show_default=False)],
    number: Number = "",
    person: Person = "",
) -> None:
    """Write all that is known of a number or a person: calls, records as they came, notes, the directory."""
    from tollbook.cli.client import connect
    from tollbook.cli.writing_files import write_to

    with connect(site_of(context), "personal-data give") as client:
        write_to(client.pieces("/api/personal-data/give", value=_of(number, person)), out)


@personal_data.command("erase")
def erase(
    context: typer.Context,
    number: Number = "",
    person: Person = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take a number out of its calls, or a person out of the directory; totals stay, and it does not come back."""
    if not yes:
        for name, count in _sent(context, "find", number, person).items():
            write_text(f"{name.replace('_', ' ')}: {count}")
        typer.confirm("Remove that? It does not come back.", abort=True)
    told = _sent(context, "erase", number, person)
    done = [f"{count} {name.replace('_', ' ')}" for name, count in told.items() if count]
    write_text(f"removed: {', '.join(done) or 'nothing was known'}")
    if told["bodies"]:
        write_text(
            "the journal drops their records within minutes; backups and what sinks wrote as files still have them"
        )


def _of(number: str, person: str) -> dict[str, str]:
    return {name: text for name, text in (("number", number), ("person", person)) if text}


def _sent(context: typer.Context, act: str, number: str, person: str) -> dict[str, Any]:
    from tollbook.cli.client import connect

    with connect(site_of(context), f"personal-data {act}") as client:
        told: dict[str, Any] = client.send("POST", f"/api/personal-data/{act}", _of(number, person))
    return told
