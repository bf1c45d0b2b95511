"""A disk without room: the answer on its way is kept, no other is asked for, and all goes on once there is room."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.fakes.disks import fill, free_bytes, small_disk
from tests.fakes.lines import Line, connected
from tests.fakes.records import some_rows
from tests.fakes.sites import AT, at_work, settle, until
from tollbook.journal import Journal, JournalFull
from tollbook.model.body import Ending, Opening
from tollbook.model.health import State
from tollbook.simulator.faults import BreakOff as AnswerEnding
from tollbook.simulator.faults import FaultKind, PbxFault
from tollbook.simulator.running import RunningPbx

OPENING = Opening(pbx="hts", source="http_poll", origin="here")
NO_ROOM = "the disk has no room for another answer; nothing is asked of the PBX until it has"
ROWS = some_rows(40)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 48) as place:
        yield place


# ---------------------------------------------------------------- the journal alone


def test_an_answer_on_its_way_is_stored_in_the_reserve(disk: Path) -> None:
    journal = Journal(disk / "journal.sqlite", reserve_bytes=4 << 20)
    body = journal.open_body(OPENING, AT)
    journal.append(body, b"one\n", AT)
    fill(disk)
    assert journal.has_room()
    for number in range(20):
        journal.append(body, b"%06d," % number * 10_000, AT)
    journal.end(body, Ending.COMPLETE, AT)

    assert journal.slice(body, 0, 11) == b"one\n000000,"
    assert len(b"".join(journal.bytes_from(body, 0))) == 4 + 20 * 70_000
    assert not journal.has_room()
    journal.close()


def test_a_journal_without_reserve_says_that_there_is_no_room_and_keeps_what_it_had(disk: Path) -> None:
    journal = Journal(disk / "journal.sqlite", reserve_bytes=1 << 20)
    body = journal.open_body(OPENING, AT)
    journal.append(body, b"one\n", AT)
    ballast = fill(disk)
    with pytest.raises(JournalFull, match=r"no room on the disk under journal\.sqlite: "):
        journal.append(body, bytes(9 << 20), AT)
    kept = b"".join(journal.bytes_from(body, 0))
    assert kept.startswith(b"one\n")

    ballast.unlink()
    assert journal.has_room()
    journal.append(body, b"two\n", AT)
    assert b"".join(journal.bytes_from(body, 0)) == kept + b"two\n"
    assert journal.check() == ""
    journal.close()


def test_a_journal_too_full_to_pack_leaves_its_entries_and_its_reserve_as_they_are(disk: Path) -> None:
    journal = Journal(disk / "journal.sqlite", reserve_bytes=1 << 20)
    body = journal.open_body(OPENING, AT)
    for _ in range(4):
        journal.append(body, b"row,row\n" * 100_000, AT)
    journal.end(body, Ending.COMPLETE, AT)
    ballast = fill(disk)

    journal.pack(journal.last_entry())
    assert journal.reserve.stands()
    assert b"".join(journal.bytes_from(body, 0)) == b"row,row\n" * 400_000
    ballast.unlink()
    while journal.pack(journal.last_entry()):
        pass
    assert b"".join(journal.bytes_from(body, 0)) == b"row,row\n" * 400_000
    journal.close()


def test_looking_for_room_does_not_use_up_what_room_there_is(disk: Path) -> None:
    journal = Journal(disk / "journal.sqlite", reserve_bytes=8 << 20)
    journal.reserve.give_up()
    fill(disk, leave=6 << 20)
    before = free_bytes(disk)

    assert not journal.has_room()
    assert free_bytes(disk) == before
    assert [path.name for path in disk.iterdir() if "part" in path.name] == []
    journal.close()


# ---------------------------------------------------------------- end to end


def test_a_pbx_is_not_asked_while_the_disk_is_full_and_nothing_is_lost(disk: Path) -> None:
    with structlog.testing.capture_logs() as logs, RunningPbx() as pbx, connected(disk / "site", pbx) as line:
        line.ask(*ROWS[:10])
        with_answer_on_its_way(line, ROWS[10:20], disk)
        pbx.add(ROWS[20:])
        asked = len(pbx.requests)
        refused = line.engine.test("hts")
        again = line.engine.test("hts")

        assert (refused.well, refused.message, again.message) == (False, NO_ROOM, NO_ROOM)
        assert (line.health.state, line.health.message) == (State.NO_ROOM, NO_ROOM)
        assert (len(pbx.requests), len(pbx.pending)) == (asked, 20)

        (disk / "ballast").unlink()
        until(lambda: line.health.state is State.WORKING, 60)
        until(lambda: line.raws() == Counter(map(line.raw, ROWS)), 60)
        until(lambda: [each["event"] for each in logs if each["event"] in ("no room", "back")] == ["no room", "back"])


def with_answer_on_its_way(line: Line, rows: tuple[object, ...], disk: Path) -> None:
    """Fill the disk while an answer is half sent, let the rest of it come, and wait until it is all in the journal."""
    line.pbx.add(rows)  # type: ignore[arg-type]
    line.pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=700, ending=AnswerEnding.HOLD))
    asking = threading.Thread(target=line.engine.test, args=("hts",))
    asking.start()
    line.pbx.wait(lambda: line.pbx.held == 1)
    fill(disk)
    line.pbx.go_on()
    asking.join()
    until(lambda: line.bodies()[-1].state == "complete")
    assert line.kept() == b"".join(answer.body for answer in line.pbx.handed_out)
    fill(disk)


def test_bytes_that_find_no_room_at_all_are_held_until_there_is_some(disk: Path) -> None:
    with RunningPbx() as pbx, connected(disk / "site", pbx) as line:
        pbx.add(ROWS)
        pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=700, ending=AnswerEnding.HOLD))
        asking = threading.Thread(target=line.engine.test, args=("hts",))
        asking.start()
        pbx.wait(lambda: pbx.held == 1)
        until(lambda: len(line.kept()) == 700)
        line.engine.site.journal.reserve.give_up()
        fill(disk)
        pbx.go_on()
        until(lambda: line.health.state is State.NO_ROOM)
        assert line.health.message.startswith("no room on the disk under journal.sqlite: ")

        (disk / "ballast").unlink()
        asking.join()
        assert line.health.state is State.WORKING
        assert line.raws() == Counter(map(line.raw, ROWS))


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_a_store_that_finds_no_room_loses_and_doubles_nothing(disk: Path) -> None:
    """The journal still has room for what the store has none for."""
    data = b"".join(made(150_000))
    with at_work(disk / "site", sources=False) as engine:
        settle(engine)
        body = engine.begin_import("hts", "Master.csv")
        fill(disk, leave=5 << 20)
        engine.take(body, data)
        engine.finish_import(body)
        until(lambda: engine.lag().trouble != "", 60)
        assert "the store cannot" in engine.lag().trouble
        (disk / "ballast").unlink()
        until(lambda: engine.import_state(body).done, 120)
        settle(engine)

        state = engine.import_state(body)
        assert (state.frames, state.rejected) == (150_000, 150_000)
        assert engine.site.store.rows("SELECT count(*), count(DISTINCT id) FROM reject") == [(150_000, 150_000)]


def made(count: int) -> Iterator[bytes]:
    """Lines that no two are alike, and that take more room in the store than in the journal."""
    yield from (b"%08d no record\n" % number for number in range(count))
