"""By which clock moments are written, where a PBX may write its own time or UTC and a call's id shows which."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from tollbook.dialects.reading.localtime import ZoneOffsets
from tollbook.dialects.reading.row_zones import RowZones
from tollbook.model.call import NEVER, Numbers

Mask = npt.NDArray[np.bool_]
_EPOCH_DIGITS = 10
"""Of an instant in seconds, from 2001 to 2286."""
_HEX_DIGITS = 16
_EPOCHS_MS = range(10 ** (_EPOCH_DIGITS + 2), 10 ** (_EPOCH_DIGITS + 3))

Epochs = Callable[[], Iterable["int | None"]]
"""Gives an instant close to each record's moment, such as the one that its id holds, where it holds one."""


class Clock:
    """By which clock a PBX writes moments: its own (`local`), `utc`, or the one that a call's id shows (`auto`).

    `else_utc` says what is taken where an id shows none.
    """

    def __init__(self, offsets: ZoneOffsets | RowZones, said: str, *, else_utc: bool = False) -> None:
        self._offsets = offsets
        self._said = said
        self._else_utc = else_utc

    def reading(self, walls: Numbers, epochs: Epochs) -> ClockReading:
        """Return how the moments of some records are read, whose starts are given."""
        if self._said not in ("utc", "auto"):
            return ClockReading(self._offsets, epochs, None)
        if self._said == "utc":
            return ClockReading(self._offsets, epochs, np.ones(len(walls), np.bool_))
        # A call's id is the instant of its beginning, so it shows by which clock its start is written.
        known = np.array([NEVER if epoch is None else epoch for epoch in epochs()], np.int64)
        apart = np.abs(self._offsets.instants(walls, epochs) - known)
        in_utc = np.where(known == NEVER, self._else_utc, np.abs(walls - known) < apart)
        return ClockReading(self._offsets, epochs, in_utc)


class ClockReading:
    """Moments of some records as they were written, `in_utc` which of them are UTC, as instants and as wall times."""

    def __init__(self, offsets: ZoneOffsets | RowZones, epochs: Epochs, in_utc: Mask | None) -> None:
        self._offsets = offsets
        self._epochs = epochs
        self._in_utc = in_utc

    def instants(self, walls: Numbers, near: Epochs | None = None) -> Numbers:
        """Return moments as UTC seconds; instants close to them, the ids' unless given, decide folds and gaps."""
        found = self._offsets.instants(walls, near or self._epochs)
        return found if self._in_utc is None else np.where(self._in_utc, walls, found)

    def instants_or_never(self, walls: Numbers, near: Epochs | None = None) -> Numbers:
        """Return moments of which some never were, `NEVER`, as UTC seconds."""
        never = walls == NEVER
        if not never.any():
            return self.instants(walls, near)
        if never.all():
            return walls
        there = np.where(never, walls.max(), walls)  # any moment that there is, so that none is out of the calendar
        found: Numbers = np.where(never, NEVER, self.instants(there, near))
        return found

    def locals(self, walls: Numbers) -> Numbers:
        """Return moments as wall times of the PBX's zone."""
        return walls if self._in_utc is None else np.where(self._in_utc, self._offsets.locals(walls), walls)


def epoch_of(call_id: str) -> int | None:
    """Return the instant in an id: in seconds, or in milliseconds as sixteen hexadecimal digits, its bytes either way.

    Asterisk writes `1772442000.11`, or `pbx1-1772442000.11` where systems have names; 3CX `00000172FF398BF1_4497`.

    >>> epoch_of("1772442000.11"), epoch_of("pbx1-1772442000.11"), epoch_of("11")
    (1772442000, 1772442000, None)
    >>> epoch_of("00000172FF398BF1_4497"), epoch_of("F18B39FF72010000_4497"), epoch_of("aaaaa1bc_9721")
    (1593419860, 1593419860, None)
    """
    seconds = call_id.rpartition("-")[2].partition(".")[0]
    if len(seconds) == _EPOCH_DIGITS and seconds.isascii() and seconds.isdigit():
        return int(seconds)
    return _epoch_ms(call_id.partition("_")[0])


def _epoch_ms(digits: str) -> int | None:
    if len(digits) != _HEX_DIGITS:
        return None
    try:
        number = bytes.fromhex(digits)
    except ValueError:
        return None
    instants = (int.from_bytes(number, order) for order in ("big", "little"))
    return next((instant // 1000 for instant in instants if instant in _EPOCHS_MS), None)
