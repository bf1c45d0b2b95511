"""`python -m bench.fuzz`: hostile lines for every dialect, a process each; exits 1 if one is not read as it must be."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from functools import partial
from multiprocessing import get_context

from rich.console import Console

from bench.fuzz.trial import Found, Fuzzed, fuzz
from bench.tables import Table, count, duration, megabytes, show
from tollbook.dialects.known import catalogue

_WIDTH = 140


def main() -> None:
    """Read them, print what came of it, and say whether all was as it must be."""
    options = _parser().parse_args()
    slugs = options.dialect or sorted(dialect.slug for dialect in catalogue())
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    done = []
    for each in _fuzzed(slugs, -(-options.lines // len(slugs)), options):
        done.append(each)
        console.print(f"{len(done):3} of {len(slugs)}  {each.dialect}", style="dim", markup=False, highlight=False)
    show(_table(sorted(done, key=lambda each: each.seconds / each.lines, reverse=True)), console)
    found = [each for fuzzed in done for each in fuzzed.found]
    for odd in found:
        console.print(_told(odd), markup=False, highlight=False, soft_wrap=True)
    read = f"{count(sum(each.lines for each in done))} hostile lines, seed {options.seed}"
    console.print(f"\n{read}: {len(found)} not read as they must be" if found else f"\n{read}: all read or rejected")
    sys.exit(1 if found else 0)


def _fuzzed(slugs: list[str], lines: int, options: argparse.Namespace) -> Iterator[Fuzzed]:
    """Yield what came of each dialect, in a process of its own, so that memory is that of one alone."""
    with get_context("spawn").Pool(options.at_once, maxtasksperchild=1) as pool:
        yield from pool.imap_unordered(partial(fuzz, lines=lines, seed=options.seed), slugs)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz", description="Read hostile lines by every dialect.")
    parser.add_argument(
        "--lines", type=int, default=10_000_000, metavar="N", help="of all dialects; default 10,000,000"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which lines; default 1")
    parser.add_argument("--dialect", action="append", metavar="SLUG", help="this one alone; may be given several times")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1, metavar="N", help="default: one a core")
    return parser


def _table(done: list[Fuzzed]) -> Table:
    columns = ("dialect", "lines", "records", "calls", "CPU a line", "slowest line alone", "memory")
    rows = [
        (
            each.dialect,
            count(each.lines),
            count(each.records),
            count(each.calls),
            f"{each.seconds / each.lines * 1e6:.0f} µs",
            duration(each.longest_s) if each.longest_s else "",
            megabytes(each.memory),
        )
        for each in done
    ]
    notes = ("A line is read alone only where its batch took long.",)
    return Table(title="Hostile lines", columns=columns, words=frozenset(columns[:1]), rows=rows, notes=notes)


def _told(found: Found) -> str:
    lines = (f"\nerror: {found.what}", f" where: {found.dialect}", f"  line: {found.line}", f" again: {found.again}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
