"""The memory in which a PBX keeps its records until they are sent, and for a while after.

Records are numbered as they come. They are claimed in order, and settled once they are sent or given back when the
connection broke before. A full memory loses its oldest record, a sent one before an unsent one. How fast records come
into it is a `Pace`.
"""

import asyncio
import random
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterable
from itertools import islice
from typing import Final, TypeVar

import msgspec

from tollbook import clock

_Record = TypeVar("_Record")

RESEND_ALL: Final = sys.maxsize
"""As many as the PBX remembers."""


class Outbox:
    """Records to send. `resend` sent ones are kept, to be sent again after a reconnection."""

    def __init__(self, *, capacity: int | None = None, resend: int = 0) -> None:
        self._capacity, self._resend = capacity, resend
        self._kept: deque[bytes] = deque()
        self._first = self._next = self._furthest = 0
        self._under_way = 0
        self._filled = asyncio.Event()
        self.added = 0
        self.sent = 0
        """Records sent whole, each counted once."""
        self.repeated = 0
        """Records sent once more."""
        self.dropped = 0
        """Records lost because the memory was full."""
        self.skipped = 0
        """Records that a fault lost."""

    @property
    def waiting(self) -> int:
        """Records neither sent nor claimed, those to be sent again included."""
        return len(self._kept) - (self._next - self._first)

    @property
    def settled(self) -> bool:
        """Whether every record was sent, again where that is to be, or lost."""
        return not self.waiting and not self._under_way

    def add(self, records: Iterable[bytes]) -> None:
        """Keep records for sending."""
        before = len(self._kept)
        self._kept.extend(records)
        self.added += len(self._kept) - before
        while self._capacity is not None and len(self._kept) > self._capacity:
            self._forget_oldest()
        if self.waiting:
            self._filled.set()

    async def filled(self) -> None:
        """Wait until there is something to send."""
        await self._filled.wait()

    def claim(self, *, records: int, size_bytes: int) -> tuple[int, list[bytes]]:
        """Take the next records: the number of the first, and as many as fit, at least one."""
        start, claimed, room = self._next, list[bytes](), size_bytes
        offset = start - self._first
        for record in islice(self._kept, offset, offset + records):
            if claimed and len(record) > room:
                break
            room -= len(record)
            claimed.append(record)
        self._next += len(claimed)
        self._under_way = len(claimed)
        self._note_filling()
        return start, claimed

    def settle(self, start: int, count: int) -> None:
        """Claimed records were sent."""
        new = max(0, start + count - max(start, self._furthest))
        self.sent += new
        self.repeated += count - new
        self._furthest = max(self._furthest, start + count)
        self._under_way = 0
        self._forget_sent()

    def skip(self, start: int) -> None:
        """A claimed record is lost, and nobody will send it again."""
        if start >= self._furthest:
            self.skipped += 1
        self._furthest = max(self._furthest, start + 1)
        self._under_way = 0
        self._forget_sent()

    def give_back(self, start: int) -> None:
        """Claimed records, from this one on, were not sent."""
        self.dropped += max(0, self._first - max(start, self._furthest))
        self._next = max(self._first, start)
        self._under_way = 0
        self._note_filling()

    def rewind(self) -> None:
        """A new connection begins: what is kept for that is sent again."""
        self._next = max(self._first, self._next - self._resend)
        self._note_filling()

    def _note_filling(self) -> None:
        if self.waiting:
            self._filled.set()
        else:
            self._filled.clear()

    def _forget_sent(self) -> None:
        while self._next - self._first > self._resend:
            self._kept.popleft()
            self._first += 1

    def _forget_oldest(self) -> None:
        self._kept.popleft()
        if self._first == self._next:
            self._next += 1
            self.dropped += self._first >= self._furthest
        self._first += 1


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """Records a second over time, and how many of them come at once. Rate 0: as fast as they are taken.

    With `gaps`, which seeds them, they come at random, as calls end (a Poisson process); rate 0 is then never.
    """

    rate: float = 1.0
    burst: int = 1
    gaps: str = ""

    def __post_init__(self) -> None:
        if self.rate < 0 or self.burst < 1:
            raise ValueError("a pace has a rate of 0 or more and a burst of 1 or more")

    def due_s(self, given: int) -> float:
        """Seconds after the first record at which the next one is due, once so many were given.

        >>> Pace(rate=200, burst=4).due_s(8)
        0.04
        """
        return given / self.rate if self.rate else 0.0


async def paced(records: Iterable[_Record], pace: Pace) -> AsyncIterator[list[_Record]]:
    """Bunches of records, each when it is time for it; the next is made only then."""
    source, start_s, given = iter(records), clock.monotonic_s(), 0
    chance = random.Random(pace.gaps)  # noqa: S311 - repeatable, not secret
    if pace.gaps and not pace.rate:
        await asyncio.Event().wait()
    while True:
        if pace.gaps:
            await asyncio.sleep(chance.expovariate(pace.rate))
        bunch = list(islice(source, pace.burst))
        if not bunch:
            return
        yield bunch
        given += len(bunch)
        if not pace.gaps:
            await asyncio.sleep(max(0.0, start_s + pace.due_s(given) - clock.monotonic_s()))
