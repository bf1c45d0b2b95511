"""How far a pipeline divides: to the entry it is told and no further, whosever the entries around it are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.records import some_lines
from tests.fakes.sites import a_shelf
from tollbook.engine.pipeline.pipeline import Pipeline

LINES = some_lines(12)
WHOSE = st.lists(st.sampled_from(["north", "south"]), min_size=1, max_size=len(LINES))


@given(whose=WHOSE, upto=st.integers(0, len(LINES)), only=st.sampled_from([None, ("north",), ("south", "west")]))
def test_what_a_pipeline_divides_ends_at_the_entry_it_is_told(
    whose: list[str],
    upto: int,
    only: tuple[str, ...] | None,
) -> None:
    with a_shelf() as shelf:
        bodies = {pbx: shelf.begin(pbx) for pbx in sorted(set(whose))}
        for pbx, line in zip(whose, LINES, strict=False):
            shelf.take(bodies[pbx], line)
        going, last = Pipeline(shelf.journal, shelf.store, only), min(upto, len(whose))

        divided = [job.block.data for _ in range(2) for ready in going.divide(upto=upto) for job in ready.jobs]

        meant = [line for pbx, line in zip(whose[:last], LINES, strict=False) if only is None or pbx in only]
        assert (going.entry, b"".join(divided)) == (last, b"".join(meant))
