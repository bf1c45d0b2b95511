"""`pbx test --for`: what a stream brings, through the API in this process."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.commands import Commands, serving
from tests.fakes.records import some_lines, without_end
from tollbook.cli.arrivals import read_time
from tollbook.model.problem import Misconfigured
from tollbook.simulator.running import RunningStream, Switchroom
from tollbook.simulator.streams import RESEND_ALL, StreamSetup, TcpListener

RECORDS = without_end(some_lines(5))
Stream = RunningStream[TcpListener]


@pytest.fixture
def stream() -> Iterator[Stream]:
    """A PBX that sends all it has again to whoever connects."""
    with Switchroom() as room:
        started = room.start(TcpListener(), StreamSetup(resend=RESEND_ALL))
        started.send(RECORDS)
        yield started


@pytest.fixture
def commands(tmp_path: Path, stream: Stream) -> Commands:
    made = Commands(tmp_path / "site").made()
    settings = ("--set", "host=127.0.0.1", "--set", f"port={stream.carrier.port}")
    added = made.run("pbx", "add", "desk", "--dialect", "panasonic-kx-hts", "--source", "tcp-client", *settings)
    assert added.code == 0, added.err
    return made


def test_records_are_printed_as_they_arrive_with_what_became_of_each(commands: Commands) -> None:
    outcome = commands.run("pbx", "test", "desk", "--for", "1s")

    assert outcome.code == 0, outcome.err
    assert [line.split()[1] for line in outcome.out.splitlines()[::2]] == ["1", "2", "3", "4", "5"]
    assert RECORDS[0].decode() in outcome.out
    assert "is connected" in outcome.err


def test_bytes_are_printed_as_they_came(commands: Commands) -> None:
    outcome = commands.run("pbx", "test", "desk", "--for", "1s", "--raw")

    assert f"{RECORDS[0].decode()}\\r\\n" in outcome.out


def test_a_server_is_asked_where_one_runs(commands: Commands, stream: Stream) -> None:
    with serving(commands.site):
        stream.wait_for_connections(1)
        outcome = commands.run("pbx", "test", "desk", "--for", "1s")
        told = commands.run("pbx", "test", "desk")

    assert outcome.code == 0, outcome.err
    assert told.out.startswith("ok: tcp://127.0.0.1")


def test_a_pbx_that_is_not_there_is_found_wrong(commands: Commands, stream: Stream) -> None:
    stream.stop()

    outcome = commands.run("pbx", "test", "desk", "--for", "1s")

    assert outcome.code == 1
    assert "not reachable: cannot connect" in outcome.err


def test_a_pbx_that_does_not_stream_cannot_be_watched(commands: Commands) -> None:
    outcome = commands.run("pbx", "test", "hts", "--for", "1s")

    assert outcome.code == 2
    assert outcome.err.startswith("error: hts does not stream")


@pytest.mark.parametrize("text", ["soon", "0s", "11m"])
def test_a_time_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured, match="'--for' must be"):
        read_time(text)


def test_the_help_names_the_kinds_of_source(commands: Commands) -> None:
    said = commands.run("pbx", "add", "--help").out

    assert "tcp-client" in re.sub(r"-\n +", "-", said)  # a line may end at a hyphen
