"""`python -m bench.soak [--minutes N]`: soaks a real server, prints what came of it, exits 1 if anything differs."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from bench import machine
from bench.soak.course import Soaked, soak
from bench.soak.gauge import Use, allowed, rises
from bench.tables import Table, count, megabytes, show
from tollbook.clock import monotonic_s

_WIDTH = 140


def main() -> None:
    """Soak, print, and say whether all was as it must be."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description="Soak the real server.")
    parser.add_argument("--minutes", type=float, default=30, metavar="N", help="how long; default 30")
    options = parser.parse_args()
    console, begun = Console(width=None if sys.stdout.isatty() else _WIDTH), monotonic_s()

    def say(what: str) -> None:
        console.print(f"{monotonic_s() - begun:5.0f} s  {what}", style="dim", markup=False, highlight=False)

    with tempfile.TemporaryDirectory(prefix="tollbook-soak-") as folder:
        soaked = soak(Path(folder), options.minutes * 60, say)
    differences = [*soaked.differences, *rises(soaked.thirds[1], soaked.thirds[2], soaked.rests)]
    console.print(*machine.this().lines(), sep="\n", markup=False, highlight=False)
    show(_account(soaked, options.minutes), console)
    show(_use(soaked), console)
    for each in differences:
        text = f"\nerror: {each.what}\n where: {each.where}\n   why: {each.why}"
        console.print(text, markup=False, highlight=False, soft_wrap=True)
    console.print(f"\n{len(differences)} differences" if differences else "\nnothing differs")
    sys.exit(1 if differences else 0)


def _account(soaked: Soaked, minutes: float) -> Table:
    rows = [(name, count(number)) for name, number in soaked.figures.items()]
    notes = (f"The database is {soaked.database}.",)
    title = f"A server soaked for {minutes:g} minutes"
    return Table(title=title, columns=("what", "number"), words=frozenset(("what",)), rows=rows, notes=notes)


def _use(soaked: Soaked) -> Table:
    first, middle, last = soaked.thirds
    most = Use(rss=allowed(middle.rss), pss=allowed(middle.pss))
    uses = {
        "first third": first, "middle third": middle, "allowed in the last third": most, "last third": last,
        "at rest after the first third": soaked.rests[0], "at rest at the end": soaked.rests[1],
    }  # fmt: skip
    rows = [
        (name, megabytes(use.rss), megabytes(use.pss), *(count(number) if number else "" for number in others))
        for name, use in uses.items()
        for others in [(use.descriptors, use.threads)]
    ]
    columns = ("median of", "RSS", "PSS", "descriptors", "threads")
    notes = (f"RSS by tenths of the time, MB: {', '.join(f'{use.rss / 1e6:.0f}' for use in soaked.tenths)}.",)
    return Table(title="The server's process", columns=columns, words=frozenset(columns[:1]), rows=rows, notes=notes)


if __name__ == "__main__":
    main()
