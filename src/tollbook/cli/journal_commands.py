"""`journal`: the raw text, as the PBXs wrote it."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from tollbook.cli.options import OfPbx, site_of
from tollbook.cli.output import write_text
from tollbook.model.problem import Misconfigured, Problem

journal = typer.Typer(help="Export the raw bytes of all PBXs.", no_args_is_help=True)

# Whatever a server may say, nothing but such files is ever written, and only below the folder named.
_NAME = re.compile(r"([a-z0-9][a-z0-9-]{0,39})/(\d{4}-\d\d-\d\d(?:-\d+)?\.[a-z0-9][a-z0-9.]{0,9})", re.ASCII)
_MOST_OPEN = 32


@journal.command("export")
def export(
    context: typer.Context,
    out: Annotated[Path, typer.Option(metavar="DIR", file_okay=False, help="Folder to write into.")],
    pbx: OfPbx = "",
    from_: Annotated[str, typer.Option("--from", metavar="DAY", help="First day of arrival, UTC.")] = "",
    to: Annotated[str, typer.Option(metavar="DAY", help="Last day of arrival, UTC.")] = "",
) -> None:
    """Export the raw text as files.

    Writes one file for each PBX and day of arrival (UTC); archives as they came. Overwrites files of an earlier export.
    """
    from tollbook.cli.client import connect, lines

    with connect(site_of(context), "journal export") as client:
        pieces = client.pieces("/api/journal", {"pbx": pbx, "from": from_, "to": to})
        files, size = write_files(out, lines(pieces))
    write_text(f"{files} files, {size} bytes in {out}")


def write_files(out: Path, pieces: Iterator[dict[str, Any]]) -> tuple[int, int]:
    """Write pieces to the files they name; returns how many files and bytes. A file of before is written anew."""
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    seen: set[str] = set()
    size = 0
    with ExitStack() as stack:
        opened: dict[str, IO[bytes]] = {}
        for piece in pieces:
            name, data = str(piece["file"]), base64.b64decode(piece["data"], validate=True)
            if name not in opened:
                if len(opened) >= _MOST_OPEN:
                    stack.close()
                    opened.clear()
                opened[name] = stack.enter_context(_open(out, name, again=name in seen))
                seen.add(name)
            size += opened[name].write(data)
    return len(seen), size


def _open(out: Path, name: str, *, again: bool) -> IO[bytes]:
    found = _NAME.fullmatch(name)
    folder = out / found.group(1) if found else out
    if not found or folder.is_symlink():
        reason = "a file is '<pbx>/<day>.txt' below the folder named, and no link"
        raise Misconfigured(Problem(f"will not write {name!r}", reason, str(out)))
    folder.mkdir(exist_ok=True, mode=0o700)
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | (os.O_APPEND if again else os.O_TRUNC)
    return os.fdopen(os.open(folder / found.group(2), flags, 0o600), "wb")
