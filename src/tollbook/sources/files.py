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
        return is_finished(name) and any(fnmatchcase(text, pattern) for pattern in self.patterns)


def is_finished(name: bytes) -> bool:
    """Say whether a name is none of those that hidden and unfinished files have."""
    text = shown(name)
    return not (text.startswith(".") or text.endswith(_UNFINISHED))


class Unfitting(msgspec.Struct, frozen=True):
    """How many files of a folder have a name that is not wanted, and one of those names."""

    count: int = 0
    name: bytes = b""

    def and_also(self, name: bytes) -> Unfitting:
        """Return it with one more file; hidden and unfinished ones are never told of."""
        return Unfitting(self.count + 1, min(self.name or name, name)) if is_finished(name) else self

    def told(self, choice: Choice) -> str:
        """Say so to whoever waits for calls; nothing where there is none.

        >>> Unfitting(3, b"SMDR-0101.txt").told(Choice(("*.csv",), 9))
        "3 files are there, and 'names' takes only *.csv, which none of them fits, e.g. SMDR-0101.txt"
        """
        takes = f"'names' takes only {', '.join(choice.patterns)}"
        if self.count > 1:
            return f"{self.count} files are there, and {takes}, which none of them fits, e.g. {shortly(self.name)}"
        return f"{shortly(self.name)} is there, but {takes}" if self.count else ""


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
