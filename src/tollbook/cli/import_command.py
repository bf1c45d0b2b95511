"""`import`: files of records a person has, put through the same way as every answer of a PBX."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import msgspec
import typer

from tollbook.cli.exits import say
from tollbook.cli.options import site_of
from tollbook.cli.output import Columns, OutputFormat, progress, write_csv, write_json, write_table
from tollbook.model import naming
from tollbook.model.health import ImportState, Lag
from tollbook.model.problem import Misconfigured, Problem, Unavailable

if TYPE_CHECKING:
    from rich.progress import Progress

    from tollbook.cli.client import Client

PIECE = 4 << 20
_LOOK_S = 0.05
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
        typer.Argument(metavar="FILE…", help="Files of records, or archives of them; - is stdin."),
    ],
    pbx: Annotated[str, typer.Option(metavar="NAME", help="The PBX that wrote them.")],
    form: Annotated[OutputFormat, typer.Option("--format", help="How to print the summary.")] = OutputFormat.TABLE,
) -> None:
    """Import files of call records.

    Records that are in the ledger already are counted as duplicates and not stored twice. Records that cannot be read
    are kept and said; the exit code is 0 all the same, since nothing is lost.
    """
    from tollbook.cli.client import connect

    _check(files)
    with connect(site_of(context), "import") as client, progress("bytes") as bars:
        done = [import_file(client, path, pbx, bars) for path in files]
    _tell(done, form)


def import_file(client: Client, path: Path, pbx: str, bars: Progress) -> Imported:
    """Import one file and return what became of it, once every record of it is stored."""
    name = "stdin" if path == Path("-") else naming.shown(os.fsencode(path.name))
    with _bytes_of(path) as (file, size):
        words = {"pbx": pbx, "name": name[-255:]}
        body = int(client.send("POST", "/api/imports", words=words)["body"])
        bar = bars.add_task(name, total=size)
        with _ended(client, body):
            for piece in iter(lambda: file.read(PIECE), b""):
                client.put(f"/api/imports/{body}", piece)
                bars.update(bar, advance=len(piece))
    bars.update(bar, description=f"{name}: storing")
    state = _settled(client, body)
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


def _settled(client: Client, body: int) -> ImportState:
    while not (state := client.get(f"/api/imports/{body}", into=ImportState)).done:
        trouble = client.get("/api/lag", into=Lag).trouble
        if trouble:
            raise Unavailable(f"the file is in the journal and nothing of it is lost, but {trouble}")
        time.sleep(_LOOK_S)
    return state


@contextmanager
def _bytes_of(path: Path) -> Iterator[tuple[IO[bytes], int | None]]:
    with ExitStack() as stack:
        if path == Path("-"):
            yield sys.stdin.buffer, None
        else:
            yield stack.enter_context(path.open("rb")), path.stat().st_size


def _check(files: list[Path]) -> None:
    """Find every file that cannot be read before any is imported."""
    problems = []
    for path in files:
        if path != Path("-") and not path.is_file():
            reason = "it is a folder" if path.is_dir() else "there is no such file"
            hint = "name the files in it" if path.is_dir() else ""
            problems.append(Problem(f"cannot import {str(path)!r}", reason, help=hint))
    if problems:
        raise Misconfigured(*problems)


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
    if total.rejected:
        say(f"{total.rejected} records could not be read; they are kept, and `tollbook rejects` shows them")
