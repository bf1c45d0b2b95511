"""An older file beside newer others: noticed at the start, and nothing is hidden, lost or handed on twice."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import duckdb
import pytest

from tests.fakes.hooks import Hook, a_hook
from tests.fakes.records import some_lines
from tests.fakes.sites import a_pbx, at_work, dump, import_file, settle, sink_health, until
from tollbook.engine.engine import Engine
from tollbook.model.health import State
from tollbook.model.problem import Misconfigured
from tollbook.model.sink import Sink
from tollbook.store import questions
from tollbook.store.ledger import Ledger

LINES = some_lines(120)
FIRST, SECOND, THIRD = b"".join(LINES[:40]), b"".join(LINES[40:80]), b"".join(LINES[80:])


def put_away(site: Path, name: str) -> Path:
    """Copy a file of a closed site, as a backup does."""
    return Path(shutil.copy(site / name, site.parent / f"{name}.backup"))


def raws(engine: Engine) -> list[bytes]:
    """Return the raw text of every call that the journal still has."""
    calls = questions.calls(Ledger(engine.site.store), questions.CallListing(limit=1000))
    return sorted(engine.raw_of(call) for call in calls)


def told(engine: Engine) -> str:
    return " ".join(notice.what for notice in engine.notices())


def count(engine: Engine) -> int:
    return int(engine.site.store.rows("SELECT count(*) FROM calls")[0][0])


def without_end(data: bytes) -> list[bytes]:
    return sorted(data.splitlines())


def with_older(site: Path, *names: str, before: bytes = FIRST, since: bytes = SECOND) -> None:
    """Take some calls, back files up, take some more, and put the older files back."""
    with at_work(site, a_pbx()) as engine:
        import_file(engine, "hts", before)
    backups = [put_away(site, name) for name in names]
    with at_work(site, a_pbx()) as engine:
        import_file(engine, "hts", since)
    for backup, name in zip(backups, names, strict=True):
        backup.replace(site / name)


def test_calls_that_come_after_an_older_journal_was_put_back_are_stored(tmp_path: Path) -> None:
    with_older(tmp_path / "site", "journal.sqlite")

    with at_work(tmp_path / "site", a_pbx()) as engine:
        assert "journal.sqlite is older" in told(engine)
        assert "40 calls" in told(engine)
        import_file(engine, "hts", THIRD)
        assert count(engine) == 120
        assert set(without_end(FIRST + THIRD)) <= set(raws(engine))


def test_calls_that_only_the_store_has_outlive_a_rebuild(tmp_path: Path) -> None:
    with_older(tmp_path / "site", "journal.sqlite")

    with at_work(tmp_path / "site", a_pbx()) as engine:
        before = engine.site.store.rows("SELECT * EXCLUDE (body) FROM calls ORDER BY id")
        engine.rebuild()
        settle(engine)
        assert engine.site.store.rows("SELECT * EXCLUDE (body) FROM calls ORDER BY id") == before
        assert count(engine) == 80


def test_records_that_come_again_give_such_calls_their_bytes_back(tmp_path: Path) -> None:
    with_older(tmp_path / "site", "journal.sqlite")
    with at_work(tmp_path / "site", a_pbx()) as engine:
        import_file(engine, "hts", SECOND)
        assert count(engine) == 80

    with at_work(tmp_path / "site", a_pbx()) as engine:
        until(lambda: engine.site.store.unbacked() == 0)
        assert raws(engine) == without_end(FIRST + SECOND)
        ledger = dump(engine.site.store)["call"]
        engine.rebuild()
        settle(engine)
        assert dump(engine.site.store)["call"] == ledger


def test_a_journal_that_is_missing_hides_neither_the_calls_there_are_nor_those_that_come(tmp_path: Path) -> None:
    site = tmp_path / "site"
    with at_work(site, a_pbx()) as engine:
        import_file(engine, "hts", FIRST)
    (site / "journal.sqlite").unlink()

    with at_work(site, a_pbx()) as engine:
        assert "journal.sqlite is another one" in told(engine)
        import_file(engine, "hts", SECOND)
        assert count(engine) == 80
        engine.rebuild()
        settle(engine)
        assert count(engine) == 80


def test_a_journal_that_went_on_by_another_way_is_read_from_its_beginning(tmp_path: Path) -> None:
    site = tmp_path / "site"
    with_older(site, "journal.sqlite", "calls.duckdb", "sinks.sqlite")
    (site / "site.sqlite").unlink(missing_ok=True)
    newer = tmp_path / "newer"
    shutil.copytree(site, newer)
    with at_work(newer, a_pbx()) as engine:
        import_file(engine, "hts", THIRD)
    with at_work(site, a_pbx()) as engine:
        import_file(engine, "hts", SECOND)
    shutil.copy(newer / "journal.sqlite", site / "journal.sqlite")

    with at_work(site, a_pbx()) as engine:
        settle(engine)
        assert count(engine) == 120


def grown(path: Path, text: bytes) -> None:
    with path.open("ab") as file:
        file.write(text)


def test_a_file_that_grew_meanwhile_is_taken_anew_and_no_call_is_doubled(tmp_path: Path) -> None:
    site, folder = tmp_path / "site", tmp_path / "pbx"
    folder.mkdir()
    pbx = a_pbx(path=str(folder), minimum_age="0.1")
    grown(folder / "Master.csv", FIRST)
    with at_work(site, pbx) as engine:
        until(lambda: count(engine) == 40)
        settle(engine)
    backup = put_away(site, "journal.sqlite")
    grown(folder / "Master.csv", SECOND)
    with at_work(site, pbx) as engine:
        until(lambda: count(engine) == 80)
        settle(engine)
    backup.replace(site / "journal.sqlite")
    grown(folder / "Master.csv", THIRD)

    with at_work(site, pbx) as engine:
        until(lambda: count(engine) >= 120)
        settle(engine)
        assert count(engine) == 120
    with at_work(site, pbx) as engine:
        until(lambda: engine.site.store.unbacked() == 0)
        assert raws(engine) == without_end(FIRST + SECOND + THIRD)


@pytest.fixture
def table(tmp_path: Path) -> Sink:
    settings = {"url": f"sqlite:///{tmp_path}/out.sqlite"}
    return Sink(name="table", kind="sql", settings=settings)


def rows_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM calls").fetchone()[0])


ALL_SENT = "up to date"


def with_sink(site: Path, sink: Sink, data: bytes) -> None:
    with at_work(site, a_pbx(), sinks=[sink]) as engine:
        if data:
            import_file(engine, "hts", data)
        until(lambda: (sink_health(engine, sink.name).message, sink_health(engine, sink.name).behind) == (ALL_SENT, 0))


def older(site: Path, name: str) -> Callable[[], object]:
    backup = put_away(site, name)
    return lambda: backup.replace(site / name)


@pytest.mark.parametrize("name", ["calls.duckdb", "sinks.sqlite", "journal.sqlite"])
def test_a_sink_that_overwrites_has_every_call_after_an_older_file_was_put_back(
    tmp_path: Path,
    table: Sink,
    name: str,
) -> None:
    site = tmp_path / "site"
    with_sink(site, table, FIRST)
    put_back = older(site, name)
    with_sink(site, table, SECOND)
    put_back()
    with_sink(site, table, THIRD)

    assert rows_of(tmp_path / "out.sqlite") == 120
    with at_work(site, a_pbx(), sources=False, sinks=[table]) as engine:
        assert count(engine) == 120
        assert f"{name} is older" in told(engine)


def test_a_lost_file_of_positions_fills_a_table_again(tmp_path: Path, table: Sink) -> None:
    site = tmp_path / "site"
    with_sink(site, table, FIRST)
    (site / "sinks.sqlite").write_bytes(b"no database at all, and long enough to be taken for one" * 40)
    with_sink(site, table, SECOND)

    assert rows_of(tmp_path / "out.sqlite") == 80
    assert (site / "sinks.unreadable").exists()


def damage(path: Path, *, at: float) -> None:
    """Overwrite a stretch of a file, `at` being how far into it."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(int(size * at))
        file.write(b"\xa5" * min(4096, size))


def patiently(ask: Callable[[], object]) -> Callable[[], object]:
    """Return a question that is no for as long as the store cannot be read."""

    def asked() -> object:
        with suppress(duckdb.Error):
            return ask()
        return False

    return asked


def is_taken(engine: Engine, body: int) -> bool:
    return engine.import_state(body).done


def test_a_store_damaged_anywhere_is_made_again_or_goes_on(tmp_path: Path) -> None:
    for at in (0.0, 0.3, 0.6, 0.9):
        site = tmp_path / f"at-{at}"
        with at_work(site, a_pbx()) as engine:
            import_file(engine, "hts", FIRST)
        damage(site / "calls.duckdb", at=at)

        with at_work(site, a_pbx()) as engine:
            body = engine.begin_import("hts", "Master.csv")
            engine.take(body, SECOND)
            engine.finish_import(body)
            until(patiently(partial(is_taken, engine, body)))
            settle(engine)
            assert raws(engine) == without_end(FIRST + SECOND), at


def test_damage_that_only_a_reader_meets_puts_the_store_aside(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    site = tmp_path / "site"
    with at_work(site, a_pbx()) as engine:
        import_file(engine, "hts", FIRST)
    fault = duckdb.IOException("Corrupt database file: computed checksum 1 does not match stored checksum 2")

    with at_work(site, a_pbx()) as engine:
        settle(engine)
        epoch = engine.site.store.position().epoch
        with pytest.raises(duckdb.IOException), engine.site.store.reading():
            raise fault
        import_file(engine, "hts", SECOND)

        assert "is made again" in capsys.readouterr().out
        assert raws(engine) == without_end(FIRST + SECOND)
        assert engine.site.store.position().epoch == epoch


def test_an_empty_store_is_made_again(tmp_path: Path) -> None:
    site = tmp_path / "site"
    with at_work(site, a_pbx()) as engine:
        import_file(engine, "hts", FIRST)
    (site / "calls.duckdb").write_bytes(b"")

    with at_work(site, a_pbx()) as engine:
        settle(engine)
        assert raws(engine) == without_end(FIRST)


def test_a_journal_that_is_no_database_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    site = tmp_path / "site"
    with at_work(site, a_pbx()) as engine:
        import_file(engine, "hts", FIRST)
    damage(site / "journal.sqlite", at=0.0)
    before = (site / "journal.sqlite").read_bytes()

    with pytest.raises(Misconfigured, match=r"journal.sqlite is damaged"), at_work(site, a_pbx()):
        pass
    assert (site / "journal.sqlite").read_bytes() == before


def test_a_journal_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with at_work(tmp_path / "site", a_pbx()):
        pass
    with closing(sqlite3.connect(tmp_path / "site" / "journal.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 99")

    with pytest.raises(Misconfigured, match="newer Tollbook"), at_work(tmp_path / "site", a_pbx()):
        pass


def test_another_programs_database_is_not_taken_for_a_journal(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    with closing(sqlite3.connect(tmp_path / "site" / "journal.sqlite")) as connection:
        connection.execute("CREATE TABLE addresses (name TEXT)")

    with pytest.raises(Misconfigured, match="is no journal"), at_work(tmp_path / "site", a_pbx()):
        pass


@pytest.mark.parametrize("name", ["calls.duckdb", "sinks.sqlite"])
def test_a_webhook_is_sent_nothing_twice_after_an_older_file_was_put_back(
    tmp_path: Path,
    name: str,
) -> None:
    with a_hook() as receiver:
        check_webhook(tmp_path / "site", receiver, name)


def check_webhook(site: Path, receiver: Hook, name: str) -> None:
    hook = Sink(name="hook", kind="webhook", settings={"url": receiver.url})
    with_sink(site, hook, FIRST)
    put_back = older(site, name)
    with_sink(site, hook, SECOND)
    put_back()
    sent = len(receiver.calls)

    with at_work(site, a_pbx(), sinks=[hook]) as engine:
        until(lambda: sink_health(engine, "hook").state is State.NEEDS_ATTENTION)
        assert "sink backfill hook --from DAY" in sink_health(engine, "hook").message
        assert len(receiver.calls) == sent == 80
