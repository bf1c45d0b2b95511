"""How far an import is, whenever somebody asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.records import some_lines
from tests.fakes.sites import a_pbx, at_work, import_file, settle, until
from tollbook.engine.capture import imports
from tollbook.model.problem import Misconfigured
from tollbook.store.imports import HeldRecords, held_by, tallied
from tollbook.store.ledger import Ledger
from tollbook.store.questions import Counts


def test_an_import_that_is_done_has_all_its_records_counted_even_if_they_are_stored_while_one_asks(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = tallied
    with at_work(tmp_path, a_pbx(), sources=False) as engine:

        def counted_just_before_all_is_stored(ledger: Ledger, bodies: list[int]) -> dict[int, Counts]:
            counts = count(ledger, bodies)
            settle(engine)
            return counts

        monkeypatch.setattr(imports, "tallied", counted_just_before_all_is_stored)
        body = engine.begin_import("hts", "Master.csv")
        engine.take(body, b"".join(some_lines(200)))
        engine.finish_import(body)
        asked = [engine.import_state(body) for _ in range(2)]

        assert all(state.calls == 200 for state in asked if state.done)
        assert asked[-1].done


def test_a_file_is_imported_up_to_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"".join(some_lines(3))
    monkeypatch.setattr(imports, "LARGEST_IMPORT", len(data))
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        import_file(engine, "hts", data, pieces=50)
        body = engine.begin_import("hts", "larger.csv")
        engine.take(body, data)
        with pytest.raises(Misconfigured, match="the file is too large"):
            engine.take(body, b"x")

        until(lambda: engine.import_state(body).done)
        assert engine.import_state(body).frames == 3
        assert [each.state for each in engine.site.journal.bodies()] == ["complete", "cut"]


def test_who_waits_for_an_import_has_the_calls_looked_through_once_it_is_done(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held, asked = held_by, list[int]()

    def looked_through(ledger: Ledger, bodies: list[int]) -> dict[int, HeldRecords]:
        asked.extend(bodies)
        return held(ledger, bodies)

    monkeypatch.setattr(imports, "held_by", looked_through)
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        body = engine.begin_import("hts", "Master.csv")
        engine.take(body, b"".join(some_lines(200)))
        before = engine.import_state(body)
        assert (before.done, before.held, asked) == (False, 0, [])

        engine.finish_import(body)
        until(lambda: engine.import_state(body).done)
        assert (engine.import_state(body).held, engine.import_state(body).alone) == (200, 200)
