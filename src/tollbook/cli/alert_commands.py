"""`alert`: rules over calls, what they would have found, and what they found."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tollbook.cli.exits import CommandRefused, Exit, say
from tollbook.cli.options import Form, Yes, site_of
from tollbook.cli.output import Columns, OutputFormat, Row, write_json, write_list, write_table, write_text
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import folders

alert = typer.Typer(
    help="Have Tollbook tell you of calls: fraud, missed calls, limits, and what is wrong.", no_args_is_help=True
)

_KINDS = ", ".join(name.replace("_", "-") for name in folders("tollbook.alerts.kinds"))
_UNITS = {"m": 1, "h": 60, "d": 1440}
AlertName = Annotated[str, typer.Argument(metavar="NAME", help="The alert's name.", show_default=False)]
Kind = Annotated[str, typer.Option(metavar="KIND", help=f"What it looks for: {_KINDS}.")]
Sets = Annotated[
    list[str], typer.Option("--set", metavar="OPTION=VALUE", help="Set an option of its kind; repeatable.")
]
Where = Annotated[
    list[str],
    typer.Option("--where", metavar="WORD=VALUE", help="Only some calls; same filters as `calls`; repeatable."),
]
Hours = Annotated[str, typer.Option(metavar="HOURS", help="Office hours by the PBX's clock: 'mon-fri 08:00-18:00'.")]
When = Annotated[str, typer.Option(metavar="always|inside|outside", help="Calls of which time, by office hours.")]
Holidays = Annotated[str, typer.Option(metavar="DE-BY", help="Whose holidays are outside of office hours.")]
Days = Annotated[int, typer.Option("--days", metavar="DAYS", help="How far back.")]


def _hits(row: Row) -> str:
    return str(row["open_hits"] or "")


def _state(row: Row) -> str:
    if not row["enabled"]:
        return "off"
    return f"muted until {_moment(row['muted_until'])}" if row["muted_until"] else "on"


def _moment(text: object) -> str:
    return str(text or "")[:16].replace("T", " ")


def _settings(row: Row) -> str:
    told = [f"{name}={text}" for name, text in row["settings"].items()]
    told += [f"where {name}={text}" for name, text in row["words"].items()]
    hours = [f"{row['when']} {row['hours']} {row['holidays']}".strip()] if row["when"] != "always" else []
    return "  ".join([*told, *hours])


_ALERTS: Columns = {
    "alert": "name",
    "kind": lambda row: row["kind"].replace("_", "-"),
    "state": _state,
    "open": _hits,
    "tells": lambda row: ", ".join(row["deliveries"]),
    "settings": _settings,
}
_HITS: Columns = {
    "hit": "hit",
    "at (UTC)": lambda row: _moment(row["at"]),
    "alert": "alert",
    "level": "level",
    "found": "text",
    "acknowledged": lambda row: " ".join(filter(None, (_moment(row["acknowledged_at"]), row["acknowledged_by"]))),
    "note": "note",
}
_TRIED: Columns = {"at (UTC)": lambda row: _moment(row["at"]), "level": "level", "found": "text"}


@alert.command("kinds")
def kinds(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List the kinds of alert, and their options with defaults."""
    from tollbook.cli.client import connect

    columns: Columns = {
        "kind": "kind",
        "tells of": "about",
        "options": lambda row: "  ".join(f"{name}={text}" for name, text in row["options"].items()),
    }
    with connect(site_of(context), "alert kinds") as client:
        write_list(client, "/api/alert-kinds", {}, form=form, columns=columns)


def _pairs(given: list[str], option: str) -> dict[str, str]:
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise Misconfigured(Problem(f"'{option}' must be NAME=VALUE", f"got {text!r}"))
        found[name.strip()] = value
    return found


@alert.command("add")
def add(
    context: typer.Context,
    name: AlertName,
    kind: Kind,
    sets: Sets = [],  # noqa: B006 - Typer gives each call a list of its own
    where: Where = [],  # noqa: B006 - the same
    hours: Hours = "",
    when: When = "always",
    holidays: Holidays = "",
    history_days: Annotated[
        int, typer.Option(metavar="DAYS", help="Quiet before a PBX has so many days of calls.")
    ] = 0,
    throttle: Annotated[str, typer.Option(metavar="1h", help="Time between two messages at least.")] = "",
    digest: Annotated[str, typer.Option(metavar="15m", help="Time in which hits are collected for a message.")] = "",
    to: Annotated[
        list[str],
        typer.Option(
            "--to",
            metavar="DESTINATION[:MAIL]",
            help="Where it tells: office:anna@example.org, or a webhook; repeatable.",
        ),
    ] = [],  # noqa: B006 - the same
    off: Annotated[bool, typer.Option("--off", help="Set it up, and do not switch it on yet.")] = False,
) -> None:
    """Set up an alert, for calls that end from now on. `alert try` says what it would have told you."""
    from tollbook.cli.client import connect

    given: dict[str, Any] = {"name": name, "kind": kind, "enabled": not off, "deliveries": to}
    given |= {"settings": _pairs(sets, "--set"), "words": _pairs(where, "--where")}
    given |= {"hours": hours, "when": when, "holidays": holidays, "history_days": history_days}
    given |= {"digest_m": minutes_of(digest)} if digest else {}
    given |= {"throttle_m": minutes_of(throttle)} if throttle else {}
    with connect(site_of(context), "alert add") as client:
        told = client.send("POST", "/api/alerts", given)
        running = not client.in_process
    write_text(f"added {told['name']}: {told['title']}")
    if not running:
        say("calls are looked at once `tollbook serve` runs")


def minutes_of(text: str) -> int:
    """Return a time in minutes; raises `Misconfigured`.

    >>> minutes_of("90"), minutes_of("2h"), minutes_of("1d")
    (90, 120, 1440)
    """
    number, unit = (text[:-1], text[-1:]) if text[-1:] in _UNITS else (text, "m")
    if not (number.isascii() and number.isdigit() and len(number) < 7):  # noqa: PLR2004 - years are too long
        raise Misconfigured(Problem("a time cannot be read", f"got {text!r}", help="write it as 30m, 2h or 1d"))
    return int(number) * _UNITS[unit]


@alert.command("list")
def list_(context: typer.Context, form: Form = OutputFormat.TABLE) -> None:
    """List alerts, and how many of their hits nobody has acknowledged."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "alert list") as client:
        count = write_list(client, "/api/alerts", {}, form=form, columns=_ALERTS)
    if form is OutputFormat.TABLE and not count:
        say("there is no alert yet: tollbook alert add NAME --kind KIND; `tollbook alert kinds` lists the kinds")


@alert.command("show")
def show(context: typer.Context, name: AlertName, form: Form = OutputFormat.TABLE) -> None:
    """Show how an alert is set up."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "alert show") as client:
        told = client.get(f"/api/alerts/{name}", into=dict[str, Any])
    if form is OutputFormat.JSON:
        write_json(told)
        return
    write_table([told], _ALERTS)


@alert.command("on")
def on(context: typer.Context, name: AlertName) -> None:
    """Switch an alert on, for calls that end from now on."""
    _switch(context, name, enabled=True)


@alert.command("off")
def off(context: typer.Context, name: AlertName) -> None:
    """Switch an alert off; what it found stays."""
    _switch(context, name, enabled=False)


def _switch(context: typer.Context, name: str, *, enabled: bool) -> None:
    from tollbook.cli.client import connect

    with connect(site_of(context), "alert on") as client:
        client.send("PATCH", f"/api/alerts/{name}", {"enabled": enabled})
    write_text(f"{name} is {'on' if enabled else 'off'}")


@alert.command("change")
def change(
    context: typer.Context,
    name: AlertName,
    sets: Sets = [],  # noqa: B006 - Typer gives each call a list of its own
    where: Where = [],  # noqa: B006 - the same
    hours: Annotated[str | None, typer.Option(metavar="HOURS", help="Office hours.")] = None,
    when: Annotated[str | None, typer.Option(metavar="always|inside|outside", help="Calls of which time.")] = None,
    holidays: Annotated[str | None, typer.Option(metavar="DE-BY", help="Whose holidays.")] = None,
    history_days: Annotated[int | None, typer.Option(metavar="DAYS", help="Quiet before so many days.")] = None,
    throttle: Annotated[str, typer.Option(metavar="1h", help="Time between two messages at least.")] = "",
    digest: Annotated[str, typer.Option(metavar="15m", help="Time in which hits are collected.")] = "",
    to: Annotated[
        list[str], typer.Option("--to", metavar="DESTINATION[:MAIL]", help="Where it tells; '-' is nowhere.")
    ] = [],  # noqa: B006 - the same
) -> None:
    """Change an alert; an option or word that is given empty is taken away."""
    from tollbook.cli.client import connect

    given: dict[str, Any] = {
        "hours": hours,
        "when": when,
        "holidays": holidays,
        "history_days": history_days,
        "throttle_m": minutes_of(throttle) if throttle else None,
        "digest_m": minutes_of(digest) if digest else None,
        "deliveries": [each for each in to if each != "-"] if to else None,
    }
    wanted = {key: value for key, value in given.items() if value is not None}
    wanted |= {"settings": _emptied(sets, "--set"), "words": _emptied(where, "--where")}
    with connect(site_of(context), "alert change") as client:
        client.send("PATCH", f"/api/alerts/{name}", wanted)
    write_text(f"changed {name}")


def _emptied(given: list[str], option: str) -> dict[str, str | None]:
    return {name: text or None for name, text in _pairs(given, option).items()}


@alert.command("try")
def try_(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="An alert that is set up.", show_default=False)] = "",
    kind: Annotated[str, typer.Option(metavar="KIND", help="Or a kind, for an alert that is not.")] = "",
    sets: Sets = [],  # noqa: B006 - Typer gives each call a list of its own
    where: Where = [],  # noqa: B006 - the same
    hours: Hours = "",
    when: When = "always",
    holidays: Holidays = "",
    days: Days = 30,
    form: Form = OutputFormat.TABLE,
) -> None:
    """Say how often an alert would have told you of something in the last days, and of what."""
    from tollbook.cli.client import connect

    if bool(name) == bool(kind):
        raise Misconfigured(Problem("it is not said what to try", "one of both is needed", help="give NAME or --kind"))
    with connect(site_of(context), "alert try") as client:
        if name:
            told = client.get(f"/api/alerts/{name}/try", {"days": str(days)}, into=dict[str, Any])
        else:
            wanted = {"kind": kind, "settings": _pairs(sets, "--set"), "words": _pairs(where, "--where")}
            wanted |= {"hours": hours, "when": when, "holidays": holidays}
            told = client.send("POST", "/api/alert-try", wanted, {"days": str(days)})
    if form is OutputFormat.JSON:
        write_json(told)
        return
    write_table(told["found"], _TRIED)
    times = "once" if told["count"] == 1 else f"{told['count']} times"
    write_text(f"it would have told you {times} in the last {days} days, {told['critical']} of them critical")


@alert.command("mute")
def mute(
    context: typer.Context,
    name: AlertName,
    for_: Annotated[str, typer.Option("--for", metavar="2h", help="For how long: 30m, 2h or 1d; 0 ends it.")] = "1h",
) -> None:
    """Let an alert tell of nothing for a time. What it finds is listed all the same."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "alert mute") as client:
        told = client.send("POST", f"/api/alerts/{name}/mute", {"minutes": minutes_of(for_)})
    until = told["muted_until"]
    write_text(f"{name} is muted until {_moment(until)} UTC" if until else f"{name} tells again")


@alert.command("history")
def history(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Only of this alert.", show_default=False)] = "",
    only_open: Annotated[bool, typer.Option("--open", help="Only what nobody has acknowledged.")] = False,
    form: Form = OutputFormat.TABLE,
) -> None:
    """List what alerts found, the latest first."""
    from tollbook.cli.client import connect

    words = ({"alert": name} if name else {}) | ({"open": "yes"} if only_open else {})
    with connect(site_of(context), "alert history") as client:
        count = write_list(client, "/api/alert-hits", words, form=form, columns=_HITS)
    if form is OutputFormat.TABLE and not count:
        say("nothing was found yet; a call is looked at when it has ended")


@alert.command("ack")
def ack(
    context: typer.Context,
    hits: Annotated[list[int], typer.Argument(metavar="HIT...", help="Hits by their numbers.", show_default=False)],
    note: Annotated[str, typer.Option(metavar="TEXT", help="What came of it.")] = "",
) -> None:
    """Acknowledge hits, with a note."""
    from tollbook.cli.client import connect

    with connect(site_of(context), "alert ack") as client:
        told = client.send("POST", "/api/alert-hits/acknowledge", {"hits": hits, "note": note})
    write_text(f"acknowledged {told['acknowledged']}")


@alert.command("remove")
def remove(context: typer.Context, name: AlertName, yes: Yes = False) -> None:
    """Remove an alert and all that it found. Calls stay as they are."""
    from tollbook.cli.client import connect

    if not yes and not typer.confirm(f"Remove the alert {name} and all that it found?", err=True):
        raise CommandRefused(
            [Problem("nothing was changed", "it was not agreed to", help="answer y, or give --yes")], Exit.WRONG
        )
    with connect(site_of(context), "alert remove") as client:
        client.send("DELETE", f"/api/alerts/{name}")
    write_text(f"removed {name}")
