"""A real server that is killed again and again while PBXs hand out records and clear them, and the account of it."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec

from tests.fakes.commands import Commands, Program
from tests.fakes.records import some_rows
from tests.fakes.sites import until
from tollbook.journal import Journal
from tollbook.model.body import Body
from tollbook.simulator.answers import Handout
from tollbook.simulator.faults import BreakOff, FaultKind, PbxFault
from tollbook.simulator.kx_hts import KxHtsSetup
from tollbook.simulator.row import CallRow
from tollbook.simulator.running import RunningPbx

ROWS_A_ROUND = 12
PATIENCE_S = 60.0
_LONGEST_S = 0.6
"""The longest that a server is left at work by chance; it takes about as long to start."""


class Figures(msgspec.Struct):
    """What happened, for the person who reads the test's output."""

    kills: int = 0
    answers: int = 0
    rows_sent: int = 0
    rows_stored: int = 0
    in_flight: int = 0
    cut: int = 0


class Pbx:
    """One simulated PBX with more records to write, and the answers that were the last of a server's life."""

    def __init__(self, name: str, running: RunningPbx, rows: Iterator[CallRow]) -> None:
        self.name, self.running = name, running
        self._rows = rows
        self.last_of_a_life: set[int] = set()

    def write(self, count: int) -> None:
        self.running.add(row for row, _ in zip(self._rows, range(count), strict=False))


class Lane:
    """A site with some PBXs, and the server at work on it between two kills."""

    def __init__(self, site: Path, stack: ExitStack, *, seed: int, pbxs: int = 3, rounds: int = 20) -> None:
        self.site, self.figures = site, Figures()
        self._stack = stack
        self._chance = random.Random(seed)
        self._rounds = rounds
        self._log = site.with_suffix(".log")
        self.pbxs = [
            Pbx(
                f"hts{number}",
                stack.enter_context(RunningPbx(KxHtsSetup(seed=seed))),
                iter(some_rows((rounds + 2) * ROWS_A_ROUND * 2, seed=seed * 10 + number)),
            )
            for number in range(pbxs)
        ]

    def set_up(self) -> None:
        password = self.site.with_suffix(".password")
        password.write_text("correct horse battery\n")
        self._run("init", "--admin", "admin", "--password-file", str(password))
        for pbx in self.pbxs:
            options = {"url": pbx.running.url, "auth": "none", "interval": "1s", "timeout": "20s"}
            sets = [word for name, value in options.items() for word in ("--set", f"{name}={value}")]
            self._run("pbx", "add", pbx.name, "--dialect", "panasonic-kx-hts", "--source", "http_poll", *sets)

    def run(self) -> None:
        """Kill the server once a round, then let it come to rest."""
        self.set_up()
        for _ in range(self._rounds):
            self._round()
        self._rest()

    def _run(self, *words: str) -> None:
        outcome = Commands(self.site).run(*words)
        assert outcome.code == 0, outcome.err

    def _start(self) -> Program:
        words = ("--site", str(self.site), "serve", "--listen", "127.0.0.1:0")
        server = Program(*words, streams=(Path(os.devnull), self._log, self._log))
        self._stack.callback(server.kill)  # where a check fails nobody else ends it
        return server

    def _round(self) -> None:
        for pbx in self.pbxs:
            pbx.write(self._chance.randint(1, ROWS_A_ROUND))
        way = self._chance.choice([self._while_held, self._while_slow, self._at_some_moment])
        before = [len(pbx.running.handed_out) for pbx in self.pbxs]
        way(before)
        for pbx, count in zip(self.pbxs, before, strict=True):
            pbx.running.behave()
            pbx.running.go_on()
            pbx.running.wait(lambda pbx=pbx: all(answer.ended for answer in pbx.running.handed_out), PATIENCE_S)  # type: ignore[misc]
            now = len(pbx.running.handed_out)
            if now > count:
                pbx.last_of_a_life.add(now - 1)
        self.figures.kills += 1

    def _while_held(self, before: list[int]) -> None:
        """Kill it when each PBX has sent a part of an answer and waits."""
        for pbx in self.pbxs:
            fault = PbxFault(
                kind=FaultKind.CUT,
                after_bytes=self._chance.randint(1, 1200),
                ending=BreakOff.HOLD,
                times=None,
            )
            pbx.running.misbehave(fault)
        server = self._start()
        chosen = self._chance.randrange(len(self.pbxs))
        running = self.pbxs[chosen].running
        running.wait(lambda: running.held > 0, PATIENCE_S)
        if self._chance.random() < 0.5:  # half of the time all that was sent is on the disk
            sent = len(running.handed_out[before[chosen]].body_sent)
            until(lambda: self._journalled(self.pbxs[chosen].name) == sent, PATIENCE_S)
        server.kill()

    def _while_slow(self, before: list[int]) -> None:
        """Kill it while answers trickle in."""
        for pbx in self.pbxs:
            pbx.running.misbehave(
                PbxFault(kind=FaultKind.SLOW, bytes_per_s=self._chance.randint(1000, 6000), times=None),
            )
        server = self._start()
        running = self.pbxs[0].running
        running.wait(lambda: len(running.handed_out) > before[0], PATIENCE_S)
        threading.Event().wait(self._chance.random() * _LONGEST_S)
        server.kill()

    def _at_some_moment(self, _before: list[int]) -> None:
        """Kill it at any moment from its start to its second question."""
        server = self._start()
        threading.Event().wait(self._chance.random() * 2 * _LONGEST_S)
        for pbx in self.pbxs:
            pbx.write(self._chance.randint(1, ROWS_A_ROUND))
        threading.Event().wait(self._chance.random() * _LONGEST_S)
        server.kill()

    def _rest(self) -> None:
        """Let the server take and store all that is left, then end it in order."""
        for pbx in self.pbxs:
            pbx.write(1)
        said = self._log.stat().st_size
        server = self._start()
        until(lambda: b"Tollbook serves" in self._log.read_bytes()[said:], PATIENCE_S)
        for pbx in self.pbxs:
            pbx.running.wait(lambda pbx=pbx: not pbx.running.pending, PATIENCE_S)  # type: ignore[misc]
        server.terminate()
        assert server.wait(PATIENCE_S) == 0, self._log.read_text()

    def _journalled(self, pbx: str) -> int:
        """Return how many bytes of the newest open body of a PBX are on the disk."""
        connection = sqlite3.connect(f"file:{self.site / 'journal.sqlite'}?mode=ro", uri=True, timeout=PATIENCE_S)
        try:
            query = "SELECT length FROM body WHERE pbx = ? AND state = 'open' ORDER BY id DESC LIMIT 1"
            found = connection.execute(query, (pbx,)).fetchone()
        finally:
            connection.close()
        return int(found[0]) if found else 0


def account(lane: Lane, journal: Journal) -> dict[str, Counter[bytes]]:
    """Return the records that must be stored, by PBX: those whole in what the journal holds of each answer.

    Every answer but the last of a server's life must be in the journal to its last byte, since the next is only asked
    for afterwards; of the last one, the journal must hold its beginning.
    """
    expected = {}
    for pbx in lane.pbxs:
        answers = pbx.running.handed_out
        kept = _kept(journal, pbx.name, answers)
        wanted: Counter[bytes] = Counter()
        for number, answer in enumerate(answers):
            bytes_kept = kept.get(number, b"")
            assert answer.body_sent.startswith(bytes_kept)
            if number not in pbx.last_of_a_life:
                assert bytes_kept == answer.body, f"answer {number} of {pbx.name} is not whole in the journal"
            _figure(lane.figures, answer, bytes_kept, last=number in pbx.last_of_a_life)
            wanted.update(_whole(answer, bytes_kept))
        expected[pbx.name] = wanted
    return expected


def _kept(journal: Journal, pbx: str, answers: tuple[Handout, ...]) -> dict[int, bytes]:
    """Return what the journal holds of each answer: the body that was opened after it began and before the next did."""
    kept: dict[int, bytes] = {}
    for body in journal.bodies("pbx = ? ORDER BY id", pbx):
        number = max(
            number for number, answer in enumerate(answers) if answer.at.timestamp() * 1e6 <= body.opened_at + 1
        )
        assert number not in kept, f"answer {number} of {pbx} is in two bodies"
        kept[number] = _bytes(journal, body)
    return kept


def _bytes(journal: Journal, body: Body) -> bytes:
    return b"".join(journal.bytes_from(body.id, 0))


def _whole(answer: Handout, kept: bytes) -> list[bytes]:
    """Return the records of an answer that are whole in its beginning; in quotes, one may lack its line end."""
    whole, end = [], 0
    for line in answer.lines:
        end += len(line)
        if end - 1 <= len(kept):
            whole.append(line.rstrip(b"\n"))
    return whole


def _figure(figures: Figures, answer: Handout, kept: bytes, *, last: bool) -> None:
    figures.answers += 1
    figures.rows_sent += len(answer.lines)
    figures.in_flight += last and bool(answer.lines)
    figures.cut += kept != answer.body
