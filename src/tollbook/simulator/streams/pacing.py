"""How fast records come: so many a second, some at once, from wherever they are."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from tollbook import clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Records a second over time, and how many of them come at once. Rate 0: as fast as they are taken."""

    rate: float = 1.0
    burst: int = 1

    def __post_init__(self) -> None:
        if self.rate < 0 or self.burst < 1:
            raise ValueError("a pace has a rate of 0 or more and a burst of 1 or more")

    def due_s(self, given: int) -> float:
        """Seconds after the first record at which the next one is due, once so many were given.

        >>> Pace(rate=200, burst=4).due_s(8)
        0.04
        """
        return given / self.rate if self.rate else 0.0


async def paced(records: Iterable[bytes], pace: Pace) -> AsyncIterator[list[bytes]]:
    """Bunches of records, each when it is time for it; the next is made only then."""
    source: Iterator[bytes] = iter(records)
    start_s, given = clock.monotonic_s(), 0
    while bunch := list(islice(source, pace.burst)):
        yield bunch
        given += len(bunch)
        await asyncio.sleep(max(0.0, start_s + pace.due_s(given) - clock.monotonic_s()))
