"""What a source and the engine say to each other.

A source is an async generator of events. The engine takes an event, writes its bytes to the journal with fsync, and
only then lets the generator go on: a source can never be ahead of the disk. `Asking` is said before anything is
asked of a PBX that may clear its records as it answers; the engine holds the source there while the disk has no room.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, Protocol

import msgspec

from tollbook.model.body import Body, Ending


class Asking(msgspec.Struct, frozen=True):
    """About to ask the PBX."""


class Began(msgspec.Struct, frozen=True):
    """A body begins (`goes_on` None), or bytes will follow for a body that the journal has already."""

    origin: str
    goes_on: int | None = None


class Took(msgspec.Struct, frozen=True):
    """Bytes of the body begun last."""

    data: bytes


class Ended(msgspec.Struct, frozen=True):
    """The body begun last is over. `mark` is the source's own note by which it knows the body again."""

    ending: Ending
    reason: str = ""
    mark: str = ""


class Answered(msgspec.Struct, frozen=True):
    """The PBX has answered as it should; `message` says with what, for the health page."""

    message: str
    took_s: float | None = None


Event = Asking | Began | Took | Ended | Answered


class Past(Protocol):
    """What a source may ask about what it took before."""

    async def latest(self, origin: str) -> Body | None:
        """Return the last body from one file or address."""

    async def read(self, body: int, start: int) -> bytes:
        """Return some bytes of a body from a position on, nothing at its end."""

    async def stored(self) -> None:
        """Return when the body ended last has been stored: only then may its file go."""


class Surroundings(msgspec.Struct, frozen=True):
    """What a source is given: its PBX's name, its past, and a pause that ends early when somebody asks for news."""

    pbx: str
    past: Past
    pause: Callable[[float], Awaitable[None]]


class Arrivals(Protocol):
    """The generator of a source."""

    def __call__(self, options: Any, around: Surroundings) -> AsyncGenerator[Event, None]:  # noqa: ANN401 - each source has its own options
        """Yield what arrives, for ever; raises `Unavailable` when the outside fails."""


async def pause_until(poked: asyncio.Event, seconds: float) -> None:
    """Wait for some time, or until poked."""
    try:
        await asyncio.wait_for(poked.wait(), seconds)
    except TimeoutError:
        return
    finally:
        poked.clear()
