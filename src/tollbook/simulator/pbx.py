"""What every simulated PBX can do: start, misbehave on demand, hold what it sends, and be waited for.

A PBX lives on one event loop and is small, so that hundreds fit on one; from other threads it is reached through
`running.py`. Whether it is asked (`kx_hts.py`) or sends by itself (`streams`) is its own affair.
"""

import asyncio
import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, Callable, Iterable
from datetime import datetime
from typing import Generic, TypeVar

from tollbook import clock
from tollbook.simulator.faults import AT_CONNECTION, OF_PORT, FaultKind, FaultPlan, PbxFault
from tollbook.simulator.port import PbxPort

_Record = TypeVar("_Record")

PATIENCE_S = 20.0
"""How long to wait for something that ought to happen."""


class SimulatedPbx(ABC, Generic[_Record]):
    """A PBX. `now` gives aware UTC instants; `changed` is called whenever something happened."""

    listener: PbxPort | None = None
    """What it listens with, if it does."""
    verb = "listening on"
    """What it does at its address, for a terminal."""
    knows: frozenset[FaultKind]
    """The faults that it can show."""

    def __init__(self, seed: int, *, now: Callable[[], datetime] = clock.now) -> None:
        self.changed: Callable[[], None] = lambda: None
        self.now = now
        self.held = 0
        """Answers or records that wait in their middle to be told to go on."""
        self._faults = FaultPlan(seed)
        self._bad_connections = FaultPlan(seed)
        self._go_on = asyncio.Event()
        self._happened = asyncio.Event()
        self._recovery: asyncio.Task[None] | None = None

    @property
    @abstractmethod
    def address(self) -> str:
        """Where it is found, or where it sends to; without credentials."""

    @property
    @abstractmethod
    def waiting(self) -> int:
        """Records that nobody has got yet."""

    @abstractmethod
    def add(self, records: Iterable[_Record]) -> None:
        """Have calls recorded."""

    @abstractmethod
    async def start(self) -> None:
        """Make ready, and connect or be connected to from now on.

        Raises:
            OSError: the port, device or folder cannot be had.
        """

    async def stop(self) -> None:
        """End; whoever overrides this closes every connection."""
        if self._recovery:
            self._recovery.cancel()
            await asyncio.wait([self._recovery])

    @abstractmethod
    async def finished(self) -> None:
        """Return once everything is sent; one that is asked waits for ever."""

    def summary(self) -> str:
        """What it has done, for a terminal."""
        return ""

    async def feed(self, source: AsyncIterable[Iterable[_Record]], *, room: int = sys.maxsize) -> None:
        """Take what comes from somewhere, until it ends; take no more of it while so many records wait."""
        async for records in source:
            self.add(records)
            await self.until(lambda: self.waiting < room, None)

    async def misbehave(self, fault: PbxFault) -> None:
        """Let something go wrong. Raises `ValueError`: this PBX cannot show that fault."""
        if fault.kind not in self.knows:
            known = ", ".join(sorted(kind.value for kind in self.knows))
            raise ValueError(f"{fault.kind.value!r} cannot happen on {self.address}; choose from {known}")
        if fault.kind in OF_PORT and self.listener:
            await self.listener.misbehave(fault.kind, self.now())
            if fault.lasting_s:
                self._recovery = asyncio.create_task(self._recover(self.listener, fault.lasting_s))
            return
        (self._bad_connections if fault.kind in AT_CONNECTION else self._faults).add(fault)

    async def behave(self) -> None:
        """Drop all faults still to come, and listen properly again."""
        self._faults.clear()
        self._bad_connections.clear()
        if self.listener:
            await self.listener.behave()
        self.note()

    async def _recover(self, listener: PbxPort, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await listener.behave()
        self.note()

    def go_on(self) -> None:
        """Send the rest of everything that is held."""
        self._go_on.set()
        self._go_on = asyncio.Event()

    async def hold(self) -> None:
        """Wait to be told to go on."""
        self.held += 1
        self.note()
        try:
            await self._go_on.wait()
        finally:
            self.held -= 1

    def note(self) -> None:
        """Tell whoever waits that something happened."""
        self._happened.set()
        self.changed()

    async def until(self, reached: Callable[[], bool], patience_s: float | None = PATIENCE_S) -> None:
        """Return once the condition holds; it is looked at whenever something happens.

        Raises:
            TimeoutError: it did not come to hold in time.
        """
        async with asyncio.timeout(patience_s):
            while not reached():
                self._happened.clear()
                await self._happened.wait()
