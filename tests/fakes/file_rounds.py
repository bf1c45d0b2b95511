"""A source of remote files run against a real journal, without an engine: for tests of what it says and when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import msgspec

from tollbook.journal import Journal
from tollbook.model.body import Body, Opening
from tollbook.model.problem import Unavailable
from tollbook.plugins import read_options
from tollbook.sources import known
from tollbook.sources.contract import Answered, Began, Ended, Event, Surroundings, Took, Troubled

PATIENCE_S = 60.0
_LONGEST_PAUSE_S = 0.5
AT = 1_700_000_000_000_000


async def _short_pause(seconds: float) -> None:
    """Wait until a file has come to rest, but no interval."""
    await asyncio.sleep(seconds if seconds < _LONGEST_PAUSE_S else 0.01)


class _Run(msgspec.Struct):
    """How a source is run, and until when."""

    kind: str
    settings: dict[str, str]
    answers: int
    between: Callable[[], object]
    over: Callable[[Event], bool] | None

    def is_over(self, event: Event, messages: list[str]) -> bool:
        """Say whether that is all."""
        if self.over is not None:
            return self.over(event)
        return len(messages) >= self.answers


class Desk:
    """A journal that a source's events are written to, as an engine would, and the past it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.journal = Journal(folder / "journal.sqlite", reserve_bytes=0)
        self.said: list[Event | str] = []
        """Everything that was said, and `stored` where the source waited for that."""
        self.on_stored: Callable[[], object] = lambda: None
        """Called when the source waits until all is stored."""
        self._body = 0

    async def latest(self, origin: str) -> Body | None:
        return self.journal.latest("hts", origin)

    async def read(self, body: int, start: int) -> bytes:
        return next(self.journal.bytes_from(body, start), b"")

    async def mark(self, _origin: str) -> str:
        return ""

    async def stored(self) -> None:
        self.said.append("stored")
        self.on_stored()

    def rounds(
        self,
        kind: str,
        settings: dict[str, str],
        answers: int = 1,
        *,
        between: Callable[[], object] = lambda: None,
        over: Callable[[Event], bool] | None = None,
    ) -> list[str]:
        """Run a source until it has answered so often, or is `over`, or fails; return its messages."""
        run = _Run(kind, settings, answers, between, over)
        return asyncio.run(asyncio.wait_for(self._rounds(run), PATIENCE_S))

    async def run(self, kind: str, settings: dict[str, str]) -> None:
        """Run a source until it is cancelled, or fails."""
        await self._rounds(_Run(kind, settings, 0, lambda: None, lambda _event: False))

    async def _rounds(self, run: _Run) -> list[str]:
        messages: list[str] = []
        options = read_options(known.options_of(run.kind), run.settings, "here")
        around = Surroundings("hts", self, _short_pause)
        async with aclosing(known.arrivals_of(run.kind)(options, around)) as arriving:
            try:
                async for event in arriving:
                    if isinstance(event, Troubled):
                        raise event.fault
                    self._write(event, run.kind)
                    if isinstance(event, Answered):
                        messages.append(event.message)
                        run.between()
                    if run.is_over(event, messages):
                        break
            except Unavailable as fault:
                self.said.append(f"{'permanent' if fault.permanent else 'unavailable'}: {fault}")
                messages.append(str(fault))
        return messages

    def _write(self, event: Event, kind: str) -> None:
        self.said.append(event)
        if isinstance(event, Began) and event.goes_on is None:
            self._body = self.journal.open_body(Opening(pbx="hts", source=kind, origin=event.origin), AT)
        elif isinstance(event, Began):
            self._body = event.goes_on or 0
            self.journal.reopen(self._body)
        elif isinstance(event, Took):
            self.journal.append(self._body, event.data, AT)
        elif isinstance(event, Ended):
            self.journal.end(self._body, event.ending, AT, reason=event.reason, mark=event.mark)

    def bodies(self) -> list[tuple[str, str, bytes]]:
        """Return each body's file name, state and bytes."""
        return [
            (body.origin.rpartition("/")[2], body.state, b"".join(self.journal.bytes_from(body.id, 0)))
            for body in self.journal.bodies()
        ]

    def took(self) -> list[bytes]:
        """Return the pieces that were taken."""
        return [event.data for event in self.said if isinstance(event, Took)]


def took(event: Event) -> bool:
    """Say whether bytes were taken, after which a crash may come."""
    return isinstance(event, Took)


def all_taken(event: Event) -> bool:
    """Say whether every file is taken to its end."""
    return isinstance(event, Answered) and "still being written" not in event.message
