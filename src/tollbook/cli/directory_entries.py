"""`directory person|department|assignment|phone-book`: one entry is added, changed or removed.

An entry is meant by what it is called: a person by name or mail, a department by its path, an outside number by its
digits, an assignment by its id. Of an option that is not given, what there is stays; an empty one takes it away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tollbook.cli.options import Yes, site_of
from tollbook.cli.output import write_text
from tollbook.model.problem import Misconfigured, Problem, nearest

if TYPE_CHECKING:
    from tollbook.cli.client import Client

_Row = dict[str, Any]
_DAYS = ("valid_from", "valid_until", "from", "until")

person = typer.Typer(help="Add, change or remove one person.", no_args_is_help=True)
department = typer.Typer(help="Add, change or remove one department.", no_args_is_help=True)
assignment = typer.Typer(help="Change or remove one assignment; `directory assign` adds one.", no_args_is_help=True)
phone_book = typer.Typer(help="Add, change or remove one outside number.", no_args_is_help=True)

Name = Annotated[str | None, typer.Option("--name", metavar="NAME", help="What it is called.", show_default=False)]
Mail = Annotated[str | None, typer.Option("--mail", metavar="ADDRESS", help="Their mail.", show_default=False)]
Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="What else is known.", show_default=False)]
Company = Annotated[str | None, typer.Option("--company", metavar="NAME", help="The company.", show_default=False)]
First = Annotated[str | None, typer.Option("--from", metavar="DAY", help="The first day.", show_default=False)]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="DAY", help="The day after the last.", show_default=False),
]
Who = Annotated[str, typer.Argument(metavar="PERSON", help="The person, by name or mail.", show_default=False)]
Path = Annotated[str, typer.Argument(metavar="PATH", help='The department: "Sales / North".', show_default=False)]
Id = Annotated[int, typer.Argument(metavar="ID", help="Its id; `directory list` shows it.", show_default=False)]
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The number, or a block `+49 89*`.", show_default=False)]
Tags = Annotated[str | None, typer.Option("--tags", metavar="TAGS", help="Several with commas.", show_default=False)]
Private = Annotated[bool | None, typer.Option("--private/--public", help="Named to administrators alone.")]
Unlisted = Annotated[bool | None, typer.Option("--unlisted/--listed", help="Named to nobody.")]
Country = Annotated[str, typer.Option("--country", metavar="DE", help="The number is written as in this country.")]


@person.command("add")
def add_person(
    context: typer.Context,
    name: Who,
    mail: Mail = None,
    note: Note = None,
    first: First = None,
    until: Until = None,
) -> None:
    """Add a person, to whom extensions can be assigned then."""
    with _connected(context) as client:
        told = client.send("POST", _PEOPLE, {"name": name, **_person(mail=mail, note=note, first=first, until=until)})
    write_text(f"added {told['name']}")


@person.command("change")
def change_person(
    context: typer.Context,
    who: Who,
    name: Name = None,
    mail: Mail = None,
    note: Note = None,
    first: First = None,
    until: Until = None,
) -> None:
    """Change what is known of a person; a new name counts for all calls, old ones too."""
    given = _person(name=name, mail=mail, note=note, first=first, until=until)
    _change(context, _PEOPLE, who, given, "name")


@person.command("remove")
def remove_person(context: typer.Context, who: Who, yes: Yes = False) -> None:
    """Remove a person to whom nothing was ever assigned; others are ended, with `--until`."""
    _remove(context, _PEOPLE, who, "name", yes=yes)


@department.command("add")
def add_department(context: typer.Context, path: Path, company: Company = None) -> None:
    """Add a department; the one it belongs to must be there."""
    above, _, name = path.rpartition(" / ")
    with _connected(context) as client:
        parent = _found(client, _DEPARTMENTS, above)["id"] if above.strip() else None
        told = client.send("POST", _DEPARTMENTS, {"name": name, "parent": parent, **_given(company=company)})
    write_text(f"added {told['path']}")


@department.command("change")
def change_department(
    context: typer.Context,
    path: Path,
    name: Name = None,
    below: Annotated[
        str | None,
        typer.Option("--below", metavar="PATH", help="The one it belongs to; '' is none.", show_default=False),
    ] = None,
    company: Company = None,
) -> None:
    """Change a department, or put it below another one; that counts for all calls, old ones too."""
    with _connected(context) as client:
        found = _found(client, _DEPARTMENTS, path)
        given: _Row = _given(name=name, company=company)
        if below is not None:
            given["parent"] = _found(client, _DEPARTMENTS, below)["id"] if below.strip() else None
        told = client.send("PATCH", f"{_DEPARTMENTS}/{found['id']}", given)
    write_text(f"changed {told['path']}")


@department.command("remove")
def remove_department(context: typer.Context, path: Path, yes: Yes = False) -> None:
    """Remove a department that has no other below it, and to which nothing was ever assigned."""
    _remove(context, _DEPARTMENTS, path, "path", yes=yes)


@assignment.command("change")
def change_assignment(
    context: typer.Context,
    number: Id,
    who: Annotated[str | None, typer.Option("--person", metavar="NAME", help="The person.", show_default=False)] = None,
    path: Annotated[
        str | None,
        typer.Option("--department", metavar="PATH", help="The department.", show_default=False),
    ] = None,
    cost_centre: Annotated[
        str | None,
        typer.Option("--cost-centre", metavar="CODE", help="The cost centre.", show_default=False),
    ] = None,
    first: First = None,
    until: Until = None,
    create: Annotated[bool, typer.Option("--create", help="Make the person or department if it is new.")] = False,
) -> None:
    """Mend an assignment that was wrong; calls of all its days are then of whoever is said."""
    owners = {"person": who, "department": path, "cost_centre": cost_centre}
    given = {name: text or None for name, text in owners.items() if text is not None}
    given |= _given(**{"from": first}, until=until)
    with _connected(context) as client:
        told = client.send("PATCH", f"{_ASSIGNMENTS}/{number}", {**given, "create": create})
    write_text(f"changed {_said(told)}")


@assignment.command("remove")
def remove_assignment(context: typer.Context, number: Id, yes: Yes = False) -> None:
    """Remove an assignment as if it had never been. One that was right is ended, with `directory end`."""
    with _connected(context) as client:
        if not yes:
            typer.confirm(f"remove assignment {number}? its calls will be nobody's", abort=True, err=True)
        told = client.send("DELETE", f"{_ASSIGNMENTS}/{number}")
    write_text(f"removed {_said(told)}")


@phone_book.command("add")
def add_number(
    context: typer.Context,
    number: Number,
    name: Name = None,
    company: Company = None,
    tags: Tags = None,
    private: Private = None,
    unlisted: Unlisted = None,
    country: Country = "",
) -> None:
    """Say whose an outside number is, or a block of numbers."""
    given = _entry(name=name, company=company, tags=tags, private=private, unlisted=unlisted)
    with _connected(context) as client:
        told = client.send("POST", _PHONE_BOOK, {"number": number, "country": country, **given})
    write_text(f"added {told['number']}")


@phone_book.command("change")
def change_number(
    context: typer.Context,
    number: Number,
    name: Name = None,
    company: Company = None,
    tags: Tags = None,
    private: Private = None,
    unlisted: Unlisted = None,
) -> None:
    """Change whose an outside number is."""
    given = _entry(name=name, company=company, tags=tags, private=private, unlisted=unlisted)
    _change(context, _PHONE_BOOK, number, given, "number")


@phone_book.command("remove")
def remove_number(context: typer.Context, number: Number, yes: Yes = False) -> None:
    """Remove an outside number from the phone book."""
    _remove(context, _PHONE_BOOK, number, "number", yes=yes)


_PEOPLE, _DEPARTMENTS, _ASSIGNMENTS, _PHONE_BOOK = (
    f"/api/directory/{name}" for name in ("people", "departments", "assignments", "phone-book")
)
_CALLED = {_PEOPLE: ("name", "mail"), _DEPARTMENTS: ("path",), _PHONE_BOOK: ("number",)}
"""By what an entry is meant."""
_BETWEEN = str.maketrans("", "", " -()./")


def _connected(context: typer.Context) -> Any:  # noqa: ANN401 - a client, which is imported when it is needed
    from tollbook.cli.client import connect

    return connect(site_of(context), "directory")


def _given(**texts: str | None) -> _Row:
    """Return what was given; an empty day is none."""
    return {name: None if name in _DAYS and not text else text for name, text in texts.items() if text is not None}


def _person(*, first: str | None, until: str | None, **texts: str | None) -> _Row:
    return _given(valid_from=first, valid_until=until, **texts)


def _entry(*, tags: str | None, private: bool | None, unlisted: bool | None, **texts: str | None) -> _Row:
    flags = {name: flag for name, flag in (("private", private), ("unlisted", unlisted)) if flag is not None}
    said = {} if tags is None else {"tags": [tag.strip() for tag in tags.split(",") if tag.strip()]}
    return {**_given(**texts), **flags, **said}


def _found(client: Client, path: str, called: str) -> _Row:
    """Return the one entry that is called so; raises `Misconfigured` where there is none, or several."""
    rows, fields = list(client.rows(path)), _CALLED[path]
    wanted = _plain(path, called)
    found = [row for row in rows if any(_plain(path, row[field]) == wanted for field in fields if row[field])]
    if len(found) == 1:
        return found[0]
    if found:
        numbers = ", ".join(f"{row[fields[0]]} <{row[fields[-1]]}>" for row in found)
        raise Misconfigured(Problem(f"{len(found)} entries are called {called!r}", numbers, help="give the mail"))
    help_ = nearest(called, [row[fields[0]] for row in rows])
    raise Misconfigured(Problem(f"nothing is called {called!r}", "the directory has no such entry", help=help_))


def _plain(path: str, text: str) -> str:
    """Return what an entry is called as it is compared: digits alone of a number, whatever the case of letters."""
    return text.translate(_BETWEEN) if path == _PHONE_BOOK else " ".join(text.split()).casefold()


def _change(context: typer.Context, path: str, called: str, given: _Row, title: str) -> None:
    if not given:
        raise Misconfigured(Problem("it is not said what to change", "no option is given", help="`--help` lists them"))
    with _connected(context) as client:
        told = client.send("PATCH", f"{path}/{_found(client, path, called)['id']}", given)
    write_text(f"changed {told[title]}")


def _remove(context: typer.Context, path: str, called: str, title: str, *, yes: bool) -> None:
    with _connected(context) as client:
        found = _found(client, path, called)
        if not yes:
            typer.confirm(f"remove {found[title]}?", abort=True, err=True)
        client.send("DELETE", f"{path}/{found['id']}")
    write_text(f"removed {found[title]}")


def _said(told: _Row) -> str:
    owners = ", ".join(filter(None, (told["name"], told["department"], told["cost_centre"])))
    return f"{told['kind']} {told['value']}: {owners}"
