"""The store's feed of changes: what anybody who has seen it up to a number has seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import duckdb
import pytest

from tests.fakes.records import some_lines
from tests.fakes.sites import Shelf, a_pbx, at_work, import_file, settle
from tollbook.store.beside import Purpose
from tollbook.store.changes import take_out
from tollbook.store.store import Store


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path)
    yield shelf
    shelf.close()


def lines(count: int, seed: int = 1) -> bytes:
    return b"".join(some_lines(count, seed=seed))


def numbers(store: Store) -> dict[UUID, int]:
    return dict(store.rows("SELECT id, change FROM call"))


def test_every_new_call_has_a_number_of_its_own_in_the_order_of_the_journal(shelf: Shelf) -> None:
    shelf.put(lines(20))
    shelf.put(lines(20, seed=2))

    assert [change for (change,) in shelf.store.rows("SELECT change FROM call ORDER BY body, position")] == [
        *range(1, 41),
    ]
    assert shelf.store.position().last == 40


def test_a_call_met_again_takes_no_number(shelf: Shelf) -> None:
    shelf.put(*some_lines(25)[:20])
    shelf.put(*some_lines(25))

    assert sorted(numbers(shelf.store).values()) == [*range(1, 26)]


def test_a_store_made_again_tells_of_nothing_that_came_out_as_it_was(shelf: Shelf) -> None:
    shelf.put(lines(20))
    shelf.put(lines(20, seed=2))
    before, position = numbers(shelf.store), shelf.store.position()

    shelf.rebuild()

    assert numbers(shelf.store) == before
    assert shelf.store.position().epoch == position.epoch
    assert shelf.store.rows("SELECT * FROM gone") == []


def test_a_call_that_comes_out_otherwise_when_the_store_is_made_again_has_a_new_number(shelf: Shelf) -> None:
    shelf.put(lines(20))
    before = numbers(shelf.store)
    shelf.store._writer.execute("UPDATE call SET caller = 'another' WHERE change = 7")  # noqa: SLF001 - as a fault of ours, now mended, would have read it

    shelf.rebuild()

    again = numbers(shelf.store)
    otherwise = next(key for key in before if before[key] == 7)
    assert {key for key in again if again[key] != before[key]} == {otherwise}
    assert again[otherwise] > 20


def test_a_call_that_is_not_made_again_is_told_to_be_gone(shelf: Shelf) -> None:
    shelf.put(lines(20))
    stray = UUID(int=7)
    shelf.store._writer.execute("UPDATE call SET id = ? WHERE change = 7", [stray])  # noqa: SLF001 - as above
    last = shelf.store.position().last

    shelf.rebuild()

    gone = shelf.store.rows("SELECT id, change FROM gone")
    assert [key for key, _ in gone] == [stray]
    assert gone[0][1] > last


def test_while_calls_are_made_again_the_ledger_and_its_feed_stay_as_they_were(shelf: Shelf) -> None:
    shelf.put(lines(20))
    before, position = numbers(shelf.store), shelf.store.position()

    made = shelf.store.beside(Purpose(None, ()))
    shelf.fill(made)

    assert (numbers(shelf.store), shelf.store.position()) == (before, position)
    assert made.rows("SELECT count(*) FROM call") == [(20,)]


def test_a_making_again_that_is_broken_off_is_gone_on_with(shelf: Shelf) -> None:
    shelf.put(lines(20))
    made = shelf.store.beside(Purpose(None, ()))
    shelf.fill(made)
    made.close()
    shelf.put(lines(20, seed=2))

    again = shelf.store.beside(Purpose(None, ()))

    assert again.rows("SELECT count(*) FROM call") == [(20,)]
    assert shelf.rebuild() == 0


def test_what_was_made_for_another_purpose_is_thrown_away(shelf: Shelf) -> None:
    shelf.put(lines(20))
    shelf.fill(shelf.store.beside(Purpose(("hts",), (("hts", "1"),))), only=("hts",))

    assert shelf.store.beside(Purpose(("hts",), (("hts", "2"),))).rows("SELECT count(*) FROM call") == [(0,)]


def test_calls_taken_out_are_gone_and_numbered(shelf: Shelf) -> None:
    shelf.put(lines(3))
    keys = [key for (key,) in shelf.store.rows("SELECT id FROM call ORDER BY change LIMIT 2")]

    take_out(shelf.store._writer, keys)  # noqa: SLF001 - done by what assembles calls, inside its own transaction

    assert shelf.store.rows("SELECT id, change FROM gone ORDER BY change") == [(keys[0], 4), (keys[1], 5)]
    assert len(numbers(shelf.store)) == 1


def test_the_feed_goes_on_when_a_newer_program_makes_the_store_again(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        import_file(engine, "hts", lines(30))
        before, epoch = numbers(engine.site.store), engine.site.store.position().epoch
    with duckdb.connect(str(tmp_path / "calls.duckdb")) as connection:
        connection.execute("UPDATE version SET number = 0")

    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        settle(engine)
        assert numbers(engine.site.store) == before
        assert engine.site.store.position().epoch == epoch


def test_a_store_lost_altogether_begins_a_new_feed(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        import_file(engine, "hts", lines(30))
        epoch = engine.site.store.position().epoch
    (tmp_path / "calls.duckdb").write_bytes(b"no store at all")

    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        settle(engine)
        assert engine.site.store.position().epoch != epoch
