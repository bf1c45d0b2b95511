"""The simulator's mode `stream`: one carrier a run, and a clear word when the options do not fit."""

import asyncio
import json
import socket
from pathlib import Path

import pytest

from tollbook.simulator.__main__ import main
from tollbook.simulator.faults import FaultKind, PbxFault
from tollbook.simulator.history import Switchboard
from tollbook.simulator.office import Office
from tollbook.simulator.serving import Run, serve
from tollbook.simulator.stream_options import as_json
from tollbook.simulator.streams import Pace, StreamingPbx, TcpDialler, paced

STYLES = ["--seed", "3", "--zone", "Europe/Paris"]


def run(*options: str) -> int:
    return main(["stream", *options, "--duration", "0.2"])


def test_a_files_lines_reach_a_collector(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = b"one\r\ntwo\r\nthree\r\n"
    (tmp_path / "smdr.txt").write_bytes(lines)
    with socket.create_server(("127.0.0.1", 0)) as collector:
        address = f"127.0.0.1:{collector.getsockname()[1]}"
        told = ["--tcp-to", address, "--records", str(tmp_path / "smdr.txt"), "--rate", "0"]
        assert main(told) == 0
        collector.settimeout(20)
        connection, _ = collector.accept()
        with connection, connection.makefile("rb") as stream:
            assert stream.read() == lines
    assert capsys.readouterr().out.splitlines()[-1] == "records: 3 sent; connections: 1"


def test_an_office_streams_from_the_port_it_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--tcp", "0", "--login", "--telnet", "--password", "x", "--rate", "100", *STYLES) == 0
    assert capsys.readouterr().out.startswith("listening on 127.0.0.1:")


def test_a_pseudo_terminal_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--pty", "--parity-error", "--heading-every", "2") == 0
    assert capsys.readouterr().out.startswith("sending on /dev/")


def test_an_upload_leaves_files(tmp_path: Path) -> None:
    told = ["--ftp-folder", str(tmp_path), "--rotate-after", "5", "--upload", "growing", "--backlog", "12", "--quiet"]
    assert run(*told) == 0
    assert (tmp_path / "smdr-000002.csv").read_bytes().count(b"\r\n") == 5


@pytest.mark.parametrize(
    "options",
    [
        ["--udp-to", "127.0.0.1:9"],
        ["--syslog-to", "127.0.0.1:9", "--syslog-format", "5424"],
        ["--syslog-to", "127.0.0.1:9", "--syslog-over", "tcp-octets", "--resend", "all"],
        ["--push-to", "http://127.0.0.1:9/", "--token", "abc", "--push-json"],
        ["--push-to", "http://127.0.0.1:9/", "--basic", "pbx:secret"],
        ["--serial", "/dev/null", "--baud", "2400"],
        ["--tcp", "0", "--hello", "--password", "1234", "--fault", "flap records=3 times=always"],
        ["--tcp", "0", "--ack", "sopho", "--line", "lf", "--resend", "20"],
    ],
)
def test_every_carrier_runs_though_nobody_is_there(options: list[str]) -> None:
    assert run(*options, "--quiet") == 0


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ([], "say how records travel: one of --tcp, --tcp-to, --udp-to"),
        (["--tcp", "0", "--push-json"], "--push-json means nothing to --tcp; it goes with --push-to"),
        (["--udp-to", "127.0.0.1:9", "--resend", "all"], "--resend means nothing to --udp-to"),
        (["--tcp", "0", "--login", "--hello"], "--hello is a log-in of its own"),
        (["--push-to", "http://127.0.0.1/", "--token", "a", "--basic", "b:c"], "either --token or --basic"),
        (["--push-to", "ftp://127.0.0.1/"], "cannot post to ftp://127.0.0.1"),
        (["--udp-to", "127.0.0.1:9", "--fault", "cut"], "'cut' cannot happen on 127.0.0.1:9; choose from"),
        (["--pty", "--burst", "0"], "a burst of 1 or more"),
        (["--serial", "/dev/null", "--baud", "7"], "a serial line has no 7 baud"),
        (["--tcp", "0", "--udp-to", "127.0.0.1:9"], "leave out all but one of --tcp, --udp-to"),
        (["--tcp-to", "here"], "'here' is not HOST:PORT"),
        (["--tcp", "0", "--line", "odd"], "'odd' is none of crlf, lf"),
        (["--tcp", "0", "--zone", "Mars"], "there is no zone 'Mars'"),
        (["--tcp", "0", "--rate", "fast"], "Invalid value for '--rate'"),
    ],
)
def test_options_that_do_not_fit_are_explained(
    options: list[str], complaint: str, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert run(*options) == 2
    assert complaint in capsys.readouterr().err


def test_a_taken_port_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert run("--tcp", str(taken.getsockname()[1])) == 2
    assert "address already in use" in capsys.readouterr().err


def test_without_a_mode_it_streams(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--tcp", "0", "--duration", "0.01"]) == 0
    assert capsys.readouterr().out.startswith("listening on ")


def test_a_row_becomes_json_by_the_names_of_its_columns() -> None:
    row = Switchboard(Office()).ended(1760400000)
    fields = json.loads(as_json(row))
    assert (fields["call_id"], fields["talk_s"]) == (row.unique_id, int(row.talking_duration))
    assert len(fields) == 15


async def stream_with_a_flapping_line() -> int:
    served: asyncio.Queue[bytes] = asyncio.Queue()

    async def collect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.put_nowait(await reader.read())
        writer.close()

    server = await asyncio.start_server(collect, "127.0.0.1", 0)
    async with server:
        carrier = TcpDialler("127.0.0.1", server.sockets[0].getsockname()[1])
        flap = PbxFault(kind=FaultKind.FLAP, records=2, times=None)
        records = [b"%d" % n for n in range(6)]
        await serve(Run(pbx=StreamingPbx(carrier), records=records, pace=Pace(rate=0), faults=(flap,)))
        parts = [await asyncio.wait_for(served.get(), 20) for _ in range(3)]
    assert b"".join(parts) == b"0\r\n1\r\n2\r\n3\r\n4\r\n5\r\n"
    return len(parts)


def test_a_flapping_line_carries_everything_in_the_end() -> None:
    assert asyncio.run(stream_with_a_flapping_line()) == 3


async def bunches(pace: Pace) -> list[int]:
    return [len(bunch) async for bunch in paced([b"record"] * 10, pace)]


def test_records_come_in_bursts_each_when_it_is_due() -> None:
    pace = Pace(rate=200, burst=4)
    assert asyncio.run(bunches(pace)) == [4, 4, 2]
    assert [pace.due_s(given) for given in (0, 4, 8)] == [0, 0.02, 0.04]


def test_records_come_as_fast_as_they_are_taken_at_rate_0() -> None:
    assert asyncio.run(bunches(Pace(rate=0))) == [1] * 10
    assert Pace(rate=0).due_s(10) == 0
