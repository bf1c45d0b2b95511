"""``python -m tollbook.simulator``: a simulated KX-HTS without the rest of the program."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from zoneinfo import ZoneInfo

from tollbook import clock
from tollbook.simulator.authentication import Authentication, Way
from tollbook.simulator.command import (
    Console,
    External,
    History,
    Live,
    run_console,
    run_external,
    write_history,
)
from tollbook.simulator.kx_hts import Setup
from tollbook.simulator.misbehaviour import Kind, parse
from tollbook.simulator.office import Office
from tollbook.simulator.packing import Packing
from tollbook.simulator.row import Dates, Encoding, LineEnd, NoAnswer, Quoting, Style, UniqueId
from tollbook.simulator.web_console import ConsoleSetup, Naming, Writing

EPILOG = "faults: " + ", ".join(kind.value for kind in Kind)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one mode; 0 when it ended well, 2 when the arguments make no sense."""
    options = _parser().parse_args(arguments)
    modes: Mapping[str, Callable[[argparse.Namespace], None]] = {
        "external": _external,
        "console": _console,
        "file": _file,
    }
    try:
        modes[options.mode](options)
    except (ValueError, OSError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - a program for the terminal
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tollbook.simulator",
        description="A simulated Panasonic KX-HTS. All numbers are fictitious.",
    )
    modes = parser.add_subparsers(dest="mode", required=True)
    external = modes.add_parser("external", help="serve Master.csv over HTTP", epilog=EPILOG)
    external.add_argument("--host", default="127.0.0.1")
    external.add_argument("--port", type=int, default=8080, help="0 takes a free one")
    external.add_argument("--path", default="/cdr/Master.csv")
    _choice(external, "--auth", Way, Way.NONE)
    external.add_argument("--username", default="INSTALLER")
    external.add_argument("--password", default="1234")
    external.add_argument("--backlog", type=int, default=0, help="rows in the file at first")
    external.add_argument("--fault", action="append", default=[], help="'cut after_bytes=100 times=3'; repeatable")
    console = modes.add_parser("console", help="write Master.csv into a folder")
    console.add_argument("folder", type=Path)
    _choice(console, "--writing", Writing, Writing.GROWING)
    _choice(console, "--naming", Naming, Naming.NUMBERED)
    console.add_argument("--rotate-after", type=int, default=1000, metavar="ROWS")
    file = modes.add_parser("file", help="write a file of past calls")
    file.add_argument("--rows", type=int, default=100_000)
    file.add_argument("--out", type=Path, required=True)
    file.add_argument("--days", type=float, default=90)
    file.add_argument("--until", type=_instant, help="ISO 8601; UTC unless it says otherwise")
    for live in (external, console):
        live.add_argument("--rate", type=float, default=6.0, help="calls per minute")
        live.add_argument("--duration", type=float, help="seconds; for ever without it")
        live.add_argument("--quiet", action="store_true", help="say nothing")
    for mode in (external, console, file):
        _add_common(mode)
    return parser


def _add_common(mode: argparse.ArgumentParser) -> None:
    mode.add_argument("--seed", type=int, default=1)
    mode.add_argument("--zone", type=ZoneInfo, default="America/New_York")
    _choice(mode, "--packing", Packing, Packing.TEXT)
    _choice(mode, "--quoting", Quoting, Quoting.QUOTED)
    _choice(mode, "--dates", Dates, Dates.ISO)
    _choice(mode, "--unique-id", UniqueId, UniqueId.FRACTION)
    _choice(mode, "--no-answer", NoAnswer, NoAnswer.MANUAL)
    _choice(mode, "--line-end", LineEnd, LineEnd.LF)
    _choice(mode, "--encoding", Encoding, Encoding.UTF8)


def _choice(mode: argparse.ArgumentParser, flag: str, choices: type[Enum], default: Enum) -> None:
    names = {choice.name.lower().replace("_", "-"): choice for choice in choices}
    mode.add_argument(
        flag,
        type=lambda name: names.get(name, name),
        choices=list(names.values()),
        default=default,
        metavar="|".join(names),
    )


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _external(options: argparse.Namespace) -> None:
    rule = Authentication(
        way=options.auth, username=options.username, password=options.password
    )  # fmt: skip
    setup = Setup(
        host=options.host,
        port=options.port,
        path=options.path,
        authentication=rule,
        style=_style(options),
        packing=options.packing,
        zone=options.zone,
        seed=options.seed,
    )
    faults = tuple(parse(text) for text in options.fault)
    run_external(
        External(setup=setup, live=_live(options), faults=faults, backlog=options.backlog)
    )  # fmt: skip


def _console(options: argparse.Namespace) -> None:
    setup = ConsoleSetup(
        folder=options.folder,
        style=_style(options),
        writing=options.writing,
        naming=options.naming,
        packing=options.packing,
        zone=options.zone,
    )
    run_console(
        Console(setup=setup, live=_live(options), rotate_after_rows=options.rotate_after)
    )  # fmt: skip


def _file(options: argparse.Namespace) -> None:
    history = History(
        out=options.out,
        until=options.until or clock.now(),
        rows=options.rows,
        span=timedelta(days=options.days),
        office=_office(options),
        style=_style(options),
        packing=options.packing,
    )
    size = write_history(history)
    print(f"{options.rows} rows, {size} bytes in {options.out}")  # noqa: T201 - for the terminal


def _office(options: argparse.Namespace) -> Office:
    return Office(zone=options.zone, seed=options.seed)


def _live(options: argparse.Namespace) -> Live:
    live = Live(
        office=_office(options), rate_per_minute=options.rate, duration_s=options.duration
    )  # fmt: skip
    return live if options.quiet else _aloud(live)


def _aloud(live: Live) -> Live:
    return Live(
        office=live.office,
        rate_per_minute=live.rate_per_minute,
        duration_s=live.duration_s,
        say=lambda line: print(line, flush=True),  # noqa: T201 - for the terminal
    )


def _style(options: argparse.Namespace) -> Style:
    return Style(
        quoting=options.quoting,
        dates=options.dates,
        unique_id=options.unique_id,
        no_answer=options.no_answer,
        line_end=options.line_end,
        encoding=options.encoding,
    )


if __name__ == "__main__":
    sys.exit(main())
