"""Records read again: beside the ledger that everybody reads, one PBX alone, and swapped at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.records import some_lines
from tests.fakes.sites import at_work, dump, import_file, settle, until
from tollbook.engine.engine import Engine
from tollbook.model.pbx import Pbx
from tollbook.store.beside import Purpose

LINES = some_lines(400)


def a_pbx(name: str, zone: str = "America/New_York") -> Pbx:
    return Pbx(name=name, dialect="panasonic-kx-hts", source="folder", timezone=zone, settings={})


def count(engine: Engine) -> int:
    return int(engine.site.store.rows("SELECT count(*) FROM calls")[0][0])


def of(engine: Engine, pbx: str) -> list[tuple[object, ...]]:
    """Return a PBX's rows as they stand in the table, numbers of changes with them."""
    return engine.site.store.rows("SELECT * FROM call WHERE pbx = ? ORDER BY id", [pbx])


@contextmanager
def never_fewer(engine: Engine) -> Iterator[list[int]]:
    """Count the calls all the time; afterwards the counts are looked at."""
    seen: list[int] = [count(engine)]
    stopping = threading.Event()

    def look() -> None:
        while not stopping.is_set():
            seen.append(count(engine))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        stopping.set()
        thread.join()


def test_a_changed_zone_reads_that_pbx_again_and_leaves_every_row_of_the_others(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx("one"), a_pbx("two"), sources=False) as engine:
        import_file(engine, "one", b"".join(LINES[:200]))
        import_file(engine, "two", b"".join(LINES[200:]))
        one, two = of(engine, "one"), of(engine, "two")

    with at_work(tmp_path, a_pbx("one", "Asia/Tokyo"), a_pbx("two"), sources=False) as engine:
        settle(engine)

        assert of(engine, "two") == two
        assert len(of(engine, "one")) == len(one)
        assert not set(of(engine, "one")) & set(one)
        zones = "SELECT DISTINCT started_local - started_at FROM calls WHERE pbx = 'one'"
        assert [span.total_seconds() for (span,) in engine.site.store.rows(zones)] == [9 * 3600]


def test_settings_that_say_the_same_read_nothing_again(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx("one"), sources=False) as engine:
        import_file(engine, "one", b"".join(LINES))
        before, position = of(engine, "one"), engine.site.store.position()

    with at_work(tmp_path, a_pbx("one"), sources=False) as engine:
        assert not engine.lag().rebuilding
        settle(engine)
        assert (of(engine, "one"), engine.site.store.position()) == (before, position)


def test_lists_never_show_fewer_calls_while_everything_is_read_again_and_more_arrive(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx("one"), a_pbx("two"), sources=False) as engine:
        for start in range(0, 200, 10):
            import_file(engine, "one", b"".join(LINES[start : start + 10]))
        with never_fewer(engine) as seen:
            engine.rebuild()
            for start in range(200, 400, 20):
                import_file(engine, "two", b"".join(LINES[start : start + 20]))
            settle(engine)

        assert seen == sorted(seen)
        assert (seen[0], count(engine)) == (200, 400)


def test_a_rebuild_gives_the_same_rows_as_those_stored_one_by_one(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx("one"), sources=False) as engine:
        import_file(engine, "one", b"".join(LINES[:300]), pieces=777)
        import_file(engine, "one", b"".join(LINES[100:]) + b"no record\n")
        before = dump(engine.site.store)
        engine.rebuild()
        settle(engine)

        assert dump(engine.site.store) == before


def test_a_rebuild_asked_for_before_a_stop_is_done_after_the_next_start(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx("one"), sources=False) as engine:
        import_file(engine, "one", b"".join(LINES))
        engine.site.store._writer.execute("UPDATE call SET caller = 'otherwise'")  # noqa: SLF001 - as a fault now mended read it
        engine.site.store.beside(Purpose(None, tuple(engine.site.store.digests().items()))).close()  # and then killed

    with at_work(tmp_path, a_pbx("one"), sources=False) as engine:
        until(lambda: not engine.lag().rebuilding)
        assert engine.site.store.rows("SELECT count(*) FROM calls WHERE caller = 'otherwise'") == [(0,)]
