"""The two lines by which a peer and the bench understand one another."""

from __future__ import annotations

import msgspec

READY = "ready"
DONE = "done "


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What a peer found in its own store after its work."""

    calls: int
    duplicates: int = 0


def ready() -> None:
    """Say that the work begins."""
    print(READY, flush=True)


def done(counted: Counted) -> None:
    """Say that the work is done."""
    print(DONE + msgspec.json.encode(counted).decode(), flush=True)
