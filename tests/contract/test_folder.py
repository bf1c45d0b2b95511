"""Web Console mode: files that grow, are rotated, packed, replaced, torn, unreadable, or come late."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.fakes.file_rounds import Desk
from tests.fakes.records import START, some_lines, without_end
from tests.fakes.sites import a_pbx, at_work, dump, settle, until
from tollbook.engine.care.export import raw_record
from tollbook.engine.engine import Engine
from tollbook.model.body import Body
from tollbook.model.health import State
from tollbook.model.problem import Unavailable
from tollbook.plugins import read_options
from tollbook.simulator.packing import Packing, pack
from tollbook.simulator.row import Quoting, Style
from tollbook.simulator.streams.folder import ConsoleSetup, Naming, WebConsole, Writing
from tollbook.sources.contract import Answered, Ended, Event, Surroundings, Took, Troubled
from tollbook.sources.folder import Options, arrivals

LINES = some_lines(12)
RAWS = without_end(LINES)
QUICK = {"minimum_age": "300ms", "interval": "100ms"}


class Watched:
    """An engine that watches a folder."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def raws(self) -> Counter[bytes]:
        names = ("body", "member", "position", "length")
        rows = self.engine.site.store.rows(f"SELECT {', '.join(names)} FROM call")  # noqa: S608 - our own names
        return Counter(raw_record(self.engine.site.journal, dict(zip(names, row, strict=True))) for row in rows)

    def wait_for(self, *lines: bytes) -> None:
        """Return once exactly these records are stored."""
        wanted = Counter(without_end(list(lines)))
        until(lambda: self.raws() == wanted)

    def wait_until_taken(self) -> None:
        """Return once every file is taken to its end."""
        until(lambda: re.fullmatch("watching; [^;]* taken", self.engine.health()[0].message))
        settle(self.engine)

    def bodies(self) -> list[Body]:
        return self.engine.site.journal.bodies()

    def tallies(self) -> list[tuple[int, ...]]:
        return self.engine.site.store.rows("SELECT frames, calls, duplicates, rejected FROM tally ORDER BY body")


@contextmanager
def watching(site: Path, path: Path, **settings: str) -> Iterator[Watched]:
    with at_work(site, a_pbx(**{"path": str(path), **QUICK, **settings})) as engine:
        yield Watched(engine)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "console"
    made.mkdir()
    return made


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


def grow(file: Path, *lines: bytes) -> None:
    with file.open("ab") as open_file:
        open_file.write(b"".join(lines))


# ---------------------------------------------------------------- growing


def test_a_growing_file_is_read_on_from_where_it_was(folder: Path, site: Path) -> None:
    file = folder / "Master.csv"
    with watching(site, folder) as watched:
        for number, line in enumerate(LINES, 1):
            grow(file, line)
            watched.wait_for(*LINES[:number])
        watched.wait_until_taken()

        assert [body.length for body in watched.bodies()] == [len(b"".join(LINES))]
        assert watched.tallies() == [(12, 12, 0, 0)]


def test_a_file_that_grows_after_it_was_complete_is_read_on(folder: Path, site: Path) -> None:
    file = folder / "Master.csv"
    file.write_bytes(b"".join(LINES[:3]))
    with watching(site, folder) as watched:
        watched.wait_until_taken()
        grow(file, *LINES[3:6])
        watched.wait_for(*LINES[:6])
        watched.wait_until_taken()

        assert watched.tallies() == [(6, 6, 0, 0)]


@pytest.mark.parametrize("style", [Style(), Style(quoting=Quoting.BARE)], ids=["quoted", "bare"])
def test_half_a_record_is_left_until_the_rest_of_it_has_come(style: Style, folder: Path, site: Path) -> None:
    lines = some_lines(6, style)
    console = WebConsole(ConsoleSetup(folder=folder, style=style, writing=Writing.TORN))
    with watching(site, folder, minimum_age="1h") as watched:
        for number, line in enumerate(lines):
            console.add([line])
            watched.wait_for(*lines[:number])
        console.finish()
        watched.wait_for(*lines)

        assert watched.engine.site.store.rows("SELECT count(*) FROM reject") == [(0,)]


def test_a_file_that_grows_while_nobody_watches_is_read_on_at_the_next_start(folder: Path, site: Path) -> None:
    file = folder / "Master.csv"
    for number in range(0, 12, 3):
        grow(file, *LINES[number : number + 3])
        with watching(site, folder, minimum_age="1h") as watched:
            watched.wait_for(*LINES[: number + 3])
            assert len(watched.bodies()) == 1


def test_a_file_left_in_the_middle_of_a_record_is_gone_on_with_at_the_next_start(folder: Path, site: Path) -> None:
    file = folder / "Master.csv"
    grow(file, LINES[0], LINES[1][:50])
    with watching(site, folder, minimum_age="1h") as watched:
        watched.wait_for(LINES[0])
    grow(file, LINES[1][50:], LINES[2])
    with watching(site, folder) as watched:
        watched.wait_for(*LINES[:3])
        watched.wait_until_taken()

        assert watched.tallies() == [(3, 3, 0, 0)]


def test_a_last_record_without_its_line_end_is_taken_once_the_file_is_left_alone(folder: Path, site: Path) -> None:
    (folder / "Master.csv").write_bytes(b"".join(LINES[:3]).rstrip(b"\n"))
    with watching(site, folder) as watched:
        watched.wait_for(*LINES[:3])


def test_a_file_that_goes_on_after_its_last_record_seemed_whole_stores_each_record_once(
    folder: Path,
    site: Path,
) -> None:
    file = folder / "Master.csv"
    file.write_bytes(b"".join(LINES[:3]).rstrip(b"\n"))
    with watching(site, folder) as watched:
        watched.wait_until_taken()
        grow(file, b"\n", *LINES[3:5])
        watched.wait_for(*LINES[:5])


def test_a_record_whose_rest_comes_after_a_restart_is_a_call_all_the_same(folder: Path, site: Path) -> None:
    file = folder / "Master.csv"
    grow(file, LINES[0], LINES[1][:50])
    with watching(site, folder) as watched:
        watched.wait_until_taken()
    with watching(site, folder) as watched:
        watched.wait_until_taken()
        grow(file, LINES[1][50:], LINES[2])
        watched.wait_for(*LINES[:3])


def test_two_identical_lines_of_a_growing_file_stay_two_also_across_a_restart(folder: Path, site: Path) -> None:
    file = folder / "Master.csv"
    grow(file, LINES[0])
    with watching(site, folder) as watched:
        watched.wait_for(LINES[0])
    grow(file, LINES[0])
    with watching(site, folder) as watched:
        watched.wait_for(LINES[0], LINES[0])
        before = dump(watched.engine.site.store)
        watched.engine.rebuild()
        settle(watched.engine)

        assert dump(watched.engine.site.store) == before


# ---------------------------------------------------------------- again, rotated, replaced


def test_the_same_file_under_another_name_adds_nothing(folder: Path, site: Path) -> None:
    (folder / "Master.csv").write_bytes(b"".join(LINES))
    with watching(site, folder) as watched:
        watched.wait_for(*LINES)
        shutil.copy(folder / "Master.csv", folder / "copy.csv")
        until(lambda: len(watched.tallies()) == 2)
        watched.wait_until_taken()

        assert watched.tallies() == [(12, 12, 0, 0), (12, 0, 12, 0)]


def test_a_file_put_in_place_of_a_shorter_one_is_read_on_without_being_taken_again(folder: Path, site: Path) -> None:
    console = WebConsole(ConsoleSetup(folder=folder, writing=Writing.ATOMIC))
    with watching(site, folder) as watched:
        for number in range(0, 12, 4):
            console.add(LINES[number : number + 4])
            watched.wait_for(*LINES[: number + 4])

        assert [body.length for body in watched.bodies()] == [len(b"".join(LINES))]


@pytest.mark.parametrize("naming", Naming)
@pytest.mark.parametrize("packing", [Packing.TEXT, Packing.ZIP, Packing.TAR_GZ])
def test_rotated_files_cost_no_record_and_double_none(
    packing: Packing,
    naming: Naming,
    folder: Path,
    site: Path,
) -> None:
    console = WebConsole(ConsoleSetup(folder=folder, packing=packing, naming=naming))
    with watching(site, folder) as watched:
        for turn in range(4):
            console.add(LINES[turn * 3 : turn * 3 + 3])
            watched.wait_for(*LINES[: turn * 3 + 3])
            console.rotate(START + timedelta(hours=turn))
        watched.wait_for(*LINES)
        until(lambda: all(body.state != "open" for body in watched.bodies()))

        assert watched.engine.site.store.rows("SELECT count(*) FROM reject") == [(0,)]


def test_records_rotated_away_before_anyone_looked_are_taken_from_the_rotated_file(folder: Path, site: Path) -> None:
    console = WebConsole(ConsoleSetup(folder=folder, packing=Packing.ZIP))
    console.add(LINES[:6])
    console.rotate(START)
    console.add(LINES[6:])
    with watching(site, folder) as watched:
        watched.wait_for(*LINES)


def test_another_file_under_the_same_name_is_taken_from_its_beginning(folder: Path, site: Path) -> None:
    file = folder / "Master.csv"
    file.write_bytes(b"".join(LINES[:6]))
    with watching(site, folder) as watched:
        watched.wait_for(*LINES[:6])
        file.write_bytes(b"".join(LINES[6:]))
        watched.wait_for(*LINES)
        file.unlink()
        file.write_bytes(LINES[0] * 2)
        watched.wait_for(*LINES, LINES[0])


def test_a_file_replaced_before_it_was_complete_leaves_no_body_open(folder: Path, site: Path) -> None:
    file = folder / "Master.csv"
    file.write_bytes(b"".join(LINES[:6]))
    with watching(site, folder, minimum_age="1h") as watched:
        watched.wait_for(*LINES[:6])
        file.unlink()
        until(lambda: [body.state for body in watched.bodies()] == ["complete"])


def test_a_file_that_goes_between_being_listed_and_being_read_was_no_archive(folder: Path, tmp_path: Path) -> None:
    first, second = folder / "Master-1.csv", folder / "Master-2.csv"
    desk = Desk(tmp_path)

    def write_first(*lines: bytes) -> None:
        grow(first, *lines)
        os.utime(first, ns=(0, second.stat().st_mtime_ns - 1_000_000_000))

    def step(event: Event) -> bool:
        if isinstance(event, Answered) and second.exists():
            write_first(LINES[2])
        if isinstance(event, Took) and event.data == LINES[2]:
            second.unlink()
        return isinstance(event, Ended)

    second.write_bytes(LINES[1])
    write_first(LINES[0])
    desk.rounds("folder", {"path": str(folder), "minimum_age": "1h"}, over=step)

    assert desk.bodies() == [
        ("Master-1.csv", "open", LINES[0] + LINES[2]),
        ("Master-2.csv", "complete", LINES[1]),
    ]


# ---------------------------------------------------------------- archives


@pytest.mark.parametrize("packing", [Packing.GZIP, Packing.ZIP, Packing.TAR, Packing.TAR_GZ])
def test_an_archive_is_taken_once_it_is_whole_however_slowly_it_is_written(
    packing: Packing,
    folder: Path,
    site: Path,
) -> None:
    data = pack(packing, "Master.csv", b"".join(LINES), START)
    file = folder / f"download.csv{packing.value}"
    with watching(site, folder, minimum_age="1h") as watched:
        looks = watched.engine.health()[0].answers
        for start in range(0, len(data), 700):
            grow(file, data[start : start + 700])
            until(lambda looks=looks, start=start: watched.engine.health()[0].answers > looks + start // 700)  # type: ignore[misc]
        assert watched.bodies() == []
    with watching(site, folder) as watched:
        watched.wait_for(*LINES)
        assert watched.engine.site.store.rows("SELECT count(*) FROM reject") == [(0,)]


def test_an_archive_that_was_touched_is_not_unpacked_a_second_time(folder: Path, site: Path) -> None:
    file = folder / "download.csv.gz"
    file.write_bytes(pack(Packing.GZIP, "Master.csv", LINES[0] * 400, START))
    wanted = [LINES[0]] * 400
    with watching(site, folder) as watched:
        watched.wait_for(*wanted)
    os.utime(file, ns=(0, 1_000_000_000))
    with watching(site, folder) as watched:
        watched.wait_until_taken()
        watched.wait_for(*wanted)
        os.utime(file, ns=(0, 2_000_000_000))
        looks = watched.engine.health()[0].answers
        until(lambda: watched.engine.health()[0].answers > looks + 2)
        watched.wait_until_taken()

        assert watched.raws() == Counter({RAWS[0]: 400})


def test_an_archive_that_was_taken_too_early_is_taken_again_when_it_is_whole(folder: Path, site: Path) -> None:
    data = pack(Packing.ZIP, "Master.csv", b"".join(LINES), START)
    file = folder / "download.zip"
    file.write_bytes(data[:500] + b"\n")
    with watching(site, folder) as watched:
        until(lambda: watched.engine.site.store.rows("SELECT count(*) FROM reject") == [(1,)])
        watched.wait_until_taken()
        file.write_bytes(data)
        watched.wait_for(*LINES)


# ---------------------------------------------------------------- afterwards


def test_a_file_that_is_to_be_deleted_goes_once_its_calls_are_stored(folder: Path, site: Path) -> None:
    file = folder / "Master.csv"
    file.write_bytes(b"".join(LINES))
    with watching(site, folder, after="delete") as watched:
        until(lambda: not file.exists())

        assert watched.raws() == Counter(RAWS)


def test_a_file_is_not_deleted_while_the_store_takes_no_calls(
    folder: Path,
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = folder / "Master.csv"
    with watching(site, folder, after="delete") as watched:
        until(lambda: watched.engine.health()[0].answers > 0)
        with monkeypatch.context() as broken:
            broken.setattr(watched.engine.site.store, "write", _fail)
            file.write_bytes(b"".join(LINES))
            until(lambda: watched.engine.lag().trouble != "")
            until(lambda: watched.bodies()[-1].state == "complete")
            assert file.exists()
        until(lambda: not file.exists())

        assert watched.raws() == Counter(RAWS)


def _fail(_batch: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_file_that_is_to_be_moved_goes_under_a_name_of_its_own(elsewhere: bool, folder: Path, site: Path) -> None:  # noqa: FBT001 - a case
    target = folder.parent / "done" if elsewhere else folder / "taken"
    where = {"move_to": str(target)} if elsewhere else {}
    with watching(site, folder, after="move", **where) as watched:
        for number, name in enumerate(("Master.csv", "Master.1.csv", "Master.2.csv")):
            (folder / "Master.csv").write_bytes(LINES[number])
            until(lambda name=name: (target / name).exists())  # type: ignore[misc]
        settle(watched.engine)

        assert watched.raws() == Counter(RAWS[:3])
        assert not (folder / "Master.csv").exists()


def test_a_file_that_could_not_be_let_go_is_let_go_after_a_restart(folder: Path, site: Path) -> None:
    file = folder / "Master.csv"
    file.write_bytes(b"".join(LINES))
    with watching(site, folder) as watched:
        watched.wait_until_taken()
    with watching(site, folder, after="delete") as watched:
        until(lambda: not file.exists())
        assert watched.raws() == Counter(RAWS)


def test_a_folder_that_cannot_be_moved_to_is_said(folder: Path, site: Path) -> None:
    (folder.parent / "done").write_text("a file")
    (folder / "Master.csv").write_bytes(LINES[0])
    with watching(site, folder, after="move", move_to=str(folder.parent / "done")) as watched:
        until(lambda: watched.engine.health()[0].state is State.NOT_REACHABLE)

        assert watched.engine.health()[0].message == "Master.csv is taken but cannot be moved: file exists"
        assert watched.raws() == Counter(RAWS[:1])


# ---------------------------------------------------------------- places


def test_a_single_file_is_watched_and_its_neighbours_are_not(folder: Path, site: Path) -> None:
    file = folder / "records.log"
    file.write_bytes(LINES[0])
    (folder / "Master.csv").write_bytes(LINES[1])
    with watching(site, file) as watched:
        watched.wait_for(LINES[0])
        grow(file, LINES[2])
        watched.wait_for(LINES[0], LINES[2])


def test_only_files_of_the_names_set_are_taken_and_none_still_being_downloaded(folder: Path, site: Path) -> None:
    for name in (
        ".Master.csv",
        "Master.csv.part",
        "Master.csv.crdownload",
        "Master.csv.filepart",
        "other.txt",
        "Master.tmp",
    ):
        (folder / name).write_bytes(LINES[0])
    (folder / "Master.csv").write_bytes(LINES[1])
    (folder / "Master").mkdir()
    with watching(site, folder, names="Master*,*.csv") as watched:
        watched.wait_until_taken()

        assert watched.raws() == Counter([RAWS[1]])
        assert watched.engine.health()[0].message == "watching; Master.csv is taken"


def test_a_file_that_no_name_takes_is_told(folder: Path, site: Path) -> None:
    (folder / ".hidden").write_bytes(LINES[0])
    with watching(site, folder, names="Master*,*.csv") as watched:
        until(lambda: watched.engine.health()[0].message == "watching; no file has come yet")
        (folder / "log.txt").write_bytes(LINES[0])
        said = "watching; log.txt is there, but 'names' takes only Master*, *.csv"
        until(lambda: watched.engine.health()[0].message == said)
        (folder / "SMDR-0101.txt").write_bytes(LINES[0])
        said = (
            "watching; 2 files are there, and 'names' takes only Master*, *.csv, which none of them fits, "
            "e.g. SMDR-0101.txt"
        )
        until(lambda: watched.engine.health()[0].message == said)


def test_a_folder_that_is_missing_is_said_and_taken_when_it_appears(tmp_path: Path, site: Path) -> None:
    folder = tmp_path / "later"
    with watching(site, folder) as watched:
        until(lambda: watched.engine.health()[0].state is State.NOT_REACHABLE)
        assert watched.engine.health()[0].message == (
            f"the folder {folder} cannot be read: no such file or directory; does it exist, may this user enter it?"
        )
        folder.mkdir()
        (folder / "Master.csv").write_bytes(LINES[0])
        assert watched.engine.test("hts").well
        watched.wait_for(LINES[0])


def test_a_folder_that_goes_and_comes_again_is_watched_again(folder: Path, site: Path) -> None:
    (folder / "Master.csv").write_bytes(LINES[0])
    with watching(site, folder) as watched:
        watched.wait_for(LINES[0])
        shutil.rmtree(folder)
        until(lambda: watched.engine.health()[0].state is State.NOT_REACHABLE)
        folder.mkdir()
        (folder / "Master.csv").write_bytes(LINES[1])
        assert watched.engine.test("hts").well
        watched.wait_for(LINES[0], LINES[1])


# ---------------------------------------------------------------- a file nobody may read


class _NoPast:
    """A past in which nothing was ever taken."""

    async def latest(self, _origin: str) -> Body | None:
        return None

    async def read(self, _body: int, _start: int) -> bytes:
        return b""

    async def mark(self, _origin: str) -> str:
        return ""

    async def stored(self) -> None:
        return


async def _one_round(options: Options) -> tuple[list[Event], str]:
    """Look at a folder once; return what came and what was wrong."""
    events: list[Event] = []
    around = Surroundings("hts", _NoPast(), asyncio.sleep)
    async with aclosing(arrivals(options, around)) as arriving:
        try:
            async for event in arriving:
                events.append(event)
                if isinstance(event, Answered):
                    break
                if isinstance(event, Troubled):
                    return events, str(event.fault)
        except Unavailable as fault:
            return events, str(fault)
    return events, ""


def test_a_file_nobody_may_read_is_said_and_the_others_are_taken() -> None:
    folder = Path(mkdtemp())
    nobody = 65_534
    try:
        folder.chmod(0o755)
        for number, (name, mode) in enumerate((("Master-1.csv", 0), ("Master-2.csv", 0o644))):
            (folder / name).write_bytes(LINES[0])
            (folder / name).chmod(mode)
            os.utime(folder / name, (0, number))
        options = read_options(Options, {"path": str(folder)}, "here")
        before = os.geteuid()
        os.seteuid(nobody if before == 0 else before)
        try:
            events, fault = asyncio.run(_one_round(options))
        finally:
            os.seteuid(before)
    finally:
        shutil.rmtree(folder)

    assert [event.data for event in events if isinstance(event, Took)] == [LINES[0]]
    assert fault == "Master-1.csv cannot be read: permission denied"
