"""What a source and the engine say to each other.

A source is an async generator of events. The engine takes an event, writes its bytes to the journal with fsync, and
only then lets the generator go on: a source can never be ahead of the disk, and whatever acknowledges a record does so
after the `yield` of its bytes. `Asking` is said before anything is asked of a PBX that may clear its records as it
answers; the engine holds the source there while the disk has no room.

A body is one answer, one file, or one connection of a stream. Several may be open at once, each in a *lane* of its own:
a number that the source chooses and may use again once the body has ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from enum import Enum
from typing import Any, Protocol

import msgspec

from tollbook.model.body import Body, Ending
from tollbook.model.fence import Fence
from tollbook.model.problem import Problem, Unavailable


class Asking(msgspec.Struct, frozen=True):
    """About to ask the PBX."""


class Began(msgspec.Struct, frozen=True):
    """A body begins (`goes_on` None), or bytes will follow for a body that the journal has already."""

    origin: str
    goes_on: int | None = None
    lane: int = 0


class Took(msgspec.Struct, frozen=True):
    """Bytes of the body in a lane."""

    data: bytes
    lane: int = 0


class Quiet(msgspec.Struct, frozen=True):
    """A stream has paused: the first time since its body began, what it had in store has been sent; or `again`."""

    lane: int = 0
    again: bool = False


class Ended(msgspec.Struct, frozen=True):
    """The body in a lane is over. `mark` is the source's own note by which it knows the body again."""

    ending: Ending
    reason: str = ""
    mark: str = ""
    lane: int = 0


class Answered(msgspec.Struct, frozen=True):
    """The PBX has answered as it should; `message` says with what, for the health page."""

    message: str
    took_s: float | None = None


class Troubled(msgspec.Struct, frozen=True):
    """A part has failed, such as a file among others; the source goes on with the rest, and tries that again."""

    fault: Unavailable


class Connected(msgspec.Struct, frozen=True):
    """A PBX that sends by itself is there: `peer` names its end, such as an address and port."""

    peer: str


class Waiting(msgspec.Struct, frozen=True):
    """All is ready and nobody is there yet, or no longer: `message` says where a PBX is awaited."""

    message: str


class Refused(msgspec.Struct, frozen=True):
    """Somebody was not let in: `peer` names them, `reason` says why."""

    peer: str
    reason: str


class Reset(msgspec.Struct, frozen=True):
    """A connection broke off rather than being closed; the body's `Ended` comes with it."""

    reason: str


Event = Asking | Began | Took | Quiet | Ended | Answered | Troubled | Connected | Waiting | Refused | Reset


class Past(Protocol):
    """What a source may ask about what it took before."""

    async def latest(self, origin: str) -> Body | None:
        """Return the last body from one file or address."""

    async def mark(self, origin: str) -> str:
        """Return the last mark of a body from one address, also where a later body was cut off; nothing if none."""

    async def read(self, body: int, start: int) -> bytes:
        """Return some bytes of a body from a position on, nothing at its end."""

    async def stored(self) -> None:
        """Return when the body ended last has been stored: only then may its file go."""


class Surroundings(msgspec.Struct, frozen=True):
    """What a source is given: its PBX's name, its past, and a pause that ends early when somebody asks for news.

    It goes to files, programs and addresses through `tollbook.gate`, with this fence.
    When `stopping` is set a stream takes no more, yields what it holds, ends its bodies and returns.
    """

    pbx: str
    past: Past
    pause: Callable[[float], Awaitable[None]]
    stopping: asyncio.Event = msgspec.field(default_factory=asyncio.Event)
    fence: Fence = Fence()


class Arrivals(Protocol):
    """The generator of a source."""

    def __call__(self, options: Any, around: Surroundings) -> AsyncGenerator[Event, None]:  # noqa: ANN401 - each source has its own options
        """Yield what arrives, for ever; raises `Unavailable` when the outside fails."""


class Group(Enum):
    """Who begins, by which pages group the kinds of source: a heading, and a sentence below it."""

    ASKED = ("Tollbook asks the PBX", "Tollbook begins: it connects to the PBX, or asks it again and again.")
    SENT = ("The PBX sends", "The PBX begins: it connects to Tollbook, or sends down a cable.")
    FILED = ("Files", "The PBX, a person or a script leaves files somewhere.")
    BY_HAND = ("None of these", "Nothing comes by itself: the PBX can neither be asked nor told to send.")


class SourceKind(msgspec.Struct, frozen=True, kw_only=True):
    """All about a kind of source: the value `SOURCE` of its package.

    `about` says when it is the right one. `checklist` is what to look at when nothing comes, the likeliest first.
    One that `goes_on` can go on with a body after a restart; otherwise an open one is ended as cut. A body of a
    `stream` is a connection, whose records are known by their place and whose replays are recognised. Asking through
    one that `clears` makes the PBX clear what it held. `problems` finds what only a site can tell of options, such as
    a provider of its own.
    """

    title: str
    group: Group
    about: str
    checklist: tuple[str, ...] = ()
    options: type[msgspec.Struct]
    arrivals: Arrivals
    goes_on: bool = False
    stream: bool = False
    clears: bool = False
    problems: Callable[[Any, Fence], list[Problem]] = lambda _options, _fence: []


async def pause_until(poked: asyncio.Event, seconds: float) -> None:
    """Wait for some time, or until poked.

    Whoever is cancelled and poked at once is cancelled: `asyncio.wait_for` would return as if only poked.
    """
    try:
        async with asyncio.timeout(seconds):
            await poked.wait()
    except TimeoutError:
        return
    finally:
        poked.clear()
