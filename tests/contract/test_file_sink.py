"""The sink `file`: a folder of files that mirror the calls."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.fakes.records import some_lines
from tests.fakes.sites import a_pbx, at_work, import_file, settle, sink_health, until
from tollbook.engine.engine import Engine
from tollbook.engine.sinks.worker import Mirrored
from tollbook.model.health import State
from tollbook.model.problem import Unavailable
from tollbook.model.sink import Sink
from tollbook.model.spreadsheets import cell
from tollbook.store import outgoing
from tollbook.store.filters import ALL
from tollbook.store.ledger import Ledger

LINES = some_lines(200)
READ = {"csv": "read_csv('{}', all_varchar = true)", "jsonl": "read_json('{}')", "parquet": "read_parquet('{}')"}


def a_sink(folder: Path, form: str = "csv", **settings: str) -> Sink:
    kept = {"path": str(folder / "lake"), "form": form, "interval": "0.1s", **settings}
    return Sink(name="lake", kind="file", settings=kept)


def put(engine: Engine, lines: list[bytes]) -> None:
    import_file(engine, "hts", b"".join(lines))


def ids(folder: Path, form: str = "csv") -> list[str]:
    places = READ[form].format(folder / "lake" / f"*.{form}")
    with duckdb.connect() as connection:
        return sorted(str(key) for (key,) in connection.execute(f"SELECT id FROM {places}").fetchall())  # noqa: S608 - the test's own


def stored(engine: Engine) -> list[str]:
    return sorted(str(key) for (key,) in engine.site.store.rows("SELECT id FROM call"))


def mirrored(engine: Engine) -> None:
    settle(engine)
    until(lambda: sink_health(engine, "lake").behind == 0 and sink_health(engine, "lake").state is State.WORKING)


@pytest.mark.parametrize("form", READ)
def test_files_hold_what_the_store_holds(form: str, tmp_path: Path) -> None:
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(tmp_path, form)]) as engine:
        put(engine, LINES[:80])
        mirrored(engine)
        put(engine, LINES[80:])
        mirrored(engine)

        assert ids(tmp_path, form) == stored(engine)
        days = engine.site.store.rows("SELECT DISTINCT strftime(started_local, '%Y-%m-%d') FROM call")
        assert {path.name for path in (tmp_path / "lake").glob(f"*.{form}")} == {
            f"lake-{day}.{form}" for (day,) in days
        }


def test_no_spreadsheet_takes_a_cell_for_a_formula(tmp_path: Path) -> None:
    texts = ["=1+1", "+445550142", "-2", "@x", "\tx", "*69", "x=1", "", "'=1", "5550142", "é=1", '=="', "=\n"]
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path))) as engine:
        put(engine, LINES[: len(texts)])
        writer = engine.site.store._writer  # noqa: SLF001 - as records of other PBXs would have them
        for number, text in enumerate(texts, 1):
            writer.execute("UPDATE call SET caller = ? WHERE change = ?", [text, number])
    sink = a_sink(tmp_path, per="month")
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
        until(lambda: sink_health(engine, "lake").sent)

    (file,) = (tmp_path / "lake").glob("*.csv")
    with file.open(newline="", encoding="utf-8") as lines:
        assert sorted(row["caller"] for row in csv.DictReader(lines)) == sorted(map(cell, texts))


def test_a_file_may_hold_a_month(tmp_path: Path) -> None:
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(tmp_path, per="month")]) as engine:
        put(engine, LINES)
        mirrored(engine)

    assert [path.name for path in (tmp_path / "lake").glob("*.csv")] == ["lake-2024-01.csv"]


def test_history_needs_no_asking_and_a_file_that_is_deleted_comes_back(tmp_path: Path) -> None:
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path))) as engine:
        put(engine, LINES)
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(tmp_path)]) as engine:
        until(lambda: sink_health(engine, "lake").sent)
        assert ids(tmp_path) == stored(engine)
        next((tmp_path / "lake").glob("*.csv")).unlink()
        until(lambda: list((tmp_path / "lake").glob("*.csv")))
        assert ids(tmp_path) == stored(engine)


def test_calls_altered_gone_and_moved_to_another_day_are_so_in_the_files(tmp_path: Path) -> None:
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(tmp_path)]) as engine:
        put(engine, LINES)
        mirrored(engine)
        writer = engine.site.store._writer  # noqa: SLF001 - as a zone set anew and calls assembled anew would do
        writer.execute("DELETE FROM call WHERE change < 20")
        writer.execute(
            "UPDATE call SET started_local = started_local + INTERVAL 9 DAY, change = 900, meaning = 900 "
            "WHERE change = 40",
        )
        writer.execute("UPDATE changes SET last = 900")
        until(lambda: list((tmp_path / "lake").glob("*-2024-01-17.csv")))
        until(lambda: ids(tmp_path) == stored(engine))


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(tmp_path)]) as engine:
        put(engine, LINES[:50])
        mirrored(engine)

    assert [path.name for path in (tmp_path / "lake").iterdir() if "half" in path.name] == []


def test_other_files_of_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "lake-1999-01-01.csv").write_text("somebody's own")
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(tmp_path)]) as engine:
        put(engine, LINES[:50])
        mirrored(engine)

    assert (tmp_path / "lake" / "lake-1999-01-01.csv").read_text() == "somebody's own"


def test_a_folder_that_cannot_be_made_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("a file, not a folder")
    sink: Any = a_sink(tmp_path)
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
        until(lambda: sink_health(engine, "lake").state in (State.NOT_REACHABLE, State.NEEDS_ATTENTION))

        assert "cannot be written" in sink_health(engine, "lake").message


@pytest.mark.parametrize("form", READ)
def test_a_disk_that_is_full_is_told_of_and_is_no_fault_of_the_store(form: str, tmp_path: Path) -> None:
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path))) as engine:
        put(engine, LINES[:80])
        ledger = Ledger(engine.site.store)
        calls = Mirrored(ledger, outgoing.form_of(ledger, "tollbook", ALL))
        month = next(iter(calls.periods("month")))

        with pytest.raises(Unavailable, match=r"/dev/full cannot be written: .*[Nn]o space left"):
            calls.write("month", month, Path("/dev/full"), form)


def test_a_file_that_is_somebody_elses_is_not_written_over_and_a_person_is_told(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path))) as engine:
        put(engine, LINES)
        (day,) = engine.site.store.rows("SELECT strftime(min(started_local), '%Y-%m-%d') FROM call")[0]
    theirs = tmp_path / "lake" / f"lake-{day}.csv"
    theirs.write_text("somebody's own")
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(tmp_path)]) as engine:
        until(lambda: sink_health(engine, "lake").state is State.NEEDS_ATTENTION)

        assert f"{theirs.name} is there already" in sink_health(engine, "lake").message
        assert theirs.read_text() == "somebody's own"
        theirs.unlink()
        until(lambda: sink_health(engine, "lake").state is State.WORKING)
        assert ids(tmp_path) == stored(engine)


def test_notes_that_name_other_files_have_none_of_them_deleted(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "theirs").write_text("somebody's own")
    (tmp_path / "lake" / "theirs.csv").write_text("somebody's own")
    noted = '{"../theirs": "x", "theirs.csv": "x", "lake-2020-01-01.csv/../theirs.csv": "x"}'
    (tmp_path / "lake" / ".tollbook-lake.json").write_text(noted)
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(tmp_path)]) as engine:
        put(engine, LINES[:20])
        mirrored(engine)
        until(lambda: list((tmp_path / "lake").glob("lake-*.csv")))

    assert (tmp_path / "theirs").exists()
    assert (tmp_path / "lake" / "theirs.csv").exists()


def test_a_link_in_the_place_of_a_half_written_file_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "theirs").write_text("somebody's own")
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path))) as engine:
        put(engine, LINES)
        days = engine.site.store.rows("SELECT DISTINCT strftime(started_local, '%Y-%m-%d') FROM call")
    for (day,) in days:
        (tmp_path / "lake" / f".lake-{day}.csv.half").symlink_to(tmp_path / "theirs")
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(tmp_path)]) as engine:
        until(lambda: sink_health(engine, "lake").sent)

        assert ids(tmp_path) == stored(engine)
        assert (tmp_path / "theirs").read_text() == "somebody's own"


def test_a_link_that_comes_to_lead_into_the_site_is_seen_when_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "lake").symlink_to(tmp_path / "real")
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path)), sinks=[a_sink(tmp_path)]) as engine:
        put(engine, LINES[:20])
        mirrored(engine)
        (tmp_path / "lake").unlink()
        (tmp_path / "lake").symlink_to(tmp_path / "site")
        until(lambda: sink_health(engine, "lake").state is State.NEEDS_ATTENTION)

        assert "site" in sink_health(engine, "lake").message
        assert list((tmp_path / "site").glob("*.csv")) == []
