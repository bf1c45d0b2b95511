"""``python -m tollbook.simulator``: a simulated PBX without the rest of the program."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tollbook import clock
from tollbook.simulator.arguments import add_choice, add_style, office_of, style_of
from tollbook.simulator.authentication import Authentication, AuthScheme
from tollbook.simulator.command import (
    Console,
    External,
    HistoryFile,
    Live,
    OutFile,
    run_console,
    run_external,
    write_file,
    write_history,
)
from tollbook.simulator.format_arguments import ROWS_AS_RECORDS, add_format, format_of, past_in
from tollbook.simulator.formats import SimulatedFormat
from tollbook.simulator.kx_hts import KxHtsSetup
from tollbook.simulator.misbehaviour import FaultKind, parse
from tollbook.simulator.packing import Packing
from tollbook.simulator.row import LineEnd
from tollbook.simulator.stream_arguments import add_stream, stream_of
from tollbook.simulator.stream_command import run_stream
from tollbook.simulator.web_console import ConsoleSetup, Naming, Writing

EPILOG = "faults: " + ", ".join(kind.value for kind in FaultKind)


def main(arguments: Sequence[str] | None = None, *, dialect: str = "", folder: Path | None = None) -> int:
    """Run one mode; 0 when it ended well, 2 when the arguments make no sense.

    `dialect` names the format of the records, and `folder` where formats of one's own lie, unless the arguments do.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    # `--tcp 2300` and `--out FILE` say enough; a format of the catalogue also knows how its records travel.
    others = dialect not in ("", ROWS_AS_RECORDS)
    if (not given and others) or (given and given[0].startswith("--") and (given[0] != "--help" or others)):
        given.insert(0, "file" if "--out" in given else "stream")
    if others:
        given[1:1] = ["--dialect", dialect, *(["--folder", str(folder)] if folder else [])]
    options = _parser().parse_args(given)
    modes: Mapping[str, Callable[[argparse.Namespace], None]] = {
        "external": _external,
        "console": _console,
        "file": _file,
        "stream": lambda chosen: run_stream(stream_of(chosen)),
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
        description="A simulated PBX, a Panasonic KX-HTS unless another format is named. All numbers are fictitious.",
    )
    modes = parser.add_subparsers(dest="mode", required=True)
    external = modes.add_parser("external", help="serve Master.csv over HTTP", epilog=EPILOG)
    external.add_argument("--host", default="127.0.0.1")
    external.add_argument("--port", type=int, default=8080, help="0 takes a free one")
    external.add_argument("--path", default="/cdr/Master.csv")
    add_choice(external, "--auth", AuthScheme, AuthScheme.NONE)
    external.add_argument("--username", default="INSTALLER")
    external.add_argument("--password", default="1234")
    external.add_argument("--backlog", type=int, default=0, help="rows in the file at first")
    external.add_argument("--fault", action="append", default=[], help="'cut after_bytes=100 times=3'; repeatable")
    console = modes.add_parser("console", help="write Master.csv into a folder")
    console.add_argument("folder", type=Path)
    add_choice(console, "--writing", Writing, Writing.GROWING)
    add_choice(console, "--naming", Naming, Naming.NUMBERED)
    console.add_argument("--rotate-after", type=int, default=1000, metavar="ROWS")
    file = modes.add_parser("file", help="write a file of past calls")
    file.add_argument("--rows", "--count", type=int, default=100_000, metavar="N", help="calls")
    file.add_argument("--out", type=Path, required=True)
    file.add_argument("--days", type=float, default=90)
    file.add_argument("--until", type=_instant, help="ISO 8601; UTC unless it says otherwise")
    add_format(file)
    add_stream(modes)
    for live in (external, console):
        live.add_argument("--rate", type=float, default=6.0, help="calls per minute")
        live.add_argument("--duration", type=float, help="seconds; for ever without it")
        live.add_argument("--quiet", action="store_true", help="say nothing")
    for mode in (external, console, file):
        _add_common(mode)
    return parser


def _add_common(mode: argparse.ArgumentParser) -> None:
    add_style(mode)
    add_choice(mode, "--packing", Packing, Packing.TEXT)
    add_choice(mode, "--line-end", LineEnd)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _external(options: argparse.Namespace) -> None:
    rule = Authentication(
        way=options.auth, username=options.username, password=options.password,
    )  # fmt: skip
    setup = KxHtsSetup(
        host=options.host,
        port=options.port,
        path=options.path,
        authentication=rule,
        style=style_of(options, options.line_end),
        packing=options.packing,
        zone=options.zone,
        seed=options.seed,
    )
    faults = tuple(parse(text) for text in options.fault)
    run_external(
        External(setup=setup, live=_live(options), faults=faults, backlog=options.backlog),
    )  # fmt: skip


def _console(options: argparse.Namespace) -> None:
    setup = ConsoleSetup(
        folder=options.folder,
        style=style_of(options, options.line_end),
        writing=options.writing,
        naming=options.naming,
        packing=options.packing,
        zone=options.zone,
    )
    run_console(
        Console(setup=setup, live=_live(options), rotate_after_rows=options.rotate_after),
    )  # fmt: skip


def _file(options: argparse.Namespace) -> None:
    found = format_of(options)
    if found:
        _file_in(options, found)
        return
    history = HistoryFile(
        out=options.out,
        until=options.until or clock.now(),
        rows=options.rows,
        span=timedelta(days=options.days),
        office=office_of(options),
        style=style_of(options, options.line_end),
        packing=options.packing,
    )
    size = write_history(history)
    print(f"{options.rows} rows, {size} bytes in {options.out}")  # noqa: T201 - for the terminal


def _file_in(options: argparse.Namespace, found: SimulatedFormat) -> None:
    if options.line_end:
        raise ValueError(f"--line-end is a choice of the KX-HTS; {found.slug} ends its records in its own way")
    written = OutFile(out=options.out, packing=options.packing, until=options.until or clock.now())
    size = write_file(written, past_in(options, found.writer()))
    print(f"{options.rows} calls, {size} bytes in {options.out}")  # noqa: T201 - for the terminal


def _live(options: argparse.Namespace) -> Live:
    live = Live(
        office=office_of(options), rate_per_minute=options.rate, duration_s=options.duration,
    )  # fmt: skip
    return live if options.quiet else _aloud(live)


def _aloud(live: Live) -> Live:
    return Live(
        office=live.office,
        rate_per_minute=live.rate_per_minute,
        duration_s=live.duration_s,
        say=lambda line: print(line, flush=True),  # noqa: T201 - for the terminal
    )


if __name__ == "__main__":
    sys.exit(main())
