"""Calls that are old part from their records, lose digits and are deleted, and nothing else changes by that."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.fakes.calls import NOON
from tests.fakes.records import some_lines
from tests.fakes.retention import AFTER_ALL, QuietDesk, bytes_of, cutoffs, run
from tests.fakes.sites import AT, a_pbx, at_work, dump, import_file, settle, until
from tests.flow.test_legs import LegShelf
from tests.unit.web.conftest import row
from tollbook.engine.engine import Engine
from tollbook.journal import dropping
from tollbook.model.problem import Misconfigured
from tollbook.model.retention import RetentionCutoffs
from tollbook.store import retention

LINES = some_lines(300)
FIRST, SECOND, THIRD = (b"".join(LINES[start : start + 100]) for start in (0, 100, 200))
WRITTEN = "* EXCLUDE (body, change, meaning)"
"""What a call is, wherever its record stands."""


def written(engine: Engine, columns: str = WRITTEN) -> list[tuple[Any, ...]]:
    return engine.site.store.rows(f"SELECT {columns} FROM call ORDER BY id")  # noqa: S608 - our own words


def backed(engine: Engine) -> int:
    return int(engine.site.store.rows("SELECT count(*) FROM call WHERE body > 0")[0][0])


def filled(engine: Engine) -> None:
    """Import three files, of which the last is the PBX's newest."""
    for data in (FIRST, SECOND, THIRD):
        import_file(engine, "hts", data)


def test_records_that_are_dropped_are_in_no_file_and_their_calls_stay_as_they_were(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        filled(engine)
        before = written(engine)
        done = run(engine, cutoffs())

        assert (done.records, done.bodies, done.held) == (300, 2, 0)
        assert done.bytes == len(FIRST) + len(SECOND)
        assert (written(engine), backed(engine)) == (before, 0)
        engine.rebuild()
        settle(engine)
        assert written(engine) == before
    kept = bytes_of(tmp_path)
    assert not [line for line in LINES[:200] if line[20:60] in kept]
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        settle(engine)
        assert written(engine) == before
        assert not [each for each in engine.doctor() if "journal has lost" in each.what]


def test_the_doctor_says_that_calls_without_records_are_in_one_file_alone(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        filled(engine)
        assert not [each for each in engine.doctor() if "without records" in each.what]
        run(engine, cutoffs())
        (found,) = (each for each in engine.doctor() if "without records" in each.what)
        assert not found.well
        assert "backup-plan set" in found.help


def test_another_zone_changes_calls_that_have_records_and_no_others(tmp_path: Path) -> None:
    spans = "SELECT id, started_local - started_at FROM call"
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        filled(engine)
        run(engine, RetentionCutoffs(records=AFTER_ALL))
        import_file(engine, "hts", b"".join(row("101", "15550177", at=f"2026-03-0{day} 10:00:00") for day in (2, 3)))
        before = dict(engine.site.store.rows(spans))

    tokyo = msgspec.structs.replace(a_pbx(), timezone="Asia/Tokyo")
    with at_work(tmp_path, tokyo, sources=False) as engine:
        settle(engine)
        after = dict(engine.site.store.rows(spans))
        assert (len(after), sum(after[each] != span for each, span in before.items())) == (302, 2)


def test_an_answer_with_a_record_that_could_not_be_read_is_kept_until_somebody_puts_that_aside(tmp_path: Path) -> None:
    broken = b'"","291733","9011442079460188","broken"\n'
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        import_file(engine, "hts", FIRST + broken)
        import_file(engine, "hts", SECOND)
        assert (run(engine, cutoffs()).bodies, run(engine, cutoffs()).held) == (0, 1)
        (reject,) = engine.site.store.rows("SELECT id FROM reject")[0]

        engine.copy_put_aside([(str(reject), "a test call", "anne", "2026-01-01T00:00:00Z")])
        done = run(engine, cutoffs())
        assert (done.bodies, done.rejects, done.held) == (1, 1, 0)


def test_masked_numbers_keep_country_kind_and_price_and_no_total_changes(tmp_path: Path) -> None:
    plan = {"": {"country": "US", "area-code": "212", "outside": "9"}}
    pbx = msgspec.structs.replace(a_pbx(), plan=plan)
    totals = (
        "SELECT direction, outcome, number_country, number_kind, number_reach, count(*), sum(talk_s), sum(price) "
        "FROM call GROUP BY ALL ORDER BY ALL"
    )
    with at_work(tmp_path, pbx, sources=False) as engine:
        filled(engine)
        settle(engine)
        before, digits = engine.site.store.rows(totals), _outside(engine)
        last = engine.site.store.position().last
        done = run(engine, cutoffs(numbers=True))
        assert done.numbers > 0
        assert engine.site.store.rows(totals) == before
        now = _outside(engine)
        assert [each[:-3] + "•••" for each in digits if len(each) > 3] == [each for each in now if len(each) > 3]
        told = engine.site.store.rows("SELECT count(*) FROM call WHERE change > ?", [last])[0][0]
        assert told == done.numbers
        assert run(engine, cutoffs(numbers=True)).numbers == 0

    again = msgspec.structs.replace(pbx, plan={"": {"country": "GB", "area-code": "20", "outside": "9"}})
    with at_work(tmp_path, again, sources=False) as engine:
        settle(engine)
        assert _outside(engine) == now
        countries = {
            each
            for (each,) in engine.site.store.rows("SELECT DISTINCT number_country FROM call WHERE caller LIKE '%•%'")
        }
        assert "GB" not in countries


def _outside(engine: Engine) -> list[str]:
    number = "CASE direction WHEN 'incoming' THEN caller ELSE called END"
    query = f"SELECT {number} FROM call WHERE direction <> 'internal' ORDER BY id"  # noqa: S608 - our own words
    return [each or "" for (each,) in engine.site.store.rows(query)]


def test_deleted_calls_are_told_and_do_not_come_again_with_their_records(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        filled(engine)
        last = engine.site.store.position().last
        done = run(engine, cutoffs(calls=AFTER_ALL))
        assert (done.calls, written(engine)) == (300, [])
        assert engine.site.store.rows("SELECT count(*) FROM gone WHERE change > ?", [last]) == [(300,)]

        body = import_file(engine, "hts", FIRST)
        engine.rebuild()
        settle(engine)
        assert written(engine) == []
        counts = "SELECT frames, calls, duplicates, skipped, rejected FROM tally WHERE body = ?"
        assert engine.site.store.rows(counts, [body]) == [(100, 0, 0, 100, 0)]
        assert ("hts", retention.EXPIRED) in engine.site.store.rows("SELECT pbx, reason FROM skip")


def test_months_that_are_kept_lose_no_call(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        filled(engine)
        before = written(engine)
        assert run(engine, cutoffs(calls=AFTER_ALL.replace(month=1))).calls == 0
        assert written(engine) == before


@pytest.mark.parametrize("steps", range(1, 9))
def test_broken_off_after_any_step_it_comes_to_the_same_in_the_end(steps: int, tmp_path: Path) -> None:
    wanted = cutoffs(numbers=True)
    with at_work(tmp_path / "whole", a_pbx(), sources=False) as engine:
        filled(engine)
        run(engine, wanted)
        whole = dump(engine.site.store)
    with at_work(tmp_path / "broken", a_pbx(), sources=False) as engine:
        filled(engine)
        run(engine, wanted, most_steps=steps)
    with at_work(tmp_path / "broken", a_pbx(), sources=False) as engine:
        settle(engine)
        run(engine, wanted)
        assert dump(engine.site.store) == whole
        assert len(dropping.dropped(engine.site.journal)) == 2


def test_a_ledger_of_before_keeps_its_calls_beside_a_journal_that_has_dropped_them(tmp_path: Path) -> None:
    site = tmp_path / "site"
    with at_work(site, a_pbx(), sources=False) as engine:
        filled(engine)
        before = written(engine)
    shutil.copy(site / "calls.duckdb", tmp_path / "calls.duckdb")
    with at_work(site, a_pbx(), sources=False) as engine:
        run(engine, cutoffs())
    shutil.copy(tmp_path / "calls.duckdb", site / "calls.duckdb")

    with at_work(site, a_pbx(), sources=False) as engine:
        engine.rebuild()
        settle(engine)
        assert written(engine) == before


def test_a_ledger_that_is_made_anew_says_that_calls_without_records_are_missing(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        filled(engine)
        run(engine, cutoffs())
    (tmp_path / "calls.duckdb").unlink()
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        settle(engine)
        assert len(written(engine)) == 100
        assert [each for each in engine.notices() if "dropped as old" in each.what]


def test_an_import_whose_records_are_dropped_cannot_be_taken_back(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        body = import_file(engine, "hts", FIRST)
        import_file(engine, "hts", SECOND)
        run(engine, cutoffs())
        with pytest.raises(Misconfigured, match="dropped since they are old"):
            engine.imports.take_back(body)


@pytest.mark.parametrize("month", [1, 2])
def test_what_would_go_is_counted_as_it_then_goes(month: int, tmp_path: Path) -> None:
    wanted = cutoffs(numbers=True, calls=AFTER_ALL.replace(month=month))
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        filled(engine)
        told = engine.retention.preview(QuietDesk(), wanted)
        before = dump(engine.site.store)
        assert engine.retention.preview(QuietDesk(), wanted) == told
        assert dump(engine.site.store) == before
        assert run(engine, wanted) == told


def test_a_call_of_several_records_is_not_doubled_when_one_of_their_bodies_is_gone(tmp_path: Path) -> None:
    shelf = LegShelf(tmp_path)
    try:
        first = shelf.put(b"7|0|101||\n8|5|102|30|\n")
        shelf.put(b"7|40|103|60|\n")
        shelf.put(b"9|900|104|10|\n")
        before = shelf.store.rows(f"SELECT {WRITTEN} FROM call ORDER BY id")  # noqa: S608 - our own words
        assert len(before) == 3
        noon = datetime.fromtimestamp(NOON + 300, UTC).replace(tzinfo=None)
        while shelf.store.transaction(lambda connection: retention.part(connection, noon)):
            pass
        dropping.drop(shelf.journal, [first], AT)
        shelf.rebuild()
        assert shelf.store.rows(f"SELECT {WRITTEN} FROM call ORDER BY id") == before  # noqa: S608 - as above
    finally:
        shelf.close()


def test_a_file_whose_records_are_dropped_is_not_taken_again(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, data in (("a.csv", FIRST), ("b.csv", SECOND)):
        (folder / name).write_bytes(data)
    pbx = a_pbx(path=str(folder), interval="1s")
    with at_work(tmp_path / "site", pbx) as engine:
        until(lambda: len(written(engine)) == 200)
        until(lambda: not engine.site.journal.bodies("state = 'open'"))
        settle(engine)
        assert run(engine, cutoffs()).bodies == 1
    with at_work(tmp_path / "site", pbx) as engine:
        (folder / "c.csv").write_bytes(THIRD)
        until(lambda: len(written(engine)) == 300)
        assert [body.origin.rpartition("/")[2] for body in engine.site.journal.bodies()] == ["a.csv", "b.csv", "c.csv"]
