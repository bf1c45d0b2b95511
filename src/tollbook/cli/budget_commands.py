"""`budget`: how much money calls may come to in each month or week, and how that stands."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tollbook.cli.exits import CommandRefused, Exit, say
from tollbook.cli.options import Form, ThePbx, Yes, site_of
from tollbook.cli.output import Columns, OutputFormat, Row, write_csv, write_json, write_list, write_table, write_text
from tollbook.model.problem import Misconfigured, Problem
from tollbook.render.formatting import money

budget = typer.Typer(help="Set budgets for calls, and see how they stand.", no_args_is_help=True)

BudgetName = Annotated[str, typer.Argument(metavar="NAME", help="The budget's name.", show_default=False)]
Carry = Annotated[str, typer.Option("--carry", metavar="nothing|rest", help="What goes over into the next period.")]
Near = Annotated[int, typer.Option("--near", metavar="PERCENT", help="From this use on it is near its end.")]
_STATES = {"within": "within", "near": "NEAR", "over": "OVER"}


def target_of(row: Row) -> str:
    """Return whose something is, in words."""
    words = str(row["kind"]).replace("_", " ")
    return f"{words} {row['target']}" + (f" of {row['pbx']}" if row["pbx"] else "")


def _moment(name: str) -> Any:  # noqa: ANN401 - of a table's column
    return lambda row: str(row[name] or "")[:16].replace("T", " ")


def _share(row: Row) -> str:
    return f"{row['percent']} %" if row["percent"] is not None else ""


_PERIOD: Columns = {
    "available": "available",
    "used": "used",
    "%": _share,
    "left": "left",
    "forecast": "forecast",
    "state": lambda row: _STATES.get(row["state"], "not begun"),
}
_BUDGETS: Columns = {
    "budget": "name",
    "for": target_of,
    "counts": "measure",
    "per": "per",
    "from": "from",
    "currency": "currency",
    **_PERIOD,
    "unpriced": "unpriced",
}
_PERIODS: Columns = {
    "from": "from",
    "until": "until",
    "amount": "amount",
    "carried": "carried",
    **_PERIOD,
    "near since": _moment("near_reached_at"),
    "over since": _moment("over_reached_at"),
    "calls": "calls",
    "unpriced": "unpriced",
    "other currencies": "other_currencies",
}


@budget.command("add")
def add(
    context: typer.Context,
    name: BudgetName,
    amount: Annotated[str, typer.Option(metavar="AMOUNT", help="How much there is for each period: 250.00.")],
    currency: Annotated[str, typer.Option(metavar="EUR", help="Its currency. Calls of others are counted apart.")],
    extension: Annotated[str, typer.Option(metavar="EXTENSION", help="For an extension of a PBX.")] = "",
    person: Annotated[str, typer.Option(metavar="PERSON", help="For a person, by name or mail.")] = "",
    department: Annotated[str, typer.Option(metavar="PATH", help='For a department with all below: "Sales".')] = "",
    cost_centre: Annotated[str, typer.Option(metavar="CODE", help="For a cost centre.")] = "",
    account_code: Annotated[str, typer.Option(metavar="CODE", help="For an account code.")] = "",
    trunk: Annotated[str, typer.Option(metavar="TRUNK", help="For a trunk of a PBX.")] = "",
    pbx: ThePbx = "",
    measure: Annotated[str, typer.Option(metavar="price|cost", help="What counts of a call.")] = "price",
    per: Annotated[str, typer.Option(metavar="month|week", help="How long a period is.")] = "month",
    begins: Annotated[
        int,
        typer.Option(metavar="DAY", help="Its first day: of the month, or of the week, 1 Monday."),
    ] = 1,
    since: Annotated[str, typer.Option("--from", metavar="DAY", help="A day of the first period; else today.")] = "",
    carry: Carry = "nothing",
    near: Near = 80,
) -> None:
    """Set up a budget: for an extension, person, department, cost centre, account code or trunk."""
    from tollbook.cli.client import connect

    targets = {"extension": extension, "person": person, "department": department, "cost_centre": cost_centre}
    kind, target = one_target({**targets, "account_code": account_code, "trunk": trunk})
    given: dict[str, Any] = {"name": name, "kind": kind, "target": target, "pbx": pbx}
    given |= {"amount": amount, "currency": currency}
    given |= {"measure": measure, "per": per, "begins": begins, "carry": carry, "near": near}
    given |= {"since": since} if since else {}
    with connect(site_of(context), "budget add") as client:
        told = client.send("POST", "/api/budgets", given)
    write_text(f"added {name}: {told['amount']} {told['currency']} per {told['per']} for {target_of(told)}")


def one_target(targets: dict[str, str]) -> tuple[str, str]:
    """Return the kind and name of the one target that was given; raises `Misconfigured`."""
    given = [(kind, text) for kind, text in targets.items() if text]
    if len(given) == 1:
        return given[0]
    options = ", ".join(f"--{kind.replace('_', '-')}" for kind in targets)
    what = "it is not said for whom" if not given else "it is for one only"
    raise Misconfigured(Problem(what, f"{len(given)} were given", help=f"give one of {options}"))


@budget.command("list")
def list_(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List budgets, and how each stands in the running period."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "budget list") as client:
        count = write_list(client, "/api/budgets", {}, form=form, columns=_BUDGETS)
    if form is OutputFormat.TABLE and not count:
        say("there is no budget yet: tollbook budget add NAME --department PATH --amount 250 --currency EUR")


@budget.command("show")
def show(context: typer.Context, name: BudgetName, form: Form = OutputFormat.TABLE) -> None:
    """Show how a budget stands, and how it stood in earlier periods."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "budget show") as client:
        told = client.get(f"/api/budgets/{name}", into=dict[str, Any])
    if form is OutputFormat.JSON:
        write_json(told)
        return
    if form is OutputFormat.CSV:
        write_csv(told["periods"], _PERIODS)
        return
    facts = told["budget"]
    write_text(
        f"{target_of(facts)}: {money(facts['amount'])} {facts['currency']} of {facts['measure']} per {facts['per']}",
    )
    if not write_table(told["periods"], _PERIODS):
        say(f"its first period is the one of {facts['since']}")


@budget.command("change")
def change(
    context: typer.Context,
    name: BudgetName,
    amount: Annotated[str | None, typer.Option(metavar="AMOUNT", help="How much from now on.")] = None,
    first: Annotated[
        str,
        typer.Option("--from", metavar="DAY", help="From the period of this day on; else today's."),
    ] = "",
    carry: Annotated[str | None, typer.Option(metavar="nothing|rest", help="What goes over into the next.")] = None,
    near: Annotated[int | None, typer.Option(metavar="PERCENT", help="From this use on it is near its end.")] = None,
) -> None:
    """Change a budget. Periods before keep the amount that they had."""
    from tollbook.cli.client import connect

    given = {"amount": amount, "from": first or None, "carry": carry, "near": near}
    with connect(site_of(context), "budget change") as client:
        told = client.send(
            "PATCH",
            f"/api/budgets/{name}",
            {key: value for key, value in given.items() if value is not None},
        )
    write_text(f"changed {name}: {told['amount']} {told['currency']} per {told['per']}")


@budget.command("remove")
def remove(context: typer.Context, name: BudgetName, yes: Yes = False) -> None:
    """Remove a budget and what it reached. Calls stay as they are."""
    from tollbook.cli.client import connect

    if not yes and not typer.confirm(f"Remove the budget {name}?", err=True):
        raise CommandRefused(
            [Problem("nothing was changed", "it was not agreed to", help="answer y, or give --yes")], Exit.WRONG
        )
    with connect(site_of(context), "budget remove") as client:
        client.send("DELETE", f"/api/budgets/{name}")
    write_text(f"removed {name}")
