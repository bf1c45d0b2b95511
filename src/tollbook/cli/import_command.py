"""`import`: files of records a person has, put through the same way as every answer of a PBX."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from tollbook.cli.exits import say
from tollbook.cli.given_files import PIECE, opened
from tollbook.cli.options import offered_pbxs, site_of
from tollbook.cli.output import Columns, OutputFormat, progress, write_csv, write_json, write_table
from tollbook.cli.samples import STDIN
from tollbook.model.health import ImportState, Lag
from tollbook.model.problem import Misconfigured, Problem, Unavailable

if TYPE_CHECKING:
    from rich.progress import Progress

    from tollbook.cli.client import Client

_LOOK_S, _LONGEST_LOOK_S, _LESS_OFTEN = 0.05, 1.0, 1.03
"""Pauses between two looks at an import: each a little longer, so that they are a few per cent of what it has taken."""
_COUNTS = ("frames", "calls", "duplicates", "skipped", "rejected")
_SUMMARY: Columns = {"file": "file", **{name: name for name in _COUNTS}}


class Imported(msgspec.Struct, frozen=True):
    """What became of a file's records, or of all files'."""

    file: str
    frames: int
    calls: int
    duplicates: int
    skipped: int
    rejected: int


def import_files(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="Files of records, or archives; - is stdin."),
    ],
    pbx: Annotated[str, typer.Option(metavar="NAME", help="The PBX that wrote them.", autocompletion=offered_pbxs)],
    dry: Annotated[
        bool,
        typer.Option("--dry-run", help="Show what would be imported; store nothing."),
    ] = False,
    forced: Annotated[
        bool,
        typer.Option("--even-if-unreadable", help="Import the file even if nothing in its first megabyte can be read."),
    ] = False,
    form: Annotated[OutputFormat, typer.Option("--format", help="Output format.")] = OutputFormat.TABLE,
) -> None:
    """Import files of call records.

    Calls that Tollbook already has count as duplicates and are not stored twice. Records that cannot be read are kept
    and counted; the exit code is still 0. If nothing at the beginning of a file can be read, no file is imported.
    `--dry-run` reads whole files and stores nothing; the exit code is 1 if nothing in a file can be read.
    """
    from tollbook.cli.client import connect
    from tollbook.cli.dry_run import dry_run_of, tell_of, unreadable

    _check(files)
    with connect(site_of(context), "import") as client, progress("bytes") as bars:
        problems = [] if dry or forced else [each for path in files for each in unreadable(client, path, pbx)]
        if problems:
            raise Misconfigured(*problems)
        found = [dry_run_of(client, path, pbx, bars) for path in files if dry]
        done = [import_file(client, path, pbx, bars) for path in files if not dry]
    if dry:
        tell_of(found, pbx, form)
    else:
        _tell(done, form)


def import_file(client: Client, path: Path, pbx: str, bars: Progress) -> Imported:
    """Import one file and return what became of it, once every record of it is stored."""
    with opened(path) as (file, size, name):
        words = {"pbx": pbx, "name": name}
        body = int(client.send("POST", "/api/imports", words=words)["body"])
        bar = bars.add_task(name, total=size)
        with _ended(client, body):
            for piece in iter(lambda: file.read(PIECE), b""):
                client.put(f"/api/imports/{body}", piece)
                bars.update(bar, advance=len(piece))
    bars.update(bar, description=f"{name}: storing")
    state = settled(client, body, "the file is in the journal and nothing of it is lost")
    whole = max(state.bytes_taken, 1)
    bars.update(bar, description=f"{name}: {state.calls} calls", total=whole, completed=whole)
    return Imported(name, *(getattr(state, count) for count in _COUNTS))


@contextmanager
def _ended(client: Client, body: int) -> Iterator[None]:
    """End an import whatever happens: what was sent is kept, and marked as cut off where it is not all."""
    try:
        yield
    except BaseException as fault:
        reason = (
            "interrupted" if isinstance(fault, (KeyboardInterrupt, SystemExit)) else f"could not be read on: {fault}"
        )
        client.send("POST", f"/api/imports/{body}/finish", words={"cut": reason[:200]})
        raise
    client.send("POST", f"/api/imports/{body}/finish")


def settled(client: Client, body: int, so_far: str) -> ImportState:
    """Return an import's state once the ledger shows it; raises `Unavailable` with what is so far where it cannot."""
    pause = _LOOK_S
    while not (state := client.get(f"/api/imports/{body}", into=ImportState)).done:
        trouble = client.get("/api/lag", into=Lag).trouble
        if trouble:
            raise Unavailable(f"{so_far}, but {trouble}")
        time.sleep(pause)
        pause = min(pause * _LESS_OFTEN, _LONGEST_LOOK_S)
    return state


def _check(files: list[Path]) -> None:
    """Find every file that cannot be read before any is imported."""
    problems = [
        Problem(f"cannot import {str(path)!r}", *_why_not(path))
        for path in files
        if path != STDIN and not path.is_file()
    ]
    if problems:
        raise Misconfigured(*problems)


def _why_not(path: Path) -> tuple[str, str, str]:
    """Return the reason why a path names no file of records, no place, and what to do."""
    if path.is_dir():
        return "it is a folder", "", "name the files in it"
    if path.exists():
        return "it is no ordinary file", "", "name a file, or - for what is piped in"
    return "there is no such file", "", f"look at its name; a name without a folder is looked for in {Path.cwd()}"


def _tell(done: list[Imported], form: OutputFormat) -> None:
    totals = [sum(getattr(each, name) for each in done) for name in _COUNTS]
    total = Imported("all", *totals)
    if form is OutputFormat.JSON:
        write_json({**{name: getattr(total, name) for name in _COUNTS}, "files": done})
    if form is OutputFormat.CSV:
        write_csv(map(msgspec.structs.asdict, done), _SUMMARY)
    if form is OutputFormat.TABLE:
        rows = [*done, total] if len(done) > 1 else done
        write_table(map(msgspec.structs.asdict, rows), _SUMMARY)
    for each in done:
        if not each.frames:
            say(f"{each.file} holds no record")
    if total.rejected:
        say(f"records that could not be read: {total.rejected}; they are kept, and `tollbook rejects` shows them")
