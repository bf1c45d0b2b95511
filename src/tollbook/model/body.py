"""What a source hands on, and how the journal names it.

A *body* is one answer of a PBX, one file, or one connection of a stream: its bytes arrive in chunks and it ends
complete, cut off, or odd (bytes that are kept and shown although they are no records, such as a login page).
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

QUIET = "quiet"
"""Kind of the entry that notes a stream's first pause: what the PBX had in store has been sent."""


IMPORT = "import"
"""Kind of source of a body that a person handed over as a file."""
TAKEN_BACK, PUT_BACK = "taken-back", "put-back"
"""Kinds of the entries that note that a person took an import back, and undid that; the first is a body's state, too.

The bytes stay; of a body that is taken back nothing is read.
"""

FILLING = b"\x1a"
"""SUB, ASCII's character for one that was invalid: stands for a byte that the journal has lost."""


class Ending(StrEnum):
    """How a body ended."""

    COMPLETE = "complete"
    CUT = "cut"
    ODD = "odd"


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """Where a body comes from: the PBX's name, the kind of source, and the file or address (never a secret)."""

    pbx: str
    source: str
    origin: str


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """A body as the journal keeps it; times are microseconds since 1970 UTC.

    `state` is `open`, an `Ending` or `TAKEN_BACK`. `dropped_at` is when its bytes were dropped since they were old: it
    had `length` of them, and has none. `damage` says what is wrong where the row no longer fits its checksum.
    """

    id: int
    pbx: str
    source: str
    origin: str
    opened_at: int
    ended_at: int | None
    state: str
    reason: str
    length: int
    mark: str
    dropped_at: int | None = None
    damage: str = ""


class Entry(msgspec.Struct, frozen=True):
    """One line of the journal: bytes of a body (`kind` is `data`), its pause (`QUIET`) or its end (an `Ending`).

    Of an import also that it was taken back or put back (`TAKEN_BACK`, `PUT_BACK`). `start` is where in the body it
    begins. `damage` says what is wrong where it no longer fits its checksum.
    """

    id: int
    body: int
    kind: str
    at: int
    data: bytes
    start: int = 0
    damage: str = ""
