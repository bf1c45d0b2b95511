"""A call, as every part of Tollbook speaks of it.

Instants are whole seconds since 1970-01-01 UTC while they travel and ISO 8601 with `Z` when a person or a program
reads them; `started_local` is the PBX's own wall time. Between dialect and store calls travel as columns
(`Calls`): one list per field, equally long, row `i` of each belonging to one call.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


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
    seconds since the epoch (UTC), `started_local` the same count for the PBX's wall time; `answered_at` is None for
    a call nobody took. Durations are seconds. Text is empty, never None, where the PBX gave nothing.
    """

    raws: list[bytes]
    offsets: list[int]
    direction: list[str]
    outcome: list[str]
    started_at: list[int]
    answered_at: list[int | None]
    ended_at: list[int]
    started_local: list[int]
    ring_s: list[int]
    talk_s: list[int]
    total_s: list[int]
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


def no_calls() -> Calls:
    """Return a batch of no calls."""
    return Calls(*([] for _ in CALL_COLUMNS))


def join_calls(first: Calls, second: Calls) -> Calls:
    """Return the calls of both batches, the first's before the second's."""
    if not len(first):
        return second
    return Calls(*(getattr(first, name) + getattr(second, name) for name in CALL_COLUMNS))
