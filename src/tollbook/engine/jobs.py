"""Heavy work in processes of its own: what takes much memory or time for a moment, such as a drawing.

What always holds: no more processes run than a pool has places, each within a limit of time and of memory; a piece of
work beyond its limits, or that nobody wants any more, is ended together with its process and harms nothing else. A
process that has been idle for a while ends, and gives its memory back. All end with the process that began them, even
by SIGKILL.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tollbook.clock import monotonic_s
from tollbook.model.page_limits import JOB_MEMORY, JOB_S, JOB_WAIT_S, JOBS_AT_ONCE

IDLE_S = 60.0
"""Seconds after which an idle process ends; a new one takes about one to begin."""
_LOOK_S = 0.05
_GENTLE = 10
"""How much gentle processes give way to others, as `nice` counts it."""
_PAGE = os.sysconf("SC_PAGE_SIZE")
Result = TypeVar("Result")


class JobFailed(Exception):
    """A piece of work came to nothing; the text says why, for whoever wanted it."""


class JobLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How long a piece of work may take, in seconds, and how many bytes of memory its process may have."""

    time_s: float = JOB_S
    memory: int = JOB_MEMORY


class HeavyJob(msgspec.Struct, frozen=True, kw_only=True):
    """What is done about a piece of work while it runs: its limits, whom to tell how far it is, whether to give up."""

    limits: JobLimits = JobLimits()
    progress: Callable[[float], None] | None = None
    cancelled: Callable[[], bool] = lambda: False


class Jobs:
    """A pool of processes; any thread may use it. `stop` it once. Gentle ones give way to everything else."""

    def __init__(self, at_once: int = JOBS_AT_ONCE, idle_s: float = IDLE_S, *, gentle: bool = False) -> None:
        self._places = threading.BoundedSemaphore(at_once)
        self._idle_s = idle_s
        self._gentle = gentle
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._timer: threading.Timer | None = None
        self._warming: threading.Thread | None = None
        self._stopped = False

    @property
    def processes(self) -> int:
        """How many processes are kept for the next piece of work."""
        return len(self._idle)

    def run(self, work: Callable[..., Result], *arguments: object, wanted: HeavyJob | None = None) -> Result:
        """Do a piece of work elsewhere and return what it gives; raises `JobFailed`.

        `work` is a function of a module. Where somebody wants its progress it is given `tell`, to call with what part
        of it is done, from 0 to 1.
        """
        if (warming := self._warming) and warming is not threading.current_thread():
            warming.join(JOB_WAIT_S)
        if not self._places.acquire(timeout=JOB_WAIT_S):
            raise JobFailed("too much other work is going on; try again in a moment")
        try:
            worker = self._take()
            try:
                result: Result = worker.run(work, arguments, wanted or HeavyJob())
            finally:
                self._give_back(worker)
        finally:
            self._places.release()
        return result

    def warm(self, work: Callable[..., object], *arguments: object) -> None:
        """Begin a process for work that is about to come, where none is kept; it does a piece that nobody waits for.

        Returns at once. Work that comes meanwhile waits for this process in place of beginning another.
        """
        with self._lock:
            if self._stopped or self._idle or self._warming:
                return
            self._warming = threading.Thread(target=self._warm, args=(work, *arguments), name="warming", daemon=True)
            self._warming.start()

    def _warm(self, work: Callable[..., object], *arguments: object) -> None:
        try:
            with suppress(JobFailed):
                self.run(work, *arguments)
        finally:
            self._warming = None

    def stop(self) -> None:
        """End all processes, those at work among them as soon as their work looks up."""
        with self._lock:
            self._stopped = True
            idle, self._idle = self._idle, []
            if self._timer:
                self._timer.cancel()
        for worker in idle:
            worker.end()

    def _take(self) -> _Worker:
        with self._lock:
            if self._stopped:
                raise JobFailed("Tollbook is being stopped")
            if self._idle:
                return self._idle.pop()
        return _Worker(lambda: self._stopped, gentle=self._gentle)

    def _give_back(self, worker: _Worker) -> None:
        with self._lock:
            if worker.is_well and not self._stopped:
                worker.idle_since = monotonic_s()
                self._idle.append(worker)
                self._look_again()
                return
        worker.end()

    def _look_again(self) -> None:
        """See to it that the process that is idle longest ends in time; the caller holds the lock."""
        if self._timer is None and self._idle:
            left_s = min(worker.idle_since for worker in self._idle) + self._idle_s - monotonic_s()
            self._timer = threading.Timer(max(left_s, 0), self._end_idle)
            self._timer.daemon = True
            self._timer.start()

    def _end_idle(self) -> None:
        with self._lock:
            self._timer = None
            before = monotonic_s() - self._idle_s
            over = [worker for worker in self._idle if worker.idle_since <= before]
            self._idle = [worker for worker in self._idle if worker.idle_since > before]
            self._look_again()
        for worker in over:
            worker.end()


class _Worker:
    """One process and the way to it."""

    def __init__(self, stopped: Callable[[], bool], *, gentle: bool) -> None:
        context = multiprocessing.get_context("spawn")
        self._stopped = stopped
        self._way, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, gentle), name="job", daemon=True)
        self._process.start()
        theirs.close()
        self.is_well = True
        self.idle_since = 0.0

    def run(self, work: Callable[..., Result], arguments: tuple[object, ...], wanted: HeavyJob) -> Result:
        until = monotonic_s() + wanted.limits.time_s
        self.is_well = False  # unless it comes to a good end
        try:
            self._way.send((work, arguments, wanted.progress is not None))
            while True:
                while not self._way.poll(_LOOK_S):
                    self._check(until, wanted)
                word, value = self._way.recv()
                if word == "part":
                    if wanted.progress:
                        wanted.progress(float(value))
                    continue
                self.is_well = True
                if word == "failed":
                    raise JobFailed(str(value))
                return value  # type: ignore[no-any-return] # what the function returned, over there
        except (EOFError, OSError) as fault:
            raise JobFailed("its process ended over it") from fault

    def _check(self, until: float, wanted: HeavyJob) -> None:
        if monotonic_s() > until:
            raise JobFailed(f"it took longer than {wanted.limits.time_s:g} s")
        if wanted.cancelled() or self._stopped():
            raise JobFailed("nobody wants it any more")
        if _resident(self._process.pid) > wanted.limits.memory:
            raise JobFailed(f"it took more than {wanted.limits.memory >> 20} MiB of memory")

    def end(self) -> None:
        """End the process, whatever it does."""
        self._way.close()
        self._process.kill()
        self._process.join()
        self._process.close()


def _resident(pid: int | None) -> int:
    """Return how many bytes of memory a process has; 0 for one that is no more."""
    with suppress(OSError, IndexError, ValueError):
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * _PAGE
    return 0


def _serve(way: Connection[Any, Any], gentle: bool) -> None:  # noqa: FBT001 - a process is handed things by place
    """Do one piece of work after another, until the other end is closed."""
    if gentle and hasattr(os, "nice"):
        os.nice(_GENTLE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            work, arguments, is_told = way.recv()
            telling = {"tell": lambda part: way.send(("part", part))} if is_told else {}
            try:
                way.send(("done", work(*arguments, **telling)))
            except Exception as fault:  # noqa: BLE001 - told to whoever wanted the work
                way.send(("failed", f"{type(fault).__name__}: {fault}"))


def end_with_parent() -> None:
    """Wait for the end of the process that began this one, and end with it, in the middle of whatever it does."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
