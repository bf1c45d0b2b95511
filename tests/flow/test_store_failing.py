"""A store that fails before, within or after a batch: what it missed waits in the journal; nothing is stored twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.fakes.records import some_lines, without_end
from tests.fakes.sites import a_pbx, at_work, dump, import_file, raw_calls, settle, until
from tollbook.engine.engine import Engine
from tollbook.store import writing
from tollbook.store.schema import statements
from tollbook.store.store import Store

LINES = some_lines(12)
DATA = b"".join([*LINES, LINES[0], b"no,record\n"])


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        yield engine


class Failing:
    """Fails a few times around something that works, then lets it be."""

    def __init__(self, works: Callable[..., Any], *, times: int, after: bool) -> None:
        self._works, self._after = works, after
        self.left = times

    def __call__(self, *given: Any) -> Any:  # noqa: ANN401 - stands for any function
        result = self._works(*given) if self._after or not self.left else None
        if self.left:
            self.left -= 1
            message = "IO Error: made up"
            raise duckdb.IOException(message)
        return result


def check_whole(engine: Engine) -> None:
    settle(engine)
    site = engine.site
    assert Counter(raw_calls(site.journal, site.store)) == Counter(without_end([*LINES, LINES[0]]))
    assert site.store.rows("SELECT frames, calls, duplicates, rejected FROM tally") == [(14, 13, 0, 1)]
    before = dump(site.store)
    engine.rebuild()
    settle(engine)
    assert dump(site.store) == before


@pytest.mark.parametrize("moment", ["before the batch", "after it was stored"])
def test_a_write_that_fails_is_done_again_from_where_the_store_stands(
    moment: str,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        engine.site.store,
        "write",
        Failing(engine.site.store.write, times=1, after=moment != "before the batch"),
    )
    import_file(engine, "hts", DATA)

    check_whole(engine)


@pytest.mark.parametrize("step", ["_place", "_note_tallies", "_note_progress"])
def test_a_batch_that_fails_in_the_middle_leaves_nothing_of_itself(
    step: str,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writing, step, Failing(getattr(writing, step), times=1, after=True))
    import_file(engine, "hts", DATA)

    check_whole(engine)


def test_a_store_that_fails_says_so_until_it_takes_calls_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = Failing(engine.site.store.write, times=1 << 30, after=False)
    monkeypatch.setattr(engine.site.store, "write", failing)
    body = engine.begin_import("hts", "Master.csv")
    engine.take(body, DATA)
    engine.finish_import(body)
    until(lambda: engine.lag().trouble)

    assert engine.lag().trouble == "the store cannot take calls, which wait in the journal: IO Error: made up"
    assert [finding.well for finding in engine.doctor() if "store" in finding.what] == [False]
    failing.left = 0
    until(lambda: engine.import_state(body).done, 60)
    until(lambda: engine.lag().trouble == "")
    check_whole(engine)


def test_a_store_file_that_cannot_be_read_is_put_aside_and_made_again(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        import_file(engine, "hts", DATA)
        before = dump(engine.site.store)
    (tmp_path / "calls.duckdb").write_bytes(b"this is no database" * 1000)
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        settle(engine)

        assert dump(engine.site.store) == before
        assert (tmp_path / "calls.unreadable").exists()


def test_a_store_of_another_version_is_made_again(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        import_file(engine, "hts", DATA)
        before = dump(engine.site.store)
        engine.site.store.rows("UPDATE version SET number = 0")
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        settle(engine)

        assert dump(engine.site.store) == before


def test_a_store_whose_making_was_interrupted_is_made_from_the_beginning(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tollbook.store.schema.statements", lambda: [*statements()[:-1], "SELECT no_such_thing"])
    with pytest.raises(duckdb.Error):
        Store(tmp_path / "calls.duckdb")
    monkeypatch.undo()
    store = Store(tmp_path / "calls.duckdb")

    assert store.progress() == (0, {})
    store.close()
