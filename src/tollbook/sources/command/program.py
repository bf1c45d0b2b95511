"""One run of a program: its output goes to a `StreamConnection`, the end of its complaints is kept.

It never runs on: it has a process group of its own. When its first process has ended, or when it is to end, all of the
group is told to (TERM) and then made to (KILL). What it printed before is still read to the end. A program that prints
faster than its records can be kept waits in its own write.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import cast

from tollbook.model.limits import COMPLAINTS
from tollbook.sources._streams.stream_connection import StreamConnection

GRACE_S = 5.0
_LAST_WORDS_S = 1.0
_STDOUT, _STDERR = 1, 2


class Program(asyncio.SubprocessProtocol):
    """A program that runs; `inflow` is over when it has ended and all it printed has come."""

    def __init__(self, inflow: StreamConnection, name: str, grace_s: float = GRACE_S) -> None:
        self.inflow = inflow
        self.failure = ""
        """How it failed, once it is over; empty when it ended well."""
        self._name = name
        self._grace_s = grace_s
        self._complaints = b""
        self._missing = self._group_has_gone = False
        self._lasting = {"process", _STDOUT, _STDERR}
        self._exited, self._over = asyncio.Event(), asyncio.Event()
        self._transport: asyncio.SubprocessTransport | None = None
        self._ending: asyncio.Task[None] | None = None

    @property
    def complaints(self) -> bytes:
        """The last it wrote to stderr, in whole lines."""
        return self._complaints.partition(b"\n")[2] if self._missing else self._complaints

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.SubprocessTransport", transport)
        pipe = cast("asyncio.ReadTransport", self._transport.get_pipe_transport(_STDOUT))
        self.inflow.connection_made(_Output(self, pipe))

    def pipe_data_received(self, descriptor: int, data: bytes) -> None:
        """Hand on what it prints; keep the end of what it complains of."""
        if descriptor == _STDOUT:
            self.inflow.data_received(data)
            return
        kept = self._complaints + data
        self._missing = self._missing or len(kept) > COMPLAINTS
        self._complaints = kept[-COMPLAINTS:]

    def pipe_connection_lost(self, descriptor: int, _fault: Exception | None) -> None:
        """Note that it will print, or complain, no more; what prints no more has no reason to run."""
        self._lost(descriptor)
        if descriptor == _STDOUT and "process" in self._lasting:
            asyncio.get_running_loop().call_later(self._grace_s, self.finish)

    def process_exited(self) -> None:
        """Note its end, and end what it has left behind."""
        self._exited.set()
        self._lost("process")
        self.finish()

    def finish(self) -> None:
        """Have it end, and what it started with it."""
        if self._ending is None:
            self._ending = asyncio.create_task(self._end())

    def hang_up(self) -> None:
        """Take no more of what it prints, and have it end."""
        self.finish()
        if not self.inflow.lost:
            asyncio.get_running_loop().call_soon(self.inflow.connection_lost, None)

    async def end(self) -> None:
        """Return when it has ended; who is cancelled meanwhile has it killed."""
        self.finish()
        assert self._ending  # noqa: S101 - for the type; it was made just now
        try:
            await asyncio.wait({self._ending})
        finally:
            self._send(signal.SIGKILL)
            self._ending.cancel()
            await _within(_LAST_WORDS_S, self._exited)
            if self._transport:
                self._transport.close()

    async def _end(self) -> None:
        for sign, patience_s in ((signal.SIGTERM, self._grace_s), (signal.SIGKILL, _LAST_WORDS_S)):
            self._send(sign)
            if self._group_has_gone or await _within(patience_s, self._over):
                return

    def _send(self, sign: int) -> None:
        """Send a signal to the group; never to another that got its number after it had gone."""
        if self._group_has_gone or self._transport is None:
            return
        try:
            os.killpg(self._transport.get_pid(), sign)
        except ProcessLookupError:
            self._group_has_gone = True
        except PermissionError:  # it has become another user, who has to end it
            return

    def _lost(self, what: str | int) -> None:
        self._lasting.discard(what)
        if not self._lasting:
            self._settle()
        elif self._lasting == {_STDERR}:
            asyncio.get_running_loop().call_later(_LAST_WORDS_S, self._settle)

    def _settle(self) -> None:
        if self._over.is_set() or self._transport is None:
            return
        self.failure = _failure(self._name, self._transport.get_returncode())
        self.inflow.fault = self.inflow.fault or self.failure
        self._over.set()
        if not self.inflow.lost:
            self.inflow.connection_lost(None)


async def _within(seconds: float, event: asyncio.Event) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


def _failure(name: str, code: int | None) -> str:
    if code is None or code > 0:
        return f"{name} ended with exit code {code}"
    return f"{name} was ended by {signal.Signals(-code).name}" if code else ""


class _Output(asyncio.Transport):
    """A program's output as a connection: to close it is to end the program."""

    def __init__(self, program: Program, pipe: asyncio.ReadTransport) -> None:
        super().__init__()
        self._program, self._pipe = program, pipe

    def is_closing(self) -> bool:
        return self._pipe.is_closing()

    def pause_reading(self) -> None:
        self._pipe.pause_reading()

    def resume_reading(self) -> None:
        self._pipe.resume_reading()

    def close(self) -> None:
        self._pipe.close()
        self._program.hang_up()

    def abort(self) -> None:
        self.close()
