"""Reads batches of frames by a layout.

A batch is read column by column. Where a cell cannot be read the batch is halved until the record at fault stands
alone, so one bad record costs its neighbours little and the common case nothing. Each frame ends in exactly one of
calls, skipped and rejected.
"""

from __future__ import annotations

import csv
import re
from functools import partial
from typing import Any

import msgspec
import numpy as np

from tollbook.dialects import channels
from tollbook.dialects.kinds import ReadColumn, Unreadable, column_reader
from tollbook.dialects.layout import Layout, Record
from tollbook.dialects.localtime import ZoneOffsets
from tollbook.dialects.memo import Memo
from tollbook.dialects.moved import Mover
from tollbook.model.call import NEVER, Calls, Outcome, join_calls, no_calls
from tollbook.model.frame import Frames, Rejected, Skipped
from tollbook.model.pbx import Pbx
from tollbook.model.reading import Reading

_BOM = b"\xef\xbb\xbf"
_EPOCH_DIGITS = 10
"""Of an instant in seconds, from 2001 to 2286."""
_SHOWN = 60
"""Characters of a cell that a reason quotes."""

csv.field_size_limit(1 << 20)


class _Split(msgspec.Struct, frozen=True):
    """Frames of a batch whose text has the record's number of fields, with their rows."""

    frames: Frames
    rows: list[list[str]]


class Reader:
    """One dialect set up for one PBX: its zone, its trunk ids, its extensions."""

    def __init__(self, layout: Layout, pbx: Pbx) -> None:
        self._layout = layout
        self._record: Record = layout.record[0]
        self._columns: list[tuple[str, ReadColumn]] = [
            (column.name, column_reader(column.kind)) for column in self._record.columns
        ]
        self._kinds = {column.name: column.kind for column in self._record.columns}
        self._mover = Mover(self._record.moved) if self._record.moved else None
        self._skips = [(re.compile(skip.match, re.IGNORECASE), skip.reason) for skip in layout.skip]
        self._offsets = ZoneOffsets(pbx.zone)
        self._ends = channels.Ends(layout.channel, *_owners_lists(pbx))
        self._outcomes = Memo(lambda status: layout.outcomes.get(status.upper(), Outcome.UNKNOWN.value))

    def read(self, frames: Frames) -> Reading:
        """Read a batch; never raises on any bytes."""
        split, misfits = self._split(frames)
        calls, unreadable = self._calls(split)
        skipped: list[Skipped] = []
        rejected: list[Rejected] = []
        for reject in sorted([*misfits, *unreadable], key=lambda each: each.offset):
            reason = self._skip_reason(reject.raw)
            if reason:
                skipped.append(Skipped(reject.raw, reject.offset, reason))
            else:
                rejected.append(reject)
        return Reading(calls, skipped, rejected)

    def _skip_reason(self, raw: bytes) -> str:
        text = self._decode(raw)
        return next((reason for pattern, reason in self._skips if pattern.match(text)), "")

    def _decode(self, raw: bytes) -> str:
        for encoding in self._layout.encodings:
            try:
                return raw.removeprefix(_BOM).decode(encoding)
            except UnicodeDecodeError:
                continue
        return raw.decode("latin-1")

    def _texts(self, raws: list[bytes]) -> list[str]:
        first = self._layout.encodings[0]
        try:
            return [raw.removeprefix(_BOM).decode(first) for raw in raws]
        except UnicodeDecodeError:
            return [self._decode(raw) for raw in raws]

    def _split(self, frames: Frames) -> tuple[_Split, list[Rejected]]:
        rows = _csv_rows(self._texts(frames.raws))
        expected = len(self._columns)
        if set(map(len, rows)) <= {expected}:
            return _Split(frames, rows), []
        kept: list[int] = []
        mended: list[list[str]] = []
        misfits: list[Rejected] = []
        for index, row in enumerate(rows):
            fitting = self._fit(row)
            if fitting:
                kept.append(index)
                mended.append(fitting)
                continue
            reason = f"{len(row)} {'field' if len(row) == 1 else 'fields'} where {expected} belong"
            misfits.append(Rejected(frames.raws[index], frames.offsets[index], reason, self._record.name))
        return _Split(frames.pick(kept), mended), misfits

    def _fit(self, row: list[str]) -> list[str]:
        """Return the row with the record's number of fields, or nothing: text with unquoted commas spills over."""
        expected, surplus = len(self._columns), self._record.surplus
        if len(row) == expected:
            return row
        if len(row) < expected or surplus is None:
            return []
        between = row[surplus.first : len(row) - surplus.last]
        single = expected - surplus.first - surplus.last - 1
        return [*row[: surplus.first], *between[:single], ",".join(between[single:]), *row[-surplus.last :]]

    def _calls(self, split: _Split) -> tuple[Calls, list[Rejected]]:
        if not split.rows:
            return no_calls(), []
        try:
            return self._convert(split), []
        except _BadCell as fault:
            if len(split.rows) == 1:
                return no_calls(), [self._reject(split, fault)]
        middle = len(split.rows) // 2
        first, first_bad = self._calls(_part(split, 0, middle))
        second, second_bad = self._calls(_part(split, middle, len(split.rows)))
        return join_calls([first, second]), first_bad + second_bad

    def _reject(self, split: _Split, fault: _BadCell) -> Rejected:
        cell = split.rows[0][fault.index]
        reason = f"{fault.column} is not {fault.expected}: {cell[:_SHOWN]!r}"
        return Rejected(split.frames.raws[0], split.frames.offsets[0], reason, self._record.name, fault.column)

    def _convert(self, split: _Split) -> Calls:
        columns: dict[str, Any] = {}
        for index, ((name, read), cells) in enumerate(zip(self._columns, zip(*split.rows, strict=True), strict=True)):
            try:
                columns[name] = read(list(cells))
            except Unreadable as fault:
                raise _BadCell(index, name, fault.expected) from fault
        if self._mover:
            self._mover.put_back(columns)
        columns["raws"], columns["offsets"] = split.frames.raws, split.frames.offsets
        columns.update(channels.derive(columns, self._ends))
        columns["outcome"] = [self._outcomes[status] for status in columns["status"]]
        self._set_times(columns)
        return Calls(*(columns[name] for name in Calls.__struct_fields__))

    def _set_times(self, columns: dict[str, Any]) -> None:
        """Add instants and ring time to the PBX's wall times and durations."""
        walls, totals = columns["started_local"], columns["total_s"]
        answered = np.array([outcome == "answered" for outcome in columns["outcome"]])
        starts = self._offsets.instants(walls, partial(map, _epoch, columns["call_id"]))
        rings = np.where(answered, np.maximum(totals - columns["talk_s"], 0), totals)
        told = columns["answered_local"]
        answers = np.where(told != NEVER, told, walls + rings)
        taken = self._offsets.instants(answers, (starts + rings).tolist)
        columns["started_at"], columns["ring_s"] = starts, rings
        columns["answered_at"] = np.where(answered, taken, NEVER)
        columns["ended_at"] = self._offsets.instants(columns["ended_local"], (starts + totals).tolist)


class _BadCell(Exception):
    def __init__(self, index: int, column: str, expected: str) -> None:
        super().__init__(column)
        self.index, self.column, self.expected = index, column, expected


def _part(split: _Split, first: int, last: int) -> _Split:
    frames = Frames(split.frames.raws[first:last], split.frames.offsets[first:last])
    return _Split(frames, split.rows[first:last])


def _csv_rows(texts: list[str]) -> list[list[str]]:
    """Divide each text into fields; a stray quote in one never reaches into the next."""
    try:
        rows = list(csv.reader(texts))
    except csv.Error:
        rows = []
    if len(rows) == len(texts):
        return rows
    return [_csv_row(text) for text in texts]


def _csv_row(text: str) -> list[str]:
    try:
        rows = list(csv.reader([text]))
    except csv.Error:
        return [text]
    return rows[0] if rows else []


def _epoch(call_id: str) -> int | None:
    seconds = call_id.partition(".")[0]
    return int(seconds) if len(seconds) == _EPOCH_DIGITS and seconds.isascii() and seconds.isdigit() else None


def _owners_lists(pbx: Pbx) -> tuple[frozenset[str], dict[str, str]]:
    trunk_ids = frozenset(word.strip() for word in pbx.settings.get("trunk-ids", "").split(",") if word.strip())
    pairs = (pair.partition("=") for pair in pbx.settings.get("extensions", "").split(","))
    return trunk_ids, {key.strip(): value.strip() for key, mark, value in pairs if mark}
