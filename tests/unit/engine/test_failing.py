"""A format that fails over some records: those are rejects that say so, and all others are read."""

from __future__ import annotations

import pytest

from tests.fakes.layouts import column, layout
from tollbook.dialects.reading.reader import Reader
from tollbook.engine.pipeline.failing import Careful, NoProcess, in_parts
from tollbook.model.frame import FORMAT_FAILED, Frames
from tollbook.model.limits import FORMAT_TRIES
from tollbook.model.pbx import Pbx
from tollbook.model.reading import Reading

LAYOUT = layout({"form": "csv", "columns": [column("caller"), column("called")]})
READ = Reader(LAYOUT, Pbx(name="own", dialect="own", source="import")).read


def failing_over(frames: Frames) -> Reading:
    """Read as a format that fails over batches with a certain record."""
    if b"bad,1" in frames.raws:
        message = "made up"
        raise KeyError(message)
    return READ(frames)


def of(*raws: bytes) -> Frames:
    return Frames(list(raws), [10 * number for number in range(len(raws))])


def test_only_the_records_that_a_format_fails_over_are_rejects() -> None:
    frames = of(*[b"1,2"] * 20, b"bad,1", b"half", *[b"3,4"] * 20, b"bad,1")

    reading = Careful("own", failing_over).read(frames)

    assert reading.calls.offsets == [
        offset for raw, offset in zip(frames.raws, frames.offsets, strict=True) if raw[1:2] == b","
    ]
    assert [(each.offset, each.rule) for each in reading.rejected] == [
        (200, FORMAT_FAILED),
        (210, "record-1"),
        (420, FORMAT_FAILED),
    ]
    assert reading.rejected[0].reason == "the format own failed: KeyError: 'made up'"


def test_a_batch_that_a_format_does_not_fail_over_is_read_once() -> None:
    asked: list[int] = []

    def read(frames: Frames) -> Reading:
        asked.append(len(frames))
        return READ(frames)

    assert len(Careful("own", read).read(of(b"1,2", b"3,4")).calls) == 2
    assert asked == [2]


def test_a_format_that_fails_over_everything_is_asked_no_more_often_than_the_limit() -> None:
    asked: list[int] = []

    def read(frames: Frames) -> Reading:
        asked.append(len(frames))
        raise MemoryError

    reading = Careful("own", read).read(of(*[b"1,2"] * 5_000))

    assert len(reading.rejected) == 5_000
    assert reading.rejected[0].reason == "the format own failed: MemoryError"
    assert [each.offset for each in reading.rejected] == sorted(each.offset for each in reading.rejected)
    assert len(asked) <= FORMAT_TRIES + 12  # the parts still waiting at the limit are asked once


def test_that_no_process_can_be_started_is_no_fault_of_what_was_to_be_read() -> None:
    def read(_jobs: list[int]) -> int:
        raise NoProcess

    with pytest.raises(NoProcess):
        in_parts([1, 2], read, lambda part: [part[:1], part[1:]], lambda part, _fault: len(part))
