"""Records over a serial line: a device that is there, or a pseudo-terminal made for the occasion."""

import asyncio
import errno
import fcntl
import os
import termios
import tty
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from tollbook.simulator.faults import OF_CONNECTIONS, OF_LINES, BreakOff, FaultKind
from tollbook.simulator.streams.wire import Carrier, RecordWire

READ_BYTES = 4096
DRAIN_S, GLANCE_S = 0.5, 0.002


class _TtyWire(RecordWire):
    """An open terminal; `others` are descriptors to close with it."""

    def __init__(self, descriptor: int, others: Sequence[int] = ()) -> None:
        self._descriptor, self._others = descriptor, others
        os.set_blocking(descriptor, False)

    async def write(self, frames: Sequence[bytes]) -> None:
        left = memoryview(b"".join(frames))
        loop = asyncio.get_running_loop()
        while left:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:
                await _ready(self._descriptor, loop.add_writer, loop.remove_writer)

    async def read(self) -> bytes:
        loop = asyncio.get_running_loop()
        while True:
            try:
                return os.read(self._descriptor, READ_BYTES)
            except BlockingIOError:
                await _ready(self._descriptor, loop.add_reader, loop.remove_reader)
            except OSError as error:
                if error.errno == errno.EIO:
                    return b""
                raise

    async def end(self, ending: BreakOff) -> None:
        if self._others and ending is BreakOff.CLOSE:
            await self._drained(self._others[0])
        for descriptor in (self._descriptor, *self._others):
            with suppress(OSError):
                os.close(descriptor)

    async def _drained(self, theirs: int) -> None:
        """Wait while the other end has bytes to read: a hang-up would take them away from it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                await asyncio.sleep(GLANCE_S)
                while any(fcntl.ioctl(theirs, termios.FIONREAD, bytes(4))):  # noqa: ASYNC110 - the kernel tells nobody
                    await asyncio.sleep(GLANCE_S)


async def _ready(
    descriptor: int,
    add: Callable[[int, Callable[[], object]], None],
    remove: Callable[[int], bool],
) -> None:
    ready = asyncio.Event()
    add(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        remove(descriptor)


class SerialPort(Carrier):
    """A serial device at so many bits a second, eight data bits, no parity."""

    knows: ClassVar[frozenset[FaultKind]] = OF_LINES | {FaultKind.SILENCE}
    verb: ClassVar[str] = "sending on"

    def __init__(self, device: Path, *, baud: int = 9600) -> None:
        self._device, self.address = device, str(device)
        self._speed: int = getattr(termios, f"B{baud}", 0)
        if not self._speed:
            raise ValueError(f"a serial line has no {baud} baud; common are 1200, 2400, 4800, 9600, 19200, 38400")

    async def connect(self) -> RecordWire:
        descriptor = os.open(self._device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            _set_raw(descriptor, self._speed)
        except termios.error as error:
            os.close(descriptor)
            raise OSError(f"{self._device} is no serial line: {error}") from None
        return _TtyWire(descriptor)


class Pty(Carrier):
    """A pseudo-terminal, whose other end behaves like a serial port.

    When its connection ends it goes, like a USB adapter pulled out, and another one comes; `link` always points to
    the one there is.
    """

    knows: ClassVar[frozenset[FaultKind]] = OF_CONNECTIONS
    verb: ClassVar[str] = "sending on"

    def __init__(self, link: Path | None = None) -> None:
        self._link = link
        self._wire: _TtyWire | None = None
        self.path = Path()
        """Of the end to read from, once open."""

    async def open(self) -> None:
        self._wire = self._made()

    async def connect(self) -> RecordWire:
        wire, self._wire = self._wire or self._made(), None
        return wire

    async def close(self) -> None:
        if self._wire:
            await self._wire.end(BreakOff.CLOSE)
        if self._link:
            self._link.unlink(missing_ok=True)

    def _made(self) -> _TtyWire:
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        self.path = Path(os.ttyname(theirs))
        self.address = str(self._link or self.path)
        if self._link:
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(self.path)
        # With no end open there the kernel would forget what is written before somebody reads.
        return _TtyWire(ours, (theirs,))


def _set_raw(descriptor: int, speed: int) -> None:
    tty.setraw(descriptor)
    settings = termios.tcgetattr(descriptor)
    settings[2] |= termios.CLOCAL | termios.CREAD
    settings[4] = settings[5] = speed
    termios.tcsetattr(descriptor, termios.TCSANOW, settings)
