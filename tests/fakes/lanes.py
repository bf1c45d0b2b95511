"""A site with a PBX of every kind, and a real server on it that is killed and started again."""

from __future__ import annotations

import json
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.fakes.commands import Commands, Program
from tests.fakes.killed import PATIENCE_S
from tests.fakes.peers import PEERS
from tests.fakes.records import some_lines, without_end
from tests.fakes.sites import allow, until
from tollbook.simulator.running import Switchroom

ROWS_A_ROUND = 20
KINDS = [kind for kind in PEERS if kind != "http_poll"]
"""Its records are cleared as they are handed out; what a kill may cost there has a test of its own."""


class Lane:
    """One site. `run` kills its server so often; then everything that was sent can be compared."""

    def __init__(self, folder: Path, stack: ExitStack, *, seed: int, rounds: int) -> None:
        folder.mkdir()
        self.site = folder / "site"
        self.kills = 0
        self._stack = stack
        self._chance = random.Random(seed)
        self._rounds = rounds
        self._log = folder / "server.log"
        room = (stack, stack.enter_context(Switchroom()), folder)
        self.peers = [PEERS[kind](room) for kind in KINDS]
        self.sent: dict[str, Counter[bytes]] = {peer.pbx().name: Counter() for peer in self.peers}
        lines = without_end(some_lines((rounds + 2) * ROWS_A_ROUND * len(self.peers), seed=seed))
        self._records: Iterator[bytes] = iter(lines)

    def run(self) -> None:
        """Kill the server once a round, then let it take all that is left, and end it in order."""
        self._set_up()
        for _ in range(self._rounds):
            self._round()
        self._rest()

    def _set_up(self) -> None:
        allow(self.site, *(peer.pbx() for peer in self.peers))
        password = self.site.with_suffix(".password")
        password.write_text("correct horse battery\n")
        self._say("init", "--admin", "admin", "--password-file", str(password))
        for peer in self.peers:
            pbx = peer.pbx()
            sets = [word for name, text in pbx.settings.items() for word in ("--set", f"{name}={text}")]
            kind = ("--dialect", pbx.dialect, "--source", pbx.source, "--set", f"timezone={pbx.timezone}")
            self._say("pbx", "add", pbx.name, *kind, *sets)

    def _say(self, *words: str) -> str:
        outcome = Commands(self.site).run(*words)
        assert outcome.code == 0 or words[0] == "status", f"{words[:3]} ended with {outcome.code}: {outcome.err}"
        return outcome.out

    def _start(self) -> Program:
        words = ("--site", str(self.site), "serve", "--listen", "127.0.0.1:0")
        server = Program(*words, streams=(Path(os.devnull), self._log, self._log))
        self._stack.callback(server.kill)  # where a check fails nobody else ends it
        return server

    def _read(self) -> bytes:
        return self._log.read_bytes() if self._log.exists() else b""

    def _send(self, most: int, *, keeping_only: bool) -> None:
        for peer in self.peers:
            if keeping_only and not peer.keeps:
                continue
            records = [next(self._records) for _ in range(self._chance.randint(1, most))]
            self.sent[peer.pbx().name].update(map(peer.as_taken, records))
            peer.send(records)
            if self._chance.random() < 0.2:
                peer.break_off()

    def _round(self) -> None:
        """Send while nobody is there, while it starts and while it runs; kill it at any moment of that."""
        self._send(ROWS_A_ROUND // 2, keeping_only=True)
        said = len(self._read())
        server = self._start()
        if self._chance.random() < 0.7:
            until(lambda: server.ended or b"Tollbook serves" in self._read()[said:], PATIENCE_S)
            self._send(ROWS_A_ROUND // 2, keeping_only=False)
        threading.Event().wait(self._chance.random() * 1.2)
        server.kill()
        self.kills += 1

    def _rest(self) -> None:
        said = len(self._read())
        server = self._start()
        until(lambda: server.ended or b"Tollbook serves" in self._read()[said:], PATIENCE_S)
        self._send(1, keeping_only=True)
        until(self._has_all, 2 * PATIENCE_S)
        server.terminate()
        assert server.wait(PATIENCE_S) == 0, self._log.read_text()

    def _has_all(self) -> bool:
        threading.Event().wait(0.5)
        calls = {each["pbx"]: each["calls"] for each in json.loads(self._say("status", "--format", "json"))["pbxs"]}
        kept = [peer.pbx().name for peer in self.peers if peer.keeps]
        return all(calls.get(name, 0) >= self.sent[name].total() for name in kept)
