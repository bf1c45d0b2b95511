"""From the journal to the store: reads entries in order, frames and parses them, and stores them in batches.

Everything here is a function of the journal and the PBXs' settings; nothing is asked of a PBX. `prepare` and `store`
are two steps so that the next batch can be parsed while the last is being written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tollbook.engine.bodies import Cut, OpenBody
from tollbook.framing.sniff import ARCHIVES
from tollbook.journal import Journal
from tollbook.model.body import Body, Ending, Entry
from tollbook.model.call import no_calls
from tollbook.model.frame import Frames, Rejected
from tollbook.model.reading import Reading
from tollbook.store.batch import Batch, Piece
from tollbook.store.store import Store, Written

LARGEST_BATCH = 65_536
"""Frames after which an archive's batch is stored before the next begins."""

Read = Callable[[Frames], Reading]
"""Reads one PBX's frames."""
ReaderOf = Callable[[str], Read]
"""Finds the reader of a PBX by name."""


class Pipeline:
    """Where one site's pipeline stands. One thread prepares, one stores; both may be the same."""

    def __init__(self, journal: Journal, store: Store, reader_of: ReaderOf) -> None:
        self._journal = journal
        self._store = store
        self._reader_of = reader_of
        self._entry = 0
        self._open: dict[int, OpenBody] = {}
        self._bodies: dict[int, Body] = {}
        self.resume()

    @property
    def entry(self) -> int:
        """The last journal entry prepared."""
        return self._entry

    def resume(self) -> None:
        """Go back to where the store is: after a start, and after a batch that could not be stored."""
        self._entry, unfinished = self._store.progress()
        self._bodies.clear()
        self._open = {}
        for body, consumed in unfinished.items():
            self._open[body] = self._restored(body, consumed)

    def prepare(self, most_bytes: int = 8 << 20) -> Iterator[Batch]:
        """Yield the batches that the next entries give; none when there are none."""
        pieces: list[Piece] = []
        before = self._entry
        for entry in self._journal.entries(self._entry, most_bytes):
            for cut in self._cuts(entry):
                if len(cut.frames) or cut.rejected:
                    pieces.append(self._piece(entry, cut))
                if self._is_long(entry, pieces):
                    yield self._batch(pieces)
                    pieces = []
            if entry.kind != "data":
                del self._open[entry.body]
            self._entry = entry.id
        if pieces or self._entry != before:
            yield self._batch(pieces)

    def _is_long(self, entry: Entry, pieces: list[Piece]) -> bool:
        """Say whether to store an archive's frames before its end is reached: its frames can be counted and skipped."""
        if entry.kind == "data" or self._open[entry.body].shape not in ARCHIVES:
            return False
        return sum(piece.reading.frames for piece in pieces) >= LARGEST_BATCH

    def behind(self) -> bool:
        """Say whether the journal holds entries not prepared yet."""
        return self._journal.last_entry() > self._entry

    def _batch(self, pieces: list[Piece]) -> Batch:
        unfinished = {body: each.consumed for body, each in self._open.items()}
        return Batch(pieces=pieces, entry=self._entry, unfinished=unfinished)

    def _cuts(self, entry: Entry) -> Iterator[Cut]:
        body = self._open.get(entry.body)
        if body is None:
            body = self._open[entry.body] = self._begun(entry)
        if entry.kind == "data":
            yield body.feed(entry.data)
            return
        skip = self._stored_frames(entry.body) if body.shape in ARCHIVES else 0
        yield from body.end(Ending(entry.kind), self._body(entry.body).reason, skip)

    def _begun(self, entry: Entry) -> OpenBody:
        """Return a body met for the first time, or one gone on with after it had ended at a line's end."""
        return OpenBody(self._journal.start_of(entry.id))

    def _restored(self, body: int, consumed: int) -> OpenBody:
        """Give a body back the bytes it held when the store last committed."""
        restored = OpenBody(consumed)
        for data in self._journal.bytes_from(body, consumed, self._entry):
            restored.feed(data)
        return restored

    def _stored_frames(self, body: int) -> int:
        found = self._store.rows("SELECT frames FROM tally WHERE body = ?", [body])
        return int(found[0][0]) if found else 0

    def _piece(self, entry: Entry, cut: Cut) -> Piece:
        body = self._body(entry.body)
        reading = self._reader_of(body.pbx)(cut.frames) if len(cut.frames) else Reading(no_calls(), [], [])
        if cut.rejected:
            reading = Reading(reading.calls, reading.skipped, [*reading.rejected, *cut.rejected])
        return Piece(pbx=body.pbx, body=body.id, member=cut.member, received_at=entry.at, reading=reading)

    def _body(self, body: int) -> Body:
        found = self._bodies.get(body) or self._journal.body(body)
        if found is None:
            message = f"the journal has entries of body {body} and no such body"
            raise LookupError(message)
        if found.state != "open":
            self._bodies[body] = found
        return found


def rejects_all(reason: str) -> Read:
    """Return a reader that understands nothing, for records whose PBX is not set up."""

    def read(frames: Frames) -> Reading:
        rejected = [Rejected(raw, offset, reason) for raw, offset in zip(frames.raws, frames.offsets, strict=True)]
        return Reading(no_calls(), [], rejected)

    return read


def catch_up(pipeline: Pipeline, store: Store, after: Callable[[Written], None] = lambda _written: None) -> None:
    """Store everything the journal holds, one batch after another."""
    while pipeline.behind():
        for batch in pipeline.prepare():
            after(store.write(batch))
