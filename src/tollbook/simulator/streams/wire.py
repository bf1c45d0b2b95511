"""What carries records: a `RecordWire` is one connection, a `Carrier` is where wires come from.

The PBX writes frames and is told of trouble by `OSError`. A carrier says by `knows` which faults its wires can show.
"""

import asyncio
import re
from collections.abc import Coroutine, Sequence
from typing import ClassVar

from tollbook.simulator.faults import BreakOff, FaultKind
from tollbook.simulator.port import PbxPort

LONGEST_CLOSE_S = 2.0
NUMBERS = 100


class RecordWire:
    """One connection. This one takes bytes for nobody; carriers make it real."""

    at_once: ClassVar[int] = 5000
    """Records that may be written together."""

    async def write(self, frames: Sequence[bytes]) -> None:
        """Return once the frames have left the PBX. Raises `OSError`: the connection is gone."""
        raise NotImplementedError

    async def begin(self, frame: bytes, size: int) -> None:
        """Write the first `size` bytes of a frame."""
        await self.write([frame[:size]])

    async def finish(self, frame: bytes, size: int) -> None:
        """Write the rest of a frame of which so many bytes were written."""
        await self.write([frame[size:]])

    async def drip(self, frame: bytes, pause_s: float) -> None:
        """Write a frame byte by byte."""
        for byte in frame:
            await self.write([bytes((byte,))])
            await asyncio.sleep(pause_s)

    async def read(self) -> bytes:
        """Bytes from the other end, nothing when it has closed; a wire that hears nothing waits for ever."""
        await asyncio.Event().wait()
        return b""

    async def end(self, ending: BreakOff) -> None:
        """End the connection, in order or (`BreakOff.RESET`) not."""


class Carrier:
    """Where wires come from."""

    knows: ClassVar[frozenset[FaultKind]] = frozenset()
    """The faults that can be shown on its wires."""
    verb: ClassVar[str] = "sending to"
    """What it does at its address, for a terminal."""
    listener: PbxPort | None = None
    """What it listens with, if it does."""

    address: str
    """Where the PBX is found, once open, or where it sends to; without credentials."""

    async def open(self) -> None:
        """Make ready. Raises `OSError`: the port, device or folder cannot be had."""

    async def connect(self) -> RecordWire:
        """Return the next connection, as soon as there is one.

        Raises:
            OSError: it could not be made; ask again later.
        """
        raise NotImplementedError

    async def close(self) -> None:
        """Let go of everything."""


class AcknowledgedWire(RecordWire):
    """Another wire, on which a frame is written only once it is acknowledged.

    So do the Philips and NEC SOPHO iS3000 (FDCR) over IP: each record stands behind its number, 00 to 99, and is kept
    until that number comes back. Its makers say no more in public; here the number may come back with anything around
    it, and one record at a time is under way.
    """

    at_once: ClassVar[int] = 1

    def __init__(self, wire: RecordWire, *, first: int = 0) -> None:
        self.number = first
        """Of the next record."""
        self._wire = wire
        self._awaited: asyncio.Future[None] | None = None
        self._heard = b""

    async def write(self, frames: Sequence[bytes]) -> None:
        for frame in frames:
            await self._acknowledged(self._wire.write([self._numbered(frame)]))

    async def begin(self, frame: bytes, size: int) -> None:
        await self._wire.begin(self._numbered(frame), size)

    async def finish(self, frame: bytes, size: int) -> None:
        await self._acknowledged(self._wire.finish(self._numbered(frame), size))

    async def drip(self, frame: bytes, pause_s: float) -> None:
        await self._acknowledged(self._wire.drip(self._numbered(frame), pause_s))

    def _numbered(self, frame: bytes) -> bytes:
        return b"%02d" % self.number + frame

    async def _acknowledged(self, writing: Coroutine[None, None, None]) -> None:
        self._awaited = asyncio.get_running_loop().create_future()
        self._heard = b""
        await writing
        await self._awaited
        self.number = (self.number + 1) % NUMBERS

    async def read(self) -> bytes:
        said = await self._wire.read()
        self._heard = (self._heard + said)[-64:]
        awaited = b"%02d" % self.number
        if self._awaited and not self._awaited.done() and awaited in re.findall(rb"\d\d", self._heard):
            self._awaited.set_result(None)
        return said
