"""Asks window after window, page after page; where it stands is the mark of the last body.

A page's new records are on the disk before the next page is asked for. The mark moves with the last page of a window,
so that a kill in between has the whole window asked again, and the store knows what it has. Records handed on of late
are remembered here, so that what overlaps is not written again at each interval.
"""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from datetime import datetime
from hashlib import blake2b
from urllib.parse import quote

from tollbook.clock import monotonic_s, now
from tollbook.gate import aside
from tollbook.model.body import Ending
from tollbook.model.limits import REST_PAGES, REST_REMEMBERED
from tollbook.model.problem import Unavailable
from tollbook.sources.contract import Answered, Asking, Began, Ended, Event, Surroundings, Took, Troubled
from tollbook.sources.rest_poll.access import RestAccess, Throttled
from tollbook.sources.rest_poll.chosen_provider import provider_of
from tollbook.sources.rest_poll.exchange import RestAnswer
from tollbook.sources.rest_poll.options import Options
from tollbook.sources.rest_poll.page import page_of
from tollbook.sources.rest_poll.provider import Provider, filled, written

_FIRST_WAIT_S, _LONGEST_WAIT_S, _MOST_WAITS = 5.0, 3600.0, 12

Window = tuple[float, float]
"""From and to, seconds since 1970 UTC."""


async def arrivals(options: Options, around: Surroundings) -> AsyncGenerator[Event, None]:
    """Ask at the interval, for ever."""
    polling: _Polling | None = None
    while True:
        started = monotonic_s()
        provider = await aside(provider_of, options, around.fence)
        if polling is None or polling.provider != provider:  # the file of a site's own may have changed since
            access = RestAccess(provider, options, await aside(options.secrets, around.fence), around.fence)
            polling = _Polling(provider, options, access, around)
            await polling.recall()
        for window in polling.windows(now().timestamp()):
            async with aclosing(polling.taken(window)) as events:
                async for event in events:
                    yield event
        await around.pause(max(options.interval - (monotonic_s() - started), 0.0))


class _Polling:
    """One account being asked."""

    def __init__(self, provider: Provider, options: Options, access: RestAccess, around: Surroundings) -> None:
        self.provider, self._options, self._access, self._around = provider, options, access, around
        self._address = filled((options.url or provider.address) + provider.path, access.values, quoted=True)
        self._origin = self._address.partition("(")[0]
        self._stands_at: float | None = None
        self._remembered: dict[bytes, None] = {}
        self._asked_at_s = 0.0

    async def recall(self) -> None:
        """Find where it stands in the journal."""
        mark = await self._around.past.mark(self._origin)
        self._stands_at = datetime.fromisoformat(mark).timestamp() if mark else None

    def windows(self, at: float) -> Iterator[Window]:
        """Yield what is to be asked now, the oldest first; each begins before the end of the one before it."""
        way, newest = self.provider.window, at - self.provider.window.lag_s
        since = at - self._options.history if self._stands_at is None else self._stands_at - self._options.overlap
        since = max(since, at - way.held_s)
        while since < newest:
            until = min(since + way.longest_s, newest)
            yield since, until
            since = until

    async def taken(self, window: Window) -> AsyncGenerator[Event, None]:
        """Yield the new records of a window, and where it then stands."""
        url, asked, new = self._first(window), set[str](), 0
        started = monotonic_s()
        while url:
            asked.add(url)
            answers: list[RestAnswer] = []
            async with aclosing(self._answer(url, answers)) as events:
                async for event in events:
                    yield event
            page = page_of(answers[0], self.provider, url)
            if page.next in asked or len(asked) >= REST_PAGES:
                message = f"{self.provider.title} gives page after page without an end; it is asked again"
                raise Unavailable(message)
            fresh = [record for record in page.records if _digest(record) not in self._remembered]
            if fresh:
                yield Began(self._origin)
                yield Took(b"".join(record + b"\n" for record in fresh))
                yield Ended(Ending.COMPLETE, mark="" if page.next else written(window[1], "iso-ms"))
            self._remember(page.records)
            new, url = new + len(fresh), page.next
        self._stands_at = window[1]
        yield Answered(f"answers; {new} new records" if new else "answers; no new calls", monotonic_s() - started)

    async def _answer(self, url: str, answers: list[RestAnswer]) -> AsyncGenerator[Event, None]:
        """Ask until there is an answer, as seldom as the provider wants it."""
        for number in range(_MOST_WAITS):
            yield Asking()
            await self._pause_until(self._asked_at_s + self.provider.pause_s)
            try:
                answers.append(await self._access.ask(url))
            except Throttled as fault:
                wait_s = _wait_s(fault.wait_s, number)
            else:
                self._asked_at_s = monotonic_s()
                return
            message = f"{self.provider.title} wants to be asked less (429); it is asked again in {wait_s:.0f} s"
            yield Troubled(Unavailable(message))
            await self._pause_until(monotonic_s() + wait_s)
        message = f"{self.provider.title} goes on refusing requests as too many (429); is somebody else asking, too?"
        raise Unavailable(message)

    async def _pause_until(self, at_s: float) -> None:
        """Wait; somebody who asks for news does not make a provider forgive."""
        while (rest_s := at_s - monotonic_s()) > 0:
            await self._around.pause(rest_s)

    def _first(self, window: Window) -> str:
        way = self.provider
        values = {**self._access.values} | {
            name: written(at, way.window.form) for name, at in zip(("from", "to"), window, strict=True)
        }
        query = "&".join(
            f"{quote(name, safe='$')}={quote(filled(text, values), safe='~:')}" for name, text in way.query.items()
        )
        address = filled(self._address, values, quoted=True)
        return f"{address}?{query}" if query else address

    def _remember(self, records: list[bytes]) -> None:
        for record in records:
            digest = _digest(record)
            self._remembered.pop(digest, None)
            self._remembered[digest] = None
        while len(self._remembered) > REST_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]


def _digest(record: bytes) -> bytes:
    return blake2b(record, digest_size=16).digest()


def _wait_s(told: float | None, number: int) -> float:
    """Return how long to wait: what the provider says, otherwise longer each time, and never the same for everybody."""
    wait_s = _FIRST_WAIT_S * 2**number if told is None else told
    return min(wait_s, _LONGEST_WAIT_S) + random.uniform(0, min(wait_s, 10.0) / 4)  # noqa: S311 - spreads requests
