"""`monthly-charge`: what is charged each month beside calls, such as the rental of a line."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tollbook.cli.budget_commands import one_target, target_of
from tollbook.cli.exits import CommandRefused, Exit, say
from tollbook.cli.options import Form, ThePbx, Yes, site_of
from tollbook.cli.output import Columns, OutputFormat, Row, write_list, write_text
from tollbook.model.problem import Problem

monthly_charge = typer.Typer(
    help="Charge something each month beside calls: the rental of a line.",
    no_args_is_help=True,
)

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="Its number, as it is listed.", show_default=False)]
_WITHOUT_END = "none"
_COLUMNS: Columns = {
    "number": "id",
    "name": "name",
    "for": target_of,
    "amount": "amount",
    "cost": "cost",
    "currency": "currency",
    "tax %": "tax",
    "part month": "part_month",
    "from": "from",
    "to": lambda row: row["to"] or "",
}


@monthly_charge.command("add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help='What is charged: "Line rental".', show_default=False)],
    amount: Annotated[str, typer.Option(metavar="AMOUNT", help="How much is charged a month, without tax: 12.50.")],
    currency: Annotated[str, typer.Option(metavar="EUR", help="Its currency.")],
    extension: Annotated[str, typer.Option(metavar="EXTENSION", help="For an extension of a PBX.")] = "",
    person: Annotated[str, typer.Option(metavar="PERSON", help="For a person, by name or mail.")] = "",
    department: Annotated[str, typer.Option(metavar="PATH", help='For a department: "Sales / North".')] = "",
    cost_centre: Annotated[str, typer.Option(metavar="CODE", help="For a cost centre.")] = "",
    pbx: ThePbx = "",
    cost: Annotated[str, typer.Option(metavar="AMOUNT", help="What you pay for it, without tax; else the same.")] = "",
    tax: Annotated[str, typer.Option(metavar="PERCENT", help="The tax that comes on top.")] = "0",
    part_month: Annotated[
        str,
        typer.Option(metavar="whole|days", help="How a month is charged in which it is valid in part."),
    ] = "whole",
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="First day; else that of this month.")] = "",
    last: Annotated[str, typer.Option("--to", metavar="DAY", help="Last day; else it has no end.")] = "",
) -> None:
    """Charge something each month for an extension, person, department or cost centre."""
    from tollbook.cli.client import connect

    targets = {"extension": extension, "person": person, "department": department, "cost_centre": cost_centre}
    kind, target = one_target(targets)
    given: dict[str, Any] = {"name": name, "kind": kind, "target": target, "pbx": pbx, "amount": amount}
    given |= {"cost": cost, "currency": currency, "tax": tax, "part_month": part_month}
    given |= {word: day for word, day in (("from", first), ("to", last)) if day}
    with connect(site_of(context), "monthly-charge add") as client:
        told = client.send("POST", "/api/monthly-charges", given)
    write_text(f"added number {told['id']}, {told['name']}: {_told(told)}")


@monthly_charge.command("list")
def list_(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List what is charged each month, and what was."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "monthly-charge list") as client:
        count = write_list(client, "/api/monthly-charges", {}, form=form, columns=_COLUMNS)
    if form is OutputFormat.TABLE and not count:
        command = 'tollbook monthly-charge add "Line rental" --extension 101 --amount 12.50 --currency EUR'
        say(f"nothing is charged each month yet: {command}")


@monthly_charge.command("change")
def change(
    context: typer.Context,
    number: Number,
    amount: Annotated[str | None, typer.Option(metavar="AMOUNT", help="How much a month, without tax.")] = None,
    cost: Annotated[str | None, typer.Option(metavar="AMOUNT", help="What you pay for it, without tax.")] = None,
    tax: Annotated[str | None, typer.Option(metavar="PERCENT", help="The tax that comes on top.")] = None,
    part_month: Annotated[str | None, typer.Option(metavar="whole|days", help="How a part month is charged.")] = None,
    first: Annotated[
        str,
        typer.Option("--from", metavar="DAY", help="From which day on that counts; else from this month on."),
    ] = "",
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="DAY|none", help="The last day on which it is charged; none is without end."),
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What it is called.")] = None,
) -> None:
    """Change or end a monthly charge. What was charged before stays: from then on it has a new number."""
    from tollbook.cli.client import connect

    said = {"amount": amount, "cost": cost, "tax": tax, "part_month": part_month, "name": name, "from": first or None}
    given: dict[str, Any] = {key: value for key, value in said.items() if value is not None}
    given |= {} if last is None else {"to": None if last == _WITHOUT_END else last}
    with connect(site_of(context), "monthly-charge change") as client:
        told = client.send("PATCH", f"/api/monthly-charges/{number}", given)
    became = f", now number {told['id']}" if told["id"] != number else ""
    write_text(f"changed number {number}{became}, {told['name']}: {_told(told)}")


@monthly_charge.command("remove")
def remove(context: typer.Context, number: Number, yes: Yes = False) -> None:
    """Remove a monthly charge from the statements of all months. To end it, change its last day."""
    from tollbook.cli.client import connect

    question = f"Remove monthly charge number {number}, from the months that are over, too?"
    if not yes and not typer.confirm(question, err=True):
        raise CommandRefused([Problem("nothing was changed", "it was not agreed to")], Exit.WRONG)
    with connect(site_of(context), "monthly-charge remove") as client:
        told = client.send("DELETE", f"/api/monthly-charges/{number}")
    write_text(f"removed number {number}, {told['name']}: {_told(told)}")


def _told(row: Row) -> str:
    tax = f" and {row['tax']} % tax" if row["tax"] != "0" else ""
    days = f"from {row['from']}" + (f" to {row['to']}" if row["to"] else " on")
    return f"{row['amount']} {row['currency']}{tax} per month for {target_of(row)}, {days}"
