"""`missed`: who is to be called back, who will, and what is done."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tollbook.cli.exits import say
from tollbook.cli.options import Form, ThePbx, site_of
from tollbook.cli.output import Columns, OutputFormat, Row, write_json, write_list, write_table, write_text
from tollbook.model.missed import MissedSettings

missed = typer.Typer(help="Missed calls: who is to be called back, and what is done.", no_args_is_help=True)

TheCall = Annotated[
    str, typer.Argument(metavar="ID", help="A missed call of the entry, by its id.", show_default=False)
]
Note = Annotated[str, typer.Option(metavar="TEXT", help="What there is to say.")]


def _who(row: Row) -> str:
    number = row["number_e164"] or row["caller"] or "withheld"
    return f"{row['name']} {number}" if row["name"] else str(number)


def _state(row: Row) -> str:
    if row["done"]:
        return f"{row['done']} by {row['done_by']}" if row["done_by"] else str(row["done"])
    waits = "overdue" if row["over"] else "open"
    return f"{waits}, {row['claimed_by']} will call" if row["claimed_by"] else waits


_COLUMNS: Columns = {
    "caller": _who,
    "tries": "tries",
    "first": lambda row: str(row["first_local"]).replace("T", " "),
    "last": lambda row: str(row["last_local"]).replace("T", " "),
    "waited": lambda row: f"{row['waited_s']} s",
    "rang": lambda row: ", ".join(row["rung"]),
    "due": lambda row: str(row["due_local"]).replace("T", " "),
    "state": _state,
    "id": "id",
}


@missed.command("list")
def list_(
    context: typer.Context,
    state: Annotated[str, typer.Option(metavar="open|done|all", help="Which entries.")] = "open",
    pbx: ThePbx = "",
    department: Annotated[str, typer.Option(metavar="PATH", help="Of a department with all below it.")] = "",
    extension: Annotated[str, typer.Option(metavar="EXTENSION", help="Those that rang an extension.")] = "",
    period: Annotated[str, typer.Option(metavar="PERIOD", help="Missed in these days: today, yesterday.")] = "",
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="How many at most.")] = 50,
    form: Form = OutputFormat.TABLE,
) -> None:
    """List lost callers: open ones by when they are due, others the latest first."""
    from tollbook.cli.client import connect

    given = {"state": state, "pbx": pbx, "department": department, "extension": extension, "period": period}
    words = {name: text for name, text in given.items() if text} | {"limit": str(limit)}
    with connect(site_of(context), "missed list") as client:
        behind = client.get("/api/missed/state", into=dict[str, Any])["behind"]
        count = write_list(client, "/api/missed", words, form=form, columns=_COLUMNS)
    if behind:
        say(f"not complete yet: {behind}")
    elif form is OutputFormat.TABLE and not count:
        say("nobody is waiting" if state == "open" else "there is none")


@missed.command("claim")
def claim(context: typer.Context, call: TheCall) -> None:
    """Say that you will call."""
    write_text(f"you will call {_who(_sent(context, 'claim', call))}")


@missed.command("release")
def release(context: typer.Context, call: TheCall) -> None:
    """Take back that you, or somebody else, will call."""
    write_text(f"released: {_who(_sent(context, 'release', call))}")


@missed.command("called")
def called(context: typer.Context, call: TheCall, note: Note = "") -> None:
    """Say that the caller was called, otherwise than by a PBX of the site."""
    write_text(f"called: {_who(_sent(context, 'set-aside', call, how='called', note=note))}")


@missed.command("set-aside")
def set_aside(context: typer.Context, call: TheCall, note: Note = "") -> None:
    """Say that nobody needs to call; a later try of the same caller opens the entry again."""
    write_text(f"set aside: {_who(_sent(context, 'set-aside', call, note=note))}")


@missed.command("reopen")
def reopen(context: typer.Context, call: TheCall) -> None:
    """Open an entry again that somebody said is done."""
    write_text(f"open again: {_who(_sent(context, 'reopen', call))}")


def _sent(context: typer.Context, act: str, call: str, **body: str) -> dict[str, Any]:
    from urllib.parse import quote

    from tollbook.cli.client import connect

    with connect(site_of(context), f"missed {act}") as client:
        told: dict[str, Any] = client.send("POST", f"/api/missed/{quote(call, safe='')}/{act}", body or None)
    return told


_SETTINGS: Columns = {"setting": "name", "is": "value"}


@missed.command("settings")
def settings(
    context: typer.Context,
    open_: Annotated[
        str | None,
        typer.Option("--open", metavar="HOURS", help="Opening hours: mon-fri 08:00-18:00; sat 09:00-12:00, or always."),
    ] = None,
    target_minutes: Annotated[
        int | None,
        typer.Option(metavar="N", help="To be called back within so many minutes of opening hours."),
    ] = None,
    shortest_s: Annotated[
        int | None,
        typer.Option(metavar="N", help="Unanswered calls that rang for fewer seconds are left out."),
    ] = None,
    span_days: Annotated[int | None, typer.Option(metavar="N", help="How many days the list looks back.")] = None,
    holidays: Annotated[
        str | None, typer.Option(metavar="DE-BY", help="Whose holidays have no opening hours; '' for none.")
    ] = None,
    form: Form = OutputFormat.TABLE,
) -> None:
    """Show when callers are due and what is left out, or change it."""
    from tollbook.cli.client import connect

    said: dict[str, Any] = {
        "open": open_,
        "target_minutes": target_minutes,
        "shortest_s": shortest_s,
        "span_days": span_days,
    }
    said |= {"holidays": holidays}
    given = {name: value for name, value in said.items() if value is not None}
    with connect(site_of(context), "missed settings") as client:
        if given:
            client.send("PATCH", "/api/missed/settings", given)
        told = client.get("/api/missed/settings", into=dict[str, Any])
    if form is OutputFormat.JSON:
        write_json(told)
        return
    write_table([{"name": name, "value": str(told[name])} for name in MissedSettings.__struct_fields__], _SETTINGS)
