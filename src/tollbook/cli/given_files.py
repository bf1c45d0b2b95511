"""Files that are named on the command line; - is stdin, whose beginning can be looked at before it is read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

from tollbook.cli.samples import STDIN
from tollbook.model import naming
from tollbook.model.limits import LONGEST_ORIGIN

PIECE = 4 << 20
"""Bytes sent at once."""
_looked_at: list[bytes] = []
"""What was read of stdin to look at it: it is given out again."""


class _Stdin:
    """Stdin from its beginning on, though some of it was looked at."""

    def read(self, size: int) -> bytes:
        return _looked_at.pop() if _looked_at else sys.stdin.buffer.read(size)


def shown_name(path: Path) -> str:
    """Return the name of a file as it is shown and kept."""
    return "stdin" if path == STDIN else naming.shown(os.fsencode(path.name))[-LONGEST_ORIGIN:]


@contextmanager
def opened(path: Path) -> Iterator[tuple[_Stdin | IO[bytes], int | None, str]]:
    """Open a file; yields it with its size, where that is known, and its name as it is shown."""
    if path == STDIN:
        yield _Stdin(), None, shown_name(path)
        return
    with path.open("rb") as file:
        yield file, path.stat().st_size, shown_name(path)


@contextmanager
def looked_at(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to look at it, of stdin only its beginning; afterwards `opened` gives all of it all the same."""
    if path == STDIN:
        _looked_at[:] = [b"".join(_looked_at) or sys.stdin.buffer.read(PIECE)]
        yield BytesIO(_looked_at[0])
        return
    with path.open("rb") as file:
        yield file
