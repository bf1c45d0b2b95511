"""What is stored together of a backlog: as much as the limits say, whatever it comes to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.records import some_lines
from tests.fakes.sites import Shelf, a_pbx, a_shelf
from tollbook.dialects.known import Catalogue
from tollbook.engine.pipeline import filling
from tollbook.engine.pipeline.bulk import Bulk
from tollbook.engine.pipeline.filling import Filling
from tollbook.engine.pipeline.pipeline import Pipeline, ReadyBatch
from tollbook.model.pbx import Pbx

LINES = some_lines(60)
PARTS = 6


@pytest.fixture
def backlog(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """A journal in which more is always waiting, read by more than one at once."""
    monkeypatch.setattr(Bulk, "depth", 2)
    monkeypatch.setattr(filling, "WORTH_IT", 1)
    with a_shelf() as shelf:
        body = shelf.begin()
        for line in LINES:
            shelf.take(body, line)
        shelf.end(body)
        yield shelf


def stored(shelf: Shelf, *pbxs: Pbx, together: int) -> list[int]:
    """Store a backlog; return how many records each batch had."""
    bulk = Bulk({pbx.name: pbx for pbx in pbxs}.get, Catalogue())
    filled, frames = Filling(shelf.journal, shelf.store, bulk, together=together), list[int]()
    filled.on_written = lambda _batch, written: frames.append(sum(each.frames for each in written.tallies.values()))
    going = Pipeline(shelf.journal, shelf.store)
    filled.fill(ready for _ in range(PARTS) for ready in parts(going))
    filled.close()
    return frames


def parts(going: Pipeline) -> list[ReadyBatch]:
    return list(going.divide(sum(map(len, LINES)) // PARTS))


def test_rejects_are_stored_together_up_to_as_many_rows_as_calls(backlog: Shelf) -> None:
    assert max(stored(backlog, together=20)) < 20 + 2 * len(LINES) // PARTS


def test_calls_are_stored_together_up_to_the_limit_of_bytes(backlog: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    size = sum(map(len, LINES)) // 3
    monkeypatch.setattr(filling, "BATCH_BYTES", size)

    assert max(stored(backlog, a_pbx(), together=1 << 20)) < len(LINES) // 2
    assert backlog.store.rows("SELECT count(*) FROM call") == [(60,)]
