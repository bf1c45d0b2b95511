"""One connection of a stream in the making: cut into records as it comes, without what the PBX sent before.

It has the shape of `OpenBody`. What a stream begins with is never taken for an archive or a page, and of a connection
that was cut the last record, unless its own quoting shows it whole, is half a record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tollbook.framing.bodies import Cut, last_record
from tollbook.framing.declared import record_blocks
from tollbook.framing.replay import Replay, ReplayedLine, Sorted
from tollbook.framing.several_lines import paused, rest_of, taken_rejects
from tollbook.framing.streams import StreamBlocks
from tollbook.model.body import Ending
from tollbook.model.frame import Block
from tollbook.model.limits import LARGEST_ENTRY, UNDECIDED_BYTES
from tollbook.model.record_lines import RecordLines

_DECIDED_AFTER = 2 * UNDECIDED_BYTES + LARGEST_ENTRY
"""Bytes of a connection that are read again after a restart to know how far a replay had come: those before it, those
held back, and those that came with the last of these."""


class OpenStream:
    """One connection: `feed` it bytes, then `end` it; `tail` is asked, at its first record, for what came before."""

    is_archive = False

    def __init__(
        self,
        tail: Callable[[], list[ReplayedLine]],
        consumed: int = 0,
        declared: RecordLines | None = None,
    ) -> None:
        self._tail = tail
        self._replay: Replay | None = None
        self._decided = consumed > _DECIDED_AFTER
        self._lines = record_blocks(StreamBlocks(consumed if self._decided else 0), declared)
        self._paused = False
        self.fresh_from = 0
        """Where the records begin that are no replay."""

    @property
    def read_again_from(self) -> int:
        """Where its bytes must be read from again after a restart."""
        return self._lines.consumed

    @property
    def consumed(self) -> int:
        """Bytes whose records have all been given out."""
        held_from = self._replay.held_from if self._replay else None
        return self._lines.consumed if held_from is None else held_from

    def feed(self, data: bytes) -> Cut:
        """Return the records that `data` completes."""
        return self._sorted(self._lines.feed(data))

    def settle(self) -> Cut:
        """Return the record that a pause shows to be whole."""
        return self._sorted(paused(self._lines))

    def pause(self) -> Cut:
        """Return what the stream's first pause settles; to further ones no replay has anything to say."""
        first, self._paused = not self._paused, True
        return self._cut(self._replay.pause() if first and self._replay else Sorted(Block(b"", 0)))

    def end(self, ending: Ending, reason: str) -> Iterator[Cut]:
        """Yield what is left."""
        whole = self._sorted(rest_of(self._lines))
        if whole.block.data or whole.rejected:
            yield whole
        block, rejected = last_record(self._lines.end(), ending, reason)
        if not self._decided and self._replay is None and block.data:
            self._replay = Replay(self._tail())
        yield self._cut(self._replay.end(block) if self._replay else Sorted(block))
        if rejected:
            yield Cut(0, Block(b"", block.offset), rejected, self.consumed)

    def _sorted(self, block: Block) -> Cut:
        if self._decided or not block.data:
            return self._cut(Sorted(block))
        if self._replay is None:
            self._replay = Replay(self._tail())
        return self._cut(self._replay.feed(block))

    def _cut(self, found: Sorted) -> Cut:
        self.fresh_from = max(self.fresh_from, found.until)
        if self._replay and self._replay.over:
            self._replay, self._decided = None, True
        return Cut(0, found.fresh, taken_rejects(self._lines), self.consumed, found.replayed)
