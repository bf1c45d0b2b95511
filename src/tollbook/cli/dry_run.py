"""What an import would give: of a whole file for `import --dry-run`, of its beginning before each import."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from tollbook.cli.exits import Exit, say
from tollbook.cli.given_files import PIECE, looked_at, opened, shown_name
from tollbook.cli.output import Columns, OutputFormat, write_csv, write_json, write_table
from tollbook.cli.samples import STDIN
from tollbook.framing.samples import text_sample
from tollbook.model.archive import BadArchive
from tollbook.model.dry_run import FORCE, DryRun, Upload, UploadStage, refusal
from tollbook.model.limits import IMPORT_SAMPLE
from tollbook.model.problem import Problem, Unavailable

if TYPE_CHECKING:
    from rich.progress import Progress

    from tollbook.cli.client import Client

_LOOK_S = 0.05
_SUMMARY: Columns = {
    "file": "file",
    "frames": "frames",
    "new calls": "calls",
    "duplicates": "duplicates",
    "skipped": "skipped",
    "rejected": "rejected",
}


class DryRunOfFile(msgspec.Struct, frozen=True):
    """What the import of a file would give."""

    file: str
    found: DryRun


def unreadable(client: Client, path: Path, pbx: str) -> list[Problem]:
    """Return why a file is not to be imported: nothing of the text at its beginning can be read."""
    try:
        with looked_at(path) as file:
            sample = text_sample(file, IMPORT_SAMPLE)
    except BadArchive as fault:
        if path == STDIN:
            return []  # only its beginning is here, and a zip is read from its end
        return [Problem(f"nothing of {shown_name(path)} can be read; nothing was stored", str(fault), help=FORCE)]
    if not sample:
        return []
    found = client.post("/api/dry-run", sample, {"pbx": pbx}, into=DryRun)
    return [] if found.readable else [refusal(shown_name(path), pbx, found)]


def dry_run_of(client: Client, path: Path, pbx: str, bars: Progress) -> DryRunOfFile:
    """Return what the import of a whole file would give; nothing of it is kept."""
    with opened(path) as (file, size, name):
        key = client.send("POST", "/api/uploads", words={"pbx": pbx, "name": name})["upload"]
        address = f"/api/uploads/{key}"
        bar = bars.add_task(name, total=size)
        try:
            for piece in iter(lambda: file.read(PIECE), b""):
                client.put(address, piece)
                bars.update(bar, advance=len(piece))
            client.send("POST", f"{address}/finish")
            bars.update(bar, description=f"{name}: reading")
            return DryRunOfFile(name, _found(client, address))
        finally:
            client.send("DELETE", address)


def _found(client: Client, address: str) -> DryRun:
    while (there := client.get(address, into=Upload)).found is None:
        if there.stage is UploadStage.FAILED:
            raise Unavailable(f"the file could not be read: {there.trouble}")
        time.sleep(_LOOK_S)
    return there.found


def tell_of(files: list[DryRunOfFile], pbx: str, form: OutputFormat) -> None:
    """Print what dry runs found; raises `Exit` where nothing of a file can be read."""
    if form is OutputFormat.JSON:
        write_json([{"file": each.file, **msgspec.to_builtins(each.found)} for each in files])
    elif form is OutputFormat.CSV:
        write_csv(map(_row, files), _SUMMARY)
    else:
        write_table(map(_row, files), _SUMMARY)
    for each in files:
        if not each.found.frames:
            say(f"{each.file} holds no record")
        for reject in each.found.rejects:
            member = f", file {reject.member + 1} in it" if reject.member else ""
            say(f"{each.file}{member}, line {reject.line}: {reject.reason}: {reject.raw}")
        if not each.found.readable:
            say(str(refusal(each.file, pbx, each.found)))
    say("nothing was stored")
    if not all(each.found.readable for each in files):
        raise typer.Exit(Exit.FOUND)


def _row(of_file: DryRunOfFile) -> dict[str, Any]:
    return {"file": of_file.file, **msgspec.structs.asdict(of_file.found)}
