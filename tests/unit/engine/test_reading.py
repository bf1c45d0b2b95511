"""Batches read together come to what each comes to alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.examples import examples
from tests.fakes.layouts import ARRIVED, column, layout
from tollbook.dialects.authoring.cases import in_order
from tollbook.dialects.reading.reader import Reader
from tollbook.engine.pipeline.reading import ReadFrames, read_together
from tollbook.model.frame import Frames
from tollbook.model.pbx import Pbx

LAYOUT = layout(
    {"form": "blanks", "columns": [column("date", "date", form="MM/DD"), column("extension"), column("number")]},
    rule=[{"when": {"extension": "^9"}, "skip": "test call"}],
)
LINES = [b"03/02 101 2125550142", b"12/31 102 2125550143", b"03/02 9 1", b"13/13 101 1", b"rubbish", b"03/02 1 2"]


def reader(zone: str) -> ReadFrames:
    return Reader(LAYOUT, Pbx(name="a", dialect="example", source="", timezone=zone)).read


READERS = [reader("UTC"), reader("Asia/Tokyo")]
batches = st.lists(
    st.tuples(
        st.lists(st.sampled_from(LINES), max_size=5) | st.just(LINES * 20),
        st.integers(0, 1),
        st.sampled_from([ARRIVED, ARRIVED + 5, ARRIVED + 90_000_000, ARRIVED - 300 * 86_400 * 1_000_000]),
    ),
    max_size=12,
)


@examples(60)
@given(batches)
def test_batches_read_together_come_to_what_each_comes_to_alone(drawn: list[tuple[list[bytes], int, int]]) -> None:
    frames = [Frames(lines, [7 + 30 * number for number in range(len(lines))], at) for lines, _, at in drawn]
    readers = [READERS[number] for _, number, _ in drawn]

    together = [in_order(reading) for reading in read_together(frames, readers)]

    assert together == [in_order(read(each)) for each, read in zip(frames, readers, strict=True)]
