"""The simulator as a program."""

import asyncio
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tollbook.simulator.__main__ import main
from tollbook.simulator.command import Console, External, HistoryFile, Live, run_console, serve_external, write_history
from tollbook.simulator.history import Office, rows
from tollbook.simulator.kx_hts import KxHtsSetup
from tollbook.simulator.misbehaviour import parse
from tollbook.simulator.row import Style, write
from tollbook.simulator.web_console import MASTER, ConsoleSetup

UNTIL = datetime(2026, 1, 1, tzinfo=UTC)
FAST = 60_000.0
"""Calls a minute."""


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


async def read_live_office() -> tuple[bytes, list[str]]:
    listener = Listener()
    live = Live(rate_per_minute=0, say=listener.say)
    external = External(live=live, backlog=3, faults=(parse("odd-type"),))
    serving = asyncio.create_task(serve_external(external))
    url = (await listener.until("listening on ")).removeprefix("listening on ")
    body = await asyncio.to_thread(get, url)
    await listener.until("answered 200")
    serving.cancel()
    await asyncio.wait([serving])
    return body, listener.lines


def test_an_external_office_says_what_happens() -> None:
    body, lines = asyncio.run(read_live_office())
    assert body.count(b"\n") == 3
    assert lines[1] == "GET /cdr/Master.csv with no credentials"
    assert lines[2].startswith("answered 200: 3 of 3 cleared rows sent, ")
    assert lines[2].endswith(", odd-type")


async def read_growing_file() -> bytes:
    listener = Listener()
    external = External(live=Live(rate_per_minute=FAST, say=listener.say), setup=KxHtsSetup())
    serving = asyncio.create_task(serve_external(external))
    url = (await listener.until("listening on ")).removeprefix("listening on ")
    await listener.until(" -> ")
    body = await asyncio.to_thread(get, url)
    serving.cancel()
    await asyncio.wait([serving])
    return body


def test_calls_of_a_live_office_reach_the_file() -> None:
    assert b"\n" in asyncio.run(read_growing_file())


def test_a_console_office_writes_and_rotates(tmp_path: Path) -> None:
    said: list[str] = []
    live = Live(rate_per_minute=FAST, duration_s=0.1, say=said.append)
    run_console(Console(setup=ConsoleSetup(folder=tmp_path), live=live, rotate_after_rows=5))
    assert said[0] == f"writing to {tmp_path / MASTER}"
    assert "rotated to Master.csv.1" in said


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


def test_the_command_line_runs_a_console_for_a_while(tmp_path: Path) -> None:
    assert main(["console", str(tmp_path), "--rate", "60000", "--duration", "0.1", "--quiet"]) == 0
    assert (tmp_path / MASTER).exists()


def test_the_command_line_runs_an_external_pbx_for_a_while(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["external", "--port", "0", "--rate", "0", "--duration", "0.01"]) == 0
    assert capsys.readouterr().out.startswith("listening on http://127.0.0.1:")


def test_a_fault_that_makes_no_sense_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["external", "--port", "0", "--fault", "explode"]) == 2
    assert "error: there is no 'explode'" in capsys.readouterr().err


def test_help_names_the_faults(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["external", "--help"])
    assert "server-error" in capsys.readouterr().out
