"""Imports that are taken back, and put back: what leaves the ledger, what stays, and who is told."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from tests.fakes.records import some_lines
from tests.fakes.sites import a_pbx, at_work, dump, import_file, settle
from tollbook.engine.engine import Engine
from tollbook.model.problem import Misconfigured
from tollbook.store.filters import ALL
from tollbook.store.ledger import Ledger
from tollbook.store.outgoing import ChangeQuery, form_of, window

LINES = some_lines(60)
GARBAGE = b"\x7fELF\x02 no record\nnor this\n"


def take_back(engine: Engine, body: int) -> None:
    engine.imports.take_back(body)
    settle(engine)


def put_back(engine: Engine, body: int) -> None:
    engine.imports.put_back(body)
    settle(engine)


def told(engine: Engine, after: int) -> tuple[set[str], set[str]]:
    """Return the ids of calls that a sink is handed, and of those it is told are gone, after a change."""
    ledger = Ledger(engine.site.store)
    _, found = window(ledger, form_of(ledger, "id", ALL), ChangeQuery(after=after, most=1000))
    if found is None:
        return set(), set()
    handed = {str(key) for (key,) in found.rows()}
    gone = set(found.gone)
    found.close()
    return handed, gone


def ids(engine: Engine) -> set[str]:
    return {str(key) for (key,) in engine.site.store.rows("SELECT id FROM calls")}


def last(engine: Engine) -> int:
    return engine.site.store.position().last


def test_what_came_from_it_alone_leaves_and_what_another_file_holds_stays(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        import_file(engine, "hts", b"".join(LINES[:40]))
        without = dump(engine.site.store)
        wrong = import_file(engine, "hts", b"".join(LINES[30:]) + GARBAGE)
        assert (engine.import_state(wrong).held, engine.import_state(wrong).alone) == (20, 20)

        take_back(engine, wrong)

        assert dump(engine.site.store) == without
        state = engine.import_state(wrong)
        assert (state.state, state.done, state.frames, state.calls, state.rejected) == ("taken-back", True, 0, 0, 0)
        assert engine.site.journal.slice(wrong, 0, 1 << 20) == b"".join(LINES[30:]) + GARBAGE


def test_calls_that_a_later_file_holds_as_well_stay_and_are_that_one_s(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        first = import_file(engine, "hts", b"".join(LINES[:40]))
        second = import_file(engine, "hts", b"".join(LINES[30:]))
        before = last(engine)
        assert (engine.import_state(first).held, engine.import_state(first).alone) == (40, 30)

        take_back(engine, first)

        rows = engine.site.store.rows("SELECT body, count(*) FROM calls GROUP BY body")
        assert rows == [(second, 30)]
        handed, gone = told(engine, before)
        assert (len(handed), len(gone)) == (10, 30)
        assert handed == ids(engine) & handed
        assert not gone & ids(engine)


def test_put_back_it_is_as_if_it_had_never_been_taken_back(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        first = import_file(engine, "hts", b"".join(LINES[:40]))
        import_file(engine, "hts", b"".join(LINES[30:]) + GARBAGE)
        before = dump(engine.site.store)

        take_back(engine, first)
        assert dump(engine.site.store) != before
        put_back(engine, first)

        assert dump(engine.site.store) == before
        assert engine.import_state(first).state == "complete"
        assert told(engine, 0) == (ids(engine), set())


def test_the_only_import_of_a_pbx_is_taken_back_and_put_back(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        only = import_file(engine, "hts", b"".join(LINES))
        before = dump(engine.site.store)

        take_back(engine, only)
        assert ids(engine) == set()
        put_back(engine, only)

        assert dump(engine.site.store) == before


def test_it_stays_taken_back_through_a_rebuild_a_restart_and_a_lost_ledger(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        import_file(engine, "hts", b"".join(LINES[:40]))
        wrong = import_file(engine, "hts", b"".join(LINES[40:]))
        take_back(engine, wrong)
        after = dump(engine.site.store)
        engine.rebuild()
        settle(engine)
        assert dump(engine.site.store) == after

    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        settle(engine)
        assert dump(engine.site.store) == after

    (tmp_path / "calls.duckdb").unlink()
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        settle(engine)
        assert dump(engine.site.store) == after
        put_back(engine, wrong)
        assert len(ids(engine)) == 60


def test_taken_back_just_before_a_stop_it_is_out_after_the_next_start(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        wrong = import_file(engine, "hts", b"".join(LINES))
        engine._rebuild.stop()  # noqa: SLF001 - the program ends before anything is read again
        engine.imports.take_back(wrong)
        assert not engine.import_state(wrong).done

    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        settle(engine)
        assert (ids(engine), engine.import_state(wrong).done) == (set(), True)


def test_a_file_imported_under_the_wrong_pbx_is_taken_back_and_imported_under_the_right_one(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx("one"), a_pbx("two"), sources=False) as engine:
        import_file(engine, "one", b"".join(LINES[:20]))
        kept = engine.site.store.rows("SELECT * FROM call")
        wrong = import_file(engine, "one", b"".join(LINES[20:]))

        take_back(engine, wrong)
        import_file(engine, "two", b"".join(LINES[20:]))

        assert engine.site.store.rows("SELECT pbx, count(*) FROM calls GROUP BY pbx ORDER BY pbx") == [
            ("one", 20),
            ("two", 40),
        ]
        assert set(kept) <= set(engine.site.store.rows("SELECT * FROM call"))


def test_what_is_not_an_import_or_is_not_as_it_must_be_is_refused(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        body = import_file(engine, "hts", b"".join(LINES[:2]))
        with pytest.raises(LookupError, match="there is no import 7"):
            engine.imports.take_back(7)
        with pytest.raises(Misconfigured, match="is not taken back"):
            engine.imports.put_back(body)
        take_back(engine, body)
        with pytest.raises(Misconfigured, match="is taken back already"):
            engine.imports.take_back(body)
        going_on = engine.begin_import("hts", "going-on.csv")
        with pytest.raises(Misconfigured, match="is not stored yet"):
            engine.imports.take_back(going_on)
        assert [each.body for each in engine.imports.of("hts", 10)] == [going_on, body]


def test_a_number_keeps_its_meaning(tmp_path: Path) -> None:
    """A call that leaves and comes again has the id it had: whoever wrote it down finds it."""
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        body = import_file(engine, "hts", b"".join(LINES[:3]))
        before = ids(engine)
        take_back(engine, body)
        import_file(engine, "hts", b"".join(LINES[:3]))
        assert ids(engine) == before
        assert all(UUID(each) for each in before)
