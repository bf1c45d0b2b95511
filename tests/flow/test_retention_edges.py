"""What is read again, comes late or is mended beside calls that are old: nothing is lost, doubled or shown again."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.fakes.calls import NOON
from tests.fakes.retention import AFTER_ALL, QuietDesk, bytes_of, cutoffs, run
from tests.fakes.sites import AT, Shelf, a_pbx, a_shelf, at_work, import_file, settle, until
from tests.flow.test_legs import LegShelf
from tests.flow.test_retention import FIRST, SECOND, THIRD, WRITTEN, written
from tests.unit.store.test_pricing import BEGUN
from tests.unit.store.test_retention import mask_before
from tests.unit.web.conftest import row
from tollbook.journal import dropping
from tollbook.model.body import Opening
from tollbook.model.problem import Misconfigured
from tollbook.model.retention import RetentionCutoffs
from tollbook.store import retention
from tollbook.store.unbacked import LostBodies

NOON_LOCAL = datetime.fromtimestamp(NOON, UTC).replace(tzinfo=None)
LEGS = b"""\
02/19/26 10:03AM 2101  03 <I>2125550145                                      RC 
02/19/26 10:03AM 2101  03 <I>2125550145             0'20                     AN 
02/19/26 10:07AM 2101  03 <I>2125550145             0'20 00:03'31            TR 
02/19/26 10:09AM 2104  03 <I>2125550145                  00:02'04               
"""  # noqa: W291 - as the PBX writes them


def part_before(shelf: LegShelf, second: int) -> None:
    """Let calls part from their records that began before a second after noon."""
    before = datetime.fromtimestamp(NOON + second, UTC).replace(tzinfo=None)
    while shelf.store.transaction(lambda connection: retention.part(connection, before)):
        pass
    shelf.store.transaction(retention.part_whole)


def calls_of(shelf: LegShelf) -> list[tuple[Any, ...]]:
    return shelf.store.rows(f"SELECT {WRITTEN} FROM call ORDER BY started_at, id")  # noqa: S608 - our own words


def test_no_column_of_a_masked_call_or_its_legs_has_the_number(tmp_path: Path) -> None:
    pbx = msgspec.structs.replace(a_pbx(), dialect="panasonic-kx-tda")
    with at_work(tmp_path, pbx, sources=False) as engine:
        import_file(engine, "hts", LEGS)
        assert run(engine, cutoffs(numbers=True)).numbers == 1
        for table in ("call", "leg"):
            assert not [each for each in engine.site.store.rows(f"FROM {table}") if "2125550145" in str(each)]


def test_no_column_of_a_call_without_a_number_or_its_legs_has_it(tmp_path: Path) -> None:
    pbx = msgspec.structs.replace(a_pbx(), dialect="panasonic-kx-tda")
    with at_work(tmp_path, pbx, sources=False) as engine:
        import_file(engine, "hts", LEGS)
        calls = [str(each) for (each,) in engine.site.store.rows("SELECT id FROM call")]
        assert engine.retention.erase(calls, []) == 1
        for table in ("call", "leg"):
            assert not [each for each in engine.site.store.rows(f"FROM {table}") if "2125550145" in str(each)]


def test_a_record_that_can_be_read_later_becomes_a_call_however_old_it_is(tmp_path: Path) -> None:
    with LegsOf(tmp_path) as shelf:
        shelf.refused.append("102")
        shelf.put(b"|5|102|30|\n|9|103|10|\n")
        part_before(shelf, 300)
        shelf.refused.clear()
        shelf.rebuild()
        assert [each for (each,) in shelf.store.rows("SELECT extension FROM call ORDER BY 1")] == ["102", "103"]
        shelf.rebuild()
        assert [each for (each,) in shelf.store.rows("SELECT extension FROM call ORDER BY 1")] == ["102", "103"]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_another_zone_loses_no_call_that_began_as_others_parted(zone: str, tmp_path: Path) -> None:
    lines = b"".join(
        row(f"1{day:02}", "15550177", at=f"2026-03-{day:02} {hour:02}:00:00") for day in (2, 3, 4) for hour in (2, 20)
    )
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        import_file(engine, "hts", lines)
        run(engine, RetentionCutoffs(records=datetime(2026, 3, 3, 12, tzinfo=UTC)))
    with at_work(tmp_path, msgspec.structs.replace(a_pbx(), timezone=zone), sources=False) as engine:
        settle(engine)
        assert len(written(engine)) == 6
        engine.rebuild()
        settle(engine)
        assert len(written(engine)) == 6


class LegsOf:
    def __init__(self, folder: Path) -> None:
        self._shelf = LegShelf(folder)

    def __enter__(self) -> LegShelf:
        return self._shelf

    def __exit__(self, *_: object) -> None:
        self._shelf.close()


@pytest.mark.parametrize("parted", [10, 300])
def test_a_leg_that_came_after_its_call_had_parted_is_neither_lost_nor_a_call_of_its_own(
    parted: int, tmp_path: Path
) -> None:
    with LegsOf(tmp_path) as shelf:
        first = shelf.put(b"7|0|101||\n")
        shelf.put(b"9|900|104|10|\n")
        part_before(shelf, parted)
        second = shelf.put(b"7|40|103|60|\n")
        before, legs = calls_of(shelf), shelf.store.rows("SELECT id FROM leg ORDER BY id")
        assert len(before) == 2
        part_before(shelf, parted)
        with shelf.store.cursor() as cursor:
            assert not {first, second} & retention.bodies_in_use(cursor)
        dropping.drop(shelf.journal, [first], AT)
        shelf.rebuild()
        assert calls_of(shelf) == before
        assert shelf.store.rows("SELECT id FROM leg ORDER BY id") == legs


def test_an_import_whose_calls_stand_for_themselves_is_not_said_to_be_taken_back(tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        import_file(engine, "hts", SECOND)
        body = import_file(engine, "hts", FIRST)
        run(engine, cutoffs())
        with pytest.raises(Misconfigured, match="stand for themselves"):
            engine.imports.take_back(body)
        assert len(written(engine)) == 200


class ChangingDesk(QuietDesk):
    """The desk of a site whose policy is changed."""

    since: datetime | None = AFTER_ALL.replace(tzinfo=None)

    def kept_since(self) -> datetime | None:
        return self.since


def test_older_calls_are_taken_again_once_the_site_keeps_all(tmp_path: Path) -> None:
    desk = ChangingDesk()
    with at_work(tmp_path / "site", a_pbx(path=str(tmp_path))) as engine:
        engine.retention.use(desk)
        assert import_file(engine, "hts", FIRST)
        assert written(engine) == []

        desk.since = None
        engine.retention.news()
        until(lambda: engine.site.store.kept_since is None)
        import_file(engine, "hts", SECOND)
        assert len(written(engine)) == 100


def test_a_record_without_bytes_that_can_be_read_later_loses_digits_like_all_others(tmp_path: Path) -> None:
    with LegsOf(tmp_path) as shelf:
        shelf.refused.append("102")
        body = shelf.put(b"|5|102|30|ADA\n|9|103|10|ADA\n")
        shelf.store.note_lost(LostBodies(whole=[body], beyond={}))
        mask_before(shelf.store, BEGUN)
        shelf.refused.clear()
        assert shelf.retry() == 1
        mask_before(shelf.store, BEGUN)
        names = "SELECT extension, caller_name FROM call ORDER BY extension"
        assert shelf.store.rows(names) == [("102", None), ("103", None)]


def test_a_ledger_that_never_read_what_was_dropped_since_says_so(tmp_path: Path) -> None:
    site = tmp_path / "site"
    with at_work(site, a_pbx(), sources=False) as engine:
        import_file(engine, "hts", FIRST)
    shutil.copy(site / "calls.duckdb", tmp_path / "calls.duckdb")
    with at_work(site, a_pbx(), sources=False) as engine:
        import_file(engine, "hts", SECOND)
        import_file(engine, "hts", THIRD)
        run(engine, cutoffs())
    shutil.copy(tmp_path / "calls.duckdb", site / "calls.duckdb")

    with at_work(site, a_pbx(), sources=False) as engine:
        settle(engine)
        assert [each for each in engine.notices() if "dropped as old" in each.what]
        engine.rebuild()
        settle(engine)
        assert len(written(engine)) == 200


@pytest.mark.parametrize("wanted", [cutoffs(numbers=True), cutoffs(calls=AFTER_ALL)])
def test_numbers_that_are_gone_are_in_no_file_once_the_next_calls_have_come(
    wanted: RetentionCutoffs, tmp_path: Path
) -> None:
    numbers = [f"1212555{last:04}" for last in range(100, 200)]
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        engine.site.store._writer.execute("PRAGMA force_compression = 'uncompressed'")  # noqa: SLF001 - to look for them
        import_file(engine, "hts", b"".join(row("101", each, at="2024-01-02 10:00:00") for each in numbers))
        import_file(engine, "hts", row("102", "15550177", at="2026-03-02 10:00:00"))
        engine.site.store.checkpoint()
        assert [each for each in numbers if each.encode() in bytes_of(tmp_path, "calls.duckdb")] == numbers
        run(engine, wanted)
        for second in range(3):
            import_file(engine, "hts", row("103", "15550178", at=f"2026-03-02 10:00:0{second}"))
            engine.site.store.checkpoint()
        files = bytes_of(tmp_path, "calls.duckdb") + bytes_of(tmp_path, "calls.duckdb.wal") + bytes_of(tmp_path)
        # The file has the least and the greatest of a column by themselves: of what was there, without saying where.
        assert not [each for each in numbers[1:-1] if each.encode() in files]


def test_of_a_pbx_that_sends_again_at_each_connection_those_stay_by_which_that_is_known() -> None:
    rows = [row(f"1{n:02}", f"5550{n:03}", at=f"2026-03-0{1 + n // 20} 10:{n % 60:02}:00") for n in range(70)]
    with a_shelf() as shelf:
        connect(shelf, rows[:40])
        connect(shelf, rows[30:50])
        assert dropping.ended_before(shelf.journal, AT * 2, ["tcp_server"], ["hts"]) == []
        connect(shelf, rows[20:60])
        assert shelf.store.rows("SELECT count(*) FROM call") == [(60,)]

        old = [body.id for body in dropping.ended_before(shelf.journal, AT * 2, ["tcp_server"])]
        assert len(old) == 2


def test_no_part_of_a_deleted_call_comes_again_that_went_on_into_the_next_month(tmp_path: Path) -> None:
    lines = b"7|0|101||\n7|40|103|60|\n"
    month, next_month = ((NOON_LOCAL + timedelta(seconds=each)) for each in (20, 90))
    with LegsOf(tmp_path) as shelf:
        shelf.put(lines)
        shelf.store.keep_since(month)
        assert shelf.store.transaction(partial(retention.delete, before=month)) == 1
        assert shelf.store.transaction(partial(retention.delete, before=month)) == 0
        shelf.put(lines)
        shelf.rebuild()
        assert calls_of(shelf) == []
        assert shelf.store.rows("SELECT extension, key, body < 0 FROM leg") == [(None, None, True)]
        shelf.store.transaction(partial(retention.delete, before=next_month))
        assert shelf.store.rows("FROM leg") == []


def connect(shelf: Shelf, rows: list[bytes]) -> None:
    body = shelf.journal.open_body(Opening(pbx="hts", source="tcp_server", origin="192.0.2.7"), AT)
    shelf.take(body, b"".join(rows))
    shelf.end(body)
    shelf.catch_up()
