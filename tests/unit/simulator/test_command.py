"""The simulator as a program."""

import asyncio
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tollbook.simulator.__main__ import main
from tollbook.simulator.faults import parse
from tollbook.simulator.history import HistoryFile, rows, write_history
from tollbook.simulator.kx_hts import KxHts, KxHtsSetup
from tollbook.simulator.office import Office
from tollbook.simulator.packing import MASTER
from tollbook.simulator.row import AnyRow, Style, write
from tollbook.simulator.serving import Run, calls_now, serve, tell_answers
from tollbook.simulator.streams import Pace

UNTIL = datetime(2026, 1, 1, tzinfo=UTC)
FAST = Pace(rate=1000, gaps="gaps")
NEVER = Pace(rate=0, gaps="gaps")


@dataclass(slots=True)
class Listener:
    """Hears what the program says and lets a test wait for it."""

    lines: list[str] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, line: str) -> None:
        self.lines.append(line)
        self.heard.set()

    async def until(self, word: str) -> str:
        while True:
            self.heard.clear()
            for line in self.lines:
                if word in line:
                    return line
            await asyncio.wait_for(self.heard.wait(), 20)


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - our own PBX
        body: bytes = answer.read()
        return body


async def read_from(office: Run[AnyRow], listener: Listener, word: str) -> bytes:
    """What one question brings once the program has said a word."""
    serving = asyncio.create_task(serve(office))
    url = (await listener.until("listening on ")).removeprefix("listening on ")
    await listener.until(word)
    body = await asyncio.to_thread(get, url)
    await listener.until("answered 200")
    serving.cancel()
    await asyncio.wait([serving])
    return body


def asked(listener: Listener) -> KxHts:
    pbx = KxHts(KxHtsSetup())
    tell_answers(pbx, listener.say)
    return pbx


def test_an_external_office_says_what_happens() -> None:
    listener = Listener()
    backlog = rows(Office(), start=UNTIL - timedelta(hours=1), end=UNTIL, calls=3)
    faults = (parse("odd-type"),)
    office = Run(
        pbx=asked(listener), records=calls_now(Office()), pace=NEVER, backlog=backlog, faults=faults, say=listener.say,
    )  # fmt: skip
    body, lines = asyncio.run(read_from(office, listener, "listening")), listener.lines
    assert body.count(b"\n") == 3
    assert lines[1] == "GET /cdr/Master.csv with no credentials"
    assert lines[2].startswith("answered 200: 3 of 3 cleared rows sent, ")
    assert lines[2].endswith(", odd-type")


def test_calls_of_a_live_office_reach_the_file() -> None:
    listener = Listener()
    calls = calls_now(Office(), listener.say)
    office = Run(pbx=asked(listener), records=calls, pace=FAST, say=listener.say)
    assert b"\n" in asyncio.run(read_from(office, listener, " -> "))


def test_a_console_office_writes_and_rotates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = ["console", str(tmp_path), "--rate", "60000", "--duration", "0.2", "--rotate-after", "5"]
    assert main(told) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"writing to {tmp_path / MASTER}"
    assert "rotated to Master.csv.1" in said
    assert said[-1].startswith("records: ")


def test_a_file_of_history_holds_the_rows_asked_for(tmp_path: Path) -> None:
    out = tmp_path / MASTER
    size = write_history(HistoryFile(out=out, until=UNTIL, rows=500))
    start = UNTIL - timedelta(days=90)
    expected = rows(Office(), start=start, end=UNTIL, calls=500)
    assert out.read_bytes() == b"".join(write(row, Style()) for row in expected)
    assert out.stat().st_size == size


def test_the_command_line_writes_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    out = tmp_path / MASTER
    told = ["--rows", "50", "--out", str(out), "--until", "2026-01-01", "--quoting", "bare"]
    assert main(["file", *told]) == 0
    assert out.read_bytes().count(b"\n") == 50
    assert b'"' not in out.read_bytes()
    assert capsys.readouterr().out.startswith("50 rows, ")


def test_the_command_line_runs_an_external_pbx_for_a_while(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["external", "--port", "0", "--rate", "0", "--duration", "0.01"]) == 0
    assert capsys.readouterr().out.startswith("listening on http://127.0.0.1:")


def test_a_fault_that_makes_no_sense_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["external", "--port", "0", "--fault", "explode"]) == 2
    assert "error: there is no 'explode'" in capsys.readouterr().err


def test_a_name_that_nobody_is_asked_for_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["external", "--port", "0", "--username", "anna"]) == 2
    assert "are asked for with --auth basic" in capsys.readouterr().err


@pytest.mark.parametrize("mode", ["external", "console"])
def test_a_mode_of_the_kx_hts_is_for_no_other_format(mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([mode], dialect="kx-hts") == 2
    assert f"the mode {mode} is for panasonic-kx-hts" in capsys.readouterr().err


def test_help_names_the_faults(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["external", "--help"]) == 0
    assert "server-error" in capsys.readouterr().out
