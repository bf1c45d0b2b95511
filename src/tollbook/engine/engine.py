"""The engine: one process's sources, pipeline and store, behind calls that any thread may make.

Sources run on an event loop of the engine's own thread, so that neither a busy page nor a slow report can hold up a
PBX; the journal is emptied into the store by another thread. Settings come from a directory that the caller gives.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import aclosing
from datetime import date
from functools import partial
from typing import Any, TypeVar

import msgspec
import structlog

from tollbook.clock import now, now_us
from tollbook.dialects.known import Catalogue
from tollbook.engine.alerts.states import SiteSeen
from tollbook.engine.alerts.watch import AlertWatch
from tollbook.engine.budget_watch import BudgetWatch, now_of, today_of
from tollbook.engine.capture.group_commit import GroupCommit
from tollbook.engine.capture.health_tracker import iso_now
from tollbook.engine.capture.imports import Imports
from tollbook.engine.capture.live_bytes import Arrived, last_bytes
from tollbook.engine.capture.source_runner import SourceRunner
from tollbook.engine.capture.source_runners import SourceRunners
from tollbook.engine.capture.uploads import FOLDER, Uploads
from tollbook.engine.capture.viewer import Seen, look_on
from tollbook.engine.care import doctor, export
from tollbook.engine.care.backups import Backups
from tollbook.engine.care.doctor import Finding
from tollbook.engine.care.regular import Regular
from tollbook.engine.care.remembering import Remembering
from tollbook.engine.care.retention import Retention
from tollbook.engine.care.troubles import Troubles
from tollbook.engine.care.unread import told
from tollbook.engine.centre.recent import RecentCalls
from tollbook.engine.changes.consumer import Follower
from tollbook.engine.delivery.outbox import MessageOutbox
from tollbook.engine.feed import Feed
from tollbook.engine.jobs import Jobs
from tollbook.engine.missed_watch import MissedWatch
from tollbook.engine.own_sql import OwnSql
from tollbook.engine.pipeline.bulk import Bulk, setups
from tollbook.engine.pipeline.dry_run import DryRuns, read_text
from tollbook.engine.pipeline.meanings import Meanings
from tollbook.engine.pipeline.rebuild import Rebuild
from tollbook.engine.pipeline.store_writer import StoreWriter
from tollbook.engine.places import PlacesFile
from tollbook.engine.ready_files import FOLDER as FILES_FOLDER
from tollbook.engine.ready_files import ReadyFiles
from tollbook.engine.schedules.scheduler import ReportScheduler
from tollbook.engine.sinks.sinks import Sinks
from tollbook.engine.site import Site
from tollbook.journal import notices
from tollbook.journal.notices import Notice
from tollbook.model.access import Access
from tollbook.model.backup import BackupPlan
from tollbook.model.health import Health, ImportState, Lag, State, Tested
from tollbook.model.pbx import Pbx
from tollbook.model.reading import Reading
from tollbook.model.sink import Sink
from tollbook.site import changed
from tollbook.site.pbxs.checks import PbxBounds
from tollbook.site.tariffs.files import TariffFolder
from tollbook.sources import known
from tollbook.store.aside import PutAside
from tollbook.store.ledger import Ledger
from tollbook.store.noted import NotedCall
from tollbook.store.scoping import scope_of

_log = structlog.get_logger()
Result = TypeVar("Result")


class Engine:
    """One site at work. `start` it once, `stop` it once."""

    def __init__(
        self,
        site: Site,
        directory: Callable[[], list[Pbx]],
        sinks: Callable[[], list[Sink]] = list,
        backup_plan: Callable[[], BackupPlan | None] = lambda: None,
    ) -> None:
        self.site = site
        self.feed, self.jobs, self.own_sql = Feed(), Jobs(), OwnSql()
        self.files, self.tariffs = ReadyFiles(site.path / FILES_FOLDER), TariffFolder(site.path / "tariffs")
        site.store.lend_tariffs(self.tariffs.find)
        self.places, self.catalogue = PlacesFile(site.path, self.jobs), Catalogue(site.path / "dialects")
        self._directory, self._backup_plan = directory, backup_plan
        self._pbxs: dict[str, Pbx] = {}
        self.sinks = Sinks(site, sinks, lambda: list(self.pbxs().values()))
        self.outbox = MessageOutbox(site.fence)
        self.schedules = ReportScheduler(site.ledger(), self.outbox)
        self._store_writer = StoreWriter(site.journal, site.store, Bulk(self._pbx_of, self.catalogue), self.feed)
        own = Ledger(site.store)
        self.alert_watch = AlertWatch(
            lambda access: site.recent(self.ledger(access)), own, self._site_seen, lambda: now_of(self.pbxs_of_calls())
        )
        self.budget_watch, self.missed_watch = BudgetWatch(site.ledger(), self.today), MissedWatch(site.store)
        self._rebuild = Rebuild(site.journal, site.store, Bulk(self._pbx_of, self.catalogue), lambda: list(self._pbxs))
        self.meanings = Meanings(site.store, lambda: list(self._pbxs.values()), idle=site.centre is not None)
        self._store_writer.told = self._rebuild.told = self.meanings.told = self._news
        self.imports = Imports(site.journal, site.store, self._store_writer, self._rebuild)
        self.dry_runs = DryRuns(setups(self._pbx_of, self.catalogue), self.catalogue, own)
        self.uploads = Uploads(site.path / FOLDER, self.imports, self.dry_runs)
        self._group, self._runners = GroupCommit(site.journal), SourceRunners(self._watched, self._watch)
        self._ended = self._with_sources = self._has_private = False
        self._applying, self._loop = threading.Lock(), asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sources", daemon=True)
        self._remembering, self._recent = Remembering(site), RecentCalls(site, self.feed, self._news)
        self.troubles = Troubles(lambda: self._examined(self._store_writer.scrub.damaged, thorough=False))
        self.backups, self.regular = Backups(site), Regular()
        self.retention = Retention(site, self.backups, self._stored_up_to)
        self._acting: list[Follower] = [self.regular, self.retention, self.budget_watch, self.schedules]
        self.on_the_way = ""
        """What is wrong with how passwords of those who sign in travel; whoever serves the pages knows it."""

    def start(self, *, sources: bool = True) -> None:
        """Begin; without sources only what the journal holds is stored, as for a command that needs no PBX."""
        left = frozenset(kind for kind in known.kinds() if known.goes_on(kind))
        cut = self.site.journal.close_abandoned(now_us(), "Tollbook was stopped while it was arriving", left)
        if cut:
            _log.warning("answers were cut off when Tollbook last ended; what arrived is kept", answers=cut)
        self.uploads.start()
        self.files.start()
        self._thread.start()
        self.apply()
        changed.subscribe(self.apply)
        self._store_writer.start()
        self._rebuild.start()
        self.meanings.start()
        self._remembering.start()
        self.backups.start()
        if sources:
            self.follow()
            self.take_up()

    def follow(self) -> None:
        """Keep near what pages show: each process does, whatever its part is."""
        for each in (self.missed_watch, self._recent):
            each.start()

    def take_up(self) -> None:
        """Begin what one process alone does: PBXs, deliveries, schedules, alerts, budgets, retention, backups."""
        self._with_sources = True
        self.outbox.start()
        self.apply()
        self.backups.go_by_plan()
        for each in (*self._acting, self.alert_watch):
            each.start()

    def stop(self) -> None:
        """Let answers on their way in finish, store what was taken, and end."""
        changed.unsubscribe(self.apply)
        for each in (*self._acting, self.alert_watch, self.missed_watch, self._recent):
            each.stop()
        self.outbox.stop()
        self.backups.stop()
        self._remembering.stop()
        self.troubles.stop()
        with self._applying:
            self._ended = True
        self.feed.close()
        self.jobs.stop()
        self.own_sql.stop()
        self.files.stop()
        self._on_loop(self._runners.stop())
        self._group.close()
        self.uploads.stop()
        self.meanings.stop()
        self._rebuild.stop()
        self._store_writer.stop()
        self.sinks.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def apply(self) -> None:
        """Read the directory again; stop what has changed or gone, start what is new.

        Of two at once the second reads the directory when the first is through: what was set last is what holds.
        """
        with self._applying:
            if self._ended:
                return
            self._pbxs = {pbx.name: pbx for pbx in self._directory()}
            watched = [name for name, pbx in self.pbxs().items() if self._with_sources and not pbx.paused]
            self._on_loop(self._runners.apply(filter(None, map(self._watched, watched))))
            self.sinks.apply(run=self._with_sources)
            self.outbox.apply(run=self._with_sources)
            self.backups.apply(self._backup_plan())
            self._rebuild.look()
            self.meanings.look()
            self.budget_watch.apply()
            self.alert_watch.apply()
            self.missed_watch.apply()
            self.troubles.forget()
            self.retention.news()

    def today(self, pbx: str = "") -> date:
        """Return what day it is by the clock of a PBX; where none is so called, by that of the first."""
        return today_of(self.pbxs_of_calls(), pbx)

    def ledger(self, access: Access) -> Ledger:
        """Return the ledger as somebody may see it."""
        return self.site.ledger(scope_of(access, has_private=self._has_private))

    @property
    def bounds(self) -> PbxBounds:
        """What settings of PBXs have to be within."""
        return PbxBounds(self.catalogue, self.site.fence, of_a_centre=self.site.centre is not None)

    def pbxs(self) -> dict[str, Pbx]:
        """Return the PBXs that are set up, by name."""
        return {name: pbx for name, pbx in self._pbxs.items() if not pbx.removed}

    def pbxs_of_calls(self) -> dict[str, Pbx]:
        """Return the PBXs that calls are of, by name: at a centre those of the places, as `Hamburg/hts32`."""
        return self.pbxs() | (self.site.centre.pbxs() if self.site.centre else {})

    def numbering(self, name: str) -> bool:
        """Say whether calls of a PBX are still to be numbered by its dial plan."""
        return name in self.meanings.waiting

    def health(self) -> list[Health]:
        """Say how every PBX is doing."""
        unread = {each.pbx: each.what for each in self.troubles.known() if each.topic == "unread"}
        return [told(self._health_of(pbx), unread.get(pbx.name, "")) for pbx in self.pbxs().values()]

    def test(self, name: str) -> Tested:
        """Ask a PBX once, keeping what it reads; raises `Misconfigured` for settings that cannot work."""
        return self._on_loop(self._runners.test(name))

    def try_text(self, pbx: Pbx, text: bytes) -> Reading:
        """Read pasted records as a PBX's would be, and store nothing."""
        return read_text(self.catalogue, pbx, text)

    async def look_on(self, name: str, limit_s: float) -> AsyncGenerator[Seen, None]:
        """Yield what arrives from a PBX, and how it is doing twice a second, from any event loop.

        In a process that does without sources the PBX is watched for that time. Ends when the time is over or the PBX
        is watched no longer; raises `LookupError` for one that is paused or not set up.
        """
        runner = await self._from_any_loop(self._runners.lend(name, paused=False))
        if runner is None:
            raise LookupError(f"PBX {name} is not watched now")
        begin = partial(self._runners.begin, runner)
        try:
            async with aclosing(look_on(runner, lambda: self._from_any_loop(begin()), limit_s)) as seen:
                async for each in seen:
                    yield each
        finally:
            if not self._ended:
                await self._from_any_loop(self._runners.give_back(runner))

    def last_bytes(self, name: str, most_bytes: int = 4096) -> Arrived | None:
        """Return the end of what a PBX sent last; None where nothing of it is kept."""
        return last_bytes(self.site.journal, name, most_bytes)

    def end_streams(self) -> None:
        """Let everybody's stream of calls or of arriving bytes end, as before a server waits for its last requests."""
        self.feed.close()
        self._runners.close_taps()

    def lag(self) -> Lag:
        """Say how far the store is behind the journal."""
        entries, since = self.site.journal.waiting_after(self._store_writer.stored)
        return Lag(
            entries=entries,
            waits_s=max(now_us() - since, 0) // 1_000_000 if since else 0,
            rebuilding=self._store_writer.unsettled or self._rebuild.running or self.meanings.running,
            left=self._rebuild.left,
            trouble=self._store_writer.trouble
            or self._rebuild.trouble
            or self.meanings.trouble
            or self._recent.trouble,
        )

    def raw_of(self, record: dict[str, Any]) -> bytes:
        """Return the raw text of a listed call: the bytes that the PBX wrote; a centre has none."""
        return b"" if self.site.centre else export.raw_record(self.site.journal, record)

    def retry_rejects(self, pbx: str = "") -> int:
        """Read rejects again with the settings of today; return how many became calls."""
        return self._store_writer.retry(pbx)

    def copy_notes(self, noted: Sequence[NotedCall]) -> None:
        """Let calls be found by what people noted on them."""
        self._has_private = any(each.private for each in noted)
        self.site.store.copy_notes(noted)

    def copy_put_aside(self, rows: list[tuple[str, str, str, str]]) -> None:
        """Take over which rejects the site knows to be put aside: ids, notes, who and when."""
        self.site.store.copy_put_aside([PutAside(*row) for row in rows])

    def rebuild(self) -> None:
        """Start reading everything again from the journal; `lag` says how far it is."""
        self._rebuild.read_all()

    def read_again(self) -> None:
        """Start reading the records again of PBXs whose settings or format have changed."""
        self._rebuild.look()

    def begin_import(self, pbx: str, file_name: str) -> int:
        """Open an import and return its number."""
        return self.imports.begin(pbx, file_name)

    def take(self, body: int, data: bytes) -> None:
        """Journal the next bytes of an import; on the disk when this returns."""
        self.imports.take(body, data)

    def finish_import(self, body: int, *, cut: str = "") -> None:
        """End an import."""
        self.imports.finish(body, cut=cut)

    def import_state(self, body: int) -> ImportState:
        """Say how far an import is."""
        return self.imports.state(body)

    def doctor(self) -> list[Finding]:
        """Check the site, every byte of its journal included, and say what to mend."""
        return self._examined(self._store_writer.scrub.finish(), thorough=True)

    def _examined(self, damaged: Mapping[int, str], *, thorough: bool) -> list[Finding]:
        pbxs, names = list(self.pbxs().values()), frozenset(self._pbxs)
        backups, sinks = self.backups.state(), self.sinks.health()
        made = doctor.SetUp(
            pbxs,
            sinks,
            self.catalogue,
            self.lag(),
            names,
            backups,
            self.on_the_way,
            self.regular.people_read(),
            self.retention.waits(),
        )
        return doctor.examine(self.site, made, damaged, thorough=thorough)

    def notices(self) -> list[Notice]:
        """Return what was found when the site was opened and nobody has dealt with yet."""
        return notices.standing(self.site.journal)

    def settle_notice(self, number: int) -> bool:
        """Note that somebody has dealt with a notice; return whether it stood."""
        return self.site.journal.write(notices.settle(number, now_us()))[0] > 0

    def export(self, pbx: str = "", first: str = "", last: str = "") -> Iterator[tuple[str, bytes]]:
        """Yield the journal's raw text per PBX and day: a file name and its next bytes."""
        return export.raw_text(self.site.journal, export.Chosen(pbx=pbx, first=first, last=last))

    # ------------------------------------------------------------------ inside

    def _news(self) -> None:
        self.sinks.news()
        self.budget_watch.news()
        self.alert_watch.news()
        self.missed_watch.news()

    def _stored_up_to(self) -> int:
        """Return the last entry up to which the store holds all; 0 while calls are being made again."""
        return 0 if self.lag().rebuilding else self._store_writer.stored

    def _site_seen(self) -> SiteSeen:
        return SiteSeen(findings=self.troubles.found(), healths=self.health(), now=now())

    def _pbx_of(self, name: str) -> Pbx | None:
        return self._pbxs.get(name)

    def _watched(self, name: str) -> Pbx | None:
        """Return a PBX without what is no part of collecting: with another dial plan it is watched on as it was."""
        pbx = self.pbxs().get(name)
        return msgspec.structs.replace(pbx, plan={}) if pbx else None

    def _watch(self, pbx: Pbx) -> SourceRunner:
        return SourceRunner(pbx, self.site, self._store_writer, self._group)

    def _health_of(self, pbx: Pbx) -> Health:
        runner, failing = self._runners.of(pbx.name), self._store_writer.failing.get(pbx.name)
        if runner and failing:
            message = f"{failing}; mend the format, then retry the rejects"
            return msgspec.structs.replace(runner.health, state=State.NEEDS_ATTENTION, message=message)
        if runner:
            return runner.health
        message = "paused: nothing is asked of it" if pbx.paused else "not watched by this process"
        return Health(pbx=pbx.name, state=State.PAUSED, message=message, since=iso_now())

    def _on_loop(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _from_any_loop(self, work: Coroutine[Any, Any, Result]) -> Result:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))
