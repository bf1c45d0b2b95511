"""All sinks of a site: which run, how they do, and what a person may ask of one. One sink never waits for another."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from contextlib import closing

import msgspec
import structlog

from tollbook.engine.capture.health_tracker import iso_now
from tollbook.engine.care.restored import Trust
from tollbook.engine.changes.following import MOMENT, ConsumerSite
from tollbook.engine.changes.positions import NOBODY_KNOWS
from tollbook.engine.sinks.worker import SinkWorker, opened, with_stand
from tollbook.engine.site import Site as Folder
from tollbook.model.health import State, Tested
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.model.sink import DeadLetter, LeftOutColumns, Sink, SinkHealth
from tollbook.plugins import read_options
from tollbook.sinks import known
from tollbook.sinks.contract import DeliveryRefused
from tollbook.site.reaching import problems_in_reach
from tollbook.store import outgoing
from tollbook.store.changes import Position
from tollbook.store.filters import read_filter
from tollbook.store.ledger import Ledger
from tollbook.store.outgoing import ChangeQuery

_log = structlog.get_logger()
_NOT_YET = Problem(
    "it cannot be said yet which calls are earlier ones",
    "the store is being made again from the journal",
    help="once `tollbook status` shows that nothing waits, give the command again",
)


class Sinks:
    """The sinks of one site. `apply` reads the directory again; `stop` ends them all."""

    def __init__(
        self, folder: Folder, directory: Callable[[], list[Sink]], pbxs: Callable[[], list[Pbx]] = list
    ) -> None:
        moment = folder.path / MOMENT
        moment.mkdir(mode=0o700, exist_ok=True)
        for left in moment.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        self._site = ConsumerSite(Ledger(folder.store), folder.positions, moment, folder.fence, pbxs)
        self._folder, self._journal_was = folder, folder.journal.last_entry()
        self._trust = folder.trust
        self._directory = directory
        self._known: dict[str, Sink] = {}
        self._workers: dict[str, SinkWorker] = {}
        self._lock = threading.Lock()

    def apply(self, *, run: bool) -> None:
        """Read the directory again; stop what has changed or gone, start what is new, and note where that begins."""
        with self._lock:
            self._known = {sink.name: sink for sink in self._directory()}
            wanted = {name: sink for name, sink in self._known.items() if run and not sink.paused}
            self._end([name for name, worker in self._workers.items() if wanted.get(name) != worker.sink])
            there = self._site.ledger.position()
            for sink in self._known.values():
                self._place(sink, there)
            self._trust = Trust.WHOLE
            for name, sink in wanted.items():
                if name not in self._workers:
                    self._workers[name] = SinkWorker(sink, self._site)
                    self._workers[name].start()

    def _place(self, sink: Sink, there: Position) -> None:
        """Let a sink stand somewhere; where positions are lost or older than they were, nobody knows where."""
        if self._trust is Trust.OLDER and not known.overwrites(sink.kind):
            self._site.positions.doubt(sink.name)
        epoch = NOBODY_KNOWS if self._trust is Trust.LOST else str(there.epoch)
        self._site.positions.begin(sink.name, epoch, there.last)

    def news(self) -> None:
        """Say that the store may have changes."""
        for worker in list(self._workers.values()):
            worker.news()

    def stop(self) -> None:
        """End them all, at once."""
        with self._lock:
            self._end(list(self._workers))

    def _end(self, names: list[str]) -> None:
        """End some at once, so that those which hang are waited for together."""
        ending = [threading.Thread(target=self._workers.pop(name).stop) for name in names]
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join()

    def health(self) -> list[SinkHealth]:
        """Say how every sink is doing."""
        return [self._health_of(sink) for sink in self._known.values()]

    def _health_of(self, sink: Sink) -> SinkHealth:
        worker = self._workers.get(sink.name)
        if worker:
            return worker.health()
        message = "paused: nothing is sent to it" if sink.paused else "not served by this process"
        health = SinkHealth(sink=sink.name, kind=sink.kind, state=State.PAUSED, message=message, since=iso_now())
        return with_stand(health, self._site)

    def problems_of(self, sink: Sink) -> list[Problem]:
        """Return everything wrong with a sink's settings and with the other side; raises as `_looked_at` does."""
        return self._looked_at(sink)[0]

    def _looked_at(self, sink: Sink) -> tuple[list[Problem], LeftOutColumns | None]:
        """Return everything wrong with a sink's settings and with the other side, and what that has no place for.

        Raises `Unavailable`, whatever its driver stumbled over, or `Misconfigured`.
        """
        opening, _ = opened(self._site, sink)
        try:
            return opening.problems(), opening.left_out()
        except (Unavailable, Misconfigured):
            raise
        except Exception as fault:
            _log.exception("a sink failed as it was tried", sink=sink.name)
            raise Unavailable(f"the sink failed: {type(fault).__name__}") from fault
        finally:
            opening.close()

    def misfits(self, sink: Sink) -> list[Problem]:
        """Return what does not fit at the other side; one that does not answer now is met later, by its worker.

        Raises `Misconfigured` for columns or a filter that cannot be used.
        """
        self.preview(sink, 1)
        where = f"sink {sink.name}"
        options = read_options(known.options_of(sink.kind), sink.settings, where)
        barred = problems_in_reach(options, where, self._site.fence)
        if barred:
            return barred
        if not known.overwrites(sink.kind):
            return []
        try:
            return self.problems_of(sink)
        except Unavailable:
            return []

    def test(self, name: str) -> Tested:
        """Reach a sink once, changing nothing, and say what does not fit."""
        return self.try_out(self._known[name])

    def try_out(self, sink: Sink) -> Tested:
        """Reach a sink that need not be kept, changing nothing, and say what does not fit."""
        where = f"sink {sink.name}"
        try:
            options = read_options(known.options_of(sink.kind), sink.settings, where)
            found, left_out = problems_in_reach(options, where, self._site.fence), None
            if not found:
                found, left_out = self._looked_at(sink)
        except (Unavailable, Misconfigured) as fault:
            return Tested(well=False, message=str(fault))
        if found:
            return Tested(well=False, message="\n\n".join(map(str, found)))
        if left_out:
            return Tested(well=True, message=f"it answers; {left_out.told}; to add them: {'; '.join(left_out.adding)}")
        return Tested(well=True, message="it answers, and everything fits")

    def backfill(self, name: str, since: str) -> SinkHealth:
        """Hand on all calls, or those from a day on, and then what is new.

        Raises `Misconfigured` for a wrong day, and, where calls cannot be overwritten at the other side, as long as
        the store is being made again: it is not known before which calls are earlier ones.
        """
        read_filter({"from": since})
        sink, positions = self._known[name], self._site.positions
        there, stand = self._site.ledger.position(), positions.of(name)
        if not known.overwrites(sink.kind) and self._is_made_again():
            raise Misconfigured(_NOT_YET)
        if stand:
            begun = msgspec.structs.replace(
                stand,
                epoch=str(there.epoch),
                change=0,
                begun=0,
                until=there.last,
                since=since,
                fresh=stand.sent == 0,
            )
            positions.note(begun)
        self.news()
        return self._health_of(sink)

    def _is_made_again(self) -> bool:
        """Whether the store lacks what the journal had when the site was opened, as a lost one does for a while."""
        return self._folder.store.progress()[0] < self._journal_was

    def forget(self, name: str) -> None:
        """Let a sink that was removed stand nowhere."""
        self._site.positions.forget(name)

    def dead_letters(self, name: str) -> list[DeadLetter]:
        """Return the deliveries of a sink that were given up."""
        return self._site.positions.dead_letters(name)

    def resend(self, name: str) -> tuple[int, int]:
        """Send again what was given up; return how many were taken, and how many are left. Raises `Unavailable`."""
        letters = self.dead_letters(name)
        sink, _ = opened(self._site, self._known[name])
        taken = 0
        try:
            for letter in letters:
                try:
                    sink.resend(letter.content)
                except DeliveryRefused:
                    continue
                self._site.positions.delivered(letter.number)
                taken += 1
        finally:
            sink.close()
        return taken, len(letters) - taken

    def preview(self, sink: Sink, most: int = 5) -> list[dict[str, str]]:
        """Return a few calls as a sink would be handed them; raises `Misconfigured`."""
        form = outgoing.form_of(self._site.ledger, sink.columns, read_filter(sink.filter))
        asked = ChangeQuery(after=0, most=most, fresh=True)
        _, window = outgoing.window(self._site.ledger, form, asked)
        if window is None:
            return []
        with closing(window):
            rows = list(window.rows())
        return [{field.name: str(value) for field, value in zip(form.fields, row, strict=True)} for row in rows]
