"""Which way a call went and how it ended: the words for it, and which calls are missed."""

from __future__ import annotations

from enum import StrEnum


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


def is_missed(direction: str, outcome: str) -> bool:
    """Say whether a call was missed: an incoming one that nobody answered, for whatever reason.

    >>> is_missed("incoming", "busy"), is_missed("outgoing", "busy"), is_missed("incoming", "answered")
    (True, False, False)
    """
    return direction == Direction.INCOMING and outcome != Outcome.ANSWERED
