"""`tariff`: add, list, show, export and assign tariffs; and `explain`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tollbook.cli.exits import say
from tollbook.cli.options import AnswerForm, Form, offered_pbxs, site_of
from tollbook.cli.output import (
    AnswerFormat,
    Columns,
    OutputFormat,
    write_json,
    write_list,
    write_pieces,
    write_rows,
    write_text,
)
from tollbook.cli.tariff_convert import convert
from tollbook.cli.tariff_texts import sent_texts
from tollbook.model.problem import Misconfigured, Problem

tariff = typer.Typer(help="Keep tariffs, and say which calls they price.", no_args_is_help=True)
tariff.command()(convert)

TariffName = Annotated[str, typer.Argument(metavar="TARIFF", help="The tariff's name.", show_default=False)]
VersionName = Annotated[str, typer.Option("--version", metavar="NAME", help="A version; else the last one.")]
_COUNTED = ("new", "dearer", "cheaper", "unchanged", "closed")
_VERSIONS: Columns = {
    "tariff": "tariff",
    "version": "name",
    "valid from": "valid_from",
    "title": "title",
    "currency": "currency",
    "rates": "rates",
    "fault": "fault",
}
_EXAMPLES: Columns = {"example": "name", "title": "title", "about": "about"}
_RULES: Columns = {
    "number": "id",
    "tariff": "tariff",
    "pbx": lambda row: row["pbx"] or "any",
    "trunk": "trunk",
    "trunk group": "trunk_group",
    "direction": lambda row: row["direction"] or "any",
    "from": "first",
    "until": "until",
}


@tariff.command("add")
def add(
    context: typer.Context,
    name: TariffName,
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="Its document; a price list FILE.csv lies beside.")],
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="Valid from this day: 2026-01-01.")] = "",
    dry: Annotated[bool, typer.Option("--dry-run", help="Show what would change; change nothing.")] = False,
    form: AnswerForm = AnswerFormat.TEXT,
) -> None:
    """Add a version of a tariff. Every fault is shown with its line, and then nothing is added."""
    from tollbook.cli.client import connect

    words = {"from": first, "dry_run": str(dry).lower()}
    with sent_texts(file) as data, connect(site_of(context), "tariff add") as client:
        told = client.post(f"/api/tariffs/{_part(name)}", data, words, into=dict)
    if form is AnswerFormat.JSON:
        write_json(told)
        return
    write_text(f"{'would add' if dry else 'added'} {told['tariff']} {told['name']}: {told['rates']} rates")
    against = f" against {told['before']}" if told["before"] else ""
    write_text(", ".join(f"{told['changes'][word]} {word}" for word in _COUNTED) + against)
    for warning in told["warnings"]:
        say(f"warning: {warning}")
    if not dry:
        say(f"to price calls by it: tollbook tariff assign {name}")


@tariff.command("examples")
def examples(
    name: Annotated[str, typer.Argument(metavar="EXAMPLE", help="Write its document to stdout.")] = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.toml", help="Write the document here, and a price list beside it."),
    ] = None,
    form: Form = OutputFormat.TABLE,
) -> None:
    """List tariffs to begin with, which come with Tollbook, or write one."""
    from tollbook.site.tariffs.examples import example
    from tollbook.site.tariffs.examples import examples as known

    if not name:
        write_rows([{"name": each.name, "title": each.title, "about": each.about} for each in known()], _EXAMPLES, form)
        return
    found = example(name)
    if out is None:
        write_pieces([found.document.encode()])
        if found.prices:
            say("it has a price list beside it: --out FILE.toml writes both")
        return
    texts = {out: found.document, out.with_suffix(".csv"): found.prices}
    there = [path for path in texts if path.exists()]
    if there:
        raise Misconfigured(
            Problem(f"{there[0]} is there already", "nothing is written over", help="choose another name")
        )
    for path, text in texts.items():
        if text:
            path.write_text(text, "utf-8")
            say(f"wrote {path}")


@tariff.command("list")
def list_(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List the versions of all tariffs."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "tariff list") as client:
        write_list(client, "/api/tariffs", {}, form=form, columns=_VERSIONS)


@tariff.command("show")
def show(
    context: typer.Context,
    name: TariffName,
    version: VersionName = "",
    form: Form = OutputFormat.TABLE,
) -> None:
    """Show a version of a tariff, and which calls the tariff prices."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "tariff show") as client:
        told = client.get(f"/api/tariffs/{_part(name)}", {"version": version} if version else None, into=dict)
        rules = [row for row in client.rows("/api/tariff-rules") if row["tariff"] == name]
    if form is OutputFormat.JSON:
        write_json({**told, "rules": rules})
        return
    write_rows([told], _VERSIONS, form)
    if rules:
        write_rows(rules, _RULES, form)
    else:
        say(f"it prices no calls: tollbook tariff assign {name}")


@tariff.command("export")
def export(
    context: typer.Context,
    name: TariffName,
    version: VersionName = "",
    prices: Annotated[bool, typer.Option("--prices", help="Write the price list and not the document.")] = False,
) -> None:
    """Write the document of a tariff, or its price list, to stdout."""
    from tollbook.cli.client import connect
    from tollbook.web.tariffs.texts import unpacked

    with connect(site_of(context), "tariff export") as client:
        data = b"".join(client.pieces(f"/api/tariffs/{_part(name)}/texts", {"version": version} if version else None))
    document, listed = unpacked(data)
    wanted = listed if prices else document
    write_pieces([wanted.text.encode() if wanted else b""])


@tariff.command("assign")
def assign(
    context: typer.Context,
    name: TariffName,
    pbx: Annotated[str, typer.Option(metavar="NAME", help="Only calls of this PBX.", autocompletion=offered_pbxs)] = "",
    trunk: Annotated[str, typer.Option(metavar="TRUNK", help="Only calls over this trunk.")] = "",
    trunk_group: Annotated[str, typer.Option(metavar="GROUP", help="Only calls over this trunk group.")] = "",
    direction: Annotated[str, typer.Option(metavar="WORD", help="outgoing, incoming, internal, transit.")] = "outgoing",
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="From this day on.")] = "",
    until: Annotated[str, typer.Option(metavar="DAY", help="Until before this day.")] = "",
) -> None:
    """Price calls by a tariff, from now on; `rate run` prices earlier ones again."""
    from tollbook.cli.client import connect
    from tollbook.cli.days import given_days

    given = {"tariff": name, "pbx": pbx, "trunk": trunk, "trunk_group": trunk_group, "direction": direction}
    days = given_days({"--from": first, "--until": until})
    given |= {option.removeprefix("--"): day.isoformat() for option, day in days.items()}
    with connect(site_of(context), "tariff assign") as client:
        told = client.send("POST", "/api/tariff-rules", given)
    write_text(f"assigned {name}, number {told['id']}")


@tariff.command("unassign")
def unassign(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The number of the assignment.")],
) -> None:
    """Price calls without an assignment from now on; `tariff rules` shows the numbers."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "tariff unassign") as client:
        told = client.send("DELETE", f"/api/tariff-rules/{number}")
    write_text(f"{told['tariff']} prices those calls no longer")


@tariff.command("rules")
def rules(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List to which calls tariffs are assigned."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "tariff rules") as client:
        write_list(client, "/api/tariff-rules", {}, form=form, columns=_RULES)


def explain(
    context: typer.Context,
    call: Annotated[str, typer.Argument(metavar="CALL", help="The id of a call.")],
    form: AnswerForm = AnswerFormat.TEXT,
) -> None:
    """Say how the price of a call came about."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "explain") as client:
        told: dict[str, Any] = client.get(f"/api/calls/{_part(call)}/price", into=dict)
    if form is AnswerFormat.JSON:
        write_json(told)
        return
    for sentence in told["explanation"]:
        write_text(sentence)


def _part(name: str) -> str:
    """Return a name as one part of an address; it is refused where it would lead to another address."""
    from urllib.parse import quote

    if "/" in name or name in ("", ".", ".."):
        raise Misconfigured(
            Problem(
                f"{name!r} cannot be a name",
                "in an address it leads elsewhere",
                help="`tollbook tariff list` shows names of tariffs, `tollbook calls --format json` ids of calls",
            ),
        )
    return quote(name, safe="")
