"""`schedule`: have reports sent at set times, and look at what was."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from tollbook.cli.completing import names_in
from tollbook.cli.exits import say
from tollbook.cli.options import Form, site_of
from tollbook.cli.output import Columns, OutputFormat, Row, write_list, write_text
from tollbook.model.problem import Misconfigured, Problem

schedule = typer.Typer(help="Have reports made and sent at set times.", no_args_is_help=True)

ScheduleName = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="The schedule's name.",
        show_default=False,
        autocompletion=names_in("schedule"),
    ),
]
When = Annotated[
    str | None,
    typer.Option(metavar="WHEN", help="'mondays 08:00', 'daily 07:30', '1st of month 06:00', or cron."),
]
Zone = Annotated[
    str | None, typer.Option(metavar="ZONE", help="Time zone, such as Europe/London; that of the PBX unless said.")
]


ReportName = Annotated[str | None, typer.Option(metavar="REPORT", help="A report's slug, 'explore' or 'phone-bill'.")]
SentBy = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Where it is sent: a destination.", autocompletion=names_in("destination")),
]
Recipients = Annotated[list[str] | None, typer.Option("--to", metavar="ADDRESS", help="Mail address; repeatable.")]
Departments = Annotated[
    list[str] | None,
    typer.Option(
        "--department",
        metavar="DEPARTMENT=ADDRESS",
        help="Send each department its own calls alone; repeatable.",
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="WORD=VALUE", help="Only some calls; same filters as `calls`; repeatable."),
]
Period = Annotated[str | None, typer.Option(metavar="PERIOD", help="Such as last-week or last-month.")]
Parameters = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Set a parameter of the report; repeatable."),
]
Attached = Annotated[
    list[str] | None, typer.Option("--file", metavar="FORMAT", help="Attach pdf, xlsx or csv; repeatable.")
]
LinkOption = Annotated[
    str | None, typer.Option(metavar="LINK", help="page (asks to sign in), open (for 14 days) or none.")
]
OnlyIf = Annotated[str | None, typer.Option(metavar="CONDITION", help="Send only if: 'rows', 'cost > 100'.")]


def _whom(row: Row) -> str:
    return ", ".join(row["recipients"]) or ", ".join(f"{path}: {to}" for path, to in row["departments"].items())


_SCHEDULE: Columns = {
    "name": "name",
    "report": "report",
    "when": "when",
    "zone": "zone",
    "next": lambda row: row["next"][0] if row["next"] else "paused",
    "destination": "destination",
    "to": _whom,
    "only if": "only_if",
    "owner": "owner",
    "says": "paused_because",
}
_RUN: Columns = {
    "run": "number",
    "due": "due_at",
    "state": "state",
    "messages": "messages",
    "made": "made_at",
    "says": "said",
}


@schedule.command("add")
def add(
    context: typer.Context,
    name: ScheduleName,
    report: ReportName,
    when: When,
    destination: SentBy,
    to: Recipients = None,
    departments: Departments = None,
    zone: Zone = "",
    only: Only = None,
    period: Period = "",
    settings: Parameters = None,
    files: Attached = None,
    link: LinkOption = "page",
    only_if: OnlyIf = "",
) -> None:
    """Have a report sent at set times.

    It has what you may see yourself when it is made.
    """
    wanted: dict[str, Any] = {"name": name, "report": report, "when": when, "zone": zone, "destination": destination}
    wanted |= {"recipients": _filled(to), "files": _filled(files), "link": link, "only_if": only_if}
    wanted |= {"settings": _settings(settings or []), "departments": _departments(departments or [])}
    wanted |= {"words": _words({}, only, period)}
    from tollbook.cli.client import connect

    with connect(site_of(context), "schedule add") as client:
        added = client.send("POST", "/api/schedules", wanted)
        running = not client.in_process
    write_text(f"added {added['name']}: {added['when']} ({added['zone']})")
    write_text("next: " + ", ".join(added["next"]))
    if not running:
        say("it is sent once `tollbook serve` runs")


@schedule.command("edit")
def edit(
    context: typer.Context,
    name: ScheduleName,
    report: ReportName = None,
    when: When = None,
    destination: SentBy = None,
    to: Recipients = None,
    departments: Departments = None,
    zone: Zone = None,
    only: Only = None,
    period: Period = None,
    settings: Parameters = None,
    files: Attached = None,
    link: LinkOption = None,
    only_if: OnlyIf = None,
) -> None:
    """Change a schedule. What you do not name stays; an empty text takes away: --file ''."""
    given: dict[str, Any] = {"report": report, "when": when, "zone": zone, "destination": destination, "link": link}
    given |= {"only_if": only_if, "recipients": _filled(to), "files": _filled(files)}
    given |= {"settings": settings and _settings(settings), "departments": departments and _departments(departments)}
    if only is not None or period is not None:
        given["words"] = _words(_send(context, name, ("GET", ""))["words"], only, period)
    change = {key: value for key, value in given.items() if value is not None}
    changed = _send(context, name, ("PATCH", ""), change)
    write_text(f"changed {name}: {changed['when']} ({changed['zone']})")
    write_text("next: " + (", ".join(changed["next"]) or "paused"))


def _words(before: dict[str, str], only: list[str] | None, period: str | None) -> dict[str, str]:
    """Return the filter: other words take the place of those before, another period that of the one before."""
    kept = before if only is None else {"period": before.get("period", ""), **_pairs(only, "--only", "pbx=hq")}
    words = kept if period is None else {**kept, "period": period}
    return {word: text for word, text in words.items() if text}


def _settings(given: list[str]) -> dict[str, str]:
    return _pairs(given, "--set", "longer_than=600")


def _departments(given: list[str]) -> dict[str, str]:
    return _pairs(given, "--department", "Sales=anne@example.com")


def _filled(given: list[str] | None) -> list[str] | None:
    return None if given is None else [each for each in given if each.strip()]


def _pairs(given: list[str], option: str, example: str) -> dict[str, str]:
    pairs = {}
    for text in _filled(given) or []:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise Misconfigured(
                Problem(f"'{option}' must be NAME=VALUE", f"got {text!r}", help=f"{option} '{example}'")
            )
        pairs[name.strip()] = value.strip()
    return pairs


@schedule.command("list")
def list_schedules(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List the schedules."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "schedule list") as client:
        write_list(client, "/api/schedules", {}, form=form, columns=_SCHEDULE)


@schedule.command("show")
def show(context: typer.Context, name: ScheduleName) -> None:
    """Show a schedule."""
    told = _send(context, name, ("GET", ""))
    for key, value in told.items():
        if isinstance(value, dict):
            value = ", ".join(f"{each}={text}" for each, text in value.items())  # noqa: PLW2901 - as it is written
        elif isinstance(value, list):
            value = ", ".join(value)  # noqa: PLW2901 - the same
        write_text(f"{key.replace('_', ' ')}: {value}")


@schedule.command("next")
def show_next(
    context: typer.Context,
    when: Annotated[str, typer.Argument(metavar="WHEN", help="Words or cron.")],
    zone: Zone = "",
) -> None:
    """Show when something written so would run next."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "schedule next") as client:
        told = client.send("GET", "/api/schedules/next", words={"when": when, "zone": zone})
    for at in told["next"]:
        write_text(at)


@schedule.command("run")
def run(context: typer.Context, name: ScheduleName) -> None:
    """Run a schedule now."""
    told = _send(context, name, ("POST", "/run"))
    write_text(f"run {told['number']} of {name} is on its way; `tollbook schedule history {name}` says what came of it")


@schedule.command("pause")
def pause(context: typer.Context, name: ScheduleName) -> None:
    """Pause a schedule."""
    _send(context, name, ("POST", "/pause"))
    write_text(f"paused {name}")


@schedule.command("resume")
def resume(context: typer.Context, name: ScheduleName) -> None:
    """Continue a paused schedule with its next moment."""
    told = _send(context, name, ("POST", "/resume"))
    write_text(f"resumed {name}, next: {told['next'][0]}")


@schedule.command("remove")
def remove(context: typer.Context, name: ScheduleName) -> None:
    """Remove a schedule with its history. What waits of it is not sent."""
    _send(context, name, ("DELETE", ""))
    write_text(f"removed {name}")


@schedule.command("history")
def history(context: typer.Context, name: ScheduleName, form: Form = OutputFormat.TABLE) -> None:
    """List what became of a schedule's runs, newest first."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "schedule history") as client:
        path = f"/api/schedules/{quote(name, safe='') or '%20'}/history"
        write_list(client, path, {}, form=form, columns=_RUN)


def _send(context: typer.Context, name: str, way: tuple[str, str], body: object = None) -> dict[str, Any]:
    """Ask the API about a schedule: `way` is a method, and what follows its name in the address."""
    from tollbook.cli.client import connect

    method, rest = way
    with connect(site_of(context), "schedule") as client:
        return client.send(method, f"/api/schedules/{quote(name, safe='') or '%20'}{rest}", body)
