"""A folder that somebody else writes to: names of any bytes, links, files without end, and the site's own files."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.fakes.records import some_lines, without_end
from tests.fakes.sites import a_pbx, at_work, raw_calls, settle, until
from tollbook.model.body import Body
from tollbook.model.fence import Fence
from tollbook.model.limits import FILE_IN_A_ROUND
from tollbook.model.problem import Unavailable
from tollbook.plugins import read_options
from tollbook.sources.contract import Answered, Event, Surroundings, Took, Troubled
from tollbook.sources.folder import Options, arrivals
from tollbook.sources.folder.files import PIECE

LINES = some_lines(6)
QUICK = {"minimum-age": "100ms", "interval": "100ms"}
ODD_NAMES = (
    b"Master-\xff\xfe.csv",
    b"Master-\\xff\\xfe.csv",
    b"Master-\n\r\t.csv",
    b"Master-\x1b[31m\x7f.csv",
    "Master-\u202egnp.csv".encode(),
    b"Master-" + b"x" * 244 + b".csv",
)


class Nothing:
    """A past in which nothing was ever taken."""

    async def latest(self, _origin: str) -> Body | None:
        return None

    async def read(self, _body: int, _start: int) -> bytes:
        return b""

    async def mark(self, _origin: str) -> str:
        return ""

    async def stored(self) -> None:
        return


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pbx").mkdir()
    return tmp_path / "pbx"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/api-token").write_bytes(b"a secret line\n")
    return tmp_path / "site"


async def looking(folder: Path, site: Path, settings: dict[str, str]) -> AsyncGenerator[Event, None]:
    """Yield what a look at a folder comes to, up to its end."""
    options = read_options(Options, {"path": str(folder), **QUICK, **settings}, "here")
    around = Surroundings("hts", Nothing(), asyncio.sleep, fence=Fence(site=str(site)))
    async with aclosing(arrivals(options, around)) as events:
        async for event in events:
            yield event
            if isinstance(event, (Answered, Troubled)):
                return


def one_look(folder: Path, site: Path, **settings: str) -> tuple[bytes, str]:
    """Return the bytes that a look took, and what was wrong."""
    events: list[Event] = []

    async def run() -> None:
        async with aclosing(looking(folder, site, settings)) as arriving:
            events.extend([event async for event in arriving])

    try:
        asyncio.run(run())
    except Unavailable as fault:
        return b"", str(fault)
    faults = [str(event.fault) for event in events if isinstance(event, Troubled)]
    return b"".join(event.data for event in events if isinstance(event, Took)), "".join(faults)


def put(path: bytes | Path, data: bytes) -> None:
    """Write a file that was left alone long ago."""
    with open(path, "wb") as file:  # noqa: PTH123 - a name of bytes, which no Path can have
        file.write(data)
    os.utime(path, (0, 0))


def test_what_is_put_in_a_files_place_while_it_is_read_is_not_taken_for_the_rest_of_it(
    folder: Path,
    site: Path,
) -> None:
    put(folder / "Master.csv", b"old\n" * PIECE)
    put(folder / "next", b"new\n" * PIECE)
    taken: list[bytes] = []

    async def run() -> None:
        async with aclosing(looking(folder, site, {"names": "*.csv"})) as arriving:
            async for event in arriving:
                if isinstance(event, Took):
                    taken.append(event.data)
                    if (folder / "next").exists():
                        (folder / "next").replace(folder / "Master.csv")

    asyncio.run(run())

    assert taken == [b"old\n" * (PIECE // 4)]


def test_files_of_any_name_are_taken_and_told_apart(folder: Path, tmp_path: Path) -> None:
    for name, line in zip(ODD_NAMES, LINES, strict=True):
        put(os.fsencode(folder) + b"/" + name, line)

    with at_work(tmp_path / "site", a_pbx(path=str(folder), minimum_age="100ms", interval="100ms")) as engine:
        until(lambda: engine.health()[0].message == "watching; all 6 files are taken")
        settle(engine)
        origins = [body.origin for body in engine.site.journal.bodies()]

        assert sorted(raw_calls(engine.site.journal, engine.site.store)) == sorted(without_end(list(LINES)))
        assert len(set(origins)) == len(ODD_NAMES)
        assert all(origin.isprintable() for origin in origins)
        assert f"{folder}/Master-\\xff\\xfe.csv" in origins


def test_a_file_of_any_name_is_moved_once_it_is_stored(folder: Path, tmp_path: Path) -> None:
    put(os.fsencode(folder) + b"/" + ODD_NAMES[0], LINES[0])

    with at_work(tmp_path / "site", a_pbx(path=str(folder), minimum_age="100ms", interval="100ms", after="move")):
        until(lambda: os.path.exists(os.fsencode(folder) + b"/taken/" + ODD_NAMES[0]))  # noqa: PTH110 - a name of bytes


def test_a_link_to_a_secret_of_the_site_is_not_taken_and_its_neighbours_are(folder: Path, site: Path) -> None:
    (folder / "Master-1.csv").symlink_to(site / "api-token")
    put(folder / "Master-2.csv", LINES[0])

    taken, fault = one_look(folder, site)

    assert taken == LINES[0]
    assert "one of Tollbook's own files" in fault


@pytest.mark.parametrize("place", ["", "..", "inbox"], ids=["the site", "what holds it", "in it"])
def test_a_folder_that_has_to_do_with_the_site_is_not_taken(place: str, site: Path) -> None:
    taken, fault = one_look(site / place, site, names="*")

    assert taken == b""
    assert "one of Tollbook's own files, or holds them" in fault


def test_a_folder_that_became_a_link_to_the_site_is_not_taken(folder: Path, site: Path) -> None:
    folder.rmdir()
    folder.symlink_to(site)

    assert one_look(folder, site, names="*")[0] == b""


def test_taken_files_are_not_moved_into_the_site(folder: Path, site: Path) -> None:
    put(folder / "Master.csv", LINES[0])
    (folder / "taken").symlink_to(site)

    _, fault = one_look(folder, site, after="move")

    assert "one of Tollbook's own files" in fault
    assert (folder / "Master.csv").exists()


def test_the_files_of_a_sink_are_not_taken_as_records_again(folder: Path, site: Path) -> None:
    (folder / ".tollbook-lake.json").write_text("{}")
    put(folder / "lake-2026-01-05.csv", LINES[0])

    taken, fault = one_look(folder, site)

    assert taken == b""
    assert fault.startswith(f"the sink 'lake' writes its files to {folder}")


def test_a_file_is_taken_up_to_its_limit_and_one_beyond_it_is_left(folder: Path, site: Path) -> None:
    for name, size in (("Master-1.csv", 1 << 20), ("Master-2.csv", (1 << 20) + 1)):
        put(folder / name, b"")
        os.truncate(folder / name, size)
        os.utime(folder / name, (0, 0))
    (folder / "Master-1.csv").write_bytes(b"x" * (1 << 20))

    assert one_look(folder, site, largest="2")[1] == ""
    os.truncate(folder / "Master-2.csv", (2 << 20) + 1)
    assert one_look(folder, site, largest="2")[1].startswith("Master-2.csv has 2 MB, over the 2 of 'largest'")


def test_a_folder_is_looked_at_up_to_its_limit_and_one_more_file_is_said(folder: Path, site: Path) -> None:
    put(folder / "Master-1.csv", LINES[0])
    put(folder / "Master-2.csv", LINES[1])

    assert one_look(folder, site, most="2") == (LINES[0] + LINES[1], "")
    put(folder / "Master-3.csv", LINES[2])
    assert "more than the 2 files of 'most'" in one_look(folder, site, most="2")[1]


def test_a_file_without_end_lets_the_others_have_their_turn(folder: Path, site: Path) -> None:
    line = LINES[0]
    put(folder / "Master-1.csv", line * (FILE_IN_A_ROUND // len(line) + 1))
    put(folder / "Master-2.csv", LINES[1])
    os.utime(folder / "Master-2.csv", (1, 1))

    taken, fault = one_look(folder, site)

    assert fault == ""
    assert taken.endswith(LINES[1])
    assert FILE_IN_A_ROUND <= len(taken) - len(LINES[1]) < FILE_IN_A_ROUND + (1 << 20)


def test_a_bad_file_is_said_and_does_not_slow_the_others(folder: Path, tmp_path: Path) -> None:
    (folder / "Master-0.csv").symlink_to(tmp_path / "site/api-token")
    with at_work(tmp_path / "site", a_pbx(path=str(folder), minimum_age="100ms", interval="100ms")) as engine:
        (tmp_path / "site/api-token").write_text("secret\n")
        until(lambda: "own files" in engine.health()[0].message)
        put(folder / "Master-1.csv", LINES[0])
        until(lambda: raw_calls(engine.site.journal, engine.site.store) == without_end([LINES[0]]), patience_s=1.5)
        put(folder / "Master-2.csv", LINES[1])
        until(lambda: len(raw_calls(engine.site.journal, engine.site.store)) == 2, patience_s=1.5)
