"""Reads batches of frames by a layout.

Each frame ends in exactly one of calls, skipped and rejected, and nothing raises, whatever the bytes.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
import numpy as np

from tollbook.dialects.layout.layout import Layout
from tollbook.dialects.layout.patterns import compiled
from tollbook.dialects.reading.by_channels import ByChannels
from tollbook.dialects.reading.deriving import ByRules, DerivingSettings
from tollbook.dialects.reading.forms import Divide, Scene, divider
from tollbook.dialects.reading.joined_lines import OneText, texts_of_lines
from tollbook.dialects.reading.localtime import ZoneOffsets
from tollbook.dialects.reading.part import Derive, RecordParser, RecordReader
from tollbook.dialects.reading.settings import set_to, words, year_of
from tollbook.dialects.reading.xml_form import why_none, xml_cells
from tollbook.model.call import Calls, at_rows, join_calls
from tollbook.model.frame import Frames, Rejected, Skipped
from tollbook.model.pbx import Pbx
from tollbook.model.reading import Reading

_BOM = b"\xef\xbb\xbf"


class Reader:
    """One dialect set up for one PBX: its zone, and what its owner has set."""

    def __init__(self, layout: Layout, pbx: Pbx) -> None:
        self._skips = [
            (compiled(skip.match, trusted=layout.trusted, ignore_case=True), skip.reason) for skip in layout.skip
        ]
        encoding = set_to(layout, pbx, "encoding")
        self._encodings = [encoding] if encoding else layout.encodings
        self._one_text = texts_of_lines(layout.lines)
        scene = Scene(self._decode, layout.trusted)
        derive, order = _derive(layout, pbx), set_to(layout, pbx, "date-order")
        named = {option for rule in layout.rule for option in rule.among.values()}
        lists = {option: words(set_to(layout, pbx, option)) for option in named}
        self.parts = [
            RecordReader(
                layout, record, RecordParser(_joining(self._one_text, divider(record, scene)), derive, order, lists)
            )
            for record in layout.record
        ]
        only = layout.record[0] if len(layout.record) == 1 else None
        self._xml = xml_cells(only, self._decode, trusted=layout.trusted) if only and only.form == "xml" else None

    def read(self, frames: Frames) -> Reading:
        """Read a batch; never raises on any bytes. What a log wrote before a record is taken off where it must be."""
        reading = self._read(frames)
        for before in _OF_A_LOG:
            logged = [(reject, found.end()) for reject in reading.rejected if (found := before.match(reject.raw))]
            if logged:
                bare = Frames([reject.raw[end:] for reject, end in logged], [reject.offset for reject, _ in logged])
                again = self._read(msgspec.structs.replace(bare, received_at=frames.received_at))
                reading = _with_records_of_a_log(reading, again)
        return reading

    def _read(self, frames: Frames) -> Reading:
        readings: list[Reading] = []
        misfits: list[Rejected] = []
        rest = frames
        for part in self.parts:
            read = part.read(rest)
            readings.append(read.reading)
            misfits = [self._misfit(rest, part, row, fields) for row, fields in read.misfits]
            rest = rest.pick(read.unclaimed)
            if not len(rest):
                break
        # Of one kind of record it can be said what is wrong with a line that is none of it; of several, not of which.
        told = {misfit.offset: misfit for misfit in misfits} if len(self.parts) == 1 else {}
        unclaimed = [told.get(reject.offset) or self._unclaimed(reject) for reject in _unclaimed(rest)]
        rejected = [reject for reading in readings for reject in reading.rejected]
        skipped = [skip for reading in readings for skip in reading.skipped]
        kept = [reject for reject in [*rejected, *unclaimed] if not self._skipped(reject, skipped)]
        calls = [reading.calls for reading in readings if len(reading.calls)]
        return Reading(_in_order(calls), _by_place(skipped), _by_place(kept))

    def _skipped(self, reject: Rejected, skipped: list[Skipped]) -> bool:
        """Take a line that no record could read for what it is known to be, where it is known."""
        text = self._decode(self._one_text(reject.raw) if self._one_text else reject.raw)
        reason = next((reason for pattern, reason in self._skips if pattern.match(text)), "")
        if reason:
            skipped.append(Skipped(reject.raw, reject.offset, reason))
        return bool(reason)

    def _misfit(self, frames: Frames, part: RecordReader, row: int, fields: int) -> Rejected:
        most = len(part.record.columns)
        belong = f"{part.record.fewest} to {most}" if part.record.fewest else str(most)
        reason = f"{fields} {'field' if fields == 1 else 'fields'} where {belong} belong"
        return Rejected(frames.raws[row], frames.offsets[row], reason, part.record.name)

    def _unclaimed(self, reject: Rejected) -> Rejected:
        """Return a line that is none of the records with what is wrong with it, where that can be said."""
        if self._xml is None:
            return reject
        one_text = self._one_text or bytes
        reason = why_none(self._xml, one_text(reject.raw))
        return msgspec.structs.replace(reject, reason=reason, rule=self.parts[0].record.name) if reason else reject

    def _decode(self, raw: bytes) -> str:
        for encoding in self._encodings:
            try:
                return raw.removeprefix(_BOM).decode(encoding)
            except UnicodeDecodeError:
                continue
        return raw.decode("latin-1")


def _joining(one_text: OneText | None, divide: Divide) -> Divide:
    """Return what divides records that may have several lines."""
    if one_text is None:
        return divide
    return lambda raws: divide([one_text(raw) for raw in raws])


_STAMP = rb"(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{0,16}) \S{1,255} "
_OF_A_LOG = (
    re.compile(_STAMP),
    re.compile(_STAMP + rb"\S{1,64}: "),
    re.compile(rb"[^:\n]{0,40}(?::\d\d){0,2}\S{0,10} :: [A-Z]{1,10} :: "),
)
"""What logs write before a record: a collector of syslog its date and host, and perhaps a program's name; or a date and
a level between colons."""


def _with_records_of_a_log(reading: Reading, again: Reading) -> Reading:
    """Return a reading with those of its rejects as records that were read without what a log wrote before them."""
    known = {skip.offset for skip in again.skipped} | set(again.calls.offsets)
    raws = {reject.offset: reject.raw for reject in reading.rejected if reject.offset in known}
    calls = msgspec.structs.replace(again.calls, raws=[raws[offset] for offset in again.calls.offsets])
    skipped = [msgspec.structs.replace(skip, raw=raws[skip.offset]) for skip in again.skipped]
    return Reading(
        _in_order([each for each in (reading.calls, calls) if len(each)]),
        _by_place([*reading.skipped, *skipped]),
        [reject for reject in reading.rejected if reject.offset not in known],
    )


def _derive(layout: Layout, pbx: Pbx) -> Derive:
    """Return what makes calls of records, as the layout says they are made."""
    offsets = ZoneOffsets(pbx.zone)
    if layout.derive == "channels":
        by_channels = ByChannels(layout, pbx, offsets)
        return lambda fields, numbers, record, _received: by_channels.derive(fields, numbers, record)
    moment = set_to(layout, pbx, "time-is") or layout.times.moment
    year = set_to(layout, pbx, "year")
    clock = set_to(layout, pbx, "clock")
    ends_unanswered = layout.times.unanswered == "end"
    setting = DerivingSettings(offsets, moment == "end", year_of(year), clock, ends_unanswered)
    by_rules = ByRules(layout, setting)
    return lambda fields, numbers, _record, received: by_rules.derive(fields, numbers, received)


def _unclaimed(frames: Frames) -> list[Rejected]:
    return [Rejected(raw, offset, "no rule matches") for raw, offset in zip(frames.raws, frames.offsets, strict=True)]


def _in_order(batches: list[Calls]) -> Calls:
    """Return calls of several kinds of record as one batch, in the order they were written."""
    calls = join_calls(batches)
    if len(batches) <= 1:
        return calls
    return at_rows(calls, np.argsort(np.array(calls.offsets, np.int64), kind="stable"))


def _by_place(found: list[Any]) -> list[Any]:
    return sorted(found, key=lambda each: each.offset)
