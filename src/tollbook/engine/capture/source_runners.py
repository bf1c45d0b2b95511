"""Which PBXs are watched: at most one source runner a PBX, whoever asks for it, and none that settings do not allow.

To end one takes as long as an answer on its way in. Whoever changes which source runners there are does so under one
lock, so that nobody begins one beside another that is still ending, or by settings that have changed meanwhile.

One runs as long as settings want it, or a visitor is there who tests the PBX or looks on. It ends at once when the
settings of its PBX change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from tollbook.engine.capture.source_runner import SourceRunner
from tollbook.model.health import Tested
from tollbook.model.pbx import Pbx

_ROUNDS_TO_CLOSE = 5


class _Kept:
    """A source runner, its task once it has begun, whether settings want it, and how many visitors it has."""

    def __init__(self, runner: SourceRunner) -> None:
        self.runner = runner
        self.task: asyncio.Task[None] | None = None
        self.is_set_up = False
        self.visitors = 0

    def begin(self) -> None:
        """Begin watching, unless it has begun."""
        self.task = self.task or asyncio.create_task(self.runner.run(), name=f"source runner {self.runner.pbx.name}")

    async def end(self) -> None:
        """Stop watching."""
        if self.task:
            await self.runner.stop(self.task)
        else:
            self.runner.live_bytes.close()


class SourceRunners:
    """The source runners of one process; its coroutines run on the engine's event loop.

    `find` returns a PBX as it is set up now, and `make` its source runner.
    """

    def __init__(self, find: Callable[[str], Pbx | None], make: Callable[[Pbx], SourceRunner]) -> None:
        self._find, self._make = find, make
        self._kept: dict[str, _Kept] = {}
        self._changing = asyncio.Lock()
        self._ended = False

    def of(self, name: str) -> SourceRunner | None:
        """Return the source runner of a PBX, from any thread."""
        kept = self._kept.get(name)
        return kept.runner if kept else None

    def close_taps(self) -> None:
        """Let everybody who looks on go, from any thread."""
        for kept in list(self._kept.values()):
            kept.runner.live_bytes.close()

    async def apply(self, wanted: Iterable[Pbx]) -> None:
        """End the source runners of PBXs whose settings have changed, and begin one for each that is to be watched."""
        async with self._changing:
            changed = [name for name, kept in self._kept.items() if self._find(name) != kept.runner.pbx]
            await asyncio.gather(*map(self._end, changed))
            for pbx in wanted:
                if not self._ended:
                    kept = self._keep(pbx)
                    kept.is_set_up = True
                    kept.begin()

    async def stop(self) -> None:
        """End all source runners, at once and for good."""
        async with self._changing:
            self._ended = True
            await asyncio.gather(*map(self._end, list(self._kept)))
        for _ in range(_ROUNDS_TO_CLOSE):  # a transport that was told to close does so in the loop's next rounds
            await asyncio.sleep(0)

    async def lend(self, name: str, *, paused: bool) -> SourceRunner | None:
        """Return the source runner of a PBX for a visit: the one there is, or one to `begin`; it must be given back.

        None where there is no such PBX, and for one that is paused, unless `paused` ones may be watched, too.
        """
        async with self._changing:
            pbx = self._find(name)
            if pbx is None or self._ended or (pbx.paused and not paused):
                return None
            kept = self._keep(pbx)
            kept.visitors += 1
            return kept.runner

    async def begin(self, runner: SourceRunner) -> None:
        """Begin a source runner that was lent, unless it has begun or ended meanwhile."""
        kept = self._same(runner)
        if kept:
            kept.begin()
        else:
            runner.live_bytes.close()

    async def give_back(self, runner: SourceRunner) -> None:
        """End a visit, and the source runner if it was for visitors only and this was the last."""
        async with self._changing:
            kept = self._same(runner)
            if kept is None:
                return
            kept.visitors -= 1
            if not kept.visitors and not kept.is_set_up:
                await self._end(runner.pbx.name)

    async def test(self, name: str) -> Tested:
        """Ask a PBX once, paused or not, and return what came of it."""
        runner = await self.lend(name, paused=True)
        if runner is None:
            return Tested(well=False, message="nothing is asked of this PBX any more")
        try:
            await self.begin(runner)
            return await runner.ask_now()
        finally:
            await self.give_back(runner)

    def _keep(self, pbx: Pbx) -> _Kept:
        if pbx.name not in self._kept:
            self._kept[pbx.name] = _Kept(self._make(pbx))
        return self._kept[pbx.name]

    def _same(self, runner: SourceRunner) -> _Kept | None:
        kept = self._kept.get(runner.pbx.name)
        return kept if kept and kept.runner is runner else None

    async def _end(self, name: str) -> None:
        await self._kept[name].end()
        del self._kept[name]
