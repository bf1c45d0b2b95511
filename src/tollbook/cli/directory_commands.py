"""`directory`: whose each extension was when, the phone book, and both as files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from tollbook.cli.directory_entries import assignment, department, person, phone_book
from tollbook.cli.exits import Exit, say
from tollbook.cli.ldap_commands import ldap
from tollbook.cli.options import Form, ThePbx, Yes, offered_pbxs, site_of
from tollbook.cli.output import Columns, OutputFormat, Row, write_list, write_pieces, write_table, write_text
from tollbook.model.directory import ASSIGNED_KINDS
from tollbook.model.problem import Misconfigured, Problem

directory = typer.Typer(help="Say whose each extension is and was, and keep the phone book.", no_args_is_help=True)
directory.add_typer(ldap, name="ldap")
for _entries, _name in ((person, "person"), (department, "department"), (assignment, "assignment")):
    directory.add_typer(_entries, name=_name)
directory.add_typer(phone_book, name="phone-book")

DialledAt = Annotated[
    str,
    typer.Option(
        "--pbx", metavar="NAME", help="Numbers are written as dialled at this PBX.", autocompletion=offered_pbxs
    ),
]
PhoneBook = Annotated[bool, typer.Option("--phone-book", help="The phone book, not whose the extensions are.")]
Department = Annotated[str, typer.Option(metavar="PATH", help='The department: "Sales / North".')]
CostCentre = Annotated[str, typer.Option("--cost-centre", metavar="CODE", help="The code of the cost centre.")]
Create = Annotated[bool, typer.Option("--create", help="Make the person, department or cost centre if it is new.")]


def _owner(row: Row) -> str:
    return ", ".join(filter(None, (row["name"], row["department"], row["cost_centre"])))


class DirectoryList(StrEnum):
    """What can be listed of the directory."""

    PEOPLE = "people"
    DEPARTMENTS = "departments"
    COST_CENTRES = "cost-centres"
    ASSIGNMENTS = "assignments"
    PHONE_BOOK = "phone-book"
    GAPS = "gaps"
    MOVES = "moves"


_SPAN: Columns = {"kind": "kind", "value": "value", "pbx": "pbx", "from": "from", "until": "until"}
_LISTS: dict[str, Columns] = {
    "people": {"id": "id", "name": "name", "mail": "mail", "from": "valid_from", "until": "valid_until"},
    "departments": {"id": "id", "department": "path", "company": "company"},
    "cost-centres": {"id": "id", "code": "code", "name": "name"},
    "assignments": {"id": "id", **_SPAN, "whose": _owner},
    "phone-book": {
        "id": "id",
        "number": "number",
        "name": "name",
        "company": "company",
        "tags": lambda row: ", ".join(row["tags"]),
        "private": "private",
        "unlisted": "unlisted",
    },
    "gaps": {**_SPAN, "days": "days"},
    "moves": {"id": "id", "who": "name", "on": "on", "undone": "undone_at"},
}
_FAULT = {"line": "line", "column": "column", "fault": "what", "why": "reason", "help": "help"}
_CHANGE = {"line": "line", "change": "change", "is": "what", "was": "before"}


@directory.command("list")
def list_(
    context: typer.Context,
    what: Annotated[
        DirectoryList,
        typer.Argument(metavar="[WHAT]", help=f"{', '.join(_LISTS)}."),
    ] = DirectoryList.ASSIGNMENTS,
    form: Form = OutputFormat.TABLE,
) -> None:
    """List whose the extensions are, or another part of the directory.

    `gaps` are days on which an extension was nobody's, although it was somebody's before and after.
    """
    from tollbook.cli.client import connect

    with connect(site_of(context), "directory list") as client:
        write_list(client, f"/api/directory/{what.value}", {}, form=form, columns=_LISTS[what.value])


@directory.command("export")
def export(context: typer.Context, phone_book: PhoneBook = False) -> None:
    """Write the directory as CSV to stdout. If you import it again, nothing changes."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "directory export") as client:
        write_pieces(client.pieces(f"/api/directory/{_part(phone_book)}/export", {"format": "csv"}))


def _part(phone_book: bool) -> str:
    return "phone-book" if phone_book else "assignments"


def _words_of_import(phone_book: bool, strict: bool, pbx: str, country: str) -> dict[str, str]:
    if phone_book:
        return {"pbx": pbx, "country": country}
    if pbx or country:
        reason = "extensions have no country"
        raise Misconfigured(Problem("--pbx and --country are for --phone-book", reason, help="leave them out"))
    return {"strict": str(strict).lower()}


@directory.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file; - is stdin.")],
    dry: Annotated[bool, typer.Option("--dry-run", help="Show what would change; change nothing.")] = False,
    yes: Yes = False,
    leave_out: Annotated[bool, typer.Option("--leave-out", help="Leave out rows with a fault; import others.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Make no new cost centres; they are faults.")] = False,
    phone_book: PhoneBook = False,
    pbx: DialledAt = "",
    country: Annotated[str, typer.Option(metavar="DE", help="Numbers are written as in this country.")] = "",
) -> None:
    """Import whose the extensions are, or the phone book, from a CSV file.

    First shows what would change and every fault, then asks. A file with a fault changes nothing unless you
    `--leave-out` those rows. The exit code is 1 if there are faults. `tollbook guide directory` describes the columns.
    """
    from tollbook.cli.client import connect
    from tollbook.cli.given_files import opened

    words = _words_of_import(phone_book, strict, pbx, country)
    with opened(file) as (opened_file, _, _name):
        data = opened_file.read(_LARGEST)
    with connect(site_of(context), "directory import") as client:
        path = f"/api/directory/{_part(phone_book)}/import"
        told = client.post(path, data, words, into=dict)
        _tell(told)
        faults = bool(told["faults"])
        if dry or (faults and not leave_out) or not told["changes"]:
            _say_why(told, dry=dry)
            raise typer.Exit(Exit.FOUND if faults else Exit.WELL)
        if not yes:
            typer.confirm(_question(told), abort=True, err=True)
        words |= {"apply": "true", "leave_out": str(leave_out).lower()}
        done = client.post(path, data, words, into=dict)
    if not done["applied"]:
        _tell(done)
        raise typer.Exit(Exit.FOUND)
    write_text(f"imported: {_counted(done)}")
    raise typer.Exit(Exit.FOUND if done["faults"] else Exit.WELL)


_NAMED = 20
"""Names of new people and departments that are said; `--dry-run` has a line for each row all the same."""
_LARGEST = (8 << 20) + 1
"""Bytes that are sent: one more than are taken, so that the refusal is the site's."""


def _tell(told: dict[str, Any]) -> None:
    if told["changes"]:
        write_table(told["changes"], _said(_CHANGE, told["changes"]), spare=("was",))
    for kind in ("people", "departments", "cost_centres"):
        if told[kind]:
            write_text(f"new {kind.replace('_', ' ')}: {_some(told[kind])}")
    if told["faults"]:
        write_table(told["faults"], _said(_FAULT, told["faults"]), spare=("help",))
    write_text(f"{told['rows']} rows: {_counted(told)}")


def _some(names: list[str]) -> str:
    """Return names as a line that can be read, however many there are."""
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _said(columns: dict[str, str], rows: list[dict[str, Any]]) -> Columns:
    """Return the columns in which any row says something."""
    return {title: field for title, field in columns.items() if any(row[field] for row in rows)}


def _counted(told: dict[str, Any]) -> str:
    kinds = ("new", "changed", "ended", "unchanged", "left_out")
    return ", ".join(f"{told[kind]} {'with faults' if kind == 'left_out' else kind}" for kind in kinds)


def _say_why(told: dict[str, Any], *, dry: bool) -> None:
    if told["faults"] and not dry:
        say("nothing was changed; mend the rows with faults, or leave them out with --leave-out")
    elif dry:
        say("nothing was changed, as this was a dry run")
    else:
        say("there is nothing to change")


def _question(told: dict[str, Any]) -> str:
    left = f", and leave out {told['left_out']} rows with faults" if told["left_out"] else ""
    return f"import {len(told['changes'])} changes{left}?"


@directory.command("assign")
def assign(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"{', '.join(ASSIGNED_KINDS)}.", show_default=False)],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="The extension, code, or trunk.", show_default=False)],
    person: Annotated[str, typer.Option(metavar="NAME", help="The person, by name or mail.")] = "",
    department: Department = "",
    cost_centre: CostCentre = "",
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="The first day, PBX time.")] = "",
    until: Annotated[str, typer.Option(metavar="DAY", help="The first day on which it is no longer so.")] = "",
    pbx: ThePbx = "",
    create: Create = False,
) -> None:
    """Assign an extension, a code or a trunk to a person, a department or a cost centre.

    It is refused while the extension is somebody else's. To end that, use `tollbook directory end`.
    """
    wanted = {
        "kind": kind,
        "value": value,
        "pbx": pbx,
        "from": first or None,
        "until": until or None,
        **_given(person=person, department=department, cost_centre=cost_centre),
        "create": create,
    }
    told = _send(context, "POST", "/assignments", wanted)
    write_text(f"assigned {told['kind']} {told['value']} to {_owner(told)}")


def _given(**texts: str) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text}


@directory.command("end")
def end(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="Its id; `directory list` shows it.", show_default=False)],
    on: Annotated[str, typer.Option("--on", metavar="DAY", help="The first day on which it is no longer so.")],
) -> None:
    """End an assignment. Earlier calls stay with whoever had the extension then."""
    told = _send(context, "PATCH", f"/assignments/{number}", {"until": on})
    write_text(f"{told['kind']} {told['value']} was {_owner(told)}'s until {told['until']}")


@directory.command("move")
def move(
    context: typer.Context,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="The person, by name or mail.", show_default=False)],
    on: Annotated[str, typer.Option("--on", metavar="DAY", help="The first day in the new department.")],
    department: Department = "",
    cost_centre: CostCentre = "",
    create: Create = False,
) -> None:
    """Move a person to another department or cost centre. Earlier calls stay with the old one."""
    given = _given(department=department, cost_centre=cost_centre)
    if not given:
        raise Misconfigured(
            Problem("it is not said where to", "a person moves to something", help="give --department or --cost-centre")
        )
    told = _send(context, "POST", "/moves", {"person": person, "on": on, **given, "create": create})
    write_text(f"moved {told['name']} on {told['on']}")
    say(f"to undo it: tollbook directory undo {told['id']}")


@directory.command("undo")
def undo(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="The move's id; see `directory list moves`.")],
) -> None:
    """Undo a move: everything is as it was before."""
    told = _send(context, "POST", f"/moves/{number}/undo", None)
    write_text(f"took back the move of {told['name']} on {told['on']}")


def _send(context: typer.Context, method: str, path: str, value: object) -> dict[str, Any]:
    from tollbook.cli.client import connect

    with connect(site_of(context), "directory") as client:
        return client.send(method, f"/api/directory{path}", value)
