"""`plan`: show, propose and set what the numbers of a PBX mean."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tollbook.cli.exits import say
from tollbook.cli.options import AnswerForm, Form, PbxName, site_of
from tollbook.cli.output import AnswerFormat, OutputFormat, write_json, write_rows, write_table, write_text

plan = typer.Typer(help="Say how numbers are dialled at a PBX, so that they have a meaning.", no_args_is_help=True)

Group = Annotated[str, typer.Option("--trunk-group", metavar="GROUP", help="Only for calls over this trunk group.")]


@plan.command("show")
def show(context: typer.Context, name: PbxName, form: Form = OutputFormat.TABLE) -> None:
    """Show the dial plan of a PBX, and how much of what it wrote that explains."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "plan show") as client:
        told = client.get(f"/api/pbxs/{name}/plan", into=dict)
    if form is OutputFormat.JSON:
        write_json(told)
        return
    rows = [
        {"lines": f"trunk group {group}" if group else "all", "setting": setting, "value": text}
        for group, texts in sorted(told["plan"].items())
        for setting, text in texts.items()
    ]
    if not rows:
        say(f"{name} has no dial plan; `tollbook plan propose {name}` proposes one")
        return
    write_rows(rows, {"lines": "lines", "setting": "setting", "value": "value"}, form)
    if form is OutputFormat.TABLE:
        _explain(told["judged"])


@plan.command("propose")
def propose(
    context: typer.Context,
    name: PbxName,
    country: Annotated[str, typer.Option(metavar="DE", help="Its country, if it is not that of its time zone.")] = "",
    keep: Annotated[bool, typer.Option("--keep", help="Set the plan that is proposed.")] = False,
    form: AnswerForm = AnswerFormat.TEXT,
) -> None:
    """Propose a dial plan from what a PBX has written, with the numbers that would stay unexplained."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "plan propose") as client:
        told = client.get(f"/api/pbxs/{name}/plan/proposal", {"country": country} if country else None, into=dict)
        if keep and told["settings"]:
            client.send("PATCH", f"/api/pbxs/{name}/plan", {"settings": told["settings"], "whole": True})
    if form is AnswerFormat.JSON:
        write_json(told)
        return
    for each in told["because"]:
        write_text(f"- {each}")
    _explain(told)
    words = " ".join(f"--set {setting}={text}" for setting, text in told["settings"].items())
    if not words:
        say(f"name the country: tollbook plan propose {name} --country GB")
    elif keep:
        say("kept; its calls are numbered by it")
    else:
        say(f"to set it: tollbook plan set {name} {words}")


@plan.command("set")
def set_(
    context: typer.Context,
    name: PbxName,
    settings: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="SETTING=VALUE",
            help="A setting of the plan, empty to take it away; repeatable.",
        ),
    ],
    trunk_group: Group = "",
) -> None:
    """Change the dial plan of a PBX; the calls that are there are numbered again."""
    from tollbook.cli.client import connect
    from tollbook.cli.pbx_commands import read_settings

    given = {setting: text or None for setting, text in read_settings(settings).items()}
    with connect(site_of(context), "plan set") as client:
        told = client.send("PATCH", f"/api/pbxs/{name}/plan", {"settings": given, "trunk_group": trunk_group})
    _explain(told["judged"])


def _explain(judged: dict[str, Any]) -> None:
    """Print what a plan explains, and what it does not."""
    if judged["explained"] is None:
        write_text("no calls yet that it could be tried on")
        return
    write_text(f"explains {judged['explained']:.1%} of {judged['calls']:,} outside calls")
    if judged["unexplained"]:
        write_text("not explained, most calls first:")
        write_table(judged["unexplained"], {"number": "text", "calls": "calls", "taken for": "kind"})
