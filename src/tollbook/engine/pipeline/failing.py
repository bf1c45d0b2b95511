"""Reads what a format fails over in smaller and smaller parts, until the records are found that it fails over.

Those are rejects that say so and can be retried; all others are read. A format that fails over everything is not
asked for ever: after so many parts the rest is rejected whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tollbook.model.call import no_calls
from tollbook.model.frame import FORMAT_FAILED, Frames, Rejected
from tollbook.model.limits import FORMAT_TRIES
from tollbook.model.reading import Reading, join_readings

_SHOWN = 200
"""Characters of a fault that a reason quotes."""
Whole = TypeVar("Whole")
Made = TypeVar("Made")


class ProcessEnded(Exception):
    """The process that read some records ended over them."""


class NoProcess(Exception):
    """No process can be started to read in, which is no fault of what was to be read."""


def reason_of(dialect: str, fault: BaseException) -> str:
    """Say of a record that a format failed over it."""
    kind, told = type(fault).__name__, str(fault)[:_SHOWN]
    return f"the format {dialect} failed: {kind}: {told}" if told else f"the format {dialect} failed: {kind}"


def all_rejected(frames: Frames, reason: str) -> Reading:
    """Return frames as rejects of a format that failed."""
    pairs = zip(frames.raws, frames.offsets, strict=True)
    return Reading(no_calls(), [], [Rejected(raw, offset, reason, FORMAT_FAILED) for raw, offset in pairs])


def in_parts(
    whole: Whole,
    make: Callable[[Whole], Made],
    halves: Callable[[Whole], list[Whole]],
    refuse: Callable[[Whole, Exception], Made],
) -> list[Made]:
    """Return what is made of the parts of a whole, in order.

    `make` may raise: a part that it raises for is tried as two halves, and one that has none, or is still to be tried
    after the limit on tries, is refused.
    """
    made: list[Made] = []
    waiting, tries = [whole], 0
    while waiting:
        part = waiting.pop()
        tries += 1
        try:
            made.append(make(part))
        except NoProcess:
            raise
        except Exception as fault:  # noqa: BLE001 - it becomes the reason of the rejects that it makes
            smaller = halves(part) if tries < FORMAT_TRIES else []
            waiting += reversed(smaller)
            made += [] if smaller else [refuse(part, fault)]
    return made


class Careful:
    """A reader that never raises: the records that its format fails over are rejects."""

    def __init__(self, dialect: str, read: Callable[[Frames], Reading]) -> None:
        self._dialect = dialect
        self._read = read

    def read(self, frames: Frames) -> Reading:
        """Read frames."""
        parts = in_parts(frames, self._read, _halves, self._refused)
        return parts[0] if len(parts) == 1 else join_readings(parts)

    def _refused(self, frames: Frames, fault: Exception) -> Reading:
        return all_rejected(frames, reason_of(self._dialect, fault))


def _halves(frames: Frames) -> list[Frames]:
    middle, rows = len(frames) // 2, list(range(len(frames)))
    return [frames.pick(rows[:middle]), frames.pick(rows[middle:])] if middle else []
