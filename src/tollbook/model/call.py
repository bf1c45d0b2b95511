"""A call, as every part of Tollbook speaks of it.

Instants are whole seconds since 1970-01-01 UTC while they travel and ISO 8601 with `Z` when a person or a program
reads them; `started_local` is the PBX's own wall time. Between dialect and store calls travel as columns
(`Calls`): one list per field, equally long, row `i` of each belonging to one call.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import chain
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
"""A column of whole numbers."""
NEVER = -(1 << 62)
"""The instant of something that did not happen."""


class Direction(StrEnum):
    """Which way a call went, seen from the PBX."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    INTERNAL = "internal"
    TRANSIT = "transit"


class Outcome(StrEnum):
    """How a call ended (its disposition)."""

    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    BUSY = "busy"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Calls(msgspec.Struct, frozen=True):
    """A batch of calls as columns.

    `raws` and `offsets` say which frame each call was read from. `started_at`, `answered_at` and `ended_at` are
    seconds since the epoch (UTC), `started_local` the same count for the PBX's wall time; `answered_at` is `NEVER` for
    a call nobody took. Durations are seconds. Text is empty, never None, where the PBX gave nothing.
    """

    raws: list[bytes]
    offsets: list[int]
    direction: list[str]
    outcome: list[str]
    started_at: Numbers
    answered_at: Numbers
    ended_at: Numbers
    started_local: Numbers
    ring_s: Numbers
    talk_s: Numbers
    total_s: Numbers
    extension: list[str]
    caller: list[str]
    called: list[str]
    trunk: list[str]
    account_code: list[str]
    device: list[str]
    feature: list[str]
    option1: list[str]
    option2: list[str]
    call_id: list[str]
    status: list[str]
    source_channel: list[str]
    destination_channel: list[str]

    def __len__(self) -> int:
        """Return the number of calls."""
        return len(self.raws)


CALL_COLUMNS = Calls.__struct_fields__


NUMBERS = (
    "started_at", "answered_at", "ended_at", "started_local", "ring_s", "talk_s", "total_s",
)  # fmt: skip
"""The columns of whole numbers; all others are lists."""


def no_calls() -> Calls:
    """Return a batch of no calls."""
    empty: dict[str, Any] = {name: np.empty(0, np.int64) if name in NUMBERS else [] for name in CALL_COLUMNS}
    return Calls(**empty)


def join_calls(batches: list[Calls]) -> Calls:
    """Return the calls of all batches, in order."""
    if len(batches) == 1:
        return batches[0]
    return Calls(*(_joined(name, [getattr(batch, name) for batch in batches]) for name in CALL_COLUMNS))


def _joined(name: str, columns: list[Any]) -> Any:  # noqa: ANN401 - a column of either kind
    if name in NUMBERS:
        return np.concatenate(columns) if columns else np.empty(0, np.int64)
    return list(chain.from_iterable(columns))


def pick(calls: Calls, row: int) -> Calls:
    """Return one call as a batch of its own."""
    return Calls(*(getattr(calls, name)[row : row + 1] for name in CALL_COLUMNS))
