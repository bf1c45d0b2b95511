"""From the journal to the store: reads entries in order, frames and parses them, and stores them in batches.

Everything here is a function of the journal and the PBXs' settings; nothing is asked of a PBX. Dividing bytes into
jobs must happen in order and is cheap; reading a job needs nothing but the job, and may happen in another process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from tollbook.engine.pipeline.body_file import body_file
from tollbook.engine.pipeline.reading import ReadFrames, read_together
from tollbook.engine.pipeline.replay_history import ReplayHistory
from tollbook.framing.bodies import Cut, OpenBody
from tollbook.framing.damage import Damage, reject_all
from tollbook.framing.lines import frames_of
from tollbook.framing.open_stream import OpenStream
from tollbook.journal.whose import EVERYBODY, Whose
from tollbook.model.body import PUT_BACK, QUIET, TAKEN_BACK, Body, Ending, Entry
from tollbook.model.call import no_calls
from tollbook.model.frame import Block, Frames, Rejected
from tollbook.model.reading import Reading
from tollbook.model.record_lines import RecordLines
from tollbook.model.rules import Rules
from tollbook.model.shape import ENOUGH
from tollbook.sources import known
from tollbook.store.batch import PackedReading, Piece, Replayed, pack

if TYPE_CHECKING:  # the processes that read backlogs need neither SQLite nor DuckDB
    from tollbook.journal import Journal
    from tollbook.store.tables import Tables

LARGEST_BATCH = 16 << 20
"""Bytes of an archive's text after which a batch is stored before its end is reached."""
FLOOD = 4 << 20
"""Bytes that have to be waiting before a PBX is set aside that has sent most of what came before them."""
MANY = 1024
"""Entries that are divided at once, and that have to be waiting, in the same way: a connection has three at least, and
each takes milliseconds to tell what it sends again."""
_MOST_LANES, _LANE = 4, 4 << 20
"""PBXs set aside that are gone on with in turns, and bytes of one's turn."""

_GOING_ON = frozenset(("data", QUIET))
_TURNED = frozenset((TAKEN_BACK, PUT_BACK))
"""Kinds of entries that hold nothing to be read: what they change is read again beside (see `rebuild`)."""


def records_are_lines(_pbx: str) -> RecordLines | None:
    """Say of any PBX that each of its records is a line."""
    return None


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Whole records of one body, to be read; or rejects that no dialect need see."""

    pbx: str
    body: int
    stream: bool
    member: int
    received_at: int
    block: Block
    rejected: list[Rejected]
    replay: Replayed


class ReadyBatch(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs to be read and stored together, and where the pipeline stands once they are.

    `urgent` ones are of PBXs that others, with more to read, must not hold up.
    """

    jobs: list[Job]
    entry: int
    unfinished: dict[int, int]
    behind: dict[str, int] = {}
    urgent: bool = False

    @property
    def reached(self) -> int:
        """The last entry up to which all is divided."""
        return min([self.entry, *self.behind.values()])


class Pipeline:
    """Where one site's pipeline stands: which entries have been divided into jobs, and the bodies still open.

    With `only`, entries of other PBXs are passed over. PBXs that are `set_aside` have a lane: they stand further back,
    and what comes of them is divided by `next_of_lanes`, in its order, while `divide` goes on with all others.
    """

    def __init__(
        self,
        journal: Journal,
        store: Tables,
        only: tuple[str, ...] | None = None,
        declared_of: Callable[[str], RecordLines | None] = records_are_lines,
    ) -> None:
        self._journal = journal
        self._meant = EVERYBODY if only is None else Whose(frozenset(only), inside=True)
        self._behind = store.behind()
        self._lanes: dict[str, Iterator[ReadyBatch]] = {}
        self._open: dict[int, OpenBody | OpenStream] = {}
        self._declared_of = declared_of
        self._history = ReplayHistory(journal, store, self._open, declared_of)
        self._bodies: dict[int, Body] = {}
        self._damage = Damage()
        self._entry, unfinished = store.progress()
        for body, consumed in unfinished.items():
            self._open[body] = self._restored(body, consumed, self._behind.get(self._body(body).pbx, self._entry))

    @property
    def entry(self) -> int:
        """The last journal entry divided; of PBXs that are set aside, fewer are."""
        return self._entry

    @property
    def reached(self) -> int:
        """The last entry up to which all is divided."""
        return min([self._entry, *self._behind.values()])

    def behind(self) -> bool:
        """Say whether the journal holds entries not divided yet."""
        return bool(self._behind) or self._journal.last_entry() > self._entry

    def divide(self, most_bytes: int = 4 << 20, upto: int = 1 << 62, *, aside: bool = False) -> Iterator[ReadyBatch]:
        """Yield the jobs that the next entries give, none after `upto`; nothing when there are none.

        With `aside`, a PBX is set aside that has sent an archive, or so much that others would have to wait for it.
        """
        last = min(self._journal.last_entry(), upto)
        taken, sent = Counter[str](), Counter[str]()
        jobs: list[Job] = []
        before = self._entry
        found = self._journal.entries(self._entry, most_bytes, self._others(), MANY)
        entries = [entry for entry in found if entry.id <= upto]
        for entry in entries:
            pbx = self._is_theirs(entry, self._others())
            if aside and pbx and self._is_archive_end(entry):
                self.set_aside(pbx)
            if pbx and pbx not in self._behind:
                yield from self._divided(entry, jobs)
                taken[pbx] += len(entry.data)
                sent[pbx] += 1
            self._entry = entry.id
        if not entries:
            self._entry = max(self._entry, last)
        if jobs or self._entry != before:
            yield self._ready(jobs)
        if aside and self._journal.bytes_after(self._entry, FLOOD) >= FLOOD:
            self._set_floods_aside(taken, FLOOD // 2)
        if aside and last - self._entry >= MANY:
            self._set_floods_aside(sent, MANY // 2)

    def set_aside(self, pbx: str) -> None:
        """Let a PBX stay behind here, so that the others can go on."""
        self._behind.setdefault(pbx, self._entry)

    def next_of_lanes(self) -> Iterator[ReadyBatch]:
        """Yield the next jobs of each PBX that is set aside, of a few of them at a time; one that has caught up is not.

        Each of those few may hold an archive open.
        """
        for pbx in list(self._behind)[:_MOST_LANES]:
            lane = self._lanes.setdefault(pbx, self._lane(pbx))
            ready = next(lane, None)
            if ready is None:
                del self._lanes[pbx]
            else:
                yield ready

    def _lane(self, pbx: str) -> Iterator[ReadyBatch]:
        """Yield the jobs of a PBX that was set aside, up to where the others are now."""
        upto = self._entry
        jobs: list[Job] = []
        whose = Whose(frozenset((pbx,)), inside=True)
        entries = [entry for entry in self._journal.entries(self._behind[pbx], _LANE, whose, MANY) if entry.id <= upto]
        for entry in entries:
            if self._is_theirs(entry, whose):
                yield from self._divided(entry, jobs)
            self._behind[pbx] = entry.id
        if not entries:
            self._behind[pbx] = upto
        if self._behind[pbx] >= self._entry:
            del self._behind[pbx]
        yield self._ready(jobs)

    def _divided(self, entry: Entry, jobs: list[Job]) -> Iterator[ReadyBatch]:
        """Add the jobs that an entry gives to others; yield them where they are many already."""
        for cut in self._cuts(entry):
            if cut.block.data or cut.rejected or cut.replayed:
                jobs.append(self._job(entry, cut))
            if self._is_long(entry, jobs):
                yield self._ready(jobs)
                jobs.clear()
        if entry.kind not in _GOING_ON:
            self._history.note(entry.body, self._open.pop(entry.body).fresh_from)
            self._bodies.pop(entry.body, None)
            self._damage.forget(entry.body)

    def _others(self) -> Whose:
        """Say whose entries are divided: those that are meant, without those that are set aside."""
        if not self._behind or self._meant.inside:
            return self._meant
        return Whose(frozenset(self._behind), inside=False)

    def _is_archive_end(self, entry: Entry) -> bool:
        body = self._open.get(entry.body)
        return entry.kind not in _GOING_ON and body is not None and body.is_archive

    def _set_floods_aside(self, taken: Counter[str], least: int) -> None:
        """Set a PBX aside that has sent most of what has been divided; much more is waiting."""
        for pbx, size in taken.items():
            if size > taken.total() // 2 and size >= least:
                self.set_aside(pbx)

    def _is_long(self, entry: Entry, jobs: list[Job]) -> bool:
        """Say whether to store an archive's records before its end is reached."""
        if entry.kind in _GOING_ON or not self._open[entry.body].is_archive:
            return False
        return sum(len(job.block.data) for job in jobs) >= LARGEST_BATCH

    def _ready(self, jobs: list[Job]) -> ReadyBatch:
        return ReadyBatch(
            jobs=[*jobs],
            entry=self._entry,
            unfinished={body: each.consumed for body, each in self._open.items()},
            behind={**self._behind},
            urgent=any(job.pbx not in self._behind for job in jobs) if self._behind else False,
        )

    def _cuts(self, entry: Entry) -> Iterator[Cut]:
        body = self._open.get(entry.body)
        if body is None:
            start = self._journal.start_of(entry.id)
            body = self._open[entry.body] = self._restored(entry.body, start, entry.id - 1)
        if entry.kind == "data":
            yield self._undamaged(entry, body.feed(self._damage.filled(entry)))
        elif entry.kind == QUIET:
            yield self._undamaged(entry, body.settle())
            yield body.pause()
        else:
            for cut in body.end(Ending(entry.kind), self._ended(entry.body).reason):
                yield self._undamaged(entry, cut)

    def _is_theirs(self, entry: Entry, whose: Whose) -> str:
        """Return whose an entry is where it is one of theirs, there is a place for it, and it is to be read."""
        if entry.damage and not self._is_placed(entry):
            return ""
        body = self._body(entry.body)
        read = body.state != TAKEN_BACK and body.dropped_at is None
        theirs = body.pbx in whose and read and entry.kind not in _TURNED
        if not theirs and entry.kind not in _GOING_ON:
            self._bodies.pop(entry.body, None)
        return body.pbx if theirs else ""

    def _is_placed(self, entry: Entry) -> bool:
        """Say whether the body that a damaged entry names is there; log the damage."""
        import structlog  # hardly ever, and the processes that read backlogs start sooner without it

        there = entry.body in self._open or self._journal.body(entry.body) is not None
        what = "its records are rejects" if there else "whose it was is not known"
        structlog.get_logger().error(f"a part of the journal is damaged; {what}", reason=entry.damage)
        return there

    def _undamaged(self, entry: Entry, cut: Cut) -> Cut:
        """Return a cut without the records that cannot be trusted: those are rejects.

        An archive tells by itself which of its records come from damaged bytes, but for a tar, which has no checksums.
        """
        broken = self._body(entry.body).damage
        if broken:
            block, rejected = reject_all(cut.block, broken)
        elif self._open[entry.body].is_archive:
            return cut
        else:
            block, rejected = self._damage.take_out(entry.body, cut.block)
        return msgspec.structs.replace(cut, block=block, rejected=[*cut.rejected, *rejected]) if rejected else cut

    def _restored(self, number: int, consumed: int, upto: int) -> OpenBody | OpenStream:
        """Return a body as it stood after an entry, when its first `consumed` bytes had been given out."""
        body = self._body(number)
        if known.is_stream(body.source):
            return self._restored_stream(body, consumed, upto)
        head = self._journal.slice(number, 0, ENOUGH) if consumed else b""
        kept = partial(body_file, self._journal, number)
        restored = OpenBody(kept, consumed, head, self._declared_of(body.pbx))
        self._feed_again(restored, number, upto)
        return restored

    def _feed_again(self, restored: OpenBody | OpenStream, number: int, upto: int) -> None:
        """Give a body the bytes again that it held after an entry."""
        start = restored.read_again_from
        for entry in self._journal.entries_of(number, upto, start):
            data = self._damage.filled(entry)[max(start - entry.start, 0) :]
            if entry.kind == QUIET:
                restored.settle()
                restored.pause()
            elif data:
                restored.feed(data)
            if restored.is_archive:
                return  # it is read where it is kept, at its end

    def _restored_stream(self, body: Body, consumed: int, upto: int) -> OpenStream:
        """Decide again about the beginning of a stream, as it was decided before; later on only its bytes matter."""
        stream = OpenStream(partial(self._history.before, body), consumed, self._declared_of(body.pbx))
        self._feed_again(stream, body.id, upto)
        return stream

    def _job(self, entry: Entry, cut: Cut) -> Job:
        body = self._body(entry.body)
        return Job(
            pbx=body.pbx,
            body=entry.body,
            stream=known.is_stream(body.source),
            member=cut.member,
            received_at=entry.at,
            block=cut.block,
            rejected=cut.rejected,
            replay=Replayed(cut.replayed, self._open[entry.body].fresh_from),
        )

    def _body(self, body: int) -> Body:
        """Return a body as it was when its bytes were first met: whose it is never changes."""
        return self._bodies.get(body) or self._ended(body)

    def _ended(self, body: int) -> Body:
        """Return a body as it is now: with the reason of its end."""
        found = self._journal.body(body)
        if found is None:
            message = f"the journal has entries of body {body} and no such body"
            raise LookupError(message)
        self._bodies[body] = found
        return found


def whole_calls(_pbx: str) -> Rules | None:
    """Say of any PBX that each of its records is a whole call."""
    return None


def read_jobs(
    jobs: list[Job],
    reader_of: Callable[[str], ReadFrames],
    rules_of: Callable[[str], Rules | None] = whole_calls,
) -> PackedReading:
    """Read jobs and pack what they hold for the store."""
    frames = [msgspec.structs.replace(frames_of(job.block), received_at=job.received_at) for job in jobs]
    readings = read_together(frames, [reader_of(job.pbx) for job in jobs])
    return pack([_piece(job, reading, rules_of(job.pbx)) for job, reading in zip(jobs, readings, strict=True)])


def _piece(job: Job, reading: Reading, rules: Rules | None) -> Piece:
    if job.rejected:
        reading = Reading(reading.calls, reading.skipped, [*reading.rejected, *job.rejected])
    return Piece(
        pbx=job.pbx,
        body=job.body,
        stream=job.stream,
        member=job.member,
        received_at=job.received_at,
        reading=reading,
        replay=job.replay,
        rules=rules,
    )


def halves_of(jobs: list[Job]) -> list[list[Job]]:
    """Return jobs as two halves, or the records of a single one; none where there is but one record."""
    if len(jobs) > 1:
        return [jobs[: len(jobs) // 2], jobs[len(jobs) // 2 :]]
    job, offsets = jobs[0], frames_of(jobs[0].block).offsets
    if len(offsets) <= 1:
        return []
    middle = offsets[len(offsets) // 2]
    cut = middle - job.block.offset
    first = msgspec.structs.replace(job, block=job.block.part(0, cut))
    rest = Replayed(0, job.replay.fresh_from)
    last = msgspec.structs.replace(job, block=job.block.part(cut), rejected=[], replay=rest)
    return [[first], [last]]


def rejects_all(reason: str) -> ReadFrames:
    """Return a reader that understands nothing, for records whose PBX is not set up."""

    def read(frames: Frames) -> Reading:
        rejected = [Rejected(raw, offset, reason) for raw, offset in zip(frames.raws, frames.offsets, strict=True)]
        return Reading(no_calls(), [], rejected)

    return read
