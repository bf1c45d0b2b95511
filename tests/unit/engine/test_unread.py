"""A PBX whose records arrive and cannot be read is told, with the likeliest reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.records import some_lines
from tests.fakes.sites import a_stream, at_work, import_file, until
from tollbook.dialects.known import catalogue
from tollbook.engine.care.unread import Unread, unread
from tollbook.engine.engine import Engine
from tollbook.model.health import State
from tollbook.simulator.running import Switchroom
from tollbook.simulator.streams import StreamSetup, TcpListener

HTS = b"".join(some_lines(20))
GARBLED = b"".join(bytes(byte | 0x80 for byte in line[:80]) + b"\n" for line in some_lines(8))
OTHER = next(each for each in catalogue() if each.slug == "avaya-ip-office").folder / "cases" / "calls.txt"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder that the PBX writes its files into."""
    path = tmp_path / "cdr"
    path.mkdir()
    return path


@pytest.fixture
def engine(tmp_path: Path, folder: Path) -> Iterator[Engine]:
    with at_work(
        tmp_path / "site",
        a_stream("folder", path=str(folder), minimum_age="0.1s", interval="0.1s"),
    ) as engine:
        yield engine


def arrive(engine: Engine, folder: Path, data: bytes) -> None:
    """Have the PBX write one more file, and return once its records are in the ledger."""
    number = len(list(folder.iterdir()))
    (folder / f"Master-{number}.csv").write_bytes(data)
    until(lambda: engine.site.store.rows("SELECT count(DISTINCT body) FROM tally WHERE frames > 0")[0][0] == number + 1)


def found(engine: Engine) -> Unread | None:
    return unread(engine.site.store, engine.site.journal, list(engine.pbxs().values()), engine.catalogue).get("hts")


def test_records_of_another_format_are_told_with_its_name(engine: Engine, folder: Path) -> None:
    arrive(engine, folder, OTHER.read_bytes())

    told = found(engine)

    assert told
    assert "look like Avaya IP Office" in told.what
    assert "avaya-ip-office" in told.help


def test_bytes_that_are_no_text_are_told_as_a_matter_of_the_line(engine: Engine, folder: Path) -> None:
    arrive(engine, folder, GARBLED)

    told = found(engine)

    assert told
    assert "speed, parity" in told.help


def test_what_no_format_reads_is_told_with_what_to_do(engine: Engine, folder: Path) -> None:
    arrive(engine, folder, b"hello there\nhow do you do\nvery well\nand you\n")

    assert found(engine) == Unread(
        "4 records arrived last and none can be read in the format panasonic-kx-hts",
        "look at them under Not readable, and make a format of them",
    )


def test_a_few_that_cannot_be_read_among_others_are_no_matter(engine: Engine, folder: Path) -> None:
    arrive(engine, folder, HTS + b"no record\n" * 3)
    assert found(engine) is None

    arrive(engine, folder, b"nothing at all\n" * 5)
    assert found(engine)

    arrive(engine, folder, b"".join(some_lines(30)))
    assert found(engine) is None


def test_what_a_person_imported_says_nothing_of_what_the_pbx_sends(engine: Engine, folder: Path) -> None:
    arrive(engine, folder, HTS)

    import_file(engine, "hts", b"nothing at all\n" * 5)

    assert found(engine) is None


def test_it_is_a_state_of_its_own_until_a_record_can_be_read(tmp_path: Path) -> None:
    with Switchroom() as room:
        pbx = room.start(TcpListener(), StreamSetup())
        stream = a_stream("tcp_client", host="127.0.0.1", port=pbx.carrier.port)
        with at_work(tmp_path, stream) as engine:
            pbx.send([b"hello there", b"how do you do", b"very well"])
            until(lambda: engine.site.store.rows("SELECT count(*) FROM reject")[0][0] == 3)
            engine.troubles.forget()
            until(lambda: engine.health()[0].state is State.NOT_READABLE)
            assert "none can be read" in engine.health()[0].message

            pbx.send([line.rstrip(b"\r\n") for line in some_lines(1)])
            until(lambda: engine.site.store.rows("SELECT count(*) FROM call")[0][0] == 1)
            engine.troubles.forget()
            until(lambda: engine.health()[0].state is State.WORKING)
