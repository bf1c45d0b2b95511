"""How each PBX is doing, as pages, the command line and `/metrics` show it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from tollbook.model.body import TAKEN_BACK, Ending


class State(StrEnum):
    """What can be said of a PBX in one word."""

    STARTING = "starting"
    WAITING = "waiting"
    WORKING = "working"
    NOT_REACHABLE = "not-reachable"
    NEEDS_ATTENTION = "needs-attention"
    NOT_READABLE = "not-readable"
    NO_ROOM = "no-room"
    PAUSED = "paused"

    @property
    def words(self) -> str:
        """The state as people read it."""
        return self.value.replace("-", " ")


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """One PBX's health. Instants are UTC, ISO 8601 with `Z`, None where there was none yet.

    `message` says in a sentence what is so and, where something is wrong, what to do. `silent_s` is the time since
    its last record arrived. `poll_s` is how long its last answer took. Of a PBX that sends by itself: `connected_since`
    (None while nobody is there); `arriving` counts the connections that are open, `resets` those that broke off and
    `refused` those that were not let in; `last_refused` who and why; `noise` says what is wrong with its characters.
    """

    pbx: str
    state: State
    message: str
    since: str
    last_answer_at: str | None = None
    last_record_at: str | None = None
    silent_s: int | None = None
    answers: int = 0
    bytes_taken: int = 0
    poll_s: float | None = None
    trouble: int = 0
    connected_since: str | None = None
    last_byte_at: str | None = None
    arriving: int = 0
    resets: int = 0
    refused: int = 0
    last_refused: str = ""
    noise: str = ""


class Tested(msgspec.Struct, frozen=True, kw_only=True):
    """What came of asking a PBX once: what was said, how many bytes were kept, in which body of the journal."""

    well: bool
    message: str
    bytes_taken: int = 0
    body: int | None = None


class ImportState(msgspec.Struct, frozen=True, kw_only=True):
    """How far an import is: bytes journalled, whether the ledger shows it as it is, and what became of its frames.

    `at` is when it began (UTC, ISO 8601 with `Z`); `state` is `open`, `complete`, `cut` or `taken-back`. Of its calls,
    `held` have their place in it, and `alone` of those are in no other file or answer: they leave when it is taken
    back. Both are 0 until it is `done`: to find them, all calls are looked through.
    """

    body: int
    pbx: str
    origin: str
    at: str
    state: Annotated[str, Meta(extra_json_schema={"enum": ["open", *Ending, TAKEN_BACK]})]
    bytes_taken: int
    done: bool
    held: int
    alone: int

    @property
    def shared(self) -> int:
        """How many of its calls other files or answers hold, too."""
        return self.held - self.alone

    frames: int
    calls: int
    duplicates: int
    skipped: int
    rejected: int


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """How far the store is behind the journal: entries not stored yet.

    The first of them came `waits_s` seconds ago. While `rebuilding`, records are read again; at most `left` entries of
    the journal are to be gone through for that.
    """

    entries: int
    rebuilding: bool
    left: int = 0
    trouble: str = ""
    waits_s: int = 0
