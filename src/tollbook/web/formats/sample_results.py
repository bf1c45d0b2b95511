"""What a dialect made of each record of a sample, in the order of the records, ready to be shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from tollbook.model.reading import Reading
from tollbook.render.formatting import visible

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the PBX's wall time has no zone
_SHOWN_FIELDS = ("direction", "outcome", "extension", "caller", "called", "trunk", "ring_s", "talk_s")


class SampleResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one record: its fate is call, skipped or rejected."""

    offset: int
    raw: str
    fate: str
    reason: str = ""
    column: str = ""
    fields: list[tuple[str, Any]] = []


def lines_of(reading: Reading) -> list[SampleResult]:
    """Return a line for every record that was read."""
    calls = [
        SampleResult(
            offset=reading.calls.offsets[row],
            raw=visible(reading.calls.raws[row]),
            fate="call",
            fields=[
                ("started", _wall(int(reading.calls.started_local[row]))),
                *((name, getattr(reading.calls, name)[row]) for name in _SHOWN_FIELDS),
            ],
        )
        for row in range(len(reading.calls))
    ]
    skipped = [
        SampleResult(offset=each.offset, raw=visible(each.raw), fate="skipped", reason=each.reason)
        for each in reading.skipped
    ]
    rejected = [
        SampleResult(offset=each.offset, raw=visible(each.raw), fate="rejected", reason=each.reason, column=each.column)
        for each in reading.rejected
    ]
    return sorted([*calls, *skipped, *rejected], key=lambda line: line.offset)


def _wall(seconds: int) -> str:
    return str(_EPOCH + timedelta(seconds=seconds))


def counts_of(reading: Reading) -> tuple[int, int, int]:
    """Return how many records are calls, were skipped, and cannot be read."""
    return len(reading.calls), len(reading.skipped), len(reading.rejected)
