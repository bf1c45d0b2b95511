"""The engine: one process's sources, pipeline and store, behind calls that any thread may make.

Sources run on an event loop of the engine's own thread, so that neither a busy page nor a slow report can hold up a
PBX; the journal is emptied into the store by another thread. Settings come from a directory that the caller gives.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import structlog

from tollbook.clock import now_us
from tollbook.dialects.known import reader_for
from tollbook.engine import doctor, export
from tollbook.engine.bulk import Bulk
from tollbook.engine.drain import Drain
from tollbook.engine.feed import Feed
from tollbook.engine.imports import Imports
from tollbook.engine.site import Site
from tollbook.engine.watch import Watch, iso_now
from tollbook.framing.lines import LineCutter
from tollbook.model.frame import Frames
from tollbook.model.health import Health, ImportState, Lag, State, Tested
from tollbook.model.pbx import Pbx
from tollbook.model.reading import Reading
from tollbook.sources import known

_log = structlog.get_logger()
Result = TypeVar("Result")


class Engine:
    """One site at work. `start` it once, `stop` it once."""

    def __init__(self, site: Site, directory: Callable[[], list[Pbx]]) -> None:
        self.site = site
        self.feed = Feed()
        self._directory = directory
        self._pbxs: dict[str, Pbx] = {}
        self._watches: dict[str, tuple[Watch, asyncio.Task[None]]] = {}
        self._drain = Drain(site.journal, site.store, Bulk(self._pbx_of), self.feed)
        self._imports = Imports(site.journal, site.store, self._drain)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sources", daemon=True)
        self._with_sources = False

    # ------------------------------------------------------------------ life

    def start(self, *, sources: bool = True) -> None:
        """Begin; without sources only what the journal holds is stored, as for a command that needs no PBX."""
        left = frozenset(kind for kind in known.kinds() if known.goes_on(kind))
        cut = self.site.journal.close_abandoned(now_us(), "Tollbook was stopped while it was arriving", left)
        if cut:
            _log.warning("answers were cut off when Tollbook last ended; what arrived is kept", answers=cut)
        self._with_sources = sources
        self._thread.start()
        self.apply()
        self._drain.start()

    def stop(self) -> None:
        """Let answers on their way in finish, store what was taken, and end."""
        self.feed.close()
        self._on_loop(self._stop_watches())
        self._drain.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def apply(self) -> None:
        """Read the directory again; stop what has changed or gone, start what is new."""
        self._pbxs = {pbx.name: pbx for pbx in self._directory()}
        if self._with_sources:
            self._on_loop(self._apply_watches())

    # ------------------------------------------------------------------ PBXs

    def pbxs(self) -> dict[str, Pbx]:
        """Return the PBXs that are set up, by name."""
        return {name: pbx for name, pbx in self._pbxs.items() if not pbx.removed}

    def health(self) -> list[Health]:
        """Say how every PBX is doing."""
        return [self._health_of(pbx) for pbx in self.pbxs().values()]

    def test(self, name: str) -> Tested:
        """Ask a PBX once, keeping what it reads; raises `Misconfigured` for settings that cannot work."""
        return self._on_loop(self._test(self._pbxs[name]))

    def try_text(self, pbx: Pbx, text: bytes) -> Reading:
        """Read pasted records as a PBX's would be, and store nothing."""
        cutter = LineCutter()
        first, last = cutter.feed(text), cutter.end()
        frames = Frames(first.raws + last.raws, first.offsets + last.offsets)
        return reader_for(pbx).read(frames)

    # ------------------------------------------------------------------ records

    def lag(self) -> Lag:
        """Say how far the store is behind the journal."""
        entries = max(self.site.journal.last_entry() - self._drain.stored, 0)
        return Lag(entries=entries, rebuilding=self._drain.rebuilding, trouble=self._drain.trouble)

    def raw_of(self, record: dict[str, Any]) -> bytes:
        """Return the raw text of a listed call: the bytes that the PBX wrote."""
        return export.raw_record(self.site.journal, record)

    def retry_rejects(self, pbx: str = "") -> int:
        """Read rejects again with the settings of today; return how many became calls."""
        return self._drain.retry(pbx)

    def rebuild(self) -> None:
        """Start making the store again from the journal; `lag` says how far it is."""
        self._drain.rebuild()

    def begin_import(self, pbx: str, file_name: str) -> int:
        """Open an import and return its number."""
        return self._imports.begin(pbx, file_name)

    def take(self, body: int, data: bytes) -> None:
        """Journal the next bytes of an import; on the disk when this returns."""
        self._imports.take(body, data)

    def finish_import(self, body: int, *, cut: str = "") -> None:
        """End an import."""
        self._imports.finish(body, cut=cut)

    def import_state(self, body: int) -> ImportState:
        """Say how far an import is."""
        return self._imports.state(body)

    def doctor(self) -> list[doctor.Finding]:
        """Check the site and say what to mend."""
        return doctor.examine(self.site, list(self.pbxs().values()), self.lag())

    def export(self, pbx: str = "", first: str = "", last: str = "") -> Iterator[tuple[str, bytes]]:
        """Yield the journal's raw text per PBX and day: a file name and its next bytes."""
        return export.raw_text(self.site.journal, export.Chosen(pbx=pbx, first=first, last=last))

    # ------------------------------------------------------------------ inside

    def _pbx_of(self, name: str) -> Pbx | None:
        return self._pbxs.get(name)

    def _health_of(self, pbx: Pbx) -> Health:
        kept = self._watches.get(pbx.name)
        if kept:
            return kept[0].health
        message = "paused: nothing is asked of it" if pbx.paused else "not watched by this process"
        return Health(pbx=pbx.name, state=State.PAUSED, message=message, since=iso_now())

    def _on_loop(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _apply_watches(self) -> None:
        wanted = {name: pbx for name, pbx in self.pbxs().items() if not pbx.paused}
        for name, (watch, task) in list(self._watches.items()):
            if wanted.get(name) != watch.pbx:
                del self._watches[name]
                await watch.stop(task)
        for name, pbx in wanted.items():
            if name not in self._watches:
                watch = Watch(pbx, self.site.journal, self._drain)
                self._watches[name] = (watch, asyncio.create_task(watch.run(), name=f"watch {name}"))

    async def _stop_watches(self) -> None:
        watches, self._watches = self._watches, {}
        await asyncio.gather(*(watch.stop(task) for watch, task in watches.values()))

    async def _test(self, pbx: Pbx) -> Tested:
        kept = self._watches.get(pbx.name)
        if kept:
            return await kept[0].ask_now()
        watch = Watch(pbx, self.site.journal, self._drain)
        asking = asyncio.create_task(watch.ask_now())
        await asyncio.sleep(0)
        task = asyncio.create_task(watch.run())
        try:
            return await asking
        finally:
            await watch.stop(task)
