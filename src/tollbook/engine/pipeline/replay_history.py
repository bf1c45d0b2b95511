"""What the streams of a PBX brought before a connection, without their own replays: what a new one is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tollbook.framing.bodies import last_record
from tollbook.framing.declared import record_blocks
from tollbook.framing.lines import frames_of
from tollbook.framing.replay import ReplayedLine
from tollbook.framing.several_lines import rest_of
from tollbook.framing.streams import StreamBlocks
from tollbook.model.body import Body, Ending
from tollbook.model.limits import REPLAYED_BYTES, REPLAYED_CONNECTIONS, REPLAYED_RECORDS
from tollbook.sources import known

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tollbook.framing.bodies import OpenBody
    from tollbook.framing.open_stream import OpenStream
    from tollbook.journal import Journal
    from tollbook.model.record_lines import RecordLines
    from tollbook.store.tables import Tables

    DeclaredOf = Callable[[str], RecordLines | None]
    """Says of a PBX what its format declares of the lines of records; None where each is a line."""

_MOST_NOTED = 10_000
_SHORT, _MOST_KEPT = 2048, 4 * REPLAYED_CONNECTIONS
"""Bytes of a connection whose lines are kept, and how many such: of PBXs that connect for each call."""


class ReplayHistory:
    """The past of every PBX's streams, read from the journal when a connection asks for it."""

    def __init__(
        self,
        journal: Journal,
        store: Tables,
        going_on: Mapping[int, OpenBody | OpenStream],
        declared_of: DeclaredOf,
    ) -> None:
        self._journal, self._store, self._going_on, self._declared_of = journal, store, going_on, declared_of
        self._noted: dict[int, int] = {}
        self._kept: dict[int, tuple[int, list[ReplayedLine]]] = {}
        """The lines of short connections that have ended, each with its last entry; those asked for last are last."""

    def note(self, body: int, fresh_from: int) -> None:
        """Note where the records of an ended body begin that were no replay; the store learns of it a little later."""
        if len(self._noted) >= _MOST_NOTED:
            self._noted.pop(next(iter(self._noted)))
        self._noted[body] = fresh_from

    def before(self, body: Body) -> list[ReplayedLine]:
        """Return the last records that the PBX's streams had brought when a body began, oldest first."""
        first = self._journal.first_entry_of(body.id)
        streams = [kind for kind in known.kinds() if known.is_stream(kind)]
        marks = ", ".join("?" * len(streams))
        condition = (
            f"pbx = ? AND id <> ? AND id <= ? AND source IN ({marks}) ORDER BY id DESC LIMIT {REPLAYED_CONNECTIONS}"
        )
        # Of a backlog, or for a rebuild, the journal has connections that came later, too.
        last = self._journal.last_body_before(first)
        found: list[list[ReplayedLine]] = []
        records, size = 0, 0
        for earlier in self._journal.bodies(condition, body.pbx, body.id, last, *streams):
            lines = self._kept_lines(earlier, first, REPLAYED_BYTES - size)
            found.append(lines)
            records, size = records + len(lines), size + sum(len(line.raw) for line in lines)
            if records >= REPLAYED_RECORDS or size >= REPLAYED_BYTES:
                break
        return [line for lines in reversed(found) for line in lines]

    def _kept_lines(self, body: Body, before: int, most_bytes: int) -> list[ReplayedLine]:
        """Return the same as `_lines`; those of a short connection that has ended are kept, since the next one asks."""
        if body.length > min(_SHORT, most_bytes) or body.state == "open" or body.id in self._going_on:
            return self._lines(body, before, most_bytes)
        ended, lines = self._kept.pop(body.id, (0, []))
        if not ended:
            ended, lines = self._journal.last_entry_of(body.id), self._lines(body, 1 << 62, most_bytes)
        self._kept[body.id] = (ended, lines)
        if len(self._kept) > _MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        return lines if ended < before else self._lines(body, before, most_bytes)

    def _lines(self, body: Body, before: int, most_bytes: int) -> list[ReplayedLine]:
        """Return a body's last records that were no replay, as far as it had come before an entry."""
        offset, data = self._journal.tail(body.id, before, most_bytes)
        fresh = max(self._fresh_from(body.id) - offset, 0)
        blocks = record_blocks(StreamBlocks(offset + fresh), self._declared_of(body.pbx))
        raws = frames_of(blocks.feed(data[fresh:])).raws
        if offset and not fresh:
            raws = raws[1:]  # the first may be half a record
        lines = [ReplayedLine(raw) for raw in raws]
        if body.id not in self._going_on and body.state != "open":
            lines += map(ReplayedLine, frames_of(rest_of(blocks)).raws)
            last, _ = last_record(blocks.end(), Ending(body.state), "")
            lines += [ReplayedLine(raw, doubtful=True) for raw in frames_of(last).raws]
        return lines

    def _fresh_from(self, body: int) -> int:
        if body in self._going_on:
            return self._going_on[body].fresh_from
        if body not in self._noted:
            rows = self._store.rows("SELECT fresh_from FROM tally WHERE body = ?", [body])
            self.note(body, rows[0][0] if rows else 0)
        return self._noted[body]
