"""What carries records: a `RecordWire` is one connection, a `Carrier` is where wires come from.

The PBX writes frames and is told of trouble by `OSError`. A carrier says by `knows` which faults its wires can show.
"""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from tollbook.simulator.misbehaviour import BreakOff
from tollbook.simulator.streams.faults import FaultKind

LONGEST_CLOSE_S = 2.0


class RecordWire:
    """One connection. This one takes bytes for nobody; carriers make it real."""

    at_once: ClassVar[int] = 5000
    """Records that may be written together."""

    async def write(self, frames: Sequence[bytes]) -> None:
        """Return once the frames have left the PBX.

        Raises:
            OSError: the connection is gone.
        """
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

    @property
    def address(self) -> str:
        """Where the PBX is found, or where it sends to; without credentials."""
        raise NotImplementedError

    async def open(self) -> None:
        """Make ready.

        Raises:
            OSError: the port, device or folder cannot be had.
        """

    async def connect(self) -> RecordWire:
        """Return the next connection, as soon as there is one.

        Raises:
            OSError: it could not be made; ask again later.
        """
        raise NotImplementedError

    async def close(self) -> None:
        """Let go of everything."""

    async def refuse(self) -> None:
        """Let nobody in until told to behave; for those who listen."""

    async def behave(self) -> None:
        """Let everybody in again."""
