"""What the sources of files have in common, be they in a folder of this machine or on a server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

import msgspec

from tollbook.model.limits import SAME_NAMES
from tollbook.model.naming import shortly, shown
from tollbook.model.problem import Unavailable

LINE_ENDS = (b"\n", b"\r")
_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")


class Choice(msgspec.Struct, frozen=True):
    """Which names of a folder are taken, and how many of them at most."""

    patterns: tuple[str, ...]
    most: int

    def takes(self, name: bytes) -> bool:
        """Say whether a file is wanted; hidden and unfinished ones never are."""
        text = shown(name)
        hidden = text.startswith(".") or text.endswith(_UNFINISHED)
        return not hidden and any(fnmatchcase(text, pattern) for pattern in self.patterns)


def last_line_end(data: bytes) -> int:
    """Return the length of `data` up to and with its last line end."""
    return max(data.rfind(mark) for mark in LINE_ENDS) + 1


def check_size(name: bytes, size: int, largest_mb: int) -> None:
    """Raise `Unavailable` for a file that is too large to be one of records."""
    if size > largest_mb << 20:
        raise Unavailable(
            f"{shortly(name)} has {size >> 20} MB, over the {largest_mb} of 'largest', and is left; set 'largest' "
            "higher if it is a record file, or 'names' so that it is not meant",
            permanent=True,
        )


def too_many(most: int) -> Unavailable:
    """Return what to tell of a folder that holds more files than are looked at."""
    return Unavailable(
        f"the folder holds more than the {most} files of 'most', and those beyond are not looked at; let 'after' move "
        "or delete what is taken, narrow 'names', or set 'most' higher",
        permanent=True,
    )


def worst(faults: list[Unavailable]) -> Unavailable:
    """Return the fault to tell of: one that needs a person before one that may pass."""
    return next((fault for fault in faults if fault.permanent), faults[0])


def names_to_move_to(name: bytes) -> Iterator[bytes]:
    """Yield the names a file may have where it is moved to: its own, then numbered ones.

    >>> names = names_to_move_to(b"Master.csv")
    >>> next(names), next(names)
    (b'Master.csv', b'Master.1.csv')
    """
    yield name
    path = PurePosixPath(os.fsdecode(name))
    for number in range(1, SAME_NAMES):
        yield os.fsencode(f"{path.stem}.{number}{path.suffix}")
