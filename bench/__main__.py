"""`python -m bench`: measures what is asked for, prints a table for each subject, and at the end the floors."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import httpx2
import msgspec
from rich.console import Console

from bench import (
    alerts,
    catalogue,
    dialects,
    fleet,
    floors,
    idle,
    importing,
    live,
    machine,
    meaning,
    month,
    pages,
    prices,
    reporting,
    sinks,
    streaming,
    written,
)
from bench.scene import Result, Scene, Sizes, SubjectFailed, prepared
from bench.tables import duration, show
from tollbook.clock import monotonic_s

SUBJECTS: dict[str, Callable[[Scene], Result]] = {
    "import": importing.measure,
    "reports": reporting.measure,
    "meaning": meaning.measure,
    "prices": prices.measure,
    "catalogue": catalogue.measure,
    "month": month.measure,
    "pages": pages.measure,
    "idle": idle.measure,
    "live": live.measure,
    "streams": streaming.measure,
    "dialects": dialects.measure,
    "sinks": sinks.measure,
    "alerts": alerts.measure,
    "fleet": fleet.measure,
}
_UNLESS_SAID = [name for name in SUBJECTS if name != "month"]
"""What is measured unless somebody says what: to make a hundred million calls takes long, and much disk."""
_QUICK = Sizes(
    calls=50_000,
    month_more=4,
    repeats=3,
    requests=24,
    live_calls=5,
    idle_s=5,
    burst_lines=20_000,
    crowd_pbxs=40,
    crowd_records=1_000,
    crowd_s=6,
    dialect_calls=10_000,
    fleet_sites=20,
)
_WIDTH = 170
"""Columns of text where no terminal says how many it has."""


def main() -> None:
    """Measure, print, and write the Markdown where it is wanted."""
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, _stop)
    begun = monotonic_s()
    sizes = _sizes(options)
    told = machine.this().lines()
    console, progress = Console(width=None if sys.stdout.isatty() else _WIDTH), Console(stderr=True)
    console.print(*told, sep="\n", markup=False, highlight=False)
    with prepared(sizes, keep=options.keep, progress=progress) as scene:
        found = [_measured(scene, name, console) for name in options.only]
    facts = {fact: value for result in found for fact, value in result.facts.items()}
    held = floors.table(facts, sizes)
    show(held, console)
    told += [f"command: `make bench{_arguments(options)}`, {duration(monotonic_s() - begun)} in all"]
    console.print(f"\n{told[-1]}", markup=False, highlight=False)
    if options.markdown:
        section = written.figures(told, [*(table for result in found for table in result.tables), held])
        page = options.markdown.read_text("utf-8") if options.markdown.exists() else ""
        options.markdown.write_text(written.with_figures(page, section), "utf-8")
    sys.exit(0 if all(result.tables for result in found) else 1)


def _measured(scene: Scene, name: str, console: Console) -> Result:
    """Measure one subject and print its tables; one that cannot be measured has none."""
    try:
        result = SUBJECTS[name](scene)
    except (SubjectFailed, httpx2.HTTPError, OSError) as fault:
        console.print(f"\n{name} could not be measured: {fault}", style="bold", markup=False, highlight=False)
        return Result(tables=[])
    for table in result.tables:
        show(table, console)
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Tollbook beside its peers.")
    parser.add_argument(
        "--only",
        type=_subjects,
        default=_UNLESS_SAID,
        metavar="NAME,…",
        help=f"some of: {', '.join(SUBJECTS)}; all but month unless said",
    )
    parser.add_argument("--calls", type=int, metavar="N", help="calls in the site; ten times as many in the reports")
    parser.add_argument("--more", type=int, metavar="N", help="N times --calls in `month` and `fleet`: 100 and 1")
    parser.add_argument("--quick", action="store_true", help="small and soon done: to see that it works")
    parser.add_argument("--sqlite-10m", action="store_true", help="ask SQLite over the large number of calls, too")
    parser.add_argument(
        "--markdown",
        type=Path,
        metavar="FILE",
        help=f"write the tables into a file, under its heading '{written.HEADING}'",
    )
    parser.add_argument("--keep", action="store_true", help="keep the generated file of calls for the next run")
    return parser


def _subjects(text: str) -> list[str]:
    chosen = [word.strip() for word in text.split(",")]
    unknown = [word for word in chosen if word not in SUBJECTS]
    if unknown:
        message = f"{', '.join(unknown)}: there are {', '.join(SUBJECTS)}"
        raise argparse.ArgumentTypeError(message)
    return [name for name in SUBJECTS if name in chosen]


def _sizes(options: argparse.Namespace) -> Sizes:
    base = _QUICK if options.quick else Sizes()
    return msgspec.structs.replace(
        base,
        calls=options.calls or base.calls,
        month_more=options.more or base.month_more,
        fleet_more=options.more or base.fleet_more,
        sqlite_more=options.sqlite_10m,
    )


def _arguments(options: argparse.Namespace) -> str:
    """Return what makes the figures what they are; where they go is nobody's business."""
    words = [f"--only {','.join(options.only)}"] if options.only != _UNLESS_SAID else []
    words += [f"--calls {options.calls}"] if options.calls else []
    words += [f"--more {options.more}"] if options.more else []
    words += [flag for flag, given in (("--quick", options.quick), ("--sqlite-10m", options.sqlite_10m)) if given]
    return f' ARGS="{" ".join(words)}"' if words else ""


def _stop(_number: int, _frame: object) -> NoReturn:
    """End in order on SIGTERM: servers stopped, databases dropped, folders removed."""
    raise SystemExit("stopped")


if __name__ == "__main__":
    main()
