"""One serial port, opened for us alone, as a transport of asyncio.

What always holds: nothing that waits in the port is thrown away when it is opened, and a hang-up (an adapter pulled
out, a pseudo-terminal closed, a carrier that drops) is noticed as soon as the kernel knows. A peer that can be made to
wait is left waiting when the port is closed, so that it keeps its records until the next time.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import termios
from collections.abc import Callable
from contextlib import suppress

from tollbook.sources.serial.line_settings import LineSettings, apply

MOST_READ = 1 << 16


class Unfit(Exception):
    """A port that does not follow some options, named by `options`."""

    def __init__(self, options: list[str]) -> None:
        super().__init__(", ".join(options))
        self.options = options


class Port:
    """An open descriptor that nobody else may use meanwhile."""

    def __init__(self, descriptor: int, flow: str) -> None:
        self.descriptor = descriptor
        self._flow = flow

    def close(self) -> None:
        """Let go of the port; DTR stays as it is, since its drop resets some devices."""
        for leave in (_LEAVE[self._flow], _share):
            with suppress(OSError, termios.error):  # of a device that has gone nothing can be asked
                leave(self.descriptor)
        with suppress(OSError):
            os.close(self.descriptor)


def open_port(path: str, manners: LineSettings) -> Port:
    """Open a port for us alone.

    Raises:
        OSError: it cannot be had; BlockingIOError or EBUSY when somebody else has it.
        termios.error: it is no serial port.
        Unfit: it does not follow some options.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        termios.tcgetattr(descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _fit(manners, descriptor)
        fcntl.ioctl(descriptor, termios.TIOCEXCL)
        _MEET[manners.flow](descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return Port(descriptor, manners.flow)


def _fit(manners: LineSettings, descriptor: int) -> None:
    unfit = apply(manners, descriptor)
    if unfit:
        raise Unfit(unfit)


def _nothing(_descriptor: int) -> None:
    return


def _share(descriptor: int) -> None:
    """Let others open it again; while one of them has it open the kernel would not forget that they may not."""
    fcntl.ioctl(descriptor, termios.TIOCNXCL)


def _drop_rts(descriptor: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCMBIC, termios.TIOCM_RTS.to_bytes(4, "little"))


def _send_xoff(descriptor: int) -> None:
    termios.tcflow(descriptor, termios.TCIOFF)


def _send_xon(descriptor: int) -> None:
    termios.tcflow(descriptor, termios.TCION)


_Step = Callable[[int], None]
_LEAVE: dict[str, _Step] = {"none": _nothing, "rts-cts": _drop_rts, "xon-xoff": _send_xoff}
_MEET: dict[str, _Step] = {"none": _nothing, "rts-cts": _nothing, "xon-xoff": _send_xon}
"""RTS rises by itself when a port is opened."""


class PortTransport(asyncio.Transport):
    """Hands on what comes. Nothing is written: a PBX's printer does not talk."""

    def __init__(self, port: Port, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._port = port
        self._protocol = protocol
        self._reading = self._closed = False
        protocol.connection_made(self)
        self.resume_reading()

    def is_closing(self) -> bool:
        """Say whether the port is closed."""
        return self._closed

    def pause_reading(self) -> None:
        """Leave bytes in the port; once it is full the kernel makes the peer wait, where flow control is set."""
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._port.descriptor)

    def resume_reading(self) -> None:
        """Take bytes again."""
        if not self._reading and not self._closed:
            self._reading = True
            self._loop.add_reader(self._port.descriptor, self._read)

    def close(self) -> None:
        """Close the port."""
        self._end(None)

    def abort(self) -> None:
        """Close the port."""
        self._end(None)

    def _read(self) -> None:
        try:
            data = os.read(self._port.descriptor, MOST_READ)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as fault:
            self._end(fault)
            return
        if data:
            self._protocol.data_received(data)
        else:
            self._end(OSError(errno.EIO, os.strerror(errno.EIO)))

    def _end(self, fault: OSError | None) -> None:
        if self._closed:
            return
        self.pause_reading()
        self._closed = True
        self._port.close()
        self._loop.call_soon(self._protocol.connection_lost, fault)
