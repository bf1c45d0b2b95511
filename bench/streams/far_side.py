"""The PBXs' process, seen from the bench: started, told what to do, and ended."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO

import msgspec

from bench.importing import ROOT
from bench.scene import SubjectFailed

_PATIENCE_S = 130.0
_ENDING_S = 3.0


class SenderFailed(SubjectFailed):
    """The PBXs did not do what they were told; the text says what they did instead."""


class FarSide:
    """PBXs at work, in a process of their own. Instants are those of the monotonic clock, which processes share."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._said: SimpleQueue[str] = SimpleQueue()
        self._words = process.stdin
        self._thread = threading.Thread(target=self._listen, args=(process.stdout,), name="far side", daemon=True)
        self._thread.start()
        self.ports = [int(port) for port in self._answer()]

    def wait_until_connected(self, number: int | None = None) -> None:
        """Return once so many PBXs, the first ones, or all are connected."""
        self._tell(f"connected {len(self.ports) if number is None else number}")
        self._answer()

    def wait_until_alone(self) -> None:
        """Return once no PBX is connected any more, which a server that has ended leads to."""
        self._tell("alone")
        self._answer()

    def go(self) -> None:
        """Have the records sent; this does not wait for it."""
        self._tell("go")

    def has_sent(self) -> bool:
        """Say whether all records have been sent."""
        return not self._said.empty()

    def sent_at(self) -> list[float]:
        """Wait until all records have been sent; of many PBXs return when each was, of one when it began and ended."""
        return self._answer()

    def left(self, patience_s: float) -> list[int]:
        """Say how many records each PBX has not got away after so long."""
        self._tell(f"left {patience_s}")
        return [int(records) for records in self._answer()]

    def _tell(self, word: str) -> None:
        if self._words:
            print(word, file=self._words, flush=True)

    def _answer(self) -> list[float]:
        try:
            line = self._said.get(timeout=_PATIENCE_S)
        except Empty:
            line = ""
        if not line:
            raise SenderFailed("the simulated PBXs have ended, or cannot get their records away")
        return msgspec.json.decode(line, type=list[float])

    def _listen(self, words: IO[str] | None) -> None:
        for line in words or ():
            self._said.put(line)
        self._said.put("")


@contextmanager
def listening(file: Path, pbxs: int = 1, lasting_s: float = 0) -> Iterator[FarSide]:
    """Run PBXs that wait to be connected to; many send the records of the file over so many seconds, one at once."""
    with _running(str(file), "listen", str(pbxs), str(lasting_s)) as far:
        yield far


@contextmanager
def dialling(file: Path, port: int) -> Iterator[FarSide]:
    """Run a PBX that connects to a port of this machine."""
    with _running(str(file), "dial", str(port)) as far:
        yield far


@contextmanager
def _running(*arguments: str) -> Iterator[FarSide]:
    command = [sys.executable, "-m", "bench.streams.sender", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield FarSide(process)
        finally:
            end(process)


def end(process: subprocess.Popen[str], patience_s: float = _ENDING_S) -> None:
    """End a process: its stdin first, then by force."""
    if process.stdin:
        process.stdin.close()
    else:
        process.terminate()
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
