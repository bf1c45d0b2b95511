"""Writes a file that the API sends, and says where."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

from tollbook.cli.exits import say
from tollbook.cli.output import stdout


def write_to(pieces: Iterable[bytes], output: Path | None) -> None:
    """Write a file as it comes, or to stdout where none is named."""
    first = iter(pieces)
    begin = next(first, b"")  # what is refused is said before the file is touched
    with output.open("wb") if output else nullcontext() as file:
        if file is None:
            with stdout() as out:
                out.writelines((begin, *first))
            return
        file.writelines((begin, *first))
    say(f"written to {output}")
