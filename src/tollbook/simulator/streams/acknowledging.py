"""Records that are acknowledged one by one, as over IP by the Philips and NEC SOPHO iS3000 (FDCR).

Each record stands behind its number, 00 to 99, and is kept until that number comes back. Its makers say no more in
public; here the number may come back with anything around it, and one record at a time is under way.
"""

import asyncio
import re
from collections.abc import Coroutine, Sequence
from typing import ClassVar

from tollbook.simulator.misbehaviour import BreakOff
from tollbook.simulator.streams.wire import RecordWire

NUMBERS = 100


class AcknowledgedWire(RecordWire):
    """Another wire, on which a frame is written only once it is acknowledged."""

    at_once: ClassVar[int] = 1

    def __init__(self, wire: RecordWire, *, first: int = 0) -> None:
        self._wire = wire
        self._number = first
        self._awaited: asyncio.Future[None] | None = None
        self._heard = b""

    @property
    def number(self) -> int:
        """The number of the next record."""
        return self._number

    async def write(self, frames: Sequence[bytes]) -> None:
        """Send each frame behind its number, and wait for the number to come back."""
        for frame in frames:
            await self._acknowledged(self._wire.write([self._numbered(frame)]))

    async def begin(self, frame: bytes, size: int) -> None:
        """Write a part of a frame, its number included."""
        await self._wire.begin(self._numbered(frame), size)

    async def finish(self, frame: bytes, size: int) -> None:
        """Write the rest of a frame, and wait for its number to come back."""
        await self._acknowledged(self._wire.finish(self._numbered(frame), size))

    async def drip(self, frame: bytes, pause_s: float) -> None:
        """Write a frame byte by byte, and wait for its number to come back."""
        await self._acknowledged(self._wire.drip(self._numbered(frame), pause_s))

    def _numbered(self, frame: bytes) -> bytes:
        return b"%02d" % self._number + frame

    async def _acknowledged(self, writing: Coroutine[None, None, None]) -> None:
        self._awaited = asyncio.get_running_loop().create_future()
        self._heard = b""
        await writing
        await self._awaited
        self._number = (self._number + 1) % NUMBERS

    async def read(self) -> bytes:
        """Bytes from the other end, once looked at."""
        said = await self._wire.read()
        self._heard = (self._heard + said)[-64:]
        awaited = b"%02d" % self._number
        if self._awaited and not self._awaited.done() and awaited in re.findall(rb"\d\d", self._heard):
            self._awaited.set_result(None)
        return said

    async def end(self, ending: BreakOff) -> None:
        """End the connection."""
        await self._wire.end(ending)
